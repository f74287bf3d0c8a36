"""What holds for any newsletter: content, settings, pins, records and edits at random."""

from __future__ import annotations

import random
import re
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import examples, run_command
from pixeldigest.content import Ref
from pixeldigest.library import Library
from pixeldigest.schedule import GIVES_WAY, Choice, Day, Decision, Lineup, explain_day, plan_days
from pixeldigest.schedule.decide import decide_day, explain, read_basis
from pixeldigest.schedule.history import History
from schedule_oracle import Open, World, comes_behind, is_kept_out, issues, open_sections, sendable
from strategies import HORIZON, MONDAY, Plain, library_of, newsletter, newsletters, with_record, write_project

LAST = MONDAY + timedelta(days=HORIZON)


def plan(plain: Plain, until: date = LAST) -> list[Day]:
    return list(plan_days(library_of(plain), until=until))


def as_recorded(lineup: Lineup) -> Lineup:
    return lineup._replace(recorded=True, omissions=())


def edit(before: Plain, after: Plain) -> Plain:
    """Put another newsletter in the place of one that has a record: its sections are retired, its entries stay."""
    ids = {one.get("id", one["kind"]) for one in after.settings["sections"]}
    retired = [{**one, "days": []} for one in before.settings["sections"] if one.get("id", one["kind"]) not in ids]
    return Plain(
        {**after.settings, "sections": [*after.settings["sections"], *retired]},
        {**before.topics, **after.topics},
        {**before.problems, **after.problems},
        {**before.features, **after.features},
        after.courses,
        after.pins,
        before.record,
    )


def edited(before: Plain, after: Plain, count: int) -> Plain:
    """Edit a newsletter after some days were published."""
    return edit(with_record(before, sendable(plan(before))[:count]), after)


counts = st.integers(0, HORIZON)


# --- The record, and the same lineup for all ---


@examples(50)
@given(newsletters(), newsletters(), st.integers(1, HORIZON))
def test_a_recorded_date_never_changes(before: Plain, after: Plain, count: int) -> None:
    lineups = sendable(plan(before))[:count]

    planned = issues(plan(edit(with_record(before, lineups), after)))

    assert [as_recorded(one) for one in lineups] == [one for one in planned if one.recorded]
    assert not [one for one in planned if lineups and not one.recorded and one.date < lineups[-1].date]
    assert list(range(1, len(planned) + 1)) == [one.number for one in planned]


@examples(100)
@given(newsletters(), st.integers(1, 9))
def test_publishing_day_by_day_is_planning_in_one_go(plain: Plain, first: int) -> None:
    ahead = issues(plan(plain))

    for count in range(first, len(sendable(ahead)) + 1, 9):
        replanned = issues(plan(with_record(plain, tuple(ahead[:count]))))

        assert [as_recorded(one) for one in ahead[:count]] == replanned[:count]
        assert ahead[count:] == replanned[count:]


@examples(40)
@given(newsletters(), counts, st.randoms(use_true_random=False))
def test_the_order_of_files_and_keys_means_nothing(plain: Plain, count: int, chance: random.Random) -> None:
    plain = with_record(plain, sendable(plan(plain))[:count])

    shuffled = plain._replace(
        topics=shuffle(plain.topics, chance),
        problems=shuffle(plain.problems, chance),
        features=shuffle(plain.features, chance),
        courses=shuffle(plain.courses, chance),
        pins=shuffle(plain.pins, chance),
        record=tuple(chance.sample(plain.record, len(plain.record))) if plain.record else (),
    )

    assert plan(plain) == plan(shuffled)
    assert explain_day(library_of(plain), LAST) == explain_day(library_of(shuffled), LAST)


def shuffle(values: Mapping[str, Any], chance: random.Random) -> dict[str, Any]:
    return dict(chance.sample(list(values.items()), len(values)))


MACHINES = (
    {"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C"},
    {"PYTHONHASHSEED": "1", "TZ": "Pacific/Kiritimati", "LC_ALL": "C.UTF-8"},
    {"PYTHONHASHSEED": "2", "TZ": "America/St_Johns", "LC_ALL": "de_DE.UTF-8", "PYTHONUTF8": "1"},
)


