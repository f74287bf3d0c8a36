"""What befalls a machine that publishes for years: networks, disks, clocks, company, and lost ledgers."""

from __future__ import annotations

import contextlib
import re
import shutil
import socket
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from counterparts.mailsink import Fault
from disturbed import STOPPED, Disturbance, disturber
from figures import note_figures
from killing import choose_steps, finish, was_on_its_way
from targets import Asked, Keyed, Neither, Target, open_target

AGAIN, SETTINGS = 75, 78
# A fault of the first request, of the first that changes something, and of several in a row.
HTTP_FAULTS = {
    "cut before the answer": ["cut-before"],
    "cut after the request": ["POST cut-after"],
    "cut within the answer": ["POST cut-during"],
    "cut after each change": ["POST cut-after", "PUT cut-after", "PUT cut-during"],
    "done, but answered 500": ["POST 500-after", "PUT 500-after"],
    "500 in series": ["500", "503", "500", "502", "504"],
    "429, wait a second": ["429:1", "429:2", "POST 429:1", "PUT 429:1"],
    "429, wait an hour": ["POST 429:3600", "PUT 429:3600"],
}
MAIL_FAULTS = {
    "cut at once": [("connect", "cut")],
    "cut within a message": [("content", "cut")],
    "cut after the dot": [("dot", "cut")],
    "cut after it was taken": [("taken", "cut")],
    "450 for a reader": [("rcpt", "450 4.2.1 busy")],
    "451 after the dot": [("dot", "451 4.3.0 try again")],
    "421 in series": [("mail", "421 4.3.2 closing")] * 3,
}


@pytest.fixture
def asked(tmp_path: Path) -> Iterator[Asked]:
    with open_target(Asked.name, tmp_path) as target:
        assert isinstance(target, Asked)
        yield target


@pytest.fixture
def keyed(tmp_path: Path) -> Iterator[Keyed]:
    with open_target(Keyed.name, tmp_path) as target:
        assert isinstance(target, Keyed)
        yield target


@pytest.fixture
def neither(tmp_path: Path) -> Iterator[Neither]:
    with open_target(Neither.name, tmp_path) as target:
        assert isinstance(target, Neither)
        yield target


def runs_until_done(target: Target, project: Path) -> int:
    """Count the runs until nothing has to be tried again."""
    for number in range(1, 12):
        done = target.run(project)
        if done.status == 0:
            return number
        assert done.status == AGAIN, done
    raise AssertionError(done)


@pytest.mark.slow
def test_a_service_that_can_be_asked_has_each_once_whatever_the_network_does(
    asked: Asked, request: pytest.FixtureRequest
) -> None:
    for name, faults in HTTP_FAULTS.items():
        project = asked.copy()
        asked.service.faults += faults

        runs = runs_until_done(asked, project)

        assert (asked.held(), asked.service.faults) == (asked.expected, []), name
        note_figures(request, "network", f"`devto`: {name}", runs, 0, 0)
        asked.restore()


@pytest.mark.slow
def test_mails_are_never_lost_whatever_the_network_does(neither: Neither, request: pytest.FixtureRequest) -> None:
    for name, faults in MAIL_FAULTS.items():
        project = neither.copy()
        neither.sink.faults[:] = [Fault(stage, does, times=1) for stage, does in faults]

        runs = runs_until_done(neither, project)

        neither.quiet()
        held = neither.held()
        more = (held - neither.expected).total()
        assert not neither.expected - held, name
        # It had been taken, and that could not be known.
        assert more == (name == "cut after it was taken"), name
        note_figures(request, "network", f"`smtp`: {name}", runs, 0, more)
        neither.restore()


@pytest.mark.slow
@pytest.mark.parametrize("fixture", ["asked", "keyed"])
def test_without_names_or_without_an_answer_nothing_happens(fixture: str, request: pytest.FixtureRequest) -> None:
    target: Target = request.getfixturevalue(fixture)
    project = target.copy()
    settings = project / "content/newsletter.yml"
    text = settings.read_text()
    before = target.held()
    settings.write_text(text.replace("127.0.0.1", "service.example.org"))
    nameless = target.run(project, disturbance=Disturbance(unknown_names=True))
    settings.write_text(text)
    held = target.held()
    with _deaf() as port:
        settings.write_text(text.replace(target.service.url, f"http://127.0.0.1:{port}"))
        unanswered = target.run(project, disturbance=Disturbance(patience=0.2))
    settings.write_text(text)
    finish(target, project)

    assert (nameless.status, unanswered.status) == (AGAIN, AGAIN)
    assert "service.example.org cannot be reached: " in nameless.err
    assert "it takes too long to answer" in unanswered.err
    assert (held, target.held()) == (before, target.expected)


