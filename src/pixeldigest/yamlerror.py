"""What is wrong with a YAML text, said in words that help an editor instead of the parser's."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import yaml

# Spaces that look like YAML's and are none; they come with text that is copied from web pages.
_ODD_SPACE = re.compile(
    r"^[ ]*([\u00a0\u2000-\u200b\u202f\u3000\ufeff])|[\w-]:[ ]*([\u00a0\u2000-\u200b\u202f\u3000\ufeff])"
)
_WITHOUT_WIDTH = "\u200b\ufeff"
_NO_SPACE = re.compile(r"^[ ]*(?:- +)*[A-Za-z_][\w-]*(:)[^\s/:][^:]*$")
_IN_QUOTES = "put the whole text in single quotes"
_LETTERS_QUOTES = "“”„‘’‚«»"
_STRAIGHT_QUOTES = "put it in straight quotes ('): curly ones are letters to YAML"
_OPEN_QUOTE = "close it where the text ends, or write the text in a '|' block"


class YamlError(Exception):
    """YAML that is broken or outside the accepted part; positions count from 0.

    `mend` is what stands there, and what was meant beyond doubt.
    """

    def __init__(
        self,
        rule: str,
        message: str,
        hint: str,
        line: int,
        column: int,
        width: int = 1,
        *,
        mend: tuple[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.rule, self.message, self.hint = rule, message, hint
        self.line, self.column, self.width = line, column, width
        self.mend = mend


class _Scene(NamedTuple):
    """What the parser says, and where: `at` is where it stopped, `since` where what it was reading begins."""

    problem: str
    reading: str
    at: tuple[int, int]
    since: tuple[int, int]
    lines: list[str]
    before: Any

    @property
    def source(self) -> str:
        """The line on which it stopped."""
        return self.line(self.at[0])

    def line(self, number: int) -> str:
        """Any line; empty past the end."""
        return self.lines[number] if 0 <= number < len(self.lines) else ""

    @property
    def line_before(self) -> int:
        """The number of the last line above that is not blank."""
        number = self.at[0] - 1
        while number > 0 and not self.line(number).strip():
            number -= 1
        return number


def explain_error(error: yaml.MarkedYAMLError, text: str, before: yaml.Event | None) -> YamlError:
    """Translate the parser's error; `before` is the last event that it gave."""
    mark = error.problem_mark or error.context_mark
    start = error.context_mark or mark
    scene = _Scene(
        error.problem or "it does not parse",
        error.context or "",
        (mark.line, mark.column) if mark else (0, 0),
        (start.line, start.column) if start else (0, 0),
        text.split("\n"),
        before,
    )
    for explain in _EXPLANATIONS:
        if fault := explain(scene):
            return fault
    return _fault(f"this does not parse as YAML ({scene.problem})", "compare it with another entry", scene.at)


def _fault(
    message: str, hint: str, place: tuple[int, int], width: int = 1, mend: tuple[str, str] | None = None
) -> YamlError:
    return YamlError("yaml", message, hint, *place, width, mend=mend)


def _odd_space(scene: _Scene) -> YamlError | None:
    for number in (scene.line_before, scene.at[0]):
        if found := _ODD_SPACE.search(scene.line(number)):
            at = found.start(1) if found[1] else found.start(2)
            sign = scene.line(number)[at]
            message = f"this is U+{ord(sign):04X}, which looks like a space and is none"
            mend = None if found[1] and sign in _WITHOUT_WIDTH else (sign, " ")
            return _fault(message, "replace it with an ordinary space", (number, at), mend=mend)
    return None


def _tab(scene: _Scene) -> YamlError | None:
    blank = scene.source[: len(scene.source) - len(scene.source.lstrip(" \t"))]
    tab = blank.find("\t")
    starts_with_tab = "cannot start any token" in scene.problem and tab >= 0 and scene.at[1] <= len(blank)
    if "tab character" in scene.problem or starts_with_tab:
        return _fault("a tab indents this line", "replace it with spaces", (scene.at[0], max(0, tab)))
    return None


def _quoted(scene: _Scene) -> YamlError | None:
    """Explain what goes wrong between quotes: mostly the closing one is missing."""
    if "quoted scalar" not in scene.reading:
        return None
    if scene.at[0] != scene.since[0] or "end of stream" in scene.problem:
        return _fault("the quote that opens here is not closed", _OPEN_QUOTE, scene.since)
    return _fault("in double quotes a backslash has a meaning of its own", "use single quotes instead", scene.at, 2)


