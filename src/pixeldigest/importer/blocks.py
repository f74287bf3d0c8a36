"""The tree of foreign HTML → the blocks of a document."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final
from urllib.parse import urljoin, urlsplit

from pixeldigest.importer.article import Todo
from pixeldigest.importer.formulas import HELD, Held, fault_of, find_held, hold_formulas, make_formula, put_back
from pixeldigest.importer.html import Node, text_of, walk_nodes
from pixeldigest.importer.words import join, raise_or_lower, stress, trim
from pixeldigest.markup.document import (
    Align,
    Block,
    Cell,
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
    Rule,
    Strong,
    Table,
    Text,
    plain_text,
)

_BLOCKS: Final = frozenset(
    (
        *("article", "blockquote", "center", "dd", "details", "div", "dl", "dt", "figcaption", "figure", "h1"),
        *("h2", "h3", "h4", "h5", "h6", "hr", "iframe", "li", "main", "ol", "p", "pre", "section", "summary"),
        *("table", "ul", "video", "audio"),
    )
)
_CODE: Final = frozenset(("code", "kbd", "samp", "tt"))
_EMPHASIS: Final = frozenset(("em", "i", "cite", "dfn", "var"))
_STRUCK: Final = frozenset(("del", "strike"))
_MATH_IMAGE: Final = re.compile(r"\b(?:latex|mwe-math-\S+|ee_img|tex)\b")


class Reader:
    """Reads blocks from a tree, and notes what a person has to look at.

    `held` are the formulas that were taken out of the text before it was HTML; with `strict`, those in its texts are
    looked for now, and dollars alone make none.
    """

    def __init__(self, base: str, held: Sequence[Held], todos: list[Todo], *, strict: bool) -> None:
        self._base, self._held, self._todos, self._strict = base, [*held], todos, strict

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
        """Make paragraphs of inline nodes; a formula of its own parts them."""
        return self._line_of(*self._inlines(line))

    def _line_of(self, *nodes: Inline) -> list[Block]:
        blocks: list[Block] = []
        words: list[Inline] = []
        for node in nodes:
            if isinstance(node, Formula) and node.display:
                blocks += [*_paragraph(words), node]
                words.clear()
            else:
                words.append(node)
        return [*blocks, *_paragraph(words)]

    def _block(self, node: Node) -> tuple[Block, ...]:
        match node.tag:
            case "h1" | "h2" | "h3" | "h4" | "h5" | "h6":
                words = self._flat(node.children)
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
                return tuple(_paragraph(stress(Strong, self._flat(node.children))))
            case "figcaption":
                return tuple(_paragraph(stress(Emphasis, self._flat(node.children))))
            case "iframe" | "video" | "audio":
                return self._embedded(node)
            case _ if "katex-display" in node.classes or "katex-element" in node.classes:
                return self._display(node)
            case _:
                return self.blocks(node.children)

    def _display(self, node: Node) -> tuple[Block, ...]:
        latex = _annotation(node)
        if latex is None:
            return self.blocks(node.children)
        return tuple(self._line_of(self._formula(latex, display=True)))

    def _code(self, node: Node) -> tuple[Block, ...]:
        source = put_back(text_of(node), self._held).strip("\n")
        language = _language(node)
        if language == "math":
            return tuple(self._line_of(self._formula(source, display=True)))
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
        cells = [tuple(self._flat(cell.children, cell=True) for cell in row) for row in rows]
        head, *others = ((*row, *([()] * (width - len(row)))) for row in cells)
        aligns: list[Align] = [_align(cell) for cell in rows[0]]
        aligns += [""] * (width - len(aligns))
        return (Table(tuple(aligns), head, tuple(others)),)

    def _embedded(self, node: Node) -> tuple[Block, ...]:
        inner = (one.attributes.get("src") for one in walk_nodes(node))
        address = self._absolute(next(filter(None, inner), ""))
        if not address:
            self._note(f"a {node.tag} was left out: it names no address")
            return ()
        self._note(f"what was shown here ({node.tag}) is a link now: say in words where it leads", address)
        words = node.attributes.get("title") or address
        return (Paragraph((Link((Text(words),), address, "", 0),)),)

    def _flat(self, children: Iterable[Node | str], *, cell: bool = False) -> Cell:
        """Read what has to stand on one line: a heading, or a cell of a table."""
        flat: list[Inline] = []
        for node in self._inlines(children):
            if isinstance(node, Formula):
                flat.append(node._replace(display=False, latex=" ".join(node.latex.split())))
            else:
                flat.append(Text(" ") if isinstance(node, LineBreak) else node)
        if cell and any(isinstance(one, Formula) and "$" in one.latex for one in flat):
            self._note("a formula in a table could not be kept")
        return trim(join(flat))

    def _inlines(self, children: Iterable[Node | str], around: tuple[str, ...] = ()) -> tuple[Inline, ...]:
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
            self._note("this was struck out: take it away, or say that it no longer holds", text_of(node))
        name = "em" if node.tag in _EMPHASIS else "strong" if node.tag in ("strong", "b") else ""
        inner = self._inlines(node.children, (*around, name) if name else around)
        if not name or name in around:
            return inner
        return stress(Emphasis if name == "em" else Strong, inner) if inner else ()

    def _text(self, text: str) -> list[Inline]:
        """Read a text with placeholders for formulas in it."""
        shown = hold_formulas(text, self._held, strict=True) if self._strict else text
        nodes: list[Inline] = []
        for number, part in enumerate(HELD.split(shown)):
            if number % 2:
                nodes += [self._formula(one.latex, display=one.display) for one in find_held(part, self._held)]
            elif part:
                nodes.append(Text(part))
        return nodes

    def _math(self, node: Node) -> tuple[Inline, ...]:
        latex = _annotation(node)
        if latex is None:
            shown = " ".join(text_of(node).split())
            self._note("this formula came without LaTeX: write it between dollars", shown)
            return (CodeSpan(shown),) if shown else ()
        display = any(one.attributes.get("display") == "block" for one in walk_nodes(node))
        return (self._formula(latex, display=display),)

    def _code_span(self, node: Node) -> tuple[Inline, ...]:
        text = text_of(node)
        if math := node.classes & {"tex-inline", "tex-display"}:
            return (self._formula(text, display="tex-display" in math),)
        shown = " ".join(put_back(text, self._held).split())
        return (CodeSpan(shown),) if shown else ()

    def _image(self, node: Node) -> tuple[Inline, ...]:
        alt = " ".join(node.attributes.get("alt", "").split())
        if _MATH_IMAGE.search(node.attributes.get("class", "")) and alt:
            return (self._formula(alt, display=False),)
        source = node.attributes.get("src", "")
        title = " ".join(node.attributes.get("title", "").split())
        return (Image(alt, _join_address(self._base, source), title, 0),) if source else ()

    def _link(self, node: Node, around: tuple[str, ...]) -> tuple[Inline, ...]:
        address = self._absolute(node.attributes.get("href", ""))
        inside = "a" in around
        inner = self._inlines(node.children, (*around, "a"))
        if plain_text(inner).strip(" ↩︎") == "" and not any(isinstance(one, Image) for one in inner):
            return ()
        if inside or not address:
            lost = node.attributes.get("href", "")
            if lost and not lost.startswith("#") and not inside:
                self._note(f"the link to '{lost[:80]}' leads nowhere from here, and is words now", plain_text(inner))
            return inner
        return (Link(trim(inner), address, " ".join(node.attributes.get("title", "").split()), 0),)

    def _formula(self, latex: str, *, display: bool) -> Formula | CodeSpan:
        made = make_formula(latex, display=display)
        if isinstance(made, CodeSpan):
            reason = fault_of(made.text, display=display)
            self._note(f"this formula is code now, since {reason}: write it between dollars", made.text)
        return made

    def _absolute(self, address: str) -> str:
        """Complete an address; nothing where readers could not follow it."""
        if not address or address.startswith("#"):
            return ""
        whole = _join_address(self._base, address.strip())
        is_mail = re.fullmatch(r"mailto:[^\s@]+@[^\s@]+", whole)
        return whole if is_mail or is_web_address(whole) else ""

    def _note(self, message: str, near: str = "") -> None:
        self._todos.append(Todo("body", message, near))


def is_web_address(address: str) -> bool:
    """Tell whether an address is whole and leads into the web."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"\s", address)


def _is_block(node: Node) -> bool:
    inner = node.tag in ("a", "span", "strong", "b", "em", "i", "del") and any(
        isinstance(one, Node) and one.tag in _BLOCKS - {"iframe"} for one in node.children
    )
    return node.tag in _BLOCKS or inner


def _join_address(base: str, address: str) -> str:
    try:
        return urljoin(base, address) if base else address
    except ValueError:
        return address


def _paragraph(words: Iterable[Inline]) -> list[Block]:
    children = trim(join(words))
    return [Paragraph(children)] if children else []


def _annotation(node: Node) -> str | None:
    """Find the LaTeX that KaTeX and others leave beside what they show."""
    for one in walk_nodes(node):
        if one.tag == "annotation" and one.attributes.get("encoding") == "application/x-tex":
            return text_of(one)
    return next((one.attributes["alttext"] for one in walk_nodes(node) if one.attributes.get("alttext")), None)


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
