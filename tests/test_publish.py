"""The record: `pixeldigest publish` writes each due day down once, and nothing else ever changes it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import Run, examples
from forked import run_forked
from pixeldigest.diagnostics import UserError
from pixeldigest.publish import last_due_day, publishing_alone, record_line, record_lineup
from pixeldigest.schedule import Lineup, plan_lineup
from pixeldigest.yamltree import Block
from strategies import MONDAY, library_of, newsletter, parse_record, write_project


def publish(project: Path, *arguments: str, now: str = "2026-11-04T12:00") -> Run:
    return run_forked(project, "publish", *arguments, now=now)


def record_of(project: Path) -> str:
    return "".join(path.read_text(encoding="utf-8") for path in sorted(project.glob("content/record/*.yml")))


def files_of(project: Path) -> dict[str, bytes]:
    """All files but what is kept between runs, and the ledger, which notes what was told."""
    apart = (project / ".pixeldigest/cache", project / "state")
    files = (path for path in sorted(project.rglob("*")) if path.is_file())
    return {str(path): path.read_bytes() for path in files if not any(map(path.is_relative_to, apart))}


@pytest.fixture
def ordinary(tmp_path: Path) -> Path:
    """A newsletter that is due since Monday, 2 November 2026."""
    plain = newsletter(
        topics={"sums": {"tags": ["x"]}, "means": {}},
        problems={"add": {"tags": ["x"]}, "halve": {}},
        courses={"basics": "sums | means"},
        sections=({"kind": "topic"}, {"kind": "problem", "match": "topic"}),
    )
    return write_project(plain, tmp_path)


RECORD = """\
2026-11-02: {number: 1, course: basics, chapter: part-1, sections: {topic: sums, problem: add}, because: \
{topic: course-order, problem: affinity}}
2026-11-03: {number: 2, course: basics, chapter: part-2, sections: {topic: means, problem: halve}, because: \
{topic: course-order, problem: least-recent}}
2026-11-04: {number: 3, course: basics, chapter: part-1, sections: {topic: sums, problem: add}, because: \
{topic: course-order, problem: affinity}}
"""


def test_every_due_day_is_recorded_once_oldest_first(ordinary: Path) -> None:
    first = publish(ordinary)
    record = record_of(ordinary)
    again = publish(ordinary)

    said = "recorded No. 1, 2026-11-02\nrecorded No. 2, 2026-11-03\nrecorded No. 3, 2026-11-04\n"
    assert (0, said, "") == (first.status, "".join(first.out.splitlines(keepends=True)[:3]), first.err)
    assert record == RECORD
    assert (again.status, again.out.splitlines()[0]) == (0, "nothing is due that is not recorded")
    assert "0 files written" in again.out
    assert record == record_of(ordinary)


def test_day_by_day_gives_the_same_record(ordinary: Path) -> None:
    for day in ("02", "03", "04"):
        assert publish(ordinary, now=f"2026-11-{day}T12:00").out.startswith(
            f"recorded No. {int(day) - 1}, 2026-11-{day}\n"
        )

    assert record_of(ordinary) == RECORD


def test_the_year_changes_the_file_and_not_the_numbers(ordinary: Path) -> None:
    run = publish(ordinary, now="2027-01-01T12:00")

    lines = {path.name: path.read_text().splitlines() for path in (ordinary / "content/record").iterdir()}
    assert (run.status, len(lines["2026.yml"]), len(lines["2027.yml"])) == (0, 60, 1)
    assert lines["2026.yml"][-1].startswith("2026-12-31: {number: 60, ")
    assert lines["2027.yml"][0].startswith("2027-01-01: {number: 61, ")


def test_a_dry_run_says_what_it_would_do_and_writes_nothing(ordinary: Path) -> None:
    before = files_of(ordinary)

    run = publish(ordinary, "--dry-run", now="2026-11-03T12:00")

    assert run == (0, "would record No. 1, 2026-11-02\nwould record No. 2, 2026-11-03\n", "")
    assert before == files_of(ordinary)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--date", "2026-11-03"), ["recorded No. 1, 2026-11-02", "recorded No. 2, 2026-11-03"]),
        (("--date", "yesterday"), ["recorded No. 1, 2026-11-02", "recorded No. 2, 2026-11-03"]),
    ],
)
def test_a_date_records_up_to_it(ordinary: Path, arguments: tuple[str, ...], said: list[str]) -> None:
    run = publish(ordinary, *arguments)

    assert (0, said) == (run.status, [line for line in run.out.splitlines() if line.startswith("recorded")])


def test_what_is_not_due_yet_is_not_on_the_site(tmp_path: Path) -> None:
    """Cron may run in the morning while issues appear in the evening."""
    project = write_project(newsletter(topics="a b c", publish={"at": "18:00"}), tmp_path)
    first = "2026-11-02"

    publish(project, now=f"{first}T19:00")
    publish(project, now="2026-11-03T09:00")

    assert [first] == sorted(path.name for path in (project / "output/site/issues").iterdir())


def test_a_second_publish_leaves_the_work_to_the_first(ordinary: Path) -> None:
    with publishing_alone(ordinary / "state", datetime(2026, 11, 4, 12, tzinfo=UTC)) as alone:
        run = publish(ordinary)
    after = publish(ordinary)

    assert alone
    assert run == (0, "another publish is running; this one leaves the work to it\n", "")
    assert after.out.startswith("recorded No. 1, ")


def events_of(run: Run) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run.out.splitlines()]


def test_a_report_as_json_is_an_event_a_line(ordinary: Path) -> None:
    """Also of a dry run, and of an error."""
    dry = events_of(publish(ordinary, "--dry-run", "--output-format", "json"))
    done = events_of(publish(ordinary, "--output-format", "json"))
    (ordinary / "content/newsletter.yml").write_text("version: 2\n", encoding="utf-8")
    failed = publish(ordinary, "--output-format", "json")

    recorded = [(one["date"], one["number"]) for one in done if one["event"] == "recorded"]
    assert recorded == [("2026-11-02", 1), ("2026-11-03", 2), ("2026-11-04", 3)]
    assert recorded == [(one["date"], one["number"]) for one in dry if one["event"] == "recorded"]
    assert [one["page"] for one in done if one["event"] == "built"] == ["output/site/issues/2026-11-04/index.html"]
    assert (failed.status, failed.err) == (78, "")
    *diagnostics, last = events_of(failed)
    assert last == {"event": "failed", "message": "the newsletter cannot be built as it stands", "status": 78}
    assert len(diagnostics) > 3


def test_a_date_that_is_not_due_is_an_error_of_usage(ordinary: Path) -> None:
    before = files_of(ordinary)

    run = publish(ordinary, "--date", "2026-11-05")

    assert run == (2, "", "error: 2026-11-05 is not due yet: days are due at 00:00, UTC\n")
    assert before == files_of(ordinary)


@pytest.mark.parametrize(
    ("timezone", "now", "last"),
    [
        ("UTC", "2026-11-03T23:09", "2026-11-02"),
        ("UTC", "2026-11-03T23:10", "2026-11-03"),
        ("Asia/Tokyo", "2026-11-03T14:09:59+00:00", "2026-11-02"),
        ("Asia/Tokyo", "2026-11-03T14:10:00+00:00", "2026-11-03"),
    ],
)
def test_a_day_is_due_from_its_hour_on(tmp_path: Path, timezone: str, now: str, last: str) -> None:
    plain = newsletter(topics="a b", timezone=timezone, publish={"at": "23:10"})
    project = write_project(plain, tmp_path)

    run = publish(project, "--dry-run", now=now)
    too_early = publish(project, "--dry-run", "--date", "today", now=now)

    assert (0, last) == (run.status, run.out.split()[-1])
    if last == "2026-11-03":
        assert run == too_early
    else:
        message = f"error: 2026-11-03 is not due yet: days are due at 23:10, {timezone}\n"
        assert (2, "", message) == too_early


@pytest.mark.parametrize(
    ("timezone", "at", "now", "due"),
    [
        ("UTC", "00:00", "2026-11-03T00:00:00+00:00", "2026-11-03"),
        ("Pacific/Kiritimati", "08:00", "2026-11-02T18:00:00+00:00", "2026-11-03"),
        ("Pacific/Pago_Pago", "08:00", "2026-11-03T18:59:59+00:00", "2026-11-02"),
        ("Europe/Berlin", "02:30", "2026-10-25T00:29:59+00:00", "2026-10-24"),  # 02:29:59, the first time
        ("Europe/Berlin", "02:30", "2026-10-25T00:30:00+00:00", "2026-10-25"),
        ("Europe/Berlin", "02:30", "2026-10-25T01:05:00+00:00", "2026-10-25"),  # 02:05, the second time: still due
        ("Europe/Berlin", "02:30", "2026-03-29T00:59:59+00:00", "2026-03-28"),  # 01:59:59; there is no 02:30
        ("Europe/Berlin", "02:30", "2026-03-29T01:30:00+00:00", "2026-03-29"),
        ("America/New_York", "23:10", "2027-01-01T04:10:00+00:00", "2026-12-31"),
        ("Asia/Kathmandu", "00:00", "2028-02-28T18:15:00+00:00", "2028-02-29"),
    ],
)
def test_last_due_day(timezone: str, at: str, now: str, due: str) -> None:
    settings_ = library_of(newsletter(topics="a", timezone=timezone, publish={"at": at})).newsletter

    assert date.fromisoformat(due) == last_due_day(settings_, datetime.fromisoformat(now))


TITLE = """It's "a: quiet" one — 30 % #1 {not} [a] list, ¿sí? 数学 🎉 \\n *x* &y !z %a @b `c`"""
NOTE = Block(
    dedent(
        """\
        First: a "quoted" line, $x_1$, \\@ and 'single' quotes,
          {braces}, [brackets] # and no comment

        …and a last one, after an empty line. 🎉
        """
    )
)


