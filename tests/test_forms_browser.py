"""Forms in Chromium, beside the live preview of the real command."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from browser.chromium import VIOLATIONS, axe_source
from projects import write
from serving import serving
from test_yamledit import changed

pytestmark = pytest.mark.browser

SUMS, ADD = "content/topics/sums.yml", "content/problems/add.yml"


class Desk(NamedTuple):
    """A preview that runs, and a browser that looks at it."""

    home: str
    project: Path
    context: BrowserContext
    troubles: list[str]

    def open(self, path: str) -> Page:
        page = self.context.new_page()
        page.goto(f"{self.home}_preview/{path}")
        return page

    def edit(self, kind: str, name: str) -> Page:
        page = self.open(f"edit/{kind}/{name}")
        expect(page.locator("#save")).to_be_enabled()
        expect(page.locator("#state")).to_have_text(re.compile("No changes"))
        return page

    def read(self, name: str) -> str:
        return (self.project / name).read_text(encoding="utf-8")


@pytest.fixture
def desk(small: Path, chromium: Browser) -> Iterator[Desk]:
    with serving(small) as preview:
        context = chromium.new_context(viewport={"width": 1440, "height": 900})
        troubles: list[str] = []
        context.on("console", lambda message: troubles.append(message.text) if is_trouble(message) else None)
        context.on("weberror", lambda error: troubles.append(f"{error.error}"))
        yield Desk(preview.address, small, context, troubles)
        context.close()
    assert troubles == []


def is_trouble(message: ConsoleMessage) -> bool:
    """What a browser says of itself where the server refuses something is none."""
    return message.type in {"error", "warning"} and "the server responded with a status of 4" not in message.text


def field(page: Page, name: str) -> object:
    return page.locator(f'[id="{name}"]')


def test_a_title_that_is_typed_shows_at_once_and_is_saved_as_one_line(desk: Desk) -> None:
    before = desk.read(SUMS)
    page = desk.edit("topic", "sums")

    field(page, "root[title]").fill("Sums <b> & *all*")

    expect(page.frame_locator("#look").locator("h1")).to_have_text("Sums <b> & *all*")
    expect(page.locator("#state")).to_have_text("Unsaved changes")
    assert desk.read(SUMS) == before

    page.get_by_role("button", name="Save", exact=False).first.click()

    expect(page.locator("#state")).to_have_text("Saved")
    assert changed(before, desk.read(SUMS)) == ["-title: Sums", "+title: Sums <b> & *all*"]


def test_code_and_markup_come_through_the_form_as_they_are(desk: Desk) -> None:
    code = "def add(a: int, b: int) -> int:\n\n    return a + b if a<b else b + a  # <b>&lt;</b>"
    before = desk.read(ADD)
    page = desk.edit("problem", "add")

    field(page, "root[solution]").fill(code)
    page.keyboard.press("Control+s")

    expect(page.locator("#state")).to_have_text("Saved")
    assert changed(before, desk.read(ADD)) == [
        "-      return a + b",
        "+",
        "+      return a + b if a<b else b + a  # <b>&lt;</b>",
    ]


def test_a_form_of_each_kind_changes_nothing_by_itself(desk: Desk) -> None:
    files = {"problem": "add", "feature": "tool", "course": "basics", "collection": "warm-up", "page": "about"}
    pages = {f"content/{kind}s/{name}.yml": desk.open(f"edit/{kind}/{name}") for kind, name in files.items()}
    for file, page in pages.items():
        before = desk.read(file)
        expect(page.locator("#state")).to_have_text(re.compile("No changes"))

        page.locator("#save").press("Control+s")

        expect(page.locator("#state")).to_have_text("Saved")
        assert desk.read(file) == before


def test_an_error_is_told_at_its_field_and_leads_there(desk: Desk) -> None:
    before = desk.read(SUMS)
    page = desk.edit("topic", "sums")

    field(page, "root[url]").fill("example")

    told = page.locator("#faults li")
    expect(told).to_have_text("Url 'example' is not a web address; write it whole, as in 'https://example.org/page'")
    expect(field(page, "root[url]")).to_have_attribute("aria-invalid", "true")
    expect(page.locator('[id="root[url]-fault"]')).to_contain_text("is not a web address")
    assert "root[url]-fault" in field(page, "root[url]").get_attribute("aria-describedby")

    field(page, "root[title]").focus()
    page.keyboard.press("Control+s")

    expect(page.locator("#state")).to_have_text("Not saved: there are errors")
    expect(field(page, "root[url]")).to_be_focused()
    assert desk.read(SUMS) == before

    field(page, "root[url]").fill("https://example.org/sums")
    expect(page.locator("#faults")).to_be_hidden()
    page.keyboard.press("Control+s")

    expect(page.locator("#state")).to_have_text("Saved")
    assert changed(before, desk.read(SUMS)) == ["+url: https://example.org/sums"]


def test_an_error_in_a_text_leads_to_its_line(desk: Desk) -> None:
    page = desk.edit("topic", "sums")
    body = field(page, "root[body]")

    body.fill("\N{ROCKET}\n\n" + "A line.\n\n" * 200 + "See [that](topic:summs).\n\n" + "A line.\n\n" * 200)

    expect(page.locator("#faults code")).to_have_text("See [that](topic:summs).")
    expect(page.locator("#faults mark")).to_have_text("topic:summs")
    expect(page.locator("#old")).to_be_visible()
    page.get_by_role("button", name="Body, line 403").click()
    chosen = body.evaluate("it => [it.value.slice(it.selectionStart, it.selectionEnd), it.scrollTop > 1000]")
    assert chosen == ["topic:summs", True]


def test_a_form_without_changes_follows_its_file(desk: Desk) -> None:
    page = desk.edit("topic", "sums")

    (desk.project / SUMS).write_text(desk.read(SUMS).replace("title: Sums\n", "title: Their sums\n"), encoding="utf-8")

    expect(field(page, "root[title]")).to_have_value("Their sums")
    expect(page.locator("#state")).to_have_text("No changes")


def test_a_form_in_which_something_is_missing_can_be_saved_by_whoever_insists(desk: Desk) -> None:
    page = desk.edit("topic", "sums")
    field(page, "root[summary]").fill("")
    page.keyboard.press("Control+s")

    page.get_by_role("button", name="Save with errors").click()

    expect(page.locator("#state")).to_have_text("Saved")
    assert "summary:" not in desk.read(SUMS)


def test_two_who_change_the_same_see_both_and_decide(desk: Desk) -> None:
    page = desk.edit("topic", "sums")
    field(page, "root[title]").fill("My sums")
    theirs = desk.read(SUMS).replace("title: Sums\n", "title: Their sums\n").replace("[numbers]", "[numbers, more]")
    write(desk.project / SUMS, theirs)

    page.keyboard.press("Control+s")

    expect(page.locator("#conflict")).to_be_focused()
    expect(page.locator("#conflict del")).to_have_text("−Their sums")
    expect(page.locator("#conflict ins")).to_have_text("+My sums")
    assert desk.read(SUMS) == theirs

    page.get_by_role("button", name="Keep mine and save").click()

    expect(page.locator("#state")).to_have_text("Saved")
    assert changed(theirs, desk.read(SUMS)) == ["-title: Their sums", "+title: My sums"]


def test_who_takes_the_others_change_keeps_ones_own_where_there_is_no_other(desk: Desk) -> None:
    page = desk.edit("topic", "sums")
    field(page, "root[title]").fill("My sums")
    field(page, "root[summary]").fill("My summary.")
    theirs = desk.read(SUMS).replace("title: Sums\n", "title: Their sums\n")
    write(desk.project / SUMS, theirs)
    page.keyboard.press("Control+s")

    page.get_by_role("button", name="Take what is in the file").click()

    expect(field(page, "root[title]")).to_have_value("Their sums")
    expect(field(page, "root[summary]")).to_have_value("My summary.")
    assert desk.read(SUMS) == theirs

    page.keyboard.press("Control+s")

    expect(page.locator("#state")).to_have_text("Saved")
    assert changed(theirs, desk.read(SUMS)) == [
        "-summary: Adding numbers up, and what can go wrong.",
        "+summary: My summary.",
    ]


def test_two_who_change_different_fields_are_told_and_lose_nothing(desk: Desk) -> None:
    page = desk.edit("topic", "sums")
    field(page, "root[title]").fill("My sums")
    write(desk.project / SUMS, desk.read(SUMS).replace("summary: Adding", "summary: Always adding"))

    page.keyboard.press("Control+s")

    expect(page.locator("#state")).to_have_text("Saved. Somebody else had changed Summary; that is kept too")
    expect(field(page, "root[summary]")).to_have_value("Always adding numbers up, and what can go wrong.")
    assert "title: My sums\nsummary: Always adding" in desk.read(SUMS)


def test_a_new_topic_is_made_filled_in_and_saved_by_keyboard_alone(desk: Desk) -> None:
    page = desk.open("new/topic")
    expect(page.locator("#title")).to_be_focused()
    page.keyboard.type("Medians: the middle")
    page.keyboard.press("Enter")

    page.wait_for_url("**/_preview/edit/topic/medians-the-middle")
    expect(page.locator("#save")).to_be_enabled()
    press_until(page, "root[summary]")
    page.keyboard.press("Control+a")
    page.keyboard.type("What stands in the middle.")
    page.keyboard.press("Enter")  # a summary is one line
    press_until(page, "root[draft]")
    page.keyboard.press("Space")
    page.keyboard.press("Control+s")

    expect(page.locator("#state")).to_have_text("Saved")
    text = desk.read("content/topics/medians-the-middle.yml")
    assert text.startswith("title: 'Medians: the middle'\nsummary: What stands in the middle.\ntags: []\n")
    assert "medians-the-middle" in desk.read("content/courses/basics.yml")
    expect(page.frame_locator("#look").locator(".lead")).to_have_text("What stands in the middle.")


def press_until(page: Page, name: str) -> None:
    """Press Tab until a field has the focus."""
    for _ in range(60):
        if page.evaluate("document.activeElement.id") == name:
            return
        page.keyboard.press("Tab")
    pytest.fail(f"Tab does not lead to {name}")


def test_items_are_added_moved_and_taken_out_by_keyboard(desk: Desk) -> None:
    page = desk.edit("problem", "add")
    hints = page.locator('[data-schemapath="root.hints"]')
    hints.get_by_role("button", name="Add: Hints").focus()
    page.keyboard.press("Enter")
    expect(field(page, "root[hints][2]")).to_be_focused()
    page.keyboard.type("Use both hands.")
    page.locator('[data-schemapath="root.hints.2"]').get_by_role("button", name="Move up").press("Enter")
    page.locator('[data-schemapath="root.hints.0"]').get_by_role("button", name="Take out").press("Enter")
    before = desk.read(ADD)

    page.keyboard.press("Control+s")

    expect(page.locator("#state")).to_have_text("Saved")
    assert changed(before, desk.read(ADD)) == ["-  - There is an operator.", "+  - Use both hands."]


def test_tab_indents_code_and_escape_lets_go_of_it(desk: Desk) -> None:
    page = desk.edit("problem", "add")
    code = field(page, "root[setup]")
    code.focus()

    page.keyboard.press("Tab")
    page.keyboard.type("x = 1")

    expect(code).to_have_value("    x = 1")
    expect(code).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    expect(code).not_to_be_focused()


def test_who_leaves_with_unsaved_changes_is_asked(desk: Desk) -> None:
    page = desk.edit("topic", "sums")
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))

    page.reload()
    assert asked == []
    expect(page.locator("#save")).to_be_enabled()
    field(page, "root[title]").fill("Other")
    page.reload()
    assert asked == ["beforeunload"]


@pytest.mark.parametrize("path", ["edit/topic/sums", "edit/problem/add", "new/problem", "edit/topic/none"])
def test_forms_can_be_used_by_everyone(desk: Desk, path: str) -> None:
    page = desk.open(path)
    if page.locator("#form").count():
        expect(page.locator("#save")).to_be_enabled()
        field(page, "root[title]").fill("")
        expect(page.locator("#faults li")).not_to_have_count(0)
    page.evaluate(axe_source())
    for width, scheme in ((390, "light"), (390, "dark"), (1440, "light"), (1440, "dark")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)

        assert page.evaluate(VIOLATIONS) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_on_a_phone_one_writes_or_looks(desk: Desk) -> None:
    page = desk.edit("topic", "sums")
    page.set_viewport_size({"width": 390, "height": 800})
    expect(page.locator("#look")).to_be_hidden()

    page.get_by_role("button", name="Look").click()

    expect(page.locator("#look")).to_be_visible()
    expect(page.locator("#form")).to_be_hidden()
