"""What editors write: every kind of entry, the outline, pins and the record; the settings stand in settings.py."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Annotated, ClassVar, Literal, NamedTuple, Self, get_args

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    RootModel,
    Tag,
    model_validator,
)

from pixeldigest.complaints import complaint
from pixeldigest.diagnostics import suggest
from pixeldigest.fields import (
    Body,
    Code,
    Day,
    Difficulty,
    FileStem,
    Id,
    Inline,
    Line,
    Note,
    QuestionName,
    Summary,
    Url,
    Written,
    first_repeated,
)

Kind = Literal["topic", "problem", "feature"]
ReviewKind = Literal["recall", "solution"]

KINDS: tuple[str, ...] = get_args(Kind)
REVIEW_KINDS: tuple[str, ...] = get_args(ReviewKind)
INTERNAL_SCHEMES = (*KINDS, "course", "page")


class Ref(NamedTuple):
    """The name of an entry: its kind and its id."""

    kind: str
    id: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"


def _one_or_more(value: object) -> object:
    if isinstance(value, Mapping):
        raise complaint("'answer' holds keys", "write one of the choices, or a list of them")
    return (value,) if isinstance(value, str) else value


class Correction(Written):
    """A mistake that was mended after publication."""

    date: Day = Field(description="the day of the correction, as in 2026-11-21")
    text: Inline = Field(description="what was wrong and what is right now; inline Markdown")


class Entry(Written):
    """The fields that topics, problems and features share."""

    kind: ClassVar[Kind]
    own_page: ClassVar[bool] = True

    id: FileStem = Field(description="the file's name without '.yml'; it never stands in the file")
    title: Line = Field(description="the entry's name; plain text")
    summary: Summary = Field(description="one sentence of at most 160 characters that makes one read on; plain text")
    body: Body = Field(description="the text itself; Markdown whose headings start at '##'")
    tags: tuple[Id, ...] = Field(
        (), description="subjects, as in [llm, fine-tuning]; entries that share them come together"
    )
    url: Url | None = Field(None, description="the address of this subject on the publisher's site")
    draft: bool = Field(False, description="true keeps the entry from being scheduled")
    not_before: Day | None = Field(None, description="the first day on which the entry may be shown")
    not_after: Day | None = Field(None, description="the last day on which the entry may be shown")
    updated: Day | None = Field(None, description="the day of the last change that readers should know of")
    corrections: tuple[Correction, ...] = Field(
        (), description="mistakes that were mended after publication, newest last"
    )
    aliases: tuple[Id, ...] = Field(
        (), description="former ids of this entry, so that the record and old links find it"
    )

    @model_validator(mode="after")
    def _check_window(self) -> Self:
        if self.not_before and self.not_after and self.not_after < self.not_before:
            message = f"'not_after' lies before 'not_before' ({self.not_before})"
            raise complaint(message, "swap the two dates", at=("not_after",))
        return self

    @property
    def ref(self) -> Ref:
        """The entry's name across kinds."""
        return Ref(self.kind, self.id)

    @property
    def changes(self) -> tuple[date, ...]:
        """The days on which it was changed or corrected."""
        return (*((self.updated,) if self.updated else ()), *(correction.date for correction in self.corrections))


class Question(Written):
    """A question of a quiz, with its answer."""

    id: Id = Field(description="a word for the question that is unique in the entry and never changes")
    question: Inline = Field(description="what is asked; inline Markdown with formulas")
    choices: tuple[Inline, ...] = Field(description="two or more answers to choose from; inline Markdown", min_length=2)
    answer: Annotated[tuple[Line, ...], BeforeValidator(_one_or_more)] = Field(
        description="the right choice, letter for letter, or a list of all that are right", min_length=1
    )
    explanation: Inline | None = Field(None, description="why this is the answer; inline Markdown")

    @model_validator(mode="after")
    def _check_answer(self) -> Self:
        for index, answer in enumerate(self.answer):
            if answer not in self.choices:
                message = f"'{answer}' is not one of the choices"
                hint = suggest(answer, self.choices, otherwise="copy one of them letter for letter")
                raise complaint(message, hint, at=("answer", index))
        return self


