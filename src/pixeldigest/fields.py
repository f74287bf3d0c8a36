"""The forms that the values in content files take: ids, dates, addresses, lines and blocks of text."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date, time
from enum import Enum
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict
from pydantic_core import PydanticCustomError

from pixeldigest.complaints import complaint
from pixeldigest.diagnostics import suggest, unmistakable
from pixeldigest.spots import FromFileName
from pixeldigest.yamltree import Block

# The patterns mean the same to Python and to JavaScript, since JSON Schemas have them too (schemas/forms.py).
ID_PATTERN = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
URL_PATTERN = r'https?://(?:[^\s/<>"@]+\.[^\s<>"]+|localhost[^\s<>"]*)'
# Services can be machines of one's own network, whose names have no dot.
SERVICE_PATTERN = r'https?://[^\s/<>"@]+(?:/[^\s<>"]*)?'
CLOCK_PATTERN = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"
COLOUR_PATTERN = r"#[0-9a-fA-F]{6}"
REPOSITORY_PATTERN = r"[A-Za-z0-9-]+/[A-Za-z0-9._-]+"
VARIABLE_PATTERN = r"[A-Z][A-Z0-9_]*"
# Of BCP 47 what names languages, scripts and regions.
LANGUAGE_PATTERN = r"[a-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}|[0-9]{3}))?"
_NAME = r"[^<>@\x00-\x1f\x7f-\x9f\u2028\u2029]*"
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
ADDRESS_PATTERN = rf"{_ATOM}(?:\.{_ATOM})*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"
MAIL_PATTERN = rf"(?:{_NAME}<{ADDRESS_PATTERN}>|{ADDRESS_PATTERN})"
# Controls, line separators, and what makes text run backwards: they have no business in a title or a mail's head.
HIDDEN = r"\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff"
MAX_SUMMARY = 160
# In the order in which lists show them.
DIFFICULTIES = ("easy", "medium", "hard")
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Markup(Enum):
    """What a text may hold: a body's Markdown with blocks, or that of a line."""

    BODY = "body"
    INLINE = "inline"


def one_of(noun: str, words: Collection[str]) -> BeforeValidator:
    """Make the validator of a closed set that names what is meant: pydantic's own error would name the key."""

    def check(value: object) -> object:
        if isinstance(value, str) and value not in words:
            meant = unmistakable(value, words)
            raise complaint(f"'{value}' is not {noun}", suggest(value, words), mend=(value, meant) if meant else None)
        return value

    return BeforeValidator(check)


def _check_id(text: str) -> str:
    if not ID_PATTERN.fullmatch(text):
        raise complaint(
            f"'{text}' is not an id", "write small letters, digits and single hyphens, as in 'lora-and-qlora'"
        )
    return text


def _check_question_name(text: str) -> str:
    if not re.fullmatch(f"{ID_PATTERN.pattern}/{ID_PATTERN.pattern}", text):
        raise complaint(
            f"'{text}' does not name a question", "write its topic's id and its own, as in 'lora-and-qlora/rank'"
        )
    return text


def _refuse_credentials(text: str) -> None:
    if found := re.match(r"https?://([^\s/?#]*@)", text):
        hint = "delete what stands before the '@'"
        at, length = found.start(1), len(found[1])
        raise complaint("this address holds a name or a password", hint, offset=at, length=length, hidden=True)


def _check_url(text: str) -> str:
    _refuse_credentials(text)
    if not re.fullmatch(URL_PATTERN, text):
        space = re.search(r"\s", text)
        hint = "write a space as '%20'" if space else "write it whole, as in 'https://example.org/page'"
        at, length = (space.start(), 1) if space else (0, len(text))
        raise complaint(f"'{text}' is not a web address", hint, offset=at, length=length)
    return text


def _check_site_url(text: str) -> str:
    return _check_url(text) if text.endswith("/") else _check_url(text) + "/"


