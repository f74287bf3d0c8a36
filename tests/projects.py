"""What tests do to a newsletter's folder: write files, change settings, build."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from forked import run_forked


def write(path: Path, text: str) -> None:
    """Write a file, and make the folders that lead to it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def set_keys(project: Path, block: str) -> None:
    """Put a block of YAML into the settings, in place of what its keys held."""
    path = project / "content/newsletter.yml"
    settings = path.read_text(encoding="utf-8")
    for key in yaml.safe_load(block):
        settings = re.sub(rf"^{key}:.*\n(?:[ #].*\n|\n)*", "", settings, flags=re.MULTILINE)
    path.write_text(settings + block, encoding="utf-8")


def build(project: Path, *arguments: str, now: str = "2026-11-21T12:00") -> None:
    """Build a newsletter that has no faults."""
    run = run_forked(project, "build", *arguments, now=now)

    assert run.status == 0, run.err


def page_of_each_type(site: Path) -> list[str]:
    """The fullest of the pages that lie equally deep in the same folder of the site."""
    fullest: dict[tuple[str, int], Path] = {}
    for path in sorted(site.rglob("*.html")):
        name = path.relative_to(site)
        key = (name.parts[0], len(name.parts))
        if key not in fullest or path.stat().st_size > fullest[key].stat().st_size:
            fullest[key] = path
    return [path.relative_to(site).as_posix() for path in fullest.values()]
