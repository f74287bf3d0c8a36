"""The values of a file ↔ those of a form, by the kind's JSON Schema: what was not changed stays as it was typed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pixeldigest.schemas.forms import Schema
from pixeldigest.yamltext import Plain
from pixeldigest.yamltree import Block

# What pydantic takes for true; all else that stands where a switch is shown is false, or a mistake.
_TRUE = frozenset(("true", "yes", "on", "1", "t", "y"))
_FALSE = frozenset(("false", "no", "off", "0", "f", "n"))
_BLOCKS = frozenset(("markdown", "note", "code"))
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# What YAML cannot hold, and nobody can see; of it the ends of lines are meant.
_LINE_ENDS = re.compile("\r\n?|[\x85\u2028\u2029]")
_UNSEEN = re.compile("[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")

Shown = Any  # what JSON can say


class Merged(NamedTuple):
    """What a file shall say, and which of its keys both sides changed, or only the other one."""

    values: dict[str, Plain]
    conflicts: tuple[str, ...]
    taken: tuple[str, ...]


def form_schema(schema: Schema, shown: Shown) -> Schema:
    """Describe the fields of a form; where a widget could not show what stands there, it is a field for text."""
    kept: Schema = {key: schema[key] for key in ("title", "description", "type") if key in schema}
    match schema.get("type"):
        case "object":
            held = shown if isinstance(shown, dict) else {}
            fields = {
                name: {**form_schema(one, held.get(name)), "propertyOrder": index + 100 * _is_rare(name, one)}
                for index, (name, one) in enumerate(schema["properties"].items())
            }
            return {**kept, "properties": fields, "required": schema["required"]}
        case "array":
            items = [one for one in shown or () if one is not None] if isinstance(shown, list) else []
            widest = next(
                (one for one in items if form_schema(schema["items"], one) != form_schema(schema["items"], None)), None
            )
            return {**kept, "items": {"title": schema["title"], **form_schema(schema["items"], widest)}}
        case "boolean" if shown is None or isinstance(shown, bool):
            return {**kept, "format": "checkbox"}
    return {**kept, "type": "string", **_text_widget(schema, "" if shown is None else str(shown))}


def _is_rare(name: str, schema: Schema) -> bool:
    """Tell whether a field stands below the others: most entries do without."""
    return name in {"corrections", "aliases"} or schema.get("format") in {"date", "uri"}


def _text_widget(schema: Schema, shown: str) -> Schema:
    form = schema.get("format", "")
    if choices := schema.get("enum"):
        others = [one for one in ("", shown) if one not in choices]
        return {"enum": [*dict.fromkeys(others), *choices]}
    if form == "date":
        return {"format": "date"} if not shown or _DAY.fullmatch(shown) else {}
    marks = {"data-text": form or "plain"}
    if "x-known" in schema:
        marks["list"] = f"known_{schema['x-known']}"
    if form in {*_BLOCKS, "inline", "summary"}:
        return {"format": "textarea", "options": {"inputAttributes": marks}}
    return {"options": {"inputAttributes": marks}}


def fits_form(schema: Schema, plain: object) -> bool:
    """Tell whether a form can show values: lists and keys are where it has them."""
    match schema.get("type"):
        case "object":
            known = schema["properties"]
            return isinstance(plain, dict) and all(
                fits_form(known[key], one) for key, one in plain.items() if key in known
            )
        case "array":
            return all(fits_form(schema["items"], one) for one in _as_list(plain))
    return plain is None or isinstance(plain, str)


def show(schema: Schema, plain: Any) -> Shown:
    """Turn what stands in a file into what its form shows: all fields, and no ends of blocks, which cannot be seen."""
    match schema.get("type"):
        case "object":
            return {key: show(one, (plain or {}).get(key)) for key, one in schema["properties"].items()}
        case "array":
            return [show(schema["items"], one) for one in _as_list(plain)]
        case "boolean" if plain is None or plain.casefold() in _TRUE | _FALSE:
            return plain is not None and plain.casefold() in _TRUE
    return plain.rstrip("\n") if isinstance(plain, Block) else plain or ""


def read_form(schema: Schema, shown: Shown, before: Any = None, *, complete: bool = False) -> Plain:
    """Turn what a form shows into what shall stand in its file; None where it is empty.

    What shows the same as what stood there `before` stays as it was typed. `complete` keeps keys that are required
    although they are empty, so that what is wrong with them has a place.
    """
    if before is not None and schema.get("type") != "object" and shown == show(schema, before):
        mended = schema.get("format") in _BLOCKS and isinstance(before, str) and not isinstance(before, Block)
        return _read_text(schema, before, before) if mended else before
    match schema.get("type"):
        case "object":
            return _read_keys(schema, shown, before if isinstance(before, dict) else {}, complete=complete) or None
        case "array":
            return _read_items(schema, shown, before, complete=complete)
        case "boolean" if isinstance(shown, bool):
            return "true" if shown else None
    return _read_text(schema, str(shown), before)


def _read_keys(schema: Schema, shown: Shown, before: dict[str, Any], *, complete: bool) -> dict[str, Plain]:
    given = shown if isinstance(shown, dict) else {}
    read: dict[str, Plain] = {}
    for key, one in schema["properties"].items():
        value = read_form(one, given.get(key, ""), before.get(key), complete=complete) if key in given else None
        if value is None and complete and key in schema["required"]:
            value = [] if one.get("type") == "array" else Block("") if one.get("format") in _BLOCKS else ""
        if value is not None:
            read[key] = value
    return read | {key: one for key, one in before.items() if key not in schema["properties"]}


def _read_items(schema: Schema, shown: Shown, before: Any, *, complete: bool) -> Plain:
    was = _as_list(before)
    items: list[Plain] = []
    for index, one in enumerate(shown if isinstance(shown, list) else []):
        same = [old for old in was if show(schema["items"], old) == one]
        old = same[0] if same else was[index] if index < len(was) else None
        value = read_form(schema["items"], one, old, complete=complete)
        if value is not None:
            items.append(value)
    if schema.get("x-one-or-more") and len(items) == 1 and not isinstance(before, list):
        return items[0]
    return items or None


def _as_list(plain: Any) -> list[Any]:
    return plain if isinstance(plain, list) else [] if plain is None else [plain]


def _read_text(schema: Schema, text: str, before: Any) -> Plain:
    seen = _UNSEEN.sub("", _LINE_ENDS.sub("\n", text))
    if schema.get("format") not in _BLOCKS:
        return seen or None
    if not seen.strip():
        return None
    ends = before[len(before.rstrip("\n")) :] if isinstance(before, Block) else "\n"
    return Block(seen.rstrip("\n") + ends)


def merge(schema: Schema, was: Shown, shown: Shown, theirs: dict[str, Any], *, complete: bool = False) -> Merged:
    """Put what a form changed into what its file says by now; `was` is what the form showed at first.

    Where both sides changed a key, the form's value is taken, and the key is named.
    """
    now = show(schema, theirs)
    fields = schema["properties"]
    mine = {key for key in fields if _differs(fields[key], was.get(key), shown.get(key))}
    other = {key for key in fields if _differs(fields[key], was.get(key), now.get(key))}
    wanted = {key: shown.get(key) if key in mine else now.get(key) for key in fields if key in shown or key in now}
    read = read_form(schema, wanted, theirs, complete=complete)
    clashing = {key for key in mine & other if _differs(fields[key], shown.get(key), now.get(key))}
    return Merged(
        dict(read) if isinstance(read, Mapping) else {},
        tuple(key for key in fields if key in clashing),
        tuple(key for key in fields if key in other - mine),
    )


def _differs(schema: Schema, one: Shown, other: Shown) -> bool:
    """Tell whether two values of a field would be written differently; a field that is not there is an empty one."""
    return read_form(schema, "" if one is None else one) != read_form(schema, "" if other is None else other)


def texts_in(shown: Shown) -> Iterator[str]:
    """Yield the texts of a form's value one by one, for a person to compare."""
    if isinstance(shown, dict):
        for key, one in shown.items():
            yield from (f"{key}: {text}" for text in texts_in(one))
    elif isinstance(shown, list):
        for one in shown:
            yield from texts_in(one)
    elif shown is not None:
        yield from str(shown).split("\n")
