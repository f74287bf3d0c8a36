"""Editors of YAML complete, explain and underline: the schemas say what the models say."""

from __future__ import annotations

import copy
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from jsonschema import Draft7Validator
from pydantic import TypeAdapter, ValidationError
from referencing import Registry, Resource

from conftest import NEWSLETTERS, REPOSITORY, examples, run_command
from forked import run_forked
from languageserver import Complaint, LanguageServer, start_server
from pixeldigest import channels, fields
from pixeldigest.schemas import MODELS, entry_schema
from pixeldigest.schemas.examples import example_of, snippet_of
from pixeldigest.schemas.files import schema_file
from pixeldigest.schemas.forms import FORMS
from pixeldigest.schemas.yaml import IDS_FILE, ids_schema, yaml_schema
from pixeldigest.settings import UnsubscribeUrl
from pixeldigest.yamlfile import RawFile, load_model
from pixeldigest.yamltext import entry_text
from pixeldigest.yamltree import Block, Mapping, Node, Scalar, Sequence, parse_tree, to_plain
from projects import write

SAMPLE = REPOSITORY / "src/pixeldigest/sample"
PROJECTS = (REPOSITORY, SAMPLE, *(path for path in sorted(NEWSLETTERS.iterdir()) if path.is_dir()))
FOLDERS = {"topics": "topic", "problems": "problem", "features": "feature", "courses": "course", "record": "record"}
FOLDERS |= {"collections": "collection", "pages": "page"}
HEAD = "title: A\nsummary: B\nbody: |\n  C\n"

# --- What YAML 1.2 makes of a file, and whether a schema accepts it ---

