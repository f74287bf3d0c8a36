"""The record's own reader says what YAML says, or nothing."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from conftest import examples
from pixeldigest.publish import record_line
from pixeldigest.recordfile import read_record
from pixeldigest.schedule import Choice, Lineup, Review
from pixeldigest.yamlerror import YamlError
from pixeldigest.yamltree import parse_tree, to_plain

IDS = st.from_regex(r"[a-z0-9]{1,6}(-[a-z0-9]{1,3}){0,2}", fullmatch=True)
TEXTS = st.none() | st.text(max_size=20)


@st.composite
def lineups(draw: st.DrawFn) -> Lineup:
    sections = draw(st.lists(IDS, max_size=4, unique=True))
    choices = tuple(Choice(one, "topic", draw(IDS), draw(IDS)) for one in sections)
    questions = tuple(f"{draw(IDS)}/{draw(IDS)}" for _ in range(draw(st.integers(1, 3))))
    reviews = (Review("again", "recall", questions, 0),) if draw(st.booleans()) else ()
    day = draw(st.dates(date(2100, 1, 1), date(2199, 12, 31)))
    number, course, chapter = draw(st.integers(1, 9999)), draw(st.none() | IDS), draw(st.none() | IDS)
    title, note = draw(TEXTS), draw(TEXTS)
    return Lineup(day, number, course, chapter, choices, (), (), title, note, recorded=True, reviews=reviews)


def read_as_yaml(text: str) -> object:
    try:
        return to_plain(parse_tree(text))
    except YamlError:
        return None


@examples(50)
@given(st.lists(lineups(), min_size=1, max_size=4))
def test_what_publish_writes_is_read_as_yaml_reads_it(days: list[Lineup]) -> None:
    text = "".join(f"{record_line(day)}\n" for day in days)

    read = read_record(text.encode())

    assert read == (read_as_yaml(text) if len({day.date for day in days}) == len(days) else None)


@examples(100)
@given(
    lineups(),
    st.integers(0, 200),
    st.sampled_from(['"', "\\", "#", ": ", ", ", "{", "}", "[", " ", "\n", "a", "&", "é"]),
)
def test_what_is_read_of_any_other_line_is_what_yaml_reads(day: Lineup, place: int, sign: str) -> None:
    line = record_line(day)
    text = f"{line[: place % len(line)]}{sign}{line[place % len(line) :]}\n"

    read = read_record(text.encode())

    assert read is None or read == read_as_yaml(text)


def test_a_file_with_a_line_of_another_form_is_left_to_yaml() -> None:
    day = b"2026-11-10: {number: 7, sections: {topic: gamma}, because: {topic: pin}}\n"

    assert read_record(day) is not None
    assert read_record(b"# a comment\n" + day) is None
    assert read_record(b"") is None
