"""Ask an application without a server."""

from __future__ import annotations

import asyncio
from typing import Any, NamedTuple

import httpx
from starlette.applications import Starlette

ADDRESS = "http://127.0.0.1:8000"


class Client(NamedTuple):
    """Asks an application, as somebody at an address."""

    app: Starlette
    base_url: str = ADDRESS
    sender: str = "127.0.0.1"

    def get(self, path: str, **how: Any) -> httpx.Response:
        return self.request("GET", path, **how)

    def post(self, path: str, **how: Any) -> httpx.Response:
        return self.request("POST", path, **how)

    def request(self, method: str, path: str, **how: Any) -> httpx.Response:
        return asyncio.run(self._ask(method, path, **how))

    async def _ask(self, method: str, path: str, **how: Any) -> httpx.Response:
        transport = httpx.ASGITransport(self.app, client=(self.sender, 5000))
        async with httpx.AsyncClient(transport=transport, base_url=self.base_url, follow_redirects=True) as client:
            return await client.request(method, path, **how)
