"""Foreign Markdown → HTML; what the template tags of dev.to, Jekyll and Hugo show is translated, or stays as code."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from html import escape
from types import MappingProxyType
from typing import Final

from markdown_it import MarkdownIt
from mdit_py_plugins.footnote import footnote_plugin

from pixeldigest.importer.article import Todo
from pixeldigest.importer.formulas import Held, hold_formulas, outside_code

_TAG: Final = re.compile(
    r"\{%-?\s*(?P<liquid>\w+)\s*(?P<words>[^%\n]{0,500}?)\s*-?%\}"
    r"|\{\{[<%]\s*(?P<hugo>/?\s*[\w-]+)\s*(?P<values>[^\n]{0,500}?)\s*/?[>%]\}\}"
    r"|\{\{-?\s*(?P<value>[^{}\n]{0,200}?)\s*-?\}\}(?:\{:[^}\n]*\})?"
    r"|(?:(?m:^)|(?<=\n)[ ]{1,3}|(?<=[)\]*_`]))\{:[^}\n]{0,200}\}"
    r"|[ \t]{0,8}\{:\s?[.\#][A-Za-z][^}\n]{0,200}\}[ \t\#]{0,8}(?=\n|$)"
)
_HEADING_ID: Final = re.compile(
    r"^([ ]{0,3}#{1,6}[ \t][^\n]{0,500}?)[ \t]{0,8}\{[.#][A-Za-z][^}\n]{0,200}\}[ \t#]{0,8}$", re.MULTILINE
)
# A list in whose place kramdown puts the table of contents, and what others write for it.
_CONTENTS: Final = re.compile(
    r"(?:^|(?<=\n))[ ]{0,3}(?:(?:[*+-]|1\.)[ \t][^\n]{0,80}\n?[ \t]{0,8}\{:\s?toc\b[^}\n]{0,80}\}"
    r"|\[TOC\]|\[\[_TOC_\]\])[ \t]{0,8}(?=\n|$)",
    re.IGNORECASE,
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


# Names of Python's that Markdown reads as bold words: nobody means that.
_DUNDER: Final = re.compile(
    r"(?<![\w`*\\])__(?:init|new|del|call|repr|str|len|iter|next|enter|exit|contains|hash|bool|name|main|file|dict|all"
    r"|getitem|setitem|delitem|getattr|setattr|slots|class|eq|ne|lt|le|gt|ge|add|sub|mul|matmul|post_init)__(?![\w`*])"
)


def markdown_to_html(text: str, held: list[Held], todos: list[Todo], *, breaks: bool) -> str:
    """Render Markdown; its formulas are held, and with `breaks` each end of a line is one to readers."""
    kept = outside_code(text, lambda part: _DUNDER.sub(r"`\g<0>`", hold_formulas(part, held)))
    html: str = _markdown(breaks=breaks).render(_translate_tags(kept, todos))
    return html


@functools.cache
def _markdown(*, breaks: bool) -> MarkdownIt:
    options = {"html": True, "linkify": False, "breaks": breaks}
    return MarkdownIt("commonmark", options).enable(["table", "strikethrough"]).use(footnote_plugin)


def _translate_tags(source: str, todos: list[Todo]) -> str:
    """Write tags as Markdown and HTML, and note what a person has to look at."""
    source = _HIGHLIGHT.sub(lambda one: f"```{one['language']}\n{one['code'].strip(chr(10))}\n```", source)

    def change(text: str) -> str:
        told = _HEADING_ID.sub(r"\1", _CONTENTS.sub("", _COMMENT.sub("", text)))
        return _TAG.sub(lambda found: _translate(found, todos), told)

    return outside_code(source, change) if "{" in source or "[" in source else source


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
    found = re.finditer(r"(\w+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"']+))", words)
    values = {one[1]: one[2] or one[3] or one[4] or "" for one in found}
    source, alt = values.get("src", ""), values.get("alt") or values.get("caption") or values.get("title", "")
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
