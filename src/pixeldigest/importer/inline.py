"""What stands on one line of foreign HTML → inline nodes, put together so that Markdown can say them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final
from urllib.parse import urljoin

from pixeldigest.importer.article import Todo, is_web_address
from pixeldigest.importer.formulas import HELD, Held, fault_of, find_held, hold_formulas, make_formula, put_back
from pixeldigest.importer.html import Node, text_of, walk_nodes
from pixeldigest.markup.document import (
    Cell,
    CodeSpan,
    Emphasis,
    Formula,
    Image,
    Inline,
    LineBreak,
    Link,
    Strong,
    Text,
    plain_text,
)

_CODE: Final = frozenset(("code", "kbd", "samp", "tt"))
_EMPHASIS: Final = frozenset(("em", "i", "cite", "dfn", "var"))
_STRUCK: Final = frozenset(("del", "strike"))
_MATH_IMAGE: Final = re.compile(r"\b(?:latex|mwe-math-\S+|ee_img|tex)\b")
_RAISED: Final = str.maketrans("0123456789+-−=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿ")
_LOWERED: Final = str.maketrans("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎")
_SCRIPTED: Final = re.compile(r"[^\W\d_][\^_]\{[^{}]+\}")
# What shows a link to the heading that it stands in.
_ANCHORS: Final = frozenset(
    ("anchor", "anchor-link", "anchorjs-link", "hash-link", "header-anchor", "headerlink", "heading-anchor")
)
_VARIABLE: Final = re.compile(r"(?:^|(?<=[\s(=+*/−–-]))([A-Za-zΑ-Ωα-ω])$")


class LineReader:
    """Reads what stands on a line, and notes what a person has to look at.

    `held` are the formulas that were taken out of the text before it was HTML; with `strict`, those in its texts are
    looked for now, and dollars alone make none. `notes` are footnotes by name, each None once it was read.
    """

    def __init__(
        self, base: str, held: Sequence[Held], todos: list[Todo], notes: dict[str, Node | None], *, strict: bool
    ) -> None:
        self._base, self._held, self._todos, self._notes, self._strict = base, [*held], todos, notes, strict

    def flat(self, children: Iterable[Node | str], *, cell: bool = False) -> Cell:
        """Read what has to stand on one line: a heading, or a cell of a table."""
        flat: list[Inline] = []
        for node in self.inlines(children):
            if isinstance(node, Formula):
                flat.append(node._replace(display=False, latex=" ".join(node.latex.split())))
            else:
                flat.append(Text(" ") if isinstance(node, LineBreak) else node)
        if cell and any(isinstance(one, Formula) and "$" in one.latex for one in flat):
            self.note("a formula in a table could not be kept")
        return trim(join(flat))

    def inlines(self, children: Iterable[Node | str], around: tuple[str, ...] = ()) -> tuple[Inline, ...]:
        """Read the nodes of a line; `around` are the tags that they stand in."""
        nodes: list[Inline] = []
        for child, after in pairwise((*children, "")):
            if isinstance(child, str):
                nodes += self._text(child)
            elif child.tag in ("sub", "sup") and not any(one.tag == "a" for one in walk_nodes(child)):
                in_word = isinstance(after, str) and after[:1].isalpha()
                raise_or_lower(nodes, text_of(child).strip(), sub=child.tag == "sub", in_word=in_word)
            else:
                nodes += self._inline(child, around)
        return join(nodes)

    def _inline(self, node: Node, around: tuple[str, ...]) -> tuple[Inline, ...]:
        if "katex" in node.classes or "katex-element" in node.classes or node.tag == "math":
            return self._math(node)
        if node.classes & {"MathJax", "MathJax_Preview", "MathJax_Display"}:
            return ()  # the script beside it has the LaTeX
        if node.tag in _CODE:
            return self._code_span(node)
        if node.tag == "br":
            return (LineBreak(),)
        if node.tag == "img":
            return self._image(node)
        if node.tag == "a":
            return self._link(node, around)
        if node.tag in _STRUCK or node.tag == "s":
            self.note("this was struck out: take it away, or say that it no longer holds", text_of(node))
        name = "em" if node.tag in _EMPHASIS else "strong" if node.tag in ("strong", "b") else ""
        inner = self.inlines(node.children, (*around, name) if name else around)
        if not name or name in around:
            return inner
        return stress(Emphasis if name == "em" else Strong, inner) if inner else ()

    def _text(self, text: str) -> list[Inline]:
        """Read a text with placeholders for formulas in it."""
        shown = hold_formulas(text, self._held, strict=True) if self._strict else text
        nodes: list[Inline] = []
        for number, part in enumerate(HELD.split(shown)):
            if number % 2:
                nodes += [self.formula(one.latex, display=one.display) for one in find_held(part, self._held)]
            elif part:
                nodes.append(Text(part))
        return nodes

    def _math(self, node: Node) -> tuple[Inline, ...]:
        latex = find_latex(node)
        if latex is None:
            shown = " ".join(text_of(node).split())
            self.note("this formula came without LaTeX: write it between dollars", shown)
            return (CodeSpan(shown),) if shown else ()
        display = any(one.attributes.get("display") == "block" for one in walk_nodes(node))
        return (self.formula(latex, display=display),)

    def _code_span(self, node: Node) -> tuple[Inline, ...]:
        text = text_of(node)
        if math := node.classes & {"tex-inline", "tex-display"}:
            return (self.formula(text, display="tex-display" in math),)
        shown = " ".join(self.source_of(node).split())
        return (CodeSpan(shown),) if shown else ()

    def _image(self, node: Node) -> tuple[Inline, ...]:
        alt = " ".join(node.attributes.get("alt", "").split())
        if _MATH_IMAGE.search(node.attributes.get("class", "")) and alt:
            return (self.formula(alt, display=False),)
        source = node.attributes.get("src", "")
        title = " ".join(node.attributes.get("title", "").split())
        return (Image(alt, _join_address(self._base, source), title, 0),) if source else ()

    def _link(self, node: Node, around: tuple[str, ...]) -> tuple[Inline, ...]:
        href = node.attributes.get("href", "")
        if href[:1] == "#" and href[1:] in self._notes:
            return self._footnote(href[1:])
        address = self.complete(href)
        inside = "a" in around
        inner = self.inlines(node.children, (*around, "a"))
        if not any(isinstance(one, Image) for one in inner) and _is_sign(node, plain_text(inner)):
            return ()
        if inside or not address:
            if href and not href.startswith("#") and not inside:
                self.note(f"the link to '{href[:80]}' leads nowhere from here, and is words now", plain_text(inner))
            return inner
        return (Link(trim(inner), address, " ".join(node.attributes.get("title", "").split()), 0),)

    def _footnote(self, name: str) -> tuple[Inline, ...]:
        """Read a footnote where it is named first; it may name others, and they it."""
        note, self._notes[name] = self._notes[name], None
        return (Text(" ("), *self.flat(note.children), Text(")")) if note else ()

    def formula(self, latex: str, *, display: bool) -> Formula | CodeSpan:
        """Read LaTeX; what could not be shown is code."""
        made = make_formula(latex, display=display)
        if isinstance(made, CodeSpan):
            reason = fault_of(made.text, display=display)
            self.note(f"this formula is code now, since {reason}: write it between dollars", made.text)
        return made

    def complete(self, address: str) -> str:
        """Complete an address; nothing where readers could not follow it."""
        if not address or address.startswith("#"):
            return ""
        whole = _join_address(self._base, address.strip())
        is_mail = re.fullmatch(r"mailto:[^\s@]+@[^\s@]+", whole)
        return whole if is_mail or is_web_address(whole) else ""

    def note(self, message: str, near: str = "") -> None:
        """Note what a person has to look at, and words that stand there."""
        self._todos.append(Todo("body", message, near))

    def source_of(self, node: Node) -> str:
        """Read code as it was typed."""
        return put_back(text_of(node), self._held)


def find_latex(node: Node) -> str | None:
    """Find the LaTeX that KaTeX and others leave beside what they show."""
    for one in walk_nodes(node):
        if one.tag == "annotation" and one.attributes.get("encoding") == "application/x-tex":
            return text_of(one)
    return next((one.attributes["alttext"] for one in walk_nodes(node) if one.attributes.get("alttext")), None)


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


def _is_sign(link: Node, words: str) -> bool:
    """Tell whether a link says nothing, or is the sign of a heading's address or the way back from a footnote."""
    within = link.attributes.get("href", "").startswith("#") or link.classes & _ANCHORS
    return not words.strip(" ↩︎") or bool(within and not any(map(str.isalnum, words)))


def _join_address(base: str, address: str) -> str:
    try:
        return urljoin(base, address) if base else address
    except ValueError:
        return address
