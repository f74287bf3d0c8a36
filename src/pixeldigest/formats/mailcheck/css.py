"""CSS → rules and declarations: of the language what our mails use, and enough to see what they should not."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import NamedTuple

from pixeldigest.formats.mailcheck.tree import Element, find

# A part up to a semicolon that stands in no string and no parentheses.
_DECLARATION = re.compile(r"""(?:[^;"'(]|"[^"]*"|'[^']*'|\([^)]*\))+""")
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_IMPORTANT = re.compile(r"!\s*important")
_COMPOUND = re.compile(r"(\*|[a-z][\w-]*)?((?:[.#][\w-]+)*)", re.IGNORECASE)

Specificity = tuple[int, int, int]


class Named(NamedTuple):
    """What a selector can mean an element by."""

    tag: str
    id: str
    classes: frozenset[str]


class Declaration(NamedTuple):
    """What is between two semicolons."""

    name: str
    value: str
    important: bool


class Rule(NamedTuple):
    """A block of declarations; `condition` is the prelude of the at-rule that it stands in."""

    condition: str
    selectors: tuple[str, ...]
    declarations: tuple[Declaration, ...]


class _Compound(NamedTuple):
    """A part of a selector that says what one element is; `*` is any type."""

    tag: str
    classes: frozenset[str]
    ids: frozenset[str]


@functools.lru_cache(maxsize=256)  # inlined styles are few and come often
def parse_declarations(text: str) -> tuple[Declaration, ...]:
    """Read what a `style` attribute or a block holds; names and keywords come in lower case."""
    parts = (one.group().partition(":") for one in _DECLARATION.finditer(_COMMENT.sub("", text)))
    return tuple(_declaration(name, value) for name, _, value in parts if name.strip())


def inline_style(element: Element) -> tuple[Declaration, ...]:
    """Read the `style` attribute of an element."""
    return parse_declarations(element.get("style") or "")


@functools.lru_cache(maxsize=2)
def style_rules(page: Element) -> tuple[Rule, ...]:
    """Read the `<style>` elements of a page."""
    sheets = ("".join(one for one in style.children if isinstance(one, str)) for style in find(page, "style"))
    return tuple(rule for sheet in sheets for rule in _rules(_COMMENT.sub("", sheet), ""))


def named(element: Element) -> Named:
    """Take from an element what selectors look at."""
    return Named(element.tag, element.get("id") or "", frozenset((element.get("class") or "").split()))


def match(selector: str, chain: tuple[Named, ...]) -> Specificity | None:
    """Tell how specifically a selector means the last of the elements, each of which stands in the one before.

    Types, classes, ids and descendants; what else there is matches nothing.
    """
    compounds = _compounds(selector)
    if not compounds or not _is(chain[-1], compounds[-1]):
        return None
    above = iter(chain[-2::-1])
    if not all(any(_is(one, compound) for one in above) for compound in compounds[-2::-1]):
        return None
    return (
        sum(len(one.ids) for one in compounds),
        sum(len(one.classes) for one in compounds),
        sum(one.tag != "*" for one in compounds),
    )


@functools.lru_cache(maxsize=256)
def _compounds(selector: str) -> tuple[_Compound, ...]:
    """Take a selector apart; what we do not know makes it none."""
    found = [_COMPOUND.fullmatch(part) for part in selector.split()]
    if None in found:
        return ()
    return tuple(_compound(one[1], one[2]) for one in found if one)


def _compound(tag: str | None, names: str) -> _Compound:
    return _Compound(
        tag or "*", frozenset(re.findall(r"\.([\w-]+)", names)), frozenset(re.findall(r"#([\w-]+)", names))
    )


def _declaration(name: str, value: str) -> Declaration:
    plain, *bang = _IMPORTANT.split(value.lower(), maxsplit=1)
    return Declaration(name.strip().lower(), plain.strip(), bool(bang))


def _rules(sheet: str, condition: str) -> Iterator[Rule]:
    for prelude, body in _blocks(sheet):
        if "{" in body:
            yield from _rules(body, prelude)
        elif prelude.startswith("@"):
            yield Rule(prelude, (), parse_declarations(body))
        else:
            selectors = tuple(" ".join(one.split()) for one in prelude.split(","))
            yield Rule(condition, selectors, parse_declarations(body))


def _blocks(sheet: str) -> Iterator[tuple[str, str]]:
    """Yield each prelude with what stands between its braces; statements such as `@import` have nothing there."""
    depth, start, head = 0, 0, 0
    for mark in re.finditer(r"[{};]", sheet):
        if mark[0] == "{":
            depth += 1
            if depth == 1:
                head = mark.start()
        elif mark[0] == "}" and depth:
            depth -= 1
            if depth == 0:
                yield sheet[start:head].strip(), sheet[head + 1 : mark.start()]
                start = mark.end()
        elif mark[0] == ";" and depth == 0:
            yield sheet[start : mark.start()].strip(), ""
            start = mark.end()


def _is(element: Named, compound: _Compound) -> bool:
    return compound.tag in {"*", element.tag} and compound.classes <= element.classes and compound.ids <= {element.id}
