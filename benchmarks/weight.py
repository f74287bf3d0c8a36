"""What a page weighs on its way to the reader: HTML, style sheets and scripts that it loads at once, compressed."""

from __future__ import annotations

import gzip
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

# Of an issue's page, without search (which loads when it is opened) and fonts.
MOST = 40_000


class Weight(NamedTuple):
    """Compressed bytes by kind."""

    html: int
    styles: int
    scripts: int

    @property
    def whole(self) -> int:
        return self.html + self.styles + self.scripts


class _Loads(HTMLParser):
    """The addresses of the style sheets and scripts that a page loads at once."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.styles: list[str] = []
        self.scripts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "link" and "stylesheet" in (given.get("rel") or "").split():
            self.styles.append(given.get("href") or "")
        elif tag == "link" and given.get("rel") in ("modulepreload", "preload") and given.get("as") != "font":
            self.scripts.append(given.get("href") or "")
        elif tag == "script" and given.get("src"):
            self.scripts.append(given["src"] or "")


def weigh(page: Path) -> Weight:
    """Weigh a page of a built site."""
    loads = _Loads(page.read_text(encoding="utf-8"))
    styles, scripts = (
        sum(_compressed(page.parent / name) for name in dict.fromkeys(names)) for names in (loads.styles, loads.scripts)
    )
    return Weight(_compressed(page), styles, scripts)


def richest(folder: Path) -> Path:
    """Find the page with most formulas below a folder of the site."""
    return max(sorted(folder.glob("*/index.html")), key=lambda page: page.read_text(encoding="utf-8").count("<math"))


def _compressed(path: Path) -> int:
    return len(gzip.compress(path.read_bytes(), 9, mtime=0))
