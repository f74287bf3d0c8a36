"""A file of each kind with every key that it may have: what the reference and editors show as examples."""

from __future__ import annotations

import functools
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path

from pixeldigest.yamltree import Mapping, Node, Scalar, Sequence, parse_tree

_HERE = Path(__file__).parent
ANY = "*"


@functools.cache
def example_of(kind: str) -> str:
    """Read the example of a kind of file."""
    return (_HERE / f"{kind}.yml").read_text(encoding="utf-8")


def snippet_of(kind: str, *keys: str) -> str:
    """Cut a key and its value out of an example.

    Keys lead through lists too, `ANY` through any key, and one like 'type=git' first to items with this value. Of keys
    that exclude each other an example has one; of the others it is said that there is a value.
    """
    text = example_of(kind)
    key = next(_find(filter(None, [parse_tree(text)]), keys), None)
    if key is None:
        return f"{keys[-1]}: …"
    first, *rest = text.splitlines()[key.line :]
    lines = [" " * key.column + first[key.column :]]
    for line in rest:
        if line[: key.column + 1].strip():
            break
        lines.append(line)
    return textwrap.dedent("\n".join(lines)).rstrip()


def _find(nodes: Iterable[Node], keys: tuple[str, ...]) -> Iterator[Scalar]:
    """Find the keys at the end of a path."""
    head, *rest = keys
    if "=" in head:
        items = [item for node in nodes if isinstance(node, Sequence) for item in node.items]
        return _find(sorted(items, key=lambda item: not _holds(item, *head.split("="))), tuple(rest))
    found = [(key, value) for node in nodes for key, value in _pairs(node) if head in (key.text, ANY)]
    return _find((value for _, value in found), tuple(rest)) if rest else (key for key, _ in found)


def _holds(node: Node, key: str, text: str) -> bool:
    return any(one.text == key and isinstance(value, Scalar) and value.text == text for one, value in _pairs(node))


def _pairs(node: Node) -> Iterator[tuple[Scalar, Node]]:
    """Yield the keys of a mapping, or of all that a list holds."""
    if isinstance(node, Mapping):
        yield from node.pairs
    elif isinstance(node, Sequence):
        yield from (pair for item in node.items for pair in _pairs(item))
