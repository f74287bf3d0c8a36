"""Small newsletters in plain words: as Library values, as YAML in a folder, and at random."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from hypothesis import strategies as st

from pixeldigest.content import ENTRY_KINDS, Calendar, Course, Recorded, RecordYear, Ref
from pixeldigest.fields import WEEKDAYS
from pixeldigest.heads import head_of
from pixeldigest.library import Library
from pixeldigest.publish import record_line
from pixeldigest.schedule import Lineup
from pixeldigest.settings import Newsletter
from pixeldigest.yamltree import Block, parse_tree, to_plain

MONDAY = date(2026, 11, 2)
HORIZON = 40
FOLDERS = {"topic": "topics", "problem": "problems", "feature": "features", "course": "courses"}


class Plain(NamedTuple):
    """A newsletter as editors type it: plain values by the names of files; record lines are ready to write."""

    settings: Mapping[str, Any]
    topics: Mapping[str, Mapping[str, Any]]
    problems: Mapping[str, Mapping[str, Any]]
    features: Mapping[str, Mapping[str, Any]]
    courses: Mapping[str, Mapping[str, Any]]
    pins: Mapping[str, Mapping[str, Any]] = MappingProxyType({})
    record: tuple[str, ...] = ()


def newsletter(
    *,
    topics: str | Mapping[str, Any] = "",
    problems: Mapping[str, Any] | str = "",
    features: Mapping[str, Any] | str = "",
    courses: Mapping[str, str] | None = None,
    sections: tuple[Mapping[str, Any], ...] | None = None,
    pins: Mapping[str, Any] = MappingProxyType({}),
    record: tuple[str, ...] = (),
    timezone: str = "UTC",
    publish: Mapping[str, Any] | None = None,
    **schedule: Any,
) -> Plain:
    """Make a newsletter from what a test is about; ids may stand in one text, a course's chapters apart by '|'.

    Without `courses` there is one, "all", of all topics; without `sections` one of each kind that has entries.
    """
    by_kind = {"topic": _named(topics), "problem": _named(problems), "feature": _named(features)}
    courses = {"all": " ".join(by_kind["topic"]) or "none"} if courses is None else courses
    sections = sections or tuple({"kind": kind} for kind, entries in by_kind.items() if entries)
    settings = {
        "version": "1",
        "id": "random-daily",
        "title": "Random Daily",
        "publisher": {"name": "Example", "url": "https://example.org"},
        "site_url": "https://daily.example.org/",
        "timezone": timezone,
        "schedule": {"start": MONDAY.isoformat(), "courses": list(courses), "runway_warning": 0, **schedule},
        "sections": [{"heading": "Heading", **one} for one in sections],
        **({"publish": publish} if publish else {}),
    }
    return Plain(
        settings,
        {one: _entry(one, fields) for one, fields in by_kind["topic"].items()},
        {one: _entry(one, {"difficulty": "easy", **fields}) for one, fields in by_kind["problem"].items()},
        {one: _entry(one, fields) for one, fields in by_kind["feature"].items()},
        {one: _course(one, chapters) for one, chapters in courses.items()},
        pins,
        record,
    )


def _named(entries: str | Mapping[str, Any]) -> Mapping[str, Any]:
    return {one: {} for one in entries.split()} if isinstance(entries, str) else entries


def _entry(entry_id: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    return {"title": f"Title of {entry_id}", "summary": "A summary.", "body": Block("A body.\n"), **fields}


def _course(course_id: str, chapters: str) -> dict[str, Any]:
    return {
        "title": f"Title of {course_id}",
        "label": course_id,
        "summary": "A summary.",
        "chapters": [
            {"id": f"part-{number}", "title": "A part", "topics": part.split()}
            for number, part in enumerate(chapters.split("|"), 1)
        ],
    }


def library_of(plain: Plain) -> Library:
    """Validate a newsletter as loading it from files would."""
    files = {"topic": plain.topics, "problem": plain.problems, "feature": plain.features}
    entries = {
        kind: {
            one: head_of(ENTRY_KINDS[kind].model_validate({**fields, "id": one}), b"") for one, fields in values.items()
        }
        for kind, values in files.items()
    }
    return Library(
        project=Path(),
        newsletter=Newsletter.model_validate(plain.settings),
        by_kind=entries,
        courses={one: Course.model_validate({**fields, "id": one}) for one, fields in plain.courses.items()},
        collections={},
        pages={},
        pins=Calendar.model_validate(plain.pins).root,
        record=parse_record(plain.record),
        images={},
        files={Ref(kind, one): f"content/{FOLDERS[kind]}/{one}.yml" for kind in entries for one in entries[kind]},
        aliases={
            Ref(kind, alias): entry.id
            for kind in entries
            for entry in entries[kind].values()
            for alias in entry.aliases
        },
    )


def parse_record(lines: tuple[str, ...]) -> Mapping[date, Recorded]:
    """Read lines of the record back as loading does."""
    return RecordYear.model_validate(to_plain(parse_tree("\n".join(lines)))).root


def with_record(plain: Plain, lineups: tuple[Lineup, ...]) -> Plain:
    """Record lineups as `publish` does."""
    return plain._replace(record=(*plain.record, *(record_line(one) for one in lineups)))


def write_project(plain: Plain, project: Path) -> Path:
    """Write a newsletter's files."""
    files: dict[str, Mapping[str, Any]] = {"newsletter": plain.settings, "calendar": plain.pins}
    for kind, values in (("topic", plain.topics), ("problem", plain.problems), ("feature", plain.features)):
        files |= {f"{FOLDERS[kind]}/{one}": fields for one, fields in values.items()}
    files |= {f"courses/{one}": fields for one, fields in plain.courses.items()}
    for name, fields in files.items():
        path = project / "content" / f"{name}.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{key}:{_as_yaml(value, 1)}\n" for key, value in fields.items()), encoding="utf-8")
    for year in sorted({line[:4] for line in plain.record}):
        path = project / "content" / "record" / f"{year}.yml"
        path.parent.mkdir(exist_ok=True)
        path.write_text("".join(f"{line}\n" for line in plain.record if line.startswith(year)), encoding="utf-8")
    return project


