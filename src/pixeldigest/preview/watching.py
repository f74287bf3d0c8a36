"""Saves → a desk that knows of them: what is quick at once, the rest when it has been quiet for a moment."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from pathlib import Path

from watchfiles import awatch

from pixeldigest.preview.desk import Desk

# In ms: a file that has not changed for a step counts as saved, and nobody waits for others for longer.
_STEP, _DEBOUNCE = 10, 200
# In seconds: so long pages have to fetch what is new before all is read again; and how often the date is looked at.
_QUIET, _DATE = 0.15, 20.0
_WATCHED = ("content", "templates")


async def keep_up(desk: Desk) -> None:
    """Follow a project's files until this is cancelled."""
    due = asyncio.Event()
    due.set()  # for what was saved between the first reading and the first look
    async with asyncio.TaskGroup() as group:
        group.create_task(_follow_saves(desk, due))
        group.create_task(_reload_when(desk, due))


async def _follow_saves(desk: Desk, due: asyncio.Event) -> None:
    root = desk.project.resolve()
    async for paths in _watch(root):
        names = sorted(path.relative_to(root).as_posix() for path in paths)
        await asyncio.to_thread(desk.refresh, names)
        due.set()


async def _reload_when(desk: Desk, due: asyncio.Event) -> None:
    """Read all again after saves, and when a day has begun."""
    while True:
        with suppress(TimeoutError):
            await asyncio.wait_for(due.wait(), _DATE)
        if due.is_set() or desk.is_new_day():
            due.clear()
            await asyncio.sleep(_QUIET)
            if not due.is_set() and not await asyncio.to_thread(desk.reload):
                due.set()


async def _watch(root: Path) -> AsyncIterator[set[Path]]:
    """Yield the files that changed; folders that appear or are replaced are watched from then on."""
    while True:
        folders = [root / name for name in _WATCHED if (root / name).is_dir()]
        replaced = asyncio.Event()
        looking = asyncio.create_task(_note_replaced(root, replaced))
        try:
            async for changes in awatch(*folders, step=_STEP, debounce=_DEBOUNCE, stop_event=replaced):
                yield {Path(path) for _, path in changes}
        finally:
            looking.cancel()
            with suppress(asyncio.CancelledError):
                await looking
        yield set(folders)


async def _note_replaced(root: Path, replaced: asyncio.Event) -> None:
    async for changes in awatch(root, recursive=False, step=_STEP):
        if _touches(root, (Path(path) for _, path in changes)):
            replaced.set()


def _touches(root: Path, paths: Iterable[Path]) -> bool:
    return any(path.parent == root and path.name in _WATCHED for path in paths)
