"""Requests and answers as values, and what an answer means: what to do about it, in words without secrets."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

from pixeldigest.channels.failures import RefusedError, SettingsError, UnavailableError

_MOST_WORDS = 300
# Less than this is found in any text, and no secret.
_SHORTEST_SECRET = 6
# Where services say what is wrong, the most telling first.
_TELLING = ("errors", "error", "context", "message", "detail", "msg")


class Request(NamedTuple):
    """What to ask of a service; the secret goes into `headers` when it is sent."""

    method: str
    url: str
    body: bytes | None = None
    headers: Mapping[str, str] = MappingProxyType({})

    @property
    def words(self) -> str:
        """Say what it does, without what a query may hold."""
        return f"{self.method} {place_of(self.url)}"

    def __repr__(self) -> str:
        return f"Request({self.words})"


class Answer(NamedTuple):
    """What a service answers."""

    status: int
    body: bytes
    headers: Mapping[str, str]

    @property
    def data(self) -> Any:
        """The body as JSON; None where it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None

    def __repr__(self) -> str:
        return f"Answer({self.status})"  # some repeat what they were asked, with the key


def json_request(method: str, url: str, data: object | None = None, **headers: str) -> Request:
    """Make a request whose body is JSON; words of headers are joined by hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if data is None:
        return Request(method, url, None, named)
    body = json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
    return Request(method, url, body, {**named, "Content-Type": "application/json"})


def is_missing(answer: Answer) -> bool:
    """Tell whether the service says that there is nothing."""
    return answer.status == 404


def is_success(answer: Answer) -> bool:
    """Tell whether the service has done what it was asked."""
    return 200 <= answer.status < 300


def judge(request: Request, answer: Answer, *, hidden: Iterable[str] = ()) -> Answer:
    """Return an answer that says the request succeeded, and raise for any other: what to do about it.

    What is `hidden` stands in no message.
    """
    if is_success(answer):
        return answer
    host = urlsplit(request.url).hostname
    said = f"{host} answers {answer.status} to {request.method}{_words_of(answer, hidden)}"
    if answer.status in (401, 403):
        raise SettingsError(f"{said}; check the key, and what it may do")
    if answer.status in (408, 425, 429) or answer.status >= 500:
        raise UnavailableError(said)
    if 300 <= answer.status < 400:
        place = _redact(one_line(place_of(answer.headers.get("location", ""))), hidden)
        lead = f" and leads to '{place}'" if "://" in place.strip("/:") else ""
        raise SettingsError(f"{said}{lead}: it has moved; write the new address into the settings")
    raise RefusedError(said)


def _words_of(answer: Answer, hidden: Iterable[str]) -> str:
    """Find what a service says is wrong, in one line."""
    # Hidden first: a secret that is cut in two would not be found.
    line = one_line(_redact(_first_text(answer.data), hidden))
    return f" ({line})" if line else ""


def _first_text(data: object, depth: int = 0) -> str:
    """Find the first text in what services write in so many ways: {"errors": [{"message": "…"}]} and the like."""
    if isinstance(data, str):
        return data if depth else ""
    if depth > 4:
        return ""
    if isinstance(data, list):
        found = (_first_text(one, depth + 1) for one in data[:1])
    elif isinstance(data, dict):
        keys = _TELLING if depth == 0 or any(key in data for key in _TELLING) else list(data)[:1]
        found = (_first_text(data.get(key), depth + 1) for key in keys)
    else:
        return ""
    return next((text for text in found if text), "")


def secrets_of(headers: Mapping[str, str]) -> tuple[str, ...]:
    """Find what must not be shown of headers that authorize: the last word, and each part of `user:secret`."""
    words = [word for value in headers.values() for word in value.split()[-1:]]
    parts = [part for word in words for part in (word, *word.split(":"))]
    forms = {form for part in parts if len(part) >= _SHORTEST_SECRET for form in (part, quote(part, safe=""))}
    return tuple(sorted(forms, key=lambda form: (-len(form), form)))


def _redact(text: str, hidden: Iterable[str]) -> str:
    for secret in hidden:
        text = text.replace(secret, "…")
    return text


def place_of(url: str) -> str:
    """Name an address without what may be secret: a user, a password, a query."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "an address with brackets that do not match"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def one_line(text: str) -> str:
    """Write a text of somebody else's on one line, cut to a length that can be read."""
    clean = "".join(sign if sign.isprintable() else " " for sign in text[: 4 * _MOST_WORDS])
    return " ".join(clean.split())[:_MOST_WORDS]


def seconds_to_wait(answer: Answer, now: datetime) -> float:
    """Read Retry-After: seconds, or a moment (RFC 9110, 10.2.3)."""
    said = answer.headers.get("retry-after", "1").strip()
    if said.isdecimal():
        return max(1.0, float(said))
    try:
        return max(1.0, (parsedate_to_datetime(said) - now).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return 1.0
