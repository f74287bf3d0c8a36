"""Formulas and texts full of what the two readings of dev.to would change."""

from __future__ import annotations

import random
import re

TRAPS = [
    # Markdown
    r"Q^*(s,a)=\max_\pi Q^\pi(s,a)\ne Q^*", r"x_{i_1}^{j_2}", r"a*b*c", r"x~y", r"[a][b](c)", r"![a](b)", r"\#S",
    r"\_", r"a \! b \, c \; d \: e \ f", r"\{x \mid x \ge 0\}", r"\|x\|_2", r"\mathrm{a\_b}", r"\texttt{a\_b}",
    r"f'(x) + f''(x)", r"\begin{pmatrix}a&b\\c&d\\[2pt]e&f\end{pmatrix}", r"- x", r"+ x", r"1. x", r"> x", r"= x",
    r"\text{`quoted'}", r"\text{ --- }", r"\text{http://example.org/a}", r"\text{a@example.org}",
    r"\text{www.example.org}", r"\$5",
    # HTML
    r"0<i<n \wedge m>0", r"\left<x\right>", r"\text{a<b>c}", r"\begin{aligned}a&=b\end{aligned}",
    r"\begin{matrix}1&lt;&3\end{matrix}",
    # Liquid
    r"{{a}}_{{b}}", r"\frac{{x}}{{y}}", r"\{{a}\}", r"{\%}", r"100\%", r"\text{a {{b}} c}", r"\text{{\% raw \%}}",
    r"\underbrace{x}_{\text{\{y\}}}", r"\operatorname{{arg}}_{{x}}",
    # tables
    r"|a|+|b|", r"\left|x\right|", r"\left\|x\right\|", r"p(x|y)", r"a\mathrel{|}b", r"\bigl|x\bigr|", r"\text{a|b}",
    r"\begin{array}{c|c}a&b\\\hline c&d\end{array}",
    # lines
    "\\begin{cases}\n  1 & x > 0 \\\\\n\n  0 & x < 0\n\\end{cases}", "a % a comment_1\nb", "\\alpha% no space\nb",
    "1\\\\% a\n2",
]  # fmt: skip
ATOMS = [
    "x", "y_i", "Q^*", "w_1", "1", "0.5", r"\alpha ", r"\beta_t", r"\hat y", r"\mathbf{x}", r"\theta^*", "n!",
    r"\text{if } ", "{{a}}", r"\text{a\_b}", r"\text{x<y}", r"\text{ [i] {{j}} }", r"\%", r"\$", r"\_", r"\{", r"\}",
    "~", r"\!", r"\,", r"\; ", "'", '"', "`", "@b", "-",
]  # fmt: skip
PATTERNS = [
    "#_{#}", "#^{#}", "#_{#}^{#}", r"\frac{#}{#}", r"\sqrt{#}", r"\sqrt[#]{#}", "#+#", "#*#", "#<#", "#>#", "#=#",
    "(#)", "[#]", "|#|", r"\|#\|", r"\{#\}", r"\left(#\right)", r"\left\{#\right\}", r"\left|#\right|",
    r"\left<#\right>", r"#\mid #", "{#}", "{{#}}", "#,#", r"\begin{bmatrix}#&#\\#&#\end{bmatrix}",
    r"\begin{cases}#&#>0\\[1pt]#&#\end{cases}", "\\begin{aligned}#&=#\\\\\n&<#\\end{aligned}",
    r"\begin{array}{c|c}#&#\\#&#\end{array}", r"\sum_{#}^{#}#", r"\mathbb{E}_{#}[#]", r"\operatorname{argmax}_{#}#",
    r"\text{for }#", "#\n#", "# % a note_1\n#", r"\overline{#}", r"\underbrace{#}_{#}", "# # #", r"#\\#", "!#",
    r"\mathrm{#}", r"#\lt #",
]  # fmt: skip

# What Markdown, Liquid and the fixers take as theirs, to be put together at random.
HOSTILE = [
    "{{", "}}", "{%", "%}", "{{ x }}", "{% raw %}", "{% endraw %}", "{% katex %}", "__len__", "_a_", "*", "**",
    "a*b*c", "@name", "http://a.org/x_y_z", "www.a.org", "a@b.org", "~~", "~", "[^1]", "[^1]: note", "==a==", "^2^",
    "$5", "\\$", "&lt;", "&#42;", "&copy", "AT&T", "`{{ x }}`", "`a|b`", "`` ` ``", "`<b>`", "a < b", "<T>",
    "<!-- -->", "1.", "7.", "-", "#", "|", "\\|", "!", "[a](http://a.org/b_c*d)", "[a](<http://a.org/b (c)>)",
    '[*a* `]`](http://a.org "T {{ x }}")', "![a_b](images/c.svg)", "![{{ a }}](images/c.svg)", "<https://a.org/b_c>",
    "$x_1$", "${{a}}$", "\n$$\na_1 * b_2\n$$\n", "emoji 👩‍💻", "\n```\n{{ x }}\n```\n",
    "\n```yaml\n---\ntitle: a\n---\n```\n", "\n````\n```\n````\n", "\ntitle: a", "\ntags: #a #b", "\n---\n", "\n- ",
    "\n    - ", "\n1. ", "\n> ", "\n\n", " ", "a", "\\\n", "\n| a | b |\n| - | -: |\n| `x|y` | $|x|$ |\n", "\n## ",
    "*slanted*", "**bold**", "*a `b`", "***both***", ":smile:", "'quoted'", "…", "é", "漢字",
]  # fmt: skip


def random_formula(draw: random.Random, depth: int = 3) -> str:
    """Write a formula full of what Markdown and Liquid would change."""
    if depth == 0 or draw.random() < 0.2:
        return draw.choice(ATOMS)
    pattern = draw.choice(PATTERNS)
    return re.sub("#", lambda _: random_formula(draw, depth - 1), pattern)
