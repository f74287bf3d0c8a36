"""The ledger: what it keeps, for whom, and what it says when it cannot."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from pixeldigest.channels.posting import Receipt
from pixeldigest.diagnostics import UserError
from pixeldigest.ledger import LEDGER_FILE, Ledger, open_ledger

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
DAY = date(2026, 11, 21)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(tmp_path / "state") as ledger:
        yield ledger


def test_an_intent_becomes_a_receipt_and_keeps_its_moment(ledger: Ledger) -> None:
    ledger.begin("devto", DAY, NOW)
    half = ledger.rows("devto")[DAY]
    ledger.note("devto", DAY, Receipt("7"), NOW + timedelta(minutes=1))
    ledger.begin("devto", DAY, NOW + timedelta(hours=1))
    ledger.settle("devto", DAY, "done", NOW + timedelta(hours=2), Receipt("7", "https://dev.to/7", "abc"))

    assert (half.state, half.receipt) == ("begun", Receipt())
    done = ledger.rows("devto")[DAY]
    assert done == ("done", Receipt("7", "https://dev.to/7", "abc"), NOW, NOW + timedelta(hours=2), "")
    assert ledger.rows("ghost") == {}


def test_a_state_can_change_while_the_receipt_stays(ledger: Ledger) -> None:
    ledger.settle("devto", DAY, "done", NOW, Receipt("7", "u", "abc"))
    ledger.settle("devto", DAY, "withdrawn", NOW, words="a copy stays")

    assert ledger.rows("devto")[DAY][:2] == ("withdrawn", Receipt("7", "u", "abc"))


def test_recipients_are_noted_once_and_stay_waiting_until_their_mail_is_answered(ledger: Ledger) -> None:
    rows = ledger.deliveries("mail", DAY)
    rows.enroll(["ada", "bob", "cyd", "dan", "ada"])
    rows.enroll(["eve"])  # who comes later gets the next issue
    rows.sending("ada", NOW)
    rows.sending("bob", NOW)
    rows.sent("bob", NOW, "250 2.0.0 ok")
    rows.sending("cyd", NOW)
    rows.failed("cyd", "550 no such user")
    rows.sending("dan", NOW)
    rows.put_off("dan", "450 try later")

    assert rows.waiting() == {"ada", "dan"}
    assert rows.count() == (1, 1, 2)
    assert rows.sent_since(NOW - timedelta(hours=1)) == 2
    assert rows.sent_since(NOW) == 0
    assert ledger.deliveries("mail", DAY + timedelta(days=1)).count() == (0, 0, 0)


def test_a_trouble_is_told_once_a_day_and_again_when_it_is_another(ledger: Ledger) -> None:
    told = [ledger.tell("devto", words, NOW + timedelta(hours=hours)) for words, hours in TELLINGS]

    assert told == [True, False, False, True, False, True]
    assert [one.words for one in ledger.troubles()] == ["y"]
    ledger.forget_troubles(["devto"])
    assert ledger.troubles() == ()


TELLINGS = [("x", 0), ("x", 0.25), ("x", 23.9), ("x", 24), ("x", 47.9), ("y", 48)]


def test_a_trouble_is_the_same_when_only_its_numbers_change(ledger: Ledger) -> None:
    words = ("3 mails wait: 450 4.2.0 try later (4XyZ1)", "2 mails wait: 450 4.2.0 try later (9AbC7)", "no mails wait")

    assert [ledger.tell("mail", one, NOW) for one in words] == [True, False, True]
    assert [one.words for one in ledger.troubles()] == [words[-1]]


def test_what_may_take_a_while_is_told_when_it_takes_longer(ledger: Ledger) -> None:
    hour = timedelta(hours=1)

    told = [ledger.tell("site", "x", NOW + hour * hours, patience=hour) for hours in (0, 0.5, 1, 1.25, 25, 25.25)]

    assert told == [False, False, True, False, True, False]


def test_a_clock_that_was_ahead_keeps_no_trouble_from_being_told(ledger: Ledger) -> None:
    years = timedelta(days=1461)

    told = [ledger.tell("site", "x", NOW + after) for after in (years, timedelta(), timedelta(minutes=15))]

    assert told == [True, True, False]


def test_what_was_skipped_begins_when_it_goes_out_after_all(ledger: Ledger) -> None:
    ledger.settle("devto", DAY, "skipped", NOW)
    ledger.settle("devto", DAY, "done", NOW + timedelta(days=9), Receipt("7", "u", "abc"))

    assert ledger.rows("devto")[DAY].begun == NOW + timedelta(days=9)


def test_what_comes_with_a_later_issue_is_there_too_even_if_it_was_begun(ledger: Ledger) -> None:
    begun, done, new = (DAY - timedelta(days=one) for one in (3, 2, 1))
    ledger.begin("www", begun, NOW)
    ledger.settle("www", done, "done", NOW, Receipt("www", "u", "before"))
    ledger.bring_along("www", (begun, done, new), Receipt("www", "", "now"), NOW)

    found = {day: (row.state, row.receipt.content) for day, row in ledger.rows("www").items()}
    assert found == {begun: ("done", "now"), done: ("done", "before"), new: ("done", "now")}


def test_a_rehearsal_leaves_nothing_behind(tmp_path: Path) -> None:
    with open_ledger(tmp_path, rehearse=True) as copy:
        copy.begin("devto", DAY, NOW)
        assert copy.rows("devto")
    assert list(tmp_path.iterdir()) == []

    with open_ledger(tmp_path) as ledger:
        ledger.begin("devto", DAY, NOW)
    with open_ledger(tmp_path, rehearse=True) as copy:
        copy.begin("ghost", DAY, NOW)
        assert copy.rows("devto").keys() == copy.rows("ghost").keys()
    assert [one.name for one in tmp_path.iterdir()] == [LEDGER_FILE]
    with open_ledger(tmp_path) as ledger:
        assert ledger.rows("ghost") == {}


def test_another_newsletters_ledger_is_refused(ledger: Ledger) -> None:
    ledger.belong_to("daily")
    ledger.belong_to("daily")

    with pytest.raises(UserError, match="that of the newsletter 'daily', not of 'weekly'") as refused:
        ledger.belong_to("weekly")
    assert refused.value.status == 78


def test_what_is_no_ledger_is_told_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / LEDGER_FILE
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE notes (text TEXT)")
    other.close()
    for content in (path.read_bytes(), b"no database at all, but long enough to be one " * 30):
        path.write_bytes(content)
        with pytest.raises(UserError, match="ledger") as refused, open_ledger(tmp_path):
            pass
        assert refused.value.status == 78
        assert path.read_bytes()[:1000] == content[:1000] or content.startswith(b"SQLite")


def test_where_no_folder_can_be_made_the_way_out_is_told(tmp_path: Path) -> None:
    (tmp_path / "state").touch()

    with pytest.raises(UserError) as refused, open_ledger(tmp_path / "state"):
        pass

    path = tmp_path / "state" / LEDGER_FILE
    assert refused.value.message == f"the ledger {path} cannot be made: file exists; name a folder with '--state'"
    assert refused.value.status == 78


def test_two_processes_can_make_it_at_once(tmp_path: Path) -> None:
    lines = (
        "import sys, pathlib",
        "from pixeldigest.ledger import open_ledger",
        "with open_ledger(pathlib.Path(sys.argv[1])) as ledger: ledger.belong_to('daily')",
    )
    command = [sys.executable, "-c", "\n".join(lines), str(tmp_path)]
    both = [subprocess.Popen(command) for _ in range(2)]

    assert [one.wait(60) for one in both] == [0, 0]
    with open_ledger(tmp_path) as ledger:
        ledger.belong_to("daily")


def test_a_commit_survives_the_end_of_its_process(tmp_path: Path) -> None:
    child = os.fork()
    if child == 0:
        with open_ledger(tmp_path) as ledger:
            ledger.begin("devto", DAY, NOW)
            os._exit(9)
    os.waitpid(child, 0)

    with open_ledger(tmp_path) as ledger:
        assert ledger.rows("devto")[DAY].state == "begun"
