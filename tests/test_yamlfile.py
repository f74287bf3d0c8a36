"""Files and models: whatever is in a file, a model or diagnostics come of it, and the models are what they claim."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path
from types import NoneType
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, RootModel

from conftest import examples
from pixeldigest import content
from pixeldigest import settings as newsletter_settings
from pixeldigest.content import Calendar, Course, Feature, Problem, RecordYear, Topic, Withdrawn
from pixeldigest.fields import Written
from pixeldigest.settings import Newsletter
from pixeldigest.yamlfile import load_model, read_raw

REPOSITORY = Path(__file__).parent.parent
SMALL = REPOSITORY / "tests/newsletters/small/content"
FILES: dict[str, type[BaseModel]] = {
    "newsletter.yml": Newsletter,
    "topics/sums.yml": Topic,
    "problems/add.yml": Problem,
    "features/tool.yml": Feature,
    "courses/basics.yml": Course,
}
CALENDAR = "2026-12-24:\n  sections: {topic: sums}\n  note: |\n    Quiet.\n2026-12-25:\n  skip: Christmas\n"
RECORD = "2026-11-18: {number: 1, course: basics, chapter: first, sections: {topic: sums}, because: {topic: pin}}\n"


def all_models() -> Iterator[type[BaseModel]]:
    """Yield every model of what editors write."""
    for value in (*vars(content).values(), *vars(newsletter_settings).values()):
        if (
            isinstance(value, type)
            and issubclass(value, BaseModel)
            and value.__module__ in (content.__name__, newsletter_settings.__name__)
            and "[" not in value.__name__
        ):
            yield value


MODELS = sorted(all_models(), key=lambda model: model.__name__)
FIELDS = [(model, name) for model in MODELS if not issubclass(model, RootModel) for name in model.model_fields]


def load(folder: Path, text: str | bytes, model: type[BaseModel]) -> Any:
    """Load a text as a model's file, and check what holds for all diagnostics."""
    path = folder / "it.yml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    given = {"id": "it"} if model in (Topic, Problem, Feature, Course) else {}
    loaded = load_model(read_raw(path), model, name="content/it.yml", given=given)
    assert (loaded.model is None) == bool(loaded.diagnostics)
    for one in loaded.diagnostics:
        place = one.place
        assert one.hint, one.message
        assert place.line >= 1
        assert place.column >= 1
        assert place.column <= len(place.excerpt) + 1 or not place.excerpt  # the line may be hidden
        assert place.excerpt.isprintable()
        assert not re.search(r"pydantic|Input should|does not fit|\[type=|docs/fields", f"{one.message} {one.hint}"), (
            one
        )
    return loaded


# --- the models ---


def test_models_are_found() -> None:
    assert {"Topic", "Question", "Newsletter", "Pin", "Recorded", "Calendar"} <= {model.__name__ for model in MODELS}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_model_is_frozen_and_forbids_unknown_keys(model: type[BaseModel]) -> None:
    assert model.model_config.get("frozen") is True
    if not issubclass(model, RootModel):
        assert issubclass(model, Written)
        assert model.model_config.get("extra") == "forbid"


@pytest.mark.parametrize(("model", "name"), FIELDS, ids=lambda value: getattr(value, "__name__", value))
def test_field_is_frozen_all_the_way_down(model: type[BaseModel], name: str) -> None:
    """Lists and dicts could still be changed in a frozen model."""
    inside = set(_types_in(model.model_fields[name].annotation))

    assert not inside & {list, dict, set}


def _types_in(annotation: Any) -> Iterator[Any]:
    yield annotation
    for inner in get_args(annotation):
        if inner not in (NoneType, Ellipsis):
            yield from _types_in(inner)


@pytest.mark.parametrize(("model", "name"), FIELDS, ids=lambda value: getattr(value, "__name__", value))
def test_field_is_described_for_people(model: type[BaseModel], name: str) -> None:
    described = model.model_fields[name].description

    assert described
    assert len(described) >= 20 or described == "easy, medium or hard"
    assert not described.endswith(".")
    assert described[0] == described[0].lower()


# --- every key of every file, with every sort of value ---

VALUES = [
    "", "''", "text", "[]", "{}", "[a, b]", "{a: b}", "[[a]]", "[{a: b}]", "[null, '']", "-1", "1e9", "9" * 20,
    "9" * 5000, "2026-11-21", "9999-99-99", "0001-01-01", "٢٠٢٦-١١-٢١", "25:61", "nan", "true", "{mon: 1}", "{[a]: b}",
    "{{ x }}", "|\n  block\n", ">\n  folded\n", "'two\n\n  lines'", '"\\0"', '"\\ud800"', '"\\U0010ffff"',
    "[{id: a, title: b, topics: [a]}]",
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=range(len(VALUES)))
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_any_value_of_any_key_gives_diagnostics(tmp_path: Path, model: type[BaseModel], value: str) -> None:
    names = (
        ["2026-11-21"]
        if issubclass(model, RootModel)
        else [info.alias or name for name, info in model.model_fields.items()]
    )
    for name in names:
        load(tmp_path, f"{name}: {value}\n", model)


