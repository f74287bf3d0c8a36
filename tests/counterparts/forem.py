"""A server that takes articles as Forem does, the software of dev.to, and refuses what Forem refuses.

Written from what is known of its behaviour. `python tests/counterparts/forem.py --port 8025 --state FILE [--paced]
[--hasty]`; faults, log and control addresses are described in service.py.

    key              `forem-key`, in the header api-key; without it 401, without a User-Agent 403
    articles         POST /api/articles, PUT and GET /api/articles/N; GET /api/articles/me, /me/published,
                     /me/unpublished, /me/all with `page` and `per_page` (30, at most 1000); nothing can be deleted
    GET …/N          published articles only
    front matter     overrides parameters
    titles           at most 128 characters; what is neither word nor punctuation becomes a space; refused for five
                     minutes after an article of the same title was created
    tags             at most four, of at most 30 letters and digits
    canonical_url    unique among published articles only
    published_at     in the future or at most 15 minutes ago at the first publication, and frozen from then on
    text             at most 800 kB; bare fences are given a language
    --paced          a write a second, 10 created and 30 changed in 30 seconds; more is 429 with Retry-After
    --hasty          a title may come again at once, for rehearsals in which days take seconds

The state is {"articles": [...]}, the latest last, each as the API shows it, with its "user" and "created".
"""

from __future__ import annotations

import json
import re
import sys
import time
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent.parent))

from counterparts.service import Asked, Counterpart, Reply, run

KEY = "forem-key"
USER = "pixelbank"
_MOST_BYTES = 800_000
_KEPT = frozenset("$+<=>^`|~©®™\t\u200c\u200d")
_PARAMETERS = ("title", "body_markdown", "published", "series", "main_image", "canonical_url", "description", "tags")
_FRONT = {"cover_image": "main_image"}


class NotTakenError(Exception):
    """Why Forem does not take an article."""


