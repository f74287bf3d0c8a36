"""An entry without its texts: what scheduling, lists and rules about ids need; kept, so that few files are read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from html import unescape
from typing import Any, NamedTuple

from pydantic import BaseModel

from pixeldigest.content import INTERNAL_SCHEMES, Entry, Problem, Ref, Topic
from pixeldigest.fields import Difficulty
from pixeldigest.stamps import digest_of


class Head(NamedTuple):
    """What is said of an entry where its texts are not; fields of another kind are empty.

    `digest` is that of its file, and so stands for its texts; `said` is that of all else here. `links` are the internal
    links that may stand in its texts, `pictures` what may begin with the name of an image; `changes` are the days on
    which it was changed or corrected, `questions` the ids of its quiz, and `solved` tells whether a solution or its
    explanation is there to be shown.
    """

    kind: str
    id: str
    digest: bytes
    said: bytes
    title: str
    short_title: str | None
    summary: str
    tags: tuple[str, ...]
    url: str | None
    draft: bool
    not_before: date | None
    not_after: date | None
    changes: tuple[date, ...]
    aliases: tuple[str, ...]
    prerequisites: tuple[str, ...]
    questions: tuple[str, ...]
    difficulty: Difficulty | None
    collections: tuple[str, ...]
    solved: bool
    links: tuple[str, ...]
    pictures: tuple[str, ...]

    @property
    def ref(self) -> Ref:
        """The entry's name across kinds."""
        return Ref(self.kind, self.id)

    def __repr__(self) -> str:
        """Name it, with the digests that stand for all of it: keys are made of this, thousands at a time."""
        return f"Head({self.kind}:{self.id} {self.said.hex()} {self.digest.hex()})"


# The places of dates in a head, which are kept as numbers.
_DAYS = tuple(Head._fields.index(name) for name in ("not_before", "not_after"))
_CHANGES = Head._fields.index("changes")


def head_of(entry: Entry, digest: bytes) -> Head:
    """Take from an entry what its head has; `digest` is that of its file."""
    topic = entry if isinstance(entry, Topic) else None
    problem = entry if isinstance(entry, Problem) else None
    texts = "\n".join(_texts(entry))
    head = Head(
        kind=entry.kind,
        id=entry.id,
        digest=b"",
        said=b"",
        title=entry.title,
        short_title=topic.short_title if topic else None,
        summary=entry.summary,
        tags=entry.tags,
        url=entry.url,
        draft=entry.draft,
        not_before=entry.not_before,
        not_after=entry.not_after,
        changes=entry.changes,
        aliases=entry.aliases,
        prerequisites=topic.prerequisites if topic else (),
        questions=tuple(question.id for question in topic.quiz) if topic else (),
        difficulty=problem.difficulty if problem else None,
        collections=problem.collections if problem else (),
        solved=problem is not None and bool(problem.solution or problem.explanation),
        links=find_links(texts),
        pictures=find_pictures(texts),
    )
    return head._replace(digest=digest, said=digest_of(repr(tuple(head)).encode()))


def pack_head(head: Head) -> tuple[Any, ...]:
    """Flatten a head into what the cache can keep."""
    plain: list[Any] = [*head]
    for place in _DAYS:
        plain[place] = plain[place] and plain[place].toordinal()
    plain[_CHANGES] = tuple(day.toordinal() for day in head.changes)
    return tuple(plain)


def unpack_head(kept: tuple[Any, ...]) -> Head:
    """Make a head of what the cache has kept."""
    head = Head._make(kept)
    if head.not_before or head.not_after or head.changes:
        plain = [*kept]
        for place in _DAYS:
            plain[place] = plain[place] and date.fromordinal(plain[place])
        plain[_CHANGES] = tuple(map(date.fromordinal, kept[_CHANGES]))
        head = Head._make(plain)
    return head


# What only looks like a link or an image does no harm: it is looked up, and that is all.
_LINK = re.compile(rf"(?:{'|'.join(INTERNAL_SCHEMES)}):[a-z0-9]+(?:-[a-z0-9]+)*")
_PICTURE = re.compile(r"images/[^\s<>]+|<images/[^<>\n]+")


def find_links(text: str) -> tuple[str, ...]:
    """Find the internal links that may stand in Markdown, be they hidden by escapes or entities."""
    return tuple(sorted({*_LINK.findall(_plain(text))}))


def find_pictures(text: str) -> tuple[str, ...]:
    """Find where images may be named in Markdown, each with what follows its name."""
    return tuple(sorted({found.lstrip("<") for found in _PICTURE.findall(_plain(text))}))


def _plain(text: str) -> str:
    return unescape(text.replace("\\", "")) if "\\" in text or "&" in text else text


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, BaseModel):
        for one in value.__dict__.values():
            yield from _texts(one)
