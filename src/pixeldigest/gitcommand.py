"""git, run in one way: it asks nobody for a password, speaks English, and what it says holds no secret."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from pixeldigest.diagnostics import EXIT_AGAIN, EXIT_SETTINGS, UserError

# What a hook that calls us has set for the repository that it runs in; ours is the one that the folder lies in.
_OF_ANOTHER = (
    "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_NAMESPACE", "GIT_QUARANTINE_PATH",
)  # fmt: skip
_OWN = {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "GIT_LITERAL_PATHSPECS": "1"}
# Seconds after which a remote that does not answer is left alone: longer than a first push takes over a slow line.
_LONGEST = 1800.0
_NOISE = re.compile(r"\W*\Z|@|hint:|warning:|note:|to \S+\Z|remote:\s*\Z", re.IGNORECASE)
_LABEL = re.compile(r"(?:(?:fatal|error|remote):\s*)+", re.IGNORECASE)
# Up to the last "@", since a password may hold anything.
_USER = re.compile(r"(?<=://)[^\s'\"]*@")


class NoGitError(UserError):
    """git is not installed."""

    def __init__(self) -> None:
        super().__init__("git is not installed; install it", status=EXIT_SETTINGS)


class GitFailedError(UserError):
    """git could not do what it always can, but for a disk or a repository that is broken or in use."""


@dataclass(frozen=True, slots=True)
class Done:
    """What git did: its status, what it printed, and what it said beside that."""

    status: int
    out: bytes = field(repr=False)
    said: str

    @property
    def line(self) -> str:
        """What it printed, as one text."""
        return os.fsdecode(self.out).strip()

    @property
    def reason(self) -> str:
        """The line that tells why it failed."""
        lines = [line.strip() for line in self.said.splitlines() if not _NOISE.match(line)]
        return _LABEL.sub("", lines[0], count=1) if lines else "git says nothing"


@dataclass(frozen=True, slots=True)
class Git:
    """git in a folder, with settings and variables of its own; nothing shows them, since they may be secret."""

    folder: Path
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)
    settings: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)

    def given(self, **variables: str) -> Git:
        """Set variables, beside those that are set."""
        return replace(self, variables={**self.variables, **variables})

    def run(self, *arguments: str, stdin: bytes = b"") -> Done:
        """Run git, whatever it comes to; raises NoGitError."""
        try:
            done = subprocess.run(
                ["git", *arguments],  # noqa: S607 - git is where the user has it
                cwd=self.folder,
                input=stdin,
                capture_output=True,
                check=False,
                env={**_environment_of(self.environment, self.settings), **self.variables},
                timeout=_LONGEST,
            )
        except FileNotFoundError as error:
            if error.filename == "git":
                raise NoGitError from error
            return Done(128, b"", f"'{self.folder}' does not exist")
        except subprocess.TimeoutExpired:
            return Done(128, b"", f"'git {arguments[0]}' took more than {_LONGEST:.0f} seconds")
        return Done(done.returncode, done.stdout, without_user(os.fsdecode(done.stderr)))

    def ask(self, *arguments: str, stdin: bytes = b"") -> str:
        """Run git and return the line that it prints; raises GitFailedError."""
        done = self.run(*arguments, stdin=stdin)
        if done.status:
            way = "; if no other git is at work there, delete that file" if ".lock': File exists" in done.said else ""
            message = f"'git {arguments[0]}' fails in '{self.folder}': {done.reason}{way}"
            raise GitFailedError(message, status=EXIT_AGAIN)
        return done.line


def without_user(text: str) -> str:
    """Leave the user and the password, or token, out of all addresses in a text."""
    return _USER.sub("", text)


def _environment_of(environment: Mapping[str, str], settings: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """Add settings to an environment, behind those it has: unlike arguments, other users cannot see them."""
    count = environment.get("GIT_CONFIG_COUNT", "")
    first = int(count) if count.isdecimal() else 0
    numbered = {
        f"GIT_CONFIG_{part}_{number}": text
        for number, setting in enumerate(settings, first)
        for part, text in zip(("KEY", "VALUE"), setting, strict=True)
    }
    kept = {name: text for name, text in environment.items() if name not in _OF_ANOTHER}
    return {**kept, **_OWN, **numbered, "GIT_CONFIG_COUNT": str(first + len(settings))}
