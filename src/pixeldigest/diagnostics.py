"""What is wrong in the content, as values, and how it is printed."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from itertools import takewhile
from operator import eq
from typing import Literal

Severity = Literal["error", "warning"]
# What is painted on a terminal: what is wrong, as bad as it is, the frame around it, and the heads of groups.
Tone = Literal["error", "warning", "frame", "head"]
Paint = Callable[[str, Tone], str]

# Exit statuses of the command line (DESIGN, "Commands"); settings count as worst.
EXIT_CONTENT = 1
EXIT_USAGE = 2
EXIT_BUG = 70
EXIT_AGAIN = 75
EXIT_SETTINGS = 78


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of one line of one file; line and column count from 1."""

    path: str
    line: int = 1
    column: int = 1
    width: int = 1
    excerpt: str = ""


@dataclass(frozen=True, slots=True)
class Replacement:
    """A stretch of a file, and what belongs in its place; line and column count from 1."""

    line: int
    column: int
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Fix:
    """What mends a fault beyond doubt: replacements, all of them or none, or another name for the file."""

    replacements: tuple[Replacement, ...] = ()
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One thing wrong in the content; `hint` is the way out and completes the message's sentence."""

    rule: str
    message: str
    hint: str
    place: Place
    severity: Severity = "error"
    fix: Fix | None = None


class UserError(Exception):
    """Something that a person can fix, printed without a traceback; `status` is the exit status."""

    def __init__(self, message: str, *, status: int = EXIT_CONTENT, diagnostics: Iterable[Diagnostic] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.diagnostics = tuple(diagnostics)


def sort_diagnostics(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Order diagnostics by file and position, and drop what is said twice."""
    return tuple(
        sorted(
            set(diagnostics),
            key=lambda one: (one.place.path, one.place.line, one.place.column, one.rule, one.message),
        )
    )


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    """Tell whether any of them is an error."""
    return any(one.severity == "error" for one in diagnostics)


def without_paint(text: str, _: Tone) -> str:
    """Leave a text as it is, for all that is no terminal."""
    return text


def with_paint(text: str, tone: Tone) -> str:
    """Paint a text for a terminal."""
    return f"{_PAINTS[tone]}{text}\x1b[0m"


# As ECMA-48 has it: red (31), yellow (33), blue (34), bold (1), underlined (4).
_PAINTS: Mapping[Tone, str] = {
    "error": "\x1b[31m\x1b[1m",
    "warning": "\x1b[33m\x1b[1m",
    "frame": "\x1b[34m",
    "head": "\x1b[1m\x1b[4m",
}


def format_diagnostic(diagnostic: Diagnostic, paint: Paint = without_paint) -> str:
    """Render one diagnostic for a terminal, with the source line and a marker under the fault."""
    place, tone = diagnostic.place, diagnostic.severity
    sentence = _one_line(f"{diagnostic.message}; {diagnostic.hint}" if diagnostic.hint else diagnostic.message)
    label = paint(f"{diagnostic.severity}[{diagnostic.rule}]", tone)
    head = f"{label}: {sentence}\n  {paint('-->', 'frame')} {place.path}:{place.line}:{place.column}"
    if not place.excerpt:
        return head
    excerpt, column = _shorten(place.excerpt, place.column)
    number, gutter = paint(f"{place.line} |", "frame"), paint(f"{' ' * len(str(place.line))} |", "frame")
    fault = excerpt[column - 1 : column - 1 + place.width]
    marker = " " * _screen_width(excerpt[: column - 1]) + paint("^" * max(1, _screen_width(fault)), tone)
    return f"{head}\n  {number} {excerpt}\n  {gutter} {marker}"


def format_github(diagnostic: Diagnostic) -> str:
    """Render one diagnostic as a workflow command, which GitHub shows at the line of a pull request."""
    place = diagnostic.place
    text = _escape_github(f"{diagnostic.message}; {diagnostic.hint}" if diagnostic.hint else diagnostic.message)
    file = _escape_github(place.path).replace(":", "%3A").replace(",", "%2C")
    return f"::{diagnostic.severity} file={file},line={place.line},col={place.column},title={diagnostic.rule}::{text}"


def diagnostics_as_data(diagnostics: Iterable[Diagnostic]) -> list[dict[str, object]]:
    """Flatten diagnostics for JSON."""
    flat = [{**asdict(one), **asdict(one.place)} for one in diagnostics]
    for one in flat:
        del one["place"]
    return flat


def nearest(word: str, choices: Iterable[str]) -> str | None:
    """Find the choice that was probably meant; letters' case does not matter."""
    by_folded = {choice.casefold(): choice for choice in sorted(choices)}
    near = difflib.get_close_matches(word[:100].casefold(), by_folded, n=1, cutoff=0.6)
    return by_folded[near[0]] if near else None


def unmistakable(word: str, choices: Iterable[str]) -> str | None:
    """Find the choice that was meant beyond doubt: the only one of which no more than a letter or a swap is wrong."""
    near = [choice for choice in choices if _is_one_slip(word.casefold(), choice.casefold())]
    return near[0] if len(near) == 1 else None


def _is_one_slip(one: str, two: str) -> bool:
    """Tell whether two words differ in one letter at most, or in two neighbours that changed places."""
    start = sum(takewhile(bool, map(eq, one, two)))
    end = sum(takewhile(bool, map(eq, reversed(one[start:]), reversed(two[start:]))))
    one, two = one[start : len(one) - end], two[start : len(two) - end]
    return max(len(one), len(two)) <= 1 or (len(one) == 2 and one == two[::-1])


def suggest(word: str, choices: Collection[str], *, otherwise: str = "") -> str:
    """Propose the nearest of the choices; without one say `otherwise`, or name all choices."""
    if near := nearest(word, choices):
        return f"did you mean '{near}'?"
    return otherwise or (f"use {_list_words(list(choices))}" if choices else "")


def _one_line(sentence: str) -> str:
    """Show what cannot be seen in a value that a message quotes as a space: one message is one line."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", sentence)


def _list_words(words: list[str]) -> str:
    quoted = [f"'{word}'" for word in words]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"


def _shorten(excerpt: str, column: int, *, width: int = 110) -> tuple[str, int]:
    """Cut a long line around the column, so that the marker still stands under the fault."""
    if len(excerpt) <= width:
        return excerpt, column
    start = max(0, min(column - 1 - width // 2, len(excerpt) - width))
    end = min(len(excerpt), start + width)
    head, tail = "…" if start else "", "…" if end < len(excerpt) else ""
    return f"{head}{excerpt[start:end]}{tail}", column - start + len(head)


def _screen_width(text: str) -> int:
    """Count the columns that a text takes on a terminal: wide characters take two, combining ones none."""
    return sum(0 if unicodedata.combining(one) else 1 + (unicodedata.east_asian_width(one) in "WF") for one in text)


def _escape_github(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
