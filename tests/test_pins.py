"""`plan --pin`: what is planned stays planned, and what editors wrote stays as it was."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from conftest import Run, examples
from forked import run_forked
from pixeldigest.cache import NO_CACHE
from pixeldigest.content import Calendar, Pin
from pixeldigest.diagnostics import UserError
from pixeldigest.library import Library
from pixeldigest.loading import load_library
from pixeldigest.pins import insert_pins, pin_days, write_pins
from pixeldigest.schedule import Day, Lineup, plan_days
from pixeldigest.yamltree import parse_tree, to_plain
from strategies import MONDAY, Plain, library_of, newsletter, newsletters, write_project

CALENDAR = "content/calendar.yml"
NOW = "2026-11-03T12:00"


def pin(project: Path, *arguments: str) -> Run:
    """Run `plan --pin` on the second day."""
    return run_forked(project, "plan", "--pin", *arguments, now=NOW)


@pytest.fixture
def ordinary(tmp_path: Path) -> Path:
    """A newsletter with a skipped day and a day that is pinned in part."""
    pins = {"2026-11-05": {"skip": "A holiday"}, "2026-11-06": {"sections": {"topic": "c"}, "title": "A quiet one"}}
    return write_project(newsletter(topics="a b c d", features="f g", pins=pins), tmp_path)


def test_coming_days_get_the_pins_of_their_plan(ordinary: Path) -> None:
    (ordinary / CALENDAR).write_text(
        "# Ours.\n\n2026-11-05:\n  skip: A holiday  # all of us\n\n2026-11-06:\n  sections:\n    topic: c\n",
        encoding="utf-8",
    )

    run = pin(ordinary, "--days", "5")

    assert run == (
        0,
        (
            "3 days pinned in content/calendar.yml:\n"
            "  2026-11-03 Tue  topic b, feature g\n"
            "  2026-11-04 Wed  topic c, feature f\n"
            "  2026-11-07 Sat  topic d, feature f\n"
            "2026-11-06 has a pin of its own, which leaves 'feature' open\n"
        ),
        "",
    )
    assert (ordinary / CALENDAR).read_text(encoding="utf-8") == (
        "# Ours.\n"
        "\n"
        "2026-11-03:\n"
        "  sections: {topic: b, feature: g}\n"
        "2026-11-04:\n"
        "  sections: {topic: c, feature: f}\n"
        "2026-11-05:\n"
        "  skip: A holiday  # all of us\n"
        "\n"
        "2026-11-06:\n"
        "  sections:\n"
        "    topic: c\n"
        "2026-11-07:\n"
        "  sections: {topic: d, feature: f}\n"
    )


def test_a_second_run_changes_nothing(ordinary: Path) -> None:
    pin(ordinary, "--days", "5")
    before = (ordinary / CALENDAR).read_bytes()

    run = pin(ordinary, "--days", "5")

    assert run == (
        0,
        (
            "nothing to pin: every issue among the 5 days from 2026-11-03 to 2026-11-07 has a pin\n"
            "2026-11-06 has a pin of its own, which leaves 'feature' open\n"
        ),
        "",
    )
    assert before == (ordinary / CALENDAR).read_bytes()


def test_a_newsletter_without_a_calendar_gets_one(tmp_path: Path) -> None:
    project = write_project(newsletter(topics="a b"), tmp_path)
    (project / CALENDAR).unlink()

    run = pin(project, "--days", "1")

    assert run == (0, "1 day pinned in content/calendar.yml:\n  2026-11-03 Tue  topic b\n", "")
    assert (project / CALENDAR).read_text(encoding="utf-8") == (
        "# What is fixed for days to come: sections, a title, a note, or 'skip: the reason'.\n"
        "2026-11-03:\n"
        "  sections: {topic: b}\n"
    )


def test_the_plan_stays_when_entries_come_and_go(tmp_path: Path) -> None:
    project = write_project(newsletter(topics="a b c", problems="p q r"), tmp_path)
    before = run_forked(project, "plan", "--days", "6", "--output-format", "json", now=NOW)
    pin(project, "--days", "6")
    path = project / "content/problems"
    (path / "aa.yml").write_bytes((path / "p.yml").read_bytes())

    after = run_forked(project, "plan", "--days", "6", "--output-format", "json", now=NOW)

    days = [[day["sections"] for day in json.loads(run.out)["days"]] for run in (before, after)]
    assert days[0] == days[1]


def test_what_is_recorded_is_not_pinned(tmp_path: Path) -> None:
    record = ("2026-11-03: {number: 2, sections: {topic: b}}",)
    project = write_project(newsletter(topics="a b", record=record), tmp_path)

    run = pin(project, "--days", "2")

    assert run.out == "1 day pinned in content/calendar.yml:\n  2026-11-04 Wed  topic a\n"


def test_pins_as_json(ordinary: Path) -> None:
    run = pin(ordinary, "--days", "4", "--output-format", "json")

    assert json.loads(run.out) == {
        "pinned": {
            "2026-11-03": {"topic": "b", "feature": "g"},
            "2026-11-04": {"topic": "c", "feature": "f"},
        },
        "open": {"2026-11-06": ["feature"]},
        "diagnostics": [],
    }


def test_pin_diff_and_runway_stand_alone(ordinary: Path) -> None:
    run = run_forked(ordinary, "plan", "--pin", "--runway")

    assert (run.status, run.out) == (2, "")
    assert run.err.splitlines()[-1] == "Error: --pin, --diff and --runway stand alone: choose one of them"


def test_a_calendar_in_braces_is_left_as_it_is(ordinary: Path) -> None:
    text = "{2026-11-05: {skip: A holiday}}\n"
    (ordinary / CALENDAR).write_text(text, encoding="utf-8")

    run = pin(ordinary)

    assert run == (
        1,
        "",
        (
            "error: no pin can be put into content/calendar.yml as it is written; begin a line with each date, "
            "as in '2026-12-24:', and write what belongs to it below\n"
        ),
    )
    assert text == (ordinary / CALENDAR).read_text(encoding="utf-8")


def test_pins_that_would_change_an_open_day_are_not_written(tmp_path: Path) -> None:
    """On Wednesday the only feature comes again within its cooldown; pinned, it would be kept from Tuesday."""
    plain = newsletter(
        features={"f": {}, "g": {"not_before": "2026-11-03", "not_after": "2026-11-03", "tags": ["x"]}},
        topics={"a": {"tags": ["y"]}},
        sections=(
            {"kind": "topic"},
            {"kind": "feature", "match": "topic", "cooldown": 2, "when_short": "repeat"},
        ),
        pins={"2026-11-03": {"title": "A quiet one"}},
        start="2026-11-03",
    )
    project = write_project(plain, tmp_path)
    before = (project / CALENDAR).read_bytes()

    run = pin(project, "--days", "2")

    assert run == (
        1,
        "",
        (
            "error: with these pins 2026-11-03 would not stay as it is planned, so none was written; "
            "pin that day by hand, or pin fewer days\n"
        ),
    )
    assert before == (project / CALENDAR).read_bytes()


# --- Where the lines go ---

PINS = {date(2026, 12, day): Pin(sections={"topic": f"t-{day}"}) for day in (1, 24, 31)}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "[1][24][31]"),
        ("# Ours.\n", "# Ours.\n[1][24][31]"),
        ("2026-12-10: {skip: x}", "[1]2026-12-10: {skip: x}\n[24][31]"),
        ("# Ours.\n2026-12-10: {skip: x}\n", "# Ours.\n[1]2026-12-10: {skip: x}\n[24][31]"),
        ("# Ours.\n\n# Ten.\n2026-12-10: {skip: x}\n", "# Ours.\n\n[1]# Ten.\n2026-12-10: {skip: x}\n[24][31]"),
        (
            "2026-11-10:\n  skip: x\n# On\n# Christmas.\n'2026-12-25':\n  skip: y\n# The end.\n",
            "2026-11-10:\n  skip: x\n[1][24]# On\n# Christmas.\n'2026-12-25':\n  skip: y\n# The end.\n[31]",
        ),
        (
            "2026-11-10:\n  note: |+\n    A note.\n    # no comment\n\n2026-12-25: {skip: y}\n",
            "2026-11-10:\n  note: |+\n    A note.\n    # no comment\n\n[1][24]2026-12-25: {skip: y}\n[31]",
        ),
        ("\ufeff# Ours.\r\n2026-12-25:\r\n  skip: y\r\n", "\ufeff# Ours.\r\n[1][24]2026-12-25:\r\n  skip: y\r\n[31]"),
        ("---\n2026-12-25:\n  skip: y\n", "---\n[1][24]2026-12-25:\n  skip: y\n[31]"),
        ("2026-12-26: {skip: y}\n2026-12-02: {skip: x}\n", "[1][24]2026-12-26: {skip: y}\n2026-12-02: {skip: x}\n[31]"),
        ("2026-12-26:\n", "[1][24]2026-12-26:\n[31]"),
    ],
    ids=[
        "an empty file",
        "a comment alone",
        "no line end",
        "a comment on the file",
        "a comment on the date",
        "comments between and at the end",
        "a block that keeps its empty lines",
        "byte order mark and CRLF",
        "a document's start",
        "not in order",
        "a date with nothing",
    ],
)
def test_lines_go_before_the_next_later_date(before: str, after: str) -> None:
    end = "\r\n" if "\r\n" in before else "\n"
    for day in (1, 24, 31):
        after = after.replace(f"[{day}]", f"2026-12-{day:02}:{end}  sections: {{topic: t-{day}}}{end}")

    assert after == insert_pins(before, PINS)


def test_an_indented_calendar_stays_indented() -> None:
    before = "  2026-12-25:\n    skip: y\n"
    pins = {date(2026, 12, 24): Pin(sections={"topic": "a", "problem": "b"})}

    assert insert_pins(before, pins) == "  2026-12-24:\n    sections: {topic: a, problem: b}\n" + before


@pytest.mark.parametrize(
    "text",
    ["{}\n", "2026-12-25:\n  skip: y\n...\n", "? 2026-12-25\n: skip: y\n"],
    ids=["braces", "an end", "a question"],
)
def test_a_calendar_that_takes_no_line_is_refused(text: str) -> None:
    with pytest.raises(UserError, match=r"^no pin can be put into content/calendar.yml as it is written; "):
        insert_pins(text, PINS)


comments = st.text(st.characters(categories=("L", "N", "P", "Zs")), max_size=12).map(lambda text: f"# {text}")
parts = st.sampled_from(
    (
        "{skip: x}",
        "{sections: {topic: a}}",
        "\n  # inside\n  title: A title  # behind\n",
        "\n  note: |\n    A note.\n    # none\n\n  title: B\n",
        "\n  note: |-\n\n    A note.\n",
        "\n  sections:\n    topic: a\n    # inside\n",
        '\n  title: "over\n    two lines"\n',
    )
)
offsets = st.integers(0, 60)


@st.composite
def calendars(draw: st.DrawFn) -> str:
    """Draw a calendar's text with comments and empty lines between its days."""
    between = st.lists(st.one_of(comments, st.just("")), max_size=3).map(lambda lines: "".join(f"{x}\n" for x in lines))
    text = draw(between)
    for offset in draw(st.lists(offsets, unique=True, max_size=5)):
        text += f"{MONDAY + timedelta(days=offset)}: {draw(parts)}".rstrip() + "\n" + draw(between)
    return text.replace("\n", draw(st.sampled_from(("\n", "\r\n")))).removesuffix("\n" if draw(st.booleans()) else "")


