"""A folder made the same as another: new and changed files are replaced whole, and what this has put there removed.

A file in the folder names what was put there and how it looked, so that nobody else's file is ever touched, and no
file is read again that looks as it did.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import stat
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from pixeldigest.channels.failures import SettingsError, UnavailableError
from pixeldigest.diagnostics import UserError
from pixeldigest.stamps import Stamp, stamp_of
from pixeldigest.wholefile import write_whole

MIRRORED = ".pixeldigest-mirror"
_STAGING = ".pixeldigest-staging"
# Files that looked the same so shortly (in ns) before it was noted may have changed since without looking different.
_SETTLED = 2_000_000_000
# What goes on until somebody does something about it.
_LASTING = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR, errno.ELOOP, errno.ENAMETOOLONG)


class _Copy(NamedTuple):
    """How a file and its copy looked when it was copied."""

    source: Stamp
    there: Stamp


class _Note(NamedTuple):
    """What a folder's note says: whose copies it holds, of which files (None: half a copy), and when it was written."""

    owner: str = ""
    files: Mapping[str, _Copy | None] = MappingProxyType({})
    written: int = 0


def mirror(source: Path, target: Path, *, owner: str, before: Callable[[str], None]) -> None:
    """Copy a folder's files, pages after what they show, and remove what an earlier copy of the owner's put there.

    `before` is called with words once it is known that there is something to do. Raises SettingsError where the target
    holds something else or may not be written, UnavailableError where the disk does not allow it.
    """
    try:
        note = _read_note(target)
        _check_free(target, note, owner)
        wanted = _list_files(source)
        same = {name: copy for name in wanted if (copy := _find_same(source / name, target / name, name, note))}
        changed = sorted(wanted - same.keys(), key=_rank)
        gone = sorted(note.files.keys() - wanted, key=_rank, reverse=True)
        if changed or gone:
            _check_ways(target, note, changed, gone)
            before(f"copy {len(changed)} files to {target} and remove {len(gone)}")
            _replace_files(source, target, _Note(owner, same), changed, gone)
    except OSError as error:
        raise _failure(target, error) from error


def _replace_files(source: Path, target: Path, note: _Note, changed: list[str], gone: list[str]) -> None:
    # Named before they are there: a run that is killed in between must be able to remove them.
    _write_note(target, note._replace(files={**note.files, **dict.fromkeys([*changed, *gone])}))
    shutil.rmtree(target / _STAGING, ignore_errors=True)
    in_the_way = _find_in_the_way(gone, changed)
    for name in in_the_way:
        _remove(target, name)
    copies = {name: _copy(source / name, target / name, target / _STAGING) for name in changed}
    for name in gone:
        if name not in in_the_way:
            _remove(target, name)
    _write_note(target, note._replace(files={**note.files, **copies}))
    shutil.rmtree(target / _STAGING, ignore_errors=True)


def _rank(name: str) -> tuple[int, str]:
    """Order files so that nobody meets a page without its style, or a feed's entry without its page; the index last."""
    if not name.endswith((".html", ".xml", ".json")) or name.startswith("assets/"):
        return 0, name
    if name.endswith(".html") and "/" in name:
        return 1, name
    return (3 if name == "index.html" else 2), name


def _list_files(folder: Path) -> frozenset[str]:
    """List the files below a folder; links are none. Raises OSError rather than leave out what cannot be read."""

    def stop(error: OSError) -> None:
        raise error

    paths = (Path(root, name) for root, _, names in os.walk(folder, onerror=stop) for name in names)
    return frozenset(str(path.relative_to(folder)) for path in paths if stat.S_ISREG(path.lstat().st_mode))


