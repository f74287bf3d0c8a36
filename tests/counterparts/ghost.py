"""A server that takes posts as Ghost's Admin API does, and refuses what Ghost refuses.

Written from how Ghost 5.130 behaves. `python tests/counterparts/ghost.py --port 2368 --state FILE [--unmailed]`;
faults, log and control addresses are described in service.py.

    key          `KEY` below, as a token: HS256 by the bytes of its second half, `kid`, aud /admin/, good for at most
                 five minutes; without it 401
    posts        POST /ghost/api/admin/posts/?source=html, PUT and GET …/posts/ID/, GET …/posts/slug/SLUG/ and
                 …/pages/slug/SLUG/; `html` is shown with ?formats=html only
    html         of what does not stand in an HTML card only the text is kept; of a card the elements are
    slugs        are unique among posts and pages: a number is added to one that is taken
    updated_at   says from what a change was made; where the post has changed since, 409 UpdateCollisionError
    ?newsletter  is mailed when a draft with it becomes published, once for a post; 400 where there is none
    --unmailed   mails fail

The state is {"posts": [...], "pages": [slugs], "newsletters": [slugs], "sent": [ids of posts that were mailed],
"moment": a count of changes}. `steps` of code says how mails get on: the status at each look at a post.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent.parent))

from counterparts.service import Asked, Counterpart, Reply, run

KEY = "6b021c22010df95dcceee68a:cb557bbf10c5e96fe3535a7ba33309cd116fcd9438cb5823da1dc31ed1e96ba8"
NEWSLETTER = "default-newsletter"
_API = "/ghost/api/admin"
_GIVEN = ("title", "slug", "status", "canonical_url", "custom_excerpt", "feature_image", "tags")
_CARD = re.compile(r"<!--kg-card-begin: html-->(.*?)<!--kg-card-end: html-->", re.DOTALL)
_PUBLIC = ("published", "sent")


class Ghost(Counterpart):
    """The posts of a Ghost."""

    def __init__(self, state: Path | None = None, *, unmailed: bool = False) -> None:
        super().__init__(state)
        self.steps = ["submitting", "failed" if unmailed else "submitted"]

    def empty(self) -> dict[str, Any]:
        return {"posts": [], "pages": [], "newsletters": [NEWSLETTER], "sent": [], "moment": 0}

    @property
    def posts(self) -> list[dict[str, Any]]:
        return self.state["posts"]

    @property
    def published(self) -> list[dict[str, Any]]:
        return [one for one in self.posts if one["status"] in _PUBLIC]

    def reply(self, asked: Asked) -> Reply:
        if fault := _fault_of_token(asked.headers.get("Authorization", "")):
            return _refuse(401, "UnauthorizedError", fault)
        if page := re.fullmatch(rf"{_API}/pages/slug/([^/]+)/", asked.path):
            return Reply(200, {"pages": [{"slug": page[1]}]}) if page[1] in self.state["pages"] else _not_found()
        if asked.method == "POST" and asked.path == f"{_API}/posts/":
            return self._add(asked)
        if found := re.fullmatch(rf"{_API}/posts/(?:slug/([^/]+)|([0-9a-f]+))/", asked.path):
            post = next((one for one in self.posts if found[1] == one["slug"] or found[2] == one["id"]), None)
            if post is None:
                return _not_found()
            return self._read(asked, post) if asked.method == "GET" else self._edit(asked, post)
        return _refuse(501, "NotImplementedError", "The server does not support the functionality required")

    def _read(self, asked: Asked, post: dict[str, Any]) -> Reply:
        if (mail := post["email"]) and mail["status"] not in {"submitted", "failed"}:
            mail["status"] = self.steps[min(self.steps.index(mail["status"]) + 1, len(self.steps) - 1)]
            mail["error"] = "Bulk email has not been configured" if mail["status"] == "failed" else None
        return self._shown(asked, post, 200)

    def _shown(self, asked: Asked, post: Mapping[str, Any], status: int) -> Reply:
        hidden = () if asked.query.get("formats") == "html" else ("html",)
        url = f"{self.url}/{post['slug']}/" if post["status"] in _PUBLIC else f"{self.url}/p/{post['id']}/"
        return Reply(status, {"posts": [{**{k: v for k, v in post.items() if k not in hidden}, "url": url}]})

    def _add(self, asked: Asked) -> Reply:
        given = asked.data["posts"][0]
        post = {"id": f"{len(self.posts) + 0x6B02:024x}", "status": "draft", "email": None, "newsletter": None}
        return self._save(asked, post, {**post, "slug": "untitled", **_told(asked, given)}, 201)

    def _edit(self, asked: Asked, post: dict[str, Any]) -> Reply:
        given = asked.data["posts"][0]
        if not given.get("updated_at"):
            return _refuse(422, "ValidationError", "Validation failed for updated_at.")
        changed = {**post, **_told(asked, given)}
        if changed != post and given["updated_at"] != post["updated_at"]:
            return _refuse(409, "UpdateCollisionError", "Saving failed! Someone else is editing this post.")
        newsletter = asked.query.get("newsletter")
        appears = post["status"] not in _PUBLIC and changed["status"] in _PUBLIC
        if appears and newsletter and not post["newsletter"]:
            if newsletter not in self.state["newsletters"]:
                return _refuse(400, "BadRequestError", "The newsletter parameter doesn't match any active newsletter.")
            changed["newsletter"] = newsletter
        if changed["status"] == "draft" and not post["email"]:
            changed["newsletter"] = None
        if appears and changed["newsletter"] and not post["email"]:
            self.state["sent"].append(post["id"])
            changed["email"] = {"status": self.steps[0], "error": None, "created_at": "2026-11-21T12:00:00.000Z"}
        return self._save(asked, post, changed, 200)

    def _save(self, asked: Asked, post: dict[str, Any], changed: dict[str, Any], status: int) -> Reply:
        if not str(changed.get("title") or "").strip():
            return _refuse(422, "ValidationError", "Validation failed for title.")
        if len(changed["title"]) > 255:
            return _refuse(422, "ValidationError", "Title cannot be longer than 255 characters.")
        changed["slug"] = self._free_slug(changed["slug"], changed["id"])
        self.state["moment"] += 1
        minute, second = divmod(self.state["moment"], 60)
        changed["updated_at"] = f"2026-11-21T{minute // 60:02}:{minute % 60:02}:{second:02}.000Z"
        if changed["id"] not in {one["id"] for one in self.posts}:
            self.posts.append(post)
        post.update(changed)
        return self._shown(asked, post, status)

    def _free_slug(self, slug: str, number: str) -> str:
        taken = {one["slug"] for one in self.posts if one["id"] != number} | set(self.state["pages"])
        free, count = slug, 1
        while free in taken:
            count += 1
            free = f"{slug}-{count}"
        return free


def _told(asked: Asked, given: Mapping[str, Any]) -> dict[str, Any]:
    told = {name: given[name] for name in _GIVEN if name in given}
    if asked.query.get("source") == "html" and given.get("html"):
        told["html"] = _kept(given["html"])
    return told


def _kept(html: str) -> str:
    """Keep what Ghost's editor can hold: the elements within a card, else the text."""
    card = _CARD.search(html)
    if not card:
        return f"<p>{re.sub('<[^>]*>', '', html).strip()}</p>"
    first, last = card[1].find("<div"), card[1].rfind("</div>")
    inner = card[1][first : last + len("</div>")] if first >= 0 else re.sub(r"<!--.*?-->", "", card[1]).strip()
    return f"\n<!--kg-card-begin: html-->\n{inner}\n<!--kg-card-end: html-->\n"


