"""Where an error of pydantic's lies: from its location to the keys in the file, and to the fields of the models."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel, RootModel, Tag
from pydantic.fields import FieldInfo

from pixeldigest.yamltree import Block

Key = str | int
Keys = tuple[Key, ...]


class FromFileName:
    """Marks a field (in its annotation) that is the file's name and never stands in the file."""


class Guarded:
    """Marks a field (in its annotation) below which people may write a secret by mistake, which is never shown."""


class Spot(NamedTuple):
    """Where an error lies: `keys` in the file, `field` and its `owner` in the models.

    `holder` is the key that holds the owner, empty where that is the file, an item or a date; `guarded` tells whether
    it lies in a field that is marked so.
    """

    keys: Keys
    owner: type[BaseModel] | None
    field: str
    info: FieldInfo | None
    holder: str
    at_key: bool
    guarded: bool = False

    @property
    def label(self) -> str:
        """Name the value: its key, or its number in a list."""
        last = self.keys[-1] if self.keys else ""
        return f"item {last + 1} of '{self.field}'" if isinstance(last, int) else f"'{last}'"

    def owner_named(self, article: str) -> str:
        """Name the owner."""
        words = name_of(self.owner)
        return f"'{self.holder}'" if self.holder else f"{article} {words}" if article else with_article(words)


def find_spot(model: type[BaseModel], loc: tuple[str | int, ...]) -> Spot:
    """Follow pydantic's location along the models; what it adds to the file's keys is dropped by position."""
    at_key = loc[-1:] == ("[key]",)
    spot = Spot((), None, "", None, "", at_key)
    annotation: Any = model
    for part in loc[: len(loc) - at_key]:
        annotation = bare_type(annotation)
        origin, inner = get_origin(annotation), get_args(annotation)
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            info = fields_of(annotation).get(str(part))
            holder = str(spot.keys[-1]) if spot.keys and spot.field == spot.keys[-1] else ""
            guarded = spot.guarded or (info is not None and Guarded in info.metadata)
            spot = spot._replace(owner=annotation, field=str(part), info=info, holder=holder, guarded=guarded)
            annotation = info.annotation if info else Any
        elif origin in (Union, UnionType):
            annotation = _arm_of(inner, part)
            continue
        elif inner:
            annotation = inner[-1] if origin is not tuple else inner[0]
        spot = spot._replace(keys=(*spot.keys, part))
    return spot


def _arm_of(arms: tuple[Any, ...], part: str | int) -> Any:
    """Find the form that pydantic names in a location, where values have one of several: by its tag, or a mapping."""
    tagged = (arm for arm in arms for mark in get_args(arm)[1:] if isinstance(mark, Tag) and mark.tag == part)
    return next(tagged, next((arm for arm in map(bare_type, arms) if get_origin(arm) is Mapping), Any))


def bare_type(annotation: Any) -> Any:
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


def fields_of(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """List a model's fields by their names in files."""
    return {info.alias or name: info for name, info in model.model_fields.items()}


def known_keys(owner: type[BaseModel] | None) -> tuple[str, ...]:
    """List the keys that may stand in a file, in the order of the model."""
    names = fields_of(owner) if owner else {}
    return tuple(name for name, info in names.items() if FromFileName not in info.metadata)


def is_block(info: FieldInfo | None) -> bool:
    """Tell whether a field's text is a '|' block."""
    arms = get_args(info.annotation) if info else ()
    inner = [mark for arm in arms if get_origin(arm) is Annotated for mark in get_args(arm)[1:]]
    return info is not None and Block in (*info.metadata, *inner)


def name_of(model: type[BaseModel] | None) -> str:
    """Name a model in words: its title where it has one."""
    if model is None:
        return "file"
    return model.model_config.get("title") or re.sub(r"(?<=[a-z])(?=[A-Z])", " ", model.__name__).lower()


def with_article(words: str) -> str:
    """Put 'a' or 'an' before words."""
    return f"{'an' if words[:1] in 'aeiou' else 'a'} {words}"


class Words(NamedTuple):
    """The keys that a model's file may hold, at any depth, and those of them whose texts are '|' blocks."""

    keys: frozenset[str]
    blocks: frozenset[str]


@functools.cache
def words_of(model: type[BaseModel]) -> Words:
    """List the keys of a model and of all models within it."""
    fields = [field for one in models_within(model) for field in fields_of(one).items()]
    return Words(frozenset(name for name, _ in fields), frozenset(name for name, info in fields if is_block(info)))


def models_within(*models: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """Yield models and all models in them, each once, but those without keys of their own."""
    seen = {*models}
    waiting = [*models]
    while waiting:
        model = waiting.pop()
        if not issubclass(model, RootModel):
            yield model
        within = {one for info in fields_of(model).values() for one in _models_in(info.annotation)} - seen
        seen |= within
        waiting += within


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models_in(inner)