def test_title_and_note_of_a_pin_are_recorded_as_they_are(tmp_path: Path) -> None:
    pins = {"2026-11-02": {"title": TITLE, "note": NOTE}}
    project = write_project(newsletter(topics="a b", pins=pins), tmp_path)

    run = publish(project, now="2026-11-02T12:00")
    pinned = run_forked(project, "plan", "--days", "1", "--output-format", "json", now="2026-11-02T12:00").out
    (project / "content/calendar.yml").unlink()
    recorded = run_forked(project, "plan", "--days", "1", "--output-format", "json", now="2026-11-02T12:00").out

    assert (0, "", pinned) == (run.status, run.err, recorded)
    assert record_of(project) == (
        "2026-11-02: {number: 1, course: all, chapter: part-1, sections: {topic: a}, because: {topic: course-order}, "
        """title: "It's \\"a: quiet\\" one — 30 % #1 {not} [a] list, ¿sí? 数学 🎉 \\\\n *x* &y !z %a @b `c`", """
        """note: "First: a \\"quoted\\" line, $x_1$, \\\\@ and 'single' quotes,\\n"""
        """  {braces}, [brackets] # and no comment\\n\\n"""
        """…and a last one, after an empty line. 🎉\\n"}\n"""
    )


# Everything that YAML can carry in double quotes; a title holds nothing that cannot be seen.
texts = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=40)
seen = st.characters(exclude_categories=("Cs", "Cc", "Cf", "Zl", "Zp"))