@examples(1)
@given(newsletters(), counts)
def test_every_machine_plans_the_same_bytes(plain: Plain, count: int) -> None:
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as workers:
        project = write_project(with_record(plain, sendable(plan(plain))[:count]), Path(folder))

        def told(machine: Mapping[str, str]) -> str:
            run = run_command(
                project, "plan", "--days", "60", "--output-format", "json", now=f"{MONDAY}T12:00", **machine
            )
            assert run.status == 0, run.err
            return run.out

        assert len(set(workers.map(told, MACHINES))) == 1


# --- The queues of a plan choose what looking at every candidate would ---


def explained_days(library: Library, lineups: list[Lineup]) -> Iterator[tuple[Lineup, tuple[Decision, ...]]]:
    """Each unrecorded day with its decisions, found by sorting all candidates."""
    basis, history = read_basis(library), History()
    for lineup in lineups:
        if not lineup.recorded:
            yield lineup, decide_day(basis, history, lineup.date, explain)
        history.note(lineup, basis.courses)


def assert_explained_alike(library: Library, until: date) -> None:
    lineups = issues(plan_days(library, until=until))
    for lineup, decisions in explained_days(library, lineups):
        assert lineup.choices == tuple(one.choice for one in decisions if one.choice)
        topics = [one for one in decisions if one.choice and one.choice.kind == "topic"]
        assert lineup.course_id == (topics[0].course_id if topics else None)


@examples(50)
@given(newsletters(), newsletters(), counts)
def test_both_ways_to_choose_agree(before: Plain, after: Plain, count: int) -> None:
    assert_explained_alike(library_of(edited(before, after, count)), LAST + timedelta(days=HORIZON))


@pytest.mark.parametrize("seed", range(4))
def test_both_ways_to_choose_agree_in_large_libraries(seed: int) -> None:
    library = library_of(large_newsletter(random.Random(seed)))

    assert_explained_alike(library, MONDAY + timedelta(days=250))


def large_newsletter(chance: random.Random) -> Plain:
    """Draw a newsletter of 130 entries, so that queues are long and much becomes overdue."""

    def fields() -> dict[str, Any]:
        drawn: dict[str, Any] = {
            "tags": chance.sample(["alpha", "beta", "gamma", "delta", "epsilon"], chance.randrange(4))
        }
        if chance.random() < 0.2:
            limit = chance.choice(("not_before", "not_after"))
            drawn[limit] = (MONDAY + timedelta(days=chance.randrange(250))).isoformat()
        return drawn

    names = [f"topic-{number}" for number in range(40)]
    topics = {
        one: {**fields(), "prerequisites": chance.sample(names[:place], min(place, chance.choice((0, 0, 1, 2))))}
        for place, one in enumerate(names)
    }
    problems = {f"p-{n}": {**fields(), "difficulty": chance.choice(("easy", "medium", "hard"))} for n in range(60)}
    features = {f"f-{number}": fields() for number in range(30)}
    offsets = chance.sample(range(250), 20)
    return newsletter(
        topics=topics,
        problems=problems,
        features=features,
        courses={"a": " ".join(names[::2]), "b": " ".join(chance.sample(names, 25)), "c": " ".join(names[::-3])},
        sections=(
            {"kind": "problem", "match": "topic", "cooldown": 20, "difficulty": {"mon": "hard", "fri": "easy"}},
            {"kind": "topic", "cooldown": 5},
            {"kind": "feature", "match": "topic"},
            {"kind": "problem", "id": "second", "match": "topic", "days": ["tue", "wed"]},
            {"kind": "topic", "id": "third", "days": ["sat"]},
        ),
        rotation=chance.choice(("interleave", "sequential", {"mon": "c", "tue": "b"})),
        pins={
            (MONDAY + timedelta(days=one)).isoformat(): {"sections": {"problem": f"p-{chance.randrange(60)}"}}
            for one in offsets
        },
    )


# --- Constraints ---


@examples(50)
@given(newsletters(), newsletters(), counts)
def test_a_candidate_that_meets_every_constraint_is_chosen_if_there_is_one(
    before: Plain, after: Plain, count: int
) -> None:
    library = library_of(edited(before, after, count))

    for one in open_sections(library, issues(plan_days(library, until=LAST))):
        given_up = ladder(one)
        fitting = [entry for entry, broken in one.broken.items() if broken <= {*given_up}]
        because = one.choice.because if one.choice else None

        assert (one.choice.entry_id if one.choice else None) in (fitting or [None])
        assert (given_up[-1:] or [None]) == ([because] if because in GIVES_WAY else [None])
        assert_left_out_for_a_reason(one)


