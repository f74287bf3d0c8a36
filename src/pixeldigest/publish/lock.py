"""One `publish` at a time."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pixeldigest.diagnostics import EXIT_AGAIN, UserError
from pixeldigest.output import cannot_write

LOCK_FILE = "publish.lock"
# Nothing takes so long: whoever holds the lock then hangs.
_TOO_LONG = timedelta(hours=3)


@contextlib.contextmanager
def publishing_alone(folder: Path, now: datetime) -> Iterator[bool]:
    """Hold the lock in a folder while publishing; yields False where another process has it.

    The lock goes with its process, however that ends. Raises UserError where the other one has had it for too long.
    """
    path = folder / LOCK_FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        stream = path.open("a+", encoding="utf-8")
    except OSError as error:
        raise cannot_write(path, error) from error
    with stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _refuse_to_wait_for_ever(path, now)
            yield False
            return
        stream.truncate(0)
        stream.write(now.isoformat())
        stream.flush()
        try:
            yield True
        finally:
            stream.truncate(0)  # else whoever comes right after the next one has the lock reads this moment for its own


def _refuse_to_wait_for_ever(path: Path, now: datetime) -> None:
    with contextlib.suppress(OSError, ValueError):
        since = datetime.fromisoformat(path.read_text(encoding="utf-8"))
        if now - since > _TOO_LONG:
            message = f"another publish has been running since {since.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
            raise UserError(
                f"{message}; find out what it waits for ('fuser {path}' names it), and end it", status=EXIT_AGAIN
            )
