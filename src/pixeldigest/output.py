"""The one writer of output: files whole, only where their bytes change, and a manifest of what was made."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import takewhile
from pathlib import Path
from typing import Any, NamedTuple

from pixeldigest.cache import Cache
from pixeldigest.diagnostics import UserError
from pixeldigest.formats.letterhtml import FORMULAS
from pixeldigest.formats.rendition import Fault
from pixeldigest.pool import WORTH_A_PROCESS, spread
from pixeldigest.stamps import Stamp, digest_of, is_as_it_was, stamp_of
from pixeldigest.wholefile import clear_staging, write_whole

MANIFEST = ".manifest"
STAGING = ".staging"
PERMANENT = f"site/{FORMULAS}"


class OutputFile(NamedTuple):
    """A file to write, its path below the output folder; without content, one that stays as it is."""

    path: str
    content: bytes | None
    faults: tuple[Fault, ...] = ()


class Batch(NamedTuple):
    """Files that are made together; as long as `key` is the same, so is all that `make` yields.

    `name` tells it from others; it is the path of its page where that is `searched`, which is where the search finds
    texts.
    """

    name: str
    key: bytes
    make: Callable[[], Iterable[OutputFile]]
    searched: bool = False


class Faulty(NamedTuple):
    """A file that has a fault; with an error it is not written."""

    path: str
    fault: Fault


class Outcome(NamedTuple):
    """What writing did: paths below the output folder, and how all files look that are as they should be.

    Without these files are left that the next run is to remove.
    """

    written: tuple[str, ...]
    unchanged: int
    removed: tuple[str, ...]
    faulty: tuple[Faulty, ...] = ()
    files: tuple[tuple[str, Stamp], ...] | None = ()


class _Made(NamedTuple):
    """A file of a batch, and how it looks; without a look it was left as it was, whatever lay there."""

    path: str
    stamp: Stamp | None
    written: bool


class _Done(NamedTuple):
    """What came of a batch."""

    key: bytes
    files: tuple[_Made, ...]
    faulty: tuple[Faulty, ...]


class _Manifest(NamedTuple):
    """The paths that a manifest names, and how it looked when it did; without a look there is none."""

    paths: set[str]
    stamp: Stamp | None


def write_pages(
    output: Path,
    batches: Iterable[Batch],
    cache: Cache,
    *,
    complete: tuple[str, ...] = (),
    last: Callable[[tuple[Batch, ...]], Iterable[Batch]] = lambda _: (),
) -> Outcome:
    """Make the batches that are not there already, and write their files whole, only where the bytes change.

    `last` makes batches that need the others' files. `complete` names the folders of which this run makes everything:
    what an earlier run wrote there and this one does not make is removed, but for pictures that mails show. A page
    with an error is not written, and what an earlier run made of it stays. Raises UserError where the disk does not
    allow it.
    """
    try:
        before = _read_manifest(output)
        state = _State(output, cache)
        _tidy(output)
        done = _make_missing(output, tuple(batches), state, last)
        made = {file.path for one in done for file in one.files}
        # Formulas that two mails show are made with both.
        written = tuple(dict.fromkeys(file.path for one in done for file in one.files if file.written))
        removed = _superseded(before.paths - made, complete)
        listed = made | _still_there(output, before.paths - made - removed, complete)
        settled = not written and listed == before.paths
        manifest = before if settled else _settle(output, removed, listed, known=before.paths)
        state.save(complete)
        looks = (*((file.path, file.stamp) for one in done for file in one.files), (MANIFEST, manifest.stamp))
        # Another build may have added files meanwhile, and left them to the next to remove.
        left = _superseded(manifest.paths - made, complete)
    except OSError as error:
        raise cannot_write(output, error) from error
    finally:
        _tidy(output)
    faulty = tuple(fault for one in done for fault in one.faulty)
    files = tuple((path, stamp) for path, stamp in looks if stamp)
    return Outcome(written, len(made) - len(written), tuple(sorted(removed)), faulty, None if left else files)


def _superseded(paths: set[str], complete: tuple[str, ...]) -> set[str]:
    """Pick, of files that a run does not make, those that are to be removed: where it makes everything."""
    return {path for path in paths if path.startswith(complete) and not path.startswith(PERMANENT)}


def _settle(output: Path, removed: set[str], listed: set[str], *, known: set[str]) -> _Manifest:
    """Remove files, and name others in the manifest, with all that other builds have announced since it was `known`."""
    with _locked(output):
        for path in removed:
            _remove(output, path)
        listed = listed | (_read_manifest(output).paths - known)
        content = "".join(f"{path}\n" for path in sorted(listed)).encode()
        return _Manifest(listed, write_whole(f"{output}/{MANIFEST}", content, staging=f"{output}/{STAGING}"))


def _still_there(output: Path, paths: set[str], complete: tuple[str, ...]) -> set[str]:
    """Leave out what is gone, where these are few: after a run that makes everything."""
    return {path for path in paths if os.path.exists(output / path)} if complete else paths  # noqa: PTH110 - of any name


# So many output folders are remembered.
_MOST_OUTPUTS = 10
# So many batches in a row are made by one process: neighbours share texts, which are parsed once.
_IN_A_ROW = 12


def _make_missing(
    output: Path, batches: tuple[Batch, ...], state: _State, last: Callable[[tuple[Batch, ...]], Iterable[Batch]]
) -> list[_Done]:
    found = [state.look_up(batch) for batch in batches]
    missing = [batch for batch, there in zip(batches, found, strict=True) if there is None]
    rows = [missing[start : start + _IN_A_ROW] for start in range(0, len(missing), _IN_A_ROW)]
    made = iter(
        [done for row in spread(partial(_make_all, output), rows, worth=WORTH_A_PROCESS // _IN_A_ROW) for done in row]
    )
    done = [there or state.note(batch, next(made)) for batch, there in zip(batches, found, strict=True)]
    for batch in last(batches):
        found_last = state.look_up(batch)
        if found_last is None:
            found_last = _make(output, batch)
            # Where another build has replaced files that this was made from, it is made again the next time.
            if not all(state.is_there(file.path, file.stamp) for one in done for file in one.files):
                found_last = found_last._replace(key=b"")
            state.note(batch, found_last)
        done.append(found_last)
    return done


def _make_all(output: Path, batches: list[Batch]) -> list[_Done]:
    return [_make(output, batch) for batch in batches]


def _make(output: Path, batch: Batch) -> _Done:
    files, faulty = [], []
    for page in batch.make():
        faulty += [Faulty(page.path, fault) for fault in page.faults]
        refused = any(fault.severity == "error" for fault in page.faults)
        files.append(_Made(page.path, None, written=False) if refused or page.content is None else _put(output, page))
    return _Done(batch.key, tuple(files), tuple(faulty))


def _put(output: Path, page: OutputFile) -> _Made:
    path, content = f"{output}/{page.path}", page.content or b""
    if stamp := _read_same(path, content):
        return _Made(page.path, stamp, written=False)
    if not os.path.exists(path):  # noqa: PTH110
        _announce(output, page.path)
    return _Made(page.path, write_whole(path, content, staging=f"{output}/{STAGING}"), written=True)


class _State:
    """What earlier runs made of each batch in an output folder, as the cache remembers it."""

    def __init__(self, output: Path, cache: Cache) -> None:
        self._output, self._cache = f"{output}/", cache
        self._name = f"outputs/{digest_of(str(output.resolve()).encode()).hex()}"
        self._kept: dict[str, Any] = cache.load(self._name) or {}
        self._changed = False
        self._asked: set[str] = set()

    def look_up(self, batch: Batch) -> _Done | None:
        """Find what a batch has come to, where it was made from the same, and its files are as they were."""
        self._asked.add(batch.name)
        kept = self._kept.get(batch.name)
        if kept is None or kept[0] != batch.key or not all(self.is_there(*file) for file in kept[1]):
            return None
        files = tuple(_Made(path, stamp, written=False) for path, stamp in kept[1])
        return _Done(batch.key, files, tuple(Faulty(path, Fault(*fault)) for path, fault in kept[2]))

    def note(self, batch: Batch, done: _Done) -> _Done:
        """Note what a batch has come to."""
        files = tuple((file.path, file.stamp) for file in done.files)
        self._kept[batch.name] = (done.key, files, tuple((path, tuple(fault)) for path, fault in done.faulty))
        self._changed = True
        return done

    def save(self, complete: tuple[str, ...]) -> None:
        """Keep what was noted, and forget batches in folders of which everything was asked for and they were not."""
        gone = [name for name in self._kept.keys() - self._asked if complete and name.startswith(complete)]
        for name in gone:
            del self._kept[name]
        if self._changed or gone:
            self._cache.save(self._name, self._kept, most=_MOST_OUTPUTS)

    def is_there(self, path: str, stamp: Stamp | None) -> bool:
        """Tell whether a file still looks as it did; one that was left as it was always does."""
        return stamp is None or is_as_it_was(self._output + path, stamp)


def _tidy(output: Path) -> None:
    """Remove what killed processes left behind; another one may be faster."""
    with contextlib.suppress(OSError):
        clear_staging(f"{output}/{STAGING}")


def cannot_write(path: Path, error: OSError) -> UserError:
    """Word an error of the disk."""
    return UserError(f"cannot write to {error.filename or path}: {(error.strerror or str(error)).lower()}")


def _read_same(path: str, content: bytes) -> Stamp | None:
    """Tell how a file looks that holds these bytes already; None for any other."""
    try:
        with open(path, "rb") as stream:  # noqa: PTH123 - thousands of times
            return stamp_of(os.fstat(stream.fileno())) if stream.read() == content else None
    except OSError:
        return None


def _announce(output: Path, path: str) -> None:
    """Name a new page before it is written, so that a later build knows of it even if this one is killed."""
    with _locked(output), (output / MANIFEST).open("a", encoding="utf-8") as stream:
        stream.write(f"{path}\n")


@contextlib.contextmanager
def _locked(output: Path) -> Iterator[None]:
    """Keep the manifest from changing meanwhile: what another build adds to a replaced one would be lost."""
    output.mkdir(parents=True, exist_ok=True)
    folder = os.open(output, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # some network disks cannot lock
            fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _read_manifest(output: Path) -> _Manifest:
    try:
        with (output / MANIFEST).open(encoding="utf-8") as stream:
            stamp = stamp_of(os.fstat(stream.fileno()))
            lines = stream.read().splitlines()
    except (FileNotFoundError, UnicodeDecodeError):
        return _Manifest(set(), None)
    # The file may have been tampered with: nothing outside the output folder is ever removed.
    paths = {line for line in lines if line and not line.startswith("/") and ".." not in line.split("/")}
    return _Manifest(paths, stamp)


def _remove(output: Path, path: str) -> None:
    """Remove a file that is no longer made, and the folders that it leaves empty."""
    target = output / path
    target.unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # it holds something, or another build was faster
        for folder in takewhile(output.__ne__, target.parents):
            folder.rmdir()
