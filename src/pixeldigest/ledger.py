"""The ledger: what each channel has of each issue, and what each recipient was mailed. SQLite, one file."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Literal, NamedTuple

from pixeldigest.channels.posting import Receipt
from pixeldigest.diagnostics import EXIT_AGAIN, EXIT_SETTINGS, UserError

LEDGER_FILE = "ledger.db"
# 'begun' is an intent, with half a receipt perhaps; 'skipped' came too late; 'adopted' was there before the ledger.
State = Literal["begun", "done", "adopted", "skipped", "withdrawn"]
# Written into the file, so that nothing else is taken for a ledger ("PxDg"), nor an older form for this one.
_APPLICATION = 0x50784467
_VERSION = 1
# Seconds to wait for another process that is writing just now.
_PATIENCE = 20.0
_TOLD_AGAIN = timedelta(hours=24)
_TABLES = """
CREATE TABLE newsletter (id TEXT NOT NULL);
CREATE TABLE day (day TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE channel (channel TEXT PRIMARY KEY, since TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE posting (
    channel TEXT NOT NULL, day TEXT NOT NULL, state TEXT NOT NULL, remote_id TEXT NOT NULL, url TEXT NOT NULL,
    content TEXT NOT NULL, begun REAL NOT NULL, changed REAL NOT NULL, words TEXT NOT NULL,
    PRIMARY KEY (channel, day)
) WITHOUT ROWID;
CREATE TABLE delivery (
    channel TEXT NOT NULL, day TEXT NOT NULL, recipient TEXT NOT NULL, state TEXT NOT NULL, moment REAL NOT NULL,
    tries INTEGER NOT NULL, answer TEXT NOT NULL,
    PRIMARY KEY (channel, day, recipient)
) WITHOUT ROWID;
CREATE INDEX delivery_by_moment ON delivery (channel, moment) WHERE state IN ('sending', 'sent');
CREATE TABLE trouble (
    subject TEXT PRIMARY KEY, words TEXT NOT NULL, since REAL NOT NULL, told REAL
) WITHOUT ROWID;
"""


class Row(NamedTuple):
    """What the ledger says of an issue on a channel; moments are in UTC."""

    state: State
    receipt: Receipt
    begun: datetime
    changed: datetime
    words: str = ""


class Trouble(NamedTuple):
    """Something that goes on being wrong."""

    subject: str
    words: str
    since: datetime


class Ledger:
    """The open ledger; each call that changes it is on the disk when it returns."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def belong_to(self, newsletter: str) -> None:
        """Note whose ledger this is; raises UserError where it is another newsletter's."""
        found = self._connection.execute("SELECT id FROM newsletter").fetchone()
        if found is None:
            _write(self._connection, "INSERT INTO newsletter VALUES (?)", (newsletter,))
        elif found[0] != newsletter:
            message = f"the ledger is that of the newsletter '{found[0]}', not of '{newsletter}'"
            raise UserError(f"{message}; name another folder with '--state'", status=EXIT_SETTINGS)

    # Days

    def known_days(self) -> frozenset[date]:
        """Name the days that were recorded, or were about to be, with this ledger at hand."""
        return frozenset(date.fromisoformat(day) for (day,) in self._connection.execute("SELECT day FROM day"))

    def know(self, days: Iterable[date]) -> None:
        """Note days, before they are recorded."""
        _write_many(self._connection, "INSERT OR IGNORE INTO day VALUES (?)", [(day.isoformat(),) for day in days])

    # Channels

    def since(self, channel: str) -> date | None:
        """Tell the first day that a channel is for; None where it is new."""
        found = self._connection.execute("SELECT since FROM channel WHERE channel = ?", (channel,)).fetchone()
        return date.fromisoformat(found[0]) if found else None

    def start(self, channels: Iterable[str], since: date) -> None:
        """Note the first day of those channels that are new."""
        rows = [(channel, since.isoformat()) for channel in channels]
        _write_many(self._connection, "INSERT OR IGNORE INTO channel VALUES (?, ?)", rows)

    # Postings

    def rows(self, channel: str) -> Mapping[date, Row]:
        """Read all that is known of a channel's issues."""
        query = "SELECT day, state, remote_id, url, content, begun, changed, words FROM posting WHERE channel = ?"
        found = self._connection.execute(f"{query} ORDER BY day", (channel,))
        return {
            date.fromisoformat(day): Row(state, Receipt(*receipt), _moment(begun), _moment(changed), words)
            for day, state, *receipt, begun, changed, words in found
        }

    def begin(self, channel: str, day: date, now: datetime) -> None:
        """Note the intent to publish, also what was skipped or withdrawn; what is known already stays."""
        values = (channel, day.isoformat(), "begun", "", "", "", now.timestamp(), now.timestamp(), "")
        query = (
            "INSERT INTO posting VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) "
            "ON CONFLICT DO UPDATE SET state = 'begun', begun = excluded.begun WHERE state IN ('skipped', 'withdrawn')"
        )
        _write(self._connection, query, values)

    def note(self, channel: str, day: date, receipt: Receipt, now: datetime) -> None:
        """Note what is there by now, half done."""
        query = "UPDATE posting SET remote_id = ?, url = ?, content = ?, changed = ? WHERE channel = ? AND day = ?"
        _write(self._connection, query, (*receipt, now.timestamp(), channel, day.isoformat()))

    def settle(
        self, channel: str, day: date, state: State, now: datetime, receipt: Receipt | None = None, words: str = ""
    ) -> None:
        """Note how an issue stands on a channel; without a receipt the one that is there stays."""
        query = "UPDATE posting SET state = ?, changed = ?, words = ? WHERE channel = ? AND day = ?"
        with _all_or_nothing(self._connection):  # a whole receipt of what was only begun would be taken for an update
            self.begin(channel, day, now)
            if receipt is not None:
                self.note(channel, day, receipt, now)
            _write(self._connection, query, (state, now.timestamp(), words, channel, day.isoformat()))

    def bring_along(self, channel: str, days: Iterable[date], receipt: Receipt, now: datetime) -> None:
        """Note that issues came with a later one: those of which nothing is known, and those that were begun."""
        moment = now.timestamp()
        query = (
            "INSERT INTO posting VALUES (?, ?, 'done', ?, ?, ?, ?, ?, '') "
            "ON CONFLICT DO UPDATE SET state = 'done', remote_id = excluded.remote_id, url = excluded.url, "
            "content = excluded.content, changed = excluded.changed WHERE state = 'begun'"
        )
        _write_many(self._connection, query, [(channel, day.isoformat(), *receipt, moment, moment) for day in days])

    # Mails

    def deliveries(self, channel: str, day: date) -> DeliveryRows:
        """Open the rows of an issue's recipients."""
        return DeliveryRows(self._connection, channel, day)

    # Troubles

    def tell(self, subject: str, words: str, now: datetime, *, patience: timedelta = timedelta()) -> bool:
        """Note a trouble, and tell whether to say it now: when it is new or another, and then once a day.

        With `patience` it is said only once it lasts so long.
        """
        query = "SELECT words, since, told FROM trouble WHERE subject = ?"
        before = self._connection.execute(query, (subject,)).fetchone()
        same = before is not None and _gist(before[0]) == _gist(words)
        since, told = (before[1], before[2]) if same else (now.timestamp(), None)
        # What a clock that was ahead has noted is neither young nor told lately.
        young = timedelta() <= now - _moment(since) < patience
        lately = told is not None and timedelta() <= now - _moment(told) < _TOLD_AGAIN
        due = not young and not lately
        values = (subject, words, since, now.timestamp() if due else told)
        _write(self._connection, "INSERT OR REPLACE INTO trouble VALUES (?, ?, ?, ?)", values)
        return due

    def troubles(self) -> tuple[Trouble, ...]:
        """List what goes on being wrong."""
        found = self._connection.execute("SELECT subject, words, since FROM trouble ORDER BY subject")
        return tuple(Trouble(subject, words, _moment(since)) for subject, words, since in found)

    def forget_troubles(self, subjects: Iterable[str]) -> None:
        """Forget troubles that are over."""
        _write_many(self._connection, "DELETE FROM trouble WHERE subject = ?", [(one,) for one in subjects])


class DeliveryRows:
    """The rows of an issue's recipients on a channel that mails."""

    def __init__(self, connection: sqlite3.Connection, channel: str, day: date) -> None:
        self._connection, self._issue = connection, (channel, day.isoformat())

    def enroll(self, recipients: Iterable[str]) -> None:
        """Note who gets the issue; once anybody is noted, nobody is added."""
        if sum(self.count()) == 0:
            rows = [(*self._issue, one, "pending", 0.0, 0, "") for one in sorted(set(recipients))]
            _write_many(self._connection, "INSERT INTO delivery VALUES (?, ?, ?, ?, ?, ?, ?)", rows)

    def waiting(self) -> frozenset[str]:
        """Name those whose mail has not gone out, or of which nobody knows whether it has."""
        query = "SELECT recipient FROM delivery WHERE channel = ? AND day = ? AND state IN ('pending', 'sending')"
        return frozenset(one for (one,) in self._connection.execute(query, self._issue))

    def sending(self, recipient: str, moment: datetime) -> None:
        """Note that a mail is about to be handed over."""
        query = "UPDATE delivery SET state = 'sending', moment = ?, tries = tries + 1"
        self._change(query, recipient, moment.timestamp())

    def sent(self, recipient: str, moment: datetime, answer: str) -> None:
        """Note that the server has taken it."""
        self._change(
            "UPDATE delivery SET state = 'sent', moment = ?, answer = ?", recipient, moment.timestamp(), answer
        )

    def put_off(self, recipient: str, answer: str) -> None:
        """Note that the server has not taken it for now."""
        self._change("UPDATE delivery SET state = 'pending', answer = ?", recipient, answer)

    def failed(self, recipient: str, answer: str) -> None:
        """Note that the server refuses the recipient for good."""
        self._change("UPDATE delivery SET state = 'failed', answer = ?", recipient, answer)

    def sent_since(self, moment: datetime) -> int:
        """Count the mails that this channel has handed over since, of all issues."""
        query = "SELECT count(*) FROM delivery WHERE channel = ? AND moment > ? AND state IN ('sending', 'sent')"
        count: int = self._connection.execute(query, (self._issue[0], moment.timestamp())).fetchone()[0]
        return count

    def count(self) -> tuple[int, int, int]:
        """Count the mails of this issue that are sent, refused and waiting."""
        query = "SELECT state, count(*) FROM delivery WHERE channel = ? AND day = ? GROUP BY state"
        counts = dict(self._connection.execute(query, self._issue).fetchall())
        waiting = counts.get("pending", 0) + counts.get("sending", 0)
        return counts.get("sent", 0), counts.get("failed", 0), waiting

    def _change(self, query: str, recipient: str, *values: object) -> None:
        where = "WHERE channel = ? AND day = ? AND recipient = ?"
        _write(self._connection, f"{query} {where}", (*values, *self._issue, recipient))


@contextlib.contextmanager
def open_ledger(folder: Path, *, rehearse: bool = False) -> Iterator[Ledger]:
    """Open the ledger in a folder, or make it; to `rehearse`, a copy in memory of which nothing stays.

    Raises UserError where it cannot be read or written, then and later.
    """
    path = folder / LEDGER_FILE
    try:
        with contextlib.closing(_connect(path, rehearse=rehearse)) as connection:
            _prepare(connection, path)
            yield Ledger(connection)
    except sqlite3.OperationalError as error:
        status = EXIT_AGAIN if "locked" in str(error) or "full" in str(error) else EXIT_SETTINGS
        raise UserError(f"the ledger {path} cannot be used: {error}", status=status) from error
    except sqlite3.DatabaseError as error:
        hint = "put a backup in its place, or move it away, then run 'pixeldigest publish --adopt'"
        raise UserError(f"the ledger {path} is damaged ({error}); {hint}", status=EXIT_SETTINGS) from error


def _connect(path: Path, *, rehearse: bool) -> sqlite3.Connection:
    if not rehearse:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            message = f"the ledger {path} cannot be made: {(error.strerror or str(error)).lower()}"
            raise UserError(f"{message}; name a folder with '--state'", status=EXIT_SETTINGS) from error
        connection = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")  # a commit is on the disk, also when the power fails
        return connection
    memory = sqlite3.connect(":memory:", isolation_level=None)
    if path.exists():
        # Who may only read leaves files of the log behind, where no other process has it open.
        with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True)) as source:
            source.backup(memory)
    return memory


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Make the tables of a new ledger, or see that this is one."""
    with _all_or_nothing(connection):
        if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
            for statement in _TABLES.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {_APPLICATION}")
            connection.execute(f"PRAGMA user_version = {_VERSION}")
    found = [connection.execute(f"PRAGMA {one}").fetchone()[0] for one in ("application_id", "user_version")]
    if found != [_APPLICATION, _VERSION]:
        raise UserError(f"{path} is no ledger that this version can read", status=EXIT_SETTINGS)


def _write(connection: sqlite3.Connection, query: str, values: tuple[object, ...]) -> None:
    connection.execute(query, values)  # a transaction of its own


def _write_many(connection: sqlite3.Connection, query: str, rows: Sequence[tuple[object, ...]]) -> None:
    with _all_or_nothing(connection):
        connection.executemany(query, rows)


@contextlib.contextmanager
def _all_or_nothing(connection: sqlite3.Connection) -> Iterator[None]:
    """Put what is done here into one transaction."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _gist(words: str) -> str:
    """Leave out what differs from run to run of the same trouble: counts, and the names of requests."""
    return " ".join(word for word in words.split() if not any(sign.isdigit() for sign in word))


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
