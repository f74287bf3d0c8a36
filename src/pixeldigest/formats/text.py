"""Letter → issue.txt: plain text to read, 72 columns wide; a mail's other part."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator

from pixeldigest.channels.copies import STAND_IN
from pixeldigest.fields import Written
from pixeldigest.formats.letter import Letter, make_letter
from pixeldigest.formats.rendition import Render, one_file
from pixeldigest.formats.theme import Theme
from pixeldigest.issue import Issue
from pixeldigest.markup.document import Formula, walk
from pixeldigest.markup.mathtext import letter_scripts
from pixeldigest.markup.parse import inline_nodes, parse_body
from pixeldigest.markup.text import COLUMNS, TextOptions, cite, inline_to_text, to_text, wrap
from pixeldigest.prose import read_prose


def render_text(issue: Issue, theme: Theme) -> str:
    """Render an issue as plain text, for nobody in particular."""
    return write_letter(make_letter(issue), theme).replace(STAND_IN, "")


render: Render = one_file("issue.txt", render_text)


Writer = Callable[[str], str]


def write_letter(letter: Letter, theme: Theme) -> str:
    """Write a letter as plain text, with the addresses of its links at the end."""
    resolve = letter.resolve
    addresses: dict[str, int] = {}  # grows while the template runs, in reading order

    def number(url: str) -> int | None:
        address = resolve(url)
        return None if address is None else addresses.setdefault(address, len(addresses) + 1)

    options = TextOptions(number)

    def writers(written: Written | None = None) -> tuple[Writer, Writer]:
        """Make what writes bodies and inline texts; the scripts of an entry's formulas are alike throughout."""
        alike = options._replace(lettered=letter_scripts(_formulas(written)) if written else None)
        return (
            lambda text: to_text(parse_body(text), alike),
            lambda text: inline_to_text(inline_nodes(text), alike),
        )

    text = theme.render(
        "text/issue.txt",
        letter=letter,
        addresses=addresses,
        writers=writers,
        code=lambda text: textwrap.indent(text.rstrip("\n"), "    "),
        wrap=lambda text, first="", rest="": wrap(text, first=first, rest=rest),
        cite=lambda text, url: cite(text, number(url)),
        rule=lambda sign: sign * COLUMNS,
    )
    return "\n".join(line.rstrip() for line in text.split("\n"))


def _formulas(written: Written) -> Iterator[str]:
    for prose in read_prose(written):
        yield from (node.latex for node in walk(prose.document.blocks) if isinstance(node, Formula))
