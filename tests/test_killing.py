"""`publish` is killed, anywhere, and each channel has each issue once in the end."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from disturbed import Disturbance
from figures import note_figures
from killing import Tally, Trial, add_up, choose_steps, finish, kill, moments
from targets import FIRST, Asked, Keyed, Neither, Target, open_target

# For each, what stands in docs/reliability.md.
SHAPES = {
    Asked.name: "can be asked (`devto`)",
    Keyed.name: "takes a key (`webhook`)",
    Neither.name: "neither (`smtp`)",
}
AT_RANDOM = 60


@pytest.fixture(params=SHAPES)
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Target]:
    with open_target(request.param, tmp_path) as target:
        yield target


def check(target: Target, trial: Trial) -> None:
    """Nothing is lost, nothing is there twice but a mail that was on its way when its sender was killed."""
    assert not trial.lost, trial
    assert trial.more.total() <= (trial.doubtful if target.name == Neither.name else 0), trial


# What has been done and is noted nowhere.
@pytest.mark.parametrize(
    ("target", "step"),
    [("devto", "after sending POST"), ("webhook", "after receiving"), ("smtp", "after sending .")],
    indirect=["target"],
)
def test_what_was_done_and_not_noted_is_not_done_again_where_that_can_be_known(target: Target, step: str) -> None:
    trial = kill(target, [Disturbance(kill_on=step)])

    assert [one[: len(step)] for one in trial.kills] == [step]
    check(target, trial)
    assert trial.more.total() == (target.name == Neither.name)


@pytest.mark.slow
def test_killed_at_every_step_and_at_random(target: Target, request: pytest.FixtureRequest) -> None:
    target.paint()
    begun = time.monotonic()
    steps = target.run(target.copy()).steps
    seconds = time.monotonic() - begun
    target.quiet()
    target.restore()

    trials = [kill(target, [Disturbance(kill_at=number)]) for number in choose_steps(steps)]
    trials += [kill(target, some) for some in moments(AT_RANDOM, len(steps), seconds, seed=8)]

    for trial in trials:
        check(target, trial)
    tally = add_up(trials)
    assert tally.kills >= 200
    note_figures(request, "kills", SHAPES[target.name], *_cells(target, tally, len(steps), len(trials)))


def _cells(target: Target, tally: Tally, steps: int, trials: int) -> tuple[object, ...]:
    held = target.expected.total() - sum(one.startswith(FIRST[:10]) for one in target.expected)
    issues = trials * (held if target.name == Neither.name else 3)
    return steps, tally.kills, issues, tally.lost, tally.more, tally.doubtful if target.name == Neither.name else "–"


@pytest.mark.slow
def test_the_first_run_of_all_may_be_killed_too(target: Target) -> None:
    """Where there is no ledger yet, and none of its tables."""
    fresh = target.copy()
    for made in ("state", "output"):
        _remove(fresh / made)
    _remove(fresh / "content/record")
    target.project = fresh
    target.empty()
    steps = target.run(target.copy(), FIRST).steps
    target.quiet()
    target.restore()
    begins = next(number for number, step in enumerate(steps, 1) if "naming 2026.yml" in step)

    for number in range(1, begins + 3):
        project = target.copy()
        target.run(project, FIRST, Disturbance(kill_at=number))
        finish(target, project, FIRST)
        target.quiet()

        assert {one[:10] for one in target.held()} == {FIRST[:10]}, steps[number - 1]
        assert set(target.held().values()) == {1}, steps[number - 1]
        target.restore()


def _remove(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