def _after_value(scene: _Scene) -> YamlError | None:
    """Explain text that follows a closing quote or bracket on its line."""
    before = scene.before
    if before is None or not re.search("expected key|document start|expected ',' or|expected '-'", scene.problem):
        return None
    end = before.end_mark
    if end.line != scene.at[0] or scene.source[end.column : scene.at[1]].strip():
        return None
    width = len(scene.source.rstrip()) - scene.at[1]
    bracket = scene.source[end.column - 1 : end.column] if end.column else ""
    if isinstance(before, yaml.CollectionEndEvent) and bracket in ("]", "}"):
        return _fault(f"text follows the closing '{bracket}'", f"{_IN_QUOTES}, or delete what follows", scene.at, width)
    start = before.start_mark
    if not isinstance(before, yaml.ScalarEvent) or before.style not in ("'", '"'):
        return None
    if start.line != end.line:
        message = f"the quote that opens here is not closed before line {end.line + 1}"
        return _fault(message, _OPEN_QUOTE, (start.line, start.column))
    if "expected ','" in scene.problem:
        return None
    return _fault("text follows the closing quote", "put the whole text in quotes of the other kind", scene.at, width)


def _bracket(scene: _Scene) -> YamlError | None:
    if (
        "expected node content" in scene.problem
        and not "".join((scene.source[scene.at[1] :], *scene.lines[scene.at[0] + 1 :])).strip()
    ):
        return _never_closed(scene, _open_bracket(scene))
    if "expected ',' or" not in scene.problem:
        return None
    opening = scene.line(scene.since[0])[scene.since[1] : scene.since[1] + 1]
    closing = "]" if opening == "[" else "}"
    if scene.at[0] == scene.since[0] and scene.source[scene.at[1] :].strip():
        message = f"a ',' or the closing '{closing}' is missing before this"
        return _fault(message, "add it, or put the text in quotes", scene.at)
    return _never_closed(scene, scene.since)


def _never_closed(scene: _Scene, place: tuple[int, int]) -> YamlError:
    opening = scene.line(place[0])[place[1] : place[1] + 1]
    closing = "]" if opening == "[" else "}"
    return _fault(f"this '{opening}' is never closed", f"add the '{closing}', or put the text in quotes", place)


def _open_bracket(scene: _Scene) -> tuple[int, int]:
    """Find the last bracket that is still open at the end of the text."""
    open_ones: list[tuple[int, int]] = []
    for number, line in enumerate(scene.lines):
        for column, character in enumerate(line):
            if character in "[{":
                open_ones.append((number, column))
            elif character in "]}" and open_ones:
                open_ones.pop()
    return open_ones[-1] if open_ones else scene.at


def _second_colon(scene: _Scene) -> YamlError | None:
    """Explain a ': ' where none may stand; often the fault is in the line above."""
    if "mapping values are not allowed" not in scene.problem:
        return None
    above = _NO_SPACE.match(scene.line(scene.line_before))
    head = scene.source[: scene.at[1]]
    if value := re.match(r"\s*(?:- +)*[\w-]+:\s+(.)", head):
        hint = _STRAIGHT_QUOTES if value[1] in _LETTERS_QUOTES else _IN_QUOTES
        return _fault("a ': ' stands inside a text without quotes", hint, scene.at)
    if above:
        place = (scene.line_before, above.start(1))
        return _fault("a space is missing after this ':'", "write 'key: value'", place)
    message = "this key is indented further than the keys above it"
    start = len(head) - len(head.lstrip())
    return _fault(message, "give it the same indentation as they have", (scene.at[0], start), len(head.strip()))


def _no_key(scene: _Scene) -> YamlError | None:
    if "could not find expected ':'" not in scene.problem:
        return None
    line = scene.line(scene.since[0])
    if missing := _NO_SPACE.match(line):
        return _fault("a space is missing after this ':'", "write 'key: value'", (scene.since[0], missing.start(1)))
    return _without_key(line, scene.since)


