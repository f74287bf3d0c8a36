"""What editors write: every kind of entry, the outline, the settings, pins and the record."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, time
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, RootModel, StringConstraints, model_validator

from pixeldigest.diagnostics import suggest
from pixeldigest.yamlfile import complaint
from pixeldigest.yamltree import Block

ID_PATTERN = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
PLACEHOLDER = re.compile(r"\{\{\s*([a-z_.]+)\s*\}\}")
PLACEHOLDERS = frozenset(
    "course.label course.title chapter.title topic.title problem.title feature.title issue.number issue.date".split()
)

Kind = Literal["topic", "problem", "feature"]
Difficulty = Literal["easy", "medium", "hard"]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Ref(NamedTuple):
    """The name of an entry: its kind and its id."""

    kind: str
    id: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"


def _check_id(text: str) -> str:
    if not ID_PATTERN.fullmatch(text):
        raise complaint(f"'{text}' is not an id", "write small letters, digits and single hyphens, like 'lora-and-qlora'")
    return text


def _check_url(text: str) -> str:
    if not re.fullmatch(r"https?://[^\s/<>\"]+\.[^\s<>\"]+|https?://localhost[^\s<>\"]*", text):
        raise complaint(f"'{text}' is not a web address", "write it whole, like 'https://example.org/page'")
    return text


def _check_site_url(text: str) -> str:
    return _check_url(text) if text.endswith("/") else _check_url(text) + "/"


def _check_date_form(value: object) -> object:
    if isinstance(value, str) and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        raise complaint(f"'{value}' is not a date", "write year, month and day, like '2026-11-21'")
    if isinstance(value, str):
        try:
            date.fromisoformat(value)
        except ValueError as error:
            raise complaint(f"'{value}' is not a day of the calendar", "check month and day") from error
    return value


def _check_time_form(value: object) -> object:
    if isinstance(value, str) and not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
        raise complaint(f"'{value}' is not a time of day", "write hours and minutes, like '23:10'")
    return value


def _check_timezone(text: str) -> str:
    if text not in available_timezones():
        raise complaint(f"'{text}' is not a time zone", suggest(text, available_timezones()) or "write one like 'Europe/Berlin'")
    return text


def _check_line(text: str) -> str:
    if not text.strip():
        raise complaint("this text is empty", "write it, or delete the line")
    if "\n" in text.strip():
        raise complaint("this text has more than one line", "write it on one line", offset=text.index("\n"))
    return text.strip()


def _check_block(text: object) -> object:
    if isinstance(text, str) and not isinstance(text, Block):
        raise complaint("this text is not a '|' block", "write '|' after the key and the text below it, indented")
    if isinstance(text, Block) and not text.strip():
        raise complaint("this block is empty", "write the text below the key, indented")
    return text


def _check_placeholders(text: str) -> str:
    for found in re.finditer(r"\{\{.*?\}\}|\{%.*?%\}|\{\{|\}\}", text):
        inner = PLACEHOLDER.fullmatch(found[0])
        if not inner or inner[1] not in PLACEHOLDERS:
            name = inner[1] if inner else ""
            hint = suggest(name, PLACEHOLDERS) if name else "the placeholders are " + ", ".join(sorted(PLACEHOLDERS))
            raise complaint(f"'{found[0]}' is not a placeholder", hint, offset=found.start(), length=len(found[0]))
    return text


def _check_colour(text: str) -> str:
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", text):
        raise complaint(f"'{text}' is not a colour", "write six hexadecimal digits in quotes, like '#5b5bd6'")
    return text


def _check_mail_address(text: str) -> str:
    if not re.fullmatch(r"(?:[^<>@\r\n]*<[^<>@\s]+@[^<>@\s]+\.[^<>@\s]+>|[^<>@\s]+@[^<>@\s]+\.[^<>@\s]+)", text):
        raise complaint(f"'{text}' is not a mail address", "write it like 'Daily <daily@example.org>'")
    return text


def _one_or_more(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Id = Annotated[str, AfterValidator(_check_id)]
Url = Annotated[str, AfterValidator(_check_url)]
SiteUrl = Annotated[str, AfterValidator(_check_site_url)]
Day = Annotated[date, BeforeValidator(_check_date_form)]
ClockTime = Annotated[time, BeforeValidator(_check_time_form)]
Line = Annotated[str, AfterValidator(_check_line)]
Pattern = Annotated[str, AfterValidator(_check_line), AfterValidator(_check_placeholders)]
Text = Annotated[str, BeforeValidator(_check_block)]
MailAddress = Annotated[str, AfterValidator(_check_mail_address)]
Summary = Annotated[str, AfterValidator(_check_line), StringConstraints(max_length=160)]


class Written(BaseModel):
    """The base of all that editors write: frozen, and strict about keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Correction(Written):
    """A mistake that was mended after publication."""

    date: Day = Field(description="the day of the correction")
    text: Line = Field(description="what was wrong and is right now, inline Markdown")


