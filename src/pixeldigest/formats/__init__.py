"""Ways to render an issue. A format is an entry in FORMATS, a small file here and a folder of templates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from pixeldigest.formats.data import render_data
from pixeldigest.formats.post import render_post
from pixeldigest.formats.text import render_text
from pixeldigest.formats.theme import Theme
from pixeldigest.issue import Issue

# The site's pages; they are made in site.py, since they need more than one issue.
WEB = "web"


class Format(NamedTuple):
    """The name of the file in the issue's folder, and what renders it."""

    file: str
    render: Callable[[Issue, Theme], str]


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "post": Format("post.md", render_post),
        "text": Format("issue.txt", render_text),
        "data": Format("issue.json", render_data),
    }
)
