"""Recall and Yesterday's Solution: what they hold, on which days, and how it is kept."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from datetime import date, timedelta
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import NEWSLETTERS, examples
from forked import run_forked
from pixeldigest.schedule import Lineup, plan_days
from pixeldigest.yamltree import Block
from strategies import HORIZON, MONDAY, Plain, library_of, newsletters, with_record

TODAY = "2026-11-21"
DAYS = ("2026-11-18", "2026-11-19", "2026-11-20", TODAY)
TEXTS = ("issue.txt", "mail.html", "post.md", "devto.md", "issue.json")


@pytest.fixture
def reviews(copy_newsletter: Callable[[str], Path]) -> Path:
    """A newsletter with both sections: two days are recorded, and three more are due by `TODAY`."""
    return copy_newsletter("reviews")


def edit(path: Path, old: str, new: str) -> None:
    before = path.read_text(encoding="utf-8")
    assert old in before, f"{path.name} holds no {old!r}"
    path.write_text(before.replace(old, new), encoding="utf-8")


def settle(project: Path, old: str, new: str) -> None:
    edit(project / "content/newsletter.yml", old, new)


def planned(project: Path, *, first: date, days: int) -> dict[date, dict[str, Any]]:
    """Read from `plan` what each day's sections hold."""
    run = run_forked(project, "plan", "--days", str(days), "--output-format", "json", now=f"{first}T12:00")
    assert (run.status, run.err) == (0, "")
    return {date.fromisoformat(one["date"]): one.get("sections", {}) for one in json.loads(run.out)["days"]}


def files_of(project: Path, day: str) -> dict[str, str]:
    """Read an issue in every format, the page among them."""
    texts = {name: project / "output/issues" / day / name for name in TEXTS}
    texts["page"] = project / "output/site/issues" / day / "index.html"
    return {name: path.read_text(encoding="utf-8") for name, path in texts.items()}


# --- The ladder ---


def write_course(project: Path, quizzes: list[int]) -> None:
    """Put a course of so many topics in place, each with so many questions: t00/q0, t00/q1, t01/q0 …; no record."""
    (project / "content/record/2026.yml").unlink()
    names = [f"t{number:02}" for number in range(len(quizzes))]
    outline = "".join(f"      - {name}\n" for name in names)
    edit(project / "content/courses/waves.yml", "      - light\n      - sound\n      - heat\n", outline)
    for name, count in zip(names, quizzes, strict=True):
        questions = "".join(
            f"  - id: q{number}\n    question: Why {number}?\n    choices: [so, thus]\n    answer: so\n"
            for number in range(count)
        )
        quiz = f"quiz:\n{questions}" if count else ""
        text = f"title: Topic {name}\nsummary: About {name}, in as few words as can be.\nbody: |\n  Text.\n{quiz}"
        (project / f"content/topics/{name}.yml").write_text(text, encoding="utf-8")


def expected_questions(issues: dict[date, str], day: date, quizzes: list[int]) -> list[str]:
    """Climb the ladder as the glossary describes it, without haste."""
    asked: list[str] = []
    used: set[date] = set()
    for step, age in enumerate((1, 7, 30)):
        old_enough = [one for one in issues if one <= day - timedelta(days=age) and one not in used]
        if not old_enough:
            continue
        used.add(max(old_enough))
        topic = issues[max(old_enough)]
        count = quizzes[int(topic[1:])]
        name = f"{topic}/q{step % count}" if count else None
        if name and topic != issues[day] and name not in asked:
            asked.append(name)
    return asked


@pytest.mark.parametrize(
    ("days", "skip", "quizzes"),
    [
        ("[mon, tue, wed, thu, fri, sat, sun]", "[]", [3] * 80),
        ("[mon, tue, wed, thu, fri]", "[2026-12-24, 2026-12-25]", [2, 0, 1, 3] * 20),
        ("[mon]", "[2026-12-21, 2026-12-28]", [1, 2, 3]),
        ("[tue, sat]", "[]", [3, 1]),
        ("[mon, tue, wed, thu, fri, sat, sun]", "[]", [2] * 7),
    ],
    ids=["daily", "on weekdays", "weekly", "two topics", "a round of a week"],
)
def test_each_step_asks_about_the_last_issue_that_is_old_enough(
    reviews: Path, days: str, skip: str, quizzes: list[int]
) -> None:
    write_course(reviews, quizzes)
    settle(reviews, "  start: 2026-11-11\n", f"  start: 2026-11-11\n  days: {days}\n  skip: {skip}\n")

    held = planned(reviews, first=date(2026, 11, 11), days=75)

    issues = {day: sections["topic"] for day, sections in held.items() if sections}
    assert len(issues) > 7
    assert {day: expected_questions(issues, day, quizzes) for day in issues} == {
        day: held[day].get("recall", []) for day in issues
    }


