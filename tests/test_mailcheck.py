"""The checks of mails: one mail that passes them all, and for each check what it finds when something is changed."""

from __future__ import annotations

import json
import re
import runpy
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest

from conftest import REPOSITORY
from pixeldigest.formats.mailcheck import CHECKS, PUBLISHING_CHECKS, Mail, check_mail, check_publishing
from pixeldigest.formats.mailcheck.clients import (
    ENHANCEMENTS,
    EXTRACT,
    TAKEN_FOR_GRANTED,
    check_safety,
    check_support,
    support,
)
from pixeldigest.formats.mailcheck.contrast import check_contrast, inverted
from pixeldigest.formats.mailcheck.css import Named, match, parse_declarations, style_rules
from pixeldigest.formats.mailcheck.message import check_parts, check_preview, check_size
from pixeldigest.formats.mailcheck.page import check_code, check_images, check_layout, check_outline, check_residue
from pixeldigest.formats.mailcheck.tree import parse_html, words
from pixeldigest.formats.rendition import Fault

SUBJECT = "LoRA and QLoRA: a deep dive"
PREHEADER = "How low-rank updates let a large model be fine-tuned on one GPU."
# Neither in Gmail nor in Outlook.
NEITHER = "Gmail (web, mobile web, iOS, Android), Outlook (Windows, macOS, web, iOS, Android)"
ADDRESS = "Example Press, 1 Example Street"
PICTURE = '<img src="https://daily.example.org/a.png" width="536" height="80" alt="W plus B A" style="border: 0">'
HTML = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="color-scheme" content="light dark">
<title>{SUBJECT}</title>
<style>
@media (prefers-color-scheme: dark) {{
  body, p {{ background: #18181c !important; color: #e7e4de !important; }}
  a, .foot a {{ color: #a5a5ff !important; }}
}}
</style>
</head>
<body style="margin: 0; color: #1d1b20; background: #fffefb">
<div style="display: none">{PREHEADER}</div>
<table role="presentation" width="600"><tr><td style="padding: 32px">
<h1 style="font-size: 28px">{SUBJECT}</h1>
<h2 style="font-size: 25px">Introduction</h2>
<p style="margin: 0">See <a href="https://arxiv.org/abs/2106.09685" style="color: #5656cb">the paper</a>.</p>
{PICTURE}
<pre style="color: #000000; background: #f8f6f0">def merge():
    <span style="color: #a90d91">return</span> []</pre>
<table><tr><th scope="col" style="padding: 6px">rank</th></tr><tr><td style="padding: 6px">8</td></tr></table>
<p class="foot" style="margin: 0">{ADDRESS} ·
<a href="https://daily.example.org/unsubscribe" style="color: #5656cb">Unsubscribe</a></p>
</td></tr></table>
</body>
</html>
"""
TEXT = f"""{SUBJECT}

See the paper [1]. The update is W′ = W + α/r · BA, set with `\\alpha` and

    \\frac and {{{{ in a block of code

{ADDRESS}. To unsubscribe [2].

[1] https://arxiv.org/abs/2106.09685
[2] https://daily.example.org/unsubscribe
"""
HEADERS = {
    "Reply-To": "editors@example.org",
    "Message-ID": "<2026-11-21.daily@daily.example.org>",
    "List-Id": "Daily <daily.daily.example.org>",
    "List-Unsubscribe": "<https://daily.example.org/unsubscribe?to=opaque>",
    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
}


def make_mail(
    html: str = HTML, text: str = TEXT, subject: str = SUBJECT, preheader: str = PREHEADER, **headers: str | None
) -> Mail:
    message = EmailMessage(policy=SMTP.clone(max_line_length=998))
    changed = {name.replace("_", "-"): value for name, value in headers.items()}
    for name, value in {**HEADERS, **changed}.items():
        if value is not None:
            message[name] = value
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    return Mail(subject, preheader, html, text, message.as_bytes())


def change(old: str, new: str, **others: str) -> Mail:
    """Make the good mail with one thing in its HTML changed."""
    assert old in HTML
    return make_mail(HTML.replace(old, new), **others)


def told(faults: Iterator[Fault] | tuple[Fault, ...]) -> list[str]:
    return [f"{one.severity}[{one.rule}]: {one.message}; {one.hint}" for one in faults]


def test_a_good_mail_passes_every_check() -> None:
    mail = make_mail()

    assert told(check_mail(mail)) == []
    assert told(check_publishing(mail.message, ADDRESS)) == []


@pytest.mark.parametrize("check", CHECKS)
def test_faults_come_in_the_order_of_the_checks(check: Callable[[Mail], Iterator[Fault]]) -> None:
    mail = make_mail("<p>TODO", "TODO", "x", "y")

    found = [one for one in check_mail(mail) if one in set(check(mail))]

    assert found == list(dict.fromkeys(check(mail)))


def test_what_is_wrong_twice_is_said_once() -> None:
    mail = change("<pre ", "<pre data='x'>\t1</pre><pre>\t1</pre><pre ")

    assert [one for one in told(check_mail(mail)) if "tabs" in one] == [
        "error[mail-code]: code has tabs: '1'; write spaces: programs show tabs as they like"
    ]


# 1: parts


def test_the_html_comes_last() -> None:
    message = EmailMessage()
    message.set_content(HTML, subtype="html")
    message.add_alternative(TEXT)
    alone = EmailMessage()
    alone.set_content(HTML, subtype="html")

    assert told(check_parts(make_mail()._replace(message=message.as_bytes()))) == [
        (
            "error[mail-parts]: the message is not 'text/plain', then 'text/html', but 'text/html', then 'text/plain'; "
            "make it 'multipart/alternative' with the HTML last"
        )
    ]
    assert told(check_parts(make_mail()._replace(message=alone.as_bytes()))) == [
        (
            "error[mail-parts]: the message is not 'text/plain', then 'text/html', but 'text/html'; "
            "make it 'multipart/alternative' with the HTML last"
        )
    ]


def test_html_may_come_with_its_pictures() -> None:
    mail = _with_picture("formula.png")

    assert told(check_parts(mail)) == []


def test_both_parts_have_the_same_links() -> None:
    mail = change("https://arxiv.org/abs/2106.09685", "https://example.org/other", text=TEXT)

    assert told(check_parts(mail)) == [
        "error[mail-parts]: the text has no link to 'https://example.org/other'; give both parts the same links",
        "error[mail-parts]: the HTML has no link to 'https://arxiv.org/abs/2106.09685'; give both parts the same links",
    ]


@pytest.mark.parametrize(
    ("html", "text"),
    [
        (
            '<a href="https://en.wikipedia.org/wiki/Rank_(linear_algebra)">x</a>',
            "(https://en.wikipedia.org/wiki/Rank_(linear_algebra)).",
        ),
        ('<a href="mailto:editors@example.org">x</a>', "Write to editors@example.org."),
        ("<code>https://api.example.org/v1</code>", "`https://api.example.org/v1`"),
        ('<a href="https://example.org/?a=1&amp;b=2">x</a>', "<https://example.org/?a=1&b=2>"),
    ],
)
def test_addresses_are_found_as_text_writes_them(html: str, text: str) -> None:
    mail = make_mail(HTML.replace("</body>", f"{html}</body>"), f"{TEXT}\n{text}\n")

    assert told(check_parts(mail)) == []


@pytest.mark.parametrize("latex", [r"\alpha", "$x_i$", "$x^2$", r"$W' = W + \alpha$"])
def test_formulas_in_the_text_can_be_read(latex: str) -> None:
    mail = make_mail(text=f"{TEXT}\nThe loss {latex} falls.\n")

    assert told(check_parts(mail)) == [
        f"error[mail-parts]: the text shows LaTeX: '{latex}'; write formulas as readable text, or what is none as code"
    ]


@pytest.mark.parametrize(
    "text", ["It costs $5, or $10 for two.", "Set `\\alpha` in\n> quotes", "`a long span of code that\ngoes on \\beta`"]
)
def test_money_and_code_are_no_latex(text: str) -> None:
    assert told(check_parts(make_mail(text=f"{TEXT}\n{text}\n"))) == []


# 2: size


def test_the_size_is_that_of_the_html_as_sent() -> None:
    """A letter that is not ASCII takes six bytes in quoted-printable, and about every 75 there is a line break."""
    near = make_mail(HTML.replace("</body>", f"<p>{'é' * 15_000}</p></body>"))
    above = make_mail(HTML.replace("</body>", f"<p>{'é' * 16_500}</p></body>"))

    assert told(check_size(near)) == [
        (
            f"warning[mail-size]: the HTML is {_size(near)} as sent, more than 90 kB; Gmail cuts off at 102 kB; "
            "use 'summary' for a section in 'mail.sections', or shorten an entry"
        )
    ]
    assert told(check_size(above)) == [
        (
            f"error[mail-size]: the HTML is {_size(above)} as sent, more than 100 kB; Gmail cuts off at 102 kB; "
            "use 'summary' for a section in 'mail.sections', or shorten an entry"
        )
    ]
    assert 90 < float(_size(near).split()[0]) <= 100 < float(_size(above).split()[0])


def test_a_style_sheet_is_short() -> None:
    mail = change("</style>", f".a {{ color: #000000 }}{' ' * 16_000}</style>")

    assert told(check_size(mail)) == [
        (
            "error[mail-size]: a 'style' element is 16.2 kB, more than 16 kB; Gmail leaves it out; "
            "put what everyone needs into 'style' attributes"
        )
    ]


# 3: layout


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (
            '<table role="presentation" width="600">',
            "<table>",
            (
                f"a table has neither a role nor heads: '{SUBJECT} Introduction'; "
                "write 'role=\"presentation\"', or 'th' where it holds data"
            ),
        ),
        (
            "<table><tr>",
            '<table role="presentation"><tr>',
            "a table with heads is for presentation: 'rank 8'; leave the role out: it holds data",
        ),
        (' scope="col"', "", "the head 'rank' of a table has no scope; write 'scope=\"col\"'"),
        (
            'width="600"',
            'width="641"',
            "a 'table' is 641 pixels wide, more than 640; make it 640 or less, or give a share such as '100%'",
        ),
        (
            "padding: 32px",
            "min-width: 700px",
            "a 'td' is 700 pixels wide, more than 640; make it 640 or less, or give a share such as '100%'",
        ),
        (
            '<h2 style="font-size: 25px">',
            "<h2>",
            "1 'h2' element has no 'style' attribute; style it in 'mail/style.css', which is put into attributes",
        ),
        (
            ' style="color: #5656cb"',
            "",
            "2 'a' elements have no 'style' attribute; style it in 'mail/style.css', which is put into attributes",
        ),
    ],
)
def test_layout(old: str, new: str, fault: str) -> None:
    assert told(check_layout(change(old, new))) == [f"error[mail-layout]: {fault}"]


@pytest.mark.parametrize("width", ['width="640"', 'width="100%"'])
def test_widths_that_fit(width: str) -> None:
    assert told(check_layout(change('width="600"', width))) == []


# 4: preview


def test_subject_and_preheader_have_a_length_that_lists_show() -> None:
    short = make_mail(subject="Too short", preheader="Short as well")
    long = make_mail(subject="x" * 79, preheader="y" * 121)

    assert told(check_preview(short)) == [
        "warning[mail-preview]: the subject has 9 characters: 'Too short'; write 10 to 78",
        "warning[mail-preview]: the preheader has 13 characters: 'Short as well'; write 40 to 120",
        (
            f"warning[mail-preview]: the HTML does not begin with the preheader, but with '{PREHEADER[:40]}'; "
            "put it first, hidden"
        ),
    ]
    assert told(check_preview(long))[:2] == [
        f"warning[mail-preview]: the subject has 79 characters: '{'x' * 79}'; write 10 to 78",
        f"warning[mail-preview]: the preheader has 121 characters: '{'y' * 121}'; write 40 to 120",
    ]


def test_the_preheader_does_not_repeat_the_subject() -> None:
    mail = change(PREHEADER, "Merge two sorted lists, with a dummy node", subject="x", preheader="y")
    same = "Merge two sorted lists, with a dummy node"

    assert told(check_preview(mail._replace(subject=same, preheader=same))) == [
        f"warning[mail-preview]: the preheader repeats the subject, '{same}'; say there what the subject does not"
    ]


# 5: outline


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (' lang="en"', "", "the HTML names no language; write '<html lang=\"…\">'"),
        ('<meta charset="utf-8">', "", "the HTML names no charset; write '<meta charset=\"utf-8\">'"),
        (f"<title>{SUBJECT}</title>", "<title> </title>", "the HTML has no title; write '<title>…</title>'"),
        ("</h1>", "</h1><h1>x</h1>", "the HTML has 2 'h1' elements; give it exactly one: what the mail is about"),
        ("<h2 ", "<h2>x</h2><h4>Deep</h4><h2 ", "the 'h4' 'Deep' comes after 'h2'; make it an 'h3'"),
        ("<h1 ", "<h2>Early</h2><h1 ", "the 'h2' 'Early' comes first; make it an 'h1'"),
    ],
)
def test_outline(old: str, new: str, fault: str) -> None:
    assert told(check_outline(change(old, new))) == [f"error[mail-outline]: {fault}"]


# 6: safety and support


@pytest.mark.parametrize(
    "tag", ["script", "form", "iframe", "svg", "object", "embed", "input", "button", "math", "video", "link", "base"]
)
def test_elements_that_mail_programs_remove(tag: str) -> None:
    mail = change("<h2 ", f"<{tag}></{tag}><h2 ")

    assert told(check_safety(mail)) == [
        (
            f"error[mail-safety]: the mail has a '{tag}' element, which mail programs remove; "
            "show it on the page and link there"
        )
    ]
    assert told(check_support(mail)) == []


@pytest.mark.parametrize(
    ("html", "fault"),
    [
        ('<a href="/issues">', "the address '/issues' is relative; write it whole, from 'https://' on"),
        ('<a href="//example.org">', "the address '//example.org' is relative; write it whole, from 'https://' on"),
        ('<a href="#top">', "the address '#top' is relative; write it whole, from 'https://' on"),
        (
            '<a href="javascript:alert(1)">',
            "the address 'javascript:alert(1)' begins with 'javascript:'; use mailto or https or http",
        ),
        (
            '<img src="data:image/png;base64,AA">',
            "the address 'data:image/png;base64,AA' begins with 'data:'; use https or cid",
        ),
        (
            "<p style=\"background: url('data:image/gif;base64,AA')\">",
            "the address 'data:image/gif;base64,aa' begins with 'data:'; use https or cid",
        ),
        (
            '<a href="https://bit.ly/x">',
            (
                "the address 'https://bit.ly/x' hides where it leads, as those of spam do; "
                "write the one that it stands for"
            ),
        ),
        (
            '<a href="https://www.tinyurl.com/x">',
            (
                "the address 'https://www.tinyurl.com/x' hides where it leads, as those of spam do; "
                "write the one that it stands for"
            ),
        ),
        ('<p onclick="x()">', "a 'p' has the script 'onclick'; leave it out"),
    ],
)
def test_unsafe_addresses_and_scripts(html: str, fault: str) -> None:
    assert told(check_safety(change("<h2 ", f"{html}<h2 "))) == [f"error[mail-safety]: {fault}"]


@pytest.mark.parametrize("address", ["https://habit.ly/x", "http://example.org", "mailto:a@example.org", "https://[x"])
def test_addresses_that_are_safe(address: str) -> None:
    assert told(check_safety(change("<h2 ", f'<a href="{address}">x</a><h2 '))) == []


@pytest.mark.parametrize(
    ("html", "use", "programs"),
    [
        ("<picture></picture>", "<picture>", NEITHER),
        ("<details></details>", "<details>", "Outlook (Windows)"),
        ("<p hidden></p>", "hidden attribute", NEITHER),
        ('<p style="box-shadow: 0 0"></p>', "box-shadow", "Gmail (web, mobile web), Outlook (Windows)"),
        ('<p style="display:flex"></p>', "display: flex", "Outlook (Windows)"),
        ('<p style="margin: 1rem"></p>', "rem unit", "Outlook (Windows)"),
        ('<p style="width: calc(1px + 2px)"></p>', "calc()", "Outlook (Windows, macOS, web, iOS, Android)"),
        ('<p style="background: rgba(0, 0, 0, 0.5)"></p>', "rgba()", "Outlook (Windows)"),
        ('<p style="--a: 1px"></p>', "var()", NEITHER),
        ('<p style="font-family: system-ui"></p>', "system-ui", "Outlook (Windows)"),
        ('<img src="https://example.org/a.webp?x">', ".webp image", "Outlook (Windows)"),
        ("<style>a:hover { color: red }</style>", ":hover", "Gmail (mobile web, iOS), Outlook (Windows, iOS)"),
        (
            "<style>@supports (color: red) { p { color: red } }</style>",
            "@supports",
            NEITHER,
        ),
        (
            "<style>@import url(https://example.org);</style>",
            "@import",
            "Gmail (web, mobile web, iOS, Android), Outlook (macOS, web, iOS, Android)",
        ),
        (
            "<style>@media (prefers-reduced-motion) { p { color: red } }</style>",
            "@media (prefers-reduced-motion)",
            "Gmail (web, mobile web, iOS, Android), Outlook (Windows)",
        ),
        ("<style>p > a { color: red }</style>", "Child combinator", "Gmail (mobile web), Outlook (Windows)"),
    ],
)
def test_what_a_program_does_not_know(html: str, use: str, programs: str) -> None:
    found = told(check_support(change("<h2 ", f"{html}<h2 ")))

    assert f"error[mail-support]: '{use}' does not work in {programs}; do without it" in found


@pytest.mark.parametrize(
    ("html", "use"),
    [
        ("<blink>x</blink>", "<blink>"),
        ('<p style="zoom: 2"></p>', "zoom"),
        ('<p accesskey="p"></p>', "accesskey attribute"),
        ('<p style="width: 2lh"></p>', "lh unit"),
    ],
)
def test_what_nobody_has_tested(html: str, use: str) -> None:
    assert told(check_support(change("<h2 ", f"{html}<h2 "))) == [
        (
            f"error[mail-support]: it is not known which mail programs know '{use}'; "
            "leave it out, or have its reason in formats/mailcheck/clients.py"
        )
    ]


def test_every_enhancement_is_one_and_has_a_reason() -> None:
    """What all programs know by now needs no exception."""
    assert [use for use in ENHANCEMENTS if not support().get(use)] == []
    assert all(ENHANCEMENTS.values())


def test_what_is_taken_for_granted_is_nothing_that_was_tested() -> None:
    assert sorted(TAKEN_FOR_GRANTED & support().keys()) == []


def test_the_extract_says_where_it_comes_from() -> None:
    extract = json.loads(EXTRACT.read_text(encoding="utf-8"))

    assert extract["source"].startswith("https://www.caniemail.com/")
    assert extract["updated"][:10] >= "2026-05-13"
    assert extract["licence"].startswith("MIT")
    assert {len(row["support"].split()) for row in extract["uses"].values()} == {len(extract["clients"])}


# 7: images


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (
            'src="https://daily.example.org/a.png"',
            'src="http://daily.example.org/a.png"',
            "the picture 'http://daily.example.org/a.png' has no https address; host it, or attach it as 'cid:'",
        ),
        (
            'width="536"',
            "",
            "the picture 'https://daily.example.org/a.png' has no width in pixels; write 'width=\"…\"'",
        ),
        (
            'height="80"',
            'height="auto"',
            "the picture 'https://daily.example.org/a.png' has no height in pixels; write 'height=\"…\"'",
        ),
        (
            ' alt="W plus B A"',
            "",
            "the picture 'https://daily.example.org/a.png' has no 'alt'; say what it shows, or 'alt=\"\"' for ornament",
        ),
        (
            'src="https://daily.example.org/a.png"',
            'src="cid:a.png"',
            "the picture 'cid:a.png' is not in the message; attach it with that 'Content-ID'",
        ),
    ],
)
def test_images(old: str, new: str, fault: str) -> None:
    assert told(check_images(change(old, new))) == [f"error[mail-images]: {fault}"]


def test_an_attached_picture_is_found() -> None:
    assert told(check_images(_with_picture("a.png"))) == []


# 8: contrast


def test_text_contrasts_with_its_ground() -> None:
    mail = change('<p style="margin: 0">See', '<p style="margin: 0; color: #999999">See')

    assert told(check_contrast(mail)) == [
        "warning[mail-contrast]: 'See' is #999999 on #fffefb, a contrast of 2.82; 4.5 can be read",
        (
            "warning[mail-contrast]: 'See' is #999999 on #fffefb, a contrast of 2.81 if a program inverts them; "
            "4.5 can be read"
        ),
    ]


def test_a_colour_that_can_be_read_may_not_be_when_inverted() -> None:
    mail = change('<p style="margin: 0">See', '<p style="margin: 0; color: #757575">See')

    assert told(check_contrast(mail)) == [
        (
            "warning[mail-contrast]: 'See' is #757575 on #fffefb, a contrast of 4.12 if a program inverts them; "
            "4.5 can be read"
        )
    ]


@pytest.mark.parametrize(
    "style",
    [
        "font-size: 24px",
        "font-size: 19px; font-weight: bold",
        "font-size: 150%",
        "font-size: 2em",
        "font-size: 18pt",
    ],
)
def test_large_text_needs_less(style: str) -> None:
    large = change('<p style="margin: 0">See', f'<p style="color: #757575; {style}">See')
    larger = change('<p style="margin: 0">See', f'<p style="color: #999999; {style}">See')

    assert told(check_contrast(large)) == []
    assert told(check_contrast(larger))[0] == (
        "warning[mail-contrast]: 'See' is #999999 on #fffefb, a contrast of 2.82; 3 can be read"
    )


def test_the_dark_scheme_is_judged_by_itself() -> None:
    mail = change(
        "a, .foot a { color: #a5a5ff !important; }",
        "a { color: #a5a5ff !important } .foot a { color: #444 !important }",
    )

    assert told(check_contrast(mail)) == [
        (
            "warning[mail-contrast]: 'Unsubscribe' is #444444 on #18181c, a contrast of 1.82 in the dark scheme; "
            "4.5 can be read"
        )
    ]


def test_a_ground_that_the_dark_scheme_forgets() -> None:
    mail = change("body, p { background: #18181c !important; color", "body, p { color")

    assert told(check_contrast(mail))[0] == (
        f"warning[mail-contrast]: '{SUBJECT}' is #e7e4de on #fffefb, a contrast of 1.26 in the dark scheme; "
        "3 can be read"
    )


@pytest.mark.parametrize("colour", ["teal", "hsl(0, 0%, 50%)", "rgb(1)"])
def test_a_colour_that_cannot_be_judged(colour: str) -> None:
    mail = change('<p style="margin: 0">See', f'<p style="color: {colour}">See')

    assert told(check_contrast(mail)) == [
        "warning[mail-contrast]: the contrast of 'See' cannot be judged; write its colours as '#rrggbb'"
    ]


def test_hidden_text_needs_no_contrast() -> None:
    assert told(check_contrast(change("display: none", "display: none; color: #fffefb"))) == []
    assert told(check_contrast(change("display: none", "color: #fffefb"))) != []


@pytest.mark.parametrize(
    "style", ["color: #999", "color: rgb(153, 153, 153)", "color: #999999 !important", "color: #000; color: #999"]
)
def test_colours_are_read_as_written(style: str) -> None:
    mail = change('<p style="margin: 0">See', f'<p style="{style}">See')

    assert "'See' is #999999 on #fffefb, a contrast of 2.82" in told(check_contrast(mail))[0]


def test_colours_by_name_and_sizes_that_are_none() -> None:
    mail = change(
        '<p style="margin: 0">See',
        '<p style="color: white; background: BLACK"><b style="color: black; font-size: large">See</b>',
    )

    assert told(check_contrast(mail))[0] == (
        "warning[mail-contrast]: 'See' is #000000 on #000000, a contrast of 1.00; 4.5 can be read"
    )


def test_inversion_makes_white_the_darkest_grey_and_black_white() -> None:
    """#333333 has a luminance of 0.0331."""
    assert round(inverted((255, 255, 255)), 4) == 0.0331
    assert round(inverted((0, 0, 0)), 4) == 1


# 10: code


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("    <span", "\t<span", "code has tabs: 'return []'; write spaces: programs show tabs as they like"),
        ("color: #000000; ", "", "a 'pre' has no colour of its own; give it 'color' in its 'style' attribute"),
        (
            '<span style="color: #a90d91">',
            '<span class="k">',
            "'return' in code is coloured by a class; give the colour in its 'style' attribute",
        ),
        ("See <a", "See <code>one\ntwo</code> <a", "code of several lines is not in 'pre': 'one'; put it there"),
    ],
)
def test_code(old: str, new: str, fault: str) -> None:
    assert told(check_code(change(old, new))) == [f"error[mail-code]: {fault}"]


# 11: residue


@pytest.mark.parametrize("residue", ["TK", "TODO", "{{", "{%", "$$", "\\frac"])
def test_residue(residue: str) -> None:
    mail = make_mail(
        HTML.replace("See ", f"See {residue} "),
        f"{TEXT}\n{residue}\n",
        f"{SUBJECT} {residue}",
        f"{PREHEADER} {residue}",
    )

    assert told(check_residue(mail)) == [
        f"error[mail-residue]: the subject has '{residue}'; finish it, or write it as code",
        f"error[mail-residue]: the preheader has '{residue}'; finish it, or write it as code",
        f"error[mail-residue]: the text has '{residue}'; finish it, or write it as code",
        f"error[mail-residue]: the HTML has '{residue}'; finish it, or write it as code",
    ]


def test_residue_in_what_is_read_aloud() -> None:
    assert told(check_residue(change('alt="W plus B A"', 'alt="TODO"'))) == [
        "error[mail-residue]: the HTML has 'TODO'; finish it, or write it as code"
    ]


def test_code_and_parts_of_words_are_no_residue() -> None:
    mail = change("See ", "See <code>{{ TODO }}</code>, TKO and TODOS ")

    assert told(check_residue(mail)) == []


# 9: at publishing


@pytest.mark.parametrize("name", HEADERS)
def test_headers_that_are_missing(name: str) -> None:
    mail = make_mail(**{name.replace("-", "_"): None})

    assert told(check_publishing(mail.message, ADDRESS)) == [
        f"error[mail-headers]: the message has no '{name}'; set 'mail.reply_to' and 'mail.unsubscribe_url'"
    ]


@pytest.mark.parametrize(
    ("mail", "fault"),
    [
        (
            make_mail(List_Unsubscribe_Post="yes"),
            "'List-Unsubscribe-Post' is 'yes'; write 'List-Unsubscribe=One-Click'",
        ),
        (
            make_mail(List_Unsubscribe="<mailto:leave@example.org>"),
            "'List-Unsubscribe' has no https address; set 'mail.unsubscribe_url' to one",
        ),
        (
            change('href="https://daily.example.org/unsubscribe"', 'href="https://daily.example.org/bye"'),
            "the HTML has no link to unsubscribe; link to 'https://daily.example.org/unsubscribe?to=opaque'",
        ),
        (change(ADDRESS, ""), "the 'text/html' part does not show the postal address; show it in the template"),
        (
            make_mail(text=TEXT.replace(ADDRESS, "")),
            "the 'text/plain' part does not show the postal address; show it in the template",
        ),
    ],
)
def test_what_a_message_that_goes_out_must_have(mail: Mail, fault: str) -> None:
    assert told(check_publishing(mail.message, ADDRESS)) == [f"error[mail-headers]: {fault}"]


def test_a_newsletter_without_a_postal_address() -> None:
    assert told(check_publishing(make_mail().message, " ")) == [
        "error[mail-headers]: the newsletter has no postal address; set 'mail.postal_address'"
    ]


def test_a_rule_is_named_like_its_check() -> None:
    """docs/generate.py relies on it."""
    sources = (REPOSITORY / "src/pixeldigest/formats/mailcheck").glob("*.py")
    rules = {rule for source in sources for rule in re.findall(r'"(mail-\w+)"', source.read_text(encoding="utf-8"))}
    checks = {check.__name__.removeprefix("check_") for check in (*CHECKS, *PUBLISHING_CHECKS)}

    assert rules == {f"mail-{name}" for name in checks}


def test_every_check_is_asked_once() -> None:
    every = (*CHECKS, *PUBLISHING_CHECKS)

    assert len(set(every)) == len(every) == 12


# HTML and CSS as the checks read them


def test_html_that_is_not_closed_still_nests() -> None:
    page = parse_html("<div><p>one<br>two</div></b>three")

    assert words(page) == "one two three"
    assert [child if isinstance(child, str) else child.tag for child in page.children] == ["div", "three"]


def test_declarations_are_split_where_they_end() -> None:
    found = parse_declarations("a: url(x;y:z); FONT-family: 'b;c' ! important;; /* d: e; */ color:RED!important")

    assert [(one.name, one.value, one.important) for one in found] == [
        ("a", "url(x;y:z)", False),
        ("font-family", "'b;c'", True),
        ("color", "red", True),
    ]


def test_rules_know_the_condition_they_stand_in() -> None:
    page = parse_html("<style>@import 'x'; p, a{color:red} @media print{b{top:0} i{top:1px}} /* u{} */ u{}</style>")

    assert [(one.condition, one.selectors, len(one.declarations)) for one in style_rules(page)] == [
        ("@import 'x'", (), 0),
        ("", ("p", "a"), 1),
        ("@media print", ("b",), 1),
        ("@media print", ("i",), 1),
        ("", ("u",), 0),
    ]


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("a", (0, 0, 1)),
        ("*", (0, 0, 0)),
        (".call", (0, 1, 0)),
        ("a.call.big", (0, 2, 1)),
        ("#go", (1, 0, 0)),
        (".foot a", (0, 1, 1)),
        ("body p a", (0, 0, 3)),
        ("p", None),
        ("a.small", None),
        (".call a", None),
        ("p .foot a", None),
        ("p > a", None),
        ("a:hover", None),
    ],
)
def test_selectors(selector: str, expected: tuple[int, int, int] | None) -> None:
    chain = (
        Named("body", "", frozenset()),
        Named("td", "", frozenset({"foot"})),
        Named("p", "", frozenset()),
        Named("a", "go", frozenset({"call", "big"})),
    )

    assert match(selector, chain) == expected


def test_the_extract_is_made_from_the_published_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    feature = {"slug": "css-gap", "title": "gap, column-gap, row-gap", "category": "css"}
    stats = {"gmail": {"ios": {"2020-01": "n", "2024-01": "a #2"}}, "apple-mail": {"macos": {"16": "y #1"}}}
    notes = {"1": "not cited", "2": "Partial."}
    element = {"slug": "html-abbr", "title": "<abbr> element", "category": "html", "stats": {}, "notes_by_num": None}
    published = {"last_update_date": "2027-01-01", "data": [feature | {"stats": stats, "notes_by_num": notes}, element]}
    (tmp_path / "data").mkdir()
    (tmp_path / "data/caniemail.json").write_text(json.dumps(published), encoding="utf-8")
    (tmp_path / "package.json").write_text('{"name": "caniemail", "version": "3.0.0"}', encoding="utf-8")
    script = runpy.run_path(str(REPOSITORY / "docs/caniemail.py"))
    monkeypatch.setitem(script["main"].__globals__, "EXTRACT", tmp_path / "extract.json")

    script["main"](tmp_path)

    extract = json.loads((tmp_path / "extract.json").read_text(encoding="utf-8"))
    row = {"feature": "css-gap", "support": "u u a#2 u u u u u u y#1 u", "notes": {"2": "Partial."}}
    assert extract["package"] == "npm: caniemail 3.0.0"
    assert extract["updated"] == "2027-01-01"
    assert extract["uses"] == {
        "<abbr>": {"feature": "html-abbr", "support": "u u u u u u u u u u u"},
        "column-gap": row,
        "gap": row,
        "row-gap": row,
    }


def _with_picture(name: str) -> Mail:
    html = HTML.replace("https://daily.example.org/a.png", f"cid:{name}")
    message = EmailMessage()
    message.set_content(TEXT)
    message.add_alternative(html, subtype="html")
    message.get_payload()[-1].add_related(b"png", "image", "png", cid=f"<{name}>")
    return make_mail(html)._replace(message=message.as_bytes())


def _size(mail: Mail) -> str:
    """Cut the HTML part out of the message as it is sent."""
    _, _, html = mail.message.partition(b"text/html")[2].partition(b"\r\n\r\n")
    sent = html[: html.rindex(b"\r\n--=")]
    return f"{len(sent) / 1000:.1f} kB"
