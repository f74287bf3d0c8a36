"""A mail server that keeps what it takes, a file a message, and that fails as it is told to.

python tests/counterparts/mailsink.py --port 8026 --folder mails
python tests/counterparts/mailsink.py --count --folder mails
"""

from __future__ import annotations

import argparse
import base64
import binascii
import contextlib
import re
import socketserver
import ssl
import subprocess
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from email import message_from_bytes
from pathlib import Path
from typing import Any, NamedTuple

STAGES = ("connect", "ehlo", "auth", "mail", "rcpt", "data", "content", "dot", "taken")
LONGEST_LINE = 1000  # with its end; RFC 5321, 4.5.3.1.6
_ADDRESS = re.compile(r"<([^<>@\s]+@[^<>@\s]+|)>(?:\s.*)?")
_HEAD = re.compile(rb"Return-Path: <(.*)>\r\nDelivered-To: (.*)\r\n")


class Fault:
    """What goes wrong at a stage: an answer such as '450 4.2.1 busy', 'cut', or 'slow 0.5'.

    `to` is a part of the recipient's address, for the stages from 'rcpt' on; `times` how often it happens.
    'content' is within a message, 'dot' after its end, 'taken' after it was kept, with no answer given yet.
    """

    def __init__(self, stage: str, does: str, to: str = "", times: int = 1_000_000) -> None:
        assert stage in STAGES, stage
        self.stage, self.does, self.to, self.times = stage, does, to, times

    def happens(self, stage: str, recipient: str) -> bool:
        """Tell whether it happens now, and count that."""
        if stage != self.stage or self.to not in recipient or not self.times:
            return False
        self.times -= 1
        return True


class Options(NamedTuple):
    """How a sink acts: `tls` is 'none', 'starttls' or 'tls', `login` a user and a password that it wants."""

    tls: str = "none"
    certificate: Path | None = None
    login: tuple[str, str] | None = None


class Kept(NamedTuple):
    """A message that was taken."""

    sender: str
    recipient: str
    content: bytes

    @property
    def fields(self) -> Mapping[str, str]:
        return message_from_bytes(self.content)


class Sink:
    """A running server; `faults` may be changed at any time, `seen` counts commands."""

    def __init__(self, folder: Path, options: Options = Options(), port: int = 0) -> None:  # noqa: B008
        self.folder, self.options = folder, options
        self.faults: list[Fault] = []
        self.seen: dict[str, int] = defaultdict(int)
        self.lock = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True)
        self.last = max([0, *(int(path.stem) for path in folder.glob("*.eml"))])
        self.server = _Server(("127.0.0.1", port), _Session)
        self.server.sink = self
        self.port: int = self.server.server_address[1]

    @property
    def kept(self) -> list[Kept]:
        """All messages that were taken, in that order."""
        return list(read_kept(self.folder))

    def keep(self, sender: str, recipient: str, content: bytes) -> int:
        """Write a message down; it is there before the answer is given."""
        head = f"Return-Path: <{sender}>\r\nDelivered-To: {recipient}\r\n".encode()
        with self.lock:
            self.last += 1
            staged = self.folder / f"{self.last:06}.part"
            staged.write_bytes(head + content)
            staged.rename(staged.with_suffix(".eml"))
            return self.last

    def fault(self, stage: str, recipient: str = "") -> str:
        """Name what goes wrong now, if anything does."""
        with self.lock:
            self.seen[stage] += 1
            return next((one.does for one in self.faults if one.happens(stage, recipient)), "")


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    sink: Sink

    def handle_error(self, request: Any, address: Any) -> None:
        """Say nothing of clients that went away."""


class _Cut(Exception):  # noqa: N818
    """The connection is closed without a word."""


