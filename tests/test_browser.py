"""Pages in a real browser: accessible, still, complete, and asking nobody else for anything."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from browser.chromium import VIOLATIONS, Visit, axe_source
from conftest import every_third
from projects import build, page_of_each_type, set_keys

pytestmark = pytest.mark.browser

# The real newsletter has every kind of page that the small one has.
NEWSLETTER_NAMES = (pytest.param("small", marks=pytest.mark.slow), "real")
OPEN_DETAILS = "document.querySelectorAll('details').forEach(one => { one.open = true })"
BROKEN_IMAGES = """async () => {
    const images = [...document.images];
    images.forEach(image => { image.loading = 'eager' });
    await Promise.allSettled(images.map(image => image.decode()));
    return images.filter(image => !image.naturalWidth).map(image => image.src);
}"""
OVERHANG = """() => [...document.querySelectorAll('body *')].filter(
    one => !one.closest('pre, .formula, .table, .skip') && one.getBoundingClientRect().right > innerWidth + 1
        && !(one.closest('math') && one.closest('p, li'))
).map(one => one.outerHTML.slice(0, 100))"""


def page_names(site: Path) -> list[str]:
    """All pages, but for the one that only servers show: its links are no relative ones."""
    return [path.relative_to(site).as_posix() for path in sorted(site.rglob("index.html"))]


@pytest.mark.parametrize("newsletter", NEWSLETTER_NAMES)
@pytest.mark.parametrize("screen", every_third(product([390, 1440], ["light", "dark"])), ids=str)
def test_no_accessibility_violation(
    chromium: Browser, sites: dict[str, Path], newsletter: str, screen: tuple[int, str]
) -> None:
    """As axe-core sees it, with answers, hints and solutions hidden and shown."""
    width, scheme = screen
    axe = axe_source()
    found = {}

    context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    visit = Visit(context, sites[newsletter])
    for name in page_of_each_type(sites[newsletter]):
        if name == "404.html":  # only servers show it
            continue
        page = visit.open(name)
        page.evaluate(axe)
        found[name] = page.evaluate(VIOLATIONS)
        page.evaluate(OPEN_DETAILS)
        found[f"{name} opened"] = page.evaluate(VIOLATIONS)
    context.close()

    assert {name: violations for name, violations in found.items() if violations} == {}


@pytest.mark.parametrize("newsletter", NEWSLETTER_NAMES)
def test_pages_load_whole_and_from_their_folder_only(
    chromium: Browser, sites: dict[str, Path], newsletter: str
) -> None:
    """From file://, without an error: no request leads elsewhere, every image and font is there."""
    context = chromium.new_context()
    visit = Visit(context, sites[newsletter])
    broken = {}
    for name in page_names(sites[newsletter]):
        page = visit.open(name)
        broken[name] = page.evaluate(BROKEN_IMAGES)
        broken[name] += page.evaluate("[...document.fonts].filter(one => one.status == 'error').map(one => one.family)")
    loaded = page.evaluate("[...document.fonts].filter(one => one.status == 'loaded').map(one => one.family)")
    context.close()

    assert visit.troubles == []
    assert {name: addresses for name, addresses in broken.items() if addresses} == {}
    assert {"Newsreader", "Inter"} <= set(loaded)


@pytest.mark.parametrize("newsletter", NEWSLETTER_NAMES)
def test_nothing_sticks_out_of_a_small_screen(chromium: Browser, sites: dict[str, Path], newsletter: str) -> None:
    """At 320 pixels no page scrolls sideways; code, tables and formulas scroll in themselves."""
    context = chromium.new_context(viewport={"width": 320, "height": 640})
    visit = Visit(context, sites[newsletter])
    found = {}
    for name in page_names(sites[newsletter]):
        page = visit.open(name)
        page.evaluate(OPEN_DETAILS)
        found[name] = (page.evaluate("document.documentElement.scrollWidth"), page.evaluate(OVERHANG))
    context.close()

    assert {name: what for name, what in found.items() if what != (320, [])} == {}


