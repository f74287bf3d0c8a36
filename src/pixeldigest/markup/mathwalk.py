"""The tree of MathML → pieces on one line, in any notation."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple
from xml.etree import ElementTree as ET

from pixeldigest.markup.mathline import Strength, is_group, parenthesised, write_run
from pixeldigest.markup.mathml import is_number_cell
from pixeldigest.markup.mathpieces import (
    ACCENTS,
    BRACES,
    SIGNS,
    SIMPLE,
    WORDS,
    Kind,
    Notation,
    Piece,
    Script,
    ink_of,
    is_one_character,
    kind_of_leaf,
    plain,
    visible,
)

_LIMITS: Final = frozenset({"lim", "max", "min", "sup", "inf", "argmax", "argmin", "arg max", "arg min"})
_ROOTS: Final[Mapping[str, str]] = MappingProxyType({"": "√", "2": "√", "3": "∛", "4": "∜"})


def pieces_of(node: ET.Element, notation: Notation) -> list[Piece]:
    """Return the pieces of an element of MathML as math-core writes it."""
    match node.tag:
        case "mi" | "mn" | "mo":
            return _leaf(node, notation)
        case "mtext":
            return _text(node, notation)
        case "mspace":
            return _space(node)
        case "mphantom":
            return []
        case "mtable":
            return _table(node, notation)
        case "mfrac":
            return _fraction(node, notation)
        case "msqrt" | "mroot":
            return _root(node, notation)
        case "msub" | "msup" | "msubsup" | "munder" | "mover" | "munderover":
            return _with_scripts(node, notation)
        case "mmultiscripts":
            return _multiscripts(node, notation)
        case "menclose":
            return _enclosed(node, notation)
        case _:
            return _row(node, notation)


def write_row_of_alignment(row: ET.Element, notation: Notation) -> str:
    """Write a row of `aligned` and the like; columns that belong to another equation stand apart."""
    cells = _cells(row, notation)
    pieces: list[Piece] = []
    for column, cell in enumerate(cells):
        if column and column % 2 == 0 and cell and pieces:
            pieces.append(plain("gap", " "))
        pieces += cell
    return write_run(pieces, notation, continued=len(cells) > 1 and not cells[0]).text


class ScriptElements(NamedTuple):
    """The elements below and above a base on one side of it."""

    sub: ET.Element | None
    sup: ET.Element | None


def script_elements(node: ET.Element) -> list[ScriptElements]:
    """Return what stands below and above the element's base: after it, and if there is something, before it."""
    match node.tag:
        case "mmultiscripts":
            scripts = list(node)[1:]
            split = next((n for n, child in enumerate(scripts) if child.tag == "mprescripts"), len(scripts))
            sides = scripts[:split], scripts[split + 1 :]
            return [ScriptElements(side[0], side[1]) if side else ScriptElements(None, None) for side in sides]
        case "msub" | "msup" | "msubsup" | "munder" | "mover" | "munderover" if not (
            is_accented(node) or _is_label(node) or node[1].tag == "mspace"  # the minimal length of an arrow
        ):
            if node.tag in ("msup", "mover"):
                return [ScriptElements(None, node[1])]
            return [ScriptElements(node[1], node[2] if len(node) > 2 else None)]
    return []


def read_script(node: ET.Element | None, notation: Notation) -> Script | None:
    """Write what stands below or above; nothing, or something without ink, is no script."""
    if node is None:
        return None
    small = notation.in_script()
    pieces = pieces_of(node, small)
    text = write_run(pieces, small).text
    return Script(tuple(pieces), text) if text else None


def is_accented(node: ET.Element) -> bool:
    """Tell whether an element is something with an accent or a brace."""
    return node.get("accent") == "true" or node.get("accentunder") == "true"


def _is_label(node: ET.Element) -> bool:
    """Tell whether this is a brace with what it says."""
    return node[0].tag in ("munder", "mover") and ink_of(node[0][1]) in BRACES