def ladder(one: Open) -> list[str]:
    """Which constraints have to give way so that anything fits; none where nothing helps."""
    steps = [["difficulty"], ["difficulty", "cooldown"]] if one.section.when_short == "repeat" else []
    for given_up in ([], *steps):
        if any(broken <= {*given_up} for broken in one.broken.values()):
            return given_up
    return []


def assert_left_out_for_a_reason(one: Open) -> None:
    said = [omission.reason for omission in one.lineup.omissions if omission.section_id == one.section.id]
    stops = [conflict for conflict in one.lineup.conflicts if conflict.section_id == one.section.id]
    assert len(said) == (one.choice is None)
    assert len(stops) == (one.choice is None and one.section.when_short == "stop")
    for reason in said:
        counted = {name: int(count) for name, count in re.findall(r"(\w+) \((\d+)\)", reason)}
        assert sum(counted.values()) == len(one.broken)
        assert {*counted} <= {*chain(*one.broken.values())}


def pinned_twice(lineup: Lineup, choice: Choice, pin: str) -> Iterator[str]:
    alike = [one.section_id for one in lineup.choices if one.ref == choice.ref and one.because == "pin"]
    if alike[0] != choice.section_id:
        yield f"'{pin}' is pinned to {lineup.date} twice, for '{alike[0]}' and '{choice.section_id}'"


@examples(100)
@given(newsletters())
def test_a_pin_wins_but_not_silently_over_drafts_windows_and_prerequisites(plain: Plain) -> None:
    library = library_of(plain)
    before: list[Lineup] = []
    for lineup in issues(plan_days(library, until=LAST)):
        world = World(library, tuple(before), lineup.date)
        for choice in lineup.choices:
            pin = library.pins[lineup.date].sections.get(choice.section_id) if lineup.date in library.pins else None
            told = {one.message for one in lineup.conflicts if one.section_id == choice.section_id}

            assert (choice.because == "pin") == (pin is not None)
            assert told == ({*forbidden(world, choice, pin), *pinned_twice(lineup, choice, pin)} if pin else set())
        chosen = [one.ref for one in lineup.choices if one.because != "pin"]
        pinned = {one.ref for one in lineup.choices if one.because == "pin"}
        assert len({*chosen, *pinned}) == len(chosen) + len(pinned)
        before.append(lineup)


def forbidden(world: World, choice: Choice, pin: str) -> Iterator[str]:
    """What is said of a pin that may not be."""
    entry = world.library.entries(choice.kind)[choice.entry_id]
    assert world.library.current_id(choice.kind, pin) == entry.id
    if entry.draft:
        yield f"'{pin}' cannot be shown on {world.day}: it is a draft"
    if entry.not_before and world.day < entry.not_before:
        yield f"'{pin}' cannot be shown on {world.day}: it has 'not_before: {entry.not_before}'"
    elif entry.not_after and world.day > entry.not_after:
        yield f"'{pin}' cannot be shown on {world.day}: it has 'not_after: {entry.not_after}'"
    for one in getattr(entry, "prerequisites", ()):
        if not world.shown(Ref("topic", one)):
            yield f"'{pin}' is pinned to {world.day}, but its prerequisite '{one}' has not been shown by then"


# --- Nothing waits for ever ---


@examples(20)
@given(newsletters(), newsletters(), st.integers(0, 2 * HORIZON))
def test_after_two_rounds_each_other_entry_comes_first_at_most_once(before: Plain, after: Plain, count: int) -> None:
    """The bound of `queues`: pins, cooldowns, difficulties, days of sections and added entries included."""
    first = library_of(before)
    ahead = issues(plan_days(first, until=MONDAY + timedelta(days=2 * HORIZON)))[:count]
    ahead = ahead[: len(sendable(ahead))]
    second = library_of(edit(with_record(before, tuple(ahead)), after))
    later = issues(plan_days(second, until=MONDAY + timedelta(days=3 * HORIZON)))
    sizes = {kind: max(World(one, (), LAST).round_size(kind) for one in (first, second)) for kind in second.by_kind}
    passed: Counter[Ref] = Counter()

    for one in chain(open_sections(first, ahead), open_sections(second, later)):
        kind = one.section.kind
        if kind != "topic" and one.choice:
            passed[one.choice.ref] = 0
            for other in (Ref(kind, entry) for entry in one.fitting if entry != one.choice.entry_id):
                passed[other] += one.world.waited(other) >= 2 * sizes[kind]
                assert passed[other] < len(second.entries(kind)), other
        passed |= Counter()
        for choice in one.lineup.choices:
            passed[choice.ref] = 0