def test_the_ladder_in_full_and_how_it_begins(reviews: Path) -> None:
    write_course(reviews, [3] * 80)

    held = planned(reviews, first=date(2026, 11, 11), days=40)

    assert "recall" not in held[date(2026, 11, 11)]
    assert held[date(2026, 11, 12)]["recall"] == ["t00/q0"]
    assert held[date(2026, 11, 18)]["recall"] == ["t06/q0", "t00/q1"]
    assert held[date(2026, 12, 11)]["recall"] == ["t29/q0", "t23/q1", "t00/q2"]


def test_a_long_silence_does_not_silence_the_ladder(reviews: Path) -> None:
    """The last issue is three months old, so that the steps take three issues one after the other."""
    write_course(reviews, [1, 2, 3, 1])
    lines = [
        f"2026-08-0{n + 1}: {{number: {n + 1}, course: waves, chapter: all, sections: {{topic: t0{n}}}}}\n"
        for n in range(3)
    ]
    (reviews / "content/record/2026.yml").write_text("".join(lines), encoding="utf-8")

    held = planned(reviews, first=date(2026, 11, 11), days=1)

    assert held[date(2026, 11, 11)] == {"recall": ["t02/q0", "t01/q1", "t00/q0"], "topic": "t03", "problem": "halve"}


def test_recall_keeps_to_its_days_and_makes_no_issue(reviews: Path) -> None:
    write_course(reviews, [1] * 20)
    settle(reviews, "heading: Do You Remember?\n", "heading: Do You Remember?\n    days: [thu, sat]\n")
    settle(reviews, "heading: Topic Deep Dive\n", "heading: Topic Deep Dive\n    days: [wed, thu]\n")
    settle(reviews, "    cooldown: 2\n", "    cooldown: 2\n    days: [wed, thu]\n")

    held = planned(reviews, first=date(2026, 11, 11), days=9)

    with_issue = {day: [*sections] for day, sections in held.items() if sections}
    assert with_issue == {
        date(2026, 11, 11): ["topic", "problem"],
        date(2026, 11, 12): ["recall", "topic", "solution", "problem"],
        date(2026, 11, 18): ["topic", "solution", "problem"],
        date(2026, 11, 19): ["recall", "topic", "problem"],
    }


# --- The solution ---


def test_the_solution_is_that_of_the_previous_issue(reviews: Path) -> None:
    """One problem has code, one is prose with an explanation, and one has no answer."""
    held = planned(reviews, first=date(2026, 11, 18), days=6)

    assert [(sections["problem"], sections.get("solution")) for sections in held.values()] == [
        ("riddle", "half"),  # recorded with its former id
        ("wonder", "riddle"),
        ("halve", None),
        ("riddle", "halve"),
        ("wonder", "riddle"),
        ("halve", None),
    ]


def test_a_problem_that_comes_again_at_once_is_not_given_away(reviews: Path) -> None:
    for name in ("riddle", "wonder"):
        edit(reviews / f"content/problems/{name}.yml", "title:", "draft: true\ntitle:")
    settle(reviews, "    cooldown: 2\n", "")

    held = planned(reviews, first=date(2026, 11, 19), days=3)

    assert [(one["problem"], one.get("solution")) for one in held.values()] == [
        ("halve", "riddle"),
        ("halve", None),
        ("halve", None),
    ]


