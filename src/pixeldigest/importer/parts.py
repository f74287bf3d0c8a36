"""An article's blocks → its parts: topic, problem and feature where it has the headings of an issue, else one."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

from pixeldigest.content import Kind
from pixeldigest.markup.document import Block, Heading, Link, List, Paragraph, Quote, Rule, Strong, plain_text, walk

# What the headings of an issue say, in small letters; those of the newsletter's own sections come on top.
HEADINGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "topic deep dive": "topic",
        "deep dive": "topic",
        "topic of the day": "topic",
        "problem of the day": "problem",
        "coding problem": "problem",
        "feature spotlight": "feature",
        "feature of the day": "feature",
    }
)
_CHAPTER: Final = re.compile(r"from (?:the )?(?P<chapter>.{1,80}?)(?: chapter)?\.?", re.IGNORECASE)
_DIFFICULTY: Final = re.compile(r"\bdifficulty\W{1,3}(easy|medium|hard)\b", re.IGNORECASE)
_SHORT: Final = re.compile(r"(?P<difficulty>easy|medium|hard)(?:\s*[·|•]\s*(?P<collection>.+))?", re.IGNORECASE)
_COLLECTION: Final = re.compile(r"\bcollections?\W{1,3}(?P<named>\w.*?)(?:\s*[|·•]|\s+difficulty\b|$)", re.IGNORECASE)
_ORIGINALLY: Final = re.compile(
    r"(?:this (?:post|article|issue) was )?(?:originally )?published (?:at|on|in)\b", re.IGNORECASE
)
_CALL: Final = re.compile(
    r"(?:explore|try|start|practi[cs]e|solve|check out|visit|read the full|learn more)\b", re.IGNORECASE
)
_MAX_CALL: Final = 200
# Recall and solution follow from other issues; they are nobody's entries.
_KINDS: Final[Mapping[str, Kind]] = MappingProxyType({"topic": "topic", "problem": "problem", "feature": "feature"})

Detail = Literal["summary", "chapter", "difficulty", "collection", "url", "call"]


class Part(NamedTuple):
    """A part of an article that becomes an entry, and what its first and last lines told of it."""

    kind: Kind
    title: str
    blocks: tuple[Block, ...]
    told: Mapping[Detail, str] = MappingProxyType({})


class Split(NamedTuple):
    """The parts of an article, and the words of what is left out of it."""

    parts: tuple[Part, ...]
    left_out: tuple[str, ...] = ()


class Section(NamedTuple):
    """A heading's words and what stands below it, and the blocks around."""

    words: str
    blocks: tuple[Block, ...]
    others: tuple[Block, ...]


def split_parts(blocks: tuple[Block, ...], headings: Mapping[str, str], publisher: str) -> Split:
    """Split an article where headings say so; without such a heading there are no parts."""
    starts = [(number, found) for number, one in enumerate(blocks) if (found := _section_of(one, headings))]
    if not starts:
        return Split(())
    left_out = [plain_text(one.children) for one in blocks[: starts[0][0]] if isinstance(one, Paragraph)]
    parts: list[Part] = []
    for (number, (kind, named)), (end, _) in zip(starts, [*starts[1:], (len(blocks), None)], strict=True):
        inner = blocks[number + 1 : end]
        below = inner[0] if inner and not named else None
        title = heading_words(below) if isinstance(below, Heading) else named
        entry_kind = _KINDS.get(kind)
        if entry_kind and title:
            part = Part(entry_kind, title, inner[1:] if isinstance(below, Heading) else inner)
            parts.append(_read_edges(part, publisher))
        else:
            left_out.append(f"{kind}: {title}" if title else f"a section of the kind {kind}")
    return Split(tuple(parts), tuple(left_out))


def whole_part(kind: Kind, title: str, blocks: tuple[Block, ...]) -> Part:
    """Take a whole article as one part."""
    return Part(kind, title, without_rules(blocks))


