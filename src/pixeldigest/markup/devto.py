"""Document → Markdown for dev.to, which reads it with Redcarpet twice and with Liquid between.

What Markdown may hold there is written as Markdown. The rest is a block of HTML on one line, which both readings leave
alone: lists that hold more than paragraphs and lists, code with lines that dev.to rewrites. An element stands for
emphasis, links and code in the same way where the marks would be misread.
"""

from __future__ import annotations

import re
from html import escape, unescape
from itertools import pairwise
from typing import Final, NamedTuple

from pixeldigest.markup.document import (
    Block,
    Cell,
    CodeBlock,
    CodeSpan,
    Document,
    Emphasis,
    Formula,
    Image,
    Inline,
    LineBreak,
    Link,
    List,
    Paragraph,
    Quote,
    Strong,
    Text,
)
from pixeldigest.markup.html import HtmlOptions, Leaves, Resolve, ShownImage, plain_heading, to_html
from pixeldigest.markup.katex import break_braces, break_links, katex, katex_in_html
from pixeldigest.markup.markdown import Dialect, escape_markdown, fence, write_blocks
from pixeldigest.markup.mathml import FormulaError
from pixeldigest.markup.mathtext import latex_to_text
from pixeldigest.markup.scanner import CLOSE, OPEN

# Ticks within code end Liquid's protection of it; lines like these are rewritten or taken out even in code.
_FRAGILE_CODE: Final = re.compile(
    r"```|~~~|\{%-?\s*(?:end)?raw|^(?:---|(?:title|description|tags):| {0,3}\[[^\]\n]+\]:)", re.MULTILINE
)
_MENTION: Final = re.compile(r"(?<!\w)@(?=\w)")
_PLAIN_ADDRESS: Final = re.compile(r"[^\s()<>\\\"'{}`|\[\]]+")
_PLAIN_WORDS: Final = re.compile(r"(?!\^)[^\[\]<>*_`{}\\|]*")
# Emphasis in which nothing could be taken for its end.
_PLAIN_EMPHASIS: Final = re.compile(r"[^\s*_~<\\](?:[^*_~<\\]*[^\s*_~<\\])?")


class _Place(NamedTuple):
    """Where inline nodes stand: what links lead to, whether in a table's cell, and whether in folded text."""

    resolve: Resolve
    cell: bool = False
    folded: bool = False


def to_devto(document: Document, resolve: Resolve, *, shift: int = 0) -> str:
    """Write a document as Markdown that dev.to shows as the same document."""
    return "\n\n".join(write_blocks(document.blocks, _dialect(_with_quoted_braces(resolve), shift), shift))


def inline_to_devto(children: tuple[Inline, ...], resolve: Resolve, *, folded: bool = False) -> str:
    """Write inline nodes as a paragraph; what is folded is cleaned of formulas by dev.to, so there they are words."""
    return _paragraph(children, _Place(_with_quoted_braces(resolve), folded=folded))


def escape_devto(text: str) -> str:
    """Protect plain text within a line from being read as mark-up, Liquid, a link or a mention."""
    text = escape_markdown(text).replace("\\$", "$").replace("\\<", "&lt;").replace("\\`", "&#96;")
    return break_braces(_MENTION.sub("<span>@</span>", break_links(text)))


def _with_quoted_braces(resolve: Resolve) -> Resolve:
    def quoted(url: str) -> str | None:
        address = resolve(url)
        return None if address is None else re.sub(r"[{}`|]", lambda found: f"%{ord(found[0]):02X}", address)

    return quoted


def _dialect(resolve: Resolve, shift: int) -> Dialect:
    place = _Place(resolve)
    return Dialect(
        own=lambda block: _own(block, resolve, shift),
        paragraph=lambda children: _paragraph(children, place),
        heading=lambda children: re.sub(r"#(?=#*$)", "&#35;", _join(children, place)),
        cell=lambda children: _join(children, place._replace(cell=True)).replace("|", "&#124;"),
        indent=4,
        divider="<!-- -->",
    )


def _own(block: Block, resolve: Resolve, shift: int) -> str | None:
    match block:
        case Formula(latex):
            return katex(latex, display=True)
        case CodeBlock(language, source) if not _FRAGILE_CODE.search(source):
            # Redcarpet makes spaces of tabs, by the bytes before them.
            return fence(source.expandtabs(4), re.sub(r"[^\w+#-]", "", language))
        case _ if _is_markdown(block):
            return None
        case _:
            return _html(block, resolve, shift)


def _is_markdown(block: Block) -> bool:
    """Tell whether both readings see the end of a block where it is, so that it can be Markdown."""
    match block:
        case List(start, items):
            return start in (None, 1) and all(_is_markdown_item(item) for item in items)
        case Quote(blocks):
            return all(_is_markdown(one) and not isinstance(one, Quote) for one in blocks)
        case CodeBlock():
            return False
        case _:
            return True


def _is_markdown_item(blocks: tuple[Block, ...]) -> bool:
    match blocks:
        case (Paragraph(),):
            return True
        case (Paragraph(), List() as inner):
            return _is_markdown(inner)
        case _:
            return False


def _paragraph(children: Cell, place: _Place) -> str:
    line = _join(children, place)
    line = re.sub(r"^([#>+=|-])", r"\\\1", line)
    line = re.sub(r"^(title|description|tags):", r"\1&#58;", line)
    return re.sub(r"^(\d+)([.)])(?=\s|$)", r"\1\\\2", line, flags=re.ASCII)


