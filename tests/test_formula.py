"""Formulas: the text they read as, the MathML they become, and what is refused."""

import subprocess
import sys
import unicodedata
from collections.abc import Callable
from itertools import combinations
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import examples
from formulas import Golden, load_formulas
from pixeldigest.markup.mathml import FormulaError, latex_to_mathml
from pixeldigest.markup.mathtext import Lettered, latex_to_text, letter_scripts

FORMULAS = load_formulas()
COMMANDS = [
    "\\frac{", "\\sqrt", "\\log", "\\sum_", "\\hat", "\\left(", "\\right)", "\\left", "\\text{", "\\underbrace{",
    "\\|", "\\quad ", "\\begin{cases}", "\\end{cases}", "\\begin{aligned}", "\\end{aligned}", "\\begin{matrix}",
    "\\end{matrix}", "\\\\", "\\boxed{", "\\cancel{", "\\substack{", "\\displaystyle ", "\\overset{", "\\binom",
    "\\dots ", "\\theta ", "(", ")", "[", "]", "{", "}", "^", "_", "&", "|", "'", "=", "-", ",", "x", "y", "1", " ",
    "%", "<", "é",
]  # fmt: skip


@pytest.mark.parametrize("formula", FORMULAS, ids=lambda one: one.latex)
def test_formula_reads_as_text(formula: Golden) -> None:
    assert formula.text == latex_to_text(formula.latex, display=formula.display)


@pytest.mark.parametrize("text", [formula.text for formula in FORMULAS])
def test_text_has_no_residue(text: str) -> None:
    assert not set("\\$~&\xa0") & set(text)
    assert not [char for char in text if unicodedata.category(char) in ("Cf", "Co") or "\ufe00" <= char <= "\ufe0f"]
    assert text == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize("latex", [formula.latex for formula in FORMULAS])
@pytest.mark.parametrize("display", [True, False])
def test_mathml_is_well_formed_and_plain(latex: str, display: bool) -> None:  # noqa: FBT001
    mathml = latex_to_mathml(latex, display=display)
    root = ET.fromstring(mathml)

    assert mathml == ET.tostring(root, encoding="unicode")
    assert root.tag == "math"
    assert ("block" if display else None) == root.get("display")
    assert not [node for node in root.iter() if node.tag in ("menclose", "a", "script", "merror")]
    assert not [node for node in root.iter() if {"href", "id", "class", "onclick"} & node.attrib.keys()]


@pytest.mark.parametrize(
    "family",
    [
        [r"\frac{a+b}{c}", r"a+\frac{b}{c}", r"\frac{a}{b+c}", r"\frac{a}{b}+c"],
        [r"e^{x+y}", r"e^x+y", r"{e^x}^y", r"e^{x^y}", r"e^{xy}", r"e^xy"],
        [r"(ab)^2", r"ab^2", r"{ab}^2\cdot 1"],
        [r"\frac{a}{bc}", r"\frac{a}{b}c", r"a\frac{b}{c}", r"a/bc"],
        [r"\frac{1}{Z}(x)", r"\frac{1}{Z(x)}", r"\frac{1}{Z}x"],
        [r"\frac{\frac ab}{c}", r"\frac{a}{\frac bc}"],
        [r"\sqrt{x}y", r"\sqrt{xy}", r"\sqrt{x^2}", r"\sqrt{x}^2", r"\sqrt{x+1}", r"\sqrt{x}+1"],
        [r"\sqrt[n]{x}", r"n\sqrt{x}", r"x^n\sqrt{x}", r"x\sqrt[n]{x}"],
        [r"\log x^2", r"(\log x)^2", r"\log^2 x", r"\log(x)^2", r"\log_2 x"],
        [r"\frac{\log p}{q}", r"\log\frac{p}{q}"],
        [r"\frac{\sum_i x_i}{n}", r"\sum_i\frac{x_i}{n}"],
        [r"\frac{\sum_i x_i+y}{n}", r"\sum_i\frac{x_i+y}{n}"],
        [r"x^{(\alpha+1)}", r"x^{\alpha+1}", r"x^\alpha+1"],
        [r"p_\theta(x)", r"p_{\theta(x)}", r"p_{\theta x}", r"p_\theta x"],
        [r"x_{\theta_i}", r"{x_\theta}_i", r"x_{\theta i}"],
        [r"x_{\theta^2}", r"x_\theta^2", r"{x_\theta}^{2+\theta}"],
        [r"\overline{x^2}", r"\bar{x}^2", r"\overline{x+y}", r"\bar x+\bar y"],
        [r"a-(b-c)", r"a-b-c"],
        [r"-x^2", r"(-x)^2"],
        [r"\left|x-y\right|", r"|x|-|y|"],
        [r"\begin{bmatrix}1&-2\end{bmatrix}", r"\begin{bmatrix}1-2\end{bmatrix}"],
        [r"2\cdot 3", r"2^3", r"2_3", r"x_1 2", r"x_{12}"],
        [r"\underbrace{a+b}_n", r"a+\underbrace{b}_n"],
        [r"\cancel{x}+1", r"x+1"],
        [r"\binom{n}{k}", r"\frac{n}{k}", r"\begin{pmatrix}n\\k\end{pmatrix}"],
    ],
)
def test_different_formulas_read_differently(family: list[str]) -> None:
    texts = [latex_to_text(latex) for latex in family]

    assert [(a, b) for a, b in combinations(texts, 2) if a == b] == []


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"y_w+y_l", "y_w + y_l"),
        (r"y_i+y_l", "yᵢ + yₗ"),
        (r"\pi_\theta(a_t)+x_1^2", "π_θ(a_t) + x₁²"),
        (r"x^Q+y^k+z^2", "x^Q + y^k + z²"),
        (r"e^{z_i}+y^k", "e^(zᵢ) + yᵏ"),
        (r"\sum_{c=1}^Cy_c", "∑_(c=1)^C y_c"),
        (r"\sum_{i=1}^C y_i", "∑_(i=1)^C y_i"),
        (r"\sum_{i=1}^n \theta_i+z_q", "∑_(i=1)^n θ_i + z_q"),
        (r"L_{\text{train}}+L_i+L_2", "L_train + L_i + L₂"),
    ],
)
def test_scripts_within_a_formula_are_alike(latex: str, text: str) -> None:
    assert text == latex_to_text(latex)


