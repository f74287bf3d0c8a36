"""The scheduler: its rules as tables of small newsletters, and what holds for any newsletter at all."""

from __future__ import annotations

import json
import random
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from textwrap import dedent
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import examples, run_command
from pixeldigest.content import Entry, Ref, Section
from pixeldigest.fields import WEEKDAYS
from pixeldigest.library import Library
from pixeldigest.schedule import (
    Choice,
    Day,
    Decision,
    Lineup,
    NoIssue,
    explain_day,
    plan_days,
    plan_lineup,
)
from pixeldigest.yamltree import Block
from strategies import (
    HORIZON,
    MONDAY,
    Plain,
    library_of,
    newsletter,
    newsletters,
    with_record,
    write_project,
)

LAST = MONDAY + timedelta(days=HORIZON)


class Case(NamedTuple):
    """A newsletter and what its first days hold, as `tell` says it."""

    name: str
    plain: Plain
    told: str


def tell(day: Day) -> str:
    """Write a day as one line, conflicts and what is left out below it."""
    head = f"{day.date:%m-%d %a}"
    if isinstance(day, NoIssue):
        return f"{head} – {day.reason}"
    parts = [head, f"{day.number}."]
    if day.recorded:
        parts.append("recorded")
    if day.course_id:
        parts.append(f"{day.course_id}/{day.chapter_id}")
    parts += [f"{one.section_id}={one.entry_id} ({one.because})" for one in day.choices]
    parts += [f"{name}={text.strip()!r}" for name, text in (("title", day.title), ("note", day.note)) if text]
    lines = [" ".join(parts)]
    conflicting = [f"  ! {one.message}\n    ({one.hint})" for one in day.conflicts]
    return "\n".join([*lines, *(f"  – {one.section_id}: {one.reason}" for one in day.omissions), *conflicting])


