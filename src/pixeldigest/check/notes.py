"""The rules about texts, and what they found in each file: kept until its content changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

from pixeldigest.cache import Cache
from pixeldigest.check.code import check_syntax
from pixeldigest.check.finding import Finding
from pixeldigest.check.likeness import Measure, check_lengths, check_same_texts, measure
from pixeldigest.check.source import check_source
from pixeldigest.check.texts import (
    BODY,
    Mention,
    Passage,
    check_former_target,
    check_formulas,
    check_images,
    check_links,
    check_markup,
    check_mention,
    find_mentions,
    passages_of,
)
from pixeldigest.check.wording import check_dunder_names, check_foreign_marks, check_heading_levels, check_residue
from pixeldigest.content import ENTRY_KINDS, Ref
from pixeldigest.heads import Head
from pixeldigest.library import CALENDAR_FILE, SETTINGS_FILE, WITHDRAWN_FILE, Library
from pixeldigest.pool import spread

# A text is parsed once for all rules; each looks at nothing else, so that what it finds can be kept.
TextRule = Callable[[Passage], Iterator[Finding]]
# What keeps a text from being shown.
FAULTS: tuple[TextRule, ...] = (check_markup, check_heading_levels, check_formulas, check_links, check_images)


def advising_rules() -> tuple[TextRule, ...]:
    """List the rules that only warn; `build` leaves them to `check`, for they take longer than all else."""
    # One brings another reader of Markdown, one all languages that can be highlighted.
    from pixeldigest.check.dialect import check_dialect  # noqa: PLC0415
    from pixeldigest.check.style import check_code_languages, check_link_texts, check_repeated_title  # noqa: PLC0415

    return (
        check_dunder_names,
        check_foreign_marks,
        check_residue,
        check_repeated_title,
        check_link_texts,
        check_code_languages,
        check_dialect,
    )


class Notes(NamedTuple):
    """What the rules found in the texts of a file; `advice` is None where those rules were not asked.

    `measures` has that of an entry's body, which is compared with others, where they were.
    """

    faults: tuple[Finding, ...]
    mentions: tuple[Mention, ...]
    advice: tuple[Finding, ...] | None
    measures: tuple[Measure, ...] = ()


_ADVICE = Notes._fields.index("advice")


def check_texts(library: Library, cache: Cache, *, advice: bool) -> Iterator[Finding]:
    """Apply the rules to every Markdown text that editors wrote."""
    noted = [*_notes_on_entries(library, cache, advice=advice)]
    for page in library.pages.values():
        file = library.files[Ref("page", page.id)]
        noted.append((file, _take_notes(passages_of(page, file, draft=page.draft), advice=advice)))
    for day, pin in library.pins.items():
        noted.append((CALENDAR_FILE, _take_notes(passages_of(pin, CALENDAR_FILE, (day.isoformat(),)), advice=advice)))
    for file, notes in noted:
        yield from notes.faults
        yield from (one for mention in notes.mentions for one in check_mention(mention, file, library))
        if advice:
            yield from notes.advice or ()
            yield from (one for mention in notes.mentions for one in check_former_target(mention, file, library))
    if advice:
        yield from _advise_on_all(library, {file: notes.measures[0] for file, notes in noted if notes.measures})


def _advise_on_all(library: Library, measures: Mapping[str, Measure]) -> Iterator[Finding]:
    """Apply what compares entries, and what looks at the sources of all other files."""
    by_ref = {head.ref: found for head in library.all_entries() if (found := measures.get(library.files[head.ref]))}
    yield from check_same_texts(library, by_ref)
    yield from check_lengths(library, by_ref)
    others = [file for ref, file in library.files.items() if ref.kind not in ENTRY_KINDS]
    by_day = ((CALENDAR_FILE, library.pins), (WITHDRAWN_FILE, library.withdrawn))
    for file in (SETTINGS_FILE, *(file for file, days in by_day if days), *others):
        yield from check_source(library.project, file)


def _notes_on_entries(library: Library, cache: Cache, *, advice: bool) -> Iterator[tuple[str, Notes]]:
    before: dict[str, Any] = cache.load("notes") or {}
    now: dict[str, Any] = {}
    unknown: list[Head] = []
    for head in library.all_entries():
        file = library.files[head.ref]
        kept = before.get(file)
        if kept and kept[0] == head.digest and not (advice and kept[1 + _ADVICE] is None):
            now[file] = kept
        else:
            unknown.append(head)
    for head, notes in zip(unknown, spread(partial(_read_notes, library, advice=advice), unknown), strict=True):
        now[library.files[head.ref]] = head.digest, *_pack(notes)
    if unknown or len(now) != len(before):
        there = {*library.files.values()}
        cache.save("notes", {file: kept for file, kept in (before | now).items() if file in there})
    return ((file, _unpack(*kept[1:])) for file, kept in now.items() if any(kept[1:]))


def _read_notes(library: Library, head: Head, *, advice: bool) -> Notes:
    file = library.files[head.ref]
    entry = library.read(head)
    notes = _take_notes(passages_of(entry, file, draft=head.draft), advice=advice)
    if notes.advice is None:
        return notes
    return notes._replace(advice=(*notes.advice, *check_source(library.project, file), *check_syntax(entry, file)))


def _take_notes(passages: Iterator[Passage], *, advice: bool) -> Notes:
    faults: list[Finding] = []
    mentions: list[Mention] = []
    advised: list[Finding] = []
    measures: list[Measure] = []
    advising = advising_rules() if advice else ()
    for passage in passages:
        faults += (one for rule in FAULTS for one in rule(passage))
        mentions += find_mentions(passage)
        advised += (one for rule in advising for one in rule(passage))
        if advice and passage.keys == BODY:
            measures.append(measure(passage.source))
    return Notes(tuple(faults), tuple(mentions), tuple(advised) if advice else None, tuple(measures))


def _pack(notes: Notes) -> tuple[Any, ...]:
    """Flatten notes into what the cache can keep."""
    return tuple(None if part is None else tuple(tuple(one) for one in part) for part in notes)


def _unpack(faults: Any, mentions: Any, advice: Any, measures: Any) -> Notes:
    return Notes(
        tuple(map(Finding._make, faults)),
        tuple(map(Mention._make, mentions)),
        advice and tuple(map(Finding._make, advice)),
        tuple(map(Measure._make, measures)),
    )
