"""Days as the calendar and the newsletter's time zone have them: summer time, leap days, year ends, skipped days."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from forked import run_forked
from pixeldigest.schedule import Lineup, NoIssue, plan_days
from strategies import Plain, library_of, newsletter, write_project

ZONES = ("UTC", "America/New_York", "America/Santiago", "Asia/Kathmandu", "Pacific/Kiritimati")


def planned(plain: Plain, project: Path, days: int, now: str) -> list[dict[str, Any]]:
    write_project(plain, project)
    run = run_forked(project, "plan", "--days", str(days), "--output-format", "json", now=now, TZ="Asia/Tokyo")
    assert run.status == 0, run.err
    told: list[dict[str, Any]] = json.loads(run.out)["days"]
    return told


@pytest.mark.parametrize(
    ("timezone", "now", "today"),
    [
        # New York's clocks went forward in the night: the day has 23 hours.
        ("America/New_York", "2027-03-15T03:59:59+00:00", "2027-03-14"),
        ("America/New_York", "2027-03-15T04:00:00+00:00", "2027-03-15"),
        # Santiago's go forward at midnight: the day begins at one o'clock.
        ("America/Santiago", "2027-09-05T03:59:59+00:00", "2027-09-04"),
        ("America/Santiago", "2027-09-05T04:00:00+00:00", "2027-09-05"),
        # Lord Howe's go back by half an hour.
        ("Australia/Lord_Howe", "2027-04-04T13:29:59+00:00", "2027-04-04"),
        ("Australia/Lord_Howe", "2027-04-04T13:30:00+00:00", "2027-04-05"),
        ("Asia/Kathmandu", "2028-02-28T18:14:59+00:00", "2028-02-28"),
        ("Asia/Kathmandu", "2028-02-28T18:15:00+00:00", "2028-02-29"),
        ("Pacific/Kiritimati", "2026-12-31T09:59:59+00:00", "2026-12-31"),
        ("Pacific/Kiritimati", "2026-12-31T10:00:00+00:00", "2027-01-01"),
        ("Pacific/Pago_Pago", "2026-11-10T00:00", "2026-11-10"),  # without a zone: the newsletter's
    ],
)
def test_today_is_the_newsletters(tmp_path: Path, timezone: str, now: str, today: str) -> None:
    days = planned(newsletter(topics="a b", timezone=timezone), tmp_path, 1, now)

    assert [today] == [day["date"] for day in days]


@pytest.mark.parametrize("timezone", ZONES)
def test_no_day_is_lost_or_doubled_in_two_years(tmp_path: Path, timezone: str) -> None:
    """Two changes of the clocks a year, a leap day, two year ends, a skipped day, and a start that is to come."""
    plain = newsletter(
        topics="a b", timezone=timezone, start="2027-03-01", days=["mon", "sun"], skip=["2028-12-31", "2027-03-14"]
    )

    days = planned(plain, tmp_path, 735, "2027-02-26T12:00")

    dates = [date(2027, 3, 1) + timedelta(days=offset) for offset in range(735)]
    assert [f"{one}" for one in dates] == [day["date"] for day in days]
    issues = [one for one in dates if f"{one:%a}" in {"Mon", "Sun"} and f"{one}" not in {"2028-12-31", "2027-03-14"}]
    assert [(f"{one}", number) for number, one in enumerate(issues, 1)] == [
        (day["date"], day["number"]) for day in days if day["number"]
    ]
    reasons = {day["date"]: day["reason"] for day in days if not day["number"]}
    assert reasons["2027-03-14"] == reasons["2028-12-31"] == "the day is skipped in newsletter.yml"
    assert reasons["2028-02-29"] == "no issue on a Tuesday"


def test_leap_days_and_year_ends_count_as_days() -> None:
    """Cooldown counts days of the calendar, whichever months and years they lie in."""
    library = library_of(
        newsletter(
            features="f g",
            start="2027-12-31",
            skip=["2028-01-02"],
            sections=({"kind": "feature", "cooldown": 60},),
            pins={"2028-02-28": {"sections": {"feature": "g"}}},
        )
    )

    days = [day for day in plan_days(library, until=date(2028, 2, 29)) if isinstance(day, Lineup)]

    assert [(f"{day.date}", day.choices[0].entry_id, day.choices[0].because) for day in days] == [
        ("2027-12-31", "f", "least-recent"),  # g is 59 days from its pin
        ("2028-02-28", "g", "pin"),
        ("2028-02-29", "f", "least-recent"),
    ]


def test_a_newsletter_may_start_on_a_leap_day() -> None:
    library = library_of(newsletter(topics="a", start="2028-02-29"))

    assert [NoIssue(date(2028, 2, 28), "issues start on 2028-02-29")] == list(
        plan_days(library, until=date(2028, 2, 28))
    )
    (first,) = plan_days(library, until=date(2028, 2, 29))
    assert isinstance(first, Lineup)
    assert first.number == 1
