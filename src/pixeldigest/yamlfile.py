"""One YAML file → a validated model, or diagnostics with positions."""

from __future__ import annotations

import re
import typing
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType, NoneType, UnionType
from typing import Any, Literal, NamedTuple, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, RootModel, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from pixeldigest import yamltree
from pixeldigest.diagnostics import Diagnostic, Place, sort_diagnostics, suggest
from pixeldigest.yamltree import Node, Scalar, YamlFault

MAX_BYTES = 1_000_000

Model = TypeVar("Model", bound=BaseModel)
Key = str | int
Keys = tuple[Key, ...]


class Source(NamedTuple):
    """A file that could be read: its name in messages, its lines and its tree."""

    name: str
    lines: list[str]
    tree: Node | None


class Loaded(NamedTuple):
    """A model, or None and the diagnostics that say why."""

    model: Any
    diagnostics: tuple[Diagnostic, ...]


def complaint(message: str, hint: str, *, offset: int | None = None, length: int = 1) -> PydanticCustomError:
    """Make the error that a model's validator raises; offset and length point into the text at fault."""
    return PydanticCustomError(
        "complaint", "{message}", {"message": message, "hint": hint, "offset": offset, "length": length}
    )


def load_model(path: Path, model: type[Model], *, name: str, given: Mapping[str, object] = MappingProxyType({})) -> Loaded:
    """Read and validate one file; `given` are fields that don't stand in the file, such as the id."""
    source, diagnostics = read_source(path, name=name)
    if source is None:
        return Loaded(None, diagnostics)
    plain = yamltree.to_plain(source.tree)
    if source.tree is None and not issubclass(model, RootModel):
        return Loaded(None, (_diagnose(source, "empty-file", "this file is empty", "write at least a title, or delete it"),))
    if not isinstance(plain, dict):
        hint = "start with a key such as 'title: …'"
        return Loaded(None, (_diagnose(source, "yaml", "this file holds no keys", hint),))
    if clash := [key for key in plain if key in given]:
        found = (_diagnose_given(source, model, key) for key in clash)
        return Loaded(None, sort_diagnostics(found))
    try:
        return Loaded(model.model_validate({**plain, **given} if given else plain), ())
    except ValidationError as error:
        details = error.errors(include_url=False)
        return Loaded(None, sort_diagnostics(_translate(source, model, one) for one in _without_echoes(details)))


def read_source(path: Path, *, name: str) -> tuple[Source | None, tuple[Diagnostic, ...]]:
    """Read and parse one file without validating it."""
    text, fault = _read_text(path)
    if fault is None:
        try:
            return Source(name, text.split("\n"), yamltree.parse_tree(text)), ()
        except YamlFault as raised:
            fault = raised
    lines = text.split("\n")
    place = _place(name, lines, fault.line, fault.column, fault.width)
    return None, (Diagnostic(fault.rule, fault.message, fault.hint, place),)


def locate(source: Source, keys: Iterable[Key], *, offset: int | None = None, length: int = 1) -> Place:
    """Find the place of a value, or with `offset` of a stretch of its text; the key's where there is no value."""
    node, key = _follow(source.tree, keys)
    if isinstance(node, Scalar) and offset is not None:
        line, column = yamltree.position_in(node, offset, source.lines)
        return _place(source.name, source.lines, line, column, length)
    if isinstance(node, Scalar) and (node.text or node.style):
        end = node.end_column if node.end_line == node.line else len(source.lines[node.line])
        width = 1 if node.style in ("|", ">") else end - node.column
        return _place(source.name, source.lines, node.line, node.column, width)
    if key is not None:
        return _place(source.name, source.lines, key.line, key.column, len(key.text))
    line, column = (node.line, node.column) if node is not None else (0, 0)
    return _place(source.name, source.lines, line, column, 1)


def locate_key(source: Source, keys: Iterable[Key]) -> Place:
    """Find the place of a key rather than of its value."""
    node, key = _follow(source.tree, keys)
    if key is None:
        return locate(source, keys)
    return _place(source.name, source.lines, key.line, key.column, len(key.text))


