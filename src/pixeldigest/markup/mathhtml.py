"""LaTeX → a line of HTML for mails and feeds, which know letters, `<sub>` and `<sup>` but no MathML."""

from __future__ import annotations

import unicodedata
from html import escape
from itertools import takewhile
from typing import Final, NamedTuple
from xml.etree import ElementTree as ET

from pixeldigest.markup.mathline import needs_space_anywhere, write_run
from pixeldigest.markup.mathml import parse_latex
from pixeldigest.markup.mathpieces import (
    ACCENTS,
    BIG,
    Piece,
    Script,
    ink_of,
    is_one_character,
    visible,
)
from pixeldigest.markup.mathwalk import is_accented, pieces_of


def latex_to_inline_html(latex: str, *, display: bool = False) -> str | None:
    """Return the formula as `<i>`, `<b>`, `<sub>`, `<sup>` and text, or None where only a picture says it well.

    Long formulas can be broken after their relations. Raises FormulaError.
    """
    root = parse_latex(latex, display=display)
    if not _fits_a_line(root, display=display):
        return None
    notation = _Html(breakable=len(ink_of(root)) > _LONG)
    html = unicodedata.normalize("NFC", write_run(pieces_of(root, notation), notation).text)
    for name in ("i", "b"):
        html = html.replace(f"</{name}><{name}>", "")
    return html if notation.breakable else html.replace(" ", _NO_BREAK)


_NO_BREAK: Final = "\u00a0"
_LONG: Final = 30  # from here on a formula may be broken
_MOST_SCRIPTS: Final = 2  # one within the other
_LONGEST_ROOT: Final = 16
_LONGEST_FRACTION: Final = 20
_LONGEST_SMALL_FRACTION: Final = 6  # within a script
_SCRIPTS: Final = frozenset({"msub", "msup", "msubsup"})
_LIMITS: Final = frozenset({"munder", "mover", "munderover"})
_ROWS: Final = frozenset({"math", "mrow", "mpadded"})
_LEAVES: Final = frozenset({"mi", "mn", "mo", "mtext", "mspace"})
_STACKED: Final = frozenset({"mfrac", "msqrt", "mroot"}) | _LIMITS
# Fonts draw these raised already.
_RAISED_ALREADY: Final = frozenset("′″‴⁗*†‡⋆∘")


def _fits_a_line(node: ET.Element, *, display: bool, depth: int = 0) -> bool:
    """Tell whether a line of letters says an element as well as its picture would.

    Within a line of text that is so for short fractions and roots and for sums with their limits beside them; a formula
    on a line of its own has the room to stack them.
    """
    if node.tag in _LEAVES:
        return not (display and ink_of(node) in BIG)
    if node.tag in _STACKED and not is_accented(node) and (display or not _is_short(node, depth)):
        return False
    if is_accented(node):
        return _has_one_letter(node) and _fits_a_line(node[0], display=display, depth=depth)
    if node.tag in _SCRIPTS | _LIMITS:
        base, *scripts = node
        return (
            depth < _MOST_SCRIPTS
            and _fits_a_line(base, display=display, depth=depth)
            and all(_fits_a_line(script, display=display, depth=depth + 1) for script in scripts)
        )
    return node.tag in _ROWS | _STACKED and all(_fits_a_line(child, display=display, depth=depth) for child in node)


def _is_short(node: ET.Element, depth: int) -> bool:
    """Tell whether a fraction, a root or limits can be told on one line at all."""
    inner = {child.tag for child in node.iter() if child is not node}
    length = len(ink_of(node))
    match node.tag:
        case "mfrac":
            longest = _LONGEST_SMALL_FRACTION if depth else _LONGEST_FRACTION
            return node.get("linethickness") != "0" and length <= longest and not inner & (_LIMITS | {"mfrac", "mroot"})
        case "msqrt" | "mroot":
            return length <= _LONGEST_ROOT and not inner & {"mfrac", "msqrt", "mroot"}
        case _:
            base = ink_of(node[0])
            return base in BIG or base.isalpha()


def _has_one_letter(node: ET.Element) -> bool:
    """Tell whether an accent stands over one letter, so that a combining character can be it."""
    base = node[0][0] if node[0].tag == "msub" else node[0]
    mark = ink_of(node[1])
    return (mark in ACCENTS or node.tag == "munder") and is_one_character(ink_of(base)) and base.tag not in _STACKED


class _Html(NamedTuple):
    """The notation of mails: variables slanted, scripts as elements, factors side by side."""

    breakable: bool = False
    compact: bool = False

    def in_script(self) -> _Html:
        return self._replace(compact=True)

    def leaf(self, ink: str, node: ET.Element) -> str:
        text = escape(ink, quote=False)
        bold, slanted = _style_of(node)
        text = f"<i>{text}</i>" if slanted else text
        return f"<b>{text}</b>" if bold else text

    def space(self, after: Piece) -> str:
        is_bar = after.ink in ("|", "‖", ":")
        return " " if self.breakable and after.kind == "rel" and not is_bar else _NO_BREAK

    def root(self, index: Script | None, content: str) -> str:
        return f"<sup>{index.text if index else ''}</sup>√{content}"

    def with_scripts(self, base: Piece, sub: Script | None, sup: Script | None) -> Piece:
        above = sup.text if sup else ""
        raised = "".join(takewhile(_RAISED_ALREADY.__contains__, above))
        scripts = (("sub", sub.text if sub else ""), ("sup", above[len(raised) :]))
        elements = "".join(f"<{name}>{text}</{name}>" for name, text in scripts if text)
        return base._replace(text=base.text + raised.replace("∘", "°") + elements)

    def needs_space(self, a: Piece, b: Piece) -> bool:
        if b.kind == "group":
            return False
        return needs_space_anywhere(a, b) or (a.kind == b.kind == "number")


def _style_of(node: ET.Element) -> tuple[bool, bool]:
    """Tell whether a leaf is bold and whether it is slanted, as a single letter is by itself."""
    text = "".join(char for char in node.text or "" if visible(char).strip())
    name = unicodedata.name(text[0], "") if text else ""
    if name.startswith("MATHEMATICAL ") and visible(text) != text:
        words = name.split()
        return "BOLD" in words, "ITALIC" in words
    is_variable = node.tag == "mi" and len(text) == 1 and node.get("mathvariant") != "normal"
    return False, is_variable and name.startswith(("LATIN", "GREEK"))
