"""What is beyond doubt is mended: the smallest stretch, nothing around it, and nothing that was not asked for."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from difflib import SequenceMatcher
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checking import check
from conftest import NEWSLETTERS, examples, run_command
from pixeldigest.cache import NO_CACHE
from pixeldigest.check import load_checked
from pixeldigest.diagnostics import Diagnostic, Fix, Place, Replacement, UserError, unmistakable
from pixeldigest.fixes import format_fixed, mend_all, mend_text
from test_mistakes import ALL_MISTAKES, Mistake, apply_edit

FIXES = Path(__file__).parent / "data" / "fixes.txt"
TOPIC = "content/topics/means.yml"
# A file with such a fault is not read any further: what else is wrong in it shows when that is mended.
UNREAD = {"yaml", "encoding", "file-name"}


def find(project: Path) -> tuple[Diagnostic, ...]:
    return load_checked(project, NO_CACHE, advice=True).diagnostics


def mend(project: Path) -> tuple[Diagnostic, ...]:
    return mend_all(project, find, lambda _: True)


def read(project: Path) -> dict[str, bytes]:
    files = (project / "content").rglob("*.*")
    return {str(path.relative_to(project)): path.read_bytes() for path in files if path.is_file()}


def copy_content(project: Path) -> Path:
    shutil.copytree(NEWSLETTERS / "small/content", project / "content")
    return project


@pytest.fixture
def content(tmp_path: Path) -> Path:
    """The content of the small newsletter."""
    return copy_content(tmp_path)


def put(project: Path, old: str, new: str, file: str = TOPIC) -> None:
    """Put a text in the place of another."""
    path = project / file
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8", newline="")


# --- All mistakes ---


def test_every_mistake_is_mended_as_far_as_it_can_be(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Each is told, none is left that could be mended, none is new, and no other line of any file is touched."""
    told = []
    for number, mistake in enumerate(one for one in ALL_MISTAKES if "'check --fix' mends" in one.said):
        fixed = check_mending(copy_content(tmp_path / str(number)), mistake)
        told.append(f"=== {mistake.source.stem}: {mistake.name}\n" + "".join(f"{format_fixed(one)}\n" for one in fixed))

    if request.config.getoption("--update-golden"):
        FIXES.write_text("\n".join(told), encoding="utf-8")
    assert "\n".join(told) == FIXES.read_text(encoding="utf-8")


def check_mending(project: Path, mistake: Mistake) -> tuple[Diagnostic, ...]:
    for edit in mistake.edits:
        apply_edit(project, edit)
    before, rounds = read(project), []

    def find_and_note(project: Path) -> tuple[Diagnostic, ...]:
        rounds.append(find(project))
        return rounds[-1]

    fixed = mend_all(project, find_and_note, lambda _: True)

    wrong, left, after = rounds[0], rounds[-1], read(project)
    assert not [one for one in left if one.fix]
    said = {(one.place.path, one.message) for one in wrong}
    assert UNREAD & {one.rule for one in fixed} or not {(one.place.path, one.message) for one in left} - said
    names = {
        one.place.path: str(Path(one.place.path).with_name(one.fix.name)) for one in fixed if one.fix and one.fix.name
    }
    lines = {
        (one.place.path, line) for one in fixed if one.fix for part in one.fix.replacements for line in lines_of(part)
    }
    assert lines | {(name, 0) for name in names} == {*changed_lines(before, after, names)}
    return fixed


def changed_lines(before: dict[str, bytes], after: dict[str, bytes], names: dict[str, str]) -> list[tuple[str, int]]:
    """Name the lines that are not as they were; none may have come."""
    assert {names.get(name, name) for name in before} == {*after}
    changed = [(name, 0) for name in names]
    for name, content in before.items():
        old, new = content.split(b"\n"), after[names.get(name, name)].split(b"\n")
        for tag, start, stop, at, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
            assert end - at <= stop - start
            changed += [(name, n + 1) for n in range(start, stop) if tag != "equal"]
    return changed


def lines_of(part: Replacement) -> range:
    """Number the lines that a replacement changes or takes out."""
    return range(part.line, part.line + max(1, part.old.count("\n")))


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("eazy", "easy"),
        ("Easy", "easy"),
        ("esay", "easy"),
        ("eas", "easy"),
        ("eassy", "easy"),
        ("ez", None),
        ("esayy", None),
        ("medium-rare", None),
    ],
)
def test_what_is_unmistakable(word: str, meant: str | None) -> None:
    assert meant == unmistakable(word, ("easy", "medium", "hard"))


def test_what_could_be_two_things_is_not_mended() -> None:
    assert unmistakable("son", ("sun", "mon")) is None


# --- What only looks like a slip ---


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("prerequisites: [sums]", "prerequisites: [sum]"),
        ("](topic:sums)", "](topic:sum)"),
        ("See the", "![Bars](images/bar.svg) See the"),
        ("tags: [numbers]", "tags: [numbers]\ntag: [more]"),
        ("tags: [numbers]", "tag: numbers"),
        ("The mean", "__the__ mean"),
    ],
    ids=["an id", "a link", "an image", "a key beside the right one", "a value of another form", "no name of Python's"],
)
def test_what_may_be_meant_otherwise_is_left(content: Path, old: str, new: str) -> None:
    put(content, old, new)
    before = read(content)

    assert find(content) != ()
    assert mend(content) == ()
    assert read(content) == before


