"""Try a problem's code: its solution must pass, its starter and each wrong answer must fail."""

from __future__ import annotations

import doctest
import functools
import json
import math
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pixeldigest import harness
from pixeldigest.check.finding import Finding
from pixeldigest.content import Problem
from pixeldigest.library import Library

_REASON_LENGTH = 300
_PLACES_IN_REPORT = ("***", "File ", "Line ")
# What the harness needs beyond a program's time, to start and to clear up, on a very busy machine.
_GRACE_SECONDS = 20


class Limits(NamedTuple):
    """What one program may use."""

    seconds: float = 10
    memory_bytes: int = 1 << 30
    file_bytes: int = 10 << 20


class Verdict(NamedTuple):
    """How a program did: whether it passed, and otherwise the first failure, in one line."""

    passed: bool
    reason: str


DEFAULT_LIMITS = Limits()


def announce_trials(library: Library) -> str:
    """Say how many problems there are to run, and how far their code is kept in."""
    level = "without network" if isolation() else "limited, but with network: user namespaces are not allowed here"
    return f"running {len(library.problems)} problems, each program in a process of its own, {level}"


def try_problems(library: Library) -> Iterator[Finding]:
    """Run all problems' code."""
    for head in library.problems.values():
        problem = library.read(head)
        if isinstance(problem, Problem):
            yield from try_problem(problem, library.files[head.ref])


def try_problem(problem: Problem, file: str, limits: Limits = DEFAULT_LIMITS) -> Iterator[Finding]:
    """Run all of a problem's programs; a problem without code has nothing to try."""
    if problem.language is None or problem.solution is None or problem.starter is None:
        return
    if unreadable := list(_check_doctests(problem, file)):
        yield from unreadable
        return

    def run(program: str) -> Verdict:
        return run_program(program, doctests_of(problem), setup=problem.setup or "", limits=limits)

    solution = run(problem.solution)
    if not solution.passed:
        hint = "mend the solution or the tests"
        yield Finding("solution", f"the solution fails: {solution.reason}", hint, file, ("solution",))
        return
    if run(problem.starter).passed:
        hint = "leave something for the reader to do"
        yield Finding("starter", "the starter passes all tests already", hint, file, ("starter",))
    for index, wrong in enumerate(problem.wrong_answers):
        if run(wrong.code).passed:
            message = f"no test catches this wrong answer ({wrong.why})"
            yield Finding("wrong-answer", message, "add a test that does", file, ("wrong_answers", index, "code"))


def doctests_of(problem: Problem) -> str:
    """Join what readers see and what they do not."""
    return f"{problem.examples or ''}\n{problem.tests or ''}"


def _check_doctests(problem: Problem, file: str) -> Iterator[Finding]:
    """Report doctests that cannot be read, and a problem that has none."""
    found = 0
    for field, text in (("examples", problem.examples or ""), ("tests", problem.tests or "")):
        try:
            found += len(doctest.DocTestParser().get_examples(text))
        except ValueError as error:
            line, fault = _read_doctest_error(error)
            offset = sum(len(one) for one in text.splitlines(keepends=True)[: line - 1])
            hint = "write '>>> ' before each call, '... ' before its further lines, and the output below, in line"
            yield Finding("doctest", f"this doctest {fault}", hint, file, (field,), offset)
            return
    if not found:
        hint = "write '>>> ' before each call, and what it returns below"
        yield Finding("doctest", "there is no doctest here", hint, file, ("examples",))


def _read_doctest_error(error: ValueError) -> tuple[int, str]:
    """Take the line and the fault out of what Python says."""
    said = re.match(r"line (\d+) of the (?:docstring|doctest) for \S+ (.*)", str(error), re.DOTALL)
    return (int(said[1]), said[2]) if said else (1, f"cannot be read: {error}")


def run_program(
    program: str,
    tests: str,
    *,
    setup: str = "",
    limits: Limits = DEFAULT_LIMITS,
    isolate: tuple[str, ...] | None = None,
) -> Verdict:
    """Run doctests against a program in a separate, limited process.

    It has an empty folder that is deleted afterwards, no terminal, and no network where Linux user namespaces are
    allowed (`isolate` is the command for that; None finds out). This keeps mistakes in; it is no sandbox against
    malice.
    """
    with tempfile.TemporaryDirectory(prefix="pixeldigest-") as folder:
        job, outcome, work = Path(folder, "job.json"), Path(folder, "outcome.json"), Path(folder, "work")
        work.mkdir()
        job.write_text(_describe_job((setup, program), tests, limits), encoding="utf-8")
        wrapper = isolation() if isolate is None else isolate
        command = [*wrapper, sys.executable, "-s", "-P", "-X", "utf8", harness.__file__, str(job), str(outcome)]
        home = {"HOME": str(work), "TMPDIR": str(work)}
        try:
            # Output goes nowhere rather than into a pipe: a grandchild that keeps a pipe open would defeat the timeout.
            subprocess.run(
                command,
                cwd=work,
                timeout=limits.seconds + _GRACE_SECONDS,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={"PYTHONHASHSEED": "0", "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", **home},
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Verdict(False, f"it did not end within {limits.seconds:g} seconds")
        if not outcome.exists():
            return Verdict(False, "it ended the process that watches over it")
        result = json.loads(outcome.read_text(encoding="utf-8"))
    if result["failures"]:
        return Verdict(False, _say_in_a_line(result["failures"][0]))
    return Verdict(True, "") if result["attempted"] else Verdict(False, "no test was run")


@functools.cache
def isolation() -> tuple[str, ...]:
    """Find the command that takes the network away and ends all children together; empty where it is not allowed."""
    unshare = shutil.which("unshare")
    if unshare is None:
        return ()
    command = (unshare, "-r", "-n", "-p", "-f", "--kill-child")
    allowed = subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0
    return command if allowed else ()


def _describe_job(parts: tuple[str, ...], tests: str, limits: Limits) -> str:
    # One second more of processor time: a program that hangs is to be told so, not to be killed.
    bounds = {
        "RLIMIT_AS": limits.memory_bytes,
        "RLIMIT_CPU": math.ceil(limits.seconds) + 1,
        "RLIMIT_FSIZE": limits.file_bytes,
        "RLIMIT_CORE": 0,
    }
    return json.dumps({"parts": parts, "tests": tests, "seconds": limits.seconds, "limits": bounds})


def _say_in_a_line(report: str) -> str:
    """Shorten a doctest's report, which may hold anything that a program prints, to a line that can be shown."""
    short = re.sub(r"(?m)^ *Traceback \(most recent call last\):\n(?: {6}.*\n)*", "", report)
    lines = [line.strip() for line in short.splitlines() if not line.startswith(_PLACES_IN_REPORT)]
    said = "".join(one if one.isprintable() else "�" for one in " ".join(filter(None, lines)))
    return said if len(said) <= _REASON_LENGTH else f"{said[:_REASON_LENGTH]}…"
