"""Attempts at channels without a ledger, and issues to try with; each attempt can be killed at any step."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from pixeldigest.channels import Channel
from pixeldigest.channels.attempt import Attempt
from pixeldigest.channels.failures import WouldDo
from pixeldigest.channels.posting import Outside, Posting, Receipt
from pixeldigest.diagnostics import UserError

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
POSTING = Posting(
    newsletter="small-daily",
    day=date(2026, 11, 21),
    number=4,
    title="Means — Deep Dive",
    summary="What a mean is.",
    url="https://daily.example.org/news/issues/2026-11-21/",
    site_url="https://daily.example.org/news/",
    language="en",
    published=datetime(2026, 11, 21, 6, 30, tzinfo=UTC),
    content="c1",
    tags=("statistics",),
    cover="https://daily.example.org/news/assets/cover.png",
    files={"issue.txt": b"Means\n", "issue.json": b'{"title":"Means"}'},
    html="<h2>Means</h2>\n<p>A mean.</p>",
)
ISSUE = "https://daily.example.org/issues/2026-11-21/"
POST = """---
title: "Sums — Deep Dive"
published: false
description: "Adding up."
tags: llm, machinelearning
canonical_url: "https://daily.example.org/issues/2026-11-21/"
cover_image: "https://daily.example.org/issues/2026-11-21/cover.png"
series: "Daily"
---

## Sums

A *sum*.

```
1 + 1
```
"""


def posting(content: str = "c1", post: str = POST, **changes: Any) -> Posting:
    """Make an issue whose entries say what `content` stands for."""
    plain = Posting(
        newsletter="daily",
        day=date(2026, 11, 21),
        number=214,
        title="Sums — Deep Dive",
        summary="Adding up.",
        url=ISSUE,
        site_url="https://daily.example.org/",
        language="en",
        published=NOW,
        content=content,
        tags=("llm", "machine-learning"),
        series="Daily",
        files={"devto.md": post.encode()},
        html=f"<h2>Sums</h2>\n<p>A <em>sum</em>, as {content} has it.</p>",
    )
    return plain._replace(**changes)


class KilledError(BaseException):
    """What is left of a process that was killed."""


def attempt(
    outside: Outside,
    before: Callable[[str], object] = lambda _: None,
    known: Receipt | None = None,
    *,
    note: Callable[[Receipt], object] = lambda _: None,
    deliveries: Any = None,
    wait: Callable[[float], object] = lambda _: None,
    dry_run: bool = False,
) -> Attempt:
    """Set up an attempt; a dry run stops before its first effect."""
    return Attempt(known, outside, _stop if dry_run else before, note, deliveries, wait)


def _stop(effect: str) -> None:
    raise WouldDo(effect)


def failure(run: Callable[[], object]) -> tuple[int, str]:
    """Say with what status and words an attempt fails."""
    with pytest.raises(UserError) as caught:
        run()
    return caught.value.status, caught.value.message


class Trial:
    """A channel, and what its attempts did: effects, receipts noted, and seconds waited."""

    def __init__(self, channel: Channel, **environment: str) -> None:
        self.channel = channel
        self.outside = Outside(Path("/project"), Path("/project/output"), environment, NOW)
        self.effects: list[str] = []
        self.noted: list[Receipt] = []
        self.waited: list[float] = []

    def attempt(self, known: Receipt | None = None, *, dry_run: bool = False) -> Attempt:
        return attempt(self.outside, self.before, known, note=self.note, wait=self.waited.append, dry_run=dry_run)

    def before(self, effect: str) -> None:
        self.effects.append(effect)

    def note(self, receipt: Receipt) -> None:
        self.noted.append(receipt)

    def publish(self, issue: Posting, known: Receipt | None = None, *, dry_run: bool = False) -> Receipt:
        return self.channel.publish(issue, self.attempt(known, dry_run=dry_run))

    def withdraw(self, issue: Posting = POSTING, known: Receipt | None = None) -> str | None:
        return self.channel.withdraw(issue._replace(files={}, html=""), self.attempt(known))

    def find(self, issue: Posting = POSTING) -> Receipt | None:
        return self.channel.find(issue._replace(files={}, html=""), self.outside)


class Tries(Trial):
    """One channel's tries at one issue: `known` is what is on the disk between them."""

    def __init__(self, channel: Channel, **environment: str) -> None:
        super().__init__(channel, **environment)
        self.known: Receipt | None = None
        self._steps = -1

    def publish(
        self, issue: Posting = POSTING, known: Receipt | None = None, *, dry_run: bool = False, kill_at: int = -1
    ) -> Receipt:
        """Publish; `kill_at` counts the steps before which the process is killed: each effect, and each note."""
        self._steps = kill_at
        self.known = super().publish(issue, known, dry_run=dry_run)
        return self.known

    def rehearse(self, issue: Posting = POSTING) -> str:
        """Say before what a dry run stops."""
        try:
            super().publish(issue, dry_run=True)
        except WouldDo as stopped:
            return stopped.effect
        return ""

    def attempt(self, known: Receipt | None = None, *, dry_run: bool = False) -> Attempt:
        return super().attempt(known or self.known, dry_run=dry_run)

    def before(self, effect: str) -> None:
        self._step()
        self.known = self.known or Receipt()
        super().before(effect)

    def note(self, receipt: Receipt) -> None:
        self._step()
        self.known = receipt
        super().note(receipt)

    def _step(self) -> None:
        self._steps -= 1
        if self._steps == -1:
            raise KilledError
