"""Read a block's words: code, formulas, links' targets and the like become placeholders that Markdown leaves alone."""

from __future__ import annotations

import html
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from html.entities import html5
from typing import Literal, NamedTuple

from pixeldigest.markup.document import Fault
from pixeldigest.markup.lines import Leaf, Line

# Noncharacters: nothing an editor can mean. A body that holds them all the same gets U+FFFD instead,
# as for the two control characters that Python-Markdown uses.
OPEN, CLOSE = "\ufdd0", "\ufdd1"
PLACEHOLDER = re.compile(f"{OPEN}(\\d+){CLOSE}")
_RESERVED = str.maketrans(dict.fromkeys((OPEN, CLOSE, "\u0002", "\u0003"), "\ufffd"))
# Python-Markdown's time grows with the square of what is emphasised or linked in one paragraph.
MAX_MARKS = 500

SpanKind = Literal["formula", "code", "target", "autolink", "text", "break"]


class Span(NamedTuple):
    """What a placeholder stands for: the LaTeX, code, url or words, and the offset of these; `title` is a target's."""

    kind: SpanKind
    value: str
    offset: int
    title: str = ""


# Most characters fail the glance ahead, so that the alternatives need not be tried one after the other.
_TOKEN = re.compile(
    r"""
    (?=[\\`$!\[\]<&]|[ ][ \\])(?:
      (?P<break>(?<![ ])(?:[ ]*\\\n|[ ]{2,}\n))
    | (?P<escape>\\[!-/:-@\[-`{-~])
    | (?P<ticks>`+)
    | (?P<dollars>\$\$?)
    | (?P<open>!?\[)
    | (?P<close>\])
    | (?P<autolink><(?:https?://|mailto:)[^\s<>]{1,2000}>)
    | (?P<html></?[A-Za-z][A-Za-z0-9-]*(?:[\s/][^<>]{0,2000})?>|<!--|<\?[a-z]|<![A-Za-z\[])
    | (?P<entity>&(?:\#\d{1,7}|\#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});)
    )
    """,
    re.VERBOSE,
)
_URL = r"<[^<>\n]*>|(?:[^\s()<>\\]|\\.)*+(?:\((?:[^\s()<>\\]|\\.)*+\)(?:[^\s()<>\\]|\\.)*+)*+"
_TITLE = r"""(?:[ \n]++(?P<title>"(?:[^"\\]|\\.){0,1000}"|'(?:[^'\\]|\\.){0,1000}'))?"""
_TARGET = re.compile(rf"\([ \n]*+(?P<url>{_URL}){_TITLE}[ \n]*+\)")
_LABEL = re.compile(r"\[([^\[\]]{0,200})\]")
_DEFINITION = re.compile(rf"\[(?P<label>[^\[\]]{{1,200}})\]:[ ]*(?P<url><[^<>\n]*>|[^\s<]\S*){_TITLE}[ ]*")
_LATEX = re.compile(r"(?:[^\\$]|\\.)*+", re.DOTALL)
_ENTITY = re.compile(r"\\([!-/:-@\[-`{-~])|&(#?[0-9A-Za-z]+;)")
_MARKS = re.compile(r"\*+|_+|\]\(")


def replace_reserved(source: str) -> str:
    """Replace the characters that placeholders are made of; no offset changes."""
    return source.translate(_RESERVED)


def take_definitions(leaves: Iterable[Leaf]) -> tuple[tuple[Leaf, ...], dict[str, Span]]:
    """Take the definitions of links off the start of paragraphs; the first of a label counts."""
    kept: list[Leaf] = []
    targets: dict[str, Span] = {}
    for leaf in leaves:
        number = 0
        while leaf.kind == "paragraph" and (found := _definition(leaf.lines[number : number + 1])):
            targets.setdefault(_label(found["label"]), _target(found, leaf.lines[number].offset))
            number += 1
        kept.append(leaf._replace(lines=leaf.lines[number:]))
    return tuple(kept), targets


