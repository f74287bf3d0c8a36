"""A newsletter's folder with readers and a ledger, from which the channel `smtp` mails an issue."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import TypeAdapter

from attempts import attempt
from conftest import NEWSLETTERS
from counterparts.mailsink import Sink
from forked import run_forked
from pixeldigest.channels import AnyChannel
from pixeldigest.channels.failures import WouldDo
from pixeldigest.channels.posting import Outside, Posting, Receipt
from pixeldigest.channels.smtp import Smtp
from pixeldigest.diagnostics import UserError
from pixeldigest.ledger import open_ledger
from projects import set_keys, write

DAY = date(2026, 11, 18)
NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)
KEY = "a key"
MAIL = """
mail:
  from: Daily <daily@example.org>
  reply_to: editors@example.org
  postal_address: Example, 1 Example Street
  unsubscribe_url: https://daily.example.org/unsubscribe?who={{ recipient.token }}&list=daily
"""
READERS = ("ann@example.org", "bob@example.org", "cy@example.org")


def build_issue(folder: Path) -> Path:
    """Build an issue of the small newsletter, and return the folder of its files."""
    project = folder / "small"
    shutil.copytree(NEWSLETTERS / "small", project, ignore=shutil.ignore_patterns("expected", "output"))
    set_keys(project, MAIL)
    run = run_forked(project, "build", "--format", "mail", "--format", "text")
    assert (run.status, run.err) == (0, "")
    return project / "output/issues" / str(DAY)


def posting_of(files: Path) -> Posting:
    """Make the posting of an issue, as the channel gets it."""
    return Posting(
        newsletter="small-daily",
        day=DAY,
        number=1,
        title="Sums",
        summary="Adding up.",
        url="https://daily.example.org/news/issues/2026-11-18/",
        site_url="https://daily.example.org/news/",
        language="en",
        published=NOON,
        content="digest",
        files={"mail.eml": (files / "mail.eml").read_bytes()},
    )


_CHANNEL: TypeAdapter[Any] = TypeAdapter(AnyChannel)


class Office(NamedTuple):
    """A newsletter's folder, and the port of the mail server on this machine that it uses."""

    project: Path
    port: int
    sink: Sink | None = None

    @property
    def got(self) -> list[str]:
        """Who got mails, sorted."""
        return sorted(one.recipient for one in self.sink.kept)

    def write_readers(self, *addresses: str) -> None:
        write(self.project / "readers.txt", "".join(f"{one}\n" for one in addresses))

    def publish(self, issue: Posting, now: datetime = NOON, *, dry_run: bool = False, **settings: Any) -> Receipt:
        """Attempt to publish as the command does; raises what the channel raises."""
        with open_ledger(self.project / "state", rehearse=dry_run) as ledger:
            deliveries = ledger.deliveries("smtp", issue.day)
            outside = self.outside(now)
            trying = attempt(outside, deliveries=deliveries, wait=time.sleep, dry_run=dry_run)
            return self.channel(**settings).publish(issue, trying)

    def outside(self, now: datetime = NOON) -> Outside:
        environment = {"TOKEN_KEY": KEY, "MAIL_PASSWORD": "opensesame"}
        return Outside(self.project, self.project / "output", environment, now)

    def channel(self, **settings: Any) -> Smtp:
        plain = {
            "type": "smtp",
            "host": "localhost",
            "port": self.port,
            "security": "none",
            "recipients_file": "readers.txt",
            "token_key_env": "TOKEN_KEY",
            **settings,
        }
        channel = _CHANNEL.validate_python({key: value for key, value in plain.items() if value is not None})
        assert isinstance(channel, Smtp)
        return channel

    def counts(self) -> tuple[int, int, int]:
        with open_ledger(self.project / "state") as ledger:
            return ledger.deliveries("smtp", DAY).count()


def outcome(attempt: Callable[..., object], *arguments: Any, **settings: Any) -> tuple[str, str]:
    """Name what an attempt ends with, and its words."""
    try:
        attempt(*arguments, **settings)
    except (UserError, WouldDo) as error:
        return type(error).__name__, str(error)
    return "done", ""
