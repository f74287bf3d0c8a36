"""What stands above the text of a Markdown file: YAML between `---`, TOML between `+++`, or JSON."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import yaml

_FENCED: Final = re.compile(
    r"\ufeff?(?P<mark>---|\+\+\+)[ \t]*\n(?P<head>.*?)(?<=\n)(?P=mark)[ \t]*(?:\n|$)", re.DOTALL
)
_MAX_HEAD: Final = 50_000


class FrontMatter(NamedTuple):
    """The text below, and what is told above it; `fault` says why that could not be read, if so."""

    text: str
    title: str = ""
    summary: str = ""
    tags: tuple[str, ...] = ()
    url: str = ""
    fault: str = ""


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
        return FrontMatter(text, fault=str(error).split("\n")[0])
    return _told(values, text)


class _Texts(yaml.SafeLoader):
    """Reads YAML and leaves every word the text that it is; aliases, which could grow without bound, are refused."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Refuse aliases."""
        if self.check_event(yaml.AliasEvent):
            raise yaml.composer.ComposerError(problem="it has aliases")
        return super().compose_node(parent, index)


_Texts.yaml_implicit_resolvers = {}


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
    return FrontMatter(text, _words(known.get("title")), summary, tags, url)


def _words(value: object) -> str:
    return " ".join(str(value).split()) if isinstance(value, str | int | float) else ""


def _list(value: object) -> list[str]:
    """Read tags: a list, or words with commas between them, or spaces, as Jekyll has it."""
    if isinstance(value, list):
        return [words for one in value if (words := _words(one))]
    words = _words(value)
    return [one.strip(" #") for one in (words.split(",") if "," in words else words.split()) if one.strip(" #")]
