"""Where a rendition gets its pictures from: formulas are drawn, images of the content are read."""

from __future__ import annotations

import contextlib
import importlib.util
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from pixeldigest.cache import CACHE_FOLDER, recall
from pixeldigest.markup.picture import Picture, draw_formula, picture_name

# What the optional extra `mail` brings.
MAIL_LIBRARIES = ("css_inline", "PIL", "resvg_py", "ziamath")


class Pictures(NamedTuple):
    """Functions that give a formula's picture, from its LaTeX and whether it is a block, and an image's bytes."""

    draw: Callable[[str, bool], Picture]
    read: Callable[[str], bytes]


def find_pictures(project: Path) -> Pictures | None:
    """Draw each formula once and keep it in the project's cache; read images from its content.

    Without the libraries that draw there are no pictures.
    """
    if missing_libraries():
        return None
    return Pictures(
        draw=partial(_draw_once, project / CACHE_FOLDER / "formulas"),
        read=lambda name: (project / "content" / name).read_bytes(),
    )


def missing_libraries() -> tuple[str, ...]:
    """Name the libraries of the extra `mail` that are not installed."""
    return tuple(name for name in MAIL_LIBRARIES if importlib.util.find_spec(name) is None)


def _draw_once(folder: Path, latex: str, display: bool) -> Picture:  # noqa: FBT001 - as in Formula
    name = picture_name(latex, display=display)
    kept = recall(folder, name, lambda: _pack(draw_formula(latex, display=display)))
    try:
        return _unpack(kept)
    except ValueError:  # the machine stopped before it was all on the disk
        with contextlib.suppress(OSError):
            (folder / name).unlink()
        return draw_formula(latex, display=display)


def _pack(picture: Picture) -> bytes:
    return f"{picture.width} {picture.height} {picture.depth} {len(picture.png)}\n".encode() + picture.png


def _unpack(kept: bytes) -> Picture:
    head, _, png = kept.partition(b"\n")
    width, height, depth, length = map(int, head.split())
    if len(png) != length:
        raise ValueError("the end is missing")
    return Picture(png, width, height, depth)
