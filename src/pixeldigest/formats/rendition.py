"""What rendering an issue in one format gives: files, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from pixeldigest.diagnostics import Severity
from pixeldigest.formats.theme import Theme
from pixeldigest.issue import Issue


class File(NamedTuple):
    """A file and its path, below the issue's folder or, for an asset, below the site's root."""

    path: str
    content: bytes


class Fault(NamedTuple):
    """Something wrong with a rendition as a whole; `hint` is the way out and completes the message's sentence."""

    rule: str
    message: str
    hint: str
    severity: Severity = "error"


class Rendition(NamedTuple):
    """An issue in one format. Files with an error among their faults must not go out."""

    files: tuple[File, ...]
    assets: tuple[File, ...] = ()
    faults: tuple[Fault, ...] = ()


Render = Callable[[Issue, Theme], Rendition]


def one_file(name: str, render: Callable[[Issue, Theme], str]) -> Render:
    """Make a format of a function that returns the text of one file."""
    return lambda issue, theme: Rendition((File(name, render(issue, theme).encode()),))
