"""Whether an issue's page and its pictures are on the web yet."""

from __future__ import annotations

from collections.abc import Callable

from pixeldigest.channels.failures import UnavailableError
from pixeldigest.channels.http import Request, send
from pixeldigest.channels.posting import Posting

# Seconds to wait for each: a page that takes longer is none to send readers to.
_PATIENCE = 10.0
_OK = 200


def make_look() -> Callable[[Posting], None]:
    """Make the function that asks for a posting's page and pictures, for each address once; it raises UserError."""
    found: set[str] = set()

    def look(posting: Posting) -> None:
        for address in (posting.url, *posting.pictures):
            if address in found:
                continue
            status = send(Request("GET", address, headers={"Accept": "*/*"}), timeout=_PATIENCE).status
            if status != _OK:
                raise UnavailableError(f"{address} is not there yet (it answers {status})")
            found.add(address)

    return look
