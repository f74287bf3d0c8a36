"""Translate the template tags of dev.to, Jekyll and Hugo into Markdown; what nobody here knows stays as code."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from types import MappingProxyType
from typing import Final

from pixeldigest.importer.article import Todo
from pixeldigest.importer.formulas import outside_code

_TAG: Final = re.compile(
    r"\{%-?\s*(?P<liquid>\w+)\s*(?P<words>[^%\n]{0,500}?)\s*-?%\}"
    r"|\{\{[<%]\s*(?P<hugo>/?\s*[\w-]+)\s*(?P<values>[^\n]{0,500}?)\s*/?[>%]\}\}"
    r"|\{\{-?\s*(?P<value>[^{}\n]{0,200}?)\s*-?\}\}(?:\{:[^}\n]*\})?"
    r"|(?:(?m:^)[ ]{0,3}|(?<=[)\]*_`]))\{:[^}\n]{0,200}\}"
)
_COMMENT: Final = re.compile(r"\{%-?\s*comment\s*-?%\}.{0,20000}?\{%-?\s*endcomment\s*-?%\}", re.DOTALL)
_HIGHLIGHT: Final = re.compile(
    r"\{(?:%-?|\{[<%])\s*highlight\s+(?P<language>[\w+#-]+)[^\n]{0,200}?[%>]\}{1,2}\n?(?P<code>.{0,50000}?)\n?"
    r"\{(?:%-?\s*endhighlight\s*-?%\}|\{[<%]\s*/\s*highlight\s*[%>]\}\})",
    re.DOTALL,
)
_FOLDS: Final = frozenset(("details", "spoiler", "collapsible"))
_SILENT: Final = frozenset(("raw", "endraw", "cta", "endcta", "toc", "tableofcontents", "more"))
_ADDRESSES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "youtube": "https://www.youtube.com/watch?v={}",
        "vimeo": "https://vimeo.com/{}",
        "twitter": "https://twitter.com/i/status/{}",
        "tweet": "https://twitter.com/i/status/{}",
        "github": "https://github.com/{}",
        "gist": "https://gist.github.com/{}",
        "user": "https://dev.to/{}",
        "organization": "https://dev.to/{}",
        "podcast": "https://dev.to/{}",
    }
)


def translate_tags(source: str, todos: list[Todo]) -> str:
    """Write tags as Markdown and HTML, and note what a person has to look at."""
    source = _HIGHLIGHT.sub(lambda one: f"```{one['language']}\n{one['code'].strip(chr(10))}\n```", source)

    def change(text: str) -> str:
        return _TAG.sub(lambda found: _translate(found, todos), _COMMENT.sub("", text))

    return outside_code(source, change) if "{" in source else source


def _translate(found: re.Match[str], todos: list[Todo]) -> str:
    if found["value"] is not None:
        is_root = re.fullmatch(r"(?:site|page)\.(?:base)?url|site\.baseurl", found["value"])
        return "" if is_root else _unknown(found[0], todos)
    name = found["liquid"] or (found["hugo"] or "").replace(" ", "")
    words = found["words"] or found["values"] or ""
    if name in _FOLDS:
        return f"\n\n<details><summary>{escape(words)}</summary>\n\n"
    if name.removeprefix("end") in _FOLDS:
        return "\n\n</details>\n\n"
    if not name or name in _SILENT:
        return ""
    make = _figure if name in ("figure", "img", "image") else _embedded
    return make(name, words, todos) or _unknown(found[0], todos)


def _figure(_name: str, words: str, _todos: list[Todo]) -> str:
    values = dict(re.findall(r"(\w+)\s*=\s*\"([^\"]*)\"", words))
    source, alt = values.get("src", ""), values.get("alt") or values.get("caption", "")
    words = re.sub(r"([\\\[\]])", r"\\\1", alt)
    return f"![{words}](<{re.sub('[<>]', '', source)}>)" if source else ""


def _embedded(name: str, words: str, todos: list[Todo]) -> str:
    first = words.split(maxsplit=1)[0].strip("\"'") if words.split() else ""
    form = _ADDRESSES.get(name)
    if first.startswith(("http://", "https://")):
        address = first
    elif form and re.fullmatch(r"@?[\w./-]+", first):
        address = form.format(first.removeprefix("@"))
    else:
        return ""
    todos.append(Todo("body", f"what '{name}' showed here is a link now: say in words where it leads", address))
    return f"<{address}>"


def _unknown(tag: str, todos: list[Todo]) -> str:
    shown = " ".join(tag.replace("`", "'").split())
    todos.append(Todo("body", f"'{shown[:60]}' means something elsewhere only: write what it showed", shown[:60]))
    return f"`{shown}`"
