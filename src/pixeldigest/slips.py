"""What an editor probably forgot where a file is no YAML: the model's keys tell more than the parser knows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pixeldigest.complaints import without_bar
from pixeldigest.spots import Words
from pixeldigest.yamlerror import YamlError

_KEY = re.compile(r"(?P<before>\s*(?:- +)*)(?P<name>[A-Za-z_]\w*)\s*:(?P<value>\s.*|)")
_WITHOUT_COLON = re.compile(r"\s*(?:- +)*(?P<name>[A-Za-z_]\w*)(?P<sign>\s*[：=]|(?=\s|$))")


def find_slip(fault: YamlError, lines: Sequence[str], words: Words) -> YamlError:
    """Find the slip that a fault of the parser comes from; where there is none, it is the fault itself."""
    if not fault.rule.startswith("yaml") and fault.rule != "duplicate-key":
        return fault
    return _missing_bar(fault, lines, words) or _missing_colon(fault, lines, words) or fault


def _missing_bar(fault: YamlError, lines: Sequence[str], words: Words) -> YamlError | None:
    """Find the key that a text belongs to which is no YAML, as it should stand in a '|' block."""
    for number in _holders(fault, lines):
        found = _KEY.fullmatch(lines[number])
        if found and found["name"] in words.blocks:
            value = found["value"].strip()
            if value[:1] in ("|", ">", "#"):
                return None
            at, width = (found.start("value") + 1, len(value)) if value else (found.start("name"), len(found["name"]))
            return YamlError(found["name"], *without_bar(found["name"]), number, at, width)
    return None


def _holders(fault: YamlError, lines: Sequence[str]) -> Iterator[int]:
    """Yield the line of a fault and those that hold it by their indentation; one above that ends in ':' may hold it."""
    start = min(fault.line, len(lines) - 1)
    yield start
    indent = _indent(lines[start])
    above = [number for number in range(start - 1, -1, -1) if lines[number].strip()]
    if above and lines[above[0]].rstrip().endswith(":") and _indent(lines[above[0]]) == indent:
        yield above[0]
    for number in above:
        if _indent(lines[number]) < indent:
            indent = _indent(lines[number])
            yield number


def _missing_colon(fault: YamlError, lines: Sequence[str], words: Words) -> YamlError | None:
    """Find a key without ':' on a line that the fault begins, or on the one above."""
    if fault.line >= len(lines) or fault.column > _indent(lines[fault.line]):
        return None
    above = next((number for number in range(fault.line - 1, -1, -1) if lines[number].strip()), fault.line)
    for number in (fault.line, above):
        found = _WITHOUT_COLON.match(lines[number])
        if found and found["name"] in words.keys and _indent(lines[number]) == _indent(lines[fault.line]):
            return _say_without_colon(found, number, words)
    return None


def _say_without_colon(found: re.Match[str], number: int, words: Words) -> YamlError:
    name = found["name"]
    bar = " |" if name in words.blocks else " …"
    hint = f"write '{name}:{bar}', or indent the line if it continues the text above"
    if found["sign"].endswith("："):
        message = "this is U+FF1A, which looks like a ':' and is none"
        return YamlError("yaml", message, f"write '{name}:{bar}'", number, found.end() - 1)
    start = found.start("name")
    return YamlError("yaml", f"a ':' is missing behind '{name}'", hint, number, start, len(name))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
