"""Measure how long a save takes to be seen: from the file's write to the changed page in Chromium.

python benchmarks/preview.py [--issues 3650] [--saves 25]
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles

from playwright.sync_api import Page

from corpus import TODAY, make_issues, write_newsletter

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from browser.chromium import start_chromium

REPOSITORY = Path(__file__).parent.parent
# Between saves all is read again; nobody saves twice in this time.
PAUSE = 2.0
# Notes the moment at which a page shows a text.
WATCH = """text => {
    window.seen = new Promise((resolve) => {
        const look = () => document.body.textContent.includes(text) && resolve(Date.now());
        const all = { subtree: true, childList: true, characterData: true };
        new MutationObserver(look).observe(document.documentElement, all);
    });
}"""


@contextmanager
def preview(project: Path) -> Iterator[str]:
    """Serve a project, and give the preview's address."""
    command = [sys.executable, "-m", "pixeldigest", "--now", f"{TODAY}T12:00", "serve", "--port", "0"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, cwd=project, stdout=subprocess.PIPE, text=True, env=environment) as server:
        try:
            found = re.search(r"http://\S+/(?=site/)", server.stdout.readline() if server.stdout else "")
            if found is None:
                raise SystemExit("the preview did not start")
            yield found[0]
        finally:
            server.terminate()


def measure(page: Page, file: Path, saves: int) -> list[float]:
    """Save a file again and again, each time with another word in its body, and tell how long each took, in ms."""
    text = file.read_text(encoding="utf-8")
    taken = []
    for number in range(saves):
        word = f"Savedword{number}."
        page.evaluate(WATCH, word)
        changed = text.replace("body: |\n", f"body: |\n  {word}\n\n", 1)
        start = time.time()
        file.write_text(changed, encoding="utf-8")
        taken.append(page.evaluate("window.seen") - start * 1000)
        time.sleep(PAUSE)
    file.write_text(text, encoding="utf-8")
    return taken


def newest_topic(page: Page) -> str:
    """Name the topic of the issue that is open."""
    link = page.locator('[id] .entry-head a[href*="topics/"]').first.get_attribute("href") or ""
    return link.split("/")[-2]


def report(name: str, project: Path, saves: int) -> None:
    with preview(project) as address, start_chromium() as browser:
        page = browser.new_page()
        page.goto(f"{address}site/issues/{TODAY}/")
        topic = newest_topic(page)
        file = next((project / "content/topics").rglob(f"{topic}.yml"))
        for what, path in (("issue", f"site/issues/{TODAY}/"), ("entry", f"site/topics/{topic}/")):
            page.goto(address + path)
            time.sleep(PAUSE)
            taken = measure(page, file, saves)
            tenth = quantiles(taken, n=10)
            print(f"{name}, {what}: median {median(taken):.0f} ms, 9 of 10 within {tenth[-1]:.0f} ms, {saves} saves")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--issues", type=int, default=3650)
    parser.add_argument("--saves", type=int, default=25)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        real, large = Path(folder, "real"), Path(folder, "large")
        for name in ("content", "templates"):
            shutil.copytree(REPOSITORY / name, real / name)
        report("this newsletter", real, options.saves)
        write_newsletter(make_issues(options.issues), large)
        report(f"{options.issues} issues", large, options.saves)


if __name__ == "__main__":
    main()
