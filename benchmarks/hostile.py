"""Let `check` read mutants, each alone in a small newsletter, and measure the CPU time that it adds.

    python benchmarks/hostile.py [--from N] [--count N] [--limit SECONDS] [--json]

Says which took longest. Fails where one brings a traceback or takes longer than the limit; a file that makes `check`
hang for a minute ends the program with the traceback of where it hangs.
"""

from __future__ import annotations

import argparse
import faulthandler
import json
import re
import shutil
import sys
import tempfile
import time
import traceback
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from click.testing import CliRunner

from mutants import SMALL, Mutant, make_mutants
from pixeldigest.cache import NO_CACHE
from pixeldigest.check import load_checked
from pixeldigest.cli import cli
from pixeldigest.diagnostics import EXIT_CONTENT, EXIT_SETTINGS, Diagnostic, has_errors
from pixeldigest.markup.parse import parse_body

HANGS = 60
NOON = "2026-11-21T12:00"
STATUSES = (0, EXIT_CONTENT, EXIT_SETTINGS)


class Trial(NamedTuple):
    """What came of a mutant: `check`'s exit status, how many diagnostics, CPU seconds, and the traceback if any."""

    number: int
    family: str
    file: str
    size: int
    status: int
    said: int
    seconds: float
    crash: str = ""


def try_mutants(mutants: Iterable[Mutant]) -> Iterator[Trial]:
    """Check mutants one by one, each alone in a copy of the small newsletter."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        shutil.copytree(SMALL, project / "content")
        load_checked(project, NO_CACHE, advice=True)
        for mutant in mutants:
            path = project / "content" / mutant.file
            before = path.read_bytes() if path.exists() else None
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(mutant.content)
            faulthandler.dump_traceback_later(HANGS, exit=True)
            yield _try(mutant, project)
            faulthandler.cancel_dump_traceback_later()
            path.unlink() if before is None else path.write_bytes(before)


def _try(mutant: Mutant, project: Path) -> Trial:
    """Apply the rules; where they find no error, let the command render the coming days too, as the file is shown."""
    status, said, crash = 0, 0, ""
    started = _start()
    try:
        library, found = load_checked(project, NO_CACHE, advice=True)
        said = len(found)
        _examine(found)
        status = 1 if has_errors(found) else 0
        if library is None or status == 0:
            started = _start()
            done = CliRunner().invoke(
                cli, ["--now", NOON, "-C", str(project), "check", "--output-format", "json"], catch_exceptions=False
            )
            status, said = done.exit_code, len(json.loads(done.stdout))
    except Exception:  # noqa: BLE001 - that there is none is what is tried
        crash = traceback.format_exc()
    seconds = time.process_time() - started
    return Trial(mutant.number, mutant.family, mutant.file, len(mutant.content), status, said, seconds, crash)


def _examine(found: tuple[Diagnostic, ...]) -> None:
    """Expect of diagnostics that they say what to do, in words of ours, and point into a line that can be printed."""
    for one in found:
        place = one.place
        assert one.hint, one
        assert place.line >= 1 <= place.column <= len(place.excerpt) + 1, one
        assert not place.excerpt or place.excerpt.isprintable(), one
        assert not re.search(r"pydantic|Input should|does not fit|does not parse as YAML", one.message), one


def _start() -> float:
    """Start the clock, with nothing known from before."""
    parse_body.cache_clear()
    return time.process_time()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--from", dest="first", type=int, default=0)
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--limit", type=float, default=2.0)
    parser.add_argument("--json", action="store_true", help="a line a mutant, on standard output")
    asked = parser.parse_args()
    trials = []
    for trial in try_mutants(make_mutants(range(asked.first, asked.first + asked.count))):
        trials.append(trial)
        if asked.json:
            print(json.dumps(trial._asdict()), flush=True)
    if not asked.json:
        print(report(trials, asked.limit))
    sys.exit(any(one.crash or one.status not in STATUSES or one.seconds > asked.limit for one in trials))


def report(trials: list[Trial], limit: float) -> str:
    """Say for each family how many there were, and the longest time; and name all that failed."""
    families = defaultdict(list)
    for one in trials:
        families[one.family].append(one)
    lines = ["family        files  told  valid  median s  longest s"]
    for family, group in families.items():
        times = sorted(one.seconds for one in group)
        told, valid = sum(one.said > 0 for one in group), sum(one.status == 0 for one in group)
        lines.append(f"{family:12} {len(group):6} {told:5} {valid:6} {times[len(times) // 2]:9.3f} {times[-1]:10.3f}")
    slow = [one for one in trials if one.seconds > limit]
    lines += [f"{one.seconds:.2f} s: mutant {one.number}, {one.family}, {one.file}, {one.size} bytes" for one in slow]
    lines += [f"mutant {one.number} ({one.family}, {one.file}): {one.crash}" for one in trials if one.crash]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
