"""Work that is spread over processes where there is much of it; with little, starting them costs more than it saves."""

from __future__ import annotations

import gc
import os
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

Item = TypeVar("Item")
Result = TypeVar("Result")

# As many pieces of work, of a few milliseconds each, as pay for starting a process.
WORTH_A_PROCESS = 60


def spread(work: Callable[[Item], Result], items: Sequence[Item], *, worth: int = WORTH_A_PROCESS) -> list[Result]:
    """Apply a function to each item, and return what it gives in the same order; `worth` items pay for a process.

    Processes are forked, so that they have all that the function refers to; only results are sent, and must be what
    `pickle` takes. Each does its share and ends. Of the errors raised, the first item's is raised here.
    """
    count = min(worker_count(), len(items) // worth)
    if count < 2:
        return [work(item) for item in items]
    import multiprocessing  # noqa: PLC0415 - few runs have much to do

    fork = multiprocessing.get_context("fork")
    gc.freeze()  # what is shared stays shared: collecting it would write to it
    shares = []
    done: list[tuple[list[Result], BaseException | None]] = []
    try:
        for number in range(count):
            ours, theirs = fork.Pipe(duplex=False)
            process = fork.Process(target=_do_share, args=(work, items[number::count], theirs), daemon=True)
            # A key pressed in this moment shall not end the process before it knows what to do then.
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
            process.start()
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
            theirs.close()
            shares.append((process, ours))
        done = [_receive(ours) for _, ours in shares]
    finally:
        for process, ours in shares:
            ours.close()
            process.terminate()  # it has ended, unless this one was interrupted
            process.join()
        gc.unfreeze()
    failed = [(len(results) * count + number, error) for number, (results, error) in enumerate(done) if error]
    if failed:
        raise min(failed, key=lambda one: one[0])[1]
    return [done[index % count][0][index // count] for index in range(len(items))]


def worker_count() -> int:
    """Count the processes that can work at once; one where they cannot be forked safely."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else 1


def _do_share(work: Callable[[Item], Result], items: Sequence[Item], answer: Connection) -> None:
    """Work on a share of the items until one fails, and send what came of them."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that waits for this one sees to it
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    gc.disable()
    results: list[Result] = []
    error: BaseException | None = None
    try:
        results.extend(map(work, items))
    except Exception as raised:  # noqa: BLE001 - it is raised again where the work was asked for
        raised.add_note(traceback.format_exc())
        error = raised.with_traceback(None)
    answer.send((results, error))


def _receive(answer: Connection) -> tuple[list[Result], BaseException | None]:
    try:
        received: tuple[list[Result], BaseException | None] = answer.recv()
    except EOFError as error:
        raise RuntimeError("a process that shared the work has ended; is there enough memory?") from error
    return received
