"""LaTeX → MathML as ziamath draws it well, or what is wrong with it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from itertools import pairwise
from types import MappingProxyType
from typing import Final
from xml.etree import ElementTree as ET

from pixeldigest.markup.mathml import FormulaError, is_number_cell, parse_latex
from pixeldigest.markup.mathpieces import BIG, SIGNS, ink_of, kind_of_leaf
from pixeldigest.markup.mathwalk import script_elements


def drawable_mathml(latex: str, *, display: bool) -> ET.Element:
    """Return the tree of a formula with what ziamath does not know said in what it knows. Raises FormulaError."""
    root = _drawable(parse_latex(latex, display=display), stacked=display)
    root.set("display", "block" if display else "inline")
    if sum(1 for _ in root.iter()) > _MOST_ELEMENTS:
        raise FormulaError("the formula is too long to be drawn", 0)
    if _effort(root) > _MOST_EFFORT:
        raise FormulaError("the formula is nested too deeply to be drawn", 0)
    if not any(map(_has_ink, "".join(root.itertext()))):
        raise FormulaError("there is nothing to draw", 0)
    return root


# ziamath's em is a third too long.
_EM: Final = 0.75
_LENGTH: Final = re.compile(r"(-?[\d.]+)em")
_LENGTHS: Final = frozenset({"width", "lspace", "rspace", "minsize", "maxsize"})
_SPACES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {"rel": ("0.2778em", "0.2778em"), "op": ("0.2222em", "0.2222em"), "comma": ("0em", "0.1667em"),
     "word": ("0.1667em", "0em")}
)  # fmt: skip
_KEPT: Final = frozenset(
    {"displaystyle", "scriptlevel", "mathvariant", "stretchy", "symmetric", "movablelimits", "form", "accent",
     "accentunder", "linethickness", "notation", *_LENGTHS}
)  # fmt: skip
_ROWS: Final = frozenset({"math", "mrow", "mtd", "msqrt", "menclose", "mphantom", "mpadded"})
_SCRIPTED: Final = frozenset({"munder", "mover", "munderover", "msub", "msup", "msubsup"})
_BESIDE: Final[Mapping[str, str]] = MappingProxyType({"munder": "msub", "mover": "msup", "munderover": "msubsup"})
_LONG_BARS: Final = frozenset({"\u0332", "_", "‾", "¯", "\u0305"})
_BAR: Final = "―"  # drawn as a line
_THIN_SPACE: Final = "\u2009"
_CELL_PADDING: Final = 0.4
_PADDING: Final = re.compile(r"padding-left:\s*([\d.]+)em")
_STYLES: Final = {"b": "bold", "i": "italic", "em": "italic", "code": "mono"}
_MOST_ELEMENTS: Final = 2_000
# ziamath lays out the content of every row twice, so that each row within a row doubles the effort.
_MOST_EFFORT: Final = 20_000


def _drawable(node: ET.Element, *, stacked: bool) -> ET.Element:
    """Return a copy of an element for ziamath; `stacked` is what MathML calls its display style."""
    stacked = node.get("displaystyle", str(stacked).lower()) == "true"
    if node.tag == "mtext":
        return _text(node)
    if node.tag == "mmultiscripts":
        return _drawable(_without_multiscripts(node), stacked=stacked)
    if node.tag == "mo" and not any(map(_has_ink, node.text or "")):
        return ET.Element("mspace", width=_scaled(node.get("lspace", "0")))
    children = [child for child in node if not (is_number_cell(child) or "class" in child.attrib)]
    if node.tag == "mrow" and len(children) == 2 and not children[0].attrib and children[0].tag == "mspace":
        return _drawable(children[1], stacked=stacked)  # math-core keeps a name apart from what is before it
    drawn = ET.Element(_tag(node, stacked=stacked), {key: node.attrib[key] for key in _KEPT & node.attrib.keys()})
    drawn.text = _THIN_SPACE.join("".join(filter(_has_ink, word)) for word in (node.text or "").split()) or None
    for n, child in enumerate(children):
        is_small = node.tag == "mfrac" or (node.tag in _SCRIPTED and n > 0)
        drawn.append(_drawable(child, stacked=stacked and not is_small))
        if is_small:
            drawn[-1].attrib.setdefault("displaystyle", "false")
    _adapt(drawn, node)
    return _with_space_after(drawn) if node.tag in _SCRIPTED and ink_of(node[0]) in BIG else drawn


def _tag(node: ET.Element, *, stacked: bool) -> str:
    """Return the element's name; the limits of a sum within a line of text stand beside it."""
    beside = _BESIDE.get(node.tag)
    return beside if beside and not stacked and ink_of(node[0]) in BIG else node.tag


