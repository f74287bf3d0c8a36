"""Every mistake an editor can make is told by a diagnostic, which is asserted whole: words, position and excerpt.

The mistakes stand in tests/data/mistakes/*.txt, each with what `check` says of it:

    === its name
    content/topics/means.yml
    - a line as it is in the newsletter "small" (the first such line; all of these lines follow each other)
    + a line to put in its place
    => the exit status
    error[rule]: what is wrong; the way out

Lines with '+' alone are a whole file. Bytes, folders and links, which no text file can hold, are below.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from checking import check
from conftest import Run, every_third, run_command
from pixeldigest.cache import NO_CACHE
from pixeldigest.content import Entry
from pixeldigest.library import Library
from pixeldigest.loading import load_library

MISTAKES = Path(__file__).parent / "data" / "mistakes"


class Edit(NamedTuple):
    """A file, the lines to take out of it (none: the whole file) and the lines to put in."""

    file: str
    old: tuple[str, ...]
    new: tuple[str, ...]


class Mistake(NamedTuple):
    """Edits, and what `check` says of them."""

    source: Path
    name: str
    edits: tuple[Edit, ...]
    status: int
    said: str


def read_mistakes(source: Path) -> list[Mistake]:
    """Read the mistakes of one file; its lines before the first are a comment."""
    _, *blocks = re.split(r"^=== ", source.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return [_read_mistake(source, block) for block in blocks]


def _read_mistake(source: Path, block: str) -> Mistake:
    head, status, said = re.split(r"^=> (\d+)\n", block, flags=re.MULTILINE)
    name, *lines = head.split("\n")
    edits: list[Edit] = []
    for line in lines:
        if line.startswith(("- ", "-", "+")) and line[:2] in ("- ", "+ ", "-", "+"):
            last = edits[-1]
            side = "old" if line[0] == "-" else "new"
            edits[-1] = last._replace(**{side: (*getattr(last, side), line[2:])})
        elif line:
            edits.append(Edit(line, (), ()))
    return Mistake(source, name, tuple(edits), int(status), said.rstrip("\n") + "\n")


def apply_edit(project: Path, edit: Edit) -> None:
    """Change one file of a newsletter."""
    path = project / edit.file
    new = "".join(line + "\n" for line in edit.new)
    if edit.old:
        before, old = path.read_text(encoding="utf-8"), "".join(line + "\n" for line in edit.old)
        assert old in before, f"{edit.file} holds no {old!r}"
        new = before.replace(old, new, 1)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(new, encoding="utf-8")


ALL_MISTAKES = [mistake for source in sorted(MISTAKES.glob("*.txt")) for mistake in read_mistakes(source)]


@pytest.mark.parametrize("mistake", ALL_MISTAKES, ids=[f"{one.source.stem}: {one.name}" for one in ALL_MISTAKES])
def test_mistake_is_told(small: Path, mistake: Mistake, request: pytest.FixtureRequest) -> None:
    for edit in mistake.edits:
        apply_edit(small, edit)

    run = check(small)

    if request.config.getoption("--update-golden"):
        rewrite(mistake, run)
    else:
        assert mistake.said == run.err
        assert (mistake.status, "") == (run.status, run.out)


def rewrite(mistake: Mistake, run: Run) -> None:
    """Put what `check` says now into the file of mistakes."""
    text = mistake.source.read_text(encoding="utf-8")
    before, rest = text.split(f"=== {mistake.name}\n", 1)
    edits = re.split(r"^=> ", rest, maxsplit=1, flags=re.MULTILINE)[0]
    after = re.search(r"^=== ", rest, re.MULTILINE)
    tail = "\n" + rest[after.start() :] if after else ""
    said = f"=== {mistake.name}\n{edits}=> {run.status}\n{run.err}{tail}"
    mistake.source.write_text(before + said, encoding="utf-8")


# --- What a file of mistakes cannot hold: bytes, folders, links ---

CLUB = "content/features/club.yml"


def write_bytes(name: str, raw: bytes) -> Callable[[Path], None]:
    """Put bytes into a file."""

    def write(project: Path) -> None:
        (project / name).write_bytes(raw)

    return write


def put_folder(project: Path) -> None:
    (project / CLUB).unlink()
    (project / CLUB).mkdir()


def put_pipe(project: Path) -> None:
    (project / CLUB).unlink()
    os.mkfifo(project / CLUB)


def link_out(name: str) -> Callable[[Path], None]:
    """Put a file or folder elsewhere, and a symbolic link to it in its place."""

    def link(project: Path) -> None:
        (project / name).rename(project.parent / "elsewhere")
        (project / name).symlink_to(project.parent / "elsewhere")

    return link


def link_nowhere(project: Path) -> None:
    (project / "content/features/more.yml").symlink_to("missing.yml")


def link_to_itself(project: Path) -> None:
    (project / "content/features/more.yml").symlink_to("more.yml")


def link_folder(project: Path) -> None:
    (project / "content/features/more").symlink_to("../topics")


def put_large_image(project: Path) -> None:
    (project / "content/images/bars.svg").write_bytes(b"<svg/>" + b" " * 300_000)


def name_file(name: bytes) -> Callable[[Path], None]:
    """Put an empty file with an unusual name among the features."""

    def write(project: Path) -> None:
        Path(os.fsdecode(bytes(project / "content/features") + b"/" + name)).touch()

    return write


LEADS_OUT = "this link leads out of content/, or nowhere; copy the file here: content is read from content/ only"
UNREADABLE = [
    (
        "not UTF-8",
        write_bytes(CLUB, b"title: The Club\r\nsummary: Caf\xe9 and more.\r\nbody: |\r\n  Join.\r\n"),
        """error[encoding]: byte 0xe9 is not UTF-8; save the file as UTF-8 in your editor
  --> content/features/club.yml:2:13
  2 | summary: Caf\ufffd and more.
    |             ^