def _row(node: ET.Element, notation: Notation) -> list[Piece]:
    pieces: list[Piece] = []
    children = list(node)
    for n, child in enumerate(children):
        before = visible(children[n - 1].text) if n else ""
        after = visible(children[n + 1].text) if n + 1 < len(children) else ""
        if child.tag == "mtable" and before == "{" and not after:
            pieces[-1:] = [plain("cases", "{ " + "; ".join(_case(row, notation) for row in child))]
        elif child.tag == "mtable" and before and after:
            pieces.append(plain("group", _matrix(child, notation)))
        else:
            pieces += pieces_of(child, notation)
    return pieces


def _enclosed(node: ET.Element, notation: Notation) -> list[Piece]:
    pieces = _row(node, notation)
    if "strike" in node.get("notation", ""):
        return _called("cancel", pieces)
    return [plain("open", "["), *pieces, plain("close", "]")] if len(pieces) > 1 else pieces


def _leaf(node: ET.Element, notation: Notation) -> list[Piece]:
    ink = " ".join(visible(node.text).split())
    return [Piece(kind_of_leaf(node, ink), ink, notation.leaf(ink, node))] if ink else []


def _text(node: ET.Element, notation: Notation) -> list[Piece]:
    text = re.sub(r"\s+", " ", "".join(node.itertext()))
    if not text.strip():
        return [plain("space", " ")]
    return [Piece("name" if text.isalnum() else "text", text, notation.leaf(text, node))]


def _space(node: ET.Element) -> list[Piece]:
    width = re.match(r"[\d.]+", node.get("width", ""))
    if width is None or float(width[0]) == 0:
        return []
    return [plain("gap" if float(width[0]) >= 1 else "space", " ")]


def _fraction(node: ET.Element, notation: Notation) -> list[Piece]:
    over, under = (pieces_of(child, notation) for child in node)
    top, bottom = write_run(over, notation), write_run(under, notation)
    if node.get("linethickness") == "0":
        return [plain("text", f"{top.text} choose {bottom.text}")]
    numerator = parenthesised(top, Strength.PRODUCT)
    denominator = bottom.text if _is_derivative(over, under) else parenthesised(bottom, Strength.TIGHT)
    return [Piece("fraction", ink_of(node), f"{numerator}/{denominator}")]


def _is_derivative(over: Sequence[Piece], under: Sequence[Piece]) -> bool:
    """Tell whether this is `∂L/∂wᵢ`, which reads well without parentheses."""
    return (
        bool(over)
        and [piece.kind for piece in under] == ["letter", "letter"]
        and over[0].ink == under[0].ink in ("∂", "d")
        and not (under[0].sub or under[0].sup)
    )


def _root(node: ET.Element, notation: Notation) -> list[Piece]:
    content = _row(node, notation) if node.tag == "msqrt" else pieces_of(node[0], notation)
    text = write_run(content, notation).text
    simple = len(content) == 1 and content[0].kind in SIMPLE and not content[0].sup
    under = text if simple or is_group(content) else f"({text})"
    index = None if node.tag == "msqrt" else read_script(node[1], notation)
    sign = _ROOTS.get("" if index is None else "".join(piece.ink for piece in index.pieces))
    return [Piece("root", "√", sign + under if sign else notation.root(index, under))]


def _with_scripts(node: ET.Element, notation: Notation) -> list[Piece]:
    if is_accented(node):
        return _accented(node, notation)
    pieces = pieces_of(node[0], notation)
    if _is_label(node):
        labelled = parenthesised(write_run(pieces, notation), Strength.TIGHT)
        return [plain("group", f"{labelled} “{write_run(pieces_of(node[1], notation), notation).text}”")]
    for sub, sup in script_elements(node):
        limits = node.tag.startswith(("munder", "mover"))
        return _attached(pieces, read_script(sub, notation), read_script(sup, notation), notation, limits=limits)
    return pieces


