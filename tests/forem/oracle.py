"""Runs the emulator of Forem on posts, and KaTeX on what it gets of their formulas."""

from __future__ import annotations

import atexit
import json
import shutil
import subprocess
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from browser.chromium import leave_out

FOLDER = Path(__file__).parent
KATEX = FOLDER.parent.parent / "node_modules/katex/dist/katex.js"


class Katex(NamedTuple):
    """A formula as KaTeX gets it."""

    latex: str
    display: bool


class Rendered(NamedTuple):
    """A post as dev.to shows it; an error is shown in its place."""

    html: str
    formulas: tuple[Katex, ...]
    error: str | None


class Shown(NamedTuple):
    """What KaTeX shows for a formula, or why it refuses it."""

    html: str
    error: str | None


def run_oracle(bodies: Iterable[str], *, protect: bool = True) -> list[Rendered]:
    """Render posts; without `protect`, Liquid reads what stands in code as well."""
    ruby = _start_ruby()
    return [_render(ruby, {"body": body, "protect": protect}) for body in bodies]


def run_katex(formulas: Iterable[Katex]) -> list[Shown]:
    """Render formulas."""
    if shutil.which("node") is None or not KATEX.is_file():
        leave_out("KaTeX is not installed: 'make test' does it where there is npm")
    text = "".join(f"{json.dumps(formula._asdict())}\n" for formula in formulas)
    command = ["node", str(FOLDER / "formulas.js")]
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=300, check=True)
    return [Shown(**json.loads(line)) for line in done.stdout.splitlines() if line]


@cache
def _start_ruby() -> subprocess.Popen[str]:
    """Start the emulator; it serves all tests of the process, since starting takes longer than rendering."""
    command = ["ruby", "-e", "require 'redcarpet'; require 'liquid'"]
    if shutil.which("ruby") is None or subprocess.run(command, capture_output=True, check=False).returncode:
        leave_out("Redcarpet and Liquid are not installed: 'apt-get install ruby-redcarpet ruby-liquid'")
    ruby = subprocess.Popen(
        ["ruby", str(FOLDER / "render.rb")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    atexit.register(ruby.communicate)
    return ruby


def _render(ruby: subprocess.Popen[str], post: dict[str, Any]) -> Rendered:
    assert ruby.stdin
    assert ruby.stdout
    print(json.dumps(post), file=ruby.stdin, flush=True)
    one = json.loads(ruby.stdout.readline())
    return Rendered(one["html"], tuple(Katex(**formula) for formula in one["formulas"]), one["error"])