def read_calendar(text: str) -> Mapping[date, Pin]:
    """Read a calendar's text as loading does."""
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    return Calendar.model_validate(to_plain(parse_tree(plain + "\n"))).root


@examples(150)
@given(calendars(), st.sets(offsets, min_size=1, max_size=8))
def test_every_line_stays_and_every_pin_comes(before: str, chosen: set[int]) -> None:
    held = read_calendar(before)
    days = {MONDAY + timedelta(days=offset) for offset in chosen} - held.keys()
    pins = {day: Pin(sections={"topic": "b", "problem": f"p-{day}"}) for day in sorted(days)}

    after = insert_pins(before, pins)

    lines = iter(after.splitlines())
    assert all(line in lines for line in before.splitlines())
    assert {**held, **pins} == read_calendar(after)
    assert after == insert_pins(after, {})


def coming(library: Library, until: date) -> list[Day]:
    """Plan some weeks."""
    return [day for day in plan_days(library, until=until) if day.date >= MONDAY]


def held(days: list[Day]) -> list[object]:
    """Tell what days hold, without the rules."""
    return [
        (day.date, day.number, day.course_id, [(one.section_id, one.entry_id) for one in day.choices])
        for day in days
        if isinstance(day, Lineup)
    ]


@examples(60)
@given(newsletters(), st.integers(0, 20))
def test_pinned_days_stay_as_they_were_planned(plain: Plain, ahead: int) -> None:
    library, until = library_of(plain), MONDAY + timedelta(days=ahead)
    before = coming(library, until)
    try:
        pinning = pin_days(library, before)
    except UserError:
        assume(condition=False)

    pinned = library._replace(pins=dict(sorted({**library.pins, **pinning.pins}.items())))

    assert held(before) == held(coming(pinned, until))
    assert pin_days(pinned, coming(pinned, until)).pins == {}
    issues = {day.date for day in before if isinstance(day, Lineup) and day.choices}
    assert issues <= pinned.pins.keys()


def test_pins_reach_the_file_through_a_link(tmp_path: Path) -> None:
    project = write_project(newsletter(topics="a"), tmp_path)
    real = (project / CALENDAR).rename(project / "content" / "topics" / "real")
    (project / CALENDAR).symlink_to("topics/real")

    write_pins(project, {date(2026, 12, 1): Pin(sections={"topic": "a"})})

    assert (project / CALENDAR).is_symlink()
    assert real.read_text(encoding="utf-8") == dedent("""\
        2026-12-01:
          sections: {topic: a}
        """)
    assert load_library(project, NO_CACHE).library is not None
