"""LaTeX → the Liquid tags by which dev.to shows formulas, written so that its Markdown gives them back unchanged."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from typing import Final

from pixeldigest.markup.markdown import without_bars

# What stands in braces where commands of mathematics are unknown: there `\lt` is an error, and a space is seen.
_LITERAL: Final = re.compile(r"\\(?:text\w*|mbox|hbox|tag\*?|begin\{[a-z]+\*?\})\s*(?=\{)")
_LINKED: Final = re.compile(r":(?=//)|(?<=www)\.|(?<=WWW)\.|(?<=[\w.+-])@(?=\w)")
_COMMENT: Final = re.compile(r"(\\[A-Za-z]+)?((?<!\\)(?:\\\\)*)%[^\n]*\n?")


def katex(latex: str, *, display: bool, cell: bool = False) -> str:
    """Write a formula to stand in Markdown; in a cell of a table it holds no bare `|`."""
    # A tick with a backslash would still be one to the search for code that Liquid shall not read.
    written = re.sub(r"([\\*_~\[!#])", r"\\\1", _one_line(latex, cell=cell)).replace("`", "&#96;")
    whole = written.replace("|", "&#124;") if cell else written
    return _in_tags(break_braces(break_links(whole)), display=display)


def katex_in_html(latex: str, *, display: bool) -> str:
    """Write a formula to stand in HTML that Markdown does not read and whose braces are broken afterwards."""
    return _in_tags(_one_line(latex), display=display)


def break_braces(text: str) -> str:
    """Keep Liquid from reading braces in a text as its own; other text may follow."""
    return re.sub(r"\{(?=[{%]|$)", "{% raw %}{{% endraw %}", text)


def break_links(text: str) -> str:
    """Keep addresses in a text from being made links, which may swallow what stands behind them."""
    return _LINKED.sub(lambda found: f"&#{ord(found[0])};", text)


def _in_tags(written: str, *, display: bool) -> str:
    return f"{{% katex {'' if display else 'inline '}%}}{written}{{% endkatex %}}"


def _one_line(latex: str, *, cell: bool = False) -> str:
    """Write a formula on one line, as KaTeX knows it, without anything that is a tag to HTML or parts cells."""
    known = re.sub(r"\\mbox(?![A-Za-z])", r"\\text", latex)
    bare = _COMMENT.sub(lambda found: f"{found[1]} " if found[1] else found[2], known)
    line = " ".join(part.strip() for part in bare.split("\n") if part.strip())
    return "".join(
        escape(piece, quote=False) if is_literal else _mathematics(piece, cell=cell)
        for piece, is_literal in _pieces(line)
    )


def _mathematics(latex: str, *, cell: bool) -> str:
    spaced = re.sub(r"\{(?=[{%]|$)|\}(?=\})|%(?=\})", r"\g<0> ", re.sub(r"&(?=#?\w+;)", "&amp;", latex))
    without_angles = spaced.replace("<", r"\lt ").replace(">", r"\gt ")
    # To KaTeX `@` is a letter of commands.
    return re.sub(r"(\\[vV]ert)(?=@)", r"\1 ", without_bars(without_angles)) if cell else without_angles


def _pieces(latex: str) -> Iterator[tuple[str, bool]]:
    """Split a formula into mathematics and literal arguments with their braces."""
    done = 0
    for found in _LITERAL.finditer(latex):
        if found.end() >= done:
            end = _group_end(latex, found.end())
            yield latex[done : found.end()], False
            yield latex[found.end() : end], True
            done = end
    yield latex[done:], False


def _group_end(latex: str, start: int) -> int:
    depth = 0
    for found in re.finditer(r"\\.|[{}]", latex[start:]):
        depth += {"{": 1, "}": -1}.get(found[0], 0)
        if depth == 0 and found[0] == "}":
            return start + found.end()
    return len(latex)
