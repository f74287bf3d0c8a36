"""Rules about an entry beside the others: whether it says what another says, in about as many words as its kind has."""

from __future__ import annotations

import re
import unicodedata
import zlib
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from heapq import nsmallest
from statistics import median
from typing import NamedTuple

from pixeldigest.check.finding import Finding
from pixeldigest.content import Ref
from pixeldigest.heads import Head
from pixeldigest.library import Library

# How many times fewer or more words than usual are too few or too many, and of how many entries that can be said.
FAR = 4
ENOUGH_ENTRIES = 8
# Texts of fewer words are alike by chance.
FEW_WORDS = 40
# A text's sketch: of the numbers that stand for its runs of words, the smallest. Two texts are alike in as many runs,
# about, as their sketches are in numbers (Broder, 1997).
RUN = 3
SKETCH = 64
ALIKE = 0.75
# Of texts that share a rare run only so many are compared, so that time grows with their number.
COMPARED = 8


class Measure(NamedTuple):
    """How many words a body has, and the sketch of them, as unsigned integers of 32 bits."""

    words: int
    sketch: bytes


def measure(body: str) -> Measure:
    """Count a body's words and sketch them."""
    words = re.findall(r"\w+", body.casefold())
    runs = {zlib.crc32(" ".join(words[at : at + RUN]).encode()) for at in range(len(words) - RUN + 1)}
    return Measure(len(body.split()), array("I", nsmallest(SKETCH, runs)).tobytes())


def check_same_titles(library: Library) -> Iterator[Finding]:
    """Warn of entries of a kind that can be told from each other by no word of their titles."""
    before: dict[tuple[str, str], Head] = {}
    for head in _shown(library):
        title = _title_key(head.title)
        other = before.setdefault((head.kind, title), head)
        if title and other is not head and _meet(head, other):
            how = "the" if head.title == other.title else "nearly the"
            message = f"another {head.kind} has {how} same title, '{other.title}'"
            side = (library.files[other.ref], ("title",))
            hint = "say in the title how they differ, or delete one of the two"
            yield Finding(
                "same-title", message, hint, library.files[head.ref], ("title",), severity="warning", sides=(side,)
            )


def _title_key(title: str) -> str:
    """Reduce a title to what tells it from others: not case, accents, hyphens, plurals, or an article before it."""
    plain = unicodedata.normalize("NFKD", title.casefold().replace("&", " and "))
    words = re.findall(r"[\w+#*]+", "".join(one for one in plain if not unicodedata.combining(one)))
    if words[1:] and words[0] in ("the", "a", "an", "der", "die", "das", "ein", "eine"):
        del words[0]
    return "".join(word[:-1] if len(word) > 3 and word.endswith("s") else word for word in words)


def check_same_texts(library: Library, measures: Mapping[Ref, Measure]) -> Iterator[Finding]:
    """Warn of entries whose bodies are nearly the same."""
    heads = {head.ref: head for head in _shown(library)}
    sketches = {
        ref: frozenset(array("I", found.sketch))
        for ref in heads
        if (found := measures.get(ref)) and found.words >= FEW_WORDS
    }
    for ref, other, share in find_pairs(sketches):
        if _meet(heads[ref], heads[other]):
            name = f"{other.kind} '{other.id}'"
            message = f"this text is nearly that of the {name}: {share:.0%} of its words are the same"
            hint = "delete one of the two, or make one a draft until they differ"
            side = (library.files[other], ("body",))
            yield Finding("same-text", message, hint, library.files[ref], ("body",), severity="warning", sides=(side,))


def find_pairs(sketches: Mapping[Ref, frozenset[int]]) -> Iterator[tuple[Ref, Ref, float]]:
    """Pair each text with the first before it that it is like; those that are share one of their rarest runs."""
    common = Counter(run for sketch in sketches.values() for run in sketch)
    holders: dict[int, list[Ref]] = defaultdict(list)
    for ref, sketch in sketches.items():
        # So many runs may be missing from one that is alike; of one more it has to have one.
        rarest = nsmallest(int(len(sketch) * (1 - ALIKE)) + 1, sketch, key=lambda run: (common[run], run))
        others = dict.fromkeys(other for run in rarest for other in holders[run][:COMPARED])
        shares = ((other, _share(sketch, sketches[other])) for other in others)
        if found := next(((other, share) for other, share in shares if share >= ALIKE), None):
            yield ref, *found
        for run in rarest:
            holders[run].append(ref)


def _share(one: frozenset[int], other: frozenset[int]) -> float:
    return len(one & other) / max(len(one), len(other), 1)


def check_lengths(library: Library, measures: Mapping[Ref, Measure]) -> Iterator[Finding]:
    """Warn of bodies that are far shorter or longer than those of their kind."""
    for kind, heads in library.by_kind.items():
        shown = [head.ref for head in heads.values() if not head.draft]
        lengths = {ref: measures[ref].words for ref in shown if ref in measures}
        if len(lengths) < ENOUGH_ENTRIES:
            continue
        usual = round(median(lengths.values()))
        for ref, words in lengths.items():
            if words * FAR < usual or words > usual * FAR:
                way = "say more, or make it a draft until it is whole" if words < usual else "shorten it, or split it"
                message = f"this body has {words} words, where a {kind} has {usual} (the median of {len(lengths)})"
                yield Finding("body-length", message, way, library.files[ref], ("body",), severity="warning")


def _shown(library: Library) -> Iterator[Head]:
    return (head for head in library.all_entries() if not head.draft)


def _meet(one: Head, other: Head) -> bool:
    """Tell whether there is a day on which both may be shown."""
    first = max((day for day in (one.not_before, other.not_before) if day), default=None)
    last = min((day for day in (one.not_after, other.not_after) if day), default=None)
    return not (first and last and last < first)
