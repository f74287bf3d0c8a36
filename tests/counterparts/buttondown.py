"""A local Buttondown: what its API does with mails, as its documentation and its answers have it (2026-04-01)."""

from __future__ import annotations

import re
import sys
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent.parent))

from counterparts.service import Asked, Counterpart, Reply, run

KEY = "bd-0123456789abcdef"
PAGE = 3  # small, so that few mails have several pages
_KNOWN = {
    "subject", "body", "status", "slug", "description", "canonical_url", "image", "metadata", "email_type",
    "publish_date", "secondary_id", "filters", "featured", "commenting_mode", "template",
}  # fmt: skip
_MAY_FOLLOW = {"draft": ("draft", "about_to_send", "scheduled"), "scheduled": ("draft", "scheduled", "about_to_send")}


class Buttondown(Counterpart):
    """Mails by id, answers by idempotency key, keys that have confirmed that they send, and what was sent."""

    def empty(self) -> dict[str, Any]:
        return {"emails": {}, "answers": {}, "confirmed": [], "sendings": []}

    @property
    def mails(self) -> list[dict[str, Any]]:
        """All mails that are not deleted, in the order in which they were made."""
        return [one for one in self.state["emails"].values() if one["status"] != "deleted"]

    @property
    def sendings(self) -> list[str]:
        """The subjects of mails, each time one was sent."""
        return [self.state["emails"][name]["subject"] for name in self.state["sendings"]]

    def reply(self, asked: Asked) -> Reply:
        if asked.headers.get("authorization") != f"Token {KEY}":
            return Reply(401, {"detail": "Invalid token."})
        if not asked.path.startswith("/v1/emails"):
            return Reply(404, {"detail": "Not Found"})
        name = asked.path.removeprefix("/v1/emails").strip("/")
        if name and name not in self.state["emails"]:
            return Reply(404, {"detail": "Not Found"})
        match asked.method, bool(name):
            case "GET", False:
                return self._list(asked)
            case "POST", False:
                return self._create_once(asked)
            case "GET", True:
                return Reply(200, self.state["emails"][name])
            case "PATCH", True:
                return self._update(self.state["emails"][name], asked.data)
            case "DELETE", True:
                self.state["emails"][name]["status"] = "deleted"
                return Reply(204, "")
        return Reply(405, {"detail": "Method not allowed"})

    def _list(self, asked: Asked) -> Reply:
        found = [*self.state["emails"].values()]
        if wanted := asked.query.get("ids"):
            found = [one for one in found if one["id"] == wanted]
        if since := asked.query.get("creation_date__start"):
            found = [one for one in found if one["creation_date"] >= since]
        found.sort(key=lambda one: one["creation_date"], reverse=asked.query.get("ordering") == "-creation_date")
        page = int(asked.query.get("page", 1))
        shown = found[(page - 1) * PAGE : page * PAGE]
        following = f"{self.url}/v1/emails?page={page + 1}" if len(found) > page * PAGE else None
        return Reply(200, {"results": shown, "next": following, "previous": None, "count": len(found)})

    def _create_once(self, asked: Asked) -> Reply:
        key = asked.headers.get("x-idempotency-key", "")
        if len(key) > 200:
            return Reply(400, {"code": "idempotency_key_invalid", "detail": "The key is too long."})
        if key in self.state["answers"]:
            return Reply(201, self.state["answers"][key])
        reply = self._create(asked)
        if key and reply.status == 201:
            self.state["answers"][key] = dict(reply.data)
        return reply

    def _create(self, asked: Asked) -> Reply:
        mail = asked.data
        status = mail.get("status", "draft" if asked.headers.get("x-api-version", "") >= "2026-04-01" else None)
        status = status or "about_to_send"
        token, bold = asked.headers["authorization"], asked.headers.get("x-buttondown-live-dangerously") == "true"
        if status == "about_to_send" and not bold and token not in self.state["confirmed"]:
            return Reply(400, {"code": "sending_requires_confirmation", "detail": "Confirm that you want to send."})
        if wrong := _judge(mail) or self._judge_slug(mail, None):
            return wrong
        made = datetime.now(UTC).isoformat()
        slug = mail.get("slug") or "mail"
        given = {
            "subject": mail["subject"], "metadata": {}, "description": "", "canonical_url": "", "image": "", "body": "",
            **mail,
        }  # fmt: skip
        name = str(uuid.uuid4())
        self.state["emails"][name] = {
            **given, "id": name, "status": status, "slug": slug, "creation_date": made, "source": "api",
            "absolute_url": f"https://buttondown.com/example/archive/{slug}/",
        }  # fmt: skip
        if status == "about_to_send":
            self.state["confirmed"].append(token)
            self.state["sendings"].append(name)
        return Reply(201, self.state["emails"][name])

    def _update(self, mail: dict[str, Any], changes: dict[str, Any]) -> Reply:
        if wrong := _judge({**mail, **changes}, changes) or self._judge_slug(changes, mail["id"]):
            return wrong
        if (status := changes.get("status", mail["status"])) not in _MAY_FOLLOW.get(mail["status"], (mail["status"],)):
            return Reply(400, {"code": "status_invalid", "detail": f"A mail that is {mail['status']} is not {status}."})
        if status == "about_to_send" != mail["status"]:
            self.state["sendings"].append(mail["id"])
        mail.update(changes)
        return Reply(200, mail)

    def _judge_slug(self, mail: dict[str, Any], name: str | None) -> Reply | None:
        taken = {one["slug"] for one in self.mails if one["id"] != name}
        if mail.get("slug") in taken:
            return Reply(400, {"code": "slug_invalid", "detail": "Another mail has this slug."})
        return None


def _judge(mail: dict[str, Any], given: dict[str, Any] | None = None) -> Reply | None:
    """Refuse what the API refuses."""
    if unknown := set(mail if given is None else given) - _KNOWN:
        return Reply(422, {"detail": f"extra fields: {', '.join(sorted(unknown))}"})
    if not mail.get("subject") or len(mail["subject"]) > 2000:
        return Reply(400, {"code": "subject_invalid", "detail": "A subject has 1 to 2000 characters."})
    if re.match(r"---\n", mail.get("body", "")):
        return Reply(400, {"code": "body_contains_frontmatter", "detail": "The body begins with front matter."})
    if re.search(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", parsed_and_written(mail.get("body", "") + mail["subject"])):
        return Reply(400, {"code": "body_invalid", "detail": "The template of the mail has an error."})
    url = mail.get("canonical_url", "")
    if url and not url.startswith(("https://", "http://")):
        return Reply(400, {"code": "canonical_url_invalid", "detail": "This is no address."})
    return None


def parsed_and_written(html: str) -> str:
    """Write HTML as a parser does that has read it: entities for braces are braces again."""
    return re.sub(r"&#(?:123|x7b);|&lbrace;", "{", html, flags=re.IGNORECASE)


if __name__ == "__main__":
    run(Buttondown)
