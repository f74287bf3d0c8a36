"""Whether text can be read on its ground: as designed, in the mail's own dark scheme, and inverted by a program.

A program that knows no `prefers-color-scheme` inverts mails by itself. The model is what Outlook's editor does
(microsoft/roosterjs, getDarkColor): each colour, of text and ground alike, keeps its hue, and its lightness L in
CIELAB becomes 100 − L, raised so that white becomes #333333. Gmail's apps do much the same in secret. Since the
contrast hangs on lightness only, so does the model: it leaves out that strong colours are clipped.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

from pixeldigest.formats.colours import BLACK, ENOUGH, WHITE, Colour, contrast, parse_colour
from pixeldigest.formats.mailcheck.css import (
    Declaration,
    Named,
    Rule,
    Specificity,
    inline_style,
    match,
    named,
    style_rules,
)
from pixeldigest.formats.mailcheck.message import Mail
from pixeldigest.formats.mailcheck.tree import Element, find, parse_html
from pixeldigest.formats.rendition import Fault

# Level AA for large text: 24 pixels, or bold and 18.66 (WCAG 2.2, 1.4.3).
ENOUGH_IF_LARGE: Final = 3.0
_LARGE: Final = 24.0
_LARGE_IF_BOLD: Final = 18.66

Scheme = Literal["light", "dark"]

# Which rules hold in a scheme, by the at-rule that they stand in.
_CONDITIONS: Final[Mapping[Scheme, re.Pattern[str]]] = MappingProxyType(
    {"light": re.compile(r"^$"), "dark": re.compile(r"^$|prefers-color-scheme:\s*dark")}
)
_WHERE: Final[Mapping[Scheme, str]] = MappingProxyType({"light": "", "dark": " in the dark scheme"})
# L of #333333, the darkest that inversion gives.
_DARKEST: Final = 21.247
_KEPT = frozenset({"", "inherit", "currentcolor", "initial", "none", "transparent", "unset"})
_BOLD = frozenset({"b", "h1", "h2", "h3", "h4", "h5", "h6", "strong", "th"})
_SIZES = {"h1": 2.0, "h2": 1.5, "h3": 1.17, "h5": 0.83, "h6": 0.67}
_COLOUR = re.compile(r"#[0-9a-f]{3}(?:[0-9a-f]{3})?\b|\brgb\((?:\s*\d{1,3}\s*,){2}\s*\d{1,3}\s*\)|\b(?:black|white)\b")
_SIZE = re.compile(r"(\d*\.?\d+)(px|pt|em|%)")
_UNITS = {"px": 1.0, "pt": 4 / 3}


class _Weighed(NamedTuple):
    """A declaration and what decides whether it holds, the strongest first."""

    important: bool
    inline: bool
    specificity: Specificity
    declaration: Declaration


_Sheet = Callable[[tuple[Named, ...]], tuple[_Weighed, ...]]


class Look(NamedTuple):
    """How a text is shown; a colour that we cannot read is None."""

    ink: Colour | None = BLACK
    ground: Colour | None = WHITE
    size: float = 16.0
    bold: bool = False


def check_contrast(mail: Mail) -> Iterator[Fault]:
    """Want text that contrasts with its ground as WCAG's level AA asks, in every scheme."""
    page = parse_html(mail.html)
    for scheme, condition in _CONDITIONS.items():
        declared = _sheet(tuple(rule for rule in style_rules(page) if condition.search(rule.condition)))
        seen: dict[Look, str] = {}
        for body in find(page, "body"):
            for look, text in _looks(body, (), Look(), declared):
                seen.setdefault(look, text)
        for look, text in seen.items():
            yield from _judge(look, text, scheme)


def inverted(colour: Colour) -> float:
    """Compute the luminance of a colour inverted as programs do."""
    luminance = contrast(colour, BLACK) / 20 - 0.05  # (Y + 0.05) / 0.05, by definition
    lightness = 116 * _forth(luminance) - 16
    return _back(((100 - lightness) * (1 - _DARKEST / 100) + _DARKEST + 16) / 116)


