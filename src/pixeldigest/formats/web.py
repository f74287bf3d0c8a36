"""Issue → a web page; and the pages around it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

from markupsafe import Markup

from pixeldigest.content import Newsletter, Publisher
from pixeldigest.formats.links import link_resolver
from pixeldigest.formats.theme import Theme
from pixeldigest.issue import (
    Images,
    Issue,
    IssueHead,
    IssueSection,
    RecallSection,
    ReviewSection,
    SolutionSection,
    Targets,
)
from pixeldigest.markup.document import CodeBlock, CodeSpan, Document, Formula, Text, walk
from pixeldigest.markup.html import HtmlOptions, inline_to_html, to_html
from pixeldigest.markup.mathml import FormulaError
from pixeldigest.markup.mathtext import latex_to_text
from pixeldigest.markup.parse import inline_nodes, parse_body
from pixeldigest.markup.reading import Anchor, anchors, reading_minutes
from pixeldigest.markup.webhtml import highlighted, web_leaves
from pixeldigest.prose import read_prose


class Frame(NamedTuple):
    """What stands around every page."""

    title: str
    tagline: str | None
    publisher: Publisher
    site_url: str
    language: str
    accent: str
    logo: str | None


class Place(NamedTuple):
    """Where a page stands: its folder below the site's root, and the ways from there, all relative."""

    page: str
    root: str
    assets: str


class EntryPage(NamedTuple):
    """An entry on a page of its own, with the issues it was in, oldest first."""

    section: IssueSection
    issues: tuple[IssueHead, ...]
    solution_due: bool


def site_place(page: str) -> Place:
    """Place a page on the site."""
    up = "../" * page.count("/")
    return Place(page, up, f"{up}assets/")


def preview_place(page: str) -> Place:
    """Place a page in the preview: what is published it links on the site beside, assets it has of its own."""
    here = site_place(page)
    return here._replace(root=f"{here.root}../../site/")


def make_frame(newsletter: Newsletter) -> Frame:
    """Take what stands around every page from the settings."""
    return Frame(
        title=newsletter.title,
        tagline=None,
        publisher=newsletter.publisher,
        site_url=newsletter.site_url,
        language=newsletter.language,
        accent=newsletter.theme.accent,
        logo=newsletter.theme.logo,
    )


def render_issue_page(
    issue: Issue,
    place: Place,
    frame: Frame,
    theme: Theme,
    *,
    previous: IssueHead | None,
    following: IssueHead | None,
    as_of: date,
) -> str:
    """Render an issue's page; `as_of` decides which of its links have a page to lead to."""
    return theme.render(
        "web/issue.html",
        frame=frame._replace(tagline=issue.tagline),
        issue=issue,
        previous=previous,
        following=following,
        minutes=reading_minutes(document for section in issue.sections for document in _documents_of(section)),
        **_shared(theme, place, issue.targets, issue.images, as_of),
    )


def _documents_of(section: IssueSection | ReviewSection) -> Iterator[Document]:
    """Yield what readers read in a section."""
    match section:
        case IssueSection():
            yield from (prose.document for prose in read_prose(section.entry))
        case RecallSection():
            yield from (prose.document for one in section.questions for prose in read_prose(one.question))
        case SolutionSection(problem=problem):
            if problem.solution:
                yield Document((CodeBlock(problem.language or "", problem.solution, 0),), ())
            if problem.explanation:
                yield parse_body(problem.explanation)


def render_entry_page(
    entry: EntryPage, place: Place, frame: Frame, theme: Theme, targets: Targets, images: Images, *, as_of: date
) -> str:
    """Render the page of an entry."""
    return theme.render(
        "web/entry.html",
        frame=frame,
        section=entry.section,
        issues=entry.issues,
        solution_due=entry.solution_due,
        minutes=reading_minutes(prose.document for prose in read_prose(entry.section.entry)),
        **_shared(theme, place, targets, images, as_of),
    )


def render_moved_page(section: IssueSection, former: str, frame: Frame, theme: Theme) -> str:
    """Render the page at a former address of an entry, which leads to today's."""
    place = site_place(former)
    target = f"{place.root}{section.page}index.html"
    canonical = place._replace(page=section.page or "")
    return theme.render("web/moved.html", frame=frame, title=section.entry.title, target=target, **canonical._asdict())


def render_home(
    latest: Issue | None, earlier: tuple[IssueHead, ...], frame: Frame, theme: Theme, *, start: date
) -> str:
    """Render the home page: the latest issue, and the list of those before it, newest first."""
    place = site_place("")
    return theme.render("web/home.html", frame=frame, latest=latest, earlier=earlier, start=start, **place._asdict())


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


def _shared(theme: Theme, place: Place, targets: Targets, images: Images, as_of: date) -> dict[str, Any]:
    """Give a template its place, and the functions by which it renders what editors wrote."""
    resolve = link_resolver(targets, root=place.root, assets=place.assets, as_of=as_of, index="index.html")
    leaves = web_leaves(table_label=theme.words["table"], formula_label=theme.words["formula"])
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
        **place._asdict(),
        "body": body,
        "inline": inline,
        "code": code,
        "outline": outline,
        "words_of": words_of,
        "href": resolve,
        "spoken": spoken,
    }
