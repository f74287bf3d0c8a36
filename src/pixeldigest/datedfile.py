"""Files that are kept by date: days are put in where they belong, and every line that is there stays as it is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import NamedTuple

from pixeldigest.diagnostics import EXIT_CONTENT, UserError
from pixeldigest.output import cannot_write
from pixeldigest.wholefile import PROJECT_STAGING, write_whole
from pixeldigest.yamlerror import YamlError
from pixeldigest.yamltree import Mapping as KeyedNode
from pixeldigest.yamltree import Node, Scalar, parse_tree, to_plain

# What is written of each day: its lines, as they stand in a file that is not indented.
Lines = tuple[str, ...]


class DatedFile(NamedTuple):
    """A file by its name below the project, what one puts into it, and the comment with which a new one begins."""

    name: str
    noun: str
    comment: str


def write_days(project: Path, file: DatedFile, days: Mapping[date, Lines]) -> Path:
    """Put days into a file and return it; it is on the disk when this returns."""
    path = (project / file.name).resolve()
    try:
        before = path.read_bytes() if path.exists() else f"# {file.comment}\n".encode()
        after = insert_days(before.decode(), file, days).encode()
        write_whole(str(path), after, staging=str(project / PROJECT_STAGING), durable=True)
    except OSError as error:
        raise cannot_write(path, error) from error
    return path


def insert_days(text: str, file: DatedFile, days: Mapping[date, Lines]) -> str:
    """Put each day's lines before those of the next later date.

    Raises UserError where the file is written so that no line can be put in.
    """
    lines = re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+", text)
    end = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    there = tuple(key for key, _ in _find_pairs(text))
    indent = " " * (there[0].column if there else 0)
    added: dict[int, list[str]] = {}
    for day, own in sorted(days.items()):
        added.setdefault(_line_for(day, there, lines), []).extend(f"{indent}{line}{end}" for line in own)
    whole: list[str] = []
    for number, line in enumerate([*lines, ""]):
        new = added.get(number, [])
        if new and whole and not whole[-1].endswith(("\n", "\r")):
            whole.append(end)
        whole += [*new, line]
    after = "".join(whole)
    if not _holds(after, {**_read(text), **_read("\n".join(line for own in days.values() for line in own))}):
        message = f"no {file.noun} can be put into {file.name} as it is written; begin a line with each date, as in"
        raise UserError(f"{message} '2026-12-24:', and write what belongs to it below", status=EXIT_CONTENT)
    return after


def _line_for(day: date, days: tuple[Scalar, ...], lines: list[str]) -> int:
    """Find the line to put a day before: the first later date's, with the comment right above it.

    A comment at the top of the file, right above the first date, is about the file.
    """
    later = next((key for key in days if key.text > day.isoformat()), None)
    if later is None:
        return len(lines)
    above = later.line
    while above and lines[above - 1].lstrip("\ufeff").startswith("#"):
        above -= 1
    return later.line if above == 0 else above


def _holds(text: str, wanted: Mapping[str, object]) -> bool:
    try:
        return _read(text) == wanted
    except YamlError:
        return False


def _read(text: str) -> dict[str, object]:
    return {key.text: to_plain(value) for key, value in _find_pairs(text)}


def _find_pairs(text: str) -> tuple[tuple[Scalar, Node], ...]:
    root = parse_tree(text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n") + "\n")
    return root.pairs if isinstance(root, KeyedNode) else ()