def test_everything_works_without_javascript(chromium: Browser, sites: dict[str, Path]) -> None:
    """Answers and hints open, choices can be made, and the solution is there the day after."""
    context = chromium.new_context(java_script_enabled=False)
    visit = Visit(context, sites["small"])
    page = visit.page

    page.goto((sites["small"] / "issues/2026-11-18/index.html").as_uri())
    answer, hint = page.locator(".quiz .answer").first, page.locator("details", has_text="Hint 1").locator("p")
    before = (answer.is_visible(), hint.is_visible())
    page.get_by_role("radio").first.check()
    page.get_by_text("Show the answer").first.click()
    page.get_by_text("Hint 1").click()
    after = (answer.is_visible(), hint.is_visible())
    page.goto((sites["small"] / "problems/add/index.html").as_uri())
    page.get_by_text("Show the solution").click()
    solution = page.locator("#the_solution pre").inner_text()
    context.close()

    assert (before, after) == ((False, False), (True, True))
    assert solution == "def add(a: int, b: int) -> int:\n    return a + b"
    assert visit.troubles == []


def test_keyboard_goes_to_the_content_first(chromium: Browser, sites: dict[str, Path]) -> None:
    """The first stop is the link that leads past the masthead; it can be seen only then."""
    context = chromium.new_context()
    page = Visit(context, sites["small"]).open("issues/2026-11-18/index.html")
    skip = page.locator(".skip")

    hidden = skip.bounding_box()
    page.keyboard.press("Tab")
    shown = skip.bounding_box()
    page.keyboard.press("Enter")
    target = page.evaluate("document.querySelector(':target').tagName")
    context.close()

    assert hidden is not None and hidden["y"] + hidden["height"] <= 0  # noqa: PT018
    assert shown is not None and shown["y"] >= 0  # noqa: PT018
    assert target == "MAIN"


def test_paper_shows_what_a_screen_unfolds(chromium: Browser, sites: dict[str, Path]) -> None:
    """In print answers and hints are there, navigation is not."""
    context = chromium.new_context()
    page = Visit(context, sites["small"]).open("issues/2026-11-18/index.html")

    page.emulate_media(media="print")
    visible = {
        "answer": page.locator(".quiz .answer").first.is_visible(),
        "hint": page.locator("details", has_text="Hint 1").locator("p").is_visible(),
        "contents": page.locator(".contents").is_visible(),
    }
    context.close()

    assert visible == {"answer": True, "hint": True, "contents": False}


# What pages gain from JavaScript


def ground(page: Page) -> str:
    return page.evaluate("getComputedStyle(document.body).backgroundColor")


PAPER, NIGHT = "rgb(253, 252, 249)", "rgb(22, 22, 26)"


def test_a_reader_chooses_light_or_dark(chromium: Browser, sites: dict[str, Path]) -> None:
    """The button goes from the system's colours over light to dark and back; a choice holds on all pages."""
    context = chromium.new_context(color_scheme="dark")
    visit = Visit(context, sites["small"])
    page = visit.open("index.html")
    button = page.locator(".scheme")

    seen = [(ground(page), button.get_attribute("aria-label"))]
    for _ in range(3):
        button.click()
        seen.append((ground(page), button.get_attribute("aria-label")))
    button.click()
    page.get_by_role("link", name="Archive").first.click()
    page.wait_for_url("**/archive/index.html")
    kept = ground(page)
    context.close()

    assert seen == [
        (NIGHT, "Colours: as the system has them"),
        (PAPER, "Colours: light"),
        (NIGHT, "Colours: dark"),
        (NIGHT, "Colours: as the system has them"),
    ]
    assert kept == PAPER
    assert visit.troubles == []


def test_a_choice_of_colours_does_not_flash(chromium: Browser, sites: dict[str, Path]) -> None:
    """It holds before anything is painted: at the first frame the page has its ground already."""
    context = chromium.new_context(color_scheme="light")
    context.add_init_script("localStorage.setItem('theme', 'dark')")
    context.add_init_script(
        "requestAnimationFrame(function first() {"
        "  if (!document.body) return requestAnimationFrame(first);"
        "  window.firstGround = getComputedStyle(document.body).backgroundColor;"
        "})"
    )
    page = Visit(context, sites["small"]).open("issues/2026-11-18/index.html")

    first = page.evaluate("window.firstGround")
    context.close()

    assert first == NIGHT


