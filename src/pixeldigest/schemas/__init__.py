"""What editors write, as JSON Schema: made from the models, for forms and for editors of YAML."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import time
from types import MappingProxyType, NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, RootModel
from pydantic.fields import FieldInfo

from pixeldigest.content import ENTRY_KINDS, Calendar, Collection, Course, Page, RecordYear, Withdrawn
from pixeldigest.fields import Id
from pixeldigest.schemas.forms import FORMS, Schema, schema_of_form
from pixeldigest.settings import Newsletter
from pixeldigest.spots import FromFileName

MODELS: Mapping[str, type[BaseModel]] = MappingProxyType(
    {
        **ENTRY_KINDS,
        "course": Course,
        "collection": Collection,
        "page": Page,
        "newsletter": Newsletter,
        "calendar": Calendar,
        "record": RecordYear,
        "withdrawn": Withdrawn,
    }
)

# Of what the ids in a field are.
_IDS: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        ("Entry", "tags"): "tag",
        ("Topic", "prerequisites"): "topic",
        ("Problem", "collections"): "collection",
        ("Chapter", "topics"): "topic",
        ("Schedule", "courses"): "course",
        ("Schedule", "rotation"): "course",
        ("Mail", "calls_to_action"): "section",
    }
)
# What else a field's type does not tell.
_MARKS: Mapping[tuple[str, str], Schema] = MappingProxyType(
    {
        ("Question", "answer"): {"x-one-or-more": True},
        ("Pin", "sections"): {"x-known-keys": "shown"},
        ("Mail", "sections"): {"x-known-keys": "section"},
        ("Newsletter", "calls_to_action"): {"x-known-keys": "section"},
        ("Newsletter", "version"): {"minimum": 1, "maximum": 1},
    }
)


def entry_schema(kind: str) -> Schema:
    """Describe the values of a kind of file, in the order of its model.

    Beside JSON Schema's own words: `format` tells what a text is written in (markdown, inline, note, code, summary,
    date, time, uri, color), `x-known` of what a value is the id, and `x-known-keys` its keys, `x-one-or-more` that a
    list of one may be written as that one, and `x-unquoted` that a number may stand for a text. The documentation calls
    a form `x-form`, and what has keys of its own `x-part`, which is about `x-about`, wherever it stands. Of several
    parts (oneOf) the key that `x-tag` names tells which one is meant.
    """
    return _schema_of_model(MODELS[kind])


def default_of(schema: Schema) -> str:
    """Write a default as it would stand in a file."""
    default = schema["default"]
    return str(default).lower() if isinstance(default, bool) else str(default)


def _schema_of_model(model: type[BaseModel]) -> Schema:
    if issubclass(model, RootModel):
        return {"description": model.__doc__, **_schema_of(model.model_fields["root"].annotation)}
    hints = get_type_hints(model, include_extras=True)
    infos = {name: info for name, info in model.model_fields.items() if FromFileName not in info.metadata}
    name, about = _words(model.model_config.get("title") or model.__name__), model.__doc__
    return {
        "title": name,
        "description": about,
        "x-part": name,
        "x-about": about,
        "type": "object",
        "properties": {
            info.alias or name: _schema_of_field(model, name, hints[name], info) for name, info in infos.items()
        },
        "required": [info.alias or name for name, info in infos.items() if info.is_required()],
        "additionalProperties": False,
    }


def _schema_of_field(model: type[BaseModel], name: str, hint: Any, info: FieldInfo) -> Schema:
    places = [(one.__name__, name) for one in model.__mro__]
    told = {"title": _words(name), "description": info.description}
    schema = _schema_of(hint, next((_IDS[one] for one in places if one in _IDS), ""))
    default = info.get_default(call_default_factory=True)
    if isinstance(default, time):
        default = default.isoformat("minutes")
    if isinstance(default, bool | int | str) and default != "":
        schema["default"] = default
    return {**told, **schema, **_limits(info), **_MARKS.get(places[0], {}), **told}


def _schema_of(hint: Any, known: str = "") -> Schema:
    """Describe a type, whose ids are of something known."""
    if hint in FORMS:
        return {**schema_of_form(FORMS[hint]), **({"x-known": known} if hint == Id and known else {})}
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:  # what stands last was put around a form
        return _schema_of(Annotated[arguments[:-1]] if arguments[2:] else arguments[0], known)
    if origin is Literal:
        return {"type": "string", "enum": [*arguments]}
    if origin in (Union, UnionType):
        arms = [_schema_of(one, known) for one in arguments if one is not NoneType]
        if all("x-part" in arm for arm in arms) and len(arms) > 1:
            return {"oneOf": [_name_type(arm) for arm in arms], "x-tag": _TAG}
        return arms[0] if len(arms) == 1 else {"anyOf": arms}
    if origin is tuple:
        return {"type": "array", "items": _schema_of(arguments[0], known)}
    if arguments:
        keys, values = _schema_of(arguments[0]), _schema_of(arguments[1], known)
        return {"type": "object", "propertyNames": keys, "additionalProperties": values}
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        return _schema_of_model(hint)
    return dict(_PLAIN.get(hint, {}))


def _name_type(part: Schema) -> Schema:
    """Say of the key that tells parts from each other what it means."""
    word = part["properties"][_TAG]["enum"][0]
    told = {**part["properties"][_TAG], "description": f"what kind it is: {word}"}
    return {**part, "properties": {**part["properties"], _TAG: told}}


_TAG = "type"
_PLAIN: Mapping[Any, Schema] = MappingProxyType(
    {bool: {"type": "boolean"}, int: {"type": "integer"}, str: {"type": "string", "x-unquoted": True}}
)


def _limits(info: FieldInfo) -> Schema:
    """Say the limits that a field sets."""
    names = {"ge": "minimum", "le": "maximum", "min_length": "minItems"}
    return {word: getattr(one, name) for one in info.metadata for name, word in names.items() if hasattr(one, name)}


def _words(name: str) -> str:
    """Write a name in code as words."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", name).strip()
    return spaced[0].upper() + spaced[1:].lower()
