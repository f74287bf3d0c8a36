"""`check`, run in this process: starting one for each of a thousand newsletters would take minutes."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from conftest import NOON, Run
from pixeldigest.cli import cli

# What earlier runs kept of the issues that they tried: most mistakes change few of them.
_KEPT: dict[str, bytes] = {}


def check(project: Path, *options: str) -> Run:
    """Run `check`, with what is known of the same issues from other newsletters."""
    tried = project / ".pixeldigest/cache/tried"
    if "tried" in _KEPT and tried.parent.is_dir():
        tried.write_bytes(_KEPT["tried"])
    done = CliRunner().invoke(cli, ["--now", NOON, "-C", str(project), "check", *options], catch_exceptions=False)
    if tried.exists():
        _KEPT["tried"] = tried.read_bytes()
    return Run(done.exit_code, done.stdout, done.stderr)
