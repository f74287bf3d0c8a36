"""What a project can change about the look: colour, fonts, style sheets and templates."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from playwright.sync_api import Browser
from pydantic import ValidationError

from browser.chromium import Visit
from browser.outline import Outline
from conftest import REPOSITORY, examples
from forked import run_forked
from pixeldigest.settings import Fonts, Theme
from pixeldigest.site.style import page_style
from projects import build, set_keys, write

TEMPLATES = REPOSITORY / "templates"
ISSUE = "site/issues/2026-11-21/index.html"


# --- Fonts ---


def test_without_fonts_only_the_colour_is_set() -> None:
    assert page_style(Theme()) == ":root{--accent:#5b5bd6}"


@pytest.mark.parametrize(
    ("fonts", "style"),
    [
        ({"text": "Georgia, serif"}, '--serif:"Georgia","Signs",serif'),
        ({"text": "Newsreader"}, '--serif:"Newsreader","Signs","Serif until then","Georgia",serif'),
        ({"text": "inter, Georgia"}, '--serif:"inter","Georgia","Signs","Sans until then","Georgia",serif'),
        ({"interface": "Helvetica Neue,  Arial"}, '--sans:"Helvetica Neue","Arial","Signs",system-ui,sans-serif'),
        ({"interface": "Serif, Arial"}, '--sans:"Signs",serif,"Arial"'),
        ({"code": "Menlo"}, '--mono:"Menlo",ui-monospace,monospace'),
        ({"code": "inherit"}, '--mono:"inherit",ui-monospace,monospace'),
        ({"text": "ヒラギノ明朝 ProN"}, '--serif:"ヒラギノ明朝 ProN","Signs","Georgia",serif'),
    ],
)
def test_fonts_become_families(fonts: dict[str, str], style: str) -> None:
    theme = Theme(fonts=Fonts(**fonts))

    assert page_style(theme) == f":root{{--accent:#5b5bd6;{style}}}"


@examples(300)
@given(st.text(max_size=30) | st.text("aZ9é,- \"'\\;:{}<>/*@!()\n\t_", max_size=12))
def test_no_font_can_break_out_of_the_style(name: str) -> None:
    try:
        fonts = Fonts(text=name)
    except ValidationError:
        return
    style = str(page_style(Theme(fonts=fonts)))

    families = style.removeprefix(":root{--accent:#5b5bd6;--serif:").removesuffix("}")
    assert re.fullmatch(r'(?:"[\w -]+"|[a-z-]+)(?:,(?:"[\w -]+"|[a-z-]+))*', families)


def test_the_variables_are_those_of_the_style_sheet() -> None:
    css = (TEMPLATES / "assets/style.css").read_text(encoding="utf-8")
    style = str(page_style(Theme(fonts=Fonts(text="Newsreader", interface="Inter", code="JetBrains Mono"))))

    for declaration in style.removeprefix(":root{").removesuffix("}").split(";"):
        variable, _, families = declaration.partition(":")
        assert f"  {variable}: " in css
        for family in re.findall(r'"(.+?)"', families):
            assert family == "Georgia" or re.search(rf'font-family: "?{family}"?;', css), family


@pytest.mark.browser
def test_a_browser_fetches_the_fonts_that_are_set_and_no_other(
    chromium: Browser, copy_newsletter: Callable[[str], Path]
) -> None:
    project = copy_newsletter("small")
    set_keys(project, "theme: {fonts: {text: Own, interface: Arial, code: Courier New}}\n")
    face = '@font-face { font-family: Own; src: url(fonts/Own.woff2) format("woff2"); }'
    write(project / "templates/assets/custom.css", face)
    (project / "templates/assets/fonts").mkdir()
    shutil.copy(TEMPLATES / "assets/fonts/Inter.woff2", project / "templates/assets/fonts/Own.woff2")
    build(project, "--format", "web")
    context = chromium.new_context()
    visit = Visit(context, project / "output/site")
    fetched: list[str] = []
    visit.page.on("request", lambda request: fetched.append(request.url.rsplit("/", 1)[1]))

    page = visit.open("issues/2026-11-21/index.html")
    family = page.evaluate("getComputedStyle(document.querySelector('h1')).fontFamily")
    context.close()

    fonts = {name for name in fetched if name.endswith(".woff2")}
    assert family == "Own, Signs, Georgia, serif"
    assert "Own.woff2" in fonts
    assert not fonts & {"Newsreader.woff2", "Inter.woff2", "JetBrainsMono.woff2"}
    assert visit.troubles == []


# --- Files that take the place of the theme's ---


def test_a_partial_takes_the_place_of_the_themes(small: Path) -> None:
    write(small / "templates/web/_feature.html", "<p>OWN {{ section.entry.title }}</p>\n")

    build(small, "--format", "web")

    assert "<p>OWN The Club</p>" in (small / "output/site/issues/2026-11-18/index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["style.css", "favicon.svg", "fonts/Inter.woff2"])
def test_an_asset_takes_the_place_of_the_themes(small: Path, name: str) -> None:
    write(small / "templates/assets" / name, "own")

    build(small, "--format", "web")

    assert (small / "output/site/assets" / name).read_text(encoding="utf-8") == "own"


def test_pages_load_custom_css_only_where_there_is_one(small: Path) -> None:
    def sheets() -> list[str]:
        links = Outline((small / "output" / ISSUE).read_text(encoding="utf-8")).all("link")
        return [one["href"] for one in links if one["rel"] == "stylesheet"]

    build(small, "--format", "web")
    without = sheets()
    write(small / "templates/assets/custom.css", "p { color: red }\n")
    build(small, "--format", "web")

    assert sheets() == [*without, "../../assets/custom.css"]
    page = (small / "output" / ISSUE).read_text(encoding="utf-8")
    assert page.index("<style>:root") < page.index("custom.css")  # so that it can set the colour too


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<p>\n{{ nothing }}\n", "'nothing' is undefined"),
        ("<p>\n{% if %}\n", "expected an expression, got 'end of statement block'"),
        ('<p>\n{% include "theme/web/none.html" %}\n', "there is no template 'theme/web/none.html'"),
    ],
)
def test_a_mistake_in_a_partial_is_said_with_its_line(small: Path, text: str, said: str) -> None:
    write(small / "templates/web/_feature.html", text)

    run = run_forked(small, "build")

    assert run.status == 78
    assert f"error[template]: {said}; compare it" in run.err
    assert "\n  --> templates/web/_feature.html:2:" in run.err
    assert run.err.endswith("error: the template templates/web/_feature.html cannot be used\n")


def test_templates_may_lie_behind_a_link_to_a_folder(small: Path, tmp_path: Path) -> None:
    """As where several newsletters share theirs; an edit there is noticed."""
    shared = tmp_path / "shared/_feature.html"
    write(shared, "<p>One shared partial.</p>")
    page = small / "output/site/issues/2026-11-18/index.html"
    (small / "templates").mkdir()
    (small / "templates/web").symlink_to(shared.parent)
    for _ in range(2):
        build(small)
    before = page.read_text(encoding="utf-8")

    write(shared, "<p>Another one.</p>")
    build(small)

    assert "One shared partial." in before
    assert "Another one." in page.read_text(encoding="utf-8")


# --- docs/theming.md, followed to the letter ---


class Block(NamedTuple):
    """A file and what the document tells to write into it."""

    file: str
    text: str


def read_steps() -> dict[str, list[Block]]:
    """Read the document's sections that have blocks; the file's name stands right before each."""
    text = (REPOSITORY / "docs/theming.md").read_text(encoding="utf-8")
    steps = {}
    for section in text.split("\n## ")[1:]:
        fences = re.findall(r"^```\w+\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
        named = re.findall(r"`([\w./-]+)`:\n\n```\w+\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
        assert [block for _, block in named] == fences, section
        if named:
            steps[section.split("\n")[0]] = [Block(*one) for one in named]
    return steps


STEPS = read_steps()


@pytest.fixture
def follow(tmp_path: Path) -> Callable[[str], Path]:
    """Do on a new newsletter what a section tells; gives the output folder."""

    def step(section: str) -> Path:
        project = tmp_path / "mine"
        assert run_forked(tmp_path, "init", "mine").status == 0
        if section == "A font of your own":
            (project / "templates/assets/fonts").mkdir(parents=True)
            shutil.copy(TEMPLATES / "assets/fonts/Inter.woff2", project / "templates/assets/fonts/Atkinson.woff2")
        for file, text in STEPS[section]:
            if file == "content/newsletter.yml":
                set_keys(project, text)
            else:
                write(project / file, text)
        build(project)
        return project / "output"

    return step


EXPECTED: dict[str, tuple[tuple[str, str], ...]] = {
    "Colour": (("site/index.html", "<style>:root{--accent:#b3261e}</style>"),),
    "Logo": (
        ("site/index.html", '<img src="assets/images/logo.svg" alt="My Newsletter"'),
        ("site/assets/favicon.svg", "<circle"),
    ),
    "Fonts": (
        (
            "site/index.html",
            '--serif:"Georgia","Signs",serif;--sans:"Inter","Signs","Sans until then",system-ui,sans-serif',
        ),
        ("site/index.html", ';--mono:"Menlo","Consolas",monospace}'),
    ),
    "A font of your own": (
        ("site/index.html", '--serif:"Atkinson","Signs",sans-serif'),
        ("site/index.html", '<link rel="stylesheet" href="assets/custom.css">'),
        ("site/assets/custom.css", "url(fonts/Atkinson.woff2)"),
    ),
    "Light and dark": (("site/assets/custom.css", "--paper: light-dark(#ffffff, #0d1117);"),),
    "Words": ((ISSUE, ">Check yourself<"), (ISSUE, " minutes</span>")),
    "Language": (
        ("site/index.html", '<html lang="de"'),
        (ISSUE, "Samstag, 21. November 2026"),
        ("issues/2026-11-21/issue.txt", "In dieser Ausgabe:"),
    ),
    "Another language": (
        ("site/index.html", '<html lang="fr"'),
        (ISSUE, "samedi 21 novembre 2026"),
        (ISSUE, ">Dans ce numéro<"),
        (ISSUE, ">Examples<"),
    ),
    "A template": (
        (ISSUE, '<a href="mailto:editors@example.org">Write to us.</a></p>'),
        (ISSUE, "More lessons on "),
        ("site/index.html", "<title>My Newsletter: one lesson a day</title>"),
    ),
}


def test_every_step_of_the_document_is_followed() -> None:
    assert [*EXPECTED, "Covers"] == list(STEPS)


@pytest.mark.parametrize("section", EXPECTED)
def test_what_the_document_tells_works(follow: Callable[[str], Path], section: str) -> None:
    output = follow(section)

    for file, piece in EXPECTED[section]:
        assert piece in (output / file).read_text(encoding="utf-8"), file


def test_a_cover_after_the_document(follow: Callable[[str], Path]) -> None:
    folder = (follow("Covers") / ISSUE).parent

    for name, size in (("cover.png", (1200, 630)), ("cover-devto.png", (1000, 420))):
        with Image.open(folder / name) as cover:
            ground = cover.convert("RGB").getpixel((3, 3))

            assert cover.size == size
            assert "#{:02x}{:02x}{:02x}".format(*ground) == "#0f766e"  # the sample's accent


def test_the_documents_variables_are_those_of_the_style_sheet() -> None:
    css = (TEMPLATES / "assets/style.css").read_text(encoding="utf-8")
    named = re.findall(r"(--[a-z][a-z-]*)", (REPOSITORY / "docs/theming.md").read_text(encoding="utf-8"))

    assert len(named) > 8
    assert not [one for one in named if f"  {one}: light-dark(" not in css]
