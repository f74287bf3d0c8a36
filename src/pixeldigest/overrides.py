"""What is wrong with a newsletter's own templates, and with coming issues, before they are due."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import NamedTuple

from jinja2 import TemplateSyntaxError, meta

from pixeldigest.build import Build, assemble_issues, check_coming, plan_build
from pixeldigest.diagnostics import Diagnostic, Place, UserError, has_errors, suggest, unmistakable
from pixeldigest.formats import WEB
from pixeldigest.formats.theme import CUSTOM_CSS, Theme, fault_of
from pixeldigest.library import Library
from pixeldigest.output import Batch
from pixeldigest.stamps import scan
from pixeldigest.words import PACKAGED

# Pages of one sort are made by one template; of each sort so many are made.
_OF_A_SORT = 2
_ASSETS = "assets/"


class _Own(NamedTuple):
    """A template of the project's own: its name, what it includes (None where that is computed), and its fault."""

    name: str
    included: frozenset[str | None] = frozenset()
    fault: Diagnostic | None = None


def check_renditions(library: Library, theme: Theme, *, today: date, until: date) -> tuple[Diagnostic, ...]:
    """Tell what is wrong with own templates, and with the issues of coming days as they are rendered."""
    files = dict(_own_files(theme))
    own = [_read(name, path, theme) for name, path in files.items() if not _is_other(name)]
    found = (*_strangers(files, own), *(one.fault for one in own if one.fault))
    if has_errors(found):  # nothing can be rendered, and one reason is enough
        return found
    return (*found, *_render(library, theme, today, until), *(_try_pages(library, theme, until) if own else ()))


def _render(library: Library, theme: Theme, today: date, until: date) -> tuple[Diagnostic, ...]:
    try:
        return tuple(check_coming(library, theme, first=today, until=until))
    except UserError as error:
        if not error.diagnostics:  # it is no template's
            raise
        return error.diagnostics


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


def _try_pages(library: Library, theme: Theme, until: date) -> Iterator[Diagnostic]:
    """Make some pages of each sort, as they will be on a day to come, and tell what fails."""
    try:
        assembled = assemble_issues(library, until=until)
    except UserError:  # the rules about days tell why
        return
    sorts: dict[tuple[str, int, str], list[Batch]] = {}
    for batch in plan_build(Build(until, (WEB,)), assembled, library, theme):
        parts = batch.name.split("/")
        sorts.setdefault((parts[1], len(parts), parts[-1]), []).append(batch)
    for batch in (batch for batches in sorts.values() for batch in batches[-_OF_A_SORT:]):
        try:
            for _ in batch.make():
                pass
        except UserError as error:
            yield from error.diagnostics
