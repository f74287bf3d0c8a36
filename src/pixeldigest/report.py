"""What commands print: tables, reasons and summaries."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from pixeldigest.build import Failure, shown_lineups, tell_faults
from pixeldigest.diagnostics import (
    Diagnostic,
    Paint,
    UserError,
    diagnostics_as_data,
    format_diagnostic,
    format_github,
    without_paint,
)
from pixeldigest.extras import Extra, missing_libraries
from pixeldigest.fixes import format_fixed
from pixeldigest.library import Library
from pixeldigest.output import Outcome
from pixeldigest.schedule import Day, Decision, Lineup, NoIssue, plan_days, plan_lineup
from pixeldigest.stamps import Stamp

_SHOWN_RUNNERS_UP = 3
_NEAR_DAYS = 31


def format_explanation(day: Day, decisions: Iterable[Decision], *, full: bool = False) -> str:
    """Tell for each section of a day what was chosen, why, and what came behind."""
    if isinstance(day, NoIssue):
        return f"{day.date} has no issue: {day.reason}."
    state = "as recorded" if day.recorded else "planned"
    course = f", course {day.course_id}, chapter {day.chapter_id}" if day.course_id else ""
    lines = [f"No. {day.number}, {day.date} {name_weekday(day.date)} ({state}{course})"]
    if day.recorded:
        lines += [
            f"  {one.section_id}: {one.entry_id}, because {BECAUSE.get(one.because, one.because)} [{one.because}]"
            for one in day.choices
        ]
        lines += [f"  {review.section_id}: {', '.join(review.refs)}" for review in day.reviews]
        lines += ["", "Today's rules would choose, given the days before:"]
    for decision in decisions:
        lines += ["", *_explain_section(decision, full=full)]
    if not day.recorded:
        lines += [f"\n{one.section_id}: {', '.join(one.refs)}\n  {_REVIEWS[one.kind]}" for one in day.reviews]
    lines += [f"\nConflict: {one.message}; {one.hint}." for one in day.conflicts]
    return "\n".join(lines)


def explanation_as_data(
    day: Day, decisions: Iterable[Decision], diagnostics: Iterable[Diagnostic], library: Library
) -> str:
    """Write the reasons for a day as JSON."""
    reasons = [
        {
            "section": decision.section.id,
            "entry": decision.choice.entry_id if decision.choice else None,
            "because": decision.choice.because if decision.choice else None,
            "runners_up": [one._asdict() for one in decision.runners_up],
            "rejected": [one._asdict() for one in decision.rejected],
        }
        for decision in decisions
    ]
    told = diagnostics_as_data(diagnostics)
    return as_json({**day_as_data(day, library), "reasons": reasons, "diagnostics": told})


def format_no_issue(library: Library, day: date) -> str:
    """Say plainly that a date has no issue, why, and which days near it have one."""
    if day in library.withdrawn:
        return tell_withdrawn(library, day)
    planned = plan_lineup(library, day)
    reason = planned.reason if isinstance(planned, NoIssue) else "it is not due"
    near = [one.date for one in shown_lineups(plan_days(library, until=day + timedelta(days=_NEAR_DAYS)), library)]
    before = max((one for one in near if one < day), default=None)
    after = min((one for one in near if one > day), default=None)
    nearest = " and ".join(str(one) for one in (before, after) if one)
    return f"{day} has no issue: {reason}" + (f" (nearest: {nearest})" if nearest else "")


def tell_withdrawn(library: Library, day: date) -> str:
    """Say that an issue was withdrawn, and why."""
    return f"No. {library.record[day].number} of {day} was withdrawn: {library.withdrawn[day]}"


def format_check(
    diagnostics: tuple[Diagnostic, ...],
    output_format: str,
    *,
    left_out: Sequence[Diagnostic] = (),
    fixed: Sequence[Diagnostic] = (),
    paint: Paint = without_paint,
) -> str:
    """Write all diagnostics, file by file, and their sum; `left_out` are those that were not asked for."""
    if output_format == "json":
        done = [{**one, "fixed": True} for one in diagnostics_as_data(fixed)]
        return as_json([*done, *diagnostics_as_data(diagnostics)])
    if output_format == "github":
        return "\n".join(format_github(one) for one in diagnostics)
    mended = ["\n".join(format_fixed(one) for one in fixed)] if fixed else []
    if not diagnostics and not left_out:
        return "\n\n".join((*mended, "all is well"))
    return "\n\n".join((*mended, *_by_file(diagnostics, paint), _sum_up(diagnostics, left_out)))


def _by_file(diagnostics: tuple[Diagnostic, ...], paint: Paint) -> Iterator[str]:
    """Write diagnostics, below the names of their files where there are several."""
    files = [(file, tuple(found)) for file, found in groupby(diagnostics, lambda one: one.place.path)]
    for file, found in files:
        if len(files) > 1:
            yield paint(f"{file} ({_count(found, zeros=False)})", "head")
        yield from (format_diagnostic(one, paint) for one in found)


def _sum_up(found: Sequence[Diagnostic], left_out: Sequence[Diagnostic]) -> str:
    files = len({one.place.path for one in found})
    told = [f"{_count(found)} in {pluralize(files, 'file')}" if found else _count(found)]
    if fixable := sum(one.fix is not None for one in found):
        told.append(f"'check --fix' mends {fixable}")
    if left_out:
        told.append(f"left out: {_count(left_out)}")
    return "; ".join(told)


def _count(diagnostics: Sequence[Diagnostic], *, zeros: bool = True) -> str:
    counts = Counter(one.severity for one in diagnostics)
    return ", ".join(pluralize(counts[one], one) for one in ("error", "warning") if zeros or counts[one])


class Written(NamedTuple):
    """What a build did, the page to look at, and why files were not written."""

    outcome: Outcome
    page: str | None
    refused: tuple[Diagnostic, ...] = ()
    files: tuple[tuple[str, Stamp], ...] | None = ()

    @property
    def again(self) -> Written:
        """The same build where nothing is left to do."""
        return self._replace(outcome=Outcome((), self.outcome.unchanged + len(self.outcome.written), ()))


NOTHING_WRITTEN = Written(Outcome((), 0, ()), None)


def report_written(outcome: Outcome, output: Path, page: str | None) -> Written:
    """Pick what a build has to tell; warnings about issues are for `check`."""
    refused = tell_faults(one for one in outcome.faulty if one.fault.severity == "error")
    files = None if outcome.files is None else tuple((f"{output}/{path}", stamp) for path, stamp in outcome.files)
    return Written(outcome, str(output / page) if page else None, refused, files)


def format_outcome(written: Written) -> str:
    """Sum up what was written, with the page to look at on the last line."""
    outcome = written.outcome
    removed = f", {len(outcome.removed)} removed" if outcome.removed else ""
    line = f"{pluralize(len(outcome.written), 'file')} written, {outcome.unchanged} unchanged{removed}"
    return f"{line}\n{written.page}" if written.page else line


def format_left_out(*, covers: bool = True) -> list[str]:
    """Say what is left out of a whole build, and how to have it; without `covers` nobody wants them."""
    names: dict[Extra, str] = {"mail": "mails", "covers": "covers", "search": "search"}
    return [
        f"no {name}: {', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not installed "
        f"(pip install 'pixeldigest[{extra}]')"
        for extra, name in names.items()
        if (missing := missing_libraries(extra)) and (covers or extra != "covers")
    ]


def format_recording(recorded: Iterable[Lineup], *, dry_run: bool) -> str:
    """Say which days were recorded, or would be."""
    said = "would record" if dry_run else "recorded"
    lines = [f"{said} No. {lineup.number}, {lineup.date}" for lineup in recorded]
    return "\n".join(lines) or "nothing is due that is not recorded"


def outcome_as_data(
    written: Written,
    diagnostics: Iterable[Diagnostic],
    failures: Iterable[Failure],
    *,
    no_issue: Sequence[str] = (),
    recorded: Iterable[Lineup] = (),
) -> str:
    """Write what was recorded, written and found as JSON."""
    outcome = written.outcome
    return as_json(
        {
            "recorded": [{"date": one.date.isoformat(), "number": one.number} for one in recorded],
            "written": list(outcome.written),
            "unchanged": outcome.unchanged,
            "removed": list(outcome.removed),
            "page": written.page,
            "no_issue": list(no_issue),
            "failed": [{"date": one.day.isoformat(), "error": one.error.message} for one in failures],
            "diagnostics": diagnostics_as_data((*diagnostics, *written.refused)),
        }
    )


def error_as_data(error: UserError) -> str:
    """Write what ended a command as JSON."""
    return as_json({"error": error.message, "diagnostics": diagnostics_as_data(error.diagnostics)})


def note_as_data(text: str) -> str:
    """Write a remark as JSON."""
    return as_json({"note": text})


_REVIEWS = {
    "recall": "follows from the issues 1, 7 and 30 days back: a question about the topic of each",
    "solution": "follows from the previous issue: its problem",
}
BECAUSE = {
    "pin": "it is pinned in content/calendar.yml",
    "course-order": "it is next in its course, and the course has its turn",
    "overdue": "it has waited longest, for more than two rounds",
    "affinity": "it shares most tags with the day's topic, or as many and has fewer others",
    "record": "the record does not say why",
    "least-recent": "it was shown least recently",
    "id": "nothing else decides, and its id comes first",
    "difficulty": "no entry of the day's difficulty fits, so that gave way",
    "cooldown": "every entry is within its cooldown, so that gave way",
}


def _explain_section(decision: Decision, *, full: bool) -> list[str]:
    name = decision.section.id
    if decision.choice is None:
        lines = [f"{name}: nothing fits"]
    else:
        because = decision.choice.because
        alone = because in ("least-recent", "course-order") and not decision.runners_up
        told = "it is the only one that fits" if alone else BECAUSE.get(because, because)
        lines = [
            f"{name}: {decision.choice.entry_id}",
            f"  chosen because {told} [{because}]",
        ]
    shown = decision.runners_up if full else decision.runners_up[:_SHOWN_RUNNERS_UP]
    lines += [f"  before {one.entry_id}: {one.reason} [{one.preference}]" for one in shown]
    lines += _and_more(len(decision.runners_up) - len(shown))
    kept = decision.rejected if full else decision.rejected[:_SHOWN_RUNNERS_UP]
    lines += [f"  {one.entry_id} kept out by {one.constraint}: {one.reason}" for one in kept]
    lines += _and_more(len(decision.rejected) - len(kept))
    return lines


def _and_more(count: int) -> list[str]:
    return [f"  … and {count} more (--all shows them)"] if count > 0 else []


def day_as_data(day: Day, library: Library) -> dict[str, Any]:
    """Flatten a day for JSON, with the reason why its issue was withdrawn, if it was."""
    if isinstance(day, NoIssue):
        return {"date": day.date.isoformat(), "number": None, "reason": day.reason}
    return {
        "date": day.date.isoformat(),
        "number": day.number,
        "recorded": day.recorded,
        "course": day.course_id,
        "chapter": day.chapter_id,
        "sections": {part.section_id: part.recorded for part in day.parts},
        "because": {choice.section_id: choice.because for choice in day.choices},
        "left_out": {one.section_id: one.reason for one in day.omissions},
        "conflicts": [one.message for one in day.conflicts],
        "title": day.title,
        "note": day.note,
        **({"withdrawn": library.withdrawn[day.date]} if day.date in library.withdrawn else {}),
    }


def format_table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Write rows in columns; one that has fewer cells than others does not widen them."""
    width = max(len(row) for row in rows)
    full = [row for row in rows if len(row) == width]
    widths = [max(len(row[column]) for row in full) for column in range(width)]
    return ["  ".join(cell.ljust(size) for cell, size in zip(row, widths, strict=False)).rstrip() for row in rows]


def name_weekday(day: date) -> str:
    """Name a date's weekday, in three letters."""
    return ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[day.weekday()]


def as_json(value: object) -> str:
    """Write a report as JSON."""
    return json.dumps(value, ensure_ascii=False, indent=2)


def pluralize(count: int, noun: str) -> str:
    """Write how many there are of something."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