@examples(300)
@given(st.text(seen, min_size=1, max_size=40).filter(lambda text: text.strip() == text), texts)
def test_any_title_and_note_come_back_from_the_record(title: str, note: str) -> None:
    lineup = plan_lineup(library_of(newsletter(topics="a")), MONDAY)
    assert isinstance(lineup, Lineup)

    line = record_line(lineup._replace(title=title, note=note))

    recorded = parse_record((line,))[MONDAY]
    assert (title, note) == (recorded.title, recorded.note)
    assert len(line.splitlines()) == 1


@pytest.mark.parametrize(
    "before",
    [
        b"# The record.\n\n2026-11-02: {number: 41, sections: {topic: means, problem: halve}}  # by hand\n",
        b"2026-11-02: {number: 41, sections: {topic: means, problem: halve}}",
        b"'2026-11-02': {number: 41, sections: {topic: means, problem: halve}}\n# the end",
        b"# CRLF\r\n2026-11-02:\r\n  number: 41\r\n  sections:\r\n    topic: means\r\n    problem: halve\r\n",
        b'\xef\xbb\xbf2026-11-02: {number: 41, sections: {topic: means, problem: halve}, title: "\xc3\x84"}\n',
    ],
    ids=["comments", "no line end", "quoted date, comment at the end", "block style, CRLF", "byte order mark"],
)
def test_the_file_keeps_what_it_held_byte_for_byte(ordinary: Path, before: bytes) -> None:
    path = ordinary / "content/record/2026.yml"
    path.parent.mkdir()
    path.write_bytes(before)

    run = publish(ordinary, now="2026-11-03T12:00")

    joint = b"" if before.endswith(b"\n") else b"\n"
    line = (
        b"2026-11-03: {number: 42, course: basics, chapter: part-1, sections: {topic: sums, problem: add}, "
        b"because: {topic: course-order, problem: affinity}}\n"
    )
    assert (run.status, run.err) == (0, "")
    assert before + joint + line == path.read_bytes()


