"""Rules about what texts hold: mark-up, formulas, links and images."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import NamedTuple

from pydantic import BaseModel

from pixeldigest.check.finding import Finding
from pixeldigest.check.references import ids_of
from pixeldigest.content import INTERNAL_SCHEMES
from pixeldigest.diagnostics import nearest, suggest, unmistakable
from pixeldigest.library import SETTINGS_FILE, Library
from pixeldigest.markup.document import Document, Formula, Image, Link, walk
from pixeldigest.markup.mathml import FormulaError, latex_to_mathml
from pixeldigest.prose import read_prose
from pixeldigest.yamlfile import Keys

MAX_IMAGE_BYTES = 300_000
BODY: Keys = ("body",)


class Passage(NamedTuple):
    """A Markdown text in a file: the keys that lead to it, its source, what it means, and whose it is.

    `title` is what stands above a body; empty where none does.
    """

    file: str
    keys: Keys
    source: str
    document: Document
    draft: bool
    title: str


HTML_TAG = re.compile(r"</?[A-Za-z][A-Za-z0-9-]*(?:[\s/][^<>]*)?>|<!--|<[?!][A-Za-z]")
_IMAGE_TYPES = (".svg", ".png", ".jpg", ".jpeg", ".gif", ".webp")


def check_markup(passage: Passage) -> Iterator[Finding]:
    """Report what a body may not hold: raw HTML, a first-level heading, an open fence."""
    for fault in passage.document.faults:
        yield Finding(fault.rule, fault.message, fault.hint, passage.file, passage.keys, fault.offset, fault.length)


def check_formulas(passage: Passage) -> Iterator[Finding]:
    """Report formulas that do not parse, or that would be HTML to a reader that knows no formulas."""
    for node in walk(passage.document.blocks):
        if isinstance(node, Formula):
            yield from _check_formula(node, passage.file, passage.keys)


def _check_formula(formula: Formula, file: str, keys: Keys) -> Iterator[Finding]:
    if tag := HTML_TAG.search(formula.latex):
        # On the page it is escaped, but whoever reads our Markdown may know nothing of formulas.
        message = f"'{tag[0]}' in a formula reads as raw HTML elsewhere"
        hint = "write '\\lt' for '<' and '\\gt' for '>'"
        yield Finding("raw-html", message, hint, file, keys, formula.offset + tag.start(), len(tag[0]))
    try:
        latex_to_mathml(formula.latex, display=formula.display)
    except FormulaError as error:
        offset = formula.offset + min(error.offset, max(0, len(formula.latex) - 1))
        hint = next((hint for words, hint in _FORMULA_HINTS if words in error.message), "mend it here or just before")
        yield Finding("formula", f"this formula does not parse: {error.message}", hint, file, keys, offset)


# The ways out of what a formula's error says.
_FORMULA_HINTS: tuple[tuple[str, str], ...] = (
    ("not a known", "check its spelling, or write it with other commands"),
    ("never closed", "add what closes it, before the formula ends"),
    ("has no", "add it, before the formula ends"),
    ("closes nothing", "delete it, or add what it closes"),
)


class Mention(NamedTuple):
    """An internal link or an image in a text, by its address: whether it is right depends on other files."""

    address: str
    keys: Keys
    offset: int


def find_mentions(passage: Passage) -> Iterator[Mention]:
    """Yield the links to what editors wrote, and the images."""
    for node in walk(passage.document.blocks):
        if isinstance(node, Link) and _is_internal(node.url):
            yield Mention(node.url, passage.keys, node.offset)
        elif isinstance(node, Image):
            yield Mention(node.source, passage.keys, node.offset)


def check_mention(mention: Mention, file: str, library: Library) -> Iterator[Finding]:
    """Report a link to what does not exist, or an image that is missing, too large, or of another type."""
    address, keys, offset = mention
    width = max(1, len(address))
    if not _is_internal(address):
        for message, hint in _image_faults(library, address):
            yield Finding("image", message, hint, file, keys, offset, width)
        return
    scheme, _, rest = address.partition(":")
    if not library.knows(scheme, rest):
        otherwise = f"write content/{scheme}s/{rest}.yml, or take the link out"
        hint = suggest(rest, ids_of(library, scheme), otherwise=otherwise)
        yield Finding("link", f"there is no {scheme} '{rest}'", hint, file, keys, offset, width)


def check_former_target(mention: Mention, file: str, library: Library) -> Iterator[Finding]:
    """Warn of a link that names its target by a former id: readers arrive, whoever reads the file may not."""
    address, keys, offset = mention
    scheme, _, rest = address.partition(":")
    if _is_internal(address) and library.knows(scheme, rest) and (now := library.current_id(scheme, rest)) != rest:
        message, hint = f"'{rest}' is a former id of the {scheme} '{now}'", f"write '{scheme}:{now}'"
        place, fix = (file, keys, offset, len(address)), ((offset, address, f"{scheme}:{now}"),)
        yield Finding("former-id", message, hint, *place, severity="warning", fix=fix)


def _is_internal(url: str) -> bool:
    return url.partition(":")[0] in INTERNAL_SCHEMES and ":" in url


def check_links(passage: Passage) -> Iterator[Finding]:
    """Report links with a scheme that is not accepted."""
    for node in walk(passage.document.blocks):
        if isinstance(node, Link) and (fault := _link_fault(node.url)):
            scheme, _, rest = node.url.partition(":")
            meant = unmistakable(scheme, INTERNAL_SCHEMES) if rest else None
            fix = ((node.offset, node.url, f"{meant}:{rest}"),) if meant else ()
            place = (passage.file, passage.keys, node.offset, max(1, len(node.url)))
            message, hint = fault
            yield Finding("link", message, hint, *place, fix=fix)


def _link_fault(url: str) -> tuple[str, str] | None:
    if _is_internal(url):
        return None
    scheme, _, rest = url.partition(":")
    if re.fullmatch(r"https?://[^\s/]+\S*|mailto:[^\s@]+@[^\s@]+", url):
        return None
    if near := nearest(scheme, INTERNAL_SCHEMES) if rest else None:
        return f"'{url}' is not a link that readers can follow", f"did you mean '{near}:{rest}'?"
    if not url:
        return "this link leads nowhere", "write an address between the parentheses"
    if re.fullmatch(r"www\.[^\s/]+\.\S+", url):
        return f"'{url}' is not a link that readers can follow", f"write 'https://{url}'"
    if scheme == "mailto":
        return f"'{url}' names no mail address", "write it as in 'mailto:editors@example.org'"
    *schemes, last = ("https://", "mailto:", *(f"{one}:" for one in INTERNAL_SCHEMES))
    return f"'{url}' is not a link that readers can follow", f"start it with {', '.join(schemes)} or {last}"


def check_images(passage: Passage) -> Iterator[Finding]:
    """Report images without alternative text."""
    for node in walk(passage.document.blocks):
        if isinstance(node, Image) and not node.alt.strip():
            place = _empty_brackets(passage.source, node.offset)
            yield Finding("image", *_WITHOUT_ALT, passage.file, passage.keys, *place)


def check_logo(library: Library) -> Iterator[Finding]:
    """Report a logo that is missing, too large, or of another type."""
    logo = library.newsletter.theme.logo
    for message, hint in _image_faults(library, logo) if logo else ():
        yield Finding("image", message, hint, SETTINGS_FILE, ("theme", "logo"))


def check_pictures(library: Library) -> Iterator[Finding]:
    """Report SVGs with scripts: they lie on the site, and run there where somebody opens one by itself."""
    for name, image in library.images.items():
        if image.active:
            message = f"'{name}' holds '{image.active}', which can run where the picture is opened by itself"
            hint = "save it as a plain drawing, without scripts and animation"
            yield Finding("image", message, hint, f"content/{name}")


_WITHOUT_ALT = ("this image has no alternative text", "say between the brackets what it shows: ![what it shows](…)")


def _empty_brackets(source: str, offset: int) -> tuple[int, int]:
    """Find the brackets before an image's address, and their length."""
    brackets = re.search(r"!\[\s*\]\(\s*<?$", source[:offset])
    return (brackets.start(), brackets[0].index("]") + 1) if brackets else (offset, 1)


