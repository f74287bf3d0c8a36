"""Problems' code is run in a process of its own: there is always a verdict, and nothing stays behind."""

from __future__ import annotations

import socket
import tempfile
from pathlib import Path
from typing import NamedTuple

import pytest

from conftest import run_command
from pixeldigest.check import Finding
from pixeldigest.content import Problem
from pixeldigest.trial import Limits, Verdict, isolation, run_program, try_problem
from pixeldigest.yamltree import Block

LIMITS = Limits(seconds=0.5, memory_bytes=256 << 20, file_bytes=1 << 20)
PATIENT = LIMITS._replace(seconds=20)
TOO_LONG = "it did not end within 0.5 seconds"
GONE = "it ended its process, or ran out of memory, before the tests were done"
PASSED = Verdict(True, "")


class Case(NamedTuple):
    """A program with a mistake, the doctest that runs it, and what is said of it."""

    program: str
    tests: str
    reason: str
    limits: Limits = PATIENT


CASES = {
    "endless loop": Case("def f():\n    while True: pass", ">>> f()\n1", TOO_LONG, LIMITS),
    "endless loop while loading": Case("while True: pass", ">>> 1\n1", TOO_LONG, LIMITS),
    "sleeps": Case("import time\ntime.sleep(600)", ">>> 1\n1", TOO_LONG, LIMITS),
    "ignores signals": Case(
        "import signal, time\nfor one in (2, 14, 15): signal.signal(one, signal.SIG_IGN)\nwhile True: time.sleep(9)",
        ">>> 1\n1",
        TOO_LONG,
        LIMITS,
    ),
    "thread that never ends": Case(
        "import threading, time\nthreading.Thread(target=time.sleep, args=(600,)).start()", ">>> 1\n1", TOO_LONG, LIMITS
    ),
    "memory hog": Case(
        "def f():\n    return len(bytearray(10**10))",
        ">>> f()\n1",
        "Failed example: f() Exception raised: MemoryError",
    ),
    "memory hog while loading": Case("hoard = bytearray(10**10)", ">>> 1\n1", "the program does not run: MemoryError"),
    "deep recursion": Case(
        "def f(n):\n    return f(n + 1)",
        ">>> f(0)\n1",
        "Failed example: f(0) Exception raised: RecursionError: maximum recursion depth exceeded",
    ),
    "SystemExit": Case("raise SystemExit(0)", ">>> 1\n1", "the program does not run: SystemExit: 0"),
    "sys.exit in a function": Case(
        "import sys\ndef f(): sys.exit(0)", ">>> f()\n1", "Failed example: f() Exception raised: SystemExit: 0"
    ),
    "sys.exit in a doctest": Case(
        "", ">>> import sys; sys.exit()", "Failed example: import sys; sys.exit() Exception raised: SystemExit"
    ),
    "KeyboardInterrupt": Case(
        "def f(): raise KeyboardInterrupt", ">>> f()\n1", "the tests do not run: KeyboardInterrupt"
    ),
    "os._exit while loading": Case("import os\nos._exit(0)", ">>> 1\n1", GONE),
    "os._exit in a test": Case("import os", ">>> os._exit(0)", GONE),
    "kills itself": Case("import os\nos.kill(os.getpid(), 9)", ">>> 1\n1", "it was ended by SIGKILL"),
    "kills all it can see": Case("import os\nos.killpg(0, 9)", ">>> 1\n1", "it was ended by SIGKILL"),
    "crashes": Case("import ctypes\nctypes.string_at(0)", ">>> 1\n1", "it was ended by SIGSEGV"),
    "huge file": Case(
        "def f():\n    with open('huge', 'wb') as stream: stream.write(bytes(2 << 20))",
        ">>> f()",
        "Failed example: f() Exception raised: OSError: [Errno 27] File too large",
    ),
    "reads stdin": Case(
        "def f(): return input()",
        ">>> f()\n1",
        "Failed example: f() Exception raised: EOFError: EOF when reading a line",
    ),
    "reads the terminal": Case(
        "def f(): return open('/dev/tty').read()",
        ">>> f()\n1",
        "Failed example: f() Exception raised: OSError: [Errno 6] No such device or address: '/dev/tty'",
    ),
    "does not compile": Case(
        "def f(:",
        ">>> 1\n1",
        'the program does not run: File "<program>", line 1 def f(: ^ SyntaxError: invalid syntax',
    ),
    "unknown directive": Case(
        "",
        ">>> 1  # doctest: +MAGIC\n1",
        "the tests do not run: ValueError: line 1 of the doctest for tests has an invalid option: '+MAGIC'",
    ),
    "all tests skipped": Case("", ">>> 1  # doctest: +SKIP\n2", "no test was run"),
    "no tests": Case("", "nothing to see", "no test was run"),
    "wrong unicode": Case(
        "", ">>> print('naïve 🙂')\nnaive", "Failed example: print('naïve 🙂') Expected: naive Got: naïve 🙂"
    ),
}

