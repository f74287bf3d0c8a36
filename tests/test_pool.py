"""Several processes at a time: those of one build, and builds that meet, are interrupted or killed."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from conftest import NOON, examples
from corpus import make_issues, write_newsletter
from edits import INPUTS
from forked import Commands, start_commands
from freshness import FRESH, assert_fresh, differences, swap, tree, write_whole_newsletter
from pixeldigest import pool
from pixeldigest.cache import NO_CACHE
from pixeldigest.diagnostics import UserError
from pixeldigest.output import Batch, OutputFile, write_pages
from projects import write

ISSUES = 45  # so many that processes share the work
NEXT_DAY = "2026-11-22T12:00"
SECONDS = st.floats(0.0, 1.2)


@pytest.fixture(scope="module")
def commands() -> Iterator[Commands]:
    with start_commands("--search") as started:
        yield started


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = tmp_path_factory.mktemp("whole") / "project"
    write_whole_newsletter(project)
    return project


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = tmp_path_factory.mktemp("corpus") / "project"
    write_newsletter(make_issues(ISSUES), project)
    return project


# Python 3.12 and later warn of forks where there are threads, as pytest-xdist has them.
pytestmark = pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")


@contextlib.contextmanager
def start_build(project: Path, *options: str, now: str = NOON) -> Iterator[subprocess.Popen[str]]:
    """Start a build in a process group of its own, and end what a test leaves running."""
    with subprocess.Popen(
        [sys.executable, "-m", "pixeldigest", "--now", now, "build", *options],
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            kill(process)


def kill(process: subprocess.Popen[str]) -> None:
    """Kill all processes of a build, and wait until none of them has its pipes."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


@contextlib.contextmanager
def on_one_core() -> Iterator[None]:
    """Let what is started meanwhile see one core only."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def is_alive(group: int) -> bool:
    """Tell whether a process of a group is left."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def ends_soon(group: int, seconds: float = 10) -> bool:
    until = time.monotonic() + seconds
    while is_alive(group) and time.monotonic() < until:
        time.sleep(0.02)
    return not is_alive(group)


def wait_until_it_builds(process: subprocess.Popen[str], project: Path) -> None:
    """Wait until a build has begun; before that, Python is importing."""
    while process.poll() is None and not (project / ".pixeldigest").exists():
        time.sleep(0.01)


def leftovers(project: Path) -> list[str]:
    """Name files that a build was writing when it ended."""
    names = (path.relative_to(project).as_posix() for path in project.rglob("*") if path.is_file())
    return [name for name in names if re.search(r"staging|^\.pixeldigest/.*\.\d+$", name)]


# --- One piece of work, many processes ---


@pytest.mark.parametrize("count", [1, 2, 3, 7])
@pytest.mark.parametrize("size", [0, 1, 119, 120, 121, 500])
def test_results_come_in_the_order_of_the_items(count: int, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "worker_count", lambda: count)

    assert pool.spread(lambda item: (item * item, "x" * item), range(size)) == [
        (item * item, "x" * item) for item in range(size)
    ]


def test_much_work_is_shared_and_little_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "worker_count", lambda: 2)

    assert set(pool.spread(lambda _: os.getpid(), range(10))) == {os.getpid()}
    several = set(pool.spread(lambda _: os.getpid(), range(1000)))
    assert (len(several), os.getpid() in several) == (2, False)


def fail_at(*places: int):
    def work(item: int) -> int:
        if item in places:
            raise UserError(f"item {item}", status=75)
        return item

    return work