def _image_faults(library: Library, source: str) -> Iterator[tuple[str, str]]:
    name = source.removeprefix("images/")
    folder = f"content/{PurePosixPath(source).parent}/"
    if source not in library.images:
        if name == source or ".." in PurePosixPath(source).parts:
            yield f"'{source}' is not in content/images/", "put the file there and write 'images/…'"
            return
        near = _nearest_image(library, name)
        yield f"there is no image '{source}'", f"did you mean '{near}'?" if near else f"put the file into {folder}"
    elif not source.lower().endswith(_IMAGE_TYPES):
        yield f"'{source}' is not an image that browsers show", "use " + ", ".join(_IMAGE_TYPES)
    elif (size := library.images[source].size) > MAX_IMAGE_BYTES:
        kilobytes = -(-size // 1000)
        yield f"'{source}' has {kilobytes} kB", f"make it smaller than {MAX_IMAGE_BYTES // 1000} kB"


def _nearest_image(library: Library, name: str) -> str | None:
    """Find the image that was probably meant; that two names end in '.svg' does not make them alike."""
    by_stem = {one.removeprefix("images/").rpartition(".")[0]: one for one in library.images}
    near = nearest(name.rpartition(".")[0] or name, by_stem)
    return by_stem[near] if near else None


def passages_of(model: BaseModel, file: str, keys: Keys = (), *, draft: bool = False) -> Iterator[Passage]:
    """Yield every Markdown text of an entry, a page or a pin; each is parsed when its turn comes."""
    title = getattr(model, "title", None) or ""
    for prose in read_prose(model, keys):
        yield Passage(file, *prose, draft, title if prose.keys == BODY else "")
