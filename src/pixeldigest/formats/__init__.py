"""Ways to render an issue. A format is an entry in FORMATS, a small file here and a folder of templates."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pixeldigest.extras import missing_libraries
from pixeldigest.formats.data import render_data
from pixeldigest.formats.devto import render_devto
from pixeldigest.formats.mail import render_mail
from pixeldigest.formats.post import render_post
from pixeldigest.formats.rendition import Render, one_file
from pixeldigest.formats.text import render_text

# The site's pages; they are made in site/, since they need more than one issue.
WEB = "web"


def usable_formats() -> tuple[str, ...]:
    """Name the formats whose libraries are installed."""
    return tuple(name for name in FORMATS if name != "mail" or not missing_libraries("mail"))


FORMATS: Mapping[str, Render] = MappingProxyType(
    {
        "post": one_file("post.md", render_post),
        "devto": render_devto,
        "mail": render_mail,
        "text": one_file("issue.txt", render_text),
        "data": one_file("issue.json", render_data),
    }
)
