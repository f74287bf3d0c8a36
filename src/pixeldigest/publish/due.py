"""Which channel gets which issue now, and why not: policy only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple

from pixeldigest.channels import Channel
from pixeldigest.ledger import Row
from pixeldigest.settings import Publish

# Changes go out by themselves for so long after an issue has.
UPDATED_FOR = timedelta(hours=48)

# 'compare' becomes an update where the content has changed.
Action = Literal["publish", "compare", "withdraw", "skip"]


class Standing(NamedTuple):
    """A channel, the first day that it is for, and what the ledger says of its issues."""

    channel: Channel
    since: date
    rows: Mapping[date, Row]


class Due(NamedTuple):
    """The days of recorded issues, in order, the last date that is due, and what was withdrawn of them."""

    days: tuple[date, ...]
    last: date
    withdrawn: frozenset[date] = frozenset()


class Asked(NamedTuple):
    """What was asked for by name: a single day, and to update it however long ago it went out."""

    day: date | None = None
    update: bool = False


class Job(NamedTuple):
    """What to do with an issue on a channel, and why."""

    channel: Channel
    day: date
    action: Action
    reason: str = ""


def plan_jobs(standing: Standing, due: Due, policy: Publish, asked: Asked, now: datetime) -> tuple[Job, ...]:
    """List what is to be done for a channel, oldest issue first."""
    days = [day for day in due.days if asked.day in (None, day)]
    if standing.channel.carries_site:
        return tuple(_site_job(standing, days))
    last_issue = max((day for day in due.days if day <= due.last), default=due.last)
    return tuple(job for day in days if (job := _job(standing, day, due, last_issue, policy, asked, now)))


def _site_job(standing: Standing, days: Iterable[date]) -> Iterator[Job]:
    """Find the job of a channel that carries the site: it is brought up to date whole, so the newest day counts."""
    newest = max((day for day in days if day >= standing.since), default=None)
    if newest:
        row = standing.rows.get(newest)
        yield Job(standing.channel, newest, "compare" if row and row.state != "begun" else "publish")


def _job(
    standing: Standing, day: date, due: Due, last_issue: date, policy: Publish, asked: Asked, now: datetime
) -> Job | None:
    channel, row = standing.channel, standing.rows.get(day)
    if day in due.withdrawn:
        held = row and row.state in ("begun", "done", "adopted")
        return Job(channel, day, "withdraw") if held else None
    if row and row.state in ("done", "adopted"):
        by_itself = row.state == "done" and timedelta() <= now - row.begun <= UPDATED_FOR
        return Job(channel, day, "compare") if channel.updates and (by_itself or asked.update) else None
    if row and row.state == "begun":
        return Job(channel, day, "publish", "it was begun")
    if asked.day == day:
        return Job(channel, day, "publish", "it was asked for")
    if row or day < standing.since:  # it was skipped or withdrawn, or went out before there was the channel
        return None
    if late := _too_late(channel, day, due, last_issue, policy):
        return Job(channel, day, "skip", late)
    return Job(channel, day, "publish")


def _too_late(channel: Channel, day: date, due: Due, last_issue: date, policy: Publish) -> str:
    """Say why an issue comes too late for a channel; nothing where it does not."""
    days = (due.last - day).days
    if days > policy.catch_up:
        return f"it is {days} days late, and publish.catch_up is {policy.catch_up}"
    if channel.mails and policy.late_mail == "skip" and day < last_issue:
        return f"a later issue is due, and publish.late_mail is '{policy.late_mail}'"
    return ""


def first_day_of(recorded: Iterable[date]) -> date:
    """Find the first day that a new channel is for: the one after all that are recorded."""
    before = max(recorded, default=None)
    return before + timedelta(days=1) if before else date.min
