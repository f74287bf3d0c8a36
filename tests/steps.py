"""Run commands, as prefork.py does, each disturbed: killed or stopped at a step, on a full disk, in a broken network.

A step is the moment before or after anything that others can see: a statement of SQLite that changes something, what a
socket sends or receives, a file that gets its name, a program that is run. Where a step is reached its name is written
to a file, so that a test knows where a process was when it died. Nothing of the product knows of this.

A line of standard input is a list of runs, which begin at the same moment; the answer is the list of their statuses.
"""

from __future__ import annotations

import builtins
import contextlib
import errno
import fcntl
import functools
import gc
import importlib
import io
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import prefork

# How a run is said to have ended that has not: it is stopped.
STOPPED = "stopped"


class Disturbance(NamedTuple):
    """What happens to a run; steps are counted from 1, or named by how their names begin.

    `kill_after` is in seconds; from the step `full_at` on the disk is full; `unknown_names` leaves it without a name
    server; `patience` is how many seconds it waits for a service.
    """

    kill_at: int = 0
    kill_on: str = ""
    kill_after: float | None = None
    stop_on: str = ""
    full_at: int = 0
    unknown_names: bool = False
    patience: float = 5.0


class Steps:
    """The steps of this process."""

    def __init__(self, path: str, disturbance: Disturbance) -> None:
        self._log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        self._disturbance = disturbance
        self._count = 0

    def reach(self, name: str) -> None:
        """Note a step; perhaps this process gets no further."""
        wanted = self._disturbance
        self._count += 1
        os.write(self._log, f"{name}\n".encode())
        if self._count == wanted.kill_at or (wanted.kill_on and name.startswith(wanted.kill_on)):
            os.kill(os.getpid(), signal.SIGKILL)
        if wanted.stop_on and name.startswith(wanted.stop_on):
            self._disturbance = wanted._replace(stop_on="")  # it goes on to its end when it is resumed
            os.kill(os.getpid(), signal.SIGSTOP)

    def has_room(self) -> bool:
        """Tell whether there is room on the disk."""
        return not self._disturbance.full_at or self._count < self._disturbance.full_at

    def around(self, owner: Any, name: str, describe: Callable[..., str]) -> None:
        """Make steps of the moments before and after a function is called."""
        original = getattr(owner, name)

        @functools.wraps(original)
        def stepped(*arguments: Any, **named: Any) -> Any:
            what = describe(*arguments)
            self.reach(f"before {what}")
            result = original(*arguments, **named)
            self.reach(f"after {what}")
            return result

        setattr(owner, name, stepped)


def install(steps: Steps, disturbance: Disturbance) -> None:
    """Put steps, and what disturbs, into this process."""
    _step_through_files(steps)
    _step_through_ledger(steps)
    steps.around(fcntl, "flock", lambda *_: "the lock")
    steps.around(subprocess, "run", lambda command, *_: f"running {' '.join(map(str, command[:2]))}")
    for name in ("send", "sendall"):
        steps.around(socket.socket, name, lambda _, data, *__: f"sending {_first_words(data)}")
    for name in ("recv", "recv_into"):
        steps.around(socket.socket, name, lambda *_: "receiving")
    steps.around(socket.socket, "connect", lambda *_: "connecting")
    time.sleep = lambda seconds: steps.reach(f"waiting {seconds:.0f} s")
    importlib.import_module("pixeldigest.channels.http").send.__kwdefaults__["timeout"] = disturbance.patience
    with contextlib.suppress(ImportError):
        server = importlib.import_module("pixeldigest.channels.mailserver")
        server._PATIENCE = server._PATIENCE_WITH_MESSAGE = disturbance.patience
    if disturbance.unknown_names:
        socket.getaddrinfo = _know_no_names


def _know_no_names(*_: object, **__: object) -> Any:
    raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")


def _first_words(data: bytes) -> str:
    line = bytes(data[:60]).split(b"\r\n")[0].decode("ascii", "replace")
    return "." if bytes(data) == b".\r\n" else " ".join(line.split()[:2])


