"""Bytes by key, in a folder that may be deleted at any time."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

CACHE_FOLDER = ".pixeldigest/cache"


def recall(folder: Path, key: str, make: Callable[[], bytes], *, is_whole: Callable[[bytes], bool]) -> bytes:
    """Return what is kept under a key, which must be fit for a file's name; make and keep it where there is nothing.

    What is not whole was being written when the machine stopped, and is made anew. A folder that cannot be read or
    written costs time, nothing else.
    """
    kept = folder / key
    with contextlib.suppress(OSError):
        content = kept.read_bytes()
        if is_whole(content):
            return content
    content = make()
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=folder)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
        Path(name).replace(kept)
    return content
