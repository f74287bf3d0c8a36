"""Footnotes go in parentheses to where they are named, or stay a list if one has more than a paragraph."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from pixeldigest.importer.html import Node, text_of, walk_nodes

_NAME: Final = re.compile(r"(?:user-content-)?fn[:_-]?\w+")
# What a footnote may hold and still stand within a line.
_FLAT: Final = frozenset(
    (
        *("a", "abbr", "b", "cite", "code", "del", "em", "i", "kbd", "mark", "p", "q", "s", "small", "span", "strong"),
        *("sub", "sup", "u", "var"),
    )
)
_HOLDERS: Final = frozenset(("div", "hr", "ol", "p", "section", "ul"))


class Footnotes(NamedTuple):
    """The footnotes of a tree by their names: those that go into the text, or else those that stay a list."""

    inner: Mapping[str, Node]
    listed: Mapping[str, Node]


def find_footnotes(tree: Node) -> Footnotes:
    """Find the footnotes that links of the text name."""
    notes = {name: one for one in walk_nodes(tree) if one.tag == "li" and _NAME.fullmatch(name := _id_of(one))}
    named = {one.attributes.get("href", "")[1:] for one in walk_nodes(tree) if one.tag == "a"}
    known = {name: one for name, one in notes.items() if name in named}
    return Footnotes(known, {}) if all(map(_is_short, known.values())) else Footnotes({}, known)


def without_footnotes(node: Node, notes: Mapping[str, Node]) -> Node:
    """Take footnotes out of a tree, and the list and the rule that held nothing else."""
    children: list[Node | str] = []
    for child in node.children:
        if isinstance(child, str):
            children.append(child)
        elif not (child.tag == "li" and _id_of(child) in notes):
            kept = without_footnotes(child, notes)
            if kept == child or not _is_empty(kept):
                children.append(kept)
            elif children and _is_rule(children[-1], *children[-2:-1]):
                del children[-1 if isinstance(children[-1], Node) else -2 :]
    return node._replace(children=tuple(children)) if notes else node


def _id_of(node: Node) -> str:
    return node.attributes.get("id", "")


def _is_short(note: Node) -> bool:
    inner = [one for child in note.children if isinstance(child, Node) for one in walk_nodes(child)]
    return all(one.tag in _FLAT for one in inner) and sum(one.tag == "p" for one in inner) <= 1


def _is_empty(node: Node) -> bool:
    return not text_of(node).strip() and all(one.tag in _HOLDERS for one in walk_nodes(node))


def _is_rule(*before: Node | str) -> bool:
    """Tell whether a rule stands before, with nothing but spaces behind it."""
    last = next((one for one in before if isinstance(one, Node) or one.strip()), "")
    return isinstance(last, Node) and last.tag == "hr"
