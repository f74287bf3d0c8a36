"""One YAML file → a validated model, or diagnostics with positions."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType, NoneType, UnionType
from typing import Annotated, Any, NamedTuple, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, RootModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, PydanticCustomError

from pixeldigest import yamltree
from pixeldigest.diagnostics import Diagnostic, Place, nearest, sort_diagnostics, suggest
from pixeldigest.yamlerror import YamlError
from pixeldigest.yamltree import Block, Node, Scalar

MAX_BYTES = 1_000_000
MAX_ERRORS = 100

Model = TypeVar("Model", bound=BaseModel)
Key = str | int
Keys = tuple[Key, ...]


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


class FromFileName:
    """Marks a field (in its annotation) that is the file's name and never stands in the file."""


def complaint(
    message: str, hint: str, *, rule: str = "", at: Keys = (), offset: int | None = None, length: int = 1
) -> PydanticCustomError:
    """Make the error that a model's validator raises.

    `at` leads from the validated value to the part at fault; offset and length point into that part's text.
    The rule is the field's name where none is given.
    """
    said = {"message": message, "hint": hint, "rule": rule, "at": at, "offset": offset, "length": length}
    return PydanticCustomError("complaint", "{message}", said)


def load_model(
    raw: RawFile, model: type[Model], *, name: str, given: Mapping[str, object] = MappingProxyType({})
) -> Loaded:
    """Parse and validate one file; `given` are fields that don't stand in the file, such as the id."""
    source, diagnostics = parse_source(raw, name=name)
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
        return Loaded(None, tuple(_diagnose_given(source, model, key) for key in clash))
    try:
        return Loaded(model.model_validate({**plain, **given} if given else plain), (), plain=plain)
    except ValidationError as error:
        details = error.errors(include_url=False)
        diagnostics = _translate_all(source, model, details)
        return Loaded(None, diagnostics, _salvage(model, {**plain, **given}, details))


def _salvage(model: type[Model], plain: dict[str, object], details: list[ErrorDetails]) -> Model | None:
    """Validate what is right in a file, so that its texts are checked in the same run as its keys."""
    wrong = {one["loc"][0] for one in details if one["loc"]}
    try:
        return model.model_validate({key: value for key, value in plain.items() if key not in wrong})
    except ValidationError:
        return None


def read_source(path: Path, *, name: str) -> tuple[Source | None, tuple[Diagnostic, ...]]:
    """Read and parse one file without validating it."""
    return parse_source(read_raw(path), name=name)


def parse_source(raw: RawFile, *, name: str) -> tuple[Source | None, tuple[Diagnostic, ...]]:
    """Parse one file without validating it."""
    text, fault = _decode(raw)
    lines = tuple(text.split("\n"))
    fault = fault or _find_conflict(lines)
    if fault is None:
        try:
            return Source(name, lines, yamltree.parse_tree(text)), ()
        except YamlError as raised:
            fault = raised
    place = _place(name, lines, fault.line, fault.column, fault.width)
    return None, (Diagnostic(fault.rule, fault.message, fault.hint, place),)


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
    if not any(one.strip() for one in lines[line:]):  # past the end: behind the last word
        line = max((number for number, one in enumerate(lines) if one.strip()), default=0)
        column = len(lines[line].rstrip())
    excerpt = "".join(one if one.isprintable() else "→" if one == "\t" else "\ufffd" for one in lines[line])
    return Place(name, line + 1, min(column, len(excerpt)) + 1, max(1, width), excerpt)


def _follow(tree: Node | None, keys: Iterable[Key]) -> tuple[Node | None, Scalar | None]:
    """Walk down a path of keys as far as the file goes; the key is None where the last step was into a list."""
    node, last = tree, None
    for key in keys:
        if isinstance(node, yamltree.Mapping):
            found = next((pair for pair in node.pairs if pair[0].text == str(key)), None)
            if found is None:
                break
            last, node = found
        elif isinstance(node, yamltree.Sequence) and isinstance(key, int) and key < len(node.items):
            last, node = None, node.items[key]
        else:
            break
    return node, last


# --- pydantic's errors in our words ---


class _Spot(NamedTuple):
    """Where an error lies: `keys` in the file, `field` and its `owner` in the models.

    `holder` is the key that holds the owner, empty where that is the file, an item or a date.
    """

    keys: Keys
    owner: type[BaseModel] | None
    field: str
    info: FieldInfo | None
    holder: str
    at_key: bool

    @property
    def label(self) -> str:
        """Name the value: its key, or its number in a list."""
        last = self.keys[-1] if self.keys else ""
        return f"item {last + 1} of '{self.field}'" if isinstance(last, int) else f"'{last}'"

    def owner_named(self, article: str) -> str:
        """Name the owner."""
        words = _words_for(self.owner)
        return f"'{self.holder}'" if self.holder else f"{article} {words}" if article else _a(words)


