"""Plan ten years over 10,000 entries that are in memory already: CPU time and peak memory of the plan itself.

    python benchmarks/schedule.py [--years N]

Each library is planned by a process of its own, so that one's memory is not counted as another's.
"""

from __future__ import annotations

import argparse
import random
import resource
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

from pixeldigest.content import Course, Feature, Pin, Problem, Topic
from pixeldigest.heads import head_of
from pixeldigest.library import Library
from pixeldigest.schedule import Lineup, plan_days
from pixeldigest.settings import Newsletter
from pixeldigest.yamltree import Block

START = date(2026, 1, 1)
BODY = Block("A sentence of ten words, which says nothing at all. " * 6 + "\n")
BUDGET_SECONDS, BUDGET_MIB = 2, 200


class Shape(NamedTuple):
    """What a synthetic library is made of."""

    topics: int = 3_000
    problems: int = 6_000
    features: int = 1_000
    courses: int = 4
    vocabulary: int = 60
    tags: int = 4
    cooldown: int = 60
    windows: float = 0.1
    requires: float = 0.3
    pins: int = 0


SHAPES = {
    "balanced": Shape(),
    "mostly problems, few tags": Shape(500, 9_000, 500, vocabulary=8, tags=3),
    "mostly problems, each with tags of its own": Shape(500, 9_000, 500, vocabulary=600, tags=6),
    "mostly topics, one course": Shape(9_000, 900, 100, courses=1),
    "mostly features": Shape(500, 500, 9_000),
    "a year's cooldown": Shape(cooldown=365),
    "half the library not open yet or any more": Shape(windows=0.5),
    "small rounds, much of it overdue": Shape(9_000, 700, 300, vocabulary=30, cooldown=30),
    "three years of pins": Shape(pins=1_095),
}


def make_library(shape: Shape, seed: int = 1) -> Library:
    """Make a library whose tags are as uneven as in real ones: a few stand everywhere, most are rare."""
    chance = random.Random(seed)
    names = [f"tag-{number}" for number in range(shape.vocabulary)]
    weights = [1 / (number + 1) ** 0.7 for number in range(shape.vocabulary)]

    def fields(entry_id: str) -> dict[str, object]:
        tags = dict.fromkeys(chance.choices(names, weights, k=chance.randint(1, shape.tags)))
        window = {}
        if chance.random() < shape.windows:
            name = chance.choice(("not_before", "not_after"))
            window = {name: (START + timedelta(days=chance.randrange(3_650))).isoformat()}
        return {"id": entry_id, "title": entry_id, "summary": "A summary.", "body": BODY, "tags": list(tags), **window}

    def requirements(number: int) -> list[str]:
        return [f"topic-{chance.randrange(number)}"] if number and chance.random() < shape.requires else []

    topics = [
        Topic.model_validate({**fields(f"topic-{number}"), "prerequisites": requirements(number)})
        for number in range(shape.topics)
    ]
    problems = [
        Problem.model_validate(
            {**fields(f"problem-{number}"), "difficulty": chance.choice(("easy", "easy", "medium", "hard"))}
        )
        for number in range(shape.problems)
    ]
    features = [Feature.model_validate(fields(f"feature-{number}")) for number in range(shape.features)]
    courses = [_course(f"course-{number}", topics[number :: shape.courses]) for number in range(shape.courses)]
    pinned = [
        (START + timedelta(days=number), Pin(sections={"problem": chance.choice(problems).id}))
        for number in range(shape.pins)
    ]
    return Library(
        project=Path(),
        newsletter=_newsletter(shape),
        by_kind={
            "topic": {one.id: head_of(one, b"") for one in topics},
            "problem": {one.id: head_of(one, b"") for one in problems},
            "feature": {one.id: head_of(one, b"") for one in features},
        },
        courses={one.id: one for one in courses},
        collections={},
        pages={},
        pins=dict(pinned),
        record={},
        images={},
        files={},
        aliases={},
    )


def _course(course_id: str, topics: list[Topic]) -> Course:
    chapter = {"id": "all", "title": "All", "topics": [one.id for one in topics]}
    return Course.model_validate(
        {"id": course_id, "title": course_id, "label": course_id, "summary": "A summary.", "chapters": [chapter]}
    )


def _newsletter(shape: Shape) -> Newsletter:
    cooldown = shape.cooldown
    return Newsletter.model_validate(
        {
            "version": "1",
            "id": "benchmark",
            "title": "Benchmark",
            "publisher": {"name": "Example", "url": "https://example.org"},
            "site_url": "https://daily.example.org/",
            "schedule": {
                "start": START.isoformat(),
                "courses": [f"course-{number}" for number in range(shape.courses)],
            },
            "sections": [
                {"kind": "topic", "heading": "Topic", "cooldown": 7},
                {
                    "kind": "problem",
                    "heading": "Problem",
                    "match": "topic",
                    "cooldown": cooldown,
                    "difficulty": {"mon": "easy", "fri": "hard"},
                    "when_short": "repeat",
                },
                {"kind": "feature", "heading": "Feature", "cooldown": cooldown},
            ],
        }
    )


def measure(name: str, years: int) -> str:
    """Plan with one library and write a line of figures."""
    library = make_library(SHAPES[name])
    loaded = _peak_mib()
    before = time.process_time()
    days = list(plan_days(library, until=START + timedelta(days=round(years * 365.25) - 1)))
    seconds = time.process_time() - before
    issues = sum(isinstance(day, Lineup) for day in days)
    peak = _peak_mib()
    verdict = "" if seconds < BUDGET_SECONDS and peak < BUDGET_MIB else "  over the budget"
    return f"{name:<44} {issues:>6} {seconds:>7.2f} {loaded:>7.0f} {peak:>7.0f}{verdict}"


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--years", type=int, default=10)
    parser.add_argument("--library", choices=SHAPES, help="plan with one library in this process")
    options = parser.parse_args()
    if options.library:
        print(measure(options.library, options.years))
        return
    print(f"{'library of 10,000 entries':<44} {'issues':>6} {'CPU s':>7} {'loaded':>7} {'peak MiB':>7}", flush=True)
    for name in SHAPES:
        subprocess.run([sys.executable, __file__, "--years", str(options.years), "--library", name], check=True)


if __name__ == "__main__":
    main()
