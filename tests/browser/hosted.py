"""A site as if it were hosted at its own address, whose fonts and pictures come when the test wants them."""

from __future__ import annotations

import mimetypes
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urldefrag

from playwright.sync_api import BrowserContext, Route

LATE = (".woff2", ".svg", ".png", ".jpg", ".webp")


class Address(NamedTuple):
    """Where a site is, and the folder that holds it."""

    url: str
    folder: Path


class LateFiles:
    """Answer a browser from a site's folder; fonts and pictures are held back until they are let go."""

    def __init__(self, context: BrowserContext, address: Address) -> None:
        self._address = address
        self._held: list[Route] = []
        self._let = False
        context.route("**/*", self._answer)

    def let_go(self) -> int:
        """Answer what was asked for, and at once what is asked for from now on; returns how much was waiting."""
        self._let = True
        for route in self._held:
            self._fulfil(route)
        return len(self._held)

    def hold(self) -> None:
        """Hold back again what the next page asks for."""
        self._let, self._held = False, []

    def _answer(self, route: Route) -> None:
        if not self._let and urldefrag(route.request.url)[0].endswith(LATE):
            self._held.append(route)
        else:
            self._fulfil(route)

    def _fulfil(self, route: Route) -> None:
        url, folder = self._address
        asked = unquote(urldefrag(route.request.url)[0])
        path = folder / asked.removeprefix(url)
        path = path / "index.html" if path.is_dir() else path
        if not asked.startswith(url) or not path.is_file():
            route.fulfill(status=404, body="")
        else:
            route.fulfill(path=path, content_type=mimetypes.guess_type(path.name)[0])
