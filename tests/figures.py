"""The tables of docs/reliability.md, which tests write."""

from __future__ import annotations

import fcntl
import re

import pytest

from conftest import REPOSITORY

PAGE = REPOSITORY / "docs/reliability.md"


def note_figures(request: pytest.FixtureRequest, table: str, name: str, *cells: object) -> None:
    """Write the row of a table, with `--update-golden`; else see that there is one."""
    row = f"| {' | '.join(map(str, (name, *cells)))} |"
    place = rf"(<!-- {re.escape(table)} -->\n.*?)^\| {re.escape(name)} \|[^\n]*\n(.*?<!-- end -->)"
    pattern = re.compile(place, re.DOTALL | re.MULTILINE)
    with PAGE.open("r+", encoding="utf-8") as page:
        fcntl.flock(page, fcntl.LOCK_EX)  # tests run side by side
        text = page.read()
        found = pattern.search(text)
        assert found, f"{PAGE.name} has no row '{name}' in the table '{table}'"
        if request.config.getoption("--update-golden"):
            fresh = f"{text[: found.start()]}{found[1]}{row}\n{found[2]}{text[found.end() :]}"
            page.seek(0)
            page.write(fresh)
            page.truncate()
