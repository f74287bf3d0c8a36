"""Try a problem's code: its solution must pass, its starter and each wrong answer must fail."""

from __future__ import annotations

import functools
import json
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pixeldigest import harness
from pixeldigest.check import Finding
from pixeldigest.content import Problem

SECONDS = 10
MEMORY_BYTES = 1 << 30
FILE_BYTES = 10 << 20


class Verdict(NamedTuple):
    """How a program did: whether it passed, and otherwise the first failure."""

    passed: bool
    reason: str


def try_problem(problem: Problem, file: str) -> Iterator[Finding]:
    """Run all of a problem's programs; a problem without code has nothing to try."""
    if problem.language is None or problem.solution is None or problem.starter is None:
        return
    tests = f"{problem.examples}\n{problem.tests or ''}"
    solution = run_program(_join(problem, problem.solution), tests)
    if not solution.passed:
        hint = "mend the solution or the tests"
        yield Finding("solution", f"the solution fails: {_first_lines(solution.reason)}", hint, file, ("solution",))
        return
    if run_program(_join(problem, problem.starter), tests).passed:
        hint = "leave something for the reader to do"
        yield Finding("starter", "the starter passes all tests already", hint, file, ("starter",))
    for index, wrong in enumerate(problem.wrong_answers):
        if run_program(_join(problem, wrong.code), tests).passed:
            message = f"no test catches this wrong answer ({wrong.why})"
            yield Finding("wrong-answer", message, "add a test that does", file, ("wrong_answers", index, "code"))


def run_program(program: str, tests: str) -> Verdict:
    """Run doctests against a program in a separate, limited process.

    It has no network where Linux user namespaces are allowed, ten seconds, and an empty folder that is deleted
    afterwards. This keeps mistakes in; it is no sandbox against malice.
    """
    with tempfile.TemporaryDirectory(prefix="pixeldigest-") as folder:
        job, outcome = Path(folder, "job.json"), Path(folder, "outcome.json")
        work = Path(folder, "work")
        work.mkdir()
        job.write_text(json.dumps({"program": program, "tests": tests}), encoding="utf-8")
        command = [*isolation(), sys.executable, "-I", harness.__file__, str(job), str(outcome)]
        try:
            # Output goes nowhere rather than into a pipe: a grandchild that keeps a pipe open would defeat the timeout.
            subprocess.run(
                command,
                cwd=work,
                timeout=SECONDS,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                preexec_fn=_limit,
                env={"PYTHONHASHSEED": "0", "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Verdict(False, f"it did not end within {SECONDS} seconds")
        if not outcome.exists():
            return Verdict(False, "it ended its process, or took more than 1 GB of memory")
        result = json.loads(outcome.read_text(encoding="utf-8"))
    if result["failures"]:
        return Verdict(False, result["failures"][0])
    return Verdict(result["attempted"] > 0, "there are no tests")


@functools.cache
def isolation() -> tuple[str, ...]:
    """Find the command that takes the network away and ends all children together; empty where it is not allowed."""
    unshare = shutil.which("unshare")
    if unshare is None:
        return ()
    command = (unshare, "-r", "-n", "-p", "-f", "--kill-child")
    allowed = subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0
    return command if allowed else ()


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES, FILE_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _join(problem: Problem, program: str) -> str:
    return f"{problem.setup}\n{program}" if problem.setup else program


def _first_lines(report: str) -> str:
    """Say a doctest's report in one line."""
    lines = [line.strip() for line in report.splitlines() if line.strip() and not line.startswith(("*", "File "))]
    return " ".join(lines)[:300]
