"""Every rule that `check` may name is in the rulebook, with an example that is told and one that is not."""

from __future__ import annotations

import ast
import json
import os
import pty
import re
import shutil
import subprocess
import sys
from array import array
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checking import check
from conftest import NOON, REPOSITORY, Run, examples
from pixeldigest.check.likeness import ALIKE, find_pairs, measure
from pixeldigest.check.wording import MAX_PREHEADER
from pixeldigest.content import Ref
from pixeldigest.formats.letter import PREHEADER_MAX
from pixeldigest.rulebook import RULEBOOK_FILE, field_rules, mail_rules, read_rulebook, rule_names

RULES = read_rulebook().rules
# Those that ask other machines are tested where there is one to ask.
CHECKED = {name: rule for name, rule in RULES.items() if rule.option != "--links"}
SOURCES = sorted((REPOSITORY / "src/pixeldigest").rglob("*.py"))


def lay_over(project: Path, files: Mapping[str, str]) -> None:
    """Write files over a newsletter's; of one that it has, only the keys that are given."""
    for name, text in files.items():
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if text.startswith("-> "):
            path.symlink_to(text.removeprefix("-> "))
        elif path.exists():
            merged = {**by_key(path.read_text(encoding="utf-8")), **by_key(text)}
            path.write_text("".join(merged.values()), encoding="utf-8")
        else:
            path.write_text(text, encoding="utf-8")


def by_key(text: str) -> dict[str, str]:
    """Split a file into the lines of each of its keys."""
    return {part.split(":", 1)[0]: part for part in re.split(r"^(?=\S)", text, flags=re.MULTILINE)}


# --- The examples ---


@pytest.mark.parametrize("name", CHECKED)
def test_the_bad_example_is_told(small: Path, name: str, request: pytest.FixtureRequest) -> None:
    rule = RULES[name]
    lay_over(small, rule.bad)

    run = check(small, *([rule.option] if rule.option else []))

    told = re.findall(rf"^(?:error|warning)\[{name}\]: .*", run.err, re.MULTILINE)
    if request.config.getoption("--update-golden"):
        rewrite(name, told[0])
    else:
        assert rule.says in told
    assert run.status in ((1, 78) if "error[" in run.err else (0,))


def rewrite(name: str, said: str) -> None:
    """Put what `check` says now into the rulebook."""
    text = RULEBOOK_FILE.read_text(encoding="utf-8")
    before, rule = text.split(f"\n      {name}:\n", 1)
    quoted = said.replace("'", "''")
    rule = re.sub("(?<=says: ).*", lambda _: f"'{quoted}'", rule, count=1)
    RULEBOOK_FILE.write_text(f"{before}\n      {name}:\n{rule}", encoding="utf-8")


@pytest.mark.parametrize("name", CHECKED)
def test_of_the_good_example_nothing_is_said(small: Path, name: str) -> None:
    rule = RULES[name]
    lay_over(small, rule.good)

    run = check(small, *([rule.option] if rule.option else []))

    assert (run.status, run.out) == (0, "all is well\n")


# --- The names ---

SAYING = {"Finding": 0, "Diagnostic": 0, "Fault": 0, "YamlError": 0, "complaint": None}


def names_in(source: Path) -> Iterator[str]:
    """Yield the rules that a module names where it says what is wrong."""
    tree = ast.parse(source.read_text(encoding="utf-8"))
    for call in ast.walk(tree):
        function = call.func if isinstance(call, ast.Call) else None
        called = getattr(function, "id", None) or getattr(function, "attr", None)
        if called in SAYING:
            place = SAYING[called]
            given = [call.args[place]] if place is not None and call.args else []
            given += [one.value for one in call.keywords if one.arg == "rule"]
            yield from (name for one in given for name in texts_of(one))


def texts_of(node: ast.expr) -> Iterator[str]:
    """Yield the texts that an expression may have; what a variable holds is named where that was made."""
    match node:
        case ast.Constant(str(text)):
            yield text
        case ast.IfExp(_, one, other):
            yield from (*texts_of(one), *texts_of(other))
        case ast.JoinedStr():
            yield "".join(one.value if isinstance(one, ast.Constant) else "*" for one in node.values)
        case _:
            pass


IN_CODE = {(name, source) for source in SOURCES for name in names_in(source) if name}


def test_names_are_found_in_the_code() -> None:
    found = {name for name, _ in IN_CODE}

    assert found >= {"link", "pin", "raw-html", "yaml-merge", "duplicate-id", "mail-parts", "stray-file", "doctest"}


