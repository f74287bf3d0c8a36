"""What must hold of a mail's page whatever shows it: layout, outline, pictures, code, and nothing left behind."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from pixeldigest.formats.mailcheck.css import inline_style
from pixeldigest.formats.mailcheck.message import Mail, prose_lines, related_pictures
from pixeldigest.formats.mailcheck.tree import Element, find, parse_html, text_of, walk, words
from pixeldigest.formats.rendition import Fault

WIDEST: Final = 640
HEADINGS: Final = ("h1", "h2", "h3", "h4", "h5", "h6")
# What a mail program would show in a font, a colour or with margins of its own.
STYLED: Final = (
    *HEADINGS,
    *("a", "blockquote", "body", "code", "hr", "img", "li", "ol", "p", "pre", "td", "th", "ul"),
)

_WIDTHS = frozenset({"width", "min-width", "max-width"})
_PIXELS = re.compile(r"(\d+(?:\.\d+)?)(?:px)?")
_RESIDUE = re.compile(r"\bTK\b|\bTODO\b|\{\{|\{%|\$\$|\\frac\b")


def check_layout(mail: Mail) -> Iterator[Fault]:
    """Want tables that say what they are, nothing wider than a mail, and styles where every program reads them."""
    page = parse_html(mail.html)
    yield from _table_faults(page)
    for element in walk(page):
        for width in _widths(element):
            if width > WIDEST:
                message = f"a '{element.tag}' is {width:g} pixels wide, more than {WIDEST}"
                yield _layout_fault(message, f"make it {WIDEST} or less, or give a share such as '100%'")
    bare = Counter(one.tag for one in walk(page) if one.tag in STYLED and not one.get("style"))
    for tag, count in sorted(bare.items()):
        message = f"{count} '{tag}' {'element has' if count == 1 else 'elements have'} no 'style' attribute"
        yield _layout_fault(message, "style it in 'mail/style.css', which is put into attributes")


def check_outline(mail: Mail) -> Iterator[Fault]:
    """Want language, charset and title, one h1, and no level of headings left out."""
    page = parse_html(mail.html)
    if not any(html.get("lang") for html in find(page, "html")):
        yield _outline_fault("the HTML names no language", "write '<html lang=\"…\">'")
    if not any((meta.get("charset") or "").lower() == "utf-8" for meta in find(page, "meta")):
        yield _outline_fault("the HTML names no charset", "write '<meta charset=\"utf-8\">'")
    if not any(words(title) for title in find(page, "title")):
        yield _outline_fault("the HTML has no title", "write '<title>…</title>'")
    headings = list(find(page, *HEADINGS))
    count = sum(one.tag == "h1" for one in headings)
    if count != 1:
        yield _outline_fault(f"the HTML has {count} 'h1' elements", "give it exactly one: what the mail is about")
    for before, heading in pairwise([Element("h0", (), ()), *headings]):
        if int(heading.tag[1]) > int(before.tag[1]) + 1:
            after = f"after '{before.tag}'" if before.tag != "h0" else "first"
            message = f"the '{heading.tag}' '{words(heading)}' comes {after}"
            yield _outline_fault(message, f"make it an 'h{int(before.tag[1]) + 1}'")


def check_images(mail: Mail) -> Iterator[Fault]:
    """Want pictures that can be fetched or come along, keep their place while they load, and can be read aloud."""
    attached = related_pictures(mail.message)
    for image in find(parse_html(mail.html), "img"):
        source = image.get("src") or ""
        if source.startswith("cid:"):
            if source.removeprefix("cid:") not in attached:
                yield _image_fault(f"the picture '{source}' is not in the message", "attach it with that 'Content-ID'")
        elif not source.startswith("https://"):
            yield _image_fault(f"the picture '{source}' has no https address", "host it, or attach it as 'cid:'")
        for name in ("width", "height"):
            if not (image.get(name) or "").isdecimal():
                yield _image_fault(f"the picture '{source}' has no {name} in pixels", f"write '{name}=\"…\"'")
        if image.get("alt") is None:
            yield _image_fault(f"the picture '{source}' has no 'alt'", "say what it shows, or 'alt=\"\"' for ornament")


def check_code(mail: Mail) -> Iterator[Fault]:
    """Want code that keeps its lines and its colours where no style sheet is read."""
    page = parse_html(mail.html)
    for code in _outside_pre(page, "code"):
        first, *others = text_of(code).strip().splitlines() or [""]
        if others:
            yield _code_fault(f"code of several lines is not in 'pre': '{first}'", "put it there")
    for pre in find(page, "pre"):
        for line in text_of(pre).splitlines():
            if "\t" in line:
                yield _code_fault(f"code has tabs: '{line.strip()}'", "write spaces: programs show tabs as they like")
        if not any(one.name == "color" for one in inline_style(pre)):
            yield _code_fault("a 'pre' has no colour of its own", "give it 'color' in its 'style' attribute")
        for span in find(pre, "span"):
            if span.get("class") or not span.get("style"):
                message = f"'{words(span)}' in code is coloured by a class"
                yield _code_fault(message, "give the colour in its 'style' attribute")


def check_residue(mail: Mail) -> Iterator[Fault]:
    """Want no marks of unfinished work, and none of templates or LaTeX, outside code."""
    places = {"subject": [mail.subject], "preheader": [mail.preheader], "text": list(prose_lines(mail.text))}
    places["HTML"] = list(_shown_texts(parse_html(mail.html)))
    for place, texts in places.items():
        for residue in sorted({found[0] for text in texts for found in _RESIDUE.finditer(text)}):
            yield Fault("mail-residue", f"the {place} has '{residue}'", "finish it, or write it as code")


def _outside_pre(element: Element, tag: str) -> Iterator[Element]:
    if element.tag == tag:
        yield element
    for child in element.children:
        if isinstance(child, Element) and child.tag != "pre":
            yield from _outside_pre(child, tag)


def _table_faults(page: Element) -> Iterator[Fault]:
    for table in find(page, "table"):
        heads = list(_own_heads(table))
        if not heads and table.get("role") != "presentation":
            message = f"a table has neither a role nor heads: '{words(table)[:40]}'"
            yield _layout_fault(message, "write 'role=\"presentation\"', or 'th' where it holds data")
        if heads and table.get("role") == "presentation":
            message = f"a table with heads is for presentation: '{words(table)[:40]}'"
            yield _layout_fault(message, "leave the role out: it holds data")
        for head in heads:
            if head.get("scope") not in {"col", "row", "colgroup", "rowgroup"}:
                yield _layout_fault(f"the head '{words(head)}' of a table has no scope", "write 'scope=\"col\"'")


def _own_heads(table: Element) -> Iterator[Element]:
    """Yield the heads of a table, but not those of tables in it."""
    for child in table.children:
        if isinstance(child, Element) and child.tag == "th":
            yield child
        elif isinstance(child, Element) and child.tag != "table":
            yield from _own_heads(child)


def _widths(element: Element) -> Iterator[float]:
    declared = [one.value for one in inline_style(element) if one.name in _WIDTHS]
    for value in (element.get("width") or "", *declared):
        if pixels := _PIXELS.fullmatch(value.strip()):
            yield float(pixels[1])


def _shown_texts(element: Element) -> Iterator[str]:
    """Yield what is shown or read aloud, without code."""
    for name in ("alt", "title"):
        if value := element.get(name):
            yield value
    for child in element.children:
        if isinstance(child, str):
            yield child
        elif child.tag not in {"code", "pre", "style", "script"}:
            yield from _shown_texts(child)


def _layout_fault(message: str, hint: str) -> Fault:
    return Fault("mail-layout", message, hint)


def _outline_fault(message: str, hint: str) -> Fault:
    return Fault("mail-outline", message, hint)


def _image_fault(message: str, hint: str) -> Fault:
    return Fault("mail-images", message, hint)


def _code_fault(message: str, hint: str) -> Fault:
    return Fault("mail-code", message, hint)
