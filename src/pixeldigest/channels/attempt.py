"""One attempt to bring a channel in line with a posting: what is known of earlier ones, and where to note the next."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import NamedTuple, Protocol

from pixeldigest.channels.posting import Outside, Receipt


class Deliveries(Protocol):
    """The ledger of one issue's mails, a row a recipient; each call is on the disk when it returns.

    Recipients are named by what tells nobody their addresses.
    """

    def enroll(self, recipients: Iterable[str]) -> None:
        """Note who gets the issue; once anybody is noted, nobody is added."""

    def waiting(self) -> frozenset[str]:
        """Name those whose mail has not gone out, or of which nobody knows whether it has."""

    def sending(self, recipient: str, moment: datetime) -> None:
        """Note that a mail is about to be handed over."""

    def sent(self, recipient: str, moment: datetime, answer: str) -> None:
        """Note that the server has taken it."""

    def put_off(self, recipient: str, answer: str) -> None:
        """Note that the server has not taken it for now."""

    def failed(self, recipient: str, answer: str) -> None:
        """Note that the server refuses the recipient for good."""

    def sent_since(self, moment: datetime) -> int:
        """Count the mails that this channel has handed over since, of all issues."""

    def count(self) -> tuple[int, int, int]:
        """Count the mails of this issue that are sent, refused and waiting."""


class Attempt(NamedTuple):
    """An attempt at one issue.

    `known` is what earlier attempts came to, perhaps half a receipt. `before` is called with words for each effect
    right before it (a dry run ends there), `note` with what is known by then, right after; both are on the disk when
    they return. `wait` sleeps for some seconds.
    """

    known: Receipt | None
    outside: Outside
    before: Callable[[str], None]
    note: Callable[[Receipt], None]
    deliveries: Deliveries
    wait: Callable[[float], None]
