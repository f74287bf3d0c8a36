"""The channel `listmonk`: a campaign of one's own listmonk, as a draft unless it is told to send."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import count
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import urlencode

from pydantic import Field

from pixeldigest.channels.attempt import Attempt
from pixeldigest.channels.base import Channel
from pixeldigest.channels.drafts import Mailing, Steps, bring_in_line, receipt_of
from pixeldigest.channels.failures import SettingsError
from pixeldigest.channels.http import Request, Service, json_request
from pixeldigest.channels.posting import Outside, Posting, Receipt
from pixeldigest.fields import Line, ServiceUrl, Variable

_PAGE = 100
_LONGEST_TAG = 100


class Listmonk(Channel):
    """A listmonk, which sends campaigns to its lists, or holds them as drafts to be looked through first."""

    formats: ClassVar[tuple[str, ...]] = ("text",)
    mails: ClassVar[bool] = True
    updates: ClassVar[bool] = True
    asks: ClassVar[bool] = True
    secrets: ClassVar[tuple[str, ...]] = ("token",)

    type: Literal["listmonk"]
    url: ServiceUrl = Field(description="where listmonk is, as in https://lists.example.org")
    user: Line = Field(description="the name of the API user")
    token_env: Variable | None = Field(None, description="the environment variable that holds the API user's token")
    token_file: Line | None = Field(
        None, description="the file that holds the API user's token, below the project or a whole path"
    )
    lists: tuple[Annotated[int, Field(ge=1)], ...] = Field(
        min_length=1, description="the numbers of the lists whose subscribers get it"
    )
    status: Literal["draft", "send"] = Field("draft", description="draft (left to be started by hand), or send")

    def publish(self, posting: Posting, attempt: Attempt) -> Receipt:
        """Make the campaign, and start it where that is wanted; one that was started never changes."""
        service = self._service(attempt.outside, attempt)
        mailing = self._ask(posting, service)
        return bring_in_line(mailing, self._steps(posting), posting, service, attempt)

    def find(self, posting: Posting, outside: Outside) -> Receipt | None:
        """Ask for the campaign of an issue; where campaigns are to be started, a draft is none yet."""
        return receipt_of(self._ask(posting, self._service(outside)), posting, sends=self.status == "send")

    def withdraw(self, posting: Posting, attempt: Attempt) -> str | None:
        """Delete the campaign while it is a draft, and stop it while it is running."""
        service = self._service(attempt.outside, attempt)
        there = next(self._campaigns(posting, service), None)
        if there is None:
            return None
        mailing, status = self._read(there), there["status"]
        if status in ("draft", "scheduled"):
            service.change(Request("DELETE", self._address(mailing.id)))
            return None
        if status in ("running", "paused"):
            service.change(self._set_status(mailing.id, "cancelled"))
            return f"the campaign was stopped; some of its mails may have been sent ({mailing.url})"
        return f"the campaign was sent ({mailing.url})"

    def _service(self, outside: Outside, attempt: Attempt | None = None) -> Service:
        token = self.secret("token", outside)
        return Service(self.id, lambda: {"Authorization": f"token {self.user}:{token.reveal()}"}, outside, attempt)

    def _steps(self, posting: Posting) -> Steps:
        campaign = {**build_campaign(posting), "lists": list(self.lists)}
        return Steps(
            create=json_request("POST", self._address(), campaign),
            read=lambda data: self._read(data.get("data") if isinstance(data, dict) else None),
            update=lambda name: json_request("PUT", self._address(name), campaign),
            send=(lambda name: self._set_status(name, "running")) if self.status == "send" else None,
        )

    def _set_status(self, name: object, status: str) -> Request:
        return json_request("PUT", f"{self._address(name)}/status", {"status": status})

    def _ask(self, posting: Posting, service: Service) -> Mailing | None:
        return next(map(self._read, self._campaigns(posting, service)), None)

    def _campaigns(self, posting: Posting, service: Service) -> Iterator[dict[str, Any]]:
        """List the campaigns with our tag, ours before any copies of it; where listmonk is old it lists all it has."""
        tag = _tag_of(posting)
        query = {"tag": tag, "no_body": "true", "order_by": "created_at", "order": "asc", "per_page": _PAGE}
        seen = 0
        for page in count(1):
            answer = service.ask(Request("GET", f"{self._address()}?{urlencode({**query, 'page': page})}")).data
            try:
                found, total = answer["data"]["results"], answer["data"]["total"]
                ours = [one for one in found if tag in one["tags"]]
            except (KeyError, TypeError):
                raise self._is_other() from None
            yield from ours
            seen += len(found)  # a page can be smaller than was asked for
            if not found or seen >= total:
                return

    def _read(self, data: Any) -> Mailing:
        try:
            number = int(data["id"])
            return Mailing(str(number), f"{self.url}/admin/campaigns/{number}", data["status"] == "draft")
        except (KeyError, TypeError, ValueError):
            raise self._is_other() from None

    def _is_other(self) -> SettingsError:
        return SettingsError(f"{self.url} does not answer as listmonk does; check the 'url' of '{self.id}'")

    def _address(self, name: object = "") -> str:
        return f"{self.url}/api/campaigns" + (f"/{name}" if name else "")


def build_campaign(posting: Posting) -> dict[str, Any]:
    """Build what listmonk is told of a campaign, whoever gets it; its template brings the link to unsubscribe."""
    return {
        "name": f"{posting.day} {posting.title}",
        "subject": keep_text(posting.title),
        "type": "regular",
        "content_type": "html",
        "body": keep_html(posting.html),
        "altbody": keep_text(posting.files["issue.txt"].decode()),
        "tags": [_tag_of(posting)],
    }


def _tag_of(posting: Posting) -> str:
    return posting.key[-_LONGEST_TAG:]


# What begins an action of Go's templates, and what listmonk makes one of.
_OPENING = re.compile(r"\{(?=\{)|@(?=TrackLink)")


def keep_html(html: str) -> str:
    """Keep braces in HTML as they were typed: entities are no template, and a template leaves them alone."""
    return _OPENING.sub(lambda found: f"&#{ord(found[0])};", html)


def keep_text(text: str) -> str:
    """Keep braces in plain text as they were typed.

    A text with braces is a template for HTML to listmonk, which would escape its signs, or refuse it for a tag that is
    none; so it becomes one single action, in which Go finds a string.
    """
    if "{{" not in text:
        return text
    quoted = json.dumps(text, ensure_ascii=False).replace("{", r"\u007b").replace("@", r"\u0040")
    return f"{{{{ Safe {quoted} }}}}"
