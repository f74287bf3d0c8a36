"""What editors wrote, as pages show it: the functions by which templates render it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from markupsafe import Markup

from pixeldigest.content import Problem
from pixeldigest.formats.links import link_resolver
from pixeldigest.formats.theme import Theme
from pixeldigest.issue import IssueSection, RecallSection, ReviewSection, SolutionSection
from pixeldigest.markup.document import CodeBlock, CodeSpan, Document, Formula, Text, walk
from pixeldigest.markup.html import HtmlOptions, inline_to_html, to_html
from pixeldigest.markup.mathml import FormulaError
from pixeldigest.markup.mathtext import latex_to_text
from pixeldigest.markup.parse import inline_nodes, parse_body
from pixeldigest.markup.reading import Anchor, anchors
from pixeldigest.markup.webhtml import heading_with_mark, highlighted, web_leaves
from pixeldigest.prose import read_prose, sources_of
from pixeldigest.site.frame import Place
from pixeldigest.targets import Images, Targets


def sources_in(section: IssueSection | ReviewSection) -> Iterator[str]:
    """Yield the texts of a section as they are written."""
    match section:
        case IssueSection():
            yield from sources_of(section.entry)
        case RecallSection():
            yield from (source for one in section.questions for source in sources_of(one.question))
        case SolutionSection(problem=Problem() as problem):
            yield problem.explanation or ""


def documents_of(section: IssueSection | ReviewSection) -> Iterator[Document]:
    """Yield what readers read in a section."""
    match section:
        case IssueSection():
            yield from (prose.document for prose in read_prose(section.entry))
        case RecallSection():
            yield from (prose.document for one in section.questions for prose in read_prose(one.question))
        case SolutionSection(problem=Problem() as problem):
            if problem.solution:
                yield Document((CodeBlock(problem.language or "", problem.solution, 0),), ())
            if problem.explanation:
                yield parse_body(problem.explanation)


def content_values(theme: Theme, place: Place, targets: Targets, images: Images, as_of: date) -> Mapping[str, Any]:
    """Give a template the functions by which it renders what editors wrote, with links as they go from its place."""
    resolve = link_resolver(targets, root=place.root, assets=place.assets, as_of=as_of, index="index.html")
    leaves = web_leaves(table_label=theme.words["table"], formula_label=theme.words["formula"])
    leaves = leaves._replace(heading=heading_with_mark)
    options = HtmlOptions(resolve, leaves, sizes=images)

    def body(text: str, shift: int = 0, prefix: str = "") -> Markup:
        return Markup(to_html(parse_body(text), options._replace(shift=shift, prefix=prefix)))  # noqa: S704

    def inline(text: str) -> Markup:
        return Markup(inline_to_html(inline_nodes(text), options))  # noqa: S704

    def code(text: str, language: str) -> Markup:
        return Markup(highlighted(text, language))  # noqa: S704

    def outline(text: str, prefix: str = "") -> tuple[Anchor, ...]:
        return tuple(anchor for anchor in anchors(parse_body(text), prefix) if anchor.level == 2)

    def words_of(anchor: Anchor) -> Markup:
        """Render a heading's words to be put into a link; a link within them would end it."""
        return Markup(inline_to_html(anchor.children, options._replace(resolve=lambda _: None)))  # noqa: S704

    return {
        "body": body,
        "inline": inline,
        "code": code,
        "outline": outline,
        "words_of": words_of,
        "href": resolve,
        "spoken": spoken,
    }


def spoken(text: str) -> str:
    """Say inline Markdown that holds a formula in plain words, else nothing: MathML alone names no button."""
    nodes = [node for node in walk(inline_nodes(text)) if isinstance(node, Text | CodeSpan | Formula)]
    if not any(isinstance(node, Formula) for node in nodes):
        return ""
    return "".join(_formula_words(node.latex) if isinstance(node, Formula) else node.text for node in nodes)


def _formula_words(latex: str) -> str:
    try:
        return latex_to_text(latex)
    except FormulaError:
        return latex
