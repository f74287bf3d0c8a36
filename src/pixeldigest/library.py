"""A content directory → Library: everything that editors wrote, validated."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel

from pixeldigest.content import (
    ENTRY_KINDS,
    ID_PATTERN,
    Calendar,
    Collection,
    Course,
    Entry,
    Feature,
    Newsletter,
    Pin,
    Problem,
    Recorded,
    RecordYear,
    Ref,
    Topic,
)
from pixeldigest.diagnostics import Diagnostic, Place, sort_diagnostics, suggest
from pixeldigest.yamlfile import load_model

SETTINGS_FILE = "content/newsletter.yml"
CALENDAR_FILE = "content/calendar.yml"

# Where each kind of file lies below content/; subfolders are allowed.
_FOLDERS: Mapping[str, str] = MappingProxyType(
    {"topic": "topics", "problem": "problems", "feature": "features", "course": "courses", "collection": "collections"}
)
_MODELS: Mapping[str, type[BaseModel]] = MappingProxyType({**ENTRY_KINDS, "course": Course, "collection": Collection})
_PLACES = frozenset((*_FOLDERS.values(), "images", "record", "newsletter.yml", "calendar.yml"))

Value = TypeVar("Value")


class Library(NamedTuple):
    """All that is in `content/`; entries that have errors are missing here and named in `broken`."""

    newsletter: Newsletter
    topics: Mapping[str, Topic]
    problems: Mapping[str, Problem]
    features: Mapping[str, Feature]
    courses: Mapping[str, Course]
    collections: Mapping[str, Collection]
    pins: Mapping[date, Pin]
    record: Mapping[date, Recorded]
    images: Mapping[str, int]
    files: Mapping[Ref, str]
    aliases: Mapping[Ref, str]
    broken: frozenset[Ref]

    def entries(self, kind: str) -> Mapping[str, Any]:
        """All sound entries of a kind, by id."""
        by_kind: Mapping[str, Mapping[str, Any]] = {
            "topic": self.topics,
            "problem": self.problems,
            "feature": self.features,
        }
        return by_kind[kind]

    def entry(self, kind: str, entry_id: str) -> Entry | None:
        """Find an entry by its id or a former one."""
        return self.entries(kind).get(self.current_id(kind, entry_id))

    def current_id(self, kind: str, entry_id: str) -> str:
        """Translate a former id into today's."""
        return self.aliases.get(Ref(kind, entry_id), entry_id)

    def knows(self, kind: str, entry_id: str) -> bool:
        """Tell whether there is such a file, sound or not."""
        return Ref(kind, self.current_id(kind, entry_id)) in self.files

    def without(self, refs: frozenset[Ref]) -> Library:
        """Take entries out that are found to have errors; they stay known as broken."""

        def sound(kind: str, entries: Mapping[str, Value]) -> Mapping[str, Value]:
            return MappingProxyType({one: entry for one, entry in entries.items() if Ref(kind, one) not in refs})

        return self._replace(
            topics=sound("topic", self.topics),
            problems=sound("problem", self.problems),
            features=sound("feature", self.features),
            broken=self.broken | refs,
        )


class LoadedLibrary(NamedTuple):
    """A library (None where the settings cannot be read) and what is wrong with its files."""

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
    years = [_load(project, name, RecordYear, found) for name in _list_files(project, "content/record", found)]
    images = {name.removeprefix("content/"): size for name, size in _list_images(project, found)}
    found += _find_strangers(project)
    record = {day: line for year in years if year for day, line in year.root.items()}
    broken = frozenset(ref for ref in files if ref.id not in values[ref.kind])
    if newsletter is None:
        return LoadedLibrary(None, sort_diagnostics(found))
    library = Library(
        newsletter=newsletter,
        topics=MappingProxyType(values["topic"]),
        problems=MappingProxyType(values["problem"]),
        features=MappingProxyType(values["feature"]),
        courses=MappingProxyType(values["course"]),
        collections=MappingProxyType(values["collection"]),
        pins=MappingProxyType(dict(sorted(calendar.root.items())) if calendar else {}),
        record=MappingProxyType(dict(sorted(record.items()))),
        images=MappingProxyType(images),
        files=MappingProxyType(files),
        aliases=MappingProxyType(_aliases(values)),
        broken=broken,
    )
    return LoadedLibrary(library, sort_diagnostics(found))


def _load(project: Path, name: str, model: type[Value], found: list[Diagnostic]) -> Value | None:
    loaded = load_model(project / name, model, name=name)  # type: ignore[type-var]
    found += loaded.diagnostics
    return loaded.model  # type: ignore[no-any-return]


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
    if not ID_PATTERN.fullmatch(stem):
        hint = "rename it with small letters, digits and single hyphens, like 'lora-and-qlora.yml'"
        found.append(Diagnostic("file-name", f"'{stem}' is not an id", hint, Place(name)))
        return
    if ref in files:
        hint = "ids are unique within a kind: rename one of the two files"
        found.append(Diagnostic("duplicate-id", f"{files[ref]} is the {kind} '{stem}' already", hint, Place(name)))
        return
    files[ref] = name
    loaded = load_model(project / name, _MODELS[kind], name=name, given={"id": stem})
    found += loaded.diagnostics
    if loaded.model is not None:
        values[stem] = loaded.model


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
            hint = f"rename it to '{entry.name[:-5]}.yml'"
            found.append(Diagnostic("file-name", "files end in '.yml' here", hint, Place(name)))
        elif entry.name.endswith(".yml"):
            yield name
        else:
            hint = "move it away, or images to content/images/"
            found.append(Diagnostic("stray-file", "nothing reads this file", hint, Place(name), "warning"))


def _list_images(project: Path, found: list[Diagnostic]) -> Iterator[tuple[str, int]]:
    for name, entry in _walk(project, "content/images", found):
        yield name, entry.stat().st_size


def _walk(project: Path, folder: str, found: list[Diagnostic]) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Walk the files below a folder in the order of their names, without leaving `content/`."""
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
        if entry.is_symlink() and not _stays_inside(project, entry):
            hint = "copy the file here: content is read from content/ only"
            found.append(Diagnostic("symbolic-link", "this link leads out of content/, or nowhere", hint, Place(name)))
        elif entry.is_dir(follow_symlinks=False) and not entry.name.endswith((".yml", ".yaml")):
            yield from _walk(project, name, found)
        elif entry.is_symlink() and entry.is_dir():
            hint = "put the folder itself here"
            found.append(Diagnostic("symbolic-link", "links to folders are not followed", hint, Place(name)))
        else:
            yield name, entry


def _stays_inside(project: Path, entry: os.DirEntry[str]) -> bool:
    try:
        return Path(entry.path).resolve(strict=True).is_relative_to((project / "content").resolve())
    except (OSError, RuntimeError):
        return False


def _find_strangers(project: Path) -> Iterator[Diagnostic]:
    """Report what lies in `content/` and nothing reads; a misspelt folder would be silent otherwise."""
    try:
        names = sorted(os.listdir(project / "content"))
    except OSError:
        return
    for name in names:
        if name not in _PLACES and not name.startswith("."):
            hint = suggest(name, _PLACES)
            yield Diagnostic("stray-file", f"nothing reads 'content/{name}'", hint, Place(f"content/{name}"), "warning")
