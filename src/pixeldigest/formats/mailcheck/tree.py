"""HTML → a small frozen tree, as far as the checks of mails need it."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import NamedTuple

# Elements that have no end tag.
_VOID = ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")

# Elements that do not end a word.
_INLINE = frozenset({"a", "b", "code", "em", "font", "i", "s", "small", "span", "strong", "sub", "sup", "u"})


class Element(NamedTuple):
    """An element; its children are elements and texts, with entities resolved."""

    tag: str
    attributes: tuple[tuple[str, str], ...]
    children: tuple[Element | str, ...]

    def get(self, name: str) -> str | None:
        """Return an attribute's value; one without a value is empty."""
        return next((value for known, value in self.attributes if known == name), None)


@functools.lru_cache(maxsize=2)  # every check reads the same page
def parse_html(source: str) -> Element:
    """Parse a page; comments, and with them what only Outlook reads, are left out."""
    builder = _Builder()
    builder.feed(source)
    builder.close()
    return builder.finish()


def walk(element: Element) -> Iterator[Element]:
    """Yield an element and all within it, in reading order."""
    waiting = [element]
    while waiting:
        one = waiting.pop()
        yield one
        waiting += [child for child in reversed(one.children) if isinstance(child, Element)]


def find(element: Element, *tags: str) -> Iterator[Element]:
    """Yield the elements of these tags."""
    return (one for one in walk(element) if one.tag in tags)


def text_of(element: Element) -> str:
    """Read the text of an element as it is written."""
    return "".join(child if isinstance(child, str) else text_of(child) for child in element.children)


def words(element: Element) -> str:
    """Read the words of an element with single spaces between them, also where a block ends."""
    return " ".join("".join(_spaced(element)).split())


def _spaced(element: Element) -> Iterator[str]:
    around = "" if element.tag in _INLINE else " "
    yield around
    for child in element.children:
        if isinstance(child, str):
            yield child
        else:
            yield from _spaced(child)
    yield around


class _Open(NamedTuple):
    tag: str
    attributes: tuple[tuple[str, str], ...]
    children: list[Element | str]

    def closed(self) -> Element:
        return Element(self.tag, self.attributes, tuple(self.children))


class _Builder(HTMLParser):
    """Nests what html.parser reads one after the other; what nobody closed ends with what it stands in."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._open = [_Open("", (), [])]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open.append(_Open(tag, tuple((name, value or "") for name, value in attrs), []))
        if tag in _VOID:
            self._close()

    def handle_endtag(self, tag: str) -> None:
        if any(one.tag == tag for one in self._open):
            while self._open[-1].tag != tag:
                self._close()
            self._close()

    def handle_data(self, data: str) -> None:
        self._open[-1].children.append(data)

    def finish(self) -> Element:
        while len(self._open) > 1:
            self._close()
        return self._open[0].closed()

    def _close(self) -> None:
        done = self._open.pop().closed()
        self._open[-1].children.append(done)