@pytest.mark.parametrize("quote", [b"", b"'", b'"', b"\xef\xbb\xbf"])
def test_a_day_that_the_file_holds_is_never_written_again(tmp_path: Path, quote: bytes) -> None:
    lineup = plan_lineup(library_of(newsletter(topics="a")), MONDAY)
    assert isinstance(lineup, Lineup)
    path = tmp_path / "content/record/2026.yml"
    path.parent.mkdir(parents=True)
    end = quote if quote != b"\xef\xbb\xbf" else b""
    path.write_bytes(quote + b"2026-11-02" + end + b": {number: 1, sections: {topic: b}}\n")
    before = files_of(tmp_path)

    with pytest.raises(UserError, match=r"^2026.yml holds 2026-11-02 already; 2026-11-02 is not recorded$"):
        record_lineup(tmp_path, lineup)

    assert before == files_of(tmp_path)


PINNED_DRAFT = {
    "topics": {"a": {}, "b": {"draft": True}},
    "pins": {"2026-11-03": {"sections": {"topic": "b"}}},
}
UNPREPARED = {
    "topics": {"a": {}, "b": {"prerequisites": ["c"]}, "c": {}},
    "pins": {"2026-11-03": {"sections": {"topic": "b"}}},
}
MISSPELT = {"topics": "a b", "pins": {"2026-11-03": {"sections": {"topics": "b"}}}}
SHORT = {"features": "f", "sections": ({"kind": "feature", "cooldown": 9, "when_short": "stop"},), "topics": "a"}


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (MISSPELT, "a pin names the section 'topics', which there is not; did you mean 'topic'?"),
        (PINNED_DRAFT, "'b' cannot be shown on 2026-11-03: it is a draft; pin another entry, or change this one"),
        (
            UNPREPARED,
            (
                "'b' is pinned to 2026-11-03, but its prerequisite 'c' has not been shown by then; "
                "pin it later, or pin the prerequisite earlier"
            ),
        ),
        (
            SHORT,
            (
                "no entry fits the section 'feature' on 2026-11-03, and it must not be left out; "
                "write another feature, or change 'when_short'"
            ),
        ),
    ],
    ids=["a misspelt section", "a pinned draft", "a pin against prerequisites", "a section that must not be left out"],
)
def test_a_conflict_stops_before_its_day_is_recorded(tmp_path: Path, parts: Mapping[str, Any], message: str) -> None:
    project = write_project(newsletter(**parts), tmp_path)

    run = publish(project, now="2026-11-04T12:00")
    after = files_of(project)
    again = publish(project, now="2026-11-04T12:15")

    page = "output/site/issues/2026-11-02/index.html"
    assert (1, f"error: {message}") == (run.status, run.err.splitlines()[-1])
    assert run.out.splitlines()[:1] == ["recorded No. 1, 2026-11-02"]
    assert page == run.out.splitlines()[-1]
    assert (again.status, again.err) == (1, "")  # it is said once a day
    assert again.out.splitlines()[1].startswith("0 files written, ")
    assert after == files_of(project)


def test_days_without_an_issue_are_not_recorded(tmp_path: Path) -> None:
    pins = {"2026-11-03": {"skip": "A holiday"}, "2026-11-05": {"sections": {"topic": "a"}}}
    project = write_project(newsletter(topics="a b", days=["mon", "tue", "wed"], pins=pins), tmp_path)

    run = publish(project, now="2026-11-08T12:00")

    days = [line[:10] for line in record_of(project).splitlines()]
    assert (run.status, days) == (0, ["2026-11-02", "2026-11-04", "2026-11-05"])


def test_a_publish_that_hangs_is_told_after_three_hours(ordinary: Path) -> None:
    with publishing_alone(ordinary / "state", datetime(2026, 11, 4, 12, tzinfo=UTC)):
        patient = publish(ordinary, now="2026-11-04T15:00")
        told, again = publish(ordinary, now="2026-11-04T15:15"), publish(ordinary, now="2026-11-04T15:30")

    assert (patient.status, patient.err) == (0, "")
    assert told.status == again.status == 75
    assert told.err.startswith("error: another publish has been running since 2026-11-04 12:00")
    assert again.err == ""


def test_a_channels_folder_of_state_can_be_elsewhere(ordinary: Path, tmp_path: Path) -> None:
    publish(ordinary, "--state", str(tmp_path / "elsewhere"))

    assert (tmp_path / "elsewhere/ledger.db").exists()
    assert not (ordinary / "state").exists()