def _check_service_url(text: str) -> str:
    _refuse_credentials(text)
    if not re.fullmatch(SERVICE_PATTERN, text):
        raise complaint(f"'{text}' is not a web address", "write it whole, as in 'https://blog.example.org'")
    return text.rstrip("/")


def _check_date_form(value: object) -> object:
    if not isinstance(value, str):
        return value
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        raise complaint(f"'{value}' is not a date", "write year, month and day, as in '2026-11-21'")
    try:
        date.fromisoformat(value)
    except ValueError as error:
        raise complaint(f"'{value}' is not a day of the calendar", "check month and day") from error
    if not "2000" <= value < "2200":
        raise complaint(f"'{value}' is out of reach", "check the year: it lies between 2000 and 2199")
    return value


def _check_time_form(value: object) -> object:
    if isinstance(value, str) and not re.fullmatch(CLOCK_PATTERN, value):
        raise complaint(f"'{value}' is not a time of day", "write hours and minutes, as in '23:10'")
    return value


def _check_timezone(text: str) -> str:
    if not _is_timezone(text):
        named = [one for one in available_timezones() if "/" in one]
        raise complaint(
            f"'{text}' is not a time zone", suggest(text, named, otherwise="write one like 'Europe/Berlin'")
        )
    return text


def _is_timezone(text: str) -> bool:
    """Look one zone up; listing them all takes longer than loading a library."""
    try:
        ZoneInfo(text)
    except (KeyError, ValueError, OSError):
        return False
    return not text.startswith(("posix", "right/", "local", "Factory"))  # these mean something else on each machine


def _check_line(text: str) -> str:
    if not text.strip():
        raise complaint("this text is empty", "write it, or delete the line")
    line = text.strip()
    if "\n" in line:
        raise complaint("this text has more than one line", "write it on one line", offset=line.index("\n"))
    if hidden := re.search(f"[{HIDDEN}]", line):
        message = f"the invisible character U+{ord(hidden[0]):04X} stands here"
        raise complaint(message, "delete it", offset=hidden.start(), mend=(hidden[0], ""))
    return line


def _check_summary(text: str) -> str:
    line = _check_line(text)
    if len(line) > MAX_SUMMARY:
        hint = f"shorten it to {MAX_SUMMARY}: the rest is marked"
        message = f"this summary has {len(line)} characters"
        raise complaint(message, hint, offset=MAX_SUMMARY, length=len(line) - MAX_SUMMARY)
    return line


def _check_block(text: object) -> object:
    if isinstance(text, str) and not isinstance(text, Block):
        raise PydanticCustomError("no_block", "the sign of a block is missing")  # complaints.py says it, with the key
    if isinstance(text, Block) and not text.strip():
        raise complaint("this block is empty", "write the text below the key, indented")
    return text


def _check_colour(text: str) -> str:
    if not re.fullmatch(COLOUR_PATTERN, text):
        raise complaint(f"'{text}' is not a colour", "write six hexadecimal digits in quotes, as in '#5b5bd6'")
    return text


def _check_contact(text: str) -> str:
    if re.fullmatch(ADDRESS_PATTERN, text):
        return text
    if unknown := re.search(r"\{\{(?!\s*page\.(?:title|url)\s*\}\}).*?(?:\}\}|\Z)", text):
        hint = "use {{ page.title }} or {{ page.url }}"
        raise complaint(f"'{unknown[0]}' is not a placeholder", hint, offset=unknown.start(), length=len(unknown[0]))
    filled = re.sub(r"\{\{.*?\}\}", "page", text)
    if filled != text or "://" in text:
        _check_url(filled)
        return text
    if text.startswith("mailto:"):
        address = text.removeprefix("mailto:")
        raise complaint("this address says 'mailto:' before it", f"write '{address}'", mend=(text, address))
    hint = "write a mail address, or a web address as in 'https://example.org/report?page={{ page.url }}'"
    raise complaint(f"'{text}' is no address that readers could write to", hint)


