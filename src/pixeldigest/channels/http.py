"""How services are asked: one way to send requests, errors in words, secrets never in them."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from pixeldigest import __version__
from pixeldigest.channels.attempt import Attempt
from pixeldigest.channels.exchange import (
    Answer,
    Request,
    is_missing,
    is_success,
    json_request,
    judge,
    one_line,
    seconds_to_wait,
    secrets_of,
)
from pixeldigest.channels.failures import SettingsError, UnavailableError
from pixeldigest.channels.posting import Outside
from pixeldigest.extras import need_extra

if TYPE_CHECKING:
    import httpx

__all__ = ["Answer", "Request", "Service", "is_missing", "json_request", "judge", "send"]

# Seconds until a service that says nothing is left alone, or one whose answer does not end; and that a service may ask
# a run to wait.
_TIMEOUT = 30.0
_LONGEST_ANSWER = 120.0
_LONGEST_WAIT = 30.0
_MOST_WAITS = 3
_MOST_BYTES = 20_000_000

Authorize = Callable[[], Mapping[str, str]]
Accept = Callable[[Answer], bool]


class Service(NamedTuple):
    """A service of a channel: `authorize` makes the headers that hold its secret, for each request anew.

    What `also` accepts is returned like a success.
    """

    channel: str
    authorize: Authorize
    outside: Outside
    attempt: Attempt | None = None

    def ask(self, request: Request, *, also: Accept = is_success) -> Answer:
        """Send a request that changes nothing."""
        return self._send(request, also)

    def change(self, request: Request, *, also: Accept = is_success) -> Answer:
        """Send a request that changes something, once that is noted."""
        if self.attempt is None:
            raise TypeError("nothing may be changed without an attempt")
        self.attempt.before(request.words)
        return self._send(request, also)

    def _send(self, request: Request, also: Accept) -> Answer:
        """Send a request, and again where the service asks for a short wait; raises where it does not succeed."""
        secret: Mapping[str, str] = {}
        for waits in range(_MOST_WAITS + 1):
            secret = self.authorize()
            answer = send(request._replace(headers={**request.headers, **secret}))
            seconds = seconds_to_wait(answer, self.outside.now)
            if answer.status != 429 or waits == _MOST_WAITS or seconds > _LONGEST_WAIT or self.attempt is None:
                break
            self.attempt.wait(seconds)
        return answer if also(answer) else judge(request, answer, hidden=secrets_of(secret))


def send(request: Request, *, timeout: float = _TIMEOUT, longest: float = _LONGEST_ANSWER) -> Answer:
    """Send a request; nothing is followed that leads elsewhere. Raises UnavailableError where no answer comes."""
    need_extra("publish", "a channel that is asked over the web")
    import httpx  # noqa: PLC0415 - of the extra `publish`, which may be missing

    host = _host_of(request)
    headers = {"User-Agent": f"pixeldigest/{__version__}", "Accept": "application/json", **request.headers}
    _check_headers(headers, host)
    try:
        with (
            _open_client(request.url, host, timeout) as client,
            client.stream(request.method, request.url, content=request.body, headers=headers) as answer,
        ):
            body = _read_body(answer, host, until=time.monotonic() + longest)
            return Answer(answer.status_code, body, MappingProxyType(dict(answer.headers)))
    except (httpx.InvalidURL, httpx.UnsupportedProtocol):
        raise SettingsError(f"'{request.words}' is not an address that can be asked") from None
    except httpx.HTTPError as error:
        raise UnavailableError(f"{host} cannot be reached: {_reason(error)}") from None


def _open_client(url: str, host: str, timeout: float) -> httpx.Client:
    """Open a client that asks by the proxy that the environment names; this very machine is asked directly."""
    import httpx  # noqa: PLC0415 - of the extra `publish`, which may be missing

    # Certificates take longer to load than most answers to come, and nothing is followed from http to https.
    secure = not url.lower().startswith("http:")
    try:
        return httpx.Client(timeout=timeout, verify=secure, follow_redirects=False, trust_env=not _is_loopback(host))
    except (ImportError, ValueError, httpx.InvalidURL):
        # Its address, which their words repeat, can hold a password.
        message = "the proxy that the environment names cannot be used; see to HTTPS_PROXY, HTTP_PROXY and ALL_PROXY"
        raise SettingsError(message) from None


def _read_body(answer: httpx.Response, host: str, *, until: float) -> bytes:
    """Read what a service answers, as long as it is neither huge nor dripping."""
    body = bytearray()
    for piece in answer.iter_bytes():
        body += piece
        if len(body) > _MOST_BYTES:
            raise UnavailableError(f"{host} answers with more than {_MOST_BYTES // 1_000_000} MB")
        if time.monotonic() > until:
            raise UnavailableError(f"{host} takes too long to answer: what it says does not end")
    return bytes(body)


def _host_of(request: Request) -> str:
    try:
        parts = urlsplit(request.url)
        host = parts.hostname if parts.port != 0 else None
    except ValueError:  # brackets that do not match, or a port that is too large
        host = None
    if not host:
        raise SettingsError(f"'{request.words}' is not an address that can be asked")
    return host


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _check_headers(headers: Mapping[str, str], host: str) -> None:
    """Refuse what cannot stand in the head of a request, without repeating it."""
    for name, value in headers.items():
        if not (value.isascii() and value.isprintable()):
            raise SettingsError(f"the header '{name}' cannot be sent to {host}: it is not one line of ASCII")


def _reason(error: Exception) -> str:
    """Say what kept an answer from coming, never in words that can hold what was sent."""
    kind = type(error).__name__
    said = {
        "ConnectTimeout": "it takes too long to connect",
        "ReadTimeout": "it takes too long to answer",
        "WriteTimeout": "it takes too long to take what is sent",
        "RemoteProtocolError": "the connection broke before the answer was whole, or it was no HTTP",
        "ReadError": "the connection broke before the answer was whole",
        "WriteError": "the connection broke while sending",
        "DecodingError": "its answer is packed in a way that cannot be read",
    }
    if kind in ("ConnectError", "ProxyError"):
        words = re.sub(r"^\[errno -?\d+\] ", "", one_line(str(error)).lower()) or "no connection"
        return f"the proxy says '{words}'" if kind == "ProxyError" else words
    return said.get(kind, kind)
