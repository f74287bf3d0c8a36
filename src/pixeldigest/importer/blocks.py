"""An article → the blocks of a document: its Markdown becomes HTML first, so that both are read by one reader."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import Final, NamedTuple

from pixeldigest.importer.article import Article, Todo, readable
from pixeldigest.importer.footnotes import find_footnotes, without_footnotes
from pixeldigest.importer.formulas import HELD, Held, release_reserved
from pixeldigest.importer.html import Node, build_tree, clean, read_html, text_of, walk_nodes
from pixeldigest.importer.inline import LineReader, find_latex, join, stress, trim
from pixeldigest.importer.markdown import markdown_to_html
from pixeldigest.markup.document import (
    Align,
    Block,
    CodeBlock,
    Emphasis,
    Formula,
    Heading,
    Inline,
    Link,
    List,
    Paragraph,
    Quote,
    Rule,
    Strong,
    Table,
    Text,
)

_BLOCKS: Final = frozenset(
    (
        *("article", "blockquote", "center", "dd", "details", "div", "dl", "dt", "figcaption", "figure", "h1"),
        *("h2", "h3", "h4", "h5", "h6", "hr", "iframe", "li", "main", "ol", "p", "pre", "section", "summary"),
        *("table", "ul", "video", "audio"),
    )
)


class Read(NamedTuple):
    """What an article says, and what a person has to look at."""

    blocks: tuple[Block, ...]
    todos: tuple[Todo, ...]


def read_article(article: Article) -> Read:
    """Read an article's text."""
    todos: list[Todo] = []
    held: list[Held] = []
    text = release_reserved(readable(article.text))
    match article.form:
        case "html":
            tree = read_html(text)
        case "markdown":
            tree = build_tree(clean(markdown_to_html(text, held, todos, breaks=article.breaks)))
    inner, listed = find_footnotes(tree)
    notes: dict[str, Node | None] = {**inner}
    reader = _BlockReader(LineReader(article.base, held, todos, notes, strict=article.form == "html"))
    blocks = reader.blocks(without_footnotes(tree, inner).children)
    lost = filter(None, notes.values())
    todos += (Todo("body", f"the footnote '{_start_of(one)}' was left out: say it in the text") for one in lost)
    message = "this was a footnote: say it where it belongs, or take its number away there"
    todos += (Todo("body", message, _start_of(one)) for one in listed.values())
    return Read(blocks, tuple(todos))


