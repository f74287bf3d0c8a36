"""One article → the files that it becomes: entries, pictures and new collections; nothing is written here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from pixeldigest.check.notes import FAULTS
from pixeldigest.check.texts import passages_of
from pixeldigest.content import ENTRY_KINDS, Kind, Ref
from pixeldigest.drafts import make_id
from pixeldigest.fields import MAX_SUMMARY
from pixeldigest.importer.article import Article, Todo, one_line
from pixeldigest.importer.blocks import Read, read_article
from pixeldigest.importer.entries import Sketch, name_entry, sketch_entry
from pixeldigest.importer.formulas import find_mangled
from pixeldigest.importer.parts import Part, Split, split_parts, take_title, whole_part
from pixeldigest.importer.pictures import Fetch, Picture, take_pictures
from pixeldigest.listing import FOLDERS
from pixeldigest.markup.document import Block
from pixeldigest.yamlfile import RawFile, load_model, locate_key, parse_source
from pixeldigest.yamltext import entry_text

# More than dev.to takes; whole pages have more around their article.
MAX_TEXT: Final = 2_000_000
_KINDS: Final[Mapping[str, str]] = MappingProxyType({folder: kind for kind, folder in FOLDERS.items()})


class Newsroom(NamedTuple):
    """What is there already, by kind and id or by title, and what articles are read by."""

    files: Mapping[Ref, str]
    collections: Mapping[str, str]
    chapters: Mapping[str, str]
    pictures: frozenset[str]
    headings: Mapping[str, str]
    publisher: str
    kind: Kind | None
    today: str


class Remark(NamedTuple):
    """What a person has to look at, and where; line 0 is the file as such."""

    file: str
    line: int
    message: str


class Converted(NamedTuple):
    """What becomes of an article: files' texts and pictures by name, what is skipped, and what is left to do."""

    article: Article
    title: str
    texts: Mapping[str, str] = MappingProxyType({})
    pictures: tuple[Picture, ...] = ()
    skipped: tuple[str, ...] = ()
    remarks: tuple[Remark, ...] = ()

    @property
    def entries(self) -> tuple[str, ...]:
        """The files of entries among those that are written."""
        return tuple(name for name in self.texts if not name.startswith(f"content/{FOLDERS['collection']}/"))


class Made(NamedTuple):
    """An entry that can be written: its text and that of a new collection, its pictures, and what is left to do."""

    texts: Mapping[str, str]
    pictures: tuple[Picture, ...]
    remarks: tuple[Remark, ...]


class SkippedError(Exception):
    """A part of an article does not become an entry; the text says why."""


def convert_article(article: Article, room: Newsroom, fetch: Fetch) -> Converted:
    """Make entries of an article; those whose id is taken are skipped."""
    if len(article.text) > MAX_TEXT:
        reason = f"it is longer than {MAX_TEXT:,} characters"
        return Converted(article, article.title or article.name, skipped=(reason,))
    read = read_article(article)
    words, blocks = take_title(read.blocks, article.title, article.name)
    title = one_line(words) or "Untitled"
    parts, left_out = _parts_of(title, blocks, room)
    alone = len(parts) == 1
    facts = article if alone else article._replace(summary="", url="", todos=())
    converted = Converted(article, title)
    for part in parts:
        try:
            made = _make_entry(part, facts, Read(part.blocks, read.todos), room, fetch, alone=alone)
        except SkippedError as error:
            converted = converted._replace(skipped=(*converted.skipped, str(error)))
        else:
            converted, room = _add(converted, made), extend_newsroom(room, made.texts, made.pictures)
    if converted.texts or not converted.skipped:
        lost = [f"this was left out: '{words[:80]}'" for words in left_out]
        told = [*([] if alone else [one.message for one in article.todos]), *lost]
        remarks = (Remark(article.origin, 0, message) for message in told)
        converted = converted._replace(remarks=(*converted.remarks, *remarks))
    return converted


def extend_newsroom(room: Newsroom, texts: Iterable[str], pictures: Iterable[Picture]) -> Newsroom:
    """Count in new files."""
    parts = {name: name.removesuffix(".yml").split("/") for name in texts}
    added = {Ref(_KINDS[folder], stem): name for name, (_, folder, stem) in parts.items()}
    names = {one.name.removeprefix("images/") for one in pictures}
    return room._replace(files={**room.files, **added}, pictures=room.pictures | names)


def _add(converted: Converted, made: Made) -> Converted:
    return converted._replace(
        texts={**converted.texts, **made.texts},
        pictures=(*converted.pictures, *made.pictures),
        remarks=(*converted.remarks, *made.remarks),
    )


