"""A web server on this machine that answers in all the ways in which servers out there do."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

IDS = "".join(f"<p id='p{number}'>words</p>" for number in range(6))


class Asked(NamedTuple):
    """A request that came in."""

    method: str
    host: str
    path: str
    agent: str


class LinkServer:
    """What was asked, at most how many at a time, and where to ask."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.asked: list[Asked] = []
        self.closing = threading.Event()
        self.lock = threading.Lock()
        self.open: Counter[str] = Counter()
        self.most: Counter[str] = Counter()

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        """Name an address of this server; all hosts lead here."""
        return f"http://{host}:{self.port}{path}"

    def count(self, path: str) -> int:
        """Count how often a path was asked for."""
        return sum(one.path == path for one in self.asked)

    @contextlib.contextmanager
    def counting(self, host: str) -> Iterator[None]:
        """Count the requests that are open, of one host and of all."""
        with self.lock:
            for one in (host, ""):
                self.open[one] += 1
                self.most[one] = max(self.most[one], self.open[one])
        try:
            yield
        finally:
            with self.lock:
                for one in (host, ""):
                    self.open[one] -= 1


class _Handler(BaseHTTPRequestHandler):
    """Answers by the first word of the path."""

    server: _Server

    def do_HEAD(self) -> None:
        self.answer()

    def do_GET(self) -> None:
        self.answer()

    def answer(self) -> None:
        known = self.server.known
        host = self.headers["Host"].partition(":")[0]
        known.asked.append(Asked(self.command, host, self.path, self.headers["User-Agent"]))
        word, *rest = self.path.strip("/").split("/")
        with known.counting(host):
            getattr(self, f"on_{word.replace('-', '_')}", self.on_fine)(rest)

    def say(self, status: int, body: str = "", /, **headers: str) -> None:
        content = body.encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)

    def on_fine(self, _: list[str]) -> None:
        self.say(200, "here")

    def on_work(self, _: list[str]) -> None:
        time.sleep(0.05)
        self.say(200)

    def on_status(self, rest: list[str]) -> None:
        self.say(int(rest[0]))

    def on_no_head(self, _: list[str]) -> None:
        self.say(405 if self.command == "HEAD" else 200)

    def on_moved(self, rest: list[str]) -> None:
        """Redirect: /moved/301/302/x leads on with 301 to /moved/302/x, which leads with 302 to /x."""
        path = "/".join(rest[1:])
        follows = rest[1:] and rest[1].isdecimal()
        self.say(int(rest[0]), Location=f"/moved/{path}" if follows else f"/{path}")

    def on_out(self, rest: list[str]) -> None:
        self.say(302, Location=f"http://{rest[0]}/")

    def on_circle(self, rest: list[str]) -> None:
        self.say(301, Location=f"/circle/{int(rest[0]) % 2 + 1}")

    def on_gone(self, _: list[str]) -> None:
        self.say(404)

    def on_old(self, _: list[str]) -> None:
        self.say(301, Location="/new")

    def on_shy(self, _: list[str]) -> None:
        self.say(403)

    def on_busy(self, rest: list[str]) -> None:
        """Be busy the first time, and for as long as the path says."""
        if self.server.known.count(self.path) > 1:
            self.say(200)
        else:
            self.say(429, Retry_After=rest[0].replace("_", " "))

    def on_page(self, _: list[str]) -> None:
        self.say(200, f"<h2 id='user-content-one'>1</h2><a name=\"two&amp;a\"></a>{IDS}", Content_Type="text/html")

    def on_bare(self, _: list[str]) -> None:
        self.say(200, "<div id=root></div>", Content_Type="text/html")

    def on_paper(self, _: list[str]) -> None:
        self.say(200, "%PDF", Content_Type="application/pdf")

    def on_slow(self, _: list[str]) -> None:
        self.server.known.closing.wait(20)

    def on_close(self, _: list[str]) -> None:
        self.connection.shutdown(socket.SHUT_RDWR)

    def on_nonsense(self, _: list[str]) -> None:
        self.wfile.write(b"\x00\xffwhat?\r\n\r\n")

    def on_endless(self, _: list[str]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        with contextlib.suppress(OSError):
            while self.command == "GET" and not self.server.known.closing.is_set():
                self.wfile.write(b"words " * 1000)

    def log_message(self, *args: object) -> None:
        """Print nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    known: LinkServer

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that went away."""


@contextlib.contextmanager
def serve_links() -> Iterator[LinkServer]:
    """Run the server while a test needs it."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.known = LinkServer(server.server_port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.known
    finally:
        server.known.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()
