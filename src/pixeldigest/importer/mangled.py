"""Formulas that somebody's tool has turned into signs: they look like words to every reader, and lost their meaning."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from pixeldigest.importer.article import Todo
from pixeldigest.yamltext import Plain
from pixeldigest.yamltree import Block

# A sum with limits behind `_` and `^`, a letter with an index and what it equals, a power of brackets: as programs
# write formulas that know neither fractions nor limits. A name_like_this is none.
_MANGLED: Final = re.compile(
    r"[∑Σ∏∫√⋃⋂]\s?[_^]"
    r"|(?<![\w`/.])[A-Za-zΑ-Ωα-ωŷŶŷβθ][_^](?:[A-Za-z0-9Α-Ωα-ω]|\{[^}\n]{1,20}\})(?![\w`/.])"
    r"|(?<=[\w)\]])\^(?:[-−]?\w|[({])"
    r"|[^\W\d_]\u0302|[≈≤≥∈∝∂∇]\s?\w+[_^]\w"
)
_NO_PROSE: Final = re.compile(
    r"^( *)(?P<fence>`{3,}|~{3,})[^\n]*\n(?:.*\n)*?\1(?P=fence)$"
    r"|^ *\$\$\n(?:.*\n)*?^ *\$\$$|`[^`\n]+`|(?<!\\)\$[^$\n]+\$",
    re.MULTILINE,
)


def find_mangled(values: Mapping[str, Plain]) -> Iterator[Todo]:
    """Yield the lines of an entry's texts in which a formula seems to stand as plain signs."""
    for key, value in values.items():
        if isinstance(value, Block):
            for line in _NO_PROSE.sub(" ", value).replace("\\", "").split("\n"):
                if found := _MANGLED.search(line):
                    yield Todo(key, _message(line, found), _near(value, found[0]))
        elif isinstance(value, str) and (found := _MANGLED.search(value)):
            yield Todo(key, _message(value, found))


def _message(line: str, found: re.Match[str]) -> str:
    start = max(0, line.rfind(" ", 0, max(0, found.start() - 12)))
    return f"this looks like a formula that became plain signs: '{line[start : start + 40].strip()}'; write it as LaTeX"


def _near(text: str, signs: str) -> str:
    """Find the line in a text as it is written, where underscores may have backslashes."""
    written = next((line for line in text.split("\n") if signs in line.replace("\\", "")), "")
    return written.strip()
