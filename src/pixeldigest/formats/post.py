"""Issue → post.md: portable Markdown with front matter."""

from __future__ import annotations

import json

from pixeldigest.formats.links import link_resolver
from pixeldigest.formats.rendition import Render, one_file
from pixeldigest.formats.theme import Theme
from pixeldigest.issue import Issue
from pixeldigest.markup.markdown import escape_markdown, fence, inline_to_markdown, to_markdown
from pixeldigest.markup.parse import inline_nodes, parse_body


def render_post(issue: Issue, theme: Theme) -> str:
    """Render an issue as a Markdown post; links are absolute."""
    resolve = link_resolver(issue.targets, root=issue.site_url, as_of=issue.date)
    return theme.render(
        "post/issue.md",
        issue=issue,
        body=lambda text, shift=1: to_markdown(parse_body(text), resolve, shift=shift),
        inline=lambda text: inline_to_markdown(inline_nodes(text), resolve),
        plain=escape_markdown,
        fence=fence,
        quoted=lambda text: json.dumps(text, ensure_ascii=False),
    )


render: Render = one_file("post.md", render_post)
