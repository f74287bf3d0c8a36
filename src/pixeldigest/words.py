"""The words that templates add to the content, in a newsletter's language: templates/words.LANGUAGE.yml."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from string import Formatter
from types import MappingProxyType
from typing import Any, NamedTuple

from pixeldigest.diagnostics import EXIT_SETTINGS, Diagnostic, UserError, suggest
from pixeldigest.yamlfile import Keys, Source, locate, locate_key, read_source
from pixeldigest.yamltree import to_plain

PACKAGED = Path(__file__).parent / "templates"
# What is said where a language lacks a word; all others have its keys and its placeholders.
ENGLISH = "en"
_DATE_PARTS = frozenset(("weekday", "day", "month", "year"))

Words = Mapping[str, Any]


def template_folders(project: Path) -> tuple[Path, ...]:
    """List the folders of templates and words; the project's own overrides the theme's file by file."""
    return tuple(folder for folder in (project / "templates", PACKAGED) if folder.is_dir())


def languages(project: Path) -> tuple[str, ...]:
    """List the languages that have words."""
    named = (re.fullmatch(r"words\.(.+)\.yml", path.name) for path in _files(project))
    return tuple(sorted({name[1] for name in named if name}))


def speaks(project: Path, language: str) -> bool:
    """Tell whether there are words for a language, be it without its region: German ones do for 'de-AT'."""
    return bool({*_ranges(language)} & {*languages(project)})


def load_words(project: Path, language: str) -> Words:
    """Read the words of a language: a project's own over the theme's, and English where one is missing.

    Raises UserError for a file that cannot be read, or has what no template could use.
    """
    english = _read(PACKAGED / _name(ENGLISH))
    words = dict(english)
    for one in dict.fromkeys((ENGLISH, *_ranges(language))):
        for folder in reversed(template_folders(project)):
            path = folder / _name(one)
            if path.is_file() and path != PACKAGED / _name(ENGLISH):
                words = _merged(words, _read(path, english))
    return MappingProxyType(words)


def format_date(day: date, words: Words, form: str = "date") -> str:
    """Write a date in the words' language; `form` names a pattern among them."""
    pattern: str = words[form]
    return pattern.format(
        weekday=words["weekdays"][day.weekday()], day=day.day, month=words["months"][day.month - 1], year=day.year
    )


def format_count(n: int, words: Words, word: str) -> str:
    """Say how many there are of something, with the form of the word that goes with the number."""
    form: str = words[word]["one" if n == 1 else "other"]
    return form.format(n=n)


def placeholders(text: str) -> frozenset[str]:
    """Name what is to be filled into a text; raises ValueError where its braces don't pair."""
    return frozenset(name for _, name, _, _ in Formatter().parse(text) if name is not None)


def _name(language: str) -> str:
    return f"words.{language}.yml"


def _files(project: Path) -> Iterator[Path]:
    for folder in template_folders(project):
        yield from folder.glob("words.*.yml")


def _ranges(language: str) -> tuple[str, ...]:
    """List the languages that a tag lies in, the widest first: 'de', 'de-AT' (RFC 4647, "Lookup")."""
    parts = language.split("-")
    return tuple("-".join(parts[:end]) for end in range(1, len(parts) + 1))


def _merged(words: Words, more: Words) -> dict[str, Any]:
    """Replace words, also single forms of one."""
    return {**words, **{key: {**words[key], **new} if isinstance(new, dict) else new for key, new in more.items()}}


def _read(path: Path, english: Words | None = None) -> Words:
    """Read one file; it may lack any of the English words, but has no others."""
    name = f"templates/{path.name}"
    source, diagnostics = read_source(path, name=name)
    plain = to_plain(source.tree) if source else None
    if source and english is not None:
        diagnostics = tuple(_diagnose(source, fault) for fault in _faults(plain or {}, english))
    if source is None or diagnostics:
        message = f"the words in {name} cannot be used"
        raise UserError(message, status=EXIT_SETTINGS, diagnostics=diagnostics)
    return plain if isinstance(plain, dict) else {}


class _Fault(NamedTuple):
    keys: Keys
    message: str
    hint: str
    part: tuple[int, int] | None = None


def _diagnose(source: Source, fault: _Fault) -> Diagnostic:
    if fault.part is None:
        return Diagnostic("words", fault.message, fault.hint, locate_key(source, fault.keys))
    offset, length = fault.part
    return Diagnostic("words", fault.message, fault.hint, locate(source, fault.keys, offset=offset, length=length))


def _faults(given: object, model: object, keys: Keys = (), allowed: frozenset[str] = frozenset()) -> Iterator[_Fault]:
    """Compare words with the English ones, which say what there is and of which form it is."""
    label = f"'{keys[-1]}'" if keys and isinstance(keys[-1], str) else f"item {int(keys[-1]) + 1}" if keys else ""
    match model:
        case Mapping():
            if not isinstance(given, Mapping):
                hint = f"write {_listed(model)} below it" if keys else "write each word on a line, as in 'hints: Tips'"
                yield _Fault(keys, f"{label or 'this file'} needs keys of its own", hint)
                return
            for key, value in given.items():
                if key not in model:
                    yield _Fault((*keys, key), f"'{key}' is not a word of the templates", suggest(key, model))
                else:
                    yield from _faults(value, model[key], (*keys, key), allowed or _placeholders_of(model[key]))
        case list():
            if not isinstance(given, list) or len(given) != len(model):
                yield _Fault(keys, f"{label} is a list of {len(model)}", f"write all of them, as in [{model[0]}, …]")
                return
            for index, (value, one) in enumerate(zip(given, model, strict=True)):
                yield from _faults(value, one, (*keys, index), allowed)
        case _:
            yield from _faults_of_text(given, keys, label, allowed)


def _faults_of_text(given: object, keys: Keys, label: str, allowed: frozenset[str]) -> Iterator[_Fault]:
    if not isinstance(given, str) or not given.strip():
        yield _Fault(keys, f"{label} is not a text", "write one, or delete the line, which leaves it in English")
        return
    try:
        parts = tuple(Formatter().parse(given))
    except ValueError:
        yield _Fault(keys, f"the braces of {label} do not pair", "write a placeholder as in '{n}'")
        return
    for _, name, spec, conversion in parts:
        if name is None or (name in allowed and not spec and not conversion):
            continue
        offset = given.index("{" + name)
        written = given[offset : given.index("}", offset) + 1]
        known = sorted("{" + one + "}" for one in allowed)
        hint = suggest(written, known) if known else "delete it: nothing is filled in here"
        yield _Fault(keys, f"'{written}' is not a placeholder of {label}", hint, (offset, len(written)))


def _placeholders_of(word: object) -> frozenset[str]:
    """Name what may stand in any form of a word; in a pattern of dates each part of a date may."""
    match word:
        case str():
            found = placeholders(word)
            return found | _DATE_PARTS if found & {"day", "month"} else found
        case Mapping():
            return frozenset().union(*map(_placeholders_of, word.values()))
        case _:
            return frozenset()


def _listed(model: Words) -> str:
    return ", ".join(f"'{key}: …'" for key in list(model)[:2])
