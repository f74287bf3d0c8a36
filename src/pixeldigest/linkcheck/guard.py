"""A transport that asks only machines which may be asked."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable

import httpx

from pixeldigest.netguard import aim, may_ask

# Finds the IP addresses of a host; raises OSError.
LookUp = Callable[[str, int], Awaitable[tuple[str, ...]]]


class PrivateAddressError(Exception):
    """A host that lies in a network of somebody's own."""

    def __init__(self, host: str) -> None:
        super().__init__(host)
        self.host = host


class UnknownHostError(Exception):
    """A host of which no address is known; `settled` where its name service said so, and was not only out of reach."""

    def __init__(self, host: str, *, settled: bool) -> None:
        super().__init__(host)
        self.host, self.settled = host, settled


async def look_up(host: str, port: int) -> tuple[str, ...]:
    """Ask the system for the addresses of a host."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(one[4][0]) for one in found))


class GuardedTransport(httpx.AsyncBaseTransport):
    """Looks each host up itself and connects to what it found, so that no name can lead elsewhere in between."""

    def __init__(self, look_up: LookUp, *, private: bool) -> None:
        self._look_up, self._private = look_up, private
        # A connection is used once: two hosts with one address must not share theirs, as each has its own certificate.
        self._inner = httpx.AsyncHTTPTransport(trust_env=False, limits=httpx.Limits(max_keepalive_connections=0))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request to the first of its host's addresses that can be reached."""
        first, *others = await self._addresses(request.url)
        for address in others:
            try:
                return await self._inner.handle_async_request(aim(request, first))
            except httpx.ConnectError:
                first = address
        return await self._inner.handle_async_request(aim(request, first))

    async def aclose(self) -> None:
        """Close what is open."""
        await self._inner.aclose()

    async def _addresses(self, url: httpx.URL) -> tuple[str, ...]:
        host = url.raw_host.decode("ascii")
        try:
            found = await self._look_up(host, url.port or {"http": 80}.get(url.scheme, 443))
        except socket.gaierror as error:
            raise UnknownHostError(host, settled=error.errno != socket.EAI_AGAIN) from error
        except (UnicodeError, OSError) as error:
            raise UnknownHostError(host, settled=isinstance(error, UnicodeError)) from error
        if not all(may_ask(one, private=self._private) for one in found):
            raise PrivateAddressError(host)
        return found