@pytest.mark.parametrize("value", VALUES, ids=range(len(VALUES)))
@pytest.mark.parametrize("name", FILES)
def test_any_value_in_any_line_gives_diagnostics(tmp_path: Path, name: str, value: str) -> None:
    lines = (SMALL / name).read_text(encoding="utf-8").split("\n")
    for number, line in enumerate(lines):
        if found := re.match(r" *(?:- )?(?:[a-z_]+:|-)(?= |$)", line):
            load(tmp_path, "\n".join([*lines[:number], f"{found[0]} {value}", *lines[number + 1 :]]), FILES[name])


# --- broken files ---

ALL = {name: (SMALL / name).read_bytes() for name in FILES} | {
    "calendar.yml": CALENDAR.encode(),
    "2026.yml": RECORD.encode(),
    "withdrawn.yml": b"2026-11-18: A mistake in the text.\n2026-11-19: 'No: it was wrong'\n",
}
ALL_MODELS = FILES | {"calendar.yml": Calendar, "2026.yml": RecordYear, "withdrawn.yml": Withdrawn}


def test_files_to_break_are_sound(tmp_path: Path) -> None:
    assert [name for name, raw in ALL.items() if load(tmp_path, raw, ALL_MODELS[name]).diagnostics] == []


@pytest.mark.parametrize("name", ALL)
def test_a_file_cut_anywhere_gives_diagnostics(tmp_path: Path, name: str) -> None:
    raw = ALL[name]
    for end in range(0, len(raw), max(1, len(raw) // 120)):
        load(tmp_path, raw[:end], ALL_MODELS[name])


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("name", ALL)
def test_a_file_with_bytes_changed_gives_diagnostics(tmp_path: Path, name: str, seed: int) -> None:
    chance = random.Random(f"{name} {seed}")
    for _ in range(15):
        raw = bytearray(ALL[name])
        for _ in range(chance.choice((1, 2, 5, 30))):
            at = chance.randrange(len(raw))
            match chance.randrange(5):
                case 0:
                    raw[at] = chance.randrange(256)
                case 1:
                    raw[at:at] = chance.choice(
                        (b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"\t", b"\r", b"\xc2\xa0", b"\xe2\x80\xa8", b"[" * 50)
                    )
                case 2:
                    del raw[at : at + chance.randrange(1, 9)]
                case 3:
                    other = ALL[chance.choice(sorted(ALL))]
                    cut = chance.randrange(len(other))
                    raw[at:at] = other[cut : cut + 80]
                case 4:
                    raw[at:at] = bytes([chance.choice(b"-:?[]{},&*!|>'\"%@`#\n ")])
        load(tmp_path, bytes(raw), ALL_MODELS[name])


@settings(examples(150), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=st.binary(max_size=200), model=st.sampled_from(sorted(ALL_MODELS)))
def test_any_bytes_give_diagnostics(tmp_path: Path, raw: bytes, model: str) -> None:
    load(tmp_path, raw, ALL_MODELS[model])


@pytest.mark.parametrize(
    "text",
    [
        "title: " + "x" * 450_000,
        "title: '" + "''" * 220_000 + "'",
        'title: "' + "\\u00e9" * 80_000 + '"',
        "body: |\n" + "  <b>\n" * 70_000,
        "tags:\n" + "  - a\n" * 70_000,
        "tags: [" + "a," * 220_000 + "]",
        "".join(f"key{number}: x\n" for number in range(38_000)),
        "tags:\n" + "".join(f"  - A{number}\n" for number in range(20_000)),
        "\n" * 450_000,
        "# comment\n" * 49_000,
        "[" * 499_000,
        "{" * 499_000,
        "\0" * 499_000,
        "title: x\nsummary:" + " x" * 220_000 + "\nbody: |\n  x\n",
        "url: https://example.org/" + "a." * 220_000 + " ",
        "summary: " + ">" * 10 + "a@" * 220_000,
    ],
    ids=range(16),
)
def test_a_file_of_half_a_megabyte_gives_diagnostics_or_a_model(tmp_path: Path, text: str) -> None:
    load(tmp_path, text, Topic)


def test_errors_are_counted_but_not_all_told(tmp_path: Path) -> None:
    text = "tags:\n" + "".join(f"  - A{number}\n" for number in range(250)) + "title: x\nsummary: x\nbody: |\n  x\n"
    diagnostics = load(tmp_path, text, Topic).diagnostics

    assert len(diagnostics) == 101
    assert (diagnostics[0].rule, diagnostics[0].message) == ("more-errors", "this file has 150 more errors")
