"""Values that are kept in a folder, and read back only if they are whole and the same program has kept them."""

from __future__ import annotations

import marshal
import os

from pixeldigest.stamps import DIGEST_SIZE, digest_of
from pixeldigest.wholefile import clear_staging, write_whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def keep(folder: str, name: str, content: bytes, *, most: int = 0) -> None:
    """Keep bytes under a name, and of the subfolder that it lies in only the latest if `most` says how many.

    Raises OSError where nothing can be written.
    """
    path = f"{folder}/{name}"
    if os.path.isdir(path):  # somebody has put it there, and it can only be in the way
        from shutil import rmtree  # noqa: PLC0415 - it takes its time, and hardly ever happens

        rmtree(path)
    write_whole(path, content, staging=_staging(folder))
    if most:
        _keep_latest(os.path.dirname(path), most)


def keep_value(folder: str, name: str, value: Any, program: bytes, *, most: int = 0) -> None:
    """Keep a value for a program. Raises OSError where nothing can be written."""
    payload = marshal.dumps(value)
    keep(folder, name, program + _digest(name, payload) + payload, most=most)


def read_value(folder: str, name: str, program: bytes) -> Any:
    """Read a value back; None where there is none, or none of use: damaged, or kept by another program."""
    try:
        with open(f"{folder}/{name}", "rb") as stream:
            whole = stream.read()
        mark, payload = whole[: 2 * DIGEST_SIZE], whole[2 * DIGEST_SIZE :]
        return marshal.loads(payload) if mark == program + _digest(name, payload) else None  # noqa: S302
    except (OSError, ValueError, EOFError, TypeError):
        return None


def read_clock(folder: str) -> int:
    """Tell the time as the file system does, in ns: what looks older than this cannot change and look the same.

    Raises OSError where nothing can be written.
    """
    path = f"{folder}/clock.{os.getpid()}"
    moment = write_whole(path, b"", staging=_staging(folder))[0]
    os.unlink(path)
    return moment


def _digest(name: str, payload: bytes) -> bytes:
    return digest_of(name.encode() + b"\0" + payload)


def _staging(folder: str) -> str:
    """Name the folder where files are written before they have their names; git need not see any of it."""
    if not os.path.isdir(folder):
        os.makedirs(folder, exist_ok=True)
        with open(f"{folder}/.gitignore", "w", encoding="utf-8") as stream:
            stream.write("*\n")
    return f"{folder}/.staging"


def clear_kept(folder: str) -> None:
    """Remove what killed processes left behind. Raises OSError where another process was faster."""
    clear_staging(f"{folder}/.staging")


def _keep_latest(folder: str, most: int) -> None:
    names = sorted(os.listdir(folder), key=lambda one: -os.stat(f"{folder}/{one}").st_mtime_ns)
    for name in names[most:]:
        os.unlink(f"{folder}/{name}")
