r"""Formulas in what others wrote: dollars, `\(…\)`, `\[…\]`, environments, tags of dev.to, and those that were lost."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Final, NamedTuple

from pixeldigest.importer.article import Todo
from pixeldigest.markup.document import CodeSpan, Formula
from pixeldigest.markup.mathml import FormulaError, latex_to_mathml
from pixeldigest.yamltext import Plain
from pixeldigest.yamltree import Block

# They stand around the number of a formula that was taken out; no text that comes in holds them.
OPEN, CLOSE = "\ue000", "\ue001"
HELD: Final = re.compile(f"{OPEN}([0-9]{{1,6}}){CLOSE}")
_RESERVED: Final = str.maketrans(dict.fromkeys((OPEN, CLOSE), "\ufffd"))

_ENVIRONMENTS = r"(?:equation|align|gather|multline|eqnarray)\*?"
_MATH: Final = re.compile(
    rf"""
      \{{%-?\s*katex(?P<inline>\s+inline)?\s*-?%\}}(?P<katex>.{{0,5000}}?)\{{%-?\s*endkatex\s*-?%\}}
    | (?<![\\$])\$\$(?!\$)(?P<dollars>(?:[^$\\]|\\.){{1,5000}}?)\$\$(?!\$)
    | \\begin\{{(?P<name>{_ENVIRONMENTS})\}}(?P<environment>.{{1,5000}}?)\\end\{{(?P=name)\}}
    | (?<!\S)\\{{1,2}}\[(?P<square>(?:(?!\n[ ]*\n).){{1,5000}}?)\\{{1,2}}\](?!\()
    | (?<![\\\w])\\{{1,2}}\((?P<round>(?:(?!\n[ ]*\n).){{1,1000}}?)\\{{1,2}}\)
    | (?<![\\$\w])\$`(?P<ticks>[^`\n]{{1,1000}})`\$(?![\w$])
    | (?<![\\$\w])\$(?=[^\s$])(?P<dollar>(?:[^$\\`\n]|\\.|\n(?![ ]*\n)){{1,1000}}?)(?<![\s\\])\$(?![\w$])
    """,
    re.VERBOSE | re.DOTALL,
)
# Without one of these, what stands in brackets with backslashes is words.
_SIGNS: Final = re.compile(r"\\[A-Za-z]|[\^_=<>+]|^\s*\\?[A-Za-z]'?\s*$")
_LATEX_SIGNS: Final = re.compile(r"\\[A-Za-z]|[\^_]")
# What dev.to's Markdown needs before it gives a formula back unchanged, wholly or not at all.
_ESCAPED: Final = re.compile(r"(?:[^\\*_~\[!#]|\\[\\*_~\[!#])*")
_ENTITY: Final = re.compile(r"&(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|[A-Za-z]{2,8});")
_HTML_LIKE: Final = re.compile(r"</?[A-Za-z!?]|<!--")
# A sum with limits behind `_` and `^`, a letter with an index and what it equals, a power of brackets: as programs
# write formulas that know neither fractions nor limits. A name_like_this is none.
_MANGLED: Final = re.compile(
    r"[∑Σ∏∫√⋃⋂]\s?[_^]"
    r"|(?<![\w`/.])[A-Za-zΑ-Ωα-ωŷŶŷβθ][_^](?:[A-Za-z0-9Α-Ωα-ω]|\{[^}\n]{1,20}\})(?![\w`/.])"
    r"|(?<=[\w)\]])\^(?:[-−]?\w|[({])"
    r"|[^\W\d_]\u0302|[≈≤≥∈∝∂∇]\s?\w+[_^]\w"
)
# Letters on both sides of an equals sign, with signs between those on the right: `W' = W + (α/r) B A`.
_LETTER: Final = "[A-Za-zΑ-Ωα-ω]"
_EQUATION: Final = re.compile(
    rf"(?<![\w.'’′]){_LETTER}['’′]?\s?[=≈]\s?(?:(?:\d+(?:\.\d+)?(?!\w)|{_LETTER}(?!\w)['’′]?|[-+−*/·×()])\s?){{3,20}}"
)
# Words around a formula end it; the names of functions are no words.
_WORD: Final = r"(?!(?:arg|cos|det|exp|ln|log|max|min|sin|softmax|tanh?)\b)[^\W\d_]{2,}\b"
_WORDS_BEFORE: Final = re.compile(rf"(?<!\S)\W?{_WORD}[,.;:]?\s+|[,.;:]\s+")
_WORDS_AFTER: Final = re.compile(rf"[,.;:!?]{{0,3}}(?:\s{{1,9}}{_WORD}|[,.;:!?](?=\s|$))|$")
_MAX_QUOTES: Final = 5  # of a line
_NO_PROSE: Final = re.compile(
    r"^( *)(?P<fence>`{3,}|~{3,})[^\n]*\n(?:.*\n)*?\1(?P=fence)$"
    r"|^ *\$\$\n(?:.*\n)*?^ *\$\$$|`[^`\n]+`|(?<!\\)\$[^$\n]+\$",
    re.MULTILINE,
)


class Held(NamedTuple):
    """A formula that was taken out of a text, and what stood there."""

    latex: str
    display: bool
    source: str


def release_reserved(text: str) -> str:
    """Replace the characters that placeholders are made of."""
    return text.translate(_RESERVED)


def hold_formulas(text: str, held: list[Held], *, strict: bool = False) -> str:
    """Put placeholders for formulas, and keep what they stand for; `strict` wants more than dollars to see one."""

    def hold(found: re.Match[str]) -> str:
        formula = _formula_in(found, strict=strict)
        if formula is None:
            return found[0]
        held.append(formula)
        return f"{OPEN}{len(held) - 1}{CLOSE}"

    return _MATH.sub(hold, text)


def put_back(text: str, held: Sequence[Held]) -> str:
    """Write what stood where placeholders stand, as it was."""
    return HELD.sub(lambda found: "".join(one.source for one in find_held(found[1], held)), text)


def find_held(number: str, held: Sequence[Held]) -> Sequence[Held]:
    """Find the formula with a number; none where an entity of HTML has made up a placeholder."""
    return held[int(number) : int(number) + 1]


def outside_code(source: str, change: Callable[[str], str]) -> str:
    """Change a Markdown text, but not its code."""
    done, parts = 0, []
    for code in _CODE.finditer(source):
        parts += [change(source[done : code.start()]), code[0]]
        done = code.end()
    return "".join((*parts, change(source[done:])))


# Fences to their end, then code within a line, but not the formulas that GitHub writes like it.
_CODE: Final = re.compile(
    r"(?:^|(?<=\n))[ \t>]*(?P<fence>`{3,}|~{3,})[^\n]*\n(?:[^\n]*\n)*?[ \t>]*(?P=fence)[`~]*[ \t]*(?=\n|$)"
    r"|(?<![\\`$])(?P<ticks>`{1,2})(?!`)[^\n]*?[^`\n](?P=ticks)(?!`)"
)


def make_formula(latex: str, *, display: bool) -> Formula | CodeSpan:
    """Make the node for a formula; code where it is none that this newsletter could show."""
    written = _tidy(latex)
    line = " ".join(written.split())
    return CodeSpan(line) if fault_of(written, display=display) else Formula(written if display else line, display, 0)


def fault_of(latex: str, *, display: bool) -> str:
    """Say why a formula cannot be shown; empty where it can."""
    if not latex:
        return "it is empty"
    if re.search(r"(?<!\\)(?:\\\\)*\$", latex):
        return "it holds a dollar"
    try:
        latex_to_mathml(latex, display=display)
    except FormulaError as error:
        return error.message
    return ""


def find_mangled(values: Mapping[str, Plain]) -> Iterator[Todo]:
    """Yield the lines of an entry's texts in which a formula seems to stand as plain signs.

    Somebody's tool has turned it into them: they look like words to every reader, and lost their meaning.
    """
    for key, value in values.items():
        if isinstance(value, Block):
            for line in _NO_PROSE.sub(" ", value).replace("\\", "").split("\n"):
                for signs, quote in islice(_quote_mangled(line), _MAX_QUOTES):
                    yield Todo(key, _looks_like(quote), _line_with(value, quote) or _line_with(value, signs))
        elif isinstance(value, str):
            yield from (Todo(key, _looks_like(quote)) for _, quote in islice(_quote_mangled(value), _MAX_QUOTES))


def _formula_in(found: re.Match[str], *, strict: bool) -> Held | None:
    kind = found.lastgroup
    if kind == "environment":
        # An alignment without its own braces has no meaning; numbers are not known here.
        body = found["environment"]
        is_plain = found["name"].startswith("equation")
        return Held(body if is_plain else f"\\begin{{aligned}}{body}\\end{{aligned}}", True, found[0])
    latex = found[kind or 0]
    if kind == "katex":
        return Held(_as_devto_reads(latex), not found["inline"], found[0])
    # One backslash before a bracket may be there to keep it from being a link's.
    if kind in ("round", "square") and not found[0].startswith("\\\\") and not _SIGNS.search(latex):
        return None
    if strict and kind == "dollar" and not _LATEX_SIGNS.search(latex):
        return None
    return Held(latex, kind == "square" or (kind == "dollars" and (strict or not _is_within_words(found))), found[0])


def _is_within_words(found: re.Match[str]) -> bool:
    """Tell whether words stand before and behind: to kramdown a formula between two dollars is in the line then."""
    before = found.string[: found.start()].rpartition("\n")[2]
    after = found.string[found.end() :].partition("\n")[0]
    return bool(re.search(r"\w", before)) and bool(after.strip())


def _as_devto_reads(latex: str) -> str:
    """Undo what has to be done for dev.to's Markdown; where nothing was done the formula is as it was meant."""
    plain = re.sub(r"\{%-?\s*(?:end)?raw\s*-?%\}", "", latex)
    if "\\" in plain and _ESCAPED.fullmatch(plain):
        plain = re.sub(r"\\([\\*_~\[!#])", r"\1", plain)
    # Two braces would be Liquid's, and an angle a tag's.
    plain = re.sub(r"(?<=\{) (?=\{)|(?<=\}) (?=\})", "", plain)
    plain = re.sub(r"\\([lg])t(?![A-Za-z]) ?", lambda found: "<" if found[1] == "l" else ">", plain)
    return _ENTITY.sub(lambda entity: html.unescape(entity[0]), plain)


