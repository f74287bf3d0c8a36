"""Pictures in `content/images`: how large they are, and whether one could run."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Final, NamedTuple

from pixeldigest.stamps import digest_of


class ImageFile(NamedTuple):
    """A picture: its content's digest, its size on disk, and width and height in pixels (0 where it names none).

    `active` is what in an SVG would run where somebody opens it by itself.
    """

    digest: bytes
    size: int
    width: int
    height: int
    active: str = ""


def read_image(path: Path) -> ImageFile:
    """Measure a picture, and look into it where it is an SVG."""
    content = path.read_bytes()
    width, height = _measure(path)
    plain = ImageFile(digest_of(content), len(content), width, height)
    if path.suffix.lower() != ".svg":
        return plain
    if len(content) > _MAX_DRAWING:  # no page shows it, and to look through it takes seconds
        return plain._replace(active="more than a megabyte")
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return plain._replace(active="text that is not UTF-8")
    if not width and (box := _VIEW_BOX.search(text)):
        plain = plain._replace(width=round(float(box[1])), height=round(float(box[2])))
    return plain._replace(active=_find_script(html.unescape(text)))


def _measure(path: Path) -> tuple[int, int]:
    import imagesize  # noqa: PLC0415 - it takes its time, and pictures that are known are not measured again

    try:
        width, height = imagesize.get(path)
    except Exception:  # noqa: BLE001 - whatever a foreign reader says of a damaged picture, it has no size
        return 0, 0
    return max(0, round(width)), max(0, round(height))


_MAX_DRAWING: Final = 1_000_000
# Where an SVG names no width and height, browsers take their ratio from this.
_LENGTH: Final = r"[\s,]{1,9}([0-9]{1,6}(?:\.[0-9]{1,9})?)"
_VIEW_BOX: Final = re.compile(
    rf"<svg\b[^<>]{{0,2000}}\bviewBox\s{{0,9}}=\s{{0,9}}[\"'][\s\d.,+-]{{1,99}}?{_LENGTH}{_LENGTH}\s*[\"']"
)
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
