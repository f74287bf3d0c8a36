"""Run a command and measure it: CPU time of all its processes, wall time, peak memory, and the files it wrote."""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple, Self

_SAMPLE_SECONDS = 0.05


class Cost(NamedTuple):
    """What a command cost; memory in bytes, of its largest process and of all at the same moment."""

    cpu: float
    wall: float
    largest: float
    whole: float
    files: float


def measure(command: Sequence[str | Path], folder: Path, output: Path, env: Mapping[str, str] | None = None) -> Cost:
    """Run a command in a folder; raises CalledProcessError with what it said where it fails."""
    before = dict(_stamps(output))
    with tempfile.TemporaryFile() as said:
        started = time.perf_counter()
        # All programs may keep their compiled modules, as they do where nobody forbids it.
        surroundings = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        process = subprocess.Popen(command, cwd=folder, env={**surroundings, **(env or {})}, stdout=said, stderr=said)
        with _TreeMemory(process.pid) as memory:
            _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            raise subprocess.CalledProcessError(process.returncode, command, said.read())
    largest = used.ru_maxrss * 1024
    written = sum(before.get(path) != stamp for path, stamp in _stamps(output))
    return Cost(used.ru_utime + used.ru_stime, wall, largest, max(largest, memory.peak), written)


def middle(costs: Sequence[Cost]) -> Cost:
    """Take the median of each figure."""
    return Cost(*(median(figures) for figures in zip(*costs, strict=True)))


def _stamps(folder: Path) -> Iterator[tuple[str, tuple[int, int]]]:
    for root, _, names in os.walk(folder):
        for name in names:
            path = Path(root, name)
            found = path.stat()
            yield str(path), (found.st_mtime_ns, found.st_ino)


class _TreeMemory:
    """Watches the memory of a process and its children where /proc tells it; 0 while there is one process only.

    Shared pages count once: after a fork most pages are. Looking takes time from the process that is looked at,
    so a single process, whose peak the kernel knows, is left alone.
    """

    def __init__(self, pid: int) -> None:
        self.peak = 0
        self._pid = pid
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(_SAMPLE_SECONDS):
            pids = list(_descendants(self._pid))
            if len(pids) > 1:
                self.peak = max(self.peak, sum(map(_proportional_size, pids)))


def _descendants(pid: int) -> Iterator[int]:
    yield pid
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found = children.read_text()
        except OSError:  # it has ended
            continue
        for child in found.split():
            yield from _descendants(int(child))


def _proportional_size(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
