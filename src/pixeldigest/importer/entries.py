"""A part of an article → the values of an entry, and what a person has to look at."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from pixeldigest.content import Kind
from pixeldigest.drafts import make_id
from pixeldigest.fields import MAX_SUMMARY
from pixeldigest.importer.article import Article, Todo, one_line
from pixeldigest.importer.inline import trim
from pixeldigest.importer.parts import Part, level_headings, take_section, without_rules
from pixeldigest.markup.document import (
    Block,
    Cell,
    CodeBlock,
    CodeSpan,
    Document,
    Formula,
    Image,
    Inline,
    LineBreak,
    Link,
    List,
    Paragraph,
    Strong,
    Text,
    plain_text,
    walk,
)
from pixeldigest.markup.markdown import inline_to_markdown, to_markdown
from pixeldigest.markup.mathtext import latex_to_text
from pixeldigest.yamltext import Plain
from pixeldigest.yamltree import Block as BlockText

_READING: Final = frozenset(("further reading", "reading", "references", "resources", "further resources", "read more"))
_EXERCISE: Final = frozenset(("exercise", "practical exercise", "practice", "try it yourself", "hands-on exercise"))
_HINTS: Final = frozenset(("hints", "hint"))
_SOLUTION: Final = frozenset(("solution", "the solution", "full solution", "solution and explanation"))
_HINT: Final = re.compile(r"hint\s*\d*\W*", re.IGNORECASE)
_GUESSED_DIFFICULTY: Final = "medium"
_ORDER: Final[tuple[str, ...]] = (
    *("title", "summary", "draft", "difficulty", "collections", "tags", "url"),
    *("body", "hints", "explanation", "exercise", "reading"),
)


class Sketch(NamedTuple):
    """An entry that is not written yet: its values in their order, and the title of its collection."""

    kind: Kind
    values: Mapping[str, Plain]
    todos: tuple[Todo, ...]
    collection: str = ""


def sketch_entry(part: Part, article: Article, chapters: Mapping[str, str]) -> Sketch:
    """Sketch the entry of a part; `chapters` are the places of chapters by their titles."""
    found: list[Todo] = []
    title = one_line(part.title)
    blocks = without_rules(part.blocks)
    values: dict[str, Plain] = {"title": title, "draft": "true"}
    for take in _TAKEN[part.kind]:
        taken, rest = take(blocks)
        if rest:  # something has to be left for the body
            values, blocks = {**values, **taken}, rest
    values["summary"] = _summary(part, article, blocks, title, found)
    values["body"] = _markdown(level_headings(blocks))
    collection = ""
    if part.kind == "problem":
        values["difficulty"] = part.told.get("difficulty") or _guess_difficulty(found)
        collection = one_line(part.told.get("collection", ""))
    if make_id(collection):
        values["collections"] = [make_id(collection)]
    if tags := [*dict.fromkeys(filter(None, map(make_id, article.tags)))]:
        values["tags"] = tags
    if is_entry_address(url := part.told.get("url") or article.url):
        values["url"] = url
    found += _leftovers(part, chapters)
    ordered = {key: values[key] for key in _ORDER if key in values}
    return Sketch(part.kind, ordered, tuple(found), collection)


def is_entry_address(text: str) -> bool:
    """Tell whether a text can stand as the address of an entry."""
    return bool(re.fullmatch(r"https?://[^\s/<>\"@]+\.[^\s<>\"]+", text))


def name_entry(title: str, article: Article, kind: str) -> str:
    """Make an id of a title, or else of the article's address; the kind where neither has a letter to write it with."""
    stem = re.sub(r"\.\w+$", "", article.origin.rstrip("/").rpartition("/")[2])
    return make_id(title) or make_id(stem) or kind


def _markdown(blocks: tuple[Block, ...]) -> BlockText:
    return BlockText(f"{to_markdown(Document(blocks, ()), lambda address: address)}\n")


def _inline(children: tuple[Inline, ...]) -> str:
    flat = tuple(Text(" ") if isinstance(one, LineBreak) else one for one in children)
    return inline_to_markdown(flat, lambda address: address)


def _summary(part: Part, article: Article, blocks: tuple[Block, ...], title: str, found: list[Todo]) -> str:
    """Take the summary that is there, else the first sentence; cut at a word where it is too long."""
    given = one_line(part.told.get("summary") or article.summary)
    summary = given or _first_sentence(blocks)
    if not summary:
        found.append(Todo("summary", "there is no sentence to make a summary of: write one"))
        return title[:MAX_SUMMARY]
    if not given:
        found.append(Todo("summary", "the summary is the text's first sentence: see whether it makes one read on"))
    if len(summary) <= MAX_SUMMARY:
        return summary
    found.append(Todo("summary", f"the summary was cut to {MAX_SUMMARY} characters: say it in one sentence"))
    return summary[: MAX_SUMMARY - 1].rpartition(" ")[0].rstrip(" ,;:") + "…"


