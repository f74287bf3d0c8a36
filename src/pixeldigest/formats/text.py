"""Issue → issue.txt: plain text to read, 72 columns wide."""

from __future__ import annotations

import textwrap

from pixeldigest.formats.links import link_resolver
from pixeldigest.formats.theme import Theme
from pixeldigest.issue import Issue
from pixeldigest.markup.parse import inline_nodes, parse_body
from pixeldigest.markup.text import COLUMNS, TextOptions, inline_to_text, to_text, wrap


def render_text(issue: Issue, theme: Theme) -> str:
    """Render an issue as plain text, with the addresses of its links at the end."""
    resolve = link_resolver(issue.targets, root=issue.site_url, as_of=issue.date)
    addresses: dict[str, int] = {}  # grows while the template runs, in reading order

    def number(url: str) -> int | None:
        address = resolve(url)
        return None if address is None else addresses.setdefault(address, len(addresses) + 1)

    options = TextOptions(number)

    def inline(text: str) -> str:
        return inline_to_text(inline_nodes(text), options)

    text = theme.render(
        "text/issue.txt",
        issue=issue,
        addresses=addresses,
        body=lambda text: to_text(parse_body(text), options),
        inline=inline,
        inline_all=lambda texts: "; ".join(map(inline, texts)),
        code=lambda text: textwrap.indent(text.rstrip("\n"), "    "),
        wrap=lambda text, first="", rest="": wrap(text, first=first, rest=rest),
        number=number,
        rule=lambda sign: sign * COLUMNS,
    )
    return "\n".join(line.rstrip() for line in text.split("\n"))
