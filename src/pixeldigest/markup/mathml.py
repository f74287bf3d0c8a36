"""LaTeX → MathML, or what is wrong with it and where."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Mapping
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Final, NamedTuple
from xml.etree import ElementTree as ET

from math_core import LatexError, LatexToMathML


class FormulaError(ValueError):
    """Tell what is wrong with a formula and where: `offset` counts characters of its LaTeX."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.message: Final = message
        self.offset: Final = offset


# The entry's own page shows the formulas of the issue's.
@lru_cache(maxsize=1024)
def latex_to_mathml(latex: str, *, display: bool) -> str:
    """Return a `<math>` element, well-formed XML without a namespace, for a web page.

    Nothing but known elements and attributes comes out. Raises FormulaError.
    """
    return _write(parse_latex(latex, display=display))


_MAX_LENGTH = 10_000
_MAX_NESTING = 50
_MAX_DEPTH = 100
# math-core tries again from every bracket that is never closed, so each one doubles its time and memory.
_MAX_OPEN_BRACKETS = 10

_NO_DEFINITIONS = "a formula cannot define commands"
_NO_COLOURS = "the theme chooses the colours"
_NO_NUMBERS = "formulas have no numbers"
_REFUSED: Final[Mapping[str, str]] = MappingProxyType(
    dict.fromkeys(("def", "gdef", "newcommand", "renewcommand", "providecommand", "let", "global"), _NO_DEFINITIONS)
    | dict.fromkeys(("DeclareMathOperator", "DeclarePairedDelimiter"), _NO_DEFINITIONS)
    | dict.fromkeys(("color", "textcolor", "colorbox", "fcolorbox"), _NO_COLOURS)
    | dict.fromkeys(("label", "ref", "eqref", "tag"), _NO_NUMBERS)
    | dict.fromkeys(("phase", "angl", "angln"), "it has no form on a web page")
)
_WAY_OUT: Final[Mapping[str, str]] = MappingProxyType(
    {"split": ": write 'aligned'", "smallmatrix": ": write 'matrix'", "eqnarray": ": write 'aligned'"}
)
_OPEN_BRACE: Final = "a '{' is never closed"
_MESSAGES: Final[tuple[tuple[str, str], ...]] = (
    (r'Unknown command "(.*)"\.', r"'\1' is not a known command"),
    (r'Unknown environment "(.*)"\.', r"'\1' is not a known environment"),
    (r'Expected closing token "}", but .*', _OPEN_BRACE),
    (r'Expected closing token "\]", but .*', "a '[' is never closed"),
    (r'Expected closing token "\\right", but .*', r"a '\\left' has no '\\right'"),
    (r'Expected closing token "\\end.*', r"a '\\begin{…}' has no '\\end{…}'"),
    (r'Expected "\\end\{(.*)\}", but found "(.*)"\.', r"'\\begin{\1}' is closed by '\2'"),
    (r'Unmatched closing token: "(.*)"\.', r"'\1' closes nothing"),
    (r"Expected argument but .*", "something is missing here: an argument, or what '^' or '_' shall raise or lower"),
    (r"Duplicate subscript or superscript\.", "a second '^' or '_' on the same base: group with '{…}'"),
    (r"'\^' or '_' directly followed by .*", "'^' or '_' is followed by another one: group with '{…}'"),
    (r'There must be a parenthesis after "(.*?)[,"].*', r"'\1' needs a bracket after it, or '.' for none"),
    (r'Found "&", which .*', "'&' may only stand in 'aligned', 'cases' or a matrix"),
    (r'Found "(.*)", which may only appear (.*)\.', r"'\1' may only stand \2"),
    (r"Not valid in text mode\.", r"this cannot stand in '\\text{…}'"),
    (r"Not valid in math mode\.", r"this may only stand in '\\text{…}'"),
    (r"Math mode within text mode .*", r"'$' cannot stand in '\\text{…}': end the text before the formula"),
    (r'Unexpected "\$"\.', "a '$' stands inside the formula"),
    (r"(?:Expected parameter number|Invalid parameter|Macro parameter).*", r"'#' stands alone: write '\\#'"),
)

