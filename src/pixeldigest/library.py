"""A content directory → Library: everything that editors wrote, validated."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel

from pixeldigest.content import (
    ENTRY_KINDS,
    Calendar,
    Collection,
    Course,
    Entry,
    Newsletter,
    Page,
    Pin,
    Problem,
    Question,
    Recorded,
    RecordYear,
    Ref,
    Topic,
)
from pixeldigest.diagnostics import Diagnostic, Place, sort_diagnostics, suggest
from pixeldigest.fields import ID_PATTERN
from pixeldigest.images import ImageFile, read_image
from pixeldigest.yamlfile import load_model, locate_key, read_source

SETTINGS_FILE = "content/newsletter.yml"
CALENDAR_FILE = "content/calendar.yml"

# Where each kind of file lies below content/; subfolders are allowed.
_MODELS: Mapping[str, type[BaseModel]] = MappingProxyType(
    {**ENTRY_KINDS, "course": Course, "collection": Collection, "page": Page}
)
_FOLDERS: Mapping[str, str] = MappingProxyType({kind: f"{kind}s" for kind in _MODELS})
_PLACES = frozenset((*_FOLDERS.values(), "images", "record", "newsletter.yml", "calendar.yml"))
_MAX_FOLDERS = 12
# What lies on the site beside pages of one's own.
TAKEN_PAGES = frozenset((*_FOLDERS.values(), "issues", "archive", "tags", "assets", "pagefind", "index", "404"))

Model = TypeVar("Model", bound=BaseModel)


class Library(NamedTuple):
    """All that is in `content/`; `files` names also the entries that could not be read."""

    newsletter: Newsletter
    by_kind: Mapping[str, Mapping[str, Any]]
    courses: Mapping[str, Course]
    collections: Mapping[str, Collection]
    pages: Mapping[str, Page]
    pins: Mapping[date, Pin]
    record: Mapping[date, Recorded]
    images: Mapping[str, ImageFile]
    files: Mapping[Ref, str]
    aliases: Mapping[Ref, str]

    def entries(self, kind: str) -> Mapping[str, Any]:
        """All sound entries of a kind, by id."""
        return self.by_kind[kind]

    def all_entries(self) -> Iterator[Entry]:
        """Yield all sound entries, kind by kind."""
        return (entry for entries in self.by_kind.values() for entry in entries.values())

    @property
    def topics(self) -> Mapping[str, Topic]:
        """All sound topics, by id."""
        return self.by_kind["topic"]

    @property
    def problems(self) -> Mapping[str, Problem]:
        """All sound problems, by id."""
        return self.by_kind["problem"]

    def entry(self, kind: str, entry_id: str) -> Entry | None:
        """Find an entry by its id or a former one."""
        return self.entries(kind).get(self.current_id(kind, entry_id))

    def question(self, name: str) -> tuple[Topic, Question] | None:
        """Find a question by its name, 'topic-id/question-id', and the topic whose quiz holds it."""
        topic_id, _, question_id = name.partition("/")
        topic = self.topics.get(self.current_id("topic", topic_id))
        if topic is None:
            return None
        return next(((topic, question) for question in topic.quiz if question.id == question_id), None)

    def current_id(self, kind: str, entry_id: str) -> str:
        """Translate a former id into today's."""
        return self.aliases.get(Ref(kind, entry_id), entry_id)

    def knows(self, kind: str, entry_id: str) -> bool:
        """Tell whether there is such a file, sound or not."""
        return Ref(kind, self.current_id(kind, entry_id)) in self.files

    @property
    def public_pages(self) -> tuple[Page, ...]:
        """The pages of one's own that are no drafts."""
        return tuple(page for page in self.pages.values() if not page.draft)

    @property
    def public_courses(self) -> tuple[Course, ...]:
        """The courses that readers may know of: those that are scheduled, then those that were."""
        schedule = self.newsletter.schedule
        by_weekday = schedule.rotation.values() if isinstance(schedule.rotation, Mapping) else ()
        recorded = (line.course for line in self.record.values())
        ids = dict.fromkeys((*schedule.courses, *by_weekday, *recorded))
        return tuple(self.courses[one] for one in ids if one in self.courses)

    def without(self, refs: frozenset[Ref]) -> Library:
        """Take entries out that are found to have errors; their files stay known."""
        sound = {
            kind: MappingProxyType({one: entry for one, entry in entries.items() if Ref(kind, one) not in refs})
            for kind, entries in self.by_kind.items()
        }
        return self._replace(by_kind=MappingProxyType(sound))


