"""The channel `webhook`: signed JSON to an address of one's own, as Standard Webhooks have it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import datetime
from typing import ClassVar, Literal

from pydantic import Field

from pixeldigest.channels.attempt import Attempt
from pixeldigest.channels.base import Keyed
from pixeldigest.channels.failures import SettingsError
from pixeldigest.channels.http import Request, Service
from pixeldigest.channels.posting import Posting, Receipt
from pixeldigest.channels.secrets import Secret
from pixeldigest.fields import Url

Happening = Literal["issue.published", "issue.updated", "issue.withdrawn"]
_BASE64 = "whsec_"


class Webhook(Keyed):
    """An address that is told of each issue; it gets the issue as data, signed with the key."""

    formats: ClassVar[tuple[str, ...]] = ("data",)
    updates: ClassVar[bool] = True

    type: Literal["webhook"]
    url: Url = Field(description="the address that is told, as in https://example.org/hooks/daily")

    def publish(self, posting: Posting, attempt: Attempt) -> Receipt:
        """Tell that there is an issue, or that what it says has changed."""
        told = attempt.known if attempt.known and attempt.known.content else None
        name = name_message(posting, told)
        self._tell("issue.updated" if told else "issue.published", name, posting, attempt)
        return Receipt(name, posting.url, posting.content)

    def withdraw(self, posting: Posting, attempt: Attempt) -> str | None:
        """Tell that the issue is withdrawn."""
        self._tell("issue.withdrawn", f"{posting.key}/withdrawn", posting, attempt)
        return None

    def _tell(self, happening: Happening, name: str, posting: Posting, attempt: Attempt) -> None:
        now = attempt.outside.now
        body = build_message(happening, posting, now)
        headers = {
            "Content-Type": "application/json",
            **sign(body, name, now, self.secret("key", attempt.outside), self.id),
        }
        Service(self.id, dict, attempt.outside, attempt).change(Request("POST", self.url, body, headers))


def name_message(posting: Posting, told: Receipt | None) -> str:
    """Name a message by what it tells and what was told before: the same on every try, and another for what is new.

    What was told before counts, since an issue that is changed and changed back would else be taken as told already.
    """
    before = told.remote_id if told else ""
    return f"{posting.key}/{hashlib.sha256(f'{before} {posting.content}'.encode()).hexdigest()[:32]}"


def build_message(happening: Happening, posting: Posting, now: datetime) -> bytes:
    """Build the JSON that tells what happened; of an issue that is published the same on every try."""
    moment = posting.published if happening == "issue.published" else now
    about = {"date": posting.day.isoformat(), "number": posting.number, "url": posting.url}
    if happening != "issue.withdrawn":
        about["issue"] = json.loads(posting.files["issue.json"])
    message = {"type": happening, "timestamp": moment.isoformat(), "data": about}
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()


def sign(body: bytes, name: str, now: datetime, key: Secret, channel: str) -> dict[str, str]:
    """Sign a message as Standard Webhooks 1.0 has it: HMAC-SHA256 over its id, the moment and itself."""
    moment = str(int(now.timestamp()))
    digest = hmac.digest(_bytes_of(key, channel), f"{name}.{moment}.".encode() + body, hashlib.sha256)
    signature = f"v1,{base64.b64encode(digest).decode()}"
    return {"webhook-id": name, "webhook-timestamp": moment, "webhook-signature": signature}


def _bytes_of(key: Secret, channel: str) -> bytes:
    """Return the bytes that a key stands for: those that are encoded behind `whsec_`, or its own."""
    text = key.reveal()
    if not text.startswith(_BASE64):
        return text.encode()
    try:
        decoded = base64.b64decode(text.removeprefix(_BASE64), validate=True)
    except ValueError:
        decoded = b""
    if not decoded:
        raise SettingsError(f"behind '{_BASE64}' the key of '{channel}' is not base64; copy it anew")
    return decoded
