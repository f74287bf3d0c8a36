"""Withdrawn issues: readers find a note in their place and nothing else of them, until the line is deleted."""

from __future__ import annotations

import gzip
import json
import re
from datetime import date
from pathlib import Path

import pytest

from browser.outline import dead_links, read_site
from conftest import Run
from forked import run_forked
from pixeldigest.cache import NO_CACHE
from pixeldigest.preview.desk import Desk
from pixeldigest.yamltree import Block
from strategies import newsletter, write_project

DAY, NOW = "2026-11-03", "2026-11-04T12:00"
NOTE = f"site/issues/{DAY}/index.html"
REASON = "It was wrong: all of it."
MARK = "zxqv"
# On Tuesday readers got 'b' and 'q', which no other day has; on Wednesday one was recalled, the other solved.
RECORD = (
    "2026-11-02: {number: 7, course: all, sections: {topic: a, problem: p}}",
    f'2026-11-03: {{number: 8, course: all, sections: {{topic: b, problem: q}}, title: "{MARK}", note: "{MARK}"}}',
    "2026-11-04: {number: 9, course: all, sections: {recall: [b/first], topic: c, solution: q, problem: r}}",
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Three issues that went out, the second with a mark in all that is only its own."""
    own = {"body": Block(f"The {MARK}. ![Bars](images/{MARK}.svg)\n"), "tags": [MARK]}
    question = {"id": "first", "question": "Is it so?", "choices": ["yes", "no"], "answer": "yes"}
    code = {"starter": Block("A = 1\n"), "solution": Block("A = 2\n"), "examples": Block(">>> A\n2\n")}
    plain = newsletter(
        topics={
            "a": {"body": Block("See [that one](topic:b).\n")},
            "b": {**own, "summary": f"The {MARK}.", "quiz": [question], "aliases": [MARK]},
            "c": {},
        },
        problems={"p": {}, "q": {**own, **code, "language": "python"}, "r": {}},
        sections=({"kind": "recall"}, {"kind": "topic"}, {"kind": "solution"}, {"kind": "problem"}),
        record=RECORD,
    )
    mail = {"from": "daily@example.org", "postal_address": "Here", "unsubscribe_url": "https://example.org/off"}
    settings = {**plain.settings, "mail": mail, "theme": {"covers": "false"}}
    project = write_project(plain._replace(settings=settings), tmp_path)
    picture = project / f"content/images/{MARK}.svg"
    picture.parent.mkdir()
    picture.write_text('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>', encoding="utf-8")
    return project


def build(project: Path, *options: str) -> Run:
    return run_forked(project, "build", *options, now=NOW)


def write_withdrawn(project: Path) -> Path:
    path = project / "content/withdrawn.yml"
    path.write_text(f"{DAY}: '{REASON}'\n", encoding="utf-8")
    return path


def files_in(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def places_of_mark(files: dict[str, bytes]) -> set[str]:
    """Name what the mark stands in: names and texts of files, packed ones of the search too."""
    found = set()
    for name, content in files.items():
        packed = gzip.decompress(content) if ".pf_" in name else content
        if MARK in name or MARK.encode() in packed:
            found.add("/".join(name.split("/")[:2]))
    return found


def test_nothing_of_it_stays_but_a_note_and_the_build_after_brings_it_back(project: Path) -> None:
    build(project)
    before = files_in(project / "output")
    line = write_withdrawn(project)

    run = build(project)
    after = files_in(project / "output")
    line.unlink()
    build(project)

    assert {"site/feed.xml", "site/feed.json", "site/index.html", "site/archive", "site/tags"} <= places_of_mark(before)
    assert {"site/pagefind", "site/topics", "site/problems", "site/assets", f"issues/{DAY}"} <= places_of_mark(before)
    assert (run.status, run.err) == (0, "")
    assert places_of_mark(after) == set()
    assert {name for name, content in after.items() if DAY in name or DAY.encode() in content} == {NOTE, ".manifest"}
    assert before == files_in(project / "output")


def test_the_note_says_why_and_is_not_to_be_found(project: Path) -> None:
    write_withdrawn(project)

    run = build(project, "--date", DAY)

    note = read_site(project / "output/site")[NOTE.removeprefix("site/")]
    assert f"No. 8 · Tuesday, 3 November 2026 This issue was withdrawn {REASON} Home Archive" in " ".join(
        note.text.split()
    )
    assert [meta["content"] for meta in note.all("meta") if meta.get("name") == "robots"] == ["noindex"]
    assert not [meta for meta in note.all("meta") if "property" in meta]
    assert not [tag for tag in note.tags if "data-pagefind-body" in tag.attributes]
    assert run.out.splitlines()[1:] == [f"output/{NOTE}", f"No. 8 of {DAY} was withdrawn: {REASON}"]


def test_other_issues_keep_what_they_repeat_of_it_without_links(project: Path) -> None:
    write_withdrawn(project)

    build(project)

    output = files_in(project / "output")
    site = read_site(project / "output/site")
    formats = {name.rpartition("/")[2]: text.decode() for name, text in output.items() if "2026-11-04/" in name}
    assert [name for name, content in output.items() if re.search(rb"(topics/b|problems/q)/", content)] == []
    assert dead_links(project / "output/site") == []
    assert all("Is it so?" in text for name, text in formats.items() if name != "mail.eml")
    assert all("Title of b" in text for name, text in formats.items() if name in ("index.html", "post.md", "devto.md"))
    assert "Show the answer [" in formats["issue.txt"]
    assert {None} == {one["page"] for one in json.loads(formats["issue.json"])["sections"] if one["id"] == "solution"}
    assert "Title of b" in site["courses/all/index.html"].text
    pager = [link["href"] for link in site["issues/2026-11-04/index.html"].all("a") if link.get("rel") == "prev"]
    assert pager == ["../../issues/2026-11-02/index.html"]


def test_a_day_beside_it_is_built_alone_as_with_all_others(project: Path) -> None:
    write_withdrawn(project)
    build(project)
    whole = files_in(project / "output")

    build(project, "--date", "2026-11-04", "--output", "alone")

    alone = files_in(project / "alone")
    assert "issues/2026-11-04/mail.eml" in alone
    assert {name: content for name, content in alone.items() if whole.get(name) != content}.keys() == {".manifest"}


def test_the_preview_shows_what_a_build_writes(project: Path) -> None:
    write_withdrawn(project)
    build(project)
    desk = Desk(project, NO_CACHE, lambda _: date(2026, 11, 4))

    desk.reload()

    for name in (NOTE, "site/topics/a/index.html", "site/issues/2026-11-02/index.html"):
        assert desk.show(name).content == (project / "output" / name).read_bytes()
    assert desk.show("site/topics/b/index.html").content is None
    assert desk.show(f"issues/{DAY}/post.md").content is None


def test_its_files_go_whatever_else_is_wrong_and_its_entries_may_go_too(project: Path) -> None:
    build(project)
    write_withdrawn(project)
    broken = project / "content/problems/r.yml"
    broken.write_text(broken.read_text(encoding="utf-8").replace("easy", "eazy"), encoding="utf-8")

    failed = build(project)
    left = files_in(project / "output")
    broken.write_text(broken.read_text(encoding="utf-8").replace("eazy", "easy"), encoding="utf-8")
    for name in ("problems/q.yml", "topics/b.yml"):
        (project / "content" / name).unlink()
    course = project / "content/courses/all.yml"
    course.write_text(course.read_text(encoding="utf-8").replace('"b", ', ""), encoding="utf-8")
    (project / "content/topics/a.yml").write_text("title: A\nsummary: One.\nbody: |\n  Of one.\n", encoding="utf-8")
    mended = build(project)

    assert failed.status == 1
    assert [name for name in left if DAY in name] == [NOTE]
    assert "issues/2026-11-04/post.md" in left
    assert (mended.status, places_of_mark(files_in(project / "output"))) == (0, set())


def test_plans_count_it_as_sent_and_say_that_it_was_withdrawn(project: Path) -> None:
    before = run_forked(project, "plan", "--days", "4", now=f"{DAY}T12:00")
    write_withdrawn(project)

    after = run_forked(project, "plan", "--days", "4", now=f"{DAY}T12:00")
    told = run_forked(project, "explain", "--date", DAY, "--output-format", "json", now=NOW)

    said = f"No. 8 of {DAY} was withdrawn: {REASON}\n"
    assert after.out.splitlines(keepends=True)[:5] == before.out.splitlines(keepends=True)[:5]
    assert said in after.out
    assert json.loads(told.out)["withdrawn"] == REASON
    assert run_forked(project, "explain", "--date", DAY, now=NOW).out.startswith(said)


# --- The command ---


def withdraw(project: Path, *options: str, day: str = DAY, reason: str = REASON) -> Run:
    return run_forked(project, "withdraw", "--date", day, "--reason", reason, *options, now=NOW)


def test_the_command_notes_the_reason_and_takes_the_issue_from_channels(project: Path) -> None:
    with (project / "content/newsletter.yml").open("a", encoding="utf-8") as settings:
        settings.write("channels:\n  - type: folder\n    path: public\n")
    for options in (("--adopt",), ()):
        run_forked(project, "publish", *options, now=NOW)
    record = (project / "content/record/2026.yml").read_bytes()
    (project / "content/withdrawn.yml").write_text("# Ours.\n2026-11-04: Too long.  # really\n", encoding="utf-8")

    rehearsed = withdraw(project, "--dry-run")
    run = withdraw(project)
    public = files_in(project / "public")
    again = withdraw(project, reason="Another.")

    assert rehearsed.out.startswith(f"No. 8 of {DAY} would be withdrawn (in content/withdrawn.yml)\n")
    assert run.out.startswith(f"No. 8 of {DAY} is withdrawn (in content/withdrawn.yml)\n")
    assert (rehearsed.status, run.status, run.err) == (0, 0, "")
    assert (project / "content/withdrawn.yml").read_text(encoding="utf-8") == (
        f"# Ours.\n{DAY}: 'It was wrong: all of it.'\n2026-11-04: Too long.  # really\n"
    )
    assert [name for name in public if DAY in name] == [NOTE.removeprefix("site/")]
    assert record == (project / "content/record/2026.yml").read_bytes()
    assert (again.status, again.out) == (2, "")
    assert again.err == (
        f"error: No. 8 of {DAY} is withdrawn already: {REASON} ('pixeldigest publish' does what is left to do)\n"
    )


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"day": "2026-11-05"}, "no issue went out on 2026-11-05 (nearest: 2026-11-04)"),
        ({"reason": " \n"}, "the reason is empty; write why, as the issue's page tells readers"),
        ({"reason": "A\u202eb"}, "the invisible character U+202E stands in the reason; leave it out"),
    ],
)
def test_what_cannot_be_withdrawn_is_refused(project: Path, asked: dict[str, str], said: str) -> None:
    run = withdraw(project, **asked)

    assert run == (2, "", f"error: {said}\n")
    assert not (project / "content/withdrawn.yml").exists()
