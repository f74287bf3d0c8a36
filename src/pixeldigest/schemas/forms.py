"""The forms that fields.py gives to values, as JSON Schema says them: for editors, forms and the documentation."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from pixeldigest import fields
from pixeldigest.channels.smtp import RATE_PATTERN, Rate
from pixeldigest.fields import MAX_SUMMARY
from pixeldigest.settings import PLACEHOLDERS, Pattern, UnsubscribeUrl

Schema = dict[str, Any]


class Form(NamedTuple):
    """What a form is called, the pattern of its texts, and what a person is told who writes another.

    `widget` says what to write it in; `unquoted` what numbers may stand for a text, if any may, since our reader keeps
    what was typed where YAML sees a number or a boolean.
    """

    name: str
    pattern: str
    hint: str
    widget: str = ""
    unquoted: Mapping[str, object] | None = None


_ANY_NUMBER: Mapping[str, object] = MappingProxyType({})
_ID_NUMBER: Mapping[str, object] = MappingProxyType({"multipleOf": 1, "minimum": 0})

_LINE = rf"^\s*(?=\S)[^{fields.HIDDEN}]{{1,%s}}\s*$"
_ANY_LINE = _LINE % ""
_ID = fields.ID_PATTERN.pattern
_URL = f"^{fields.URL_PATTERN}$"
# Of the Gregorian calendar: 2026-02-30 is no day.
_DAY = (
    r"^(?:2[01][0-9]{2}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    r"|02-(?:0[1-9]|1[0-9]|2[0-8]))|(?:20(?:[02468][048]|[13579][26])|21(?:0[48]|[2468][048]|[13579][26]))-02-29)$"
)
_CONTACT = (
    rf'^(?:{fields.ADDRESS_PATTERN}|https?://(?:[^\s/<>"@]+\.|localhost)'
    r'(?:[^\s<>"{]|\{\{\s*page\.(?:title|url)\s*\}\}|\{(?!\{))*)$'
)
_OF_ADDRESS = r'(?:[^\s<>"{]|\{\{\s*recipient\.token\s*\}\}|\{(?!\{))'
_UNSUBSCRIBE = rf'^https?://(?:[^\s/<>"@]+\.{_OF_ADDRESS}+|localhost{_OF_ADDRESS}*)$'
_KNOWN = r"\{\{\s*(?:" + "|".join(PLACEHOLDERS).replace(".", r"\.") + r")\s*\}\}"
_WITH_PLACEHOLDERS = rf"^\s*(?=\S)(?=[^{fields.HIDDEN}]+\s*$)(?:{_KNOWN}|(?!\{{\{{|\}}\}}|\{{%.*%\}}).)+\s*$"

_ONE_LINE = "write it on one line"
_BLOCK = "write '|' behind the key, and the text below it, indented"
_WHOLE = "write it whole, as in https://example.org/page"

FORMS: Mapping[Any, Form] = MappingProxyType(
    {
        fields.Id: Form(
            "id", f"^{_ID}$", "write small letters, digits and single hyphens, as in lora-and-qlora", "", _ID_NUMBER
        ),
        fields.QuestionName: Form(
            "name of a question", f"^{_ID}/{_ID}$", "write its topic's id and its own, as in lora-and-qlora/rank"
        ),
        fields.Line: Form("text", _ANY_LINE, _ONE_LINE, "", _ANY_NUMBER),
        fields.Summary: Form(
            "text", _LINE % MAX_SUMMARY, f"{_ONE_LINE}, in at most {MAX_SUMMARY} characters", "summary", _ANY_NUMBER
        ),
        fields.Inline: Form("inline Markdown", _ANY_LINE, _ONE_LINE, "inline", _ANY_NUMBER),
        fields.Note: Form("inline Markdown, in a block", r"\S", _BLOCK, "note"),
        fields.Body: Form("Markdown, in a block", r"\S", _BLOCK, "markdown"),
        fields.Code: Form("code, in a block", r"\S", _BLOCK, "code"),
        Pattern: Form(
            "text with placeholders",
            _WITH_PLACEHOLDERS,
            f"write it on one line; in double braces stands one of {', '.join(PLACEHOLDERS)}",
            "",
            _ANY_NUMBER,
        ),
        fields.Day: Form("date", _DAY, "write year, month and day, as in 2026-11-21", "date"),
        fields.ClockTime: Form(
            "time of day", f"^{fields.CLOCK_PATTERN}$", "write hours and minutes, as in 23:10", "time"
        ),
        fields.Url: Form("web address", _URL, _WHOLE, "uri"),
        fields.SiteUrl: Form("web address", _URL, _WHOLE, "uri"),
        fields.ServiceUrl: Form("web address", f"^{fields.SERVICE_PATTERN}$", _WHOLE, "uri"),
        UnsubscribeUrl: Form("web address", _UNSUBSCRIBE, f"{_WHOLE}; {{{{ recipient.token }}}} may stand in it"),
        Rate: Form("rate", f"^{RATE_PATTERN}$", "write how many mails in what time, as in 100/hour"),
        fields.Timezone: Form("time zone", r"^[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+)*$", "write one like Europe/Berlin"),
        fields.Language: Form("language", f"^{fields.LANGUAGE_PATTERN}$", "write one like de or pt-BR"),
        fields.FontNames: Form("names of fonts", _ANY_LINE, "write names with commas between them", "", _ANY_NUMBER),
        fields.Contact: Form("mail or web address", _CONTACT, "write a mail address, or a whole web address"),
        fields.MailAddress: Form(
            "mail address", f"^{fields.MAIL_PATTERN}$", "write it as in Daily <daily@example.org>"
        ),
        fields.Repository: Form(
            "repository", f"^{fields.REPOSITORY_PATTERN}$", "write its owner and its name, as in pixelbank/daily"
        ),
        fields.Variable: Form(
            "name of an environment variable", f"^{fields.VARIABLE_PATTERN}$", "write its name, as in DEVTO_KEY"
        ),
        fields.Colour: Form(
            "colour", f"^{fields.COLOUR_PATTERN}$", "write six hexadecimal digits in quotes, as in '#5b5bd6'", "color"
        ),
    }
)


def schema_of_form(form: Form) -> Schema:
    """Write a form as JSON Schema."""
    schema: Schema = {"type": "string", "pattern": form.pattern, "patternErrorMessage": form.hint, "x-form": form.name}
    if form.widget:
        schema["format"] = form.widget
    if form.unquoted is not None:
        schema |= {"x-unquoted": True, **form.unquoted}
    return schema
