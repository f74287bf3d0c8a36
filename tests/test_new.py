"""New entries and what holds them are begun by a command, and are right from the first moment."""

from __future__ import annotations

import difflib
import os
import pty
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from conftest import NOON, run_command
from forked import run_forked
from pixeldigest.cache import NO_CACHE
from pixeldigest.commands import new
from pixeldigest.content import ENTRY_KINDS
from pixeldigest.diagnostics import UserError
from pixeldigest.drafts import MAX_ID_LENGTH, draft_file, make_id, write_draft
from pixeldigest.drafts.skeletons import SKELETONS
from pixeldigest.listing import FOLDERS
from pixeldigest.loading import load_library
from pixeldigest.options import Session
from pixeldigest.yamltree import parse_tree, to_plain

PATHS = {kind: f"content/{folder}/a-title.yml" for kind, folder in FOLDERS.items()}
DONE = "fill it in, and delete 'draft: true' when it is done; 'pixeldigest serve' shows it as you write"
NEXT = {
    "topic": DONE.replace("in,", "in, add it to a chapter of its course,"),
    "course": "fill both in, and add 'a-title' to 'courses' in content/newsletter.yml when it may be sent",
    "collection": "fill it in, and name it in its problems, as in 'collections: [a-title]'",
}
DRAFTS = tuple(kind for kind in SKELETONS if "draft: true" in SKELETONS[kind])


