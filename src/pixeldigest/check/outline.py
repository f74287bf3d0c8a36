"""A text as a sequence of blocks and marked words: as this newsletter reads it, and as other tools do."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby, takewhile
from typing import NamedTuple, TypeVar

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode
from mdit_py_plugins.dollarmath.index import math_block_dollar

from pixeldigest.markup.document import (
    Block,
    CodeBlock,
    CodeSpan,
    Emphasis,
    Formula,
    Heading,
    Image,
    Inline,
    Link,
    List,
    Paragraph,
    Quote,
    Rule,
    Strong,
    Table,
    Text,
    plain_text,
    walk,
)


class Atom(NamedTuple):
    """A word, or what is marked: the kind says as what, and its words come after it once more."""

    kind: str
    words: str


class Piece(NamedTuple):
    """A block with words, or a row of a table; and the quotes and items around it, from the outermost."""

    kind: str
    around: tuple[str, ...]
    atoms: tuple[Atom, ...]


class Placed(NamedTuple):
    """What other readers see, its lines (counted from 0), and the line of each atom."""

    piece: Piece
    first: int
    stop: int
    lines: tuple[int, ...] = ()


# --- What this newsletter sees ---


def outline(blocks: Iterable[Block], around: tuple[str, ...] = ()) -> Iterator[Piece]:
    """List what this newsletter sees."""
    for block in blocks:
        match block:
            case Heading(level, children):
                yield Piece(f"heading {level}", around, tuple(_atoms(children)))
            case Paragraph(children):
                yield Piece("paragraph", around, tuple(_atoms(children)))
            case CodeBlock(_, source):
                yield Piece("code", around, _one_atom(source.expandtabs(4)))
            case Formula(latex):
                yield Piece("formula", around, _one_atom(_join(latex)))
            case List(start, items):
                for number, item in enumerate(items):
                    yield from outline(item, (*around, _item(start, number)))
            case Quote(inner):
                yield from outline(inner, (*around, "quote"))
            case Table(_, head, rows):
                cells = (tuple(atom for cell in row for atom in (*_atoms(cell), _BAR)) for row in (head, *rows))
                yield from (Piece("table", around, row) for row in cells if set(row) != {_BAR})
            case Rule():
                yield Piece("rule", around, ())


def _atoms(children: tuple[Inline, ...]) -> Iterator[Atom]:
    return _in_order(_all_atoms(children), lambda atom: atom)


def _all_atoms(children: tuple[Inline, ...]) -> Iterator[Atom]:
    for node in walk(children):
        match node:
            case Text(text):
                yield from _word_atoms(text)
            case Emphasis(inner):
                yield Atom("emphasis", _join(plain_text(inner)))
            case Strong(inner):
                yield Atom("strong", _join(plain_text(inner)))
            case CodeSpan(text):
                yield Atom("code", _join(text))
            case Formula(latex):
                yield Atom("formula", _join(latex))
            case Link(_, url):
                yield Atom("link", _join(url))
            case Image(alt, source):
                yield Atom("image", _join(source))
                yield from _word_atoms(alt)
            case _:
                pass


_BAR = Atom("bar", "|")
_STRESSED = ("emphasis", "strong")
_T = TypeVar("_T")


def _item(start: int | None, number: int) -> str:
    return f"list: {number}" if start is None else f"numbered list from {start}: {number}"


def _word_atoms(text: str) -> Iterator[Atom]:
    return (Atom("word", word) for word in text.split())


def _one_atom(words: str) -> tuple[Atom, ...]:
    return (Atom("word", words),)


def _in_order(atoms: Iterable[_T], atom_of: Callable[[_T], Atom]) -> Iterator[_T]:
    """Put stressed strong words and strong stressed words, which look the same, into one order."""
    for (stressed, _), group in groupby(atoms, lambda one: (atom_of(one).kind in _STRESSED, atom_of(one).words)):
        run = list(group)
        yield from sorted(run, key=atom_of) if stressed else run


def _join(text: str) -> str:
    return " ".join(text.split())


# --- What others see ---


def read_as_others(source: str) -> Iterator[Placed]:
    """List what readers of CommonMark with GFM's tables and `$` formulas see in a source."""
    return _outline_nodes(SyntaxTreeNode(_reader().parse(source)).children, ())