def _make_entry(part: Part, article: Article, read: Read, room: Newsroom, fetch: Fetch, *, alone: bool) -> Made:
    """Make an entry of a part; raises SkippedError. Where it is not alone, only some of the article's todos are its."""
    entry_id = name_entry(part.title, article, part.kind)
    name = f"content/{FOLDERS[part.kind]}/{entry_id}.yml"
    if there := room.files.get(Ref(part.kind, entry_id)):
        raise SkippedError(f"'{part.title}', since {there} is there already")
    if not part.blocks:
        raise SkippedError(f"'{part.title}' has no text")
    pictured = take_pictures(part.blocks, article, entry_id, room.pictures, fetch)
    sketch = sketch_entry(part._replace(blocks=pictured.blocks), article, room.chapters)
    sketch, collection = _with_collection(sketch, room)
    text = entry_text(sketch.values)
    of_text = (todo for todo in read.todos if alone or not todo.near or line_of(todo.near, text))
    todos = (*article.todos, *of_text, *pictured.todos, *sketch.todos, *find_mangled(sketch.values))
    text = _head(article, room.today, todos) + text
    if fault := fault_in(text, part.kind, entry_id, name):
        raise SkippedError(f"'{part.title}' could not be imported: {fault}")
    return Made({**collection, name: text}, pictured.pictures, _place(todos, text, name))


def line_of(words: str, text: str) -> int:
    """Find the first line that says something, backslashes and comments aside; 0 where none does."""
    bare = words.replace("\\", "").strip()
    lines = enumerate(text.split("\n"), 1)
    return next((n for n, line in lines if bare and bare in line.replace("\\", "") and line[:1] != "#"), 0)


def fault_in(text: str, kind: str, entry_id: str, name: str) -> str:
    """Say what `check` would report of an entry as an error; empty where it would report none."""
    loaded = load_model(RawFile(text.encode()), ENTRY_KINDS[kind], name=name, given={"id": entry_id})
    if loaded.model is None:
        return "; ".join(one.message for one in loaded.diagnostics)
    found = (one for passage in passages_of(loaded.model, name) for rule in FAULTS for one in rule(passage))
    return next((one.message for one in found if one.severity == "error"), "")


def origin_of(first_line: str) -> str:
    """Read from an entry's first line where it was imported from; empty where it was not."""
    found = first_line.removeprefix(_IMPORTED)
    return found.rpartition(" on ")[0] if found != first_line else ""


_IMPORTED = "# Imported from "


def _head(article: Article, today: str, todos: Iterable[Todo]) -> str:
    """Write the comment above an entry: whoever opens it a week later has no report at hand."""
    told = [f"# - {one_line(message)}\n" for message in dict.fromkeys(todo.message for todo in todos)]
    return "".join((f"{_IMPORTED}{one_line(article.origin)} on {today}.\n", *(["# To do:\n"] if told else []), *told))


def _parts_of(title: str, blocks: tuple[Block, ...], room: Newsroom) -> Split:
    shaped = Split(()) if room.kind else split_parts(blocks, room.headings, room.publisher)
    return shaped if shaped.parts else Split((whole_part(room.kind or "topic", title, blocks),))


def _with_collection(sketch: Sketch, room: Newsroom) -> tuple[Sketch, dict[str, str]]:
    """Name the collection by the id that it has; a new one is a file more."""
    title = one_line(sketch.collection)
    if not make_id(title):
        return sketch, {}
    values = {**sketch.values, "collections": [room.collections.get(title.casefold(), make_id(title))]}
    name = f"content/{FOLDERS['collection']}/{make_id(title)}.yml"
    if title.casefold() in room.collections or name in room.files.values():
        return sketch._replace(values=values), {}
    todo = Todo("collections", f"the collection '{title}' is new: say in {name} what it is")
    new = {name: entry_text({"title": title, "summary": f"Problems of the collection {title}."[:MAX_SUMMARY]})}
    return sketch._replace(values=values, todos=(*sketch.todos, todo)), new


def _place(todos: Iterable[Todo], text: str, name: str) -> tuple[Remark, ...]:
    """Find the lines that a person has to look at."""
    source, _ = parse_source(RawFile(text.encode()), name=name)
    if source is None:
        return ()
    placed = {
        Remark(name, line_of(one.near, text) or locate_key(source, (one.key,)).line, one.message) for one in todos
    }
    return tuple(sorted(placed))