class Entry(Written):
    """The fields that topics, problems and features share."""

    kind: ClassVar[Kind]

    id: Id = Field(description="the file's stem")
    title: Line = Field(description="the entry's name, plain text")
    summary: Summary = Field(description="one sentence of at most 160 characters, plain text")
    body: Text = Field(description="the text, Markdown whose headings start at '##'")
    tags: tuple[Id, ...] = Field((), description="subjects; shared tags bring entries together")
    url: Url | None = Field(None, description="where this is found on the publisher's site")
    draft: bool = Field(False, description="true: never scheduled")
    not_before: Day | None = Field(None, description="the first day on which it may be shown")
    not_after: Day | None = Field(None, description="the last day on which it may be shown")
    updated: Day | None = Field(None, description="the day of the last change that readers should know of")
    corrections: tuple[Correction, ...] = Field((), description="mistakes that were mended, newest last")
    aliases: tuple[Id, ...] = Field((), description="former ids: records and links to them still work")

    @model_validator(mode="after")
    def _check_window(self) -> Self:
        if self.not_before and self.not_after and self.not_after < self.not_before:
            raise complaint("'not_after' lies before 'not_before'", "swap the two dates")
        return self

    @property
    def ref(self) -> Ref:
        """The entry's name across kinds."""
        return Ref(self.kind, self.id)


class Question(Written):
    """A question of a quiz, with its answer."""

    id: Id = Field(description="permanent, unique in the entry: readers' memory of it hangs on this")
    question: Line = Field(description="inline Markdown, with formulas")
    choices: tuple[Line, ...] = Field(description="two or more answers to choose from", min_length=2)
    answer: Annotated[tuple[Line, ...], BeforeValidator(_one_or_more)] = Field(
        description="one of the choices, letter for letter, or a list of them", min_length=1
    )
    explanation: Line | None = Field(None, description="why this is the answer, inline Markdown")

    @model_validator(mode="after")
    def _check_answer(self) -> Self:
        for answer in self.answer:
            if answer not in self.choices:
                raise complaint(
                    f"the answer '{answer}' is not one of the choices",
                    suggest(answer, self.choices) or "copy one of them letter for letter",
                )
        return self


class Reading(Written):
    """A place to read on."""

    title: Line = Field(description="the name of the book, paper or page")
    url: Url = Field(description="its address")
    note: Line | None = Field(None, description="what to find there, inline Markdown")


class Topic(Entry):
    """A unit of a course."""

    kind: ClassVar[Kind] = "topic"

    prerequisites: tuple[Id, ...] = Field((), description="ids of topics that must have been shown before")
    quiz: tuple[Question, ...] = Field((), description="questions to test oneself")
    exercise: Text | None = Field(None, description="something to do, Markdown")
    reading: tuple[Reading, ...] = Field((), description="where to read on")


class WrongAnswer(Written):
    """A plausible solution with a mistake, which the tests must catch."""

    why: Line = Field(description="what is wrong with it")
    code: Text = Field(description="the whole program")


class Problem(Entry):
    """A problem to solve; with a language it has code that is run before readers see it."""

    kind: ClassVar[Kind] = "problem"
    CODE_FIELDS: ClassVar[tuple[str, ...]] = ("setup", "starter", "solution", "examples", "tests", "wrong_answers")

    difficulty: Difficulty = Field(description="easy, medium or hard")
    collections: tuple[Id, ...] = Field((), description="ids of collections; the first is the one shown")
    hints: tuple[Line, ...] = Field((), description="from gentle to strong, inline Markdown")
    language: Literal["python"] | None = Field(None, description="the language of the code; without it a prose problem")
    setup: Text | None = Field(None, description="code shown to the reader and used by the tests")
    starter: Text | None = Field(None, description="what the reader starts from; it must fail the tests")
    solution: Text | None = Field(None, description="code that passes, shown from the next issue day on")
    explanation: Text | None = Field(None, description="said with the solution, Markdown")
    examples: Text | None = Field(None, description="doctest, shown to the reader")
    tests: Text | None = Field(None, description="doctest, not shown")
    wrong_answers: tuple[WrongAnswer, ...] = Field((), description="programs that the tests must catch")

    @model_validator(mode="after")
    def _check_code(self) -> Self:
        if self.language is None:
            if given := [name for name in self.CODE_FIELDS if getattr(self, name)]:
                raise complaint(f"'{given[0]}' needs a 'language'", "add 'language: python'")
        elif missing := [name for name in ("starter", "solution", "examples") if not getattr(self, name)]:
            raise complaint(f"a problem with a language needs '{missing[0]}'", f"add '{missing[0]}: |', or drop 'language'")
        return self


