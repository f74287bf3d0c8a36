"""What a rule finds, and where it stands."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from pixeldigest.diagnostics import Diagnostic, Severity, sort_diagnostics
from pixeldigest.yamlfile import Keys, Source, locate, locate_key, read_source

Side = tuple[str, Keys]


class Finding(NamedTuple):
    """Something wrong at a key of a file; offset and length point into the text that stands there.

    `sides` are the files and keys that it is in conflict with; their lines are told behind the message.
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
        if one.offset is None and one.rule in _AT_KEY:
            place = locate_key(source, one.keys)
        else:
            place = locate(source, one.keys, offset=one.offset, length=one.length)
        others = [locate_key(open_source(file), keys) for file, keys in one.sides]
        against = f" ({', '.join(f'{other.path}:{other.line}' for other in others)})" if others else ""
        placed.append(Diagnostic(one.rule, one.message + against, one.hint, place, one.severity))
    return sort_diagnostics(placed)


# Findings about a key rather than its value.
_AT_KEY = frozenset(("unknown-section",))
