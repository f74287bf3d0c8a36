"""What the preview says of a page that it shows: its state, its entries, and what is wrong, its own files first."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from datetime import date
from typing import Literal, NamedTuple

from pixeldigest.build import PREVIEW
from pixeldigest.content import ENTRY_KINDS, Collection, Course, Page, Ref
from pixeldigest.diagnostics import Diagnostic, Severity, format_diagnostic, sort_diagnostics
from pixeldigest.heads import Head
from pixeldigest.preview.addresses import Found, entry_address, ref_at
from pixeldigest.preview.desk import Desk, Shown
from pixeldigest.preview.edition import Edition
from pixeldigest.preview.formfiles import FORM_KINDS, name_form_file
from pixeldigest.preview.paper import render
from pixeldigest.preview.reading import name_file
from pixeldigest.stamps import digest_of

# More than these nobody reads; `check` lists all.
_MOST_TOLD = 50


class State(NamedTuple):
    """Why something is not on the site, or that it is, and the day that this hangs on."""

    name: Literal["coming", "faulty", "draft", "planned", "waiting", "idle", "published"]
    day: date | None = None


class Said(NamedTuple):
    """One thing that is wrong: the sentence, where it stands as `check` shows it, and what to edit."""

    head: str
    excerpt: str
    ref: Ref | None


class Told(NamedTuple):
    """Things of a kind that are wrong: as many as anybody reads, how many there are, and a key for all of them."""

    said: tuple[Said, ...]
    total: int
    key: str


def state_of(edition: Edition, head: Head) -> State:
    """Tell whether readers have seen an entry, or when they will."""
    days = edition.days_of.get(head.ref, ())
    if head.draft:
        return State("draft")
    if head.ref in edition.catalogue.entries:
        return State("published", days[0] if days else None)
    if days:
        return State("planned", days[0])
    if head.not_before and head.not_before > edition.today:
        return State("waiting", head.not_before)
    return State("idle", edition.until)


def put_note(page: bytes, desk: Desk, path: str, shown: Shown) -> bytes:
    """Put what there is to say at the end of a page, for a script to show; the preview's own pages have no path."""
    body, end, rest = page.rpartition(b"</body>")
    return body + _note_on(desk, path, shown).encode() + end + rest if end else page


def say_why_missing(desk: Desk, path: str, shown: Shown) -> str:
    """Render a page in place of one that cannot be made, with what is wrong, or that no build would make."""
    ref, edition = ref_at(path), desk.edition
    sound = edition is not None and ref is not None and _is_sound(edition, ref)
    name = name_form_file(desk, ref) if ref else None
    file = name if name and not sound and (desk.project / name).is_file() else None
    if shown.error or edition is None or file:
        return render("broken.html", file=file, errors=_errors_on(desk, shown, {file}))
    unpublished = sound and ref is not None and ref.kind in ENTRY_KINDS
    preview = f"/{entry_address(edition, ref)}" if unpublished and ref else None
    return render("missing.html", path=path, preview=preview)


def _is_sound(edition: Edition, ref: Ref) -> bool:
    """Tell whether a file could be read and has no errors that keep it from being shown."""
    library = edition.library
    others = {"page": library.pages, "course": library.courses, "collection": library.collections}
    return ref.id in {**library.by_kind, **others}.get(ref.kind, {})


def _note_on(desk: Desk, path: str, shown: Shown) -> str:
    found, edition = shown.found, desk.edition
    titles = _titles_in(edition, path, found) if edition and found else {}
    files = {edition.library.files.get(ref) for ref in titles} if edition else set()
    return render(
        "note.html",
        version=shown.version,
        assets=desk.assets.hex(),
        bar=bool(path),
        state=_state_of_page(edition, path, found) if edition and found else None,
        titles=titles,
        errors=_errors_on(desk, shown, files),
        warnings=_tell(desk, desk.diagnostics, files, "warning"),
    )


def _errors_on(desk: Desk, shown: Shown, files: Container[str | None]) -> Told:
    """Gather all errors, those in some files first."""
    errors = [error for error in (desk.error, shown.error) if error]
    diagnostics = (*desk.diagnostics, *(one for error in errors for one in error.diagnostics))
    messages = dict.fromkeys(error.message for error in errors if not error.diagnostics)
    wrong = [Said(f"error: {message}", "", None) for message in messages]
    return _tell(desk, diagnostics, files, "error", before=wrong)


def _tell(
    desk: Desk,
    diagnostics: Iterable[Diagnostic],
    files: Container[str | None],
    severity: Severity,
    before: Iterable[Said] = (),
) -> Told:
    """Say what is wrong, that of some files first; what is more than anybody reads is counted only."""
    chosen = sort_diagnostics(one for one in diagnostics if one.severity == severity)
    said = [*before, *(_say(desk, one) for one in sorted(chosen, key=lambda one: one.place.path not in files))]
    return Told(tuple(said[:_MOST_TOLD]), len(said), digest_of(repr(said).encode()).hex())


def _titles_in(edition: Edition, path: str, found: Found) -> dict[Ref, str]:
    """Name what a page shows that can be edited."""
    library, ref = edition.library, ref_at(path)
    around: dict[str, Mapping[str, Page | Course | Collection]] = {
        "page": library.pages,
        "course": library.courses,
        "collection": library.collections,
    }
    own = around[ref.kind].get(ref.id) if ref and ref.kind in around else None
    return {head.ref: head.title for head in found.heads} | ({ref: own.title} if ref and own else {})


def _state_of_page(edition: Edition, path: str, found: Found) -> State | None:
    """Tell why a page is not on the site; None where it is."""
    if not path.startswith(PREVIEW):
        return None
    if found.day:
        return State("coming", found.day)
    return state_of(edition, found.heads[0]) if found.heads else State("draft")


def _say(desk: Desk, diagnostic: Diagnostic) -> Said:
    head, _, excerpt = format_diagnostic(diagnostic).partition("\n")
    ref = name_file(desk.library, diagnostic.place.path) if desk.library else None
    return Said(head, excerpt, ref if ref and ref.kind in FORM_KINDS else None)
