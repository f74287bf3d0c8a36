"""Find what Markdown must not touch (code, formulas, links' targets, raw HTML) and put placeholders in its place."""

from __future__ import annotations

import html
import re
from bisect import bisect_left
from collections.abc import Iterator
from typing import Literal, NamedTuple

from pixeldigest.markup.document import Fault

# Noncharacters: nothing an editor can mean. A body that holds them all the same gets U+FFFD instead.
OPEN, CLOSE = "\ufdd0", "\ufdd1"
PLACEHOLDER = re.compile(f"{OPEN}(\\d+){CLOSE}")

SpanKind = Literal["fence", "formula", "display", "code", "target", "autolink", "text", "break", "html"]


class Span(NamedTuple):
    """A stretch of the source that a placeholder stands for.

    `value` is what it means: the code, the LaTeX, the url or the character; `extra` is a fence's language or a
    target's title. `offset` is the value's.
    """

    kind: SpanKind
    source: str
    value: str
    extra: str
    offset: int


class Scanned(NamedTuple):
    """A body with placeholders, and what they stand for."""

    text: str
    spans: tuple[Span, ...]
    faults: tuple[Fault, ...]


_FENCE = re.compile(r"(?P<prefix>[ ]*(?:>[ ]?[ ]*)*)(?P<fence>`{3,}|~{3,})[ ]*(?P<info>[^`\n]*)$")
_DISPLAY = re.compile(r"(?P<prefix>[ ]*(?:>[ ]?[ ]*)*)\$\$")
_TOKEN = re.compile(
    r"""
      (?P<break>\\\n)
    | (?P<escape>\\[!-/:-@\[-`{-~])
    | (?P<ticks>`+)
    | (?P<dollars>\$\$?)
    | (?P<target>\]\([ \n]*(?P<url><[^<>\n]*>|[^\s()<>]*(?:\([^\s()<>]*\)[^\s()<>]*)*)
        (?:[ \n]+(?P<title>"[^"]{0,1000}"|'[^']{0,1000}'))?[ \n]*\))
    | (?P<definition>(?m:^)[ ]{0,3}\[[^\[\]\n]{1,200}\]:[ ]*(?P<defined><[^<>\n]*>|\S+))
    | (?P<autolink><(?:https?://|mailto:)[^\s<>]{1,2000}>)
    | (?P<html></?[A-Za-z][A-Za-z0-9-]*(?:[\s/][^<>]{0,2000})?>|<!--|<\?[a-z]|<![A-Za-z\[])
    | (?P<entity>&(?:\#\d{1,7}|\#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});)
    """,
    re.VERBOSE,
)


def scan(source: str) -> Scanned:
    """Replace every stretch that Markdown must not touch; the source's offsets stay in the spans."""
    source = source.replace(OPEN, "\ufffd").replace(CLOSE, "\ufffd")
    spans: list[Span] = []
    faults: list[Fault] = []
    pieces: list[str] = []
    lines = source.split("\n")
    offsets = _line_offsets(lines)
    number = chunk_start = 0
    while number < len(lines):
        block = _match_fence(lines, number, offsets) or _match_display(lines, number, offsets)
        if block or not lines[number].strip():
            pieces += _scan_chunk(source, offsets[chunk_start], offsets[number], spans, faults)
            chunk_start = number
        if block is None:
            number += 1
            continue
        prefix, span, number, fault = block
        spans.append(span)
        if fault:
            faults.append(fault)
        blank = prefix.rstrip()
        pieces.append(f"{blank}\n{prefix}{OPEN}{len(spans) - 1}{CLOSE}\n{blank}\n")
        chunk_start = number
    pieces += _scan_chunk(source, offsets[chunk_start], len(source), spans, faults)
    return Scanned("".join(pieces), tuple(spans), tuple(faults))


def _line_offsets(lines: list[str]) -> list[int]:
    offsets, offset = [], 0
    for line in lines:
        offsets.append(offset)
        offset += len(line) + 1
    return [*offsets, max(0, offset - 1)]


class _Block(NamedTuple):
    prefix: str
    span: Span
    next_line: int
    fault: Fault | None


def _match_fence(lines: list[str], number: int, offsets: list[int]) -> _Block | None:
    opening = _FENCE.match(lines[number])
    if opening is None:
        return None
    prefix, fence = opening["prefix"], opening["fence"]
    closing = re.compile(rf"[ >]*{fence[0]}{{{len(fence)},}}[ ]*$")
    end = number + 1
    while end < len(lines) and not closing.match(lines[end]):
        end += 1
    fault = None
    if end == len(lines):
        message = "this code fence is never closed"
        fault = Fault("code-fence", message, f"add a line with '{fence}'", offsets[number] + len(prefix), len(fence))
    body = lines[number + 1 : end]
    code = "".join(_without_prefix(line, prefix) + "\n" for line in body)
    source = "\n".join(lines[number : end + 1])
    start = min(number + 1, len(lines) - 1)
    info = opening["info"].strip()
    language = info.split()[0].lower() if info else ""
    return _Block(prefix, Span("fence", source, code, language, offsets[start]), min(end + 1, len(lines)), fault)