_OPENING: Final = re.compile(
    r"[(\[⌈⌊⌜⌞⎰❲⟅⟦⟨⟪⟬⟮⦃⦅⦇⦉⦋⦍⦏⦑⦓⦕⦗⧘⧚⧼]|\\\{"
    r"|\\l(?:[bB]race|brack|l?bracket|l?paren|lparenthesis|l?angle|ang|Angle|[vV]ert|floor|ceil|group|moustache|lcorner)"
    r"|\\ulcorner"
)
_CLOSING: Final = re.compile(
    r"[)\]⌉⌋⌝⌟⎱❳⟆⟧⟩⟫⟭⟯⦄⦆⦈⦊⦌⦎⦐⦒⦔⦖⦘⧙⧛⧽]|\\\}"
    r"|\\r(?:[bB]race|brack|r?bracket|r?paren|rparenthesis|r?angle|ang|Angle|[vV]ert|floor|ceil|group|moustache)"
    r"|\\(?:urcorner|lrcorner)"
)
_TOKEN: Final = re.compile(
    r"""%[^\n]*
    |(?P<push>\\begin\s*\{[^{}]*\}|\\left(?![a-zA-Z])\s*(?:\\[a-zA-Z]+|\\?.)|\\(?:sqrt|x[a-z]+(?:arrow|harpoon)[a-z]*)\s*\[|\{)
    |(?P<pop>\\end\s*\{[^{}]*\}|\\right(?![a-zA-Z])\s*(?:\\[a-zA-Z]+|\\?.)|\})
    |\\(?:middle|[bB]igg?[lrm]?)(?![a-zA-Z])\s*(?:\\[a-zA-Z]+|\\?.)
    # A bracket right after these is their argument and closes nothing.
    |(?:[_^]|\\(?:(?:text|math|operatorname|over|under|wide|bold)[a-zA-Z]+|text|bm|[dtc]?frac|[dt]?binom|sqrt|[bx]?cancel
        |boxed|[hv]?phantom|cramped|emph|acute|bar|breve|check|d{0,4}dot|grave|hat|tilde|utilde|vec|not|slashed|stackrel
        |x[a-z]+(?:arrow|arrows|harpoons?|harpoonup|harpoondown|equal|mapsto|tofrom))(?![a-zA-Z]))\s*[)\]]
    |(?P<switch>\\(?:display|text|script|scriptscript)style(?![a-zA-Z])|\\(?:rm|bf|it|sf|tt|cal)(?![a-zA-Z]))
    |(?P<row>&|\\\\)
    |(?P<command>\\[a-zA-Z]+)
    |(?P<plain>[a-zA-Z0-9\s=+,-]+)
    |\\.|.""",
    re.VERBOSE | re.DOTALL,
)


@cache
def _converter() -> LatexToMathML:
    return LatexToMathML(
        macros={
            "mbox": r"\text{#1}",
            "textnormal": r"\text{#1}",
            "substack": r"\begin{subarray}{c}#1\end{subarray}",
        },
        allow_unreliable_rendering=True,
        fancy_error=False,
    )


def parse_latex(latex: str, *, display: bool) -> ET.Element:
    """Return the tree of MathML as math-core makes it. Raises FormulaError."""
    _check_characters(latex)
    _check_tokens(latex)
    try:
        mathml = _converter().convert_with_local_state(latex, displaystyle=display)
    except LatexError as error:
        fault = _translated(str(error))
        if fault.message == _OPEN_BRACE:  # math-core tells where the formula ends
            fault = FormulaError(_OPEN_BRACE, _find_open_brace(latex))
        raise fault from error
    mathml = re.sub(r"&(?!(?:amp|lt|gt|quot|apos);)\w+;", _unescaped, mathml)
    root = ET.fromstring(mathml)  # noqa: S314  math-core wrote it, without a DTD
    if not len(root):
        raise FormulaError("it is empty", 0)
    if any("border" in cell.get("style", "") for cell in root.iter("mtd")):
        # Neither text nor the drawn picture has them, and what a line sets apart must not run together there.
        raise FormulaError("lines in an array are lost in mails: leave out '|' and '\\hline', or use two arrays", 0)
    layer, depth = list(root), 0
    while layer:
        layer, depth = [child for node in layer for child in node], depth + 1
    if depth > _MAX_DEPTH:
        raise FormulaError("the formula is nested too deeply", 0)
    return root


def _find_open_brace(latex: str) -> int:
    """Find the innermost brace that is never closed."""
    opened = [0]
    for brace in re.finditer(r"(?<!\\)(?:\\\\)*([{}])", latex):
        if brace[1] == "{":
            opened.append(brace.start(1))
        elif len(opened) > 1:
            opened.pop()
    return opened[-1]


def _unescaped(entity: re.Match[str]) -> str:
    return html.unescape(entity[0])


def _translated(text: str) -> FormulaError:
    found = re.match(r"(\d+): (.*)", text, re.DOTALL)
    offset, message = (int(found[1]), found[2]) if found else (0, text)
    for pattern, ours in _MESSAGES:
        if match := re.fullmatch(pattern, message, re.DOTALL):
            hint = _WAY_OUT.get(match[1], "") if "environment" in ours else ""
            return FormulaError(match.expand(ours) + hint, offset)
    return FormulaError(message, offset)


