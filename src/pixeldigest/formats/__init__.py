"""Ways to render an issue. A format is a name in FORMATS, a module and a folder of templates of that name."""

from __future__ import annotations

from importlib import import_module

from pixeldigest.extras import missing_libraries
from pixeldigest.formats.rendition import Rendition
from pixeldigest.formats.theme import Theme
from pixeldigest.issue import Issue

# The site's pages; they are made in site/, since they need more than one issue.
WEB = "web"
# The formats of channels; each module's `render` is a `Render`.
FORMATS = ("post", "devto", "mail", "text", "data")


def render(name: str, issue: Issue, theme: Theme) -> Rendition:
    """Render an issue in a format, whose module is imported when it is first used: few builds need all."""
    rendition: Rendition = import_module(f"pixeldigest.formats.{name}").render(issue, theme)
    return rendition


def usable_formats() -> tuple[str, ...]:
    """Name the formats whose libraries are installed."""
    return tuple(name for name in FORMATS if name != "mail" or not missing_libraries("mail"))
