"""Files that are replaced in one step, so that nobody ever sees half of one."""

from __future__ import annotations

import contextlib
import os
from itertools import count

from pixeldigest.stamps import Stamp, stamp_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    Result = TypeVar("Result")

# Where a project's own files are written before they have their names.
PROJECT_STAGING = ".pixeldigest/staging"
_NUMBERS = count()
# So often a folder is made that others have removed.
_ATTEMPTS = 10


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
    return _in_its_folder(path, lambda: os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666))


def _move(staged: str, path: str) -> None:
    _in_its_folder(path, lambda: os.replace(staged, path))


def _in_its_folder(path: str, act: Callable[[], Result]) -> Result:
    """Do what needs the folder of a path, which others remove as soon as they find it empty."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        return act()
    for _ in range(_ATTEMPTS):
        with contextlib.suppress(FileNotFoundError, FileExistsError):  # what was there is gone again
            os.makedirs(os.path.dirname(path), exist_ok=True)
            return act()
    os.makedirs(os.path.dirname(path), exist_ok=True)
    return act()


def _is_running(process: str) -> bool:
    try:
        os.kill(int(process), 0)
    except PermissionError:
        return True  # somebody else's
    except (ProcessLookupError, ValueError, OverflowError):
        return False
    return True