@pytest.mark.parametrize(("name", "source"), sorted(IN_CODE), ids=str)
def test_every_rule_in_the_code_is_in_the_rulebook(name: str, source: Path) -> None:
    pattern = re.compile(re.escape(name).replace(r"\*", ".+"))

    assert any(pattern.fullmatch(one) for one in rule_names()), f"'{name}' in {source.name}"


def test_a_rule_has_one_place() -> None:
    assert not {one for one in RULES if one in mail_rules()}
    assert "difficulty" in field_rules()
    assert all(re.fullmatch(r"[a-z_]+(-[a-z]+)*", name) for name in rule_names())


def test_a_preheader_has_one_length() -> None:
    assert MAX_PREHEADER == PREHEADER_MAX


# --- What looks like a mistake and is none ---

NOT_TOLD = {
    "a comment behind two spaces": {"content/features/club.yml": "summary: A place to meet.  # or to stay\n"},
    "a comment behind what is no text": {"content/features/club.yml": "url: https://example.org/club # the old one\n"},
    "a comment behind quotes": {"content/features/club.yml": "title: 'The Club' # for all\n"},
    "a default with a comment": {"content/features/club.yml": "url: # none yet\n"},
    "a sign of a number within a word": {"content/features/club.yml": "title: C#\n"},
    "words between brackets": {"content/problems/halve.yml": "hints: [Divide, 'Think of two, or of none']\n"},
    "tags and ids between brackets": {"content/features/club.yml": "tags: [a, b]\n"},
    "dates and sections between braces": {"content/calendar.yml": "2026-11-25: {sections: {feature: club}}\n"},
    "languages by other names": {
        "content/features/club.yml": "body: |\n  ```js\n  a\n  ```\n\n  ```Python\n  a\n  ```\n",
        "content/features/tool.yml": "body: |\n  ```text\n  a\n  ```\n",
    },
    "code without a language": {"content/features/club.yml": "body: |\n  ```\n  a\n  ```\n"},
    "a link with words": {
        "content/features/club.yml": "body: |\n  All about it is [here in the tool](feature:tool).\n"
    },
    "a heading that says more than the title": {
        "content/features/club.yml": "body: |\n  ## The club at night\n\n  Come.\n"
    },
    "a title in the middle": {"content/features/club.yml": "body: |\n  Come.\n\n  ## The Club\n\n  It is big.\n"},
    "a language and another": {
        "content/features/club.yml": "title: Pointers in C\n",
        "content/features/tool.yml": "title: Pointers in C++\n",
    },
    "parts": {
        "content/features/club.yml": "title: Two Sum\n",
        "content/features/tool.yml": "title: Two Sum II\n",
    },
    "a problem that is called like a feature": {"content/problems/add.yml": "title: The Club\n"},
    "the same title, one as a draft": {"content/features/tool.yml": "title: The Club\ndraft: true\n"},
    "the same title, one after the other": {
        "content/features/club.yml": "not_after: 2026-12-31\n",
        "content/features/tool.yml": "title: The Club\nnot_before: 2027-01-01\n",
    },
    "a topic for one day": {
        "content/topics/medians.yml": "title: Medians\nsummary: The middle.\nbody: |\n  Half are smaller.\n",
        "content/calendar.yml": "2026-11-24:\n  sections:\n    topic: medians\n",
    },
    "a topic that is a draft": {
        "content/topics/medians.yml": "title: Medians\nsummary: The middle.\ndraft: true\nbody: |\n  Half.\n"
    },
    "a template for another one": {
        "templates/web/_feature.html": "{% include 'web/mine.html' %}\n",
        "templates/web/mine.html": "<p>{{ section.entry.title }}</p>\n",
    },
    "a style sheet, a font and a language of one's own": {
        "templates/assets/custom.css": "p { color: red }\n",
        "templates/assets/fonts/Own.woff2": "font",
        "templates/assets/paper.svg": "<svg/>",
        "templates/words.nl.yml": "hints: Tips\n",
        "templates/.editorconfig": "root = true\n",
    },
}


@pytest.mark.parametrize("files", NOT_TOLD.values(), ids=NOT_TOLD)
def test_of_what_is_right_nothing_is_said(small: Path, files: Mapping[str, str]) -> None:
    lay_over(small, files)

    assert check(small) == Run(0, "all is well\n", "")