def _as_yaml(value: Any, depth: int) -> str:
    """Write a value as block style does where it matters: keys below each other, '|' for blocks."""
    indent = "\n" + "  " * depth
    if isinstance(value, Block):
        return " |" + "".join(indent + line for line in value.rstrip("\n").split("\n"))
    if isinstance(value, Mapping) and value:
        return "".join(f"{indent}{key}:{_as_yaml(inner, depth + 1)}" for key, inner in value.items())
    return " " + json.dumps(value, ensure_ascii=False)


# --- At random ---

TAGS = ("alpha", "beta", "gamma")
offsets = st.integers(-3, HORIZON + 5)
days = offsets.map(lambda offset: (MONDAY + timedelta(days=offset)).isoformat())
weekdays = st.lists(st.sampled_from(WEEKDAYS), unique=True, max_size=7)


def seldom(values: st.SearchStrategy[Any], default: Any) -> st.SearchStrategy[Any]:
    """Draw a value once in about five times, else the default."""
    return st.integers(0, 4).flatmap(lambda number: values if number == 4 else st.just(default))


@st.composite
def fields_of_entry(draw: st.DrawFn, entry_id: str, before: tuple[str, ...] = ()) -> dict[str, Any]:
    """Draw an entry's fields; a topic's prerequisites come from those before it, so never in a circle."""
    fields: dict[str, Any] = {"tags": draw(st.lists(st.sampled_from(TAGS), unique=True, max_size=3))}
    if draw(seldom(st.just(value=True), default=False)):
        fields["draft"] = draw(st.booleans())
    first, last = sorted((draw(offsets), draw(offsets)))
    if draw(seldom(st.just(value=True), default=False)):
        fields["not_before"] = (MONDAY + timedelta(days=first)).isoformat()
    if draw(seldom(st.just(value=True), default=False)):
        fields["not_after"] = (MONDAY + timedelta(days=last)).isoformat()
    if draw(seldom(st.just(value=True), default=False)):
        fields["aliases"] = [f"was-{entry_id}"]
    if before and draw(st.booleans()):
        required = draw(st.lists(st.sampled_from(before), unique=True, max_size=2))
        fields["prerequisites"] = required
    return fields


@st.composite
def sections(draw: st.DrawFn) -> tuple[dict[str, Any], ...]:
    """Draw one to five sections, kinds mixed and repeated; a kind's first is called after it."""
    kinds = draw(st.lists(st.sampled_from(("topic", "problem", "feature")), min_size=1, max_size=5))
    return tuple(draw(_section(kind, kinds[:number].count(kind))) for number, kind in enumerate(kinds))


