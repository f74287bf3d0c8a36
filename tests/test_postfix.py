"""The channel `smtp` against Debian's Postfix: real queues, real mailboxes, with and without TLS."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from email import message_from_bytes
from pathlib import Path

import pytest

from counterparts.mailsink import make_certificate
from counterparts.postfix import Postfix, run_postfix, run_smtp_sink, start
from mailing import READERS, Office, build_issue, outcome, posting_of
from pixeldigest.channels.copies import STAND_IN
from pixeldigest.channels.posting import Posting

NAMES = ("ann", "bob", "cy")
LOGIN = {"user": "daily", "password_env": "MAIL_PASSWORD"}


@pytest.fixture(scope="module")
def issue(tmp_path_factory: pytest.TempPathFactory) -> Posting:
    return posting_of(build_issue(tmp_path_factory.mktemp("built")))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def office(tmp_path: Path) -> Callable[[int], Office]:
    """Set up a newsletter that mails through a server of this machine."""

    def set_up(port: int) -> Office:
        office = Office(tmp_path / "project", port)
        office.write_readers(*READERS)
        return office

    return set_up


def wait_until(holds: Callable[[], bool], what: Callable[[], object]) -> None:
    for _ in range(1000):
        if holds():
            return
        time.sleep(0.01)
    raise AssertionError(what())


def delivered(postfix: Postfix) -> bool:
    return all(postfix.mails(name) for name in NAMES)


def test_postfix_delivers_over_starttls_and_knows_who_there_is(
    office: Callable[[int], Office], issue: Posting, certificate: Path
) -> None:
    with run_postfix(NAMES, certificate) as postfix:
        newsletter = office(postfix.port)
        newsletter.write_readers(*READERS, "nobody@example.org")
        said = outcome(newsletter.publish, issue, security="starttls", ca_file=str(certificate))
        wait_until(lambda: delivered(postfix), lambda: postfix.log)
        log, mails = postfix.log, [postfix.mails(name) for name in NAMES]
        untrusted = outcome(newsletter.publish, issue, security="starttls")

    refused = "550 5.1.1 <n…@example.org>: Recipient address rejected: User unknown in virtual mailbox table"
    assert said == ("Unfinished", f"3 of 4 mails are sent; 1 is refused for good: n…@example.org ({refused})")
    assert untrusted == ("done", "")
    assert [len(box) for box in mails] == [1, 1, 1]
    heads = [message_from_bytes(box[0]) for box in mails]
    assert [head["To"] for head in heads] == [head["Delivered-To"] for head in heads] == [*READERS]
    assert {head["Return-Path"] for head in heads} == {"<daily@example.org>"}
    assert len({head["Message-ID"] for head in heads}) == 3
    assert {head["List-Unsubscribe-Post"] for head in heads} == {"List-Unsubscribe=One-Click"}
    assert "from example.org (localhost [127.0.0.1])" in heads[0]["Received"]
    assert log.count("disconnect from localhost[127.0.0.1] ehlo=2 starttls=1 mail=4 rcpt=3/4 data=3 rset=1 quit=1") == 1


def test_smtp_sink_gets_what_is_meant(office: Callable[[int], Office], issue: Posting, tmp_path: Path) -> None:
    with run_smtp_sink(tmp_path / "sink") as port:
        assert outcome(office(port).publish, issue) == ("done", "")

    files = [path.read_text(encoding="utf-8") for path in sorted((tmp_path / "sink").iterdir())]
    assert sorted(re.search(r"X-Rcpt-Args: <(.*)>", text)[1] for text in files) == [*READERS]
    assert {re.search(r"X-Mail-Args: <(.*)>", text)[1] for text in files} == {"daily@example.org"}


@pytest.mark.slow
@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_postfix_wants_a_login(
    office: Callable[[int], Office], issue: Posting, certificate: Path, security: str
) -> None:
    with run_postfix(NAMES, certificate, ("daily", "opensesame")) as postfix:
        newsletter = office(postfix.tls_port if security == "tls" else postfix.port)
        settings = {"security": security, "ca_file": str(certificate)}
        place = f"localhost:{newsletter.port}"

        stranger = outcome(newsletter.publish, issue, **settings)
        wrong = outcome(newsletter.publish, issue, **settings, **{**LOGIN, "user": "nightly"})
        right = outcome(newsletter.publish, issue, **settings, **LOGIN)
        wait_until(lambda: delivered(postfix), lambda: postfix.log)

    assert stranger[0] == "RefusedError"
    assert "554 5.7.1" in stranger[1]
    assert wrong == ("SettingsError", f"{place} refuses the login (535); check the user and the password")
    assert right == ("done", "")


def body_for_all(message: bytes) -> bytes:
    """Take a body with no soft line breaks, and with what stands for a token in the place of one."""
    body = message.replace(b"\r\n", b"\n").partition(b"\n\n")[2].replace(b"=\n", b"")
    return re.sub(rb"(who=(?:3D)?)[a-z2-7]{32}", rb"\1" + STAND_IN.encode(), body)


@pytest.mark.slow
def test_what_postfix_has_taken_survives_that_it_is_stopped(office: Callable[[int], Office], issue: Posting) -> None:
    """Mails wait in the queue, where they are the bytes that were sent, and are delivered once."""
    held = {"smtpd_recipient_restrictions": "check_recipient_access static:HOLD, permit_mynetworks"}
    with run_postfix(NAMES, **held) as postfix:
        newsletter = office(postfix.port)
        assert outcome(newsletter.publish, issue) == ("done", "")
        waiting = postfix.queue()
        queued = [postfix.read_queued(one["queue_id"]) for one in waiting]
        postfix.run("postfix", "stop")
        start(postfix)
        assert outcome(newsletter.publish, issue) == ("done", "")
        postfix.run("postsuper", "-r", "ALL")
        postfix.run("postqueue", "-f")
        wait_until(lambda: delivered(postfix), lambda: postfix.log)
        counts = [len(postfix.mails(name)) for name in NAMES]

    assert [one["queue_name"] for one in waiting] == ["hold"] * 3
    assert sorted(one["recipients"][0]["address"] for one in waiting) == [*READERS]
    assert {body_for_all(message) for message in queued} == {body_for_all(issue.files["mail.eml"])}
    assert counts == [1, 1, 1]


@pytest.mark.slow
def test_postfix_puts_off_and_takes_later(office: Callable[[int], Office], issue: Posting) -> None:
    bob = "check_recipient_access inline:{{bob@example.org = 450 4.2.1 busy}}"
    busy = {"smtpd_recipient_restrictions": f"{bob}, permit_mynetworks"}
    with run_postfix(NAMES, **busy) as postfix:
        newsletter = office(postfix.port)
        first = outcome(newsletter.publish, issue)
        postfix.run("postconf", "smtpd_recipient_restrictions=permit_mynetworks")
        postfix.run("postfix", "reload")
        wait_until(lambda: outcome(newsletter.publish, issue) == ("done", ""), lambda: postfix.log)
        wait_until(lambda: delivered(postfix), lambda: postfix.log)

    refused = "450 4.2.1 <b…@example.org>: Recipient address rejected: busy"
    assert first == ("PutOffError", f"2 of 3 mails are sent; 1 is put off: b…@example.org ({refused})")


@pytest.mark.slow
def test_postfix_ends_a_connection_after_some_mails(office: Callable[[int], Office], issue: Posting) -> None:
    """Too many errors in a session: it says 421, and another connection goes on."""
    with run_postfix(
        NAMES, smtpd_hard_error_limit="1", smtpd_soft_error_limit="1", smtpd_error_sleep_time="0"
    ) as postfix:
        newsletter = office(postfix.port)
        newsletter.write_readers(*READERS, *(f"nobody{number}@example.org" for number in range(6)))
        said = outcome(newsletter.publish, issue)
        wait_until(lambda: delivered(postfix), lambda: postfix.log)

    assert said[0] == "Unfinished"
    assert said[1].startswith("3 of 9 mails are sent; 6 are refused for good: n…@example.org (550 5.1.1")
    assert newsletter.counts() == (3, 6, 0)
