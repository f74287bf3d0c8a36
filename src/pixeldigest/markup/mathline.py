"""Pieces of a formula → one line: what each sign means beside its neighbours, and where a space stands."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import IntEnum
from itertools import pairwise
from types import MappingProxyType
from typing import Final, NamedTuple

from pixeldigest.markup.mathpieces import OPERAND, SIGNS, SIMPLE, VALUE_ENDS, WORDS, Notation, Piece, plain


class Strength(IntEnum):
    """How tightly a run holds together, which decides where it needs parentheses."""

    SUM = 0
    QUOTIENT = 1
    PRODUCT = 2
    TIGHT = 3
    ATOM = 4


class Run(NamedTuple):
    """Pieces written one after the other."""

    text: str
    strength: Strength


_LOOSE: Final = frozenset({"op", "sign", "rel", "comma", "big", "dots", "text", "gap", "cases"})
_CLAUSE_STARTS: Final = (OPERAND - {"name"}) | {"big", "bar"}
_DOTS: Final[Mapping[str, str]] = MappingProxyType({".": "…", "·": "⋯"})
_SPACES: Final = re.compile("[ \u00a0]{2,}")


def write_run(pieces: Sequence[Piece], notation: Notation, *, continued: bool = False) -> Run:
    """Write pieces on one line; a run that is `continued` stands after another one, so that it may begin with `− x`."""
    settled = _settle_fractions(_settle_signs(_settle_bars(_settle_spaces(pieces)), continued=continued))
    parts: list[str] = []
    before: Piece | None = None
    spaced = False
    for piece in settled:
        if piece.kind == "space":
            spaced = True
            continue
        if before is not None and _has_space_between(before, piece, notation, spaced=spaced):
            parts.append(notation.space(before))
        ending = " }" if piece.kind == "cases" and piece.text.startswith("{") and piece is not settled[-1] else ""
        parts.append(piece.text + ending)
        before, spaced = piece, False
    return Run(_SPACES.sub(_one_space, "".join(parts)).strip(), _strength(settled))


def parenthesised(run: Run, at_least: Strength) -> str:
    """Return a run's text, in parentheses if it holds together less tightly than what is around it."""
    return run.text if run.strength >= at_least else f"({run.text})"


def is_group(pieces: Sequence[Piece]) -> bool:
    """Tell whether one pair of brackets encloses it all."""
    settled = _settle_bars(pieces)
    if len(settled) < 2 or settled[0].kind != "open" or settled[-1].kind != "close":
        return False
    depth = 0
    for piece in settled[:-1]:
        depth += (piece.kind == "open") - (piece.kind == "close")
        if depth == 0:
            return False
    return True


def needs_space_anywhere(a: Piece, b: Piece) -> bool:
    """Tell whether factors side by side need a space in every notation: words do, and what follows a root."""
    return a.kind == "root" or bool(WORDS & {a.kind, b.kind})


def _one_space(spaces: re.Match[str]) -> str:
    return " " if " " in spaces[0] else spaces[0][0]


def _settle_spaces(pieces: Sequence[Piece]) -> list[Piece]:
    """Turn three full stops into an ellipsis and a wide gap between two values into a comma."""
    settled: list[Piece] = []
    for n, piece in enumerate(pieces):
        after = next((other.kind for other in pieces[n + 1 :] if other.kind not in ("space", "gap")), "close")
        if piece.kind == "gap" and settled and settled[-1].kind in VALUE_ENDS - {"name"} and after in _CLAUSE_STARTS:
            settled.append(plain("comma", ","))
        elif piece.kind == "gap":
            settled.append(plain("text", " "))
        elif piece.ink == "=" and settled and settled[-1].ink == ":":
            settled[-1] = piece._replace(ink=":=", text=settled[-1].text + piece.text)
        elif piece.ink in _DOTS and [other.text for other in settled[-2:]] == [piece.ink] * 2:
            dots = _DOTS[piece.ink]
            settled[-2:] = [piece._replace(kind="dots", ink=dots, text=dots + piece.text[1:])]
        else:
            settled.append(piece)
    return settled