class _BlockReader:
    """Reads blocks from a tree."""

    def __init__(self, lines: LineReader) -> None:
        self._lines = lines

    def blocks(self, children: Iterable[Node | str]) -> tuple[Block, ...]:
        """Read what stands in an element."""
        blocks: list[Block] = []
        line: list[Node | str] = []
        for child in children:
            if isinstance(child, str) or not _is_block(child):
                line.append(child)
            else:
                blocks += self._line(line)
                blocks += self._block(child)
                line.clear()
        return (*blocks, *self._line(line))

    def _line(self, line: Iterable[Node | str]) -> list[Block]:
        return _paragraphs(*self._lines.inlines(line))

    def _block(self, node: Node) -> tuple[Block, ...]:
        match node.tag:
            case "h1" | "h2" | "h3" | "h4" | "h5" | "h6":
                words = self._lines.flat(node.children)
                return (Heading(int(node.tag[1]), words),) if words else ()
            case "hr":
                return (Rule(),)
            case "pre":
                return self._code(node)
            case "ul" | "ol":
                return self._list(node)
            case "blockquote":
                inner = self.blocks(node.children)
                return (Quote(inner),) if inner else ()
            case "table":
                return self._table(node)
            case "summary" | "dt":
                return tuple(_paragraph(stress(Strong, self._lines.flat(node.children))))
            case "figcaption":
                return tuple(_paragraph(stress(Emphasis, self._lines.flat(node.children))))
            case "iframe" | "video" | "audio":
                return self._embedded(node)
            case _ if "katex-display" in node.classes or "katex-element" in node.classes:
                return self._display(node)
            case _:
                return self.blocks(node.children)

    def _display(self, node: Node) -> tuple[Block, ...]:
        latex = find_latex(node)
        if latex is None:
            return self.blocks(node.children)
        return tuple(_paragraphs(self._lines.formula(latex, display=True)))

    def _code(self, node: Node) -> tuple[Block, ...]:
        source = self._lines.source_of(node).strip("\n")
        language = _language(node)
        if language == "math":
            return tuple(_paragraphs(self._lines.formula(source, display=True)))
        return (CodeBlock(language, f"{source}\n", 0),) if source else ()

    def _list(self, node: Node) -> tuple[Block, ...]:
        items = [one for one in node.children if isinstance(one, Node)]
        read = tuple(filter(None, (self.blocks(item.children) for item in items if item.tag == "li")))
        is_loose = any(isinstance(one, Node) and one.tag == "p" for item in items for one in item.children)
        tight = not is_loose and all(_is_tight(blocks) for blocks in read)
        start = _number(node.attributes.get("start", "1")) if node.tag == "ol" else None
        return (List(start, read, tight),) if read else ()

    def _table(self, node: Node) -> tuple[Block, ...]:
        rows = [
            [one for one in row.children if isinstance(one, Node) and one.tag in ("td", "th")]
            for row in walk_nodes(node)
            if row.tag == "tr"
        ]
        rows = [row for row in rows if row]
        if not rows:
            return self.blocks(node.children)
        width = max(map(len, rows))
        cells = [tuple(self._lines.flat(cell.children, cell=True) for cell in row) for row in rows]
        head, *others = ((*row, *([()] * (width - len(row)))) for row in cells)
        aligns: list[Align] = [_align(cell) for cell in rows[0]]
        aligns += [""] * (width - len(aligns))
        return (Table(tuple(aligns), head, tuple(others)),)

    def _embedded(self, node: Node) -> tuple[Block, ...]:
        inner = (one.attributes.get("src") for one in walk_nodes(node))
        address = self._lines.complete(next(filter(None, inner), ""))
        if not address:
            self._lines.note(f"a {node.tag} was left out: it names no address")
            return ()
        self._lines.note(f"what was shown here ({node.tag}) is a link now: say in words where it leads", address)
        words = node.attributes.get("title") or address
        return (Paragraph((Link((Text(words),), address, "", 0),)),)


def _start_of(note: Node) -> str:
    """Quote the beginning of a footnote."""
    lines = text_of(note).strip().split("\n")
    return HELD.split(lines[0])[0][:60].strip()


def _is_block(node: Node) -> bool:
    inner = node.tag in ("a", "span", "strong", "b", "em", "i", "del") and any(
        isinstance(one, Node) and one.tag in _BLOCKS - {"iframe"} for one in node.children
    )
    return node.tag in _BLOCKS or inner


def _paragraphs(*nodes: Inline) -> list[Block]:
    """Make paragraphs of inline nodes; a formula of its own parts them."""
    blocks: list[Block] = []
    words: list[Inline] = []
    for node in nodes:
        if isinstance(node, Formula) and node.display:
            blocks += [*_paragraph(words), node]
            words.clear()
        else:
            words.append(node)
    return [*blocks, *_paragraph(words)]


def _paragraph(words: Iterable[Inline]) -> list[Block]:
    children = trim(join(words))
    return [Paragraph(children)] if children else []


def _language(node: Node) -> str:
    for one in walk_nodes(node):
        for name in sorted(one.classes):
            if found := re.fullmatch(r"(?:language|lang|brush)[-:]([\w+#-]+)", name):
                return found[1]
    first = sorted(node.classes - {"highlight", "code", "prettyprint", "chroma"}) if "highlight" in node.classes else []
    return next((name for name in first if re.fullmatch(r"[a-z][\w+#-]*", name)), "")


def _is_tight(blocks: tuple[Block, ...]) -> bool:
    simple = all(isinstance(one, Paragraph | List | CodeBlock) for one in blocks)
    return simple and not any(
        isinstance(one, Paragraph) and isinstance(two, Paragraph) for one, two in pairwise(blocks)
    )


def _number(text: str) -> int:
    return int(text) if re.fullmatch(r"[0-9]{1,8}", text) else 1


def _align(cell: Node) -> Align:
    told = cell.attributes.get("align") or cell.attributes.get("style", "")
    aligns: tuple[Align, ...] = ("left", "right", "center")
    return next((align for align in aligns if align in told), "")
