"""pixeldigest new."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from pixeldigest.drafts import (
    Choices,
    Draft,
    Spot,
    begin_draft,
    find_spots,
    list_spots,
    name_draft,
    need_content,
    need_one_of,
    write_draft,
)
from pixeldigest.drafts.skeletons import SKELETONS
from pixeldigest.fields import DIFFICULTIES
from pixeldigest.library import Library
from pixeldigest.loading import load_library
from pixeldigest.options import Session
from pixeldigest.schemas.files import refresh_ids

_KIND_OF_OPTION = {"course": "topic", "chapter": "topic", "collection": "problem", "difficulty": "problem"}


@click.command()
@click.argument("kind", type=click.Choice(list(SKELETONS)))
@click.argument("title")
@click.option("--course", metavar="ID", help="The course of a new topic.")
@click.option("--chapter", metavar="ID", help="The chapter of a new topic.")
@click.option("--collection", metavar="ID", help="The collection of a new problem.")
@click.option("--difficulty", type=click.Choice(DIFFICULTIES), help="The difficulty of a new problem.")
@click.pass_obj
def new(session: Session, /, kind: str, title: str, **options: str | None) -> None:
    """Make a new entry, page, course or collection to fill in.

    A topic is added to the outline of its course. On a terminal you are asked for the chapter of a topic, and for the
    collection and the difficulty of a problem, where no option names them.

    \b
    pixeldigest new topic "Prompt Tuning" --chapter fine-tuning
    pixeldigest new problem "Two Sum" --collection blind-75 --difficulty easy
    pixeldigest new page "Imprint"
    """
    _refuse_strangers(kind, options)
    need_content(session.project)
    library = load_library(session.project, session.cache).library
    name_draft(session.project, library, kind, title)  # before anything is asked
    draft = begin_draft(session.project, library, kind, title, _choose(library, kind, options))
    for name in write_draft(session.project, draft):
        click.echo(f"{name} written")
    refresh_ids(session.project, load_library(session.project, session.cache).library)
    click.echo(f"next: {_what_next(kind, draft)}")


def _refuse_strangers(kind: str, options: dict[str, str | None]) -> None:
    for name, value in options.items():
        if value is not None and _KIND_OF_OPTION[name] != kind:
            raise click.UsageError(f"'--{name}' is for a {_KIND_OF_OPTION[name]}, not for a {kind}: leave it out")


def _choose(library: Library | None, kind: str, options: dict[str, str | None]) -> Choices:
    match kind:
        case "topic":
            return Choices(spot=_choose_spot(library, options["course"], options["chapter"]))
        case "problem":
            collections = _choose_collections(library, options["collection"])
            return Choices(collections=collections, difficulty=options["difficulty"] or _ask_for_difficulty())
        case _:
            return Choices()


def _choose_spot(library: Library | None, course: str | None, chapter: str | None) -> Spot | None:
    """Find the chapter that the options name, or ask which one it is; elsewhere than on a terminal none will do."""
    named = course is not None or chapter is not None
    spots = find_spots(list_spots(library), course, chapter)
    if named and len(spots) == 1:
        return spots[0]
    if _is_terminal() and spots:
        labels = [f"{spot.course_title}: {spot.chapter.title}" for spot in spots]
        return [*spots, None][_ask("To which chapter does it belong?", [*labels, "to none yet"])]
    if named:
        known = ", ".join(f"'--course {spot.course} --chapter {spot.chapter.id}'" for spot in spots)
        raise click.UsageError(f"several chapters are meant; name one of them: {known}")
    return None


def _choose_collections(library: Library | None, named: str | None) -> tuple[str, ...]:
    known = library.collections if library else {}
    if named is not None:
        need_one_of("collection", named, [*known])
        return (named,)
    if not _is_terminal() or not known:
        return ()
    chosen = _ask("To which collection does it belong?", [*(one.title for one in known.values()), "to none"])
    return (*known,)[chosen : chosen + 1]


def _ask_for_difficulty() -> str:
    if not _is_terminal():
        return DIFFICULTIES[0]
    return DIFFICULTIES[_ask("How difficult is it?", DIFFICULTIES)]


def _ask(question: str, answers: Sequence[str]) -> int:
    """Ask for one of the answers by its number, and return its place."""
    click.echo(question, err=True)
    for number, answer in enumerate(answers, 1):
        click.echo(f"  {number}  {answer}", err=True)
    numbers = click.IntRange(1, len(answers))
    chosen: int = click.prompt("Its number", type=numbers, default=1, err=True)
    return chosen - 1


def _is_terminal() -> bool:
    return sys.stdin.isatty()


def _what_next(kind: str, draft: Draft) -> str:
    if kind == "course":
        return f"fill both in, and add '{draft.id}' to 'courses' in content/newsletter.yml when it may be sent"
    if kind == "collection":
        return f"fill it in, and name it in its problems, as in 'collections: [{draft.id}]'"
    outline = "" if kind != "topic" or draft.others else ", add it to a chapter of its course"
    return f"fill it in{outline}, and delete 'draft: true' when it is done; 'pixeldigest serve' shows it as you write"
