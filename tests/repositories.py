"""git repositories in tests: git run as a person, without the settings of whoever runs the tests; and killed runs."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from browser.chromium import leave_out
from pixeldigest import gitcommand

# No test cuts the power, so that nobody needs to wait for the disk.
ALONE = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_TEST_FSYNC": "0"}


def be_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep away settings that sign commits, call hooks, or name somebody."""
    if shutil.which("git") is None:
        leave_out("git is not installed: 'apt-get install git'")
    for name in [name for name in os.environ if name.startswith(("GIT_", "EMAIL"))]:
        monkeypatch.delenv(name)
    for name, text in ALONE.items():
        monkeypatch.setenv(name, text)


def git(folder: Path, *arguments: str) -> str:
    """Run git as a person."""
    person = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "gc.auto=0")
    environment = {name: text for name, text in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(
        ["git", *person, *arguments],
        cwd=folder,
        env={**environment, **ALONE},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.rstrip("\n")


def add_hooks(repository: Path, *names: str, script: str) -> None:
    """Write hooks."""
    for name in names:
        hook = repository / "hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        hook.chmod(0o755)


def run_killed(work: Callable[[], object], calls: int, when: str) -> bool:
    """Do some work in a process that dies 'before' or 'after' git is called for the nth time; tells whether it died."""
    process = os.fork()
    if process:
        return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 9
    real, left = subprocess.run, [calls]

    def run(*arguments: object, **options: object) -> object:
        left[0] -= 1
        if left[0] == 0 and when == "before":
            os._exit(9)
        done = real(*arguments, **options)
        if left[0] == 0:
            os._exit(9)
        return done

    try:
        gitcommand.subprocess.run = run
        work()
    finally:
        os._exit(0)
