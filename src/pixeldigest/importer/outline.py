"""What stands under which heading: taking sections out of blocks, and the levels that headings have."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import NamedTuple

from pixeldigest.markup.document import Block, Heading, List, Paragraph, Quote, Rule, plain_text


class Section(NamedTuple):
    """A heading's words and what stands below it, and the blocks around."""

    words: str
    blocks: tuple[Block, ...]
    others: tuple[Block, ...]


def take_section(blocks: tuple[Block, ...], names: Collection[str]) -> Section | None:
    """Take the section with one of these names (in small letters) out of blocks."""
    for number, block in enumerate(blocks):
        if isinstance(block, Heading) and (words := heading_words(block)).casefold() in names:
            end = section_end(blocks, number)
            return Section(words, blocks[number + 1 : end], blocks[:number] + blocks[end:])
    return None


def section_end(blocks: tuple[Block, ...], number: int) -> int:
    """Find where the section ends whose heading has a place: at the next of its level or above."""
    first = blocks[number]
    level = first.level if isinstance(first, Heading) else 0
    following = enumerate(blocks[number + 1 :], number + 1)
    return next((n for n, one in following if isinstance(one, Heading) and one.level <= level), len(blocks))


def heading_words(heading: Heading) -> str:
    """Read a heading, without what decorates it: numbers stay, emoji and colons go."""
    return re.sub(r"^[^\w(\"'“‘«$`]+|[\s:]+$", "", plain_text(heading.children))


def level_headings(blocks: tuple[Block, ...], *, first: int = 2) -> tuple[Block, ...]:
    """Give headings the levels that their order asks for, none left out; in lists and quotes they are words."""
    above: list[int] = []
    levelled: list[Block] = []
    for block in blocks:
        if isinstance(block, Heading):
            while above and above[-1] >= block.level:
                above.pop()
            above.append(block.level)
            levelled.append(Heading(min(first + len(above) - 1, 6), block.children))
        else:
            levelled.append(_without_headings(block))
    return tuple(levelled)


def _without_headings(block: Block) -> Block:
    match block:
        case Heading(_, children):
            return Paragraph(children)
        case Quote(blocks):
            return Quote(tuple(map(_without_headings, blocks)))
        case List(start, items, tight):
            held = tuple(tuple(map(_without_headings, item)) for item in items)
            doubled = any(sum(isinstance(one, Paragraph) for one in item) > 1 for item in held)
            return List(start, held, tight and not doubled)
        case _:
            return block


def without_rules(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """Take the rules off both ends."""
    while blocks and isinstance(blocks[0], Rule):
        blocks = blocks[1:]
    while blocks and isinstance(blocks[-1], Rule):
        blocks = blocks[:-1]
    return blocks
