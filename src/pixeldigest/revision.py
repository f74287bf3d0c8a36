"""The content of an earlier git revision, in a folder of its own; the work tree is never touched."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from pixeldigest.diagnostics import EXIT_USAGE, UserError
from pixeldigest.gitcommand import Done, Git, NoGitError
from pixeldigest.library import SETTINGS_FILE

_FOLDER = PurePosixPath(SETTINGS_FILE).parent
_LINK, _FILES = "120000", ("100644", "100755")


class _Blob(NamedTuple):
    """A file of a revision: git's mode, its object, and its path below the project."""

    mode: str
    object: str
    path: PurePosixPath


@contextmanager
def content_at(project: Path, revision: str) -> Iterator[Path]:
    """Write `content/` as it was at a revision into a temporary project, which is gone afterwards.

    Raises UserError where there is no git, no repository, no such revision, or no newsletter in it.
    """
    blobs = _list_blobs(project, _find_commit(project, revision))
    if PurePosixPath(SETTINGS_FILE) not in {blob.path for blob in blobs}:
        raise UserError(f"there was no {SETTINGS_FILE} yet at '{revision}'; name a later revision", status=EXIT_USAGE)
    with tempfile.TemporaryDirectory(prefix="pixeldigest-") as name:
        folder = Path(name)
        for blob, content in zip(blobs, _read_blobs(project, blobs), strict=True):
            path = folder / blob.path
            path.parent.mkdir(parents=True, exist_ok=True)
            if blob.mode == _LINK:
                path.symlink_to(os.fsdecode(content))
            else:
                path.write_bytes(content)
        yield folder


def _find_commit(project: Path, revision: str) -> str:
    inside = _git(project, "rev-parse", "--show-prefix")
    if inside.status:
        reason = "" if "not a git repository" in inside.said else f" ({inside.reason})"
        message = f"the older plan is made from git, and this newsletter is in no git repository{reason}"
        raise UserError(f"{message}; start one with 'git init', and commit", status=EXIT_USAGE)
    wanted = f"{revision}^{{commit}}"
    found = _git(project, "rev-parse", "--verify", "--quiet", "--end-of-options", wanted)
    if found.status or revision.startswith("-"):
        message = f"git knows no revision '{revision}' here"
        raise UserError(f"{message}; name a commit, a branch or a tag, as in 'HEAD~1'", status=EXIT_USAGE)
    return found.line


def _list_blobs(project: Path, commit: str) -> tuple[_Blob, ...]:
    """List the files below `content/`; git names them from the folder it runs in, which need not be its top."""
    listed = _git(project, "ls-tree", "-r", "-z", commit, "--", f"{_FOLDER}/")
    if listed.status:
        raise _failed(listed)
    blobs = []
    for line in filter(None, listed.out.split(b"\0")):
        about, _, path = line.partition(b"\t")
        mode, _, blob = os.fsdecode(about).split()
        blobs.append(_Blob(mode, blob, PurePosixPath(os.fsdecode(path))))
    # Links come last, and no path leads up, so that nothing can be written elsewhere.
    kept = (one for one in blobs if one.mode in (*_FILES, _LINK) and ".." not in one.path.parts)
    return tuple(sorted(kept, key=lambda one: one.mode == _LINK))


def _read_blobs(project: Path, blobs: tuple[_Blob, ...]) -> Iterator[bytes]:
    """Read the files' bytes as they were committed, all from one process."""
    done = _git(project, "cat-file", "--batch", stdin="".join(f"{blob.object}\n" for blob in blobs).encode())
    if done.status:
        raise _failed(done)
    start = 0
    for _ in blobs:
        head_end = done.out.index(b"\n", start)
        size = int(done.out[start:head_end].split()[-1])
        yield done.out[head_end + 1 : head_end + 1 + size]
        start = head_end + 1 + size + 1


def _git(project: Path, *arguments: str, stdin: bytes = b"") -> Done:
    try:
        return Git(project).run(*arguments, stdin=stdin)
    except NoGitError as error:
        message = "the older plan is made from git, which is not installed; install git"
        raise UserError(message, status=EXIT_USAGE) from error


def _failed(done: Done) -> UserError:
    return UserError(f"git cannot read that revision: {done.reason}; try 'git fsck'")