""",
    ),
    (
        "not UTF-8, behind wide characters",
        write_bytes(CLUB, "title: 平均".encode() + b"\xff\n"),
        """error[encoding]: byte 0xff is not UTF-8; save the file as UTF-8 in your editor
  --> content/features/club.yml:1:10
  1 | title: 平均\ufffd
    |            ^
""",
    ),
    (
        "cut within a character",
        write_bytes(CLUB, "title: é".encode()[:-1]),
        """error[encoding]: byte 0xc3 is not UTF-8; save the file as UTF-8 in your editor
  --> content/features/club.yml:1:8
  1 | title: \ufffd
    |        ^
""",
    ),
    (
        "UTF-16",
        write_bytes(CLUB, "title: The Club\n".encode("utf-16-le")),
        """error[encoding]: this is U+0000, an invisible character; save the file as UTF-8 in your editor
  --> content/features/club.yml:1:2
  1 | t\ufffdi\ufffdt\ufffdl\ufffde\ufffd:\ufffd \ufffdT\ufffdh\ufffde\ufffd \ufffdC\ufffdl\ufffdu\ufffdb\ufffd
    |  ^
""",
    ),
    (
        "too large",
        write_bytes(CLUB, b"title: The Club\nbody: |\n" + b"  Join us.\n" * 100_000),
        """error[file]: this file is larger than 500 kB; split it, or shorten it
  --> content/features/club.yml:1:1
""",
    ),
    (
        "a folder",
        put_folder,
        """error[file]: a folder stands where a file should be; move or rename the folder
  --> content/features/club.yml:1:1
""",
    ),
    (
        "a pipe",
        put_pipe,
        """error[file]: this is a pipe or a device; put a file in its place
  --> content/features/club.yml:1:1
""",
    ),
    (
        "a link out of content",
        link_out(CLUB),
        f"error[symbolic-link]: {LEADS_OUT}\n  --> content/features/club.yml:1:1\n",
    ),
    ("a folder out of content", link_out("content/images"), None),
    ("settings out of content", link_out("content/newsletter.yml"), None),
    (
        "a link to nothing",
        link_nowhere,
        f"error[symbolic-link]: {LEADS_OUT}\n  --> content/features/more.yml:1:1\n",
    ),
    (
        "a link to itself",
        link_to_itself,
        f"error[symbolic-link]: {LEADS_OUT}\n  --> content/features/more.yml:1:1\n",
    ),
    (
        "a link to a folder",
        link_folder,
        """error[symbolic-link]: links to folders are not followed; put the folder itself here
  --> content/features/more:1:1
""",
    ),
    (
        "a name that is not UTF-8",
        name_file(b"caf\xe9.yml"),
        """error[file-name]: this name has characters that cannot be shown; rename it with letters, digits and hyphens
  --> content/features/caf\ufffd.yml:1:1
