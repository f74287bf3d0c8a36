"""Where a rendition gets its pictures from: formulas and covers are drawn, images of the content are read."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterable
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from pixeldigest.cache import Cache
from pixeldigest.diagnostics import EXIT_SETTINGS, UserError
from pixeldigest.extras import missing_libraries
from pixeldigest.formats.fontfile import Widths, read_widths
from pixeldigest.markup.picture import Picture, draw_formula, picture_name

# The fonts of covers, in templates/cover/fonts: one for titles, one for all else.
DISPLAY_FONT = "InterDisplay-SemiBold.ttf"
TEXT_FONT = "Inter-Medium.ttf"
# Goes up with every change of how covers are painted, so that those that are kept are painted anew.
_PAINTING = "1"
_RUN_LENGTHS = 3  # zlib's Z_RLE: nothing that one zlib finds and another does not, and fast
_PNG_END = b"IEND\xaeB`\x82"


class Pictures(NamedTuple):
    """Functions that give a formula's picture, from its LaTeX and whether it is a block, and an image's bytes."""

    draw: Callable[[str, bool], Picture]
    read: Callable[[str], bytes]


class Covers(NamedTuple):
    """A function that paints a cover's SVG as a PNG, and what its fonts have: for titles, and for all else."""

    paint: Callable[[str], bytes]
    display: Widths
    text: Widths


def find_pictures(project: Path, cache: Cache) -> Pictures | None:
    """Draw each formula once and keep it in the cache; read images from the project's content.

    Without the libraries that draw there are no pictures.
    """
    if missing_libraries("mail"):
        return None
    return Pictures(
        draw=partial(_draw_once, cache),
        read=lambda name: (project / "content" / name).read_bytes(),
    )


def find_covers(themes: Iterable[Path], cache: Cache) -> Covers | None:
    """Paint each cover once and keep it in the cache; take each font from the first theme that has it.

    Without the libraries that paint there are no covers. Raises UserError for a font that is none.
    """
    if missing_libraries("covers"):
        return None
    places = [folder / "cover" / "fonts" for folder in themes]
    files = [next(place / name for place in places if (place / name).is_file()) for name in (DISPLAY_FONT, TEXT_FONT)]
    fonts = [_read_font(file) for file in files]
    painter = _Painter(tuple(str(file) for file in files), tuple(font.digest for font in fonts))
    return Covers(partial(_paint_once, cache, painter), display=fonts[0].widths, text=fonts[1].widths)


def _draw_once(cache: Cache, latex: str, display: bool) -> Picture:  # noqa: FBT001 - as in Formula
    name = f"formulas/{picture_name(latex, display=display)}"
    return _unpack(cache.recall(name, lambda: _pack(draw_formula(latex, display=display)), is_whole=_is_packed))


def _pack(picture: Picture) -> bytes:
    return f"{picture.width} {picture.height} {picture.depth} {len(picture.png)}\n".encode() + picture.png


def _unpack(kept: bytes) -> Picture:
    head, _, png = kept.partition(b"\n")
    width, height, depth, _ = map(int, head.split())
    return Picture(png, width, height, depth)


def _is_packed(kept: bytes) -> bool:
    head, _, png = kept.partition(b"\n")
    return len(png) > 0 and head.endswith(f" {len(png)}".encode())


class _Font(NamedTuple):
    widths: Widths
    digest: str


def _read_font(file: Path) -> _Font:
    content = file.read_bytes()
    try:
        return _Font(read_widths(content), _digest(content))
    except ValueError as error:
        raise UserError(f"the font '{file}' cannot be used for covers: {error}", status=EXIT_SETTINGS) from error


class _Painter(NamedTuple):
    """What a painting depends on beside its SVG: files of fonts, and their content."""

    files: tuple[str, ...]
    digests: tuple[str, ...]


def _paint_once(cache: Cache, painter: _Painter, svg: str) -> bytes:
    name = "covers/" + _digest("\0".join((_PAINTING, *_versions(), *painter.digests, svg)).encode())
    return cache.recall(name, lambda: _paint(painter, svg), is_whole=lambda png: png.endswith(_PNG_END))


@cache
def _versions() -> tuple[str, ...]:
    return version("resvg-py"), version("pillow")


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:20]


def _paint(painter: _Painter, svg: str) -> bytes:
    """Paint an SVG that a template made: content is only text in it, and cannot have files read.

    Raises UserError for one that cannot be painted, which a project's own template may make.
    """
    import resvg_py  # noqa: PLC0415 - of the extra `covers`, which may be missing
    from PIL import Image  # noqa: PLC0415

    try:
        png = resvg_py.svg_to_bytes(svg_string=svg, skip_system_fonts=True, font_files=list(painter.files))
    except ValueError as error:
        raise UserError(f"templates/cover/cover.svg cannot be painted: {error}", status=EXIT_SETTINGS) from error
    image = Image.open(io.BytesIO(png)).convert("RGB")
    few = image.quantize(method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    stream = io.BytesIO()
    few.save(stream, "PNG", compress_type=_RUN_LENGTHS)
    return stream.getvalue()
