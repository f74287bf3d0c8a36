"""`plan --diff`: what an edit since a git revision moves, and why."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from browser.chromium import leave_out
from conftest import Run, examples
from forked import run_forked
from pixeldigest.moves import ISSUE, find_moves
from pixeldigest.schedule import Lineup, plan_days
from strategies import MONDAY, Plain, library_of, newsletter, newsletters, write_project

NOW = "2026-11-03T12:00"
UNTIL = MONDAY.replace(day=MONDAY.day + 20)
# Whoever runs the tests may have settings of git that sign commits or call hooks.
ALONE = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    **{f"GIT_{who}_{what}": "test@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
}


def git(folder: Path, *arguments: str) -> str:
    """Run git as nobody in particular."""
    if shutil.which("git") is None:
        leave_out("git is not installed: 'apt-get install git'")
    environment = {key: text for key, text in os.environ.items() if not key.startswith("GIT_")}
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env={**environment, **ALONE}, capture_output=True, text=True, check=True
    )
    return done.stdout


def commit(folder: Path) -> None:
    """Commit everything."""
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "An edit")


def diff(project: Path, revision: str = "HEAD", *arguments: str) -> Run:
    """Run `plan --diff` on the second day."""
    return run_forked(project, "plan", "--diff", revision, *arguments, now=NOW)


def rewrite(project: Path, **parts: Any) -> None:
    """Write a newsletter in place of the one that is there."""
    shutil.rmtree(project / "content")
    write_project(newsletter(**parts), project)


ORDINARY: Mapping[str, Any] = {"topics": "a b c d", "problems": {"p": {"tags": ["x"]}, "q": {}, "r": {}}}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A newsletter in a folder of a repository, whose content was committed."""
    git(tmp_path, "init", "--quiet")
    project = write_project(newsletter(**ORDINARY), tmp_path / "letters" / "daily")
    (tmp_path / "content").mkdir()
    (tmp_path / "content" / "newsletter.yml").write_text("not: ours\n", encoding="utf-8")
    commit(tmp_path)
    return project


def test_nothing_moves(project: Path) -> None:
    (project / "content/topics/e.yml").write_bytes((project / "content/topics/a.yml").read_bytes())

    run = diff(project)

    assert run == (
        0,
        "nothing moves: the 14 days from 2026-11-03 to 2026-11-16 hold what they did at 'HEAD'\n",
        "",
    )


def test_what_moves_is_told_by_day_and_section_with_the_rules(project: Path) -> None:
    pins = {
        "2026-11-04": {"sections": {"topic": "d"}, "title": "A quiet one"},
        "2026-11-06": {"skip": "A holiday"},
        "2026-11-08": {"sections": {"problem": "none"}},
    }
    rewrite(project, **ORDINARY, pins=pins)

    run = diff(project, "HEAD", "--days", "6")

    assert run.status == 0
    assert run.out == (
        "2026-11-04 Wed\n"
        "  topic: c (course-order) → d (pin)\n"
        "  the title: – → A quiet one\n"
        "\n"
        "2026-11-05 Thu\n"
        "  topic: d (course-order) → c (course-order)\n"
        "\n"
        "2026-11-06 Fri\n"
        "  an issue → no issue (A holiday)\n"
        "  topic: a (course-order) → –\n"
        "  problem: q (least-recent) → –\n"
        "  the course: all → –\n"
        "\n"
        "2026-11-07 Sat\n"
        "  topic: b (course-order) → a (course-order)\n"
        "  problem: r (least-recent) → q (least-recent)\n"
        "\n"
        "2026-11-08 Sun\n"
        "  topic: c (course-order) → b (course-order)\n"
        "  problem: p (least-recent) → – (kept out by pin (1))\n"
        "  what stops it: – → 'none' is pinned to 2026-11-08, but there is no such problem\n"
        "\n"
        "5 of 6 days change: topic on 5, the title on 1, the issue on 1, problem on 3, the course on 1, "
        "what stops it on 1\n"
    )


