"""The channel `buttondown`: a mail through Buttondown, as a draft unless it is told to send."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, ClassVar, Literal
from urllib.parse import quote, urlencode

from pydantic import Field

from pixeldigest.channels.attempt import Attempt
from pixeldigest.channels.base import Keyed
from pixeldigest.channels.drafts import Mailing, Steps, bring_in_line, receipt_of
from pixeldigest.channels.failures import SettingsError
from pixeldigest.channels.http import Request, Service, json_request
from pixeldigest.channels.posting import Outside, Posting, Receipt
from pixeldigest.fields import ServiceUrl

# Since 2025-06-01 drafts are listed like all other mails, and since 2026-04-01 nothing is sent by default.
API_VERSION = "2026-04-01"
# HTML that is not read as Markdown; Buttondown puts the newsletter's own frame around it, with the link to unsubscribe.
_AS_HTML = "<!-- buttondown-editor-mode: fancy -->\n"
# What our mails are known by among all others.
_MARK = "pixeldigest"
# No mail is made before its day, but for a clock that is wrong.
_EARLIEST = timedelta(days=7)
_LONGEST_KEY = 200


class Buttondown(Keyed):
    """A newsletter at Buttondown, which sends its mails, or holds them as drafts to be looked through first."""

    mails: ClassVar[bool] = True
    updates: ClassVar[bool] = True
    asks: ClassVar[bool] = True

    type: Literal["buttondown"]
    status: Literal["draft", "send"] = Field("draft", description="draft (left to be sent by hand), or send")
    url: ServiceUrl = Field("https://api.buttondown.com", description="the address of the API")

    def publish(self, posting: Posting, attempt: Attempt) -> Receipt:
        """Make the mail, and send it where that is wanted; one that was sent never changes."""
        service = self._service(attempt.outside, attempt)
        mailing = self._ask(posting, service, attempt.known)
        return bring_in_line(mailing, self._steps(posting), posting, service, attempt)

    def find(self, posting: Posting, outside: Outside) -> Receipt | None:
        """Ask for the mail of an issue; where mails are to be sent, a draft is none yet."""
        return receipt_of(self._ask(posting, self._service(outside)), posting, sends=self.status == "send")

    def withdraw(self, posting: Posting, attempt: Attempt) -> str | None:
        """Delete the mail while it is a draft."""
        service = self._service(attempt.outside, attempt)
        mailing = self._ask(posting, service, attempt.known)
        if mailing is None:
            return None
        if not mailing.is_draft:
            return f"the mail was sent; Buttondown's archive shows it until it is deleted there ({mailing.url})"
        service.change(Request("DELETE", self._address(mailing.id)))
        return None

    def _service(self, outside: Outside, attempt: Attempt | None = None) -> Service:
        key = self.secret("key", outside)
        return Service(
            self.id,
            lambda: {"Authorization": f"Token {key.reveal()}", "X-API-Version": API_VERSION},
            outside,
            attempt,
        )

    def _steps(self, posting: Posting) -> Steps:
        mail, key = build_mail(posting), posting.key[-_LONGEST_KEY:]
        # A mail is made and sent by two requests, so that whatever comes between them leaves a draft that can be found;
        # besides, Buttondown wants a confirmation for a key's first mail that is made and sent by one.
        return Steps(
            create=json_request("POST", self._address(), {**mail, "status": "draft"}, X_Idempotency_Key=key),
            read=self._read,
            update=lambda name: json_request("PATCH", self._address(name), mail),
            send=self._send if self.status == "send" else None,
        )

    def _send(self, name: str) -> Request:
        return json_request("PATCH", self._address(name), {"status": "about_to_send"})

    def _ask(self, posting: Posting, service: Service, known: Receipt | None = None) -> Mailing | None:
        """Ask for a mail by its id where that is known, or look for our mark on all that were made since its day."""
        since = {"creation_date__start": (posting.day - _EARLIEST).isoformat()}
        query = {"ids": known.remote_id} if known and known.remote_id else since
        ours = (one for one in self._list(query, service) if (one.get("metadata") or {}).get(_MARK) == posting.key)
        return next((self._read(one) for one in ours if one.get("status") != "deleted"), None)

    def _list(self, query: dict[str, str], service: Service) -> Iterator[dict[str, Any]]:
        page, more = 1, True
        while more:
            asked = urlencode({**query, "ordering": "creation_date", "page": page})
            data = service.ask(Request("GET", f"{self._address()}?{asked}")).data
            if not isinstance(data, dict) or not isinstance(data.get("results"), list):
                raise self._is_other()
            yield from data["results"]
            page, more = page + 1, bool(data.get("next"))

    def _read(self, data: Any) -> Mailing:
        try:
            return Mailing(str(data["id"]), str(data["absolute_url"]), data["status"] == "draft")
        except (KeyError, TypeError):
            raise self._is_other() from None

    def _is_other(self) -> SettingsError:
        return SettingsError(f"{self.url} does not answer as Buttondown does; check the 'url' of '{self.id}'")

    def _address(self, name: str = "") -> str:
        emails = f"{self.url}/v1/emails"
        return f"{emails}/{quote(name, safe='')}" if name else emails


def build_mail(posting: Posting) -> dict[str, Any]:
    """Build what Buttondown is told of a mail, whatever becomes of it."""
    return {
        "subject": _keep_words(posting.title),
        "body": _AS_HTML + keep_html(posting.html),
        "slug": posting.slug,
        "description": _keep_words(posting.summary),
        "canonical_url": posting.url,
        "image": posting.cover or "",
        "metadata": {_MARK: posting.key},
    }


# What begins a variable, a tag or a comment of Django's templates, which is what mails at Buttondown are.
_OPENING = re.compile(r"\{(?=[{%#])")
_TAG_OR_OPENING = re.compile(rf"<[^>]*>|{_OPENING.pattern}")
_ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')


def keep_html(html: str) -> str:
    """Keep braces in HTML as they were typed, also where somebody parses it and writes it anew before it is a template.

    Entities would not do: they are braces again by then.
    """
    return _TAG_OR_OPENING.sub(lambda found: "<span>{</span>" if found[0] == "{" else _keep_tag(found[0]), html)


def _keep_tag(tag: str) -> str:
    def keep(found: re.Match[str]) -> str:
        name, value = found.groups()
        kept = _OPENING.sub("%7B", value) if name in ("href", "src") else _keep_words(value)
        return f'{name}="{kept}"'

    return _ATTRIBUTE.sub(keep, tag)


def _keep_words(text: str) -> str:
    """Keep braces in plain text apart, by a word joiner, which nobody sees."""
    return _OPENING.sub("{\u2060", text)
