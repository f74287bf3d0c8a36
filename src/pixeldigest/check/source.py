"""Rules about how a file is written, where YAML takes something for its own that was meant as text."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, NamedTuple, get_args, get_origin

from pydantic import BaseModel

from pixeldigest import yamltree
from pixeldigest.check.finding import Finding
from pixeldigest.content import ENTRY_KINDS, Calendar, Collection, Course, Page
from pixeldigest.fields import Line, Summary
from pixeldigest.library import WITHDRAWN_FILE
from pixeldigest.settings import Newsletter
from pixeldigest.spots import fields_of, models_within
from pixeldigest.yamlfile import Keys, Source, read_source
from pixeldigest.yamltree import Node, Scalar

MODELS: tuple[type[BaseModel], ...] = (*ENTRY_KINDS.values(), Course, Collection, Page, Newsletter, Calendar)
_MAX_QUOTED = 30


class _Spot(NamedTuple):
    """A value: the keys that lead to it, its own key, and the keys of the brackets that it stands in."""

    keys: Keys
    key: Scalar | None
    node: Node
    brackets: Keys | None


def check_source(project: Path, file: str) -> Iterator[Finding]:
    """Warn of texts in a file of which YAML takes a part away; one that cannot be read has been reported."""
    source, _ = read_source(project / file, name=file)
    if source is None or source.tree is None:
        return
    reported: set[Keys] = set()
    for spot in _walk(source, _Spot((), None, source.tree, None)):
        if isinstance(spot.node, Scalar):
            yield from _check_comment(source, file, spot, spot.node)
            if spot.brackets is not None and spot.brackets not in reported and _is_prose(spot):
                reported.add(spot.brackets)
                yield _in_brackets(file, spot.brackets)


def _walk(source: Source, spot: _Spot) -> Iterator[_Spot]:
    """Yield a value and all that it holds."""
    yield spot
    keys, _, node, brackets = spot
    if isinstance(node, Scalar):
        return
    if brackets is None and source.lines[node.line][node.column : node.column + 1] in ("[", "{"):
        brackets = keys
    if isinstance(node, yamltree.Mapping):
        inner = [_Spot((*keys, key.text), key, value, brackets) for key, value in node.pairs]
    else:
        inner = [_Spot((*keys, index), None, item, brackets) for index, item in enumerate(node.items)]
    for one in inner:
        yield from _walk(source, one)


def _is_prose(spot: _Spot) -> bool:
    """Tell whether it is a text of more than a word; only what has no quotes loses commas and colons."""
    plain = isinstance(spot.node, Scalar) and not spot.node.style and " " in spot.node.text
    return plain and _is_text(spot.keys)


def _is_text(keys: Keys) -> bool:
    """Tell whether a text stands there, rather than an id, a date, an address or a number."""
    return not _text_fields().isdisjoint(map(str, keys))


def _in_brackets(file: str, keys: Keys) -> Finding:
    last = keys[-1] if keys else ""
    message = f"'{last}' holds prose" if isinstance(last, str) else "this item holds prose"
    message += " between brackets, where commas and colons end a text"
    hint = "write each part on a line of its own, below the key and indented"
    return Finding("flow-style", message, hint, file, keys, severity="warning")


def _check_comment(source: Source, file: str, spot: _Spot, value: Scalar) -> Iterator[Finding]:
    """Report what stands behind a ' #'; with two spaces before it, and one behind, it is meant as a comment."""
    rest = source.lines[value.end_line][value.end_column :] if value.end_line < len(source.lines) else ""
    if value.style or not (found := re.match(r"( *)(#.*)", rest)):
        return
    comment = found[2].rstrip()
    shown = comment if len(comment) <= _MAX_QUOTED else f"{comment[: _MAX_QUOTED - 1]}…"
    name = next((one for one in reversed(spot.keys) if isinstance(one, str)), "")
    hint = "put the whole text in single quotes"
    if value.text and len(found[1]) == 1 and (_is_text(spot.keys) or file == WITHDRAWN_FILE):
        message = f"'{shown}' is a comment to YAML, and no part of '{name}'"
        hint += ", or a second space before a '#' that begins a comment"
        place = (len(value.text), 1 + len(comment))
        yield Finding("comment", message, hint, file, spot.keys, *place, "warning")
    elif not value.text and spot.key and re.match(r"#\S", comment):
        message = f"'{shown}' is a comment to YAML, so '{name}' is empty"
        yield Finding("comment", message, hint, file, spot.keys, severity="warning")


@functools.cache
def _text_fields() -> frozenset[str]:
    """Name the keys whose values are texts."""
    checks = {*get_args(Line)[1:], *get_args(Summary)[1:]}
    fields = (field for model in models_within(*MODELS) for field in fields_of(model).items())
    return frozenset(name for name, info in fields if checks & {*info.metadata, *_marks(info.annotation)})


def _marks(annotation: Any) -> Iterator[Any]:
    """Yield what is said of a type in its `Annotated`, and of the types in it."""
    first, *rest = get_args(annotation) or (None,)
    if get_origin(annotation) is Annotated:
        yield from rest
        yield from _marks(first)
    else:
        for inner in get_args(annotation):
            yield from _marks(inner)
