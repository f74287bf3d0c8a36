"""The texts of a letter as HTML for mails and feeds: absolute links, formulas as letters or as hosted pictures."""

from __future__ import annotations

from typing import NamedTuple

from markupsafe import Markup

from pixeldigest.formats.letter import Letter
from pixeldigest.formats.rendition import File
from pixeldigest.formats.theme import Theme
from pixeldigest.markup.html import HtmlOptions, inline_to_html, to_html
from pixeldigest.markup.mailhtml import Drawn, code_block, mail_leaves
from pixeldigest.markup.parse import inline_nodes, parse_body
from pixeldigest.markup.picture import picture_name

# The folder of formulas' pictures below the site's root. They stay there for good: mails that were sent show them.
FORMULAS = "assets/formulas/"


class LetterHtml(NamedTuple):
    """A letter as HTML, and the formulas' pictures that it shows, as assets of the site."""

    html: str
    pictures: tuple[File, ...]


def render_letter(template: str, letter: Letter, theme: Theme, **values: object) -> LetterHtml:
    """Render a template that shows a letter's texts."""
    drawn: dict[str, bytes] = {}  # grows while the template runs, in reading order

    def draw(latex: str, display: bool) -> Drawn | None:  # noqa: FBT001 - as in Formula
        if theme.pictures is None:
            return None
        picture = theme.pictures.draw(latex, display)
        path = f"{FORMULAS}{picture_name(latex, display=display)}.png"
        drawn[path] = picture.png
        return Drawn(letter.site_url + path, picture.width, picture.height, picture.depth)

    options = HtmlOptions(letter.resolve, mail_leaves(draw), sizes=letter.images)

    def body(text: str, shift: int = 0) -> Markup:
        return Markup(to_html(parse_body(text), options._replace(shift=shift)))  # noqa: S704

    def inline(text: str) -> Markup:
        return Markup(inline_to_html(inline_nodes(text), options))  # noqa: S704

    def code(text: str, language: str) -> Markup:
        return Markup(code_block(text, language))  # noqa: S704

    html = theme.render(template, letter=letter, body=body, inline=inline, code=code, **values)
    return LetterHtml(html, tuple(File(path, png) for path, png in drawn.items()))
