"""The headings, paragraphs, items, code and formulas of a document and of a post on dev.to, to be compared."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import quote, unquote

from forem.oracle import Rendered
from pixeldigest.markup.document import (
    Block,
    CodeBlock,
    CodeSpan,
    Emphasis,
    Formula,
    Heading,
    Image,
    Inline,
    LineBreak,
    Link,
    List,
    Paragraph,
    Quote,
    Strong,
    Table,
    Text,
)

BREAK = "⏎"
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
CONTAINERS = ("ul", "ol", "table", "thead", "tbody", "tr", "details", "summary")

Part = tuple[object, ...]


def outline(blocks: tuple[Block, ...]) -> Iterator[Part]:
    """List what a document holds, with its words."""
    for block in blocks:
        match block:
            # Without words, and in a line end after them, there is nothing to see.
            case Heading(level, children):
                yield from ((f"h{level}", text) for text in [words(children)] if text)
            case Paragraph(children):
                yield from (("p", text) for text in [words(children).removesuffix(BREAK)] if text)
            case CodeBlock(_, source):
                yield ("code", shown_code(source))
            case Formula(latex):
                yield ("formula", plain_formula(latex))
            case List(start, items):
                yield ("ul" if start is None else "ol",)
                for item in items:
                    yield ("li",)
                    yield from outline(item)
            case Quote(inner):
                yield ("blockquote",)
                yield from outline(inner)
            case Table(_, head, rows):
                yield from (("th", words(cell)) for cell in head)
                yield from (("td", words(cell)) for row in rows for cell in row)
            case _:
                yield ("hr",)


def words(children: tuple[Inline, ...]) -> str:
    """Write what a line says; marks show where code, links, pictures and line ends stand, and what is stressed."""
    return one_line("".join(map(_words, children)))


def _words(node: Inline) -> str:
    match node:
        case Text(text):
            return text
        case CodeSpan(text):
            return f"`{text}`"
        case Formula(latex):
            return f"${plain_formula(latex)}$"
        case Image(alt, source):
            return f"[{alt}]({plain_address(source)})"
        case Link(children, url):
            return f"({plain_address(url)})" + "".join(map(_words, children))
        case Emphasis(children):
            return f"<em>{''.join(map(_words, children))}</em>"
        case Strong(children):
            return f"<strong>{''.join(map(_words, children))}</strong>"
        case LineBreak():
            return BREAK


def one_line(text: str) -> str:
    return re.sub(rf" ?{BREAK} ?", BREAK, re.sub(r"[ \t\n]+", " ", text)).strip(" ")


def shown_code(source: str) -> str:
    """Write code as it looks, without tabs and spaces that nobody sees."""
    return "\n".join(line.rstrip() for line in source.expandtabs(4).split("\n")).strip("\n")


def plain_formula(latex: str) -> str:
    """Write a formula so that the spellings KaTeX shows alike are alike; that it does, other tests tell."""
    latex = re.sub(r"((?<!\\)(?:\\\\)*)%.*", r"\1", latex)
    for command, sign in ((r"\\lt\b", "<"), (r"\\gt\b", ">"), (r"\\vert\b", "|"), (r"\\Vert\b", r"\\|")):
        latex = re.sub(command, sign, latex)
    return re.sub(r"\s+", "", latex)


def plain_address(url: str) -> str:
    return quote(unquote(url))


def outline_of_post(post: Rendered) -> list[Part]:
    """List what a post holds, as a browser reads it."""
    reader = _Reader(post)
    reader.feed(post.html)
    reader.close()
    reader.flush()
    return reader.parts


class _Reader(HTMLParser):
    def __init__(self, post: Rendered) -> None:
        super().__init__()
        self.parts: list[Part] = []
        self._post = post
        self._kind = "p"
        self._words = ""
        self._in_pre = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag in (*HEADINGS, *CONTAINERS, "p", "li", "blockquote", "pre", "hr", "td", "th", "div"):
            self.flush()
        match tag:
            case "ul" | "ol" | "li" | "blockquote" | "hr":
                self.parts.append((tag,))
            case "td" | "th" | "p":
                self._kind = tag
            case "pre":
                self._in_pre = True
            case "br":
                self._words += BREAK
            case "code" if not self._in_pre:
                self._words += "`"
            case "em" | "strong":
                self._words += f"<{tag}>"
            case "a":
                self._words += f"({plain_address(attributes['href'] or '')})"
            case "img":
                self._words += f"[{attributes['alt']}]({plain_address(attributes['src'] or '')})"
            case "span" | "div" if "data-formula" in attributes:
                self._formula(int(attributes["data-formula"] or ""))
            case _ if tag in HEADINGS:
                self._kind = tag

    def handle_endtag(self, tag: str) -> None:
        if tag == "pre":
            self.parts.append(("code", shown_code(self._words)))
            self._in_pre, self._words = False, ""
        elif tag == "code" and not self._in_pre:
            self._words += "`"
        elif tag in ("em", "strong"):
            self._words += f"</{tag}>"
        elif tag in ("td", "th"):
            self.parts.append((tag, one_line(self._words)))
            self._kind, self._words = "p", ""
        elif tag in (*HEADINGS, *CONTAINERS, "p", "li", "blockquote"):
            self.flush()

    def handle_data(self, data: str) -> None:
        self._words += data

    def flush(self) -> None:
        """End what was being read."""
        # Forem leaves a line end behind where code follows.
        if text := one_line(self._words).removesuffix(BREAK):
            self.parts.append((self._kind, text))
        self._kind, self._words = "p", ""

    def _formula(self, number: int) -> None:
        formula = self._post.formulas[number]
        if formula.display:
            self.parts.append(("formula", plain_formula(formula.latex)))
        else:
            self._words += f"${plain_formula(formula.latex)}$"