class Reading(Written):
    """A place to read on."""

    title: Line = Field(description="the name of the book, paper or page; plain text")
    url: Url = Field(description="its address, as in https://example.org/page")
    note: Inline | None = Field(None, description="what to find there; inline Markdown")


class Topic(Entry):
    """A unit of a course."""

    kind: ClassVar[Kind] = "topic"

    short_title: Line | None = Field(None, description="a shorter name for the outline of its course; plain text")
    prerequisites: tuple[Id, ...] = Field((), description="ids of the topics that must have been shown before this one")
    quiz: tuple[Question, ...] = Field((), description="questions with which readers test themselves")
    exercise: Body | None = Field(None, description="something to do; Markdown")
    reading: tuple[Reading, ...] = Field((), description="books, papers and pages to read on")


class WrongAnswer(Written):
    """A plausible solution with a mistake, which the tests must catch."""

    why: Line = Field(description="what is wrong with the program, in a few words")
    code: Code = Field(description="the whole program, in place of the solution")


class Problem(Entry):
    """A problem to solve; with a language it has code that is run before readers see it."""

    kind: ClassVar[Kind] = "problem"
    CODE_FIELDS: ClassVar[tuple[str, ...]] = ("setup", "starter", "solution", "examples", "tests", "wrong_answers")
    NEEDED_CODE: ClassVar[tuple[str, ...]] = ("starter", "solution", "examples")

    difficulty: Difficulty = Field(description="easy, medium or hard")
    collections: tuple[Id, ...] = Field(
        (), description="ids of the collections it belongs to; the first is the one shown"
    )
    hints: tuple[Inline, ...] = Field((), description="hints from gentle to strong; inline Markdown")
    language: Literal["python"] | None = Field(
        None, description="python; without it this is a problem in prose, which has no code"
    )
    setup: Code | None = Field(None, description="helpers that readers see and the other code uses")
    starter: Code | None = Field(None, description="the code that readers start from; it must fail the tests")
    solution: Code | None = Field(None, description="code that passes the tests, shown from the next issue day on")
    explanation: Body | None = Field(None, description="how the solution works, shown with it; Markdown")
    examples: Code | None = Field(None, description="doctests that readers see: '>>> add(1, 2)' and the result below")
    tests: Code | None = Field(None, description="more doctests, which readers do not see")
    wrong_answers: tuple[WrongAnswer, ...] = Field((), description="plausible programs that the tests must catch")

    @model_validator(mode="after")
    def _check_code(self) -> Self:
        if self.language is None:
            if given := [name for name in self.CODE_FIELDS if getattr(self, name)]:
                message = f"'{given[0]}' is code, but this problem has no language"
                raise complaint(
                    message, f"add 'language: python', or delete '{given[0]}'", rule="language", at=(given[0],)
                )
        elif missing := [name for name in self.NEEDED_CODE if not getattr(self, name)]:
            hint = f"add '{missing[0]}: |', or delete 'language'"
            raise complaint(f"a problem with a language needs '{missing[0]}'", hint, rule=missing[0], at=("language",))
        return self


class Feature(Entry):
    """Something of the publisher's that readers may not know yet."""

    kind: ClassVar[Kind] = "feature"
    own_page: ClassVar[bool] = False


class Chapter(Written):
    """A part of a course."""

    id: Id = Field(description="a word for the chapter that is unique in the course and never changes")
    title: Line = Field(description="the chapter's name; plain text")
    topics: tuple[Id, ...] = Field(description="ids of its topics, in teaching order", min_length=1)


class Course(Written):
    """An ordered outline of topics."""

    id: FileStem = Field(description="the file's name without '.yml'; it never stands in the file")
    title: Line = Field(description="the course's name; plain text")
    label: Line = Field(description="a short name for the tagline, as in llm")
    summary: Summary = Field(description="one sentence of at most 160 characters; plain text")
    url: Url | None = Field(None, description="the course's address on the publisher's site")
    chapters: tuple[Chapter, ...] = Field(description="its chapters, in teaching order", min_length=1)

    @model_validator(mode="after")
    def _check_chapters(self) -> Self:
        ids = [chapter.id for chapter in self.chapters]
        if twice := first_repeated(ids):
            message = f"the chapter '{ids[twice]}' stands in this course already"
            raise complaint(message, "give it an id of its own", rule="duplicate-id", at=("chapters", twice, "id"))
        return self

    @property
    def topics(self) -> tuple[str, ...]:
        """All topic ids in teaching order."""
        return tuple(topic for chapter in self.chapters for topic in chapter.topics)


