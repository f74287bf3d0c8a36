"""Formulas where there is no MathML: as a line of HTML and as a picture; and all forms of them beside each other."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
import unicodedata
from collections import Counter
from html import escape, unescape
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from browser.chromium import Visit, start_chromium
from conftest import REPOSITORY, examples
from formulas import Golden, load_formulas
from pixeldigest.diagnostics import UserError
from pixeldigest.markup import picture
from pixeldigest.markup.mathdrawing import drawable_mathml
from pixeldigest.markup.mathhtml import latex_to_inline_html
from pixeldigest.markup.mathml import FormulaError, latex_to_mathml
from pixeldigest.markup.mathtext import latex_to_text
from pixeldigest.markup.picture import MAX_HEIGHT, MAX_WIDTH, Picture, draw_formula, picture_name

FORMULAS = load_formulas()
IN_LETTERS = [formula for formula in FORMULAS if formula.html is not None]
each_formula = pytest.mark.parametrize("formula", FORMULAS, ids=lambda one: one.latex)
each_in_letters = pytest.mark.parametrize("formula", IN_LETTERS, ids=lambda one: one.latex)

# What an output may add or leave out against the signs of MathML: how it groups, raises, separates and names things.
STRUCTURE = frozenset("()[]{}⟨⟩^_/√∛∜“”,;.")
MARKS = frozenset("ˆˇ˘˙¨´`˚―⏞⏟")  # accents and braces: letters with a combining character, or names, in the outputs
NAMES = re.compile(r"(?<![a-z])(?:choose|if|cancel|hat|bar|root)(?![a-z])")
SAME = {"⋅": "·", "∗": "*", "∣": "|", "∥": "‖", "∕": "/", "-": "−", "⊤": "T", "°": "∘", "⋯": "···", "∛": "3", "∜": "4"}


@each_formula
def test_formula_in_letters(formula: Golden) -> None:
    assert formula.html == latex_to_inline_html(formula.latex, display=formula.display)


@each_in_letters
def test_html_is_well_formed_and_plain(formula: Golden) -> None:
    root = ET.fromstring(f"<p>{formula.html}</p>")
    elements = list(root.iter())[1:]

    assert {element.tag for element in elements} <= {"i", "b", "sub", "sup"}
    assert not [element for element in elements if element.attrib]
    assert not [element for element in elements if not "".join(element.itertext())]


@each_in_letters
def test_only_long_formulas_can_be_broken_and_only_after_relations(formula: Golden) -> None:
    stretches = unescape(re.sub("<[^>]*>", "", formula.html or "")).split(" ")

    assert len(stretches) == 1 or len("".join(stretches)) > 30
    assert {stretch[-1] for stretch in stretches[:-1]} <= set("=≥≤<>∼≈≡←→∈,")


@each_formula
def test_outputs_say_the_same_signs(formula: Golden) -> None:
    """A sign that is lost, added or changed on the way shows here, whatever the golden file says."""
    said = signs_of_mathml(ET.fromstring(latex_to_mathml(formula.latex, display=formula.display)))

    assert said == signs(latex_to_text(formula.latex, display=formula.display))
    assert said == signs_of_mathml(drawable_mathml(formula.latex, display=formula.display))
    if formula.html is not None:
        assert said == signs(unescape(re.sub("<[^>]*>", " ", formula.html)))


def signs_of_mathml(root: ET.Element) -> Counter[str]:
    for phantom in [(parent, child) for parent in root.iter() for child in parent if child.tag == "mphantom"]:
        phantom[0].remove(phantom[1])
    return signs(" ".join("".join(node.itertext()) for node in leaves(root)))


def leaves(root: ET.Element) -> list[ET.Element]:
    return [node for node in root.iter() if node.tag in ("mi", "mn", "mo", "mtext")]


def signs(text: str) -> Counter[str]:
    """Count the signs of a text, whatever their style, their place and their accents."""
    plain = unicodedata.normalize("NFKD", NAMES.sub("", "".join(SAME.get(char, char) for char in text)))
    same = "".join(SAME.get(char, char) for char in plain)
    return Counter(
        char
        for char in same
        if unicodedata.category(char)[0] not in "ZMC" and char not in STRUCTURE | MARKS and not char.isspace()
    )


@pytest.mark.parametrize(
    ("latex", "html"),
    [
        ("a<b", "<i>a</i>\u00a0&lt;\u00a0<i>b</i>"),
        (r"\text{R\&D}", "R&amp;D"),
        (r"\mathbf{AB}x", "<b>AB</b>\u00a0<i>x</i>"),
        (r"\mathbf{A}\boldsymbol{\theta}", "<b>A<i>θ</i></b>"),
        (r"\mathrm{d}x", "d<i>x</i>"),
        (r"\Delta\hbar", "Δℏ"),
        (r"x'^2", "<i>x</i>′<sup>2</sup>"),
        (r"x^\circ", "<i>x</i>°"),
        (r"\frac{1}{2}", "1/2"),
        (r"\frac{n+1}{2}x", "((<i>n</i>\u00a0+\u00a01)/2)<i>x</i>"),
    ],
)
def test_letters_have_their_style(latex: str, html: str) -> None:
    assert html == latex_to_inline_html(latex)


@pytest.mark.parametrize(
    "latex",
    [
        r"\begin{matrix}a\end{matrix}",
        r"\begin{cases}a\end{cases}",
        r"\begin{aligned}a\end{aligned}",
        r"\frac{1}{1+\frac{1}{x}}",
        r"\sqrt{\frac{a}{b}}",
        r"\sqrt{a+b+c+d+e+f+g+h+i+j}",
        r"x_{a_{b_c}}",
        r"\hat{xy}",
        r"\overset{n}{x+y}",
        r"\underbrace{x}_n",
        r"\binom{n}{k}",
        r"\boxed{x}",
        r"x\phantom{y}",
    ],
)
def test_what_letters_cannot_say_well_needs_a_picture(latex: str) -> None:
    assert latex_to_inline_html(latex) is None


@pytest.mark.parametrize("latex", [r"\frac{a}{b}", r"\sqrt{x}", r"\sum_i x_i", r"\int f", r"\lim_{x\to 0} f"])
def test_on_a_line_of_its_own_a_formula_is_stacked(latex: str) -> None:
    assert latex_to_inline_html(latex) is not None
    assert latex_to_inline_html(latex, display=True) is None


@each_formula
def test_picture_is_a_readable_card(formula: Golden) -> None:
    drawn = draw_formula(formula.latex, display=formula.display)
    image = open_picture(drawn)
    alpha = image.getchannel("A")
    corner = 3 + 9 * formula.display
    inner = alpha.crop((corner, corner, image.width - corner, image.height - corner))
    # What a reader on a black and on a white page sees of it is the same.
    on_black, on_white = (flattened(image, page).crop(inner_box(image, corner)) for page in ("black", "white"))

    assert image.size == (2 * drawn.width, 2 * drawn.height)
    assert drawn.width <= MAX_WIDTH
    assert drawn.height <= MAX_HEIGHT
    assert 0 < drawn.depth < drawn.height
    assert alpha.getpixel((0, 0)) == 0
    assert inner.getextrema() == (255, 255)
    assert on_black.tobytes() == on_white.tobytes()
    assert contrast(*on_white.convert("L").getextrema()) > 12
    assert len(drawn.png) < 12_000


@each_formula
def test_no_ink_at_the_edge_of_a_picture(formula: Golden) -> None:
    drawn = draw_formula(formula.latex, display=formula.display)
    page = flattened(open_picture(drawn), "white").convert("L")
    margins = [
        (0, 0, page.width, 2),
        (0, page.height - 2, page.width, page.height),
        (0, 0, 4, page.height),
        (page.width - 4, 0, page.width, page.height),
    ]

    assert [page.crop(margin).getextrema()[0] > 240 for margin in margins] == [True] * 4


def open_picture(drawn: Picture) -> Image.Image:
    return Image.open(io.BytesIO(drawn.png)).convert("RGBA")


def inner_box(image: Image.Image, corner: int) -> tuple[int, int, int, int]:
    return corner, corner, image.width - corner, image.height - corner


def flattened(image: Image.Image, page: str) -> Image.Image:
    background = Image.new("RGBA", image.size, page)
    background.alpha_composite(image)
    return background.convert("RGB")


def contrast(dark: int, light: int) -> float:
    """Return the ratio of WCAG for two greys."""
    low, high = (((level / 255 + 0.055) / 1.055) ** 2.4 if level > 10 else level / 3294 for level in (dark, light))
    return (high + 0.05) / (low + 0.05)


def test_picture_says_nothing_about_who_made_it() -> None:
    image = Image.open(io.BytesIO(draw_formula("x^2", display=True).png))

    assert image.mode == "P"
    assert set(image.info) == {"transparency"}


def test_line_of_the_text_is_where_the_letters_stand() -> None:
    """`x` stands on the line, `p` reaches below it, and what is above does not matter."""
    depths = [draw_formula(latex, display=False).depth for latex in ("x", "x^2", "p", r"\frac{a}{b}")]

    assert depths[0] == depths[1] < depths[2] < depths[3]


@pytest.mark.parametrize("latex", ["+".join(["x_1"] * 40), r"\begin{matrix}" + r"x\\" * 80 + r"\end{matrix}"])
def test_large_formula_is_drawn_smaller(latex: str) -> None:
    drawn = draw_formula(latex, display=True)

    assert MAX_WIDTH - 20 <= drawn.width <= MAX_WIDTH or MAX_HEIGHT - 20 <= drawn.height <= MAX_HEIGHT


@pytest.mark.parametrize(
    ("latex", "message"),
    [
        (r"\text{漢}", "'漢' cannot be drawn: the font for formulas lacks it"),
        (r"\phantom{x}", "there is nothing to draw"),
        (r"\quad", "there is nothing to draw"),
        ("x+" * 600 + "x", "the formula is too large to be drawn"),
        ("x+" * 3000 + "x", "the formula is too long to be drawn"),
        (r"\sqrt{x+" * 20 + "x" + "}" * 20, "the formula is nested too deeply to be drawn"),
        (r"\frca", r"'\frca' is not a known command"),
    ],
)
def test_what_cannot_be_drawn_is_said(latex: str, message: str) -> None:
    with pytest.raises(FormulaError) as caught:
        draw_formula(latex, display=True)

    assert message == caught.value.message


@pytest.mark.parametrize("library", ["ziamath.zmath", "resvg_py", "PIL"])
def test_missing_library_is_named_with_the_way_out(monkeypatch: pytest.MonkeyPatch, library: str) -> None:
    monkeypatch.setitem(sys.modules, library, None)

    with pytest.raises(UserError) as caught:
        draw_formula("x", display=False)

    assert caught.value.message == (
        "formulas in mails are drawn by libraries that are missing: install pixeldigest[mail]"
    )


def test_same_picture_on_any_machine(tmp_path: Path) -> None:
    """In processes of their own, with other hash seeds and other fonts to be found, and in another order."""
    code = (
        "import sys, hashlib\n"
        "from pixeldigest.markup.picture import draw_formula, picture_name\n"
        "for latex in sorted(sys.argv[2:], reverse=sys.argv[1] == '1'):\n"
        "    drawn = draw_formula(latex, display=True)\n"
        "    print(picture_name(latex, display=True), hashlib.sha256(drawn.png).hexdigest(), drawn[1:])\n"
    )
    formulas = [formula.latex for formula in FORMULAS[::12]]
    printed = []
    for seed in ("1", "2"):
        home = {"HOME": str(tmp_path), "FONTCONFIG_FILE": os.devnull} if seed == "2" else {}
        done = subprocess.run(
            [sys.executable, "-c", code, seed, *formulas],
            env={**os.environ, **home, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        printed.append(sorted(done.stdout.splitlines()))

    assert len(printed[0]) == len(formulas)
    assert printed[0] == printed[1]


def test_name_of_a_picture_depends_on_what_it_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [picture_name("x", display=True), picture_name("x", display=False), picture_name("y", display=True)]
    monkeypatch.setattr(picture, "DRAWING", picture.DRAWING + 1)
    names.append(picture_name("x", display=True))

    assert len(set(names)) == 4
    assert all(re.fullmatch("[0-9a-f]{20}", name) for name in names)


LETTERS = st.sampled_from(["x", "y", "W", "1", r"\quad ", r"\theta", r"\mathbf{A}", r"\mathcal{L}", r"\text{let }"])
JOINTS = st.sampled_from(["+", "-", "=", r"\le ", ",", r"\mid ", r"\|", "|", r"\quad ", r"\,", "", "'", "/", "!", "<"])
SHAPES = (
    r"\frac{%s}{%s}", "%s_{%s}", "%s^{%s}", "{%s}_{%s}", r"\sum_{%s}^{%s}", r"\left(%s\right)%s", r"\log %s %s",
    r"\sqrt[%s]{%s}", r"\hat{%s}%s", r"\overline{%s}%s", r"\begin{cases}%s&%s\end{cases}", r"\binom{%s}{%s}",
    r"\begin{bmatrix}%s\\%s\end{bmatrix}", r"\begin{aligned}%s&=%s\end{aligned}", r"\underbrace{%s}_{%s}",
    r"\boxed{%s}%s", r"\cancel{%s}%s", r"\xrightarrow{%s}%s", r"\lim_{%s}%s", r"\overset{%s}{%s}", r"{}_{%s}F^{%s}",
    r"\phantom{%s}%s", r"\substack{%s\\%s}", r"\displaystyle %s %s", r"\int_{%s}^{%s}", r"\operatorname*{max}_{%s}%s",
)  # fmt: skip


def shaped(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    shapes = st.builds(lambda shape, one, two: shape % (one, two), st.sampled_from(SHAPES), parts, parts)
    return shapes | st.builds("".join, st.tuples(parts, JOINTS, parts))


LATEX = st.recursive(LETTERS, shaped, max_leaves=8)


@examples(300)
@given(LATEX, st.booleans())
def test_any_formula_can_be_said_in_letters_or_not(latex: str, display: bool) -> None:  # noqa: FBT001
    """The same signs come out; nothing but FormulaError is raised, and only where the text raises it too."""
    try:
        text = latex_to_text(latex, display=display)
    except FormulaError:
        with pytest.raises(FormulaError):
            latex_to_inline_html(latex, display=display)
        return
    html = latex_to_inline_html(latex, display=display)

    if html is not None:
        ET.fromstring(f"<p>{html}</p>")
        assert signs(text) == signs(unescape(re.sub("<[^>]*>", " ", html)))


@examples(80)
@given(LATEX, st.booleans())
def test_any_formula_can_be_drawn_or_is_refused(latex: str, display: bool) -> None:  # noqa: FBT001
    try:
        drawn = draw_formula(latex, display=display)
    except FormulaError:
        return

    assert open_picture(drawn).size == (2 * drawn.width, 2 * drawn.height)
    assert drawn.width <= MAX_WIDTH


@pytest.mark.browser
def test_all_forms_of_all_formulas_in_a_browser(tmp_path: Path) -> None:
    """As MathML with the font of the site, in letters, and as a picture, on a page of 600 pixels."""
    shutil.copytree(REPOSITORY / "templates" / "assets", tmp_path / "assets")
    rows = []
    for number, formula in enumerate(FORMULAS):
        drawn = draw_formula(formula.latex, display=formula.display)
        (tmp_path / f"{number}.png").write_bytes(drawn.png)
        mathml = latex_to_mathml(formula.latex, display=formula.display)
        size = f'width="{drawn.width}" height="{drawn.height}" style="vertical-align: -{drawn.depth}px"'
        rows.append(
            f'<div class="formula" title="{escape(formula.latex)}">{mathml}</div>'
            f"<p>in letters {formula.html or ''} so</p>"
            f'<p>in a picture <img src="{number}.png" alt="{escape(formula.text)}" {size}></p>'
        )
    (tmp_path / "page.html").write_text(PAGE.format(rows="\n".join(rows)), encoding="utf-8")

    with start_chromium() as browser:
        context = browser.new_context(viewport={"width": 640, "height": 900})
        visit = Visit(context, tmp_path)
        page = visit.open("page.html")
        found = page.evaluate(FAULTS)
        if folder := os.environ.get("SCREENSHOTS"):
            page.screenshot(path=Path(folder) / "formulas.png", full_page=True)
        context.close()

    assert found == {"math": len(FORMULAS), "faults": []}
    assert visit.troubles == []


PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Formulas</title><style>
@font-face {{ font-family: "STIX Two Math"; src: url(assets/fonts/STIXTwoMath.woff2); }}
body {{ font: 16px/1.6 sans-serif; margin: 0 auto; width: 600px; background: #eef; }}
math {{ font-family: "STIX Two Math", math; font-size: 1.15em; }}
p {{ margin: 0; }}
.formula {{ border-top: 1px solid #99c; overflow-x: auto; padding: 4px 0; }}
</style></head><body>{rows}</body></html>"""
FAULTS = """async () => {
    await Promise.allSettled([...document.images].map(image => image.decode()));
    const faults = [];
    const maths = [...document.querySelectorAll('math')];
    for (const math of maths) {
        const box = math.getBoundingClientRect();
        if (!box.width || !box.height) faults.push('empty: ' + math.parentElement.title);
    }
    for (const image of document.images) {
        if (image.naturalWidth !== 2 * image.width) faults.push('picture: ' + image.alt);
    }
    for (const element of document.querySelectorAll('p, .formula')) {
        if (element.scrollWidth > element.clientWidth) faults.push('overflow: ' + element.outerHTML.slice(0, 300));
    }
    return {math: maths.length, faults};
}"""
