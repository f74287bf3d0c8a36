"""What is wrong with what a form says, each with its field, and in long texts with its line."""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType
from typing import NamedTuple

from pixeldigest.cache import NO_CACHE
from pixeldigest.check import Finding
from pixeldigest.check.notes import check_texts
from pixeldigest.check.references import check_aliases, check_question_ids, check_references
from pixeldigest.check.wording import check_titles, check_unfinished
from pixeldigest.content import Course, Entry, Page, Ref
from pixeldigest.diagnostics import Diagnostic, Severity
from pixeldigest.heads import head_of
from pixeldigest.library import Library
from pixeldigest.schemas import MODELS
from pixeldigest.stamps import digest_of
from pixeldigest.yamlfile import Keys, RawFile, load_model, parse_source
from pixeldigest.yamltree import Mapping as MappingNode
from pixeldigest.yamltree import Node, Scalar
from pixeldigest.yamltree import Sequence as SequenceNode

# The rules about a library that need to see one file only, and the names of the others.
_RULES = (check_unfinished, check_titles, check_references, check_question_ids, check_aliases)
# So much is shown of a line on either side of what is wrong in it.
_AROUND = 30


class Stretch(NamedTuple):
    """A part of a text of several lines: its line from 1, where it starts and ends, and what stands around it there."""

    line: int
    start: int
    end: int
    before: str
    marked: str
    after: str


class Fault(NamedTuple):
    """Something wrong at a field of a form."""

    keys: Keys
    rule: str
    message: str
    severity: Severity
    stretch: Stretch | None = None


def judge(library: Library, ref: Ref, name: str, content: bytes) -> tuple[Fault, ...]:
    """Find what `check` would find in a file with such content, as far as it can be seen in this file."""
    raw = RawFile(content)
    source, _ = parse_source(raw, name=name)
    tree = source.tree if source else None
    loaded = load_model(raw, MODELS[ref.kind], name=name, given={"id": ref.id})
    faults = [_diagnosed(one, tree) for one in loaded.diagnostics]
    held = loaded.salvaged if loaded.model is None else loaded.model
    if isinstance(held, Entry | Page | Course):
        alone = _alone(library, held, name, content)
        found = (*check_texts(alone, NO_CACHE, advice=True), *(one for rule in _RULES for one in rule(alone)))
        faults += (_found(one, tree) for one in found if one.file == name)
    return tuple(dict.fromkeys(faults))


def _alone(library: Library, held: Entry | Page | Course, name: str, content: bytes) -> Library:
    """Make a library of which the rules see one file only; others are known by their names."""
    bare = library._replace(
        by_kind=MappingProxyType(dict.fromkeys(library.by_kind, MappingProxyType({}))),
        courses=MappingProxyType({}),
        pages=MappingProxyType({}),
        pins=MappingProxyType({}),
    )
    if isinstance(held, Entry):
        return bare.with_entry(head_of(held, digest_of(content)), held, name)
    if isinstance(held, Page):
        files = MappingProxyType({**library.files, Ref("page", held.id): name})
        return bare._replace(pages=MappingProxyType({held.id: held}), files=files)
    files = MappingProxyType({**library.files, Ref("course", held.id): name})
    return bare._replace(courses=MappingProxyType({held.id: held}), files=files)


def _diagnosed(diagnostic: Diagnostic, tree: Node | None) -> Fault:
    keys = tuple(_keys_at(tree, diagnostic.place.line - 1, diagnostic.place.column - 1))
    return Fault(keys, diagnostic.rule, _sentence(diagnostic.message, diagnostic.hint), diagnostic.severity)


def _found(finding: Finding, tree: Node | None) -> Fault:
    text = _text_at(tree, finding.keys) if finding.offset is not None else ""
    stretch = _stretch(text, finding.offset or 0, finding.length) if "\n" in text.rstrip("\n") else None
    return Fault(finding.keys, finding.rule, _sentence(finding.message, finding.hint), finding.severity, stretch)


def _sentence(message: str, hint: str) -> str:
    return f"{message}; {hint}" if hint else message


def _stretch(text: str, start: int, length: int) -> Stretch:
    head, end = text.rfind("\n", 0, start) + 1, start + max(1, length)
    tail = (text.find("\n", start) + 1 or len(text) + 1) - 1
    before, marked, after = text[head:start], text[start : min(end, tail)], text[end:tail]
    cut = f"…{before[-_AROUND:]}" if len(before) > _AROUND else before
    rest = f"{after[:_AROUND]}…" if len(after) > _AROUND else after
    return Stretch(text.count("\n", 0, start) + 1, start, min(end, tail), cut, marked, rest)


def _text_at(node: Node | None, keys: Keys) -> str:
    """Find the text that keys lead to; empty where they lead to none."""
    for key in keys:
        if isinstance(node, MappingNode):
            node = next((value for name, value in node.pairs if name.text == key), None)
        elif isinstance(node, SequenceNode) and isinstance(key, int):
            node = node.items[key]
    return node.text if isinstance(node, Scalar) else ""


def _keys_at(node: Node | None, line: int, column: int) -> Iterator[str | int]:
    """Find the keys that lead to the value, or the key, at a position."""
    if isinstance(node, MappingNode):
        before = [pair for pair in node.pairs if (pair[0].line, pair[0].column) <= (line, column)]
        if before:
            yield before[-1][0].text
            yield from _keys_at(before[-1][1], line, column)
    elif isinstance(node, SequenceNode):
        indices = [index for index, item in enumerate(node.items) if _start_of(item) <= (line, column)]
        if indices:
            yield indices[-1]
            yield from _keys_at(node.items[indices[-1]], line, column)


def _start_of(node: Node) -> tuple[int, int]:
    return node.line, node.column if isinstance(node, Scalar) else 0
