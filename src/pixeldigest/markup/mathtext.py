"""LaTeX → Unicode text that reads as one would write the formula in an e-mail."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple
from xml.etree import ElementTree as ET

from pixeldigest.markup.mathline import is_group, needs_space_anywhere, write_run
from pixeldigest.markup.mathml import FormulaError, parse_latex
from pixeldigest.markup.mathpieces import WORDS, Piece, Script
from pixeldigest.markup.mathwalk import pieces_of, read_script, script_elements, write_row_of_alignment


class Lettered(NamedTuple):
    """Whether scripts with letters are written in Unicode (`yₜ`) or after a sign (`y_t`), below and above.

    Scripts of digits and signs alone are always in Unicode: `x₁`, `x²`, `A⁻ᵀ`.
    """

    sub: bool = True
    sup: bool = True


def latex_to_text(latex: str, *, display: bool = False, lettered: Lettered | None = None) -> str:
    """Return the formula as one line of Unicode text, or with `display` one line for each row of an alignment.

    Without `lettered` its scripts are alike within the formula: one that Unicode lacks turns the others.
    Raises FormulaError.
    """
    root = parse_latex(latex, display=display)
    notation = _Unicode(*(lettered or _decide([root])))
    while len(root) == 1 and (root.tag in ("math", "mrow") or root.get("notation") == "box"):
        root = root[0]
    if not (root.tag == "mtable" and root.get("displaystyle") == "true"):
        return _finish(write_run(pieces_of(root, notation), notation).text)
    lines = [_finish(write_row_of_alignment(row, notation)) for row in root]
    return ("\n" if display else "; ").join(line for line in lines if line)


def letter_scripts(formulas: Iterable[str]) -> Lettered:
    """Decide how the scripts of all these formulas are written alike; those with an error have no say."""
    return _decide(_parsed(formulas))


def _parsed(formulas: Iterable[str]) -> Iterator[ET.Element]:
    for latex in formulas:
        try:
            yield parse_latex(latex, display=False)
        except FormulaError:
            continue


def _decide(roots: Iterable[ET.Element]) -> Lettered:
    sub = sup = True
    together = False
    notation = _Unicode()
    for node in (node for root in roots for node in root.iter()):
        for elements in script_elements(node):
            below, above = (read_script(element, notation) for element in elements)
            sub = sub and not (below and _has_letters(below.text) and not _is_in_unicode(below, _SUBSCRIPT))
            # `e^(zᵢ)` reads as a power whatever others look like; `x^Q` beside `yᵏ` does not.
            sup = sup and not (above and _is_name(above.text) and not _is_in_unicode(above, _SUPERSCRIPT))
            together = together or bool(below and above and _has_letters(below.text) and _has_letters(above.text))
    return Lettered(sub and sup, sub and sup) if together else Lettered(sub, sup)


_DIGITS = "0123456789+−=()"
_SUBSCRIPT: Final[Mapping[str, str]] = MappingProxyType(
    dict(zip(_DIGITS + "aehijklmnoprstuvxβγρφϕχ′", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵩᵪ′", strict=True))
)
_SUPERSCRIPT: Final[Mapping[str, str]] = MappingProxyType(
    dict(
        zip(
            _DIGITS + "abcdefghijklmnoprstuvwxyzABDEGHIJKLMNOPRTUVWβγδθφϕχ⊤′″‴⁗",
            "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂᵝᵞᵟᶿᵠᵠᵡᵀ′″‴⁗",
            strict=True,
        )
    )
)
_SCRIPT_CHARACTERS: Final = frozenset(_SUBSCRIPT.values()) | frozenset(_SUPERSCRIPT.values())
_RAISED_ALREADY: Final[Mapping[str, str]] = MappingProxyType({"*": "*", "†": "†", "‡": "‡", "∘": "°", "⋆": "⋆"})
_CLOSED: Final = (")", "]", "}")


class _Unicode(NamedTuple):
    """The notation of plain text."""

    sub: bool = True
    sup: bool = True
    compact: bool = False

    def in_script(self) -> _Unicode:
        return self._replace(compact=True)

    def leaf(self, ink: str, _: ET.Element) -> str:
        return ink

    def space(self, _: Piece) -> str:
        return " "

    def root(self, index: Script | None, content: str) -> str:
        if index and _is_in_unicode(index, _SUPERSCRIPT):
            return _in_unicode(index.text, _SUPERSCRIPT) + "√" + content
        inner = content if content.startswith("(") else f"({content})"
        return f"root_({index.text if index else ''}){inner}"

    def with_scripts(self, base: Piece, sub: Script | None, sup: Script | None) -> Piece:
        below = _written(sub, "_", _SUBSCRIPT, lettered=self.sub)
        above = _written(sup, "^", _SUPERSCRIPT, lettered=self.sup)
        # `π²_θ` instead of `π_θ²`, which could mean π with the subscript θ².
        swapped = bool(above) and below[:1] == "_" and not below.endswith(_CLOSED) and above[0] != "^"
        ending = below if swapped or not above else above
        bare = ending[:1] in ("_", "^", "*") and not ending.endswith(_CLOSED)
        return base._replace(text=base.text + (above + below if swapped else below + above), bare=bare)

    def needs_space(self, a: Piece, b: Piece) -> bool:
        if b.kind == "group" and b.ink[:1] in ("(", "["):
            return a.kind not in WORDS
        if a.bare or needs_space_anywhere(a, b) or b.text[:1] in _SCRIPT_CHARACTERS or b.text.startswith("root_"):
            return True
        if self.compact:
            return a.kind in ("close", "group") and not a.sup
        if b.kind == "number":
            return a.kind != "postfix"
        capitals = (a.text + b.text).isascii() and a.text.isupper() and b.text.isupper()
        return capitals or a.sub or (a.kind in ("close", "group") and not a.sup)


def _written(script: Script | None, mark: str, table: Mapping[str, str], *, lettered: bool) -> str:
    """Return a script in Unicode where every character has one, else after `_` or `^`."""
    if script is None:
        return ""
    pieces, text = script
    if mark == "^" and text in _RAISED_ALREADY:
        return _RAISED_ALREADY[text]
    if _is_in_unicode(script, table) and (lettered or not _has_letters(text)):
        return _in_unicode(text, table)
    single = len(pieces) == 1
    is_number = single and pieces[0].kind == "number" and not (pieces[0].sub or pieces[0].sup)
    if len(text) == 1 or is_number or (_is_name(text) and (single or mark == "_")):
        return mark + text
    if is_group(pieces) and (mark == "_" or text[:1] in "[{" or _is_name(text[1:-1])):
        return mark + text  # but x^((α+1)), an index, is not x^(α+1), a power
    return f"{mark}({text})"


def _is_in_unicode(script: Script, table: Mapping[str, str]) -> bool:
    """Tell whether Unicode has every character; words below are hard to read so small."""
    word = table is _SUBSCRIPT and any(piece.kind in WORDS and len(piece.ink) > 2 for piece in script.pieces)
    return not word and all(char in table for char in script.text)


def _in_unicode(text: str, table: Mapping[str, str]) -> str:
    return "".join(table[char] for char in text)


def _has_letters(text: str) -> bool:
    return any(char.isalpha() for char in text)


def _is_name(text: str) -> bool:
    return all((char.isalnum() and char not in _SCRIPT_CHARACTERS) or unicodedata.combining(char) for char in text)


def _finish(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip()
