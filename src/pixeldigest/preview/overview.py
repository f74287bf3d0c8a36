"""What an editor wants to see at once: an issue in all its formats, the days to come and why, and the drafts."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from pixeldigest.build import PREVIEW
from pixeldigest.content import ENTRY_KINDS, Ref
from pixeldigest.extras import missing_libraries
from pixeldigest.formats.rendition import Fault
from pixeldigest.library import Library
from pixeldigest.preview.addresses import entry_address, issue_address
from pixeldigest.preview.desk import Desk
from pixeldigest.preview.edition import Edition
from pixeldigest.preview.formfiles import FORM_KINDS, address_of
from pixeldigest.preview.notes import State, state_of
from pixeldigest.preview.reading import name_file
from pixeldigest.report import BECAUSE
from pixeldigest.schedule import Lineup, NoIssue, plan_lineup

# The formats that are shown as they are written; a mail is shown as it looks.
_AS_WRITTEN = ("issue.txt", "devto.md", "post.md")
# Of what is not published, so many are listed, drafts first.
_MOST_LISTED = 60


class Sheet(NamedTuple):
    """A format of an issue as it is written."""

    file: str
    address: str
    text: str
    faults: tuple[Fault, ...]


class Picked(NamedTuple):
    """An entry that a section of a day to come holds, and why."""

    heading: str
    title: str
    address: str
    because: str


class ComingDay(NamedTuple):
    """A day to come: its issue, or why it has none."""

    day: date
    number: int | None
    title: str
    picked: tuple[Picked, ...]
    reason: str


class Unpublished(NamedTuple):
    """What readers have not seen, or will not see before its errors are mended."""

    ref: Ref
    title: str
    state: State
    address: str


class Overview(NamedTuple):
    """What the desk shows of a day; without an issue, `reason` tells why."""

    day: date
    coming: bool
    number: int | None
    title: str
    reason: str
    previous: date | None
    following: date | None
    web: str
    mail: str | None
    mail_faults: tuple[Fault, ...]
    sheets: tuple[Sheet, ...]
    days: tuple[ComingDay, ...]
    unpublished: tuple[Unpublished, ...]
    more_unpublished: int


def default_day(edition: Edition) -> date:
    """Choose the day to look at first: the latest issue's, else the first to come."""
    days = [*edition.issues]
    past = bisect_right(days, edition.today)
    return days[past - 1] if past else next(iter(days), edition.today)


def look_at_day(desk: Desk, edition: Edition, day: date) -> Overview:
    """Gather what the desk shows of a day."""
    issue = edition.issues.get(day)
    days = [*edition.issues]
    before, after = bisect_left(days, day), bisect_right(days, day)
    unpublished = tuple(_unpublished(desk, edition))
    mail = _format_address(edition, day, "mail.html") if issue and not missing_libraries("mail") else None
    return Overview(
        day=day,
        coming=day > edition.today,
        number=issue.number if issue else None,
        title=issue.title if issue else "",
        reason="" if issue else _why_none(edition, day),
        previous=days[before - 1] if before else None,
        following=days[after] if after < len(days) else None,
        web=f"/{issue_address(edition, day)}" if issue else "",
        mail=mail,
        mail_faults=desk.show(mail).faults if mail else (),
        sheets=tuple(_sheets(desk, edition, day)) if issue else (),
        days=tuple(_coming_days(edition)),
        unpublished=unpublished[:_MOST_LISTED],
        more_unpublished=len(unpublished[_MOST_LISTED:]),
    )


def _why_none(edition: Edition, day: date) -> str:
    if failure := edition.failures.get(day):
        return failure.error.message
    if reason := edition.library.withdrawn.get(day):
        return f"it was withdrawn: {reason}"
    if day > edition.until:
        return f"nothing is planned later than {edition.until}"
    planned = edition.days.get(day) or plan_lineup(edition.library, day)
    return planned.reason if isinstance(planned, NoIssue) else ""


def _format_address(edition: Edition, day: date, file: str) -> str:
    return f"{PREVIEW if day > edition.today else ''}issues/{day}/{file}"


def _sheets(desk: Desk, edition: Edition, day: date) -> Iterator[Sheet]:
    for file in _AS_WRITTEN:
        address = _format_address(edition, day, file)
        shown = desk.show(address)
        yield Sheet(file, f"/{address}", (shown.content or b"").decode(), shown.faults)


def _coming_days(edition: Edition) -> Iterator[ComingDay]:
    for day, planned in edition.days.items():
        if day <= edition.today:
            continue
        issue = edition.issues.get(day)
        if issue is None or not isinstance(planned, Lineup):
            yield ComingDay(day, None, "", (), _why_none(edition, day))
            continue
        because = {choice.section_id: choice.because for choice in planned.choices}
        picked = (
            Picked(
                one.heading,
                one.entry.title,
                f"/{entry_address(edition, one.entry.ref)}",
                BECAUSE.get(because[one.id], because[one.id]),
            )
            for one in issue.entry_sections
        )
        yield ComingDay(day, issue.number, issue.title, tuple(picked), "")


def _unpublished(desk: Desk, edition: Edition) -> Iterator[Unpublished]:
    """Yield what has errors first, then drafts, then what waits for its day."""
    faulty = [*_faulty(desk, edition.library)]
    for ref, title in faulty:
        yield Unpublished(ref, title, State("faulty"), address_of(desk, ref))
    known = {ref for ref, _ in faulty}
    states = ((head, state_of(edition, head)) for head in edition.library.all_entries() if head.ref not in known)
    held = [(head, state) for head, state in states if state.name in ("draft", "waiting", "idle")]
    for head, state in sorted(held, key=lambda one: (one[1].name != "draft", one[0].kind, one[0].title.casefold())):
        yield Unpublished(head.ref, head.title, state, f"/{entry_address(edition, head.ref)}")


def _faulty(desk: Desk, library: Library) -> Iterator[tuple[Ref, str]]:
    """Yield what has errors and could be mended in a form, with its title as far as that is known."""
    files = dict.fromkeys(one.place.path for one in desk.diagnostics if one.severity == "error")
    for ref in (name_file(library, file) for file in files):
        if ref and ref.kind in FORM_KINDS:
            head = library.entry(ref.kind, ref.id) if ref.kind in ENTRY_KINDS else None
            yield ref, head.title if head else ref.id
