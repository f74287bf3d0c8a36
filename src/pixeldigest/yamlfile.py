"""One YAML file → a validated model, or diagnostics with positions."""

from __future__ import annotations

import functools
import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, TypeVar, get_args, get_origin

from pydantic import BaseModel, RootModel, ValidationError
from pydantic_core import ErrorDetails

from pixeldigest import spots, yamltree
from pixeldigest.complaints import SECRET_KEY, Complaint, complain_of_name, find_complaints
from pixeldigest.diagnostics import Diagnostic, Fix, Place, Replacement, sort_diagnostics
from pixeldigest.slips import find_slip
from pixeldigest.yamlerror import YamlError
from pixeldigest.yamltree import Node, Scalar

MAX_BYTES = 500_000

Model = TypeVar("Model", bound=BaseModel)
Key = spots.Key
Keys = spots.Keys


class Source(NamedTuple):
    """A file that could be read: its name in messages, its lines and its tree."""

    name: str
    lines: tuple[str, ...]
    tree: Node | None


class RawFile(NamedTuple):
    """A file's bytes, and why they cannot be used, if so."""

    content: bytes
    fault: YamlError | None = None


class Loaded(NamedTuple):
    """A model, or None and the diagnostics that say why; `salvaged` is then what is right of it, if that is enough.

    `plain` is what the model was made of.
    """

    model: Any
    diagnostics: tuple[Diagnostic, ...]
    salvaged: Any = None
    plain: Any = None


def load_model(
    raw: RawFile, model: type[Model], *, name: str, given: Mapping[str, object] = MappingProxyType({})
) -> Loaded:
    """Parse and validate one file; `given` are fields that don't stand in the file, such as the id."""
    source, diagnostics = parse_source(raw, name=name, model=model)
    if source is None:
        return Loaded(None, diagnostics)
    by_date = issubclass(model, RootModel)
    if source.tree is None and not by_date:
        hint = "fill it in, or delete it" if given else "fill it in"
        return Loaded(None, (Diagnostic("empty-file", "this file is empty", hint, locate(source, ())),))
    plain = yamltree.to_plain(source.tree)
    if not isinstance(plain, dict):
        example = "2026-12-24:" if by_date else "title: …"
        hint = f"start it with a key, as in '{example}'"
        return Loaded(None, (Diagnostic("yaml", "this file holds no keys", hint, locate(source, ())),))
    if by_date and isinstance(source.tree, yamltree.Mapping):
        plain = {key.text: plain.get(key.text, {}) for key, _ in source.tree.pairs}
    if clash := [key for key in plain if key in given]:
        return Loaded(None, tuple(_diagnose(source, complain_of_name(model, key)) for key in clash))
    try:
        return Loaded(model.model_validate({**plain, **given} if given else plain), (), plain=plain)
    except ValidationError as error:
        details = error.errors(include_url=False)
        found = find_complaints(model, details, lambda keys: _is_written(source.tree, keys))
        diagnostics = sort_diagnostics(_diagnose(source, one) for one in found)
        return Loaded(None, diagnostics, _salvage(model, {**plain, **given}, details))


def _salvage(model: type[Model], plain: dict[str, object], details: list[ErrorDetails]) -> Model | None:
    """Validate what is right in a file, so that its texts are checked in the same run as its keys."""
    wrong = {one["loc"][0] for one in details if one["loc"]}
    right = {key: value for key, value in plain.items() if key not in wrong}
    try:
        return model.model_validate({**dict(_stand_ins(model, str(plain.get("id")))), **right})
    except ValidationError:
        return None


def _stand_ins(model: type[BaseModel], name: str) -> Iterator[tuple[str, str]]:
    """Yield something for each line and word that must be there, so that one slip does not hide the others."""
    for key, info in spots.fields_of(model).items():
        if info.is_required() and not spots.is_block(info):
            bare = spots.bare_type(info.annotation)
            if get_origin(bare) is Literal:
                yield key, get_args(bare)[0]
            elif bare is str:
                yield key, name


