"""The scheduler: its rules as tables of small newsletters, and what holds for any newsletter at all."""

from __future__ import annotations

import re
from datetime import date, timedelta
from textwrap import dedent
from typing import NamedTuple

import pytest

from pixeldigest.fields import WEEKDAYS
from pixeldigest.schedule import (
    Day,
    Decision,
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
        "interleave: pins of one course cannot pass over another for ever",
        newsletter(
            topics="a1 a2 a3 b1 b2 c1",
            courses={"a": "a1 a2 a3", "b": "b1 b2", "c": "c1"},
            pins={f"2026-11-0{day}": {"sections": {"topic": f"a{day // 2}"}} for day in (2, 4, 6)},
        ),
        """
            11-02 Mon 1. a/part-1 topic=a1 (pin)
            11-03 Tue 2. b/part-1 topic=b1 (course-order)
            11-04 Wed 3. a/part-1 topic=a2 (pin)
            11-05 Thu 4. c/part-1 topic=c1 (course-order)
            11-06 Fri 5. a/part-1 topic=a3 (pin)
            11-07 Sat 6. b/part-1 topic=b2 (course-order)
            11-08 Sun 7. c/part-1 topic=c1 (course-order)
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
        "drop, sequential: the end of the last course is the end",
        newsletter(topics="a1 a2 b1", courses={"a": "a1 a2", "b": "b1"}, rotation="sequential", when_finished="drop"),
        """
            11-02 Mon 1. a/part-1 topic=a1 (course-order)
            11-03 Tue 2. a/part-1 topic=a2 (course-order)
            11-04 Wed 3. b/part-1 topic=b1 (course-order)
            11-05 Thu – no entry fits any of its sections
        """,
    ),
    Case(
        "drop, by weekday: a finished course leaves its days to the others",
        newsletter(
            topics="a1 b1 b2 b3",
            courses={"a": "a1", "b": "b1 b2 b3"},
            rotation=dict.fromkeys(("mon", "tue", "wed"), "a"),
            when_finished="drop",
        ),
        """
            11-02 Mon 1. a/part-1 topic=a1 (course-order)
            11-03 Tue 2. b/part-1 topic=b1 (course-order)
            11-04 Wed 3. b/part-1 topic=b2 (course-order)
            11-05 Thu 4. b/part-1 topic=b3 (course-order)
            11-06 Fri – no entry fits any of its sections
        """,
    ),
    Case(
        "a topic that two courses hold is counted alike whether it was the day's first or second",
        newsletter(
            topics="a b s",
            courses={"one": "a s", "two": "s b"},
            sections=({"kind": "topic"}, {"kind": "topic", "id": "second"}),
        ),
        """
            11-02 Mon 1. one/part-1 topic=a (course-order) second=s (course-order)
            11-03 Tue 2. one/part-1 topic=a (course-order) second=b (course-order)
            11-04 Wed 3. one/part-1 topic=s (course-order) second=b (course-order)
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
        "overdue: the longest wait comes first, or a Friday's problem with the right tags would come each Friday",
        newsletter(
            start="2026-11-06",
            topics={"a": {"tags": ["x"]}},
            problems={"p": {"difficulty": "hard"}, "q": {"difficulty": "hard", "tags": ["x"]}, "r": {}},
            sections=(
                {"kind": "topic", "days": ["fri"]},
                {"kind": "problem", "match": "topic", "days": ["fri"], "difficulty": {"fri": "hard"}},
                {"kind": "problem", "id": "second", "difficulty": dict.fromkeys(WEEKDAYS, "easy")},
            ),
        ),
        """
            11-06 Fri 1. all/part-1 topic=a (course-order) problem=q (affinity) second=r (least-recent)
            11-07 Sat 2. second=r (least-recent)
            11-08 Sun 3. second=r (least-recent)
            11-09 Mon 4. second=r (least-recent)
            11-10 Tue 5. second=r (least-recent)
            11-11 Wed 6. second=r (least-recent)
            11-12 Thu 7. second=r (least-recent)
            11-13 Fri 8. all/part-1 topic=a (course-order) problem=p (overdue) second=r (least-recent)
        """,
    ),
    Case(
        "affinity: where a cooldown makes showings scarce, what fits many days is spared",
        newsletter(
            topics={"a": {"tags": ["x"]}, "b": {"tags": ["y"]}},
            problems={"p": {"tags": ["x", "y"]}, "q": {"tags": ["x"]}, "r": {}},
            sections=({"kind": "topic"}, {"kind": "problem", "match": "topic", "cooldown": 3}),
        ),
        """
            11-02 Mon 1. all/part-1 topic=a (course-order) problem=q (affinity)
            11-03 Tue 2. all/part-1 topic=b (course-order) problem=p (affinity)
            11-04 Wed 3. all/part-1 topic=a (course-order) problem=r (least-recent)
            11-05 Thu 4. all/part-1 topic=b (course-order) problem=q (least-recent)
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
        "two sections of one kind have each their own cooldown, difficulty and days",
        newsletter(
            problems={"p": {}, "q": {"difficulty": "hard"}, "r": {}},
            sections=(
                {"kind": "problem", "cooldown": 2, "difficulty": {"mon": "hard", "wed": "easy"}},
                {"kind": "problem", "id": "second", "days": ["mon", "wed"]},
            ),
        ),
        """
            11-02 Mon 1. problem=q (least-recent) second=p (id)
            11-03 Tue 2. problem=r (least-recent)
            11-04 Wed 3. problem=p (least-recent) second=q (least-recent)
            11-05 Thu 4. problem=r (least-recent)
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
              before a3 [course-order] it comes later in course 'a'
              before a1 [course-order] this round of course 'a' has had it already
              before b1 [course-order] course 'b' has its turn after 'a'
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
              before s [id] equal in all else, and ids go by the alphabet
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
              before q [affinity] 2 shared tags against 1
              before r [affinity] 2 shared tags against 0
            feature: h [id]
              before i [id] equal in all else, and ids go by the alphabet
              before g [least-recent] never shown, that one 2 days ago
              before f [least-recent] never shown, that one yesterday
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
              before q [overdue] overdue after 4 turns without it, where a full round takes 2
        """,
    ),
    Case(
        "2026-11-06 turns, not days, make an entry overdue",
        newsletter(
            topics="a",
            features="f g",
            problems="p",
            sections=({"kind": "feature"}, {"kind": "feature", "id": "second", "days": ["thu"]}),
            pins={
                "2026-11-02": {"sections": {"feature": "g", "second": "f"}},
                "2026-11-03": {"sections": {"feature": "f"}},
                **{f"2026-11-0{day}": {"sections": {"feature": "f", "second": "f"}} for day in (4, 5)},
            },
        ),
        """
            feature: g [overdue]
              before f [overdue] overdue after 5 turns without it, where a full round takes 2
        """,
    ),
    Case(
        "2026-11-13 two are overdue, and the longer wait decides",
        newsletter(
            topics="a",
            problems={"p": {"difficulty": "hard"}, "q": {"difficulty": "hard"}, "r": {}},
            sections=(
                {"kind": "problem", "days": ["fri"], "difficulty": {"fri": "hard"}},
                {"kind": "problem", "id": "second", "difficulty": dict.fromkeys(WEEKDAYS, "easy")},
            ),
        ),
        """
            problem: q [overdue]
              before p [overdue] both are overdue, after 12 turns against 6
              not r [difficulty] it is easy, and Friday asks for hard
            second: r [least-recent]
              not q [taken] another section of the day has it
              not p [difficulty] it is hard, and Friday asks for easy
        """,
    ),
    Case(
        "2026-11-02 as many shared tags, and fewer others",
        newsletter(
            topics={"a": {"tags": ["x"]}},
            problems={"p": {"tags": ["x", "y"]}, "q": {"tags": ["x"]}},
            sections=({"kind": "topic"}, {"kind": "problem", "match": "topic", "cooldown": 3}),
        ),
        """
            topic: a [course-order]
            problem: q [affinity]
              before p [affinity] 1 shared tag each, of 1 in all against 2
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
              before c [course-order] it comes later in course 'all'
              before a [course-order] this round of course 'all' has had it already
        """,
    ),
)


@pytest.mark.parametrize("case", EXPLAINED, ids=lambda case: case.name)
def test_explain(case: Case) -> None:
    decisions = explain_day(library_of(case.plain), date.fromisoformat(case.name[:10]))

    assert dedent(case.told).strip() == "\n".join(tell_decision(one) for one in decisions)