def test_of_two_problems_the_first_with_a_solution_is_solved(reviews: Path) -> None:
    settle(reviews, "calls_to_action:", "  - kind: problem\n    id: second\n    heading: Another\ncalls_to_action:")
    pins = (
        "2026-11-19: {sections: {problem: wonder, second: halve}}",
        "2026-11-20: {sections: {problem: riddle, second: wonder}}",
    )
    (reviews / "content/calendar.yml").write_text("\n".join(pins), encoding="utf-8")

    held = planned(reviews, first=date(2026, 11, 20), days=1)

    assert held[date(2026, 11, 20)] == {"topic": "light", "solution": "halve", "problem": "riddle", "second": "wonder"}


def test_no_issue_solves_its_own_problem_or_holds_any_tests(reviews: Path) -> None:
    """The problem is asked on a Friday, and there is no issue before Monday."""
    (reviews / "content/record/2026.yml").unlink()
    settle(reviews, "start: 2026-11-11\n", "start: 2026-11-20\n  days: [mon, tue, wed, thu, fri]\n")

    for day, shown in (("2026-11-20", False), ("2026-11-21", False), ("2026-11-22", False), ("2026-11-23", True)):
        run = run_forked(reviews, "build", now=f"{day}T12:00")
        written = "".join(path.read_bytes().decode() for path in (reviews / "output").rglob("*.*") if _is_text(path))

        assert (run.status, run.err) == (0, "")
        assert "Write <code>halve</code>" in written
        assert ("Return half of it." in written) == shown, day
        for secret in ("958.5", "rounds down", "return number // TWO"):
            assert secret not in written, day


def _is_text(path: Path) -> bool:
    return path.suffix in (".html", ".txt", ".md", ".json", ".xml", ".eml")


def test_explain_says_what_follows_from_the_issues_before(reviews: Path) -> None:
    recorded = run_forked(reviews, "explain", "--date", "2026-11-18")
    coming = run_forked(reviews, "explain", "--date", TODAY)

    assert "\n  recall: light/speed\n  solution: half\n\nToday's rules" in recorded.out
    assert coming.out.endswith(
        "\n\nrecall: light/speed, light/colour\n"
        "  follows from the issues 1, 7 and 30 days back: a question about the topic of each\n"
        "\nsolution: halve\n"
        "  follows from the previous issue: its problem\n"
    )


# --- The record ---


def test_publishing_records_what_was_planned_and_reads_it_back(reviews: Path) -> None:
    record = reviews / "content/record/2026.yml"
    before = record.read_text(encoding="utf-8")
    run_forked(reviews, "build")
    as_planned = {day: files_of(reviews, day) for day in DAYS}

    published = run_forked(reviews, "publish")
    again = run_forked(reviews, "publish")

    assert (published.status, published.err) == (0, "")
    lines = record.read_text(encoding="utf-8").removeprefix(before).splitlines()
    assert [(line[:10], re.findall(r"sections: ({.*?})", line)[0]) for line in lines] == [
        ("2026-11-19", "{recall: [sound/media, light/colour], topic: heat, solution: riddle, problem: wonder}"),
        ("2026-11-20", "{topic: light, problem: halve}"),
        ("2026-11-21", "{recall: [light/speed, light/colour], topic: sound, solution: halve, problem: riddle}"),
    ]
    assert as_planned == {day: files_of(reviews, day) for day in DAYS}
    assert again.out.startswith("nothing is due that is not recorded\n0 files written")


def test_what_went_out_stays_when_the_settings_change(reviews: Path) -> None:
    run_forked(reviews, "publish")
    before = {day: files_of(reviews, day)["issue.json"] for day in DAYS}
    settings = (reviews / "content/newsletter.yml").read_text(encoding="utf-8")
    moved = "  - kind: recall\n    heading: Do You Remember?\n"
    settle(reviews, moved, "")
    settle(reviews, "calls_to_action:\n", f"{moved}    days: []\ncalls_to_action:\n")

    run = run_forked(reviews, "build")

    assert (run.status, run.err) == (0, "")
    assert settings != (reviews / "content/newsletter.yml").read_text(encoding="utf-8")
    assert before == {day: files_of(reviews, day)["issue.json"] for day in DAYS}


