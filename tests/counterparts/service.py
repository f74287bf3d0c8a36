"""What the web services in this folder share: a socket, a log, state in a file, and faults when they are asked for.

A counterpart acts as a real service does, by its rules, on this machine. From a test:

    with serve(Forem()) as forem:
        ... forem.url, forem.requests, forem.state ...
        forem.faults += ["POST cut-after", "429:2"]

From a command line, in a process of its own whose state outlives it:

    python tests/counterparts/forem.py --port 8025 --state forem.json

Faults meet the requests to come, one each and in order; one that begins with a method waits for a request of that
method. They can be set by code (`faults`), at the start (`--faults "cut-before,500"`) and while the service runs:

    POST   /_faults {"next": ["cut-before", "POST cut-after"]}    appends
    DELETE /_faults                                               forgets those that wait
    GET    /_faults                                               lists them

    none         all is well: the request before the one that is meant
    cut-before   the connection is cut before the request is read; nothing happens
    cut-during   it happens, and the connection is cut in the middle of the answer
    cut-after    it happens, and the connection is cut before the answer
    end-before   the request is read, and the connection ends in order, without an answer; nothing happens
    end-after    the same, and it happens
    500, 503     nothing happens; any status of three digits is answered so
    500-after    it happens, and the answer says that it failed
    429:2        nothing happens; Retry-After says 2

    GET    /_state      what the service holds
    GET    /_requests   what it was asked: [method, path, status], status 0 where the answer was cut off
    DELETE /_requests   forgets that

Requests to these addresses are neither logged nor do faults meet them.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import re
import socket
import struct
import sys
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeVar
from urllib.parse import parse_qs, urlsplit


class Asked(NamedTuple):
    """A request."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def data(self) -> Any:
        """The body as JSON; None where it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


class Reply(NamedTuple):
    """What a service answers: JSON, or text as it is."""

    status: int
    data: Any = None
    headers: Mapping[str, str] = {}

    @property
    def body(self) -> bytes:
        return self.data.encode() if isinstance(self.data, str) else json.dumps(self.data).encode()


class Counterpart:
    """A service: its state, what it was asked, and the faults to come. A subclass says how it replies."""

    def __init__(self, state: Path | None = None) -> None:
        self.url = ""
        self.requests: list[tuple[str, str, int]] = []
        self.asked: list[Asked] = []  # what was read of them
        self.faults: list[str] = []
        self.lock = threading.Lock()
        self._file = state
        self.state: dict[str, Any] = self.empty()
        if state and state.exists():
            self.state = json.loads(state.read_text(encoding="utf-8"))

    def empty(self) -> dict[str, Any]:
        """Make the state of a service that nobody has used."""
        raise NotImplementedError

    def reply(self, asked: Asked) -> Reply:
        """Do what is asked, and say what came of it."""
        raise NotImplementedError

    def forget_requests(self) -> None:
        self.requests.clear()
        self.asked.clear()

    def count(self, method: str, pattern: str = "") -> int:
        """Count the requests of a method whose path matches a pattern."""
        return sum(one == method and bool(re.search(pattern, path)) for one, path, _ in self.requests)

    def act(self, asked: Asked) -> Reply:
        """Do what is asked, and keep what came of it before anybody hears."""
        with self.lock:
            reply = self.reply(asked)
            if self._file and asked.method != "GET":
                draft = self._file.with_suffix(".new")
                draft.write_text(json.dumps(self.state), encoding="utf-8")
                draft.replace(self._file)
            return reply

    def next_fault(self, method: str) -> str:
        """Take the fault that meets a request, if any."""
        with self.lock:
            wanted, _, fault = self.faults[0].rpartition(" ") if self.faults else ("", "", "")
            if not fault or wanted not in ("", method):
                return ""
            self.faults.pop(0)
            return fault

    def control(self, asked: Asked) -> Reply:
        """Answer a request to one of the addresses that real services do not have."""
        with self.lock:
            if asked.method == "DELETE" and asked.path == "/_faults":
                self.faults.clear()
            elif asked.method == "DELETE":
                self.forget_requests()
            elif asked.method == "POST":
                self.faults += asked.data["next"]
            shown = {"/_faults": self.faults, "/_requests": self.requests, "/_state": self.state}
            return Reply(200, shown[asked.path]) if asked.path in shown else Reply(404)


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def answer(self) -> None:
        parts = urlsplit(self.path)
        fault = "" if parts.path.startswith("/_") else self.server.service.next_fault(self.command)
        if fault == "cut-before":
            self._log(0)
            self._cut()
            return
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        asked = Asked(self.command, parts.path, query, self.headers, body)
        if parts.path.startswith("/_"):
            self._say(self.server.service.control(asked))
            return
        self._meet(fault, asked)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = answer  # noqa: N815

    def _meet(self, fault: str, asked: Asked) -> None:
        self.server.service.asked.append(asked)
        if refused := re.fullmatch(r"(\d{3})(?::(\d+))?", fault):
            headers = {"Retry-After": refused[2]} if refused[2] else {}
            reply = Reply(int(refused[1]), {"error": "a fault", "status": int(refused[1])}, headers)
        elif fault != "end-before":
            reply = self.server.service.act(asked)
        if failed := re.fullmatch(r"(\d{3})-after", fault):
            reply = Reply(int(failed[1]), {"error": "a fault", "status": int(failed[1])})
        if fault in ("cut-after", "end-before", "end-after"):
            self._log(0)
            if fault == "cut-after":
                self._cut()
            return
        self._log(0 if fault == "cut-during" else reply.status)
        self._say(reply, whole=fault != "cut-during")

    def _say(self, reply: Reply, *, whole: bool = True) -> None:
        body = reply.body
        with contextlib.suppress(OSError):  # whoever asked may be gone
            self.send_response(reply.status)
            for name, value in {"Content-Type": "application/json; charset=utf-8", **reply.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body if whole else body[: len(body) // 2])
            if not whole:
                self._cut()

    def _cut(self) -> None:
        """Close the connection as a machine does that loses its power: with a reset, at once."""
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def _log(self, status: int) -> None:
        self.server.service.requests.append((self.command, self.path, status))

    def log_message(self, *args: object) -> None:
        """Print nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    service: Counterpart

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that went away, but what is wrong with a service."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


Kind = TypeVar("Kind", bound=Counterpart)


@contextlib.contextmanager
def serve(service: Kind, port: int = 0) -> Iterator[Kind]:
    """Run a service while a test needs it."""
    server = _open(service, port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _open(service: Counterpart, port: int) -> _Server:
    server = _Server(("127.0.0.1", port), _Handler)
    server.service = service
    service.url = f"http://127.0.0.1:{server.server_port}"
    return server


class Makes(Protocol):
    """Makes a service of what stands on the command line."""

    def __call__(self, state: Path | None, **switches: bool) -> Counterpart: ...


def run(make: Makes, *switches: str) -> None:
    """Run a service from the command line until it is killed; its address is the first line that it prints."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--state", type=Path)
    parser.add_argument("--faults", default="")
    for switch in switches:
        parser.add_argument(f"--{switch}", action="store_true")
    given = vars(parser.parse_args())
    service = make(given["state"], **{switch: given[switch] for switch in switches})
    service.faults += [one for one in given["faults"].split(",") if one]
    server = _open(service, given["port"])
    print(service.url, flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        server.serve_forever()