def _tidy(latex: str) -> str:
    lines = [line.strip() for line in latex.strip().split("\n")]
    joined = "\n".join(line for line in lines if line)
    joined = re.sub(r"\\(?:label|tag\*?)\{[^{}]*\}", "", joined).strip()
    if _HTML_LIKE.search(joined):
        joined = joined.replace("<", r"\lt ").replace(">", r"\gt ")
    return joined


def _quote_mangled(line: str) -> Iterator[tuple[str, str]]:
    """Yield the signs by which a formula is seen, and all of it, from the words before to those behind."""
    equations = (one for one in _EQUATION.finditer(line) if _is_formula(one[0]))
    end = 0
    for found in sorted((*_MANGLED.finditer(line), *equations), key=lambda one: one.start()):
        if found.start() < end:
            continue
        start = max((one.end() for one in _WORDS_BEFORE.finditer(line, end, found.start())), default=end)
        after = _WORDS_AFTER.search(line, found.end())
        end = after.start() if after else len(line)
        yield found[0], line[start:end].strip()


def _is_formula(equation: str) -> bool:
    """Tell whether there are two letters and a sign right of the equals sign: a setting like `k = 3` is none."""
    right = re.split("[=≈]", equation, maxsplit=1)[1]
    return len(re.findall(_LETTER, right)) > 1 and bool(re.search(r"[-+−*/·×]", right))


def _looks_like(quote: str) -> str:
    return f"this looks like a formula that became plain signs: '{quote[:60]}'; write it as LaTeX"


def _line_with(text: str, signs: str) -> str:
    """Find the line in a text as it is written, where underscores may have backslashes."""
    written = next((line for line in text.split("\n") if signs in line.replace("\\", "")), "")
    return written.strip()
