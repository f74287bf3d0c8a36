"""Covers: titles that fit, in signs that the font has; painted once, and the same bytes everywhere."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import struct
import subprocess
import sys
import unicodedata
import zlib
from collections.abc import Iterable
from contextlib import suppress
from datetime import date
from pathlib import Path
from types import MappingProxyType
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageFont

from conftest import NEWSLETTERS, REPOSITORY, examples
from pixeldigest.build import assemble_issues
from pixeldigest.cache import NO_CACHE, cache_of
from pixeldigest.diagnostics import EXIT_SETTINGS, UserError
from pixeldigest.formats.colours import contrast, parse_colour
from pixeldigest.formats.cover import DEVTO, OPEN_GRAPH, Cover, Title, cover_url, render_covers, set_title
from pixeldigest.formats.devto import render_devto
from pixeldigest.formats.fontfile import read_widths
from pixeldigest.formats.lettering import ELLIPSIS, legible, shorten, width_of
from pixeldigest.formats.theme import Theme, load_theme
from pixeldigest.issue import Issue, read_issue
from pixeldigest.loading import load_library

COVERS = (OPEN_GRAPH, DEVTO)
FONTS = REPOSITORY / "templates/cover/fonts"
FONT_FILES = ("InterDisplay-SemiBold.ttf", "Inter-Medium.ttf")
GOLDEN = Path(__file__).parent / "data/covers"
DAY = date(2026, 11, 18)
PAPER = (253, 252, 249)
SVG = "{http://www.w3.org/2000/svg}"

DISPLAY = read_widths((FONTS / FONT_FILES[0]).read_bytes())
TEXT = read_widths((FONTS / FONT_FILES[1]).read_bytes())

each_cover = pytest.mark.parametrize("cover", COVERS, ids=lambda cover: cover.name)

LONG = " ".join(["Why the softmax saturates: temperature, logits and the long tail of small probabilities"] * 3)
TITLES = (
    "A",
    "LoRA & QLoRA — Deep Dive + Problem: Byte-Pair Encoding",
    "The Bias–Variance Trade-off — Deep Dive + Problem: Higher-Order Functions",
    f"{LONG} — Deep Dive + Problem: {LONG}",
    LONG,
    "W" * 300,
    "jjjj ffff ÅÅÅÅ ŹŹŹŹ ((((( ///// \\\\\\\\ — gjpqy ŞŢŞ " * 3,
    "AVAVAVAVAVAVA To. Ty, T: LT LV P, F. r. y. 'A' \"W\" -> 11:11 — Ταυ Ωμέγα",
    "∑ √ ∇ ∫ ≤ ≥ ≠ → ⇒ ∞ ∂ α β γ n² Øre Łódź Ďábel Việt Привіт",
)


@pytest.fixture(scope="module")
def issue() -> Issue:
    """The first issue of the small newsletter."""
    library, _ = load_library(NEWSLETTERS / "small", NO_CACHE)
    assert library is not None
    return read_issue(assemble_issues(library, until=DAY).issues[0], library)


@pytest.fixture
def theme(tmp_path: Path) -> Theme:
    return load_theme(tmp_path, "en", cache_of(tmp_path))


@pytest.fixture
def written(theme: Theme) -> Theme:
    """A theme that does not paint: its covers are the SVGs."""
    assert theme.covers is not None
    return theme._replace(covers=theme.covers._replace(paint=str.encode))


def draw(issue: Issue, theme: Theme) -> list[bytes]:
    return [file.content for file in render_covers(issue, theme)]


def texts_in(svg: bytes) -> list[str]:
    return [node.text or "" for node in ET.fromstring(svg).iter(f"{SVG}text")]


def lines_of(title: Title) -> list[tuple[str, float]]:
    return [*((line, title.size) for line in title.head), *((line, title.tail_size) for line in title.tail)]


# Painting


def test_covers_are_as_expected(issue: Issue, theme: Theme, request: pytest.FixtureRequest) -> None:
    """`--update-golden` rewrites the pictures; look at them."""
    files = render_covers(issue, theme)

    if request.config.getoption("--update-golden"):
        GOLDEN.mkdir(exist_ok=True)
        for file in files:
            (GOLDEN / Path(file.path).name).write_bytes(file.content)
    assert [file.path for file in files] == ["issues/2026-11-18/cover.png", "issues/2026-11-18/cover-devto.png"]
    assert {Path(file.path).name: file.content for file in files} == {
        path.name: path.read_bytes() for path in GOLDEN.iterdir()
    }


def test_covers_are_the_same_bytes_everywhere(tmp_path: Path) -> None:
    """Nothing about the machine goes in: zone, locale, hash seed, folder, the fonts it has."""
    script = (
        "import hashlib, sys\n"
        "from datetime import date\n"
        "from pathlib import Path\n"
        "from pixeldigest.build import assemble_issues\n"
        "from pixeldigest.cache import NO_CACHE\n"
        "from pixeldigest.formats.cover import render_covers\n"
        "from pixeldigest.formats.theme import load_theme\n"
        "from pixeldigest.issue import read_issue\n"
        "from pixeldigest.loading import load_library\n"
        f"library, _ = load_library(Path({str(NEWSLETTERS / 'small')!r}), NO_CACHE)\n"
        f"head = assemble_issues(library, until=date({DAY.year}, {DAY.month}, {DAY.day})).issues[0]\n"
        "files = render_covers(read_issue(head, library), load_theme(Path.cwd(), 'en', NO_CACHE))\n"
        "print(*(hashlib.sha256(file.content).hexdigest() for file in files))\n"
    )
    surroundings = (
        {"TZ": "Pacific/Kiritimati", "LC_ALL": "C", "PYTHONHASHSEED": "1", "FONTCONFIG_FILE": "/dev/null"},
        {"TZ": "America/Anchorage", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "2", "HOME": "/nonexistent"},
    )

    said = []
    for number, surrounding in enumerate(surroundings):
        folder = tmp_path / str(number)
        folder.mkdir()
        command = [sys.executable, "-c", script]
        done = subprocess.run(
            command, cwd=folder, env=os.environ | surrounding, capture_output=True, text=True, check=True
        )
        said.append(done.stdout.split())

    golden = [hashlib.sha256((GOLDEN / cover.name).read_bytes()).hexdigest() for cover in COVERS]
    assert said == [golden, golden]


@each_cover
def test_another_zlib_writes_the_same_bytes(cover: Cover) -> None:
    """Pillow brings zlib-ng, Python mostly zlib: by run lengths both compress alike, and otherwise they do not."""
    written = (GOLDEN / cover.name).read_bytes()
    chunks, start = [], 8
    while start < len(written):
        length, kind = struct.unpack_from(">I4s", written, start)
        chunks.append(written[start + 8 : start + 8 + length] if kind == b"IDAT" else b"")
        start += length + 12
    compressed = b"".join(chunks)

    again = zlib.compressobj(memLevel=9, strategy=zlib.Z_RLE)

    assert again.compress(zlib.decompress(compressed)) + again.flush() == compressed


@pytest.mark.parametrize("title", TITLES, ids=lambda title: title[:12])
def test_paint_keeps_to_the_margins(title: str, issue: Issue, theme: Theme) -> None:
    """What is measured without kerning holds for the ink too."""
    painted = draw(issue._replace(title=title, newsletter_title=title), theme)

    for cover, png in zip(COVERS, painted, strict=True):
        image = Image.open(io.BytesIO(png))
        assert (image.format, image.size, image.mode) == ("PNG", (cover.width, cover.height), "P")
        assert len(png) < 60_000
        assert_empty(image.convert("RGB"), cover)


def assert_empty(image: Image.Image, cover: Cover) -> None:
    """Beside the title there is paper, and between it and what stands above and below it."""
    rule = cover.margin + cover.small + 3
    band = cover.height - round(cover.small * 3.4)
    aside = round(cover.margin * 0.9)  # signs may reach a little over their width
    for box in (
        (0, 0, aside, band),
        (cover.width - aside, 0, cover.width, band),
        (0, rule, cover.width, cover.top - cover.small // 2),
        (0, band - 3, cover.width, band),
    ):
        colours = [colour for _, colour in image.crop(box).getcolors()]
        away = [max(abs(part - own) for part, own in zip(one, PAPER, strict=True)) for one in colours]
        assert away in ([0], [1]), box  # by one, where few colours are made of many


def test_cover_is_painted_once(issue: Issue, tmp_path: Path) -> None:
    kept = tmp_path / ".pixeldigest/cache/covers"
    first = draw(issue, load_theme(tmp_path, "en", cache_of(tmp_path)))
    files = sorted(kept.iterdir())
    assert sorted(path.read_bytes() for path in files) == sorted(first)

    files[0].write_bytes(files[1].read_bytes())

    assert draw(issue, load_theme(tmp_path, "en", cache_of(tmp_path))) == [files[1].read_bytes()] * 2
    assert sorted(kept.iterdir()) == files


def test_cover_of_which_the_end_is_lost_is_painted_again(issue: Issue, tmp_path: Path) -> None:
    first = draw(issue, load_theme(tmp_path, "en", cache_of(tmp_path)))
    for path in (tmp_path / ".pixeldigest/cache/covers").iterdir():
        path.write_bytes(path.read_bytes()[:-20])

    assert draw(issue, load_theme(tmp_path, "en", cache_of(tmp_path))) == first
    assert draw(issue, load_theme(tmp_path, "en", cache_of(tmp_path))) == first


def test_each_cause_paints_anew(issue: Issue, tmp_path: Path) -> None:
    """A title, a template, a font: what was kept for others is not taken."""
    own = tmp_path / "templates/cover"
    (own / "fonts").mkdir(parents=True)
    kept = tmp_path / ".pixeldigest/cache/covers"
    draw(issue, load_theme(tmp_path, "en", cache_of(tmp_path)))

    counts = []
    draw(issue._replace(title="Other"), load_theme(tmp_path, "en", cache_of(tmp_path)))
    counts.append(len(list(kept.iterdir())))
    template = (REPOSITORY / "templates/cover/cover.svg").read_text(encoding="utf-8")
    (own / "cover.svg").write_text(template.replace('height="2"', 'height="3"'), encoding="utf-8")
    draw(issue, load_theme(tmp_path, "en", cache_of(tmp_path)))
    counts.append(len(list(kept.iterdir())))
    (own / "fonts" / FONT_FILES[1]).write_bytes((FONTS / FONT_FILES[1]).read_bytes() + b"\0")
    draw(issue, load_theme(tmp_path, "en", cache_of(tmp_path)))
    counts.append(len(list(kept.iterdir())))

    assert counts == [4, 6, 8]


# Titles


words = st.text(st.characters(codec="utf-8", max_codepoint=0x2600), min_size=1, max_size=30)
titles = st.lists(words | st.sampled_from(["—", "-", "+", "&", "Problem:", "of", "Encoding"]), min_size=1, max_size=40)


@given(titles.map(" ".join), st.sampled_from(COVERS))
@examples(60)
def test_title_fits(text: str, cover: Cover) -> None:
    """Whatever the title is, it stands in four lines at most, within the margins, in signs of the font."""
    written = legible(text, DISPLAY)
    if written is None:
        return

    title = set_title(written, cover, DISPLAY)
    lines = lines_of(title)

    assert 1 <= len(title.head) <= len(lines) <= 4
    assert [line for line, size in lines if width_of(line, DISPLAY) * size > cover.measure + 0.01] == []
    assert height_of(title) + 2 * cover.small < cover.bottom - cover.top
    assert cover.small < title.tail_size < title.size
    # What is not cut is whole.
    if not any(part[-1].endswith(ELLIPSIS) for part in (title.head, title.tail) if part):
        parts = [part for part in (squeezed(title.head), squeezed(title.tail)) if part]
        assert squeezed([written]) in [dash.join(parts) for dash in "-–—"]


def height_of(title: Title) -> float:
    """Measure from the tops of the first capitals to the last baseline, if lines stood as tight as can be."""
    return len(title.head) * title.size * 0.9 + len(title.tail) * title.tail_size * 0.9


def squeezed(lines: Iterable[str]) -> str:
    return "".join(lines).replace(" ", "")


@pytest.mark.parametrize(
    ("text", "head", "tail"),
    [
        ("LoRA & QLoRA — Deep Dive + Problem: Two Sum", ("LoRA & QLoRA",), ("Deep Dive + Problem: Two Sum",)),
        (
            "The Bias–Variance Trade-off — Deep Dive + Problem: Two Sum",
            ("The Bias–Variance", "Trade-off"),
            ("Deep Dive + Problem: Two Sum",),
        ),
        (
            "Linear Regression - Deep Dive + Problem: Minimum Window Substring",
            ("Linear Regression",),
            ("Deep Dive + Problem:", "Minimum Window Substring"),
        ),
        # A sign does not stand at a line's end.
        ("Gradients of Functions & Their Many Uses", ("Gradients of Functions", "& Their Many Uses"), ()),
        ("Well-known", ("Well-known",), ()),
    ],
)
def test_title_breaks_well(text: str, head: tuple[str, ...], tail: tuple[str, ...]) -> None:
    title = set_title(text, OPEN_GRAPH, DISPLAY)

    assert (title.head, title.tail) == (head, tail)


@each_cover
def test_longer_titles_are_smaller_and_then_cut(cover: Cover) -> None:
    lengths = (1, 4, 7, 10, 60)
    set_ = [set_title(" ".join(["Embeddings"] * length), cover, DISPLAY) for length in lengths]

    assert [title.size for title in set_] == sorted((title.size for title in set_), reverse=True)
    assert [one[0].endswith(ELLIPSIS) for title in set_ for one in lines_of(title)[-1:]] == [False] * 4 + [True]
    assert (set_[0].size, set_[-1].size) == (cover.sizes[0], cover.sizes[-1])


@each_cover
def test_word_longer_than_a_line_is_broken(cover: Cover) -> None:
    title = set_title("x" * 60, cover, DISPLAY)

    assert (len(title.head), "".join(title.head)) == (2, "x" * 60)


def test_text_is_cut_between_words_where_that_costs_little() -> None:
    assert shorten("Minimum Window Substring", DISPLAY, width_of("Minimum Window Subs…", DISPLAY)) == "Minimum Window…"
    assert shorten("Minimum Substringing", DISPLAY, width_of("Minimum Substring…", DISPLAY)) == "Minimum Substring…"
    assert shorten("Minimum, Window", DISPLAY, width_of("Minimum, W…", DISPLAY)) == "Minimum…"
    assert shorten("Minimum", DISPLAY, width_of("Minimum", DISPLAY)) == "Minimum"


# Signs


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Łódź & Ωμέγα → n² ≤ √2 “quoted” <b>", "Łódź & Ωμέγα → n² ≤ √2 “quoted” <b>"),
        ("Ship it 🎉 now ✌🏽", "Ship it now"),
        ("𝑥 and ﬁne ㎞", "x and fine km"),
        ("cafe\u0301", "café"),
        ("a\u200bb\u202e c\u3000d\te", "ab c d e"),
        ("ǖber", "uber"),
        ("机器学习", None),
        ("Learning 机器", None),
        ("שלום", None),
        ("Unit १", None),
        ("🎉", None),
        (" ", None),
    ],
)
def test_text_in_signs_of_the_font(text: str, shown: str | None) -> None:
    assert legible(text, DISPLAY) == shown


@given(st.text(max_size=40))
@examples(100)
def test_no_sign_shows_as_a_box(text: str) -> None:
    shown = legible(text, DISPLAY)

    assert shown is None or set(shown) <= set(DISPLAY)
    if all(sign in DISPLAY for sign in unicodedata.normalize("NFC", text)) and text.strip():
        assert shown is not None


def test_title_that_cannot_be_written_gives_way_to_the_name(issue: Issue, written: Theme) -> None:
    for svg in draw(issue._replace(title="机器学习"), written):
        assert texts_in(svg) == [
            "No. 1",
            "Wednesday, 18 November 2026",
            "Basics & Beyond · First Steps",
            "Small Daily",
            "",
        ]


def test_nothing_that_can_be_written_leaves_number_and_date(issue: Issue, written: Theme) -> None:
    words = MappingProxyType({**written.words, "number": "第{n}号", "date_long": "{year}年{month}{day}日"})
    course = issue.entry_sections[0]._replace(course=None, chapter_title=None, heading="主题")
    foreign = issue._replace(title="机器学习", newsletter_title="日报", sections=(course,))

    for svg in draw(foreign, written._replace(words=words)):
        assert texts_in(svg) == ["1", "2026-11-18", "", "1", ""]


def test_content_is_only_text_in_the_drawing(issue: Issue, written: Theme) -> None:
    title = '</text><image href="/etc/passwd"/> & "quotes" \'\' ]]> {{ 7 * 7 }}'
    hostile = issue._replace(title=title, newsletter_title=title)

    for svg in draw(hostile, written):
        drawing = ET.fromstring(svg)
        assert {node.tag.removeprefix(SVG) for node in drawing.iter()} == {"svg", "g", "rect", "text"}
        assert " ".join(texts_in(svg)[3:-1]) == title
        assert texts_in(svg)[-1].startswith("</text><image")


@pytest.mark.parametrize("accent", ["#5b5bd6", "#ffd400", "#ffffff", "#000000", "#7f7f7f", "#00ff66", "#fdfcf9"])
def test_any_accent_can_be_read(accent: str, issue: Issue, written: Theme) -> None:
    for svg in draw(issue._replace(accent=accent), written):
        drawing = ET.fromstring(svg)
        kicker = next(node for node in drawing.iter(f"{SVG}text") if (node.text or "").startswith("Basics"))
        band = list(drawing.iter(f"{SVG}rect"))[-1]
        name = list(drawing.iter(f"{SVG}text"))[-1]

        assert contrast(parse_colour(kicker.attrib["fill"]), PAPER) >= 4.5
        assert contrast(parse_colour(name.attrib["fill"]), parse_colour(band.attrib["fill"])) >= 4.5
        assert (band.attrib["fill"], name.text) == (accent, "Small Daily")


# Fonts


@pytest.mark.parametrize("name", FONT_FILES)
def test_widths_are_those_that_freetype_reads(name: str) -> None:
    widths = read_widths((FONTS / name).read_bytes())
    font = ImageFont.truetype(FONTS / name, 2048, layout_engine=ImageFont.Layout.BASIC)

    assert len(widths) > 700
    assert {sign: round(width * 2048) for sign, width in widths.items()} == {
        sign: font.getlength(sign) for sign in widths
    }


@pytest.mark.parametrize("name", FONT_FILES)
def test_fonts_have_the_signs_of_many_languages_and_of_maths(name: str) -> None:
    widths = read_widths((FONTS / name).read_bytes())
    ranges = (range(0x20, 0x7F), range(0xA0, 0xAD), range(0xAE, 0x180), range(0x391, 0x3A2), range(0x3B1, 0x3CA))
    signs = {chr(code) for codes in ranges for code in codes} | set("–—‘’“”„•…′″‹›€→←↑↓⇒∂∆∏∑−√∞∫≈≠≤≥²³ẞȘȚĦЖж")

    assert signs - set(widths) == {"ŉ"}  # which Unicode says to write with two letters


@given(st.integers(0, 100_000), st.binary(max_size=8))
@examples(40)
def test_damaged_font_is_refused_or_read(offset: int, put: bytes) -> None:
    font = (FONTS / FONT_FILES[0]).read_bytes()
    damaged = font[:offset] + put + (font[offset + len(put) :] if offset % 2 else b"")

    with suppress(ValueError):
        assert all(width >= 0 for width in read_widths(damaged).values())


@pytest.mark.parametrize("content", [b"", b"no font", b"\0" * 100, b"wOF2" + b"\0" * 100])
def test_what_is_no_font_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"^it is no TrueType or OpenType font$"):
        read_widths(content)


# Themes


def test_own_template_and_font_are_taken(issue: Issue, tmp_path: Path) -> None:
    own = tmp_path / "templates/cover"
    (own / "fonts").mkdir(parents=True)
    (own / "cover.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="{{ cover.height }}"/>')
    shutil.copy(FONTS / FONT_FILES[1], own / "fonts" / FONT_FILES[0])
    theme = load_theme(tmp_path, "en", cache_of(tmp_path))

    assert theme.covers is not None
    assert theme.covers.display == TEXT
    assert [Image.open(io.BytesIO(png)).size for png in draw(issue, theme)] == [(9, 630), (9, 420)]


def test_font_that_is_none_is_named(tmp_path: Path) -> None:
    font = tmp_path / "templates/cover/fonts" / FONT_FILES[0]
    font.parent.mkdir(parents=True)
    font.write_bytes(b"no font")

    with pytest.raises(UserError) as raised:
        load_theme(tmp_path, "en", cache_of(tmp_path))

    said = f"the font '{font}' cannot be used for covers: it is no TrueType or OpenType font"
    assert (raised.value.message, raised.value.status) == (said, EXIT_SETTINGS)


def test_template_that_cannot_be_painted_is_named(issue: Issue, tmp_path: Path) -> None:
    (tmp_path / "templates/cover").mkdir(parents=True)
    (tmp_path / "templates/cover/cover.svg").write_text("<svg")

    with pytest.raises(UserError, match=r"templates/cover/cover\.svg cannot be painted") as raised:
        draw(issue, load_theme(tmp_path, "en", cache_of(tmp_path)))

    assert raised.value.status == EXIT_SETTINGS


def test_without_covers_nothing_names_one(issue: Issue, tmp_path: Path) -> None:
    theme = load_theme(tmp_path, "en", cache_of(tmp_path), covers=False)

    assert theme.covers is None
    assert render_covers(issue, theme) == ()
    assert list(front_matter(issue, theme)) == ["title", "published", "description", "canonical_url"]


def test_post_for_devto_names_its_cover(issue: Issue, theme: Theme) -> None:
    told = front_matter(issue, theme)["cover_image"]

    assert told == f'"{cover_url(issue, DEVTO)}"'
    assert told == '"https://daily.example.org/news/issues/2026-11-18/cover-devto.png"'


def front_matter(issue: Issue, theme: Theme) -> dict[str, str]:
    post = render_devto(issue, theme).files[0].content.decode()
    return dict(line.split(": ", 1) for line in post.split("---\n")[1].splitlines())


def test_without_the_libraries_for_covers_all_else_is_built(small: Path) -> None:
    hide = "import sys; sys.modules.update(resvg_py=None); import importlib.util as u; f = u.find_spec\n"
    hide += "u.find_spec = lambda name, *a: None if name == 'resvg_py' else f(name, *a)\n"
    command = [sys.executable, "-c", f"{hide}from pixeldigest.cli import main; main()", "--now", "2026-11-18T12:00"]

    run = subprocess.run([*command, "build"], cwd=small, capture_output=True, text=True, check=False)

    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.splitlines()[:2] == [
        "no mails: resvg_py is not installed (pip install 'pixeldigest[mail]')",
        "no covers: resvg_py is not installed (pip install 'pixeldigest[covers]')",
    ]
    assert "cover_image" not in (small / "output/issues/2026-11-18/devto.md").read_text(encoding="utf-8")
    assert list((small / "output").rglob("cover*.png")) == []
