"""Everything that editors wrote, validated: entries by their heads, to be read when they are shown, the rest whole."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from pixeldigest.content import ENTRY_KINDS, Collection, Course, Entry, Page, Pin, Recorded, Ref
from pixeldigest.diagnostics import EXIT_AGAIN, UserError
from pixeldigest.heads import Head
from pixeldigest.images import ImageFile
from pixeldigest.settings import Newsletter
from pixeldigest.stamps import digest_of
from pixeldigest.yamlfile import load_model, read_raw

SETTINGS_FILE = "content/newsletter.yml"
CALENDAR_FILE = "content/calendar.yml"
WITHDRAWN_FILE = "content/withdrawn.yml"

# Entries that were read last: a build shows each in a few places, one after the other.
_KEPT_ENTRIES = 64


class Library(NamedTuple):
    """All that is in `content/`; `files` names also the entries that could not be read.

    Entries that are `at_hand` are not read from their files, which may say something else. Only days of the record are
    `withdrawn`, each for a reason.
    """

    project: Path
    newsletter: Newsletter
    by_kind: Mapping[str, Mapping[str, Head]]
    courses: Mapping[str, Course]
    collections: Mapping[str, Collection]
    pages: Mapping[str, Page]
    pins: Mapping[date, Pin]
    record: Mapping[date, Recorded]
    images: Mapping[str, ImageFile]
    files: Mapping[Ref, str]
    aliases: Mapping[Ref, str]
    at_hand: Mapping[Ref, Entry] = MappingProxyType({})
    withdrawn: Mapping[date, str] = MappingProxyType({})

    def entries(self, kind: str) -> Mapping[str, Head]:
        """All sound entries of a kind, by id."""
        return self.by_kind[kind]

    def all_entries(self) -> Iterator[Head]:
        """Yield all sound entries, kind by kind."""
        return (entry for entries in self.by_kind.values() for entry in entries.values())

    @property
    def topics(self) -> Mapping[str, Head]:
        """All sound topics, by id."""
        return self.by_kind["topic"]

    @property
    def problems(self) -> Mapping[str, Head]:
        """All sound problems, by id."""
        return self.by_kind["problem"]

    def entry(self, kind: str, entry_id: str) -> Head | None:
        """Find an entry by its id or a former one."""
        return self.entries(kind).get(self.current_id(kind, entry_id))

    def read(self, head: Head) -> Entry:
        """Read an entry with its texts; raises UserError where its file has changed since the library was loaded."""
        if at_hand := self.at_hand.get(head.ref):
            return at_hand
        name = self.files[head.ref]
        return _read_entry(self.project / name, name, head.ref, head.digest)

    def question(self, name: str) -> tuple[Head, str] | None:
        """Find a question by its name, 'topic-id/question-id': the topic whose quiz holds it, and its id there."""
        topic_id, _, question_id = name.partition("/")
        topic = self.topics.get(self.current_id("topic", topic_id))
        return (topic, question_id) if topic and question_id in topic.questions else None

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

    def with_entry(self, head: Head, entry: Entry, file: str) -> Library:
        """Put an entry in the place of the one that has its name, whatever stands in its file, if there is one."""
        entries = MappingProxyType({**self.by_kind[head.kind], head.id: head})
        return self._replace(
            by_kind=MappingProxyType({**self.by_kind, head.kind: entries}),
            files=MappingProxyType({**self.files, head.ref: file}),
            at_hand=MappingProxyType({**self.at_hand, head.ref: entry}),
        )


@functools.lru_cache(maxsize=_KEPT_ENTRIES)
def _read_entry(path: Path, name: str, ref: Ref, digest: bytes) -> Entry:
    raw = read_raw(path)
    refuse_change(name, raw.content, digest)
    loaded = load_model(raw, ENTRY_KINDS[ref.kind], name=name, given={"id": ref.id})
    entry: Entry = loaded.salvaged if loaded.model is None else loaded.model
    return entry


def refuse_change(name: str, content: bytes, digest: bytes) -> None:
    """Raise UserError where a file is no longer what it was when the library was loaded: its pages would mix both."""
    if digest_of(content) != digest:
        message = f"{name} has changed while it was being read; run the command again"
        raise UserError(message, status=EXIT_AGAIN)