def test_text_that_stands_otherwise_in_the_file_is_left(content: Path) -> None:
    put(content, "title: Means", 'title: "Me\\ra\\u202ens"')

    assert [one.fix for one in find(content)] == [None]


# --- Particular fixes ---

OUTLINE = """\
  ## One

  #### Two

  ##### Three

  #### Four

  ### Five

  ```
  #### Six
  ```

  > ##### Seven
"""


def test_headings_below_one_that_leaves_out_a_level_go_with_it(content: Path) -> None:
    put(content, "  The mean", f"{OUTLINE}\n  The mean")

    assert [format_fixed(one) for one in mend(content)] == [
        "fixed[heading] content/topics/means.yml:8: '####' is '###' now, '#####' is '####' now"
    ]
    mended = (
        OUTLINE.replace("#### Two", "### Two").replace("##### Three", "#### Three").replace("#### Four", "### Four")
    )
    assert mended in (content / TOPIC).read_text(encoding="utf-8")


def test_heading_that_repeats_the_title_is_taken_out(content: Path) -> None:
    put(content, "  The mean", "  ## Means\n\n  The mean")
    put(content, "  Join", "  ## The Club\n", "content/features/club.yml")

    assert [format_fixed(one) for one in mend(content)] == [
        "fixed[repeated-title] content/topics/means.yml:6: '## Means ' is taken out"
    ]
    assert "\nbody: |\n  The mean" in (content / TOPIC).read_text(encoding="utf-8")


def test_language_of_code_is_spelt_as_it_is_known(content: Path) -> None:
    put(content, "  The mean", "  ```pythno\n  1 + 1\n  ```\n\n  The mean")

    assert [format_fixed(one) for one in mend(content)] == [
        "fixed[code-language] content/topics/means.yml:6: 'pythno' is 'python' now"
    ]


def test_former_ids_become_those_of_today(content: Path) -> None:
    put(content, "title: Means", "title: Means\naliases: [averages]")
    put(content, "      - means", "      - averages", "content/courses/basics.yml")
    put(content, "[means](topic:means)", "[means](topic:averages)", "content/topics/sums.yml")
    put(content, "prerequisites: [sums]", "prerequisites: [sums] # topic:averages")

    told = [format_fixed(one) for one in mend(content)]

    assert told == [
        "fixed[former-id] content/courses/basics.yml:10: 'averages' is 'means' now",
        "fixed[former-id] content/topics/sums.yml:28: 'topic:averages' is 'topic:means' now",
    ]
    assert find(content) == ()


def test_file_is_renamed_but_never_over_another(content: Path) -> None:
    topic = content / TOPIC
    shutil.copy(topic, topic.with_suffix(".yaml"))
    assert mend(content) == ()

    topic.unlink()
    assert [format_fixed(one) for one in mend(content)] == [
        "fixed[file-name] content/topics/means.yaml:1: it is 'means.yml' now"
    ]
    assert topic.exists()


# --- How files are rewritten ---


def replacement(line: int, column: int, old: str, new: str) -> Fix:
    return Fix((Replacement(line, column, old, new),))


@pytest.mark.parametrize(
    ("text", "fix", "mended"),
    [
        ("one\ntwo\n", replacement(2, 2, "wo", "en"), "one\nten\n"),
        ("one\r\ntwo\r\n", replacement(2, 1, "two", "ten"), "one\r\nten\r\n"),
        ("\ufeffone\rtwo", replacement(1, 1, "one", "1"), "\ufeff1\rtwo"),
        ("one\r\n  two\r\n", replacement(1, 4, "\n  ", "\n\n  "), "one\r\n\r\n  two\r\n"),
        ("one\n", replacement(1, 1, "two", "ten"), "one\n"),
        ("one\n", replacement(2, 1, "one", "ten"), "one\n"),
        ("one\n", replacement(7, 1, "one", "ten"), "one\n"),
        ("one\ntwo\n", replacement(1, 5, "two", "ten"), "one\ntwo\n"),
        ("ab\n", Fix((Replacement(1, 1, "a", "c"), Replacement(1, 2, "x", "d"))), "ab\n"),
    ],
)
def test_stretch_is_replaced_where_it_is_as_it_was(text: str, fix: Fix, mended: str) -> None:
    assert mend_text(text, [fix])[0] == mended


def test_second_of_two_that_meet_has_to_wait() -> None:
    first, second, third = replacement(1, 1, "abc", "x"), replacement(1, 3, "cd", "y"), replacement(1, 4, "d", "z")

    assert mend_text("abcd", [first, second, third]) == ("xz", (first, third))