CASES = (
    Case(
        "days before the start, skipped days and weekdays without an issue",
        newsletter(topics="a b", start="2026-11-03", days=["tue", "wed", "thu", "sat"], skip=["2026-11-05"]),
        """
            11-03 Tue 1. all/part-1 topic=a (course-order)
            11-04 Wed 2. all/part-1 topic=b (course-order)
            11-05 Thu – the day is skipped in newsletter.yml
            11-06 Fri – no issue on a Friday
            11-07 Sat 3. all/part-1 topic=a (course-order)
            11-08 Sun – no issue on a Sunday
        """,
    ),
    Case(
        "a start that is to come: unknown days are told, numbers start at one",
        newsletter(topics="a", start="2026-11-05"),
        """
            11-05 Thu 1. all/part-1 topic=a (course-order)
        """,
    ),
    Case(
        "a pin fills one section, with title and note; the others are chosen as ever",
        newsletter(
            topics="a b c",
            problems="p q",
            pins={
                "2026-11-03": {"sections": {"topic": "c"}, "title": "A quiet one", "note": Block("An introduction.\n")}
            },
        ),
        """
            11-02 Mon 1. all/part-1 topic=a (course-order) problem=p (id)
            11-03 Tue 2. all/part-1 topic=c (pin) problem=q (least-recent) title='A quiet one' note='An introduction.'
            11-04 Wed 3. all/part-1 topic=b (course-order) problem=p (least-recent)
            11-05 Thu 4. all/part-1 topic=a (course-order) problem=q (least-recent)
        """,
    ),
    Case(
        "a pinned skip, and pinned sections on a day without an issue",
        newsletter(
            topics="a b",
            features="f g",
            days=["mon", "tue"],
            pins={"2026-11-03": {"skip": "A holiday"}, "2026-11-04": {"sections": {"feature": "g"}}},
        ),
        """
            11-02 Mon 1. all/part-1 topic=a (course-order) feature=f (id)
            11-03 Tue – A holiday
            11-04 Wed 2. all/part-1 topic=b (course-order) feature=g (pin)
        """,
    ),
    Case(
        "pinned sections before the start make an issue",
        newsletter(topics="a b", start="2026-11-04", pins={"2026-11-02": {"sections": {"topic": "b"}}}),
        """
            11-02 Mon 1. all/part-1 topic=b (pin)
            11-03 Tue – issues start on 2026-11-04
            11-04 Wed 2. all/part-1 topic=a (course-order)
        """,
    ),
    Case(
        "a title alone makes no issue",
        newsletter(topics="a b", days=["mon"], pins={"2026-11-03": {"title": "Nothing"}}),
        """
            11-02 Mon 1. all/part-1 topic=a (course-order)
            11-03 Tue – no issue on a Tuesday
        """,
    ),
    Case(
        "a pin wins over cooldown, difficulty and section days",
        newsletter(
            problems={"p": {"difficulty": "hard"}, "q": {}},
            sections=({"kind": "problem", "cooldown": 9, "difficulty": {"tue": "easy"}, "days": ["mon"]},),
            pins={"2026-11-03": {"sections": {"problem": "p"}}, "2026-11-04": {"sections": {"problem": "p"}}},
        ),
        """
            11-02 Mon 1. problem=q (least-recent)
            11-03 Tue 2. problem=p (pin)
            11-04 Wed 3. problem=p (pin)
        """,
    ),
    Case(
        "a pin may name a former id",
        newsletter(
            topics="a",
            features={"f": {"aliases": ["was-f"]}, "g": {}},
            sections=({"kind": "feature", "cooldown": 2}, {"kind": "feature", "id": "second", "cooldown": 2}),
            pins={"2026-11-03": {"sections": {"second": "was-f"}}},
        ),
        """
            11-02 Mon 1. feature=g (least-recent)
              – second: kept out by cooldown (1), taken (1)
            11-03 Tue 2. second=f (pin)
              – feature: kept out by cooldown (1), taken (1)
        """,
    ),
    Case(
        "a pin of a draft, of one outside its days, of one without its prerequisite, or of nothing is a conflict",
        newsletter(
            topics={
                "a": {"draft": True},
                "b": {"not_before": "2026-11-09"},
                "c": {"not_after": "2026-11-01"},
                "d": {"prerequisites": ["e"]},
                "e": {},
            },
            problems="p",
            pins={
                f"2026-11-0{n}": {"sections": {"topic": one}}
                for n, one in enumerate(["a", "b", "c", "d", "nothing"], 2)
            },
        ),
        """
            11-02 Mon 1. all/part-1 topic=a (pin) problem=p (least-recent)
              ! 'a' cannot be shown on 2026-11-02: it is a draft
                (pin another entry, or change this one)
            11-03 Tue 2. all/part-1 topic=b (pin) problem=p (least-recent)
              ! 'b' cannot be shown on 2026-11-03: it has 'not_before: 2026-11-09'
                (pin another entry, or change this one)
            11-04 Wed 3. all/part-1 topic=c (pin) problem=p (least-recent)
              ! 'c' cannot be shown on 2026-11-04: it has 'not_after: 2026-11-01'
                (pin another entry, or change this one)
            11-05 Thu 4. all/part-1 topic=d (pin) problem=p (least-recent)
              ! 'd' is pinned to 2026-11-05, but its prerequisite 'e' has not been shown by then
                (pin it later, or pin the prerequisite earlier)
            11-06 Fri 5. problem=p (least-recent)
              – topic: kept out by pin (1)
              ! 'nothing' is pinned to 2026-11-06, but there is no such topic
                (mend it, or pin another entry)
        """,
    ),
    Case(
        "what pinned issues need is shown on the day before, not on the same",
        newsletter(
            topics={"a": {}, "b": {"prerequisites": ["a"]}},
            sections=({"kind": "topic"}, {"kind": "topic", "id": "second"}),
            pins={
                "2026-11-02": {"sections": {"topic": "a", "second": "b"}},
                "2026-11-03": {"sections": {"second": "b"}},
            },
        ),
        """
            11-02 Mon 1. all/part-1 topic=a (pin) second=b (pin)
              ! 'b' is pinned to 2026-11-02, but its prerequisite 'a' has not been shown by then
                (pin it later, or pin the prerequisite earlier)
            11-03 Tue 2. all/part-1 topic=a (course-order) second=b (pin)
        """,
    ),
    Case(
        "a draft is never shown",
        newsletter(topics={"a": {"draft": True}, "b": {}}, features={"f": {"draft": True}}),
        """
            11-02 Mon 1. all/part-1 topic=b (course-order)
              – feature: kept out by draft (1)
            11-03 Tue 2. all/part-1 topic=b (course-order)
              – feature: kept out by draft (1)
        """,
    ),
    Case(
        "not_before and not_after are the first and the last day",
        newsletter(features={"f": {"not_before": "2026-11-03", "not_after": "2026-11-04"}}),
        """
            11-02 Mon – no entry fits any of its sections
            11-03 Tue 1. feature=f (least-recent)
            11-04 Wed 2. feature=f (least-recent)
            11-05 Thu – no entry fits any of its sections
        """,
    ),
    Case(
        "prerequisites come first, wherever they stand in the outline",
        newsletter(topics={"a": {"prerequisites": ["c"]}, "b": {}, "c": {}}, courses={"all": "a b c"}),
        """
            11-02 Mon 1. all/part-1 topic=b (course-order)
            11-03 Tue 2. all/part-1 topic=c (course-order)
            11-04 Wed 3. all/part-1 topic=a (course-order)
            11-05 Thu 4. all/part-1 topic=a (course-order)
            11-06 Fri 5. all/part-1 topic=b (course-order)
        """,
    ),
    Case(
        "a prerequisite counts from the next day on",
        newsletter(
            topics={"a": {}, "b": {"prerequisites": ["a"]}, "c": {}},
            sections=({"kind": "topic"}, {"kind": "topic", "id": "second"}),
        ),
        """
            11-02 Mon 1. all/part-1 topic=a (course-order) second=c (course-order)
            11-03 Tue 2. all/part-1 topic=b (course-order) second=a (course-order)
            11-04 Wed 3. all/part-1 topic=b (course-order) second=c (course-order)
        """,
    ),
    Case(
        "a prerequisite may be named by a former id",
        newsletter(topics={"a": {"aliases": ["was-a"]}, "b": {"prerequisites": ["was-a"]}}, courses={"all": "b was-a"}),
        """
            11-02 Mon 1. all/part-1 topic=a (course-order)
            11-03 Tue 2. all/part-1 topic=b (course-order)
            11-04 Wed 3. all/part-1 topic=b (course-order)
        """,
    ),
    Case(
        "a topic waits as long as its prerequisite does",
        newsletter(topics={"a": {"draft": True}, "b": {"prerequisites": ["a"]}, "c": {}}),
        """
            11-02 Mon 1. all/part-1 topic=c (course-order)
            11-03 Tue 2. all/part-1 topic=c (course-order)
        """,
    ),
    Case(
        "interleave: courses alternate, each in its order; the shorter one starts again",
        newsletter(topics="a1 a2 a3 b1 b2", courses={"b": "b1 b2", "a": "a1 a2 | a3"}),
        """
            11-02 Mon 1. b/part-1 topic=b1 (course-order)
            11-03 Tue 2. a/part-1 topic=a1 (course-order)
            11-04 Wed 3. b/part-1 topic=b2 (course-order)
            11-05 Thu 4. a/part-1 topic=a2 (course-order)
            11-06 Fri 5. b/part-1 topic=b1 (course-order)
            11-07 Sat 6. a/part-2 topic=a3 (course-order)
            11-08 Sun 7. b/part-1 topic=b2 (course-order)
            11-09 Mon 8. a/part-1 topic=a1 (course-order)
        """,
    ),
    Case(
        "interleave: three courses take turns with two topics a day",
        newsletter(
            topics="a1 a2 b1 b2 c1 c2",
            courses={"a": "a1 a2", "b": "b1 b2", "c": "c1 c2"},
            sections=({"kind": "topic"}, {"kind": "topic", "id": "second"}),
        ),
        """
            11-02 Mon 1. a/part-1 topic=a1 (course-order) second=b1 (course-order)
            11-03 Tue 2. c/part-1 topic=c1 (course-order) second=a2 (course-order)
            11-04 Wed 3. b/part-1 topic=b2 (course-order) second=c2 (course-order)
        """,
    ),
    Case(
        "interleave: a topic of two courses counts for both",
        newsletter(topics="a b s", courses={"one": "s a", "two": "s b"}),
        """
            11-02 Mon 1. one/part-1 topic=s (course-order)
            11-03 Tue 2. two/part-1 topic=b (course-order)
            11-04 Wed 3. one/part-1 topic=a (course-order)
            11-05 Thu 4. two/part-1 topic=s (course-order)
        """,
    ),
    Case(
        "interleave: a pin takes its course's turn",
        newsletter(
            topics="a1 a2 b1 b2",
            courses={"a": "a1 a2", "b": "b1 b2"},
            pins={"2026-11-03": {"sections": {"topic": "a2"}}},
        ),
        """
            11-02 Mon 1. a/part-1 topic=a1 (course-order)
            11-03 Tue 2. a/part-1 topic=a2 (pin)
            11-04 Wed 3. b/part-1 topic=b1 (course-order)
            11-05 Thu 4. a/part-1 topic=a1 (course-order)
        """,
    ),
    Case(
        "sequential: one course after the other, and from the first again",
        newsletter(topics="a1 a2 b1 b2", courses={"b": "b1 b2", "a": "a1 a2"}, rotation="sequential"),
        """
            11-02 Mon 1. b/part-1 topic=b1 (course-order)
            11-03 Tue 2. b/part-1 topic=b2 (course-order)
            11-04 Wed 3. a/part-1 topic=a1 (course-order)
            11-05 Thu 4. a/part-1 topic=a2 (course-order)
            11-06 Fri 5. b/part-1 topic=b1 (course-order)
            11-07 Sat 6. b/part-1 topic=b2 (course-order)
        """,
    ),
    Case(
        "sequential: a pin does not make it jump",
        newsletter(
            topics="a1 a2 a3 b1 b2",
            courses={"a": "a1 a2 a3", "b": "b1 b2"},
            rotation="sequential",
            pins={"2026-11-03": {"sections": {"topic": "b1"}}},
        ),
        """
            11-02 Mon 1. a/part-1 topic=a1 (course-order)
            11-03 Tue 2. b/part-1 topic=b1 (pin)
            11-04 Wed 3. a/part-1 topic=a2 (course-order)
            11-05 Thu 4. a/part-1 topic=a3 (course-order)
            11-06 Fri 5. b/part-1 topic=b2 (course-order)
            11-07 Sat 6. a/part-1 topic=a1 (course-order)
        """,
    ),
    Case(
        "sequential: a topic of two courses is shown for the one under way",
        newsletter(topics="a s t b", courses={"one": "a s t", "two": "s b"}, rotation="sequential"),
        """
            11-02 Mon 1. one/part-1 topic=a (course-order)
            11-03 Tue 2. one/part-1 topic=s (course-order)
            11-04 Wed 3. one/part-1 topic=t (course-order)
            11-05 Thu 4. two/part-1 topic=b (course-order)
            11-06 Fri 5. one/part-1 topic=a (course-order)
        """,
    ),
    Case(
        "by weekday: the day's own course, and turns on the other days",
        newsletter(
            topics="a1 a2 b1 b2", courses={"a": "a1 a2", "b": "b1 b2"}, rotation={"mon": "b", "tue": "b", "wed": "a"}
        ),
        """
            11-02 Mon 1. b/part-1 topic=b1 (course-order)
            11-03 Tue 2. b/part-1 topic=b2 (course-order)
            11-04 Wed 3. a/part-1 topic=a1 (course-order)
            11-05 Thu 4. b/part-1 topic=b1 (course-order)
            11-06 Fri 5. a/part-1 topic=a2 (course-order)
        """,
    ),
    Case(
        "by weekday: where the own course has nothing, another has",
        newsletter(topics={"a": {}, "b": {"draft": True}}, courses={"a": "a", "b": "b"}, rotation={"mon": "b"}),
        """
            11-02 Mon 1. a/part-1 topic=a (course-order)
        """,
    ),
    Case(
        "drop: a finished course leaves its turns to the other; then none is left",
        newsletter(topics="a1 a2 a3 b1", courses={"a": "a1 a2 a3", "b": "b1"}, when_finished="drop"),
        """
            11-02 Mon 1. a/part-1 topic=a1 (course-order)
            11-03 Tue 2. b/part-1 topic=b1 (course-order)
            11-04 Wed 3. a/part-1 topic=a2 (course-order)
            11-05 Thu 4. a/part-1 topic=a3 (course-order)
            11-06 Fri – no entry fits any of its sections
        """,
    ),
    Case(
        "cooldown counts days, from the last time",
        newsletter(problems="p q", sections=({"kind": "problem", "cooldown": 3},)),
        """
            11-02 Mon 1. problem=p (id)
            11-03 Tue 2. problem=q (least-recent)
            11-04 Wed – no entry fits any of its sections
            11-05 Thu 3. problem=p (least-recent)
            11-06 Fri 4. problem=q (least-recent)
        """,
    ),
    Case(
        "cooldown counts towards a later pin",
        newsletter(
            features="f g h",
            sections=({"kind": "feature", "cooldown": 3},),
            pins={"2026-11-04": {"sections": {"feature": "f"}}, "2026-11-06": {"sections": {"feature": "g"}}},
        ),
        """
            11-02 Mon 1. feature=g (id)
            11-03 Tue 2. feature=h (least-recent)
            11-04 Wed 3. feature=f (pin)
            11-05 Thu – no entry fits any of its sections
            11-06 Fri 4. feature=g (pin)
        """,
    ),
    Case(
        "a pin of what was shown does not start the round again",
        newsletter(topics="a b c", pins={"2026-11-04": {"sections": {"topic": "a"}}}),
        """
            11-02 Mon 1. all/part-1 topic=a (course-order)
            11-03 Tue 2. all/part-1 topic=b (course-order)
            11-04 Wed 3. all/part-1 topic=a (pin)
            11-05 Thu 4. all/part-1 topic=c (course-order)
            11-06 Fri 5. all/part-1 topic=a (course-order)
        """,
    ),
    Case(
        "cooldown counts towards the next of several pins, in whatever order they stand",
        newsletter(
            features="f g",
            sections=({"kind": "feature", "cooldown": 3},),
            pins={"2026-11-06": {"sections": {"feature": "f"}}, "2026-11-03": {"sections": {"feature": "f"}}},
        ),
        """
            11-02 Mon 1. feature=g (least-recent)
            11-03 Tue 2. feature=f (pin)
        """,
    ),
    Case(
        "a section has days of its own; without any it is retired",
        newsletter(
            topics="a",
            features="f",
            problems="p",
            sections=({"kind": "topic"}, {"kind": "feature", "days": ["tue"]}, {"kind": "problem", "days": []}),
        ),
        """
            11-02 Mon 1. all/part-1 topic=a (course-order)
            11-03 Tue 2. all/part-1 topic=a (course-order) feature=f (least-recent)
        """,
    ),
    Case(
        "a day on which no section appears",
        newsletter(topics="a", sections=({"kind": "topic", "days": ["mon"]},)),
        """
            11-02 Mon 1. all/part-1 topic=a (course-order)
            11-03 Tue – no section has a Tuesday
        """,
    ),
    Case(
        "omit: a section that nothing fits is left out",
        newsletter(topics="a", features="f", sections=({"kind": "topic"}, {"kind": "feature", "cooldown": 9})),
        """
            11-02 Mon 1. all/part-1 topic=a (course-order) feature=f (least-recent)
            11-03 Tue 2. all/part-1 topic=a (course-order)
              – feature: kept out by cooldown (1)
        """,
    ),
    Case(
        "repeat: difficulty gives way first, then cooldown",
        newsletter(
            problems={"p": {"difficulty": "easy"}, "q": {"difficulty": "hard"}},
            sections=(
                {
                    "kind": "problem",
                    "cooldown": 9,
                    "when_short": "repeat",
                    "difficulty": {"tue": "easy", "wed": "easy", "fri": "medium"},
                },
            ),
            pins={"2026-11-02": {"sections": {"problem": "p"}}},
        ),
        """
            11-02 Mon 1. problem=p (pin)
            11-03 Tue 2. problem=q (difficulty)
            11-04 Wed 3. problem=p (cooldown)
            11-05 Thu 4. problem=q (cooldown)
            11-06 Fri 5. problem=p (cooldown)
        """,
    ),
    Case(
        "repeat: a draft never gives way",
        newsletter(
            problems={"p": {"draft": True}},
            topics="a",
            sections=({"kind": "topic"}, {"kind": "problem", "when_short": "repeat"}),
        ),
        """
            11-02 Mon 1. all/part-1 topic=a (course-order)
              – problem: kept out by draft (1)
        """,
    ),
    Case(
        "stop: the day is in conflict, even where it would hold nothing",
        newsletter(features="f", sections=({"kind": "feature", "cooldown": 9, "when_short": "stop"},)),
        """
            11-02 Mon 1. feature=f (least-recent)
            11-03 Tue 2.
              – feature: kept out by cooldown (1)
              ! no entry fits the section 'feature' on 2026-11-03, and it must not be left out
                (write another feature, or change 'when_short')
        """,
    ),
    Case(
        "least recently shown comes first, and what was never shown before all",
        newsletter(
            features="f g h i",
            pins={"2026-11-02": {"sections": {"feature": "i"}}, "2026-11-03": {"sections": {"feature": "g"}}},
        ),
        """
            11-02 Mon 1. feature=i (pin)
            11-03 Tue 2. feature=g (pin)
            11-04 Wed 3. feature=f (id)
            11-05 Thu 4. feature=h (least-recent)
            11-06 Fri 5. feature=i (least-recent)
            11-07 Sat 6. feature=g (least-recent)
            11-08 Sun 7. feature=f (least-recent)
        """,
    ),
    Case(
        "affinity: most tags shared with the day's topic, though its section stands later",
        newsletter(
            topics={"a": {"tags": ["x", "y"]}, "b": {"tags": ["z"]}},
            problems={"p": {}, "q": {"tags": ["x"]}, "r": {"tags": ["y", "x"]}, "s": {"tags": ["z"]}},
            sections=({"kind": "problem", "match": "topic"}, {"kind": "topic"}),
        ),
        """
            11-02 Mon 1. all/part-1 problem=r (affinity) topic=a (course-order)
            11-03 Tue 2. all/part-1 problem=s (affinity) topic=b (course-order)
            11-04 Wed 3. all/part-1 problem=r (affinity) topic=a (course-order)
            11-05 Thu 4. all/part-1 problem=s (affinity) topic=b (course-order)
        """,
    ),
    Case(
        "overdue: after two rounds without it, an entry comes before affinity",
        newsletter(
            topics={"a": {"tags": ["x"]}},
            problems={"p": {}, "q": {"tags": ["x"]}, "r": {"tags": ["x"]}},
            sections=({"kind": "topic"}, {"kind": "problem", "match": "topic"}),
        ),
        """
            11-02 Mon 1. all/part-1 topic=a (course-order) problem=q (id)
            11-03 Tue 2. all/part-1 topic=a (course-order) problem=r (least-recent)
            11-04 Wed 3. all/part-1 topic=a (course-order) problem=q (least-recent)
            11-05 Thu 4. all/part-1 topic=a (course-order) problem=r (least-recent)
            11-06 Fri 5. all/part-1 topic=a (course-order) problem=q (least-recent)
            11-07 Sat 6. all/part-1 topic=a (course-order) problem=r (least-recent)
            11-08 Sun 7. all/part-1 topic=a (course-order) problem=p (overdue)
            11-09 Mon 8. all/part-1 topic=a (course-order) problem=q (least-recent)
        """,
    ),
    Case(
        "difficulty: the weekday asks",
        newsletter(
            problems={"p": {"difficulty": "easy"}, "q": {"difficulty": "hard"}, "r": {"difficulty": "medium"}},
            sections=({"kind": "problem", "difficulty": {"mon": "hard", "tue": "medium"}},),
        ),
        """
            11-02 Mon 1. problem=q (least-recent)
            11-03 Tue 2. problem=r (least-recent)
            11-04 Wed 3. problem=p (least-recent)
            11-05 Thu 4. problem=q (least-recent)
        """,
    ),
    Case(
        "two sections of one kind never hold the same entry",
        newsletter(
            features="f g",
            sections=({"kind": "feature"}, {"kind": "feature", "id": "second"}, {"kind": "feature", "id": "third"}),
            pins={"2026-11-03": {"sections": {"third": "f"}}},
        ),
        """
            11-02 Mon 1. feature=f (id) second=g (least-recent)
              – third: kept out by taken (2)
            11-03 Tue 2. feature=g (least-recent) third=f (pin)
              – second: kept out by taken (2)
        """,
    ),
    Case(
        "the record: ids are today's, numbers count on from its last, days between have no issue",
        newsletter(
            topics={"a": {}, "b": {"aliases": ["was-b"]}, "c": {}},
            record=(
                (
                    "2026-11-03: {number: 41, course: all, chapter: part-1, sections: {topic: was-b}, "
                    'because: {topic: pin}, title: "What: was", note: "A note.\\n"}'
                ),
                "2026-11-05: {number: 43, sections: {topic: a}}",
            ),
        ),
        """
            11-02 Mon – it was not published, and later days were
            11-03 Tue 41. recorded all/part-1 topic=b (pin) title='What: was' note='A note.'
            11-04 Wed – it was not published, and later days were
            11-05 Thu 43. recorded topic=a (record)
            11-06 Fri 44. all/part-1 topic=c (course-order)
            11-07 Sat 45. all/part-1 topic=a (course-order)
        """,
    ),
    Case(
        "the record before the start",
        newsletter(
            topics="a b",
            start="2026-11-05",
            record=(
                (
                    "2026-11-02: {number: 7, course: all, chapter: part-1, "
                    "sections: {topic: a}, because: {topic: course-order}}"
                ),
            ),
        ),
        """
            11-02 Mon 7. recorded all/part-1 topic=a (course-order)
            11-03 Tue – issues start on 2026-11-05
            11-04 Wed – issues start on 2026-11-05
            11-05 Thu 8. all/part-1 topic=b (course-order)
        """,
    ),
    Case(
        "the record keeps the order of its sections, and forgets none that is retired",
        newsletter(
            topics="a",
            features="f",
            sections=({"kind": "topic"}, {"kind": "feature", "days": []}),
            record=(
                (
                    "2026-11-02: {number: 1, sections: {feature: f, topic: a}, "
                    "because: {feature: id, topic: course-order}}"
                ),
            ),
        ),
        """
            11-02 Mon 1. recorded feature=f (id) topic=a (course-order)
            11-03 Tue 2. all/part-1 topic=a (course-order)
        """,
    ),
    Case(
        "a course of which nothing is left to show",
        newsletter(topics={"a": {"draft": True}}),
        """
            11-02 Mon – no entry fits any of its sections
        """,
    ),
    Case(
        "a section of a kind that has no entry",
        newsletter(topics="a", sections=({"kind": "topic"}, {"kind": "feature"})),
        """
            11-02 Mon 1. all/part-1 topic=a (course-order)
              – feature: there is no feature
        """,
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_plan(case: Case) -> None:
    expected = dedent(case.told).strip()
    last = max(int(number) for number in re.findall(r"^11-(\d\d)", expected, re.MULTILINE))

    planned = list(plan_days(library_of(case.plain), until=date(2026, 11, last)))

    assert expected == "\n".join(tell(day) for day in planned)


def test_a_day_before_the_first_is_told_too() -> None:
    library = library_of(newsletter(topics="a", start="2026-11-09"))

    assert NoIssue(MONDAY, "issues start on 2026-11-09") == plan_lineup(library, MONDAY)


def test_one_day_is_planned_as_in_the_whole_plan() -> None:
    library = library_of(newsletter(topics="a b c", problems="p q", days=["mon", "thu"]))

    planned = list(plan_days(library, until=LAST))

    assert planned == [plan_lineup(library, day.date) for day in planned]


def tell_decision(decision: Decision) -> str:
    """Write a decision as its choice, what came behind (before …) and what was kept out (not …)."""
    chosen = f"{decision.choice.entry_id} [{decision.choice.because}]" if decision.choice else "–"
    lines = [f"{decision.section.id}: {chosen}"]
    lines += [f"  before {one.entry_id} [{one.preference}] {one.reason}" for one in decision.runners_up]
    lines += [f"  not {one.entry_id} [{one.constraint}] {one.reason}" for one in decision.rejected]
    return "\n".join(lines)


EXPLAINED = (
    Case(
        "2026-11-05 course order: turns, rounds and the outline",
        newsletter(topics="a1 a2 a3 b1", courses={"a": "a1 a2 a3", "b": "b1"}, days=["mon", "wed", "thu"]),
        """
            topic: a2 [course-order]
              before a3 [course-order] it stands later in the outline
              before a1 [course-order] shown in this round already
              before b1 [course-order] its course has its turn later
        """,
    ),
    Case(
        "2026-11-02 what keeps an entry out",
        newsletter(
            topics={"a": {}, "b": {"draft": True}, "c": {"prerequisites": ["a"]}},
            features={
                "f": {},
                "g": {"not_before": "2026-11-03"},
                "h": {"not_after": "2026-11-01"},
                "i": {},
                "j": {},
                "k": {},
            },
            problems={"p": {"difficulty": "easy"}, "q": {"difficulty": "hard"}},
            sections=(
                {"kind": "topic"},
                {"kind": "feature", "cooldown": 3},
                {"kind": "feature", "id": "second"},
                {"kind": "problem", "difficulty": {"mon": "hard"}},
            ),
            pins={
                "2026-11-02": {"sections": {"second": "f"}},
                "2026-11-03": {"sections": {"feature": "i"}},
                "2026-11-04": {"sections": {"feature": "j"}},
            },
        ),
        """
            topic: a [course-order]
              not b [draft] it is a draft
              not c [prerequisites] it requires 'a', which has not been shown
            feature: k [least-recent]
              not f [taken] another section of the day has it
              not g [window] it has 'not_before: 2026-11-03'
              not h [window] it has 'not_after: 2026-11-01'
              not i [cooldown] pinned to 2026-11-03, 1 day ahead, 3 required
              not j [cooldown] pinned to 2026-11-04, 2 days ahead, 3 required
            second: f [pin]
            problem: q [least-recent]
              not p [difficulty] it is easy, and Monday asks for hard
        """,
    ),
    Case(
        "2026-11-04 cooldown, the last time and the course that is over",
        newsletter(
            topics="a b c",
            problems="p q r s",
            sections=({"kind": "topic"}, {"kind": "problem", "cooldown": 5}),
            when_finished="drop",
        ),
        """
            topic: c [course-order]
              not a [finished] it was shown, and its course does not restart
              not b [finished] it was shown, and its course does not restart
            problem: r [id]
              before s [id] equal otherwise; ids in alphabetical order
              not p [cooldown] shown 2 days ago, 5 required
              not q [cooldown] shown yesterday, 5 required
        """,
    ),
    Case(
        "2026-11-05 tags, the last time, never, and ids",
        newsletter(
            topics={"a": {"tags": ["x", "y"]}},
            features="f g h i",
            problems={"p": {"tags": ["x", "y"]}, "q": {"tags": ["x"]}, "r": {}},
            sections=({"kind": "topic"}, {"kind": "problem", "match": "topic"}, {"kind": "feature"}),
            pins={
                "2026-11-02": {"sections": {"feature": "f"}},
                "2026-11-03": {"sections": {"feature": "g"}},
                "2026-11-04": {"sections": {"feature": "f"}},
            },
        ),
        """
            topic: a [course-order]
            problem: p [affinity]
              before q [affinity] 1 shared tag against 2
              before r [affinity] 0 shared tags against 2
            feature: h [id]
              before i [id] equal otherwise; ids in alphabetical order
              before g [least-recent] shown 2 days ago, 'h' never
              before f [least-recent] shown yesterday, 'h' never
        """,
    ),
    Case(
        "2026-11-06 two rounds of waiting",
        newsletter(
            topics={"a": {"tags": ["x"]}},
            problems={"p": {}, "q": {"tags": ["x"]}},
            sections=({"kind": "topic"}, {"kind": "problem", "match": "topic"}),
        ),
        """
            topic: a [course-order]
            problem: p [overdue]
              before q [overdue] 'p' was not among the last 4, and a full round takes 2
        """,
    ),
    Case(
        "2026-11-03 today's rules on a recorded day",
        newsletter(
            topics="a b c",
            record=(
                "2026-11-02: {number: 1, course: all, chapter: part-1, sections: {topic: a}}",
                "2026-11-03: {number: 2, course: all, chapter: part-1, sections: {topic: c}}",
            ),
        ),
        """
            topic: b [course-order]
              before c [course-order] it stands later in the outline
              before a [course-order] shown in this round already
        """,
    ),
)


@pytest.mark.parametrize("case", EXPLAINED, ids=lambda case: case.name)
def test_explain(case: Case) -> None:
    decisions = explain_day(library_of(case.plain), date.fromisoformat(case.name[:10]))

    assert dedent(case.told).strip() == "\n".join(tell_decision(one) for one in decisions)


# --- The time zone, through the command ---


@pytest.mark.parametrize(
    ("timezone", "now", "today"),
    [
        ("UTC", "2026-11-09T23:59:59+00:00", "2026-11-09"),
        ("UTC", "2026-11-10T00:00:00+00:00", "2026-11-10"),
        ("Pacific/Kiritimati", "2026-11-09T09:59:59+00:00", "2026-11-09"),
        ("Pacific/Kiritimati", "2026-11-09T10:00:00+00:00", "2026-11-10"),
        ("Pacific/Pago_Pago", "2026-11-10T10:59:59+00:00", "2026-11-09"),
        ("Pacific/Pago_Pago", "2026-11-10T11:00:00+00:00", "2026-11-10"),
        ("Asia/Kathmandu", "2026-11-09T18:14:59+00:00", "2026-11-09"),
        ("Asia/Kathmandu", "2026-11-09T18:15:00+00:00", "2026-11-10"),
        ("America/New_York", "2026-11-10T05:00:00+01:00", "2026-11-09"),
        ("America/New_York", "2026-11-10T06:00:00+01:00", "2026-11-10"),
        ("Pacific/Pago_Pago", "2026-11-10T00:00", "2026-11-10"),  # without a zone: the newsletter's
    ],
)
def test_today_is_the_newsletters(tmp_path: Path, timezone: str, now: str, today: str) -> None:
    project = write_project(newsletter(topics="a b", timezone=timezone), tmp_path)

    run = run_command(project, "plan", "--days", "1", "--output-format", "json", now=now, TZ="Asia/Tokyo")

    assert (0, [today]) == (run.status, [day["date"] for day in json.loads(run.out)["days"]])


# --- What holds for any newsletter ---


def plan(plain: Plain, until: date = LAST) -> list[Day]:
    return list(plan_days(library_of(plain), until=until))


def issues(days: Iterable[Day]) -> list[Lineup]:
    return [day for day in days if isinstance(day, Lineup)]


def sendable(days: Iterable[Day]) -> tuple[Lineup, ...]:
    """The lineups that `publish` would record: those before the first conflict."""
    lineups = issues(days)
    stop = next((place for place, one in enumerate(lineups) if one.conflicts), len(lineups))
    return tuple(lineups[:stop])


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


@examples(60)
@given(newsletters(), newsletters(), st.integers(1, HORIZON))
def test_a_recorded_date_never_changes(before: Plain, after: Plain, count: int) -> None:
    lineups = sendable(plan(before))[:count]

    edited = edit(with_record(before, lineups), after)

    planned = issues(plan(edited))
    assert [as_recorded(one) for one in lineups] == [one for one in planned if one.recorded]
    assert not [one for one in planned if lineups and not one.recorded and one.date < lineups[-1].date]
    assert list(range(1, len(planned) + 1)) == [one.number for one in planned]


@examples(60)
@given(newsletters(), st.integers(1, 9))
def test_publishing_day_by_day_is_planning_in_one_go(plain: Plain, first: int) -> None:
    ahead = issues(plan(plain))

    for count in range(first, len(sendable(ahead)) + 1, 9):
        replanned = issues(plan(with_record(plain, tuple(ahead[:count]))))

        assert [as_recorded(one) for one in ahead[:count]] == replanned[:count]
        assert ahead[count:] == replanned[count:]


@examples(60)
@given(newsletters(), st.integers(0, HORIZON), st.randoms(use_true_random=False))
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


@examples(3)
@given(newsletters(), st.integers(0, HORIZON))
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


def shown_before(lineups: Iterable[Lineup], day: date, ref: Ref) -> list[date]:
    return [
        one.date for one in lineups if one.date < day for choice in one.choices if ref == (choice.kind, choice.entry_id)
    ]


def each_choice(plain: Plain) -> Iterator[tuple[Library, list[Lineup], Lineup, Choice, Entry]]:
    """Every choice of a plan, with its entry."""
    library = library_of(plain)
    lineups = issues(plan_days(library, until=LAST))
    for lineup in lineups:
        for choice in lineup.choices:
            yield library, lineups, lineup, choice, library.entries(choice.kind)[choice.entry_id]


@examples(60)
@given(newsletters())
def test_prerequisites_come_first_and_a_pin_against_them_is_a_conflict(plain: Plain) -> None:
    for library, lineups, lineup, choice, topic in each_choice(plain):
        if choice.kind == "topic":
            missing = [
                f"'{library.pins[lineup.date].sections[choice.section_id]}' is pinned to {lineup.date}, "
                f"but its prerequisite '{one}' has not been shown by then"
                if choice.because == "pin"
                else f"{choice.entry_id} without {one}"
                for one in topic.prerequisites
                if not shown_before(lineups, lineup.date, Ref("topic", one))
            ]

            said = [
                one.message
                for one in lineup.conflicts
                if one.section_id == choice.section_id and "requisite" in one.message
            ]

            assert missing == said


@examples(60)
@given(newsletters())
def test_drafts_and_days_outside_the_window_are_only_pinned_and_then_conflicts(plain: Plain) -> None:
    for _, _, lineup, choice, entry in each_choice(plain):
        early = entry.not_before is not None and lineup.date < entry.not_before
        late = entry.not_after is not None and lineup.date > entry.not_after

        said = [
            one for one in lineup.conflicts if one.section_id == choice.section_id and "cannot be shown" in one.message
        ]

        assert int(entry.draft) + (early or late) == len(said)
        assert choice.because == "pin" or not said


@examples(60)
@given(newsletters())
def test_cooldown_and_difficulty_hold_unless_they_are_named(plain: Plain) -> None:
    for library, lineups, lineup, choice, entry in each_choice(plain):
        section = section_of(library, choice.section_id)
        before = shown_before(lineups, lineup.date, entry.ref)
        gaps = [(lineup.date - one).days for one in before]
        gaps += [(one - lineup.date).days for one in days_pinned(library, entry.ref) if one > lineup.date]
        wanted = section.difficulty.get(WEEKDAYS[lineup.date.weekday()], getattr(entry, "difficulty", None))

        too_near = min(gaps, default=1000) < section.cooldown
        too_hard = entry.kind == "problem" and entry.difficulty != wanted

        if choice.because != "pin":
            assert too_near == (choice.because == "cooldown")
            assert not too_hard or choice.because in {"difficulty", "cooldown"}
            assert too_hard or choice.because != "difficulty"


def section_of(library: Library, section_id: str) -> Section:
    return next(one for one in library.newsletter.sections if one.id == section_id)


def days_pinned(library: Library, ref: Ref) -> list[date]:
    return [
        day
        for day, pin in library.pins.items()
        for section_id, entry_id in pin.sections.items()
        if day not in library.record
        and section_of(library, section_id).kind == ref.kind
        and library.current_id(ref.kind, entry_id) == ref.id
    ]


@examples(60)
@given(newsletters())
def test_a_day_never_holds_an_entry_twice_but_by_pins(plain: Plain) -> None:
    for lineup in issues(plan(plain)):
        chosen = [(one.kind, one.entry_id) for one in lineup.choices if one.because != "pin"]
        pinned = {(one.kind, one.entry_id) for one in lineup.choices if one.because == "pin"}

        assert len({*chosen, *pinned}) == len(chosen) + len(pinned)


# --- Every printed reason is true ---


@examples(60)
@given(newsletters(), st.integers(0, HORIZON), st.integers(0, HORIZON))
def test_every_reason_is_true(plain: Plain, offset: int, count: int) -> None:
    library = library_of(with_record(plain, sendable(plan(plain))[:count]))
    day = MONDAY + timedelta(days=offset)
    world = World(library, tuple(one for one in issues(plan_days(library, until=LAST)) if one.date < day), day)

    decisions = explain_day(library, day)

    for decision in decisions:
        ids = [*([decision.choice.entry_id] if decision.choice else []), *(one.entry_id for one in decision.runners_up)]
        ids += [one.entry_id for one in decision.rejected]
        named = [decision.choice.because] if decision.choice else []
        if named != ["pin"] and "pin" not in [one.constraint for one in decision.rejected]:
            assert sorted(world.candidates(decision.section)) == sorted(ids)
        for rejected in decision.rejected:
            entry = library.entries(decision.section.kind)[rejected.entry_id]
            assert is_kept_out(world, decisions, decision.section, entry, rejected.constraint, rejected.reason)
        for runner_up in decision.runners_up:
            chosen, other = (library.entries(decision.section.kind)[one] for one in (ids[0], runner_up.entry_id))
            assert comes_behind(world, decision, chosen, other, runner_up.preference, runner_up.reason)


class World(NamedTuple):
    """What is known on a day: the oracle looks at nothing else."""

    library: Library
    before: tuple[Lineup, ...]
    day: date

    def candidates(self, section: Section) -> set[str]:
        entries = set(self.library.entries(section.kind))
        if section.kind != "topic":
            return entries
        return entries & {topic for course in self.library.courses.values() for topic in course.topics}

    def shown(self, ref: Ref) -> list[date]:
        return shown_before(self.before, self.day, ref)

    def days_since(self, ref: Ref) -> int | None:
        return (self.day - self.shown(ref)[-1]).days if self.shown(ref) else None

    def waited(self, ref: Ref) -> int:
        turns = [one.entry_id for lineup in self.before for one in lineup.choices if one.kind == ref.kind]
        return turns[::-1].index(ref.id) if ref.id in turns else len(turns)


def is_kept_out(
    world: World, decisions: tuple[Decision, ...], section: Section, entry: Entry, constraint: str, reason: str
) -> bool:
    """Tell whether a constraint's reason is true, from the data alone."""
    numbers = [int(one) for one in re.findall(r"(?<![-\d])\d+(?![-\d])", reason)]
    match constraint:
        case "taken":
            others = [one.choice for one in decisions if one.choice and one.section.id != section.id]
            return (entry.kind, entry.id) in [(one.kind, one.entry_id) for one in others]
        case "draft":
            return entry.draft
        case "window":
            early = entry.not_before is not None and world.day < entry.not_before
            name, limit = ("not_before", entry.not_before) if early else ("not_after", entry.not_after)
            return reason == f"it has '{name}: {limit}'" and (early or world.day > limit)
        case "prerequisites":
            needed = reason.split("'")[1]
            return needed in entry.prerequisites and not world.shown(Ref("topic", needed))
        case "finished":
            return world.library.newsletter.schedule.when_finished == "drop" and bool(world.shown(entry.ref))
        case "cooldown" if reason.startswith("pinned"):
            day = date.fromisoformat(reason[len("pinned to ") :][:10])
            return numbers == [(day - world.day).days, section.cooldown] and numbers[0] < numbers[1]
        case "cooldown":
            ago = [1, *numbers] if reason.startswith("shown yesterday") else numbers
            return ago == [world.days_since(entry.ref), section.cooldown] and ago[0] < ago[1]
        case "difficulty":
            wanted = section.difficulty[WEEKDAYS[world.day.weekday()]]
            return (
                entry.difficulty != wanted
                and reason == f"it is {entry.difficulty}, and {world.day:%A} asks for {wanted}"
            )
    return False


def comes_behind(world: World, decision: Decision, chosen: Entry, other: Entry, preference: str, reason: str) -> bool:
    """Tell whether a preference's reason is true, from the data alone."""
    numbers = [int(one) for one in re.findall(r"\d+", re.sub(r"'[^']*'", "", reason))]
    match preference:
        case "course-order":
            return comes_later(world, decision, chosen, other, reason)
        case "overdue":
            size = sum(not one.draft for one in world.library.entries(chosen.kind).values())
            waited = world.waited(chosen.ref)
            return numbers == [waited, size] and world.waited(other.ref) < 2 * size <= waited
        case "affinity":
            topic = first_topic(world, decision)
            return numbers == [len(topic & {*other.tags}), len(topic & {*chosen.tags})] and numbers[0] < numbers[1]
        case "least-recent":
            return reason == f"{told_ago(world, other)}, '{chosen.id}' {told_ago(world, chosen).removeprefix('shown ')}"
        case "id":
            return chosen.id < other.id and reason == "equal otherwise; ids in alphabetical order"
    return False


def comes_later(world: World, decision: Decision, chosen: Entry, other: Entry, reason: str) -> bool:
    courses = world.library.courses
    own = courses[decision.course_id]
    if reason == "its course has its turn later":
        return any(other.id in course.topics for course in courses.values() if course != own)
    if reason == "shown in this round already":
        return bool(world.shown(other.ref)) or decision.section.id != "topic"
    return reason == "it stands later in the outline" and own.topics.index(chosen.id) < own.topics.index(other.id)


def told_ago(world: World, entry: Entry) -> str:
    days = world.days_since(entry.ref)
    return {None: "never", 1: "shown yesterday"}.get(days, f"shown {days} days ago")


def first_topic(world: World, decision: Decision) -> set[str]:
    """The tags of the day's first topic."""
    decided = explain_day(world.library, world.day)
    topics = [one.choice.entry_id for one in decided if one.choice and one.choice.kind == "topic"]
    return {*world.library.topics[topics[0]].tags} if topics else set()


@examples(60)
@given(newsletters(), st.integers(1, HORIZON))
def test_interleaved_courses_take_turns(plain: Plain, offset: int) -> None:
    """With one topic a day: after a course comes the next that has a topic to show."""
    schedule = {**plain.settings["schedule"], "rotation": "interleave"}
    plain = plain._replace(settings={**plain.settings, "schedule": schedule, "sections": ONE_TOPIC}, pins={})
    library = library_of(plain)
    day = MONDAY + timedelta(days=offset)
    before = [one for one in issues(plan_days(library, until=day)) if one.course_id and one.date < day]
    ids = list(library.courses)
    start = ids.index(before[-1].course_id) + 1 if before else 0

    (decision,) = explain_day(library, day)

    fitting = {one.entry_id for one in decision.runners_up} | ({decision.choice.entry_id} if decision.choice else set())
    turns = [one for one in (*ids[start:], *ids[:start]) if fitting & {*library.courses[one].topics}]
    assert (turns[0] if turns else None) == decision.course_id


ONE_TOPIC = [{"kind": "topic", "heading": "Heading", "cooldown": "3"}]