class Feature(Entry):
    """Something of the publisher's that readers may not know yet."""

    kind: ClassVar[Kind] = "feature"


class Chapter(Written):
    """A part of a course."""

    id: Id = Field(description="permanent, unique in the course")
    title: Line = Field(description="the chapter's name, plain text")
    topics: tuple[Id, ...] = Field(description="topic ids in teaching order", min_length=1)


class Course(Written):
    """An ordered outline of topics."""

    id: Id = Field(description="the file's stem")
    title: Line = Field(description="the course's name, plain text")
    label: Line = Field(description="how the tagline names it, like 'llm'")
    summary: Summary = Field(description="one sentence of at most 160 characters, plain text")
    url: Url | None = Field(None, description="where the course is found on the publisher's site")
    chapters: tuple[Chapter, ...] = Field(description="in teaching order", min_length=1)

    @property
    def topics(self) -> tuple[str, ...]:
        """All topic ids in teaching order."""
        return tuple(topic for chapter in self.chapters for topic in chapter.topics)

    def chapter_of(self, topic_id: str) -> Chapter | None:
        """Find the chapter that holds a topic."""
        return next((chapter for chapter in self.chapters if topic_id in chapter.topics), None)


class Collection(Written):
    """A named set of problems."""

    id: Id = Field(description="the file's stem")
    title: Line = Field(description="the collection's name, plain text")
    summary: Summary = Field(description="one sentence of at most 160 characters, plain text")
    url: Url | None = Field(None, description="where it is found on the publisher's site")


class Publisher(Written):
    """Who sends the newsletter."""

    name: Line = Field(description="the publisher's name")
    url: Url = Field(description="the publisher's site")
    about: Line | None = Field(None, description="one sentence for the foot of each issue")


Rotation = Literal["interleave", "sequential"]


def _check_rotation(value: object) -> object:
    if isinstance(value, str) and value not in ("interleave", "sequential"):
        hint = suggest(value, ("interleave", "sequential"))
        raise complaint(f"'{value}' is not a rotation", f"{hint} Or write weekdays with a course each")
    return value


class Schedule(Written):
    """When issues appear, and how courses take turns."""

    start: Day = Field(description="the day of the first issue")
    days: tuple[Weekday, ...] = Field(WEEKDAYS, description="the weekdays that have an issue", min_length=1)
    skip: tuple[Day, ...] = Field((), description="days without an issue")
    courses: tuple[Id, ...] = Field(description="ids of the courses to send, in the order they take turns", min_length=1)
    rotation: Annotated[Rotation | Mapping[Weekday, Id], BeforeValidator(_check_rotation)] = Field(
        "interleave", description="interleave, sequential, or a course for each weekday"
    )
    when_finished: Literal["restart", "drop"] = Field("restart", description="what happens to a course after its last topic")
    runway_warning: int = Field(14, ge=0, description="warn when fewer days of fresh content are left")


class Section(Written):
    """A part of every issue."""

    kind: Kind = Field(description="topic, problem or feature")
    id: Id = Field("", description="permanent; the kind where it is left out", validate_default=False)
    heading: Line = Field(description="the heading above it")
    match: Literal["topic"] | None = Field(None, description="'topic': prefer what shares tags with the day's topic")
    cooldown: int = Field(0, ge=0, description="days before an entry may come again")
    difficulty: Mapping[Weekday, Difficulty] = Field(
        default_factory=dict, description="the difficulty that a weekday asks for (problems)"
    )
    days: tuple[Weekday, ...] | None = Field(None, description="the weekdays that have this section; all where left out")
    when_short: Literal["omit", "repeat", "stop"] = Field(
        "omit", description="where no entry fits: leave it out, give up difficulty and then cooldown, or stop"
    )

    @model_validator(mode="before")
    @classmethod
    def _name_after_kind(cls, plain: Any) -> Any:
        if isinstance(plain, dict) and "id" not in plain and isinstance(plain.get("kind"), str):
            return {**plain, "id": plain["kind"]}
        return plain


class IssueSettings(Written):
    """How issues are named and labelled."""

    title: Pattern = Field(
        "{{ topic.title }} — Deep Dive + Problem: {{ problem.title }}", description="the title of each issue, with placeholders"
    )
    tags: tuple[Id, ...] = Field((), description="tags for the platforms that take them")
    series: Line | None = Field(None, description="the series on the platforms that have them")


