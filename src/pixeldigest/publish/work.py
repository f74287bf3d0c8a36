"""Carrying out what is due on a channel: intent before action, receipt after."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Literal, NamedTuple

from pixeldigest.channels import Channel
from pixeldigest.channels.attempt import Attempt
from pixeldigest.channels.base import SITE
from pixeldigest.channels.failures import PutOffError, RefusedError, Unfinished, WouldDo
from pixeldigest.channels.posting import Outside, Posting, Receipt
from pixeldigest.diagnostics import EXIT_AGAIN, EXIT_CONTENT, UserError
from pixeldigest.ledger import Ledger, Row
from pixeldigest.publish.due import Job, Standing
from pixeldigest.publish.events import Event
from pixeldigest.publish.preparing import Postings
from pixeldigest.stamps import digest_of, scan


class Bench(NamedTuple):
    """What jobs are carried out with; `look` raises UserError where a posting's page or a picture is not there yet."""

    ledger: Ledger
    outside: Outside
    postings: Postings
    look: Callable[[Posting], None]
    wait: Callable[[float], None]
    dry_run: bool = False


def carry_out(standing: Standing, jobs: Iterable[Job], bench: Bench) -> Iterator[Event]:
    """Do a channel's jobs one after the other, until one cannot be done that the next would not fare better with."""
    for job in jobs:
        row = standing.rows.get(job.day)
        try:
            event = _do(job, row, bench)
        except WouldDo as stop:
            event = Event("would", stop.effect, job.channel.id, job.day)
        except UserError as error:
            yield Event(_outcome(error), error.message, job.channel.id, job.day, status=error.status)
            if error.status == EXIT_CONTENT or isinstance(error, PutOffError) or error.diagnostics:
                continue  # it is this issue's own fault
            return
        if event:
            yield event
        if event and event.happened == "waiting":
            return


def _outcome(error: UserError) -> Literal["unfinished", "failed"]:
    return "unfinished" if isinstance(error, Unfinished) else "failed"


def _do(job: Job, row: Row | None, bench: Bench) -> Event | None:
    channel = job.channel
    if job.action == "skip":
        bench.ledger.settle(channel.id, job.day, "skipped", bench.outside.now, words=job.reason)
        return Event("skipped", job.reason, channel.id, job.day)
    if job.action == "withdraw":
        return _withdraw(job, row, bench)
    content = digest_site(bench.outside.output) if channel.carries_site else bench.postings.content(job.day)
    if job.action == "compare" and row and row.receipt.content == content:
        return None
    posting = _posting(channel, job.day, bench)._replace(content=content)
    if lacking := _awaited(channel, posting, bench):
        return Event("waiting", lacking, channel.id, job.day, status=EXIT_AGAIN)
    receipt = _attempt(job, row, posting, bench)
    settle(channel, job.day, receipt, bench)
    return Event("updated" if job.action == "compare" else "published", "", channel.id, job.day, receipt.url)


def _posting(channel: Channel, day: date, bench: Bench) -> Posting:
    """Make the posting that a channel takes; raises RefusedError where a file of it must not go out."""
    if channel.carries_site:
        return bench.postings.outline(day)
    posting, faults = bench.postings.prepare(day, channel.formats)
    if faults:
        told = "; ".join(f"{one.message} ({one.hint})" for one in faults)
        raise RefusedError(f"its {' and '.join(channel.formats)} must not go out: {told}")
    return posting


def _attempt(job: Job, row: Row | None, posting: Posting, bench: Bench) -> Receipt:
    attempt = attempt_at(job, row, bench)
    try:
        if job.channel.carries_site and bench.dry_run:
            attempt.before("bring the whole site up to date")  # it is not built, so nobody knows what has changed
        return job.channel.publish(posting, attempt)
    except WouldDo:
        settle(job.channel, job.day, Receipt(content=posting.content), bench)  # in memory, for those who wait for it
        raise


def _withdraw(job: Job, row: Row | None, bench: Bench) -> Event:
    posting = bench.postings.outline(job.day)
    left = job.channel.withdraw(posting, attempt_at(job, row, bench))
    bench.ledger.settle(job.channel.id, job.day, "withdrawn", bench.outside.now, words=left or "")
    if bench.dry_run:
        return Event("would", "; ".join(("withdraw", *filter(None, (left,)))), job.channel.id, job.day)
    return Event("kept" if left else "withdrawn", left or "", job.channel.id, job.day)


def attempt_at(job: Job, row: Row | None, bench: Bench) -> Attempt:
    """Begin an attempt: the intent is in the ledger before the first effect."""
    ledger, now = bench.ledger, bench.outside.now

    def before(effect: str) -> None:
        if bench.dry_run:
            raise WouldDo(effect)
        ledger.begin(job.channel.id, job.day, now)

    return Attempt(
        known=row.receipt if row else None,
        outside=bench.outside,
        before=before,
        note=lambda receipt: ledger.note(job.channel.id, job.day, receipt, now),
        deliveries=ledger.deliveries(job.channel.id, job.day),
        wait=bench.wait,
    )


def settle(channel: Channel, day: date, receipt: Receipt, bench: Bench) -> None:
    """Note that an issue is on a channel, and before that, on one that carries the site, all that came before."""
    ledger, now = bench.ledger, bench.outside.now
    if channel.carries_site:
        since = ledger.since(channel.id) or day
        earlier = [one for one in ledger.known_days() if since <= one < day]
        ledger.bring_along(channel.id, earlier, receipt._replace(url=""), now)
    ledger.settle(channel.id, day, "done", now, receipt)


def _awaited(channel: Channel, posting: Posting, bench: Bench) -> str:
    """Say what a channel still waits for; nothing where all is there, or will never be."""
    for other in channel.after:
        since, row = bench.ledger.since(other), bench.ledger.rows(other).get(posting.day)
        if since and since <= posting.day and (row is None or row.state == "begun"):
            return f"'{other}' does not have the issue yet"
    if SITE in channel.after:
        try:
            bench.look(posting)
        except UserError as error:
            return error.message
    return ""


def digest_site(output: Path) -> str:
    """Digest how the files of the site look, without reading them; the same as long as no build has changed any."""
    root = f"{output}/{SITE}"
    seen = sorted((os.path.relpath(path, root), *stamp) for path, stamp in scan(root))
    return digest_of(repr(seen).encode()).hex()
