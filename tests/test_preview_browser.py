"""The live preview in Chromium: saves that are followed, what is wrong, and the desk."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from browser.chromium import VIOLATIONS, axe_source
from projects import write
from serving import Served, serving

pytestmark = pytest.mark.browser

TOPIC = "content/topics/sums.yml"
ISSUE = "site/issues/2026-11-21/"


@pytest.fixture
def served(small: Path) -> Iterator[Served]:
    with serving(small) as served:
        yield served


@pytest.fixture
def visit(chromium: Browser) -> Iterator[BrowserContext]:
    """A browser in which nothing may go wrong unseen."""
    troubles: list[str] = []
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    context.on("console", lambda message: troubles.append(message.text))
    context.on("weberror", lambda error: troubles.append(str(error.error)))
    yield context
    context.close()
    assert troubles == []


@pytest.fixture
def page(visit: BrowserContext) -> Page:
    return visit.new_page()


def open_page(page: Page, address: str) -> Page:
    """Open a page, and wait until it follows saves."""
    page.goto(address)
    page.wait_for_selector("#pixeldigest_preview[data-live]", state="attached")
    return page


def change(project: Path, name: str, old: str, new: str) -> None:
    text = (project / name).read_text(encoding="utf-8")
    assert old in text
    write(project / name, text.replace(old, new, 1))


# Saves


def test_a_save_is_seen_and_the_reader_stays_where_they_were(small: Path, served: Served, page: Page) -> None:
    open_page(page, f"{served.address}site/topics/sums/")
    page.locator("summary").last.click()
    page.locator("#in-code").scroll_into_view_if_needed()
    page.evaluate("window.kept = document.querySelector('.highlight'); window.scrollBy(0, 40)")
    place = page.evaluate("document.querySelector('#in-code').getBoundingClientRect().top")

    change(small, TOPIC, "With terms", "Savedword. With terms")

    expect(page.get_by_text("Savedword.")).to_be_attached()
    assert abs(page.evaluate("document.querySelector('#in-code').getBoundingClientRect().top") - place) < 2
    assert page.evaluate("document.querySelectorAll('details[open]').length") == 1
    assert page.evaluate("window.kept === document.querySelector('.highlight')")


def test_code_that_changes_can_still_be_copied(small: Path, served: Served, visit: BrowserContext, page: Page) -> None:
    visit.grant_permissions(["clipboard-read", "clipboard-write"])
    open_page(page, f"{served.address}site/topics/sums/")

    change(small, TOPIC, "total = sum(values)", "everything = sum(values)")
    expect(page.get_by_text("everything")).to_be_visible()
    page.locator("button.copy").first.click()

    assert page.evaluate("navigator.clipboard.readText()") == "everything = sum(values)  # of any iterable\n"


def test_paragraphs_come_and_go(small: Path, served: Served, page: Page) -> None:
    open_page(page, f"{served.address}site/topics/sums/")
    before = page.locator("main").inner_html()

    change(small, TOPIC, "  With terms", "  One more.\n\n  > And a quote.\n\n  With terms")
    expect(page.get_by_text("And a quote.")).to_be_visible()
    change(small, TOPIC, "  One more.\n\n  > And a quote.\n\n  With terms", "  With terms")
    expect(page.get_by_text("And a quote.")).to_have_count(0)

    assert page.locator("main").inner_html() == before


def test_a_changed_title_reaches_the_pages_title_and_the_lists(
    small: Path, served: Served, visit: BrowserContext, page: Page
) -> None:
    topics = open_page(visit.new_page(), f"{served.address}site/topics/")
    open_page(page, f"{served.address}site/topics/sums/")

    change(small, TOPIC, "title: Sums", "title: Totals")

    expect(page).to_have_title("Totals · Small Daily")
    expect(topics.get_by_role("link", name="Totals")).to_be_visible()


def test_more_pages_are_open_than_a_browser_has_connections(small: Path, served: Served, visit: BrowserContext) -> None:
    pages = [open_page(visit.new_page(), f"{served.address}site/topics/sums/") for _ in range(8)]

    change(small, TOPIC, "With terms", "Savedword. With terms")

    for page in pages:
        expect(page.get_by_text("Savedword.")).to_be_attached()


def test_another_page_listens_when_the_one_that_did_is_closed(
    small: Path, served: Served, visit: BrowserContext
) -> None:
    first = open_page(visit.new_page(), f"{served.address}site/topics/sums/")
    second = open_page(visit.new_page(), f"{served.address}site/topics/sums/")
    first.close()

    change(small, TOPIC, "With terms", "Savedword. With terms")

    expect(second.get_by_text("Savedword.")).to_be_attached()


def test_a_style_sheet_is_loaded_anew(small: Path, served: Served, page: Page) -> None:
    open_page(page, f"{served.address}site/topics/sums/")

    write(small / "templates/assets/custom.css", "h1 { letter-spacing: 7px !important }")

    expect(page.locator("h1")).to_have_css("letter-spacing", "7px")


def test_a_page_follows_a_preview_that_was_started_again(small: Path, chromium: Browser) -> None:
    page = chromium.new_page()
    with serving(small) as first:
        open_page(page, f"{first.address}site/topics/sums/")
        first.process.send_signal(signal.SIGINT)
        first.process.wait(20)
    change(small, TOPIC, "With terms", "Savedword. With terms")

    with serving(small, port=first.port):
        expect(page.get_by_text("Savedword.")).to_be_attached(timeout=20_000)
    page.close()


# What is wrong


def test_what_is_wrong_is_told_over_the_page_and_goes_when_it_is_mended(
    small: Path, served: Served, page: Page
) -> None:
    open_page(page, f"{served.address}site/topics/sums/")
    page.locator(".menu a").first.focus()
    heading = page.locator("h1").inner_text()

    change(small, TOPIC, "summary:", "sumary:")

    told = page.get_by_role("alert")
    expect(told).to_contain_text("error[unknown-key]: 'sumary' is not a key of a topic; did you mean 'summary'?")
    expect(told).to_contain_text("--> content/topics/sums.yml:2:1")
    expect(told).to_contain_text("2 | sumary: Adding numbers up")
    expect(told.get_by_role("link", name="Edit").first).to_have_attribute("href", "/_preview/edit/topic/sums")
    assert page.locator("h1").inner_text() == heading
    assert page.evaluate("document.activeElement.closest('.menu') !== null")

    change(small, TOPIC, "sumary:", "summary:")

    expect(told).to_have_text("")


def test_what_was_put_away_comes_back_when_something_else_is_wrong(small: Path, served: Served, page: Page) -> None:
    open_page(page, f"{served.address}site/topics/sums/")
    change(small, TOPIC, "summary:", "sumary:")
    message = page.get_by_text("'sumary' is not a key")
    expect(message).to_be_visible()
    page.get_by_text("1 error").or_(page.get_by_text("2 errors")).first.click()
    expect(message).to_be_hidden()

    change(small, TOPIC, "tags:", "tagz:")

    expect(page.get_by_text("'tagz' is not a key")).to_be_visible()


def test_settings_that_are_broken_at_the_start_are_told_and_the_page_comes(small: Path, chromium: Browser) -> None:
    change(small, "content/newsletter.yml", "version: 1", "version: 7")
    page = chromium.new_page()
    with serving(small) as served:
        open_page(page, f"{served.address}site/topics/sums/")
        expect(page.get_by_role("heading", name="This page cannot be made yet")).to_be_visible()
        expect(page.get_by_role("alert")).to_contain_text("content/newsletter.yml:1:10")

        change(small, "content/newsletter.yml", "version: 7", "version: 1")

        expect(page.get_by_role("heading", name="Sums", exact=True)).to_be_visible()
    page.close()


# The desk


def test_the_desk_shows_all_formats_side_by_side_and_follows_saves(small: Path, served: Served, page: Page) -> None:
    open_page(page, f"{served.address}_preview/")

    phone, desktop = page.frame_locator("#phone iframe"), page.frame_locator("#desktop iframe")
    assert phone.locator("html").evaluate("() => innerWidth") == 375
    assert desktop.locator("html").evaluate("() => innerWidth") == 600
    phone.locator("html").evaluate("() => scrollTo(0, 500)")
    change(small, "content/problems/add.yml", "summary:", "summary: Savedword.")

    shown = page.frame_locator("#web iframe"), phone, desktop
    for frame in shown:
        expect(frame.get_by_text("Savedword.").first).to_be_attached()
    for file in ("issue.txt", "devto.md", "post.md"):
        expect(page.locator(f'[id="{file}"] pre')).to_contain_text("Savedword.")
    assert phone.locator("html").evaluate("() => scrollY") == 500


def test_nothing_runs_in_a_framed_mail(served: Served, page: Page) -> None:
    open_page(page, f"{served.address}_preview/")

    assert page.locator("#phone iframe").get_attribute("sandbox") == "allow-same-origin"


def test_days_are_reached_by_date_and_one_by_one(served: Served, page: Page) -> None:
    open_page(page, f"{served.address}_preview/")
    page.get_by_role("link", name="Next").click()
    expect(page.locator(".ribbon")).to_have_text("Not published yet")
    expect(page.locator("time")).to_have_text("Sun 2026-11-22")

    page.get_by_label("Date").fill("2026-11-19")

    expect(page.locator("time")).to_have_text("Thu 2026-11-19")
    expect(page.locator(".ribbon")).to_have_count(0)


def test_a_day_to_come_and_a_draft_are_marked(small: Path, served: Served, page: Page) -> None:
    open_page(page, f"{served.address}preview/site/issues/2026-11-24/")
    expect(page.get_by_text("Comes on Tue 2026-11-24: not published yet")).to_be_visible()

    write(small / "content/topics/new.yml", "title: New\nsummary: It is.\ndraft: true\nbody: |\n  Text.\n")
    open_page(page, f"{served.address}_preview/")
    page.get_by_role("link", name="New", exact=True).click()

    expect(page.get_by_text("Draft: never sent while it is one")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_no_accessibility_violation(small: Path, served: Served, chromium: Browser, scheme: str, width: int) -> None:
    """The desk, what is wrong above a page, a day to come, and pages that are not there."""
    axe = axe_source()
    change(small, "content/problems/add.yml", "summary:", "sumary:")
    change(small, TOPIC, "## The", "## TODO the")
    context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    found = {}

    for name in ("_preview/", "site/topics/sums/", "preview/site/issues/2026-11-24/", "site/nothing/"):
        open_page(page, served.address + name)
        page.get_by_role("alert").get_by_role("link").first.wait_for()
        page.evaluate(axe)
        found[name] = page.evaluate(VIOLATIONS)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()

    assert {name: violations for name, violations in found.items() if violations} == {}
