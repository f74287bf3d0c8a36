"""LaTeX → a small PNG of the formula, for mail clients that know no MathML."""

from __future__ import annotations

import functools
import hashlib
import io
import math
import warnings
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Final, NamedTuple
from xml.etree import ElementTree as ET

from pixeldigest.diagnostics import UserError
from pixeldigest.markup.mathdrawing import drawable_mathml
from pixeldigest.markup.mathml import FormulaError

if TYPE_CHECKING:
    from PIL import Image
    from ziamath.zmath import Math

# Goes up with every change that shows, so that pictures kept under the old name are drawn anew.
DRAWING: Final = 1
MAX_WIDTH: Final = 560
MAX_HEIGHT: Final = 1200
DENSITY: Final = 2

_LIBRARIES: Final = ("math-core", "ziamath", "ziafont", "resvg-py", "pillow")
_INK: Final = (28, 28, 34)
_WHITE: Final = "#ffffff"
_STEPS: Final = 11  # from white to ink
_FADED: Final = (0, 64, 128, 192)  # how opaque the white is at the edge of a corner
_PALETTE: Final = [
    *(round(255 - (255 - part) * step / _STEPS) for step in range(_STEPS + 1) for part in _INK),
    *(255 for _ in _FADED for _ in _INK),
]
_SPARE: Final = 24  # CSS pixels around a drawing: some letters reach beyond the box that ziamath gives them
_SMALLEST: Final = 0.2  # of the size that letters should have
_FINE: Final = 4  # corners are drawn so many times larger, then reduced


class Picture(NamedTuple):
    """A PNG and the size to show it in, in CSS pixels; `depth` of them lie below the line of the text."""

    png: bytes
    width: int
    height: int
    depth: int


class _Card(NamedTuple):
    """How a formula lies on its card, in CSS pixels."""

    size: int  # of the letters
    across: int  # the margin left and right
    along: int  # that above and below
    radius: int


_INLINE: Final = _Card(size=17, across=4, along=2, radius=3)
_BLOCK: Final = _Card(size=20, across=14, along=10, radius=6)


def draw_formula(latex: str, *, display: bool) -> Picture:
    """Draw a formula in dark ink on an opaque white card, the same bytes everywhere.

    What would be wider than MAX_WIDTH or higher than MAX_HEIGHT is drawn smaller, margins and all.
    Raises FormulaError, and UserError where the libraries of the extra `mail` are missing.
    """
    element = drawable_mathml(latex, display=display)
    card = _BLOCK if display else _INLINE
    try:
        return _lay_on_card(_draw(element, card), card)
    except ImportError as error:
        raise UserError(
            "formulas in mails are drawn by libraries that are missing: install pixeldigest[mail]"
        ) from error


def picture_name(latex: str, *, display: bool) -> str:
    """Name the picture of a formula, without a suffix, by what it depends on: LaTeX, drawing and libraries."""
    parts = (str(DRAWING), str(display), *(_version(name) for name in _LIBRARIES), latex)
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:20]


@functools.cache
def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return ""


class _Sheet(NamedTuple):
    """Ink on a white sheet with room to spare; the line of the text is `baseline` pixels of the PNG below its top."""

    image: Image.Image
    baseline: int


def _draw(element: ET.Element, card: _Card) -> _Sheet:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # ziamath opens its font in an old way
        from ziamath.zmath import Math  # noqa: PLC0415 - of the extra `mail`

    element.set("mathcolor", "#{:02x}{:02x}{:02x}".format(*_INK))
    drawing = Math(element, size=card.size)
    _check_glyphs(element, drawing)
    box = drawing.node.bbox
    width, height = box.xmax - box.xmin, box.ymax - box.ymin
    scale = min(1.0, (MAX_WIDTH - 2 * card.across - 2) / width, (MAX_HEIGHT - 2 * card.along - 2) / height)
    if scale < _SMALLEST:
        raise FormulaError("the formula is too large to be drawn", 0)
    columns, above, below = (math.ceil(length * scale) + _SPARE for length in (width + _SPARE, box.ymax, -box.ymin))
    svg = ET.Element("svg", xmlns="http://www.w3.org/2000/svg", width=str(columns), height=str(above + below))
    place = ET.SubElement(svg, "g", transform=f"translate({_SPARE} {above}) scale({scale:.5f})")
    drawing.drawon(place, -box.xmin, 0)
    return _Sheet(_paint(ET.tostring(svg, encoding="unicode")), above * DENSITY)


def _check_glyphs(element: ET.Element, drawing: Math) -> None:
    for char in "".join(element.itertext()):
        if not char.isspace() and drawing.font.glyphindex(char) == 0:
            raise FormulaError(f"'{char}' cannot be drawn: the font for formulas lacks it", 0)


def _paint(svg: str) -> Image.Image:
    """Paint an SVG of ours, which has shapes only: no text, no image, no file is looked up."""
    import resvg_py  # noqa: PLC0415 - of the extra `mail`
    from PIL import Image  # noqa: PLC0415

    png = resvg_py.svg_to_bytes(svg_string=svg, zoom=DENSITY, background=_WHITE, skip_system_fonts=True)
    return Image.open(io.BytesIO(png)).convert("RGB")


def _lay_on_card(sheet: _Sheet, card: _Card) -> Picture:
    """Cut a card out of a sheet so that the ink lies in its middle and the line of the text between two pixels."""
    from PIL import Image, ImageOps  # noqa: PLC0415 - of the extra `mail`

    ink = ImageOps.invert(sheet.image.convert("L")).getbbox()
    if ink is None:
        raise FormulaError("there is nothing to draw", 0)
    left, top, right, bottom = (edge / DENSITY for edge in ink)
    baseline = sheet.baseline / DENSITY
    width = math.ceil(right - left) + 2 * card.across
    above, depth = (max(0, math.ceil(length)) + card.along for length in (baseline - top, bottom - baseline))
    x, y = round((left + right - width) / 2 * DENSITY), round((baseline - above) * DENSITY)
    size = (width * DENSITY, (above + depth) * DENSITY)
    cut = sheet.image.transform(size, Image.Transform.EXTENT, (x, y, x + size[0], y + size[1]), fillcolor=_WHITE)
    return Picture(_to_png(cut, card.radius), width, above + depth, depth)


def _to_png(image: Image.Image, radius: int) -> bytes:
    """Return an image with rounded corners as a PNG of 16 colours: white to ink, and at corners white to nothing."""
    from PIL import Image, ImageDraw  # noqa: PLC0415 - of the extra `mail`

    corners = Image.new("L", (image.width * _FINE, image.height * _FINE))
    edge = (0, 0, corners.width - 1, corners.height - 1)
    ImageDraw.Draw(corners).rounded_rectangle(edge, radius * DENSITY * _FINE, fill=255)
    card = corners.reduce(_FINE)
    # Lines that ziamath draws black count as ink.
    darkness = [min(_STEPS, round((255 - level) * _STEPS / (255 - min(_INK)))) for level in range(256)]
    inked = image.convert("L").point(darkness)
    faded = card.point([_STEPS + 1 + level * len(_FADED) // 256 for level in range(256)])
    indices = Image.composite(inked, faded, card.point([255 * (level == 255) for level in range(256)]))
    few = Image.frombytes("P", image.size, indices.tobytes())
    few.putpalette(_PALETTE)
    stream = io.BytesIO()
    few.save(stream, "PNG", optimize=True, bits=4, transparency=bytes([255] * (_STEPS + 1) + [*_FADED]))
    return stream.getvalue()
