"""Find a body's blocks, as CommonMark does: which lines belong together, and in which quotes and items they stand."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Literal, NamedTuple

from pixeldigest.markup.document import Fault

MAX_NESTING = 16

LeafKind = Literal["paragraph", "heading", "table", "code", "display", "rule", "literal"]


class Line(NamedTuple):
    """A line without what its quotes and lists put before it, and where that stands in the source."""

    text: str
    offset: int


class Container(NamedTuple):
    """A quote, or an item of a list; `family` is the same for all items of a list."""

    mark: str
    number: int
    family: int
    start: int = 0
    width: int = 0


class Leaf(NamedTuple):
    """The lines of one block, the containers around it, and whether an empty line stands before it.

    `level` is a heading's, `language` a fence's. An item without words holds an empty paragraph.
    """

    kind: LeafKind
    containers: tuple[Container, ...]
    lines: tuple[Line, ...]
    spaced: bool
    level: int = 0
    language: str = ""


_QUOTE = re.compile(r"[ ]{0,3}>[ ]?")
_ITEM = re.compile(r"[ ]{0,3}(?:(?P<bullet>[-+*])|(?P<number>\d{1,9})(?P<mark>[.)]))(?P<space>[ ]+|$)", re.ASCII)
_RULE = re.compile(r"[ ]{0,3}([-*_])(?:[ ]*\1){2,}[ ]*")
_FENCE = re.compile(r"(?P<lead>[ ]{0,3})(?P<mark>`{3,}+(?=[^`]*$)|~{3,}+)(?P<words>.*)")
_HEADING = re.compile(r"[ ]{0,3}(?P<mark>#{1,6})(?=[ ]|$)")
_UNDERLINE = re.compile(r"[ ]{0,3}(=+|-+)[ ]*")
_TABS = re.compile(r"^[ ]*(?:(?:[-+*]|\d{1,9}[.)])[ ]*)?\t[ \t]*", re.ASCII)
_TAB_INDENT = re.compile(r"^[ ]*\t[ \t]*")
_DOLLARS = re.compile(r"[ ]{0,3}\$\$")


def split_blocks(source: str) -> tuple[tuple[Leaf, ...], tuple[Fault, ...]]:
    """Split a body into its blocks, in one pass over its lines."""
    reader = _Reader()
    end = -1
    for line in source.split("\n"):
        end += len(line) + 1
        reader.read(line, end)
    reader.close()
    return tuple(reader.leaves), tuple(reader.faults)


class _Fence(NamedTuple):
    mark: str
    lead: int
    language: str
    offset: int


class _Reader:
    """What is open while the lines go by.

    Lines lose and gain spaces at their start only, so an offset is that of the line's end less the length of a rest.
    """

    def __init__(self) -> None:
        self.leaves: list[Leaf] = []
        self.faults: list[Fault] = []
        self._containers: tuple[Container, ...] = ()
        self._kind: LeafKind | None = None
        self._lines: list[Line] = []
        self._fence: _Fence | None = None
        self._spaced = False
        self._count = 0

    def read(self, line: str, end: int) -> None:
        """Read the line that ends at an offset."""
        if self._fence is None:
            line = self._expand(line)
        text, depth = self._enter(line)
        within = depth == len(self._containers)
        if self._fence and within:
            self._read_code(text, end, self._fence)
        elif not text.strip():
            self._read_blank(depth, end)
        elif self._kind == "display" and within:
            self._add(text, end)
            if "$$" in text:
                self.close()
        elif self._kind == "paragraph" and within and (underline := _UNDERLINE.fullmatch(text)):
            lines, self._kind, self._lines = self._lines, None, []
            self._put_heading(1 if underline[1][0] == "=" else 2, lines, lines[0].offset)
        else:
            self._read_block(text, depth, end)

    def close(self) -> None:
        """Finish the block that is open."""
        kind, lines, fence = self._kind, self._lines, self._fence
        self._kind, self._lines, self._fence = None, [], None
        if fence:
            message, hint = "this code fence is never closed", f"add a line with '{fence.mark}'"
            self.faults.append(Fault("code-fence", message, hint, fence.offset, len(fence.mark)))
            self._put("code", lines, language=fence.language)
        elif kind == "code":
            code = [*lines]
            while not code[-1].text.strip():
                code.pop()
            self._put("code", code)
            self._spaced = len(code) < len(lines)
        elif kind == "display":
            self._put("display" if _is_formula(lines) else "paragraph", lines)
        elif kind == "paragraph":
            above = _lines_above_table(lines)
            if lines[:above]:
                self._put("paragraph", lines[:above])
            if lines[above:]:
                self._put("table", lines[above:])

    def _put_heading(self, level: int, lines: list[Line], offset: int) -> None:
        if level == 1:
            hint = "start with '##': the entry's title stands above"
            self.faults.append(Fault("heading", "a heading of the first level", hint, offset, 1))
        self._put("heading", lines, level=level)

    def _put(self, kind: LeafKind, lines: list[Line], *, level: int = 0, language: str = "") -> None:
        self.leaves.append(Leaf(kind, self._containers, tuple(lines), self._spaced, level, language))
        self._spaced = False

    def _add(self, text: str, end: int) -> None:
        self._lines.append(Line(text, end - len(text)))

    def _expand(self, text: str) -> str:
        """Replace the tabs that indent a line; those of a fence's code itself stay."""
        return _spaces_for_tabs(text) if self._fence is None else _TAB_INDENT.sub(_as_spaces, text, count=1)

    def _enter(self, text: str) -> tuple[str, int]:
        """Take away what the open containers ask for, and count those that go on."""
        for depth, container in enumerate(self._containers):
            if container.mark == ">":
                found = _QUOTE.match(text)
                if found is None:
                    return text, depth
                text = text[found.end() :] if self._fence else self._expand(text[found.end() :])
                continue
            if not text.startswith(" " * container.width):
                text = self._expand(text)
            if text.startswith(" " * container.width) or not text.strip():
                text = text[container.width :]
            else:
                return text, depth
        return text, len(self._containers)

    def _read_code(self, text: str, end: int, fence: _Fence) -> None:
        mark = text.strip()
        if len(mark) >= len(fence.mark) and not mark.strip(fence.mark[0]) and _indent(text) < 4:
            lines, self._kind, self._lines, self._fence = self._lines, None, [], None
            self._put("code", lines, language=fence.language)
        else:
            self._add(text[min(fence.lead, _indent(text)) :], end)

    def _read_blank(self, depth: int, end: int) -> None:
        if self._kind == "code" and depth == len(self._containers):
            self._add("", end)
            return
        self.close()
        self._containers = self._containers[:depth]
        self._spaced = True

    def _read_block(self, text: str, depth: int, end: int) -> None:
        before, open_paragraph = self._containers, self._kind == "paragraph"
        containers = before[:depth]
        while opened := self._open(text, containers, interrupts=open_paragraph and containers == before):
            if len(containers) == MAX_NESTING:
                self._read_too_deep(text, containers, end)
                return
            containers += (opened[0],)
            text = opened[1]
        # A lazy line goes on with the paragraph above, though its marks are missing.
        is_lazy = open_paragraph and len(containers) == depth and not _starts_block(text)
        if containers != before and not is_lazy:
            self.close()
            self._containers = containers
        self._read_leaf(text, end)

    def _read_too_deep(self, text: str, containers: tuple[Container, ...], end: int) -> None:
        self.close()
        self._containers = containers
        hint = f"at most {MAX_NESTING} quotes and lists can stand in one another"
        line = Line(text.strip(), end - len(text.lstrip()))
        self.faults.append(Fault("markdown", "this is nested too deeply", hint, line.offset, 1))
        self._put("literal", [line])

    def _open(self, text: str, containers: tuple[Container, ...], *, interrupts: bool) -> tuple[Container, str] | None:
        """Match the mark of a quote or of an item at the start of a line."""
        self._count += 1
        if found := _QUOTE.match(text):
            return Container(">", self._count, self._count), _spaces_for_tabs(text[found.end() :])
        found = _ITEM.match(text)
        if found is None or _RULE.fullmatch(text):
            return None
        number, rest = int(found["number"] or 0), text[found.end() :]
        if interrupts and (not rest or (found["number"] and number != 1)):
            return None
        mark = found["bullet"] or found["mark"]
        last = self.leaves[-1].containers if self.leaves and self._kind is None else self._containers
        sibling = last[len(containers)] if last[: len(containers)] == containers and last[len(containers) :] else None
        family = sibling.family if sibling and sibling.mark == mark else self._count
        # Five spaces or more belong to an indented block of code.
        spaces = len(found["space"])
        kept = spaces if rest and spaces < 5 else 1
        width = found.end() - spaces + kept
        rest = " " * (spaces - kept) + rest if rest else ""
        return Container(mark, self._count, family, number, width), _spaces_for_tabs(rest)

    def _read_leaf(self, text: str, end: int) -> None:
        if not text.strip():
            self.close()
            self._put("paragraph", [])
        elif self._kind == "paragraph" and not _starts_block(text):
            self._add(text.lstrip(), end)
        elif _indent(text) >= 4:
            if self._kind != "code":
                self.close()
            self._kind = "code"
            self._add(text[4:], end)
        else:
            self.close()
            self._start_leaf(text, end)

    def _start_leaf(self, text: str, end: int) -> None:
        if fence := _FENCE.fullmatch(text):
            words = fence["words"].split()
            language = words[0].lower() if words and "`" not in words[0] else ""
            offset = end - len(text.lstrip())
            self._kind, self._fence = "code", _Fence(fence["mark"], len(fence["lead"]), language, offset)
        elif heading := _HEADING.match(text):
            rest = text[heading.end() :].lstrip()
            line = Line(_without_closing(rest), end - len(rest))
            self._put_heading(len(heading["mark"]), [line], end - len(text.lstrip()))
        elif _RULE.fullmatch(text):
            self._put("rule", [])
        else:
            self._kind = "display" if _DOLLARS.match(text) else "paragraph"
            self._add(text.lstrip(), end)
            if self._kind == "display" and "$$" in text.lstrip()[2:]:
                self.close()