class _Session(socketserver.StreamRequestHandler):
    """A client's session; each command has a method of its name."""

    server: _Server

    def handle(self) -> None:
        self.sink = self.server.sink
        self.encrypted = self.sink.options.tls == "none"
        self.logged_in = self.sink.options.login is None
        self.greeted, self.sender, self.recipient = False, None, None
        with contextlib.suppress(_Cut, OSError):
            if self.sink.options.tls == "tls":
                self._encrypt()
            if not self._answer("connect", "220 sink.example.org ESMTP"):
                return
            while line := self.rfile.readline(LONGEST_LINE):
                if not self._command(line):
                    return

    def _command(self, line: bytes) -> bool:
        """Do a command; returns whether the session goes on."""
        word, _, rest = line.decode("ascii", "replace").strip().partition(" ")
        does = getattr(self, f"do_{word.lower()}", None)
        if does is None:
            self._say("500 5.5.1 what is that?")
            return True
        return does(rest) is not False

    def finish(self) -> None:
        super().finish()
        self.connection.close()  # with TLS it is another than the server has

    def do_ehlo(self, name: str) -> None:
        self.greeted, self.sender, self.recipient = bool(name), None, None
        offers = ["sink.example.org", "SIZE 10000000", "ENHANCEDSTATUSCODES"]
        if not self.encrypted:
            offers.append("STARTTLS")
        elif self.sink.options.login:
            offers.append("AUTH PLAIN LOGIN")
        lines = [f"250{' ' if one is offers[-1] else '-'}{one}" for one in offers]
        self._answer("ehlo", "\r\n".join(lines))

    def do_starttls(self, rest: str) -> None:
        if self.encrypted:
            self._say("503 5.5.1 not offered")
        else:
            self._say("220 2.0.0 go ahead")
            self._encrypt()
            self.greeted = False

    def do_auth(self, rest: str) -> None:
        way, _, first = rest.partition(" ")
        try:
            given = self._read_plain(first) if way.upper() == "PLAIN" else self._read_login(first)
        except (binascii.Error, ValueError):
            self._say("501 5.5.2 that is no Base64")
        else:
            self.logged_in = self.encrypted and given == self.sink.options.login
            self._answer("auth", "235 2.7.0 welcome" if self.logged_in else "535 5.7.8 who are you?")

    def do_mail(self, rest: str) -> None:
        found = _ADDRESS.fullmatch(rest[5:]) if rest.upper().startswith("FROM:") else None
        if not self.greeted:
            self._say("503 5.5.1 say EHLO first")
        elif not self.encrypted:
            self._say("530 5.7.0 say STARTTLS first")
        elif not self.logged_in:
            self._say("530 5.7.0 say AUTH first")
        elif self.sender is not None or found is None:
            self._say("501 5.5.4 one MAIL FROM:<address>")
        elif self._answer("mail", "250 2.1.0 ok"):
            self.sender = found[1]

    def do_rcpt(self, rest: str) -> None:
        found = _ADDRESS.fullmatch(rest[3:]) if rest.upper().startswith("TO:") else None
        if self.sender is None:
            self._say("503 5.5.1 say MAIL first")
        elif found is None or not found[1] or self.recipient:
            self._say("501 5.1.3 one RCPT TO:<address>")
        elif self._answer("rcpt", "250 2.1.5 ok", found[1]):
            self.recipient = found[1]

    def do_data(self, rest: str) -> None:
        if not self.recipient:
            self._say("503 5.5.1 say RCPT first")
        elif self._answer("data", "354 go on", self.recipient):
            self._take()
            self.sender = self.recipient = None

    def _take(self) -> None:
        """Read a message and keep it, if it is one."""
        content, wrong = self._read_message()
        said = self.sink.fault("dot", self.recipient)
        self._suffer(said)
        if wrong or said[:1].isdigit():
            self._say(wrong or said)
        else:
            number = self.sink.keep(self.sender, self.recipient, content)
            self._answer("taken", f"250 2.0.0 kept as {number}", self.recipient)

    def do_rset(self, rest: str) -> None:
        self.sender = self.recipient = None
        self._say("250 2.0.0 ok")

    def do_noop(self, rest: str) -> None:
        self._say("250 2.0.0 ok")

    def do_quit(self, rest: str) -> bool:
        self._say("221 2.0.0 bye")
        return False

    def _read_message(self) -> tuple[bytes, str]:
        """Read a message up to its dot, and tell what is wrong with it."""
        lines, wrong = [], ""
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                raise _Cut
            if len(lines) == 3:
                self._suffer(self.sink.fault("content", self.recipient))
            if len(line) > LONGEST_LINE or not line.endswith(b"\r\n") or not line.isascii():
                wrong = "554 5.6.0 lines are ASCII, of at most 998 characters, and end in CRLF"
            lines.append(line.removeprefix(b"."))
        content = b"".join(lines)
        missing = [one for one in ("From", "To", "Date", "Message-ID") if one not in message_from_bytes(content)]
        return content, wrong or (f"554 5.6.0 it has no {missing[0]}" if missing else "")

    def _read_plain(self, first: str) -> tuple[str, ...]:
        return tuple(self._decode(first or self._ask("334 ")).split("\0")[1:])

    def _read_login(self, first: str) -> tuple[str, ...]:
        user = self._decode(first or self._ask("334 VXNlcm5hbWU6"))
        return user, self._decode(self._ask("334 UGFzc3dvcmQ6"))

    def _ask(self, words: str) -> str:
        self._say(words)
        return self.rfile.readline(LONGEST_LINE).decode("ascii").strip()

    @staticmethod
    def _decode(text: str) -> str:
        return base64.b64decode(text, validate=True).decode()

    def _answer(self, stage: str, words: str, recipient: str = "") -> bool:
        """Answer, unless something goes wrong at this stage; tells whether nothing has."""
        said = self.sink.fault(stage, recipient)
        self._suffer(said)
        wrong = said[:1].isdigit()
        self._say(said if wrong else words)
        if said.startswith("421"):
            raise _Cut
        return not wrong and words[:1] in "23"

    def _suffer(self, said: str) -> None:
        if said == "cut":
            raise _Cut
        if said.startswith("slow"):
            time.sleep(float(said.split()[1]))

    def _say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())

    def _encrypt(self) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.sink.options.certificate)
        self.request = self.connection = context.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)
        self.encrypted = True


