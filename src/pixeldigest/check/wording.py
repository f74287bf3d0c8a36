"""Rules about how texts are written: titles, headings, unfinished work, and marks that mean something elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise, takewhile

from pixeldigest.check.finding import Finding
from pixeldigest.check.texts import Passage
from pixeldigest.library import CALENDAR_FILE, SETTINGS_FILE, Library
from pixeldigest.markup.document import Heading, Strong, Text, walk
from pixeldigest.markup.forem import MAX_TAG, MAX_TAGS, devto_tags, mangled_characters
from pixeldigest.markup.lines import split_blocks
from pixeldigest.yamlfile import Keys

# What mail programs show of a preheader, which begins with the summary of an issue's first entry.
MAX_PREHEADER = 120


def check_titles(library: Library) -> Iterator[Finding]:
    """Warn of signs in titles that dev.to drops, and of tags that it does not take."""
    for entry in library.all_entries():
        yield from _check_title(entry.title, library.files[entry.ref], ("title",))
    for day, pin in library.pins.items():
        yield from _check_title(pin.title or "", CALENDAR_FILE, (day.isoformat(), "title"))
    settings = library.newsletter.issue
    yield from _check_title(settings.title, SETTINGS_FILE, ("issue", "title"))
    taken = devto_tags(settings.tags)
    for index, tag in enumerate(settings.tags):
        if not set(devto_tags([tag])) & set(taken):
            message = f"dev.to does not take the tag '{tag}'"
            hint = f"it takes {MAX_TAGS}, each of at most {MAX_TAG} letters and digits: {', '.join(taken)}"
            yield Finding("devto-tags", message, hint, SETTINGS_FILE, ("issue", "tags", index), severity="warning")


def _check_title(title: str, file: str, keys: Keys) -> Iterator[Finding]:
    for char in mangled_characters(title):
        message = f"dev.to makes a space of '{char}' in titles"
        yield Finding("devto-title", message, "say it in words", file, keys, title.index(char), severity="warning")


def check_preheaders(library: Library) -> Iterator[Finding]:
    """Warn of summaries that are cut where a mail begins with them: behind the subject, in a list of mails."""
    settings = library.newsletter
    first = next((section.kind for section in settings.sections if not section.is_review), None)
    for head in library.entries(first).values() if settings.mail and first else ():
        if not head.draft and (more := len(head.summary) - MAX_PREHEADER) > 0:
            message = f"this summary has {len(head.summary)} characters, of which a list of mails shows {MAX_PREHEADER}"
            hint = "shorten it, or say first what matters"
            place = (library.files[head.ref], ("summary",), MAX_PREHEADER, more)
            yield Finding("summary-length", message, hint, *place, severity="warning")


def check_heading_levels(passage: Passage) -> Iterator[Finding]:
    """Report headings that leave out a level: they say that something is missing, and mails are not sent with them."""
    levels = [block.level for block in passage.document.blocks if isinstance(block, Heading)]
    if all(level <= before + 1 for before, level in pairwise((1, *levels))):
        return
    headings = [*_find_headings(passage.source)]
    for number, (before, (offset, level)) in enumerate(pairwise(((0, 1), *headings))):
        if level > before[1] + 1:
            meant = "#" * (before[1] + 1)
            below = takewhile(lambda one: one[1] >= level, headings[number:])  # noqa: B023 - used at once
            fix = tuple((at, "#" * depth, "#" * (depth - level + len(meant))) for at, depth in below)
            place = (passage.file, passage.keys, offset, level)
            yield Finding("heading", "this heading leaves out a level", f"write '{meant}'", *place, fix=fix)


def _find_headings(source: str) -> Iterator[tuple[int, int]]:
    """Find the headings that stand in no quote and no list: the offsets of their marks, and their levels."""
    for leaf in split_blocks(source)[0]:
        if leaf.kind == "heading" and not leaf.containers:
            yield max(0, source.rfind("#" * leaf.level, 0, leaf.lines[0].offset)), leaf.level


def check_unfinished(library: Library) -> Iterator[Finding]:
    """Report marks of unfinished work in titles and summaries: no mail goes out so. Drafts may have them."""
    for entry in library.all_entries():
        for key in () if entry.draft else ("title", "summary"):
            for found in _RESIDUE.finditer(getattr(entry, key)):
                yield Finding(*_left(found[0], "finish it"), library.files[entry.ref], (key,), *_stretch(found))


def check_residue(passage: Passage) -> Iterator[Finding]:
    """Warn of marks of unfinished work, and of templates', in texts that are no drafts."""
    if passage.draft:
        return
    shown = "\n".join(node.text for node in walk(passage.document.blocks) if isinstance(node, Text))
    marks = {found[0] for found in _RESIDUE.finditer(shown)}
    for found in _RESIDUE.finditer(passage.source):
        if found[0] in marks:
            hint = "finish it, or put it in backticks where it is meant"
            yield Finding(*_left(found[0], hint), passage.file, passage.keys, *_stretch(found), "warning")
            marks.discard(found[0])