""",
    ),
    (
        "a name of two lines",
        name_file(b"two\nlines.yml"),
        """error[file-name]: this name has characters that cannot be shown; rename it with letters, digits and hyphens
  --> content/features/two\ufffdlines.yml:1:1
""",
    ),
    (
        "an image too large",
        put_large_image,
        """error[image]: 'images/bars.svg' has 301 kB; make it smaller than 300 kB
  --> content/topics/sums.yml:15:34
  15 |   ![Two bars of the same height](images/bars.svg "Bars")
     |                                  ^^^^^^^^^^^^^^^
""",
    ),
]  # fmt: skip
SAID_OF_LINKS = {
    "a folder out of content": f"""content/images (1 error)

error[symbolic-link]: {LEADS_OUT}
  --> content/images:1:1

content/topics/sums.yml (1 error)

error[image]: there is no image 'images/bars.svg'; put the file into content/images/
  --> content/topics/sums.yml:15:34
  15 |   ![Two bars of the same height](images/bars.svg "Bars")
     |                                  ^^^^^^^^^^^^^^^

2 errors, 0 warnings in 2 files
""",
    "settings out of content": f"""error[symbolic-link]: {LEADS_OUT}
  --> content/newsletter.yml:1:1

1 error, 0 warnings in 1 file
""",
}


@pytest.mark.parametrize(("name", "plant", "said"), UNREADABLE, ids=[name for name, _, _ in UNREADABLE])
def test_what_cannot_be_read_is_told(small: Path, name: str, plant: Callable[[Path], None], said: str | None) -> None:
    plant(small)

    run = check(small)

    assert (SAID_OF_LINKS[name] if said is None else f"{said}\n1 error, 0 warnings in 1 file\n") == run.err
    assert run.status == (78 if "settings" in name else 1)


@pytest.mark.parametrize(
    "rewritten",
    [
        lambda raw: b"\xef\xbb\xbf" + raw,
        lambda raw: raw.replace(b"\n", b"\r\n"),
        lambda raw: raw.replace(b"\n", b"\r"),
        lambda raw: b"\xef\xbb\xbf" + raw.rstrip(b"\n").replace(b"\n", b"\r\n"),
        lambda raw: b"---\n# a comment\n\n" + raw + b"\n\n...\n",
    ],
    ids=["byte order mark", "CRLF", "CR", "mark, CRLF and no end of line", "signs of a document"],
)
def test_what_editors_leave_behind_reads_the_same(small: Path, rewritten: Callable[[bytes], bytes]) -> None:
    expected = read_whole(small)
    for path in small.glob("content/**/*.yml"):
        path.write_bytes(rewritten(path.read_bytes()))

    assert expected == read_whole(small)
    assert Run(0, "all is well\n", "") == check(small)


def read_whole(project: Path) -> tuple[Library, list[Entry]]:
    """Load a library that has no faults; its heads without the digests of their files, and its entries whole."""
    library, diagnostics = load_library(project, NO_CACHE)
    assert library is not None
    assert diagnostics == ()
    heads = {
        kind: {one: head._replace(digest=b"") for one, head in library.entries(kind).items()}
        for kind in library.by_kind
    }
    return library._replace(by_kind=heads), [library.read(head) for head in library.all_entries()]


def test_positions_are_the_same_with_a_mark_and_crlf(small: Path) -> None:
    text = "title: The Club\nsummary: Come in.\nurl: nowhere\nbody: |\n  See\n  <b>us</b>.\n"
    (small / CLUB).write_bytes(text.encode())
    expected = check(small)
    (small / CLUB).write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())

    assert expected.status == 1
    assert expected == check(small)


def test_a_link_within_content_is_followed(small: Path) -> None:
    (small / "content/features/club.yml").rename(small / "content/features/.club")
    (small / "content/features/club.yml").symlink_to(".club")

    assert Run(0, "all is well\n", "") == check(small)


# --- All at once ---


@pytest.mark.parametrize("source", every_third(sorted(MISTAKES.glob("*.txt"))), ids=lambda source: source.stem)
def test_the_installed_command_says_the_same(small: Path, source: Path) -> None:
    mistake = read_mistakes(source)[0]
    for edit in mistake.edits:
        apply_edit(small, edit)

    assert Run(mistake.status, "", mistake.said) == run_command(small, "check")


def test_all_mistakes_are_told_at_once_in_the_order_of_the_files(small: Path) -> None:
    for edit in [
        Edit(
            "content/features/club.yml", ("  Join [it](feature:club).",), ("  Join <b>it", "  at [home](topic:home).")
        ),
        Edit("content/features/tool.yml", ("title: The Tool",), ("titel: The Tool", "draft: perhaps")),
        Edit("content/problems/add.yml", ("difficulty: easy",), ("difficulty: eazy",)),
        Edit("content/problems/halve.yml", ("title: Halve",), ("\ttitle: Halve",)),
        Edit("content/topics/modes.yaml", (), ("title: Modes",)),
        Edit("content/topics/sums.yml", ("    answer: $0$",), ("    answer: $5$",)),
        Edit("content/calendar.yml", (), ("2026-12-24:", "  sections: {topic: none, quote: x}")),
    ]:
        apply_edit(small, edit)

    said = re.findall(r"^error\[(.*?)\]:.*\n  --> content/(.*)$", check(small).err, re.MULTILINE)

    assert said == [
        ("unknown-reference", "calendar.yml:2:21"),
        ("unknown-section", "calendar.yml:2:27"),
        ("raw-html", "features/club.yml:4:8"),
        ("link", "features/club.yml:5:13"),
        ("unknown-key", "features/tool.yml:1:1"),
        ("draft", "features/tool.yml:2:8"),
        ("difficulty", "problems/add.yml:3:13"),
        ("yaml", "problems/halve.yml:1:1"),
        ("file-name", "topics/modes.yaml:1:1"),
        ("answer", "topics/sums.yml:40:13"),
    ]


def test_an_error_in_the_settings_leaves_the_entries_checked(small: Path) -> None:
    apply_edit(small, Edit("content/newsletter.yml", ("title: Small Daily",), ("titel: Small Daily",)))
    apply_edit(small, Edit("content/problems/add.yml", ("difficulty: easy",), ("difficulty: eazy",)))

    run = check(small)

    assert run.err.endswith("\n\n2 errors, 0 warnings in 2 files; 'check --fix' mends 2\n")
    assert run.status == 78


def test_json_and_github_say_the_same(small: Path) -> None:
    apply_edit(small, Edit("content/problems/add.yml", ("difficulty: easy",), ("difficulty: eazy",)))

    as_json = check(small, "--output-format", "json")
    as_commands = check(small, "--output-format", "github")

    assert json.loads(as_json.out) == [
        {
            "rule": "difficulty",
            "message": "'eazy' is not a difficulty",
            "hint": "did you mean 'easy'?",
            "severity": "error",
            "fix": {"replacements": [{"line": 3, "column": 13, "old": "eazy", "new": "easy"}], "name": None},
            "path": "content/problems/add.yml",
            "line": 3,
            "column": 13,
            "width": 4,
            "excerpt": "difficulty: eazy",
        }
    ]
    assert as_commands.out == (
        "::error file=content/problems/add.yml,line=3,col=13,title=difficulty"
        "::'eazy' is not a difficulty; did you mean 'easy'?\n"
    )
    assert (as_json.err, as_commands.err, as_json.status, as_commands.status) == ("", "", 1, 1)


# --- What all diagnostics have in common ---

ALL_SAID = "".join(mistake.said for mistake in ALL_MISTAKES)
HEADS = re.findall(r"^(?:error|warning)\[.*", ALL_SAID, re.MULTILINE)


@pytest.mark.parametrize("head", sorted(set(HEADS)))
def test_a_diagnostic_is_one_sentence_and_a_way_out(head: str) -> None:
    rule, sentence = re.fullmatch(r"(?:error|warning)\[(.*?)\]: (.*)", head).groups()

    assert re.fullmatch("[a-z_]+(-[a-z]+)*", rule)
    assert "; " in sentence
    assert not sentence.endswith(".")
    assert not re.search(r"pydantic|validat|Input should|invalid|Traceback|None|str_|<class|Error", sentence)


def test_there_are_many_different_mistakes_and_words_for_them() -> None:
    quoted = re.compile(r"'[^']*'|\d+")

    assert len(ALL_MISTAKES) > 200
    assert len({quoted.sub("…", head) for head in HEADS}) > 100
    assert len({mistake.name for mistake in ALL_MISTAKES}) == len(ALL_MISTAKES)
