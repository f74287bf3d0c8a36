"""A newsletter with something of everything, and what must hold whatever is done to it: nothing is ever stale."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import NamedTuple

from conftest import NEWSLETTERS, NOON, Run
from forked import Commands
from projects import write

_DAY = "{{number: {}, course: basics, chapter: first, sections: {{{}}}, because: {{topic: pin, problem: pin}}}}"
# What the small newsletter lacks. Covers and pictures of formulas, which take long to paint, have cases of their own.
ADDED = {
    "content/calendar.yml": """\
2026-11-21:
  note: |
    Welcome to the [course](course:basics).
2026-11-22:
  sections: {topic: sums}
  title: A pinned title
""",
    "content/record/2026.yml": (
        f"2026-11-18: {_DAY.format(1, 'topic: sums, problem: add, feature: club')}\n"
        f"2026-11-19: {_DAY.format(2, 'topic: totals, problem: halve')}\n"
    ),
    "content/images/logo.svg": '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"/>\n',
    "content/topics/unfinished.yml": "title: Unfinished\nsummary: Not yet.\ndraft: true\nbody: |\n  Later.\n",
    "templates/text/feature.txt": "OWN {{ section.entry.title }}\n",
    "templates/words.en.yml": "hints: Nudges\n",
    "templates/assets/custom.css": "body { margin: 0 }\n",
}
SETTINGS = """\
theme:
  covers: false
  logo: images/logo.svg
mail:
  from: Small <small@example.org>
  postal_address: Example, 1 Example Street
  unsubscribe_url: https://example.org/unsubscribe
"""
FRESH = "fresh"
COUNTS = re.compile(r"^\d+ files? written, \d+ unchanged(?:, \d+ removed)?$", re.MULTILINE)

Tree = dict[str, bytes | None]


class Built(NamedTuple):
    """What a build said, but for the counts of files, and what then lies in the output folder."""

    status: int
    said: str
    tree: Tree


def write_whole_newsletter(project: Path) -> None:
    """Write the newsletter into a folder that does not exist yet."""
    shutil.copytree(NEWSLETTERS / "small/content", project / "content")
    for name, text in ADDED.items():
        write(project / name, text)
    for name, old, new in (
        ("topics/sums.yml", r"s = \sum_{i=1}^{n} x_i", "s = a + b"),
        ("topics/means.yml", r"\frac{1}{n} \sum_{i=1}^{n} x_i", "s / n"),
        ("newsletter.yml", "site:\n", SETTINGS + "site:\n"),
        ("topics/sums.yml", "tags: [numbers]\n", "tags: [numbers]\naliases: [totals]\n"),
        ("features/club.yml", "Join [it](feature:club).", "Join [it](feature:club) and see [sums](topic:totals)."),
    ):
        swap(project / "content" / name, old, new)


def swap(path: Path, old: str, new: str) -> None:
    """Put a text in the place of another, which must be there."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def tree(folder: Path) -> Tree:
    """All files below a folder with their bytes, and the folders themselves; the order of the manifest is no matter."""
    found = {
        path.relative_to(folder).as_posix(): None if path.is_dir() else path.read_bytes()
        for path in sorted(folder.rglob("*"))
    }
    if manifest := found.get(".manifest"):
        found[".manifest"] = b"\n".join(sorted(set(manifest.split())))
    return found


def assert_fresh(commands: Commands, project: Path, *options: str, now: str = NOON, on_top: bool = False) -> Built:
    """Build with the cache and without it: the same is said, and the same bytes are written.

    What is built without it goes to an empty folder, or, `on_top`, to a copy of what an earlier build left: where a
    build does not make everything, or an issue has errors, files of earlier ones stay.
    """
    output, fresh = project / "output", project / FRESH
    shutil.rmtree(fresh, ignore_errors=True)
    if on_top and output.exists():
        shutil.copytree(output, fresh)
    kept = commands.run(project, "build", *options, now=now)
    anew = commands.run(project, "build", "--no-cache", "--output", FRESH, *options, now=now)
    built, expected = _built(kept, output), _built(anew, fresh)
    assert (built.status, built.said) == (expected.status, expected.said), (built.said, expected.said)
    stale = differences(built.tree, expected.tree)
    assert not stale, stale
    return built


def _built(run: Run, output: Path) -> Built:
    assert "Traceback" not in run.err, run.err
    said = COUNTS.sub("counts", run.out) + run.err
    return Built(run.status, said.replace(f"{output.name}/", "output/"), tree(output))


def differences(one: Tree, other: Tree) -> list[str]:
    """Name what is not the same; a comparison of whole trees would print megabytes."""
    return sorted(name for name in {*one, *other} if one.get(name, "none") != other.get(name, "none"))