def _join(children: Cell, place: _Place) -> str:
    parts = [_inline(node, place) for node in children]
    for n, (part, after) in enumerate(pairwise(parts)):
        if part.endswith("!") and after.startswith("["):
            parts[n] = f"{part[:-1]}\\!"
    # Two stressed nodes side by side have elements, as within a word.
    beside = ["", *("x" if _is_stressed(node) else part for node, part in zip(children, parts, strict=True)), ""]
    return "".join(map(_marked, children, parts, beside, beside[2:]))


def _is_stressed(node: Inline) -> bool:
    return isinstance(node, Emphasis | Strong)


def _inline(node: Inline, place: _Place) -> str:
    match node:
        case Text(text):
            return escape_devto(text)
        case Emphasis(children) | Strong(children):
            return _join(children, place)
        case CodeSpan(text):
            return _code_span(text, place)
        case Formula(latex):
            return _folded(latex) if place.folded else katex(latex, display=False, cell=place.cell)
        case LineBreak():
            return "<br>"
        case Link(children, url, title):
            words, address = _join(children, place), place.resolve(url)
            return words if address is None else _link(words, address, title)
        case Image(alt, source, title):
            address = place.resolve(source)
            return escape_devto(alt) if address is None else _image(alt, address, title)


def _marked(node: Inline, words: str, before: str, after: str) -> str:
    """Put the marks around stressed words, or an element where Redcarpet would not see them."""
    if not isinstance(node, Emphasis | Strong):
        return words
    free = before[-1:] in ("", " ", "(") and (not after or not (after[0].isalnum() or after[0] in "*_<&{"))
    if free and _PLAIN_EMPHASIS.fullmatch(words):
        return f"*{words}*" if isinstance(node, Emphasis) else f"**{words}**"
    return f"<em>{words}</em>" if isinstance(node, Emphasis) else f"<strong>{words}</strong>"


def _code_span(text: str, place: _Place) -> str:
    is_plain = text == text.strip() and text and not re.search(r"`|\{[{%]|\{$", text)
    if is_plain and not (place.cell and "|" in text):
        return f"`{text}`"
    return f"<code>{escape_devto(text)}</code>"


def _folded(latex: str) -> str:
    try:
        return escape_devto(latex_to_text(latex))
    except FormulaError:
        return f"<code>{escape_devto(latex)}</code>"


def _link(words: str, address: str, title: str) -> str:
    is_plain = _PLAIN_ADDRESS.fullmatch(address) and not title
    if is_plain and unescape(words) == address:
        return f"<{address}>"
    if is_plain and _PLAIN_WORDS.fullmatch(words):
        return f"[{words}]({address})"
    return f'<a href="{escape(address)}"{_title(title)}>{words}</a>'


def _image(alt: str, address: str, title: str) -> str:
    if _PLAIN_WORDS.fullmatch(alt) and _PLAIN_ADDRESS.fullmatch(address) and not title:
        return f"![{alt}]({address})"
    return f'<img src="{escape(address)}" alt="{_attribute(alt)}"{_title(title)}>'


def _title(title: str) -> str:
    return f' title="{_attribute(title)}"' if title else ""


def _attribute(text: str) -> str:
    return break_braces(escape(text)).replace("`", "&#96;").replace("|", "&#124;")


def _html(block: Block, resolve: Resolve, shift: int) -> str:
    """Write a block as HTML on one line but for its end, where both readings look for it."""
    html = to_html(Document((block,), ()), HtmlOptions(resolve, _LEAVES, shift=shift)).replace("\n", "")
    parts = re.split(r"(<[^<>]*>)", html)
    parts[::2] = (_MENTION.sub("<span>@</span>", text) for text in parts[::2])
    line = re.sub(rf"\{{(?=[{{%{OPEN}])", "{% raw %}{{% endraw %}", "".join(parts)).replace("`", "&#96;")
    return re.sub(r"(</\w+>)$", r"\n\1", line.replace(OPEN, "{% ").replace(CLOSE, " %}"))


def _hidden(tags: str) -> str:
    """Hide our own tags while braces of the text are broken; no text holds these characters."""
    return tags.replace("{% ", OPEN).replace(" %}", CLOSE)


def _html_image(image: ShownImage) -> str:
    title = f' title="{escape(image.title)}"' if image.title else ""
    return f'<img src="{escape(image.address)}" alt="{escape(image.alt)}"{title}>'


def _html_code(source: str, _language: str) -> str:
    lines = escape(source.removesuffix("\n").expandtabs(4), quote=False)
    # Redcarpet takes definitions of links out of all lines, code or not.
    lines = re.sub(r"^( {0,3})\[", r"\1<span></span>[", lines, flags=re.MULTILINE).replace("\n", "&#10;")
    return f"<pre><code>{lines}</code></pre>"


_LEAVES: Final = Leaves(
    heading=plain_heading,
    code=_html_code,
    code_span=lambda text: f"<code>{escape(text, quote=False)}</code>",
    formula=lambda latex: f"<p>{_hidden(katex_in_html(latex, display=True))}</p>",
    inline_formula=lambda before, latex, after: f"{before}{_hidden(katex_in_html(latex, display=False))}{after}",
    image=_html_image,
    table=lambda html, _: html,
)
