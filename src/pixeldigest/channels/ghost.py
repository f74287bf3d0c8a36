"""The channel `ghost`: a post in Ghost, and where a newsletter is named, Ghost's mail of it."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Literal, NamedTuple
from urllib.parse import urlencode

from pydantic import Field, field_validator

from pixeldigest.channels.attempt import Attempt
from pixeldigest.channels.base import Keyed
from pixeldigest.channels.failures import RefusedError, SettingsError, UnavailableError, Unfinished
from pixeldigest.channels.http import Answer, Request, Service, is_missing, json_request
from pixeldigest.channels.posting import Outside, Posting, Receipt
from pixeldigest.channels.secrets import Secret
from pixeldigest.extras import need_extra
from pixeldigest.fields import Id, ServiceUrl

# Seconds that a token is good for: Ghost takes five minutes at most. Seconds between looks at a mail, and how many.
_LIFETIME = 240
_PAUSE = 2.0
_LOOKS = 4
# What Ghost has not mailed by then it may have forgotten, as when it was started anew in between.
_LONGEST_MAILING = timedelta(hours=1)
_PUBLIC = ("published", "sent")  # 'sent' is mailed only, which somebody can choose in Ghost
_MARK = re.compile(r"<!-- pixeldigest (\S+) (\S+) -->")


class Mail(NamedTuple):
    """How the mail of a post stands: pending, submitting, submitted or failed; `error` says why."""

    status: str
    error: str
    since: str


class Post(NamedTuple):
    """A post that is there."""

    id: str
    url: str
    title: str
    canonical_url: str
    html: str
    status: str
    updated_at: str
    mail: Mail | None

    @property
    def mark(self) -> tuple[str, str]:
        """The key of its issue and the digest of what it says; empty where somebody has made it by hand."""
        found = _MARK.search(self.html)
        return (found[1], found[2]) if found else ("", "")


class Ghost(Keyed):
    """A Ghost; its Admin API key comes from an integration of one's own."""

    updates: ClassVar[bool] = True
    asks: ClassVar[bool] = True

    type: Literal["ghost"]
    url: ServiceUrl = Field(description="the site, as in https://blog.example.org")
    newsletter: Id | None = Field(None, description="the newsletter in Ghost whose members are mailed; else nobody is")

    @property
    def mails(self) -> bool:  # type: ignore[override]
        """Whether members are mailed."""
        return self.newsletter is not None

    @field_validator("url")
    @classmethod
    def _strip_slash(cls, url: str) -> str:
        return url.rstrip("/")

    def publish(self, posting: Posting, attempt: Attempt) -> Receipt:
        """Bring the post in line: a draft first, whose id is noted before anybody sees it or is mailed."""
        ghost = self._service(attempt.outside, attempt)
        anew = not (attempt.known and attempt.known.content)
        post = self._find(ghost, posting, attempt.known)
        if post is None:
            post = self._create(ghost, posting)
            attempt.note(Receipt(post.id, post.url))
        if _lacking(post, posting):
            post = self._change(ghost, post, posting, mail=anew)
        if anew and self.newsletter:
            self._see_to_mail(ghost, post, attempt)
        return Receipt(post.id, post.url, posting.content)

    def find(self, posting: Posting, outside: Outside) -> Receipt | None:
        """Find the post, if it is published."""
        post = self._find(self._service(outside), posting, None)
        return Receipt(post.id, post.url, post.mark[1]) if post and post.status in _PUBLIC else None

    def withdraw(self, posting: Posting, attempt: Attempt) -> str | None:
        """Make a draft of the post."""
        ghost = self._service(attempt.outside, attempt)
        post = self._find(ghost, posting, None)
        if post is None:
            return None
        if post.status in _PUBLIC:
            answer = ghost.change(build_change(self.url, post, {"status": "draft"}), also=_collides)
            if _collides(answer):
                raise UnavailableError(f"somebody is editing the post {post.url} just now; the next run tries again")
        mailed = ", and the mails that Ghost has sent" if post.mail else ""
        return f"a draft at {self.url}/ghost{mailed}"

    def _service(self, outside: Outside, attempt: Attempt | None = None) -> Service:
        need_extra("publish", "the channel 'ghost'")
        key = self.secret("key", outside)
        return Service(self.id, lambda: {"Authorization": f"Ghost {sign_token(key, self.id)}"}, outside, attempt)

    def _find(self, ghost: Service, posting: Posting, known: Receipt | None) -> Post | None:
        """Find the post by its id, or by its slug; raises RefusedError where it is gone, or another's."""
        if known and known.remote_id:
            post = self._read(ghost, known.remote_id)
            if post is None:
                raise RefusedError(f"the post {known.remote_id} is not in Ghost any more; withdraw the issue")
            return post
        post = self._read(ghost, f"slug/{posting.slug}")
        if post and post.mark[0] != posting.key and post.canonical_url != posting.url:
            raise RefusedError(_taken(posting))
        return post

    def _read(self, ghost: Service, place: str) -> Post | None:
        answer = ghost.ask(_request("GET", f"{self.url}/ghost/api/admin/posts/{place}/?formats=html"), also=is_missing)
        return None if is_missing(answer) else _read_post(answer.data)

    def _create(self, ghost: Service, posting: Posting) -> Post:
        """Make a draft, unless a page has its slug: Ghost would number it, and the next run would make another."""
        page = _request("GET", f"{self.url}/ghost/api/admin/pages/slug/{posting.slug}/")
        if not is_missing(ghost.ask(page, also=is_missing)):
            raise RefusedError(_taken(posting))
        return _read_post(ghost.change(build_draft(self.url, posting)).data)

    def _change(self, ghost: Service, post: Post, posting: Posting, *, mail: bool) -> Post:
        """Publish a post, or change it; once more where somebody has changed it in the meantime."""
        for _ in range(2):
            newsletter = self.newsletter if mail and not post.mail else None
            request = build_change(self.url, post, {**build_post(posting), "status": _next(post)}, newsletter)
            collided = _collides(ghost.change(request, also=_collides))
            post = self._read(ghost, post.id) or post
            if not _lacking(post, posting):
                return post
            if not collided:
                raise RefusedError(f"{self.url} takes the post {post.id}, but {_lacking(post, posting)}")
        raise UnavailableError(f"somebody is editing the post {post.url} just now; the next run tries again")

    def _see_to_mail(self, ghost: Service, post: Post, attempt: Attempt) -> None:
        """Raise where the mail is not on its way, which Ghost does not say by itself (TryGhost/Ghost, issue 24490)."""
        for _ in range(_LOOKS):
            if post.mail is None:
                way_out = f"unpublish it at {self.url}/ghost, and the next run publishes and mails it"
                raise RefusedError(f"the post is published, but Ghost mails it to nobody; {way_out}")
            if post.mail.status == "failed":
                way_out = f"press 'Retry' where the post is shown at {self.url}/ghost"
                raise RefusedError(f"the post is published, but Ghost cannot mail it ({post.mail.error}); {way_out}")
            if post.mail.status == "submitted":
                return
            attempt.wait(_PAUSE)
            post = self._read(ghost, post.id) or post
        if post.mail and _is_overdue(post.mail, attempt.outside.now):
            raise RefusedError(f"Ghost does not get done with mailing the post since {post.mail.since}; see its log")
        raise Unfinished("Ghost is still mailing the post; the next run looks what came of it")


