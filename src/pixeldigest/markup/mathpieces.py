"""What a formula on one line consists of: pieces of a kind, written in some notation."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, NamedTuple, Protocol
from xml.etree import ElementTree as ET

Kind = Literal[
    "letter", "number", "word", "name", "big", "open", "close", "bar", "op", "sign", "rel", "comma", "postfix", "tight",
    "dots", "text", "root", "fraction", "group", "cases", "space", "gap",
]  # fmt: skip
WORDS: Final = frozenset({"word", "name"})  # `\log` and `\text{log}`
OPERAND: Final = WORDS | frozenset({"letter", "number", "root", "fraction", "group"})
VALUE_ENDS: Final = OPERAND | {"close", "postfix", "dots", "cases"}
SIMPLE: Final = WORDS | frozenset({"letter", "number"})


class Piece(NamedTuple):
    """A stretch of a formula that stays together."""

    kind: Kind
    ink: str  # what it says, without its scripts
    text: str  # how that and its scripts are written
    sub: bool = False
    sup: bool = False
    bare: bool = False  # ends in `_θ` or `^θ`, so that a letter after it would be read as part of the script


def plain(kind: Kind, text: str) -> Piece:
    """Make a piece that is the same in every notation."""
    return Piece(kind, text, text)


class Script(NamedTuple):
    """What stands below or above, and how it is written when it does."""

    pieces: tuple[Piece, ...]
    text: str


class Notation(Protocol):
    """A way to write pieces on one line."""

    @property
    def compact(self) -> bool:
        """Tell whether operators stand without spaces, as they do in scripts."""

    def in_script(self) -> Notation:
        """Return the notation for what stands below or above."""

    def leaf(self, ink: str, node: ET.Element) -> str:
        """Write an identifier, a number, an operator or a text; the element tells its style."""

    def with_scripts(self, base: Piece, sub: Script | None, sup: Script | None) -> Piece:
        """Attach scripts to what needs no parentheses for it."""

    def root(self, index: Script | None, content: str) -> str:
        """Write a root; its content has parentheses already where it needs them."""

    def space(self, after: Piece) -> str:
        """Return the space that follows a piece."""

    def needs_space(self, a: Piece, b: Piece) -> bool:
        """Tell whether two factors side by side could be read as one name or one number."""


BRACES: Final = frozenset("⏞⏟⎴⎵⏠⏡⏜⏝")
SIGNS: Final = frozenset("+−±∓")
BIG: Final = frozenset("∑∏∐∫∬∭⨌∮∯∰⋃⋂⋁⋀⨁⨂⨀⨄⨆")
# The sign above or below a letter → the combining character, and the name of what has none.
ACCENTS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {char: (combining, name) for chars, combining, name in (
        ("ˆ^\u0302", "\u0302", "hat"), ("¯‾\u0304\u0305\u0332", "\u0304", "bar"), ("˜~\u0303", "\u0303", "tilde"),
        ("⃗→", "\u20d7", "vec"), ("˙", "\u0307", "dot"), ("¨", "\u0308", "ddot"), ("\u20db", "\u20db", "dddot"),
        ("ˇ\u030c", "\u030c", "check"), ("˘", "\u0306", "breve"), ("´", "\u0301", "acute"), ("`", "\u0300", "grave"),
        ("˚", "\u030a", "ring"),
    ) for char in chars}
)  # fmt: skip
_RENAMED: Final[Mapping[str, str]] = MappingProxyType({"⋅": "·", "∗": "*", "∣": "|", "∥": "‖", "∕": "/", "-": "−"})
_BAR_FORMS: Final[Mapping[str, Kind]] = MappingProxyType({"prefix": "open", "postfix": "close"})
_CATEGORIES: Final[Mapping[str, Kind]] = MappingProxyType(
    {"Ps": "open", "Pe": "close", "Lu": "letter", "Ll": "letter", "Lo": "letter", "Lm": "letter"}
)
_KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    dict[str, Kind]()
    | dict.fromkeys(SIGNS | frozenset("×·*÷∘∙∪∩∧∨⊕⊖⊗⊘⊙⊎⊔⊓∖⋆⋄⋉⋊†‡⊞⊠•"), "op")
    | dict.fromkeys(BIG, "big")
    | dict.fromkeys("|‖", "bar")
    | dict.fromkeys(",;", "comma")
    | dict.fromkeys("!%°′″‴.", "postfix")
    | dict.fromkeys("/", "tight")
    | dict.fromkeys("…⋯⋮⋱", "dots")
    | dict.fromkeys("∀∃∄∂∇∅∞¬∠∎□△⊤⊥#$&_?√∆ℵℏ", "letter")
    | dict.fromkeys(":", "rel")
)


def visible(text: str | None) -> str:
    """Drop what has no ink and turn styled letters into plain ones, but for blackboard, script and fraktur."""
    return "".join(
        unicodedata.normalize("NFKC", char)
        if "\U0001d400" <= char <= "\U0001d7ff"
        and not any(style in unicodedata.name(char, "") for style in ("DOUBLE-STRUCK", "SCRIPT", "FRAKTUR"))
        else _RENAMED.get(char, char)
        for char in text or ""
        if unicodedata.category(char) != "Cf" and not "\ufe00" <= char <= "\ufe0f"
    )


def ink_of(node: ET.Element) -> str:
    """Return all that an element says, as it would stand on one line without scripts."""
    return visible("".join(node.itertext()))


def kind_of_leaf(node: ET.Element, ink: str) -> Kind:
    """Tell what an identifier, a number or an operator is for its neighbours."""
    if ink in "|‖":
        is_middle = node.get("stretchy") == "true" and not {"form", "minsize"} & node.attrib.keys()
        if node.text in ("∣", "∥") or is_middle:
            return "rel"
        return _BAR_FORMS.get(node.get("form", ""), "bar")
    if ink == "," and node.get("rspace") == "0":
        return "tight"
    if ink == ":" and node.tag == "mi":
        return "comma"
    return _KINDS.get(ink) or _kind(ink, is_operator=node.tag == "mo")


def _kind(ink: str, *, is_operator: bool) -> Kind:
    if ink.replace(".", "").replace(",", "").isdecimal():
        return "number"
    if len(ink) > 1 and (not is_operator or ink.isalpha()):  # math-core also writes <mo>cos</mo>
        return "word"
    return _CATEGORIES.get(unicodedata.category(ink[0]), "rel" if is_operator else "letter")


def is_one_character(text: str) -> bool:
    """Tell whether a text is one character with ink, accents aside."""
    return sum(not unicodedata.combining(char) for char in text) == 1 and not text.isspace()