def _read_text(path: Path) -> tuple[str, YamlFault | None]:
    """Read a file as UTF-8, without a byte order mark and with plain line ends."""
    try:
        if path.is_dir():
            return "", YamlFault("file", "a folder stands where a file should be", "move or rename the folder", 0, 0)
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        return "", YamlFault("file", f"this file cannot be read: {reason}", "check that it is there and readable", 0, 0)
    if len(raw) > MAX_BYTES:
        limit = f"{MAX_BYTES // 1000} kB"
        return "", YamlFault("file", f"this file is larger than {limit}", "split it into several entries", 0, 0)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        good = raw[: error.start].decode("utf-8", "replace").removeprefix("\ufeff")
        line, column = good.count("\n"), len(good) - (good.rfind("\n") + 1)
        shown = raw.decode("utf-8", "replace").removeprefix("\ufeff")
        message = f"byte 0x{raw[error.start]:02x} is not UTF-8"
        return shown, YamlFault("encoding", message, "save the file as UTF-8 in your editor", line, column)
    return text.replace("\r\n", "\n").replace("\r", "\n"), None


def _place(name: str, lines: list[str], line: int, column: int, width: int) -> Place:
    while line > 0 and (line >= len(lines) or not lines[line].strip()) and line >= len(lines) - 1:
        line, column = line - 1, len(lines[line - 1]) if line - 1 < len(lines) else 0
    excerpt = lines[line] if line < len(lines) else ""
    printable = "".join(one if one.isprintable() else "\ufffd" for one in excerpt)
    return Place(name, line + 1, min(column, len(printable)) + 1, max(1, width), printable)


def _diagnose(source: Source, rule: str, message: str, hint: str) -> Diagnostic:
    return Diagnostic(rule, message, hint, locate(source, ()))


def _diagnose_given(source: Source, model: type[BaseModel], key: str) -> Diagnostic:
    message = f"'{key}' is not a key of {_named(model)}"
    return Diagnostic("unknown-key", message, "it comes from the file's name: leave it out", locate_key(source, (key,)))


def _follow(tree: Node | None, keys: Iterable[Key]) -> tuple[Node | None, Scalar | None]:
    """Walk down a path of keys, past those that the file does not have (pydantic adds some of its own)."""
    node, last = tree, None
    for key in keys:
        if isinstance(node, yamltree.Mapping):
            found = next((pair for pair in node.pairs if pair[0].text == str(key)), None)
            if found:
                last, node = found
        elif isinstance(node, yamltree.Sequence) and isinstance(key, int) and key < len(node.items):
            last, node = None, node.items[key]
    return node, last


def _without_echoes(details: list[ErrorDetails]) -> Iterator[ErrorDetails]:
    """Leave out what only follows from another error: a list that is too short because its items are wrong."""
    wrong = [one["loc"] for one in details]
    for one in details:
        loc = one["loc"]
        if one["type"] == "too_short" and any(len(other) > len(loc) and other[: len(loc)] == loc for other in wrong):
            continue
        yield one


def _translate(source: Source, model: type[BaseModel], error: ErrorDetails) -> Diagnostic:
    """Say pydantic's error in our words, at its place in the file."""
    loc: Keys = tuple(one for one in error["loc"] if one != "[key]")
    name = next((str(one) for one in reversed(loc) if isinstance(one, str)), "")
    kind, ctx = error["type"], error.get("ctx") or {}
    if kind == "complaint":
        place = locate(source, loc, offset=ctx["offset"], length=ctx["length"])
        return Diagnostic(name or "settings", ctx["message"], ctx["hint"], place)
    owner = _model_at(model, loc[:-1])
    if kind == "extra_forbidden":
        known = set(owner.model_fields) - {"id"} if owner is not Any else set()
        message = f"'{loc[-1]}' is not a key of {_named(owner)}"
        return Diagnostic("unknown-key", message, suggest(str(loc[-1]), known), locate_key(source, loc))
    if kind == "missing":
        return _diagnose_missing(source, owner, loc)
    message, hint = _say(kind, ctx, name, error["input"], loc)
    return Diagnostic(name or "yaml", message, hint, locate(source, loc))


