"""Issue → its covers: pictures that stand for it where it is shared."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, Literal, NamedTuple

from pixeldigest.formats.colours import mail_colours
from pixeldigest.formats.fontfile import Widths
from pixeldigest.formats.lettering import legible, shorten, width_of, wrap, wrap_cut
from pixeldigest.formats.pictures import Covers
from pixeldigest.formats.rendition import File
from pixeldigest.formats.theme import Theme
from pixeldigest.issue import Issue
from pixeldigest.words import format_date

# The ground and the ink of titles, those of the site.
_PAPER: Final = "#fdfcf9"
_INK: Final = "#1d1b20"

_MOST_LINES: Final = 4
_MOST_HEAD_LINES: Final = 3  # where a tail follows
# All in em: how high capitals are, and from one line to the next.
_CAPITALS: Final = 0.73
_HEAD_LEADING: Final = 1.12
_TAIL_LEADING: Final = 1.25
_DASH: Final = re.compile(r" +[-–—] +")


class Cover(NamedTuple):
    """A cover's file, in the folder of the issue's page, and its measures in pixels.

    The title stands between `top` and `bottom` in the largest of the `sizes` that fits; other text is `small`.
    """

    name: str
    width: int
    height: int
    margin: int
    small: int
    top: int
    bottom: int
    sizes: tuple[int, ...]

    @property
    def measure(self) -> int:
        """How long lines can be."""
        return self.width - 2 * self.margin


# Each of the size that is asked for there.
OPEN_GRAPH: Final = Cover("cover.png", 1200, 630, 72, 27, 142, 496, (104, 96, 88, 82, 76, 70, 65, 60, 56, 52))
DEVTO: Final = Cover("cover-devto.png", 1000, 420, 56, 22, 102, 318, (76, 70, 65, 60, 56, 52, 48, 44, 41, 38))


class Title(NamedTuple):
    """A title in lines; what stood behind a dash is its tail, which is smaller."""

    size: float
    head: tuple[str, ...]
    tail_size: float
    tail: tuple[str, ...]


LinePart = Literal["kicker", "head", "tail"]


class Line(NamedTuple):
    """A line of text, and how far below the cover's top its baseline is."""

    text: str
    part: LinePart
    size: float
    y: float


def render_covers(issue: Issue, theme: Theme) -> tuple[File, ...]:
    """Draw an issue's covers, with their paths below the site's root; none where nothing can draw.

    No sign shows as a box: what cannot be written in the cover's font is left out. A title of which letters would be
    lost gives way to the newsletter's name, a date to the form 2026-11-21.
    """
    covers = theme.covers
    if covers is None:
        return ()
    drawings = ((cover.name, _draw(issue, cover, theme, covers)) for cover in (OPEN_GRAPH, DEVTO))
    return tuple(File(issue.page + name, covers.paint(svg)) for name, svg in drawings)


def cover_url(issue: Issue, cover: Cover) -> str:
    """Name the address of a cover; there is nothing at it where the theme has no covers."""
    return issue.url + cover.name


def _draw(issue: Issue, cover: Cover, theme: Theme, covers: Covers) -> str:
    name = legible(issue.newsletter_title, covers.display)
    title = legible(issue.title, covers.display)
    number = legible(theme.words["number"].format(n=issue.number), covers.text) or str(issue.number)
    day = legible(format_date(issue.date, theme.words, "date_long"), covers.text) or issue.date.isoformat()
    kicker = shorten(_kicker(issue, covers.text), covers.text, cover.measure / cover.small)
    rows = _rows(kicker, set_title(title or name or number, cover, covers.display), cover)
    return theme.render(
        "cover/cover.svg",
        cover=cover,
        paper=_PAPER,
        ink=_INK,
        colours=mail_colours(issue.accent, light=_PAPER, dark=_INK),
        number=number,
        date=day,
        # The name does not stand there twice.
        name=shorten(name, covers.display, cover.measure / cover.small / 1.4) if name and title else "",
        lines=tuple(_place(rows, cover)),
    )


def _kicker(issue: Issue, font: Widths) -> str:
    """Say where in a course the issue stands, or else what its first section is."""
    first = issue.entry_sections[0]
    place = (first.course.title, first.chapter_title) if first.course and first.chapter_title else (first.heading,)
    return " · ".join(part for part in (legible(one, font) for one in place) if part)


def set_title(title: str, cover: Cover, font: Widths) -> Title:
    """Break a title into lines of the largest size at which it fits; at the smallest, cut it where it is too long."""
    head, *rest = _DASH.split(title, maxsplit=1)
    tail = "".join(rest)
    settings = (_set(head, tail, size, cover, font) for size in cover.sizes)
    return next((one for one in settings if _fits(one, cover, font)), None) or _cut(head, tail, cover, font)


def _set(head: str, tail: str, size: int, cover: Cover, font: Widths) -> Title:
    small = _tail_size(size, cover)
    return Title(size, wrap(head, font, cover.measure / size), small, wrap(tail, font, cover.measure / small))


def _cut(head: str, tail: str, cover: Cover, font: Widths) -> Title:
    size = cover.sizes[-1]
    small = _tail_size(size, cover)
    above = wrap_cut(head, font, cover.measure / size, _MOST_HEAD_LINES if tail else _MOST_LINES)
    return Title(size, above, small, wrap_cut(tail, font, cover.measure / small, _MOST_LINES - len(above)))


def _tail_size(size: int, cover: Cover) -> float:
    return max(0.46 * size, 1.15 * cover.small)


def _fits(title: Title, cover: Cover, font: Widths) -> bool:
    widest = max(width_of(line, font) * title.size for line in title.head)
    widest_below = max((width_of(line, font) * title.tail_size for line in title.tail), default=0)
    return (
        len(title.head) + len(title.tail) <= _MOST_LINES
        and len(title.head) <= (_MOST_HEAD_LINES if title.tail else _MOST_LINES)
        and max(widest, widest_below) <= cover.measure
        and sum(row.height for row in _rows("", title, cover)) <= cover.bottom - cover.top
    )


class _Row(NamedTuple):
    """A line, and how far the tops of its capitals are below the baseline before it."""

    text: str
    part: LinePart
    size: float
    gap: float

    @property
    def height(self) -> float:
        return self.gap + _CAPITALS * self.size


def _rows(kicker: str, title: Title, cover: Cover) -> Iterator[_Row]:
    yield _Row(kicker, "kicker", cover.small, 0)
    for index, text in enumerate(title.head):
        yield _Row(text, "head", title.size, (_HEAD_LEADING - _CAPITALS) * title.size if index else 1.3 * cover.small)
    for index, text in enumerate(title.tail):
        before = (_TAIL_LEADING - _CAPITALS) * title.tail_size if index else 0.85 * title.tail_size
        yield _Row(text, "tail", title.tail_size, before)


def _place(rows: Iterable[_Row], cover: Cover) -> Iterator[Line]:
    """Put rows between top and bottom, with as much room above them as below."""
    rows = tuple(rows)
    y = (cover.top + cover.bottom - sum(row.height for row in rows)) / 2
    for row in rows:
        y += row.height
        yield Line(row.text, row.part, round(row.size, 2), round(y, 2))
