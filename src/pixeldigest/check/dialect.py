"""A rule about Markdown that other tools read differently: GitHub and most others take CommonMark with GFM's tables."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import groupby, takewhile
from typing import NamedTuple

from pixeldigest.check.finding import Finding
from pixeldigest.check.outline import Atom, Piece, Placed, outline, read_as_others
from pixeldigest.check.texts import Passage
from pixeldigest.markup.document import Document
from pixeldigest.markup.scanner import replace_reserved

# Aligning outlines that differ takes the square of their length.
MAX_ALIGNED = 500
MAX_QUOTED = 40
# The other reader's time grows with the square of the brackets in a text.
MAX_LENGTH = 50_000
MAX_BRACKETS = 1_000


class Difference(NamedTuple):
    """What other readers and this newsletter see at a line (counted from 0), in words, and of which kinds that is."""

    line: int
    theirs: str
    ours: str
    kinds: frozenset[str]


def check_dialect(passage: Passage) -> Iterator[Finding]:
    """Warn where other readers of Markdown see something else than this newsletter does."""
    lines = passage.source.split("\n")
    for line, theirs, ours, kinds in find_differences(passage.source, passage.document):
        message = f"other readers see {theirs} here, this newsletter sees {ours}"
        words = lines[line].strip()
        start = sum(len(one) + 1 for one in lines[:line]) + lines[line].index(words)
        place = (passage.file, passage.keys, start, max(1, len(words)))
        yield Finding("dialect", message, _hint(kinds, words), *place, severity="warning")


def _hint(kinds: frozenset[str], words: str) -> str:
    if "\t" in words:
        return "write spaces instead of the tab"
    return next((hint for kind, hint in _HINTS if kind in kinds), "put an empty line above and below it")


_EMPHASIS = "put a space before and after what is stressed, or a backslash before a star that is one"
# The ways out, the most particular first.
_HINTS = (
    ("raw HTML", "put it in backticks, or a backslash before '<'"),
    ("cell", "write '\\|' for a bar in a table, and '\\vert' for one in its formulas"),
    ("emphasis", _EMPHASIS),
    ("strong", _EMPHASIS),
    ("link", "write it as [words](address)"),
    ("image", "write it as ![what it shows](images/…)"),
    ("word", "say it without marks, or put a backslash before them"),
    ("list", "put an empty line above, indent what belongs to an item, and put a backslash before what is no mark"),
)


def find_differences(source: str, document: Document) -> Iterator[Difference]:
    """Compare how two readers understand a text; left out are lines with a fault, which is reported, and long texts."""
    if len(source) > MAX_LENGTH or source.count("[") > MAX_BRACKETS or _is_refused(document):
        return
    source = replace_reserved(source)
    faults = {source.count("\n", 0, fault.offset) for fault in document.faults}
    for one in _compare(tuple(outline(document.blocks)), tuple(read_as_others(source))):
        if faults.isdisjoint(one.lines):
            yield from _describe(one)


def _is_refused(document: Document) -> bool:
    """Tell whether a text was too long to be read, or has too many faults to compare the rest."""
    return any(fault.rule in ("length", "more-errors") for fault in document.faults)


class _Stretch(NamedTuple):
    """Pieces of two outlines that do not match, none, one or several each, and their lines."""

    ours: Sequence[Piece]
    theirs: Sequence[Placed]
    lines: range


def _compare(ours: Sequence[Piece], theirs: Sequence[Placed]) -> Iterator[_Stretch]:
    """Align two outlines; pieces that differ in nothing but their atoms are compared one by one."""
    pieces = tuple(one.piece for one in theirs)
    for mine, yours in _align(ours, pieces):
        if [one[:2] for one in ours[mine]] == [one[:2] for one in pieces[yours]]:
            for piece, placed in zip(ours[mine], theirs[yours], strict=True):
                if piece != placed.piece:
                    yield _Stretch((piece,), (placed,), range(placed.first, placed.stop))
        else:
            before = theirs[yours.start - 1].stop if yours.start else 0
            after = theirs[yours.stop].first if yours.stop < len(theirs) else before + 1
            here = theirs[yours]
            lines = range(here[0].first, here[-1].stop) if here else range(before, max(after, before + 1))
            yield _Stretch(ours[mine], here, lines)


def _align(ours: Sequence[Hashable], theirs: Sequence[Hashable]) -> Iterator[tuple[slice, slice]]:
    """Yield what does not match."""
    if ours == theirs:
        return
    if max(len(ours), len(theirs)) > MAX_ALIGNED:
        alike = _count_alike(ours, theirs)
        yield slice(alike, len(ours)), slice(alike, len(theirs))
        return
    for tag, start, stop, others_start, others_stop in SequenceMatcher(
        None, ours, theirs, autojunk=False
    ).get_opcodes():
        if tag != "equal":
            yield slice(start, stop), slice(others_start, others_stop)


def _count_alike(ours: Sequence[object], theirs: Sequence[object]) -> int:
    """Count what matches from the start."""
    pairs = zip(ours, theirs, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


# --- How it is said ---


def _describe(stretch: _Stretch) -> Iterator[Difference]:
    ours, theirs, lines = stretch
    alike, line = 0, lines.start
    if ours and theirs and ours[0][:2] == theirs[0].piece[:2]:
        if len(ours) == len(theirs) == 1:
            yield from _describe_atoms(ours[0], theirs[0])
            return
        alike = _count_alike(ours[0].atoms, theirs[0].piece.atoms)
    # Where a block goes on for one reader and ends for the other, the difference is what the latter sees next.
    if alike and ours[1:] and alike == len(ours[0].atoms):
        line, ours = _line_at(theirs[0], alike), ours[1:]
    elif alike and theirs[1:] and alike == len(theirs[0].piece.atoms):
        line, theirs = theirs[1].first, theirs[1:]
    one, other = (theirs[0].piece if theirs else None), (ours[0] if ours else None)
    seen, expected = _name(one), _name(other)
    seen = f"{seen} with other words" if seen == expected else seen
    yield Difference(line, seen, expected, _kinds(one) | _kinds(other))


def _describe_atoms(ours: Piece, theirs: Placed) -> Iterator[Difference]:
    """Name, once a line, what only one reader marks; where nothing is, the first words that differ."""
    spots = [
        (_line_at(theirs, yours.start), theirs.piece.atoms[yours], ours.atoms[mine])
        for mine, yours in _align(ours.atoms, theirs.piece.atoms)
    ]
    marked = [(line, _marked(yours), _marked(mine)) for line, yours, mine in spots]
    telling = [spot for spot in marked if spot[1] or spot[2]]
    otherwise = "plain words" if telling else "nothing"
    for line, group in groupby(telling or spots[:1], lambda spot: spot[0]):
        _, yours, mine = next(group)
        kinds = {atom.kind for atom in (*yours[:1], *mine[:1])}
        if ours.kind == "table" and kinds & {"code", "formula"}:
            kinds.add("cell")
        yield Difference(line, _name_atom(yours, otherwise), _name_atom(mine, otherwise), frozenset(kinds))


def _marked(atoms: tuple[Atom, ...]) -> tuple[Atom, ...]:
    return tuple(atom for atom in atoms if atom.kind in _MARKED)


def _line_at(placed: Placed, index: int) -> int:
    return placed.lines[index] if index < len(placed.lines) else placed.first


def _name(piece: Piece | None) -> str:
    """Name a block; a paragraph by what stands around it."""
    if piece is None:
        return "nothing"
    around = [_NOUNS[one.rstrip(" :0123456789")] for one in reversed(piece.around)]
    kind = piece.kind.rstrip(" 123456")
    return " in ".join(around if kind == "paragraph" and around else [_NOUNS.get(kind, kind), *around])


def _kinds(piece: Piece | None) -> frozenset[str]:
    if piece is None:
        return frozenset()
    return frozenset((piece.kind, *("list" if "list" in one else one for one in piece.around)))


def _name_atom(atoms: tuple[Atom, ...], otherwise: str) -> str:
    if not atoms:
        return otherwise
    kind, words = atoms[0]
    words = words if len(words) <= MAX_QUOTED else f"{words[: MAX_QUOTED - 1]}…"
    return f"{_MARKED[kind]} '{words}'" if kind in _MARKED else f"'{words}'"


_NOUNS = {
    "quote": "a quote",
    "list": "a list",
    "numbered list from": "a numbered list",
    "heading": "a heading",
    "paragraph": "a paragraph",
    "formula": "a formula",
    "table": "a table",
    "rule": "a rule",
}
_MARKED = {
    "emphasis": "emphasis on",
    "strong": "strong words",
    "code": "the code",
    "formula": "the formula",
    "link": "a link to",
    "image": "the image",
    "raw HTML": "raw HTML",
}
