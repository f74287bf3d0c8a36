"""Debian's Postfix as a mail server on this machine, for oneself alone: its own settings, queue and mailboxes.

`smtp-sink`, which comes with it, takes all and keeps it.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import signal
import socket
import socketserver
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from browser.chromium import leave_out

_SERVICES = """\
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""
_SETTINGS = {
    "compatibility_level": "3.6",
    "mail_owner": "postfix",
    "setgid_group": "postdrop",
    "inet_interfaces": "127.0.0.1",
    "inet_protocols": "ipv4",
    "myhostname": "relay.example.org",
    "mydestination": "",
    "alias_maps": "",
    "mynetworks": "127.0.0.0/8",
    "virtual_mailbox_domains": "example.org",
    "virtual_uid_maps": "static:{uid}",
    "virtual_gid_maps": "static:{gid}",
    "bounce_notice_recipient": "daily@example.org",
}


class Postfix(NamedTuple):
    """A running Postfix; `port` takes plain text and STARTTLS, `tls_port` TLS only."""

    folder: Path
    port: int
    tls_port: int

    def mails(self, name: str) -> list[bytes]:
        """Read what lies in the mailbox of somebody, as it was delivered."""
        return [path.read_bytes() for path in sorted((self.folder / "boxes" / name / "new").glob("*"))]

    def queue(self) -> list[dict[str, Any]]:
        """List what waits in the queue."""
        return [json.loads(line) for line in self.run("postqueue", "-j").splitlines()]

    def read_queued(self, queue_id: str) -> bytes:
        """Read a message that waits."""
        return self.run("postcat", "-qbh", queue_id).encode()

    def run(self, command: str, *arguments: str) -> str:
        """Run one of Postfix's commands."""
        asked = [command, "-c", str(self.folder / "settings"), *arguments]
        return subprocess.run(asked, check=True, capture_output=True, text=True, env=_environment()).stdout

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(encoding="utf-8")


@contextlib.contextmanager
def run_postfix(
    readers: tuple[str, ...],
    certificate: Path | None = None,
    login: tuple[str, str] | None = None,
    **settings: str,
) -> Iterator[Postfix]:
    """Run a Postfix that has mailboxes for some names at example.org."""
    _look_for("postfix")
    with tempfile.TemporaryDirectory(prefix="postfix-") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        postfix = Postfix(folder, _free_port(), _free_port())
        folder.chmod(0o755)  # its processes are not root's
        for part in ("settings", "queue", "data", "boxes"):
            (folder / part).mkdir()
        for part in ("data", "boxes"):
            shutil.chown(folder / part, "postfix")
        if login:
            stack.enter_context(_run_logins(folder / "logins", login))
        _write_settings(postfix, readers, certificate, settings, with_login=login is not None)
        start(postfix)
        try:
            yield postfix
        finally:
            postfix.run("postfix", "stop")


def start(postfix: Postfix) -> None:
    """Start a Postfix that was stopped, with what is in its queue."""
    postfix.run("postfix", "start")
    _wait_for(postfix.port)


def _write_settings(
    postfix: Postfix,
    readers: tuple[str, ...],
    certificate: Path | None,
    settings: Mapping[str, str],
    *,
    with_login: bool,
) -> None:
    folder, owner = postfix.folder, (postfix.folder / "data").stat()
    boxes = "".join(f"/^{name}@example\\.org$/ {name}/\n" for name in readers)
    (folder / "settings/boxes").write_text(boxes, encoding="ascii")
    chosen = {
        **{key: value.format(uid=owner.st_uid, gid=owner.st_gid or owner.st_uid) for key, value in _SETTINGS.items()},
        "queue_directory": folder / "queue",
        "data_directory": folder / "data",
        "maillog_file_prefixes": folder,
        "maillog_file": folder / "log",
        "virtual_mailbox_base": folder / "boxes",
        "virtual_mailbox_maps": f"regexp:{folder}/settings/boxes",
        **settings,
    }
    if certificate:
        copy = folder / "settings/certificate.pem"
        shutil.copy(certificate, copy)
        chosen |= {"smtpd_tls_chain_files": copy, "smtpd_tls_security_level": "encrypt"}
    if with_login:
        chosen |= {"smtpd_sasl_auth_enable": "yes", "smtpd_sasl_type": "dovecot", "smtpd_sasl_path": folder / "logins"}
        chosen |= {"smtpd_client_restrictions": "permit_sasl_authenticated, reject", "smtpd_delay_reject": "yes"}
    lines = "".join(f"{key} = {value}\n" for key, value in chosen.items())
    (folder / "settings/main.cf").write_text(lines, encoding="ascii")
    doors = f"127.0.0.1:{postfix.port} inet n - n - - smtpd\n"
    if certificate:
        doors += f"127.0.0.1:{postfix.tls_port} inet n - n - - smtpd\n  -o smtpd_tls_wrappermode=yes\n"
    (folder / "settings/master.cf").write_text(doors + _SERVICES, encoding="ascii")


class _Logins(socketserver.StreamRequestHandler):
    """What Dovecot tells Postfix of who may log in (its protocol for authentication, version 1.1)."""

    def handle(self) -> None:
        self._say("VERSION", "1", "1")
        self._say("MECH", "PLAIN", "plaintext")
        for line in (("SPID", "1"), ("CUID", "1"), ("COOKIE", "0" * 32), ("DONE",)):
            self._say(*line)
        while line := self.rfile.readline().decode().rstrip("\n"):
            command, *parts = line.split("\t")
            if command == "AUTH":
                given = next((one.removeprefix("resp=") for one in parts if one.startswith("resp=")), "")
                _, user, password = base64.b64decode(given).decode().split("\0")
                known = (user, password) == self.server.login
                self._say("OK" if known else "FAIL", parts[0], f"user={user}")

    def _say(self, *parts: str) -> None:
        self.wfile.write("\t".join(parts).encode() + b"\n")


class _LoginServer(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    block_on_close = False
    login: tuple[str, str]


@contextlib.contextmanager
def _run_logins(path: Path, login: tuple[str, str]) -> Iterator[None]:
    with _LoginServer(str(path), _Logins) as server:
        path.chmod(0o666)
        server.login = login
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield
        server.shutdown()
        thread.join()


@contextlib.contextmanager
def run_smtp_sink(folder: Path, *options: str) -> Iterator[int]:
    """Run `smtp-sink`, which writes each mail into a file of its own; yields its port."""
    _look_for("smtp-sink")
    port = _free_port()
    folder.mkdir(parents=True, exist_ok=True)
    command = ["smtp-sink", "-u", "root", "-d", "mail.", *options, f"127.0.0.1:{port}", "100"]
    with subprocess.Popen(command, cwd=folder, env=_environment()) as process:
        try:
            _wait_for(port)
            yield port
        finally:
            process.send_signal(signal.SIGTERM)


def _look_for(command: str) -> None:
    if shutil.which(command, path=_environment()["PATH"]) is None:
        leave_out("Postfix is not installed: 'apt-get install postfix'")
    if os.geteuid() != 0:
        leave_out("Postfix is started by root only")


def _environment() -> dict[str, str]:
    return {**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int) -> None:
    """Wait until somebody listens."""
    for _ in range(1000):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.01)
    raise AssertionError(port)
