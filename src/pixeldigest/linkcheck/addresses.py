"""The addresses that readers can follow, and where they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

from pydantic import BaseModel

from pixeldigest.cache import Cache
from pixeldigest.content import Ref
from pixeldigest.heads import Head
from pixeldigest.library import CALENDAR_FILE, SETTINGS_FILE, Library
from pixeldigest.markup.document import Link, walk
from pixeldigest.pool import spread
from pixeldigest.prose import read_prose
from pixeldigest.yamlfile import Keys


class Spot(NamedTuple):
    """An address in a file: the keys that lead to its text, and its offset there."""

    url: str
    file: str
    keys: Keys
    offset: int


# In settings a placeholder may stand in an address, which is then none that could be asked.
_ADDRESS = re.compile(r"https?://[^\s{}]+")


def find_addresses(library: Library, cache: Cache) -> tuple[Spot, ...]:
    """Find all addresses in texts and in fields of their own, but not those that went out in the record."""
    found = [*_in_entries(library, cache)]
    for kind, models in (("course", library.courses), ("collection", library.collections), ("page", library.pages)):
        for one, model in models.items():
            found += _in_model(model, library.files[Ref(kind, one)])
    for day, pin in library.pins.items():
        found += _in_model(pin, CALENDAR_FILE, (day.isoformat(),))
    # The newsletter's own address answers when it is deployed, which may be later.
    found += (spot for spot in _in_model(library.newsletter, SETTINGS_FILE) if spot.keys != ("site_url",))
    return tuple(found)


def _in_entries(library: Library, cache: Cache) -> Iterator[Spot]:
    """Read the entries that have changed since their addresses were kept."""
    before: dict[str, Any] = cache.load("addresses") or {}
    heads = {library.files[head.ref]: head for head in library.all_entries()}
    kept = {file: before[file] for file, head in heads.items() if before.get(file, (None,))[0] == head.digest}
    unknown = [head for file, head in heads.items() if file not in kept]
    read = spread(partial(_in_entry, library), unknown)
    now = {**kept, **{library.files[head.ref]: (head.digest, spots) for head, spots in zip(unknown, read, strict=True)}}
    if unknown or len(now) != len(before):
        cache.save("addresses", now)
    for file in heads:
        yield from (Spot(url, file, keys, offset) for url, keys, offset in now[file][1])


def _in_entry(library: Library, head: Head) -> tuple[tuple[str, Keys, int], ...]:
    found = _in_model(library.read(head), library.files[head.ref])
    return tuple((spot.url, spot.keys, spot.offset) for spot in found)


def _in_model(model: BaseModel, file: str, keys: Keys = ()) -> Iterator[Spot]:
    for prose in read_prose(model, keys):
        links = (node for node in walk(prose.document.blocks) if isinstance(node, Link))
        yield from (Spot(link.url, file, prose.keys, link.offset) for link in links if _ADDRESS.fullmatch(link.url))
    yield from (Spot(url, file, at, 0) for at, url in _whole_texts(model, keys))


def _whole_texts(value: object, keys: Keys) -> Iterator[tuple[Keys, str]]:
    """Yield the texts that are nothing but an address."""
    if isinstance(value, str):
        if _ADDRESS.fullmatch(value):
            yield keys, value
    elif isinstance(value, BaseModel):
        for name, info in type(value).model_fields.items():
            yield from _whole_texts(getattr(value, name), (*keys, info.alias or name))
    elif isinstance(value, Mapping):
        for key, one in value.items():
            yield from _whole_texts(one, (*keys, str(key)))
    elif isinstance(value, tuple):
        for index, one in enumerate(value):
            yield from _whole_texts(one, (*keys, index))