def _check_characters(latex: str) -> None:
    if len(latex) > _MAX_LENGTH:
        raise FormulaError(f"the formula is longer than {_MAX_LENGTH:,} characters", _MAX_LENGTH)
    if latex.isprintable():
        return
    for offset, char in enumerate(latex):
        if char not in "\n\r\t" and unicodedata.category(char)[0] == "C":
            raise FormulaError(f"the invisible character U+{ord(char):04X} stands here", offset)


def _check_tokens(latex: str) -> None:
    """Refuse what must not reach math-core: it would crash on deep nesting and hang on many open brackets."""
    groups = [_Group("")]
    for token in _TOKEN.finditer(latex):
        if token["plain"]:
            continue
        if token["command"] and (reason := _REFUSED.get(token[0][1:])):
            raise FormulaError(f"'{token[0]}' cannot be used: {reason}", token.start())
        if token["push"]:
            groups.append(_Group(token[0]))
        elif len(groups) > 1 and (token["pop"] or groups[-1].ends_with(token[0])):
            groups.pop()
        else:
            groups[-1] = groups[-1].after(token)
        if len(groups) > _MAX_NESTING:
            raise FormulaError("the formula is nested too deeply", token.start())
        if sum(group.lost + group.open for group in groups) > _MAX_OPEN_BRACKETS:
            raise FormulaError(f"more than {_MAX_OPEN_BRACKETS} brackets are open at once", token.start())


class _Group(NamedTuple):
    opener: str
    open: int = 0
    lost: int = 0  # open brackets that nothing after them can close

    def ends_with(self, text: str) -> bool:
        return text == "]" and self.opener.startswith(("\\sqrt", "\\x"))

    def after(self, token: re.Match[str]) -> _Group:
        if token["row"]:
            return _Group(self.opener)
        if token["switch"]:
            return _Group(self.opener, lost=self.lost + self.open)
        if _OPENING.fullmatch(token[0]):
            return self._replace(open=self.open + 1)
        if _CLOSING.fullmatch(token[0]):
            return self._replace(open=max(0, self.open - 1))
        return self


_STRIKE = "linear-gradient(to {} right, transparent 47%, currentcolor 47%, currentcolor 53%, transparent 53%)"
_REACH = "padding: 0.1em 0.2em"  # so that the stroke is longer than those of the letter
_ENCLOSURES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "box": "border: 1px solid; padding: 0.2em 0.3em",
        "updiagonalstrike": f"background: {_STRIKE.format('bottom')}; {_REACH}",
        "downdiagonalstrike": f"background: {_STRIKE.format('top')}; {_REACH}",
        "updiagonalstrike downdiagonalstrike": (
            f"background: {_STRIKE.format('bottom')}, {_STRIKE.format('top')}; {_REACH}"
        ),
    }
)
_ELEMENTS: Final = frozenset(
    {
        "math", "mrow", "mi", "mn", "mo", "mtext", "mspace", "mfrac", "msqrt", "mroot", "msub", "msup", "msubsup",
        "munder", "mover", "munderover", "mmultiscripts", "mprescripts", "mtable", "mtr", "mtd", "mpadded", "mphantom",
        "b", "i", "em", "code", "s", "u", "span",
    }
)  # fmt: skip
_ATTRIBUTES: Final = frozenset(
    {
        "display", "displaystyle", "scriptlevel", "mathvariant", "stretchy", "symmetric", "movablelimits", "form",
        "lspace", "rspace", "minsize", "maxsize", "accent", "accentunder", "linethickness", "width", "height",
        "voffset", "style",
    }
)  # fmt: skip


def _write(node: ET.Element) -> str:
    """Write an element and what it holds, but for what is not known to be harmless."""
    tag, attributes, children = node.tag, node.attrib, list(node)
    if tag == "menclose":
        tag, attributes = "mrow", {"style": _ENCLOSURES[attributes["notation"]]}
        children = [child for child in children if "class" not in child.attrib]
    if tag not in _ELEMENTS:
        raise FormulaError(f"'{tag}' cannot be shown", 0)
    opening = tag + "".join(_attribute(*one) for one in attributes.items() if one[0] in _ATTRIBUTES)
    inner = _escape(node.text)
    if not is_number_cell(node):
        inner += "".join(_write(child) + _escape(child.tail) for child in children)
    return f"<{opening}>{inner}</{tag}>" if inner else f"<{opening} />"


def _attribute(name: str, value: str) -> str:
    quoted = _escape(value).replace('"', "&quot;")
    return f' {name}="{quoted}"'


def _escape(text: str | None) -> str:
    return html.escape(text, quote=False) if text else ""


def is_number_cell(node: ET.Element) -> bool:
    """Tell whether `align`, `gather` and the like put this cell there for a number or to centre the rest."""
    return node.tag == "mtd" and node.get("style", "").startswith("width: ")