@contextlib.contextmanager
def _deaf() -> Iterator[int]:
    """Listen at a port, and never answer."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.slow
@pytest.mark.parametrize("fixture", ["keyed", "neither"])
def test_a_full_disk_loses_nothing(fixture: str, request: pytest.FixtureRequest) -> None:
    target: Target = request.getfixturevalue(fixture)
    target.paint()
    steps = target.run(target.copy()).steps
    target.quiet()
    target.restore()
    numbers = list(choose_steps(steps))[::2]
    more = 0

    for number in numbers:
        project = target.copy()
        full = target.run(project, disturbance=Disturbance(full_at=number))
        assert full.status in {0, AGAIN, SETTINGS}, full
        assert "Traceback" not in full.err, full
        finish(target, project)
        target.quiet()
        held = target.held()
        assert not target.expected - held, full
        assert (held - target.expected).total() <= (was_on_its_way(full) if fixture == "neither" else 0), full
        more += (held - target.expected).total()
        target.restore()
        shutil.rmtree(project)

    note_figures(request, "disk", f"`{target.name}`", len(numbers), 0, more)


def test_a_ledger_that_is_lost_sends_nothing_again(asked: Asked) -> None:
    """What the service says it does not have goes out after all."""
    project = asked.copy()
    finish(asked, project)
    shutil.rmtree(project / "state")
    asked.service.articles.pop()

    lost = asked.run(project)
    adopted = asked.run(project, arguments=("publish", "--adopt"))
    count = asked.service.count("POST")
    after = asked.run(project)

    assert (lost.status, adopted.status, after.status) == (SETTINGS, 0, 0), (lost, adopted, after)
    assert "'pixeldigest publish --adopt'" in lost.err
    assert (asked.held(), asked.service.count("POST") - count) == (asked.expected, 1)


@pytest.mark.slow
@pytest.mark.parametrize("fixture", ["asked", "keyed", "neither"])
@pytest.mark.parametrize("backup", ["none", "an older one"])
def test_a_ledger_that_is_lost_or_restored_sends_nothing_again(
    fixture: str, backup: str, request: pytest.FixtureRequest
) -> None:
    target: Target = request.getfixturevalue(fixture)
    project = target.copy()
    shutil.copytree(project / "state", project / "backup")
    finish(target, project)
    shutil.rmtree(project / "state")
    if backup == "an older one":
        (project / "backup").rename(project / "state")

    refused = target.run(project)
    adopted = target.run(project, arguments=("publish", "--adopt"))
    after = [target.run(project) for _ in range(2)]

    assert (refused.status, adopted.status, [one.status for one in after]) == (SETTINGS, 0, [0, 0])
    target.quiet()
    assert target.held() == target.expected


@pytest.mark.parametrize("rounds", [1, pytest.param(25, marks=pytest.mark.slow)])
def test_of_two_at_once_one_does_the_work(keyed: Keyed, rounds: int) -> None:
    """Also where both find no ledger."""
    busy = 0
    for number in range(rounds):
        project = keyed.copy()
        if number % 2:
            shutil.rmtree(project / "state")
            shutil.rmtree(project / "content/record")
            keyed.forget()

        runs = disturber().run(keyed.wish(project), keyed.wish(project))

        assert [one.status for one in runs] == [0, 0], runs
        told = [one for one in runs if one.out == "another publish is running; this one leaves the work to it\n"]
        assert len(told) < 2, runs
        busy += len(told)
        published = Counter({one: count for one, count in keyed.held().items() if one.endswith("published")})
        assert published == Counter(one for one in keyed.expected if one.endswith("published"))
        keyed.restore()
    assert busy


@pytest.mark.slow
def test_one_that_hangs_is_told_after_three_hours(keyed: Keyed) -> None:
    project = keyed.copy()
    hanging = keyed.run(project, disturbance=Disturbance(stop_on="before connecting"))

    runs = [keyed.run(project, now=f"2026-11-04T{hour}:30+00:00") for hour in (12, 14)]
    keyed.wish(project)  # whoever receives is back at that hour too
    resumed = disturber().resume()

    assert (hanging.status, [one.status for one in runs], resumed) == (STOPPED, [0, AGAIN], 0), runs
    assert "another publish has been running since 2026-11-04 10:00 UTC; find out what it waits for" in runs[1].err
    assert keyed.held() == keyed.expected


@pytest.mark.slow
def test_a_clock_that_jumps_ahead_and_back_sends_nothing_twice(asked: Asked) -> None:
    project = asked.copy()
    asked.service.faults += ["500"]

    ahead = asked.run(project, "2026-11-05T10:00+00:00")
    asked.service.faults += ["500"]
    back = asked.run(project)
    status = asked.run(project, arguments=("status",))
    later = [asked.run(project, now) for now in ("2026-11-04T10:15+00:00", "2026-11-05T11:00+00:00")]

    assert [one.status for one in (ahead, back, *later)] == [AGAIN, AGAIN, 0, 0], (ahead, back, later)
    assert "answers 500" in ahead.err
    assert "answers 500" in back.err  # it is not silent until the clock is where it was
    assert not re.search(r"-\d+ (day|hour|minute)", status.out), status.out
    assert asked.held() == asked.expected + Counter(["2026-11-05 better"])  # it comes round to the first topic
