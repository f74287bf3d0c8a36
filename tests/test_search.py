"""Search: the same index from the same pages, nothing in it that readers may not see, and a dialog that finds it."""

from __future__ import annotations

import functools
import gzip
import json
import re
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from browser.chromium import VIOLATIONS, Visit, axe_source, leave_out, start_chromium
from conftest import NEWSLETTERS, every_third
from forked import run_forked
from pixeldigest.cache import NO_CACHE
from pixeldigest.diagnostics import UserError
from pixeldigest.extras import missing_libraries
from pixeldigest.formats.rendition import Fault
from pixeldigest.output import Batch, OutputFile, write_pages
from pixeldigest.search import search_batch
from pixeldigest.stamps import digest_of

PAYLOAD = "`<img src=none onerror=document.title='ran'>`"


@pytest.fixture(autouse=True)
def _pagefind() -> None:
    if missing_libraries("search"):
        leave_out("pagefind is not installed: 'pip install pixeldigest[search]'")


def page(name: str, body: str) -> OutputFile:
    html = f'<!doctype html><html lang="en"><main data-pagefind-body><h1>{name}</h1>{body}</main></html>'
    return OutputFile(f"site/{name}/index.html", html.encode())


PAGES = tuple(page(f"page-{n}", f"<p>Word{n} stands here, as on every page.</p>") for n in range(60))


def batch(file: OutputFile, *, searched: bool = True) -> Batch:
    """A page that is to be made."""
    return Batch(file.path, digest_of(file.content or b""), lambda: (file,), searched)


def index_of(output: Path, *files: OutputFile) -> dict[str, bytes]:
    """The files of the index, of pages that are written."""
    batches = [batch(file) for file in files]
    write_pages(output, batches, NO_CACHE)
    return {path: content or b"" for one in search_batch(output, batches) for path, content, _ in one.make()}


def documents(index: dict[str, bytes]) -> dict[str, dict[str, Any]]:
    """What an index holds of each page, by its address."""
    packed = [gzip.decompress(content) for path, content in index.items() if path.endswith(".pf_fragment")]
    found = [json.loads(content[content.index(b"{") :]) for content in packed]
    return {one["url"]: one for one in found}


def read_index(site: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (site / "pagefind").rglob("*") if path.is_file()}


# The index


def test_files_are_written_as_they_come_and_the_index_follows(tmp_path: Path) -> None:
    feed = OutputFile("site/feed.xml", b"<feed data-pagefind-body/>")
    batches = (batch(feed, searched=False), *map(batch, PAGES[:2]))

    written = write_pages(tmp_path, batches, NO_CACHE, last=lambda made: search_batch(tmp_path, made)).written

    assert written[:3] == tuple(one.name for one in batches)
    assert {path.split("/")[1] for path in written[3:]} == {"pagefind"}
    assert set(documents(read_index(tmp_path / "site"))) == {"/page-0/index.html", "/page-1/index.html"}


