"""Templates: how renditions look, the project's own before the theme's."""

from __future__ import annotations

import re
import sys
import traceback
from importlib.util import cache_from_source
from pathlib import Path
from typing import NamedTuple

from jinja2 import (
    BytecodeCache,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
    select_autoescape,
)
from jinja2.bccache import Bucket

from pixeldigest.cache import Cache
from pixeldigest.diagnostics import EXIT_SETTINGS, Diagnostic, Place, UserError
from pixeldigest.formats.pictures import Covers, Pictures, find_covers, find_pictures
from pixeldigest.library import Library
from pixeldigest.stamps import digest_of, scan
from pixeldigest.words import PACKAGED, Words, format_count, format_date, load_words, template_folders

# A project's own style sheet, loaded after the theme's.
CUSTOM_CSS = "assets/custom.css"
# Where Python keeps the bytecode of this module, unless it shall write none.
_BYTECODE = Cache(None if sys.dont_write_bytecode else Path(cache_from_source(__file__)).parent)


class Theme(NamedTuple):
    """Templates ready to be rendered, their words, their folders (a project's own first), and what draws pictures.

    `digest` is of all the templates and words.
    """

    environment: Environment
    words: Words
    folders: tuple[Path, ...]
    pictures: Pictures | None
    covers: Covers | None
    digest: bytes

    def render(self, template: str, **values: object) -> str:
        """Render one template; raises UserError for a mistake in a template of the project's own."""
        try:
            return self.environment.get_template(template).render(words=self.words, **values)
        except Exception as error:
            # What a template computes can fail in any way; where none of the project's own is involved it is our bug.
            if fault := fault_of(error, self.folders):
                message = f"the template {fault.place.path} cannot be used"
                raise UserError(message, status=EXIT_SETTINGS, diagnostics=[fault]) from error
            raise


def theme_of(library: Library, cache: Cache) -> Theme:
    """Load the theme that a library's settings name."""
    settings = library.newsletter
    return load_theme(library.project, settings.language, cache, covers=settings.theme.covers)


def load_theme(
    project: Path, language: str, cache: Cache, *, covers: bool = True, bytecode: Cache = _BYTECODE
) -> Theme:
    """Find the templates: the project's own override the theme's file by file, and find those as `theme/…`."""
    folders = template_folders(project)
    words = load_words(project, language)
    environment = Environment(
        loader=ChoiceLoader((FileSystemLoader(folders), PrefixLoader({"theme": FileSystemLoader(PACKAGED)}))),
        undefined=StrictUndefined,
        autoescape=select_autoescape(("html", "xml", "svg")),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
        bytecode_cache=_Compiled(bytecode),
    )
    environment.globals["custom_css"] = any((folder / CUSTOM_CSS).is_file() for folder in folders)
    environment.filters["date"] = lambda day, form="date": format_date(day, words, form)
    environment.filters["count"] = lambda n, word: format_count(n, words, word)
    painter = find_covers(folders, cache) if covers else None
    return Theme(environment, words, folders, find_pictures(project, cache), painter, _digest(folders))


def _digest(folders: tuple[Path, ...]) -> bytes:
    """Digest what pages are made with; of assets, which are copied, it counts only whether there is a style sheet."""
    seen: list[object] = [any((folder / CUSTOM_CSS).is_file() for folder in folders)]
    for folder in folders:
        for path, _ in scan(str(folder)):
            name = path.removeprefix(f"{folder}/")
            if not name.startswith("assets/") and Path(path).is_file():
                seen.append((name, digest_of(Path(path).read_bytes())))
        seen.append("")
    return digest_of(repr(seen).encode())


class _Compiled(BytecodeCache):
    """What the theme's templates compile to, which takes longer than rendering an issue.

    It is code, so it is kept with the installation's: a project's folder, and its cache, may come from anywhere.
    """

    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    def get_cache_key(self, name: str, filename: str | None = None) -> str:
        """Name a template of the theme; one of a project's own has no name, and is not kept."""
        packaged = filename and Path(filename).resolve().is_relative_to(PACKAGED.resolve())
        return f"{name.replace('/', '.')}.{sys.implementation.cache_tag}" if packaged else ""

    def load_bytecode(self, bucket: Bucket) -> None:
        """Take what was kept for this very source."""
        kept = self._cache.load(bucket.key) if bucket.key else None
        if kept and kept[0] == bucket.checksum:
            bucket.code = kept[1]

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled."""
        if bucket.key:
            self._cache.save(bucket.key, (bucket.checksum, bucket.code))


def fault_of(error: Exception, folders: tuple[Path, ...]) -> Diagnostic | None:
    """Tell what is wrong with a template of the project's own, and where; None where the error comes from elsewhere."""
    if (found := _line_of(error, folders)) is None:
        return None
    file, line = found
    message = _message_of(error)
    excerpt = (Path(file).read_text(encoding="utf-8").split("\n")[line - 1 : line] or [""])[0]
    word = next((one for one in re.findall(r"'([^']+)'", message) if one in excerpt), "")
    column, width = excerpt.find(word) + 1, max(1, len(word))
    name = f"templates/{Path(file).relative_to(folders[0]).as_posix()}"
    hint = "compare it with the theme's own template, or see docs/theming.md"
    return Diagnostic("template", message, hint, Place(name, line, column, width, excerpt))


def _message_of(error: Exception) -> str:
    if isinstance(error, TemplateNotFound):
        return f"there is no template '{error}'"
    if not isinstance(error, TemplateError):
        return f"{type(error).__name__}: {error}"
    message = re.sub(r"'[\w.]+\.(\w+) object'", r"a '\1'", error.message or str(error))
    return message[:1].lower() + message[1:].rstrip(".")


def _line_of(error: Exception, folders: tuple[Path, ...]) -> tuple[str, int] | None:
    """Find the file and line of a project's own template that an error comes from."""
    if isinstance(error, TemplateSyntaxError) and error.filename:
        return (error.filename, error.lineno) if _is_own(error.filename, folders) else None
    frames = traceback.extract_tb(error.__traceback__)
    places = ((one.filename, one.lineno or 1) for one in reversed(frames) if _is_own(one.filename, folders))
    return next(places, None)


def _is_own(filename: str, folders: tuple[Path, ...]) -> bool:
    own = folders[0].resolve()
    return own != PACKAGED.resolve() and Path(filename).resolve().is_relative_to(own)
