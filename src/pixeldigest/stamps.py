"""How files look without being read.

Only small modules of the standard library are imported here, in wholefile.py, sealed.py and answers.py, so that a build
that finds all as it was is over before others would have started.
"""

from __future__ import annotations

import hashlib
import os
import sys
from operator import itemgetter

# When a file's content and its inode last changed (in ns), its size, and its inode.
Stamp = tuple[int, int, int, int]

DIGEST_SIZE = 16


def digest_of(content: bytes) -> bytes:
    """Digest bytes, so that equal digests mean equal bytes."""
    return hashlib.blake2b(content, digest_size=DIGEST_SIZE).digest()


def stamp_of(status: os.stat_result) -> Stamp:
    """Note how a file looks."""
    return status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino


def is_as_it_was(path: str, stamp: Stamp) -> bool:
    """Tell whether a file still looks like this."""
    try:
        return stamp_of(os.stat(path)) == stamp
    except OSError:
        return False


def scan(folder: str) -> list[tuple[str, Stamp]]:
    """List the files below a folder, each with how it looks, by their paths; each link to a folder is followed once."""
    found: list[tuple[str, Stamp]] = []
    _scan(folder, found, set())
    return sorted(found, key=itemgetter(0))


def _scan(folder: str, found: list[tuple[str, Stamp]], followed: set[int]) -> None:
    try:
        entries = list(os.scandir(folder))
    except OSError:  # it is not there, or cannot be read
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            _scan(entry.path, found, followed)
            continue
        try:
            status = entry.stat()
        except OSError:  # a link that leads nowhere
            found.append((entry.path, (0, 0, 0, 0)))
            continue
        if not entry.is_dir():
            found.append((entry.path, stamp_of(status)))
        elif status.st_ino not in followed:
            followed.add(status.st_ino)
            _scan(entry.path, found, followed)


def fingerprint() -> bytes:
    """Digest what makes the same content give other values: Python, this program, and the libraries installed."""
    own = os.path.dirname(os.path.abspath(__file__))
    seen: list[object] = [sys.version, sys.platform, own]
    seen += [one for one in scan(own) if one[0].endswith(".py")]
    # Installing a library, or removing one, changes the folder that it lies in.
    for folder in sys.path:
        if folder.endswith(("site-packages", "dist-packages")) and os.path.isdir(folder):
            seen.append((folder, os.stat(folder).st_mtime_ns))
    return digest_of(repr(seen).encode())