def test_former_ids_are_followed(reviews: Path) -> None:
    edit(reviews / "content/record/2026.yml", "recall: [light/speed]", "recall: [noise/media, light/speed]")

    run = run_forked(reviews, "build")
    recall, _, solution, _ = json.loads(files_of(reviews, "2026-11-18")["issue.json"])["sections"]

    assert (run.status, run.err) == (0, "")
    assert [(one["topic"], one["id"]) for one in recall["questions"]] == [
        ("Sound", "media"),
        ("Light & Shade", "speed"),
    ]
    assert solution["problem"] == "halve"


def test_what_is_gone_is_told_and_left_out(reviews: Path) -> None:
    edit(reviews / "content/record/2026.yml", "[light/speed]", "[light/heat, light/speed]")
    edit(reviews / "content/record/2026.yml", "solution: half", "solution: quarter")

    checked = run_forked(reviews, "check")
    built = run_forked(reviews, "build")
    sections = json.loads(files_of(reviews, "2026-11-18")["issue.json"])["sections"]

    assert (checked.status, built.status) == (0, 0)
    for run in (checked, built):
        assert re.findall(r"^warning\[unknown-reference\]: (.*?);", run.err, re.MULTILINE) == [
            "there is no question 'light/heat'",
            "there is no problem 'quarter'",
        ]
    assert [section["id"] for section in sections] == ["recall", "topic", "problem"]
    assert [one["id"] for one in sections[0]["questions"]] == ["speed"]


def test_a_section_whose_questions_are_all_gone_is_left_out(reviews: Path) -> None:
    edit(reviews / "content/topics/light.yml", "  - id: speed\n", "  - id: pace\n")

    run = run_forked(reviews, "build")

    assert run.status == 0
    assert "there is no question 'light/speed'" in run.err
    for name, text in files_of(reviews, "2026-11-18").items():
        assert "Do You Remember?" not in text, name


@pytest.mark.parametrize(("kind", "name"), [("topic", "light"), ("problem", "halve")])
def test_a_broken_entry_is_left_out_of_what_is_repeated(reviews: Path, kind: str, name: str) -> None:
    """Issues that teach or ask it cannot be made, and the others can."""
    edit(reviews / f"content/{kind}s/{name}.yml", "body: |\n", "body: |\n  <b>No.</b>\n\n")

    run = run_forked(reviews, "build", "--date", "2026-11-18")

    assert run.status == 0
    assert "Traceback" not in run.err
    assert ("recall" if kind == "topic" else "solution") not in [
        section["id"] for section in json.loads(files_of(reviews, "2026-11-18")["issue.json"])["sections"]
    ]


def test_a_record_without_any_entry_is_said(reviews: Path) -> None:
    (reviews / "content/record/2026.yml").write_text("2026-11-18: {number: 1, sections: {recall: [light/speed]}}\n")

    run = run_forked(reviews, "build", "--date", "2026-11-18")

    assert (run.status, run.err) == (1, "error: the issue of 2026-11-18 holds no entry; put one into its sections\n")


@pytest.mark.parametrize(("section", "entry"), [("recall", "light"), ("solution", "halve")])
def test_a_pin_is_refused(reviews: Path, section: str, entry: str) -> None:
    pin = f"2026-11-21:\n  sections: {{{section}: {entry}}}\n"
    (reviews / "content/calendar.yml").write_text(pin, encoding="utf-8")
    message = f"'{section}' cannot be pinned: a section of kind '{section}' follows from the issues before"

    checked = run_forked(reviews, "check")
    built = run_forked(reviews, "build", "--date", "2026-11-21")

    assert checked.err.startswith(f"error[pin]: {message}; take it out of the pin\n  --> content/calendar.yml:2:")
    assert checked.err.endswith("\n\n1 error, 0 warnings in 1 file\n")
    assert (checked.status, built.status) == (1, 1)
    assert built.err.endswith(f"error: {message}; take it out of the pin\n")
    assert not (reviews / "output").exists()


# --- Any newsletter ---


@st.composite
def repeating(draw: st.DrawFn) -> Plain:
    """Draw a newsletter with a section of either kind at any place, and with quizzes and solutions here and there."""
    plain = draw(newsletters())
    quizzes = {one: draw(st.integers(0, 3)) for one in plain.topics}
    sections = list(plain.settings["sections"])
    for kind in ("recall", "solution"):
        sections.insert(draw(st.integers(0, len(sections))), {"kind": kind, "heading": "Again"})
    return plain._replace(
        settings={**plain.settings, "sections": sections},
        topics={one: {**fields, "quiz": make_quiz(quizzes[one])} for one, fields in plain.topics.items()},
        problems={
            one: {**fields, "explanation": Block("So.\n")} if draw(st.booleans()) else fields
            for one, fields in plain.problems.items()
        },
    )


