"""What stands above the text of a Markdown file: YAML between `---`, TOML between `+++`, or JSON."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import yaml

from pixeldigest.importer.article import Todo

_FENCED: Final = re.compile(
    r"\ufeff?(?P<mark>---|\+\+\+)[ \t]*\n(?P<head>.*?)(?<=\n)(?P=mark)[ \t]*(?:\n|$)", re.DOTALL
)
_MAX_HEAD: Final = 50_000
_LINE: Final[Mapping[str, re.Pattern[str]]] = MappingProxyType(
    {"---": re.compile(r"([A-Za-z][\w-]*)\s*:(?:\s+(.*))?"), "+++": re.compile(r"([A-Za-z][\w-]*)\s*=\s*(.*)")}
)
# How dev.to, Hugo, its themes and those of Jekyll name the picture above an article; within a table it is its image.
_COVERS: Final = ("cover_image", "cover", "image", "featured_image", "feature_image", "featuredimage", "thumbnail")


class FrontMatter(NamedTuple):
    """The text below, and what is told above it; `fault` says why that could not be read, if so."""

    text: str
    title: str = ""
    summary: str = ""
    tags: tuple[str, ...] = ()
    url: str = ""
    fault: str = ""
    cover: str = ""

    @property
    def todos(self) -> tuple[Todo, ...]:
        """What is told above the text and no entry can say."""
        found = []
        if self.fault:
            message = f"what stands above the text has a mistake ({self.fault}): see to title, tags and summary"
            found.append(Todo("title", message))
        return (*found, *cover_todos(self.cover))


def cover_todos(cover: str) -> tuple[Todo, ...]:
    """Tell of a picture above an article that it does not come along."""
    message = f"the cover '{cover[:120]}' was left out: put it into the body where it says something"
    return (Todo("body", message),) if cover else ()


def read_front_matter(source: str) -> FrontMatter:
    """Split a file into what is told of its text, and the text; without front matter all is text."""
    source = source.replace("\r\n", "\n")
    if source.lstrip("\ufeff \n")[:1] == "{" and (found := _json_head(source)):
        return _told(*found)
    fenced = _FENCED.match(source)
    if not fenced:
        return FrontMatter(source.removeprefix("\ufeff"))
    text = source[fenced.end() :]
    head = fenced["head"]
    if len(head) > _MAX_HEAD:
        return FrontMatter(text, fault=f"it has more than {_MAX_HEAD} characters")
    try:
        values = tomllib.loads(head) if fenced["mark"] == "+++" else yaml.load(head, Loader=_Texts)  # noqa: S506
    except (tomllib.TOMLDecodeError, yaml.YAMLError, RecursionError, ValueError) as error:
        fault = str(getattr(error, "problem", None) or error).split("\n")[0]
        return _told(_read_lines(head, _LINE[fenced["mark"]]), text)._replace(fault=fault)
    # Words between rules are the text's own.
    return _told(values, text) if values is None or isinstance(values, Mapping) else FrontMatter(source)


class _Texts(yaml.SafeLoader):
    """Reads YAML and leaves every word the text that it is; aliases, which could grow without bound, are refused."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Refuse aliases."""
        if self.check_event(yaml.AliasEvent):
            raise yaml.composer.ComposerError(problem="it has aliases")
        return super().compose_node(parent, index)


_Texts.yaml_implicit_resolvers = {}


def _read_lines(head: str, pair: re.Pattern[str]) -> dict[str, str | list[str]]:
    """Read front matter line by line as far as it goes: people write `title: K-fold: done right`."""
    values: dict[str, str | list[str]] = {}
    key = ""
    for line in head.split("\n"):
        if found := pair.fullmatch(line.rstrip()):
            key = found[1]
            values[key] = _value_of(found[2] or "")
        elif key and (item := re.match(r"\s*-\s+(.+)", line)):
            items = values[key]
            values[key] = [*(items if isinstance(items, list) else ()), _unquote(item[1])]
        elif isinstance(before := values.get(key), str) and line[:1].isspace() and line.strip():
            values[key] = f"{before.removeprefix('>').removeprefix('|').removeprefix('-')} {line.strip()}".strip()
    return values


def _value_of(written: str) -> str | list[str]:
    listed = re.fullmatch(r"\[(.*)\]", written.strip())
    return [_unquote(one) for one in listed[1].split(",")] if listed else _unquote(written)


def _unquote(written: str) -> str:
    text = written.strip()
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text


def _json_head(source: str) -> tuple[Any, str] | None:
    start = source.index("{")
    try:
        values, end = json.JSONDecoder().raw_decode(source, start)
    except (ValueError, RecursionError):
        return None
    return values, source[end:].lstrip("\n")


def _told(values: object, text: str) -> FrontMatter:
    if not isinstance(values, Mapping):
        return FrontMatter(text)
    known = {str(key).lower(): value for key, value in values.items()}
    summary = next((words for key in ("description", "summary", "excerpt") if (words := _words(known.get(key)))), "")
    tags = tuple(dict.fromkeys(tag for key in ("tags", "keywords") for tag in _list(known.get(key))))
    url = next(
        (words for key in ("canonical_url", "canonicalurl", "canonical") if (words := _words(known.get(key)))), ""
    )
    cover = next((words for key in _COVERS if (words := _picture(known.get(key)))), "")
    return FrontMatter(text, _words(known.get("title")), summary, tags, url, cover=cover)


def _words(value: object) -> str:
    return " ".join(str(value).split()) if isinstance(value, str | int | float) else ""


def _picture(value: object) -> str:
    return _words(value.get("image") or value.get("src")) if isinstance(value, Mapping) else _words(value)


def _list(value: object) -> list[str]:
    """Read tags: a list, or words with commas between them, or spaces, as Jekyll has it."""
    if isinstance(value, list):
        return [words for one in value if (words := _words(one))]
    words = _words(value)
    return [one.strip(" #") for one in (words.split(",") if "," in words else words.split()) if one.strip(" #")]
