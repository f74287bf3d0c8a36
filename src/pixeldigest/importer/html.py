"""Foreign HTML → a small tree of the elements that mean something; nothing that runs, loads or hides comes through."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import escape
from html.parser import HTMLParser
from types import MappingProxyType
from typing import Final, NamedTuple

import nh3

from pixeldigest.importer.article import readable

_MAX_DEPTH: Final = 60
_VOID: Final = frozenset(("br", "hr", "img", "source"))
_TAGS: Final = frozenset(
    (
        *("a", "abbr", "article", "b", "blockquote", "br", "center", "cite", "code", "dd", "del", "details"),
        *("dfn", "div", "dl", "dt", "em", "figcaption", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr"),
        *("i", "iframe", "img", "kbd", "li", "main", "mark", "ol", "p", "pre", "q", "s", "samp", "section"),
        *("small", "span", "strike", "strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th"),
        *("thead", "tr", "tt", "u", "ul", "var", "video", "audio", "source", "math", "semantics", "annotation"),
    )
)
_DROPPED: Final = frozenset(
    (
        *("script", "style", "nav", "aside", "footer", "form", "button", "select", "textarea", "template"),
        *("noscript", "object", "svg", "canvas", "title", "head"),
    )
)
_ATTRIBUTES: Final[Mapping[str, set[str]]] = MappingProxyType(
    {
        "*": {"class"},
        "a": {"href", "title"},
        "annotation": {"encoding"},
        "article": {"id"},
        "audio": {"src"},
        "div": {"id"},
        "iframe": {"src", "title"},
        "img": {"src", "alt", "title"},
        "li": {"id"},
        "math": {"display", "alttext"},
        "ol": {"start"},
        "source": {"src"},
        "td": {"align", "style"},
        "th": {"align", "style"},
        "video": {"src"},
    }
)


class Node(NamedTuple):
    """An element, with texts and elements in it."""

    tag: str
    attributes: Mapping[str, str]
    children: tuple[Node | str, ...]

    @property
    def classes(self) -> frozenset[str]:
        """The element's classes."""
        return frozenset(self.attributes.get("class", "").split())


def read_html(html: str) -> Node:
    """Sanitise HTML, and build its tree: of a whole page, that of its article."""
    whole = build_tree(clean(html))
    return next((found for rank in _ARTICLES if (found := next(_find(whole, rank), None))), whole)


def clean(html: str) -> str:
    """Keep what is allowed; formulas that MathJax has in scripts are kept as code of a class of its own."""
    kept = _MATH_SCRIPT.sub(_as_code, html)
    return nh3.clean(
        kept,
        tags=set(_TAGS),
        clean_content_tags=set(_DROPPED),
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        filter_style_properties={"text-align"},
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
    )


def build_tree(clean_html: str) -> Node:
    """Build the tree of HTML that was sanitised, and so is well-formed."""
    builder = _Builder()
    builder.feed(clean_html)
    builder.close()
    return builder.root()


def text_of(node: Node | str) -> str:
    """Join the texts in an element."""
    return node if isinstance(node, str) else "".join(map(text_of, node.children))


def walk_nodes(node: Node) -> Iterator[Node]:
    """Yield an element and all that are in it, in reading order."""
    yield node
    for child in node.children:
        if isinstance(child, Node):
            yield from walk_nodes(child)


class PageFacts(NamedTuple):
    """What a page tells of itself in its head."""

    title: str = ""
    summary: str = ""
    url: str = ""
    tags: tuple[str, ...] = ()


def read_facts(html: str) -> PageFacts:
    """Read what a page's head tells; these are words only, nothing of them is ever HTML again."""
    reader = _Head()
    reader.feed(html[:200_000])
    named = reader.named
    title = named.get("og:title") or reader.title
    summary = named.get("description") or named.get("og:description", "")
    return PageFacts(" ".join(title.split()), " ".join(summary.split()), reader.canonical, tuple(reader.tags))


# Where a page's article is: on dev.to, then by the element that says so.
_ARTICLES: Final = ("#article-body", "article", "main")
_MATH_SCRIPT: Final = re.compile(
    r"<script\b[^>]{0,200}?type=[\"']?math/tex(?P<display>\s*;\s*mode=display)?[\"']?[^>]{0,200}>"
    r"(?P<latex>.{0,5000}?)</script\s*>",
    re.DOTALL | re.IGNORECASE,
)


def _as_code(found: re.Match[str]) -> str:
    latex = found["latex"].removeprefix("% <![CDATA[").removesuffix("%]]>")
    name = "tex-display" if found["display"] else "tex-inline"
    return f'<code class="{name}">{escape(latex)}</code>'


def _find(root: Node, place: str) -> Iterator[Node]:
    for node in walk_nodes(root):
        if node.attributes.get("id") == place[1:] if place.startswith("#") else node.tag == place:
            yield node


class _Builder(HTMLParser):
    """Builds the tree; what is nested too deep stands in its last element that is not."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._open: list[tuple[str, dict[str, str], list[Node | str]]] = [("div", {}, [])]
        self._beyond = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: readable(value or "") for name, value in attrs}
        if tag in _VOID:
            self._open[-1][2].append(Node(tag, attributes, ()))
        elif len(self._open) >= _MAX_DEPTH:
            self._beyond += 1
        else:
            self._open.append((tag, attributes, []))

    def handle_endtag(self, tag: str) -> None:
        if self._beyond:
            self._beyond -= 1
        elif len(self._open) > 1 and tag == self._open[-1][0]:
            self._close()

    def handle_data(self, data: str) -> None:
        self._open[-1][2].append(readable(data))

    def root(self) -> Node:
        while len(self._open) > 1:
            self._close()
        tag, attributes, children = self._open[0]
        return Node(tag, attributes, tuple(children))

    def _close(self) -> None:
        tag, attributes, children = self._open.pop()
        self._open[-1][2].append(Node(tag, attributes, tuple(children)))


class _Head(HTMLParser):
    """Reads a page's title, description, canonical address and tags."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.title, self.canonical = "", ""
        self.named: dict[str, str] = {}
        self.tags: list[str] = []
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        name = values.get("property") or values.get("name", "")
        if tag == "title" and not self.title:
            self._in_title = True
        elif tag == "link" and values.get("rel") == "canonical":
            self.canonical = values.get("href", "")
        elif tag == "meta" and name == "article:tag":
            self.tags.append(values.get("content", ""))
        elif tag == "meta":
            self.named.setdefault(name, values.get("content", ""))

    def handle_endtag(self, tag: str) -> None:
        self._in_title = self._in_title and tag != "title"

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title += data