def _settle_bars(pieces: Sequence[Piece]) -> list[Piece]:
    """Decide for every `|` and `‖` whether it opens, closes, separates, or ends an evaluation `f|ₓ₌₀`."""
    settled: list[Piece] = []
    waiting: list[list[str]] = [[]]
    for n, piece in enumerate(pieces):
        before = next((other.kind for other in reversed(settled) if other.kind != "space"), "open")
        kind = piece.kind
        if kind == "open":
            waiting.append([])
        elif kind == "close" and len(waiting) > 1:
            waiting.pop()
        elif kind == "bar" and waiting[-1][-1:] == [piece.ink]:
            waiting[-1].pop()
            kind = "close"
        elif kind == "bar" and (before not in VALUE_ENDS or _bar_follows(piece, pieces[n + 1 :])):
            waiting[-1].append(piece.ink)
            kind = "open"
        elif kind == "bar":
            follows = next((other.kind for other in pieces[n + 1 :] if other.kind != "space"), "comma") != "comma"
            kind = "rel" if follows and not (piece.sub or piece.sup) else "postfix"
        settled.append(piece._replace(kind=kind))
    return settled


def _bar_follows(bar: Piece, pieces: Sequence[Piece]) -> bool:
    depth = 0
    for piece in pieces:
        depth += (piece.kind == "open") - (piece.kind == "close")
        if depth < 0:
            return False
        if depth == 0 and piece.kind == "bar" and piece.ink == bar.ink:
            return True
    return False


def _settle_signs(pieces: Sequence[Piece], *, continued: bool) -> list[Piece]:
    """Tell the minus of `−x` from that of `a − x`; a continued row begins with the latter."""
    settled: list[Piece] = []
    before: str = "number" if continued else "open"
    for piece in pieces:
        is_sign = piece.kind == "op" and piece.text in SIGNS and before not in VALUE_ENDS
        settled.append(piece._replace(kind="sign") if is_sign else piece)
        if piece.text.strip():
            before = settled[-1].kind
    return settled


def _settle_fractions(pieces: Sequence[Piece]) -> list[Piece]:
    """Parenthesise the fractions that have a factor beside them."""
    inked = [piece for piece in pieces if piece.kind != "space"]
    settled: list[Piece] = []
    position = 0
    for piece in pieces:
        if piece.kind == "fraction":
            before = inked[position - 1].kind if position else "open"
            after = inked[position + 1].kind if position + 1 < len(inked) else "close"
            if before in VALUE_ENDS | {"tight"} or after in OPERAND | {"open", "tight", "postfix", "dots"}:
                settled.append(Piece("group", f"({piece.ink})", f"({piece.text})"))
                position += 1
                continue
        position += piece.kind != "space"
        settled.append(piece)
    return settled


def _has_space_between(a: Piece, b: Piece, notation: Notation, *, spaced: bool) -> bool:
    kinds = {a.kind, b.kind}
    if a.kind in ("open", "sign", "tight") or b.kind in ("close", "comma", "postfix", "tight"):
        return False
    if a.kind == "comma" or kinds & {"op", "rel"}:
        return not notation.compact
    if kinds & {"text", "dots", "cases", "big"}:
        return b.kind != "text" or b.text[:1].isalnum() or b.text[:1] in "(“"
    if b.kind == "open" or b.ink[:1] in ("(", "["):
        bar_after_factor = b.ink[:1] in "|‖" and (a.kind == "group" or a.ink[:1] in "|‖")
        return spaced or bar_after_factor or a.kind == "root" or (b.kind == "group" and notation.needs_space(a, b))
    return spaced or notation.needs_space(a, b)


def _strength(pieces: Sequence[Piece]) -> Strength:
    items: list[Piece] = []
    depth = 0
    for piece in pieces:
        depth -= piece.kind == "close"
        if depth <= 0 and piece.kind not in ("space", "open"):
            items.append(piece._replace(kind="group") if piece.kind == "close" else piece)
        depth += piece.kind == "open"
    kinds = [item.kind for item in items]
    applied = any(a == "word" and b != "group" for a, b in pairwise(kinds))
    if _LOOSE & set(kinds) or applied:
        return Strength.SUM
    if "fraction" in kinds or "tight" in kinds:
        return Strength.QUOTIENT
    if len(items) == 1:
        is_plain = kinds[0] != "root" and not (items[0].sub or items[0].sup)
        return Strength.ATOM if is_plain else Strength.TIGHT
    is_call = len(items) == 2 and kinds[0] in SIMPLE and kinds[1] == "group"
    return Strength.TIGHT if is_call else Strength.PRODUCT
