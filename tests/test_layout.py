"""Pages stay still while they load, and weigh little."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from browser.hosted import Address, LateFiles
from projects import page_of_each_type
from weight import MOST, Weight, richest, weigh

ADDRESSES = {"small": "https://daily.example.org/news/", "real": "https://daily.example.org/"}

WATCH_SHIFTS = """window.shifts = [];
new PerformanceObserver(list => list.getEntries().forEach(shift => {
    const moved = shift.sources.map(source => source.node?.parentElement?.outerHTML.slice(0, 120));
    window.shifts.push(`${shift.value.toFixed(5)}: ${moved.join(' ')}`);
})).observe({type: 'layout-shift', buffered: true});"""
PAINTED = "() => performance.getEntriesByName('first-contentful-paint').length > 0"
# What has been moved is reported with the frame after the one that showed it.
SETTLED = """async () => {
    await document.fonts.ready;
    await Promise.allSettled([...document.images].filter(one => one.loading != 'lazy').map(one => one.decode()));
    for (let frame = 0; frame < 4; frame++) await new Promise(requestAnimationFrame);
    return window.shifts;
}"""


@pytest.mark.browser
@pytest.mark.parametrize("newsletter", [pytest.param("small", marks=pytest.mark.slow), "real"])
@pytest.mark.parametrize("width", [390, 1440])
def test_nothing_moves_when_fonts_and_pictures_come_late(
    chromium: Browser, sites: dict[str, Path], newsletter: str, width: int
) -> None:
    """They come after the first paint; the stand-ins keep their place to the pixel."""
    context = chromium.new_context(viewport={"width": width, "height": 900})
    context.add_init_script(WATCH_SHIFTS)
    files = LateFiles(context, Address(ADDRESSES[newsletter], sites[newsletter]))
    page = context.new_page()
    moved, late = {}, {}
    for name in page_of_each_type(sites[newsletter]):
        files.hold()
        page.goto(ADDRESSES[newsletter] + name, wait_until="domcontentloaded")
        page.wait_for_function(PAINTED)
        late[name] = files.let_go()
        moved[name] = page.evaluate(SETTLED)
    context.close()

    assert all(late.values()), late
    assert {name: shifts for name, shifts in moved.items() if shifts} == {}


@pytest.mark.browser
def test_what_moves_is_seen(chromium: Browser, tmp_path: Path) -> None:
    """A picture without a size pushes the text below it down, and the test above would say so."""
    picture = '<svg xmlns="http://www.w3.org/2000/svg" width="300" height="200"/>'
    (tmp_path / "late.svg").write_text(picture, encoding="utf-8")
    (tmp_path / "index.html").write_text("<p>Above</p><img src=late.svg><p>Below</p>", encoding="utf-8")
    context = chromium.new_context()
    context.add_init_script(WATCH_SHIFTS)
    files = LateFiles(context, Address(ADDRESSES["real"], tmp_path))
    page = context.new_page()

    page.goto(ADDRESSES["real"], wait_until="domcontentloaded")
    page.wait_for_function(PAINTED)
    files.let_go()
    moved = page.evaluate(SETTLED)
    context.close()

    assert len(moved) == 1
    assert "Below" in moved[0]


def test_heaviest_issue_is_light(sites: dict[str, Path]) -> None:
    """HTML, style sheet and scripts of the page with most formulas, compressed; search and fonts not counted."""
    weights = {path: weigh(path) for path in (sites["real"] / "issues").glob("*/index.html")}
    heaviest = max(weights.values(), key=lambda weight: weight.whole)

    assert weights[richest(sites["real"] / "issues")].whole <= heaviest.whole <= MOST
    assert min(heaviest.html, heaviest.styles) > 1_000


def test_weight_counts_what_a_page_loads_at_once(tmp_path: Path) -> None:
    (tmp_path / "site.css").write_text("p { color: red }" * 100, encoding="utf-8")
    (tmp_path / "site.js").write_text("print();" * 100, encoding="utf-8")
    page = tmp_path / "index.html"
    page.write_text(
        '<link rel="stylesheet" href="site.css"><link rel="icon" href="none.svg"><script src="site.js" defer></script>',
        encoding="utf-8",
    )

    weight = weigh(page)

    assert weight == Weight(html=weight.html, styles=50, scripts=36)
    assert weight.whole == weight.html + 50 + 36
