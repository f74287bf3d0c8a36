"""The record: which days are due, and writing down what they hold, once."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from pixeldigest.build import Failure
from pixeldigest.diagnostics import EXIT_CONTENT, UserError
from pixeldigest.issue import assemble_issue
from pixeldigest.library import Library
from pixeldigest.output import cannot_write
from pixeldigest.schedule import Lineup, NoIssue, plan_days
from pixeldigest.settings import Newsletter
from pixeldigest.wholefile import PROJECT_STAGING, write_whole


def last_due_day(newsletter: Newsletter, now: datetime) -> date:
    """Find the last date whose hour of publication has passed; `now` has a time zone."""
    today = now.astimezone(newsletter.zone).date()
    # Compared in UTC: where clocks are put back an hour comes twice, and what was due stays due.
    due = datetime.combine(today, newsletter.publish.at, newsletter.zone).astimezone(UTC)
    return today if now.astimezone(UTC) >= due else today - timedelta(days=1)


class Recording(NamedTuple):
    """The days that were recorded, and the one that stopped it, if any did."""

    recorded: tuple[Lineup, ...]
    blocked: tuple[Failure, ...]


def record_due_days(
    project: Path, library: Library, *, until: date, dry_run: bool, before: Callable[[date], None] = lambda _: None
) -> Recording:
    """Record every unrecorded day up to a date, oldest first, and stop before the first that cannot be sent.

    `before` is called with each day right before it is recorded.
    """
    recorded: list[Lineup] = []
    for lineup in plan_days(library, until=until):
        if isinstance(lineup, NoIssue) or lineup.recorded:
            continue
        try:
            assemble_issue(lineup, library, lambda _: None)
        except UserError as error:
            return Recording(tuple(recorded), (Failure(lineup.date, error),))
        before(lineup.date)
        if not dry_run:
            record_lineup(project, lineup)
        recorded.append(lineup)
    return Recording(tuple(recorded), ())


def record_lineup(project: Path, lineup: Lineup) -> Path:
    """Write a lineup into the record of its year and return the file; it is on the disk when this returns.

    Raises UserError where the file has a line of that date or a later one already.
    """
    path = project / "content" / "record" / f"{lineup.date.year}.yml"
    before = path.read_bytes() if path.exists() else b""
    days = re.findall(rb"^(?:\xef\xbb\xbf)?['\"]?(\d{4}-\d{2}-\d{2})['\"]?:", before, re.MULTILINE)
    if days and (last := max(days).decode()) >= lineup.date.isoformat():
        raise UserError(f"{path.name} holds {last} already; {lineup.date} is not recorded", status=EXIT_CONTENT)
    joint = b"" if not before or before.endswith(b"\n") else b"\n"
    line = record_line(lineup).encode() + b"\n"
    try:
        write_whole(str(path), before + joint + line, staging=str(project / PROJECT_STAGING), durable=True)
    except OSError as error:
        raise cannot_write(path, error) from error
    return path


def record_line(lineup: Lineup) -> str:
    """Write a lineup as one line of YAML."""
    fields = [f"number: {lineup.number}"]
    if lineup.course_id:
        fields.append(f"course: {lineup.course_id}")
    if lineup.chapter_id:
        fields.append(f"chapter: {lineup.chapter_id}")
    fields.append(f"sections: {_flow((part.section_id, _flow_list(part.recorded)) for part in lineup.parts)}")
    fields.append(f"because: {_flow((choice.section_id, choice.because) for choice in lineup.choices)}")
    fields += [f"{key}: {_quote(text)}" for key, text in (("title", lineup.title), ("note", lineup.note)) if text]
    return f"{lineup.date.isoformat()}: {{{', '.join(fields)}}}"


def _flow_list(value: str | tuple[str, ...]) -> str:
    return value if isinstance(value, str) else f"[{', '.join(value)}]"


def _flow(pairs: Iterable[tuple[str, str]]) -> str:
    return "{" + ", ".join(f"{key}: {value}" for key, value in pairs) + "}"


def _quote(text: str) -> str:
    """Write any text in double quotes: JSON's strings are YAML's, but for what YAML takes for line ends or refuses."""
    return _NOT_PLAIN_IN_YAML.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))


_NOT_PLAIN_IN_YAML = re.compile("[\x7f-\xa0\u2028\u2029\ufeff\ufffe\uffff]")
