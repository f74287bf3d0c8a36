"""New entries and what holds them, as files to fill in."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from pixeldigest.content import Chapter, Ref
from pixeldigest.diagnostics import EXIT_USAGE, UserError, suggest
from pixeldigest.drafts.skeletons import SKELETONS
from pixeldigest.fields import DIFFICULTIES
from pixeldigest.library import Library
from pixeldigest.listing import FOLDERS, TAKEN_PAGES
from pixeldigest.output import cannot_write
from pixeldigest.wholefile import PROJECT_STAGING, write_whole
from pixeldigest.yamledit import append_item, rewrite_file, set_value
from pixeldigest.yamltext import write_scalar
from pixeldigest.yamltree import parse_tree, to_plain

MAX_ID_LENGTH = 80
# What brings a first one with it.
_MADE_BY: Mapping[str, str] = MappingProxyType({"course": "course", "chapter": "course", "collection": "collection"})
# What has no accent that could be taken off.
_SPELT_OUT = str.maketrans(
    {"&": " and ", "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
)


class Spot(NamedTuple):
    """A chapter to which a topic can be added: its course, and its number in it."""

    course: str
    course_title: str
    number: int
    chapter: Chapter


class Choices(NamedTuple):
    """What is chosen for a new file: a topic's chapter, a problem's collections and difficulty."""

    spot: Spot | None = None
    collections: tuple[str, ...] = ()
    difficulty: str = DIFFICULTIES[0]


class Draft(NamedTuple):
    """A new file, and what others hold with it, by their names below the project."""

    name: str
    text: str
    others: Mapping[str, bytes]

    @property
    def id(self) -> str:
        """The id of what is new."""
        return Path(self.name).stem


def list_spots(library: Library | None) -> tuple[Spot, ...]:
    """List the chapters of all courses."""
    courses = library.courses.values() if library else ()
    return tuple(Spot(one.id, one.title, number, inner) for one in courses for number, inner in enumerate(one.chapters))


def find_spots(spots: tuple[Spot, ...], course: str | None, chapter: str | None) -> tuple[Spot, ...]:
    """Keep the chapters of a course, or of an id; raises UserError where either names nothing."""
    if course is not None:
        need_one_of("course", course, [spot.course for spot in spots])
        spots = tuple(spot for spot in spots if spot.course == course)
    if chapter is not None:
        need_one_of("chapter", chapter, [spot.chapter.id for spot in spots])
        spots = tuple(spot for spot in spots if spot.chapter.id == chapter)
    return spots


def need_one_of(word: str, wanted: str, ids: list[str]) -> None:
    """Raise UserError where an id names nothing that there is."""
    if wanted not in ids:
        hint = suggest(wanted, sorted({*ids})) or f"make one with 'pixeldigest new {_MADE_BY[word]}'"
        raise UserError(f"there is no {word} '{wanted}'; {hint}", status=EXIT_USAGE)


def need_content(project: Path) -> None:
    """Raise UserError where a project has nothing to add to."""
    if not (project / "content").is_dir():
        raise UserError("there is no content/ here; start a newsletter with 'pixeldigest init', or use -C")


def begin_draft(project: Path, library: Library | None, kind: str, title: str, choices: Choices) -> Draft:
    """Begin a file of any kind; raises UserError where its name is taken."""
    match kind:
        case "topic":
            return _draft_topic(project, library, title, choices.spot)
        case "problem":
            collections, difficulty = choices.collections, choices.difficulty
            return _draft_problem(project, library, title, collections=collections, difficulty=difficulty)
        case "course":
            return _draft_course(project, library, title)
    return draft_file(project, library, kind, title)


def draft_file(project: Path, library: Library | None, kind: str, title: str) -> Draft:
    """Begin a file; raises UserError where its name is taken."""
    text = SKELETONS[kind].replace("TITLE", write_scalar(_clean(title)))
    return Draft(f"content/{FOLDERS[kind]}/{name_draft(project, library, kind, title)}.yml", text, {})


def name_draft(project: Path, library: Library | None, kind: str, title: str) -> str:
    """Make the id of what is new; raises UserError where the title has none to give, or it is taken."""
    if not _clean(title):
        raise UserError("the title is empty; write one, as in 'pixeldigest new topic \"Prompt Tuning\"'")
    entry_id = make_id(title)
    if not entry_id:
        raise UserError(f"an id is made of the letters a to z and digits, and '{title}' has none; write some into it")
    folder = project / "content" / FOLDERS[kind]
    if twin := next(folder.rglob(f"{entry_id}.yml"), None):
        raise UserError(f"{twin.relative_to(project)} exists already; choose another title")
    if kind == "page" and entry_id in TAKEN_PAGES:
        raise UserError(f"'{entry_id}' is an address of the site itself; choose another title")
    if library and (now := library.aliases.get(Ref(kind, entry_id))):
        raise UserError(f"'{entry_id}' is a former id of {library.files[Ref(kind, now)]}; choose another title")
    return entry_id


def write_draft(project: Path, draft: Draft) -> tuple[str, ...]:
    """Write all files of a draft or none, and name them."""
    files = {draft.name: draft.text.encode(), **draft.others}
    write_together(project, files)
    return (*files,)


def write_together(project: Path, files: Mapping[str, bytes]) -> None:
    """Write new files, all or none; one that is there already has to be the last."""
    written: list[Path] = []
    for name, content in files.items():
        path = project / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(str(path), content, staging=str(project / PROJECT_STAGING))
        except OSError as error:
            for one in written:
                one.unlink(missing_ok=True)
            raise cannot_write(path, error) from error
        written.append(path)


def make_id(title: str) -> str:
    """Turn a title into an id: small letters and digits, single hyphens; a long one ends with a whole word."""
    plain = unicodedata.normalize("NFKD", title.lower().translate(_SPELT_OUT))
    without_accents = "".join(one for one in plain if not unicodedata.combining(one))
    whole = re.sub(r"[^a-z0-9]+", "-", without_accents).strip("-")
    if len(whole) <= MAX_ID_LENGTH:
        return whole
    short = whole[: MAX_ID_LENGTH + 1].rpartition("-")[0]
    return short or whole[:MAX_ID_LENGTH]


def _draft_topic(project: Path, library: Library | None, title: str, spot: Spot | None) -> Draft:
    """Begin a topic, and add it to a chapter."""
    draft = draft_file(project, library, "topic", title)
    if spot is None or library is None:
        return draft
    outline = library.files[Ref("course", spot.course)]
    content = (project / outline).read_bytes()
    text = content.decode("utf-8-sig").replace("\r\n", "\n")
    longer: Any = to_plain(parse_tree(append_item(text, ("chapters", spot.number, "topics"), draft.id)))
    return draft._replace(others={outline: rewrite_file(content, longer)})


def _draft_problem(
    project: Path, library: Library | None, title: str, *, collections: tuple[str, ...], difficulty: str
) -> Draft:
    """Begin a problem of a difficulty, in collections."""
    draft = draft_file(project, library, "problem", title)
    text = set_value(draft.text, ["difficulty"], difficulty)
    return draft._replace(text=set_value(text, ["collections"], [*collections]) if collections else text)


def _draft_course(project: Path, library: Library | None, title: str) -> Draft:
    """Begin a course, with a topic for its first chapter, since none may be empty."""
    draft = draft_file(project, library, "course", title)
    topic = draft_file(project, library, "topic", f"First Steps in {title}")
    return draft._replace(text=draft.text.replace("TOPIC", topic.id), others={topic.name: topic.text.encode()})


def _clean(title: str) -> str:
    """Put a title on one line, without characters that YAML does not have."""
    kept = (one for one in title if one.isprintable() or one.isspace() or unicodedata.category(one) == "Cf")
    return " ".join("".join(kept).split())