def _outline_nodes(nodes: Iterable[SyntaxTreeNode], around: tuple[str, ...]) -> Iterator[Placed]:
    for node in nodes:
        first, stop = node.map or (0, 0)
        match node.type:
            case "paragraph" | "heading":
                kind = f"heading {node.tag[1]}" if node.type == "heading" else "paragraph"
                yield _place(kind, around, _cell_atoms(node, first), first, stop)
            case "fence" | "code_block":
                yield Placed(Piece("code", around, _one_atom(node.content.expandtabs(4))), first, stop)
            case "math_block":
                yield Placed(Piece("formula", around, _one_atom(_join(node.content))), first, stop)
            case "bullet_list" | "ordered_list":
                start = int(node.attrs.get("start", 1)) if node.type == "ordered_list" else None
                for number, item in enumerate(node.children):
                    yield from _outline_nodes(item.children, (*around, _item(start, number)))
            case "blockquote":
                yield from _outline_nodes(node.children, (*around, "quote"))
            case "table":
                rows = (_outline_row(row, around) for part in node.children for row in part.children)
                yield from (row for row in rows if set(row.piece.atoms) != {_BAR})
            case "hr":
                yield Placed(Piece("rule", around, ()), first, stop)
            case _:
                yield Placed(Piece("raw HTML", around, _one_atom(node.content)), first, stop)


def _outline_row(row: SyntaxTreeNode, around: tuple[str, ...]) -> Placed:
    first, stop = row.map or (0, 0)
    placed = [pair for cell in row.children for pair in (*_cell_atoms(cell, first), (_BAR, first))]
    return _place("table", around, placed, first, stop)


def _place(kind: str, around: tuple[str, ...], placed: Iterable[tuple[Atom, int]], first: int, stop: int) -> Placed:
    pairs = tuple(placed)
    return Placed(Piece(kind, around, tuple(atom for atom, _ in pairs)), first, stop, tuple(line for _, line in pairs))


def _cell_atoms(node: SyntaxTreeNode, line: int) -> Iterator[tuple[Atom, int]]:
    for inline in node.children:
        tokens = inline.token.children or () if inline.token else ()
        yield from _in_order(_token_atoms(tokens, line), lambda pair: pair[0])


def _token_atoms(tokens: Sequence[Token], line: int) -> Iterator[tuple[Atom, int]]:
    for number, token in enumerate(tokens):
        match token.type:
            case "text":
                automatic = number > 0 and tokens[number - 1].markup == "autolink"
                words = token.content.removeprefix("mailto:") if automatic else token.content
                yield from ((atom, line) for atom in _word_atoms(words))
            case "em_open" | "strong_open":
                inner = _inside(tokens[number:])
                yield Atom("emphasis" if token.tag == "em" else "strong", _join(_plain(inner))), line
            case "code_inline" | "math_inline" | "html_inline":
                yield Atom(_INLINE_KINDS[token.type], _join(token.content)), line
            case "link_open":
                yield Atom("link", _join(str(token.attrs["href"]))), line
            case "image":
                yield Atom("image", _join(str(token.attrs["src"]))), line
                yield from ((atom, line) for atom in _word_atoms(_plain(token.children or ())))
        line += token.content.count("\n") + (token.type in ("softbreak", "hardbreak"))


_INLINE_KINDS = {"code_inline": "code", "math_inline": "formula", "html_inline": "raw HTML"}


def _inside(tokens: Sequence[Token]) -> Iterable[Token]:
    """Take what stands between the first token and the one that closes it."""
    return takewhile(lambda one: one.level > tokens[0].level, tokens[1:])


def _plain(tokens: Iterable[Token]) -> str:
    return "".join(
        _plain(one.children or ()) if one.type == "image" else " " if one.type.endswith("break") else one.content
        for one in tokens
    )


class _Reader(MarkdownIt):
    """Takes links as they are written: other rules judge them."""

    def validateLink(self, url: str) -> bool:  # noqa: ARG002, N802
        return True

    def normalizeLink(self, url: str) -> str:  # noqa: N802
        return url

    def normalizeLinkText(self, link: str) -> str:  # noqa: N802
        return link


@functools.cache
def _reader() -> MarkdownIt:
    reader = _Reader("commonmark", {"maxNesting": 200}).enable("table")
    interrupts = ["paragraph", "reference", "blockquote", "list"]
    reader.block.ruler.before("fence", "math_block", _read_display, {"alt": interrupts})
    reader.inline.ruler.before("escape", "math_inline", _read_formula)
    return reader


_FORMULA = re.compile(r"\$(?!\s)((?:[^\\$]|\\.)++)(?<!\s)\$(?!\d)", re.DOTALL)
_DISPLAY = math_block_dollar(allow_labels=False, allow_blank_lines=False)


def _read_formula(state: StateInline, silent: bool) -> bool:  # noqa: FBT001
    """Read `$…$` by the design's rule: the plugin's own looks at what stands before the first dollar, too."""
    found = _FORMULA.match(state.src, state.pos)
    if found and not silent:
        state.push("math_inline", "math", 0).content = found[1]
    state.pos = found.end() if found else state.pos
    return bool(found)


def _read_display(state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: FBT001
    """Read `$$…$$`, also right after text; the plugin's own adds its token even where it is only asked."""
    line, count = state.line, len(state.tokens)
    found = _DISPLAY(state, start, end, silent)
    if silent:
        state.line = line
        del state.tokens[count:]
    return found
