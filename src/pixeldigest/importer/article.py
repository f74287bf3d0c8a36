"""An article as it was published elsewhere, and what is left for a person to do about it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final, Literal, NamedTuple
from urllib.parse import urlsplit

Form = Literal["markdown", "html"]
# What no content file may hold, and what makes text run backwards.
_UNREADABLE: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u2028-\u202e\u2060\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufeff\ufffe\uffff]"
)


class Todo(NamedTuple):
    """What needs a person: the key of the entry that it concerns, and words by which its line is found there."""

    key: str
    message: str
    near: str = ""


class Article(NamedTuple):
    """A text and what is told of it; `origin` is the address or the file's name by which its entries name it.

    `base` is the address that relative ones are resolved against; `folders` is where pictures may lie on disk, the
    article's own folder first. With `breaks` each end of a line is one to readers, as on dev.to. `name` is a title for
    want of a better one; `todos` are what its source told and no entry can say.
    """

    origin: str
    form: Form
    text: str
    title: str = ""
    summary: str = ""
    tags: tuple[str, ...] = ()
    url: str = ""
    base: str = ""
    folders: tuple[Path, ...] = ()
    breaks: bool = False
    name: str = ""
    todos: tuple[Todo, ...] = ()


def readable(text: str) -> str:
    """Take out of a text what nobody sees and no content file may hold."""
    return _UNREADABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def one_line(text: str) -> str:
    """Put a text on one line, without characters that nobody sees."""
    return " ".join(readable(text).split())


def is_web_address(address: str) -> bool:
    """Tell whether an address is whole and leads into the web."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"\s", address)
