"""A local listmonk: what its API does with campaigns, as its source has it (v4 to v6)."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent.parent))

from counterparts.service import Asked, Counterpart, Reply, run

USER, TOKEN = "digest", "lm-0123456789abcdef"
LISTS = (1, 2)
MOST_A_PAGE = 3  # it is 50; small, so that few campaigns have several pages
# What a campaign may become, and from what.
_MAY_BECOME = {
    "draft": ("scheduled",),
    "scheduled": ("draft", "paused"),
    "running": ("draft", "paused"),
    "paused": ("running",),
    "cancelled": ("running", "paused"),
}


class Listmonk(Counterpart):
    """Campaigns by their number, and each time one was started."""

    filters_tags = True  # older versions list all campaigns, whatever tag is asked for

    def empty(self) -> dict[str, Any]:
        return {"campaigns": {}, "sendings": []}

    @property
    def mails(self) -> list[dict[str, Any]]:
        """All campaigns, in the order in which they were made."""
        return [*self.state["campaigns"].values()]

    @property
    def sendings(self) -> list[str]:
        """The subjects of campaigns as readers see them, each time one was started."""
        return [render(self.state["campaigns"][str(number)]["subject"]) for number in self.state["sendings"]]

    def reply(self, asked: Asked) -> Reply:
        if asked.headers.get("authorization") != f"token {USER}:{TOKEN}":
            return Reply(403, {"message": "invalid session"})
        found = re.fullmatch(r"/api/campaigns(?:/(\d+)(/status)?)?", asked.path)
        if not found:
            return Reply(404, {"message": "Not Found"})
        number, status = found[1], found[2]
        if number is None:
            return self._list(asked) if asked.method == "GET" else self._create(asked.data)
        campaign = self.state["campaigns"].get(number)
        if campaign is None:
            return Reply(400, {"message": "Campaign not found"})
        match asked.method, bool(status):
            case "PUT", True:
                return self._set_status(campaign, asked.data["status"])
            case "PUT", False:
                return self._update(campaign, asked.data)
            case "DELETE", False:
                del self.state["campaigns"][number]
                return Reply(200, {"data": True})
            case "GET", False:
                return Reply(200, {"data": campaign})
        return Reply(405, {"message": "Method not allowed"})

    def _list(self, asked: Asked) -> Reply:
        tag = asked.query.get("tag") if self.filters_tags else None
        found = [one for one in self.mails if tag is None or tag in one["tags"]]
        most = min(int(asked.query.get("per_page", 20)), MOST_A_PAGE)
        page = int(asked.query.get("page", 1))
        if asked.query.get("order") == "desc":
            found.reverse()
        shown = [{**one, "body": ""} for one in found[(page - 1) * most : page * most]]
        if not shown:
            return Reply(200, {"data": {"results": [], "query": "", "total": 0, "per_page": 0, "page": 0}})
        data = {"results": shown, "query": "", "total": len(found), "per_page": most, "page": page}
        return Reply(200, {"data": data})

    def _create(self, given: dict[str, Any]) -> Reply:
        if wrong := _judge(given):
            return Reply(400, {"message": wrong})
        number = max(map(int, self.state["campaigns"]), default=0) + 1
        tags = [re.sub(r"\s+", "-", tag.strip().lower()) for tag in given.get("tags", [])]
        made = {**given, "id": number, "tags": tags, "status": "draft", "sent": 0}
        self.state["campaigns"][str(number)] = made
        return Reply(200, {"data": made})

    def _update(self, campaign: dict[str, Any], given: dict[str, Any]) -> Reply:
        if campaign["status"] not in ("draft", "paused", "scheduled"):
            return Reply(400, {"message": "Cannot update a running or a finished campaign."})
        if wrong := _judge({**campaign, "lists": [], **given}):
            return Reply(400, {"message": wrong})
        campaign.update(given)
        return Reply(200, {"data": campaign})

    def _set_status(self, campaign: dict[str, Any], status: str) -> Reply:
        was = campaign["status"]
        if was not in _MAY_BECOME.get(status, ()):
            return Reply(400, {"message": f"a campaign that is {was} cannot be {status}"})
        if status == "running" and was == "draft":
            self.state["sendings"].append(campaign["id"])
        campaign["status"] = status
        return Reply(200, {"data": campaign})


def _judge(given: dict[str, Any]) -> str | None:
    """Say what is wrong with a campaign."""
    if not 1 <= len(given.get("name", "")) <= 2000:
        return "Invalid length for name."
    if not 1 <= len(given.get("subject", "")) <= 5000:
        return "Invalid length for subject."
    if not given.get("lists") or not set(given["lists"]) <= set(LISTS):
        return "No lists selected."
    for name in ("subject", "body", "altbody"):
        try:
            render(given.get(name) or "")
        except ValueError as error:
            return f"Error compiling campaign body: {error}"
    return None


def render(text: str) -> str:
    """Do what Go does with a text as a template, as far as we need: an action of `Safe` and a string only."""
    text = re.sub(r"(https?://.+?)@TrackLink", r'{{ TrackLink "\1" . }}', text) if "{{" in text else text
    rendered, rest = "", text
    while "{{" in rest:
        before, _, rest = rest.partition("{{")
        found = re.match(r' Safe ("(?:[^"\\]|\\.)*") \}\}', rest)
        if not found:
            raise ValueError(f"function {rest[:10]!r} not defined")
        rendered += before + json.loads(found[1])
        rest = rest[found.end() :]
    return rendered + rest


if __name__ == "__main__":
    run(Listmonk)
