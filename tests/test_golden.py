"""Whole newsletters in, whole output out, compared byte for byte."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import NEWSLETTERS, run_command

NAMES = sorted(path.parent.name for path in NEWSLETTERS.glob("*/expected"))


@pytest.mark.parametrize("name", NAMES)
def test_output_is_as_expected(
    name: str, copy_newsletter: Callable[[str], Path], request: pytest.FixtureRequest
) -> None:
    """`build` writes exactly the files in `expected`; `--update-golden` rewrites them."""
    project = copy_newsletter(name)
    expected = NEWSLETTERS / name / "expected"

    run = run_command(project, "build")

    assert (run.status, run.err) == (0, "")
    if request.config.getoption("--update-golden"):
        shutil.rmtree(expected)
        _copy_output(project / "output", expected)
    assert _texts(project / "output") == _texts(expected)


def _texts(folder: Path) -> dict[str, str]:
    """Read all that is made of content, but for covers and the search index, which have tests of their own."""
    return {name: (folder / name).read_text(encoding="utf-8") for name in _names(folder)}


def _names(folder: Path) -> list[str]:
    files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    kept = (name for name in files if not name.endswith(".png") and not name.startswith("site/pagefind/"))
    return [name for name in kept if not name.startswith("site/assets/") or name.startswith("site/assets/images/")]


def _copy_output(output: Path, expected: Path) -> None:
    for name in _names(output):
        (expected / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(output / name, expected / name)