def test_the_same_pages_give_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In whatever order they come, and whatever the user has set for pagefind."""
    first = index_of(tmp_path, *PAGES)
    monkeypatch.setenv("PAGEFIND_EXCLUDE_SELECTORS", "p")
    monkeypatch.setenv("PAGEFIND_KEEP_INDEX_URL", "false")

    assert index_of(tmp_path, *reversed(PAGES)) == first
    assert len(documents(first)) == len(PAGES)


def test_the_index_is_made_anew_where_a_page_changes_comes_or_goes(tmp_path: Path) -> None:
    def key(*files: OutputFile) -> bytes:
        (index,) = search_batch(tmp_path, map(batch, files))
        return index.key

    assert key(*PAGES) == key(*reversed(PAGES))
    assert len({key(*PAGES), key(*PAGES[1:]), key(*PAGES[1:], page("page-0", "<p>Else.</p>"))}) == 3


def test_pages_that_are_gone_leave_nothing_behind(tmp_path: Path) -> None:
    before, after = index_of(tmp_path, *PAGES), index_of(tmp_path, *PAGES[1:])

    assert set(documents(before)) - set(documents(after)) == {"/page-0/index.html"}
    assert not any(b"Word0" in gzip.decompress(content) for path, content in after.items() if ".pf_" in path)


def test_only_what_the_dialog_needs_is_shipped(tmp_path: Path) -> None:
    names = {path.removeprefix("site/pagefind/").split("/")[0] for path in index_of(tmp_path, *PAGES[:1])}
    fixed = {"pagefind.js", "pagefind-worker.js", "pagefind-entry.json", "wasm.en.pagefind", "wasm.unknown.pagefind"}

    assert {name for name in names if not name.endswith(".pf_meta")} == fixed | {"fragment", "index"}


def test_pages_without_the_mark_or_with_a_fault_are_left_out(tmp_path: Path) -> None:
    plain = OutputFile("site/plain/index.html", b"<html lang=en><p>Plain</p></html>")
    faulty = page("faulty", "")._replace(faults=(Fault("rule", "message", "hint", "error"),))

    assert set(documents(index_of(tmp_path, plain, faulty, PAGES[0]))) == {"/page-0/index.html"}
    assert index_of(tmp_path, plain, faulty) == {}


def test_formulas_are_letters_or_dots(tmp_path: Path) -> None:
    fraction = "<math><mfrac><mn>1</mn><mi>n</mi></mfrac></math>"
    line = '<math><mi>r</mi><mo stretchy="false">(</mo><mi>d</mi><mo>+</mo><mi>k</mi><mo>)</mo></math>'
    index = index_of(tmp_path, page("formulas", f"<p>All {line} entries, and {fraction} of them.</p>"))

    assert documents(index)["/formulas/index.html"]["content"].endswith("All r(d+k) entries, and … of them.")


def test_words_of_a_row_stay_apart(tmp_path: Path) -> None:
    index = index_of(tmp_path, page("table", "<table><tr><th>One</th><th>Two</th></tr></table>"))

    assert "One Two" in documents(index)["/table/index.html"]["content"]


def test_without_pagefind_there_is_no_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pixeldigest.extras.LIBRARIES", {"search": ("no_such_library",)})

    assert missing_libraries("search") == ("no_such_library",)
    assert index_of(tmp_path, *PAGES) == {}
    assert sorted(path.name for path in (tmp_path / "site").iterdir()) == sorted(f"page-{n}" for n in range(60))


@pytest.mark.parametrize(
    ("program", "message"),
    [(sys.executable, "pagefind could not index the site: "), ("/no/such/program", "pagefind cannot be run: ")],
)
def test_a_failure_of_pagefind_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, message: str
) -> None:
    monkeypatch.setattr("pagefind_bin.get_executable", lambda: Path(program))

    with pytest.raises(UserError, match=message):
        index_of(tmp_path, PAGES[0])


# The index of a newsletter


def test_answers_hints_solutions_and_days_to_come_are_not_found(small: Path) -> None:
    """Neither in the index nor, with a preview beside the site, anywhere in it."""
    run_forked(small, "build", now="2026-11-19T12:00")
    run_forked(small, "build", "--date", "2026-11-20", now="2026-11-19T12:00")
    found = documents(read_index(small / "output/site"))
    text = json.dumps(list(found.values()))

    assert {"/topics/sums/index.html", "/topics/means/index.html", "/problems/add/index.html"} <= set(found)
    assert "/issues/2026-11-18/index.html" in found
    for hidden in ("Nothing was added", "There is an operator", "return a + b", "Why it works", "How far numbers lie"):
        assert hidden not in text


def test_topics_stand_in_the_index_once(small: Path) -> None:
    """Issues are found by their titles and features; what they take from other pages is found there."""
    run_forked(small, "build")
    found = documents(read_index(small / "output/site"))
    with_text = [url for url, one in found.items() if "divided by the count" in one["content"]]

    assert with_text == ["/topics/means/index.html"]
    for kind, folder in (("Topic", "topics/sums"), ("Problem", "problems/add"), ("Issue 1", "issues/2026-11-18")):
        assert found[f"/{folder}/index.html"]["meta"]["kind"] == kind


def test_a_second_build_changes_nothing(small: Path) -> None:
    run_forked(small, "build")

    assert "0 files written" in (again := run_forked(small, "build")).out + again.err


# The dialog


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    expect.set_options(timeout=20_000)  # for busy machines
    with start_chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of the small newsletter, with markup in a code span."""
    folder = tmp_path_factory.mktemp("project")
    project = folder / "small"
    shutil.copytree(NEWSLETTERS / "small", project)
    topic = project / "content/topics/means.yml"
    topic.write_text(topic.read_text(encoding="utf-8") + f"\n  Never write {PAYLOAD} at dusk.\n", encoding="utf-8")
    assert run_forked(project, "build", "--output", str(folder / "output")).status == 0
    return folder / "output/site"


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module", params=["", "news/"])
def address(request: pytest.FixtureRequest, site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the site is served: at a root, and under a path."""
    root = tmp_path_factory.mktemp("root")
    (root / "news").symlink_to(site)
    handler = functools.partial(_Quiet, directory=str(root if request.param else site))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/{request.param}"
        server.shutdown()


@pytest.fixture
def visit(chromium: Browser, address: str) -> Iterator[Callable[..., Page]]:
    """Open the page of an issue; nothing may go wrong, and nobody else be asked."""
    troubles: list[str] = []
    contexts = []

    def open_issue(**options: Any) -> Page:
        context = chromium.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: troubles.append(message.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("request", lambda one: None if one.url.startswith(address) else troubles.append(one.url))
        page.goto(f"{address}issues/2026-11-19/index.html")
        return page

    yield open_issue
    for context in contexts:
        context.close()
    assert troubles == []


def search_for(page: Page, words: str) -> None:
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox")).to_be_focused()
    page.keyboard.type(words)
    expect(page.get_by_role("option").first).to_be_visible()


@pytest.mark.browser
@pytest.mark.parametrize("keys", ["Control+k", "Meta+k", "Control+K", None])
def test_keys_and_the_button_open_it(visit: Callable[..., Page], keys: str | None) -> None:
    page = visit()
    if keys:
        page.keyboard.press(keys.replace("K", "KeyK") if keys.endswith("K") else keys)
    else:
        page.get_by_role("button", name="Search").click()

    expect(page.get_by_role("dialog", name="Search")).to_be_visible()
    expect(page.get_by_role("combobox")).to_be_focused()


@pytest.mark.browser
def test_nothing_sticks_out_of_a_small_screen(visit: Callable[..., Page]) -> None:
    """The button has room in the masthead, and the dialog on the screen."""
    page = visit(viewport={"width": 320, "height": 640})
    width = "document.documentElement.scrollWidth"
    before = page.evaluate(width)
    search_for(page, "sum")

    assert (before, page.evaluate(width)) == (320, 320)


@pytest.mark.browser
def test_nothing_is_loaded_before_it_is_asked_for(visit: Callable[..., Page]) -> None:
    page = visit()
    page.wait_for_load_state("networkidle")
    loaded = "performance.getEntriesByType('resource').map(one => one.name).filter(one => /search|pagefind/.test(one))"
    before = page.evaluate(loaded)
    search_for(page, "mean")

    assert before == []
    assert page.evaluate(loaded)


@pytest.mark.browser
def test_enter_leads_to_the_topic(visit: Callable[..., Page], address: str) -> None:
    page = visit()
    search_for(page, "divided by the count")
    first = page.get_by_role("option").first
    expect(first).to_have_attribute("aria-selected", "true")
    expect(first).to_contain_text("Means")
    expect(first).to_contain_text("Topic")
    expect(first.locator("mark").first).to_be_visible()
    expect(page.get_by_role("status")).to_have_text("1 page found")
    page.keyboard.press("Enter")

    page.wait_for_url(f"{address}topics/means/index.html")


@pytest.mark.browser
def test_arrows_choose_and_headings_are_found(visit: Callable[..., Page], address: str) -> None:
    page = visit()
    search_for(page, "formula")
    field, heading = page.get_by_role("combobox"), page.get_by_role("option", name="The formula", exact=True)
    page.keyboard.press("ArrowDown")
    expect(heading).to_have_attribute("aria-selected", "true")
    assert field.get_attribute("aria-activedescendant") == heading.get_attribute("id")
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("option").first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    page.wait_for_url(f"{address}topics/sums/index.html#the-formula")


@pytest.mark.browser
def test_escape_closes_and_the_focus_returns(visit: Callable[..., Page]) -> None:
    page = visit()
    button = page.get_by_role("button", name="Search")
    button.focus()
    search_for(page, "mean")
    page.keyboard.press("Escape")

    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(button).to_be_focused()
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox")).to_have_value("mean")


@pytest.mark.browser
def test_what_is_not_there_is_said(visit: Callable[..., Page]) -> None:
    page = visit()
    search_for(page, "mean")
    page.get_by_role("combobox").fill("zebra")

    expect(page.get_by_role("status")).to_have_text("Nothing found for “zebra”.")
    expect(page.get_by_role("listbox")).to_be_hidden()
    page.get_by_role("combobox").fill("")
    expect(page.get_by_role("status")).to_have_text("")


@pytest.mark.browser
def test_markup_in_an_excerpt_is_text(visit: Callable[..., Page]) -> None:
    page = visit()
    search_for(page, "dusk")

    expect(page.get_by_role("option").first).to_contain_text("<img src=none onerror=")
    assert page.locator("dialog img").count() == 0
    assert page.title() != "ran"


@pytest.mark.browser
@pytest.mark.parametrize("screen", every_third(product([390, 1200], ["light", "dark"])), ids=str)
def test_no_accessibility_violation(visit: Callable[..., Page], screen: tuple[int, str]) -> None:
    """As axe-core sees the open dialog: empty, with results, without."""
    width, scheme = screen
    page = visit(color_scheme=scheme, viewport={"width": width, "height": 800})
    found = {}
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox")).to_be_focused()
    page.evaluate(axe_source())
    for words, said in (("", ""), ("sum", re.compile("found$")), ("zebra", re.compile("^Nothing"))):
        page.get_by_role("combobox").fill(words)
        expect(page.get_by_role("status")).to_have_text(said)
        found[words] = page.evaluate(VIOLATIONS)

    assert found == {"": [], "sum": [], "zebra": []}


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_forced_scheme_holds_in_the_dialog(visit: Callable[..., Page], theme: str) -> None:
    page = visit(color_scheme="dark" if theme == "light" else "light")
    page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox")).to_be_focused()
    ground = "one => getComputedStyle(one).backgroundColor"

    assert page.get_by_role("dialog").evaluate(ground) == page.locator("body").evaluate(ground)


@pytest.mark.browser
def test_there_is_none_without_a_server(chromium: Browser, site: Path) -> None:
    """No button, no dialog, no error."""
    context = chromium.new_context()
    files = Visit(context, site)
    page = files.open("issues/2026-11-19/index.html")
    page.keyboard.press("Control+k")

    expect(page.locator(".search-button")).to_be_hidden()
    expect(page.locator("dialog")).to_have_count(0)
    context.close()
    assert files.troubles == []


@pytest.mark.browser
def test_there_is_none_without_javascript(chromium: Browser, address: str) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}index.html")
    shown = page.locator(".search-button").is_visible()
    context.close()

    assert not shown
