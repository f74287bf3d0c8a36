"""What a rule finds, and where it stands."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from pixeldigest.diagnostics import Diagnostic, Replacement, Severity, sort_diagnostics
from pixeldigest.yamlfile import Keys, Source, locate, locate_key, make_fix, read_source

Side = tuple[str, Keys]
# An offset in the text at fault, what stands there, and what belongs in its place.
Mend = tuple[int, str, str]


class Finding(NamedTuple):
    """Something wrong at a key of a file; offset and length point into the text that stands there.

    `sides` are the files and keys that it is in conflict with; their lines are told behind the message. `fix` is what
    mends it beyond doubt, if anything does.
    """

    rule: str
    message: str
    hint: str
    file: str
    keys: Keys = ()
    offset: int | None = None
    length: int = 1
    severity: Severity = "error"
    sides: tuple[Side, ...] = ()
    fix: tuple[Mend, ...] = ()


def place_findings(project: Path, findings: Iterable[Finding]) -> tuple[Diagnostic, ...]:
    """Find each one's line and column, by reading its file again: positions are not kept in a library."""
    sources: dict[str, Source] = {}

    def open_source(file: str) -> Source:
        if file not in sources:
            sources[file] = read_source(project / file, name=file)[0] or Source(file, ("",), None)
        return sources[file]

    placed = []
    for one in findings:
        source = open_source(one.file)
        if _is_about_key(one):
            place = locate_key(source, one.keys)
        else:
            place = locate(source, one.keys, offset=one.offset, length=one.length)
        others = [locate_key(open_source(file), keys) for file, keys in one.sides]
        against = f" ({', '.join(f'{other.path}:{other.line}' for other in others)})" if others else ""
        fix = make_fix(source, *(_replace(source, one, mend) for mend in one.fix)) if one.fix else None
        placed.append(Diagnostic(one.rule, one.message + against, one.hint, place, one.severity, fix))
    return sort_diagnostics(placed)


def _replace(source: Source, one: Finding, mend: Mend) -> Replacement:
    """Find what a stretch of a text, or a key, is in its file."""
    offset, old, new = mend
    start = locate_key(source, one.keys) if _is_about_key(one) else locate(source, one.keys, offset=offset)
    if "\n" in old + new:
        margin = " " * (locate(source, one.keys, offset=0).column - 1)
        old, new = (_behind(margin, text) for text in (old, new))
    return Replacement(start.line, start.column, old, new)


def _behind(margin: str, text: str) -> str:
    """Put a block's margin before each line of a text but the first and those without words."""
    return re.sub(r"\n(?!\n)", f"\n{margin}", text)


def _is_about_key(one: Finding) -> bool:
    """Tell whether a key is at fault rather than its value."""
    return one.offset is None and one.rule == "unknown-section"
