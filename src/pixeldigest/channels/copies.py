"""One message for everybody → a copy for each recipient, the same bytes on every try."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from typing import NamedTuple

from pixeldigest.channels.secrets import Secret

_LENGTH = 32
# Stands where a recipient's token belongs in what is rendered for everybody. It is as long as one, and of letters and
# digits as they are: whatever a text was encoded as, and wherever its lines were broken, a token fits in its place.
STAND_IN = "recipienttoken".ljust(_LENGTH, "0")
_SOFT_BREAK = b"=\r\n"  # of quoted-printable
_TOKEN = f"(?:{_SOFT_BREAK.decode()})?".join(STAND_IN).encode()
_IN_HEAD = re.compile(rb"(^To: [^\r]*|^Message-ID: [^\r]*|" + _TOKEN + rb")", re.MULTILINE)
_IN_BODY = re.compile(rb"(" + _TOKEN + rb")")


class Original(NamedTuple):
    """The message for everybody, taken apart: between two literal pieces stands one that differs in each copy."""

    pieces: tuple[bytes, ...]
    sender: str
    message_id: str

    @property
    def takes_token(self) -> bool:
        """Whether a recipient's token belongs into it."""
        return any(_IN_BODY.fullmatch(piece) for piece in self.pieces[1::2])


class Copy(NamedTuple):
    """What differs in a recipient's copy; without a token the unsubscribe address names nobody."""

    address: str
    message_id: str
    token: str = ""


def read_original(message: bytes) -> Original:
    """Take a message apart once, so that each copy is only joined."""
    from email.parser import BytesHeaderParser  # noqa: PLC0415 - settings need none of it
    from email.policy import default  # noqa: PLC0415

    head, blank, body = message.partition(b"\r\n\r\n")
    fields = BytesHeaderParser(policy=default).parsebytes(head + blank)
    above, below = _IN_HEAD.split(head), _IN_BODY.split(blank + body)
    pieces = (*above[:-1], above[-1] + below[0], *below[1:])
    return Original(pieces, fields["From"].addresses[0].addr_spec, str(fields["Message-ID"]).strip("<>"))


def write_copy(original: Original, copy: Copy) -> bytes:
    """Write a recipient's copy of the message."""
    pieces = list(original.pieces)
    pieces[1::2] = [_fill(place, copy) for place in pieces[1::2]]
    return b"".join(pieces)


def _fill(place: bytes, copy: Copy) -> bytes:
    if place.startswith(b"To: "):
        return f"To: {copy.address}".encode()
    if place.startswith(b"Message-ID: "):
        return f"Message-ID: <{copy.message_id}>".encode()
    return _spell(copy.token.encode(), place)


def _spell(token: bytes, place: bytes) -> bytes:
    """Put a token's signs where those of its stand-in are, with the line breaks that stand between them."""
    first, *others = place.split(_SOFT_BREAK)
    spelt, at = token[: len(first)], len(first)
    for part in others:
        spelt += _SOFT_BREAK + token[at : at + len(part)]
        at += len(part)
    return spelt


def make_token(key: Secret, address: str) -> str:
    """Make the token by which a recipient unsubscribes: nobody can make another's without the key."""
    return _authenticate(key.reveal(), address.lower())


def make_message_id(original: Original, address: str, key: Secret | None, *, reason: str = "") -> str:
    """Make the Message-ID of a recipient's copy, the same on every try; it does not tell the address.

    A message for another `reason` has another, so that no mailbox takes the two for one.
    """
    name, _, host = original.message_id.partition("@")
    mac = _authenticate(key.reveal() if key else "", f"{original.message_id}\n{address.lower()}\n{reason}")
    return f"{name}.{mac}@{host}"


def _authenticate(key: str, text: str) -> str:
    """Compute an HMAC-SHA256 as small letters and digits, shortened to 160 bits."""
    mac = hmac.digest(key.encode(), text.encode(), hashlib.sha256)
    return base64.b32encode(mac).decode().lower()[:_LENGTH]