_CORE = (
    (r"|~|null|Null|NULL", lambda _: None),
    (r"true|True|TRUE|false|False|FALSE", lambda text: text.lower() == "true"),
    (r"[-+]?[0-9]+", int),
    (r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", float),
)


def resolve(node: Node | None) -> Any:
    """Resolve plain scalars as YAML 1.2's core schema does; our own reader resolves none."""
    match node:
        case Scalar(text, ""):
            return next((make(text) for pattern, make in _CORE if re.fullmatch(pattern, text)), text)
        case Scalar(text):
            return text
        case Sequence(items):
            return [resolve(item) for item in items]
        case Mapping(pairs):
            return {key.text: resolve(value) for key, value in pairs}
    return None


def validator(kind: str) -> Draft7Validator:
    registry: Registry[Any] = Registry().with_resource(IDS_FILE, Resource.from_contents(ids_schema(None)))
    return Draft7Validator(yaml_schema(kind), registry=registry)


VALIDATORS = {kind: validator(kind) for kind in MODELS}


def schema_accepts(kind: str, text: str) -> bool:
    return bool(VALIDATORS[kind].is_valid(resolve(parse_tree(text))))


def model_accepts(kind: str, text: str) -> bool:
    given_id = {"id": "a"} if kind not in ("newsletter", "calendar", "record", "withdrawn") else {}
    return load_model(RawFile(text.encode()), MODELS[kind], name="a.yml", given=given_id).model is not None


def content_files() -> Iterator[tuple[str, Path]]:
    for project in PROJECTS:
        for path in sorted((project / "content").rglob("*.yml")):
            parts = path.relative_to(project / "content").parts
            yield (FOLDERS[parts[0]] if len(parts) > 1 else path.stem), path


CONTENT = list(content_files())


def test_the_schemas_are_schemas() -> None:
    for kind in MODELS:
        Draft7Validator.check_schema(yaml_schema(kind))
        Draft7Validator.check_schema(entry_schema(kind))
    Draft7Validator.check_schema(ids_schema(None))


@pytest.mark.parametrize(("kind", "path"), CONTENT, ids=[str(path.relative_to(REPOSITORY)) for _, path in CONTENT])
def test_what_is_written_is_accepted(kind: str, path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    assert [error.message for error in VALIDATORS[kind].iter_errors(resolve(parse_tree(text)))] == []


@pytest.mark.parametrize("kind", MODELS)
def test_the_example_has_every_key_and_is_right(kind: str) -> None:
    text = example_of(kind)

    assert model_accepts(kind, text)
    assert schema_accepts(kind, text)
    snippets = {path: snippet_of(*path) for path in key_paths(entry_schema(kind), (kind,))}
    shown = {without_source(path) for path, snippet in snippets.items() if snippet != f"{path[-1]}: …"}
    for path, snippet in snippets.items():
        assert snippet.startswith(f"{path[-1]}:")
        assert without_source(path) in shown


def without_source(path: tuple[str, ...]) -> tuple[str, ...]:
    """Leave out of a key where its value comes from: only one of `key_env` and `key_file` may stand in a file."""
    return (*path[:-1], re.sub("_(?:env|file)$", "", path[-1]))


def key_paths(schema: dict[str, Any], path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Walk all keys that a schema names, through lists and dates."""
    for key, inner in schema.get("properties", {}).items():
        yield (*path, key)
        yield from key_paths(inner, (*path, key))
    for key, step in (("items", ()), ("additionalProperties", ("*",))):
        if "x-part" in (inner := schema.get(key) or {}):
            yield from key_paths(inner, (*path, *step))
        for part in inner.get("oneOf", ()):
            yield from key_paths(part, (*path, *step, f"type={part['properties']['type']['enum'][0]}"))


# --- Schemas and models agree ---

WORDS = ("no", "true", "2048", "3.5", "-1", "0", "07", "12:30", "lora", "Foo Bar", "a-b/c-d", "easy", "python", "mon")
WORDS += ("2026-12-24", "2026-02-30", "2100-02-29", "https://example.org/a", "https://example.org/a b", "localhost")
WORDS += (
    "editors@example.org",
    "x" * 161,
    "🙂" * 160,
    "a\u2028b",
    "{{ topic.title }}",
    "{{ topic }}",
    "#5b5bd6",
    "de",
    "{ }",
)
VALUES = st.one_of(
    st.sampled_from(WORDS),
    st.text(max_size=8),
    st.sampled_from([[], {}, ["lora"], ["a", "b"], {"topic": "lora"}, {"mon": "hard"}, {"mon": "llm"}, "two\nlines\n"]),
)


@st.composite
def edited_examples(draw: st.DrawFn) -> tuple[str, str]:
    """An example in which a value or two are others, missing, or under another name."""
    kind = draw(st.sampled_from([*MODELS]))
    values: Any = to_plain(parse_tree(example_of(kind)))
    for _ in range(draw(st.integers(1, 2))):
        if not (held := [*places(values)]):
            break
        holder, key = draw(st.sampled_from(held))
        if key in (holder if isinstance(holder, dict) else range(len(holder))):
            match draw(st.sampled_from(["change", "change", "change", "delete", "rename"])):
                case "change":
                    holder[key] = copy.deepcopy(draw(VALUES))  # lists and dictionaries may be changed next
                case "rename" if isinstance(holder, dict):
                    holder[draw(st.sampled_from(["titel", "url", "id", "2026-12-26", "2026-13-01"]))] = holder.pop(key)
                case _:
                    del holder[key]
    return kind, entry_text(values)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every value by what holds it and its key there."""
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        yield value, key
        if isinstance(inner, dict | list):
            yield from places(inner)


@examples(300)
@given(edited_examples())
def test_what_is_right_is_not_underlined(edited: tuple[str, str]) -> None:
    kind, text = edited
    # YAML reads these as nothing, which is an error more often than a text.
    assume(not re.search(r"[:\-\[,] (?:~|null|Null|NULL)(?![^\s,\]}])", text))

    if model_accepts(kind, text):
        assert schema_accepts(kind, text)


# Of the others the pattern says less than the model: whether a zone or a font exists, for one.
INEXACT = (fields.Timezone, fields.FontNames, fields.Contact, UnsubscribeUrl)
EXACT = {form: FORMS[form] for form in FORMS if form not in INEXACT}


@pytest.mark.parametrize("form", EXACT, ids=lambda form: EXACT[form].name)
def test_what_a_pattern_matches_is_right(form: Any) -> None:
    adapter, pattern = TypeAdapter(form), re.compile(EXACT[form].pattern)

    @examples(25)
    @given(st.one_of(st.from_regex(pattern), st.text(max_size=12), st.sampled_from(WORDS)))
    def check(text: str) -> None:
        assume(not text.endswith("\n"))  # which only Python's $ overlooks
        written = Block(text) if "block" in EXACT[form].name else text
        try:
            adapter.validate_python(written)
            right = True
        except ValidationError:
            right = False
        assert right == bool(pattern.search(text))

    check()


def test_forms_in_the_browser_get_the_order_of_the_model_and_what_to_write_in() -> None:
    topic = entry_schema("topic")["properties"]

    assert [*topic] == [name for name in MODELS["topic"].model_fields if name != "id"]
    assert {name: topic[name].get("format") for name in ("title", "summary", "body", "url", "updated")} == {
        "title": None,
        "summary": "summary",
        "body": "markdown",
        "url": "uri",
        "updated": "date",
    }
    assert topic["not_before"]["title"] == "Not before"
    assert topic["draft"] == {
        "title": "Draft",
        "description": "true keeps the entry from being scheduled",
        "type": "boolean",
        "default": False,
    }
    assert topic["prerequisites"]["items"]["x-known"] == "topic"
    assert topic["quiz"]["items"]["properties"]["answer"]["x-one-or-more"] is True


# --- The command ---


def test_the_first_run_writes_all_and_the_second_nothing(small: Path) -> None:
    first, second = run_forked(small, "schema"), run_forked(small, "schema")

    names = [*(schema_file(kind) for kind in MODELS), f"schemas/{IDS_FILE}", *VSCODE]
    assert first == (0, "".join(f"{name} written\n" for name in names), "")
    assert second == (0, "all is up to date\n", "")
    assert json.loads((small / VSCODE[1]).read_text()) == {"recommendations": ["redhat.vscode-yaml"]}
    assert not list(small.rglob("*.tmp"))


VSCODE = (".vscode/settings.json", ".vscode/extensions.json")


def test_a_schema_is_printed_and_nothing_written(tmp_path: Path) -> None:
    run = run_command(tmp_path, "schema", "--print", "topic")

    assert (run.status, json.loads(run.out), run.err) == (0, yaml_schema("topic"), "")
    assert list(tmp_path.iterdir()) == []


def test_new_ids_change_one_file_by_a_line_each(small: Path) -> None:
    run_forked(small, "schema")
    before = (small / "schemas" / IDS_FILE).read_text().splitlines()

    run = run_forked(small, "new", "topic", "Medians", "--chapter", "first")

    after = (small / "schemas" / IDS_FILE).read_text().splitlines()
    assert run.status == 0
    assert [line.strip() for line in after if line not in before] == ['{"bodyText": "medians"},']
    assert run_forked(small, "schema").out == "all is up to date\n"


def test_settings_that_are_there_stay(small: Path) -> None:
    mine = {"editor.rulers": [80], "yaml.schemas": {"./mine.json": "*.mine.yml"}, "z": None}
    write(small / VSCODE[0], json.dumps(mine, indent="\t"))
    write(small / VSCODE[1], '{"recommendations": ["me.mine", "redhat.vscode-yaml"]}')

    run = run_forked(small, "schema")

    settings = json.loads((small / VSCODE[0]).read_text())
    assert run.status == 0
    assert settings["yaml.schemas"]["./schemas/topic.schema.json"] == "content/topics/**/*.yml"
    del settings["yaml.schemas"]
    assert settings == {"editor.rulers": [80], "z": None}
    assert '\n\t\t"./mine.json": "*.mine.yml",\n' in (small / VSCODE[0]).read_text()
    assert (small / VSCODE[1]).read_text() == '{"recommendations": ["me.mine", "redhat.vscode-yaml"]}'


@pytest.mark.parametrize(
    "mine",
    [
        '{\n  // my rulers\n  "editor.rulers": [80],\n}\n',
        '{"yaml.schemas": {"./schemas/topic.schema.json": "elsewhere/*.yml"}}',
        '{"yaml.schemas": "none"}',
        "[]",
    ],
)
def test_settings_that_cannot_be_added_to_are_left_alone(mine: str, small: Path) -> None:
    write(small / VSCODE[0], mine)

    run = run_forked(small, "schema")

    assert (small / VSCODE[0]).read_text() == mine
    assert run.status == 1
    told = "error: these have comments or other settings, and stay as they are; add by hand what is missing"
    assert run.err.startswith(
        f'{told}\n\n.vscode/settings.json:\n{{\n  "yaml.schemas": {{\n    "./schemas/topic.schema'
    )
    assert (small / schema_file("topic")).is_file()
    assert run_forked(small, "schema").out == ""


def test_what_is_to_be_added_by_hand_is_told_of_both_files(small: Path) -> None:
    for name in VSCODE:
        write(small / name, "{} // mine\n")

    run = run_forked(small, "schema")

    assert run.status == 1
    assert run.err.endswith('.vscode/extensions.json:\n{\n  "recommendations": [\n    "redhat.vscode-yaml"\n  ]\n}\n')


def test_where_schemas_cannot_be_written(small: Path) -> None:
    (small / "schemas").write_text("mine\n")

    run = run_forked(small, "schema")

    assert run == (1, "", "error: cannot write to schemas: file exists\n")


def test_settings_with_comments_to_which_all_was_added_are_right(small: Path) -> None:
    run_forked(small, "schema")
    added = (small / VSCODE[0]).read_text().replace("{\n", "{ // mine\n", 1)
    write(small / VSCODE[0], added)

    assert run_forked(small, "schema") == (0, "all is up to date\n", "")
    assert (small / VSCODE[0]).read_text() == added


def test_schemas_are_written_where_the_settings_are_wrong(small: Path) -> None:
    """They help to mend them."""
    settings = small / "content/newsletter.yml"
    settings.write_text(settings.read_text().replace("version: 1", "version: one"))

    run = run_forked(small, "schema")

    assert (run.status, (small / schema_file("newsletter")).is_file()) == (78, True)
    assert run_forked(small, "schema").out == ""
    assert "error[version]: 'one' is not a version of this file format" in run.err


def test_schemas_where_there_is_no_newsletter(tmp_path: Path) -> None:
    run = run_forked(tmp_path, "schema")

    assert (run.status, run.err.split(":")[:2]) == (78, ["error", " there is no newsletter here"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", MODELS)
def test_the_schemas_of_this_newsletter_are_up_to_date(kind: str) -> None:
    text = (REPOSITORY / schema_file(kind)).read_text(encoding="utf-8")

    assert json.loads(text) == yaml_schema(kind), "run `pixeldigest schema`"


# --- The server that VS Code's extension runs ---


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LanguageServer]:
    """The language server in a newsletter with its schemas."""
    project = tmp_path_factory.mktemp("edited") / "small"
    shutil.copytree(NEWSLETTERS / "small/content", project / "content")
    assert run_forked(project, "schema").status == 0
    with start_server(project) as running:
        yield running


FILE_OF = {kind: f"content/{folder}/{{}}.yml" for folder, kind in FOLDERS.items()}
FILE_OF |= {one: f"content/{one}.yml" for one in ("newsletter", "calendar", "withdrawn")}
PROBLEM = f"{HEAD}difficulty: easy\n"
SETTINGS = (NEWSLETTERS / "small/content/newsletter.yml").read_text(encoding="utf-8")

ID_WANTED = "write small letters, digits and single hyphens, as in lora-and-qlora"
DAY_WANTED = "write year, month and day, as in 2026-11-21"
CHANNELS = f"{SETTINGS}channels:\n"
CHANNEL_TYPES = [*channels.CHANNELS]
# Of each kind a text with mistakes, and what is underlined in it.
MISTAKES: tuple[tuple[str, str, list[tuple[int, str]]], ...] = (
    ("topic", f"{HEAD}titel: C\n", [(5, "Property titel is not allowed.")]),
    ("topic", "title: A\nbody: |\n  C\n", [(1, 'Missing property "summary".')]),
    ("topic", f"{HEAD}tags:\n  - ok\n  - Not Ok\n", [(7, ID_WANTED)]),
    ("topic", f"{HEAD}not_before: 2026-02-30\nupdated: soon\n", [(5, DAY_WANTED), (6, DAY_WANTED)]),
    ("topic", f"{HEAD}draft: maybe\n", [(5, "write true or false")]),
    (
        "topic",
        f"{HEAD}quiz:\n  - id: a\n    question: Q\n    choices: [yes]\n    answer: yes\n",
        [(8, "Array has too few items. Expected 2 or more.")],
    ),
    (
        "problem",
        f"{HEAD}difficulty: eazy\nurl: example.org\n",
        [
            (5, 'Value is not accepted. Valid values: "easy", "medium", "hard".'),
            (6, "write it whole, as in https://example.org/page"),
        ],
    ),
    ("problem", f"{PROBLEM}starter: |\n  pass\n", [(1, 'Missing property "language".')]),
    (
        "problem",
        f"{PROBLEM}language: python\nsolution: |\n  pass\n",
        [(1, 'Missing property "examples".'), (1, 'Missing property "starter".')],
    ),
    ("feature", HEAD.replace("B", "B" * 161), [(2, "write it on one line, in at most 160 characters")]),
    ("course", "title: A\nlabel: a\nsummary: B\nchapters: []\n", [(4, "Array has too few items. Expected 1 or more.")]),
    (
        "collection",
        "title:\nsummary: [a, b]\n",
        [(1, 'Incorrect type. Expected "string".')] * 1 + [(2, 'Incorrect type. Expected "string".')],
    ),
    ("page", f"{HEAD}tags: [a]\n", [(5, "Property tags is not allowed.")]),
    ("newsletter", SETTINGS.replace("version: 1", "version: 2"), [(1, "Value is above the maximum of 1.")]),
    (
        "newsletter",
        SETTINGS.replace("kind: topic", "kind: topics"),
        [(17, 'Value is not accepted. Valid values: "topic", "problem", "feature", "recall", "solution".')],
    ),
    (
        "newsletter",
        f"{CHANNELS}  - type: devto\n    key_env: KEY\n    tags: [a]\n",
        [(36, "Property tags is not allowed.")],
    ),
    (
        "newsletter",
        f"{CHANNELS}  - type: webhook\n    key_env: whsec_abc\n  - type: devot\n  - id: a\n",
        [
            (34, 'Missing property "url".'),
            (35, "write its name, as in DEVTO_KEY"),
            (36, f"Value is not accepted. Valid values: {', '.join(map(json.dumps, CHANNEL_TYPES))}."),
            (37, 'Missing property "type".'),
        ],
    ),
    (
        "calendar",
        "2026-13-01:\n  skip: B\n2026-12-01:\n  skipp: B\n",
        [(1, DAY_WANTED), (4, "Property skipp is not allowed.")],
    ),
    ("calendar", "2026-12-01:\n  sections:\n    topic: Not Ok\n", [(3, ID_WANTED)]),
    ("record", "2026-12-01:\n  sections: {}\n", [(1, 'Missing property "number".')]),
    (
        "withdrawn",
        "2026-13-01: It was wrong\n2026-12-02:\n",
        [(1, DAY_WANTED), (2, 'Incorrect type. Expected "string".')],
    ),
)


@pytest.mark.parametrize(("kind", "text", "expected"), MISTAKES)
def test_mistakes_are_underlined_where_they_are(
    kind: str, text: str, expected: list[tuple[int, str]], server: LanguageServer
) -> None:
    found = server.complaints(FILE_OF[kind], text)

    assert found == [Complaint(*one) for one in expected]
    assert not schema_accepts(kind, text)
    assert not model_accepts(kind, text)


RIGHT = (
    (
        "topic",
        "title: 2048\nsummary: true\nbody: |\n  C\nurl:\ndraft: yes\nnot_before: '2026-12-01'\ntags: [007, new-one]\n",
    ),
    ("topic", f"{HEAD}quiz:\n  - id: 1\n    question: 1 + 1?\n    choices: [1, 2, true]\n    answer: [2]\n"),
    ("problem", f"{PROBLEM}language:\nsetup:\nhints:\n"),
    ("newsletter", SETTINGS.replace("version: 1", "version: '1'")),
    ("calendar", "# nothing yet\n"),
    ("withdrawn", "2026-12-01: No\n2026-12-02: 12:30 was wrong\n"),
    ("calendar", "2026-12-01:\n2026-12-02:\n  sections:\n    topic:\n    problem: not-yet-there\n"),
)


@pytest.mark.parametrize(("kind", "text"), RIGHT)
def test_what_our_reader_takes_is_not_underlined(kind: str, text: str, server: LanguageServer) -> None:
    assert model_accepts(kind, text)
    assert server.complaints(FILE_OF[kind], text) == []


@pytest.mark.parametrize("kind", MODELS)
def test_examples_are_not_underlined(kind: str, server: LanguageServer) -> None:
    assert server.complaints(FILE_OF[kind], example_of(kind)) == []


CALLS = SETTINGS.replace("calls_to_action:\n", "calls_to_action:\n  ‸\n")
COMPLETIONS: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("topic", "‸", {"title": "title: ", "body": "body: |\n  $0", "prerequisites": "prerequisites:\n  - ", "quiz": "…"}),
    ("topic", f"{HEAD}prerequisites:\n  - ‸\n", {"means": "means", "sums": "sums", "variance": "variance"}),
    ("topic", f"{HEAD}quiz:\n  - id: a\n    ‸", {"question": "question: ", "explanation": "explanation: "}),
    ("topic", f"{HEAD}draft: ‸\n", {"true": "true", "false": "false"}),
    ("problem", f"{HEAD}difficulty: ‸\n", {"easy": "easy", "medium": "medium", "hard": "hard"}),
    ("problem", f"{PROBLEM}collections:\n  - ‸\n", {"warm-up": "warm-up"}),
    ("problem", f"{PROBLEM}‸", {"language": "language: ", "solution": "solution: |\n  $0"}),
    ("feature", f"{HEAD}‸", {"tags": "tags:\n  - ", "not_after": "not_after: "}),
    ("course", "chapters:\n  - id: a\n    title: A\n    topics:\n      - ‸\n", {"means": "means", "sums": "sums"}),
    ("collection", "‸", {"title": "title: ", "summary": "summary: "}),
    ("page", f"{HEAD}‸", {"updated": "updated: ", "draft": "draft: "}),
    ("newsletter", f"{SETTINGS}publish:\n  late_mail: ‸\n", {"skip": "skip", "send": "send"}),
    ("newsletter", f"{SETTINGS}mail:\n  ‸\n", {"from": "from: ", "postal_address": "postal_address: "}),
    ("newsletter", "schedule:\n  courses:\n    - ‸\n", {"basics": "basics"}),
    ("newsletter", f"{CHANNELS}  - type: ‸\n", {one: one for one in CHANNEL_TYPES}),
    ("newsletter", f"{CHANNELS}  - type: devto\n    ‸\n", {"key_env": "key_env: ", "published": "published: "}),
    ("newsletter", f"{CHANNELS}  - type: listmonk\n    status: ‸\n", {"draft": "draft", "send": "send"}),
    ("newsletter", "schedule:\n  rotation: ‸\n", {"interleave": "interleave", "sequential": "sequential"}),
    ("calendar", "2026-12-01:\n  ‸", {"skip": "skip: ", "note": "note: |\n  $0"}),
    (
        "calendar",
        "2026-12-01:\n  sections:\n    ‸",
        {"topic": "topic: ", "problem": "problem: ", "feature": "feature: "},
    ),
    ("calendar", "2026-12-01:\n  sections:\n    problem: ‸\n", {"add": "add", "halve": "halve", "riddle": "riddle"}),
    ("record", "2026-12-01:\n  ‸", {"number": "number: ", "because": "because: "}),
)


@pytest.mark.parametrize(("kind", "text", "expected"), COMPLETIONS)
def test_keys_and_values_are_completed(kind: str, text: str, expected: dict[str, str], server: LanguageServer) -> None:
    offered = server.completions(FILE_OF[kind], text)

    assert {label: offered.get(label) for label in expected if expected[label] != "…"} == {
        label: inserted for label, inserted in expected.items() if inserted != "…"
    }
    assert offered.keys() >= expected.keys()
    assert "null" not in offered


@pytest.mark.parametrize("text", ["title: ‸\n", f"{HEAD}url: ‸\n", f"{HEAD}reading:\n  - title: ‸\n"])
def test_nothing_is_offered_where_a_text_is_written(text: str, server: LanguageServer) -> None:
    assert server.completions(FILE_OF["topic"], text) == {}


@pytest.mark.parametrize("kind", [kind for kind in MODELS if "defaultSnippets" in yaml_schema(kind)])
def test_a_skeleton_is_offered_and_right(kind: str, server: LanguageServer) -> None:
    snippet = server.completions(FILE_OF[kind], "‸")[f"new {kind}"]

    text = re.sub(r"\\([\\$}])", r"\1", re.sub(r"\$\{[0-9]:([^}]*)\}", r"\1", snippet))
    assert model_accepts(kind, text), text


HOVERS = (
    (
        "topic",
        "summ‸ary: B\n",
        "#### summary\n\nOne sentence of at most 160 characters that makes one read on; plain text.",
    ),
    ("problem", "diffi‸culty: easy\n", "```yaml\ndifficulty: easy\n```"),
    ("feature", "bo‸dy: |\n  C\n", "## Try it this week"),
    ("course", "chapters:\n  - i‸d: a\n", "A word for the chapter that is unique in the course and never changes."),
    ("collection", "ur‸l: https://example.org\n", "```yaml\nurl: https://example.org/blind-75\n```"),
    ("page", "dra‸ft: true\n", "True keeps the page off the site. Without it: `false`."),
    ("newsletter", "publish:\n  late‸_mail: skip\n", "* `skip`\n* `send`"),
    ("newsletter", f"{CHANNELS}  - ty‸pe: git\n", "* `folder`: A folder that holds the site"),
    ("newsletter", f"{CHANNELS}  - type: webhook\n    ur‸l: https://example.org\n", "The address that is told, as in"),
    ("calendar", "2026-12-01:\n  sk‸ip: B\n", "```yaml\nskip: Christmas Day\n```"),
    ("record", "2026-12-01:\n  numb‸er: 1\n", "The issue's number, one more than that of the issue before."),
)


@pytest.mark.parametrize(("kind", "text", "expected"), HOVERS)
def test_keys_are_explained(kind: str, text: str, expected: str, server: LanguageServer) -> None:
    assert expected in server.hover(FILE_OF[kind], text)
