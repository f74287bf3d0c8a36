"""What is wrong with the values in a file: pydantic's errors in words that help an editor, before places are sought."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_origin

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, PydanticCustomError

from pixeldigest.diagnostics import nearest, suggest, unmistakable
from pixeldigest.spots import (
    Guarded,
    Keys,
    Spot,
    bare_type,
    fields_of,
    find_spot,
    is_block,
    known_keys,
    name_of,
    with_article,
)

MAX_ERRORS = 100
# How people call a secret.
SECRET_KEY = re.compile(r"(?:\w+[_-])?(?:api_?)?(?:key|token|pass(?:word|phrase|wd)?|secret)", re.IGNORECASE)

_At = Literal["value", "key", "line"]
# Tells whether the keys that lead to a value stand in the file, be it empty.
IsWritten = Callable[[Keys], bool]


class Complaint(NamedTuple):
    """What is wrong with a value, and the keys that lead to it.

    `at` says what to show: the value, its key, or the value only where it stands on the line of its key.
    Offset and length point into the value's text; `mend` is what stands there, and what was meant beyond doubt.
    Of what is `hidden` no line is shown: it may hold a secret.
    """

    rule: str
    message: str
    hint: str
    keys: Keys
    at: _At = "value"
    offset: int | None = None
    length: int = 1
    mend: tuple[str, str] | None = None
    hidden: bool = False


def complaint(
    message: str,
    hint: str,
    *,
    rule: str = "",
    at: Keys = (),
    offset: int | None = None,
    length: int = 1,
    mend: tuple[str, str] | None = None,
    hidden: bool = False,
) -> PydanticCustomError:
    """Make the error that a model's validator raises.

    `at` leads from the validated value to the part at fault; offset and length point into that part's text.
    The rule is the field's name where none is given. `mend` is what stands there, and what was meant beyond doubt.
    Of what is `hidden` no line is shown.
    """
    said = {"message": message, "hint": hint, "rule": rule, "at": at, "offset": offset, "length": length, "mend": mend}
    return PydanticCustomError("complaint", "{message}", {**said, "hidden": hidden})


def find_complaints(model: type[BaseModel], details: list[ErrorDetails], is_written: IsWritten) -> Iterator[Complaint]:
    """Say all errors, but not thousands: finding what was meant takes time, and nobody reads so many."""
    for one in _without_echoes(model, details[:MAX_ERRORS]):
        spot = find_spot(model, one["loc"])
        found = _translate(model, spot, one, is_written)
        yield found._replace(hidden=found.hidden or _may_show_secret(spot, found))
    if (more := len(details) - MAX_ERRORS) > 0:
        yield Complaint("more-errors", f"this file has {more} more errors", "mend the others first", ())


def complain_of_name(model: type[BaseModel], key: str) -> Complaint:
    """Say that a key is the file's name and stands in it all the same."""
    message = f"'{key}' is not a key of {with_article(name_of(model))}"
    return Complaint("unknown-key", message, "it is the file's name: delete the line", (key,), "key")