_RESIDUE = re.compile(r"(?<!`)(?:\b(?:TODO|TK)\b|\{\{|\{%)")


def _left(mark: str, hint: str) -> tuple[str, str, str]:
    return "residue", f"'{mark}' is left here, and no mail goes out with it", hint


def _stretch(found: re.Match[str]) -> tuple[int, int]:
    return found.start(), len(found[0])


def check_foreign_marks(passage: Passage) -> Iterator[Finding]:
    """Warn of marks that other tools know and this newsletter shows as they stand."""
    file, keys, source, document, *_ = passage
    shown = "\n".join(node.text for node in walk(document.blocks) if isinstance(node, Text))
    for pattern, what, hint in _FOREIGN:
        found = pattern.search(source)
        if found and (found[0] in shown or found[0].replace("\\", "") in shown):
            message = f"'{found[0]}' is {what} elsewhere, and stands here as it is"
            yield Finding("foreign-mark", message, hint, file, keys, found.start(), len(found[0]), "warning")


_FOREIGN: tuple[tuple[re.Pattern[str], str, str], ...] = (
    (re.compile(r"~~(?=\S)[^~\n]{1,200}(?<=\S)~~"), "struck out", "take it out, or say that it no longer holds"),
    (re.compile(r"(?<=[-*+] )\[[ xX]\] "), "a box to tick", "leave the brackets out"),
    (re.compile(r"\[\^[\w-]+\]"), "a footnote", "say it in parentheses"),
    (re.compile(r"(?<![\w\])`])\[[^\]\[\n]{1,200}\]\[[\w -]{0,200}\]"), "a link", "write it as [text](https://…)"),
    (re.compile(r"\\\((?=\S)[^\n]{1,200}?(?<=\S)\\\)"), "a formula", "write it between dollars: $x$"),
)


def check_dunder_names(passage: Passage) -> Iterator[Finding]:
    """Warn of names such as `__init__` in prose: to every reader of Markdown they are bold and have lost their bars."""
    file, keys, source, document, *_ = passage
    strong = {node.children for node in walk(document.blocks) if isinstance(node, Strong)}
    for name in re.finditer(r"(?<![\w`\\])__([a-z]+(?:_[a-z]+)*)__(?![\w`])", source):
        if (Text(name[1]),) in strong:
            hint = f"write `{name[0]}` for the name, or **{name[1]}** for the stress"
            message = f"'{name[0]}' reads as a bold '{name[1]}'"
            fix = ((name.start(), name[0], f"`{name[0]}`"),) if _PYTHON.fullmatch(name[1]) else ()
            yield Finding("dunder", message, hint, file, keys, name.start(), len(name[0]), "warning", fix=fix)


# Names that mean nothing but Python's.
_PYTHON = re.compile(
    "all|call|class|dict|doc|enter|eq|exit|file|getattr|getitem|hash|init|iter|len|main|name|new|next|repr|setattr|"
    "setitem|slots|str|version"
)
