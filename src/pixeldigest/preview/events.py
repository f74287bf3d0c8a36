"""What open pages wait for: a word that something has changed."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator

# A connection on which nothing is said for longer than this may be cut by what lies between.
_SILENCE = 15.0


class Events:
    """Counts versions of what is shown, and wakes those who follow them; a restart makes all versions new."""

    def __init__(self) -> None:
        self._run = secrets.token_hex(4)
        self._count = 0
        self._closed = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._changed: set[asyncio.Event] = set()

    @property
    def version(self) -> str:
        """The name of what is shown now."""
        return f"{self._run}-{self._count}"

    def publish(self) -> None:
        """Tell all who follow that there is something new; any thread may."""
        self._count += 1
        self._wake()

    def close(self) -> None:
        """Let all who follow go; a signal's handler may."""
        self._closed = True
        self._wake()

    async def follow(self) -> AsyncIterator[str]:
        """Yield the version now and each time there is another, and an empty text where nothing is said for long."""
        self._loop = asyncio.get_running_loop()
        changed = asyncio.Event()
        self._changed.add(changed)
        try:
            yield self.version
            while not self._closed:
                try:
                    await asyncio.wait_for(changed.wait(), _SILENCE)
                except TimeoutError:
                    yield ""
                    continue
                changed.clear()
                if not self._closed:
                    yield self.version
        finally:
            self._changed.discard(changed)

    def _wake(self) -> None:
        if self._loop and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._set_all)

    def _set_all(self) -> None:
        for changed in self._changed:
            changed.set()