def _check_mail_address(text: str) -> str:
    if not re.fullmatch(MAIL_PATTERN, text):
        raise complaint(f"'{text}' is not a mail address", "write it as in 'Daily <daily@example.org>'")
    return text


def _check_repository(text: str) -> str:
    if not re.fullmatch(REPOSITORY_PATTERN, text):
        raise complaint(f"'{text}' is not a repository", "write its owner and its name, as in 'pixelbank/daily'")
    return text


def _check_variable(text: str) -> str:
    if not re.fullmatch(VARIABLE_PATTERN, text):
        hint = "write the variable's name, as in 'DEVTO_KEY'; its value stays out of this file"
        raise complaint("this is not the name of an environment variable", hint, hidden=True)
    return text


def _check_language(text: str) -> str:
    if not re.fullmatch(LANGUAGE_PATTERN, text):
        first, *others = text.replace("_", "-").split("-")
        usual = "-".join((first.lower(), *(one.title() if len(one) == len("Latn") else one.upper() for one in others)))
        message = f"'{text}' is not a language tag"
        if re.fullmatch(LANGUAGE_PATTERN, usual):
            raise complaint(message, f"did you mean '{usual}'?", mend=(text, usual))
        raise complaint(message, "write one as in 'de' or 'pt-BR'")
    return text


def _check_fonts(text: str) -> str:
    """Accept names that can stand between quotes in a style sheet, whatever they are."""
    if wrong := re.search(r"[^\w ,-]|_", text):
        hint = "write letters, digits, spaces and hyphens, and commas between names, as in 'Georgia, serif'"
        raise complaint(f"'{wrong[0]}' cannot stand in the name of a font", hint, offset=wrong.start())
    names = [" ".join(name.split()) for name in text.split(",")]
    if not all(names):
        raise complaint("a comma has no font beside it", "write commas between names only, as in 'Georgia, serif'")
    return ", ".join(names)


Difficulty = Annotated[Literal["easy", "medium", "hard"], one_of("a difficulty", DIFFICULTIES)]
Weekday = Annotated[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], one_of("a weekday", _WEEKDAYS)]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Id = Annotated[str, AfterValidator(_check_id)]
QuestionName = Annotated[str, AfterValidator(_check_question_name)]
FileStem = Annotated[Id, FromFileName]
Url = Annotated[str, AfterValidator(_check_url)]
SiteUrl = Annotated[str, AfterValidator(_check_site_url)]
ServiceUrl = Annotated[str, AfterValidator(_check_service_url)]
Day = Annotated[date, BeforeValidator(_check_date_form)]
ClockTime = Annotated[time, BeforeValidator(_check_time_form)]
Timezone = Annotated[str, AfterValidator(_check_timezone)]
Line = Annotated[str, AfterValidator(_check_line)]
Summary = Annotated[str, AfterValidator(_check_summary)]
Inline = Annotated[str, AfterValidator(_check_line), Markup.INLINE]
Note = Annotated[str, BeforeValidator(_check_block), Block, Markup.INLINE]
Body = Annotated[str, BeforeValidator(_check_block), Block, Markup.BODY]
Code = Annotated[str, BeforeValidator(_check_block), Block]
Contact = Annotated[str, AfterValidator(_check_contact)]
Language = Annotated[str, AfterValidator(_check_language)]
FontNames = Annotated[Line, AfterValidator(_check_fonts)]
MailAddress = Annotated[str, AfterValidator(_check_mail_address)]
Repository = Annotated[str, AfterValidator(_check_repository)]
Variable = Annotated[str, AfterValidator(_check_variable)]
Colour = Annotated[str, AfterValidator(_check_colour)]


class Written(BaseModel):
    """The base of all that editors write: frozen, and strict about keys."""

    # Most runs need few of the models, and making one takes its time.
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


def first_repeated(ids: list[str]) -> int:
    """Find the first that stood before; 0, which nothing can repeat, where all are different."""
    first: dict[str, int] = {}
    return next((index for index, one in enumerate(ids) if first.setdefault(one, index) != index), 0)