@contextlib.contextmanager
def run_sink(folder: Path, *faults: Fault, options: Options = Options(), port: int = 0) -> Iterator[Sink]:  # noqa: B008
    """Run a sink for as long as it is needed."""
    sink = Sink(folder, options, port)
    sink.faults.extend(faults)
    thread = threading.Thread(target=sink.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield sink
    finally:
        sink.server.shutdown()
        sink.server.server_close()
        thread.join()


def read_kept(folder: Path) -> Iterator[Kept]:
    """Read the messages in a folder, in the order of their arrival."""
    for path in sorted(folder.glob("*.eml")):
        content = path.read_bytes()
        head = _HEAD.match(content)
        yield Kept(head[1].decode(), head[2].decode(), content[head.end() :])


def count_kept(folder: Path) -> str:
    """Count the messages and the Message-IDs of each recipient, a line each."""
    ids: dict[str, list[str]] = defaultdict(list)
    for one in read_kept(folder):
        ids[one.recipient].append(one.fields["Message-ID"])
    lines = [f"{name}: {len(got)} mails, {len(set(got))} distinct Message-IDs" for name, got in sorted(ids.items())]
    return "\n".join((*lines, f"{len(ids)} recipients, {sum(map(len, ids.values()))} mails"))


def make_certificate(folder: Path) -> Path:
    """Make a key and a certificate for this machine that vouches for itself, in one file; needs openssl."""
    folder.mkdir(parents=True, exist_ok=True)
    path, key = folder / "sink.pem", folder / "sink.key"
    names = "subjectAltName=DNS:localhost,IP:127.0.0.1"
    made = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 7300 -subj /CN=localhost"
    command = [*made.split(), "-addext", names, "-keyout", str(key), "-out", str(path)]
    subprocess.run(command, check=True, capture_output=True)
    path.write_text(key.read_text(encoding="ascii") + path.read_text(encoding="ascii"), encoding="ascii")
    return path


def _parse_fault(text: str) -> Fault:
    stage, does, *rest = text.split(":")
    to = rest[0] if rest else ""
    return Fault(stage, does, to, int(rest[1]) if len(rest) > 1 else 1_000_000)


def main() -> None:
    """Run a sink until it is killed, or count what one has kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=8026)
    parser.add_argument("--folder", type=Path, required=True, help="where messages are kept")
    parser.add_argument("--count", action="store_true", help="count the messages in the folder, and end")
    parser.add_argument("--tls", choices=("none", "starttls", "tls"), default="none")
    parser.add_argument("--certificate", type=Path, help="a key and its certificate; made in the folder if left out")
    parser.add_argument("--login", help="a user and a password, as in 'daily:secret'")
    help_ = "what goes wrong, as in 'rcpt:450 4.2.1 busy' or 'taken:cut:ann@:1' (stage, what, recipient, times)"
    parser.add_argument("--fault", type=_parse_fault, action="append", default=[], help=help_)
    asked = parser.parse_args()
    if asked.count:
        print(count_kept(asked.folder))
        return
    certificate = asked.certificate or (make_certificate(asked.folder) if asked.tls != "none" else None)
    login = tuple(asked.login.split(":", 1)) if asked.login else None
    with run_sink(asked.folder, *asked.fault, options=Options(asked.tls, certificate, login), port=asked.port) as sink:
        print(f"mail sink on 127.0.0.1:{sink.port}; mails are kept in {asked.folder}", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
