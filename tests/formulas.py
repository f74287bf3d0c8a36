"""Formulas of machine learning and what becomes of them, from data/formulas.txt.

A block is the formula between dollars, as in a body; then its text, a line each; then its HTML, or `picture` where one
line of letters cannot say it. A `~` is a space at which no line is broken.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

FILE = Path(__file__).parent / "data" / "formulas.txt"
PICTURE = "picture"


class Golden(NamedTuple):
    """A formula and what it must become; `html` is None where it needs a picture."""

    latex: str
    display: bool
    text: str
    html: str | None


def load_formulas() -> list[Golden]:
    """Read all formulas."""
    return [_parse(block) for block in FILE.read_text(encoding="utf-8").strip().split("\n\n")]


def _parse(block: str) -> Golden:
    formula, *text, html = block.split("\n")
    display = formula.startswith("$$")
    latex = formula.removeprefix("$$").removesuffix("$$") if display else formula[1:-1]
    return Golden(latex, display, "\n".join(text), None if html == PICTURE else html.replace("~", "\u00a0"))
