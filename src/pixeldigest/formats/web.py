"""Issue → a web page; and the pages around it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from markupsafe import Markup

from pixeldigest.check import read_prose
from pixeldigest.content import Newsletter, Publisher
from pixeldigest.formats.links import link_resolver
from pixeldigest.formats.theme import Theme
from pixeldigest.issue import Issue, IssueHead, IssueSection, Target
from pixeldigest.markup.html import HtmlOptions, highlighted, inline_to_html, to_html
from pixeldigest.markup.parse import parse_body, parse_inline
from pixeldigest.markup.reading import Anchor, anchors, reading_minutes


class Frame(NamedTuple):
    """What stands around every page."""

    title: str
    tagline: str | None
    publisher: Publisher
    site_url: str
    language: str
    accent: str
    logo: str | None


class EntryPage(NamedTuple):
    """An entry on a page of its own, with the issues it was in, oldest first."""

    section: IssueSection
    issues: tuple[IssueHead, ...]
    solution_due: bool


def make_frame(newsletter: Newsletter, *, tagline: str | None = None) -> Frame:
    """Take what stands around every page from the settings."""
    return Frame(
        title=newsletter.title,
        tagline=tagline,
        publisher=newsletter.publisher,
        site_url=newsletter.site_url,
        language=newsletter.language,
        accent=newsletter.theme.accent,
        logo=newsletter.theme.logo,
    )


def render_issue_page(
    issue: Issue, frame: Frame, theme: Theme, *, previous: IssueHead | None, following: IssueHead | None, as_of: date
) -> str:
    """Render an issue's page; `as_of` decides which of its links have a page to lead to."""
    documents = [prose.document for section in issue.sections for prose in read_prose(section.entry)]
    return theme.render(
        "web/issue.html",
        page=issue.page,
        frame=frame._replace(tagline=issue.tagline),
        issue=issue,
        previous=previous,
        following=following,
        minutes=reading_minutes(documents),
        **_markup(theme, issue.targets, root=_root(issue.page), as_of=as_of),
    )


def render_entry_page(
    entry: EntryPage, frame: Frame, theme: Theme, targets: Mapping[str, Target], *, as_of: date
) -> str:
    """Render the page of a topic or a problem."""
    page = entry.section.page or ""
    return theme.render(
        "web/entry.html",
        page=page,
        frame=frame,
        section=entry.section,
        issues=entry.issues,
        solution_due=entry.solution_due,
        minutes=reading_minutes(prose.document for prose in read_prose(entry.section.entry)),
        **_markup(theme, targets, root=_root(page), as_of=as_of),
    )


def render_home(latest: Issue | None, earlier: tuple[IssueHead, ...], frame: Frame, theme: Theme, *, start: date) -> str:
    """Render the home page: the latest issue, and the list of those before it, newest first."""
    return theme.render("web/home.html", page="", root="", frame=frame, latest=latest, earlier=earlier, start=start)


def _root(page: str) -> str:
    """Lead from a page's folder back to the site's root, so that the site works from anywhere."""
    return "../" * page.count("/")


def _markup(theme: Theme, targets: Mapping[str, Target], *, root: str, as_of: date) -> dict[str, Any]:
    """Make the functions by which templates render what editors wrote."""
    resolve = link_resolver(targets, root=root, as_of=as_of, index="index.html")
    options = HtmlOptions(resolve, table_label=theme.words["table"], formula_label=theme.words["formula"])

    def body(text: str, shift: int = 0, prefix: str = "") -> Markup:
        return Markup(to_html(parse_body(text), options._replace(shift=shift, prefix=prefix)))  # noqa: S704

    def inline(text: str) -> Markup:
        paragraphs = (inline_to_html(block.children, options) for block in parse_inline(text).blocks)  # type: ignore[union-attr]
        return Markup(" ".join(paragraphs))  # noqa: S704

    def code(text: str, language: str) -> Markup:
        return Markup(highlighted(text, language))  # noqa: S704

    def outline(text: str, prefix: str = "") -> tuple[Anchor, ...]:
        return tuple(anchor for anchor in anchors(parse_body(text), prefix) if anchor.level == 2)

    def words_of(anchor: Anchor) -> Markup:
        return Markup(inline_to_html(anchor.children, options))  # noqa: S704

    return {
        "root": root,
        "body": body,
        "inline": inline,
        "code": code,
        "outline": outline,
        "words_of": words_of,
        "href": resolve,
    }
