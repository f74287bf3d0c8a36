"""What `status` prints: the last days by channel, what is stuck, and the runway."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from pixeldigest.planreport import Report
from pixeldigest.publish.status import Cell, Standings
from pixeldigest.report import format_table, name_weekday
from pixeldigest.runway import Runway, name_wanted, shortest

# In place of a word where there is nothing to say: the channel came later than the issue.
_NOTHING = "–"


def report_status(
    standings: Standings,
    numbers: Mapping[date, int],
    channels: Sequence[str],
    runways: tuple[Runway, ...],
    zone: ZoneInfo,
) -> Report:
    """Write how the last issues stand on their channels; moments are shown in a time zone."""
    rows = [["date", "", "no.", *channels]]
    for day in standings.days:
        cells = [_format_cell(standings.cells[day, one], zone) for one in channels]
        rows.append([day.isoformat(), name_weekday(day), str(numbers[day]), *cells])
    table = format_table(rows) if standings.days else ["nothing is recorded yet"]
    parts = [table, [*_stuck(standings, zone)], [*_runway(runways)]]
    text = "\n\n".join("\n".join(part) for part in parts if part)
    return Report(text, _as_data(standings, numbers, channels, runways))


def _format_cell(cell: Cell, zone: ZoneInfo) -> str:
    if cell.state == "before":
        return _NOTHING
    when = f" {_moment(cell.since, zone)}" if cell.since else ""
    return f"{cell.state}{when}" + (f" ({cell.words})" if cell.words else "")


def _moment(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%m-%d %H:%M}"


def _stuck(standings: Standings, zone: ZoneInfo) -> Iterator[str]:
    if standings.stuck:
        yield "stuck:"
    for one in standings.stuck:
        subject = "" if one.subject.startswith("content/") else f"{one.subject.replace('/', ' ')}: "
        yield f"  since {_moment(one.since, zone)}: {subject}{one.words}"


def _runway(runways: tuple[Runway, ...]) -> Iterator[str]:
    first = shortest(runways)
    if first is None:
        yield "runway: no section and no course runs out of fresh entries in sight"
    else:
        yield f"runway: until {first.ends}, {first.what} '{first.id}'; write {name_wanted(first)} next"


def _as_data(
    standings: Standings, numbers: Mapping[date, int], channels: Sequence[str], runways: tuple[Runway, ...]
) -> dict[str, object]:
    first = shortest(runways)
    return {
        "days": [
            {
                "date": day.isoformat(),
                "number": numbers[day],
                "channels": {one: _cell_as_data(standings.cells[day, one]) for one in channels},
            }
            for day in standings.days
        ],
        "stuck": [
            {"subject": one.subject, "message": one.words, "since": one.since.isoformat()} for one in standings.stuck
        ],
        "runway": {"until": str(first.ends), "what": first.what, "id": first.id} if first else None,
    }


def _cell_as_data(cell: Cell) -> dict[str, str | None]:
    return {
        "state": cell.state,
        "since": cell.since.isoformat() if cell.since else None,
        "message": cell.words or None,
        "url": cell.url or None,
    }