PASSING = {
    "unicode output": Case("def f(): print('Größe → 9 µm 🙂')", ">>> f()\nGröße → 9 µm 🙂", ""),
    "doctest directives": Case("", ">>> print('a   b')  # doctest: +NORMALIZE_WHITESPACE\na b", ""),
    "expected exception": Case(
        "import sys", ">>> sys.exit(3)\nTraceback (most recent call last):\n    ...\nSystemExit: 3", ""
    ),
    "prints while loading": Case("print('hello')", ">>> 1\n1", ""),
    "future import after setup": Case("from __future__ import annotations\ndef f(x: Unknown): pass", ">>> f(1)", ""),
    "dataclass that names itself": Case(
        "from dataclasses import dataclass\n@dataclass\nclass Node:\n    next: 'Node | None' = None",
        ">>> Node()\nNode(next=None)",
        "",
    ),
    "annotations are evaluated": Case("def f(x: int): pass", ">>> f.__annotations__\n{'x': <class 'int'>}", ""),
    "same order of sets everywhere": Case("import sys", ">>> sys.flags.hash_randomization\n0", ""),
    "temporary files": Case(
        "import os, tempfile", ">>> os.path.dirname(tempfile.mkstemp()[1]) == os.getcwd()\nTrue", ""
    ),
}

# Each starts something that would outlive it, and passes.
LEFT_BEHIND = {
    "children": "import os, time\nfor _ in range(20):\n    if not os.fork():\n        time.sleep(600)",
    "detached grandchild": (
        "import os, time\n"
        "if not os.fork():\n"
        "    os.setsid()\n"
        "    if not os.fork():\n"
        "        os.setsid()\n"
        "        time.sleep(600)\n"
        "    os._exit(0)\n"
        "os.wait()"
    ),
    "commands": (
        "import subprocess, sys\n"
        "for _ in range(3):\n"
        "    subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'], start_new_session=True)"
    ),
    "a child that keeps writing": (
        "import os\nif not os.fork():\n    while True:\n        open(f'file-{os.getpid()}', 'a').write('x' * 1000)"
    ),
}