def _definition(lines: Sequence[Line]) -> re.Match[str] | None:
    return _DEFINITION.fullmatch(lines[0].text) if lines else None


class Scanner:
    """Turns the lines of blocks into text with placeholders, and keeps what these stand for."""

    def __init__(self, targets: Mapping[str, Span]) -> None:
        self._targets = targets
        self.spans: list[Span] = []
        self.faults: list[Fault] = []

    def scan(self, lines: Sequence[Line], *, cells: bool = False) -> str:
        """Scan lines that belong together; with `cells` they are a row of a table."""
        text = _Words(self, lines, self._targets, cells=cells).scan()
        # A mark takes a character at least.
        if len(text) <= MAX_MARKS or len(_MARKS.findall(text)) <= MAX_MARKS:
            return text
        message = f"more than {MAX_MARKS} emphases and links stand in one paragraph"
        self.faults.append(Fault("markdown", message, "split it", lines[0].offset, 1))
        return self.literal(lines)

    def literal(self, lines: Sequence[Line]) -> str:
        """Take lines as they are."""
        return self.hold(Span("text", " ".join(line.text.strip() for line in lines), lines[0].offset))

    def hold(self, span: Span) -> str:
        """Make the placeholder for a span."""
        self.spans.append(span)
        return f"{OPEN}{len(self.spans) - 1}{CLOSE}"


class _Bracket(NamedTuple):
    piece: int
    source: str
    stop: int
    links: int  # how many stood before it
    images: int


