"""The accent that editors choose can be read wherever mails use it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from conftest import examples
from pixeldigest.formats.colours import BLACK, WHITE, contrast, mail_colours, parse_colour

colours = st.from_regex(r"#[0-9a-fA-F]{6}", fullmatch=True)
LIGHT, DARK = "#f2efe7", "#222228"


def test_contrast_is_that_of_the_standard() -> None:
    """From 1 for the same colour to 21; grey #767676 is the lightest that can be read on white."""
    assert (contrast(WHITE, WHITE), contrast(BLACK, WHITE)) == (1, 21)
    assert round(contrast(parse_colour("#767676"), WHITE), 2) == 4.54


@examples(300)
@given(colours)
def test_any_accent_can_be_read(accent: str) -> None:
    found = mail_colours(accent, light=LIGHT, dark=DARK)

    assert contrast(parse_colour(found.link), parse_colour(LIGHT)) >= 4.5
    assert contrast(parse_colour(found.link_in_the_dark), parse_colour(DARK)) >= 4.5
    assert contrast(parse_colour(found.on_button), parse_colour(found.button)) >= 4.5


def test_an_accent_that_can_be_read_stays_as_it_is() -> None:
    assert mail_colours("#0b3d91", light=LIGHT, dark=DARK).link == "#0b3d91"
