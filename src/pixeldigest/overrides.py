"""What is wrong with a newsletter's own templates, and with coming issues, before they are due."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import TemplateSyntaxError, meta

from pixeldigest.build import Assembled, Build, assemble_issues, batches_of_formats, plan_build, tell_faults
from pixeldigest.cache import Cache
from pixeldigest.check.dates import MAX_PLANNED
from pixeldigest.diagnostics import Diagnostic, Place, UserError, has_errors, suggest, unmistakable
from pixeldigest.formats import WEB, usable_formats
from pixeldigest.formats.rendition import Fault
from pixeldigest.formats.theme import CUSTOM_CSS, Theme, fault_of
from pixeldigest.library import Library
from pixeldigest.output import Batch, Faulty
from pixeldigest.site import make_sheet
from pixeldigest.stamps import digest_of, scan
from pixeldigest.words import PACKAGED

# Pages of one sort are made by one template; of each sort so many are made.
_OF_A_SORT = 2
_ASSETS = "assets/"
# Issues of so many days are tried at least, so that nobody hears of a mail's fault on its own day.
_SOON = 7
# Of so many batches it is kept what was wrong with them.
_MOST_KEPT = 1_000


class _Own(NamedTuple):
    """A template of the project's own: its name, what it includes (None where that is computed), and its fault."""

    name: str
    included: frozenset[str | None] = frozenset()
    fault: Diagnostic | None = None


def check_renditions(library: Library, theme: Theme, cache: Cache, *, today: date) -> tuple[Diagnostic, ...]:
    """Tell what is wrong with own templates, and with the issues of coming days as they are rendered."""
    files = dict(_own_files(theme))
    own = [_read(name, path, theme) for name, path in files.items() if not _is_other(name)]
    found = (*_strangers(files, own), *(one.fault for one in own if one.fault))
    if has_errors(found):  # nothing can be rendered, and one reason is enough
        return found
    soon = today + timedelta(days=max(_SOON, library.newsletter.schedule.runway_warning))
    until = min(max([soon, *library.pins]), today + MAX_PLANNED)
    try:
        assembled = assemble_issues(library, until=until)
    except UserError:  # the rules about days tell why
        return found
    batches = [*_coming(library, theme, assembled, today, soon)]
    if own:
        batches += _some_pages(Build(until, (WEB,)), assembled, library, theme)
    return (*found, *_try_batches(batches, cache))


def _coming(library: Library, theme: Theme, assembled: Assembled, today: date, soon: date) -> Iterator[Batch]:
    """List what channels take of the issues that are due soon, and of those that days are pinned to."""
    sheet = make_sheet(library, theme, assembled.find_target, as_of=today)
    for issue in assembled.issues:
        if today <= issue.date and (issue.date <= soon or issue.date in library.pins):
            for name in usable_formats():  # each by itself: a mistake in one says nothing of the others
                yield from batches_of_formats(issue, formats=(name,), sheet=sheet)


def _some_pages(build: Build, assembled: Assembled, library: Library, theme: Theme) -> Iterator[Batch]:
    """List some pages of each sort, as they will be on a day to come."""
    sorts: dict[tuple[str, int, str], list[Batch]] = {}
    for batch in plan_build(build, assembled, library, theme):
        parts = batch.name.split("/")
        sorts.setdefault((parts[1], len(parts), parts[-1]), []).append(batch)
    for batches in sorts.values():
        yield from batches[-_OF_A_SORT:]


def _try_batches(batches: Iterable[Batch], cache: Cache) -> tuple[Diagnostic, ...]:
    """Make batches, and tell what is wrong with them; those that were made before are known by their keys."""
    before: dict[bytes, Any] = cache.load("tried") or {}
    now: dict[bytes, Any] = {}
    failed: list[Diagnostic] = []
    for batch in batches:
        key = digest_of(batch.name.encode() + batch.key)
        try:
            now[key] = before[key] if key in before else tuple(_faults_in(batch))
        except UserError as error:
            if not error.diagnostics:  # it is no template's
                raise
            failed += error.diagnostics
    if now.keys() - before.keys():
        earlier = {key: kept for key, kept in before.items() if key not in now}
        cache.save("tried", dict([*earlier.items(), *now.items()][-_MOST_KEPT:]))
    faulty = (Faulty(path, Fault(*fault)) for kept in now.values() for path, fault in kept)
    return (*failed, *tell_faults(faulty))


def _faults_in(batch: Batch) -> Iterator[tuple[str, tuple[str, ...]]]:
    return ((page.path, tuple(fault)) for page in batch.make() for fault in page.faults)


def _own_files(theme: Theme) -> Iterator[tuple[str, Path]]:
    """List the files in the project's `templates/`, where these are not the theme's."""
    folder = theme.folders[0]
    if folder.resolve() == PACKAGED.resolve():
        return
    for path, _ in scan(str(folder)):
        name = Path(path).relative_to(folder).as_posix()
        if Path(path).is_file() and not any(part.startswith(".") for part in name.split("/")):
            yield name, Path(path)


def _read(name: str, path: Path, theme: Theme) -> _Own:
    """Read a template, and compile it."""
    try:
        source = path.read_text(encoding="utf-8")
        included = frozenset(meta.find_referenced_templates(theme.environment.parse(source, name, str(path))))
        theme.environment.compile(source, name, str(path))
    except TemplateSyntaxError as error:
        return _Own(name, fault=fault_of(error, theme.folders))
    except UnicodeDecodeError:
        place = Place(f"templates/{name}")
        fault = Diagnostic("encoding", "this file is not UTF-8", "save the file as UTF-8 in your editor", place)
        return _Own(name, fault=fault)
    return _Own(name, included)


def _is_other(name: str) -> bool:
    """Tell whether it is no template: words are read with the settings, all else is copied or drawn with."""
    return name.startswith((_ASSETS, "cover/fonts/")) or bool(re.fullmatch(r"words\.[^/]+\.yml", name))


def _strangers(files: Iterable[str], own: Iterable[_Own]) -> Iterator[Diagnostic]:
    """Warn of files that take the place of none of the theme's, and that no other template includes.

    An asset may be one more, so only what seems misspelt is told.
    """
    known = [CUSTOM_CSS, *sorted(Path(path).relative_to(PACKAGED).as_posix() for path, _ in scan(str(PACKAGED)))]
    used = frozenset((*known, *(name for one in own for name in one.included)))
    for name in files:
        misspelt = unmistakable(name, known) if name.startswith(_ASSETS) else not _is_other(name) and None not in used
        if name not in used and misspelt:
            hint = suggest(name, known, otherwise="name it like the template that it shall replace, or include it")
            place = Place(f"templates/{name}")
            yield Diagnostic("stray-file", f"the theme has no '{name}' to be replaced", hint, place, "warning")