def _starts_block(text: str) -> bool:
    """Tell whether a line ends a paragraph above it."""
    return any(pattern.match(text) for pattern in (_HEADING, _DOLLARS)) or any(
        pattern.fullmatch(text) for pattern in (_FENCE, _RULE)
    )


def _is_formula(lines: list[Line]) -> bool:
    """Tell whether dollars stand at the start and the end, and something else between them."""
    text = "\n".join(line.text for line in lines).rstrip()
    return text.endswith("$$") and text.count("$$") == 2 and bool(text[2:-2].strip())


def _lines_above_table(lines: list[Line]) -> int:
    for n, (head, ruler) in enumerate(pairwise(lines)):
        if "|" in head.text and {"|", "-"} <= set(ruler.text) <= set("|:- "):
            return n
    return len(lines)


def _without_closing(text: str) -> str:
    """Take the `##` away that may end a heading."""
    text = text.rstrip()
    core = text.rstrip("#")
    return core.rstrip() if core != text and core[-1:] in ("", " ") else text


def _spaces_for_tabs(text: str) -> str:
    """Replace the tabs in a line's indentation, and between the mark of an item and its words."""
    return _TABS.sub(_as_spaces, text, count=1) if "\t" in text else text


def _as_spaces(found: re.Match[str]) -> str:
    return found[0].expandtabs(4)


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip(" "))
