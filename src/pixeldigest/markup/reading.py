"""How long a text takes to read, and what its headings are."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from pixeldigest.markup.document import CodeBlock, CodeSpan, Document, Formula, Heading, Inline, Text, plain_text, walk

# Silent reading of English non-fiction: 238 words a minute (Brysbaert 2019); technical prose is slower.
WORDS_A_MINUTE = 200
SECONDS_A_FORMULA = 3
SECONDS_A_CODE_LINE = 2


class Anchor(NamedTuple):
    """A heading that can be linked to."""

    id: str
    level: int
    children: tuple[Inline, ...]


def reading_minutes(documents: Iterable[Document]) -> int:
    """Estimate the time that documents take to read, in whole minutes, at least one."""
    seconds = 0.0
    for document in documents:
        for node in walk(document.blocks):
            match node:
                case Text(text) | CodeSpan(text):
                    seconds += len(text.split()) * 60 / WORDS_A_MINUTE
                case Formula():
                    seconds += SECONDS_A_FORMULA
                case CodeBlock(_, source):
                    seconds += source.count("\n") * SECONDS_A_CODE_LINE
                case _:
                    pass
    return max(1, round(seconds / 60))


def has_formulas(documents: Iterable[Document]) -> bool:
    """Tell whether there is a formula to show."""
    return any(isinstance(node, Formula) for document in documents for node in walk(document.blocks))


def anchors(document: Document, prefix: str = "") -> tuple[Anchor, ...]:
    """Name the headings of a document, uniquely within it; the prefix keeps several on a page apart."""
    found: list[Anchor] = []
    names: set[str] = set()
    numbers: Counter[str] = Counter()
    for block in document.blocks:
        if isinstance(block, Heading):
            slug = re.sub(r"[^a-z0-9]+", "-", plain_text(block.children).lower()).strip("-") or "part"
            name = slug
            while name in names:
                numbers[slug] += 1
                name = f"{slug}-{numbers[slug] + 1}"
            names.add(name)
            found.append(Anchor(prefix + name, block.level, block.children))
    return tuple(found)
