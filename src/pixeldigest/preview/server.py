"""A desk on a port of this machine: it listens before anything is read, and ends cleanly."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

import uvicorn

from pixeldigest.diagnostics import EXIT_AGAIN, EXIT_USAGE, UserError
from pixeldigest.preview.app import make_app
from pixeldigest.preview.desk import Desk
from pixeldigest.preview.watching import keep_up

PORT = 8000
# Where no port is asked for, so many are tried.
_TRIED = 20


def open_port(host: str, port: int | None, *, shared: bool) -> socket.socket:
    """Open a port, the one asked for or the first that is free; raises UserError where there is none."""
    _refuse_others(host, shared=shared)
    for tried in (port,) if port is not None else range(PORT, PORT + _TRIED):
        try:
            return socket.create_server((host, tried), family=_family(host))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                reason = (error.strerror or str(error)).lower()
                raise UserError(f"cannot listen on {host}, port {tried}: {reason}", status=EXIT_USAGE) from error
    taken = f"port {port} is" if port is not None else f"the ports from {PORT} to {PORT + _TRIED - 1} are"
    raise UserError(f"{taken} taken; name another with --port, or 0 for any that is free", status=EXIT_AGAIN)


def address_of(listening: socket.socket) -> str:
    """Name the address at which a port is reached."""
    host, port = listening.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"


def serve_desk(desk: Desk, listening: socket.socket, *, shared: bool) -> None:
    """Answer requests and follow saves until somebody ends it."""
    # While all is read again, requests shall not have to wait for long.
    sys.setswitchinterval(0.001)
    app = make_app(desk, shared=shared)
    config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", ws="none", server_header=False)
    asyncio.run(_serve(_Server(config, desk.events.close), desk, listening))


async def _serve(server: _Server, desk: Desk, listening: socket.socket) -> None:
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    following = asyncio.create_task(keep_up(desk))
    await asyncio.wait((serving, following), return_when=asyncio.FIRST_COMPLETED)
    server.end()
    following.cancel()
    await serving
    with suppress(asyncio.CancelledError):
        await following


class _Server(uvicorn.Server):
    """A server that lets those who wait for news go when it ends, and leaves no signal behind."""

    def __init__(self, config: uvicorn.Config, let_go: Callable[[], None]) -> None:
        super().__init__(config)
        self._let_go = let_go

    def end(self) -> None:
        self.should_exit = True
        self._let_go()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - as uvicorn calls it
        """End, the second time at once."""
        self.force_exit = self.should_exit
        self.end()


def _refuse_others(host: str, *, shared: bool) -> None:
    """Keep to this machine, unless it is said that others may look."""
    with suppress(ValueError):
        if shared or ipaddress.ip_address(host).is_loopback:
            return
    if host != "localhost":
        message = f"'{host}' can be reached from other machines; add --share if they may look (only this one can write)"
        raise UserError(message, status=EXIT_USAGE)


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
