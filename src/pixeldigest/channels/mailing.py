"""Sending an issue's mails: one after the other, as many as the rate allows, each noted before and after."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import NamedTuple

from pixeldigest.channels.attempt import Attempt, Deliveries
from pixeldigest.channels.failures import PutOffError, RefusedError, UnavailableError, Unfinished
from pixeldigest.channels.mailaccess import Access
from pixeldigest.channels.mailserver import MailServer, Reply, open_server
from pixeldigest.channels.recipients import mask_address
from pixeldigest.diagnostics import UserError

# A mail that is put off for so long is given up, as mail servers do (RFC 5321, 4.5.4.1).
_GIVEN_UP_AFTER = timedelta(days=5)
# What befalls so many in a row befalls them all.
_MANY = 3
_MOST_NAMED = 5
_SPANS: Mapping[str, timedelta] = MappingProxyType(
    {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}
)
# Status codes that are about the recipient's mailbox, and never about the sender (RFC 3463, 3.2 and 3.3).
_OF_MAILBOX = re.compile(r"5\d\d 5\.[12]\.")


class Mails(NamedTuple):
    """An issue's mails: `addresses` by the names that the ledger has, `write` makes the copy for an address."""

    sender: str
    addresses: Mapping[str, str]
    write: Callable[[str], bytes]
    published: datetime


class Sending(NamedTuple):
    """What became of a recipient's mail; `over` where it is refused or given up for good."""

    name: str
    address: str
    reply: Reply
    over: bool = False


def send_waiting(mails: Mails, access: Access, attempt: Attempt, rate: str | None) -> None:
    """Send the mails that wait, as many as the rate allows; returns where all are out.

    Raises Unfinished, PutOffError, RefusedError, UnavailableError or SettingsError.
    """
    deliveries = attempt.deliveries
    waiting = len(deliveries.waiting())
    if not waiting:
        return
    most = waiting if rate is None else min(waiting, _allowance(rate, deliveries, attempt.outside.now))
    sendings: tuple[Sending, ...] = ()
    if most:
        attempt.before(f"mail {most} of {waiting} who wait, through {access.place}")
        with open_server(access) as server:
            sendings = _send_some(mails, server, deliveries, most, attempt.outside.now)
    _conclude(sendings, deliveries, rate)


def send_single(sender: str, recipient: str, message: bytes, access: Access) -> None:
    """Send a message to one recipient; raises RefusedError, UnavailableError or SettingsError."""
    with open_server(access) as server:
        reply = server.hand_over(sender, recipient, message)
    if reply.verdict == "refused":
        raise RefusedError(f"{access.place} refuses the mail: {reply.words}")
    if reply.verdict != "taken":
        raise UnavailableError(f"{access.place} has not taken the mail: {reply.words}")


def _allowance(rate: str, deliveries: Deliveries, now: datetime) -> int:
    """Count how many mails may go out now."""
    number, _, span = rate.partition("/")
    return max(0, int(number) - deliveries.sent_since(now - _SPANS[span]))


def _send_some(
    mails: Mails, server: MailServer, deliveries: Deliveries, most: int, now: datetime
) -> tuple[Sending, ...]:
    """Send at most so many, in an order that says nothing of the recipients.

    Raises RefusedError, UnavailableError or SettingsError where the next mail would not fare better.
    """
    sendings: list[Sending] = []
    taken = 0
    for name in sorted(deliveries.waiting() & mails.addresses.keys()):
        if taken == most:
            break
        sendings.append(_send(name, mails, server, deliveries, now))
        taken += sendings[-1].reply.verdict == "taken"
        _stop_where_useless(sendings[-_MANY:], taken)
    late = now - mails.published > _GIVEN_UP_AFTER
    return tuple(_give_up(one, deliveries, late=late, others_taken=taken > 0) for one in sendings)


def _send(name: str, mails: Mails, server: MailServer, deliveries: Deliveries, now: datetime) -> Sending:
    """Send a mail; whatever kills this on the way leaves it noted as being sent, and so it is sent again."""
    address = mails.addresses[name]
    message = mails.write(address)
    deliveries.sending(name, now)
    try:
        reply = server.hand_over(mails.sender, address, message)
    except UserError as error:
        deliveries.put_off(name, error.message)
        raise
    if reply.verdict == "taken":
        deliveries.sent(name, now, reply.words)
    elif reply.verdict != "unknown":
        deliveries.put_off(name, reply.words)
    return Sending(name, address, reply)


def _stop_where_useless(last: Sequence[Sending], taken: int) -> None:
    """Stop where the server, and not a recipient, is what mails fail at."""
    if len(last) < _MANY:
        return
    words = last[-1].reply.words
    if all(one.reply.verdict in ("broken", "unknown") for one in last):
        raise UnavailableError(f"the server breaks off, {_MANY} times in a row: {words}")
    if not taken and all(_is_doubtful(one) for one in last):
        raise RefusedError(f"the server refuses one mail after the other: {words}")


def _is_doubtful(sending: Sending) -> bool:
    """Tell whether a mail is refused, but perhaps all are."""
    return sending.reply.verdict == "refused" and not _OF_MAILBOX.match(sending.reply.words)


def _give_up(sending: Sending, deliveries: Deliveries, *, late: bool, others_taken: bool) -> Sending:
    """Give a mail up that the server refuses while it takes others, and one that it has put off for long."""
    refused = sending.reply.verdict == "refused" and (others_taken or not _is_doubtful(sending))
    if not refused and not (late and sending.reply.verdict in ("refused", "later")):
        return sending
    deliveries.failed(sending.name, sending.reply.words)
    return sending._replace(over=True)


def _conclude(sendings: Iterable[Sending], deliveries: Deliveries, rate: str | None) -> None:
    """Raise what says how the issue stands, unless all its mails are out and nothing new is to be told."""
    sent, failed, waiting = deliveries.count()
    over = [one for one in sendings if one.over]
    unknown = [one for one in sendings if one.reply.verdict == "unknown"]
    put_off = [one for one in sendings if not one.over and one.reply.verdict in ("later", "refused", "broken")]
    parts = [f"{sent} of {sent + failed + waiting} mails are sent"]
    if over:
        parts.append(f"{_number(over, 'is', 'are')} refused for good: {_name(over)}")
    if put_off:
        parts.append(f"{_number(put_off, 'is', 'are')} put off: {_name(put_off)}")
    if unknown:
        parts.append(f"{_number(unknown, 'has', 'have')} no answer and will be sent again: {_name(unknown)}")
    if rate and waiting > len(put_off) + len(unknown):
        raise Unfinished("; ".join((*parts, f"the rate of {rate} allows no more for now")))
    if put_off and not sent and all(one.reply.verdict == "refused" for one in put_off):
        raise RefusedError("; ".join(parts))
    if put_off or unknown:
        raise PutOffError("; ".join(parts))
    if over:
        raise Unfinished("; ".join(parts))  # told once: the next run finds nothing left to do


def _number(sendings: Sequence[Sending], one: str, more: str) -> str:
    return f"{len(sendings)} {one if len(sendings) == 1 else more}"


def _name(sendings: Sequence[Sending]) -> str:
    named = [f"{mask_address(one.address)} ({one.reply.words})" for one in sendings[:_MOST_NAMED]]
    return ", ".join(named) + (", …" if len(sendings) > _MOST_NAMED else "")
