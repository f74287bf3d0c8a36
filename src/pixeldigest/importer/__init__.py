"""Articles from elsewhere become entries; each is read, converted, and written whole or not at all.

The way of an article: `sources` opens files, folders, feeds (`feeds`), pages and dev.to (`forem`), with `frontmatter`
and `fetching`; what they give is an `article`. `blocks` reads its text, by way of `markdown`, `html`, `inline` and
`formulas`, to a document's blocks; `parts` splits them as an issue; `entries` finds the values of an entry in each;
`pictures` come along; `convert` makes files of all that, and `report` tells what was done and what is left to do.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

from pixeldigest.content import Kind, Ref
from pixeldigest.diagnostics import EXIT_AGAIN, EXIT_CONTENT, UserError
from pixeldigest.drafts import write_together
from pixeldigest.importer.article import Article
from pixeldigest.importer.convert import Converted, Newsroom, convert_article, extend_newsroom, origin_of
from pixeldigest.importer.fetching import MissingError, UnreachableError
from pixeldigest.importer.parts import HEADINGS
from pixeldigest.importer.pictures import Fetch
from pixeldigest.importer.sources import Access, open_articles
from pixeldigest.library import Library
from pixeldigest.listing import leads_out


def open_newsroom(library: Library, kind: Kind | None, today: str) -> Newsroom:
    """Gather what articles are read by; `kind` is what each shall become, whatever its shape."""
    sections = {section.heading.casefold(): section.kind for section in library.newsletter.sections}
    former = {ref: library.files[Ref(ref.kind, one)] for ref, one in library.aliases.items()}
    return Newsroom(
        files={**former, **library.files},
        chapters={
            chapter.title.casefold(): f"the chapter '{chapter.id}' of {library.files[Ref('course', course.id)]}"
            for course in library.courses.values()
            for chapter in course.chapters
        },
        collections={one.title.casefold(): one.id for one in library.collections.values()},
        pictures=frozenset(name.removeprefix("images/") for name in library.images),
        headings={**HEADINGS, **sections},
        publisher=library.newsletter.publisher.name,
        kind=kind,
        today=today,
    )


def known_origins(library: Library) -> frozenset[str]:
    """Read from the entries' first lines which addresses were imported already."""
    files = (name for ref, name in library.files.items() if ref.kind in ("topic", "problem", "feature"))
    origins = (origin_of(_first_line(library.project / name)) for name in files)
    return frozenset(one for one in origins if one.startswith(("http://", "https://")))


class Outcome(NamedTuple):
    """What was imported; where an error ended it, its words and the exit status that it asks for."""

    done: tuple[Converted, ...]
    stopped: str = ""
    status: int = 0


def import_source(source: str, access: Access, room: Newsroom, *, limit: int | None, project: Path | None) -> Outcome:
    """Import a source's articles; an error ends it, and leaves what was imported before."""
    done: list[Converted] = []
    articles = islice(open_articles(source, access), limit)
    try:
        for one in import_articles(articles, room, access.web.picture, access.known, project):
            done.append(one)  # noqa: PERF402 - what came before an error is kept
    except MissingError as error:
        return Outcome(tuple(done), f"'{source}' cannot be imported: {error}", EXIT_CONTENT)
    except UnreachableError as error:
        return Outcome(tuple(done), f"'{source}' cannot be read now: {error}; run it again later", EXIT_AGAIN)
    except UserError as error:
        return Outcome(tuple(done), error.message, error.status)
    return Outcome(tuple(done))


def import_articles(
    articles: Iterable[Article], room: Newsroom, fetch: Fetch, known: frozenset[str], project: Path | None
) -> Iterator[Converted]:
    """Convert articles, and write each; without a project nothing is written. Those that are known are skipped."""
    for article in articles:
        if article.origin in known:
            said = f"'{article.title or article.name}' was imported already"
            yield Converted(article, article.title or article.name, skipped=(said,))
            continue
        converted = convert_article(article, room, fetch)
        if project is not None:
            write_files(project, _files_of(converted))
        room = extend_newsroom(room, converted.texts, converted.pictures)
        yield converted


def write_files(project: Path, files: Mapping[str, bytes]) -> None:
    """Write the files of an article, all or none; raises UserError, also rather than overwrite one."""
    for name in files:
        folder = name.rpartition("/")[0]
        if fault := leads_out(project, folder):
            raise UserError(f"{folder}: {fault.message}; {fault.hint}")
        if os.path.lexists(project / name):
            raise UserError(f"{name} exists already; 'import' overwrites nothing: run it again")
    write_together(project, files)


def _files_of(converted: Converted) -> dict[str, bytes]:
    """Name all files, those first that others need."""
    pictures = ((f"content/{one.name}", one.content) for one in converted.pictures)
    texts = sorted(converted.texts.items(), key=lambda pair: (pair[0] in converted.entries, pair[0]))
    return dict(chain(pictures, ((name, text.encode()) for name, text in texts)))


def _first_line(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", errors="replace") as stream:
            return stream.readline(2000).rstrip("\n")
    except OSError:
        return ""
