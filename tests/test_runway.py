"""`plan --runway`: how long there is something fresh, and what to write next."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given

from conftest import Run, examples
from forked import run_forked
from pixeldigest.content import Ref
from pixeldigest.library import Library
from pixeldigest.runway import Runway, measure_runways, shortest
from pixeldigest.schedule import Decision, Lineup, explain_day, plan_days
from strategies import MONDAY, Plain, library_of, newsletter, newsletters, write_project

LAST = MONDAY + timedelta(days=13)


def runway(project: Path, *arguments: str, now: str = "2026-11-02T12:00") -> Run:
    """Run `plan --runway` on the first day."""
    return run_forked(project, "plan", "--runway", *arguments, now=now)


FRESH = "An entry is fresh until its first issue; fresh content ends on the first day that has none to show.\n"


def test_sections_and_courses_with_what_to_write_next(tmp_path: Path) -> None:
    plain = newsletter(
        topics="a1 a2 a3 b1 b2",
        courses={"a": "a1 a2 a3", "b": "b1 b2"},
        problems={"p": {}, "q": {}, "r": {"difficulty": "medium"}},
        features="f",
        sections=(
            {"kind": "topic"},
            {"kind": "problem", "difficulty": {"wed": "medium", "thu": "medium"}},
            {"kind": "feature", "days": ["fri"]},
        ),
    )

    run = runway(write_project(plain, tmp_path))

    assert run == (
        0,
        (
            "                  fresh  days  ends        write\n"
            "section  topic    5      5     2026-11-07  a topic\n"
            "section  problem  3      3     2026-11-05  a medium problem\n"
            "section  feature  1      11    2026-11-13  a feature\n"
            "course   a        3      5     2026-11-07  a topic for the course 'a'\n"
            "course   b        2      4     2026-11-06  a topic for the course 'b'\n"
            "\n"
            f"{FRESH}"
            "Write next: a medium problem, for 2026-11-05 Thu.\n"
        ),
        "",
    )


def test_what_lasts_longer_than_was_looked_ahead(tmp_path: Path) -> None:
    run = runway(write_project(newsletter(topics="a b c"), tmp_path), "--days", "2")

    assert run.out == (
        "                fresh  days  ends  write\n"
        "section  topic  3      2+\n"
        "course   all    3      2+\n"
        "\n"
        f"{FRESH}"
        "Nothing runs out within the 2 days from 2026-11-02 to 2026-11-03.\n"
    )


def test_runway_as_json(tmp_path: Path) -> None:
    plain = newsletter(
        topics={"a": {}, "b": {"draft": True}},
        problems={"p": {"difficulty": "easy"}},
        sections=({"kind": "topic"}, {"kind": "problem", "difficulty": {"tue": "easy"}, "days": ["mon", "tue"]}),
    )

    run = runway(write_project(plain, tmp_path), "--output-format", "json", "--days", "3")

    topic = {"kind": "topic", "difficulty": None, "course": None}
    problem = {"kind": "problem", "difficulty": "easy", "course": None}
    course = {"kind": "topic", "difficulty": None, "course": "all"}
    assert json.loads(run.out) == {
        "from": "2026-11-02",
        "to": "2026-11-04",
        "fresh": FRESH.strip(),
        "runways": [
            {"section": "topic", "fresh": 1, "days": 1, "ends": "2026-11-03", "write": topic},
            {"section": "problem", "fresh": 1, "days": 1, "ends": "2026-11-03", "write": problem},
            {"course": "all", "fresh": 1, "days": 1, "ends": "2026-11-03", "write": course},
        ],
        "write_next": course,
        "diagnostics": [],
    }


def test_check_and_publish_warn_of_a_short_runway(tmp_path: Path) -> None:
    plain = newsletter(topics="a b c", problems="p q", runway_warning=3)
    project = write_project(plain, tmp_path)

    early = run_forked(project, "check", now="2026-11-01T12:00")
    check = run_forked(project, "check", now="2026-11-02T12:00")
    publish = run_forked(project, "publish", now="2026-11-02T12:00")

    warned = (
        "warning[runway]: 'problem' has fresh problems for 2 more days, and none on 2026-11-04; "
        "write a problem, or lower 'runway_warning' (3)\n"
        "  --> content/newsletter.yml:"
    )
    assert early.err.startswith(warned)
    assert check.err.startswith(warned)
    assert publish.err.startswith(warned)
    assert all(run.status == 0 for run in (early, check, publish))


class Case(NamedTuple):
    """A newsletter, and the days that its sections and courses last."""

    name: str
    plain: Plain
    lasts: Mapping[str, int | None]


def days(**pins: Any) -> Mapping[str, Any]:
    """Pin days of November."""
    return {f"2026-11-{day[1:]}": pin for day, pin in pins.items()}


CASES = (
    Case("nothing was written", newsletter(topics="a", sections=({"kind": "feature"},)), {"feature": 0}),
    Case(
        "days without an issue and skipped days need nothing",
        newsletter(topics="a", days=["mon", "wed"], skip=["2026-11-04"], pins=days(d09={"skip": "A holiday"})),
        {"topic": 9, "all": 9},
    ),
    Case("a start to come counts from there", newsletter(topics="a b", start="2026-11-05"), {"topic": 2, "all": 2}),
    Case(
        "what was recorded is not fresh",
        newsletter(topics="a b c", record=("2026-11-02: {number: 7, sections: {topic: b}}",)),
        {"topic": 3, "all": 3},
    ),
    Case(
        "a course that restarts lasts until its round ends, and another goes on",
        newsletter(topics="a b1 b2 b3", courses={"a": "a", "b": "b1 b2 b3"}),
        {"topic": 6, "a": 1, "b": 6},
    ),
    Case(
        "a course that drops out lasts as long",
        newsletter(topics="a b1 b2", courses={"a": "a", "b": "b1 b2"}, when_finished="drop"),
        {"topic": 3, "a": 1, "b": 3},
    ),
    Case(
        "a topic of two courses is shown once",
        newsletter(topics="a s b", courses={"a": "s a", "b": "s b"}, rotation="sequential"),
        {"topic": 3, "a": 2, "b": 3},
    ),
    Case(
        "entries that are kept for later do not count before",
        newsletter(features={"f": {}, "g": {"not_before": "2026-11-05"}, "h": {"not_after": "2026-11-03"}}, topics="t"),
        {"topic": 1, "all": 1, "feature": 2},
    ),
    Case(
        "an entry that is pinned within its cooldown is kept for its pin",
        newsletter(
            features="f g",
            sections=({"kind": "feature", "cooldown": 9},),
            pins=days(d05={"sections": {"feature": "g"}}),
        ),
        {"feature": 1},
    ),
    Case(
        "a pinned repetition is no want of fresh entries",
        newsletter(features="f g h", pins=days(d03={"sections": {"feature": "f"}})),
        {"feature": 4},
    ),
    Case(
        "a repetition that shares more tags is no want of fresh entries",
        newsletter(
            topics={"a": {"tags": ["x"]}},
            problems={"p": {"tags": ["x"]}, "q": {}},
            sections=({"kind": "topic"}, {"kind": "problem", "match": "topic"}),
        ),
        {"topic": 1, "all": 1, "problem": 5},
    ),
    Case(
        "two sections of a kind need two entries a day",
        newsletter(features="f g h", sections=({"kind": "feature"}, {"kind": "feature", "id": "second"})),
        {"feature": 2, "second": 1},
    ),
    Case(
        "a retired section needs nothing",
        newsletter(features="f", topics="a", sections=({"kind": "topic"}, {"kind": "feature", "days": []})),
        {"topic": 1, "all": 1},
    ),
    Case(
        "a topic that waits for what nobody shows is not counted on",
        newsletter(topics={"a": {"prerequisites": ["z"]}, "b": {}, "z": {}}, courses={"all": "a b"}),
        {"topic": 1, "all": 1},
    ),
    Case(
        "a fortnight is not the end",
        newsletter(topics=" ".join(f"t{n:02}" for n in range(14))),
        {"topic": None, "all": None},
    ),
)


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_how_long_it_lasts(case: Case) -> None:
    library = library_of(case.plain)
    first = max(MONDAY, library.newsletter.schedule.start)

    found = measure_runways(library, first=first, until=first + timedelta(days=13))

    assert case.lasts == {one.id: one.days for one in found}


def test_of_two_that_end_together_the_course_is_named() -> None:
    both = [Runway(what, what, "topic", 1, 1, MONDAY, None) for what in ("section", "course")]

    assert both[1] == shortest(tuple(both))
    assert shortest((both[0]._replace(days=None, ends=None),)) is None


def fresh_candidates(decision: Decision, shown: set[Ref]) -> set[str]:
    """Name the candidates of a section that meet every constraint and have not been shown."""
    choice = [decision.choice.entry_id] if decision.choice else []
    fitting = [*choice, *(one.entry_id for one in decision.runners_up)]
    return {one for one in fitting if Ref(decision.section.kind, one) not in shown}


def fresh_days(library: Library, section_id: str) -> list[tuple[date, bool]]:
    """Ask the schedule, for each coming day of a section, whether any fresh entry meets its constraints."""
    shown: set[Ref] = set()
    found = []
    for day in plan_days(library, until=LAST):
        if isinstance(day, Lineup):
            if day.date >= MONDAY:
                reasons = [one for one in explain_day(library, day.date) if one.section.id == section_id]
                found += [(day.date, bool(fresh_candidates(one, shown))) for one in reasons]
            shown |= {Ref(one.kind, one.entry_id) for one in day.choices}
    return found


@examples(40)
@given(newsletters())
def test_fresh_is_what_the_schedule_could_show(plain: Plain) -> None:
    """No section gives a rule up here, as what it then shows would be no measure."""
    sections = [{key: text for key, text in one.items() if key != "when_short"} for one in plain.settings["sections"]]
    library = library_of(plain._replace(settings={**plain.settings, "sections": sections}))
    first = max(MONDAY, library.newsletter.schedule.start)
    lasts = {one.id: one.ends for one in measure_runways(library, first=first, until=LAST) if one.what == "section"}

    for section_id, ends in lasts.items():
        for day, fresh in fresh_days(library, section_id):
            if first <= day and (ends is None or day <= ends):
                assert fresh == (day != ends), (section_id, day)
