"""The live preview, run as editors run it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from conftest import NOON

# What the preview adds to a page.
NOTE = re.compile(rb'<template id="pixeldigest_preview".*?</template><script .*?</script>\n?', re.DOTALL)


class Served(NamedTuple):
    """A preview that runs, and its address, which ends in a slash."""

    process: subprocess.Popen[str]
    address: str

    @property
    def port(self) -> str:
        return self.address.rpartition(":")[2].strip("/")


@contextmanager
def serving(project: Path, *, port: str = "0") -> Iterator[Served]:
    """Serve a project until this is left."""
    command = [sys.executable, "-m", "pixeldigest", "--now", NOON, "serve", "--port", port]
    process = subprocess.Popen(
        command,
        cwd=project,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        found = re.fullmatch(r"the site: (http://\S+/)site/\n", process.stdout.readline())
        assert found, process.communicate()
        yield Served(process, found[1])
    finally:
        process.kill()
        process.communicate()
