"""The schemas as editors of YAML need them: VS Code's extension, and whatever else speaks to yaml-language-server."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pixeldigest.content import ENTRY_KINDS, Problem
from pixeldigest.drafts.skeletons import SKELETONS
from pixeldigest.fields import Id
from pixeldigest.library import Library
from pixeldigest.schemas import default_of, entry_schema
from pixeldigest.schemas.examples import ANY, snippet_of
from pixeldigest.schemas.forms import FORMS, Schema, schema_of_form

DIALECT = "http://json-schema.org/draft-07/schema#"
IDS_FILE = "ids.schema.json"

_BY_DATE = ("calendar", "record", "withdrawn")
_SWITCH = "^(?:[Tt]rue|TRUE|[Ff]alse|FALSE|[Yy]es|YES|[Nn]o|NO|[Oo]n|ON|[Oo]ff|OFF|[TtFfYyNn01])$"

# What a value may be beside what it should be, said by what it is not: completion offers a value of each type that is
# named. What it is not has a title, or the server takes it for what it should be, and shows no hover.
_NOTHING: Schema = {"$ref": "#/definitions/nothing"}
_UNQUOTED: Schema = {"$ref": "#/definitions/unquoted"}
_DEFINITIONS: Schema = {
    "nothing": {
        "title": "left empty",
        "not": {"title": "something", "type": ["string", "number", "boolean", "object", "array"]},
    },
    "unquoted": {"title": "taken as text", "not": {"title": "no text", "type": ["string", "object", "array", "null"]}},
}


def yaml_schema(kind: str) -> Schema:
    """Describe a kind of file as a reader of YAML 1.2 sees it.

    Numbers and booleans may stand for texts, since our reader keeps what was typed, and what is not required may be
    left empty. Known ids are suggested by reference to a file of their own, so that only that one changes with content.
    """
    path = (kind, ANY) if kind in _BY_DATE else (kind,)
    translated = _translate(entry_schema(kind), path, required=kind not in _BY_DATE)
    schema = {"$schema": DIALECT, **translated, "title": kind, "definitions": _DEFINITIONS}
    if kind == Problem.kind:
        schema["allOf"] = _rules_of_code()
    if kind in SKELETONS:
        schema["defaultSnippets"] = [_skeleton_snippet(kind)]
    return schema


def ids_schema(library: Library | None) -> Schema:
    """Describe ids, and suggest those that there are; others are right as well."""
    kinds = (*ENTRY_KINDS, "course", "collection")
    files = library.files if library else ()
    sections = {one.id: one.kind for one in library.newsletter.sections} if library else {}
    known: dict[str, Iterable[str]] = {kind: [ref.id for ref in files if ref.kind == kind] for kind in kinds}
    known["tag"] = {tag for head in library.all_entries() for tag in head.tags} if library else ()
    known["section"] = sections
    an_id = _translate(schema_of_form(FORMS[Id]), (), required=True)
    name = {"type": "string", **_pattern_of(an_id)}
    shown = {one: _or_nothing({"$ref": f"#/definitions/{kind}"}) for one, kind in sections.items() if kind in kinds}
    definitions: Schema = {one: {**an_id, "defaultSnippets": _snippets(sorted(ids))} for one, ids in known.items()}
    definitions["name-of-section"] = {"anyOf": [{"enum": [*sections]}, name]}
    definitions["shown"] = {"properties": shown, "propertyNames": name, "additionalProperties": _or_nothing(an_id)}
    return {"$schema": DIALECT, "definitions": {**definitions, **_DEFINITIONS}}


def _snippets(ids: list[str]) -> list[Schema]:
    return [{"bodyText": one} for one in ids]


def _or_nothing(schema: Schema) -> Schema:
    return {"anyOf": [schema, _NOTHING]}


def _translate(schema: Schema, path: tuple[str, ...], *, required: bool) -> Schema:
    """Translate a schema; the path leads to its example."""
    always, alternatives = _split(schema, path)
    alternatives += [] if required else [_NOTHING]
    return {**always, **(alternatives[0] if len(alternatives) == 1 else {"anyOf": alternatives})}


def _split(schema: Schema, path: tuple[str, ...]) -> tuple[Schema, list[Schema]]:
    """Say what holds of a value whatever it is, and what it may be; completion looks for keys and items in the first.

    JSON Schema's words concern one type each, so that they do not get in each other's way.
    """
    if "x-known" in schema:
        return {}, [{"$ref": f"{IDS_FILE}#/definitions/{schema['x-known']}"}]
    if "anyOf" in schema:
        return {}, [{"title": _NAMES[one["type"]], **_translate(one, path, required=True)} for one in schema["anyOf"]]
    if "oneOf" in schema:
        return _keys_by_tag(schema, path), [{"type": "object"}]
    match schema.get("type"):
        case "object" if "properties" in schema:
            return _keys_of(schema, path), [{"type": "object"}]
        case "object":
            return _any_keys_of(schema, path)
        case "array":
            return _items_of(schema, path)
    return _split_scalar(schema)


def _split_scalar(schema: Schema) -> tuple[Schema, list[Schema]]:
    match schema.get("type"):
        case "boolean":
            way_out = {"pattern": _SWITCH, "patternErrorMessage": "write true or false", "minimum": 0, "maximum": 1}
            return way_out, [{"type": "boolean"}, {"title": "taken so", "type": ["string", "integer"]}]
        case "integer":
            limits: Schema = {word: schema[word] for word in ("minimum", "maximum") if word in schema}
            way_out = {"pattern": "^[0-9]+$", "patternErrorMessage": "write digits only"}
            return {**limits, **way_out}, [{"type": "integer"}, {"title": "in quotes", "type": "string"}]
        case "string" if "enum" in schema:
            return {}, [{"type": "string", "enum": schema["enum"]}]
        case "string":
            kept: Schema = {word: schema[word] for word in ("minimum", "multipleOf") if word in schema}
            return {**_pattern_of(schema), **kept}, [
                {"type": "string"},
                *([_UNQUOTED] if "x-unquoted" in schema else []),
            ]
    return {}, [{}]


_NAMES = {"string": "a word", "object": "keys", "array": "a list"}


def _keys_of(schema: Schema, path: tuple[str, ...]) -> Schema:
    needed = schema["required"]
    properties = {
        key: {"title": key, **_hover(one, (*path, key)), **_translate(one, (*path, key), required=key in needed)}
        for key, one in schema["properties"].items()
    }
    return {"properties": properties, **({"required": needed} if needed else {}), "additionalProperties": False}


def _keys_by_tag(schema: Schema, path: tuple[str, ...]) -> Schema:
    """Say which keys there are once one of them tells of which part they are."""
    tag = schema["x-tag"]
    parts: dict[str, Schema] = {part["properties"][tag]["enum"][0]: part for part in schema["oneOf"]}
    words = {"type": "string", "enum": [*parts], "enumDescriptions": [part["x-about"] for part in parts.values()]}
    about = {"description": f"what kind it is: {', '.join(parts)}"}
    choice = {"title": tag, **_hover({**about, **words}, (*path, tag)), **words}
    conditions = [
        {
            "if": {"properties": {tag: {"const": word}}, "required": [tag]},
            "then": _keys_of(part, (*path, f"{tag}={word}")),
        }
        for word, part in parts.items()
    ]
    return {"properties": {tag: choice}, "required": [tag], "allOf": conditions}


def _any_keys_of(schema: Schema, path: tuple[str, ...]) -> tuple[Schema, list[Schema]]:
    names, values = schema["propertyNames"], schema["additionalProperties"]
    known = schema.get("x-known-keys")
    if known == "shown":
        return {"allOf": [{"$ref": f"{IDS_FILE}#/definitions/shown"}]}, [{"type": "object"}]
    keys = {"$ref": f"{IDS_FILE}#/definitions/name-of-{known}"} if known else _pattern_of(names)
    # Keys may be missing below a date, if none is needed; a text behind it may not.
    needed = values["required"] if "properties" in values else names.get("format") == "date"
    content = _translate(values, path, required=bool(needed))
    return {}, [{"type": "object", "propertyNames": keys, "additionalProperties": content}]


def _items_of(schema: Schema, path: tuple[str, ...]) -> tuple[Schema, list[Schema]]:
    items = _translate(schema["items"], path, required=True)
    fewest = {"minItems": schema["minItems"]} if "minItems" in schema else {}
    if not schema.get("x-one-or-more"):
        return {**fewest, "items": items}, [{"type": "array"}]
    alone, alternatives = _split(schema["items"], path)
    return {**fewest, **alone, "items": items}, [{"type": "array"}, *alternatives]


def _pattern_of(schema: Schema) -> Schema:
    return {word: schema[word] for word in ("enum", "pattern", "patternErrorMessage") if word in schema}


def _rules_of_code() -> list[Schema]:
    """Say that code needs a language, and a language some code."""
    given = [{"required": [name], "properties": {name: {"type": "string"}}} for name in Problem.CODE_FIELDS]
    language = {"required": ["language"], "properties": {"language": {"type": "string"}}}
    return [
        {"if": {"anyOf": given}, "then": {"required": ["language"]}},
        {"if": language, "then": {"required": [*Problem.NEEDED_CODE]}},
    ]


def _hover(schema: Schema, path: tuple[str, ...]) -> Schema:
    """Say what is shown over a key, and beside it where it is offered."""
    description = schema["description"]
    default = f" Without it: `{default_of(schema)}`." if "default" in schema else ""
    told = re.sub(r"([\\`*_<\[\]])", r"\\\1", f"{description[0].upper()}{description[1:]}.")
    hover: Schema = {"description": description}
    hover["markdownDescription"] = f"{told}{default}\n\n```yaml\n{snippet_of(*path)}\n```"
    if schema.get("format") in ("markdown", "note", "code"):
        hover["defaultSnippets"] = [{"label": "|", "description": "the text below", "body": "|\n  $0"}]
    return hover


def _skeleton_snippet(kind: str) -> Schema:
    text = re.sub(r"([\\$}])", r"\\\1", SKELETONS[kind]).replace("TITLE", "${1:Title}").replace("TOPIC", "${2:a-topic}")
    return {"label": f"new {kind}", "description": f"a {kind} to fill in", "bodyText": text, "sortText": "~"}