def _diagnose_missing(source: Source, owner: Any, loc: Keys) -> Diagnostic:
    field = owner.model_fields[str(loc[-1])] if owner is not Any else None
    about = f" ({field.description})" if field is not None and field.description else ""
    _, key = _follow(source.tree, loc)
    if key is not None and key.text == loc[-1]:
        return Diagnostic("missing-key", f"'{loc[-1]}' is empty", f"fill it in{about}", locate_key(source, loc))
    message = f"'{loc[-1]}' is missing from {_named(owner, article='this')}"
    return Diagnostic("missing-key", message, f"add '{loc[-1]}: …'{about}", locate_key(source, loc[:-1]))


def _say(kind: str, ctx: Mapping[str, Any], name: str, given: object, loc: Keys) -> tuple[str, str]:
    """Word one of pydantic's errors; the fallback is never seen for the types that our models use."""
    shown = f"'{_clip(given)}'"
    label = name.replace("_", " ")
    match kind:
        case "literal_error":
            choices = re.findall(r"'([^']*)'", str(ctx["expected"]))
            return f"{shown} is not {_a(label)}", suggest(str(given), choices)
        case "string_too_long":
            return f"'{name}' has {len(str(given))} characters", f"shorten it to {ctx['max_length']}"
        case "string_too_short" | "too_short":
            return f"'{name}' is too short", f"it needs at least {ctx.get('min_length')}"
        case "string_type":
            if given is None:
                return "this item is empty", "write a text after the '-', or delete the line"
            return f"'{name}' should be one text", "write it on one line, or in a '|' block; no list, no keys"
        case "tuple_type" | "list_type":
            return f"'{name}' should be a list", "write each item on a line of its own, starting with '- '"
        case "bool_parsing" | "bool_type":
            return f"{shown} is neither true nor false", "write 'true' or 'false'"
        case "int_parsing" | "int_type" | "int_from_float" | "int_parsing_size":
            return f"{shown} is not a whole number", "write digits only"
        case "greater_than_equal":
            return f"{shown} is too small", f"'{name}' is at least {ctx['ge']}"
        case "less_than_equal":
            return f"{shown} is too large", f"'{name}' is at most {ctx['le']}"
        case "model_type" | "dict_type" | "model_attributes_type":
            what = f"item {loc[-1] + 1} of '{name}'" if loc and isinstance(loc[-1], int) else f"'{name}'"
            return f"{what} should hold keys of its own", "write them indented below it, one a line, as 'key: value'"
    return f"{shown} does not fit here", "see the field's description in docs/fields.md"


def _model_at(model: Any, loc: Keys) -> Any:
    """Find the model that a path of keys leads to, by the annotations."""
    for key in loc:
        annotation = model
        if isinstance(model, type) and issubclass(model, BaseModel):
            if issubclass(model, RootModel):
                annotation = model.model_fields["root"].annotation
            elif key in model.model_fields:
                model = _first_model(model.model_fields[str(key)].annotation)
                continue
        model = _first_model(annotation)
    return _first_model(model)


def _first_model(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if not issubclass(annotation, RootModel):
            return annotation
        annotation = annotation.model_fields["root"].annotation
    if get_origin(annotation) in (Union, UnionType, tuple, dict, typing.Annotated) or get_args(annotation):
        if get_origin(annotation) is Literal:
            return Any
        for inner in get_args(annotation):
            if inner not in (NoneType, Ellipsis) and (found := _first_model(inner)) is not Any:
                return found
    return Any


def _named(model: Any, *, article: str = "") -> str:
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", model.__name__).lower() if model is not Any else "file"
    return f"{article} {words}" if article else _a(words)


def _a(words: str) -> str:
    return f"{'an' if words[:1] in 'aeiou' else 'a'} {words}"


def _clip(given: object, limit: int = 40) -> str:
    text = str(given).replace("\n", " ").strip()
    return text if len(text) <= limit else text[: limit - 1] + "…"
