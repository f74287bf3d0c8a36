"""Run one program against doctests. Standard library only: it runs in a process of its own, without the package.

Reads {"parts", "tests", "seconds", "limits"} as JSON from the file named first, writes {"attempted", "failures"} to the
second. The program runs in a child, which can end, hang or be killed as it likes: there is a verdict all the same, and
nothing of it still runs afterwards.
"""

from __future__ import annotations

import contextlib
import ctypes
import doctest
import io
import json
import os
import resource
import signal
import sys
import traceback
import types
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

_PR_SET_CHILD_SUBREAPER = 36


def run_tests(parts: Sequence[str], tests: str) -> dict[str, Any]:
    """Run doctests in the namespace that a program's parts leave; tell how many were tried and what failed first."""
    program = types.ModuleType("program")
    sys.modules["program"] = program  # where dataclasses and pickle look for the module of a class
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            for part in parts:
                code = compile(part, "<program>", "exec", dont_inherit=True)
                exec(code, vars(program))  # noqa: S102 - this is what it is for
    except BaseException as error:  # noqa: BLE001 - whatever it raises is its verdict
        return _failure(f"the program does not run: {_name(error)}")
    report: list[str] = []
    try:
        test = doctest.DocTestParser().get_doctest(tests, vars(program), "tests", None, 0)
        with contextlib.redirect_stdout(io.StringIO()):
            results = doctest.DocTestRunner(verbose=False, optionflags=doctest.FAIL_FAST).run(test, out=report.append)
    except BaseException as error:  # noqa: BLE001 - likewise
        return _failure(f"the tests do not run: {_name(error)}")
    return {"attempted": results.attempted, "failures": ["".join(report).strip()] if results.failed else []}


def _name(error: BaseException) -> str:
    return "".join(traceback.format_exception_only(error)).strip()


def _failure(reason: str) -> dict[str, Any]:
    return {"attempted": 0, "failures": [reason]}


def main() -> None:
    """Run as a script, with the names of two files."""
    source, target = map(Path, sys.argv[1:])
    job = json.loads(source.read_text(encoding="utf-8"))
    _adopt_orphans()
    child = os.fork()
    if child == 0:
        os.setsid()
        _limit(job["limits"])
        _write(target, run_tests(job["parts"], job["tests"]))
        return  # and wait for the program's threads: they have to end too
    try:
        fault = _await(child, job["seconds"])
    finally:
        _end_all(child)
    if fault or not target.exists():
        _write(target, _failure(fault or "it ended its process, or ran out of memory, before the tests were done"))


def _await(child: int, seconds: float) -> str | None:
    """Wait for the program; tell what was wrong with how it ended."""

    def stop(*_: object) -> None:
        raise TimeoutError

    signal.signal(signal.SIGALRM, stop)
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds)
        _, status = os.waitpid(child, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
    except TimeoutError:
        return f"it did not end within {seconds:g} seconds"
    code = os.waitstatus_to_exitcode(status)
    return f"it was ended by {signal.Signals(-code).name}" if code < 0 else None


def _limit(limits: Mapping[str, int]) -> None:
    for name, value in limits.items():
        # Not every system knows or accepts each of them.
        with contextlib.suppress(AttributeError, ValueError, OSError):
            resource.setrlimit(getattr(resource, name), (value, value))


def _adopt_orphans() -> None:
    """Become the parent of descendants whose own parent ends (Linux), so that none gets away."""
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _end_all(child: int) -> None:
    """Kill the program and all that it started."""
    while True:
        if os.getpid() == 1:  # the first in a namespace: all others there are the program's
            _kill(-1)
        else:
            _kill(-child)
            for one in (child, *_list_children()):
                _kill(one)
        try:
            os.wait()
        except ChildProcessError:
            return


def _kill(process: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(process, signal.SIGKILL)


def _list_children() -> Iterator[int]:
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError):
            _, parent, *_ = stat.read_text(errors="replace").rpartition(")")[2].split()
            if int(parent) == os.getpid():
                yield int(stat.parent.name)


def _write(target: Path, outcome: Mapping[str, Any]) -> None:
    """Write whole or not at all: the program may have copied its process, and each copy gets here."""
    temporary = target.with_suffix(f".{os.getpid()}")
    temporary.write_text(json.dumps(outcome), encoding="utf-8")
    temporary.replace(target)


if __name__ == "__main__":
    main()
