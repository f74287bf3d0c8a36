"""Letter → the bytes of a message (RFC 5322), the same on every machine."""

from __future__ import annotations

import hashlib
import mimetypes
import re
from collections.abc import Iterator
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import NamedTuple
from urllib.parse import urlsplit

from pixeldigest.formats.letter import Letter
from pixeldigest.settings import Mail

# The longest line of the standard: a shorter limit would break long addresses in List-Unsubscribe into encoded words.
_HEADERS = SMTP.clone(max_line_length=998)


class Attachment(NamedTuple):
    """A picture that the HTML shows as `cid:name`."""

    name: str
    content: bytes


def make_message(
    letter: Letter, settings: Mail, html: str, text: str, attachments: tuple[Attachment, ...] = ()
) -> bytes:
    """Write a complete message: multipart/alternative, its text first, lines ending in CRLF.

    It names no recipient: who sends it adds one, and puts a token where its stand-in is (channels/copies.py).
    """
    message = EmailMessage(policy=SMTP)
    for name, value in _headers(letter, settings):
        message.set_raw(name, value)
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    *_, page = message.iter_parts()
    for one in attachments:
        kind, _, subtype = (mimetypes.guess_type(one.name)[0] or "image/png").partition("/")
        page.add_related(one.content, kind, subtype, cid=f"<{one.name}>", disposition="inline", filename=one.name)
    _settle_parts(message, f"{letter.newsletter_id}/{letter.id}")
    return message.as_bytes(policy=_HEADERS)


def _headers(letter: Letter, settings: Mail) -> Iterator[tuple[str, str]]:
    """Yield headers as they stand in the message: the standard library would decode a title that looks encoded."""
    host = urlsplit(letter.site_url).hostname or "localhost"
    yield "From", _address(settings.from_)
    yield "To", "undisclosed-recipients:;"
    yield "Reply-To", _address(settings.reply_to or settings.from_)
    yield "Subject", letter.subject if _is_plain(letter.subject) else _encoded(letter.subject)
    yield "Date", format_datetime(letter.moment)
    yield "Message-ID", f"<{letter.id}.{letter.newsletter_id}@{host}>"
    yield "List-Id", f"{_phrase(letter.newsletter_title)} <{letter.newsletter_id}.{host}>"
    yield "List-Archive", f"<{letter.site_url}>"
    yield "Archived-At", f"<{letter.url}>"
    if settings.unsubscribe_url:
        yield "List-Unsubscribe", f"<{settings.unsubscribe_url}>"
        if settings.unsubscribe_url.startswith("https:"):
            yield "List-Unsubscribe-Post", "List-Unsubscribe=One-Click"  # RFC 8058


def _address(written: str) -> str:
    name, bracket, address = written.rpartition("<")
    name = name.strip().strip('"')
    return f"{_phrase(name)} <{address}" if bracket and name else address.removesuffix(">")


def _phrase(name: str) -> str:
    """Write a name before an address: in quotes where it has signs of the standard's own, else encoded."""
    if not _is_plain(name):
        return _encoded(name)
    return name if re.fullmatch(r"[\w !#$%&'*+/=?^`{|}~-]+", name) else '"' + re.sub(r'(["\\])', r"\\\1", name) + '"'


def _is_plain(text: str) -> bool:
    return text.isascii() and "=?" not in text


def _encoded(text: str) -> str:
    """Write encoded words (RFC 2047)."""
    return Header(text, "utf-8").encode(linesep="\r\n")


def _settle_parts(message: EmailMessage, name: str) -> None:
    """Give the parts boundaries that are not drawn by chance, and only the whole a version."""
    for number, part in enumerate(message.walk()):
        if part.is_multipart():
            part.set_boundary("=_" + hashlib.sha256(f"{name}/{number}".encode()).hexdigest()[:32])
        if number:
            del part["MIME-Version"]
