"""How issues stand on their channels, as the ledger has it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from pixeldigest.channels import Channel
from pixeldigest.ledger import Ledger, Row, Trouble


class Standings(NamedTuple):
    """The days that are looked at, the newest first, what each channel has of them, and what is stuck."""

    days: tuple[date, ...]
    cells: Mapping[tuple[date, str], Cell]
    stuck: tuple[Trouble, ...]


class Cell(NamedTuple):
    """How an issue stands on a channel: a word, since when, and what is to be said of it."""

    state: str
    since: datetime | None = None
    words: str = ""
    url: str = ""


def read_standings(
    days: Sequence[date], withdrawn: Collection[date], channels: Sequence[Channel], ledger: Ledger
) -> Standings:
    """Read how issues stand on channels; of one that carries the site the ledger need not say what is withdrawn."""
    cells: dict[tuple[date, str], Cell] = {}
    for channel in channels:
        since, rows = ledger.since(channel.id), ledger.rows(channel.id)
        for day in days:
            row = rows.get(day)
            if row is None:
                missed = "withdrawn" if day in withdrawn else "due"
                cells[day, channel.id] = Cell("before" if since is None or day < since else missed)
            elif channel.carries_site and day in withdrawn and row.state == "done":
                cells[day, channel.id] = Cell("withdrawn")
            else:
                cells[day, channel.id] = _cell(channel, row, ledger, day)
    return Standings(tuple(sorted(days, reverse=True)), cells, ledger.troubles())


def _cell(channel: Channel, row: Row, ledger: Ledger, day: date) -> Cell:
    words = row.words
    counted = channel.mails and row.state != "withdrawn"  # then nobody waits any more, and its words say who has it
    if counted and (counts := ledger.deliveries(channel.id, day).count()) != (0, 0, 0):
        sent, refused, waiting = counts
        words = ", ".join(
            f"{count} {name}" for count, name in ((sent, "mailed"), (refused, "refused"), (waiting, "to go")) if count
        )
    return Cell(_STATES.get(row.state, row.state), row.changed, words, row.receipt.url)


_STATES = {"done": "published"}