@pytest.fixture(params=["isolated", "limited"])
def isolate(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    """Both ways of running a program; the second is for systems without user namespaces. Nothing may stay behind."""
    if request.param == "isolated" and not isolation():
        pytest.skip("user namespaces are not allowed here")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return isolation() if request.param == "isolated" else ()


@pytest.mark.parametrize("name", CASES)
def test_every_mistake_gets_a_verdict(name: str, isolate: tuple[str, ...], tmp_path: Path) -> None:
    case = CASES[name]

    verdict = run_program(case.program, case.tests, limits=case.limits, isolate=isolate)

    assert (verdict.passed, verdict.reason) == (False, case.reason)
    assert remains(tmp_path) == []


@pytest.mark.parametrize("name", PASSING)
def test_what_is_no_mistake_passes(name: str, isolate: tuple[str, ...], tmp_path: Path) -> None:
    case = PASSING[name]

    verdict = run_program(case.program, case.tests, setup="ready = True", limits=case.limits, isolate=isolate)

    assert verdict == PASSED
    assert remains(tmp_path) == []


@pytest.mark.parametrize("name", LEFT_BEHIND)
def test_nothing_outlives_its_program(name: str, isolate: tuple[str, ...], tmp_path: Path) -> None:
    assert run_program(LEFT_BEHIND[name], ">>> 1\n1", limits=PATIENT, isolate=isolate) == PASSED
    assert remains(tmp_path) == []


def test_nothing_outlives_a_program_that_takes_too_long(isolate: tuple[str, ...], tmp_path: Path) -> None:
    program = f"{LEFT_BEHIND['detached grandchild']}\n{LEFT_BEHIND['children']}\ntime.sleep(600)"

    assert run_program(program, ">>> 1\n1", limits=LIMITS, isolate=isolate) == Verdict(False, TOO_LONG)
    assert remains(tmp_path) == []


def test_endless_output_ends(isolate: tuple[str, ...], tmp_path: Path) -> None:
    program = "def f():\n    while True: print('all work and no play ' * 5000)"

    passed, reason = run_program(program, ">>> f()", limits=PATIENT, isolate=isolate)

    assert (passed, reason.endswith(": MemoryError")) == (False, True)
    assert remains(tmp_path) == []


def test_runaway_recursion_without_a_limit_ends(isolate: tuple[str, ...], tmp_path: Path) -> None:
    """How it ends depends on the version of Python."""
    program = "import sys\nsys.setrecursionlimit(10**9)\ndef f(n): return f(n + 1)"

    assert run_program(program, ">>> f(0)\n1", limits=LIMITS, isolate=isolate).passed is False
    assert remains(tmp_path) == []


def test_there_is_no_network() -> None:
    if not isolation():
        pytest.skip("user namespaces are not allowed here")
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        connect = f"socket.create_connection(('127.0.0.1', {server.getsockname()[1]}))"

        verdict = run_program("import socket", f">>> {connect}", limits=PATIENT)

        said = f"Failed example: {connect} Exception raised: OSError: [Errno 101] Network is unreachable"
        assert (verdict.passed, verdict.reason) == (False, said)
        with pytest.raises(TimeoutError):
            server.accept()


def test_a_program_sees_nothing_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEVTO_API_KEY", "secret")

    assert run_program("import os", ">>> os.environ.get('DEVTO_API_KEY')", limits=PATIENT) == PASSED


SOLUTION = "def double(value):\n    return 2 * value\n"
STARTER = "def double(value):\n    raise NotImplementedError\n"
SQUARE = "def double(value):\n    return value * value\n"


def make_problem(**changed: object) -> Problem:
    fields = {
        "id": "double",
        "title": "Double",
        "summary": "Return twice the value.",
        "body": Block("Double it.\n"),
        "difficulty": "easy",
        "language": "python",
        "starter": Block(STARTER),
        "solution": Block(SOLUTION),
        "examples": Block(">>> double(2)\n4\n"),
        "tests": Block(">>> double(-3)\n-6\n"),
        "wrong_answers": ({"why": "squares", "code": Block(SQUARE)},),
    }
    return Problem.model_validate({**fields, **changed})


FILE = "content/problems/double.yml"
CALLS = "write '>>> ' before each call, '... ' before its further lines, and the output below, in line"


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, []),
        (
            {"language": None, "starter": None, "solution": None, "examples": None, "tests": None, "wrong_answers": ()},
            [],
        ),
        (
            {"solution": Block(SQUARE)},
            [
                Finding(
                    "solution",
                    "the solution fails: Failed example: double(-3) Expected: -6 Got: 9",
                    "mend the solution or the tests",
                    FILE,
                    ("solution",),
                )
            ],
        ),
        (
            {"starter": Block(SOLUTION)},
            [
                Finding(
                    "starter",
                    "the starter passes all tests already",
                    "leave something for the reader to do",
                    FILE,
                    ("starter",),
                )
            ],
        ),
        (
            {"tests": None},
            [
                Finding(
                    "wrong-answer",
                    "no test catches this wrong answer (squares)",
                    "add a test that does",
                    FILE,
                    ("wrong_answers", 0, "code"),
                )
            ],
        ),
        (
            {"examples": Block("double(2) is 4\n"), "tests": None},
            [
                Finding(
                    "doctest",
                    "there is no doctest here",
                    "write '>>> ' before each call, and what it returns below",
                    FILE,
                    ("examples",),
                )
            ],
        ),
        (
            {"tests": Block(">>> double(1)\n2\n>>>double(3)\n6\n")},
            [Finding("doctest", "this doctest lacks blank after >>>: '>>>double(3)'", CALLS, FILE, ("tests",), 16)],
        ),
        (
            {"tests": Block(">>> double(1)  # doctest: +MAGIC\n2\n")},
            [Finding("doctest", "this doctest has an invalid option: '+MAGIC'", CALLS, FILE, ("tests",), 0)],
        ),
    ],
)
def test_findings(changed: dict[str, object], expected: list[Finding]) -> None:
    assert list(try_problem(make_problem(**changed), FILE, PATIENT)) == expected


def test_a_report_is_shown_in_one_line_without_control_characters() -> None:
    solution = Block("def double(value):\n    print('\\x1b[31m' + '\\ud800' + 'x' * 400)\n")

    [finding] = try_problem(make_problem(solution=solution), FILE, PATIENT)

    said = "Failed example: double(2) Expected: 4 Got: �[31m�"
    assert finding.message == f"the solution fails: {said}{'x' * (300 - len(said))}…"


def test_check_run_reports_where_the_code_stands(small: Path) -> None:
    file = small / "content/problems/add.yml"
    before, key, after = file.read_text().partition("solution: |\n")
    file.write_text(f"{before}{key}  import os; os._exit(0)\n{after}")
    line = before.count("\n") + 1

    run = run_command(small, "check", "--run")

    expected = (
        f"error[solution]: the solution fails: {GONE}; mend the solution or the tests\n"
        f"  --> content/problems/add.yml:{line}:11\n"
        f"  {line} | solution: |\n"
        f"  {' ' * len(str(line))} |           ^\n\n"
        "1 error, 0 warnings in 1 file\n"
    )
    assert (run.status, run.out, run.err.partition("\n")[2]) == (1, "", expected)


def remains(folder: Path) -> list[str]:
    """Name the files of a folder, and the processes that have to do with it."""
    files = [str(one) for one in folder.rglob("*")]
    return files + [one for process in Path("/proc").glob("[0-9]*") for one in describe(process) if str(folder) in one]


def describe(process: Path) -> list[str]:
    try:
        return [(process / "cmdline").read_text(errors="replace"), str((process / "cwd").readlink())]
    except OSError:
        return []
