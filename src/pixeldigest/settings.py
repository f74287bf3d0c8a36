"""The settings of a newsletter: content/newsletter.yml."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import time
from typing import Annotated, Any, ClassVar, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, model_validator

from pixeldigest.channels import AnyChannel
from pixeldigest.channels.base import SITE
from pixeldigest.channels.copies import STAND_IN
from pixeldigest.complaints import complaint
from pixeldigest.content import KINDS, REVIEW_KINDS, Kind, ReviewKind
from pixeldigest.diagnostics import suggest, unmistakable
from pixeldigest.fields import (
    WEEKDAYS,
    ClockTime,
    Colour,
    Contact,
    Day,
    Difficulty,
    FontNames,
    Id,
    Language,
    Line,
    MailAddress,
    Repository,
    SiteUrl,
    Timezone,
    Url,
    Variable,
    Weekday,
    Written,
    first_repeated,
    one_of,
)
from pixeldigest.spots import Guarded

PLACEHOLDER = re.compile(r"\{\{\s*([a-z_.]+)\s*\}\}")
TOKEN_PLACEHOLDER = re.compile(r"\{\{\s*recipient\.token\s*\}\}")
PLACEHOLDERS = (
    "course.label",
    "course.title",
    "chapter.title",
    *(f"{kind}.title" for kind in KINDS),
    "issue.number",
    "issue.date",
)

SectionKind = Annotated[Literal[Kind, ReviewKind], one_of("a kind of section", (*KINDS, *REVIEW_KINDS))]


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
        meant = unmistakable(inner[1], PLACEHOLDERS) if inner else None
        mend = (found[0], found[0].replace(inner[1], meant)) if inner and meant else None
        raise complaint(message, hint, offset=found.start(), length=len(found[0]), mend=mend)
    return text


def _check_version(value: object) -> object:
    if value != "1":
        raise complaint(f"'{value}' is not a version of this file format", "write 1, or install a newer pixeldigest")
    return value


def _put_stand_in(value: object) -> object:
    """Put what stands for a recipient's token in the place of its placeholder."""
    if not isinstance(value, str):
        return value
    for found in re.finditer(r"\{\{.*?(?:\}\}|\Z)", value):
        if not TOKEN_PLACEHOLDER.fullmatch(found[0]):
            message, hint = f"'{found[0]}' is not a placeholder", "use {{ recipient.token }}"
            raise complaint(message, hint, offset=found.start(), length=len(found[0]))
    return TOKEN_PLACEHOLDER.sub(STAND_IN, value)


Pattern = Annotated[Line, AfterValidator(_check_placeholders)]
UnsubscribeUrl = Annotated[Url, BeforeValidator(_put_stand_in)]


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
        WEEKDAYS,
        description="the weekdays that have an issue: mon, tue, wed, thu, fri, sat, sun; all where it is left out",
        min_length=1,
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
    unsubscribe_url: UnsubscribeUrl | None = Field(
        None,
        description="the page on which readers unsubscribe; {{ recipient.token }} in it tells who, where a channel "
        "mails each reader",
    )
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


class Ping(Written):
    """Addresses of a service that watches over runs; where nobody else may know one, it stays out of this file."""

    success_url: Url | None = Field(None, description="the address to ask after a run in which all went well")
    success_url_env: Variable | None = Field(None, description="the environment variable that holds that address")
    success_url_file: Line | None = Field(None, description="the file that holds that address")
    failure_url: Url | None = Field(None, description="the address to ask after a run in which something failed")
    failure_url_env: Variable | None = Field(None, description="the environment variable that holds that address")
    failure_url_file: Line | None = Field(None, description="the file that holds that address")


RecordPolicy = Literal["local", "commit", "push"]


class Publish(Written):
    """When and how issues go out."""

    at: ClockTime = Field(
        time(0, 0), description="the time from which a day's issue is due, in the newsletter's time zone, as in '23:10'"
    )
    catch_up: int = Field(3, ge=0, le=366, description="how many days late an issue may be and still go to channels")
    late_mail: Literal["skip", "send"] = Field(
        "skip", description="whether the mail of a late day is sent: skip or send"
    )
    record: RecordPolicy = Field(
        "local", description="what happens to the record: local (written only), commit, or push (commit and push)"
    )
    ping: Ping = Field(Ping(), description="whom to tell how each run ended")


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


def _refuse_repeated(ids: list[str], noun: str) -> None:
    if twice := first_repeated(ids):
        message = f"a {noun} with the id '{ids[twice]}' stands above already"
        raise complaint(message, "give it an 'id' of its own", rule="duplicate-id", at=(f"{noun}s", twice, "id"))


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
    channels: Annotated[tuple[AnyChannel, ...], Guarded] = Field(
        (), description="where issues are published to, each with an id that never changes"
    )
    theme: Theme = Field(Theme(), description="the look of pages: their colour, logo and fonts")

    @model_validator(mode="after")
    def _check_sections(self) -> Self:
        _refuse_repeated([section.id for section in self.sections], "section")
        return self

    @model_validator(mode="after")
    def _check_mail(self) -> Self:
        for place, channel in enumerate(self.channels):
            if self.mail is None and channel.mails and "mail" in channel.formats:
                message = f"'{channel.id}' sends mails, and these settings do not say from whom"
                hint = "add 'mail:', and below it 'from: Name <name@example.org>'"
                raise complaint(message, hint, rule="mail", at=("channels", place, "type"))
        return self

    @model_validator(mode="after")
    def _check_channels(self) -> Self:
        ids = [channel.id for channel in self.channels]
        _refuse_repeated(ids, "channel")
        for place, channel in enumerate(self.channels):
            earlier = (*ids[:place], SITE)
            for number, awaited in enumerate(channel.after):
                if awaited in earlier:
                    continue
                message, hint = f"there is no channel '{awaited}' above", suggest(awaited, earlier)
                if awaited == channel.id:
                    message, hint = "a channel cannot wait for itself", "delete it"
                elif awaited in ids:
                    hint = "channels are served in the order of this file: move it above this one"
                raise complaint(message, hint, rule="after", at=("channels", place, "after", number))
        return self

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which dates and `publish.at` are meant."""
        return ZoneInfo(self.timezone)
