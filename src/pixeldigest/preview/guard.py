"""Who may ask the preview, and what its answers may do: it listens on this machine, and any page could send here."""

from __future__ import annotations

import ipaddress
import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_READS = ("GET", "HEAD")
_NAME = re.compile(r"(\[[0-9a-f:.]+\]|[^:\[\]]*)(?::[0-9]+)?", re.IGNORECASE)
# What the preview's own pages may do; content is shown in frames of its own.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self';"
    " connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)


class Guard:
    """Refuses what other sites send, and names by which they could reach here; `shared` lets other machines look."""

    def __init__(self, app: ASGIApp, *, shared: bool = False) -> None:
        self._app, self._shared = app, shared

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or say why not."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if refusal := self._refuse(scope):
            await refusal(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if scope["path"].startswith("/_preview/"):
                    headers.setdefault("Content-Security-Policy", _POLICY)
                headers.setdefault("Content-Security-Policy", "frame-ancestors 'self'")
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Cross-Origin-Resource-Policy"] = "same-origin"
                headers["Referrer-Policy"] = "same-origin"
            await send(message)

        await self._app(scope, receive, send_guarded)

    def _refuse(self, scope: Scope) -> PlainTextResponse | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not self._is_here(host):
            return PlainTextResponse(f"'{host}' is not a name of this preview; use the address it printed\n", 421)
        if scope["method"] in _READS:
            return None
        if self._shared and not _is_loopback((scope.get("client") or ("",))[0]):
            return PlainTextResponse("only the machine that the preview runs on may write\n", 403)
        if not _is_own(headers, f"{scope['scheme']}://{host}"):
            return PlainTextResponse("only the preview's own pages may write\n", 403)
        if headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            return PlainTextResponse("send JSON, as application/json\n", 415)
        return None

    def _is_here(self, host: str) -> bool:
        """Tell whether a name cannot be somebody else's: others may lead here, and let their pages in."""
        matched = _NAME.fullmatch(host)
        name = matched[1].lower() if matched else ""
        return name == "localhost" or _is_loopback(name) or (self._shared and _is_address(name))


def _is_own(headers: Headers, origin: str) -> bool:
    """Tell whether a page of the preview sends; browsers name the origin of all that writes."""
    if "origin" in headers:
        return headers["origin"] == origin
    return headers.get("sec-fetch-site") == "same-origin"


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def _is_loopback(name: str) -> bool:
    """Tell whether an address is this machine's own."""
    return _is_address(name) and ipaddress.ip_address(name.strip("[]")).is_loopback