def build_post(posting: Posting) -> dict[str, Any]:
    """Build what a post is to be, but for its state.

    Ghost takes HTML apart unless it stands in an HTML card, and of a card keeps elements only: so all is within one.
    """
    inner = f"<!-- pixeldigest {posting.key} {posting.content} -->\n{posting.html.strip()}"
    told = {
        "title": posting.title,
        "html": f"<!--kg-card-begin: html-->\n<div>\n{inner}\n</div>\n<!--kg-card-end: html-->",
        "slug": posting.slug,
        "tags": [{"name": tag} for tag in posting.tags],
        "canonical_url": posting.url,
        "custom_excerpt": posting.summary,
        "feature_image": posting.cover,
    }
    return {name: value for name, value in told.items() if value}


def build_draft(url: str, posting: Posting) -> Request:
    """Build the request that makes a draft."""
    data = {"posts": [{**build_post(posting), "status": "draft"}]}
    return _request("POST", f"{url}/ghost/api/admin/posts/?source=html&formats=html", data)


def build_change(url: str, post: Post, state: Mapping[str, Any], newsletter: str | None = None) -> Request:
    """Build the request that changes a post from how it was read; a newsletter is mailed when it is published."""
    query = urlencode({"source": "html", **({"newsletter": newsletter} if newsletter else {})})
    data = {"posts": [{**state, "updated_at": post.updated_at}]}
    return _request("PUT", f"{url}/ghost/api/admin/posts/{post.id}/?{query}", data)


