"""How a document's leaves look where no style sheet, no script and no MathML can be relied on: mails and feeds."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Final, NamedTuple

from pixeldigest.markup.code import code_in_colours
from pixeldigest.markup.html import Leaves, ShownImage, plain_heading
from pixeldigest.markup.mathhtml import latex_to_inline_html
from pixeldigest.markup.mathml import FormulaError
from pixeldigest.markup.mathtext import latex_to_text

# The only types of image that every mail client shows; for others their words lead to them.
IMAGE_TYPES: Final = (".png", ".jpg", ".jpeg", ".gif")
# Readers of mails and feeds have no room for more, and a mail client may know no `max-width`.
MAX_WIDTH: Final = 536


class Drawn(NamedTuple):
    """A formula's picture as a reader finds it; sizes in CSS pixels, `depth` of them below the line of the text."""

    address: str
    width: int
    height: int
    depth: int


# Where the picture of a formula is, from its LaTeX and whether it is a block; None: say it in words.
Draw = Callable[[str, bool], Drawn | None]


def mail_leaves(draw: Draw) -> Leaves:
    """Show code in colours of its own, formulas as letters with scripts, and as pictures where letters do not do."""

    def formula(latex: str) -> str:
        return f'<p class="formula">{_formula(latex, draw, display=True)}</p>'

    def inline_formula(before: str, latex: str, after: str) -> str:
        return before + _formula(latex, draw, display=False) + after

    return Leaves(
        heading=plain_heading,
        code=code_block,
        code_span=lambda text: f"<code>{escape(text, quote=False)}</code>",
        formula=formula,
        inline_formula=inline_formula,
        image=_image,
        table=lambda html, _: '<div class="wide"><table class="data">' + html.removeprefix("<table>") + "</div>",
    )


def code_block(source: str, language: str) -> str:
    """Render a block of code, without tabs."""
    return f"<pre>{code_in_colours(source.expandtabs(4), language)}</pre>"


def _formula(latex: str, draw: Draw, *, display: bool) -> str:
    """Render a formula; `check` has refused what does not parse, so what is left is shown as typed."""
    try:
        html = latex_to_inline_html(latex, display=display)
        return html if html is not None else _picture(latex, escape(latex_to_text(latex)), draw, display=display)
    except FormulaError:
        return f"<code>{escape(latex, quote=False)}</code>"


def _picture(latex: str, words: str, draw: Draw, *, display: bool) -> str:
    try:
        drawn = draw(latex, display)
    except FormulaError:  # it parses, but has a sign that the drawing's font lacks
        drawn = None
    if drawn is None:
        return words
    style = "" if display else f' style="vertical-align: -{drawn.depth}px"'
    size = f'width="{drawn.width}" height="{drawn.height}"'
    return f'<img class="drawn" src="{escape(drawn.address)}" alt="{words}" {size}{style}>'


def _image(image: ShownImage) -> str:
    shown = _shown_image(image)
    return shown if image.in_link else f'<a href="{escape(image.address)}">{shown}</a>'


def _shown_image(image: ShownImage) -> str:
    if not image.address.lower().endswith(IMAGE_TYPES) or image.size is None:
        return escape(image.alt, quote=False)
    width, height = image.size
    if width > MAX_WIDTH:
        width, height = MAX_WIDTH, max(1, round(height * MAX_WIDTH / width))
    title = f' title="{escape(image.title)}"' if image.title else ""
    return f'<img src="{escape(image.address)}" alt="{escape(image.alt)}"{title} width="{width}" height="{height}">'
