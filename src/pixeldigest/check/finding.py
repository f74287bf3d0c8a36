"""What a rule finds, and where it stands."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from pixeldigest.diagnostics import Diagnostic, Severity, sort_diagnostics
from pixeldigest.yamlfile import Keys, Source, locate, locate_key, read_source


class Finding(NamedTuple):
    """Something wrong at a key of a file; offset and length point into the text that stands there."""

    rule: str
    message: str
    hint: str
    file: str
    keys: Keys = ()
    offset: int | None = None
    length: int = 1
    severity: Severity = "error"


def place_findings(project: Path, findings: Iterable[Finding]) -> tuple[Diagnostic, ...]:
    """Find each one's line and column, by reading its file again: positions are not kept in a library."""
    sources: dict[str, Source | None] = {}
    placed = []
    for one in findings:
        if one.file not in sources:
            sources[one.file], _ = read_source(project / one.file, name=one.file)
        source = sources[one.file] or Source(one.file, ("",), None)
        if one.offset is None and one.rule in _AT_KEY:
            place = locate_key(source, one.keys)
        else:
            place = locate(source, one.keys, offset=one.offset, length=one.length)
        placed.append(Diagnostic(one.rule, one.message, one.hint, place, one.severity))
    return sort_diagnostics(placed)


# Findings about a key rather than its value.
_AT_KEY = frozenset(("unknown-section",))
