"""What is kept between runs, in a folder that may be deleted at any time; it knows no kinds.

Values are what `marshal` takes: reading one runs no code and is fast. Each stands behind a checksum and a fingerprint
of the program, so that what is damaged, or was kept by another version, is nothing.
"""

from __future__ import annotations

import contextlib
import functools
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from pixeldigest.answers import CACHE_FOLDER
from pixeldigest.sealed import clear_kept, keep, keep_value, read_clock, read_value
from pixeldigest.stamps import Stamp, fingerprint


class Cache(NamedTuple):
    """A folder of values by name; without one nothing is kept."""

    folder: Path | None

    def load(self, name: str) -> Any:
        """Return what was kept under a name; None where there is nothing, or nothing of use."""
        return read_value(str(self.folder), name, _program()) if self.folder else None

    def save(self, name: str, value: Any, *, most: int = 0) -> None:
        """Keep a value under a name; a folder that cannot be written costs time, nothing else.

        With `most`, only so many of the latest values in its folder are kept.
        """
        if self.folder:
            with contextlib.suppress(OSError):
                keep_value(str(self.folder), name, value, _program(), most=most)

    def recall(self, name: str, make: Callable[[], bytes], *, is_whole: Callable[[bytes], bool]) -> bytes:
        """Return the bytes under a name that says all that they depend on; make and keep them where there are none.

        What is not whole was being written when the machine stopped, and is made anew.
        """
        if self.folder is None:
            return make()
        with contextlib.suppress(OSError):
            content = (self.folder / name).read_bytes()
            if is_whole(content):
                return content
        content = make()
        with contextlib.suppress(OSError):
            keep(str(self.folder), name, content)
        return content

    def clear(self) -> int:
        """Delete all that is kept, and count its bytes."""
        files = [path for path in self.folder.rglob("*") if path.is_file()] if self.folder else []
        size = sum(path.stat().st_size for path in files)
        if files and self.folder:
            shutil.rmtree(self.folder)
        return size

    def tidy(self) -> None:
        """Remove what killed processes left behind."""
        if self.folder:
            with contextlib.suppress(OSError):
                clear_kept(str(self.folder))

    def clock(self) -> int:
        """Tell the time as the file system does, in ns; 0 where nothing can be kept."""
        with contextlib.suppress(OSError):
            return read_clock(str(self.folder)) if self.folder else 0
        return 0


NO_CACHE = Cache(None)


def cache_of(project: Path) -> Cache:
    """Find the cache of a project."""
    return Cache(project / CACHE_FOLDER)


@functools.cache
def _program() -> bytes:
    return fingerprint()


class Known(NamedTuple):
    """What is known of a file: how it looked, the digest of its content, and what was made of it."""

    stamp: Stamp | None
    digest: bytes
    value: Any


class FileIndex:
    """What was made of files, by their names; one that looks as it did is not read again.

    A file that changed in the very moment in which the index was made could change again and look the same, so its
    look is not trusted, and its content is.
    """

    def __init__(self, cache: Cache, name: str) -> None:
        self._cache, self._name = cache, name
        self._before: dict[str, Known] = cache.load(name) or {}
        self._now: dict[str, Known] = {}
        self._clock = cache.clock()
        self._changed = False

    def look_up(self, name: str, stamp: Stamp) -> Known | None:
        """Find what is known of a file that looks like this."""
        known = self._before.get(name)
        if known is None or known[0] != stamp:
            return None
        self._now[name] = known
        return Known(*known)

    def look_up_content(self, name: str, stamp: Stamp, digest: bytes) -> Known | None:
        """Find what is known of a file by what is in it, and note how it looks now."""
        known = self._before.get(name)
        if known is None or known[1] != digest:
            return None
        return self.note(name, stamp, digest, known[2])

    def note(self, name: str, stamp: Stamp, digest: bytes, value: Any) -> Known:
        """Note what was made of a file; `stamp` is how it looked before it was read."""
        trusted = max(stamp[:2]) < self._clock
        known = Known(stamp if trusted else None, digest, value)
        self._now[name] = known
        self._changed = True
        return known

    def save(self) -> None:
        """Keep what is known of the files that were looked up or noted."""
        self._cache.tidy()
        if self._changed or len(self._now) != len(self._before):
            self._cache.save(self._name, {name: tuple(known) for name, known in self._now.items()})