def _step_through_files(steps: Steps) -> None:
    """Take files that get their names as steps; opening one to write needs room."""
    steps.around(os, "replace", lambda _, target, *__: f"naming {Path(target).name}")
    steps.around(os, "unlink", lambda path, *_: f"removing {Path(path).name}")
    opened, opened_by_number = io.open, os.open

    def open_file(file: Any, mode: str = "r", *arguments: Any, **named: Any) -> Any:
        if set(mode) & set("wax+") and not isinstance(file, int) and not steps.has_room():
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(file))
        return opened(file, mode, *arguments, **named)

    def open_number(path: Any, flags: int, *arguments: Any, **named: Any) -> int:
        if flags & os.O_CREAT and not steps.has_room():
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        return opened_by_number(path, flags, *arguments, **named)

    builtins.open = io.open = open_file
    os.open = open_number


def _step_through_ledger(steps: Steps) -> None:
    """Take what changes a database as steps, each of which needs room."""

    class Connection(sqlite3.Connection):
        def execute(self, statement: str, *arguments: Any) -> sqlite3.Cursor:
            return self._carry_out(super().execute, statement, *arguments)

        def executemany(self, statement: str, *arguments: Any) -> sqlite3.Cursor:
            return self._carry_out(super().executemany, statement, *arguments)

        def _carry_out(self, do: Callable[..., Any], statement: str, *arguments: Any) -> Any:
            words = statement.split()
            if not words or words[0] == "SELECT":
                return do(statement, *arguments)
            if words[0] != "ROLLBACK" and not steps.has_room():
                raise sqlite3.OperationalError("database or disk is full")
            what = _name_statement(statement)
            steps.reach(f"before ledger {what}")
            result = do(statement, *arguments)
            steps.reach(f"after ledger {what}")
            return result

    sqlite3.connect = functools.partial(sqlite3.connect, factory=Connection)


def _name_statement(statement: str) -> str:
    """Name what a statement does: the table that it changes, and the state that it writes."""
    found = re.match(r"(?:INSERT(?: OR \w+)? INTO|UPDATE|DELETE FROM|CREATE TABLE|CREATE INDEX) (\w+)", statement)
    state = re.search(r"state = '(\w+)'", statement) if statement.startswith("UPDATE") else None
    words = statement.split()
    return " ".join((words[0], *(found.groups() if found else words[1:2]), *(state.groups() if state else ())))


def serve() -> None:
    prefork.import_everything()
    prefork.hide_search()
    for library in ("httpx", "httpcore", "smtplib", "sqlite3"):
        importlib.import_module(library)
    gc.freeze()
    stopped: dict[int, int] = {}
    for line in sys.stdin:
        asked = json.loads(line)
        statuses = [_resume(stopped)] if asked == "resume" else _run_all(asked, stopped)
        print(json.dumps(statuses), flush=True)


def _run_all(asked: list[Any], stopped: dict[int, int]) -> list[int | str]:
    gate, opener = os.pipe()
    children = []
    for one in asked:
        child = os.fork()
        if child == 0:
            os.close(opener)
            os.read(gate, 1)  # until all are there
            _run(one)
        children.append(child)
    os.close(gate)
    os.close(opener)
    for child, one in zip(children, asked, strict=True):
        if one["disturbance"]["kill_after"] is not None:
            time.sleep(one["disturbance"]["kill_after"])
            os.kill(child, signal.SIGKILL)
    return [_wait(child, stopped) for child in children]


def _wait(child: int, stopped: dict[int, int]) -> int | str:
    _, status = os.waitpid(child, os.WUNTRACED)
    if os.WIFSTOPPED(status):
        stopped[child] = child
        return STOPPED
    return os.waitstatus_to_exitcode(status)


def _resume(stopped: dict[int, int]) -> int | str:
    child, _ = stopped.popitem()
    os.kill(child, signal.SIGCONT)
    return _wait(child, stopped)


def _run(asked: dict[str, Any]) -> None:
    disturbance = Disturbance(**asked["disturbance"])
    install(Steps(asked["steps"], disturbance), disturbance)
    prefork.run(asked["folder"], asked["words"], asked["environment"], asked["out"], asked["err"])


if __name__ == "__main__":
    serve()
