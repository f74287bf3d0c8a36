"""Change a YAML text where its values change, and nowhere else: comments, quotes and layout stay as they are.

Only the stretches of what differs are replaced, found by the reader's own positions: a round trip through a library
that writes all of a file anew would have to guess its layout.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import reduce
from operator import getitem
from typing import Any

from pixeldigest import yamltree
from pixeldigest.yamlspans import (
    Edit,
    Source,
    UnusualLayoutError,
    begun_at,
    behind_key,
    block_indent,
    end_of_value,
    header_at,
    item_spans,
    make_source,
    span_of,
)
from pixeldigest.yamltext import (
    Plain,
    block_header,
    block_lines,
    entry_text,
    fits_block,
    is_absent,
    is_list,
    is_mapping,
    reads_as,
    says,
    wants_block,
    write_flow,
    write_item,
    write_pair,
    write_scalar,
    write_value,
)
from pixeldigest.yamltree import Node, Scalar, parse_tree, to_plain

_BOM = b"\xef\xbb\xbf"


def rewrite_file(content: bytes, values: Mapping[str, Plain]) -> bytes:
    """Make a file say just these values, with the line ends that it has; raises YamlError where it does not parse."""
    text = content.decode("utf-8-sig")
    ends = "\r\n" if "\r\n" in text else "\n"
    whole = text.replace("\r\n", "\n").replace("\r", "\n")
    closed = whole if whole.endswith("\n") or not whole else f"{whole}\n"
    revised = rewrite(closed, values)
    if closed != whole:
        revised = revised.removesuffix("\n")
    return (_BOM if content.startswith(_BOM) else b"") + revised.replace("\n", ends).encode()


def rewrite(text: str, values: Mapping[str, Plain]) -> str:
    """Make a text say just these values; new keys stand where they stand among them.

    A text that is laid out in a way that cannot be kept is written anew. Raises YamlError where it does not parse.
    """
    tree = parse_tree(text)
    try:
        revised = _revise(make_source(text, tree), tree, values)
        return revised if reads_as(revised, values) else entry_text(values)
    except UnusualLayoutError:
        return entry_text(values)


def set_value(text: str, keys: Iterable[str | int], value: Plain) -> str:
    """Change one value, or add it with its last key, and leave all else as it is; raises as `rewrite` does."""
    values: Any = to_plain(parse_tree(text))
    *path, last = keys
    reduce(getitem, path, values)[last] = value
    return rewrite(text, values)


def append_item(text: str, keys: Iterable[str | int], item: Plain) -> str:
    """Add an item to a list, which is made where the last of the keys has no value; raises as `rewrite` does."""
    values: Any = to_plain(parse_tree(text))
    *path, last = keys
    holder = reduce(getitem, path, values)
    known = holder[last] if isinstance(last, int) else holder.setdefault(last, [])
    known.append(item)
    return rewrite(text, values)


def _revise(source: Source, tree: Node | None, values: Mapping[str, Plain]) -> str:
    if tree is None:
        return source.text + entry_text(values)
    if not isinstance(tree, yamltree.Mapping) or tree.end or not _is_alike(tree, values):
        raise UnusualLayoutError
    return source.patched(0, len(source.text), _change_mapping(source, tree, values))


def _change_value(source: Source, node: Node, value: Plain, behind: int, column: int) -> Iterator[Edit]:
    """Change what stands behind a key or dash, which stands in a column."""
    if says(node, value):
        return
    match node:
        case yamltree.Mapping(end=None) if is_mapping(value) and _is_alike(node, value):
            yield from _change_mapping(source, node, value)
        case yamltree.Sequence(end=None) if is_list(value) and _is_alike(node, value):
            yield from _change_list(source, node, value)
        case yamltree.Mapping() | yamltree.Sequence() if node.end and _is_alike(node, value) and _fits_brackets(value):
            yield from _change_flow(source, node, value)
        case Scalar(style="|") if isinstance(value, str) and wants_block(value) and fits_block(value):
            yield from _change_block(source, node, value, column)
        case Scalar() if isinstance(value, str) and _fits_brackets(value) and node.style not in ("|", ">"):
            yield from _change_scalar(source, node, value, behind)
        case _:
            yield from _replace(source, node, value, behind, column)


def _change_mapping(source: Source, node: yamltree.Mapping, values: Mapping[str, Plain]) -> Iterator[Edit]:
    """Change the values of keys, take out keys, and put in new ones, each behind the one before it in `values`."""
    pairs = {key.text: (key, one) for key, one in node.pairs}
    staying = [key for key in pairs if key in values]
    first = pairs[staying[0]][0]
    yield from _take_out(source, [pair for pair in node.pairs if pair[0].text not in values], first)
    for key in staying:
        yield from _change_value(source, pairs[key][1], values[key], behind_key(source, pairs[key][0]), node.column)
    place = None
    for name, value in values.items():
        if name in pairs:
            place = end_of_value(source, pairs[name][1])
            continue
        written = write_pair(name, value, node.column, step=source.step)
        indent = " " * node.column
        if place is None:
            at = source.at(first.line, first.column)
            yield Edit(at, at, f"{written}\n{indent}")
        else:
            at = source.skip_blank(place) if _keeps_ends(value) else place
            yield Edit(at, at, f"\n{indent}{written}")


def _take_out(source: Source, pairs: Sequence[tuple[Scalar, Node]], first: Scalar) -> Iterator[Edit]:
    """Take out keys with their values and what follows on their lines; comments on lines of their own stay."""
    leading = [pair for pair in pairs if pair[0].line < first.line]
    behind_dash = leading and source.lines[leading[0][0].line][: leading[0][0].column].strip()
    if behind_dash:  # the first key that stays moves up to it
        key, end = leading[0][0], end_of_value(source, leading[-1][1])
        following = re.compile(r"\s*").match(source.text, end)
        yield Edit(source.at(key.line, key.column), following.end() if following else end, "")
    for key, value in pairs[len(leading) if behind_dash else 0 :]:
        if not is_absent(value):
            yield Edit(source.starts[key.line], end_of_value(source, value) + 1, "")


def _change_list(source: Source, node: yamltree.Sequence, values: Sequence[Plain]) -> Iterator[Edit]:
    """Put a list together from the lines that its items had, each with the comments above it, and new lines."""
    spans = item_spans(source, node)
    paired = _pair_items(node.items, values)
    comments = _comments_above(source, spans, {*paired})
    parts: list[str] = []
    for place, value in zip(paired, values, strict=True):
        if place is None:
            parts.append(f"{' ' * node.column}{write_item(value, node.column, step=source.step)}")
            continue
        start, end = spans[place]
        dash = source.text.index("-", start)
        edits = _change_value(source, node.items[place], value, dash + 1, node.column)
        parts.append(comments[place] + source.patched(start, end, edits))
    left = comments[len(spans)].removesuffix("\n")
    yield Edit(spans[0][0], spans[-1][1], "\n".join((*parts, left) if left else parts))


def _comments_above(source: Source, spans: list[tuple[int, int]], staying: set[int | None]) -> list[str]:
    """Collect what stands above each item, and below all; comments above one that goes are left to the next."""
    above, kept = [""], ""
    for index in range(1, len(spans)):
        between = source.text[spans[index - 1][1] + 1 : spans[index][0]]
        if index in staying:
            above.append(kept + between)
            kept = ""
        else:
            above.append("")
            kept += between if between.strip() else ""
    return [*above, kept]


def _pair_items(items: tuple[Node, ...], values: Sequence[Plain]) -> list[int | None]:
    """Tell for each value which item it was: the same, wherever it stood, or one with its id, or that at its place."""
    free = [*range(len(items))]
    paired: list[int | None] = [None] * len(values)
    for alike in (says, _has_same_id):
        for index, value in enumerate(values):
            same = [one for one in free if paired[index] is None and alike(items[one], value)]
            if same:
                paired[index] = min(same, key=lambda one, here=index: abs(one - here))  # type: ignore[misc]
                free.remove(paired[index])
    for index in free:
        if index < len(values) and paired[index] is None and _is_alike(items[index], values[index]):
            paired[index] = index
    return paired


def _has_same_id(item: Node, value: Plain) -> bool:
    known = to_plain(item)
    return isinstance(known, dict) and is_mapping(value) and "id" in known and known["id"] == value.get("id")


def _change_flow(source: Source, node: Node, value: Plain) -> Iterator[Edit]:
    """Change what stands between brackets."""
    start, end = span_of(source, node)
    if isinstance(node, yamltree.Sequence) and node.items and is_list(value):
        yield _change_flow_list(source, node.items, value)
    elif isinstance(node, yamltree.Mapping) and is_mapping(value) and [key.text for key, _ in node.pairs] == [*value]:
        for key, one in node.pairs:
            if not says(one, value[key.text]):
                yield from _change_flow(source, one, value[key.text])
    else:
        style = node.style if isinstance(node, Scalar) else ""
        yield Edit(start, end, write_flow(value, style=style))


def _change_flow_list(source: Source, items: tuple[Node, ...], values: Sequence[Plain]) -> Edit:
    """Replace the items between the first and the last that differ."""
    first, last = _common_ends([*items], [*values], says)
    spans = [span_of(source, item) for item in items]
    written = [write_flow(value) for value in values[first : len(values) - last]]
    upto = len(items) - last
    if first == upto and first:
        end = spans[first - 1][1]
        return Edit(end, end, "".join(f", {one}" for one in written))
    if first == upto:
        start = spans[0][0]
        return Edit(start, start, "".join(f"{one}, " for one in written))
    if written:
        return Edit(spans[first][0], spans[upto - 1][1], ", ".join(written))
    return Edit(spans[first][0], spans[upto][0], "") if last else Edit(spans[first - 1][1], spans[-1][1], "")


def _change_block(source: Source, node: Scalar, value: str, column: int) -> Iterator[Edit]:
    """Change the lines of a '|' block that differ, and its header where its ends need that."""
    start = source.at(node.line, node.column)
    header = header_at(source, start)
    indent = block_indent(source, node, column)
    if needed := _new_header(header, value, indent - column):
        yield Edit(start, start + len(header), needed)
    was, new = block_lines(node.text, indent), block_lines(value, indent)
    typed = source.lines[node.line + 1 : node.line + 1 + len(was)]
    first, last = _common_ends(was, new, str.__eq__)
    lines = (*typed[:first], *new[first : len(new) - last], *typed[len(typed) - last :])
    end = end_of_value(source, node)
    yield Edit(source.line_end(start), source.skip_blank(end) if _keeps_ends(value) else end, _below(lines))


def _below(lines: Iterable[str]) -> str:
    return "".join(f"\n{line}" for line in lines)


def _new_header(header: str, value: str, width: int) -> str:
    """Make another header for a block where the one that it has will not do."""
    needed = block_header(value, width, explicit=any(one.isdigit() for one in header))
    if any(one.isdigit() for one in needed) and not 0 < width < 10:
        raise UnusualLayoutError
    return "" if {*needed} == {*header} else needed


def _change_scalar(source: Source, node: Scalar, value: str, behind: int) -> Iterator[Edit]:
    if is_absent(node):
        yield Edit(behind, behind, f" {write_scalar(value)}")
    else:
        yield Edit(*span_of(source, node), write_scalar(value, style=node.style))


def _replace(source: Source, node: Node, value: Plain, behind: int, column: int) -> Iterator[Edit]:
    """Put a value of another form in the place of one; a comment on the line of its key stays."""
    head, below = write_value(value, column, step=source.step)
    begun = begun_at(source, node, behind)
    end = end_of_value(source, node)
    yield Edit(behind, begun, f" {head}" if head else "")
    yield Edit(source.line_end(begun), source.skip_blank(end) if _keeps_ends(value) else end, below)


def _common_ends(old: Sequence[Any], new: Sequence[Any], alike: Callable[[Any, Any], bool]) -> tuple[int, int]:
    """Count how many are alike at the start, and of the others at the end."""
    shorter = min(len(old), len(new))
    first = next((index for index in range(shorter) if not alike(old[index], new[index])), shorter)
    rest = shorter - first
    last = next((index for index in range(rest) if not alike(old[-1 - index], new[-1 - index])), rest)
    return first, last


def _keeps_ends(value: Plain) -> bool:
    """Tell whether blank lines below a value would become a part of it."""
    if isinstance(value, str):
        return wants_block(value) and "+" in block_header(value, 2)
    if not value:
        return False
    return _keeps_ends([*value.values()][-1] if is_mapping(value) else [*value][-1])


def _is_alike(node: Node, value: Plain) -> bool:
    """Tell whether one can be made of the other by changing a part of it."""
    if isinstance(node, yamltree.Mapping):
        return is_mapping(value) and any(key.text in value for key, _ in node.pairs)
    if isinstance(node, yamltree.Sequence):
        return is_list(value) and bool(node.items and value)
    return isinstance(value, str)


def _fits_brackets(value: Plain) -> bool:
    """Tell whether a value can stand on one line."""
    if isinstance(value, str):
        return not wants_block(value)
    return value is None or all(map(_fits_brackets, value.values() if is_mapping(value) else value))