def _accented(node: ET.Element, notation: Notation) -> list[Piece]:
    base, mark = node[0], ink_of(node[1])
    if mark in BRACES:
        return pieces_of(base, notation)
    combining, name = ("\u0332", "underline") if node.tag == "munder" else ACCENTS.get(mark, ("", "accent"))
    sub = None
    if base.tag == "msub":  # ŷᵢ for both `\hat{y_i}` and `\hat{y}_i`
        base, sub = base[0], read_script(base[1], notation)
    pieces = pieces_of(base, notation)
    letter = pieces[0] if len(pieces) == 1 and not (pieces[0].sub or pieces[0].sup) else None
    if not combining or letter is None or not is_one_character(letter.ink):
        return _called(name, _attached(pieces, sub, None, notation, limits=False) if sub else pieces)
    ink = unicodedata.normalize("NFC", letter.ink + combining)
    leaf = next(leaf for leaf in base.iter() if visible(leaf.text).strip())
    accented = [Piece("letter", ink, notation.leaf(ink, leaf))]
    return _attached(accented, sub, None, notation, limits=False) if sub else accented


def _called(name: str, pieces: Sequence[Piece]) -> list[Piece]:
    return [plain("word", name), plain("open", "("), *pieces, plain("close", ")")]


def _attached(
    pieces: list[Piece], sub: Script | None, sup: Script | None, notation: Notation, *, limits: bool
) -> list[Piece]:
    pieces = pieces or [plain("letter", "")]
    last = pieces[-1]
    alone = len(pieces) == 1 or is_group(pieces) or (last.kind == "bar" and not is_group(pieces))
    clash = (sub and (last.sub or last.sup)) or (sup and (last.sup or last.bare))
    if not alone or clash or last.kind in ("root", "fraction", "text", "cases"):
        pieces = [plain("open", "("), *pieces, plain("close", ")")]
        last = pieces[-1]
    kind: Kind = "big" if last.kind in WORDS and (limits or last.ink in _LIMITS) else last.kind
    if kind == "op" and not limits:
        kind = "letter"
    scripted = notation.with_scripts(last, sub, sup)
    # What stands before a letter, as in ₂F₁, is a script of nothing and belongs to what follows.
    below, above = (bool(script and last.ink) for script in (sub, sup))
    return [*pieces[:-1], scripted._replace(kind=kind, sub=below or last.sub, sup=above or last.sup)]


def _multiscripts(node: ET.Element, notation: Notation) -> list[Piece]:
    pieces = pieces_of(node[0], notation)
    after, before = script_elements(node)
    sub, sup = (read_script(script, notation) for script in after)
    if sub or sup:
        pieces = _attached(pieces, sub, sup, notation, limits=False)
    sub, sup = (read_script(script, notation) for script in before)
    if sub or sup:
        scripts = notation.with_scripts(plain("letter", ""), sub, sup)
        pieces = [scripts, *pieces]
    return pieces


def _table(table: ET.Element, notation: Notation) -> list[Piece]:
    if table.get("scriptlevel") == "1":  # \substack
        small = notation.in_script()
        rows = [[plain("comma", ","), *pieces_of(row, small)] for row in table]
        return [piece for row in rows for piece in row][1:]
    if table.get("displaystyle") == "true":
        return [plain("cases", "; ".join(write_row_of_alignment(row, notation) for row in table))]
    return [plain("group", f"[{_matrix(table, notation)}]")]


def _cells(row: ET.Element, notation: Notation) -> list[list[Piece]]:
    return [_row(cell, notation) for cell in row if not is_number_cell(cell)]


def _matrix(table: ET.Element, notation: Notation) -> str:
    rows = [[write_run(cell, notation).text for cell in _cells(row, notation)] for row in table]
    is_plain = all(" " not in text and text[:1] not in SIGNS for row in rows for text in row)
    return "; ".join((" " if is_plain else ", ").join(row) for row in rows)


def _case(row: ET.Element, notation: Notation) -> str:
    if "text-align: right" in row[0].get("style", ""):  # not `cases` but `aligned` after a brace
        return write_row_of_alignment(row, notation)
    value, *conditions = (write_run(cell, notation).text.strip().rstrip(",") for cell in _cells(row, notation))
    condition = " ".join(filter(None, conditions))
    if not condition:
        return value
    first = next((leaf for leaf in row[1].iter() if visible(leaf.text).strip()), None)
    return f"{value} {condition}" if first is not None and first.tag == "mtext" else f"{value} if {condition}"