def files_below(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def changed_lines(before: str, after: str) -> list[str]:
    return [line for line in difflib.ndiff(before.splitlines(), after.splitlines()) if line[0] in "+-"]


@pytest.mark.parametrize("kind", SKELETONS)
def test_what_is_new_has_no_mistakes(kind: str, small: Path) -> None:
    run = run_forked(small, "new", kind, "A Title")

    written = [PATHS[kind], *(["content/topics/first-steps-in-a-title.yml"] if kind == "course" else [])]
    told = "".join(f"{name} written\n" for name in written)
    assert run == (0, f"{told}next: {NEXT.get(kind, DONE)}\n", "")
    text = (small / PATHS[kind]).read_text()
    assert (text.splitlines()[0], text.count("\ndraft: true\n")) == ("title: A Title", int(kind in DRAFTS))
    checked = run_forked(small, "check", "--run")
    assert (checked.status, checked.out) == (0, "all is well\n")


@pytest.mark.parametrize("kind", ENTRY_KINDS)
def test_a_new_entry_is_right_when_it_is_no_draft_any_more(kind: str, small: Path) -> None:
    """The words stand for themselves: every part of the skeleton is shown."""
    run_forked(small, "new", kind, "A Title")
    file = small / PATHS[kind]
    file.write_text(file.read_text().replace("draft: true\n", ""))
    section = f"sections: {{{kind}: a-title}}"
    (small / "content/calendar.yml").write_text(f"2026-11-20:\n  {section}\n")

    run = run_forked(small, "build", "--date", "2026-11-20")

    assert (run.status, run.err) == (0, "")
    assert "A Title" in (small / "output/issues/2026-11-20/issue.txt").read_text()


@pytest.mark.parametrize("kind", ENTRY_KINDS)
def test_a_new_entry_can_be_looked_at_as_a_draft(kind: str, small: Path) -> None:
    run_forked(small, "new", kind, "A Title")

    run = run_forked(small, "build", "--drafts")

    assert (run.status, run.err) == (0, "")
    assert "<h1>A Title</h1>" in (small / f"output/preview/site/{kind}s/a-title/index.html").read_text()
    assert not (small / f"output/site/{kind}s/a-title").exists()


def test_a_new_page_is_on_the_site_when_it_is_no_draft_any_more(small: Path) -> None:
    run_forked(small, "new", "page", "A Title")
    run_forked(small, "build", "--drafts")
    places = [small / f"output/{name}/a-title/index.html" for name in ("site", "preview/site")]
    before = [place.exists() for place in places]

    (small / PATHS["page"]).write_text((small / PATHS["page"]).read_text().replace("draft: true\n", ""))
    run = run_forked(small, "build")

    assert (run.status, run.err) == (0, "")
    assert (before, places[0].exists()) == ([False, True], True)


def test_a_page_whose_address_the_site_needs_is_refused(small: Path) -> None:
    run = run_forked(small, "new", "page", "Topics")

    assert run == (1, "", "error: 'topics' is an address of the site itself; choose another title\n")


@pytest.mark.parametrize("kind", SKELETONS)
def test_the_same_title_twice_is_refused(kind: str, small: Path) -> None:
    run_forked(small, "new", kind, "A Title")
    before = (small / PATHS[kind]).read_text()

    run = run_forked(small, "new", kind, "A: title!")

    assert run == (1, "", f"error: {PATHS[kind]} exists already; choose another title\n")
    assert (small / PATHS[kind]).read_text() == before


def test_a_title_that_a_subfolder_has_is_refused(small: Path) -> None:
    folder = small / "content/topics/part-2"
    folder.mkdir()
    (small / "content/topics/sums.yml").rename(folder / "sums.yml")

    run = run_forked(small, "new", "topic", "Sums")

    assert run == (1, "", "error: content/topics/part-2/sums.yml exists already; choose another title\n")


LONG = "Überlänge " * 20

# Titles, the ids that become of them, and how they are written.
TITLES = {
    "Größe & Maß": ("grosse-and-mass", "Größe & Maß"),
    "Œuvre, Łódź, Ærø": ("oeuvre-lodz-aero", "Œuvre, Łódź, Ærø"),
    "👩‍💻 Coder 🙂": ("coder", "👩‍💻 Coder 🙂"),
    'It\'s "quoted": really # no': ("it-s-quoted-really-no", 'It\'s "quoted": really # no'),
    "- a, {b}: [c] \\ d": ("a-b-c-d", "- a, {b}: [c] \\ d"),
    "{{ topic.title }}": ("topic-title", "{{ topic.title }}"),
    "Bits—and bytes…": ("bits-and-bytes", "Bits—and bytes…"),
    "null": ("null", "null"),
    "2026-11-21": ("2026-11-21", "2026-11-21"),
    "TITLE": ("title", "TITLE"),
    "../../etc/passwd": ("etc-passwd", "../../etc/passwd"),
    " two\nlines\tand\u2028more ": ("two-lines-and-more", "two lines and more"),
    "a bell\a and \ufffe nothing": ("a-bell-and-nothing", "a bell and nothing"),
    "bytes \udcff that are no text": ("bytes-that-are-no-text", "bytes that are no text"),
    LONG: ("uberlange-uberlange-uberlange-uberlange-uberlange-uberlange-uberlange-uberlange", LONG.strip()),
    "a" * 200: ("a" * 80, "a" * 200),
}


def test_odd_titles(small: Path) -> None:
    """They are kept as they are, and make ids that can be typed; `check` finds nothing wrong with any."""
    drafts = {title: draft_file(small, None, "feature", title) for title in TITLES}
    for draft in drafts.values():
        write_draft(small, draft)

    assert {title: (draft.id, title_of(small / draft.name)) for title, draft in drafts.items()} == TITLES
    checked = run_forked(small, "check")
    assert (checked.status, checked.out) == (0, "all is well\n")


@pytest.mark.parametrize(
    "title", ['It\'s "quoted": really # no', "- a, {b}: [c] \\ d", "bytes \udcff that are no text"]
)
def test_odd_titles_on_the_command_line(title: str, small: Path) -> None:
    run = run_command(small, "new", "feature", "--", title)

    path = f"content/features/{TITLES[title][0]}.yml"
    assert run == (0, f"{path} written\nnext: {DONE}\n", "")


def title_of(file: Path) -> str:
    values = to_plain(parse_tree(file.read_text()))
    assert isinstance(values, dict)
    return str(values["title"])


@pytest.mark.parametrize("title", ["???", "🙂", "线性回归", "-"])
def test_a_title_that_makes_no_id_is_refused(title: str, small: Path) -> None:
    before = files_below(small / "content")

    run = run_forked(small, "new", "topic", "--", title)

    message = f"error: an id is made of the letters a to z and digits, and '{title}' has none; write some into it\n"
    assert run == (1, "", message)
    assert files_below(small / "content") == before


@pytest.mark.parametrize("title", ["", " \n", "\a"])
def test_an_empty_title_is_refused(title: str, small: Path) -> None:
    with pytest.raises(UserError, match="the title is empty; write one"):
        draft_file(small, None, "topic", title)


@pytest.mark.parametrize(
    ("title", "message"),
    [("Sums", "sums.yml exists already"), ("日本語", "'日本語' has none"), ("", "the title is empty")],
)
def test_a_title_is_refused_before_anything_is_asked(
    title: str, message: str, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(new, "_is_terminal", lambda: True)

    run = CliRunner().invoke(new.new, ["topic", title], obj=Session(small, None, cached=False))

    assert message in str(run.exception)
    assert run.output == ""


@pytest.mark.parametrize(
    ("lengths", "expected"),
    [
        ((80,), "a" * 80),
        ((81,), "a" * 80),
        ((80, 1), "a" * 80),
        ((79, 1), "a" * 79),
        ((78, 1), "a" * 78 + "-b"),
        ((40, 39, 1), "a" * 40 + "-" + "b" * 39),
        ((40, 40, 1), "a" * 40),
        ((40, 60), "a" * 40),
    ],
)
def test_ids_end_with_a_whole_word(lengths: tuple[int, ...], expected: str) -> None:
    title = " ".join(letter * length for letter, length in zip("abc", lengths, strict=False))

    assert make_id(title) == expected
    assert len(expected) <= MAX_ID_LENGTH


def test_new_where_there_is_no_newsletter(tmp_path: Path) -> None:
    run = run_forked(tmp_path, "new", "topic", "A Title")

    message = "error: there is no content/ here; start a newsletter with 'pixeldigest init', or use -C\n"
    assert run == (1, "", message)
    assert files_below(tmp_path) == []


def test_new_where_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "content").mkdir()
    (tmp_path / "content/topics").write_text("a file\n")

    run = run_forked(tmp_path, "new", "topic", "A Title")

    assert run == (1, "", "error: cannot write to content/topics: file exists\n")


# --- Where it belongs ---


def test_a_topic_is_added_to_its_outline_by_one_line(small: Path) -> None:
    outline = small / "content/courses/basics.yml"
    outline.write_text(outline.read_text().replace("chapters:", "chapters:  # in order"))
    before = outline.read_text()

    run = run_forked(small, "new", "topic", "Medians", "--chapter", "second")

    written = "content/topics/medians.yml written\ncontent/courses/basics.yml written\n"
    assert run == (0, f"{written}next: {DONE}\n", "")
    assert changed_lines(before, outline.read_text()) == ["+       - medians"]
    assert run_forked(small, "check").out == "all is well\n"


def test_an_outline_keeps_its_line_ends(small: Path) -> None:
    outline = small / "content/courses/basics.yml"
    before = b"\xef\xbb\xbf" + outline.read_bytes().replace(b"\n", b"\r\n")
    outline.write_bytes(before)

    run_forked(small, "new", "topic", "Medians", "--course", "basics", "--chapter", "first")

    added = b"      - medians\r\n"
    assert outline.read_bytes().replace(added, b"") == before
    assert outline.read_bytes().count(added) == 1


def test_a_course_with_one_chapter_needs_no_more(small: Path) -> None:
    run_forked(small, "new", "course", "Graphs")

    run_forked(small, "new", "topic", "Trees", "--course", "graphs")

    text = (small / "content/courses/graphs.yml").read_text()
    assert text.endswith("    topics:\n      - first-steps-in-graphs\n      - trees\n")


def test_a_problem_with_its_collection_and_difficulty(small: Path) -> None:
    run_forked(small, "new", "problem", "Two Sum", "--collection", "warm-up", "--difficulty", "hard")

    text = (small / "content/problems/two-sum.yml").read_text()
    skeleton = SKELETONS["problem"].replace("TITLE", "Two Sum")
    assert changed_lines(skeleton, text) == [
        "- difficulty: easy",
        "+ difficulty: hard",
        "- collections: []",
        "+ collections: [warm-up]",
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["topic", "--course", "basic"], "error: there is no course 'basic'; did you mean 'basics'?"),
        (["topic", "--chapter", "x"], "error: there is no chapter 'x'; use 'first' or 'second'"),
        (["problem", "--collection", "warmup"], "error: there is no collection 'warmup'; did you mean 'warm-up'?"),
        (["page", "--course", "basics"], "Error: '--course' is for a topic, not for a page: leave it out"),
        (["topic", "--difficulty", "easy"], "Error: '--difficulty' is for a problem, not for a topic: leave it out"),
        (
            ["topic", "--course", "basics"],
            (
                "Error: several chapters are meant; name one of them: "
                "'--course basics --chapter first', '--course basics --chapter second'"
            ),
        ),
    ],
)
def test_what_is_not_there_or_not_meant(arguments: list[str], message: str, small: Path) -> None:
    kind, *options = arguments
    before = files_below(small / "content")

    run = run_forked(small, "new", kind, "A Title", *options)

    assert (run.status, run.out, run.err.splitlines()[-1]) == (2, "", message)
    assert files_below(small / "content") == before