def take_title(blocks: tuple[Block, ...], told: str, name: str) -> tuple[str, tuple[Block, ...]]:
    """Find the title: the one told, a first heading, or a name; a heading near the start that says it is taken off."""
    for number, block in enumerate(blocks[:3]):
        if isinstance(block, Heading) and block.level == 1:
            words = heading_words(block)
            leads = number == 0 and section_end(blocks, number) == len(blocks)
            if _say_the_same(words, told) if told else leads or not name or _begins_with(name, words):
                return told or words, blocks[:number] + blocks[number + 1 :]
            break
    return told or name, blocks


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


def without_rules(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """Take the rules off both ends."""
    while blocks and isinstance(blocks[0], Rule):
        blocks = blocks[1:]
    while blocks and isinstance(blocks[-1], Rule):
        blocks = blocks[:-1]
    return blocks


def _say_the_same(one: str, other: str) -> bool:
    return _letters(one) == _letters(other)


def _begins_with(name: str, words: str) -> bool:
    """Tell whether a page's name is a title, with that of the whole site behind it or not."""
    return bool(_letters(words)) and _letters(name).startswith(_letters(words))


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


def _section_of(block: Block, headings: Mapping[str, str]) -> tuple[str, str] | None:
    """Find the kind and title that a heading names."""
    if not isinstance(block, Heading):
        return None
    words = heading_words(block)
    name, title = words, ""
    if found := re.match(r"(?P<name>[^:–—]*?)\s*(?::|[–—]|\s-\s)\s*(?P<title>.*)$", words):
        name, title = found["name"], found["title"]
    kind = headings.get(name.casefold())
    return (kind, title) if kind else None


def _read_edges(part: Part, publisher: str) -> Part:
    """Read what a part's first lines tell of it, and its last; what is told so is no part of its text."""
    blocks = without_rules(part.blocks)
    told: dict[Detail, str] = {}
    while blocks and isinstance(blocks[0], Paragraph) and (first := _told_by(blocks[0], told)):
        told |= first
        blocks = without_rules(blocks[1:])
    while blocks and isinstance(blocks[-1], Paragraph) and (last := _called_by(blocks[-1], publisher)) is not None:
        told = {**last, **told}
        blocks = without_rules(blocks[:-1])
    return part._replace(blocks=blocks, told=told)


def _told_by(paragraph: Paragraph, known: Mapping[Detail, str]) -> dict[Detail, str]:
    words = plain_text(paragraph.children).strip()
    if len(words) > 160:
        return {}
    told: dict[Detail, str] = {}
    if difficulty := _DIFFICULTY.search(words):
        told["difficulty"] = difficulty[1].lower()
    elif short := _SHORT.fullmatch(words):
        told |= {"difficulty": short["difficulty"].lower(), "collection": short["collection"] or ""}
    if collection := _COLLECTION.search(words):
        told["collection"] = collection["named"].strip()
    if not told and (chapter := _CHAPTER.fullmatch(words)):
        told["chapter"] = chapter["chapter"]
    is_lead = len(paragraph.children) == 1 and isinstance(paragraph.children[0], Strong)
    if not told and is_lead and words.endswith((".", "!", "?", "…")) and "summary" not in known:
        told["summary"] = words
    return told


def _called_by(paragraph: Paragraph, publisher: str) -> dict[Detail, str] | None:
    """Read a last line that says where the text was published, or calls readers to the publisher's site."""
    words = plain_text(paragraph.children).strip()
    if _ORIGINALLY.match(words):
        return {}
    links = [one.url for one in walk(paragraph.children) if isinstance(one, Link)]
    whole = len(paragraph.children) == 1 and len(links) == 1
    calls = len(words) <= _MAX_CALL and _CALL.match(words) and (links or publisher.casefold() in words.casefold())
    if not (whole or calls):
        return None
    return {"call": words, "url": links[0]} if links else {"call": words}


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
