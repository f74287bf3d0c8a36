"""A receiver of webhooks that takes them as Standard Webhooks 1.0 wants it: it verifies, and takes each but once."""

from __future__ import annotations

import base64
import hashlib
import hmac
import sys
import time
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent.parent))

from counterparts.service import Asked, Counterpart, Reply, run

KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # the specification's own
TOLERANCE = 5 * 60


class Hooks(Counterpart):
    """What was received, by the ids of the messages; `now` is the receiver's clock."""

    key = KEY
    now: float | None = None

    def empty(self) -> dict[str, Any]:
        return {"messages": {}}

    @property
    def events(self) -> list[dict[str, Any]]:
        """What happened, each once, in the order in which it came."""
        return [*self.state["messages"].values()]

    def reply(self, asked: Asked) -> Reply:
        name, moment = (asked.headers.get(f"webhook-{part}", "") for part in ("id", "timestamp"))
        signatures = asked.headers.get("webhook-signature", "").split(" ")
        if asked.method != "POST" or not name or not moment.isdecimal() or asked.data is None:
            return Reply(400, {"message": "this is no webhook"})
        now = time.time() if self.now is None else self.now
        if abs(now - int(moment)) > TOLERANCE:
            return Reply(400, {"message": "the timestamp is too old, or too new"})
        if not any(hmac.compare_digest(sign(self.key, name, moment, asked.body), one) for one in signatures):
            return Reply(401, {"message": "the signature is not right"})
        self.state["messages"].setdefault(name, asked.data)
        return Reply(204, "")


def sign(key: str, name: str, moment: str, body: bytes) -> str:
    """Sign a message as the specification says."""
    secret = base64.b64decode(key.removeprefix("whsec_")) if key.startswith("whsec_") else key.encode()
    digest = hmac.new(secret, f"{name}.{moment}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


if __name__ == "__main__":
    run(Hooks)
