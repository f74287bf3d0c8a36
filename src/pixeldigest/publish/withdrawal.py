"""Withdrawing an issue: a line in content/withdrawn.yml, from which builds and channels know what to do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from types import MappingProxyType

from pixeldigest.datedfile import DatedFile, write_days
from pixeldigest.diagnostics import EXIT_USAGE, UserError
from pixeldigest.fields import HIDDEN
from pixeldigest.library import WITHDRAWN_FILE, Library
from pixeldigest.yamltext import write_pair

_WITHDRAWN = DatedFile(
    WITHDRAWN_FILE, "withdrawal", "Issues that were withdrawn, each with the reason that readers are told."
)
# What readers could not see, or no file could hold.
_UNFIT = re.compile(rf"[{HIDDEN}\ud800-\udfff]")


def withdraw_issue(library: Library, day: date, reason: str) -> Library:
    """Take an issue from what readers see; raises UserError where it never went out, or was withdrawn before."""
    if day not in library.record:
        raise UserError(f"no issue went out on {day}{_nearest(library.record, day)}", status=EXIT_USAGE)
    if before := library.withdrawn.get(day):
        told = f"No. {library.record[day].number} of {day} is withdrawn already: {before}"
        raise UserError(f"{told} ('pixeldigest publish' does what is left to do)", status=EXIT_USAGE)
    withdrawn = {**library.withdrawn, day: clean_reason(reason)}
    return library._replace(withdrawn=MappingProxyType(dict(sorted(withdrawn.items()))))


def clean_reason(text: str) -> str:
    """Put a reason on one line; raises UserError for one that readers could not read."""
    line = " ".join(text.split())
    if not line:
        raise UserError("the reason is empty; write why, as the issue's page tells readers", status=EXIT_USAGE)
    if unfit := _UNFIT.search(line):
        message = f"the invisible character U+{ord(unfit[0]):04X} stands in the reason; leave it out"
        raise UserError(message, status=EXIT_USAGE)
    return line


def write_withdrawal(project: Path, day: date, reason: str) -> Path:
    """Note in content/withdrawn.yml why an issue is withdrawn, and return the file; it is on the disk by then."""
    return write_days(project, _WITHDRAWN, {day: (write_pair(day.isoformat(), reason, 0),)})


def _nearest(record: Mapping[date, object], day: date) -> str:
    before = max((one for one in record if one < day), default=None)
    after = min((one for one in record if one > day), default=None)
    near = " and ".join(str(one) for one in (before, after) if one)
    return f" (nearest: {near})" if near else ""