def _match_display(lines: list[str], number: int, offsets: list[int]) -> _Block | None:
    opening = _DISPLAY.match(lines[number])
    if opening is None:
        return None
    start = opening.end()
    end, inner = number, lines[number][start:]
    first_line = inner
    while not inner.rstrip().endswith("$$"):
        end += 1
        if end == len(lines) or not lines[end].strip(" >"):
            return None  # never closed: the chunk's scan says so
        inner = lines[end]
    body = [first_line, *lines[number + 1 : end + 1]] if end > number else [first_line]
    latex = "\n".join(_without_prefix(line, opening["prefix"]) for line in body).rstrip()[:-2]
    if "$$" in latex:
        return None  # two formulas on one line are no block
    offset = offsets[number] + start + len(latex) - len(latex.lstrip())
    source = "\n".join(lines[number : end + 1])
    return _Block(opening["prefix"], Span("display", source, latex.strip(), "", offset), end + 1, None)


def _without_prefix(line: str, prefix: str) -> str:
    if line.startswith(prefix):
        return line[len(prefix) :]
    return line.lstrip(" >") if ">" in prefix else line.lstrip(" ")


def _scan_chunk(source: str, start: int, end: int, spans: list[Span], faults: list[Fault]) -> Iterator[str]:
    """Scan a paragraph's worth of lines; inline stretches never reach past it."""
    chunk = source[start:end]
    closers = _tick_runs(chunk)
    done = 0
    _find_headings(chunk, start, faults)
    while token := _TOKEN.search(chunk, done):
        at = token.start()
        if token["dollars"]:
            found = _match_formula(chunk, at, start, faults)
        elif token["ticks"]:
            found = _match_code(chunk, token, closers, start)
        else:
            found = _match_token(token, start, faults)
        if found is None:
            yield chunk[done : token.end()]
            done = token.end()
            continue
        before, span, after, stop = found
        spans.append(span)
        yield f"{chunk[done:at]}{before}{OPEN}{len(spans) - 1}{CLOSE}{after}"
        done = stop
    yield chunk[done:]


def _find_headings(chunk: str, start: int, faults: list[Fault]) -> None:
    for found in re.finditer(r"^#[ \t]+\S.*$|^\S.*\n=+[ ]*$", chunk, re.MULTILINE):
        hint = "start with '##': the entry's title stands above"
        faults.append(Fault("heading", "a heading of the first level", hint, start + found.start(), 1))


class _Found(NamedTuple):
    before: str
    span: Span
    after: str
    stop: int


def _tick_runs(chunk: str) -> dict[int, list[int]]:
    runs: dict[int, list[int]] = {}
    for run in re.finditer("`+", chunk):
        runs.setdefault(len(run[0]), []).append(run.start())
    return runs


def _match_code(chunk: str, token: re.Match[str], closers: dict[int, list[int]], start: int) -> _Found | None:
    size = len(token[0])
    runs = closers[size] if size in closers else []
    index = bisect_left(runs, token.end())
    if index == len(runs):
        return None
    inner = chunk[token.end() : runs[index]].replace("\n", " ")
    if inner.strip() and inner[0] == inner[-1] == " ":
        inner = inner[1:-1]
    stop = runs[index] + size
    return _Found("", Span("code", chunk[token.start() : stop], inner, "", start + token.end()), "", stop)


def _match_formula(chunk: str, at: int, start: int, faults: list[Fault]) -> _Found | None:
    """Match `$…$` by the design's rule: no space inside either dollar, no digit after the closing one."""
    display = chunk.startswith("$$", at)
    size = 2 if display else 1
    closing = re.compile(r"(?:[^\\$]|\\.)*", re.DOTALL).match(chunk, at + size)
    end = closing.end() if closing else at + size
    inner = chunk[at + size : end]
    if display:
        hint = "put '$$' on a line of its own above and below the formula, with blank lines around"
        message = "a display formula is a block of its own" if inner else "a '$$' without a formula"
        faults.append(Fault("formula", message, hint, start + at, 2))
        stop = end + 2 if chunk.startswith("$$", end) else at + 2
        return _Found("", Span("text", chunk[at:stop], chunk[at:stop], "", start + at), "", stop)
    after = chunk[end + 1 : end + 2]
    if not chunk.startswith("$", end) or not inner or inner[0].isspace() or inner[-1].isspace() or after.isdigit():
        return None
    latex = inner.replace("\n", " ")
    return _Found("", Span("formula", chunk[at : end + 1], latex, "", start + at + 1), "", end + 1)


def _match_token(token: re.Match[str], start: int, faults: list[Fault]) -> _Found | None:
    source, stop = token[0], token.end()
    offset = start + token.start()
    if token["break"]:
        return _Found("", Span("break", source, "", "", offset), "", stop)
    if token["escape"]:
        return _Found("", Span("text", source, source[1], "", offset), "", stop)
    if token["entity"]:
        return _Found("", Span("text", source, html.unescape(source), "", offset), "", stop)
    if token["autolink"]:
        return _Found("", Span("autolink", source, source[1:-1], "", offset + 1), "", stop)
    if token["html"]:
        return _Found("", Span("html", source, source, "", offset), "", stop)
    if token["definition"]:
        url = token["defined"]
        at = token.start("defined")
        span = Span("target", url, url.strip("<>"), "", start + at + url.startswith("<"))
        return _Found(source[: at - token.start()], span, "", stop)
    url, title = token["url"], (token["title"] or "")[1:-1]
    inner = token.start("url") + url.startswith("<")
    span = Span("target", source[2:-1], html.unescape(url.strip("<>")), html.unescape(title), start + inner)
    return _Found("](", span, ")", stop)