@st.composite
def _section(draw: st.DrawFn, kind: str, same_before: int) -> dict[str, Any]:
    section: dict[str, Any] = {"kind": kind, "cooldown": str(draw(st.sampled_from((0, 0, 1, 2, 4, 9))))}
    if same_before:
        section["id"] = f"{kind}-{same_before + 1}"
    if draw(st.booleans()):
        section["match"] = "topic"
    if draw(seldom(st.just(value=True), default=False)):
        section["days"] = draw(weekdays)
    if kind == "problem" and draw(st.booleans()):
        section["difficulty"] = draw(
            st.dictionaries(st.sampled_from(WEEKDAYS), st.sampled_from(("easy", "medium", "hard")), max_size=4)
        )
    section["when_short"] = draw(st.sampled_from(("omit", "omit", "repeat", "repeat", "stop")))
    return section


@st.composite
def newsletters(draw: st.DrawFn) -> Plain:
    """Draw a newsletter of a few entries with every setting that the schedule reads, without a record."""
    names = draw(st.permutations([f"topic-{letter}" for letter in "abcdef"[: draw(st.integers(1, 6))]]))
    topics = {one: draw(fields_of_entry(one, tuple(names[:place]))) for place, one in enumerate(names)}
    problems = {
        one: {**draw(fields_of_entry(one)), "difficulty": draw(st.sampled_from(("easy", "medium", "hard")))}
        for one in (f"problem-{number}" for number in range(draw(st.integers(0, 6))))
    }
    features = {one: draw(fields_of_entry(one)) for one in (f"feature-{n}" for n in range(draw(st.integers(0, 4))))}
    courses = {one: draw(_outlines(tuple(names))) for one in ("llm", "ml", "cv")[: draw(st.integers(1, 3))]}
    chosen = draw(sections())
    plain = newsletter(
        topics=topics,
        problems=problems,
        features=features,
        courses=courses,
        sections=chosen,
        start=draw(st.integers(0, 6).map(lambda offset: (MONDAY + timedelta(days=offset)).isoformat())),
        days=draw(weekdays.filter(bool)) if draw(st.booleans()) else list(WEEKDAYS),
        skip=draw(st.lists(days, max_size=3)),
        rotation=draw(_rotations(tuple(courses))),
        when_finished=draw(st.sampled_from(("restart", "restart", "drop"))),
    )
    return plain._replace(pins=draw(pins(plain)))


def _outlines(names: tuple[str, ...]) -> st.SearchStrategy[str]:
    some = st.lists(st.sampled_from(names), unique=True, min_size=1)
    return st.tuples(some, st.integers(0, 5)).map(lambda drawn: _in_chapters(*drawn))


def _in_chapters(names: list[str], cut: int) -> str:
    return " ".join(names[:cut]) + " | " + " ".join(names[cut:]) if 0 < cut < len(names) else " ".join(names)


def _rotations(courses: tuple[str, ...]) -> st.SearchStrategy[Any]:
    by_weekday = st.dictionaries(st.sampled_from(WEEKDAYS), st.sampled_from(courses), min_size=1)
    return st.one_of(st.just("interleave"), st.just("sequential"), by_weekday)


def pins(plain: Plain) -> st.SearchStrategy[dict[str, Any]]:
    """Draw pins: entries that exist (by today's or former ids), titles, notes, days to skip."""
    texts = st.text("ab äß:'\"#{}[],\\—🎉", min_size=1, max_size=12).map(str.strip).filter(bool)
    ids = {"topic": plain.topics, "problem": plain.problems, "feature": plain.features}
    choices = {
        one.get("id", one["kind"]): st.sampled_from(
            [name for key in known for name in (key, *known[key].get("aliases", ()))]
        )
        for one in plain.settings["sections"]
        if (known := ids[one["kind"]])
    }
    parts = st.fixed_dictionaries(
        {},
        optional={
            "sections": st.fixed_dictionaries({}, optional=choices),
            "title": texts,
            "note": texts.map(lambda text: Block(text + "\n")),
        },
    )
    skipped = st.just({"skip": "A holiday"})
    return st.dictionaries(days, st.one_of(parts, parts, skipped), max_size=5)
