"""A content directory → Library: its files are listed, and those that changed since the last run are read."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError

from pixeldigest.cache import Cache, FileIndex
from pixeldigest.content import (
    ENTRY_KINDS,
    Calendar,
    Collection,
    Course,
    Entry,
    Page,
    Pin,
    Recorded,
    RecordYear,
    Ref,
    Withdrawn,
)
from pixeldigest.diagnostics import Diagnostic, Place, sort_diagnostics
from pixeldigest.fields import ID_PATTERN
from pixeldigest.heads import Head, find_pictures, head_of, pack_head, unpack_head
from pixeldigest.images import ImageFile, read_image
from pixeldigest.library import CALENDAR_FILE, SETTINGS_FILE, WITHDRAWN_FILE, Library
from pixeldigest.listing import FOLDERS, TAKEN_PAGES, FoundFile, leads_out, list_files, list_images, list_strangers
from pixeldigest.recordfile import read_record
from pixeldigest.settings import Newsletter
from pixeldigest.stamps import digest_of
from pixeldigest.yamlfile import Loaded, load_model, locate_key, read_raw, read_source

_MODELS: Mapping[str, type[BaseModel]] = MappingProxyType(
    {**ENTRY_KINDS, "course": Course, "collection": Collection, "page": Page}
)

Model = TypeVar("Model", bound=BaseModel)
FindDays = Callable[[Newsletter], tuple[date, date]]


class LoadedLibrary(NamedTuple):
    """A library (None where the settings cannot be read) and what is wrong with its files.

    Of an entry with errors it holds what is right, so that the rules can look at the rest too.
    """

    library: Library | None
    diagnostics: tuple[Diagnostic, ...]


def load_library(project: Path, cache: Cache) -> LoadedLibrary:
    """Read and validate what has changed in the project's `content/` folder; the rest is as the cache has it."""
    index = FileIndex(cache, "index")
    loader = _Loader(project, index)
    newsletter = loader.load_one(SETTINGS_FILE, Newsletter)
    loader.list_named()
    for ref in loader.files:
        loader.load(ref)
    calendar = loader.load_one(CALENDAR_FILE, Calendar) if (project / CALENDAR_FILE).exists() else None
    record = loader.load_record()
    withdrawn = loader.load_withdrawn(record)
    images = dict(loader.load_images())
    loader.found += list_strangers(project)
    index.save()
    if newsletter is None:
        return LoadedLibrary(None, sort_diagnostics(loader.found))
    return loader.gather(newsletter, calendar.root if calendar else {}, record, images, withdrawn)


def load_recorded(project: Path, cache: Cache, find_days: FindDays) -> LoadedLibrary | None:
    """Load what a day needs that went out: settings, record, file names, and the entries that its pages name.

    `find_days` tells the day and today from the settings. None where more is needed: the day is not recorded, today
    has an issue that is not, or an entry is named by a former id, which stands in a file that is not read.
    """
    loader = _Loader(project, FileIndex(cache, "index"))
    newsletter = loader.load_one(SETTINGS_FILE, Newsletter)
    if newsletter is None:
        return None
    day, today = find_days(newsletter)
    record = loader.load_record()
    if day not in record or max(record) < today:
        return None
    withdrawn = loader.load_withdrawn(record)
    loader.list_named()
    days = [one for one in record if one == day or one not in withdrawn]
    place = days.index(day)
    shown = [] if day in withdrawn else [*_refs_shown(record[day], newsletter)]
    beside = {ref for one in days[max(place - 1, 0) : place + 2] for ref in _refs_shown(record[one], newsletter)}
    own = [ref for ref in loader.files if ref.kind == "page"]
    course = (Ref("course", one) for one in (record[day].course,) if one)
    named = {ref for one in shown for ref in _refs_named(loader.load(one))}
    if not named | beside | {*shown} <= loader.files.keys():
        return None
    for ref in (*beside, *named, *course):
        loader.load(ref)
    bodies = [page.body for ref in own if (page := loader.load(ref))]
    pictured = [one for ref in shown if (head := loader.load(ref)) for one in head.pictures]
    pictured += find_pictures("\n".join((record[day].note or "", newsletter.theme.logo or "", *bodies)))
    images = dict(loader.load_images(lambda name: any(one.startswith(name) for one in pictured)))
    return loader.gather(newsletter, {}, record, images, withdrawn)


def _refs_shown(line: Recorded, newsletter: Newsletter) -> Iterator[Ref]:
    """Yield the entries that a day showed or repeated."""
    kinds = {section.id: section.kind for section in newsletter.sections}
    for section_id, shown in line.sections.items():
        kind = kinds.get(section_id, "")
        if isinstance(shown, str):
            yield Ref("problem" if kind == "solution" else kind, shown)
        else:
            yield from (Ref("topic", one.partition("/")[0]) for one in shown)


