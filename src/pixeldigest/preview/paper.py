"""The preview's own pages: how they are rendered, and the files that they use. All they say stands in templates/."""

from __future__ import annotations

import functools
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pixeldigest.report import name_weekday
from pixeldigest.words import PACKAGED

_HERE = Path(__file__).parent
# The theme's fonts are lent to the preview.
_FOLDERS = (_HERE / "assets", PACKAGED / "assets/fonts")


def render(template: str, **values: object) -> str:
    """Render a template of the preview."""
    return _environment().get_template(template).render(**values)


def read_asset(name: str) -> bytes | None:
    """Read a file that the preview's pages use; None where there is none of that name."""
    files = (file for folder in _FOLDERS for file in folder.iterdir() if file.name == name)
    return next((file.read_bytes() for file in files), None)


@functools.cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["day"] = lambda day: f"{name_weekday(day)} {day.isoformat()}"
    return environment
