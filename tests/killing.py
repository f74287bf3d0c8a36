"""Kill `publish`, run it to its end, and count what the counterpart holds."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from disturbed import Disturbance, Disturbed
from targets import LATER, Target

# So many runs may end early by themselves, since something has to be tried again.
_MOST_RUNS = 5


class Trial(NamedTuple):
    """What came of killing: what is held too little and too much, and how often a mail was on its way in a kill."""

    kills: tuple[str, ...]
    lost: Counter[str]
    more: Counter[str]
    doubtful: int


class Tally(NamedTuple):
    """What came of many trials."""

    kills: int
    lost: int
    more: int
    doubtful: int


def kill(target: Target, disturbances: Iterable[Disturbance]) -> Trial:
    """Kill run after run of a copy of the newsletter, then let it run to its end."""
    project = target.copy()
    killed = [target.run(project, disturbance=one) for one in disturbances]
    finish(target, project)
    target.quiet()
    held = target.held()
    target.restore()
    shutil.rmtree(project)
    died = [one for one in killed if one.status == -9]
    return Trial(
        tuple(one.steps[-1] if one.steps else "" for one in died),
        target.expected - held,
        held - target.expected,
        sum(map(was_on_its_way, died)),
    )


def finish(target: Target, project: Path, now: str = LATER) -> Disturbed:
    """Run undisturbed until there is nothing to try again."""
    for _ in range(_MOST_RUNS):
        done = target.run(project, now)
        if done.status == 0:
            return done
    raise AssertionError(done)


def was_on_its_way(run: Disturbed) -> bool:
    """Tell whether a mail had been handed over, or may have been, whose answer was not in the ledger."""
    doubtful = False
    for step in run.steps:
        if step == "before sending .":
            doubtful = True
        elif step == "after ledger UPDATE delivery sent":
            doubtful = False
    return doubtful


def choose_steps(steps: Sequence[str]) -> Iterator[int]:
    """Choose the steps to kill at: each, but of the files that a build replaces every fourth."""
    files = 0
    for number, step in enumerate(steps, 1):
        files += "naming" in step
        if "naming" not in step or files % 4 == 0:
            yield number


def add_up(trials: Iterable[Trial]) -> Tally:
    """Add trials up."""
    kills = lost = more = doubtful = 0
    for one in trials:
        kills += len(one.kills)
        lost += one.lost.total()
        more += one.more.total()
        doubtful += one.doubtful
    return Tally(kills, lost, more, doubtful)


def moments(count: int, steps: int, seconds: float, seed: int) -> Iterator[tuple[Disturbance, ...]]:
    """Choose kills at random: half at moments of time, half at two steps of two runs in a row."""
    chance = random.Random(seed)
    for number in range(count):
        if number % 2:
            yield (Disturbance(kill_after=chance.uniform(0, seconds)),)
        else:
            yield tuple(Disturbance(kill_at=chance.randint(1, steps)) for _ in range(2))
