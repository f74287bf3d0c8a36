"""Templates and words: what a rendition adds to the content."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from pixeldigest.diagnostics import EXIT_SETTINGS, UserError
from pixeldigest.yamlfile import read_source
from pixeldigest.yamltree import to_plain

PACKAGED = Path(__file__).parent.parent / "templates"


class Theme(NamedTuple):
    """Templates ready to be rendered, their words, and the folders they come from (a project's own first)."""

    environment: Environment
    words: Mapping[str, Any]
    folders: tuple[Path, ...]

    def render(self, template: str, **values: object) -> str:
        """Render one template."""
        return self.environment.get_template(template).render(words=self.words, **values)


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
    return Theme(environment, words, folders)


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
                raise UserError(f"the words in templates/{name} cannot be read", status=EXIT_SETTINGS, diagnostics=diagnostics)
            words |= to_plain(source.tree)  # type: ignore[operator]
    return MappingProxyType(words)


def _count(n: int, words: Mapping[str, Any], word: str) -> str:
    form: str = words[word]["one" if n == 1 else "other"]
    return form.format(n=n)
