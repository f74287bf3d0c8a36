"""Secrets of channels: from the environment or from files, never in YAML, and never shown."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from pixeldigest.channels.failures import SettingsError

_MOST = 100_000


class Secret:
    """A text that no log, repr or traceback shows; `reveal` is called where it is sent."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text itself."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(…)"


def read_secret(
    name: str, *, variable: str | None, file: str | None, environment: Mapping[str, str], project: Path
) -> Secret:
    """Read a secret from a variable or a file, without the white space around it.

    A file's name is meant below the project, or whole; one that other users can read is refused. Raises SettingsError.
    """
    if variable:
        text = environment.get(variable, "").strip()
        if not text:
            raise SettingsError(f"the environment variable '{variable}' is not set; it holds the {name}")
        return _checked(text, name, f"the environment variable '{variable}'")
    if not file:
        raise SettingsError(f"the {name} is missing; name the environment variable or the file that holds it")
    path, shown = project / file, _shown(project, file)
    try:
        with path.open(encoding="utf-8") as stream:
            if os.fstat(stream.fileno()).st_mode & 0o007:
                raise SettingsError(f"every user of this machine may read '{file}'; run 'chmod o= {file}'")
            text = stream.read(_MOST).strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = (error.strerror or "").lower() if isinstance(error, OSError) else "it is not UTF-8"
        raise SettingsError(f"{shown}, which holds the {name}, cannot be read: {reason}") from None
    if not text:
        raise SettingsError(f"'{file}' is empty; it holds the {name}")
    return _checked(text, name, f"'{file}'")


def _shown(project: Path, file: str) -> str:
    """Name a file, unless its name may be the secret itself, written into the wrong place."""
    is_path = "/" in file.strip("/") and (project / file).parent.is_dir()
    return f"'{file}'" if is_path or (project / file).exists() else "the file that is named"


def _checked(text: str, name: str, place: str) -> Secret:
    """Refuse what could not stand in a header: what is on a second line would become one of its own."""
    if not text.isprintable() or not text.isascii():
        raise SettingsError(f"{place} holds signs that the {name} cannot have; it is one line of ASCII")
    return Secret(text)
