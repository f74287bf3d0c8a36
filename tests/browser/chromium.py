"""Chromium and axe-core, where they are installed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, Route, sync_playwright

AXE = Path(__file__).parent.parent.parent / "node_modules/axe-core/axe.min.js"
# What axe-core finds wrong, once its source was evaluated in a page.
VIOLATIONS = """async () => (await axe.run()).violations.flatMap(
    rule => rule.nodes.map(node => `${rule.id}: ${node.html.slice(0, 200)} ${node.failureSummary}`)
)"""
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def leave_out(reason: str) -> NoReturn:
    """Skip a test for want of something; in CI nothing may be wanting."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@contextmanager
def start_chromium() -> Iterator[Browser]:
    """Start the system's Chromium."""
    executable = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if executable is None:
        leave_out("Chromium is not installed: 'apt-get install chromium'")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield browser
        browser.close()


def axe_source() -> str:
    """Read axe-core."""
    if not AXE.is_file():
        leave_out("axe-core is not installed: 'make test' does it where there is npm")
    return AXE.read_text(encoding="utf-8")


class Visit:
    """A browser's visit to a site in a folder: what it asks for elsewhere, and what goes wrong."""

    def __init__(self, context: BrowserContext, site: Path) -> None:
        self.page: Page = context.new_page()
        self.troubles: list[str] = []
        self._site = site
        context.route("**/*", self._admit)
        self.page.on("console", lambda message: self._note(f"console: {message.text}"))
        self.page.on("pageerror", lambda error: self._note(f"error: {error}"))
        self.page.on("requestfailed", self._note_failure)

    def open(self, name: str) -> Page:
        """Open a page by its path below the site, its fonts loaded."""
        self.page.goto((self._site / name).as_uri())
        self.page.evaluate("document.fonts.ready")
        return self.page

    def _admit(self, route: Route) -> None:
        if route.request.url.startswith(self._site.as_uri()):
            route.continue_()
        else:
            self._note(f"asks for {route.request.url}")
            route.abort()

    def _note_failure(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # left behind by going on to the next page
            self._note(f"fails to load {request.url}: {request.failure}")

    def _note(self, trouble: str) -> None:
        self.troubles.append(f"{self.page.url}: {trouble}")
