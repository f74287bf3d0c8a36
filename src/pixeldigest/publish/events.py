"""What a run of `publish` does, as values, and as lines."""

from __future__ import annotations

import json
from datetime import date
from typing import Any, Literal, NamedTuple

Happened = Literal[
    "recorded", "built", "published", "updated", "withdrawn", "kept", "adopted", "skipped", "waiting", "unfinished",
    "would", "failed", "busy", "unheard", "tested",
]  # fmt: skip


class Event(NamedTuple):
    """One thing that a run has done, or not, and why; `status` is the exit status that it asks for."""

    happened: Happened
    words: str = ""
    channel: str | None = None
    day: date | None = None
    url: str = ""
    status: int = 0
    number: int | None = None
    page: str | None = None

    @property
    def subject(self) -> str:
        """Name what it is about, so that a trouble that lasts is told once a day only."""
        return "/".join(str(one) for one in (self.channel or "publish", self.day) if one)


def format_event(event: Event) -> str:
    """Write an event as a line; where no channel is concerned, its words say all."""
    if event.channel is None:
        return event.words
    said = " ".join(one for one in (_WORDS.get(event.happened, event.happened), event.url) if one)
    return ": ".join(one for one in (f"{event.day} {event.channel}", said, event.words) if one)


def event_as_data(event: Event) -> dict[str, Any]:
    """Flatten an event for JSON, without what it does not have."""
    plain = {
        "event": event.happened,
        "date": event.day.isoformat() if event.day else None,
        "number": event.number,
        "page": event.page,
        "channel": event.channel,
        "url": event.url or None,
        "message": event.words or None,
        "status": event.status or None,
    }
    return {key: value for key, value in plain.items() if value is not None}


def event_as_json(event: Event) -> str:
    """Write an event as a line of JSON."""
    return json.dumps(event_as_data(event), ensure_ascii=False)


_WORDS = {
    "tested": "",
    "waiting": "waits",
    "unfinished": "goes on in the next run",
    "kept": "withdrawn, but this stays",
}
