"""Mails that a service holds as drafts before it sends them: made once, brought up to date, sent once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from pixeldigest.channels.attempt import Attempt
from pixeldigest.channels.http import Request, Service
from pixeldigest.channels.posting import Posting, Receipt


class Mailing(NamedTuple):
    """A mail as its service has it; nobody has got it as long as it `is_draft`."""

    id: str
    url: str
    is_draft: bool


class Steps(NamedTuple):
    """What to ask of a service: requests by the mail's id, and `send` only where mails are to be sent.

    `read` finds the mail in the data that answer `create`.
    """

    create: Request
    read: Callable[[Any], Mailing]
    update: Callable[[str], Request]
    send: Callable[[str], Request] | None


def receipt_of(mailing: Mailing | None, posting: Posting, *, sends: bool) -> Receipt | None:
    """Make the receipt for a mail that has come as far as it should: where mails are to be sent, a draft is none."""
    if mailing is None or (mailing.is_draft and sends):
        return None
    return Receipt(mailing.id, mailing.url, posting.content)


def bring_in_line(
    mailing: Mailing | None, steps: Steps, posting: Posting, service: Service, attempt: Attempt
) -> Receipt:
    """Make the draft of a mail where there is none, or bring it up to date, and send it where that is wanted.

    Once an attempt has come to its end nothing is made or sent again: whoever deleted or stopped it since meant to.
    """
    known = attempt.known or Receipt()
    finished = bool(known.content)
    if mailing is None and finished:
        return known._replace(content=posting.content)
    if mailing is None:
        mailing = steps.read(service.change(steps.create).data)
        attempt.note(Receipt(mailing.id, mailing.url))
    elif mailing.is_draft and known.content != posting.content:
        service.change(steps.update(mailing.id))
    if steps.send and mailing.is_draft and not finished:
        service.change(steps.send(mailing.id))
    return Receipt(mailing.id, mailing.url, posting.content)