@given(
    lines=st.lists(st.text("ab #:é\u202e", max_size=8), min_size=1, max_size=6),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    drawn=st.lists(
        st.tuples(st.integers(0, 5), st.integers(0, 7), st.integers(1, 3), st.text("xy\n", max_size=3)), max_size=5
    ),
)
@examples(100)
def test_all_else_stays_byte_for_byte(lines: list[str], line_end: str, drawn: list[tuple[int, int, int, str]]) -> None:
    fixes = [
        replacement(line + 1, column + 1, old, new)
        for line, column, size, new in drawn
        if line < len(lines) and (old := lines[line][column : column + size])
    ]

    text, done = mend_text(line_end.join(lines), fixes)

    # What went in is taken out again from the end to the start, and the old text put back.
    made = sorted((one.replacements[0] for one in done), key=lambda one: (one.line, one.column))
    before, at = [], 0
    starts = [sum(len(one) + len(line_end) for one in lines[:number]) for number in range(len(lines))]
    shift = 0
    for one in made:
        new = one.new.replace("\n", line_end if len(lines) > 1 else "\n")
        start = starts[one.line - 1] + one.column - 1 + shift
        assert text[start : start + len(new)] == new
        before += [text[at:start], one.old]
        at = start + len(new)
        shift += len(new) - len(one.old)
    assert "".join([*before, text[at:]]) == line_end.join(lines)


def test_file_that_changed_meanwhile_is_not_touched(content: Path) -> None:
    put(content, "title:", "titel:")
    stale = find(content)
    (content / TOPIC).write_text("# new\n" + (content / TOPIC).read_text(encoding="utf-8"), encoding="utf-8")
    before = read(content)

    assert mend_all(content, lambda _: stale, lambda _: True) == ()
    assert read(content) == before


def test_file_keeps_its_mode_and_its_link(content: Path) -> None:
    put(content, "title:", "titel:")
    topic, other = content / TOPIC, content / "content/topics/other.yml"
    topic.chmod(0o640)
    topic.rename(other)
    topic.symlink_to("other.yml")

    mend(content)

    assert topic.is_symlink()
    assert other.stat().st_mode & 0o777 == 0o640
    assert other.read_text(encoding="utf-8").startswith("title:")


def test_file_outside_is_not_touched(content: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.yml"
    outside.write_text("titel: X\n", encoding="utf-8")
    (content / TOPIC).unlink()
    (content / TOPIC).symlink_to(outside)
    stale = Diagnostic("unknown-key", "", "", Place(TOPIC), fix=replacement(1, 1, "titel", "title"))

    assert mend_all(content, lambda _: (stale,), lambda _: True) == ()
    assert outside.read_text(encoding="utf-8") == "titel: X\n"


def test_what_cannot_be_written_is_told(content: Path) -> None:
    put(content, "title:", "titel:")
    (content / ".pixeldigest").write_text("in the way", encoding="utf-8")

    with pytest.raises(UserError, match=r"content/topics/means\.yml cannot be mended: "):
        mend(content)


# --- The command ---


def test_command_tells_what_it_mended_and_what_is_left(small: Path) -> None:
    put(small, "title:", "titel:")
    put(small, "](topic:sums)", "](topic:sum)")

    run = run_command(small, "check", "--fix")

    assert (run.status, run.out) == (1, "")
    assert run.err.startswith(
        "fixed[unknown-key] content/topics/means.yml:1: 'titel' is 'title' now\n\nerror[link]: there is no topic 'sum'"
    )
    assert run.err.endswith("\n1 error, 0 warnings in 1 file\n")


def test_command_says_how_many_it_could_mend(small: Path) -> None:
    put(small, "title:", "titel:")

    assert check(small).err.endswith("\n1 error, 0 warnings in 1 file; 'check --fix' mends 1\n")


def test_only_what_is_selected_is_mended(small: Path) -> None:
    put(small, "title:", "titel:")
    put(small, "tags:", "tgas:", "content/topics/sums.yml")
    before = read(small)

    run = check(small, "--fix", "--ignore", "unknown-key")

    assert run.status == 0
    assert read(small) == before


def test_report_for_programs_holds_what_was_mended_and_what_could_be(small: Path) -> None:
    put(small, "title:", "titel:")

    could, was = (json.loads(check(small, "--output-format", "json", *flags).out) for flags in ([], ["--fix"]))

    fix = {"replacements": [{"line": 1, "column": 1, "old": "titel", "new": "title"}], "name": None}
    assert [one["fix"] for one in could] == [fix]
    assert [(one["fix"], one["fixed"]) for one in was] == [(fix, True)]


def test_patch_makes_what_fix_makes(small: Path) -> None:
    put(small, "title:", "titel:")
    put(small, "tags:", "tgas:", "content/topics/sums.yml")
    (small / "content/features/tool.yml").rename(small / "content/features/tool.yaml")
    before = read(small)

    run = check(small, "--diff")

    assert run.status == 1
    assert read(small) == before
    apply_patch(small, run.out)
    patched = read(small)
    apply_patch(small, run.out, "-R")
    assert check(small, "--fix").status == 0
    assert read(small) == patched != before


def apply_patch(project: Path, patch: str, *flags: str) -> None:
    environment = {**os.environ, "GIT_DIR": "/nowhere"}
    subprocess.run(["git", "apply", *flags, "-"], cwd=project, input=patch.encode(), check=True, env=environment)