def test_a_course_where_there_is_none(small: Path) -> None:
    (small / "content/courses/basics.yml").unlink()

    run = run_forked(small, "new", "topic", "A Title", "--course", "basics")

    assert run == (2, "", "error: there is no course 'basics'; make one with 'pixeldigest new course'\n")


def test_a_former_id_is_refused(small: Path) -> None:
    topic = small / "content/topics/sums.yml"
    topic.write_text(topic.read_text() + "aliases: [a-title]\n")

    run = run_forked(small, "new", "topic", "A Title")

    message = "error: 'a-title' is a former id of content/topics/sums.yml; choose another title\n"
    assert run == (1, "", message)


def test_nothing_is_left_where_the_outline_cannot_be_written(small: Path) -> None:
    library = load_library(small, NO_CACHE).library
    draft = draft_file(small, library, "topic", "A Title")._replace(others={"content/newsletter.yml/a.yml": b""})

    with pytest.raises(UserError, match=r"cannot write to .*newsletter\.yml"):
        write_draft(small, draft)
    assert not (small / PATHS["topic"]).exists()


def answer(project: Path, *arguments: str, answers: tuple[str, ...]) -> str:
    """Run a command on a terminal, give an answer to each question, and return what it shows."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(project)
        os.execv(sys.executable, [sys.executable, "-m", "pixeldigest", "--now", NOON, *arguments])
    shown = b""
    waiting = [*answers]
    try:
        while part := os.read(terminal, 4096):
            shown += part
            if waiting and shown.endswith(b"]: "):
                os.write(terminal, waiting.pop(0).encode() + b"\n")
    except OSError:  # how Linux says that the other side is closed
        pass
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0, shown.decode()
    assert waiting == []
    return shown.decode().replace("\r\n", "\n")


def test_the_chapter_is_asked_for_on_a_terminal(small: Path) -> None:
    shown = answer(small, "new", "topic", "Medians", answers=("7", "2"))

    assert shown.splitlines()[:5] == [
        "To which chapter does it belong?",
        "  1  Basics & Beyond: First Steps",
        "  2  Basics & Beyond: Second Steps",
        "  3  to none yet",
        "Its number [1]: 7",
    ]
    assert "      - medians\n" in (small / "content/courses/basics.yml").read_text()


def test_no_chapter_is_an_answer(small: Path) -> None:
    before = (small / "content/courses/basics.yml").read_text()

    answer(small, "new", "topic", "Medians", answers=("3",))

    assert (small / "content/topics/medians.yml").exists()
    assert (small / "content/courses/basics.yml").read_text() == before


def test_collection_and_difficulty_are_asked_for_on_a_terminal(small: Path) -> None:
    shown = answer(small, "new", "problem", "Two Sum", answers=("", "3"))

    text = (small / "content/problems/two-sum.yml").read_text()
    assert "\ndifficulty: hard\ncollections: [warm-up]\n" in text
    assert [line for line in shown.splitlines() if line.endswith("?")] == [
        "To which collection does it belong?",
        "How difficult is it?",
    ]


def test_nothing_is_asked_that_options_say(small: Path) -> None:
    answer(small, "new", "problem", "Two Sum", "--collection", "warm-up", "--difficulty", "easy", answers=())
    answer(small, "new", "topic", "Medians", "--chapter", "first", answers=())
    answer(small, "new", "feature", "Medians", answers=())
