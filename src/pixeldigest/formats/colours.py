"""Colours that can be read, from the one that editors chose; contrast as WCAG 2.2 defines it."""

from __future__ import annotations

from typing import NamedTuple

Colour = tuple[int, int, int]

BLACK: Colour = (0, 0, 0)
WHITE: Colour = (255, 255, 255)
# Level AA for text.
ENOUGH = 4.5
# Programs that invert a mail's colours leave less of it.
_MARGIN = 1.1


class MailColours(NamedTuple):
    """The accent as mails use it: for links on either ground, and as a button's ground with what is written on it."""

    link: str
    link_in_the_dark: str
    button: str
    on_button: str


def mail_colours(accent: str, *, light: str, dark: str) -> MailColours:
    """Take the accent, darkened or lightened until it can be read on either ground; colours are `#rrggbb`."""
    colour = parse_colour(accent)
    on_button = max(WHITE, BLACK, key=lambda ink: contrast(ink, colour))
    return MailColours(
        link=_format(_towards(BLACK, colour, ground=parse_colour(light))),
        link_in_the_dark=_format(_towards(WHITE, colour, ground=parse_colour(dark))),
        button=_format(colour),
        on_button=_format(on_button),
    )


def parse_colour(text: str) -> Colour:
    """Read `#rrggbb`."""
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def contrast(one: Colour, other: Colour) -> float:
    """Compute the contrast ratio of two colours, from 1 to 21 (WCAG 2.2, "contrast ratio")."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: Colour) -> float:
    red, green, blue = (_linear(part / 255) for part in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def _towards(end: Colour, colour: Colour, *, ground: Colour) -> Colour:
    steps = (_mixed(colour, end, step / 20) for step in range(21))
    return next(one for one in steps if contrast(one, ground) >= ENOUGH + _MARGIN)


def _mixed(one: Colour, other: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _format(colour: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
