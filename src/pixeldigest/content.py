"""What editors write: every kind of entry, the outline, the settings, pins and the record."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, time
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Self, get_args
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    RootModel,
    Tag,
    model_validator,
)

from pixeldigest.diagnostics import suggest
from pixeldigest.fields import (
    WEEKDAYS,
    Body,
    ClockTime,
    Code,
    Colour,
    Contact,
    Day,
    Difficulty,
    FileStem,
    FontNames,
    Id,
    Inline,
    Language,
    Line,
    MailAddress,
    Note,
    QuestionName,
    Repository,
    SiteUrl,
    Summary,
    Timezone,
    Url,
    Weekday,
    one_of,
)
from pixeldigest.yamlfile import complaint

PLACEHOLDER = re.compile(r"\{\{\s*([a-z_.]+)\s*\}\}")


Kind = Literal["topic", "problem", "feature"]
ReviewKind = Literal["recall", "solution"]

_KINDS: tuple[str, ...] = get_args(Kind)
REVIEW_KINDS: tuple[str, ...] = get_args(ReviewKind)
INTERNAL_SCHEMES = (*_KINDS, "course", "page")
PLACEHOLDERS = (
    "course.label",
    "course.title",
    "chapter.title",
    *(f"{kind}.title" for kind in _KINDS),
    "issue.number",
    "issue.date",
)

SectionKind = Annotated[Literal[Kind, ReviewKind], one_of("a kind of section", (*_KINDS, *REVIEW_KINDS))]


class Ref(NamedTuple):
    """The name of an entry: its kind and its id."""

    kind: str
    id: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"


def _check_placeholders(text: str) -> str:
    for found in re.finditer(r"\{\{.*?\}\}|\{%.*?%\}|\{\{|\}\}", text):
        inner = PLACEHOLDER.fullmatch(found[0])
        if inner and inner[1] in PLACEHOLDERS:
            continue
        listed = "use one of " + ", ".join(PLACEHOLDERS)
        hint = suggest(inner[1], PLACEHOLDERS, otherwise=listed) if inner else listed
        message = (
            f"'{found[0]}' is not a placeholder" if len(found[0]) > len("{{") else f"this '{found[0]}' stands alone"
        )
        hint = hint if len(found[0]) > len("{{") else "write a placeholder as in '{{ topic.title }}'"
        raise complaint(message, hint, offset=found.start(), length=len(found[0]))
    return text


def _check_no_channels(value: object) -> object:
    if value:
        raise complaint("there are no channels to publish to yet", "delete 'channels', or leave its list empty")
    return ()


def _one_or_more(value: object) -> object:
    if isinstance(value, Mapping):
        raise complaint("'answer' holds keys", "write one of the choices, or a list of them")
    return (value,) if isinstance(value, str) else value


def _check_version(value: object) -> object:
    if value != "1":
        raise complaint(f"'{value}' is not a version of this file format", "write 1, or install a newer pixeldigest")
    return value


Pattern = Annotated[Line, AfterValidator(_check_placeholders)]


class Written(BaseModel):
    """The base of all that editors write: frozen, and strict about keys."""

    # Most runs need few of the models, and making one takes its time.
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


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
        elif missing := [name for name in ("starter", "solution", "examples") if not getattr(self, name)]:
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
        if twice := _first_repeated(ids):
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


class Publisher(Written):
    """Who sends the newsletter."""

    name: Line = Field(description="the publisher's name")
    url: Url = Field(description="the address of the publisher's site, as in https://example.org")
    about: Line | None = Field(None, description="one sentence about the publisher for the foot of each issue")


Rotation = Literal["interleave", "sequential"]


def _check_rotation(value: object) -> object:
    if not isinstance(value, Mapping) and value not in ("interleave", "sequential"):
        shown = f"'{value}'" if isinstance(value, str) else "this"
        hint = "write 'interleave', 'sequential', or a course for each weekday, as in '{mon: llm}'"
        raise complaint(f"{shown} is not a rotation", hint)
    return value


def _form_of_rotation(value: object) -> str:
    return "word" if isinstance(value, str) else "weekdays"


class Schedule(Written):
    """When issues appear, and how courses take turns."""

    start: Day = Field(description="the day of the first issue, as in 2026-11-21")
    days: tuple[Weekday, ...] = Field(
        WEEKDAYS, description="the weekdays that have an issue: mon, tue, wed, thu, fri, sat, sun", min_length=1
    )
    skip: tuple[Day, ...] = Field((), description="single days without an issue")
    courses: tuple[Id, ...] = Field(
        description="ids of the courses to send, in the order they take turns", min_length=1
    )
    rotation: Annotated[
        Annotated[Rotation, Tag("word")] | Annotated[Mapping[Weekday, Id], Tag("weekdays")],
        Discriminator(_form_of_rotation),
        BeforeValidator(_check_rotation),
    ] = Field(
        "interleave",
        description="interleave (take turns), sequential (one after the other), or a course for each weekday",
    )
    when_finished: Literal["restart", "drop"] = Field(
        "restart", description="what happens to a course after its last topic: restart, or drop (leave it out)"
    )
    runway_warning: int = Field(
        14,
        ge=0,
        le=366,
        description="the days ahead for which 'check' and 'publish' want fresh entries, and 'check' looks for faults",
    )


class Section(Written):
    """A part of every issue."""

    CHOOSING: ClassVar[tuple[str, ...]] = ("match", "cooldown", "difficulty", "when_short")

    kind: SectionKind = Field(
        description="what fills it: topic, problem or feature; recall asks questions of earlier issues, "
        "solution solves the problem of the previous one"
    )
    id: Id = Field(
        "",
        description="a word for the section that never changes; the kind where it is left out",
        validate_default=False,
    )
    heading: Line = Field(description="the heading above it, as in Topic Deep Dive")
    match: Literal["topic"] | None = Field(
        None, description="topic: prefer entries that share tags with the day's topic"
    )
    cooldown: int = Field(0, ge=0, le=3660, description="the days that must pass before an entry is shown again")
    difficulty: Mapping[Weekday, Difficulty] = Field(
        default_factory=dict, description="the difficulty of a weekday's problem, as in {mon: easy, fri: hard}"
    )
    days: tuple[Weekday, ...] | None = Field(
        None, description="the weekdays that have this section; every day where it is left out, none with []"
    )
    when_short: Literal["omit", "repeat", "stop"] = Field(
        "omit",
        description="what to do where no entry fits: omit (leave the section out), repeat (give up difficulty, "
        "then cooldown), or stop (with an error)",
    )

    @model_validator(mode="before")
    @classmethod
    def _name_after_kind(cls, plain: Any) -> Any:
        if isinstance(plain, dict) and "id" not in plain and isinstance(plain.get("kind"), str):
            return {**plain, "id": plain["kind"]}
        return plain

    @model_validator(mode="after")
    def _check_choosing(self) -> Self:
        if self.is_review and (given := [one for one in self.CHOOSING if one in self.model_fields_set]):
            message = f"'{given[0]}' says nothing in a section of kind '{self.kind}', for which no entry is chosen"
            raise complaint(message, "delete it", at=(given[0],))
        return self

    @property
    def is_review(self) -> bool:
        """Whether it follows from the issues before, where others show an entry that was chosen."""
        return self.kind in REVIEW_KINDS


class IssueSettings(Written):
    """How issues are named and labelled."""

    title: Pattern = Field(
        "{{ topic.title }} — Deep Dive + Problem: {{ problem.title }}",
        description="the title of each issue, with placeholders as in {{ topic.title }}",
    )
    tags: tuple[Id, ...] = Field((), description="tags for the platforms that take them")
    series: Line | None = Field(None, description="the name of the series on the platforms that have them")


class Mail(Written):
    """What mails hold, and their head and foot."""

    from_: MailAddress = Field(alias="from", description="the sender, as in Daily <daily@example.org>")
    reply_to: MailAddress | None = Field(
        None, description="the address that answers go to; the sender where it is left out"
    )
    postal_address: Line | None = Field(
        None, description="the publisher's postal address for the foot, as many laws ask"
    )
    unsubscribe_url: Url | None = Field(None, description="the page on which readers unsubscribe")
    sections: Mapping[Id, Literal["full", "summary"]] = Field(
        default_factory=dict,
        description="how much of a section a mail holds, by the section's id: full, or summary (with a link)",
    )
    calls_to_action: tuple[Id, ...] | None = Field(
        None,
        description="ids of the sections whose call to action a mail holds; the first that has one otherwise",
    )
    pictures: Literal["hosted", "attached"] = Field(
        "hosted", description="where a mail's pictures are: hosted (on the site), or attached (in the mail itself)"
    )


class DevTo(Written):
    """How posts for dev.to are written."""

    front_matter: bool = Field(
        True, description="whether devto.md begins with front matter; a post made through the API needs none"
    )


class Publish(Written):
    """When and how issues go out."""

    at: ClockTime = Field(
        time(0, 0), description="the time from which a day's issue is due, in the newsletter's time zone, as in '23:10'"
    )
    catch_up: int = Field(3, ge=0, le=366, description="how many days late an issue may be and still go to channels")
    late_mail: Literal["skip", "send"] = Field(
        "skip", description="whether the mail of a late day is sent: skip or send"
    )
    record: Literal["local", "commit", "push"] = Field(
        "local", description="what happens to the record: local (written only), commit, or push (commit and push)"
    )


class Comments(Written):
    """Comments below issues, topics and problems by giscus, which keeps them on GitHub; giscus.app tells the ids."""

    repo: Repository = Field(description="the repository whose discussions hold them, as in pixelbank/daily")
    repo_id: Line = Field(description="the repository's id, as giscus.app shows it")
    category: Line = Field(description="the category of discussions, as in Announcements")
    category_id: Line = Field(description="the category's id, as giscus.app shows it")


class Site(Written):
    """What the web pages offer beside the issues."""

    subscribe_url: Url | None = Field(None, description="the page on which readers subscribe to the mail")
    mistakes: Contact | None = Field(
        None,
        description="where readers tell of a mistake: a mail address, or a web address in which {{ page.title }} and "
        "{{ page.url }} may stand",
    )
    comments: Comments | None = Field(
        None, description="comments by giscus; nothing is asked of it before a reader opens them"
    )


class Fonts(Written):
    """The fonts of pages: one that the theme ships (Newsreader, Inter, JetBrains Mono), or any that readers have."""

    text: FontNames | None = Field(None, description="for what is read through, as in Georgia, serif")
    interface: FontNames | None = Field(None, description="for labels, navigation and all that is small")
    code: FontNames | None = Field(None, description="for code; its letters are of one width")


class Theme(Written):
    """How pages look."""

    accent: Colour = Field("#5b5bd6", description="the colour of links and marks, in quotes, as in '#5b5bd6'")
    logo: Line | None = Field(None, description="an image for the masthead, as in images/logo.svg")
    fonts: Fonts = Field(Fonts(), description="the fonts of text, of labels, and of code")
    covers: bool = Field(True, description="whether issues have covers: pictures for where they are shared")


class Newsletter(Written):
    """The settings: content/newsletter.yml."""

    version: Annotated[int, BeforeValidator(_check_version)] = Field(description="the version of this file format: 1")
    id: Id = Field(description="a word that never changes: feeds, mails and the ledger know the newsletter by it")
    title: Line = Field(description="the newsletter's name")
    tagline: Pattern | None = Field(
        None, description="one sentence under the title, with placeholders as in {{ course.label }}"
    )
    publisher: Publisher = Field(description="who sends the newsletter")
    site_url: SiteUrl = Field(
        description="the address at which output/site is served, as in https://daily.example.org/"
    )
    language: Language = Field(
        "en",
        description="the language of the content and of the words that templates add: en, de, "
        "or any that has a file of words, as in pt-BR",
    )
    timezone: Timezone = Field("UTC", description="the time zone in which days begin, as in Europe/Berlin")
    schedule: Schedule = Field(description="when issues appear, and what they follow")
    sections: tuple[Section, ...] = Field(description="the parts of each issue, in order", min_length=1)
    calls_to_action: Mapping[Id, Pattern] = Field(
        default_factory=dict, description="a sentence below a section, by the section's id, with placeholders"
    )
    issue: IssueSettings = Field(IssueSettings(), description="how issues are named and labelled")
    mail: Mail | None = Field(None, description="what mails hold, and their head and foot")
    site: Site = Field(Site(), description="what the web pages offer beside the issues")
    devto: DevTo = Field(DevTo(), description="how posts for dev.to are written")
    publish: Publish = Field(Publish(), description="when and how issues go out")
    channels: Annotated[tuple[Any, ...], BeforeValidator(_check_no_channels)] = Field(
        (), description="where issues are published to; there is nothing to choose from yet"
    )
    theme: Theme = Field(Theme(), description="the look of pages: their colour, logo and fonts")

    @model_validator(mode="after")
    def _check_sections(self) -> Self:
        ids = [section.id for section in self.sections]
        if twice := _first_repeated(ids):
            message = f"a section with the id '{ids[twice]}' stands above already"
            hint = "give it an 'id' of its own"
            raise complaint(message, hint, rule="duplicate-id", at=("sections", twice, "id"))
        return self

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which dates and `publish.at` are meant."""
        return ZoneInfo(self.timezone)


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


def _first_repeated(ids: list[str]) -> int:
    """Find the first that stood before; 0, which nothing can repeat, where all are different."""
    return next((index for index, one in enumerate(ids) if one in ids[:index]), 0)


# The kinds of entry: a kind is a class above and its name here (and a partial in each format's folder).
ENTRY_KINDS: Mapping[str, type[Entry]] = MappingProxyType({"topic": Topic, "problem": Problem, "feature": Feature})