def _find_same(source: Path, there: Path, name: str, note: _Note) -> _Copy | None:
    """Tell how a file and its copy look, where they are the same: by how they look, or else by their bytes."""
    try:
        status = there.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    copy = _Copy(stamp_of(source.lstat()), stamp_of(status))
    settled = max(*copy.source[:2], *copy.there[:2]) < note.written - _SETTLED
    if settled and note.files.get(name) == copy:
        return copy
    equal = (
        stat.S_ISREG(status.st_mode) and copy.source[2] == copy.there[2] and source.read_bytes() == there.read_bytes()
    )
    return copy if equal else None


def _copy(source: Path, there: Path, staging: Path) -> _Copy:
    with source.open("rb") as stream:
        stamp, content = stamp_of(os.fstat(stream.fileno())), stream.read()
    return _Copy(stamp, write_whole(str(there), content, staging=str(staging), durable=True))


def _remove(target: Path, name: str) -> None:
    """Remove a file, and the folders that are empty then; a run that was killed may have done a part of it."""
    path = target / name
    with contextlib.suppress(NotADirectoryError):
        if path.is_symlink() or not path.is_dir():
            path.unlink(missing_ok=True)
    for folder in path.parents:
        if folder == target:
            break
        with contextlib.suppress(OSError):  # what is not empty stays
            folder.rmdir()


# --- What must not be touched ---


def _check_free(target: Path, note: _Note, owner: str) -> None:
    if note.owner and note.owner != owner:
        raise SettingsError(f"'{target}' holds the site of '{note.owner}'; name a folder of its own")
    others = not note.owner and target.exists() and any(not path.name.startswith(".") for path in target.iterdir())
    if others:
        raise SettingsError(
            f"'{target}' holds files of somebody else's; name an empty folder, which will hold the site"
        )


def _check_ways(target: Path, note: _Note, changed: Iterable[str], gone: Iterable[str]) -> None:
    """Refuse to write over what is not ours, or through a link to somewhere else."""
    for name in changed:
        if name not in note.files and os.path.lexists(target / name) and not (target / name).is_dir():
            message = f"'{target / name}' was not put there by this channel, and would be replaced"
            raise SettingsError(f"{message}; move it away")
    ways = {way for name in (*changed, *gone, f"{_STAGING}/file") for way in Path(name).parents}
    for way in sorted(ways):
        if way != Path() and (target / way).is_symlink():
            message = f"'{target / way}' is a link, and what is written there would lie elsewhere"
            raise SettingsError(f"{message}; delete it, or name another folder")


def _find_in_the_way(gone: Iterable[str], changed: Iterable[str]) -> list[str]:
    """Find what has to go first: a file where a folder is to be, or in a folder where a file is to be."""
    names = set(changed)
    folders = {str(way) for name in names for way in Path(name).parents}
    return [name for name in gone if name in folders or any(str(way) in names for way in Path(name).parents)]


def _failure(target: Path, error: OSError) -> UserError:
    reason = (error.strerror or str(error)).lower()
    message = f"'{error.filename2 or error.filename or target}' cannot be copied: {reason}"
    return SettingsError(message) if error.errno in _LASTING else UnavailableError(message)


# --- The note ---


def _read_note(target: Path) -> _Note:
    try:
        with (target / MIRRORED).open("rb") as stream:
            written, plain = os.fstat(stream.fileno()).st_mtime_ns, json.load(stream)
        files = {name: copy and _Copy(*(tuple(stamp) for stamp in copy)) for name, copy in plain["files"].items()}
    except (FileNotFoundError, NotADirectoryError, ValueError, KeyError, TypeError, AttributeError):
        return _Note()
    # The file may have been tampered with: nothing outside the folder is ever removed.
    inside = {name: copy for name, copy in files.items() if not name.startswith("/") and ".." not in name.split("/")}
    return _Note(str(plain.get("newsletter", "")), inside, written)


def _write_note(target: Path, note: _Note) -> None:
    plain = {"newsletter": note.owner, "files": dict(sorted(note.files.items()))}
    text = json.dumps(plain, separators=(",", ":"))
    write_whole(str(target / MIRRORED), text.encode(), staging=str(target / _STAGING), durable=True)