def test_scripts_of_several_formulas_can_be_alike() -> None:
    formulas = ["y_l", "y_w^k", r"\broken", "x_1"]

    lettered = letter_scripts(formulas)

    assert lettered == Lettered(sub=False, sup=False)
    assert latex_to_text("y_l+x_1", lettered=lettered) == "y_l + x₁"
    assert letter_scripts(["y_l", "x^2"]) == Lettered()


def test_rows_are_lines_in_display_only() -> None:
    latex = r"\begin{aligned} a &= b \\ &= c \end{aligned}"

    assert latex_to_text(latex, display=True) == "a = b\n= c"
    assert latex_to_text(latex) == "a = b; = c"


def test_numbers_of_equations_are_left_out() -> None:
    latex = r"\begin{align} a &= b \\ c &= d \end{align}"

    assert latex_to_text(latex, display=True) == "a = b\nc = d"
    assert "(1)" not in latex_to_mathml(latex, display=True)


def test_named_entities_become_characters() -> None:
    mathml = latex_to_mathml(r"\log p", display=False)

    assert "\u2061" in mathml
    assert "&" not in mathml


def test_box_has_a_border() -> None:
    mathml = latex_to_mathml(r"\boxed{a}", display=False)

    assert mathml == '<math><mrow style="border: 1px solid; padding: 0.2em 0.3em"><mi>a</mi></mrow></math>'


@pytest.mark.parametrize("command", ["cancel", "bcancel", "xcancel"])
def test_struck_out_is_drawn_without_menclose(command: str) -> None:
    mathml = latex_to_mathml(rf"\{command}{{a}}", display=False)

    assert mathml.startswith('<math><mrow style="background: linear-gradient(')
    assert mathml.endswith('"><mi>a</mi></mrow></math>')


@pytest.mark.parametrize(
    ("latex", "message", "offset"),
    [
        (r"a + \frca{b}", r"'\frca' is not a known command", 4),
        (r"é😀 \frca", r"'\frca' is not a known command", 3),
        (r"\mbox{a} \frca", r"'\frca' is not a known command", 9),
        (r"\frac{a", "a '{' is never closed", 5),
        (r"\sqrt[3", "a '[' is never closed", 7),
        (r"a}", "'}' closes nothing", 1),
        (r"\left( a", r"a '\left' has no '\right'", 8),
        (r"\begin{cases} a", r"a '\begin{…}' has no '\end{…}'", 15),
        (r"\begin{matrix}a\end{pmatrix}", r"'\begin{matrix}' is closed by '\end{pmatrix}'", 15),
        (r"\begin{foo}a\end{foo}", "'foo' is not a known environment", 6),
        (r"\begin{split}a\end{split}", "'split' is not a known environment: write 'aligned'", 6),
        (r"x^a^b", "a second '^' or '_' on the same base: group with '{…}'", 3),
        (r"x^", "something is missing here: an argument, or what '^' or '_' shall raise or lower", 2),
        (r"x__", "'^' or '_' is followed by another one: group with '{…}'", 2),
        (r"\left x", r"'\left' needs a bracket after it, or '.' for none", 6),
        ("a & b", "'&' may only stand in 'aligned', 'cases' or a matrix", 2),
        (r"\text{$x$}", r"'$' cannot stand in '\text{…}': end the text before the formula", 6),
        (r"\text{x^2}", r"this cannot stand in '\text{…}'", 7),
        ("$x$", "a '$' stands inside the formula", 0),
        ("#", r"'#' stands alone: write '\#'", 1),
        ("a\u200bb", "the invisible character U+200B stands here", 1),
        ("a\x00b", "the invisible character U+0000 stands here", 1),
        ("a\ud800", "the invisible character U+D800 stands here", 1),
        (r"\limits", r"'\limits' may only stand after \int, \sum, ...", 0),
        (r"\color{foo}x", r"'\color' cannot be used: the theme chooses the colours", 0),
        (r"x \def\a{b}", r"'\def' cannot be used: a formula cannot define commands", 2),
        (r"a \tag{1}", r"'\tag' cannot be used: formulas have no numbers", 2),
        (r"\not{ab}", "Expected a relation after \\not.", 4),
    ],
)
@pytest.mark.parametrize("convert", [latex_to_mathml, latex_to_text])
def test_error_says_what_and_where(convert: Callable[..., str], latex: str, message: str, offset: int) -> None:
    with pytest.raises(FormulaError) as caught:
        convert(latex, display=True)

    assert (message, offset) == (caught.value.message, caught.value.offset)
    assert message == str(caught.value)


