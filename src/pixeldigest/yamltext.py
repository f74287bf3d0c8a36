"""Values → YAML text as editors would write it, which reads back as the same values."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeGuard

from pixeldigest import yamltree
from pixeldigest.yamlerror import YamlError
from pixeldigest.yamltree import Block, Node, Scalar, parse_tree

# What stands in a file, nothing resolved; a `Block` asks for a '|' block, None is an empty item.
Plain = str | None | Sequence["Plain"] | Mapping[str, "Plain"]

# Lists of such words stand in brackets on one line; all others have a line an item.
_WORD = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


class Written(NamedTuple):
    """A value as text: what stands behind its key or dash, and the lines below, each with the line end before it."""

    head: str
    below: str = ""


def entry_text(values: Mapping[str, Plain]) -> str:
    """Write a whole file."""
    return "".join(f"{write_pair(key, value, 0)}\n" for key, value in values.items())


def write_pair(key: str, value: Plain, column: int, *, step: int = 2) -> str:
    """Write a key at a column with its value; the first line is not indented, nor does the last one end."""
    head, below = write_value(value, column, step=step)
    return f"{_write_key(key)}:{' ' if head else ''}{head}{below}"


def write_item(value: Plain, column: int, *, step: int = 2) -> str:
    """Write an item of a list whose dashes stand at a column; the first line is not indented, nor does the last end."""
    if is_mapping(value) and value:
        return f"- {_pairs(value, column + 2, step)}"
    head, below = write_value(value, column, step=step)
    return f"-{' ' if head else ''}{head}{below}"


def write_value(value: Plain, column: int, *, step: int = 2) -> Written:
    """Write a value whose key or dash stands at a column; `step` is how far lists are indented below their keys."""
    if value is None:
        return Written("")
    if isinstance(value, str):
        return _write_block(value, column) if wants_block(value) else Written(write_scalar(value))
    if not value or (is_list(value) and all(map(_is_word, value))):
        return Written(write_flow(value))
    if is_mapping(value):
        return Written("", f"\n{' ' * (column + 2)}{_pairs(value, column + 2, step)}")
    dashes = " " * (column + step)
    return Written("", "".join(f"\n{dashes}{write_item(item, column + step, step=step)}" for item in value))


def write_flow(value: Plain, *, style: str = "") -> str:
    """Write a value on one line, as it can stand between brackets; a text in the style that it had, if it will do."""
    if value is None or isinstance(value, str):
        return write_scalar(value or "", flow=True, style=style)
    if is_mapping(value):
        return f"{{{', '.join(f'{_write_key(key)}: {write_flow(one)}' for key, one in value.items())}}}"
    return f"[{', '.join(map(write_flow, value))}]"


def write_scalar(text: str, *, flow: bool = False, style: str = "") -> str:
    """Write a text on one line: in the style it had where that will do, else with as few quotes as will do."""
    doubled = text.replace("'", "''")
    candidates = {"": text, "'": f"'{doubled}'", '"': _in_double_quotes(text)}
    first = candidates.get(style, text)
    return next(one for one in (first, *candidates.values()) if _stands_for(one, text, flow=flow))


def block_lines(text: str, indent: int) -> list[str]:
    """Indent the lines of a '|' block; of the empty ones at its end, those that its header keeps."""
    content = text.removesuffix("\n")
    return [f"{' ' * indent}{line}" if line else "" for line in content.split("\n")] if text else []


def block_header(text: str, indent: int, *, explicit: bool = False) -> str:
    """Write the header of a '|' block whose lines are indented so far beyond what holds it."""
    needs_indent = explicit or text.lstrip("\n")[:1] in (" ", "\t")
    body = text.rstrip("\n")
    ends = len(text) - len(body)
    chomping = ("-" if body else "") if not ends else "" if ends == 1 and body else "+"
    return f"|{indent if needs_indent else ''}{chomping}"


def fits_block(text: str) -> bool:
    """Tell whether a '|' block can hold a text: some characters have to be escaped between quotes."""
    source = f"k: {block_header(text, 2)}\n" + "".join(f"{line}\n" for line in block_lines(text, 2))
    return reads_as(source, {"k": text})


def says(node: Node | None, value: Plain) -> bool:
    """Tell whether a tree holds just these values, blocks in blocks."""
    if node is None:
        return value == {}
    if isinstance(node, Scalar):
        if not isinstance(value, str):
            return value is None and not node.text and not node.style
        given = bool(node.text or node.style)
        return given and node.text == value and (node.style == "|" or not isinstance(value, Block))
    if isinstance(node, yamltree.Sequence):
        return is_list(value) and len(node.items) == len(value) and all(map(says, node.items, value))
    held = {key.text: one for key, one in node.pairs if not is_absent(one)}
    return is_mapping(value) and held.keys() == value.keys() and all(says(held[key], value[key]) for key in held)


def reads_as(text: str, value: Plain) -> bool:
    """Tell whether a text is read as just these values."""
    try:
        return says(parse_tree(text), value)
    except YamlError:
        return False


def is_absent(node: Node) -> bool:
    """Tell whether a key has no value."""
    return isinstance(node, Scalar) and not node.text and not node.style


def is_mapping(value: Plain) -> TypeGuard[Mapping[str, Plain]]:
    """Tell whether a value has keys."""
    return isinstance(value, Mapping)


def is_list(value: Plain) -> TypeGuard[Sequence[Plain]]:
    """Tell whether a value is a list."""
    return isinstance(value, Sequence) and not isinstance(value, str)


def wants_block(text: str) -> bool:
    """Tell whether a text belongs into a '|' block."""
    return isinstance(text, Block) or "\n" in text


def _is_word(value: Plain) -> bool:
    return isinstance(value, str) and not isinstance(value, Block) and bool(_WORD.fullmatch(value))


def _pairs(values: Mapping[str, Plain], column: int, step: int) -> str:
    return f"\n{' ' * column}".join(write_pair(key, value, column, step=step) for key, value in values.items())


def _write_block(text: str, column: int) -> Written:
    if not fits_block(text):
        return Written(_in_double_quotes(text))
    return Written(block_header(text, 2), "".join(f"\n{line}" for line in block_lines(text, column + 2)))


def _in_double_quotes(text: str) -> str:
    return f'"{"".join(one if one.isprintable() and one not in _ESCAPED else _escape(one) for one in text)}"'


_ESCAPED = '"\\'


def _escape(character: str) -> str:
    known = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}
    return known.get(character) or f"\\U{ord(character):08x}"


def _write_key(key: str) -> str:
    return key if reads_as(f"{{{key}: v}}\n", {key: "v"}) else _in_double_quotes(key)


def _stands_for(written: str, text: str, *, flow: bool) -> bool:
    """Tell whether a scalar is read as a text wherever it may stand: as an item, and as a value."""
    if "\n" in written:
        return False
    if flow:
        return reads_as(f"k: [{written}, {{k: {written}}}]\n", {"k": [text, {"k": text}]})
    return reads_as(f"k: {written}\n", {"k": text}) and reads_as(f"k:\n- {written}\n", {"k": [text]})