class LoadedLibrary(NamedTuple):
    """A library (None where the settings cannot be read) and what is wrong with its files.

    Of an entry with errors it holds what is right, so that the rules can look at the rest too.
    """

    library: Library | None
    diagnostics: tuple[Diagnostic, ...]


def load_library(project: Path) -> LoadedLibrary:
    """Read and validate everything in the project's `content/` folder."""
    found: list[Diagnostic] = []
    newsletter = _load(project, SETTINGS_FILE, Newsletter, found)
    files: dict[Ref, str] = {}
    values: dict[str, dict[str, Any]] = {}
    for kind, folder in _FOLDERS.items():
        values[kind] = {}
        for name in _list_files(project, f"content/{folder}", found):
            _load_named(project, kind, name, files, values[kind], found)
    calendar = _load(project, CALENDAR_FILE, Calendar, found) if (project / CALENDAR_FILE).exists() else None
    years = [_load_year(project, name, found) for name in _list_files(project, "content/record", found)]
    images = {name.removeprefix("content/"): image for name, image in _list_images(project, found)}
    found += _find_strangers(project)
    record = {day: line for year in years for day, line in year.items()}
    if newsletter is None:
        return LoadedLibrary(None, sort_diagnostics(found))
    library = Library(
        newsletter=newsletter,
        by_kind=MappingProxyType({kind: MappingProxyType(values[kind]) for kind in ENTRY_KINDS}),
        courses=MappingProxyType(values["course"]),
        collections=MappingProxyType(values["collection"]),
        pages=MappingProxyType(values["page"]),
        pins=MappingProxyType(dict(sorted(calendar.root.items())) if calendar else {}),
        record=MappingProxyType(dict(sorted(record.items()))),
        images=MappingProxyType(images),
        files=MappingProxyType(files),
        aliases=MappingProxyType(_aliases(values)),
    )
    return LoadedLibrary(library, sort_diagnostics(found))


def _load(project: Path, name: str, model: type[Model], found: list[Diagnostic]) -> Model | None:
    if not _stays_inside(project, project / name):
        found.append(_leads_out(name))
        return None
    loaded = load_model(project / name, model, name=name)
    found += loaded.diagnostics
    value: Model | None = loaded.model
    return value


def _load_year(project: Path, name: str, found: list[Diagnostic]) -> Mapping[date, Recorded]:
    """Load a file of the record; its name says which days may stand in it."""
    stem = Path(name).stem
    if not re.fullmatch("2[01][0-9]{2}", stem):
        hint = "rename it to a year, as in '2026.yml'"
        found.append(Diagnostic("file-name", f"'{stem}' is not a year", hint, Place(name)))
        return {}
    year = _load(project, name, RecordYear, found)
    days = year.root if year else {}
    if strangers := [day for day in days if str(day.year) != stem]:
        source, _ = read_source(project / name, name=name)
        for day in strangers if source else ():
            hint = f"move it to content/record/{day.year}.yml"
            place = locate_key(source, (day.isoformat(),)) if source else Place(name)
            found.append(Diagnostic("record", f"{day} does not belong to {stem}", hint, place))
    return days


def _load_named(
    project: Path,
    kind: str,
    name: str,
    files: dict[Ref, str],
    values: dict[str, Any],
    found: list[Diagnostic],
) -> None:
    """Load a file that is named by its stem."""
    stem = Path(name).stem
    ref = Ref(kind, stem)
    if kind == "page" and stem in TAKEN_PAGES:
        hint = "rename the file; its name is the page's address"
        found.append(Diagnostic("file-name", f"'{stem}' is an address of the site itself", hint, Place(name)))
        return
    if not ID_PATTERN.fullmatch(stem):
        hint = "rename the file with small letters, digits and single hyphens, as in 'lora-and-qlora.yml'"
        found.append(Diagnostic("file-name", f"'{stem}' is not an id", hint, Place(name)))
        return
    if ref in files:
        hint = "rename one of the two files"
        found.append(Diagnostic("duplicate-id", f"{files[ref]} is the {kind} '{stem}' already", hint, Place(name)))
        return
    files[ref] = name
    loaded = load_model(project / name, _MODELS[kind], name=name, given={"id": stem})
    found += loaded.diagnostics
    value = loaded.salvaged if loaded.model is None and kind in ENTRY_KINDS else loaded.model
    if value is not None:
        values[stem] = value