def _request(method: str, url: str, data: object = None) -> Request:
    return json_request(method, url, data, Accept_Version="v5.0")


def sign_token(key: Secret, channel: str) -> str:
    """Make a token of an Admin API key; raises SettingsError where it is none.

    It is good for minutes from now, whatever moment the run is for: so the clock is read here.
    """
    import jwt  # noqa: PLC0415 - of the extra `publish`, which may be missing

    name, _, secret = key.reveal().partition(":")
    if not re.fullmatch(r"[0-9a-f]+", name) or not re.fullmatch(r"(?:[0-9a-f]{2})+", secret):
        message = f"the key of '{channel}' is no Admin API key of Ghost, which is two long numbers with a colon between"
        raise SettingsError(message)
    now = int(time.time())
    claims = {"iat": now, "exp": now + _LIFETIME, "aud": "/admin/"}
    return jwt.encode(claims, bytes.fromhex(secret), algorithm="HS256", headers={"kid": name})


def _read_post(data: Any) -> Post:
    try:
        plain = data["posts"][0]
        names = ("id", "url", "title", "canonical_url", "html", "status", "updated_at")
        id_, url, title, canonical_url, html, status, updated_at = (str(plain.get(name) or "") for name in names)
        mail = _read_mail(plain["email"]) if plain.get("email") else None
        return Post(id_, url, title, canonical_url, html, status, updated_at, mail)
    except (AttributeError, IndexError, KeyError, TypeError):
        raise UnavailableError("what stands for a post is none; is it a Ghost?") from None


def _read_mail(plain: Mapping[str, Any]) -> Mail:
    return Mail(str(plain.get("status")), str(plain.get("error") or "it does not say why"), str(plain["created_at"]))


def _is_overdue(mail: Mail, now: datetime) -> bool:
    try:
        since = datetime.fromisoformat(mail.since)
    except ValueError:
        return False
    return now - since.replace(tzinfo=since.tzinfo or UTC) > _LONGEST_MAILING


def _collides(answer: Answer) -> bool:
    """Tell whether a post was changed since it was read."""
    return answer.status in (409, 422) and b"UpdateCollisionError" in answer.body


def _next(post: Post) -> str:
    return "sent" if post.status == "sent" else "published"


def _lacking(post: Post, posting: Posting) -> str:
    """Say what a post is not yet; nothing where it is in line."""
    if post.status not in _PUBLIC:
        return "does not publish it"
    return "" if post.mark == (posting.key, posting.content) else "keeps another text"


def _taken(posting: Posting) -> str:
    way_out = "give that one another slug"
    return f"a page or a post of somebody's own has the slug '{posting.slug}' in Ghost; {way_out}"
