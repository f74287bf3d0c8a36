"""Judge the built site by Lighthouse on a phone and on a desktop, and weigh its heaviest page.

    python benchmarks/quality.py [--runs N]

Fails where a median is below 98 in any category, the page with most formulas is too heavy, anything moves while
a page loads, or nothing is painted without JavaScript. What else the machine has to do meanwhile costs points.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import NamedTuple

from playwright.sync_api import sync_playwright

from static_server import serve
from weight import MOST, richest, weigh

REPOSITORY = Path(__file__).parent.parent
LIGHTHOUSE = REPOSITORY / "node_modules/.bin/lighthouse"
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
DEVICES = {"mobile": [], "desktop": ["--preset=desktop"]}
LEAST = 98
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
FIRST_PAINT = "performance.getEntriesByName('first-contentful-paint').map(one => Math.round(one.startTime))[0] ?? null"


class Judgement(NamedTuple):
    """What Lighthouse says of a page, as the median of several runs, and what it finds wrong."""

    page: str
    device: str
    scores: tuple[float, ...]
    shift: float
    faults: tuple[str, ...]

    @property
    def good(self) -> bool:
        return min(self.scores) >= LEAST and self.shift == 0


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=3, help="how often each page is loaded")
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        site = build(Path(folder))
        pages = pages_to_judge(site)
        with serve(site) as address:
            judgements = [judge(address, page, device, runs, Path(folder)) for page in pages for device in DEVICES]
            painted = first_paints(address, pages)
        heavy = richest(site / "issues")
        weight = weigh(heavy)
    print("\n".join(table(judgements)))
    print(f"\n{heavy.relative_to(site)}: {weight.whole:,} bytes of {MOST:,}, compressed: {weight}")
    for page, paint in painted.items():
        done = "nothing is painted" if paint is None else f"first paint after {paint} ms"
        print(f"{page or 'home'}: without JavaScript {done}")
    if weight.whole > MOST or None in painted.values() or not all(one.good for one in judgements):
        sys.exit(1)


def build(folder: Path) -> Path:
    """Build the repository's own newsletter."""
    command = [sys.executable, "-m", "pixeldigest", "build", "--output", str(folder)]
    if subprocess.run(command, cwd=REPOSITORY, check=False, stdout=subprocess.DEVNULL).returncode:
        sys.exit("there is no site to judge")
    return folder / "site"


def pages_to_judge(site: Path) -> list[str]:
    """Name home, the issue and the topic with most formulas, and the archive."""
    pages = [site / "index.html", richest(site / "issues"), richest(site / "topics"), site / "archive/index.html"]
    if missing := [page for page in pages if not page.is_file()]:
        sys.exit(f"there is no {missing[0].relative_to(site)} to judge")
    return [page.relative_to(site).as_posix().removesuffix("index.html") for page in pages]


def judge(address: str, page: str, device: str, runs: int, folder: Path) -> Judgement:
    """Let Lighthouse load a page several times."""
    reports = [_lighthouse(address + page, DEVICES[device], folder / "report.json") for _ in range(runs)]
    scores = tuple(median(100 * report["categories"][name]["score"] for report in reports) for name in CATEGORIES)
    shift = max(report["audits"]["cumulative-layout-shift"]["numericValue"] for report in reports)
    return Judgement(page, device, scores, shift, tuple(_faults(reports[-1])))


def _lighthouse(address: str, options: list[str], report: Path) -> dict:
    chrome = f"--chrome-flags={' '.join(FLAGS)}"
    only = f"--only-categories={','.join(CATEGORIES)}"
    command = [str(LIGHTHOUSE), address, "--quiet", "--output=json", f"--output-path={report}", only, chrome]
    done = subprocess.run(
        [*command, *options, "--no-enable-error-reporting"],
        env={**os.environ, "CHROME_PATH": _chromium()},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"Lighthouse could not load {address}:\n{done.stderr}")
    found: dict = json.loads(report.read_text(encoding="utf-8"))
    return found


def _faults(report: dict) -> list[str]:
    """Name the audits that cost points, with the elements they mean."""
    faults = []
    for category in CATEGORIES:
        for part in report["categories"][category]["auditRefs"]:
            audit = report["audits"][part["id"]]
            if part["weight"] and audit["score"] is not None and audit["score"] < 0.9:
                items = audit.get("details", {}).get("items", [])
                nodes = [item["node"]["snippet"] for item in items if isinstance(item.get("node"), dict)]
                faults.append(
                    f"{category}: {audit['title']} {audit.get('displayValue', '')} {' '.join(nodes[:3])}".rstrip()
                )
    return faults


def first_paints(address: str, pages: list[str]) -> dict[str, int | None]:
    """Measure when each page is first painted without JavaScript, in milliseconds; None where it is not."""
    painted = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_chromium(), args=FLAGS)
        page = browser.new_context(java_script_enabled=False).new_page()
        for name in pages:
            page.goto(address + name, wait_until="load")
            page.wait_for_timeout(200)
            painted[name] = page.evaluate(FIRST_PAINT)
        browser.close()
    return painted


def _chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    return found or sys.exit("Chromium is not installed: 'apt-get install chromium'")


def table(judgements: list[Judgement]) -> list[str]:
    """Write the scores in columns, and below what is wrong."""
    lines = [f"{'page':42} {'device':8}" + "".join(f"{name:>16}" for name in CATEGORIES) + f"{'shift':>8}"]
    for one in judgements:
        scores = "".join(f"{score:16.0f}" for score in one.scores)
        lines.append(
            f"{one.page or 'home':42} {one.device:8}{scores}{one.shift:8.4f}" + ("" if one.good else "  too low")
        )
    faults = dict.fromkeys(f"{one.page or 'home'}: {fault}" for one in judgements for fault in one.faults)
    return [*lines, *(["", *faults] if faults else [])]


if __name__ == "__main__":
    main()