class Mail(Written):
    """The head and foot of mails."""

    from_: MailAddress = Field(alias="from", description="the sender")
    reply_to: MailAddress | None = Field(None, description="where answers go")
    postal_address: Line | None = Field(None, description="shown in the foot, as the law asks")
    unsubscribe_url: Url | None = Field(None, description="where readers unsubscribe")


class Publish(Written):
    """When and how issues go out."""

    at: ClockTime = Field(time(0, 0), description="the time of day, in the newsletter's time zone, from which a day is due")
    catch_up: int = Field(3, ge=0, description="late days that channels still get")
    late_mail: Literal["skip", "send"] = Field("skip", description="what happens to the mail of a late day")
    record: Literal["local", "commit", "push"] = Field("local", description="whether the record is committed and pushed")


class Theme(Written):
    """How pages look."""

    accent: Annotated[str, AfterValidator(_check_colour)] = Field("#5b5bd6", description="the colour of links and marks")
    logo: Line | None = Field(None, description="an image in content/, shown in the masthead")


class Newsletter(Written):
    """The settings: content/newsletter.yml."""

    version: Annotated[int, Field(ge=1, le=1)] = Field(description="the version of this format: 1")
    id: Id = Field(description="permanent: feeds, mails and the ledger know the newsletter by it")
    title: Line = Field(description="the newsletter's name")
    tagline: Pattern | None = Field(None, description="one sentence under the title, with placeholders")
    publisher: Publisher = Field(description="who sends it")
    site_url: SiteUrl = Field(description="where output/site will be served, like 'https://daily.example.org/'")
    language: Literal["en"] = Field("en", description="the language of the words that templates add")
    timezone: Annotated[str, AfterValidator(_check_timezone)] = Field("UTC", description="an IANA name, like 'Europe/Berlin'")
    schedule: Schedule = Field(description="when issues appear")
    sections: tuple[Section, ...] = Field(description="the parts of each issue, in order", min_length=1)
    calls_to_action: Mapping[Id, Pattern] = Field(
        default_factory=dict, description="a sentence under a section, by section id, with placeholders"
    )
    issue: IssueSettings = Field(IssueSettings(), description="how issues are named")
    mail: Mail | None = Field(None, description="the head and foot of mails")
    publish: Publish = Field(Publish(), description="when issues go out")
    channels: tuple[Any, ...] = Field((), max_length=0, description="where issues are published to")
    theme: Theme = Field(Theme(), description="how pages look")

    @model_validator(mode="after")
    def _check_sections(self) -> Self:
        ids = [section.id for section in self.sections]
        if twice := next((one for one in ids if ids.count(one) > 1), None):
            raise complaint(f"two sections have the id '{twice}'", "give one of them an 'id' of its own")
        for one in self.calls_to_action:
            if one not in ids:
                raise complaint(f"'{one}' in 'calls_to_action' is not a section", suggest(one, ids))
        return self

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which dates and `publish.at` are meant."""
        return ZoneInfo(self.timezone)


class Pin(Written):
    """What editors fixed for a day to come; any part may be left out."""

    sections: Mapping[Id, Id] = Field(default_factory=dict, description="entry ids by section id")
    title: Line | None = Field(None, description="the title of the issue")
    note: Text | None = Field(None, description="the editor's introduction to the day, inline Markdown")
    skip: Line | None = Field(None, description="the reason why there is no issue on this day")

    @model_validator(mode="after")
    def _check_skip(self) -> Self:
        if self.skip and self.sections:
            raise complaint("this day has 'skip' and 'sections'", "keep one of the two")
        return self


class Calendar(RootModel[Mapping[Day, Pin]]):
    """All pins, by date: content/calendar.yml."""

    model_config = ConfigDict(frozen=True)


class Recorded(Written):
    """A lineup that went out."""

    number: int = Field(ge=1, description="the issue's number")
    course: Id | None = Field(None, description="the course of the first topic")
    chapter: Id | None = Field(None, description="the chapter of the first topic")
    sections: Mapping[Id, Id] = Field(description="entry ids by section id")
    because: Mapping[Id, Line] = Field(default_factory=dict, description="the deciding rule by section id")
    title: Line | None = Field(None, description="the pinned title")
    note: str | None = Field(None, description="the editor's introduction")


class RecordYear(RootModel[Mapping[Day, Recorded]]):
    """The record of one year, by date: content/record/2026.yml."""

    model_config = ConfigDict(frozen=True)


# The kinds of entry: a kind is a class above and its name here (and a partial in each format's folder).
ENTRY_KINDS: Mapping[str, type[Entry]] = MappingProxyType({"topic": Topic, "problem": Problem, "feature": Feature})