def _without_echoes(model: type[BaseModel], details: list[ErrorDetails]) -> Iterator[ErrorDetails]:
    """Leave out what follows from another error: lists too short as items are wrong, absence of a misspelt key."""
    wrong = [one["loc"] for one in details]
    misspelt = {
        (*one["loc"][:-1], nearest(str(one["loc"][-1]), known_keys(find_spot(model, one["loc"]).owner)))
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


def _may_show_secret(spot: Spot, one: Complaint) -> bool:
    """Tell whether the line to be shown is that of an unknown key, or of whichever key stands first in an item."""
    is_item = spot.info is not None and Guarded in spot.info.metadata and one.keys == spot.keys
    return spot.guarded and (one.at == "key" or is_item)


def _translate(model: type[BaseModel], spot: Spot, error: ErrorDetails, is_written: IsWritten) -> Complaint:
    """Say one of pydantic's errors in our words."""
    rule = spot.field or name_of(model)
    kind, ctx, given = error["type"], error.get("ctx") or {}, error["input"]
    if kind == "complaint":
        return _pass_on(spot, rule, ctx, given)
    if kind == "extra_forbidden":
        return _say_unknown(spot, given, is_written)
    if kind == "missing":
        return _say_missing(spot, is_written)
    if kind == "no_block" or (is_block(spot.info) and isinstance(given, (dict, list))):
        return Complaint(rule, *without_bar(spot.field), spot.keys, "line")
    message, hint = _say(kind, ctx, spot, given)
    meant = unmistakable(str(given), _literals(ctx)) if kind == "literal_error" else None
    mend = (str(given), meant) if meant else None
    if kind in ("tuple_type", "list_type") and _lacks_hyphen(spot, given):
        return Complaint(rule, message, hint, (*spot.keys, next(iter(given))), "key")
    return Complaint(rule, message, hint, spot.keys, "key" if spot.at_key else "value", mend=mend)


def without_bar(name: str) -> tuple[str, str]:
    """Say that a text stands without the sign of a block, and what to write."""
    return f"the text of '{name}' is not a '|' block", f"write '{name}: |', and the text below it, indented"


def _pass_on(spot: Spot, rule: str, ctx: Mapping[str, Any], given: object) -> Complaint:
    """Pass on what a validator complains of."""
    names = [one for one in ctx["at"] if isinstance(one, str)]
    rule = ctx["rule"] or (names[-1] if names else rule)
    hint = ctx["hint"]
    if isinstance(given, str) and not (ctx["at"] or ctx["offset"]) and _IN_LETTERS_QUOTES.fullmatch(given):
        hint = f"delete the quotes: '{given[0]}' and '{given[-1]}' are letters to YAML"
    keys = (*spot.keys, *ctx["at"])
    at: _At = "key" if spot.at_key else "value"
    return Complaint(rule, ctx["message"], hint, keys, at, ctx["offset"], ctx["length"], ctx["mend"], ctx["hidden"])


_IN_LETTERS_QUOTES = re.compile("[“„”‘‚’«»].*[”“’‘»«]", re.DOTALL)


def _say_unknown(spot: Spot, given: object, is_written: IsWritten) -> Complaint:
    message = f"'{spot.field}' is not a key of {spot.owner_named('')}"
    known = known_keys(spot.owner)
    like_words = nearest(spot.field, known) is None and not re.fullmatch(r"[\w-]+", spot.field)
    hint = "indent the line if it continues the text above it, else delete it" if like_words else ""
    if SECRET_KEY.fullmatch(spot.field) and (variables := [one for one in known if one.endswith("_env")]):
        named = nearest(f"{spot.field}_env", variables) or variables[0]
        hint = f"keep it out of this file: name the environment variable that holds it in '{named}'"
    meant = _respell(spot, given, is_written)
    mend = (spot.field, meant) if meant else None
    return Complaint("unknown-key", message, hint or suggest(spot.field, known), spot.keys, "key", mend=mend)


def _respell(spot: Spot, given: object, is_written: IsWritten) -> str | None:
    """Spell a key as it was meant, where that is beyond doubt, is not there yet, and can have this value."""
    meant = unmistakable(spot.field, known_keys(spot.owner))
    if meant is None or spot.owner is None:
        return None
    info = fields_of(spot.owner)[meant]
    return None if is_written((*spot.keys[:-1], meant)) or not _takes(info, given) else meant


def _takes(info: FieldInfo, value: object) -> bool:
    form: Any = Annotated[info.annotation, info]
    try:
        TypeAdapter(form).validate_python(value)
    except ValidationError:
        return False
    return True


def _say_missing(spot: Spot, is_written: IsWritten) -> Complaint:
    about = f" ({spot.info.description})" if spot.info and spot.info.description else ""
    if is_written(spot.keys):
        return Complaint("missing-key", f"'{spot.field}' is empty", f"fill it in{about}", spot.keys, "key")
    message = f"'{spot.field}' is missing from {spot.owner_named('this')}"
    hint = f"add '{spot.field}:{_shape(spot.info)}'{about}"
    return Complaint("missing-key", message, hint, spot.keys[:-1], "key")


def _shape(info: FieldInfo | None) -> str:
    """Tell how a field's value begins: in a block, in lines below, or behind the key."""
    bare = bare_type(info.annotation) if info else str
    if is_block(info):
        return " |"
    return "" if get_origin(bare) is tuple or (isinstance(bare, type) and issubclass(bare, BaseModel)) else " …"


def _say(kind: str, ctx: Mapping[str, Any], spot: Spot, given: object) -> tuple[str, str]:
    """Word one of pydantic's errors; the fallback is never seen for the types that our models use."""
    shown = f"'{_clip(given)}'"
    name = spot.field
    match kind:
        case "model_type" | "dict_type" | "mapping_type" | "model_attributes_type":
            return f"{spot.label} needs keys of its own", "write them below it, indented, as 'key: value'"
        case "tuple_type" | "list_type":
            return _say_no_list(spot, given)
        case "too_short":
            few = "is empty" if not given else "has too few items"
            return f"'{name}' {few}", f"list at least {ctx['min_length']}"
    if given is None:
        return "this item is empty", "write it behind the '-', or delete the line"
    if isinstance(given, dict) and len(given) == 1 and isinstance(spot.keys[-1], int):
        return f"a ': ' makes a key of '{_clip(next(iter(given)))}'", "put the whole text in single quotes"
    if isinstance(given, (dict, list)):
        what = "keys" if isinstance(given, dict) else "a list"
        return f"{spot.label} holds {what}, but it is a single value", "write it on one line"
    match kind:
        case "literal_error":
            return f"{shown} is not known for '{name}'", suggest(str(given), _literals(ctx))
        case "bool_parsing" | "bool_type":
            return f"{shown} is neither true nor false", "write 'true' or 'false'"
        case "int_parsing" | "int_type" | "int_from_float" | "int_parsing_size":
            return f"{shown} is not a whole number", "write digits only"
        case "greater_than_equal":
            return f"{shown} is too small for '{name}'", f"write {ctx['ge']} or more"
        case "less_than_equal":
            return f"{shown} is too large for '{name}'", f"write {ctx['le']} or less"
    return f"{shown} does not fit '{name}'", "see docs/fields.md"


def _say_no_list(spot: Spot, given: Any) -> tuple[str, str]:
    hint = "write each item on a line of its own, starting with '- '"
    if _lacks_hyphen(spot, given):
        hint = f"write '- ' before '{_clip(next(iter(given)))}', and align the keys below it"
    what = "keys" if isinstance(given, dict) else "a text"
    return f"'{spot.field}' holds {what}, but it is a list", hint


def _lacks_hyphen(spot: Spot, given: object) -> bool:
    """Tell whether keys stand where a list of items with such keys should be."""
    items = get_args(bare_type(spot.info.annotation)) if spot.info else ()
    has_keys = any(isinstance(one, type) and issubclass(one, BaseModel) for one in items)
    return isinstance(given, dict) and bool(given) and has_keys


def _literals(ctx: Mapping[str, Any]) -> list[str]:
    """List what pydantic expects of a closed set."""
    return re.findall(r"'([^']*)'", str(ctx["expected"]))


def _clip(given: object, limit: int = 40) -> str:
    text = str(given).replace("\n", " ").strip()
    return text if len(text) <= limit else text[: limit - 1] + "…"
