"""An article → the blocks of a document: its Markdown becomes HTML first, so that both are read by one reader."""

from __future__ import annotations

import functools
import re
from typing import Final, NamedTuple

from markdown_it import MarkdownIt
from mdit_py_plugins.footnote import footnote_plugin

from pixeldigest.importer.article import Article, Todo, readable
from pixeldigest.importer.blocks import Reader
from pixeldigest.importer.formulas import Held, hold_formulas, outside_code, release_reserved
from pixeldigest.importer.html import build_tree, clean, read_html
from pixeldigest.importer.tags import translate_tags
from pixeldigest.markup.document import Block


class Read(NamedTuple):
    """What an article says, and what a person has to look at."""

    blocks: tuple[Block, ...]
    todos: tuple[Todo, ...]


def read_article(article: Article) -> Read:
    """Read an article's text."""
    todos: list[Todo] = []
    held: list[Held] = []
    text = release_reserved(readable(article.text))
    if article.form == "html":
        tree = read_html(text)
    else:
        kept = outside_code(text, lambda part: _DUNDER.sub(r"`\g<0>`", hold_formulas(part, held)))
        tree = build_tree(clean(_markdown(breaks=article.breaks).render(translate_tags(kept, todos))))
    reader = Reader(article.base, held, todos, strict=article.form == "html")
    return Read(reader.blocks(tree.children), tuple(todos))


# Names of Python's that Markdown reads as bold words: nobody means that.
_DUNDER: Final = re.compile(
    r"(?<![\w`*\\])__(?:init|new|del|call|repr|str|len|iter|next|enter|exit|contains|hash|bool|name|main|file|dict|all"
    r"|getitem|setitem|delitem|getattr|setattr|slots|class|eq|ne|lt|le|gt|ge|add|sub|mul|matmul|post_init)__(?![\w`*])"
)


@functools.cache
def _markdown(*, breaks: bool) -> MarkdownIt:
    options = {"html": True, "linkify": False, "breaks": breaks}
    return MarkdownIt("commonmark", options).enable(["table", "strikethrough"]).use(footnote_plugin)
