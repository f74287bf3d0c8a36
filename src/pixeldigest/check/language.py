"""Whether there are words for the newsletter's language."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pixeldigest.check.finding import Finding
from pixeldigest.library import SETTINGS_FILE
from pixeldigest.words import languages, speaks


def check_language(project: Path, language: str) -> Iterator[Finding]:
    """Find a language without words; they lie beside the content, so that this needs more than a library."""
    if not speaks(project, language):
        known = ", ".join(f"'{one}'" for one in languages(project))
        message = f"there are no words for the language '{language}'"
        hint = f"use one of {known}, or write templates/words.{language}.yml"
        yield Finding("language", message, hint, SETTINGS_FILE, ("language",))