def make_quiz(count: int) -> list[dict[str, Any]]:
    question = {"question": "Why?", "choices": ["so", "thus"], "answer": "so"}
    return [{"id": f"q{number}", **question} for number in range(count)]


def lineups_of(plain: Plain) -> list[Lineup]:
    days = plan_days(library_of(plain), until=MONDAY + timedelta(days=HORIZON))
    return [day for day in days if isinstance(day, Lineup)]


@examples(40)
@given(repeating())
def test_what_is_repeated_was_shown_before_and_changes_no_choice(plain: Plain) -> None:
    without = [one for one in plain.settings["sections"] if one["kind"] not in ("recall", "solution")]
    lineups = lineups_of(plain)

    shown: set[str] = set()
    previous: set[str] = set()
    for lineup in lineups:
        today = {choice.entry_id for choice in lineup.choices}
        for review in lineup.reviews:
            entries = {ref.partition("/")[0] for ref in review.refs}
            assert entries <= (previous if review.kind == "solution" else shown) - today
            assert len(review.refs) == len(set(review.refs)) > 0
        shown |= today
        previous = today
    assert [one._replace(reviews=()) for one in lineups] == lineups_of(
        plain._replace(settings={**plain.settings, "sections": without})
    )


@examples(40)
@given(repeating(), st.integers(1, HORIZON))
def test_what_was_recorded_is_read_back(plain: Plain, count: int) -> None:
    lineups = lineups_of(plain)
    went_out = tuple(takewhile(lambda one: not one.conflicts, lineups))[:count]

    again = lineups_of(with_record(plain, went_out))

    assert [one._replace(recorded=True, omissions=()) for one in went_out] == again[: len(went_out)]
    assert [one.parts for one in lineups] == [one.parts for one in again]