@pytest.mark.parametrize("places", [(0,), (499,), (401, 400, 402), (7, 300), (300, 8)])
def test_the_error_of_the_first_item_is_raised(places: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """As it would be without processes, with its status."""
    monkeypatch.setattr(pool, "worker_count", lambda: 3)

    with pytest.raises(UserError) as raised:
        pool.spread(fail_at(*places), range(500))

    assert (raised.value.message, raised.value.status) == (f"item {min(places)}", 75)


def test_a_bug_keeps_the_lines_that_it_came_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "worker_count", lambda: 2)

    with pytest.raises(ZeroDivisionError) as raised:
        pool.spread(lambda item: 1 // (item - 200), range(500))

    assert "item - 200" in "".join(raised.value.__notes__)


def test_a_process_that_dies_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the kernel, say, for want of memory."""
    monkeypatch.setattr(pool, "worker_count", lambda: 2)
    here = os.getpid()

    def work(item: int) -> int:
        if item == 300 and os.getpid() != here:
            os.kill(os.getpid(), signal.SIGKILL)
        return item

    with pytest.raises(RuntimeError, match="memory"):
        pool.spread(work, range(500))


# --- One build ---


def test_more_cores_give_the_same_bytes(corpus: Path, tmp_path: Path) -> None:
    if len(os.sched_getaffinity(0)) < 2:
        pytest.skip("this machine has one core")
    options = ("--no-cache", "--format", "web", "--format", "text", "--format", "post")
    with contextlib.ExitStack() as builds:
        with on_one_core():
            alone = builds.enter_context(start_build(corpus, *options, "--output", str(tmp_path / "alone")))
        shared = builds.enter_context(start_build(corpus, *options, "--output", str(tmp_path / "shared")))
        said = [process.communicate() for process in (alone, shared)]

    assert [(process.returncode, err) for process, (_, err) in zip((alone, shared), said, strict=True)] == [(0, "")] * 2
    assert len(tree(tmp_path / "alone")) > 3 * ISSUES
    assert differences(tree(tmp_path / "alone"), tree(tmp_path / "shared")) == []


@examples(2)
@given(moment=SECONDS)
def test_an_interrupted_build_leaves_nothing_behind(
    moment: float, corpus: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Ctrl-C reaches all processes of a terminal's group."""
    project = tmp_path_factory.mktemp("interrupted") / "project"
    shutil.copytree(corpus, project)
    with start_build(project, "--format", "web") as process:
        wait_until_it_builds(process, project)
        time.sleep(moment)
        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=30)

        assert not is_alive(process.pid)
    assert "Traceback" not in err
    assert process.returncode in {0, 1, 130, -signal.SIGINT}, err  # it may have been done already
    assert process.returncode == 0 or "Aborted!" in err or not err
    assert leftovers(project) == []


