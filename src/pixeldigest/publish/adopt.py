"""Days that went out while this ledger was not at hand: lost, restored from a backup, or new."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from pixeldigest.channels import Channel
from pixeldigest.diagnostics import EXIT_SETTINGS, UserError
from pixeldigest.ledger import LEDGER_FILE, Ledger
from pixeldigest.publish.events import Event
from pixeldigest.publish.work import Bench


def refuse_unknown(days: Iterable[date], ledger: Ledger, channels: Sequence[Channel]) -> None:
    """Raise UserError where the record holds days of which the ledger knows nothing: channels may have them."""
    unknown = sorted(set(days) - ledger.known_days())
    if unknown and channels:
        first, last = unknown[0], unknown[-1]
        told = f"{first}" if first == last else f"{len(unknown)} days from {first} to {last}"
        message = f"the record holds {told}, of which {LEDGER_FILE} knows nothing: channels could get them twice"
        hint = "put the ledger back in its place, or take them as published with 'pixeldigest publish --adopt'"
        raise UserError(f"{message}; {hint}", status=EXIT_SETTINGS)


def adopt(days: Iterable[date], channels: Sequence[Channel], bench: Bench, *, asked_from: date) -> Iterator[Event]:
    """Take unknown days as published: where a service can be asked, what it has; everywhere else all of them.

    Services are asked for the days from a date on, since what is older never goes out. What one says it does not have
    goes out in the next run.
    """
    unknown = sorted(set(days) - bench.ledger.known_days())
    bench.ledger.start((channel.id for channel in channels), asked_from)
    for channel in channels:
        there = bench.ledger.rows(channel.id)
        begun = {day for day, row in there.items() if row.state == "begun"}
        # Of an older ledger what was begun may have been finished since: who cannot be asked may have it.
        doubtful = begun if unknown and not channel.asks else begun.intersection(unknown)
        for day in sorted({*doubtful, *(day for day in unknown if day not in there)}):
            event = _adopt(channel, day, bench, ask=channel.asks and day >= asked_from)
            if event:
                yield event
            if event and event.status:
                return  # days that the ledger does not know go on stopping channels
    bench.ledger.know(unknown)


def _adopt(channel: Channel, day: date, bench: Bench, *, ask: bool) -> Event | None:
    try:
        receipt = channel.find(bench.postings.outline(day), bench.outside) if ask else None
    except UserError as error:
        return Event("failed", error.message, channel.id, day, status=error.status)
    if ask and receipt is None:
        return None
    bench.ledger.settle(channel.id, day, "adopted", bench.outside.now, receipt)
    if bench.dry_run:
        return Event("would", f"adopt {receipt.url}" if receipt else "take it as published unasked", channel.id, day)
    how = "it is there" if receipt else "taken as published without being asked"
    return Event("adopted", how, channel.id, day, receipt.url if receipt else "")