def _fault_of_token(authorization: str) -> str:
    """Say what is wrong with a token; nothing where all is well."""
    try:
        scheme, token = authorization.split(" ")
        head, claims, signature = token.split(".")
        told, said = json.loads(_decoded(head)), json.loads(_decoded(claims))
        name, secret = KEY.split(":")
        signed = hmac.digest(bytes.fromhex(secret), f"{head}.{claims}".encode(), hashlib.sha256)
        if scheme != "Ghost" or told["alg"] != "HS256":
            return "Invalid token: invalid algorithm"
        if told["kid"] != name:
            return "Unknown Admin API Key"
        if not hmac.compare_digest(signed, _decoded(signature)):
            return "Invalid token: invalid signature"
        if said["aud"] != "/admin/":
            return "Invalid token: jwt audience invalid"
        now = time.time()
        return (
            "" if now < said["exp"] <= said["iat"] + 300 and said["iat"] > now - 300 else "Invalid token: jwt expired"
        )
    except (ValueError, KeyError):
        return "Invalid token"


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _refuse(status: int, kind: str, words: str) -> Reply:
    return Reply(status, {"errors": [{"message": words, "context": None, "type": kind}]})


def _not_found() -> Reply:
    return _refuse(404, "NotFoundError", "Resource not found error, cannot read post.")


if __name__ == "__main__":
    run(Ghost, "unmailed")