def _find_spot(model: type[BaseModel], loc: tuple[str | int, ...]) -> _Spot:
    """Follow pydantic's location along the models; what it adds to the file's keys is dropped by position."""
    at_key = loc[-1:] == ("[key]",)
    spot = _Spot((), None, "", None, "", at_key)
    annotation: Any = model
    for part in loc[: len(loc) - at_key]:
        annotation = _bare(annotation)
        origin, inner = get_origin(annotation), get_args(annotation)
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            info = _fields(annotation).get(str(part))
            holder = str(spot.keys[-1]) if spot.keys and spot.field == spot.keys[-1] else ""
            spot = spot._replace(owner=annotation, field=str(part), info=info, holder=holder)
            annotation = info.annotation if info else Any
        elif origin in (Union, UnionType):
            annotation = next((arm for arm in map(_bare, inner) if get_origin(arm) is Mapping), Any)
            continue
        elif inner:
            annotation = inner[-1] if origin is not tuple else inner[0]
        spot = spot._replace(keys=(*spot.keys, part))
    return spot


def _bare(annotation: Any) -> Any:
    """Take away what stands around a type: Annotated, `| None`, and the model around a mapping."""
    while True:
        if isinstance(annotation, type) and issubclass(annotation, RootModel):
            annotation = annotation.model_fields["root"].annotation
        elif get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
        elif get_origin(annotation) in (Union, UnionType):
            arms = [arm for arm in get_args(annotation) if arm is not NoneType]
            if len(arms) != 1:
                return annotation
            annotation = arms[0]
        else:
            return annotation


def _fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """List a model's fields by their names in files."""
    return {info.alias or name: info for name, info in model.model_fields.items()}


def _without_echoes(model: type[BaseModel], details: list[ErrorDetails]) -> Iterator[ErrorDetails]:
    """Leave out what follows from another error: lists too short as items are wrong, absence of a misspelt key."""
    wrong = [one["loc"] for one in details]
    misspelt = {
        (*one["loc"][:-1], nearest(str(one["loc"][-1]), _known_keys(_find_spot(model, one["loc"]).owner)))
        for one in details
        if one["type"] == "extra_forbidden"
    }
    for one in details:
        loc = one["loc"]
        if one["type"] == "too_short" and any(len(other) > len(loc) and other[: len(loc)] == loc for other in wrong):
            continue
        if one["type"] == "missing" and loc in misspelt:
            continue
        yield one


def _known_keys(owner: type[BaseModel] | None) -> tuple[str, ...]:
    """List the keys that may stand in a file, in the order of the model."""
    names = _fields(owner) if owner else {}
    return tuple(name for name, info in names.items() if FromFileName not in info.metadata)


def _translate_all(source: Source, model: type[BaseModel], details: list[ErrorDetails]) -> tuple[Diagnostic, ...]:
    """Say all errors, but not thousands: finding what was meant takes time, and nobody reads so many."""
    found = [_translate(source, model, one) for one in _without_echoes(model, details[:MAX_ERRORS])]
    if (more := len(details) - MAX_ERRORS) > 0:
        place = locate(source, ())
        found.append(Diagnostic("more-errors", f"this file has {more} more errors", "mend the others first", place))
    return sort_diagnostics(found)


def _translate(source: Source, model: type[BaseModel], error: ErrorDetails) -> Diagnostic:
    """Say pydantic's error in our words, at its place in the file."""
    spot = _find_spot(model, error["loc"])
    rule = spot.field or _words_for(model)
    kind, ctx = error["type"], error.get("ctx") or {}
    if kind == "complaint":
        return _translate_complaint(source, spot, rule, ctx)
    if kind == "extra_forbidden":
        message = f"'{spot.field}' is not a key of {spot.owner_named('')}"
        hint = suggest(spot.field, _known_keys(spot.owner))
        return Diagnostic("unknown-key", message, hint, locate_key(source, spot.keys))
    if kind == "missing":
        return _diagnose_missing(source, spot)
    message, hint = _say(kind, ctx, spot, error["input"])
    place = locate_key(source, spot.keys) if spot.at_key else locate(source, spot.keys)
    return Diagnostic(rule, message, hint, place)