@examples(40)
@given(newsletters())
def test_courses_and_their_topics_wait_for_each_other_once(plain: Plain) -> None:
    """The bound of `courses`: between two showings of a topic that may be shown, its course's others come twice each
    at most; and a course that takes turns waits for each other once."""
    library = library_of(plain)
    courses = library.courses
    lineups = issues(plan_days(library, until=MONDAY + timedelta(days=3 * HORIZON)))
    own_turns: Counter[tuple[str, str]] = Counter()
    others: dict[str, list[str]] = {one: [] for one in courses}

    for _, decisions in explained_days(library, lineups):
        for decision in (one for one in decisions if one.choice and one.section.kind == "topic"):
            course, shown = decision.course_id, decision.choice.entry_id
            waiting = [one.entry_id for one in decision.runners_up]
            if decision.choice.because != "pin":
                own_turns.update((course, one) for one in waiting if one in courses[course].topics)
                for one in courses:
                    others[one] += [course] if {*waiting} & {*courses[one].topics} else []
            others[course] = []
            own_turns = Counter({key: count for key, count in own_turns.items() if key[1] != shown})

            assert all(count <= 2 * (len(courses[one].topics) - 1) for (one, _), count in own_turns.items())
            if library.newsletter.schedule.rotation == "interleave":
                assert all(len(passed) == len({*passed}) for passed in others.values())


# --- Every printed reason is true ---


@examples(50)
@given(newsletters(), newsletters(), st.integers(0, HORIZON), counts)
def test_every_reason_is_true(before: Plain, after: Plain, offset: int, count: int) -> None:
    library = library_of(edited(before, after, count))
    day = MONDAY + timedelta(days=offset)
    lineups = issues(plan_days(library, until=LAST))
    world = World(library, tuple(one for one in lineups if one.date < day), day)

    decisions = explain_day(library, day)

    for decision in decisions:
        choice, section = decision.choice, decision.section
        behind = [one.entry_id for one in decision.runners_up]
        kept_out = [one.entry_id for one in decision.rejected]
        if section.id not in getattr(library.pins.get(day), "sections", {}):
            named = [*([choice.entry_id] if choice else []), *behind, *kept_out]
            assert sorted(named) == [one.id for one in world.candidates(section)]
        if choice and choice.because not in {"pin", *GIVES_WAY}:
            fallback = "course-order" if section.kind == "topic" else "least-recent"
            assert choice.because == (decision.runners_up[0].preference if behind else fallback)
        for one in decision.rejected:
            if one.constraint != "pin":
                entry = library.entries(section.kind)[one.entry_id]
                assert is_kept_out(world, decisions, section, entry, one.constraint, one.reason)
        assert all(comes_behind(world, decisions, decision, one) for one in behind)


# --- Courses take turns ---


@examples(100)
@given(newsletters(), st.integers(1, HORIZON))
def test_interleaved_courses_take_turns(plain: Plain, offset: int) -> None:
    """With one topic a day: after a course comes the next that has a topic to show."""
    schedule = {**plain.settings["schedule"], "rotation": "interleave"}
    plain = plain._replace(settings={**plain.settings, "schedule": schedule, "sections": ONE_TOPIC}, pins={})
    library = library_of(plain)
    day = MONDAY + timedelta(days=offset)
    before = [one.course_id for one in issues(plan_days(library, until=day)) if one.course_id and one.date < day]
    longest_ago = sorted(
        library.courses, key=lambda one: before[::-1].index(one) if one in before else 99, reverse=True
    )

    (decision,) = explain_day(library, day)

    fitting = {one.entry_id for one in decision.runners_up} | ({decision.choice.entry_id} if decision.choice else set())
    turns = [one for one in longest_ago if fitting & {*library.courses[one].topics}]
    assert (turns[0] if turns else None) == decision.course_id


ONE_TOPIC = [{"kind": "topic", "heading": "Heading", "cooldown": "3"}]
