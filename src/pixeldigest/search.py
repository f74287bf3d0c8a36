"""Pages → what the reader's search needs: pagefind's index, in pieces that a browser fetches as it needs them."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

from pixeldigest.diagnostics import UserError
from pixeldigest.extras import missing_libraries
from pixeldigest.output import Batch, OutputFile
from pixeldigest.stamps import digest_of


def search_batch(output: Path, pages: Iterable[Batch]) -> Iterator[Batch]:
    """Make the index of pages, which are written by then; without pagefind there is none.

    Found is what stands in elements with `data-pagefind-body`. The same pages give the same bytes, in whatever order
    they come.
    """
    searched = sorted((page.name, page.key) for page in pages if page.searched)
    if searched and not missing_libraries("search"):
        key = digest_of(repr(searched).encode())
        yield Batch(f"{_SITE}{_INDEX}/", key, partial(_index_pages, output, [name for name, _ in searched]))


def _index_pages(output: Path, names: Iterable[str]) -> Iterator[OutputFile]:
    """Index pages; raises UserError where pagefind fails."""
    with tempfile.TemporaryDirectory(prefix="pixeldigest-") as name:
        folder = Path(name)
        for page in names:
            html = (output / page).read_bytes() if (output / page).exists() else b""
            if b"data-pagefind-body" in html:
                _keep(folder / _PAGES / page.removeprefix(_SITE), html)
        if (folder / _PAGES).is_dir():
            _run_pagefind(folder)
            yield from _read_index(folder / _INDEX)


_SITE: Final = "site/"
_PAGES: Final = "pages"
_INDEX: Final = "pagefind"

# Ways to other pages, what readers unfold or fill in (hints, answers, solutions, choices), and what pictures show.
_IGNORED: Final = "nav, details, fieldset, img"


def _keep(path: Path, html: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_FORMULA.sub(_readable, html).replace(b"</th>", b" </th>"))  # else the words of a row are one


_FORMULA: Final = re.compile(rb"<math\b.*?</math>", re.DOTALL)
_ON_ONE_LINE: Final = re.compile(rb"<math>(?:<(m[ino])\b[^<>]*>[^<>]*</\1>)+</math>")
_TAG: Final = re.compile(rb"<[^<>]*>")


def _readable(formula: re.Match[bytes]) -> bytes:
    """Write a formula as excerpts show it: its letters where that is the whole of it, else dots in its place."""
    return _TAG.sub(b"", formula[0]) if _ON_ONE_LINE.fullmatch(formula[0]) else "…".encode()


def _run_pagefind(folder: Path) -> None:
    """Index the pages in a folder.

    The program is run, not its Python interface: that takes 0.1 s a page and fails on answers of more than 2 MiB.
    """
    from pagefind_bin import get_executable  # noqa: PLC0415 - optional

    options = [
        "--site",
        _PAGES,
        "--output-path",
        _INDEX,
        "--keep-index-url",
        "--exclude-selectors",
        _IGNORED,
        "--quiet",
    ]
    # Settings of the user's own would change the index.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PAGEFIND_")}
    try:
        command = [str(get_executable()), *options]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    except OSError as error:
        raise UserError(f"pagefind cannot be run: {(error.strerror or str(error)).lower()}") from error
    if done.returncode:
        raise UserError(f"pagefind could not index the site: {(done.stderr or done.stdout).strip()}")


# Pagefind's own interfaces are left out: `search.js` is ours.
_SHIPPED: Final = re.compile(r"pagefind\.js|pagefind-(?:worker\.js|entry\.json)|wasm\.[\w-]+\.pagefind|.+\.pf_\w+")


def _read_index(index: Path) -> Iterator[OutputFile]:
    for path in sorted(index.rglob("*")):
        if path.is_file() and _SHIPPED.fullmatch(path.name):
            yield OutputFile(f"{_SITE}{_INDEX}/{path.relative_to(index).as_posix()}", path.read_bytes())
