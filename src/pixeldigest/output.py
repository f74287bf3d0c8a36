"""The one writer of output: files whole, only where their bytes change, and a manifest of what was made."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from pixeldigest.diagnostics import UserError
from pixeldigest.formats.letterhtml import FORMULAS
from pixeldigest.formats.rendition import Fault

MANIFEST = ".manifest"
STAGING = ".staging"
PERMANENT = f"site/{FORMULAS}"


class OutputFile(NamedTuple):
    """A file to write, its path below the output folder; without content, one that stays as it is."""

    path: str
    content: bytes | None
    faults: tuple[Fault, ...] = ()


class Faulty(NamedTuple):
    """A file that has a fault; with an error it is not written."""

    path: str
    fault: Fault


class Outcome(NamedTuple):
    """What writing did: paths below the output folder."""

    written: tuple[str, ...]
    unchanged: int
    removed: tuple[str, ...]
    faulty: tuple[Faulty, ...] = ()


def write_pages(output: Path, pages: Iterable[OutputFile], *, complete: tuple[str, ...] = ()) -> Outcome:
    """Write files whole, and only where their bytes change.

    `complete` names the folders of which this run makes everything: what an earlier run wrote there and this one
    does not make is removed, but for pictures that mails show. A page with an error is not written, and what an
    earlier run made of it stays. Raises UserError where the disk does not allow it.
    """
    written, made, faulty = [], set(), []
    staging = output / STAGING
    try:
        before = _read_manifest(output)
        _clear_staging(staging)
        for page in pages:
            made.add(page.path)
            faulty += [Faulty(page.path, fault) for fault in page.faults]
            refused = any(fault.severity == "error" for fault in page.faults)
            if page.content is None or refused or _is_written(output / page.path, page.content):
                continue
            if page.path not in before:
                _announce(output, page.path)
            write_whole(output / page.path, page.content, staging=staging)
            written.append(page.path)
        gone = (path for path in before - made if not path.startswith(PERMANENT))
        removed = sorted(path for path in gone if path.startswith(complete)) if complete else []
        for path in removed:
            _remove(output, path)
        if written or removed:
            # Read again: another build may have announced pages meanwhile.
            listed = sorted((_read_manifest(output) | made) - set(removed))
            write_whole(output / MANIFEST, "".join(f"{path}\n" for path in listed).encode(), staging=staging)
            _clear_staging(staging)
    except OSError as error:
        raise cannot_write(output, error) from error
    return Outcome(tuple(written), len(made) - len(written), tuple(removed), tuple(faulty))


def cannot_write(path: Path, error: OSError) -> UserError:
    """Word an error of the disk."""
    return UserError(f"cannot write to {error.filename or path}: {(error.strerror or str(error)).lower()}")


def write_whole(path: Path, content: bytes, *, staging: Path | None = None, durable: bool = False) -> None:
    """Replace a file in one step, so that nobody ever sees half of it; `durable` waits for the disk.

    What a killed process leaves behind lies in the folder `staging`, which must be on the same disk.
    """
    folder = staging or path.parent
    for one in (folder, path.parent):
        one.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=folder, prefix=f"{os.getpid()}." if staging else f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            if durable:
                stream.flush()
                os.fsync(stream.fileno())
        temporary.chmod(0o666 & ~_umask())  # mkstemp makes it private
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _is_written(path: Path, content: bytes) -> bool:
    try:
        return path.read_bytes() == content
    except FileNotFoundError:
        return False


def _announce(output: Path, path: str) -> None:
    """Name a new page before it is written, so that a later build knows of it even if this one is killed."""
    output.mkdir(parents=True, exist_ok=True)
    with (output / MANIFEST).open("a", encoding="utf-8") as stream:
        stream.write(f"{path}\n")


def _clear_staging(staging: Path) -> None:
    """Remove what killed processes left behind; others may be writing just now."""
    for path in staging.iterdir() if staging.is_dir() else ():
        if not _is_running(path.name.partition(".")[0]):
            path.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        staging.rmdir()


def _is_running(process: str) -> bool:
    try:
        os.kill(int(process), 0)
    except PermissionError:
        return True  # somebody else's
    except (ProcessLookupError, ValueError):
        return False
    return True


def _read_manifest(output: Path) -> set[str]:
    try:
        lines = (output / MANIFEST).read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, UnicodeDecodeError):
        return set()
    # The file may have been tampered with: nothing outside the output folder is ever removed.
    return {line for line in lines if line and not line.startswith("/") and ".." not in line.split("/")}


def _remove(output: Path, path: str) -> None:
    """Remove a file that is no longer made, and the folders that it leaves empty."""
    target = output / path
    target.unlink(missing_ok=True)
    for folder in target.parents:
        if folder == output or not folder.is_dir() or any(folder.iterdir()):
            break
        folder.rmdir()