@pytest.mark.parametrize(
    "latex",
    [
        r"\href{javascript:alert(1)}{x}",
        r"\url{https://example.org}",
        r"\class{a}{x}",
        r"\cssId{a}{x}",
        r"\style{position:fixed}{x}",
        r"\htmlClass{a}{x}",
        r"\htmlId{a}{x}",
        r"\htmlStyle{color:red}{x}",
        r"\htmlData{a=b}{x}",
        r"\includegraphics{/etc/passwd}",
        r"\color{red}{x}",
        r"\textcolor{red}{x}",
        r"\colorbox{red}{x}",
        r"\begin{equation}\label{a}x\end{equation}",
        r"\eqref{a}",
        r"\newcommand{\a}{x}\a",
        r"\let\a\log",
        r"\unicode{x3c}",
        r"\text{a\href{b}{c}}",
    ],
)
def test_links_styles_and_definitions_are_refused(latex: str) -> None:
    with pytest.raises(FormulaError):
        latex_to_mathml(latex, display=True)


@pytest.mark.parametrize("latex", ["<script>alert(1)</script>", '" onclick="x', r"\text{< a href=x >}", "x&lt;y"])
def test_markup_in_latex_stays_text(latex: str) -> None:
    try:
        root = ET.fromstring(latex_to_mathml(latex, display=True))
    except FormulaError:
        return

    assert {node.tag for node in root.iter()} <= {"math", "mi", "mo", "mn", "mtext", "mrow", "msup"}


@pytest.mark.parametrize(
    "latex",
    [
        "x+" * 10_000,
        "|" * 9_999,
        r"\|x|" * 2_400,
        r"\quad " * 1_600,
        "{" * 5_000 + "x" + "}" * 5_000,
        "{" * 5_000,
        "x^{" * 2_000 + "1" + "}" * 2_000,
        r"\frac{1}{" * 900 + "x" + "}" * 900,
        r"\frac1" * 1_600 + "1",
        r"\sqrt" * 1_900 + " x",
        r"\ln" * 3_300,
        r"\left(" * 700 + "x" + r"\right)" * 700,
        r"\begin{matrix}" * 300 + "x" + r"\end{matrix}" * 300,
        "(" * 60,
        "(" * 10 + "x+" * 4_900,
        r"\log(" * 1_000,
        r"(\text)" * 40,
        r"(x^)" * 40,
        r"(\sqrt[)]{x}" * 40,
        r"(\displaystyle)" * 40,
        "(%)\n" * 40,
        "[" * 9 + r"\begin{matrix}" + "(" * 9 + r"\end{matrix}",
        r"\def\a{((((((}" + r"\a" * 20,
        r"\mbox{" * 200 + "}" * 200,
    ],
)
def test_hostile_input_ends_soon(latex: str) -> None:
    """In a process of its own, because what it guards against is a crash of the interpreter."""
    code = (
        "import sys\n"
        "from pixeldigest.markup.mathml import FormulaError, latex_to_mathml\n"
        "from pixeldigest.markup.mathtext import latex_to_text\n"
        "latex = sys.stdin.read()\n"
        "for convert in (latex_to_mathml, latex_to_text):\n"
        "    try: convert(latex, display=True)\n"
        "    except FormulaError: pass\n"
    )

    done = subprocess.run([sys.executable, "-c", code], input=latex, text=True, timeout=20, check=False)

    assert done.returncode == 0


def test_many_brackets_side_by_side_are_fine() -> None:
    assert latex_to_text("f(x)" * 500).replace(" ", "") == "f(x)" * 500


@examples(500)
@given(st.lists(st.sampled_from(COMMANDS), max_size=40).map("".join))
def test_any_input_gives_a_result_or_a_formula_error(latex: str) -> None:
    try:
        mathml, text = latex_to_mathml(latex, display=True), latex_to_text(latex, display=True)
    except FormulaError as error:
        assert_points_into(latex, error)
        return

    assert ET.fromstring(mathml).tag == "math"
    assert text == text.strip()
    assert text == latex_to_text(latex, display=True)


def assert_points_into(latex: str, error: FormulaError) -> None:
    assert 0 <= error.offset <= len(latex)
