"""Which characters a TrueType or OpenType font has, and how wide they are: the same numbers on every machine.

Pillow measures too, but how far it knows kerning and hints depends on what it was built with.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

# By character, in em.
Widths = Mapping[str, float]


class _Segment(NamedTuple):
    """A run of characters in the map from characters to glyphs; `row` is where their glyphs stand, 0 for nowhere."""

    first: int
    last: int
    delta: int
    row: int


def read_widths(font: bytes) -> Widths:
    """Read the advance widths of all characters up to U+FFFF that a font has, without kerning.

    Raises ValueError for what is no such font.
    """
    try:
        tables = dict(_tables(font))
        units = _number(font, tables["head"] + 18)
        known = _number(font, tables["hhea"] + 34)  # glyphs after these are as wide as the last of them
        characters = dict(_characters(font, _character_map(font, tables["cmap"])))
        advances = {
            char: _number(font, tables["hmtx"] + 4 * min(glyph, known - 1)) / units
            for char, glyph in characters.items()
        }
    except (struct.error, KeyError, ZeroDivisionError) as error:
        raise ValueError("it is no TrueType or OpenType font") from error
    return MappingProxyType(advances)


def _tables(font: bytes) -> Iterator[tuple[str, int]]:
    for index in range(_number(font, 4)):
        tag, _, offset, _ = struct.unpack_from(">4s3I", font, 12 + 16 * index)
        yield tag.decode("latin-1"), offset


def _character_map(font: bytes, cmap: int) -> int:
    """Find the map that every font for Windows has: format 4, up to U+FFFF."""
    for index in range(_number(font, cmap + 2)):
        start: int = cmap + struct.unpack_from(">I", font, cmap + 8 + 8 * index)[0]
        if _number(font, start) == 4:
            return start
    raise KeyError("cmap")


def _characters(font: bytes, start: int) -> Iterator[tuple[str, int]]:
    """Yield characters and their glyphs (OpenType specification, "cmap", format 4)."""
    for segment in _segments(font, start):
        for code in range(segment.first, min(segment.last, 0xFFFE) + 1):
            glyph = _number(font, segment.row + 2 * (code - segment.first)) if segment.row else code
            if (glyph or not segment.row) and (glyph := (glyph + segment.delta) % 0x10000):
                yield chr(code), glyph


def _segments(font: bytes, start: int) -> Iterator[_Segment]:
    size = _number(font, start + 6)  # of each of the four columns, in bytes
    for last in range(start + 14, start + 14 + size, 2):
        first = last + size + 2
        offset = first + 2 * size
        row = offset + _number(font, offset) if _number(font, offset) else 0
        yield _Segment(_number(font, first), _number(font, last), _number(font, first + size), row)


def _number(font: bytes, offset: int) -> int:
    number: int = struct.unpack_from(">H", font, offset)[0]
    return number