def test_code_is_copied(chromium: Browser, sites: dict[str, Path]) -> None:
    context = chromium.new_context()
    context.add_init_script(
        "Object.defineProperty(navigator, 'clipboard', {value: {writeText: async (text) => { window.copied = text; }}})"
    )
    page = Visit(context, sites["small"]).open("problems/add/index.html")

    button = page.locator("#the_starter .copy")
    button.click()
    page.wait_for_function("window.copied")
    copied, label = page.evaluate("window.copied"), button.inner_text()
    context.close()

    assert copied == "def add(a: int, b: int) -> int:\n    raise NotImplementedError\n"
    assert label == "Copied"


def test_a_quiz_shows_what_was_right(chromium: Browser, sites: dict[str, Path]) -> None:
    """A choice stays as it was made; opening the answer marks the right one."""
    context = chromium.new_context()
    visit = Visit(context, sites["small"])
    page = visit.open("topics/sums/index.html")
    quiz = page.locator(".quiz").first

    quiz.get_by_role("radio").first.check()
    quiz.get_by_text("Show the answer").click()
    marked = quiz.locator(".right span").evaluate("one => getComputedStyle(one, '::after').content")
    chosen = quiz.get_by_role("radio").first.is_checked()
    context.close()

    assert "✓" in marked
    assert chosen
    assert visit.troubles == []


def test_readers_find_their_way(chromium: Browser, sites: dict[str, Path]) -> None:
    """From home by the menu to a course, a unit, the next one, and by the breadcrumb back."""
    context = chromium.new_context()
    visit = Visit(context, sites["real"])
    page = visit.open("index.html")
    seen = []

    for name in (
        "Courses",
        "Large Language Models",
        "LoRA & QLoRA",
        "Next up 1.4 Instruction Tuning",
        "Large Language Models",
    ):
        page.get_by_role("link", name=name, exact=True).first.click()
        seen.append(page.get_by_role("heading", level=1).inner_text())
    context.close()

    assert seen == ["Courses", "Large Language Models", "LoRA & QLoRA", "Instruction Tuning", "Large Language Models"]
    assert visit.troubles == []


def test_comments_ask_for_nothing_before_they_are_opened(chromium: Browser, small: Path) -> None:
    keys = "repo: owner/name\n    repo_id: R_1\n    category: Announcements\n    category_id: C_1\n"
    set_keys(small, f"site:\n  comments:\n    {keys}")
    build(small)
    context = chromium.new_context()
    visit = Visit(context, small / "output/site")
    page = visit.open("topics/sums/index.html")

    before = list(visit.troubles)
    page.get_by_role("link", name="Show the comments").click()
    script = page.locator(".comments script")
    asked = script.evaluate("one => ({...one.dataset, src: one.src})")
    context.close()

    assert before == []
    assert asked["src"] == "https://giscus.app/client.js"
    assert (asked["repo"], asked["repoId"], asked["categoryId"]) == ("owner/name", "R_1", "C_1")
    assert (asked["mapping"], asked["term"], asked["lang"]) == ("specific", "topics/sums/", "en")


def test_nothing_moves_for_readers_who_want_it_still(chromium: Browser, sites: dict[str, Path]) -> None:
    context = chromium.new_context(reduced_motion="reduce", viewport={"width": 1440, "height": 900})
    page = Visit(context, sites["small"]).open("topics/sums/index.html")

    moving = page.evaluate(
        "[...document.querySelectorAll('*')].filter(one => { const style = getComputedStyle(one);"
        " return parseFloat(style.transitionDuration) || parseFloat(style.animationDuration) })"
        ".map(one => one.outerHTML.slice(0, 80))"
    )
    smooth = page.evaluate("getComputedStyle(document.documentElement).scrollBehavior")
    context.close()

    assert (moving, smooth) == ([], "auto")
