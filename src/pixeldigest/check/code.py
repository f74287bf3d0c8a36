"""What can be said of a problem's code without running it."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator

from pixeldigest.check.finding import Finding
from pixeldigest.content import Entry, Problem
from pixeldigest.yamlfile import Keys


def check_syntax(entry: Entry, file: str) -> Iterator[Finding]:
    """Report code that Python cannot parse, where it cannot."""
    if not isinstance(entry, Problem) or entry.language is None:
        return
    for keys, code in _codes_of(entry):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                ast.parse(code)
        except SyntaxError as error:
            yield Finding("syntax", _say(error), "mend it here or just before", file, keys, _offset_of(error, code))
        except (ValueError, MemoryError, RecursionError):  # NULs, or thousands of brackets
            yield Finding("syntax", "this does not parse as Python", "shorten it", file, keys)


def _codes_of(problem: Problem) -> Iterator[tuple[Keys, str]]:
    for field in ("setup", "starter", "solution"):
        if code := getattr(problem, field):
            yield (field,), code
    for index, wrong in enumerate(problem.wrong_answers):
        yield ("wrong_answers", index, "code"), wrong.code


def _say(error: SyntaxError) -> str:
    # Lines are counted in the code there, not in the file.
    said = re.sub(r" on line \d+", "", error.msg.removeprefix("invalid syntax").lstrip(". "))
    return f"this does not parse as Python: {said[:1].lower()}{said[1:]}" if said else "this does not parse as Python"


def _offset_of(error: SyntaxError, code: str) -> int:
    """Find the character at fault; Python counts lines and columns from 1, and may point behind the end."""
    lines = code.splitlines(keepends=True)
    line = min(error.lineno or 1, len(lines)) - 1
    column = min((error.offset or 1) - 1, len(lines[line].rstrip("\n"))) if lines else 0
    return sum(map(len, lines[:line])) + max(0, column)
