"""Texts in the signs of a font, and in lines as long as a font makes them. Widths are in em."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import accumulate
from typing import Final

from pixeldigest.formats.fontfile import Widths

ELLIPSIS: Final = "…"

# A sign between two words goes with the second: "+ Problem:".
_WORD: Final = re.compile(r"(?:[^\w ]+ +)?[^ ]+")


def legible(text: str, font: Widths) -> str | None:
    """Write a text in the signs of a font; None where letters or digits would be lost.

    A sign that the font lacks is written in a plainer form (𝑥 as x), or else left out (an emoji).
    """
    signs: list[str] = []
    for sign in unicodedata.normalize("NFC", text):
        if sign in font:
            signs.append(sign)
        elif sign.isspace():
            signs.append(" ")
        elif plain := _plain(sign, font):
            signs.append(plain)
        elif unicodedata.category(sign)[0] in "LN":
            return None
    return re.sub(" +", " ", "".join(signs)).strip() or None


def width_of(text: str, font: Widths) -> float:
    """Measure a text that is legible in a font."""
    return sum(font[sign] for sign in text)


def wrap(text: str, font: Widths, measure: float) -> tuple[str, ...]:
    """Break a text into as few lines within a measure as can be, and these into about the same length.

    A word that is longer than the measure has a line of its own.
    """
    words = _WORD.findall(text)
    lines = _fill(words, font, measure)
    narrower = (_fill(words, font, measure * share / 100) for share in range(50, 100, 5))
    return next((balanced for balanced in narrower if len(balanced) == len(lines)), lines)


def wrap_cut(text: str, font: Widths, measure: float, count: int) -> tuple[str, ...]:
    """Break a text into so many lines at most, words too if they are longer than the measure; an ellipsis ends it."""
    words = [piece for word in _WORD.findall(text) for piece in _pieces(word, font, measure)]
    lines = _fill(words, font, measure)
    return lines if len(lines) <= count else (*lines[: count - 1], shorten(" ".join(lines[count - 1 :]), font, measure))


def shorten(text: str, font: Widths, measure: float) -> str:
    """Cut a text that is longer than the measure, between two words if that costs little, and mark it as cut."""
    ends = list(accumulate(font[sign] for sign in text))
    if not ends or ends[-1] <= measure:
        return text
    room = measure - font[ELLIPSIS]
    longest = sum(end <= room for end in ends)
    space = text.rfind(" ", 0, longest + 1)
    return text[: space if space > 0.7 * longest else longest].rstrip(" ,;:.–—-+&") + ELLIPSIS


def _plain(sign: str, font: Widths) -> str:
    """Find the compatible form of a sign, without accents."""
    plain = "".join(one for one in unicodedata.normalize("NFKD", sign) if not unicodedata.combining(one))
    return plain if all(one in font for one in plain) else ""


def _fill(words: list[str], font: Widths, measure: float) -> tuple[str, ...]:
    lines: list[str] = []
    room = 0.0
    for word in words:
        width = width_of(word, font)
        if lines and font[" "] + width <= room:
            lines[-1] += f" {word}"
            room -= font[" "] + width
        else:
            lines.append(word)
            room = measure - width
    return tuple(lines)


def _pieces(word: str, font: Widths, measure: float) -> Iterator[str]:
    """Break a word where it reaches the measure."""
    start, room = 0, measure
    for index, sign in enumerate(word):
        if font[sign] > room and index > start:
            yield word[start:index]
            start, room = index, measure
        room -= font[sign]
    yield word[start:]
