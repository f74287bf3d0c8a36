"""Every rule that a diagnostic may name: what it wants, why, and how that looks; read from rulebook.yml beside this."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal, NamedTuple

from pydantic import Field

from pixeldigest.check.source import MODELS
from pixeldigest.content import RecordYear
from pixeldigest.diagnostics import EXIT_USAGE, Diagnostic, UserError, suggest
from pixeldigest.fields import Line, Written
from pixeldigest.formats.mailcheck import CHECKS, PUBLISHING_CHECKS
from pixeldigest.spots import fields_of, models_within
from pixeldigest.yamlfile import load_model, read_raw

RULEBOOK_FILE = Path(__file__).with_suffix(".yml")

# Files by their names; of one that the newsletter has only the keys that are put in the place of its own.
Files = Mapping[str, str]


class Rule(Written):
    """A rule with an example: what `check` says of the bad one, and what it says nothing of."""

    wants: Line = Field(description="what is wanted, in one sentence")
    why: Line = Field(description="why, in one sentence")
    option: Literal["--run", "--links"] | None = Field(None, description="the option of `check` that asks for it")
    bad: Files = Field(description="files with the mistake")
    says: Line = Field(description="the first line of what is said")
    good: Files = Field(description="the same files without it")


class Chapter(Written):
    """Rules about one subject."""

    title: Line = Field(description="the subject")
    about: Line = Field(description="what they have in common")
    rules: Mapping[str, Rule] = Field(description="the rules, by name")


class Rulebook(Written):
    """All rules that are written down here; those of fields and mails are named after what they look at."""

    chapters: tuple[Chapter, ...] = Field(description="the rules, by subject")

    @property
    def rules(self) -> Mapping[str, Rule]:
        """All rules by name."""
        return {name: rule for chapter in self.chapters for name, rule in chapter.rules.items()}


@functools.cache
def read_rulebook() -> Rulebook:
    """Read the rules."""
    loaded = load_model(read_raw(RULEBOOK_FILE), Rulebook, name=RULEBOOK_FILE.name)
    if loaded.model is None:
        raise UserError("the rulebook cannot be read", diagnostics=loaded.diagnostics)
    book: Rulebook = loaded.model
    return book


def rule_names() -> frozenset[str]:
    """Name every rule there is."""
    return frozenset((*read_rulebook().rules, *field_rules(), *mail_rules()))


def field_rules() -> frozenset[str]:
    """Name the keys of all files: each is the rule for what may stand behind it."""
    return frozenset(name for model in models_within(*MODELS, RecordYear) for name in fields_of(model))


def mail_rules() -> frozenset[str]:
    """Name the checks of mails."""
    return frozenset(check.__name__.replace("check_", "mail-") for check in (*CHECKS, *PUBLISHING_CHECKS))


def find_rules(words: Iterable[str]) -> frozenset[str]:
    """Find the rules that are meant by names, or by patterns as in 'mail-*'; raises UserError for one without any."""
    known = rule_names()
    found: set[str] = set()
    for word in words:
        matching = {name for name in known if fnmatchcase(name, word)}
        if not matching:
            hint = suggest(word, known, otherwise="docs/rules.md lists them")
            raise UserError(f"there is no rule '{word}'; {hint}", status=EXIT_USAGE)
        found |= matching
    return frozenset(found)


class Selection(NamedTuple):
    """The rules that are asked for (none: all), and those that are not."""

    select: frozenset[str]
    ignore: frozenset[str]

    def wants(self, one: Diagnostic) -> bool:
        """Tell whether a diagnostic is asked for."""
        return one.rule not in self.ignore and (not self.select or one.rule in self.select)
