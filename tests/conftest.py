"""What tests share: small newsletters, and the real command run on them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import settings
from playwright.sync_api import Browser

from browser.chromium import start_chromium

# `make slow` draws so many times more examples in property tests.
FACTOR = int(os.environ.get("EXAMPLES", "1"))
NEWSLETTERS = Path(__file__).parent / "newsletters"
REPOSITORY = Path(__file__).parent.parent
NOON = "2026-11-21T12:00"


class Run(NamedTuple):
    """What a command did."""

    status: int
    out: str
    err: str


def examples(count: int) -> settings:
    """Draw the same examples each time, so that a red test is red for everyone; more of them in `make slow`."""
    return settings(max_examples=count * FACTOR, deadline=None, derandomize=True)


def every_third(cases: Iterable[Any]) -> list[Any]:
    """Keep every third case in `make test`, and leave the others to `make slow`."""
    return [one if place % 3 == 0 else pytest.param(one, marks=pytest.mark.slow) for place, one in enumerate(cases)]


def run_command(project: Path, *arguments: str, now: str = NOON, **environment: str) -> Run:
    """Run the real command in a project at a fixed moment."""
    command = [sys.executable, "-m", "pixeldigest", "--now", now, *arguments]
    done = subprocess.run(
        command,
        cwd=project,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return Run(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Start the system's Chromium."""
    with start_chromium() as browser:
        yield browser


@pytest.fixture
def copy_newsletter(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Copy one of tests/newsletters to a folder of its own, without what it should become.

    All copies keep their covers in one place, so that each is painted once only.
    """
    covers = tmp_path_factory.getbasetemp() / "covers"
    covers.mkdir(exist_ok=True)

    def copy(name: str) -> Path:
        project = tmp_path / name
        shutil.copytree(
            NEWSLETTERS / name, project, ignore=shutil.ignore_patterns("expected", ".pixeldigest", "output")
        )
        cache = project / ".pixeldigest/cache"
        cache.mkdir(parents=True)
        (cache / "covers").symlink_to(covers)
        return project

    return copy


@pytest.fixture
def small(copy_newsletter: Callable[[str], Path]) -> Path:
    """A newsletter with one entry or two of everything."""
    return copy_newsletter("small")


@pytest.fixture(scope="session")
def sites(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The site of the small newsletter, and that of the repository's own; nobody may change them."""
    output = tmp_path_factory.mktemp("output")
    project = tmp_path_factory.mktemp("project") / "small"
    shutil.copytree(NEWSLETTERS / "small", project)
    for name, folder in (("small", project), ("real", REPOSITORY)):
        assert run_command(folder, "build", "--output", str(output / name)).status == 0
    return {name: output / name / "site" for name in ("small", "real")}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="Rewrite the expected output; review the diff like code."
    )
