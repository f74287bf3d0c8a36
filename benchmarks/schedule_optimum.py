"""Compare a year of problems, chosen day by day, with the best that could be chosen with the whole year in view.

    python benchmarks/schedule_optimum.py [SEEDS]

The measure is affinity: the tags that each day's problem shares with its topic, summed over the year. The optimum is
bounded from above, so that the shares printed are lower bounds:

- from 100 problems by a linear program (HiGHS): one problem a day, none twice within its cooldown, and each at least
  once in as many days as the overdue rule lets it wait at most;
- from 1,500 problems by an assignment of days to problems, each as often as its cooldown allows, whenever.

Needs scipy, which only this uses.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment, linprog
from scipy.sparse import csr_array, eye_array, kron, vstack

from pixeldigest.content import Course, Problem, Topic
from pixeldigest.heads import head_of
from pixeldigest.library import Library
from pixeldigest.schedule import Lineup, plan_days
from pixeldigest.settings import Newsletter
from pixeldigest.yamltree import Block

START = date(2026, 1, 1)
DAYS = 365
COOLDOWN = 60
BODY = Block("A body.\n")


class Year(NamedTuple):
    """A year's topics (which start again where there are fewer than days), and how evenly tags are used."""

    name: str
    topics: int
    vocabulary: int
    unevenness: float


YEARS = (
    Year("a topic for each day", 365, 40, 0.7),
    Year("a course of 120 topics, three rounds", 120, 40, 0.7),
    Year("60 topics, six rounds, some tags everywhere", 60, 40, 1.0),
    Year("90 topics, few tags", 90, 12, 0.5),
    Year("many tags, used evenly", 365, 60, 0.2),
)


def make_library(year: Year, problems: int, seed: int) -> Library:
    chance = random.Random(seed)
    names = [f"tag-{number}" for number in range(year.vocabulary)]
    weights = [1 / (number + 1) ** year.unevenness for number in range(year.vocabulary)]

    def fields(entry_id: str, fewest: int) -> dict[str, object]:
        tags: dict[str, None] = {}
        count = chance.randint(fewest, 4)
        while len(tags) < count:
            tags[chance.choices(names, weights)[0]] = None
        return {"id": entry_id, "title": entry_id, "summary": "A summary.", "body": BODY, "tags": list(tags)}

    topics = [Topic.model_validate(fields(f"topic-{number}", 2)) for number in range(year.topics)]
    asked = [
        Problem.model_validate({**fields(f"problem-{number}", 1), "difficulty": "easy"}) for number in range(problems)
    ]
    chapter = {"id": "all", "title": "All", "topics": [one.id for one in topics]}
    course = Course.model_validate(
        {"id": "course", "title": "Course", "label": "course", "summary": "A summary.", "chapters": [chapter]}
    )
    heads = [head_of(one, b"") for one in (*topics, *asked)]
    return Library(
        project=Path(),
        newsletter=NEWSLETTER,
        by_kind={kind: {one.id: one for one in heads if one.kind == kind} for kind in ("topic", "problem", "feature")},
        courses={"course": course},
        collections={},
        pages={},
        pins={},
        record={},
        images={},
        files={},
        aliases={},
    )


NEWSLETTER = Newsletter.model_validate(
    {
        "version": "1",
        "id": "benchmark",
        "title": "Benchmark",
        "publisher": {"name": "Example", "url": "https://example.org"},
        "site_url": "https://daily.example.org/",
        "schedule": {"start": START.isoformat(), "courses": ["course"]},
        "sections": [
            {"kind": "topic", "heading": "Topic"},
            {"kind": "problem", "heading": "Problem", "match": "topic", "cooldown": COOLDOWN},
        ],
    }
)


def planned_affinity(library: Library) -> tuple[int, np.ndarray]:
    """Sum up a planned year's affinity, and tell what each problem would have had on each of its days."""
    days = plan_days(library, until=START + timedelta(days=DAYS - 1))
    lineups = [day for day in days if isinstance(day, Lineup)]
    shown = [{one.kind: one.entry_id for one in lineup.choices} for lineup in lineups]
    tags = [{*library.topics[one["topic"]].tags} for one in shown]
    affinity = np.array([[len(day & {*problem.tags}) for problem in library.problems.values()] for day in tags])
    places = {problem: place for place, problem in enumerate(library.problems)}
    return int(sum(affinity[day, places[one["problem"]]] for day, one in enumerate(shown))), affinity


def bound_by_program(affinity: np.ndarray) -> float:
    """Solve the year as a linear program, in which a day's problem may be made up of fractions of several."""
    days, problems = affinity.shape
    cooling = kron(_windows(days, COOLDOWN), eye_array(problems))
    waiting = kron(_windows(days, 3 * problems), eye_array(problems))
    solved = linprog(
        -affinity.ravel(),
        A_ub=vstack([cooling, -waiting]),
        b_ub=np.concatenate([np.ones(cooling.shape[0]), -np.ones(waiting.shape[0])]),
        A_eq=kron(eye_array(days), np.ones((1, problems))),
        b_eq=np.ones(days),
        bounds=(0, 1),
        method="highs-ipm",
    )
    return -float(solved.fun)


def _windows(days: int, length: int) -> csr_array:
    """Make a matrix with a row for each run of so many days."""
    return csr_array(
        [[first <= day < first + length for day in range(days)] for first in range(days - length + 1)], dtype=float
    )


def bound_by_assignment(affinity: np.ndarray) -> float:
    """Assign days to problems, each of which may come as often as the cooldown lets it, and at any time."""
    often = -(-len(affinity) // COOLDOWN)
    repeated = np.tile(affinity, (1, often))
    chosen = linear_sum_assignment(repeated, maximize=True)
    return float(repeated[chosen].sum())


class Goal(NamedTuple):
    """How many problems there are, what part of the optimum is asked for, and how the optimum is bounded."""

    problems: int
    share: float
    bound: Callable[[np.ndarray], float]


GOALS = (Goal(1_500, 0.97, bound_by_assignment), Goal(100, 0.90, bound_by_program))


def compare(goal: Goal, seeds: int) -> Iterator[tuple[str, float]]:
    """Yield for each year and seed a line to print, and the share of the optimum."""
    for year in YEARS:
        for seed in range(seeds):
            planned, affinity = planned_affinity(make_library(year, goal.problems, seed))
            optimum = goal.bound(affinity)
            share = planned / optimum
            yield f"{goal.problems:>8}  {year.name:<44} {seed:>4} {planned:>7} {optimum:>9.1f} {share:>7.1%}", share


def main() -> None:
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 2
    print(f"problems  {'year':<44} seed planned   optimum   share")
    missed = []
    for goal in GOALS:
        for line, share in compare(goal, seeds):
            missed += [line] if share < goal.share else []
            print(line, flush=True)
    print(
        "\n".join(["", "below the goal:", *missed]) if missed else "\nall goals are met: 97 % from 1,500, 90 % from 100"
    )


if __name__ == "__main__":
    main()
