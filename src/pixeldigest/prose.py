"""The Markdown in what editors wrote, parsed; which fields hold it, content.py says."""

from __future__ import annotations

import functools
import typing
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from pydantic import BaseModel

from pixeldigest.fields import Markup
from pixeldigest.markup.document import Document
from pixeldigest.markup.parse import parse_body, parse_inline
from pixeldigest.yamlfile import Keys

_PARSERS: Mapping[Markup, Callable[[str], Document]] = MappingProxyType(
    {Markup.BODY: parse_body, Markup.INLINE: parse_inline}
)


class Prose(NamedTuple):
    """A text with Markdown in it: where it stands in its file, its source, and what it means."""

    keys: Keys
    source: str
    document: Document


def read_prose(model: BaseModel, keys: Keys = ()) -> Iterator[Prose]:
    """Yield every Markdown text of an entry or a pin, parsed, in the order of its fields."""
    return (Prose(key, source, _PARSERS[markup](source)) for key, source, markup in _sources(model, keys))


def sources_of(model: BaseModel) -> Iterator[str]:
    """Yield every Markdown text of an entry or a pin as it is written."""
    return (source for _, source, _ in _sources(model, ()))


def _sources(model: BaseModel, keys: Keys) -> Iterator[tuple[Keys, str, Markup]]:
    fields = _markup_fields(type(model))
    for name in type(model).model_fields:
        for key, value in _values(getattr(model, name), (*keys, name)):
            if isinstance(value, BaseModel):
                yield from _sources(value, key)
            elif isinstance(value, str) and name in fields:
                yield key, value, fields[name]


def _values(value: object, keys: Keys) -> Iterator[tuple[Keys, object]]:
    if isinstance(value, tuple):
        yield from (((*keys, index), one) for index, one in enumerate(value))
    else:
        yield keys, value


@functools.cache
def _markup_fields(model: type[BaseModel]) -> Mapping[str, Markup]:
    hints = typing.get_type_hints(model, include_extras=True)
    found = {name: _find_markup(hints[name]) for name in model.model_fields}
    return MappingProxyType({name: markup for name, markup in found.items() if markup})


def _find_markup(annotation: Any) -> Markup | None:
    """Find the mark on a field's type, or on that of its items."""
    for mark in getattr(annotation, "__metadata__", ()):
        if isinstance(mark, Markup):
            return mark
    return next((mark for one in typing.get_args(annotation) if (mark := _find_markup(one))), None)