class Forem(Counterpart):
    """The articles of a Forem; `clock` is its own."""

    def __init__(
        self,
        state: Path | None = None,
        *,
        paced: bool = False,
        hasty: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(state)
        self.paced = paced
        self.hasty = hasty
        self.clock = clock
        self._writes: list[tuple[str, float]] = []

    def empty(self) -> dict[str, Any]:
        return {"articles": []}

    @property
    def articles(self) -> list[dict[str, Any]]:
        return self.state["articles"]

    @property
    def published(self) -> list[dict[str, Any]]:
        return [one for one in self.articles if one["published"]]

    def reply(self, asked: Asked) -> Reply:
        if not asked.headers.get("User-Agent"):
            return Reply(403, "Forbidden Bots", {"Content-Type": "text/plain"})
        number = re.fullmatch(r"/api/articles/(\d+)", asked.path)
        if asked.method == "GET" and number:
            return self._show(int(number[1]))
        if asked.headers.get("api-key") != KEY:
            return Reply(401, {"error": "unauthorized", "status": 401})
        if asked.method == "GET" and asked.path.startswith("/api/articles/me"):
            return self._list(asked)
        if asked.method == "POST" and asked.path == "/api/articles":
            return self._write(asked, None)
        if asked.method == "PUT" and number:
            return self._write(asked, int(number[1]))
        return _not_found()

    def _show(self, number: int) -> Reply:
        found = [one for one in self.published if one["id"] == number]
        return Reply(200, found[0]) if found else _not_found()

    def _list(self, asked: Asked) -> Reply:
        kind = asked.path.removeprefix("/api/articles/me").strip("/") or "published"
        if kind not in {"all", "published", "unpublished"}:
            return _not_found()
        mine = [one for one in reversed(self.articles) if one["user"] == USER]
        shown = [one for one in mine if kind in {"all", "published" if one["published"] else "unpublished"}]
        size = min(int(asked.query.get("per_page", 30)), 1000)
        start = (max(int(asked.query.get("page", 1)), 1) - 1) * size
        return Reply(200, shown[start : start + size])

    def _write(self, asked: Asked, number: int | None) -> Reply:
        if self.paced and (seconds := self._seconds_to_wait(asked.method)):
            return Reply(429, {"error": "Rate limit reached", "status": 429}, {"Retry-After": str(seconds)})
        given = asked.data.get("article") if isinstance(asked.data, dict) else None
        if not isinstance(given, dict) or not given:
            return _refuse("param is missing or the value is empty: article")
        before = next((one for one in self.articles if one["id"] == number and one["user"] == USER), None)
        if number is not None and before is None:
            return _not_found()
        self._writes.append((asked.method, self.clock()))
        try:
            article = self._article(before, given)
            self._check(before, article)
        except NotTakenError as refusal:
            return _refuse(str(refusal))
        self._keep(article)
        return Reply(200 if before else 201, article)

    def _seconds_to_wait(self, method: str) -> int:
        now = self.clock()
        if any(now - moment < 1 for _, moment in self._writes):
            return 1
        most = 10 if method == "POST" else 30
        recent = [moment for one, moment in self._writes if one == method and now - moment < 30]
        return 30 if len(recent) >= most else 0

    def _article(self, before: Mapping[str, Any] | None, given: Mapping[str, Any]) -> dict[str, Any]:
        """Make an article of what it was and what is given; front matter has the last word."""
        number = before["id"] if before else 1 + max((one["id"] for one in self.articles), default=100)
        old = before or {"id": number, "user": USER, "created": self.clock(), "published_at": None, "published": False}
        told = {name: given[name] for name in (*_PARAMETERS, "published_at", "organization_id") if name in given}
        text = told.get("body_markdown", old.get("body_markdown", "")) or ""
        told |= _front_matter(text)
        article = {**dict.fromkeys(_PARAMETERS), **old, **told, "body_markdown": _name_languages(text)}
        article["title"] = _kept_title(str(article["title"] or ""))
        article["tag_list"] = article["tags"] = _tags(article["tags"])
        article["published"] = article["published"] in (True, "true")
        if article["published"] and not article["published_at"]:
            article["published_at"] = _written(self.clock())
        if not before:
            slug = re.sub(r"[^a-z0-9]+", "-", article["title"].lower()).strip("-")
            article["slug"] = f"{slug}-{number:x}"
            article["url"] = f"{self.url}/{USER}/{article['slug']}"
        article["canonical_url"] = article["canonical_url"] or article["url"]
        return article

    def _check(self, before: Mapping[str, Any] | None, article: Mapping[str, Any]) -> None:
        """Raise NotTakenError where Forem would."""
        complaints = (*_complaints(article), *self._clashes(before, article), *self._untimely(before, article))
        if complaints:
            raise NotTakenError(", ".join(complaints))

    def _clashes(self, before: Mapping[str, Any] | None, article: Mapping[str, Any]) -> Iterator[str]:
        others = [one for one in self.articles if one["id"] != article["id"]]
        recent = (one for one in others if one["user"] == USER and self.clock() - one["created"] < 300)
        if not before and not self.hasty and any(one["title"] == article["title"] for one in recent):
            yield "Title has already been used in the last five minutes"
        taken = (one["canonical_url"] for one in others if one["published"])
        if article["published"] and article["canonical_url"] in taken:
            yield "Canonical url has already been taken. Email support@forem.example for further details."

    def _untimely(self, before: Mapping[str, Any] | None, article: Mapping[str, Any]) -> Iterator[str]:
        was = before["published_at"] if before else None
        if was and article["published_at"] != was:
            yield "published_at: updating published_at for articles that have already been published is not allowed"
        elif not was and article["published_at"]:
            earliest = datetime.fromtimestamp(self.clock(), UTC) - timedelta(minutes=15)
            if datetime.fromisoformat(article["published_at"]) < earliest:
                yield "published_at: only future or current published_at allowed"

    def _keep(self, article: dict[str, Any]) -> None:
        place = next((at for at, one in enumerate(self.articles) if one["id"] == article["id"]), None)
        if place is None:
            self.articles.append(article)
        else:
            self.articles[place] = article

    def add(self, *, user: str = USER, **fields: Any) -> dict[str, Any]:
        """Put an article there by hand, as somebody does in the editor; nothing is checked."""
        article = self._article(None, {"title": "By hand", "body_markdown": "Text", **fields}) | {"user": user}
        self._keep(article)
        return article


def _complaints(article: Mapping[str, Any]) -> Iterator[str]:
    if not article["title"]:
        yield "Title can't be blank"
    if len(article["title"]) > 128:
        yield "Title is too long (maximum is 128 characters)"
    if len(article["body_markdown"].encode()) > _MOST_BYTES:
        yield "Body markdown is too long."
    if len(article["tags"]) > 4:
        yield "Tag list exceed the maximum of 4 tags"
    for tag in article["tags"]:
        if not re.fullmatch(r"[^\W_]+", tag):
            yield f'Tag "{tag}" contains non-alphanumeric or prohibited unicode characters'
        if len(tag) > 30:
            yield f'Tag "{tag}" is too long (maximum is 30 characters)'


def _front_matter(text: str) -> dict[str, Any]:
    """Read what stands between the first two `---`, a line a value."""
    found = re.match(r"---[ \t]*\n(.*?\n)---[ \t]*(?:\n|\Z)", text, re.DOTALL)
    pairs = (line.partition(":") for line in (found[1].splitlines() if found else ()) if ":" in line)
    told = {name.strip(): value.strip() for name, _, value in pairs}
    return {_FRONT.get(name, name): json.loads(one) if one[:1] == '"' else one for name, one in told.items() if one}


def _kept_title(title: str) -> str:
    """Make spaces of what Forem does not know in titles."""
    kept = (
        sign if sign in _KEPT or unicodedata.category(sign)[0] in "LMPZ" or _counts(sign) else " " for sign in title
    )
    return " ".join("".join(kept).split())


def _counts(sign: str) -> bool:
    return unicodedata.category(sign) in {"Nd", "Nl", "Sc"} or sign >= "\U0001f000"


def _tags(tags: object) -> list[str]:
    words = tags.split(",") if isinstance(tags, str) else tags or []
    return [str(word).strip().lower() for word in words]


def _name_languages(text: str) -> str:
    """Give bare fences a language, as Forem does to what is sent."""
    lines, within = text.split("\n"), False
    for place, line in enumerate(lines):
        if line.startswith("```"):
            lines[place] = "```plaintext" if line == "```" and not within else line
            within = not within
    return "\n".join(lines)


def _written(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds")


def _refuse(words: str) -> Reply:
    return Reply(422, {"error": words, "status": 422})


def _not_found() -> Reply:
    return Reply(404, {"error": "not found", "status": 404})


if __name__ == "__main__":
    run(Forem, "paced", "hasty")
