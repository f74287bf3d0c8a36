"""docs/editing.md, followed to the letter: each command is typed, each file written, each answer compared."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from conftest import REPOSITORY

GUIDE = REPOSITORY / "docs/editing.md"
NOW = "2026-11-21T08:00"
PORT = re.compile(r":\d{4,5}/")
SERVE = "pixeldigest serve"


class Block(NamedTuple):
    """What stands between fences: its language, and where its text begins and ends in the guide."""

    language: str
    text: str
    start: int
    end: int


def blocks_of(guide: str) -> list[Block]:
    return [Block(found[1], found[2], *found.span(2)) for found in re.finditer(r"```(\w+)\n(.*?)```", guide, re.DOTALL)]


class Reader:
    """Somebody who does what the guide says, in a shell that stays in its folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "home"
        self.folder.mkdir()
        self.server: subprocess.Popen[str] | None = None
        self.preview = ""
        bin_folder = folder / "bin"
        bin_folder.mkdir()
        program = bin_folder / "pixeldigest"
        installed = Path(sys.executable).with_name("pixeldigest")
        program.write_text(f'#!/bin/sh\nexec "{installed}" --now {NOW} "$@"\n', encoding="utf-8")
        program.chmod(0o755)
        self.environment = {**os.environ, "PATH": f"{bin_folder}:{os.environ['PATH']}", "COLUMNS": "100"}

    def type(self, command: str) -> str:
        """Run a command and return all that it prints."""
        if command == SERVE:
            return self._serve()
        script = f"{command} 2>&1; status=$?; pwd > {self.folder.parent}/pwd; exit $status"
        done = subprocess.run(
            ["sh", "-c", script],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert "Traceback" not in done.stdout
        self.folder = Path((self.folder.parent / "pwd").read_text(encoding="utf-8").strip())
        return done.stdout

    def _serve(self) -> str:
        self.server = subprocess.Popen(
            ["sh", "-c", f"exec {SERVE} 2>&1"],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.server.stdout
        told = "".join(self.server.stdout.readline() for _ in range(3))
        self.preview = re.findall(r"http://\S+", told)[-1]
        return PORT.sub(":8000/", told)

    def look(self) -> str:
        """Fetch the preview."""
        with urllib.request.urlopen(self.preview, timeout=30) as answer:
            return answer.read().decode()

    def patch(self, text: str) -> None:
        subprocess.run(["git", "apply", "--unidiff-zero", "-"], cwd=self.folder, input=text, text=True, check=True)

    def leave(self) -> None:
        """End what still runs."""
        if self.server:
            self.server.send_signal(signal.SIGINT)
            self.server.communicate(timeout=30)
            assert self.server.returncode == 0


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    made = Reader(tmp_path)
    yield made
    made.leave()


def test_the_tutorial_holds_to_the_letter(reader: Reader, request: pytest.FixtureRequest) -> None:
    guide = GUIDE.read_text(encoding="utf-8")
    answered = guide
    for block in reversed(list(follow(reader, guide))):
        answered = answered[: block.start] + block.text + answered[block.end :]
    if request.config.getoption("--update-golden"):
        GUIDE.write_text(answered, encoding="utf-8")

    assert answered == GUIDE.read_text(encoding="utf-8")
    assert "prime-numbers" in reader.look()


def follow(reader: Reader, guide: str) -> Iterator[Block]:
    """Do what each block says, and yield those of the shell with what came back."""
    for block in blocks_of(guide):
        before = guide[: block.start]
        if block.language == "console":
            commands = [line.removeprefix("$ ") for line in block.text.splitlines() if line.startswith("$ ")]
            yield block._replace(text="".join(f"$ {command}\n{reader.type(command)}" for command in commands))
        elif block.language == "yaml":
            name = re.findall(r"`(content/[\w/-]+\.yml)`", before)[-1]
            (reader.folder / name).write_text(block.text, encoding="utf-8")
        elif block.language == "diff":
            reader.patch(block.text)


def test_every_step_of_the_tutorial_is_followed() -> None:
    """No example escapes the test above by its language."""
    guide = GUIDE.read_text(encoding="utf-8")

    assert {block.language for block in blocks_of(guide)} == {"console", "yaml", "diff"}
    assert guide.count("```") == 2 * len(blocks_of(guide))