def _judge(look: Look, text: str, scheme: Scheme) -> Iterator[Fault]:
    ink, ground = look.ink, look.ground
    if ink is None or ground is None:
        message = f"the contrast of '{text}' cannot be judged"
        yield Fault("mail-contrast", message, "write its colours as '#rrggbb'", "warning")
        return
    large = look.size >= _LARGE or (look.bold and look.size >= _LARGE_IF_BOLD)
    enough = ENOUGH_IF_LARGE if large else ENOUGH
    ratios = {_WHERE[scheme]: contrast(ink, ground)}
    if scheme == "light":
        dark, light = sorted((inverted(ink), inverted(ground)))
        ratios[" if a program inverts them"] = (light + 0.05) / (dark + 0.05)
    for where, ratio in ratios.items():
        if ratio < enough:
            message = f"'{text}' is {_hex(ink)} on {_hex(ground)}, a contrast of {ratio:.2f}{where}"
            yield Fault("mail-contrast", message, f"{enough:g} can be read", "warning")


def _looks(element: Element, above: tuple[Named, ...], look: Look, declared: _Sheet) -> Iterator[tuple[Look, str]]:
    """Yield each text in an element with its look; `look` is that of the elements above."""
    chain = (*above, named(element))
    values = _cascade(declared(chain), inline_style(element))
    if values.get("display") == "none":
        return
    look = _look(element, values, look)
    for child in element.children:
        if isinstance(child, Element):
            yield from _looks(child, chain, look, declared)
        elif child.strip():
            yield look, " ".join(child.split())[:40]


def _sheet(rules: tuple[Rule, ...]) -> _Sheet:
    """Make a function that finds the declarations for an element; many elements are named alike."""

    @functools.cache
    def declared(chain: tuple[Named, ...]) -> tuple[_Weighed, ...]:
        weights = ((rule, [match(selector, chain) for selector in rule.selectors]) for rule in rules)
        return tuple(
            _Weighed(one.important, False, max(filter(None, found)), one)
            for rule, found in weights
            if any(found)
            for one in rule.declarations
        )

    return declared


def _cascade(declared: tuple[_Weighed, ...], inline: tuple[Declaration, ...]) -> dict[str, str]:
    """Find the values that hold: important ones, the element's own, then by how specific a selector is."""
    own = (_Weighed(one.important, True, (0, 0, 0), one) for one in inline)
    ordered = [one.declaration for one in sorted((*declared, *own), key=lambda one: one[:3])]
    return {"background" if one.name == "background-color" else one.name: one.value for one in ordered}


def _look(element: Element, declared: dict[str, str], above: Look) -> Look:
    weight = declared.get("font-weight", "bold" if element.tag in _BOLD else "")
    return Look(
        ink=_read(declared.get("color", ""), above.ink),
        ground=_read(declared.get("background", element.get("bgcolor") or ""), above.ground),
        size=_size(declared.get("font-size", f"{_SIZES.get(element.tag, 1)}em"), above.size),
        bold=weight in {"bold", "bolder"} or (weight.isdecimal() and int(weight) >= 700) or (above.bold and not weight),
    )


def _read(value: str, otherwise: Colour | None) -> Colour | None:
    if value in _KEPT:
        return otherwise
    found = _COLOUR.search(value)
    if not found:
        return None
    name = found[0]
    if name.startswith("rgb"):
        red, green, blue = (min(255, int(part)) for part in re.findall(r"\d+", name))
        return red, green, blue
    if name in {"black", "white"}:
        return BLACK if name == "black" else WHITE
    return parse_colour(name if len(name) == 7 else "#" + "".join(2 * digit for digit in name[1:]))


def _size(value: str, above: float) -> float:
    found = _SIZE.fullmatch(value)
    if not found:
        return above
    number = float(found[1])
    return number * _UNITS.get(found[2], above / (100 if found[2] == "%" else 1))


def _hex(colour: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


def _forth(luminance: float) -> float:
    """Go from luminance to lightness (CIE 1976)."""
    return luminance ** (1 / 3) if luminance > (6 / 29) ** 3 else luminance / (3 * (6 / 29) ** 2) + 4 / 29


def _back(value: float) -> float:
    return value**3 if value > 6 / 29 else 3 * (6 / 29) ** 2 * (value - 4 / 29)