# --- The formats ---


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The newsletter, built on `TODAY`."""
    project = tmp_path_factory.mktemp("built") / "reviews"
    shutil.copytree(NEWSLETTERS / "reviews/content", project / "content")
    run = run_forked(project, "build")
    assert (run.status, run.err) == (0, "")
    return project


QUESTION = "What tells colours apart?"
SOLVED = {
    "page": "Half of <math><mi>x</mi></math>",
    "issue.txt": "Half of x is x/2, as with light",
    "mail.html": "Half of <i>x</i>",
    "post.md": r"Half of $x$ is $\frac{x}{2}$, as with [light](https://reviews.example.org/topics/light/).",
    "devto.md": "Half of {% katex inline %}x{% endkatex %} is",
    "issue.json": r"Half of $x$ is $\\frac{x}{2}$, as with [light](topic:light).",
}


def test_every_format_asks_and_solves(built: Path) -> None:
    for name, text in files_of(built, TODAY).items():
        assert QUESTION in text, name
        assert "Return half of it." in text, name
        assert SOLVED[name] in text, name


def test_feeds_and_the_message_ask_and_solve(built: Path) -> None:
    feed = json.loads((built / "output/site/feed.json").read_text(encoding="utf-8"))["items"][0]["content_html"]
    message = (built / f"output/issues/{TODAY}/mail.eml").read_bytes().decode()

    assert "<h2>Do You Remember?</h2>" in feed
    assert "<h2>Yesterday&#39;s Solution: Halve</h2>" in feed
    for text in (feed, message):
        assert QUESTION in text
        assert "Return half of it." in text


def test_answers_are_folded_linked_or_below(built: Path) -> None:
    """As with a topic's own quiz: the explanation is one of the answers'."""
    files = files_of(built, TODAY)
    explanation = "times a second"
    recall = files["page"].partition('id="recall"')[2].partition("</section>")[0]

    assert explanation not in re.sub("<details>.*?</details>", "", recall, flags=re.DOTALL)
    assert recall.count(explanation) == 1
    for name in ("issue.txt", "mail.html"):
        assert explanation not in files[name]
        assert "https://reviews.example.org/topics/light/" in files[name]
    folded = re.findall(r"{% details Answers %}(.*?){% enddetails %}", files["devto.md"], re.DOTALL)
    assert explanation in folded[0]
    assert files["devto.md"].count(explanation) == 1
    assert files["post.md"].count(explanation) == 1
    assert files["post.md"].index(QUESTION) < files["post.md"].index(explanation)


def test_links_lead_to_pages_that_exist(built: Path) -> None:
    for page in (built / "output/site/issues").glob("*/index.html"):
        for target in re.findall(r'href="(\.\./[^"#]+)"', page.read_text(encoding="utf-8")):
            assert (page.parent / target).is_file(), (page, target)


def test_the_first_entry_speaks_for_the_issue(built: Path) -> None:
    """Recall stands before the topic, and has no title, summary or call to action to give."""
    files = files_of(built, TODAY)
    summary = "What one can hear, and what has to be there for it."

    assert f'<meta name="description" content="{summary}">' in files["page"]
    assert re.search(f'class="preheader"[^>]*>{summary} · A Riddle', files["mail.html"])
    assert files["mail.html"].count('class="button-link"') == 1
    assert "Read on in All of It." in files["mail.html"]


def test_the_page_lists_both_and_counts_their_time(reviews: Path) -> None:
    def minutes() -> int:
        run_forked(reviews, "build", "--date", TODAY, "--format", "web")
        page = (reviews / f"output/site/issues/{TODAY}/index.html").read_text(encoding="utf-8")
        assert '<li><a href="#recall"><span>Do You Remember?</span></a>' in page
        assert '<li><a href="#solution">Yesterday&#39;s Solution <span>Halve</span></a>' in page
        return int(re.findall(r"(\d+) minutes? to read", page)[0])

    before = minutes()
    words = "One two three four five six seven eight nine ten. " * 100
    edit(reviews / "content/problems/halve.yml", "  Half of", f"  {words}\n\n  Half of")
    longer = minutes()
    lines = "".join(f"      number = number + {n}\n" for n in range(60))
    edit(reviews / "content/problems/halve.yml", "      return number / TWO", f"{lines}      return number / TWO")
    with_code = minutes()
    edit(reviews / "content/topics/light.yml", "question: What tells", f"question: {words * 2}What tells")

    assert (longer, with_code, minutes()) == (before + 5, before + 7, before + 17)


def test_a_mail_may_hold_a_summary_of_each(reviews: Path) -> None:
    settle(reviews, "mail:\n", "mail:\n  sections: {recall: summary, solution: summary}\n")

    run_forked(reviews, "build", "--date", TODAY)
    files = files_of(reviews, TODAY)

    for name in ("issue.txt", "mail.html"):
        assert "Return half of it." not in files[name]
        assert QUESTION not in files[name]
        assert "https://reviews.example.org/issues/2026-11-21/#recall" in files[name]
        assert "https://reviews.example.org/problems/halve/" in files[name]


def test_a_preview_links_only_what_is_published(reviews: Path) -> None:
    """Tomorrow's page asks about today's topic; its own page is there from today on only."""
    (reviews / "content/record/2026.yml").unlink()
    settle(reviews, "start: 2026-11-11\n", "start: 2026-11-21\n")

    run_forked(reviews, "build")
    run = run_forked(reviews, "build", "--date", "2026-11-23")
    page = (reviews / "output/preview/site/issues/2026-11-23/index.html").read_text(encoding="utf-8")

    assert run.status == 0
    assert '<p class="kicker">From Sound</p>' in page
    assert "Half" not in page


def test_a_correction_of_the_solved_problem_updates_the_feed(reviews: Path) -> None:
    correction = "corrections:\n  - date: 2026-11-23\n    text: It was half.\nbody: |"
    edit(reviews / "content/problems/halve.yml", "body: |", correction)

    run_forked(reviews, "build", now="2026-11-24T12:00")
    feed = json.loads((reviews / "output/site/feed.json").read_text(encoding="utf-8"))
    updated = {item["url"][-11:-1]: item["date_modified"][:10] for item in feed["items"]}

    assert updated[TODAY] == "2026-11-23"