def _first_sentence(blocks: tuple[Block, ...]) -> str:
    for block in blocks:
        if isinstance(block, Paragraph) and (words := one_line(_spoken(block.children))):
            sentence = re.match(r".{20,}?[.!?](?=\s|$)", words)
            return sentence[0] if sentence else words
    return ""


def _spoken(children: tuple[Inline, ...]) -> str:
    """Read a line aloud: formulas in Unicode, pictures not at all."""
    parts = []
    for node in walk(children):
        match node:
            case Text(text) | CodeSpan(text):
                parts.append(text)
            case Formula(latex):
                parts.append(latex_to_text(latex))  # it parses, or it would be code
            case LineBreak():
                parts.append(" ")
            case _:
                pass
    return "".join(parts)


def _guess_difficulty(found: list[Todo]) -> str:
    message = f"the text does not say how hard this is: '{_GUESSED_DIFFICULTY}' is a guess"
    found.append(Todo("difficulty", message))
    return _GUESSED_DIFFICULTY


def _leftovers(part: Part, chapters: Mapping[str, str]) -> Iterator[Todo]:
    """Yield what a part told that no entry says, and what it did not tell."""
    if chapter := part.told.get("chapter"):
        place = chapters.get(chapter.casefold(), "that chapter of its course")
        yield Todo("title", f"the text says it is from '{chapter}': put this entry's id into {place}")
    if call := part.told.get("call"):
        key = "url" if "url" in part.told else "title"
        yield Todo(key, f"'{call[:80]}' was left out: 'calls_to_action' adds such lines")
    if part.kind == "problem":
        fields = "'language', 'starter', 'solution', 'examples' and 'tests'"
        yield Todo("difficulty", f"this is a problem in prose: {fields} would have it run")


def _take_reading(blocks: tuple[Block, ...]) -> tuple[dict[str, Plain], tuple[Block, ...]]:
    section = take_section(blocks, _READING)
    items = _only_list(section.blocks) if section else ()
    read = [_read_on(item) for item in items]
    if section is None or not read or None in read:
        return {}, blocks
    return {"reading": [one for one in read if one]}, section.others


def _read_on(item: tuple[Block, ...]) -> dict[str, Plain] | None:
    line = _only_line(item)
    if not line or not isinstance(link := line[0], Link) or any(isinstance(one, Image) for one in walk(line)):
        return None
    title, rest = one_line(plain_text(link.children)), line[1:]
    if not title or not is_entry_address(link.url):
        return None
    if rest and isinstance(rest[0], Text):
        rest = (Text(re.sub(r"^[\s:—–-]+", "", rest[0].text)), *rest[1:])
    note = _inline(trim(tuple(one for one in rest if one != Text(""))))
    return {"title": title, "url": link.url, **({"note": note} if note else {})}


def _take_exercise(blocks: tuple[Block, ...]) -> tuple[dict[str, Plain], tuple[Block, ...]]:
    section = take_section(blocks, _EXERCISE)
    if section is None or not section.blocks:
        return {}, blocks
    return {"exercise": _markdown(level_headings(section.blocks))}, section.others


def _take_solution(blocks: tuple[Block, ...]) -> tuple[dict[str, Plain], tuple[Block, ...]]:
    section = take_section(blocks, _SOLUTION)
    # Without code it mostly says where the solution can be read.
    if section is None or not section.others or not any(isinstance(one, CodeBlock) for one in section.blocks):
        return {}, blocks
    return {"explanation": _markdown(level_headings(section.blocks))}, section.others


def _take_hints(blocks: tuple[Block, ...]) -> tuple[dict[str, Plain], tuple[Block, ...]]:
    section = take_section(blocks, _HINTS)
    if section is None:
        return {}, blocks
    items = _only_list(section.blocks) or tuple((one,) for one in section.blocks if not _is_hints_name(one))
    lines = [line for item in items if (line := _only_line(item))]
    if not lines or len(lines) < len(items):
        return {}, blocks
    return {"hints": [_inline(line) for line in lines]}, section.others


def _only_line(blocks: tuple[Block, ...]) -> Cell:
    """Return the words of what is one paragraph; none for anything else."""
    match blocks:
        case (Paragraph(children),):
            return children
        case _:
            return ()


def _is_hints_name(block: Block) -> bool:
    match block:
        case Paragraph((Strong(words),)):
            return bool(_HINT.fullmatch(plain_text(words)))
        case _:
            return False


def _only_list(blocks: tuple[Block, ...]) -> tuple[tuple[Block, ...], ...]:
    return blocks[0].items if len(blocks) == 1 and isinstance(blocks[0], List) else ()


# What a kind's texts hold that has a key of its own.
_Take = Callable[[tuple[Block, ...]], tuple[dict[str, Plain], tuple[Block, ...]]]
_TAKEN: Final[Mapping[Kind, tuple[_Take, ...]]] = MappingProxyType(
    {"topic": (_take_reading, _take_exercise), "problem": (_take_hints, _take_solution), "feature": ()}
)
