"""What the commands print."""

from __future__ import annotations

import json
from pathlib import Path

from forked import run_forked


def test_plan_is_a_table_of_the_coming_days(small: Path) -> None:
    run = run_forked(small, "plan", "--days", "6")

    assert run.status == 0
    assert run.out == (
        "date             no.  course  topic                    problem                feature\n"
        "2026-11-21  Sat  4    basics  sums (course-order)      add (least-recent)     –\n"
        "2026-11-22  Sun  5    basics  means (course-order)     halve (affinity)       –\n"
        "2026-11-23  Mon  6    basics  variance (course-order)  riddle (least-recent)  –\n"
        "2026-11-24  Tue  7    basics  sums (course-order)      add (least-recent)     –\n"
        "2026-11-25  Wed  8    basics  means (course-order)     halve (affinity)       club (least-recent)\n"
        "2026-11-26  Thu  9    basics  variance (course-order)  riddle (least-recent)  –\n"
    )


def test_plan_says_which_days_have_no_issue(copy_newsletter) -> None:
    run = run_forked(copy_newsletter("recorded"), "plan", "--days", "7")

    assert run.out.splitlines()[1:] == [
        "2026-11-21  Sat  12   two     delta (course-order)  –      count (least-recent)  –",
        "2026-11-22  Sun  –    no issue on a Sunday",
        "2026-11-23  Mon  –    no issue on a Monday",
        "2026-11-24  Tue  13   one     alpha (course-order)  –      count (least-recent)  –",
        "2026-11-25  Wed  –    no issue on a Wednesday",
        "2026-11-26  Thu  –    no issue on a Thursday",
        "2026-11-27  Fri  –    Thanksgiving",
    ]


def test_explain_names_choice_runners_up_and_what_was_kept_out(small: Path) -> None:
    run = run_forked(small, "explain", "--date", "2026-11-19")

    assert run.status == 0
    assert run.out == (
        "No. 2, 2026-11-19 Thu (planned, course basics, chapter first)\n"
        "\n"
        "topic: means\n"
        "  chosen because it is next in its course, and the course has its turn [course-order]\n"
        "  before variance: it comes later in course 'basics' [course-order]\n"
        "  before sums: this round of course 'basics' has had it already [course-order]\n"
        "\n"
        "problem: halve\n"
        "  chosen because it shares most tags with the day's topic, or as many and has fewer others [affinity]\n"
        "  before riddle: 1 shared tag against 0 [affinity]\n"
        "  add kept out by cooldown: shown yesterday, 2 required\n"
    )


def test_explain_of_a_recorded_day_tells_both(copy_newsletter) -> None:
    run = run_forked(copy_newsletter("recorded"), "explain", "--date", "2026-11-13")

    assert run.out.startswith(
        "No. 8, 2026-11-13 Fri (as recorded, course two, chapter start)\n"
        "  topic: delta, because it is pinned in content/calendar.yml [pin]\n"
        "\n"
        "Today's rules would choose, given the days before:\n"
        "\n"
        "topic: alpha\n"
    )


def test_explain_of_a_day_without_an_issue(copy_newsletter) -> None:
    run = run_forked(copy_newsletter("recorded"), "explain", "--date", "2026-11-27")

    assert (run.status, run.out) == (0, "2026-11-27 has no issue: Thanksgiving.\n")


def test_reports_as_json(small: Path) -> None:
    plan = json.loads(run_forked(small, "plan", "--days", "2", "--output-format", "json").out)["days"]
    explanation = json.loads(run_forked(small, "explain", "--output-format", "json").out)
    built = json.loads(run_forked(small, "build", "--output-format", "json").out)

    assert plan[0] == {
        "date": "2026-11-21",
        "number": 4,
        "recorded": False,
        "course": "basics",
        "chapter": "first",
        "sections": {"topic": "sums", "problem": "add"},
        "because": {"topic": "course-order", "problem": "least-recent"},
        "left_out": {},
        "conflicts": [],
        "title": None,
        "note": None,
    }
    assert explanation["reasons"][1]["runners_up"][0]["preference"] == "least-recent"
    assert built["page"] == "output/site/issues/2026-11-21/index.html"
    assert len(built["written"]) > 20


