"""The nodes of a line, put together so that Markdown can say them: no empty ones, no spaces at the ends of emphasis."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from pixeldigest.markup.document import CodeSpan, Emphasis, Formula, Inline, LineBreak, Link, Strong, Text, plain_text

_RAISED: Final = str.maketrans("0123456789+-−=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿ")
_LOWERED: Final = str.maketrans("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎")
_SCRIPTED: Final = re.compile(r"[^\W\d_][\^_]\{[^{}]+\}")
_VARIABLE: Final = re.compile(r"(?:^|(?<=[\s(=+*/−–-]))([A-Za-zΑ-Ωα-ω])$")


def join(nodes: Iterable[Inline]) -> tuple[Inline, ...]:
    """Join neighbouring texts, make one of many spaces, and keep digits off the end of a formula."""
    joined: list[Inline] = []
    for node in nodes:
        before = joined[-1] if joined else None
        if isinstance(node, Text) and isinstance(before, Text):
            joined[-1] = Text(re.sub(r"\s+", " ", before.text + node.text))
        elif isinstance(node, Text):
            text = re.sub(r"\s+", " ", node.text)
            # Behind a dollar a digit would say that it is money.
            clings = isinstance(before, Formula) and text[:1].isdigit()
            joined += [Text(f" {text}" if clings else text)] if text else []
        else:
            joined.append(node)
    return tuple(_around_breaks(joined))


def trim(nodes: tuple[Inline, ...]) -> tuple[Inline, ...]:
    """Take spaces and forced line ends off both ends."""
    while nodes and (isinstance(nodes[0], LineBreak) or nodes[0] == Text(" ")):
        nodes = nodes[1:]
    while nodes and (isinstance(nodes[-1], LineBreak) or nodes[-1] == Text(" ")):
        nodes = nodes[:-1]
    if nodes and isinstance(nodes[0], Text):
        nodes = (Text(nodes[0].text.lstrip()), *nodes[1:])
    if nodes and isinstance(nodes[-1], Text):
        nodes = (*nodes[:-1], Text(nodes[-1].text.rstrip()))
    return nodes


def stress(node: type[Emphasis | Strong], children: tuple[Inline, ...]) -> tuple[Inline, ...]:
    """Stress words; spaces at their ends stand outside, and what is empty is not stressed."""
    inner = trim(children)
    if not plain_text(inner).strip():
        return children
    # Stressed once more means nothing.
    inner = tuple(part for one in inner for part in (one.children if isinstance(one, node) else (one,)))
    before = (Text(" "),) if isinstance(children[0], Text) and children[0].text[:1].isspace() else ()
    after = (Text(" "),) if isinstance(children[-1], Text) and children[-1].text[-1:].isspace() else ()
    return (*before, node(inner), *after)


def raise_or_lower(before: list[Inline], script: str, *, sub: bool, in_word: bool) -> None:
    """Write what stood above or below the line: behind a variable a formula, else by characters that Unicode has.

    In a word (H₂O) there are no variables.
    """
    sign, table = ("_", _LOWERED) if sub else ("^", _RAISED)
    last = before[-1] if before else None
    if isinstance(last, Formula) and sign not in last.latex and _SCRIPTED.fullmatch(last.latex):
        before[-1] = Formula(f"{last.latex}{sign}{{{script}}}", False, 0)
        return
    variable = _VARIABLE.search(last.text) if isinstance(last, Text) and not in_word else None
    if variable and isinstance(last, Text) and re.fullmatch(r"[A-Za-z0-9+=−-]+", script):
        before[-1:] = [Text(last.text[: variable.start(1)]), Formula(f"{variable[1]}{sign}{{{script}}}", False, 0)]
        return
    written = script.translate(table)
    shown = written if all(one not in script for one in written) else script
    before.append(Text(shown))


def is_whole(nodes: tuple[Inline, ...], kind: type[Link | Strong | CodeSpan]) -> bool:
    """Tell whether a line is one node of a kind."""
    return len(nodes) == 1 and isinstance(nodes[0], kind)


def _around_breaks(nodes: list[Inline]) -> Iterator[Inline]:
    """Take the spaces around forced line ends away, and all but the first of several in a row."""
    kept: list[Inline] = []
    for node in nodes:
        if isinstance(node, LineBreak):
            if kept and isinstance(kept[-1], Text):
                kept[-1] = Text(kept[-1].text.rstrip())
            if not (kept and isinstance(kept[-1], LineBreak)):
                kept.append(node)
        elif isinstance(node, Text) and kept and isinstance(kept[-1], LineBreak):
            kept.append(Text(node.text.lstrip()))
        else:
            kept.append(node)
    return (node for node in kept if node != Text(""))
