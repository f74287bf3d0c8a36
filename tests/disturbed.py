"""The real command, disturbed (see steps.py)."""

from __future__ import annotations

import atexit
import contextlib
import functools
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from steps import STOPPED, Disturbance

UNDISTURBED = Disturbance()


class Disturbed(NamedTuple):
    """What a run came to: a negative status is the signal that ended it, and `steps` are those that it reached."""

    status: int | str
    out: str
    err: str
    steps: tuple[str, ...]


class Wish(NamedTuple):
    """A run that is wanted."""

    project: Path
    arguments: Sequence[str] = ("publish",)
    now: str = ""
    environment: Mapping[str, str] = MappingProxyType({})
    disturbance: Disturbance = UNDISTURBED


class Disturber(NamedTuple):
    """The process that runs commands, and a folder for what they say."""

    process: subprocess.Popen[str]
    said: Path

    def run(self, *wishes: Wish) -> list[Disturbed]:
        """Run commands at the same moment."""
        places = [self.said / str(number) for number, _ in enumerate(wishes)]
        for place in places:
            place.with_suffix(".steps").write_bytes(b"")
        statuses = self._ask([_ask_for(wish, place) for wish, place in zip(wishes, places, strict=True)])
        return [_read(status, place) for status, place in zip(statuses, places, strict=True)]

    def resume(self) -> int | str:
        """Let a run go on that is stopped."""
        return self._ask("resume")[0]

    def _ask(self, asked: object) -> list[int | str]:
        print(json.dumps(asked), file=self.process.stdin, flush=True)
        answer: list[int | str] = json.loads(self.process.stdout.readline())
        return answer


def _ask_for(wish: Wish, place: Path) -> dict[str, Any]:
    return {
        "folder": str(wish.project),
        "words": ["--now", wish.now, *wish.arguments],
        "environment": dict(wish.environment),
        "out": str(place.with_suffix(".out")),
        "err": str(place.with_suffix(".err")),
        "steps": str(place.with_suffix(".steps")),
        "disturbance": wish.disturbance._asdict(),
    }


def _read(status: int | str, place: Path) -> Disturbed:
    texts = [_text(place.with_suffix(suffix)) for suffix in (".out", ".err", ".steps")]
    return Disturbed(status, texts[0], texts[1], tuple(texts[2].splitlines()))


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


@contextlib.contextmanager
def start_disturber() -> Iterator[Disturber]:
    """Start the process that runs commands."""
    server = Path(__file__).with_name("steps.py")
    with (
        tempfile.TemporaryDirectory() as said,
        subprocess.Popen([sys.executable, server], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process,
    ):
        yield Disturber(process, Path(said))
        process.stdin.close()


@functools.cache
def disturber() -> Disturber:
    """Start one process for all tests that this one runs."""
    stack = contextlib.ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(start_disturber())


__all__ = ["STOPPED", "UNDISTURBED", "Disturbance", "Disturbed", "Disturber", "Wish", "disturber", "start_disturber"]
