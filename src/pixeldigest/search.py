"""Pages → what the reader's search needs: pagefind's index, in pieces that a browser fetches as it needs them."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from pixeldigest.diagnostics import UserError
from pixeldigest.extras import missing_libraries
from pixeldigest.output import OutputFile


def add_index(files: Iterable[OutputFile]) -> Iterator[OutputFile]:
    """Pass the files of a site on as they come, and after them the index of its pages.

    Found is what stands in elements with `data-pagefind-body`; other pages are left out. The same pages give the same
    bytes, in whatever order they come. Without pagefind there is no index. Raises UserError where pagefind fails.
    """
    if missing_libraries("search"):
        yield from files
        return
    with tempfile.TemporaryDirectory(prefix="pixeldigest-") as name:
        folder = Path(name)
        for file in files:
            if file.content and _is_found(file):
                _keep(folder / _PAGES / file.path.removeprefix(_SITE), file.content)
            yield file
        if (folder / _PAGES).is_dir():
            _run_pagefind(folder)
            yield from _read_index(folder / _INDEX)


_SITE: Final = "site/"
_PAGES: Final = "pages"
_INDEX: Final = "pagefind"

# Ways to other pages, what readers unfold or fill in (hints, answers, solutions, choices), and what pictures show.
_IGNORED: Final = "nav, details, fieldset, img"


def _is_found(file: OutputFile) -> bool:
    faulty = any(fault.severity == "error" for fault in file.faults)
    return file.path.endswith(".html") and b"data-pagefind-body" in (file.content or b"") and not faulty


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
