"""Files that are replaced in one step, so that nobody ever sees half of one."""

from __future__ import annotations

import os
from itertools import count

from pixeldigest.stamps import Stamp, stamp_of

# Where a project's own files are written before they have their names.
PROJECT_STAGING = ".pixeldigest/staging"
_NUMBERS = count()


def write_whole(path: str, content: bytes, *, staging: str = "", durable: bool = False) -> Stamp:
    """Replace a file, and return how it looks then; `durable` waits for the disk.

    What a killed process leaves behind lies in the folder `staging`, which must be on the same disk, or beside the file
    where none is named. Missing folders are made. Raises OSError.
    """
    name = f"{os.getpid()}.{next(_NUMBERS)}"
    staged = f"{staging}/{name}" if staging else f"{path}.{name}"
    descriptor = _create(staged)
    try:
        with open(descriptor, "wb", closefd=False) as stream:
            stream.write(content)
        if durable:
            os.fsync(descriptor)
        _move(staged, path)
        return stamp_of(os.fstat(descriptor))  # of what was written here, whoever replaces it by now
    except BaseException:
        if os.path.exists(staged):
            os.unlink(staged)
        raise
    finally:
        os.close(descriptor)


def clear_staging(staging: str) -> None:
    """Remove what killed processes left behind, by whose numbers it is named; others may be writing just now."""
    if not os.path.isdir(staging):
        return
    for name in os.listdir(staging):
        if not _is_running(name.partition(".")[0]):
            os.unlink(f"{staging}/{name}")
    if not os.listdir(staging):
        os.rmdir(staging)


def _create(path: str) -> int:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    try:
        return os.open(path, flags, 0o666)
    except (FileNotFoundError, NotADirectoryError):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return os.open(path, flags, 0o666)


def _move(staged: str, path: str) -> None:
    try:
        os.replace(staged, path)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        os.replace(staged, path)


def _is_running(process: str) -> bool:
    try:
        os.kill(int(process), 0)
    except PermissionError:
        return True  # somebody else's
    except (ProcessLookupError, ValueError, OverflowError):
        return False
    return True
