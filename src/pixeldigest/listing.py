"""The files in a content directory: what is read, what is not, and why."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from pixeldigest.content import ENTRY_KINDS
from pixeldigest.diagnostics import Diagnostic, Fix, Place, suggest
from pixeldigest.stamps import Stamp, stamp_of

# Where each kind of file lies below content/; subfolders are allowed.
FOLDERS: Mapping[str, str] = MappingProxyType(
    {kind: f"{kind}s" for kind in (*ENTRY_KINDS, "course", "collection", "page")}
)
_PLACES = frozenset((*FOLDERS.values(), "images", "record", "newsletter.yml", "calendar.yml", "withdrawn.yml"))
_MAX_FOLDERS = 12
# What lies on the site beside pages of one's own.
TAKEN_PAGES = frozenset((*FOLDERS.values(), "issues", "archive", "tags", "assets", "pagefind", "index", "404"))


class FoundFile(NamedTuple):
    """A file: its name below the project, the stem of that, and how it looks."""

    name: str
    stem: str
    stamp: Stamp


def list_files(project: Path, folder: str, found: list[Diagnostic]) -> Iterator[FoundFile]:
    """List the YAML files below a folder in the order of their names; what else lies there is reported."""
    for name, entry in _walk(project, folder, found):
        if entry.name.endswith(".yml"):
            yield FoundFile(name, entry.name[:-4], _look_at(entry))
        elif entry.name.endswith(".yaml"):
            hint = f"rename this one to '{entry.name[:-5]}.yml'"
            message, fix = "the names of content files end in '.yml'", Fix(name=f"{entry.name[:-5]}.yml")
            found.append(Diagnostic("file-name", message, hint, Place(name), fix=fix))
        else:
            hint = "move it out of content/, or to content/images/ if it is an image"
            found.append(Diagnostic("stray-file", "nothing reads this file", hint, Place(name), "warning"))


def list_images(project: Path, found: list[Diagnostic]) -> Iterator[FoundFile]:
    """List the pictures."""
    for name, entry in _walk(project, "content/images", found):
        yield FoundFile(name, Path(name).stem, _look_at(entry))


def _look_at(entry: os.DirEntry[str]) -> Stamp:
    try:
        return stamp_of(entry.stat())
    except OSError:  # deleted since it was listed: whoever reads it will say so
        return 0, 0, 0, 0


def list_strangers(project: Path) -> Iterator[Diagnostic]:
    """Report what lies in `content/` and nothing reads; a misspelt folder would be silent otherwise."""
    try:
        names = sorted(path.name for path in (project / "content").iterdir())
    except OSError:
        return
    for name in names:
        if name not in _PLACES and not name.startswith("."):
            hint = suggest(name, sorted(_PLACES))
            yield Diagnostic("stray-file", f"nothing reads 'content/{name}'", hint, Place(f"content/{name}"), "warning")


def leads_out(project: Path, name: str) -> Diagnostic | None:
    """Tell whether a file or folder is a link that leads out of `content/`."""
    if _stays_inside(project, project / name):
        return None
    hint = "copy the file here: content is read from content/ only"
    return Diagnostic("symbolic-link", "this link leads out of content/, or nowhere", hint, Place(name))


def _walk(project: Path, folder: str, found: list[Diagnostic]) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Walk the files below a folder in the order of their names, without leaving `content/`."""
    if fault := leads_out(project, folder):
        found.append(fault)
        return
    try:
        with os.scandir(project / folder) as listing:
            entries = sorted((one for one in listing if not one.name.startswith(".")), key=lambda one: one.name)
    except FileNotFoundError:
        return
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        hint = "make it a folder that can be read"
        found.append(Diagnostic("file", f"this folder cannot be read: {reason}", hint, Place(folder)))
        return
    for entry in entries:
        name = f"{folder}/{entry.name}"
        if fault := _fault_of(project, name, entry):
            found.append(fault)
        elif entry.is_dir():
            yield from _walk(project, name, found)
        else:
            yield name, entry


def _fault_of(project: Path, name: str, entry: os.DirEntry[str]) -> Diagnostic | None:
    """Tell why a file or folder is not read, if so."""
    if not name.isprintable():  # also where the name is not UTF-8
        shown = "".join(one if one.isprintable() else "\ufffd" for one in name)
        hint = "rename it with letters, digits and hyphens"
        return Diagnostic("file-name", "this name has characters that cannot be shown", hint, Place(shown))
    if entry.is_symlink() and (fault := leads_out(project, name)):
        return fault
    if entry.is_file():
        return None
    if not entry.is_dir():
        return Diagnostic("file", "this is a pipe or a device", "put a file in its place", Place(name))
    if entry.is_symlink():
        return Diagnostic(
            "symbolic-link", "links to folders are not followed", "put the folder itself here", Place(name)
        )
    if entry.name.endswith((".yml", ".yaml")):
        return Diagnostic("file", "a folder stands where a file should be", "move or rename the folder", Place(name))
    if name.count("/") > _MAX_FOLDERS:
        return Diagnostic("file", "folders are nested too deeply here", "move its files up", Place(name))
    return None


def _stays_inside(project: Path, path: Path) -> bool:
    """Tell whether a path, its links followed, lies in `content/`; one where nothing is counts as such."""
    if not path.is_symlink():
        return True
    try:
        return path.resolve(strict=True).is_relative_to((project / "content").resolve())
    except (OSError, RuntimeError):
        return False
