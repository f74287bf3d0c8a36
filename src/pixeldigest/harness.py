"""Run one program against doctests. Standard library only: it runs in a process of its own, without the package.

Reads {"program", "tests"} as JSON from the file named first, writes {"attempted", "failures"} to the second.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import json
import sys
import traceback
from typing import Any


def run_tests(program: str, tests: str) -> dict[str, Any]:
    """Run doctests in the namespace that a program leaves; tell how many were tried and what failed first."""
    namespace: dict[str, Any] = {"__name__": "program"}
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(program, "<program>", "exec"), namespace)  # noqa: S102 - this is what it is for
    except BaseException as error:
        reason = "".join(traceback.format_exception_only(error)).strip()
        return {"attempted": 0, "failures": [f"the program does not run: {reason}"]}
    test = doctest.DocTestParser().get_doctest(tests, namespace, "tests", None, 0)
    runner = doctest.DocTestRunner(verbose=False, optionflags=doctest.FAIL_FAST)
    report: list[str] = []
    with contextlib.redirect_stdout(io.StringIO()):
        results = runner.run(test, out=report.append)
    return {"attempted": results.attempted, "failures": ["".join(report).strip()] if results.failed else []}


def main() -> None:
    """Run as a script, with the names of two files."""
    source, target = sys.argv[1:]
    with open(source, encoding="utf-8") as stream:
        job = json.load(stream)
    outcome = run_tests(job["program"], job["tests"])
    with open(target, "w", encoding="utf-8") as stream:
        json.dump(outcome, stream)


if __name__ == "__main__":
    main()