def _aliases(values: Mapping[str, Mapping[str, Any]]) -> dict[Ref, str]:
    return {
        Ref(kind, alias): entry.id
        for kind in ENTRY_KINDS
        for entry in values[kind].values()
        for alias in entry.aliases
        if alias not in values[kind]
    }


def _list_files(project: Path, folder: str, found: list[Diagnostic]) -> Iterator[str]:
    """List the YAML files below a folder in the order of their names; what else lies there is reported."""
    for name, entry in _walk(project, folder, found):
        if entry.name.endswith(".yaml"):
            hint = f"rename this one to '{entry.name[:-5]}.yml'"
            found.append(Diagnostic("file-name", "the names of content files end in '.yml'", hint, Place(name)))
        elif entry.name.endswith(".yml"):
            yield name
        else:
            hint = "move it out of content/, or to content/images/ if it is an image"
            found.append(Diagnostic("stray-file", "nothing reads this file", hint, Place(name), "warning"))


def _list_images(project: Path, found: list[Diagnostic]) -> Iterator[tuple[str, ImageFile]]:
    return ((name, read_image(Path(entry.path))) for name, entry in _walk(project, "content/images", found))


def _walk(project: Path, folder: str, found: list[Diagnostic]) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Walk the files below a folder in the order of their names, without leaving `content/`."""
    if not _stays_inside(project, project / folder):
        found.append(_leads_out(folder))
        return
    try:
        with os.scandir(project / folder) as listing:
            entries = sorted((one for one in listing if not one.name.startswith(".")), key=lambda one: one.name)
    except FileNotFoundError:
        return
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        hint = "make it a folder that can be read"
        found.append(Diagnostic("file", f"this folder cannot be read: {reason}", hint, Place(folder)))
        return
    for entry in entries:
        name = f"{folder}/{entry.name}"
        if fault := _fault_of(project, name, entry):
            found.append(fault)
        elif entry.is_dir():
            yield from _walk(project, name, found)
        else:
            yield name, entry


def _fault_of(project: Path, name: str, entry: os.DirEntry[str]) -> Diagnostic | None:
    """Tell why a file or folder is not read, if so."""
    if not name.isprintable():  # also where the name is not UTF-8
        shown = "".join(one if one.isprintable() else "\ufffd" for one in name)
        hint = "rename it with letters, digits and hyphens"
        return Diagnostic("file-name", "this name has characters that cannot be shown", hint, Place(shown))
    if not _stays_inside(project, Path(entry.path)):
        return _leads_out(name)
    if entry.is_file():
        return None
    if not entry.is_dir():
        return Diagnostic("file", "this is a pipe or a device", "put a file in its place", Place(name))
    if entry.is_symlink():
        return Diagnostic(
            "symbolic-link", "links to folders are not followed", "put the folder itself here", Place(name)
        )
    if entry.name.endswith((".yml", ".yaml")):
        return Diagnostic("file", "a folder stands where a file should be", "move or rename the folder", Place(name))
    if name.count("/") > _MAX_FOLDERS:
        return Diagnostic("file", "folders are nested too deeply here", "move its files up", Place(name))
    return None


def _stays_inside(project: Path, path: Path) -> bool:
    """Tell whether a path, its links followed, lies in `content/`; one where nothing is counts as such."""
    if not path.is_symlink():
        return True
    try:
        return path.resolve(strict=True).is_relative_to((project / "content").resolve())
    except (OSError, RuntimeError):
        return False


def _leads_out(name: str) -> Diagnostic:
    hint = "copy the file here: content is read from content/ only"
    return Diagnostic("symbolic-link", "this link leads out of content/, or nowhere", hint, Place(name))


def _find_strangers(project: Path) -> Iterator[Diagnostic]:
    """Report what lies in `content/` and nothing reads; a misspelt folder would be silent otherwise."""
    try:
        names = sorted(path.name for path in (project / "content").iterdir())
    except OSError:
        return
    for name in names:
        if name not in _PLACES and not name.startswith("."):
            hint = suggest(name, sorted(_PLACES))
            yield Diagnostic("stray-file", f"nothing reads 'content/{name}'", hint, Place(f"content/{name}"), "warning")
