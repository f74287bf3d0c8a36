"""The real command without what importing takes, for tests that run it often and ask nothing of its start."""

from __future__ import annotations

import atexit
import contextlib
import functools
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from conftest import NOON, Run


class Commands(NamedTuple):
    """The process that runs commands (see prefork.py), and a folder for what they say."""

    process: subprocess.Popen[str]
    said: Path

    def run(self, project: Path, *arguments: str, now: str = NOON, **environment: str) -> Run:
        """Run the real command in a project at a fixed moment."""
        out, err = self.said / "out", self.said / "err"
        asked = (str(project), ["--now", now, *arguments], environment, str(out), str(err))
        print(json.dumps(asked), file=self.process.stdin, flush=True)
        status = int(self.process.stdout.readline())
        return Run(status, out.read_text(encoding="utf-8"), err.read_text(encoding="utf-8"))


@contextlib.contextmanager
def start_commands(*options: str) -> Iterator[Commands]:
    """Start the process that runs commands; with `--search` sites have one."""
    server = (Path(__file__).with_name("prefork.py"), *options)
    with (
        tempfile.TemporaryDirectory() as said,
        subprocess.Popen(
            [sys.executable, *server], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process,
    ):
        yield Commands(process, Path(said))
        process.stdin.close()


def run_forked(project: Path, *arguments: str, now: str = NOON, **environment: str) -> Run:
    """Run the real command as `run_command` does, in a fork of a process that has imported everything."""
    return _commands().run(project, *arguments, now=now, **environment)


@functools.cache
def _commands() -> Commands:
    """Start one process for all tests that this one runs."""
    stack = contextlib.ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(start_commands("--search"))
