"""Read addresses politely, and never one within this network that somebody else wrote."""

from __future__ import annotations

import re
import socket
import ssl
import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple
from urllib.parse import urljoin, urlsplit

import httpx

from pixeldigest import __version__
from pixeldigest.netguard import aim, may_ask

MAX_PAGE_BYTES: Final = 10_000_000
_AGENT: Final = f"pixeldigest/{__version__} (import)"
_MAX_REDIRECTS: Final = 5
_MAX_SECONDS: Final = 60.0
# A server that asks for more patience than this is asked again by the next run.
_MAX_WAIT: Final = 30.0
_TRIES: Final = 3
_NO_HEADERS: Final[Mapping[str, str]] = MappingProxyType({})


class Response(NamedTuple):
    """What an address gave: where it was in the end, its content, and what that is said to be."""

    url: str
    content: bytes
    media_type: str


class UnreachableError(Exception):
    """A picture or a page that could not be had; the text says why."""


class MissingError(UnreachableError):
    """There is nothing at an address, or not for us; asking again will not help."""


class Web:
    """Reads addresses, with a pause between them.

    `trusted` is the host (with its port) that the user named: it alone may lie within this network.
    """

    def __init__(self, trusted: str, *, pause: float = 0.35) -> None:
        self._trusted, self._pause = trusted, pause
        self._last = float("-inf")
        self._tls = ssl.create_default_context()

    def picture(self, url: str, limit: int) -> bytes:
        """Fetch a picture that an article names."""
        return self.get(url, limit=limit).content

    def get(self, url: str, *, limit: int = MAX_PAGE_BYTES, headers: Mapping[str, str] = _NO_HEADERS) -> Response:
        """Fetch an address; raises UnreachableError. Headers are not sent on where it leads elsewhere."""
        first = urlsplit(url)[:2]
        for _ in range(_MAX_REDIRECTS + 1):
            sent = headers if urlsplit(url)[:2] == first else _NO_HEADERS
            response = self._ask_patiently(url, sent, limit)
            if isinstance(response, Response):
                return response
            url = urljoin(url, response)
        raise MissingError("it leads on and on")

    def _ask_patiently(self, url: str, headers: Mapping[str, str], limit: int) -> Response | str:
        for left in reversed(range(_TRIES)):
            try:
                return self._ask(url, headers, limit)
            except _BusyError as busy:
                if not left or busy.seconds > _MAX_WAIT:
                    raise
                time.sleep(busy.seconds)
        raise AssertionError

    def _ask(self, url: str, headers: Mapping[str, str], limit: int) -> Response | str:
        """Ask once; a text is the address that it leads to."""
        request = self._request(url, headers)
        time.sleep(max(0.0, self._last + self._pause - time.monotonic()))
        self._last = started = time.monotonic()
        try:
            with httpx.Client(verify=self._tls, timeout=20.0) as client:
                answer = client.send(request, stream=True)
                if answer.is_redirect:
                    return str(answer.headers.get("location", ""))
                _refuse(answer)
                content = bytearray()
                for chunk in answer.iter_bytes():
                    content += chunk
                    if len(content) > limit:
                        raise MissingError(f"it has more than {limit // 1000} kB")
                    if time.monotonic() - started > _MAX_SECONDS:
                        raise UnreachableError("its server is too slow")
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise UnreachableError(f"its server could not be read: {str(error) or type(error).__name__}") from error
        return Response(url, bytes(content), answer.headers.get("content-type", "").partition(";")[0].strip().lower())

    def _request(self, url: str, headers: Mapping[str, str]) -> httpx.Request:
        """Write the request, to an address that may be asked."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
            raise MissingError("this is no address in the web")
        try:
            port = parts.port
        except ValueError as error:
            raise MissingError("this is no address in the web") from error
        addresses = _look_up(parts.hostname, port or (443 if parts.scheme == "https" else 80))
        if parts.netloc != self._trusted and not all(may_ask(one, private=False) for one in addresses):
            raise MissingError(f"'{parts.hostname}' lies within this network")
        return aim(httpx.Request("GET", url, headers={"user-agent": _AGENT, **headers}), addresses[0])


class _BusyError(UnreachableError):
    """A server that asks for patience."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"its server is busy for another {seconds:.0f} seconds")
        self.seconds = seconds


def _refuse(answer: httpx.Response) -> None:
    status = answer.status_code
    if status in (429, 503):
        told = answer.headers.get("retry-after", "")
        raise _BusyError(float(told) if re.fullmatch(r"[0-9]{1,6}", told) else 1.0)
    if status >= 500:
        raise UnreachableError(f"its server answers {status}")
    if status != 200:
        raise MissingError(f"its server answers {status}")


def _look_up(host: str, port: int) -> list[str]:
    """Find a host's addresses, those of the older form first, which every network knows."""
    try:
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError) as error:
        raise UnreachableError(f"there is no host '{host}'") from error
    return sorted(found, key=lambda one: (":" in one, one))
