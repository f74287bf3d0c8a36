"""What a rendition consists of, read back from its format: the same parts in the same order for all of them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from html import unescape
from html.parser import HTMLParser
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode
from mdit_py_plugins.dollarmath import dollarmath_plugin

from forem.oracle import Rendered
from pixeldigest.markup.mathml import latex_to_mathml

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
BLOCKS = (*HEADINGS, "p", "pre", "li", "blockquote", "td", "th", "div", "hr", "ul", "ol", "table", "thead", "tbody")
WORDLESS = ("item", "quote", "cell", "rule")


class Part(NamedTuple):
    """A heading, paragraph, item, quote, cell, block of code, formula or rule, and its words.

    In words, code stands in backticks and a formula in angle brackets, as it is spelled.
    """

    kind: str
    words: str = ""


# How a formula's LaTeX is spelled, to be compared with what a format shows of it.
Spell = Callable[[str], str]


def spell_mathml(latex: str) -> str:
    """Spell a formula by the signs of its MathML."""
    return unescape(re.sub(r"<[^>]*>", "", latex_to_mathml(latex, display=False)))


def in_letters(parts: Iterable[Part]) -> list[Part]:
    """Leave letters and digits only, whatever their position: what any way to show a formula has in common."""
    return [Part(kind, letters(words)) for kind, words in parts]


def letters(text: str) -> str:
    flat = unicodedata.normalize("NFKD", text.casefold()).replace("⊤", "t")
    return "".join(char for char in flat if unicodedata.category(char)[0] in "LN").casefold()


def _part(kind: str, words: str) -> Part:
    if kind == "code":
        lines = (line.rstrip() for line in words.expandtabs(4).split("\n"))
        return Part(kind, "\n".join(lines).strip("\n"))
    return Part(kind, _squeeze(words) if kind == "formula" else " ".join(words.split()))


def _squeeze(formula: str) -> str:
    return "".join(char for char in formula if not char.isspace() and unicodedata.category(char) != "Cf")


# --- Markdown, as others read it ---


def outline_of_markdown(source: str, spell: Spell) -> list[Part]:
    """Read CommonMark with GFM's tables and `$` formulas; a heading or a block of code without words is nothing."""
    parts = _nodes(SyntaxTreeNode(_READER.parse(source)).children, spell)
    return [part for part in parts if part.words or part.kind in WORDLESS]


_READER = MarkdownIt("commonmark", {"maxNesting": 200}).enable("table").use(dollarmath_plugin, allow_labels=False)
_READER.validateLink = lambda _: True  # type: ignore[method-assign]


def _nodes(nodes: Iterable[SyntaxTreeNode], spell: Spell) -> Iterator[Part]:
    for node in nodes:
        match node.type:
            case "heading":
                yield _part(f"heading {node.tag[1]}", _words(node, spell))
            case "paragraph":
                yield _part("paragraph", _words(node, spell))
            case "td" | "th":
                yield _part("cell", _words(node, spell))
            case "fence" | "code_block":
                yield _part("code", node.content)
            case "math_block":
                yield _part("formula", spell(node.content))
            case "hr":
                yield Part("rule")
            case "list_item" | "blockquote":
                yield Part("item" if node.type == "list_item" else "quote")
                yield from _nodes(node.children, spell)
            case _:
                yield from _nodes(node.children, spell)


def _words(node: SyntaxTreeNode, spell: Spell) -> str:
    return "".join(_token_words(inline.token.children or (), spell) for inline in node.children if inline.token)


def _token_words(tokens: Iterable[Token], spell: Spell) -> str:
    return "".join(_token_word(token, spell) for token in tokens)


def _token_word(token: Token, spell: Spell) -> str:
    match token.type:
        case "code_inline":
            return f"`{token.content}`"
        case "math_inline":
            return f"⟨{_squeeze(spell(token.content))}⟩"
        case "image":
            return _token_words(token.children or (), spell)
        case "softbreak" | "hardbreak":
            return " "
        case _:
            return token.content


# --- HTML ---


def outline_of_html(html: str) -> list[Part]:
    """Read a page's or a mail's HTML: a formula is spelled as it is shown."""
    reader = _HtmlReader(lambda _: "")
    return reader.read(html)


def outline_of_post(post: Rendered, spell: Spell) -> list[Part]:
    """Read what dev.to shows, with the formulas that KaTeX gets."""
    reader = _HtmlReader(lambda number: spell(post.formulas[int(number)].latex))
    return reader.read(post.html)


class _HtmlReader(HTMLParser):
    def __init__(self, formula: Callable[[str], str]) -> None:
        super().__init__()
        self._formula = formula
        self._parts: list[Part] = []
        self._kind = "paragraph"
        self._words = ""
        self._math: str | None = None

    def read(self, html: str) -> list[Part]:
        self.feed(html)
        self.close()
        self._end("paragraph")
        return self._parts

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag in BLOCKS and self._kind != "code":
            self._end(self._kind_of(tag, attributes))
        match tag:
            case "li":
                self._parts.append(Part("item"))
            case "blockquote":
                self._parts.append(Part("quote"))
            case "hr":
                self._parts.append(Part("rule"))
            case "br":
                self._words += " "
            case "img":
                self._words += attributes["alt"]
            case "code" if self._kind != "code":
                self._words += "`"
            case "math":
                self._math = ""
        if "data-formula" in attributes:
            spelled = self._formula(attributes["data-formula"])
            self._words += spelled if tag == "div" else f"⟨{_squeeze(spelled)}⟩"

    def handle_endtag(self, tag: str) -> None:
        if tag == "math" and self._math is not None:
            self._words += self._math if self._kind == "formula" else f"⟨{_squeeze(self._math)}⟩"
            self._math = None
        elif tag == "code" and self._kind != "code":
            self._words += "`"
        elif tag == "pre" or (tag in BLOCKS and self._kind != "code"):
            self._end("paragraph")

    def handle_data(self, data: str) -> None:
        if self._math is None:
            self._words += data
        else:
            self._math += data

    def _kind_of(self, tag: str, attributes: dict[str, str]) -> str:
        if "data-formula" in attributes or "formula" in attributes.get("class", "").split():
            return "formula"
        if tag in HEADINGS:
            return f"heading {tag[1]}"
        return {"td": "cell", "th": "cell", "pre": "code"}.get(tag, "paragraph")

    def _end(self, following: str) -> None:
        if self._words.strip() or self._kind == "cell":
            self._parts.append(_part(self._kind, self._words))
        self._kind, self._words = following, ""