@pytest.mark.parametrize("newsletter", ["content", "src/pixeldigest/sample/content"])
def test_of_our_own_newsletters_nothing_is_said(tmp_path: Path, newsletter: str) -> None:
    shutil.copytree(REPOSITORY / newsletter, tmp_path / "content")

    assert check(tmp_path) == Run(0, "all is well\n", "")


# --- Texts that are alike ---

WORDS = st.text(alphabet="abcdef", min_size=1, max_size=3)


def sketch(text: str) -> frozenset[int]:
    return frozenset(array("I", measure(text).sketch))


@given(st.lists(WORDS, min_size=40, max_size=120), st.data())
@examples(30)
def test_a_text_is_like_itself_with_a_word_changed(drawn: list[str], data: st.DataObject) -> None:
    words = [f"{word}{number}" for number, word in enumerate(drawn)]
    at = data.draw(st.integers(0, len(words) - 1))
    changed = [*words[:at], "another", *words[at + 1 :]]
    one, two = Ref("topic", "one"), Ref("topic", "two")

    pairs = list(find_pairs({one: sketch(" ".join(words)), two: sketch(" ".join(changed))}))

    assert [pair[:2] for pair in pairs] == [(two, one)]


@given(st.lists(st.lists(WORDS, min_size=3, max_size=60).map(" ".join), max_size=8))
@examples(50)
def test_texts_are_found_to_be_alike_as_by_comparing_all(texts: list[str]) -> None:
    """The quick way leaves none out and adds none."""
    sketches = {Ref("topic", f"{number}"): sketch(text) for number, text in enumerate(texts)}

    found = {pair[0] for pair in find_pairs(sketches)}

    refs = list(sketches)
    alike = {
        ref
        for number, ref in enumerate(refs)
        if any(
            len(sketches[ref] & sketches[other]) / max(len(sketches[ref]), len(sketches[other]), 1) >= ALIKE
            for other in refs[:number]
        )
    }
    assert found == alike


# --- What is asked for ---


def plant(project: Path) -> None:
    """Put an error, two warnings and a fault of a mail into a newsletter."""
    lay_over(
        project,
        {
            "content/problems/add.yml": "difficulty: eazy\n",
            "content/features/club.yml": "body: |\n  Click [here](feature:tool) ~~now~~.\n",
        },
    )


def rules_of(run: Run) -> list[str]:
    return re.findall(r"^(?:error|warning)\[(.*?)\]", run.err, re.MULTILINE)


@pytest.mark.parametrize(
    ("options", "rules", "status", "last"),
    [
        ([], ["link-text", "foreign-mark", "difficulty"], 1, "1 error, 2 warnings in 2 files; 'check --fix' mends 1"),
        (
            ["--select", "foreign-mark,link-*"],
            ["link-text", "foreign-mark"],
            0,
            "0 errors, 2 warnings in 1 file; left out: 1 error, 0 warnings",
        ),
        (
            ["--select", "foreign-mark", "--select", "difficulty"],
            ["foreign-mark", "difficulty"],
            1,
            "1 error, 1 warning in 2 files; 'check --fix' mends 1; left out: 0 errors, 1 warning",
        ),
        (
            ["--ignore", "diff*, foreign-mark"],
            ["link-text"],
            0,
            "0 errors, 1 warning in 1 file; left out: 1 error, 1 warning",
        ),
        (["--select", "link-text", "--ignore", "link*"], [], 0, "0 errors, 0 warnings; left out: 1 error, 2 warnings"),
    ],
)
def test_rules_are_selected_and_ignored(
    small: Path, options: list[str], rules: list[str], status: int, last: str
) -> None:
    plant(small)

    run = check(small, *options)

    assert rules_of(run) == rules
    assert run.err.rstrip("\n").split("\n")[-1] == last
    assert run.status == status


def test_json_and_github_hold_what_was_asked_for(small: Path) -> None:
    plant(small)

    as_json = check(small, "--select", "foreign-mark", "--output-format", "json")
    as_commands = check(small, "--select", "foreign-mark", "--output-format", "github")

    assert [one["rule"] for one in json.loads(as_json.out)] == ["foreign-mark"]
    assert re.findall("title=(.*?)::", as_commands.out) == ["foreign-mark"]


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("dialet", "there is no rule 'dialet'; did you mean 'dialect'?"),
        ("zzzz*", "there is no rule 'zzzz*'; docs/rules.md lists them"),
    ],
)
def test_a_rule_that_does_not_exist_is_told(small: Path, word: str, said: str) -> None:
    run = check(small, "--ignore", f"link,{word}")

    assert run.status == 2
    assert run.err.endswith(f"Error: Invalid value for '--ignore': {said}\n")


