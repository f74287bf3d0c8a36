"""Issue → devto.md: a post for dev.to, ready to paste or to send."""

from __future__ import annotations

import json
from collections.abc import Iterator

from pixeldigest.formats.cover import DEVTO, cover_url
from pixeldigest.formats.links import link_resolver
from pixeldigest.formats.rendition import Fault, File, Render, Rendition
from pixeldigest.formats.theme import Theme
from pixeldigest.issue import Issue
from pixeldigest.markup.devto import escape_devto, inline_to_devto, to_devto
from pixeldigest.markup.document import CodeBlock, Document, Emphasis, Heading, Link, Strong, Text
from pixeldigest.markup.forem import MAX_TITLE, devto_tags, kept_title
from pixeldigest.markup.parse import inline_nodes, parse_body


def render_devto(issue: Issue, theme: Theme) -> Rendition:
    """Render an issue as a post for dev.to; links are absolute."""
    return Rendition((File("devto.md", _write(issue, theme).encode()),), faults=tuple(_faults(issue)))


render: Render = render_devto


def _faults(issue: Issue) -> Iterator[Fault]:
    if len(issue.title) > MAX_TITLE:
        message = f"the title has {len(issue.title)} characters, and dev.to takes {MAX_TITLE}: '{issue.title}'"
        yield Fault("devto-title", message, "shorten 'issue.title' in the settings, or the entries' titles", "warning")


def _write(issue: Issue, theme: Theme) -> str:
    resolve = link_resolver(issue.targets, root=issue.site_url, as_of=issue.date)
    return theme.render(
        "devto/issue.md",
        issue=issue,
        title=kept_title(issue.title),
        tags=", ".join(devto_tags(issue.tags)),
        cover=cover_url(issue, DEVTO) if theme.covers else None,
        body=lambda text: to_devto(parse_body(text), resolve, shift=1),
        inline=lambda text: inline_to_devto(inline_nodes(text), resolve),
        folded=lambda text: inline_to_devto(inline_nodes(text), resolve, folded=True),
        heading=lambda text: to_devto(Document((Heading(2, (Text(text),)),), ()), resolve),
        plain=escape_devto,
        stressed=lambda text: inline_to_devto((Emphasis((Text(text),)),), resolve),
        strong=lambda text: inline_to_devto((Strong((Text(text),)),), resolve),
        link=lambda words, url: inline_to_devto((Link((Text(words),), url, "", 0),), resolve),
        code=lambda source, language: to_devto(Document((CodeBlock(language, source, 0),), ()), resolve),
        quoted=lambda text: json.dumps(text, ensure_ascii=False),
    )