class Collection(Written):
    """A named set of problems."""

    id: FileStem = Field(description="the file's name without '.yml'; it never stands in the file")
    title: Line = Field(description="the collection's name; plain text")
    summary: Summary = Field(description="one sentence of at most 160 characters; plain text")
    url: Url | None = Field(None, description="the collection's address on the publisher's site")


class Page(Written):
    """A page of the site that is no entry: about, imprint, privacy."""

    id: FileStem = Field(
        description="the file's name without '.yml', and the page's address; it never stands in the file"
    )
    title: Line = Field(description="the page's name, which the foot of every page links; plain text")
    summary: Summary = Field(description="one sentence of at most 160 characters; plain text")
    body: Body = Field(description="the text itself; Markdown whose headings start at '##'")
    draft: bool = Field(False, description="true keeps the page off the site")
    updated: Day | None = Field(None, description="the day of the last change, which the page tells")


class Pin(Written):
    """What editors fixed for a day to come; any part may be left out."""

    sections: Mapping[Id, Id] = Field(
        default_factory=dict, description="entry ids by section id, as in {topic: lora-and-qlora}"
    )
    title: Line | None = Field(None, description="the title of the day's issue")
    note: Note | None = Field(None, description="the editor's introduction to the day; inline Markdown")
    skip: Line | None = Field(None, description="the reason why this day has no issue")

    @model_validator(mode="after")
    def _check_skip(self) -> Self:
        if self.skip and self.sections:
            raise complaint("this day has 'skip' and 'sections'", "keep one of the two", at=("skip",))
        if self.skip and self.skip.lower() in ("no", "false", "yes", "true", "on", "off"):
            hint = "write why there is no issue, or delete 'skip'"
            raise complaint(f"'{self.skip}' is no reason", hint, at=("skip",))
        return self


class Calendar(RootModel[Mapping[Day, Pin]]):
    """All pins, by date: content/calendar.yml."""

    model_config = ConfigDict(frozen=True)


def _form_of_shown(value: object) -> str:
    return "questions" if isinstance(value, list | tuple) else "entry"


# What a section of the record showed: an entry, or a list of questions.
Shown = Annotated[
    Annotated[Id, Tag("entry")] | Annotated[tuple[QuestionName, ...], Tag("questions")], Discriminator(_form_of_shown)
]


class Recorded(Written):
    """A lineup that went out."""

    model_config = ConfigDict(title="day of the record")

    number: int = Field(ge=1, le=1_000_000, description="the issue's number, one more than that of the issue before")
    course: Id | None = Field(None, description="the id of the course that the first topic was taken from")
    chapter: Id | None = Field(None, description="the id of the chapter that the first topic was taken from")
    sections: Mapping[Id, Shown] = Field(
        description="the ids of the entries that were shown, by section id; of questions as in [topic-id/question-id]"
    )
    because: Mapping[Id, Line] = Field(default_factory=dict, description="the rule that decided, by section id")
    title: Line | None = Field(None, description="the title that was pinned")
    note: str | None = Field(None, description="the editor's introduction that was pinned")


class RecordYear(RootModel[Mapping[Day, Recorded]]):
    """The record of one year, by date: content/record/2026.yml."""

    model_config = ConfigDict(frozen=True, title="record")


def _refuse_no_reason(value: object) -> object:
    if value == {}:  # as an empty value comes
        raise complaint("no reason stands here", "write why the issue was withdrawn, as its page tells readers")
    return value


class Withdrawn(RootModel[Mapping[Day, Annotated[Line, BeforeValidator(_refuse_no_reason)]]]):
    """Issues that were withdrawn, by date, each with the reason that readers are told: content/withdrawn.yml."""

    model_config = ConfigDict(frozen=True)


# The kinds of entry: a kind is a class above and its name here (and a partial in each format's folder).
ENTRY_KINDS: Mapping[str, type[Entry]] = MappingProxyType({"topic": Topic, "problem": Problem, "feature": Feature})
