"""The pictures of an article: taken along where they can be had, else links to where they are."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import unquote, urlsplit

from pixeldigest.check.texts import MAX_IMAGE_BYTES
from pixeldigest.images import read_image
from pixeldigest.importer.article import Article, Todo, is_web_address
from pixeldigest.importer.fetching import UnreachableError
from pixeldigest.markup.document import (
    Block,
    Emphasis,
    Heading,
    Image,
    Inline,
    Link,
    List,
    Paragraph,
    Quote,
    Strong,
    Table,
    Text,
    walk,
)

# Fetches an address and returns what is there, of at most so many bytes; raises UnreachableError.
Fetch = Callable[[str, int], bytes]
_TYPES: Final = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), ".png"),
    (re.compile(rb"\xff\xd8\xff"), ".jpg"),
    (re.compile(rb"GIF8[79]a"), ".gif"),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), ".webp"),
    (
        re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*|<!--.*?-->\s*|<!DOCTYPE[^>]*>\s*)*<svg\b", re.DOTALL),
        ".svg",
    ),
)


class Picture(NamedTuple):
    """A picture to be written: its name in `content/`, and its bytes."""

    name: str
    content: bytes


class Pictured(NamedTuple):
    """Blocks whose pictures have the names under which they are written; those that could not be had are links."""

    blocks: tuple[Block, ...]
    pictures: tuple[Picture, ...]
    todos: tuple[Todo, ...]


def take_pictures(
    blocks: tuple[Block, ...], article: Article, stem: str, taken: frozenset[str], fetch: Fetch
) -> Pictured:
    """Take the pictures of blocks along; their names begin with `stem`, and `taken` are names that are not free."""
    todos: list[Todo] = []
    pictures: dict[str, Picture] = {}
    sources = {node.source: node.alt for node in walk(blocks) if isinstance(node, Image)}
    names = _free_names(stem, taken)
    for source, alt in sources.items():
        try:
            content = _read(source, article, fetch)
            pictures[source] = Picture(f"images/{next(names)}{_type_of(content)}", content)
        except UnreachableError as error:
            left = "a link is in its place" if is_web_address(source) else "its words are in its place"
            near = source if is_web_address(source) else alt
            todos.append(Todo("body", f"the picture '{source[:120]}' was not taken, since {error}: {left}", near))
    shown = {source: one.name for source, one in pictures.items()}
    written = tuple(_rewrite(block, lambda image: _shown(image, shown, todos)) for block in blocks)
    return Pictured(written, tuple(pictures.values()), tuple(todos))


def _free_names(stem: str, taken: frozenset[str]) -> Iterator[str]:
    number = 0
    while True:
        number += 1
        if not any(f"{stem}-{number}{one}" in taken for _, one in _TYPES):
            yield f"{stem}-{number}"


def _read(source: str, article: Article, fetch: Fetch) -> bytes:
    if is_web_address(source):
        content = fetch(source, MAX_IMAGE_BYTES)
    elif source.startswith("data:"):
        raise UnreachableError("it is written into the page itself")
    else:
        content = _read_file(unquote(urlsplit(source).path), article.folders)
    if len(content) > MAX_IMAGE_BYTES:
        raise UnreachableError(f"it has more than {MAX_IMAGE_BYTES // 1000} kB")
    return content


def _read_file(name: str, folders: Iterable[Path]) -> bytes:
    """Read a picture from the article's folders; a name that leads out of them is none."""
    roots = tuple(folder.resolve() for folder in folders)
    for folder in roots:
        path = (folder / name.lstrip("/")).resolve()
        if any(path.is_relative_to(root) for root in roots) and path.is_file():
            with path.open("rb") as stream:
                return stream.read(MAX_IMAGE_BYTES + 1)
    raise UnreachableError("there is no such file beside the article" if roots else "its address is not whole")


def _type_of(content: bytes) -> str:
    ending = next((ending for form, ending in _TYPES if form.match(content[:4096])), "")
    if not ending:
        raise UnreachableError("it is no PNG, JPEG, GIF, WebP or SVG")
    if ending == ".svg":
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "picture.svg")
            path.write_bytes(content)
            if active := read_image(path).active:
                raise UnreachableError(f"it holds '{active}', which can run")
    return ending


def _shown(image: Image, names: Mapping[str, str], todos: list[Todo]) -> Inline:
    name = names.get(image.source)
    if name is None:
        words = image.alt or "picture"
        return Link((Text(words),), image.source, "", 0) if is_web_address(image.source) else Text(words)
    if not image.alt:
        todos.append(Todo("body", "this picture came without words: say between the brackets what it shows", name))
    return Image(image.alt or "picture", name, image.title, 0)


def _rewrite(block: Block, change: Callable[[Image], Inline]) -> Block:
    """Change the pictures in a block."""
    match block:
        case Paragraph(children):
            return Paragraph(_rewrite_line(children, change))
        case Heading(level, children):
            return Heading(level, _rewrite_line(children, change))
        case Quote(blocks):
            return Quote(tuple(_rewrite(one, change) for one in blocks))
        case List(start, items, tight):
            return List(start, tuple(tuple(_rewrite(one, change) for one in item) for item in items), tight)
        case Table(aligns, head, rows):
            head, *others = (tuple(_rewrite_line(cell, change) for cell in row) for row in (head, *rows))
            return Table(aligns, head, tuple(others))
        case _:
            return block


def _rewrite_line(children: tuple[Inline, ...], change: Callable[[Image], Inline]) -> tuple[Inline, ...]:
    return tuple(_rewrite_inline(node, change) for node in children)


def _rewrite_inline(node: Inline, change: Callable[[Image], Inline]) -> Inline:
    match node:
        case Image():
            return change(node)
        case Emphasis(children) | Strong(children):
            return type(node)(_rewrite_line(children, change))
        case Link(children):
            return node._replace(children=_without_links(_rewrite_line(children, change)))
        case _:
            return node


def _without_links(children: tuple[Inline, ...]) -> tuple[Inline, ...]:
    """Put the words of links in their place: a link cannot hold another."""
    unlinked: list[Inline] = []
    for node in children:
        match node:
            case Link(words):
                unlinked += words
            case Emphasis(inner) | Strong(inner):
                unlinked.append(type(node)(_without_links(inner)))
            case _:
                unlinked.append(node)
    return tuple(unlinked)
