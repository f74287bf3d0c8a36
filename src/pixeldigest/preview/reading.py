"""A project → what its preview shows: read whole, or one saved file at a time, which is quick."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date, timedelta
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import NamedTuple

from pixeldigest.cache import NO_CACHE, Cache
from pixeldigest.check import load_checked, place_findings, stops_building
from pixeldigest.check.notes import check_texts
from pixeldigest.content import ENTRY_KINDS, Ref
from pixeldigest.diagnostics import EXIT_AGAIN, Diagnostic, UserError, has_errors, sort_diagnostics
from pixeldigest.formats.theme import Theme, theme_of
from pixeldigest.heads import head_of
from pixeldigest.library import Library
from pixeldigest.listing import FOLDERS
from pixeldigest.preview.edition import Edition, make_edition
from pixeldigest.settings import Newsletter
from pixeldigest.stamps import digest_of, scan
from pixeldigest.yamlfile import RawFile, load_model

# So many days to come are planned; more when they are asked for.
_HORIZON = timedelta(days=31)
_KIND_OF = MappingProxyType({folder: kind for kind, folder in FOLDERS.items()})


class Reading(NamedTuple):
    """What was read: an edition, None where there was none before either, and what is wrong."""

    edition: Edition | None
    diagnostics: tuple[Diagnostic, ...]
    error: UserError | None = None


def read_newsletter(
    project: Path, cache: Cache, today: Callable[[Newsletter], date], before: Edition | None, touched: Collection[Ref]
) -> Reading:
    """Read all that a preview shows; where that cannot be shown as it stands, what was shown before stays.

    Texts of entries that were `touched` get the advice that `check` has for them.
    """
    try:
        library, diagnostics = load_checked(project, cache)
        if library is None or any(stops_building(library, one) for one in diagnostics):
            return Reading(before, diagnostics)
        advice = place_findings(project, check_texts(_only(library, touched), cache, advice=True))
        diagnostics = sort_diagnostics((*diagnostics, *advice))
        library = _hold_broken(library, before.library) if before else library
        day = today(library.newsletter)
        until = max(day + _HORIZON, before.until if before else day)
        theme = read_theme(library, cache, before)
        return Reading(make_edition(library, theme, today=day, until=until), diagnostics)
    except UserError as error:
        return Reading(before, error.diagnostics, error)
    except FileNotFoundError as error:  # it was there a moment ago
        return Reading(before, (), UserError(f"{error.filename} was deleted while it was read", status=EXIT_AGAIN))


def read_theme(library: Library, cache: Cache, before: Edition | None) -> Theme:
    """Read the templates; those that have not changed stay, for they are compiled."""
    theme = theme_of(library, cache)
    return before.sheet.theme if before and before.sheet.theme.digest == theme.digest else theme


def read_entry(edition: Edition, ref: Ref, raw: RawFile) -> Reading:
    """Put an entry in as a file's bytes have it, wherever they stand; with errors what was shown before stays."""
    library = edition.library
    file = library.files.get(ref) or f"content/{FOLDERS[ref.kind]}/{ref.id}.yml"
    loaded = load_model(raw, ENTRY_KINDS[ref.kind], name=file, given={"id": ref.id})
    if loaded.model is None:
        return Reading(edition, loaded.diagnostics)
    changed = edition.with_entry(head_of(loaded.model, digest_of(raw.content)), loaded.model, file)
    findings = check_texts(_only(changed.library, (ref,)), NO_CACHE, advice=False)
    diagnostics = place_findings(library.project, findings)
    return Reading(edition if has_errors(diagnostics) else changed, diagnostics)


def name_file(library: Library, file: str) -> Ref | None:
    """Tell what a file is that is named by its stem; None for others, and for those that are not known yet."""
    path = PurePosixPath(file)
    kind = _KIND_OF.get(path.parts[1], "") if file.startswith("content/") else ""
    ref = Ref(kind, path.stem)
    return ref if library.files.get(ref) == file else None


def look_at_assets(edition: Edition) -> bytes:
    """Digest how all files look that pages show but do not contain."""
    folders = [folder / "assets" for folder in edition.sheet.theme.folders]
    folders.append(edition.library.project / "content/images")
    return digest_of(repr([file for folder in folders for file in scan(str(folder))]).encode())


def _only(library: Library, refs: Collection[Ref]) -> Library:
    """Leave only some entries in a library, whose files stay known, so that rules look at nothing else."""
    by_kind = {
        kind: MappingProxyType({one: head for one, head in entries.items() if head.ref in refs})
        for kind, entries in library.by_kind.items()
    }
    return library._replace(by_kind=MappingProxyType(by_kind), pages=MappingProxyType({}), pins=MappingProxyType({}))


def _hold_broken(library: Library, before: Library) -> Library:
    """Keep entries whose files are broken now as they were, so that plans do not jump while somebody writes."""
    held = [
        head
        for kind, entries in before.by_kind.items()
        for one, head in entries.items()
        if one not in library.by_kind[kind] and head.ref in library.files
    ]
    by_kind = {kind: dict(entries) for kind, entries in library.by_kind.items()}
    for head in held:
        by_kind[head.kind][head.id] = head
    at_hand = {head.ref: before.at_hand[head.ref] for head in held if head.ref in before.at_hand}
    frozen = MappingProxyType({kind: MappingProxyType(entries) for kind, entries in by_kind.items()})
    return library._replace(by_kind=frozen, at_hand=MappingProxyType(at_hand))
