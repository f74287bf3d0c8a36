"""Pictures in `content/images`: how large they are, and whether one could run."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Final, NamedTuple

import imagesize


class ImageFile(NamedTuple):
    """A picture: its size on disk, and width and height in pixels (0 where it names none).

    `active` is what in an SVG would run where somebody opens it by itself.
    """

    size: int
    width: int
    height: int
    active: str = ""


def read_image(path: Path) -> ImageFile:
    """Measure a picture, and look into it where it is an SVG."""
    size = path.stat().st_size
    width, height = _measure(path)
    if path.suffix.lower() != ".svg":
        return ImageFile(size, width, height)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ImageFile(size, width, height, "text that is not UTF-8")
    if not width and (box := _VIEW_BOX.search(text)):
        width, height = round(float(box[1])), round(float(box[2]))
    return ImageFile(size, width, height, _find_script(html.unescape(text)))


def _measure(path: Path) -> tuple[int, int]:
    try:
        width, height = imagesize.get(path)
    except Exception:  # noqa: BLE001 - whatever a foreign reader says of a damaged picture, it has no size
        return 0, 0
    return max(0, round(width)), max(0, round(height))


# Where an SVG names no width and height, browsers take their ratio from this.
_VIEW_BOX: Final = re.compile(r"<svg\b[^>]*\bviewBox\s*=\s*[\"'][\s\d.+-]+?[\s,]+([\d.]+)[\s,]+([\d.]+)\s*[\"']")
_ACTIVE: Final = re.compile(
    r"<\s*(?:[\w-]+:)?(?:script|foreignobject|iframe|embed|object|handler|set|animate\w*)\b|[\s/'\"]on\w+\s*="
    r"|<!entity|<\?xml-stylesheet",
    re.IGNORECASE,
)
_ACTIVE_ADDRESS: Final = re.compile(r"(?:javascript|vbscript|data:text)[:/]", re.IGNORECASE)


def _find_script(text: str) -> str:
    """Find what runs, or may hide what runs, in an SVG; browsers pass over space within an address."""
    found = _ACTIVE.search(text) or _ACTIVE_ADDRESS.search(re.sub(r"[\x00-\x20]+", "", text))
    return found[0].strip() if found else ""