def test_check_reports_as_text_json_and_github(small: Path) -> None:
    path = small / "content/topics/means.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("tags: [numbers]", "tags: [Num%bers]"), encoding="utf-8")

    text = run_forked(small, "check")
    data = run_forked(small, "check", "--output-format", "json")
    github = run_forked(small, "check", "--output-format", "github")

    sentence = "'Num%bers' is not an id; write small letters, digits and single hyphens, as in 'lora-and-qlora'"
    assert (text.status, data.status, github.status) == (1, 1, 1)
    assert (text.out, data.err, github.err) == ("", "", "")
    assert text.err == (
        f"error[tags]: {sentence}\n"
        "  --> content/topics/means.yml:3:8\n"
        "  3 | tags: [Num%bers]\n"
        "    |        ^^^^^^^^\n"
        "\n"
        "1 error, 0 warnings in 1 file\n"
    )
    assert json.loads(data.out) == [
        {
            "rule": "tags",
            "message": sentence.split("; ", maxsplit=1)[0],
            "hint": sentence.split("; ")[1],
            "severity": "error",
            "fix": None,
            "path": "content/topics/means.yml",
            "line": 3,
            "column": 8,
            "width": 8,
            "excerpt": "tags: [Num%bers]",
        }
    ]
    escaped = sentence.replace("%", "%25")
    assert github.out == f"::error file=content/topics/means.yml,line=3,col=8,title=tags::{escaped}\n"


def test_check_of_a_sound_newsletter(small: Path) -> None:
    run = run_forked(small, "check")

    assert run == (0, "all is well\n", "")


def test_check_runs_the_problems(small: Path) -> None:
    path = small / "content/problems/add.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("return a + b", "return a * b"), encoding="utf-8")

    run = run_forked(small, "check", "--run")

    assert run.status == 1
    assert run.err.startswith("running 3 problems, each program in a process of its own, ")
    assert "error[solution]: the solution fails: " in run.err
    assert "  --> content/problems/add.yml:19:11\n" in run.err


def test_check_says_what_coming_days_lack(small: Path) -> None:
    path = small / "content/newsletter.yml"
    text = path.read_text(encoding="utf-8").replace("runway_warning: 0", "runway_warning: 14")
    path.write_text(text.replace("cooldown: 2\n    days", "cooldown: 9\n    days"), encoding="utf-8")

    run = run_forked(small, "check")

    assert run.status == 0
    assert (
        "\n\nwarning[short-section]: 'feature' is left out on 2 days from 2026-11-25 to 2026-12-04: "
        "kept out by cooldown (2); "
    ) in run.err
    assert "warning[runway]: 'feature'" not in run.err


def test_a_pin_against_a_prerequisite_is_an_error_of_its_day(small: Path) -> None:
    (small / "content/calendar.yml").write_text("2026-11-18:\n  sections:\n    topic: means\n", encoding="utf-8")

    check = run_forked(small, "check", now="2026-11-17T12:00")
    build = run_forked(small, "build")

    assert check.status == build.status == 1
    assert check.err.startswith(
        "error[pin]: 'means' is pinned to 2026-11-18, but its prerequisite 'sums' has not been shown by then "
        "(content/topics/means.yml:4); pin it later, or pin the prerequisite earlier\n"
        "  --> content/calendar.yml:3:12\n"
    )
    assert "Traceback" not in build.err
    assert not (small / "output").exists()


def test_no_command_shows_a_traceback_outside_a_newsletter(tmp_path: Path) -> None:
    for command in (["build"], ["check"], ["plan"], ["explain"], ["publish"], ["new", "topic", "X"]):
        run = run_forked(tmp_path, *command)

        assert run.status in (1, 78)
        assert run.err.startswith("error: there is no ")