def _refs_named(head: Head | None) -> Iterator[Ref]:
    """Yield what the pages of an entry name or link."""
    if head:
        yield from (Ref(*link.split(":")) for link in head.links)
        yield from (Ref("topic", one) for one in head.prerequisites)
        yield from (Ref("collection", one) for one in head.collections[:1])


class _Loader:
    """Loads files one by one, and notes what is wrong with them and which file each entry is."""

    def __init__(self, project: Path, index: FileIndex) -> None:
        self._project, self._index = project, index
        self.found: list[Diagnostic] = []
        self.files: dict[Ref, FoundFile] = {}
        self._named: dict[str, dict[str, Any]] = {kind: {} for kind in FOLDERS}

    def load_one(self, name: str, model: type[Model]) -> Model | None:
        """Load a file of which there is only one."""
        if fault := leads_out(self._project, name):
            self.found.append(fault)
            return None
        loaded = load_model(read_raw(self._project / name), model, name=name)
        self.found += loaded.diagnostics
        value: Model | None = loaded.model
        return value

    def list_named(self) -> None:
        """List all files that are named by their stems."""
        for kind, folder in FOLDERS.items():
            for file in list_files(self._project, f"content/{folder}", self.found):
                ref = Ref(kind, file.stem)
                if fault := self._fault_of_name(file.name, ref):
                    self.found.append(fault)
                else:
                    self.files[ref] = file

    def load(self, ref: Ref) -> Any:
        """Load a file that is named by its stem, once: an entry as its head, others whole; None for one with errors."""
        values = self._named[ref.kind]
        if ref.id not in values and (file := self.files.get(ref)):
            given = {"id": ref.id}
            entry = ref.kind in ENTRY_KINDS
            values[ref.id] = self._load_head(file, ref) if entry else self._load(file, _MODELS[ref.kind], given)
        return values.get(ref.id)

    def gather(
        self,
        newsletter: Newsletter,
        pins: Mapping[date, Pin],
        record: Mapping[date, Recorded],
        images: Mapping[str, ImageFile],
        withdrawn: Mapping[date, str],
    ) -> LoadedLibrary:
        """Put what was loaded together."""
        named = {
            kind: MappingProxyType({one: value for one, value in values.items() if value is not None})
            for kind, values in self._named.items()
        }
        library = Library(
            project=self._project,
            newsletter=newsletter,
            by_kind=MappingProxyType({kind: named[kind] for kind in ENTRY_KINDS}),
            courses=named["course"],
            collections=named["collection"],
            pages=named["page"],
            pins=MappingProxyType(dict(sorted(pins.items()))),
            record=record,
            images=MappingProxyType(images),
            files=MappingProxyType({ref: file.name for ref, file in self.files.items()}),
            aliases=MappingProxyType(_aliases(named)),
            withdrawn=withdrawn,
        )
        return LoadedLibrary(library, sort_diagnostics(self.found))

    def load_record(self) -> Mapping[date, Recorded]:
        """Load the record of all years."""
        years = [self._load_year(file) for file in list_files(self._project, "content/record", self.found)]
        return MappingProxyType(dict(sorted(line for year in years for line in year.items())))

    def _load_year(self, file: FoundFile) -> Mapping[date, Recorded]:
        """Load a file of the record; its name says which days may stand in it."""
        name, stem = file.name, file.stem
        if not re.fullmatch("2[01][0-9]{2}", stem):
            hint = "rename it to a year, as in '2026.yml'"
            self.found.append(Diagnostic("file-name", f"'{stem}' is not a year", hint, Place(name)))
            return {}
        year = self._load(file, RecordYear, {})
        days: Mapping[date, Recorded] = year.root if year else {}
        if strangers := [day for day in days if str(day.year) != stem]:
            source, _ = read_source(self._project / name, name=name)
            for day in strangers if source else ():
                hint = f"move it to content/record/{day.year}.yml"
                place = locate_key(source, (day.isoformat(),)) if source else Place(name)
                self.found.append(Diagnostic("record", f"{day} does not belong to {stem}", hint, place))
        return days

    def load_withdrawn(self, record: Mapping[date, Recorded]) -> Mapping[date, str]:
        """Load which issues of the record were withdrawn, and why."""
        if not os.path.lexists(self._project / WITHDRAWN_FILE):
            return MappingProxyType({})
        whole = not any(one.place.path.startswith("content/record/") for one in self.found)
        loaded = self.load_one(WITHDRAWN_FILE, Withdrawn)
        reasons: Mapping[date, str] = loaded.root if loaded else {}
        if whole:  # a year that cannot be read may hold any day
            self._refuse_strangers(reasons.keys() - record.keys())
        return MappingProxyType({day: reason for day, reason in sorted(reasons.items()) if day in record})

    def _refuse_strangers(self, days: set[date]) -> None:
        source = read_source(self._project / WITHDRAWN_FILE, name=WITHDRAWN_FILE)[0] if days else None
        for day in days if source else ():
            hint = f"write the date of one that did; a day to come is left out by 'skip' in {CALENDAR_FILE}"
            place = locate_key(source, (day.isoformat(),)) if source else Place(WITHDRAWN_FILE)
            self.found.append(Diagnostic("unknown-issue", f"no issue went out on {day}", hint, place))

    def load_images(self, wanted: Callable[[str], bool] = lambda _: True) -> Iterator[tuple[str, ImageFile]]:
        """Measure the pictures that are wanted; each is named as texts name it."""
        for file in list_images(self._project, self.found):
            if not wanted(file.name.removeprefix("content/")):
                continue
            known = self._index.look_up(file.name, file.stamp)
            try:
                image = ImageFile(*known.value) if known else read_image(self._project / file.name)
            except OSError as error:
                reason = (error.strerror or str(error)).lower()
                hint = "check that it is there and readable"
                self.found.append(Diagnostic("file", f"this file cannot be read: {reason}", hint, Place(file.name)))
                continue
            if known is None:
                self._index.note(file.name, file.stamp, image.digest, tuple(image))
            yield file.name.removeprefix("content/"), image

    def _fault_of_name(self, name: str, ref: Ref) -> Diagnostic | None:
        if ref.kind == "page" and ref.id in TAKEN_PAGES:
            hint = "rename the file; its name is the page's address"
            return Diagnostic("file-name", f"'{ref.id}' is an address of the site itself", hint, Place(name))
        if not ID_PATTERN.fullmatch(ref.id):
            hint = "rename the file with small letters, digits and single hyphens, as in 'lora-and-qlora.yml'"
            return Diagnostic("file-name", f"'{ref.id}' is not an id", hint, Place(name))
        if other := self.files.get(ref):
            hint = "rename one of the two files"
            return Diagnostic("duplicate-id", f"{other.name} is the {ref.kind} '{ref.id}' already", hint, Place(name))
        return None

    def _load_head(self, file: FoundFile, ref: Ref) -> Head | None:
        """Load an entry and keep its head; one with errors is read anew in each run."""
        if known := self._index.look_up(file.name, file.stamp):
            return unpack_head(known.value)
        raw = read_raw(self._project / file.name)
        digest = digest_of(raw.content)
        if known := self._index.look_up_content(file.name, file.stamp, digest):
            return unpack_head(known.value)
        loaded = load_model(raw, ENTRY_KINDS[ref.kind], name=file.name, given={"id": ref.id})
        self.found += loaded.diagnostics
        entry: Entry | None = loaded.salvaged if loaded.diagnostics else loaded.model
        if entry is None:
            return None
        head = head_of(entry, digest)
        if not loaded.diagnostics:
            self._index.note(file.name, file.stamp, digest, pack_head(head))
        return head

    def _load(self, file: FoundFile, model: type[BaseModel], given: Mapping[str, object]) -> Any:
        """Load a file whole, and keep what it says, which spares parsing it again."""
        if known := self._index.look_up(file.name, file.stamp):
            return model.model_validate({**known.value, **given})
        raw = read_raw(self._project / file.name)
        digest = digest_of(raw.content)
        if known := self._index.look_up_content(file.name, file.stamp, digest):
            return model.model_validate({**known.value, **given})
        loaded = None
        if model is RecordYear and (plain := read_record(raw.content)):
            with contextlib.suppress(ValidationError):  # which YAML's positions are needed for
                loaded = Loaded(model.model_validate(plain), (), plain=plain)
        loaded = loaded or load_model(raw, model, name=file.name, given=given)
        self.found += loaded.diagnostics
        if not loaded.diagnostics and _can_be_kept(loaded.plain):
            self._index.note(file.name, file.stamp, digest, loaded.plain)
        return loaded.model


def _can_be_kept(plain: object) -> bool:
    """Tell whether the cache can hold a value as it is: blocks of text are texts of a kind of their own."""
    if isinstance(plain, dict):
        return all(map(_can_be_kept, plain.values()))
    return all(map(_can_be_kept, plain)) if isinstance(plain, list) else type(plain) in (str, type(None))


def _aliases(named: Mapping[str, Mapping[str, Any]]) -> dict[Ref, str]:
    return {
        Ref(kind, alias): entry.id
        for kind in ENTRY_KINDS
        for entry in named[kind].values()
        for alias in entry.aliases
        if alias not in named[kind]
    }