def _diagnose(source: Source, one: Complaint) -> Diagnostic:
    """Find the place of what is wrong with a value, and of what mends it."""
    key = locate_key(source, one.keys)
    place = key if one.at == "key" else locate(source, one.keys, offset=one.offset, length=one.length)
    if one.at == "line" and place.line != key.line:
        place = key
    fix = None
    if one.mend:
        start = key if one.at == "key" else locate(source, one.keys, offset=one.offset or 0)
        fix = make_fix(source, Replacement(start.line, start.column, *one.mend))
    if one.hidden:
        place = replace(place, excerpt="")
    escaped = one.offset is not None and _LETTER_ESCAPE.match(place.excerpt, place.column - 1)
    return Diagnostic(one.rule, one.message, _NO_ESCAPES if escaped else one.hint, place, fix=fix)


# What stands for a sign that nobody means: '\a' of '\alpha'.
_LETTER_ESCAPE = re.compile(r"\\[^xuU]")
_NO_ESCAPES = "use single quotes instead: in double quotes a backslash has a meaning of its own"


def _is_written(tree: Node | None, keys: Keys) -> bool:
    """Tell whether all of these keys stand in the file."""
    _, key = _follow(tree, keys)
    return key is not None and key.text == str(keys[-1])


def read_source(path: Path, *, name: str) -> tuple[Source | None, tuple[Diagnostic, ...]]:
    """Read and parse one file without validating it."""
    return parse_source(read_raw(path), name=name)


def parse_source(
    raw: RawFile, *, name: str, model: type[BaseModel] | None = None
) -> tuple[Source | None, tuple[Diagnostic, ...]]:
    """Parse one file without validating it; a model tells what was meant where it does not parse."""
    lines, parsed = _parse(raw)
    if not isinstance(parsed, YamlError):
        return Source(name, lines, parsed), ()
    fault = find_slip(parsed, lines, spots.words_of(model)) if model else parsed
    place = _place(name, lines, fault.line, fault.column, fault.width)
    if fault.rule != "duplicate-key" and _SECRET_LINE.search(lines[place.line - 1]):  # its words could quote the line
        return None, (Diagnostic(fault.rule, *_UNREADABLE_SECRET, place),)
    fix = Fix((Replacement(place.line, place.column, *fault.mend),)) if fault.mend else None
    return None, (Diagnostic(fault.rule, fault.message, fault.hint, place, fix=fix),)


# A key behind which there may be a secret; the line of one is never shown.
_SECRET_LINE = re.compile(
    rf"""(?:^\s*(?:-\s+)*|[{{,]\s*)['"]?(?:{SECRET_KEY.pattern})(?:_env|_file)?['"]?\s*:\s*[^\s|>]""", re.IGNORECASE
)
_UNREADABLE_SECRET = (
    "this line cannot be read as YAML",
    "if it holds a secret, keep that out of this file: name the environment variable that holds it",
)


# A file is validated, looked at by rules and asked where something stands, one right after the other.
@functools.lru_cache(maxsize=4)
def _parse(raw: RawFile) -> tuple[tuple[str, ...], Node | YamlError | None]:
    """Parse a file's text; with its lines comes the tree, or why there is none."""
    text, fault = _decode(raw)
    lines = tuple(text.split("\n"))
    if fault := fault or _find_conflict(lines):
        return lines, fault
    try:
        return lines, yamltree.parse_tree(text)
    except YamlError as error:
        return lines, error.with_traceback(None)


def _find_conflict(lines: tuple[str, ...]) -> YamlError | None:
    """Find what git leaves in a file where two people changed the same lines."""
    for number, line in enumerate(lines):
        if line.startswith(("<<<<<<< ", ">>>>>>> ")):
            hint = "keep one of the two sides, and delete the three lines that git put around them"
            return YamlError("conflict", "git could not merge two changes here", hint, number, 0, 7)
    return None


def locate(source: Source, keys: Iterable[Key], *, offset: int | None = None, length: int = 1) -> Place:
    """Find the place of a value, or with `offset` of a stretch of its text; the key's where there is no value."""
    node, key = _follow(source.tree, keys)
    if isinstance(node, Scalar) and offset is not None:
        # Texts of one line are stripped when they are validated; blocks are not.
        stripped = 0 if node.style == "|" else len(node.text) - len(node.text.lstrip())
        line, column = yamltree.position_in(node, offset + stripped, source.lines)
        return _place(source.name, source.lines, line, column, length)
    if isinstance(node, Scalar) and (node.text or node.style):
        end = node.end_column if node.end_line == node.line else len(source.lines[node.line])
        width = 1 if node.style in ("|", ">") else end - node.column
        return _place(source.name, source.lines, node.line, node.column, width)
    if key is not None:
        return _place(source.name, source.lines, key.line, key.column, len(key.text))
    if isinstance(node, yamltree.Mapping) and node.pairs:
        key = node.pairs[0][0]
        return _place(source.name, source.lines, key.line, key.column, len(key.text))
    line, column = (node.line, node.column) if node is not None else (0, 0)
    return _place(source.name, source.lines, line, column, 1)