def test_moves_as_json(project: Path) -> None:
    rewrite(project, topics="a b", problems="p q r")
    (project / "content/problems/q.yml").write_text("titel: Q\n", encoding="utf-8")

    run = diff(project, "HEAD", "--days", "1", "--output-format", "json")

    data = json.loads(run.out)
    assert [one["rule"] for one in data.pop("diagnostics")] == ["missing-key"] * 3 + ["unknown-key"]
    assert data == {
        "from": "2026-11-03",
        "to": "2026-11-03",
        "moves": [
            {
                "date": "2026-11-03",
                "part": "problem",
                "was": {"value": "q", "because": "id"},
                "now": {"value": "r", "because": "least-recent"},
            }
        ],
        "left_out": {"was": [], "now": ["content/problems/q.yml"]},
    }


def test_entries_with_errors_are_named_on_both_sides(project: Path) -> None:
    sound = (project / "content/problems/p.yml").read_text(encoding="utf-8")
    (project / "content/problems/p.yml").write_text("titel: P\n", encoding="utf-8")
    commit(project)
    (project / "content/problems/p.yml").write_text(sound, encoding="utf-8")
    (project / "content/topics/d.yml").write_text("titel: D\n", encoding="utf-8")

    run = diff(project, "HEAD", "--days", "2")

    assert run.status == 0
    assert run.out == (
        "2026-11-03 Tue\n"
        "  problem: r (least-recent) → q (id)\n"
        "\n"
        "2026-11-04 Wed\n"
        "  problem: q (least-recent) → r (least-recent)\n"
        "\n"
        "left out at 'HEAD', as they have errors: content/problems/p.yml\n"
        "left out now, as they have errors: content/topics/d.yml\n"
        "2 of 2 days change: problem on 2\n"
    )


def test_a_renamed_entry_is_the_same(project: Path) -> None:
    rewrite(project, **{**ORDINARY, "problems": {"p": {"tags": ["x"]}, "qq": {"aliases": ["q"]}, "r": {}}})

    assert diff(project).out.startswith("nothing moves: ")


def test_days_before_a_later_start(project: Path) -> None:
    git(project, "tag", "early")
    rewrite(project, **ORDINARY, start="2026-11-05")
    commit(project)
    rewrite(project, **ORDINARY)

    run = diff(project, "HEAD", "--days", "1")

    assert run.out.splitlines()[1] == "  no issue (issues start on 2026-11-05) → an issue"
    assert diff(project, "early").out.startswith("nothing moves: ")


def test_the_work_tree_and_the_repository_stay_as_they_are(project: Path) -> None:
    (project / "content/topics/e.yml").write_bytes((project / "content/topics/a.yml").read_bytes())
    (project / "content/topics/d.yml").unlink()
    before = state_of(project)

    diff(project)

    assert before == state_of(project)


def state_of(project: Path) -> tuple[str, str, dict[Path, bytes]]:
    """What git says of a project, and its files; but for the cache, which may be deleted at any time."""
    cache = project / ".pixeldigest/cache"
    status = git(project, "status", "--porcelain", "--ignored", "--", ".", ":!.pixeldigest/cache")
    files = (path for path in project.rglob("*") if path.is_file() and not path.is_relative_to(cache))
    return status, git(project, "stash", "list"), {path: path.read_bytes() for path in files}


def test_links_and_odd_names_of_a_revision_are_read(project: Path) -> None:
    """A link out of the content is no file of the newsletter, then as now."""
    (project / "content/topics/more").mkdir()
    (project / "content/topics/d.yml").rename(project / "content/topics/more/d.yml")
    (project / "content/problems/z.yml").symlink_to("p.yml")
    (project / "content/problems/é ü\nß").write_bytes(b"\xff")
    (project / "content/problems/out.yml").symlink_to("/etc/passwd")
    commit(project)

    run = diff(project)

    assert (run.status, run.out.splitlines()[0][:14]) == (0, "nothing moves:")


# --- What cannot be compared ---

UNKNOWN = "error: git knows no revision '{}' here; name a commit, a branch or a tag, as in 'HEAD~1'\n"