class _Words:
    """The text of one block while it is scanned."""

    def __init__(self, scanner: Scanner, lines: Sequence[Line], targets: Mapping[str, Span], *, cells: bool) -> None:
        self._hold, self._faults, self._targets, self._cells = scanner.hold, scanner.faults, targets, cells
        self._text = "\n".join(line.text for line in lines)
        self._offsets = [line.offset for line in lines]
        self._starts = [0, *(found.end() for found in re.finditer("\n", self._text))]
        self._runs: dict[int, list[int]] = {}
        for run in re.finditer("`+", self._text):
            self._runs.setdefault(len(run[0]), []).append(run.start())
        self._pieces: list[str] = []
        self._brackets: list[_Bracket] = []
        self._links = self._images = 0

    def scan(self) -> str:
        done = 0
        while token := _TOKEN.search(self._text, done):
            self._pieces.append(self._text[done : token.start()])
            done = self._take(token)
        self._pieces.append(self._text[done:])
        for bracket in self._brackets:
            self._pieces[bracket.piece] = self._words(bracket.source, 0)
        return "".join(self._pieces)

    def _take(self, token: re.Match[str]) -> int:
        """Add what a token stands for, and return where it ends."""
        source, at, stop = token[0], token.start(), token.end()
        match token.lastgroup:
            case "ticks":
                return self._take_code(at, stop)
            case "dollars":
                return self._take_formula(at, stop)
            case "close":
                return self._take_target(at)
            case "open":
                self._brackets.append(_Bracket(len(self._pieces), source, stop, self._links, self._images))
                self._pieces.append(source)
            case "break":
                self._pieces.append(self._hold(Span("break", " ", self._offset(at))))
            case "autolink":
                self._links += 1
                self._pieces.append(self._hold(Span("autolink", source[1:-1], self._offset(at + 1))))
            case "html":
                hint = "write Markdown, or put it in backticks to show it"
                shown = source if len(source) <= 40 else f"{source[:39]}…"
                message = f"'{' '.join(shown.split())}' is raw HTML"
                self._faults.append(Fault("raw-html", message, hint, self._offset(at), len(source)))
                self._pieces.append(self._words(source, at))
            case _:
                self._pieces.append(self._words(_meaning(source), at))
        return stop

    def _take_code(self, at: int, stop: int) -> int:
        size = stop - at
        runs = self._runs.get(size, [])
        index = bisect_left(runs, stop)
        if index == len(runs):
            self._pieces.append(self._words(self._text[at:stop], at))
            return stop
        code = self._text[stop : runs[index]].replace("\n", " ")
        if code.strip(" ") and code[0] == code[-1] == " ":
            code = code[1:-1]
        # GFM gives up a backslash before a bar even in code.
        code = code.replace("\\|", "|") if self._cells else code
        self._pieces.append(self._hold(Span("code", code, self._offset(stop))))
        return runs[index] + size

    def _take_formula(self, at: int, stop: int) -> int:
        """Match `$…$` by the design's rule: no space inside either dollar, no digit after the closing one."""
        if stop - at == 2:
            return self._take_display(at)
        end = _end_of_latex(self._text, stop)
        latex = self._text[stop:end]
        after = self._text[end + 1 : end + 2]
        if not self._text.startswith("$", end) or not latex or latex != latex.strip() or after.isdigit():
            self._pieces.append("$")
            return stop
        self._pieces.append(self._hold(Span("formula", latex.replace("\n", " "), self._offset(stop))))
        return end + 1

    def _take_display(self, at: int) -> int:
        end = _end_of_latex(self._text, at + 2)
        if not self._text.startswith("$$", end):
            message, stop = "this '$$' is never closed", at + 2
        elif not self._text[at + 2 : end].strip():
            message, stop = "a '$$' without a formula", end + 2
        else:
            message, stop = "a display formula is a block of its own", end + 2
        hint = "put '$$' on a line of its own above and below the formula, and no empty line between"
        self._faults.append(Fault("formula", message, hint, self._offset(at), 2))
        self._pieces.append(self._words(self._text[at:stop], at))
        return stop

    def _take_target(self, at: int) -> int:
        """Match what follows a `]`: a target, or the label of a definition; else it and its `[` are words."""
        if self._brackets:
            opening = self._brackets.pop()
            target, stop = self._find_target(opening, at)
            is_image = opening.source == "!["
            holds_link = self._links > opening.links or (is_image and self._images > opening.images)
            if target and not holds_link:
                self._links += not is_image
                self._images += is_image
                self._pieces += ("](", self._hold(target), ")")
                return stop
            self._pieces[opening.piece] = self._words(opening.source, 0)
        self._pieces.append(self._words("]", at))
        return at + 1

    def _find_target(self, opening: _Bracket, at: int) -> tuple[Span | None, int]:
        if found := _TARGET.match(self._text, at + 1):
            span = _target(found, 0)
            return span._replace(offset=self._offset(span.offset)), found.end()
        label = _LABEL.match(self._text, at + 1)
        words = label[1] if label and label[1] else self._text[opening.stop : min(at, opening.stop + 200)]
        return self._targets.get(_label(words)), label.end() if label else at + 1

    def _words(self, words: str, at: int) -> str:
        return self._hold(Span("text", words.replace("\n", " "), self._offset(at)))

    def _offset(self, index: int) -> int:
        line = bisect_right(self._starts, index) - 1
        return self._offsets[line] + index - self._starts[line]


def _end_of_latex(text: str, start: int) -> int:
    found = _LATEX.match(text, start)
    return found.end() if found else start


def _target(found: re.Match[str], offset: int) -> Span:
    url, title = found["url"], (found["title"] or "")[1:-1]
    bare = url[1:-1] if url.startswith("<") else url
    at = offset + found.start("url") + url.startswith("<")
    return Span("target", _meaning(bare), at, _meaning(title).replace("\n", " "))


def _label(words: str) -> str:
    return " ".join(words.split()).casefold()


def _meaning(source: str) -> str:
    """Return what escapes and entities stand for."""
    return _ENTITY.sub(_one_meaning, source)


def _one_meaning(found: re.Match[str]) -> str:
    name = found[2]
    if name is None or (name[0] != "#" and name not in html5):
        return found[1] or found[0]
    return html.unescape(found[0])