def _with_space_after(drawn: ET.Element) -> ET.Element:
    row = ET.Element("mrow")
    row.extend([drawn, ET.Element("mspace", width=_scaled("0.1667em"))])
    return row


def _adapt(drawn: ET.Element, node: ET.Element) -> None:
    """Say in attributes what ziamath does not know by itself."""
    if drawn.tag in ("mo", "mi") and drawn.text:
        _set_spaces(drawn, node)
    for name in _LENGTHS & drawn.attrib.keys():
        drawn.set(name, _scaled(drawn.attrib[name]))
    if drawn.tag == "mtable":
        drawn.attrib |= {"columnspacing": _column_spacing(node), "rowspacing": "0.3em"}
    if drawn.tag == "mtd":
        _set_cell(drawn, node.get("style", ""))
    if drawn.tag in ("mover", "munder") and drawn[1].text in _LONG_BARS and drawn[1].get("stretchy") == "true":
        drawn[1].text = _BAR
    if drawn.tag in _ROWS and not len(drawn):
        ET.SubElement(drawn, "mspace", width="0")  # without anything in it a row would have no size at all


def _set_spaces(drawn: ET.Element, node: ET.Element) -> None:
    """Space an operator as TeX does; signs, which may stand before a number, and brackets ziamath knows itself."""
    ink = ink_of(node)
    kind = kind_of_leaf(node, ink)
    if kind == "big":
        drawn.attrib |= {"stretchy": "false", "rspace": "0em"}
    if kind in ("big", "word"):
        drawn.set("movablelimits", "false")  # where limits stand is settled by the element that has them
    if ink in ("∂", "∇") or (kind in _SPACES and ink not in SIGNS):
        before, after = _SPACES.get(kind, ("0em", "0em"))
        drawn.attrib.setdefault("lspace", before)
        drawn.attrib.setdefault("rspace", after)


def _scaled(length: str) -> str:
    return _LENGTH.sub(lambda found: f"{float(found[1]) * _EM:.4f}em", length)


def _has_ink(char: str) -> bool:
    return unicodedata.category(char) != "Cf" and not "\ufe00" <= char <= "\ufe0f" and not char.isspace()


def _text(node: ET.Element) -> ET.Element:
    """Flatten the styles within a text: math-core gives each its own `<mtext>`."""
    text = re.sub(r"\s", " ", "".join(node.itertext()))
    if not text:
        return ET.Element("mspace", width="0")
    drawn = ET.Element(
        "mtext", mathvariant=next((_STYLES[child.tag] for child in node if child.tag in _STYLES), "normal")
    )
    drawn.text = text
    return drawn


def _without_multiscripts(node: ET.Element) -> ET.Element:
    after, before = script_elements(node)
    row = ET.Element("mrow")
    for base, (sub, sup) in ((ET.Element("mrow"), before), (node[0], after)):
        scripts = [script if script is not None else ET.Element("mrow") for script in (sub, sup)]
        ET.SubElement(row, "msubsup").extend([base, *scripts])
    return row


def _column_spacing(table: ET.Element) -> str:
    """Return the spaces between columns, which MathML has as padding in the cells on both sides."""
    styles = [cell.get("style", "") for cell in max(table, key=len) if not is_number_cell(cell)]
    gaps = (("padding-right" not in a) + ("padding-left" not in b) for a, b in pairwise(styles))
    return " ".join(_scaled(f"{gap * _CELL_PADDING}em") for gap in gaps) or "0em"


def _set_cell(cell: ET.Element, style: str) -> None:
    """Align and pad a cell of a table, which math-core does by CSS."""
    cell.set("columnalign", next((side for side in ("left", "right") if f"text-align: {side}" in style), "center"))
    if padding := _PADDING.search(style):
        cell.insert(0, ET.Element("mspace", width=_scaled(f"{padding[1]}em")))


def _effort(node: ET.Element) -> int:
    within = sum(_effort(child) for child in node)
    is_row = node.tag in _ROWS and (len(node) > 1 or node.tag not in ("msqrt", "menclose"))
    return 1 + (2 * within if is_row else within)
