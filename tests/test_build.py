"""What `build` writes, and what it leaves alone."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
from pathlib import Path

import jsonschema
import pytest

from conftest import NEWSLETTERS, REPOSITORY, every_third, run_command
from forked import run_forked
from pixeldigest.formats.data import data_schema

PAGE = "output/site/issues/2026-11-21/index.html"


def tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_second_build_writes_nothing(small: Path) -> None:
    first = run_forked(small, "build")
    before = {path: path.stat().st_mtime_ns for path in (small / "output").rglob("*")}

    second = run_forked(small, "build")

    count = int(first.out.split()[0])
    assert first.out == f"{count} files written, 0 unchanged\n{PAGE}\n"
    assert second.out == f"0 files written, {count} unchanged\n{PAGE}\n"
    assert before == {path: path.stat().st_mtime_ns for path in (small / "output").rglob("*")}


def test_one_day_twice_writes_nothing_the_second_time(small: Path) -> None:
    run_forked(small, "build", "--date", "2026-11-19")

    second = run_forked(small, "build", "--date", "2026-11-19")

    assert re.fullmatch(r"0 files written, \d+ unchanged\noutput/site/issues/2026-11-19/index.html\n", second.out)


def test_a_link_to_nowhere_hides_no_edit(small: Path) -> None:
    """Emacs puts one beside a file that is being edited; many, for a folder is listed in no order."""
    for number in range(20):
        (small / "content/topics" / f".#{number}").symlink_to("editor@host.1")
    for _ in range(2):
        assert run_forked(small, "build").status == 0

    edit(small / "content/topics/sums.yml", "summary: ", "summary: Changed. ")
    run_forked(small, "build")

    assert "Changed." in (small / "output/site/topics/sums/index.html").read_text(encoding="utf-8")


MACHINES = {
    "east": {"TZ": "Pacific/Kiritimati", "LC_ALL": "C", "PYTHONHASHSEED": "1"},
    "german": {"TZ": "America/St_Johns", "LC_ALL": "de_DE.UTF-8", "PYTHONHASHSEED": "2", "PYTHONUTF8": "0"},
    "turkish": {"TZ": "", "LC_ALL": "tr_TR.UTF-8", "LANGUAGE": "ja", "PYTHONHASHSEED": "3"},
}


@pytest.mark.parametrize("case", every_third(itertools.product(MACHINES, ["small", "recorded"])), ids="-".join)
def test_bytes_are_the_same_everywhere(case: tuple[str, str], tmp_path: Path) -> None:
    """Another zone, locale, hash seed and order of creation give the same bytes."""
    machine, name = case
    here, there = tmp_path / "here", tmp_path / "there"
    shutil.copytree(NEWSLETTERS / name / "content", here / "content")
    for path in sorted((NEWSLETTERS / name / "content").rglob("*"), reverse=True):
        if path.is_file():
            target = there / "content" / path.relative_to(NEWSLETTERS / name / "content")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    now = "2026-11-21T12:00+01:00"

    run_command(here, "build", now=now, PYTHONHASHSEED="0", TZ="UTC")
    run_command(there, "build", now=now, **MACHINES[machine])

    assert tree(here / "output") == tree(there / "output")


def test_nothing_of_a_date_to_come_is_in_the_site(small: Path) -> None:
    """On the first day only what it shows has a page, and links to the rest are plain text."""
    run_forked(small, "build", now="2026-11-18T12:00")

    names = {name for name in tree(small / "output") if not name.startswith(("site/assets/", "site/pagefind/"))}
    site = small / "output/site"
    pages = "".join(path.read_text(encoding="utf-8") for path in site.rglob("*.html") if "courses" not in path.parts)
    assert names == {
        ".manifest",
        "issues/2026-11-18/devto.md",
        "issues/2026-11-18/issue.json",
        "issues/2026-11-18/issue.txt",
        "issues/2026-11-18/mail.html",
        "issues/2026-11-18/post.md",
        "site/404.html",
        "site/about/index.html",
        "site/archive/2026-11/index.html",
        "site/archive/index.html",
        "site/collections/index.html",
        "site/collections/warm-up/index.html",
        "site/courses/basics/feed.xml",
        "site/courses/basics/index.html",
        "site/courses/index.html",
        "site/feed.json",
        "site/feed.xml",
        "site/index.html",
        "site/issues/2026-11-18/cover-devto.png",
        "site/issues/2026-11-18/cover.png",
        "site/issues/2026-11-18/index.html",
        "site/problems/add/index.html",
        "site/problems/index.html",
        "site/robots.txt",
        "site/sitemap.xml",
        "site/tags/index.html",
        "site/tags/numbers/index.html",
        "site/topics/index.html",
        "site/topics/sums/index.html",
    }
    # But for the day of a correction, which its editor wrote beforehand.
    corrected = r'(?:datetime|content|"dateModified"):?=?"2026-11-19[^"]*"'
    assert "2026-11-19" not in re.sub(corrected, "", pages)
    assert "topics/means" not in pages
    assert "Variance" not in pages


def test_a_day_to_come_is_a_preview(small: Path) -> None:
    run = run_forked(small, "build", "--date", "tomorrow")

    names = {name for name in tree(small / "output") if "/assets/" not in name}
    assert run.out.splitlines()[-1] == "output/preview/site/issues/2026-11-22/index.html"
    assert names == {
        ".manifest",
        "preview/issues/2026-11-22/devto.md",
        "preview/issues/2026-11-22/issue.json",
        "preview/issues/2026-11-22/issue.txt",
        "preview/issues/2026-11-22/mail.html",
        "preview/issues/2026-11-22/post.md",
        "preview/site/issues/2026-11-22/cover-devto.png",
        "preview/site/issues/2026-11-22/cover.png",
        "preview/site/issues/2026-11-22/index.html",
    }


def test_several_days(small: Path) -> None:
    run = run_forked(small, "build", "--from", "2026-11-19", "--to", "today", "--format", "text")

    assert run.status == 0
    assert {name for name in tree(small / "output") if name.startswith("issues/")} == {
        "issues/2026-11-19/issue.txt",
        "issues/2026-11-20/issue.txt",
        "issues/2026-11-21/issue.txt",
    }


def test_format_web_writes_the_site_only(small: Path) -> None:
    run_forked(small, "build", "--format", "web")

    assert not (small / "output/issues").exists()
    assert (small / PAGE).exists()


def test_a_page_that_is_no_longer_made_is_removed(small: Path) -> None:
    run_forked(small, "build")
    before = set(tree(small / "output"))
    keep = small / "output/site/CNAME"
    keep.write_text("daily.example.org\n")
    for name, text in {"sums": "total", "means": "average"}.items():
        (small / f"content/topics/{name}.yml").rename(small / f"content/topics/{text}.yml")
        edit(small / "content/courses/basics.yml", name, text)
    edit(small / "content/topics/average.yml", "topic:sums", "topic:total")
    edit(small / "content/topics/average.yml", "[sums]", "[total]")
    edit(small / "content/topics/total.yml", "topic:means", "topic:average")
    edit(small / "content/topics/variance.yml", "topic:means", "topic:average")

    run = run_forked(small, "build")

    gone = {name for name in before - set(tree(small / "output")) if "/pagefind/" not in name}
    assert run.status == 0
    assert gone == {"site/topics/means/index.html", "site/topics/sums/index.html"}
    assert sorted(path.name for path in (small / "output/site/topics").glob("*/")) == ["average", "total", "variance"]
    assert keep.exists()


def test_a_part_build_removes_nothing(small: Path) -> None:
    run_forked(small, "build")
    before = tree(small / "output")

    run_forked(small, "build", "--date", "today", "--format", "post")

    assert tree(small / "output") == before


def test_a_solution_is_shown_from_the_next_issue_day_on(small: Path) -> None:
    page = small / "output/site/problems/add/index.html"

    run_forked(small, "build", now="2026-11-18T12:00")
    first_day = page.read_text(encoding="utf-8")
    run_forked(small, "build", now="2026-11-19T12:00")
    next_day = page.read_text(encoding="utf-8")

    assert ('id="the_solution"' in first_day, "The solution is shown here" in first_day) == (False, True)
    assert ('id="the_solution"' in next_day, "Why it works" in next_day) == (True, True)


def test_formats_hold_no_solution_and_no_tests(small: Path) -> None:
    run_forked(small, "build")

    for path in (small / "output/issues").rglob("*.*"):
        text = path.read_text(encoding="utf-8")
        assert "return a + b" not in text
        assert "add(-1, 1)" not in text
        assert "return a - b" not in text


def test_issue_json_follows_its_published_schema(small: Path) -> None:
    run_forked(small, "build")

    schema = json.loads((REPOSITORY / "docs/issue.schema.json").read_text(encoding="utf-8"))
    assert json.loads(data_schema()) == schema
    for path in (small / "output/issues").rglob("issue.json"):
        jsonschema.validate(json.loads(path.read_text(encoding="utf-8")), schema, cls=jsonschema.Draft202012Validator)


def test_a_broken_entry_is_no_candidate_and_is_reported(small: Path) -> None:
    """The others go on; a topic that requires the broken one waits."""
    edit(small / "content/topics/sums.yml", "title: Sums", "titel: Sums")

    run = run_forked(small, "build")

    assert run.status == 0
    assert "error[unknown-key]: 'titel' is not a key of a topic; did you mean 'title'?" in run.err
    assert sorted(path.name for path in (small / "output/site/topics").glob("*/")) == ["variance"]


def test_a_broken_entry_stops_the_issues_that_went_out_with_it_and_no_others(copy_newsletter) -> None:
    """What an earlier build made of them stays."""
    project = copy_newsletter("recorded")
    run_forked(project, "build", now="2026-11-13T12:00")
    edit(project / "content/topics/gamma.yml", "title:", "titel:")

    run = run_forked(project, "build", now="2026-11-13T12:00")
    other = run_forked(project, "build", "--date", "2026-11-13", now="2026-11-13T12:00")
    itself = run_forked(project, "build", "--date", "2026-11-10", now="2026-11-13T12:00")

    said = "error: the issue of 2026-11-10 needs the topic 'gamma', which has errors\n"
    assert (run.status, run.err.endswith(said)) == (1, True)
    assert (project / "output/site/issues/2026-11-10/index.html").exists()
    assert (other.status, said in other.err) == (0, False)
    assert (itself.status, itself.err.endswith(said)) == (1, True)


def test_a_killed_build_leaves_nothing_that_the_next_does_not_remove(small: Path) -> None:
    """Pages are announced before they are written, and half-written ones lie outside the site."""
    run_forked(small, "build")
    output = small / "output"
    stray = output / "site/issues/2026-11-30/index.html"
    stray.parent.mkdir()
    stray.write_text("of a killed build")
    (output / ".staging").mkdir()
    (output / ".staging/999999999.half").write_text("of a killed build")
    with (output / ".manifest").open("a") as manifest:
        manifest.write("site/issues/2026-11-30/index.html\n")

    run = run_forked(small, "build")

    assert ", 1 removed\n" in run.out
    assert not stray.parent.exists()
    assert not (output / ".staging").exists()


NOT_A_DATE = "is not a date; write YYYY-MM-DD, today, yesterday, tomorrow, latest"
NO_NEWSLETTER = (
    "error: there is no newsletter in content: content/newsletter.yml is missing; "
    "start one with 'pixeldigest init', or use -C"
)


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        ("build --date heute", 2, f"'heute' {NOT_A_DATE}"),
        ("build --date 2026-02-30", 2, f"'2026-02-30' {NOT_A_DATE}"),
        ("build --date today --to today", 2, "--date stands alone; use --from and --to for several days"),
        ("build --from today --to yesterday", 2, "--to 2026-11-20 lies before --from 2026-11-21"),
        ("-C content build", 78, NO_NEWSLETTER),
    ],
)
def test_what_cannot_be_built_is_said(small: Path, arguments: str, status: int, said: str) -> None:
    run = run_forked(small, *arguments.split())

    assert (run.status, run.out) == (status, "")
    assert run.err.endswith(f"{said}\n")
    assert "Traceback" not in run.err


def test_a_day_without_an_issue_is_said_plainly(small: Path) -> None:
    run = run_forked(small, "build", "--date", "2026-11-17")

    said = "2026-11-17 has no issue: issues start on 2026-11-18 (nearest: 2026-11-18)"
    assert run == (0, f"0 files written, 0 unchanged\n{said}\n", "")
    assert not (small / "output").exists()


def test_an_output_that_cannot_be_written_is_said(small: Path) -> None:
    (small / "output").write_text("a file")

    run = run_forked(small, "build")

    assert run.status == 1
    assert re.fullmatch(r"error: cannot write to output\S*: not a directory\n", run.err), run.err


def test_a_mistake_in_an_own_template_is_said_with_its_line(small: Path) -> None:
    (small / "templates/web").mkdir(parents=True)
    (small / "templates/web/home.html").write_text("<h1>{{ frame.title }}</h1>\n{{ nothing.here }}\n")

    run = run_forked(small, "build")

    assert run.status == 78
    assert run.err.startswith("error[template]: 'nothing' is undefined; ")
    assert "  --> templates/web/home.html:2:4\n  2 | {{ nothing.here }}\n    |    ^^^^^^^\n" in run.err
    assert "Traceback" not in run.err


def test_an_own_template_and_own_words_override_the_theme(small: Path) -> None:
    (small / "templates/post").mkdir(parents=True)
    (small / "templates/post/feature.md").write_text("OWN {{ words.hints }}\n")
    (small / "templates/words.en.yml").write_text("hints: Nudges\n")

    run_forked(small, "build")

    post = (small / "output/issues/2026-11-18/post.md").read_text(encoding="utf-8")
    assert "OWN Nudges\n" in post
    assert "### Nudges" in post


def test_files_are_readable_for_the_web_server(small: Path) -> None:
    mask = os.umask(0o022)
    try:
        run_command(small, "build")
    finally:
        os.umask(mask)

    assert (small / PAGE).stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize(
    "active",
    every_third(
        [
            '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
            '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
            '<svg xmlns:x="http://www.w3.org/2000/svg"><x:ScrIpt href="a.js"/></svg>',
            '<svg xmlns="http://www.w3.org/2000/svg"><a href="java&#115;cript:alert(1)"><text>x</text></a></svg>',
            '<!DOCTYPE svg [<!ENTITY a "b">]><svg xmlns="http://www.w3.org/2000/svg">&a;</svg>',
        ]
    ),
)
def test_a_picture_that_can_run_is_told_and_kept_off_the_site(small: Path, active: str) -> None:
    (small / "content/images/evil.svg").write_text(active)

    checked = run_forked(small, "check")
    run_forked(small, "build")

    assert checked.status == 1
    assert "error[image]: 'images/evil.svg' holds '" in checked.err
    assert "--> content/images/evil.svg:1:1" in checked.err
    assert {path.name for path in (small / "output/site/assets/images").iterdir()} == {"bars.svg"}
