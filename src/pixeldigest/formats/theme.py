"""Templates and words: what a rendition adds to the content."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from jinja2 import (
    Environment,
    FileSystemLoader,
    StrictUndefined,
    TemplateError,
    TemplateSyntaxError,
    select_autoescape,
)

from pixeldigest.diagnostics import EXIT_SETTINGS, UserError
from pixeldigest.formats.pictures import Pictures, find_pictures
from pixeldigest.yamlfile import read_source
from pixeldigest.yamltree import to_plain

PACKAGED = Path(__file__).parent.parent / "templates"


class Theme(NamedTuple):
    """Templates ready to be rendered, their words, the folders they come from (a project's own first), and pictures."""

    environment: Environment
    words: Mapping[str, Any]
    folders: tuple[Path, ...]
    pictures: Pictures | None

    def render(self, template: str, **values: object) -> str:
        """Render one template; raises UserError for a mistake in a template of the project's own."""
        try:
            return self.environment.get_template(template).render(words=self.words, **values)
        except TemplateError as error:
            if place := _place_of(error, self.folders):
                raise UserError(f"{place}: {error.message}", status=EXIT_SETTINGS) from error
            raise


def load_theme(project: Path, language: str) -> Theme:
    """Find the templates: the project's own override the default theme file by file."""
    folders = tuple(folder for folder in (project / "templates", PACKAGED) if folder.is_dir())
    words = _load_words(folders, language)
    environment = Environment(
        loader=FileSystemLoader(folders),
        undefined=StrictUndefined,
        autoescape=select_autoescape(("html", "xml", "svg")),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    environment.filters["date"] = lambda day, form="date": format_date(day, words, form)
    environment.filters["count"] = lambda n, word: _count(n, words, word)
    return Theme(environment, words, folders, find_pictures(project))


def format_date(day: date, words: Mapping[str, Any], form: str = "date") -> str:
    """Write a date in the theme's language; `form` names a pattern of the words file."""
    pattern: str = words[form]
    return pattern.format(
        weekday=words["weekdays"][day.weekday()], day=day.day, month=words["months"][day.month - 1], year=day.year
    )


def _load_words(folders: tuple[Path, ...], language: str) -> Mapping[str, Any]:
    """Read the words of a language, a project's own over the theme's."""
    words: dict[str, Any] = {}
    name = f"words.{language}.yml"
    for folder in reversed(folders):
        if (folder / name).is_file():
            source, diagnostics = read_source(folder / name, name=f"templates/{name}")
            if source is None:
                message = f"the words in templates/{name} cannot be read"
                raise UserError(message, status=EXIT_SETTINGS, diagnostics=diagnostics)
            plain = to_plain(source.tree)
            words |= plain if isinstance(plain, dict) else {}
    return MappingProxyType(words)


def _place_of(error: TemplateError, folders: tuple[Path, ...]) -> str | None:
    """Find the line of a project's own template that an error comes from."""
    if isinstance(error, TemplateSyntaxError) and error.filename:
        return f"{error.filename}:{error.lineno}" if _is_own(error.filename, folders) else None
    frames = traceback.extract_tb(error.__traceback__)
    return next((f"{one.filename}:{one.lineno}" for one in reversed(frames) if _is_own(one.filename, folders)), None)


def _is_own(filename: str, folders: tuple[Path, ...]) -> bool:
    own = folders[0].resolve()
    return own != PACKAGED.resolve() and Path(filename).resolve().is_relative_to(own)


def _count(n: int, words: Mapping[str, Any], word: str) -> str:
    form: str = words[word]["one" if n == 1 else "other"]
    return form.format(n=n)
