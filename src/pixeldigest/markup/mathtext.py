"""The tree of MathML → text that reads as one would write the formula in an e-mail."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from enum import IntEnum
from itertools import pairwise
from types import MappingProxyType
from typing import Final, Literal, NamedTuple
from xml.etree import ElementTree as ET

from pixeldigest.markup.mathml import is_number_cell, parse_latex


def latex_to_text(latex: str, *, display: bool = False) -> str:
    """Return the formula as one line of Unicode text, or with `display` one line for each row of an alignment.

    Raises FormulaError.
    """
    root = parse_latex(latex, display=display)
    while len(root) == 1 and (root.tag in ("math", "mrow") or root.get("notation") == "box"):
        root = root[0]
    if not (root.tag == "mtable" and root.get("displaystyle") == "true"):
        return _finish(_run(_pieces(root)).text)
    lines = [_finish(_aligned_row(row)) for row in root]
    return ("\n" if display else "; ").join(line for line in lines if line)


_Kind = Literal[
    "letter", "number", "word", "name", "big", "open", "close", "bar", "op", "sign", "rel", "comma", "postfix", "tight",
    "dots", "text", "root", "fraction", "group", "cases", "space", "gap",
]  # fmt: skip
_WORDS: Final = frozenset({"word", "name"})  # `\log` and `\text{log}`
_OPERAND: Final = _WORDS | frozenset({"letter", "number", "root", "fraction", "group"})
_VALUE_ENDS: Final = _OPERAND | {"close", "postfix", "dots", "cases"}
_SIMPLE: Final = _WORDS | frozenset({"letter", "number"})
_CLAUSE_STARTS: Final = (_OPERAND - {"name"}) | {"big", "bar"}
_LOOSE: Final = frozenset({"op", "sign", "rel", "comma", "big", "dots", "text", "gap", "cases"})


class _Piece(NamedTuple):
    """A stretch of text that stays together."""

    kind: _Kind
    text: str
    sub: bool = False
    sup: bool = False
    bare: bool = False  # ends in `_θ` or `^θ`, so that a letter after it would be read as part of the script


class _Strength(IntEnum):
    """How tightly a run holds together, which decides where it needs parentheses."""

    SUM = 0
    QUOTIENT = 1
    PRODUCT = 2
    TIGHT = 3
    ATOM = 4


class _Run(NamedTuple):
    text: str
    strength: _Strength


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
_DIFFERENTIAL: Final = re.compile(rf"[∂d][^\W\d_][{''.join(_SCRIPT_CHARACTERS - {'⁻', '₋'})}\u0300-\u036f⁻₋]*(?:_\w+)?")
_RAISED_ALREADY: Final[Mapping[str, str]] = MappingProxyType({"*": "*", "†": "†", "‡": "‡", "∘": "°", "⋆": "⋆"})
_ACCENTS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {char: (combining, name) for chars, combining, name in (
        ("ˆ^\u0302", "\u0302", "hat"), ("¯‾\u0304\u0305\u0332", "\u0304", "bar"), ("˜~\u0303", "\u0303", "tilde"),
        ("⃗→", "\u20d7", "vec"), ("˙", "\u0307", "dot"), ("¨", "\u0308", "ddot"), ("\u20db", "\u20db", "dddot"),
        ("ˇ\u030c", "\u030c", "check"), ("˘", "\u0306", "breve"), ("´", "\u0301", "acute"), ("`", "\u0300", "grave"),
        ("˚", "\u030a", "ring"),
    ) for char in chars}
)  # fmt: skip
_BAR_FORMS: Final[Mapping[str, _Kind]] = MappingProxyType({"prefix": "open", "postfix": "close"})
_CATEGORIES: Final[Mapping[str, _Kind]] = MappingProxyType(
    {"Ps": "open", "Pe": "close", "Lu": "letter", "Ll": "letter", "Lo": "letter", "Lm": "letter"}
)
_DOTS: Final[Mapping[str, str]] = MappingProxyType({".": "…", "·": "⋯"})
_BRACES: Final = frozenset("⏞⏟⎴⎵⏠⏡⏜⏝")
_RENAMED: Final[Mapping[str, str]] = MappingProxyType({"⋅": "·", "∗": "*", "∣": "|", "∥": "‖", "∕": "/", "-": "−"})
_SIGNS: Final = frozenset("+−±∓")
_BIG: Final = frozenset("∑∏∐∫∬∭⨌∮∯∰⋃⋂⋁⋀⨁⨂⨀⨄⨆")
_LIMITS: Final = frozenset({"lim", "max", "min", "sup", "inf", "argmax", "argmin", "arg max", "arg min"})
_KINDS: Final[Mapping[str, _Kind]] = MappingProxyType(
    dict[str, _Kind]()
    | dict.fromkeys(_SIGNS | frozenset("×·*÷∘∙∪∩∧∨⊕⊖⊗⊘⊙⊎⊔⊓∖⋆⋄⋉⋊†‡⊞⊠•"), "op")
    | dict.fromkeys(_BIG, "big")
    | dict.fromkeys("|‖", "bar")
    | dict.fromkeys(",;", "comma")
    | dict.fromkeys("!%°′″‴.", "postfix")
    | dict.fromkeys("/", "tight")
    | dict.fromkeys("…⋯⋮⋱", "dots")
    | dict.fromkeys("∀∃∄∂∇∅∞¬∠∎□△⊤⊥#$&_?√∆ℵℏ", "letter")
    | dict.fromkeys(":", "rel")
)


def _pieces(node: ET.Element, *, compact: bool = False) -> list[_Piece]:
    """Return the pieces of an element; `compact` is for scripts, which have no spaces around operators."""
    match node.tag:
        case "mi" | "mn" | "mo":
            return _leaf(node)
        case "mtext":
            return _text(node)
        case "mspace":
            return _space(node)
        case "mphantom":
            return []
        case "mtable":
            return _table(node)
        case "mfrac":
            return _fraction(node, compact=compact)
        case "msqrt" | "mroot":
            return _root(node, compact=compact)
        case "msub" | "msup" | "msubsup" | "munder" | "mover" | "munderover":
            return _with_scripts(node, compact=compact)
        case "mmultiscripts":
            return _multiscripts(node, compact=compact)
        case "menclose":
            return _enclosed(node, compact=compact)
        case _:
            return _row(node, compact=compact)


def _row(node: ET.Element, *, compact: bool = False) -> list[_Piece]:
    pieces: list[_Piece] = []
    children = list(node)
    for n, child in enumerate(children):
        before = _visible(children[n - 1].text) if n else ""
        after = _visible(children[n + 1].text) if n + 1 < len(children) else ""
        if child.tag == "mtable" and before == "{" and not after:
            pieces[-1:] = [_Piece("cases", "{ " + "; ".join(_case(row) for row in child))]
        elif child.tag == "mtable" and before and after:
            pieces.append(_Piece("group", _matrix(child)))
        else:
            pieces += _pieces(child, compact=compact)
    return pieces


def _enclosed(node: ET.Element, *, compact: bool) -> list[_Piece]:
    pieces = _row(node, compact=compact)
    if "strike" in node.get("notation", ""):
        return _called("cancel", pieces)
    return [_Piece("open", "["), *pieces, _Piece("close", "]")] if len(pieces) > 1 else pieces


def _visible(text: str | None) -> str:
    """Drop what has no ink and turn styled letters into plain ones, but for blackboard, script and fraktur."""
    return "".join(
        unicodedata.normalize("NFKC", char)
        if "\U0001d400" <= char <= "\U0001d7ff"
        and not any(style in unicodedata.name(char, "") for style in ("DOUBLE-STRUCK", "SCRIPT", "FRAKTUR"))
        else _RENAMED.get(char, char)
        for char in text or ""
        if unicodedata.category(char) != "Cf" and not "\ufe00" <= char <= "\ufe0f"
    )


def _leaf(node: ET.Element) -> list[_Piece]:
    text = " ".join(_visible(node.text).split())
    return [_Piece(_leaf_kind(node, text), text)] if text else []


def _leaf_kind(node: ET.Element, text: str) -> _Kind:
    if text in "|‖":
        is_middle = node.get("stretchy") == "true" and not {"form", "minsize"} & node.attrib.keys()
        if node.text in ("∣", "∥") or is_middle:
            return "rel"
        return _BAR_FORMS.get(node.get("form", ""), "bar")
    if text == "," and node.get("rspace") == "0":
        return "tight"
    if text == ":" and node.tag == "mi":
        return "comma"
    return _KINDS.get(text) or _kind(text, is_operator=node.tag == "mo")


def _kind(text: str, *, is_operator: bool) -> _Kind:
    if text.replace(".", "").replace(",", "").isdecimal():
        return "number"
    if len(text) > 1 and (not is_operator or text.isalpha()):  # math-core also writes <mo>cos</mo>
        return "word"
    return _CATEGORIES.get(unicodedata.category(text[0]), "rel" if is_operator else "letter")


def _text(node: ET.Element) -> list[_Piece]:
    text = re.sub(r"\s+", " ", "".join(node.itertext()))
    if not text.strip():
        return [_Piece("space", " ")]
    return [_Piece("name" if text.isalnum() else "text", text)]


def _space(node: ET.Element) -> list[_Piece]:
    width = re.match(r"[\d.]+", node.get("width", ""))
    if width is None or float(width[0]) == 0:
        return []
    return [_Piece("gap" if float(width[0]) >= 1 else "space", " ")]


def _fraction(node: ET.Element, *, compact: bool) -> list[_Piece]:
    top, bottom = (_run(_pieces(child, compact=compact), compact=compact) for child in node)
    if node.get("linethickness") == "0":
        return [_Piece("text", f"{top.text} choose {bottom.text}")]
    derivative = re.match("[∂d]", top.text) and _DIFFERENTIAL.fullmatch(bottom.text) and top.text[0] == bottom.text[0]
    over = _parenthesised(top, _Strength.PRODUCT)
    under = bottom.text if derivative else _parenthesised(bottom, _Strength.TIGHT)
    return [_Piece("fraction", f"{over}/{under}")]


def _parenthesised(run: _Run, at_least: _Strength) -> str:
    return run.text if run.strength >= at_least else f"({run.text})"


def _root(node: ET.Element, *, compact: bool) -> list[_Piece]:
    content = _row(node, compact=compact) if node.tag == "msqrt" else _pieces(node[0], compact=compact)
    run = _run(content, compact=compact)
    simple = len(content) == 1 and content[0].kind in _SIMPLE and not content[0].sup
    under = run.text if simple or _is_group(content) else f"({run.text})"
    index = "2" if node.tag == "msqrt" else _run(_pieces(node[1], compact=True), compact=True).text
    if sign := {"2": "√", "3": "∛", "4": "∜"}.get(index):
        return [_Piece("root", sign + under)]
    if index and all(char in _SUPERSCRIPT for char in index):
        return [_Piece("root", "".join(_SUPERSCRIPT[char] for char in index) + "√" + under)]
    return [_Piece("root", f"root_({index})({run.text})")]


def _with_scripts(node: ET.Element, *, compact: bool) -> list[_Piece]:
    base, sub, sup = node[0], None, None
    if node.tag in ("msup", "mover"):
        sup = node[1]
    else:
        sub, sup = node[1], node[2] if len(node) > 2 else None
    if node[1].tag == "mspace":  # the minimal length of an arrow
        return _pieces(base, compact=compact)
    if node.get("accent") == "true" or node.get("accentunder") == "true":
        return _accented(node, compact=compact)
    pieces = _pieces(base, compact=compact)
    if base.tag in ("munder", "mover") and _ink(base[1]) in _BRACES:
        labelled = _parenthesised(_run(pieces, compact=compact), _Strength.TIGHT)
        return [_Piece("group", f"{labelled} “{_run(_pieces(node[1])).text}”")]
    limits = node.tag.startswith(("munder", "mover"))
    return _attached(pieces, _script(sub, "_", _SUBSCRIPT), _script(sup, "^", _SUPERSCRIPT), limits=limits)


def _accented(node: ET.Element, *, compact: bool) -> list[_Piece]:
    base, mark = node[0], _ink(node[1])
    if mark in _BRACES:
        return _pieces(base, compact=compact)
    combining, name = ("\u0332", "underline") if node.tag == "munder" else _ACCENTS.get(mark, ("", "accent"))
    scripts = ""
    if base.tag == "msub":  # ŷᵢ for both `\hat{y_i}` and `\hat{y}_i`
        base, scripts = base[0], _script(base[1], "_", _SUBSCRIPT)
    pieces = _pieces(base, compact=compact)
    if combining and len(pieces) == 1 and _is_one_character(pieces[0].text):
        pieces = [_Piece("letter", unicodedata.normalize("NFC", pieces[0].text + combining))]
        return _attached(pieces, scripts, "", limits=False) if scripts else pieces
    return _called(name, _attached(pieces, scripts, "", limits=False) if scripts else pieces)


def _ink(node: ET.Element) -> str:
    return _visible("".join(node.itertext()))


def _is_one_character(text: str) -> bool:
    return sum(not unicodedata.combining(char) for char in text) == 1


def _called(name: str, pieces: Sequence[_Piece]) -> list[_Piece]:
    return [_Piece("word", name), _Piece("open", "("), *pieces, _Piece("close", ")")]


def _script(node: ET.Element | None, mark: str, table: Mapping[str, str]) -> str:
    """Return a script in Unicode where every character has one, else after `_` or `^`."""
    if node is None:
        return ""
    pieces = _pieces(node, compact=True)
    text = _run(pieces, compact=True).text
    if mark == "^" and text in _RAISED_ALREADY:
        return _RAISED_ALREADY[text]
    if all(char in table for char in text):
        return "".join(table[char] for char in text)
    single = len(pieces) == 1
    if len(text) == 1 or (single and pieces[0].kind == "number") or (_is_name(text) and (single or mark == "_")):
        return mark + text
    if _is_group(pieces) and (mark == "_" or text[:1] in "[{" or _is_name(text[1:-1])):
        return mark + text  # but x^((α+1)), an index, is not x^(α+1), a power
    return f"{mark}({text})"


def _is_name(text: str) -> bool:
    return all((char.isalnum() and char not in _SCRIPT_CHARACTERS) or unicodedata.combining(char) for char in text)


def _attached(pieces: list[_Piece], sub: str, sup: str, *, limits: bool) -> list[_Piece]:
    pieces = pieces or [_Piece("letter", "")]
    last = pieces[-1]
    alone = len(pieces) == 1 or _is_group(pieces) or (last.kind == "bar" and not _is_group(pieces))
    clash = (sub and last.sub) or (sup and last.sup) or (sub and last.sup) or (sup and last.bare)
    if not alone or clash or last.kind in ("root", "fraction", "text", "cases"):
        pieces = [_Piece("open", "("), *pieces, _Piece("close", ")")]
        last = pieces[-1]
    # `π²_θ` instead of `π_θ²`, which could mean π with the subscript θ².
    swapped = bool(sup) and sub.startswith("_") and not sub.endswith((")", "]", "}")) and not sup.startswith("^")
    text = last.text + (sup + sub if swapped else sub + sup)
    ending = sub if swapped or not sup else sup
    bare = ending[:1] in ("_", "^", "*") and not ending.endswith((")", "]", "}"))
    kind: _Kind = "big" if last.kind in _WORDS and (limits or last.text in _LIMITS) else last.kind
    if kind == "op" and not limits:
        kind = "letter"
    return [*pieces[:-1], _Piece(kind, text, sub=bool(sub) or last.sub, sup=bool(sup) or last.sup, bare=bare)]


def _multiscripts(node: ET.Element, *, compact: bool) -> list[_Piece]:
    scripts = list(node)[1:]
    split = next((n for n, child in enumerate(scripts) if child.tag == "mprescripts"), len(scripts))
    after, before = scripts[:split], scripts[split + 1 :]
    pieces = _pieces(node[0], compact=compact)
    if after:
        sub, sup = _script(after[0], "_", _SUBSCRIPT), _script(after[1], "^", _SUPERSCRIPT)
        pieces = _attached(pieces, sub, sup, limits=False)
    if before:
        sub, sup = _script(before[0], "_", _SUBSCRIPT), _script(before[1], "^", _SUPERSCRIPT)
        pieces = [_Piece("letter", sub + sup, sub=True, bare=not sup), *pieces]
    return pieces


def _table(table: ET.Element) -> list[_Piece]:
    if table.get("scriptlevel") == "1":  # \substack
        rows = [[_Piece("comma", ","), *_pieces(row, compact=True)] for row in table]
        return [piece for row in rows for piece in row][1:]
    if table.get("displaystyle") == "true":
        return [_Piece("cases", "; ".join(_aligned_row(row) for row in table))]
    return [_Piece("group", f"[{_matrix(table)}]")]


def _cells(row: ET.Element) -> list[list[_Piece]]:
    return [_row(cell) for cell in row if not is_number_cell(cell)]


def _aligned_row(row: ET.Element) -> str:
    cells = _cells(row)
    pieces: list[_Piece] = []
    for column, cell in enumerate(cells):
        if column and column % 2 == 0 and cell and pieces:
            pieces.append(_Piece("gap", " "))
        pieces += cell
    return _run(pieces, continued=len(cells) > 1 and not cells[0]).text


def _matrix(table: ET.Element) -> str:
    rows = [[_run(cell).text for cell in _cells(row)] for row in table]
    plain = all(" " not in text and text[:1] not in _SIGNS for row in rows for text in row)
    return "; ".join((" " if plain else ", ").join(row) for row in rows)


def _case(row: ET.Element) -> str:
    if "text-align: right" in row[0].get("style", ""):  # not `cases` but `aligned` after a brace
        return _aligned_row(row)
    value, *conditions = (_run(cell).text.strip().rstrip(",") for cell in _cells(row))
    condition = " ".join(filter(None, conditions))
    if not condition:
        return value
    first = next((leaf for leaf in row[1].iter() if _visible(leaf.text).strip()), None)
    return f"{value} {condition}" if first is not None and first.tag == "mtext" else f"{value} if {condition}"


def _run(pieces: Sequence[_Piece], *, compact: bool = False, continued: bool = False) -> _Run:
    settled = _settle_fractions(_settle_signs(_settle_bars(_settle_spaces(pieces)), continued=continued))
    parts: list[str] = []
    before: _Piece | None = None
    spaced = False
    for piece in settled:
        if piece.kind == "space":
            spaced = True
            continue
        if before is not None and _has_space_between(before, piece, compact=compact, spaced=spaced):
            parts.append(" ")
        ending = " }" if piece.kind == "cases" and piece.text.startswith("{") and piece is not settled[-1] else ""
        parts.append(piece.text + ending)
        before, spaced = piece, False
    return _Run(re.sub(" {2,}", " ", "".join(parts)).strip(), _strength(settled))


def _settle_spaces(pieces: Sequence[_Piece]) -> list[_Piece]:
    """Turn three full stops into an ellipsis and a wide gap between two values into a comma."""
    settled: list[_Piece] = []
    for n, piece in enumerate(pieces):
        after = next((other.kind for other in pieces[n + 1 :] if other.kind not in ("space", "gap")), "close")
        if piece.kind == "gap" and settled and settled[-1].kind in _VALUE_ENDS - {"name"} and after in _CLAUSE_STARTS:
            settled.append(_Piece("comma", ","))
        elif piece.kind == "gap":
            settled.append(_Piece("text", " "))
        elif piece.text[:1] in _DOTS and [other.text for other in settled[-2:]] == [piece.text[:1]] * 2:
            settled[-2:] = [piece._replace(kind="dots", text=_DOTS[piece.text[:1]] + piece.text[1:])]
        else:
            settled.append(piece)
    return settled


def _settle_bars(pieces: Sequence[_Piece]) -> list[_Piece]:
    """Decide for every `|` and `‖` whether it opens, closes, separates, or ends an evaluation `f|ₓ₌₀`."""
    settled: list[_Piece] = []
    waiting: list[list[str]] = [[]]
    for n, piece in enumerate(pieces):
        before = next((other.kind for other in reversed(settled) if other.kind != "space"), "open")
        kind = piece.kind
        if kind == "open":
            waiting.append([])
        elif kind == "close" and len(waiting) > 1:
            waiting.pop()
        elif kind == "bar" and waiting[-1][-1:] == [piece.text[:1]]:
            waiting[-1].pop()
            kind = "close"
        elif kind == "bar" and (before not in _VALUE_ENDS or _bar_follows(piece, pieces[n + 1 :])):
            waiting[-1].append(piece.text[:1])
            kind = "open"
        elif kind == "bar":
            follows = next((other.kind for other in pieces[n + 1 :] if other.kind != "space"), "comma") != "comma"
            kind = "rel" if follows and not (piece.sub or piece.sup) else "postfix"
        settled.append(piece._replace(kind=kind))
    return settled


def _bar_follows(bar: _Piece, pieces: Sequence[_Piece]) -> bool:
    depth = 0
    for piece in pieces:
        depth += (piece.kind == "open") - (piece.kind == "close")
        if depth < 0:
            return False
        if depth == 0 and piece.kind == "bar" and piece.text[:1] == bar.text[:1]:
            return True
    return False


def _settle_signs(pieces: Sequence[_Piece], *, continued: bool) -> list[_Piece]:
    """Tell the minus of `−x` from that of `a − x`; a continued row begins with the latter."""
    settled: list[_Piece] = []
    before: str = "number" if continued else "open"
    for piece in pieces:
        is_sign = piece.kind == "op" and piece.text in _SIGNS and before not in _VALUE_ENDS
        settled.append(piece._replace(kind="sign") if is_sign else piece)
        if piece.text.strip():
            before = settled[-1].kind
    return settled


def _settle_fractions(pieces: Sequence[_Piece]) -> list[_Piece]:
    """Parenthesise the fractions that have a factor beside them."""
    inked = [piece for piece in pieces if piece.kind != "space"]
    settled: list[_Piece] = []
    position = 0
    for piece in pieces:
        if piece.kind == "fraction":
            before = inked[position - 1].kind if position else "open"
            after = inked[position + 1].kind if position + 1 < len(inked) else "close"
            if before in _VALUE_ENDS | {"tight"} or after in _OPERAND | {"open", "tight", "postfix", "dots"}:
                settled.append(_Piece("group", f"({piece.text})"))
                position += 1
                continue
        position += piece.kind != "space"
        settled.append(piece)
    return settled


def _has_space_between(a: _Piece, b: _Piece, *, compact: bool, spaced: bool) -> bool:
    kinds = {a.kind, b.kind}
    if a.kind in ("open", "sign", "tight") or b.kind in ("close", "comma", "postfix", "tight"):
        return False
    if a.kind == "comma" or kinds & {"op", "rel"}:
        return not compact
    if kinds & {"text", "dots", "cases", "big"}:
        return b.kind != "text" or b.text[:1].isalnum() or b.text[:1] in "(“"
    if b.kind == "open" or b.text[:1] in ("(", "["):
        bar_after_factor = b.text[:1] in "|‖" and (a.kind == "group" or a.text[:1] in "|‖")
        return bar_after_factor or a.kind == "root" or (b.kind == "group" and a.kind not in _WORDS)
    return spaced or _needs_space(a, b, compact=compact)


def _needs_space(a: _Piece, b: _Piece, *, compact: bool) -> bool:
    """Tell whether two factors side by side could be read as one name or one number."""
    if a.bare or a.kind == "root" or _WORDS & {a.kind, b.kind} or b.text[:1] in _SCRIPT_CHARACTERS:
        return True
    if compact:
        return a.kind in ("close", "group") and not a.sup
    if b.kind == "number":
        return a.kind != "postfix"
    capitals = (a.text + b.text).isascii() and a.text.isupper() and b.text.isupper()
    return capitals or a.sub or (a.kind in ("close", "group") and not a.sup)


def _strength(pieces: Sequence[_Piece]) -> _Strength:
    items: list[_Piece] = []
    depth = 0
    for piece in pieces:
        depth -= piece.kind == "close"
        if depth <= 0 and piece.kind not in ("space", "open"):
            items.append(piece._replace(kind="group") if piece.kind == "close" else piece)
        depth += piece.kind == "open"
    kinds = [item.kind for item in items]
    applied = any(a == "word" and b != "group" for a, b in pairwise(kinds))
    if _LOOSE & set(kinds) or applied:
        return _Strength.SUM
    if "fraction" in kinds or "tight" in kinds:
        return _Strength.QUOTIENT
    if len(items) == 1:
        plain = kinds[0] != "root" and not (items[0].sub or items[0].sup)
        return _Strength.ATOM if plain else _Strength.TIGHT
    is_call = len(items) == 2 and kinds[0] in _SIMPLE and kinds[1] == "group"
    return _Strength.TIGHT if is_call else _Strength.PRODUCT


def _is_group(pieces: Sequence[_Piece]) -> bool:
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


def _finish(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip()