def locate_key(source: Source, keys: Iterable[Key]) -> Place:
    """Find the place of a key rather than of its value."""
    keys = tuple(keys)
    _, key = _follow(source.tree, keys)
    if key is None:
        return locate(source, keys)
    return _place(source.name, source.lines, key.line, key.column, len(key.text))


def make_fix(source: Source, *replacements: Replacement) -> Fix | None:
    """Make a fix, unless what it replaces stands otherwise in the file: escaped, or folded."""
    for one in replacements:
        lines = source.lines[one.line - 1 : one.line + one.old.count("\n")]
        if not "\n".join(lines).startswith(one.old, one.column - 1):
            return None
    return Fix(replacements)


def read_raw(path: Path) -> RawFile:
    """Read a file's bytes, but not those of a pipe, nor megabytes."""
    try:
        with open(path, "rb", opener=_open_at_once) as stream:
            mode = os.fstat(stream.fileno()).st_mode
            if not stat.S_ISREG(mode):
                hint = "put a file in its place"
                return RawFile(b"", YamlError("file", "this is a pipe or a device", hint, 0, 0))
            content = stream.read(MAX_BYTES + 1)
    except IsADirectoryError:
        hint = "move or rename the folder"
        return RawFile(b"", YamlError("file", "a folder stands where a file should be", hint, 0, 0))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        hint = "check that it is there and readable"
        return RawFile(b"", YamlError("file", f"this file cannot be read: {reason}", hint, 0, 0))
    if len(content) > MAX_BYTES:
        message = f"this file is larger than {MAX_BYTES // 1000} kB"
        return RawFile(b"", YamlError("file", message, "split it, or shorten it", 0, 0))
    return RawFile(content)


def _open_at_once(path: str, flags: int) -> int:
    """Open a file without waiting, as a pipe without a writer would have it."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _decode(raw: RawFile) -> tuple[str, YamlError | None]:
    """Decode a file as UTF-8, without a byte order mark, with plain line ends, and with one at its end."""
    if raw.fault:
        return "", raw.fault
    try:
        text = _plain_line_ends(raw.content.decode("utf-8-sig"))
        return text if text.endswith("\n") else text + "\n", None
    except UnicodeDecodeError as error:
        good = _plain_line_ends(error.object[: error.start].decode("utf-8-sig"))
        line, column = good.count("\n"), len(good) - (good.rfind("\n") + 1)
        message = f"byte 0x{error.object[error.start]:02x} is not UTF-8"
        shown = _plain_line_ends(raw.content.decode("utf-8-sig", "replace"))
        return shown, YamlError("encoding", message, "save the file as UTF-8 in your editor", line, column)


def _plain_line_ends(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _place(name: str, lines: tuple[str, ...], line: int, column: int, width: int) -> Place:
    if not any(lines[number].strip() for number in range(line, len(lines))):  # past the end: behind the last word
        line = max((number for number, one in enumerate(lines) if one.strip()), default=0)
        column = len(lines[line].rstrip())
    excerpt = "" if _SECRET_LINE.search(lines[line]) else lines[line]
    if not excerpt.isprintable():
        excerpt = "".join(one if one.isprintable() else "→" if one == "\t" else "\ufffd" for one in excerpt)
    return Place(name, line + 1, min(column, len(lines[line])) + 1, max(1, width), excerpt)


def _follow(tree: Node | None, keys: Iterable[Key]) -> tuple[Node | None, Scalar | None]:
    """Walk down a path of keys as far as the file goes; the key is None where the last step was into a list."""
    node, last = tree, None
    for key in keys:
        if isinstance(node, yamltree.Mapping):
            found = node.by_key.get(str(key))
            if found is None:
                break
            last, node = found
        elif isinstance(node, yamltree.Sequence) and isinstance(key, int) and key < len(node.items):
            last, node = None, node.items[key]
        else:
            break
    return node, last
