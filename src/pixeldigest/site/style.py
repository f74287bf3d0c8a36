"""The settings of a theme as CSS, which stands in each page behind the theme's style sheet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from markupsafe import Markup

from pixeldigest.settings import Fonts, Theme


class _Voice(NamedTuple):
    """A variable of templates/assets/style.css, and what follows the fonts that editors name."""

    variable: str
    signs: tuple[str, ...]
    otherwise: tuple[str, ...]


_VOICES: Mapping[str, _Voice] = MappingProxyType(
    {
        "text": _Voice("--serif", ("Signs",), ("Georgia", "serif")),
        "interface": _Voice("--sans", ("Signs",), ("system-ui", "sans-serif")),
        "code": _Voice("--mono", (), ("ui-monospace", "monospace")),
    }
)
# The files of the theme's fonts that the first look at a page needs.
_FILES: Mapping[str, str] = MappingProxyType({"newsreader": "Newsreader.woff2", "inter": "Inter.woff2"})
# What pages with formulas need besides.
FORMULA_FONT = "fonts/STIXTwoMath.woff2"
# What the theme ships: while one of them is fetched, a local font with its metrics stands in.
_STAND_INS: Mapping[str, str] = MappingProxyType(
    {"newsreader": "Serif until then", "inter": "Sans until then", "jetbrains mono": "Mono until then"}
)
_ALIKE = ("serif", "sans-serif", "monospace")
_GENERIC = frozenset((*_ALIKE, *(f"ui-{one}" for one in _ALIKE), "ui-rounded", "system-ui", "cursive", "fantasy"))


def page_style(theme: Theme) -> Markup:
    """Write the rule that sets a page's colour and fonts; the values are validated, so that none can end it."""
    declarations = (f"--accent:{theme.accent}", *_font_declarations(theme.fonts))
    return Markup(f":root{{{';'.join(declarations)}}}")  # noqa: S704 - see above


def first_fonts(theme: Theme) -> tuple[str, ...]:
    """Name the theme's font files that a page asks for at once, below its assets."""
    names = [theme.fonts.text or "newsreader", theme.fonts.interface or "inter"]
    wanted = dict.fromkeys(_FILES.get(one.strip().lower()) for name in names for one in name.split(","))
    return tuple(f"fonts/{file}" for file in wanted if file)


def _font_declarations(fonts: Fonts) -> Iterator[str]:
    for role, voice in _VOICES.items():
        if names := getattr(fonts, role):
            families = map(_family, _stack(tuple(names.split(", ")), voice))
            yield f"{voice.variable}:{','.join(families)}"


def _stack(names: tuple[str, ...], voice: _Voice) -> Iterator[str]:
    """Put the maths signs and the stand-ins behind the fonts, but before what every reader has."""
    first_generic = next((index for index, name in enumerate(names) if name.lower() in _GENERIC), len(names))
    yield from names[:first_generic]
    yield from voice.signs
    yield from (_STAND_INS[name.lower()] for name in names if name.lower() in _STAND_INS)
    yield from names[first_generic:] or voice.otherwise


def _family(name: str) -> str:
    return name.lower() if name.lower() in _GENERIC else f'"{name}"'