def test_settings_that_cannot_be_read_are_told_whatever_is_ignored(small: Path) -> None:
    lay_over(small, {"content/newsletter.yml": "titel: Small\n"})

    run = check(small, "--ignore", "unknown-key")

    assert rules_of(run) == ["unknown-key"]
    assert run.status == 78


# --- How it looks ---


def on_a_terminal(project: Path, **environment: str) -> str:
    """Run `check` where what goes wrong is shown on a terminal."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "pixeldigest", "--now", NOON, "check"]
    done = subprocess.run(
        command, cwd=project, env={**os.environ, **environment}, stderr=theirs, timeout=120, check=False
    )
    os.close(theirs)
    shown = os.read(ours, 100_000)
    os.close(ours)
    assert done.returncode == 1
    return shown.decode().replace("\r\n", "\n")


def test_there_is_colour_on_a_terminal_only(small: Path) -> None:
    lay_over(small, {"content/problems/add.yml": "difficulty: eazy\n"})

    painted = on_a_terminal(small, NO_COLOR="")
    plain = on_a_terminal(small, NO_COLOR="1")
    piped = check(small).err

    assert "\x1b[31m\x1b[1merror[difficulty]\x1b[0m: 'eazy' is not" in painted
    assert "\x1b[31m\x1b[1m^^^^\x1b[0m" in painted
    assert re.sub(r"\x1b\[\d+m", "", painted) == plain == piped


def test_files_have_headings_where_there_are_several(small: Path) -> None:
    plant(small)

    blocks = check(small).err.split("\n\n")

    assert [block for block in blocks if "\n" not in block] == [
        "content/features/club.yml (2 warnings)",
        "content/problems/add.yml (1 error)",
    ]


# --- Issues of coming days ---


@pytest.mark.parametrize(
    "files",
    [
        {"templates/text/issue.txt": "{{ nothing }}\n"},
        {"templates/mail/_topic.html": "<script>1</script>\n"},
        {"templates/words.en.yml": "read_online: TODO\n"},
        {"content/newsletter.yml": "title: TODO Daily\n"},
    ],
    ids=["a template", "a partial", "a word", "the settings"],
)
def test_what_is_kept_of_issues_is_never_stale(small: Path, files: Mapping[str, str]) -> None:
    before = check(small)
    lay_over(small, files)

    after = check(small)

    assert before != after
    assert check(small, "--no-cache") == after == check(small)


# --- Templates of one's own ---


def test_all_mistakes_in_templates_are_told_at_once(small: Path) -> None:
    plant(small)
    lay_over(
        small,
        {
            "templates/web/_feature.html": "<p>\n{{ nothing }}\n",
            "templates/web/archive.html": "{{ pages.nothing }}\n",
            "templates/post/issue.md": "{{ issue.titel }}\n",
            "templates/text/isue.txt": "{{ issue.title }}\n",
            "templates/assets/custm.css": "p { color: red }\n",
        },
    )

    run = check(small)

    assert re.findall(r"^  --> (templates/.*)", run.err, re.MULTILINE) == [
        "templates/assets/custm.css:1:1",
        "templates/post/issue.md:1:10",
        "templates/text/isue.txt:1:1",
        "templates/web/_feature.html:2:4",
        "templates/web/archive.html:1:4",
    ]
    assert {"difficulty", "foreign-mark"} <= {*rules_of(run)}
    assert run.status == 78


def test_mistakes_in_the_language_of_templates_are_told_in_every_file(small: Path) -> None:
    lay_over(
        small,
        {
            "templates/web/_feature.html": "<p>\n{% if %}\n",
            "templates/mail/issue.html": "{{ letter.title | shoot }}\n",
        },
    )

    run = check(small)

    assert re.findall(r"^  --> (templates/.*)", run.err, re.MULTILINE) == [
        "templates/mail/issue.html:1:19",
        "templates/web/_feature.html:2:1",
    ]
    assert run.status == 78


def test_words_that_cannot_be_used_leave_the_rest_checked(small: Path) -> None:
    plant(small)
    lay_over(small, {"templates/words.en.yml": "hits: Tips\n"})

    run = check(small)

    assert rules_of(run) == ["link-text", "foreign-mark", "difficulty", "words"]
    assert run.status == 78