def _translate_complaint(source: Source, spot: _Spot, rule: str, ctx: Mapping[str, Any]) -> Diagnostic:
    keys = (*spot.keys, *ctx["at"])
    names = [one for one in ctx["at"] if isinstance(one, str)]
    rule = ctx["rule"] or (names[-1] if names else rule)
    if spot.at_key:
        return Diagnostic(rule, ctx["message"], ctx["hint"], locate_key(source, keys))
    return Diagnostic(
        rule, ctx["message"], ctx["hint"], locate(source, keys, offset=ctx["offset"], length=ctx["length"])
    )


def _diagnose_given(source: Source, model: type[BaseModel], key: str) -> Diagnostic:
    message = f"'{key}' is not a key of {_a(_words_for(model))}"
    return Diagnostic("unknown-key", message, "it is the file's name: delete the line", locate_key(source, (key,)))


def _diagnose_missing(source: Source, spot: _Spot) -> Diagnostic:
    about = f" ({spot.info.description})" if spot.info and spot.info.description else ""
    _, key = _follow(source.tree, spot.keys)
    if key is not None and key.text == spot.field:
        return Diagnostic(
            "missing-key", f"'{spot.field}' is empty", f"fill it in{about}", locate_key(source, spot.keys)
        )
    message = f"'{spot.field}' is missing from {spot.owner_named('this')}"
    hint = f"add '{spot.field}:{_shape(spot.info)}'{about}"
    return Diagnostic("missing-key", message, hint, locate_key(source, spot.keys[:-1]))


def _shape(info: FieldInfo | None) -> str:
    """Tell how a field's value begins: in a block, in lines below, or behind the key."""
    bare = _bare(info.annotation) if info else str
    if _is_block(info):
        return " |"
    return "" if get_origin(bare) is tuple or (isinstance(bare, type) and issubclass(bare, BaseModel)) else " …"


def _is_block(info: FieldInfo | None) -> bool:
    arms = get_args(info.annotation) if info else ()
    inner = [mark for arm in arms if get_origin(arm) is Annotated for mark in get_args(arm)[1:]]
    return info is not None and Block in (*info.metadata, *inner)


def _say(kind: str, ctx: Mapping[str, Any], spot: _Spot, given: object) -> tuple[str, str]:
    """Word one of pydantic's errors; the fallback is never seen for the types that our models use."""
    shown = f"'{_clip(given)}'"
    name = spot.field
    match kind:
        case "model_type" | "dict_type" | "mapping_type" | "model_attributes_type":
            return f"{spot.label} needs keys of its own", "write them below it, indented, as 'key: value'"
        case "tuple_type" | "list_type":
            what = "keys" if isinstance(given, dict) else "a text"
            return (
                f"'{name}' holds {what}, but it is a list",
                "write each item on a line of its own, starting with '- '",
            )
        case "too_short":
            few = "is empty" if not given else "has too few items"
            return f"'{name}' {few}", f"list at least {ctx['min_length']}"
    if given is None:
        return "this item is empty", "write it behind the '-', or delete the line"
    if isinstance(given, (dict, list)):
        what = "keys" if isinstance(given, dict) else "a list"
        way = "write it in a '|' block" if _is_block(spot.info) else "write it on one line"
        return f"{spot.label} holds {what}, but it is a single value", way
    match kind:
        case "literal_error":
            choices = re.findall(r"'([^']*)'", str(ctx["expected"]))
            return f"{shown} is not known for '{name}'", suggest(str(given), choices)
        case "bool_parsing" | "bool_type":
            return f"{shown} is neither true nor false", "write 'true' or 'false'"
        case "int_parsing" | "int_type" | "int_from_float" | "int_parsing_size":
            return f"{shown} is not a whole number", "write digits only"
        case "greater_than_equal":
            return f"{shown} is too small for '{name}'", f"write {ctx['ge']} or more"
        case "less_than_equal":
            return f"{shown} is too large for '{name}'", f"write {ctx['le']} or less"
    return f"{shown} does not fit '{name}'", "see docs/fields.md"


def _words_for(model: type[BaseModel] | None) -> str:
    """Name a model in words: its title where it has one."""
    if model is None:
        return "file"
    return model.model_config.get("title") or re.sub(r"(?<=[a-z])(?=[A-Z])", " ", model.__name__).lower()


def _a(words: str) -> str:
    return f"{'an' if words[:1] in 'aeiou' else 'a'} {words}"


def _clip(given: object, limit: int = 40) -> str:
    text = str(given).replace("\n", " ").strip()
    return text if len(text) <= limit else text[: limit - 1] + "…"