@pytest.mark.parametrize("revision", ["nothing", "--help", "-", "", "HEAD~9", "HEAD:content", "HEAD..HEAD", "a b"])
def test_an_unknown_revision(project: Path, revision: str) -> None:
    run = run_forked(project, "plan", f"--diff={revision}", now=NOW)

    assert run == (2, "", UNKNOWN.format(revision))


def test_a_repository_without_a_commit(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    write_project(newsletter(**ORDINARY), tmp_path)

    assert diff(tmp_path) == (2, "", UNKNOWN.format("HEAD"))


def test_a_revision_before_the_newsletter(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "commit", "--quiet", "--allow-empty", "--message", "Nothing yet")
    write_project(newsletter(**ORDINARY), tmp_path)

    message = "error: there was no content/newsletter.yml yet at 'HEAD'; name a later revision\n"
    assert diff(tmp_path) == (2, "", message)


def test_no_repository(tmp_path: Path) -> None:
    write_project(newsletter(**ORDINARY), tmp_path)

    run = run_forked(tmp_path, "plan", "--diff", "HEAD", now=NOW, GIT_CEILING_DIRECTORIES=str(tmp_path.parent))

    message = "the older plan is made from git, and this newsletter is in no git repository"
    assert run == (2, "", f"error: {message}; start one with 'git init', and commit\n")


def test_no_git(project: Path) -> None:
    run = run_forked(project, "plan", "--diff", "HEAD", now=NOW, PATH="/nonexistent")

    assert run == (2, "", "error: the older plan is made from git, which is not installed; install git\n")


@pytest.mark.parametrize("output_format", ["text", "json"])
def test_a_revision_that_cannot_be_planned(project: Path, output_format: str) -> None:
    path = project / "content/newsletter.yml"
    sound = path.read_text(encoding="utf-8")
    path.write_text(sound.replace("version: ", "versio: "), encoding="utf-8")
    commit(project)
    path.write_text(sound, encoding="utf-8")

    run = diff(project, "HEAD", "--output-format", output_format)

    message = "the newsletter could not be planned as it was at 'HEAD'; name another revision"
    assert run.status == 1
    if output_format == "json":
        data = json.loads(run.out)
        assert (message, "HEAD:content/newsletter.yml") == (data["error"], data["diagnostics"][0]["path"])
    else:
        assert run.err == (
            "error[unknown-key]: 'versio' is not a key of a newsletter; did you mean 'version'?\n"
            "  --> HEAD:content/newsletter.yml:1:1\n"
            '  1 | versio: "1"\n'
            "    | ^^^^^^\n"
            "\n"
            f"error: {message}\n"
        )


# --- Whatever was edited ---


def held(plain: Plain) -> dict[Any, dict[str, str]]:
    """Tell what the days hold, section by section."""
    planned = (day for day in plan_days(library_of(plain), until=UNTIL) if isinstance(day, Lineup))
    return {day.date: {one.section_id: one.entry_id for one in day.choices} for day in planned if day.date >= MONDAY}


@examples(40)
@given(newsletters(), newsletters())
def test_moves_lead_from_one_plan_to_the_other(before: Plain, after: Plain) -> None:
    """Entries that were renamed are told by other tests."""
    moves = find_moves(library_of(before), library_of(after), first=MONDAY, until=UNTIL)

    days = held(before)
    for move in moves:
        if move.part == ISSUE and move.now.value:
            days[move.day] = {}
        elif move.part == ISSUE:
            days[move.day].clear()
        elif " " not in move.part and move.now.value:
            days[move.day][move.part] = move.now.value
        elif " " not in move.part:
            days[move.day].pop(move.part, None)
    gone = {move.day for move in moves if move.part == ISSUE and not move.now.value}
    assert held(after) == {day: sections for day, sections in days.items() if day not in gone}


@examples(20)
@given(newsletters())
def test_a_newsletter_moves_nothing_against_itself(plain: Plain) -> None:
    assert find_moves(library_of(plain), library_of(plain), first=MONDAY, until=UNTIL) == ()
