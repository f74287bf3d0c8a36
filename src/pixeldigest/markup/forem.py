"""What Forem, the software of dev.to, keeps of titles and tags."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

MAX_TITLE: Final = 128
MAX_TAGS: Final = 4
MAX_TAG: Final = 30

# Forem keeps words, spaces, punctuation, currencies, emoji and these in titles, and makes a space of all else
# (forem/forem, pull requests 16787 and 19178).
_KEPT_CATEGORIES: Final = frozenset(
    ("Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sc", "Zs")
)
_KEPT: Final = frozenset("$+<=>^`|~©®™\t\u200c\u200d")
# The signs that are emoji without a U+FE0F behind them, as far as they stand before U+1F000.
_EMOJI: Final = re.compile(
    "[⌚⌛⏩-⏬⏰⏳◽◾☔☕♈-♓♿⚓⚡⚪⚫⚽⚾⛄⛅⛎⛔⛪⛲⛳⛵⛺⛽✅✊✋✨❌❎❓-❕❗➕-➗➰➿⬛⬜⭐⭕\U0001f000-\U0001ffff]|[^\\w\\s]\ufe0f"
)


def mangled_characters(title: str) -> tuple[str, ...]:
    """Find the characters that dev.to turns into spaces in a title, each once, in order."""
    if title.isascii() and title.isprintable():
        return ()
    rest = _EMOJI.sub("", title)
    return tuple(dict.fromkeys(char for char in rest if not _is_kept(char)))


def kept_title(title: str) -> str:
    """Write a title as dev.to keeps it, cut where it is too long."""
    mangled = set(mangled_characters(title))
    words = " ".join("".join(" " if char in mangled else char for char in title).split())
    return words if len(words) <= MAX_TITLE else words[: MAX_TITLE - 1].rstrip() + "…"


def devto_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Write tags as dev.to knows them; those that are too long or too many are left out."""
    names = (re.sub(r"[^a-z0-9]", "", tag.lower()) for tag in tags)
    return tuple(dict.fromkeys(name for name in names if 0 < len(name) <= MAX_TAG))[:MAX_TAGS]


def _is_kept(char: str) -> bool:
    return char in _KEPT or unicodedata.category(char) in _KEPT_CATEGORIES
