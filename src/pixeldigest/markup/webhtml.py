"""How a document's leaves look on a web page."""

from __future__ import annotations

import re
from html import escape
from typing import Final

from pixeldigest.markup.code import code_to_html
from pixeldigest.markup.html import Leaves, ShownImage, plain_heading
from pixeldigest.markup.mathml import FormulaError, latex_to_mathml


def web_leaves(*, table_label: str = "Table", formula_label: str = "Formula") -> Leaves:
    """Show code highlighted and formulas as MathML; what may be wider than the page can be scrolled by keyboard.

    The labels name such regions to who listens.
    """
    label = escape(formula_label)

    def formula(latex: str) -> str:
        mathml = _formula(latex, display=True)
        return f'<div class="formula" role="group" aria-label="{label}" tabindex="0">{mathml}</div>'

    def table(html: str, columns: str) -> str:
        # Named after its columns, so that several on a page can be told apart by ear; no region, for names may repeat.
        name = escape(f"{table_label}: {columns}")
        return f'<div class="table" role="group" aria-label="{name}" tabindex="0">{html}</div>'

    return Leaves(
        heading=_heading,
        code=highlighted,
        code_span=lambda text: f"<code>{_breakable(text)}</code>",
        formula=formula,
        inline_formula=_inline_formula,
        image=_image,
        table=table,
    )


def highlighted(source: str, language: str) -> str:
    """Render a block of code; it can be scrolled by keyboard."""
    name = f' data-language="{escape(language)}"' if language else ""
    return f'<div class="highlight"{name}><pre tabindex="0"><code>{code_to_html(source, language)}</code></pre></div>'


def _heading(depth: int, words: str, name: str) -> str:
    return f'<h{depth} id="{escape(name)}">{words}</h{depth}>' if name else plain_heading(depth, words, name)


def heading_with_mark(depth: int, words: str, name: str) -> str:
    """Render a heading with a mark that leads to it, so that its address can be copied; only pointers reach it."""
    mark = f'<a class="anchor" href="#{escape(name)}" aria-hidden="true" tabindex="-1"></a>' if name else ""
    return _heading(depth, words + mark, name)


def _inline_formula(before: str, latex: str, after: str) -> str:
    html = before + _formula(latex, display=False) + after
    return f'<span class="tied">{html}</span>' if before or after else html


def _image(image: ShownImage) -> str:
    title = f' title="{escape(image.title)}"' if image.title else ""
    size = f' width="{image.size[0]}" height="{image.size[1]}"' if image.size else ""
    return f'<img src="{escape(image.address)}" alt="{escape(image.alt)}"{title}{size} loading="lazy">'


_LONG_WORD: Final = re.compile(r"\S{24}")
_WORD_BREAK: Final = re.compile(r"(?<=[(\[{,.=/_])(?=[^\W_])")


def _breakable(code: str) -> str:
    """Escape code within a line; where a word of it is long, say where it may be broken on a small screen."""
    if not _LONG_WORD.search(code):
        return escape(code, quote=False)
    return "<wbr>".join(escape(part, quote=False) for part in _WORD_BREAK.split(code))


def _formula(latex: str, *, display: bool) -> str:
    """Render a formula; `check` has refused what does not parse, so what is left is shown as typed."""
    try:
        return latex_to_mathml(latex, display=display)
    except FormulaError:
        return f"<code>{escape(latex, quote=False)}</code>"
