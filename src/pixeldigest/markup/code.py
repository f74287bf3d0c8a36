"""Code → highlighted HTML."""

from __future__ import annotations

import functools

import pygments
from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.lexers.special import TextLexer
from pygments.styles.xcode import XcodeStyle
from pygments.token import _TokenType
from pygments.util import ClassNotFound


# As many as an issue may hold: its entries' own pages show the same code.
@functools.lru_cache(maxsize=128)
def code_to_html(source: str, language: str) -> str:
    """Highlight code as spans with Pygments' classes; an unknown language stays plain."""
    return pygments.format(_tokens(source, language), _with_classes()).rstrip("\n")


def code_in_colours(source: str, language: str) -> str:
    """Highlight code as spans with colours of their own, for a light ground; an unknown language stays plain."""
    return pygments.format(_tokens(source, language), _with_colours()).rstrip("\n")


class _Sparing(XcodeStyle):
    """A style whose contrast with a light ground is 5 or more, without spans that say black."""

    # Its colour of classes is too light where a mail program inverts colours for a dark screen.
    styles = {  # noqa: RUF012
        token: style.replace("#3F6E75", "#2F5A60") for token, style in XcodeStyle.styles.items() if style != "#000000"
    }


@functools.cache
def _with_classes() -> HtmlFormatter[str]:
    return HtmlFormatter(nowrap=True)


@functools.cache
def _with_colours() -> HtmlFormatter[str]:
    return HtmlFormatter(nowrap=True, noclasses=True, style=_Sparing)


# What takes the time; a mail and a feed show the same code as the page.
@functools.lru_cache(maxsize=128)
def _tokens(source: str, language: str) -> tuple[tuple[_TokenType, str], ...]:
    return tuple(pygments.lex(source, _lexer(language)))


@functools.cache
def _lexer(language: str) -> Lexer:
    try:
        return get_lexer_by_name(language or "text", stripnl=False)
    except ClassNotFound:
        return TextLexer(stripnl=False)
