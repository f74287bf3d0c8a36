"""The record: which days are due, and writing down what they hold, once."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path

from pixeldigest.content import Newsletter
from pixeldigest.diagnostics import EXIT_CONTENT, UserError
from pixeldigest.schedule import Lineup
from pixeldigest.site import write_whole


def last_due_day(newsletter: Newsletter, now: datetime) -> date:
    """Find the last date whose hour of publication has passed; `now` has a time zone."""
    local = now.astimezone(newsletter.zone)
    today = local.date()
    return today if local.time() >= newsletter.publish.at else today - timedelta(days=1)


def record_lineup(project: Path, lineup: Lineup) -> Path:
    """Write a lineup into the record of its year and return the file; it is on the disk when this returns.

    Raises UserError where the file has a line of that date or a later one already.
    """
    path = project / "content" / "record" / f"{lineup.date.year}.yml"
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    days = re.findall(r"^['\"]?(\d{4}-\d{2}-\d{2})['\"]?:", before, re.MULTILINE)
    if days and max(days) >= lineup.date.isoformat():
        raise UserError(f"{path.name} holds {max(days)} already; {lineup.date} is not recorded", status=EXIT_CONTENT)
    joint = "" if not before or before.endswith("\n") else "\n"
    write_whole(path, (before + joint + record_line(lineup) + "\n").encode(), durable=True)
    return path


def record_line(lineup: Lineup) -> str:
    """Write a lineup as one line of YAML."""
    fields = [f"number: {lineup.number}"]
    if lineup.course_id:
        fields.append(f"course: {lineup.course_id}")
    if lineup.chapter_id:
        fields.append(f"chapter: {lineup.chapter_id}")
    fields.append(f"sections: {_flow((choice.section_id, choice.entry_id) for choice in lineup.choices)}")
    fields.append(f"because: {_flow((choice.section_id, choice.because) for choice in lineup.choices)}")
    # JSON's strings are YAML's, whatever an editor wrote into them.
    fields += [f"{key}: {json.dumps(text, ensure_ascii=False)}" for key, text in _texts(lineup).items()]
    return f"{lineup.date.isoformat()}: {{{', '.join(fields)}}}"


def _texts(lineup: Lineup) -> Mapping[str, str]:
    return {key: text for key, text in (("title", lineup.title), ("note", lineup.note)) if text}


def _flow(pairs: Iterable[tuple[str, str]]) -> str:
    return "{" + ", ".join(f"{key}: {value}" for key, value in pairs) + "}"