@examples(2)
@given(moment=SECONDS)
def test_the_processes_of_a_build_that_was_ended_end_too(
    moment: float, corpus: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """As systemd and timeouts of cron end it: nobody tells its processes."""
    project = tmp_path_factory.mktemp("ended") / "project"
    shutil.copytree(corpus, project)
    with start_build(project, "--format", "web") as process:
        wait_until_it_builds(process, project)
        time.sleep(moment)
        process.terminate()
        _, err = process.communicate(timeout=30)

        assert ends_soon(process.pid)
    assert "Traceback" not in err


# --- Builds that are killed, and builds that meet ---


@examples(2)
@given(
    moment=SECONDS,
    edit=st.sampled_from(sorted(INPUTS)),
    options=st.sampled_from([(), ("--format", "web"), ("--date", "yesterday")]),
)
def test_what_a_killed_build_leaves_is_mended_by_the_next(
    moment: float,
    edit: str,
    options: tuple[str, ...],
    whole: Path,
    commands: Commands,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Killed in its first build, then in one after an edit."""
    project = tmp_path_factory.mktemp("killed") / "project"
    shutil.copytree(whole, project)
    for change in (lambda _: None, INPUTS[edit]):
        change(project)
        with start_build(project, *options) as process:
            time.sleep(moment)
            kill(process)
        commands.run(project, "build", *options)
        assert_fresh(commands, project)
        assert leftovers(project) == []


@examples(2)
@given(edits=st.lists(st.sampled_from(sorted(INPUTS)), min_size=2, max_size=4, unique=True), data=st.data())
def test_builds_at_the_same_time_leave_what_the_next_brings_up_to_date(
    edits: list[str],
    data: st.DataObject,
    whole: Path,
    commands: Commands,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Of several days, with edits in between."""
    project = tmp_path_factory.mktemp("meeting") / "project"
    shutil.copytree(whole, project)
    with contextlib.ExitStack() as builds:
        started = []
        for edit in edits:
            now = data.draw(st.sampled_from([NOON, NEXT_DAY, "2026-11-19T12:00"]), label="now")
            started.append(builds.enter_context(start_build(project, now=now)))
            time.sleep(data.draw(st.floats(0, 0.7), label="pause"))
            with contextlib.suppress(AssertionError):  # another edit has taken its place
                INPUTS[edit](project)
        said = [process.communicate()[1] for process in started]
    # Two edits may make a mistake together, for which the files of an earlier build stay.
    assume(commands.run(project, "build", "--no-cache", "--output", FRESH).status == 0)

    for process, err in zip(started, said, strict=True):
        # A file that changes while it is read ends a build: it is run again.
        assert process.returncode in {0, 75}, err
        assert "Traceback" not in err
    assert_fresh(commands, project)
    assert leftovers(project) == []


def test_pages_that_another_build_adds_meanwhile_are_removed_by_the_next(
    whole: Path, commands: Commands, tmp_path: Path
) -> None:
    """Even if nothing else is left to do then; they might be newer, so the one that meets them leaves them."""
    project = tmp_path / "project"
    shutil.copytree(whole, project)
    manifest, page = project / "output/.manifest", project / "output/site/issues/2026-11-30/index.html"
    with start_build(project) as process:
        while process.poll() is None and not manifest.exists():
            time.sleep(0.01)
        with manifest.open("a") as stream:
            stream.write("site/issues/2026-11-30/index.html\n")
        write(page, "of another day")
        process.communicate()
    left = page.exists()

    run = commands.run(project, "build")

    assert (left, run.status, ", 1 removed\n" in run.out, page.parent.exists()) == (True, 0, True, False)


def test_builds_that_meet_all_the_time_neither_fail_nor_leave_anything(tmp_path: Path) -> None:
    """In each round each makes a few pages of all, and removes the others."""

    def build_often(step: int) -> None:
        for number in range(step, step * 100, step):
            paths = [f"site/{page % 11}/{page % 7}/index.html" for page in range(number, number + 4)]
            batches = [Batch(path, b"", lambda path=path: [OutputFile(path, b"")]) for path in paths]
            write_pages(tmp_path, batches, NO_CACHE, complete=("site/",))

    fork = multiprocessing.get_context("fork")
    builders = [fork.Process(target=build_often, args=(step,)) for step in (1, 2, 3)]
    for builder in builders:
        builder.start()
    for builder in builders:
        builder.join()
    write_pages(tmp_path, [], NO_CACHE, complete=("site/",))

    assert [builder.exitcode for builder in builders] == [0, 0, 0]
    assert tree(tmp_path) == {".manifest": b""}


@examples(2)
@given(pauses=st.lists(st.floats(0, 0.02), min_size=30, max_size=60))
def test_a_file_that_is_written_all_the_time_is_never_stale(
    pauses: list[float], whole: Path, commands: Commands, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """In place and with the same size, so that only its times tell, and they are as coarse as the clock's ticks."""
    project = tmp_path_factory.mktemp("written") / "project"
    shutil.copytree(whole, project)
    path = project / "content/features/tool.yml"
    swap(path, "Use it.", "Use it 000.")
    text = path.read_bytes()
    with start_build(project) as process:
        for number, pause in enumerate(pauses, 1):
            path.write_bytes(text.replace(b"000", b"%03d" % number))
            time.sleep(pause)
        process.communicate()

    assert process.returncode in {0, 1, 75}  # half a file is a broken one
    assert_fresh(commands, project)
