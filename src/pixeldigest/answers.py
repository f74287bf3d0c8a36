"""What a build said, to be said again without any work where all is as it was.

Cron and editors mostly build what is built already. To find that out takes a look at each file; loading what builds
(pydantic, Jinja2, Markdown) takes ten times as long. So this is asked first, before anything else is imported.
"""

from __future__ import annotations

import contextlib
import marshal
import os
import sys
import time

from pixeldigest.sealed import keep_value, read_clock, read_value
from pixeldigest.stamps import Stamp, digest_of, fingerprint, is_as_it_was, scan

CACHE_FOLDER = ".pixeldigest/cache"
# So many of the latest are kept, each for another command line.
_MOST = 20


class Answer:
    """What a command said where nothing was left to do, and the files that it had made.

    It holds from the moment `since` until `until` (in s since 1970), while its day lasts.
    """

    __slots__ = ("err", "files", "out", "since", "until")

    def __init__(self, out: str, err: str, files: tuple[tuple[str, Stamp], ...], since: float, until: float) -> None:
        self.out, self.err, self.files, self.since, self.until = out, err, files, since, until


class Question:
    """A command line, and how everything looked that its answer depends on before anything was read."""

    __slots__ = ("_cache", "_inputs", "_looks", "_moment", "_name", "_program")

    def __init__(self, arguments: list[str]) -> None:
        project = _project_of(arguments)
        self._cache = f"{project}/{CACHE_FOLDER}"
        self._name = f"answers/{digest_of(repr((os.getcwd(), arguments)).encode()).hex()}"
        self._program = fingerprint()
        self._moment = 0
        with contextlib.suppress(OSError):
            self._moment = read_clock(self._cache) if os.path.isdir(f"{project}/content") else 0
        packaged = f"{os.path.dirname(__file__)}/templates"
        trees = (f"{project}/content", f"{project}/templates", os.path.realpath(packaged))
        self._looks = [one for tree in trees for one in scan(tree)]
        self._inputs = digest_of(marshal.dumps(self._looks, 2))  # in this version equal values are equal bytes

    def answer(self) -> Answer | None:
        """Find the answer, where nothing has changed since it was given."""
        kept = read_value(self._cache, self._name, self._program)
        if not isinstance(kept, tuple) or kept[0] != self._inputs:
            return None
        answer = Answer(*kept[1:])
        there = all(is_as_it_was(path, stamp) for path, stamp in answer.files)
        return answer if there and answer.since <= time.time() < answer.until else None

    def keep(self, answer: Answer) -> None:
        """Keep an answer for the next time; what changed as it was looked at could change again and look the same."""
        if any(max(stamp[:2]) >= self._moment for _, stamp in self._looks):
            return
        plain = (self._inputs, answer.out, answer.err, answer.files, answer.since, answer.until)
        with contextlib.suppress(OSError):
            keep_value(self._cache, self._name, plain, self._program, most=_MOST)


def ask(arguments: list[str]) -> Question | None:
    """Ask for the answer to a command line; None where it is not one whose answer is kept."""
    return Question(arguments) if "build" in arguments and "--no-cache" not in arguments else None


def say(answer: Answer) -> None:
    """Say what the command said."""
    for stream, text in ((sys.stderr, answer.err), (sys.stdout, answer.out)):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
        stream.write(text)


def _project_of(arguments: list[str]) -> str:
    """Find the project that a command line names; the last one counts."""
    project = "."
    for argument, value in zip(arguments, [*arguments[1:], "."], strict=True):
        if argument == "build":
            break
        if argument.startswith("-C"):
            project = argument[2:] or value
    return project