def _without_key(line: str, place: tuple[int, int]) -> YamlError:
    if re.match(r" *-[^-\s]", line):
        return _fault("a space is missing behind this '-'", "write '- ' before each item", place)
    if re.match(r" *[*•–—] ", line):
        message = f"a '{line.lstrip()[0]}' does not start an item of a list here"
        return _fault(message, "write '- ', or indent the line if it continues the text above", place)
    hint = "indent it if it continues the text above, else write 'key: value'"
    return _fault("this line has no key", hint, place, len(line.rstrip()) - place[1])


def _bad_start(scene: _Scene) -> YamlError | None:
    """Explain characters that have a meaning for YAML at the start of a text."""
    place = scene.since if re.search("an alias|an anchor|a tag|a node", scene.reading) else scene.at
    line = scene.line(place[0])
    character = line[place[1] : place[1] + 1]
    starts = "cannot start any token" in scene.problem or "mapping keys are not allowed" in scene.problem
    if character and (starts or character in "*&!"):
        if not line[: place[1]].strip():
            return _without_key(line, place)
        return _fault(f"a text without quotes cannot start with '{character}'", _IN_QUOTES, place)
    return None


def _misaligned(scene: _Scene) -> YamlError | None:
    if "expected key" in scene.problem:
        if scene.source.lstrip().startswith("- "):
            if scene.line(scene.line_before).lstrip().startswith("- "):
                return _fault("this '- ' is not aligned with those above it", "align it with them", scene.at)
            hint = "write its key above it, or indent it below the key it belongs to"
            return _fault("a list item stands where a key should be", hint, scene.at)
        hint = "give it the same indentation as they have"
        return _fault("this line is not aligned with the keys above it", hint, scene.at)
    if "expected '-' indicator" in scene.problem:
        hint = "align it with the keys of that item, or start it with '- '"
        return _fault("this line belongs neither to the list item above it nor to a new one", hint, scene.at)
    return None


def _document(scene: _Scene) -> YamlError | None:
    """Explain signs of YAML that entries have no use for: directives and the ends of documents."""
    numbers = range(min(scene.at[0], len(scene.lines) - 1), -1, -1)
    if "directive" in scene.reading or "directive" in scene.problem or "incompatible YAML" in scene.problem:
        number = next((one for one in numbers if scene.line(one).startswith("%")), scene.at[0])
    elif "document start" in scene.problem:
        number = next((one for one in numbers if re.match(r"%|\.\.\.", scene.line(one))), -1)
    else:
        return None
    if number < 0:
        first = next((one for one, line in enumerate(scene.lines) if line.strip() and line.lstrip()[0] != "#"), 0)
        if scene.line(first).startswith(" "):
            message = f"this line is indented, and line {scene.at[0] + 1} is not"
            return _fault(message, "delete the spaces before it", (first, 0))
        return _fault(
            "text follows the end of what this file holds", "start each line with a key, as in 'title: …'", scene.at
        )
    what = (
        "'...' ends a YAML document" if scene.line(number).startswith("...") else "a '%' here starts a YAML directive"
    )
    return _fault(
        what, "delete it, or indent it if it is part of a text", (number, 0), len(scene.line(number).rstrip())
    )


# For these the parser's words and place are enough to tell what is wrong.
_PHRASES: tuple[tuple[str, str, str], ...] = (
    (
        "block sequence entries",
        "a list cannot start on the line of its key",
        "put each '- ' on a line of its own below",
    ),
    (
        "comment or line break",
        "text stands behind '{sign}'",
        "start it on the next line, indented, or put all in quotes",
    ),
    ("unexpected ':'", "a ':' stands inside a text without quotes", _IN_QUOTES),
    ("indicator equal to 0", "the digit behind '|' counts the spaces of its indentation", "leave it out"),
    ("expected node content", "a value is missing before this", "write it, or delete a ',' or bracket too many"),
)


def _phrase(scene: _Scene) -> YamlError | None:
    sign = scene.line(scene.since[0])[scene.since[1] : scene.since[1] + 1]
    for fragment, message, hint in _PHRASES:
        if fragment in scene.problem:
            return _fault(message.replace("{sign}", sign), hint, scene.at)
    return None


_EXPLANATIONS: tuple[Callable[[_Scene], YamlError | None], ...] = (
    _odd_space,
    _tab,
    _quoted,
    _after_value,
    _bracket,
    _second_colon,
    _no_key,
    _document,
    _bad_start,
    _misaligned,
    _phrase,
)
