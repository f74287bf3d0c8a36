"""The channel `smtp`: an issue's mail to each reader once, against a mail server that fails as it is told to."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import os
import quopri
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import Run, examples
from counterparts import mailsink
from counterparts.mailsink import Fault, Options, Sink, count_kept, make_certificate, run_sink
from forked import run_forked
from mailing import DAY, KEY, MAIL, NOON, READERS, Office, build_issue, outcome, posting_of
from pixeldigest.channels.attempt import Attempt
from pixeldigest.channels.copies import STAND_IN, Copy, read_original, write_copy
from pixeldigest.channels.failures import PutOffError, RefusedError, SettingsError, UnavailableError, Unfinished
from pixeldigest.channels.mailaccess import PORTS
from pixeldigest.channels.posting import Posting, Receipt
from pixeldigest.channels.recipients import mask_addresses, name_recipient, normalize_address
from pixeldigest.channels.smtp import send_test
from pixeldigest.ledger import open_ledger
from projects import set_keys, write


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of an issue whose unsubscribe address takes a token."""
    return build_issue(tmp_path_factory.mktemp("built"))


@pytest.fixture(scope="module")
def issue(built: Path) -> Posting:
    return posting_of(built)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with run_sink(tmp_path / "mails") as sink:
        office = Office(tmp_path / "project", sink.port, sink)
        office.write_readers(*READERS)
        yield office


# What is sent


def test_each_reader_gets_one_copy_that_is_the_message_but_for_what_is_theirs(office: Office, issue: Posting) -> None:
    receipt = office.publish(issue)
    again = office.publish(issue, NOON + timedelta(minutes=15))

    assert office.got == [*READERS]
    assert receipt == again == Receipt("2026-11-18.small-daily@daily.example.org", issue.url, "digest")
    for one in office.sink.kept:
        mac = re.search(r"<2026-11-18\.small-daily\.([a-z2-7]{32})@daily\.example\.org>", one.fields["Message-ID"])[1]
        everyone = one.content.replace(f".{mac}@".encode(), b"@")
        everyone = everyone.replace(f"To: {one.recipient}".encode(), b"To: undisclosed-recipients:;")
        assert decoded(everyone) == decoded(issue.files["mail.eml"]).replace(STAND_IN.encode(), token_of(one.recipient))
        assert one.sender == "daily@example.org"
    assert len({one.fields["Message-ID"] for one in office.sink.kept}) == 3


def decoded(message: bytes) -> bytes:
    """Take a message's soft line breaks away."""
    return message.replace(b"=\r\n", b"")


def token_of(address: str) -> bytes:
    """Make a token as whoever runs the unsubscribe page would."""
    return base64.b32encode(hmac.digest(KEY.encode(), address.encode(), hashlib.sha256)).lower()[:32]


def test_the_token_stands_in_the_header_the_text_and_the_html(office: Office, issue: Posting) -> None:
    office.publish(issue)

    one = office.sink.kept[0]
    address = f"https://daily.example.org/unsubscribe?who={token_of(one.recipient).decode()}&list=daily"
    message = message_from_bytes(one.content, policy=default)
    assert message["List-Unsubscribe"] == f"<{address}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert f"] {address}\n" in message.get_body(("plain",)).get_content().replace("\r\n", "\n")
    assert address.replace("&", "&amp;") in message.get_body(("html",)).get_content()


def test_what_is_for_everybody_names_nobody_and_shows_no_braces(built: Path) -> None:
    for name in ("mail.html", "issue.txt"):
        text = (built / name).read_text(encoding="utf-8").replace("&amp;", "&")
        assert "https://daily.example.org/unsubscribe?who=&list=daily" in text
        assert "{{" not in text
    assert b"{{" not in (built / "mail.eml").read_bytes()


@given(st.integers(0, 200), st.integers(0, 200), st.sampled_from(["t2" * 16, ""]))
@examples(25)
def test_a_token_fits_wherever_the_lines_are_broken(before: int, after: int, token: str) -> None:
    body = ("é" + "x" * before + STAND_IN + "y" * after + f"\n.\n{STAND_IN}\n").encode()
    head = f"From: Daily <daily@example.org>\r\nTo: all:;\r\nMessage-ID: <1.daily@example.org>\r\nX: {STAND_IN}\r\n"
    message = head.encode() + b"\r\n" + quopri.encodestring(body).replace(b"\n", b"\r\n")

    copy = write_copy(read_original(message), Copy("ann@example.org", "1.daily.mac@example.org", token))

    fields, _, text = copy.partition(b"\r\n\r\n")
    assert fields.decode().splitlines() == [
        "From: Daily <daily@example.org>",
        "To: ann@example.org",
        "Message-ID: <1.daily.mac@example.org>",
        f"X: {token}",
    ]
    assert quopri.decodestring(text.replace(b"\r\n", b"\n")) == body.replace(STAND_IN.encode(), token.encode())
    assert max(map(len, text.split(b"\r\n"))) <= 76


def test_what_looks_like_a_field_in_the_body_stays(issue: Posting) -> None:
    message = issue.files["mail.eml"] + b"To: me\r\nMessage-ID: <x@y>\r\n"

    copy = write_copy(read_original(message), Copy("ann@example.org", "m@example.org"))

    assert copy.endswith(b"\r\nTo: me\r\nMessage-ID: <x@y>\r\n")


# Who gets it


def test_a_reader_listed_twice_gets_one_mail_and_the_suppressed_none(office: Office, issue: Posting) -> None:
    office.write_readers("# us", "", "Ann@Example.org # first", "ann@example.org", "bob@example.org", *READERS[2:])
    digest = name_recipient("bob@example.org").upper()
    write(office.project / "gone.txt", f"{digest}\nCy@example.org\n")

    office.publish(issue, suppressions_file="gone.txt")

    assert office.got == ["ann@example.org"]


def test_who_comes_or_goes_between_two_runs(office: Office, issue: Posting) -> None:
    first = outcome(office.publish, issue, rate="1/hour")
    got = office.got
    left = sorted(set(READERS) - {*got})
    write(office.project / "gone.txt", f"{left[0]}\n")
    office.write_readers(*got, left[0], "new@example.org")

    office.publish(issue, NOON + timedelta(hours=1), rate="1/hour", suppressions_file="gone.txt")

    said = "1 of 3 mails are sent; the rate of 1/hour allows no more for now"
    assert first == ("Unfinished", said)
    assert office.got == got
    assert office.counts() == (1, 2, 0)


FIRST = range(1, 6)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "'readers.txt' names nobody; write a mail address a line"),
        ("# nobody\n\n", "'readers.txt' names nobody; write a mail address a line"),
        (
            "ann@example.org\nann\njörg@example.org\na b@example.org\nx@straße.example\n",
            ("'readers.txt' cannot be used; line 2: it has no '@'; line 3: the part before the '@' has other signs "
            "than ASCII, which few mail servers take; line 4: it is not a mail address; line 5: its domain can be "
            "read in two ways; write it in punycode, as in 'xn--…'"),
        ),
        (
            "x\n" * 7,
            "'readers.txt' cannot be used; " + "".join(f"line {n}: it has no '@'; " for n in FIRST) + "and 2 more",
        ),
        ("ann@example.org\r\nbob@example\r\n", "'readers.txt' cannot be used; line 2: it is not a mail address"),
        (f"{'a' * 65}@example.org\n", "'readers.txt' cannot be used; line 1: it is not a mail address"),
        ("\udcff@example.org\n", "'readers.txt' cannot be read: it is not UTF-8"),
    ],
)  # fmt: skip
def test_a_list_that_cannot_be_used_is_said_by_its_lines(office: Office, issue: Posting, text: str, said: str) -> None:
    (office.project / "readers.txt").write_bytes(text.encode("utf-8", "surrogateescape"))

    assert outcome(office.publish, issue) == ("SettingsError", said)
    assert office.got == []


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("Ann@Example.ORG", "Ann@example.org"),
        ("ann@bücher.example", "ann@xn--bcher-kva.example"),
        ("o'neil+daily@mail.example.org", "o'neil+daily@mail.example.org"),
    ],
)
def test_addresses_are_written_as_servers_take_them(written: str, normal: str) -> None:
    assert normalize_address(written) == normal


def test_a_list_below_content_is_refused_also_where_a_link_leads_there(office: Office, issue: Posting) -> None:
    write(office.project / "content/readers.txt", "ann@example.org\n")
    (office.project / "readers.txt").unlink()
    (office.project / "readers.txt").symlink_to("content/readers.txt")

    said = "'readers.txt' lies in content or output, which others read; keep addresses elsewhere"
    assert outcome(office.publish, issue) == ("SettingsError", said)
    missing = outcome(office.publish, issue, recipients_file="none.txt")
    assert missing == ("SettingsError", "'none.txt' cannot be read: no such file or directory")


# What may not go to many


RESERVED = ("the newsletter has no postal address; set 'mail.postal_address'",)


@pytest.mark.parametrize(
    ("reserved", "settings", "said"),
    [
        (RESERVED, {}, f"it may go to one reader only: {RESERVED[0]}"),
        (
            (),
            {"token_key_env": None},
            (
                "it may go to one reader only: 'mail.unsubscribe_url' asks for each reader's token, which needs a key; "
                "add 'token_key_env' or 'token_key_file' to the channel"
            ),
        ),
    ],
)
def test_many_readers_need_a_way_out_and_an_address(
    office: Office, issue: Posting, reserved: tuple[str, ...], settings: Mapping[str, Any], said: str
) -> None:
    posting = issue._replace(reserved=reserved)

    refused = outcome(office.publish, posting, **settings)
    assert (refused, office.got) == (("RefusedError", said), [])

    office.write_readers("ann@example.org")
    office.publish(posting, **settings)
    assert office.got == ["ann@example.org"]


def test_without_settings_for_mails_there_is_none_to_send(office: Office, issue: Posting) -> None:
    said = "there is no mail to send; add 'mail' to the settings, with 'from'"
    assert outcome(office.publish, issue._replace(files={})) == ("SettingsError", said)


def test_a_dry_run_sends_and_notes_nothing(office: Office, issue: Posting) -> None:
    said = f"mail 2 of 3 who wait, through localhost:{office.sink.port}"

    assert outcome(office.publish, issue, dry_run=True, rate="2/day") == ("WouldDo", said)
    assert (office.got, office.counts()) == ([], (0, 0, 0))


def test_what_went_out_cannot_be_called_back(office: Office, issue: Posting) -> None:
    outcome(office.publish, issue, rate="2/hour")

    with open_ledger(office.project / "state") as ledger:
        attempt = Attempt(None, office.outside(), lambda _: None, lambda _: None, ledger.deliveries("smtp", DAY), print)
        assert office.channel().withdraw(issue, attempt) == "2 mails of 2026-11-18 went out"
        other = attempt._replace(deliveries=ledger.deliveries("other", DAY))
        assert office.channel().withdraw(issue, other) is None


# The rate


def test_a_run_sends_what_the_rate_allows_and_the_next_goes_on(office: Office, issue: Posting) -> None:
    office.write_readers(*(f"reader{number}@example.org" for number in range(7)))
    said = [
        outcome(office.publish, issue, NOON + timedelta(minutes=minutes), rate="3/hour")[1]
        for minutes in (0, 15, 60, 75, 120, 135)
    ]

    assert [re.sub(r" of 7.*", "", one) for one in said] == ["3", "3", "6", "6", "", ""]
    assert len(office.got) == len(set(office.got)) == 7


# What goes wrong


THREE_TIMES = "the server breaks off, 3 times in a row: "
CASES = {
    # the faults; how the first attempt ends, what it says, who has it then
    "a mailbox that is busy": (
        [Fault("rcpt", "450 4.2.1 <bob@example.org> is busy", "bob@")],
        PutOffError, "2 of 3 mails are sent; 1 is put off: b…@example.org (450 4.2.1 <b…@example.org> is busy)",
        "ann cy",
    ),
    "a mailbox that there is not": (
        [Fault("rcpt", "550 5.1.1 no bob here", "bob@")],
        Unfinished, "2 of 3 mails are sent; 1 is refused for good: b…@example.org (550 5.1.1 no b… here)",
        "ann cy",
    ),
    "an unknown reason against one": (
        [Fault("rcpt", "550 no", "bob@")],
        Unfinished, "2 of 3 mails are sent; 1 is refused for good: b…@example.org (550 no)",
        "ann cy",
    ),
    "a server that relays for nobody": (
        [Fault("rcpt", "554 5.7.1 relay access denied")],
        RefusedError, "the server refuses one mail after the other: 554 5.7.1 relay access denied",
        "",
    ),
    "a message that nobody wants": (
        [Fault("dot", "554 5.7.1 it looks like spam")],
        RefusedError, "the server refuses one mail after the other: 554 5.7.1 it looks like spam",
        "",
    ),
    "a message put off": (
        [Fault("dot", "451 4.3.0 later", "cy@")],
        PutOffError, "2 of 3 mails are sent; 1 is put off: c…@example.org (451 4.3.0 later)",
        "ann bob",
    ),
    "a data command put off": (
        [Fault("data", "451 4.3.0 later", "cy@")],
        PutOffError, "2 of 3 mails are sent; 1 is put off: c…@example.org (451 4.3.0 later)",
        "ann bob",
    ),
    "a sender that is refused": (
        [Fault("mail", "550 5.7.1 not you")],
        SettingsError, "{place} refuses the sender: 550 5.7.1 not you; check 'from' of 'mail', and the login",
        "",
    ),
    "a server that is full": (
        [Fault("mail", "452 4.3.1 full")],
        UnavailableError, "{place} takes no mails for now: 452 4.3.1 full", "",
    ),
    "a server that takes nobody": (
        [Fault("connect", "554 go away")], SettingsError, "{place} refuses the connection: 554 go away", "",
    ),
    "a server that is busy": (
        [Fault("connect", "421 busy")], UnavailableError, "{place} is not ready: 421 busy", "",
    ),
    "no greeting": (
        [Fault("connect", "cut")], UnavailableError, "{place} closes the connection at once", "",
    ),
    "cut before each message": (
        [Fault("data", "cut")],
        UnavailableError, THREE_TIMES + "{place} closes the connection before it takes the mail", "",
    ),
    "cut before one message, once": ([Fault("data", "cut", "bob@", 1)], None, "", "ann bob cy"),
    "cut before one message, always": (
        [Fault("data", "cut", "bob@")],
        PutOffError,
        "2 of 3 mails are sent; 1 is put off: b…@example.org ({place} closes the connection before it takes the mail)",
        "ann cy",
    ),
    "an answer that takes its time": ([Fault("dot", "slow 0.2", "bob@")], None, "", "ann bob cy"),
    "told to connect again": ([Fault("mail", "421 4.7.0 enough", times=1)], None, "", "ann bob cy"),
    "no answer to one, which was not taken": (
        [Fault("dot", "cut", "bob@", 1)],
        PutOffError,
        ("2 of 3 mails are sent; 1 has no answer and will be sent again: b…@example.org (the connection broke before "
        "the server had answered)"),
        "ann cy",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_goes_wrong_is_said_without_addresses_and_mended_by_the_next_run(
    office: Office, issue: Posting, case: str
) -> None:
    faults, kind, words, got = CASES[case]
    office.sink.faults.extend(Fault(one.stage, one.does, one.to, one.times) for one in faults)

    said = outcome(office.publish, issue)
    place = f"localhost:{office.sink.port}"
    assert said == (kind.__name__ if kind else "done", words.format(place=place))
    assert office.got == [f"{name}@example.org" for name in got.split()]

    office.sink.faults.clear()
    assert outcome(office.publish, issue)[0] == "done"
    refused = kind is Unfinished
    assert office.counts() == (2, 1, 0) if refused else (3, 0, 0)
    assert len(office.got) == (2 if refused else 3)


def test_a_mail_whose_answer_is_lost_is_sent_again_with_the_same_message_id(office: Office, issue: Posting) -> None:
    office.sink.faults.append(Fault("taken", "cut", "bob@", 1))

    assert outcome(office.publish, issue)[0] == "PutOffError"
    assert outcome(office.publish, issue)[0] == "done"

    assert office.got == ["ann@example.org", "bob@example.org", "bob@example.org", "cy@example.org"]
    assert "bob@example.org: 2 mails, 1 distinct Message-IDs" in count_kept(office.sink.folder)


def test_a_connection_cut_within_a_message_loses_and_doubles_nothing(office: Office, issue: Posting) -> None:
    """Whether this end has seen it by the last dot is chance; what comes of it is not."""
    office.sink.faults.append(Fault("content", "cut", "bob@", 1))

    first = outcome(office.publish, issue)[0]
    office.publish(issue)

    assert first in ("done", "PutOffError")
    assert office.got == [*READERS]


def test_a_mail_put_off_for_days_is_given_up(office: Office, issue: Posting) -> None:
    office.sink.faults.append(Fault("rcpt", "452 4.2.2 full", "bob@"))

    waits = outcome(office.publish, issue, NOON + timedelta(days=4))[0]
    over = outcome(office.publish, issue, NOON + timedelta(days=6))

    said = "2 of 3 mails are sent; 1 is refused for good: b…@example.org (452 4.2.2 full)"
    assert (waits, over) == ("PutOffError", ("Unfinished", said))
    assert outcome(office.publish, issue, NOON + timedelta(days=6))[0] == "done"


def test_one_connection_serves_many(office: Office, issue: Posting) -> None:
    office.publish(issue)

    assert (office.sink.seen["connect"], office.sink.seen["taken"]) == (1, 3)


def test_nothing_listens_there(office: Office, issue: Posting) -> None:
    said = "localhost:1 cannot be reached: connection refused"
    assert outcome(office.publish, issue, port=1) == ("UnavailableError", said)
    kind, words = outcome(office.publish, issue, host="no-such-host.invalid")
    assert (kind, words.partition(":")[0]) == ("UnavailableError", "no-such-host.invalid")


def test_the_ledger_holds_no_address(office: Office, issue: Posting) -> None:
    office.sink.faults += [Fault("rcpt", "550 5.1.1 <bob@example.org> is unknown", "bob@")]
    office.sink.faults += [Fault("dot", "451 4.0.0 cy is slow; ask post-cy@example.org", "cy@")]
    outcome(office.publish, issue)

    held = b"".join(path.read_bytes() for path in (office.project / "state").iterdir())

    assert b"5.1.1 <b\xe2\x80\xa6@example.org> is unknown" in held
    assert b"c\xe2\x80\xa6 is slow; ask p\xe2\x80\xa6@example.org" in held
    assert not re.search(rb"(ann|bob|cy)@", held)


def test_words_about_somebody_are_masked() -> None:
    said = "<Ann.Lee@example.org> ANN.LEE is away; see bounce+ann.lee=example.org@relay.example.net"
    assert mask_addresses(said, "ann.lee@example.org") == "<A…@example.org> a… is away; see b…@relay.example.net"


# Encryption, and who may send


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


LOGIN = {"user": "daily", "password_env": "MAIL_PASSWORD"}


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_mails_go_out_encrypted_and_logged_in(tmp_path: Path, issue: Posting, certificate: Path, security: str) -> None:
    options = Options(security, certificate, ("daily", "opensesame"))
    with run_sink(tmp_path / "mails", options=options) as sink:
        office = Office(tmp_path / "project", sink.port, sink)
        office.write_readers(*READERS)
        trusted = {"security": security, "ca_file": str(certificate)}

        ends = [
            outcome(office.publish, issue, **settings)
            for settings in (
                {"security": security, **LOGIN},
                {**trusted, **LOGIN, "user": "nightly"},
                trusted,
                {**trusted, **LOGIN, "ca_file": "none.pem"},
                {**trusted, **LOGIN, "ca_file": "readers.txt"},
                {**trusted, **LOGIN},
            )
        ]

    place = f"localhost:{sink.port}"
    sender = "check 'from' of 'mail', and the login"
    untrusted = "check 'host', or name the certificate of its authority in 'ca_file'"
    assert ends == [
        ("SettingsError", f"{place} cannot prove who it is: self-signed certificate; {untrusted}"),
        ("SettingsError", f"{place} refuses the login (535); check the user and the password"),
        ("SettingsError", f"{place} refuses the sender: 530 5.7.0 say AUTH first; {sender}"),
        ("SettingsError", "the certificate in 'none.pem' cannot be read: no such file or directory"),
        ("SettingsError", "the certificate in 'readers.txt' cannot be read: there is none"),
        ("done", ""),
    ]  # fmt: skip
    assert office.got == [*READERS]


def test_what_is_not_as_asked_is_told(office: Office, issue: Posting) -> None:
    place = f"localhost:{office.sink.port}"

    ends = [
        outcome(office.publish, issue, **settings)
        for settings in ({"security": "starttls"}, {"security": "tls"}, LOGIN)
    ]

    assert ends == [
        ("SettingsError", f"{place} does not offer STARTTLS; try 'security: tls'"),
        ("SettingsError", f"{place} does not speak TLS as asked; check 'port' and 'security'"),
        ("SettingsError", f"{place} does not offer AUTH; delete the login"),
    ]
    assert office.got == []


# A mail to oneself


def test_a_test_mail_is_another_message_each_time_and_leaves_no_trace(office: Office, issue: Posting) -> None:
    for minute in range(2):
        send_test(office.channel(), issue, office.outside(NOON + timedelta(minutes=minute)), "Me@Example.org")
    office.write_readers("me@example.org")
    office.publish(issue)

    assert office.got == ["Me@example.org", "Me@example.org", "me@example.org"]
    assert len({one.fields["Message-ID"] for one in office.sink.kept}) == 3
    assert all(token_of("me@example.org") in decoded(one.content) for one in office.sink.kept)


@pytest.mark.parametrize(
    ("fault", "address", "ends"),
    [
        (None, "me", ("RefusedError", "the address for the test cannot be used: it has no '@'")),
        ("550 5.1.1 me?", "me@example.org", ("RefusedError", "{place} refuses the mail: 550 5.1.1 m…?")),
        ("450 later", "me@example.org", ("UnavailableError", "{place} has not taken the mail: 450 later")),
    ],
)
def test_a_test_mail_that_fails(
    office: Office, issue: Posting, fault: str | None, address: str, ends: tuple[str, str]
) -> None:
    office.sink.faults.extend([Fault("rcpt", fault)] if fault else [])

    said = outcome(send_test, office.channel(), issue, office.outside(), address)

    assert said == (ends[0], ends[1].format(place=f"localhost:{office.sink.port}"))


# The mail server of the tests


def test_the_sink_can_be_run_by_hand_and_keeps_its_mails_when_it_is_run_again(tmp_path: Path, issue: Posting) -> None:
    command = [sys.executable, str(Path(mailsink.__file__)), "--folder", str(tmp_path / "mails")]
    asked = ["--port", "0", "--tls", "starttls", "--login", "daily:opensesame", "--fault", "rcpt:450 no:bob@:1"]
    for address in ("ann@example.org", "bob@example.org", "ann@example.org"):
        with subprocess.Popen([*command, *asked], stdout=subprocess.PIPE, text=True) as sink:
            port = int(re.search(r":(\d+);", sink.stdout.readline())[1])
            office = Office(tmp_path / "project", port)
            channel = office.channel(security="starttls", ca_file=str(tmp_path / "mails/sink.pem"), **LOGIN)
            said = outcome(send_test, channel, issue, office.outside(), address)[0]
            sink.kill()
        assert said == ("UnavailableError" if "bob" in address else "done")

    counted = subprocess.run([*command, "--count"], check=True, capture_output=True, text=True).stdout
    assert counted == "ann@example.org: 2 mails, 1 distinct Message-IDs\n1 recipients, 2 mails\n"


# Settings

BASE = "host: mail.example.org, recipients_file: r.txt"
CHANNELS = f"""
mail:
  from: Daily <daily@example.org>
  unsubscribe_url: https://daily.example.org/{{{{ reader.token }}}}
channels:
  - {{type: smtp, id: a, host: localhost, recipients_file: ./content/readers.txt, rate: fast, security: ssl}}
  - {{type: smtp, id: b, {BASE}, user: me}}
  - {{type: smtp, id: c, {BASE}, password_env: P}}
  - {{type: smtp, id: d, {BASE}, user: me, user_env: U, password_env: P}}
  - {{type: smtp, id: e, {BASE}, user: me, password_env: P, security: none}}
  - {{type: smtp, id: f, host: 127.0.0.2, recipients_file: r.txt, user: me, password_env: P, security: none}}
"""


def test_settings_that_cannot_be_meant(small: Path) -> None:
    set_keys(small, CHANNELS)

    run = run_forked(small, "check")

    assert run.status == 78
    assert [line for line in run.err.splitlines() if line.startswith("error")] == [
        "error[unsubscribe_url]: '{{ reader.token }}' is not a placeholder; use {{ recipient.token }}",
        (
            "error[recipients_file]: './content/readers.txt' is no place for mail addresses: what lies there is "
            "shared or published; keep it elsewhere, as in 'private/readers.txt', and out of git"
        ),
        "error[rate]: 'fast' is not a rate; write how many mails in what time, as in '100/hour' or '2000/day'",
        "error[security]: 'ssl' is not a way to secure the connection; use 'starttls', 'tls' or 'none'",
        (
            "error[password_env]: there is a user, but no password; add 'password_env' with the name of an environment "
            "variable, or 'password_file'"
        ),
        "error[user]: there is a password, but no user; add 'user'",
        "error[user_env]: 'user' and 'user_env' both name the user; delete one of them",
        "error[security]: the password would go to another machine as plain text; write 'starttls' or 'tls'",
    ]


@pytest.mark.parametrize(("security", "port"), [("starttls", 587), ("tls", 465), ("none", 25)])
def test_ports_follow_from_how_connections_are_secured(office: Office, security: str, port: int) -> None:
    assert PORTS[office.channel(security=security, port=None).security] == port


# The whole command

NEWSLETTER = """
channels:
  - type: smtp
    host: localhost
    port: {port}
    security: none
    recipients_file: readers.txt
    suppressions_file: gone.txt
    token_key_env: TOKEN_KEY
    rate: {rate}
publish: {{late_mail: send, catch_up: 10}}
"""


class Published(NamedTuple):
    """A newsletter that is published by the real command, and what that has said so far."""

    project: Path
    said: list[str]

    def run(self, now: datetime, **environment: str) -> Run:
        run = run_forked(self.project, "publish", now=f"{now:%Y-%m-%dT%H:%M}", TOKEN_KEY=KEY, **environment)
        self.said.append(run.out + run.err)
        return run

    def start(self, now: datetime) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "pixeldigest", "--now", f"{now:%Y-%m-%dT%H:%M}", "publish"]
        return subprocess.Popen(
            command,
            cwd=self.project,
            env={**os.environ, "TOKEN_KEY": KEY},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def list_readers(self, count: int) -> list[str]:
        readers = [f"reader-{number}@example.org" for number in range(count)]
        write(self.project / "readers.txt", "\n".join(readers))
        write(self.project / "gone.txt", "")
        return readers


@pytest.fixture
def published(small: Path, tmp_path: Path) -> Iterator[tuple[Published, Sink]]:
    with run_sink(tmp_path / "mails") as sink:
        set_keys(small, MAIL)
        yield Published(small, []), sink


def test_the_command_mails_an_issue_in_parts_and_says_no_address(published: tuple[Published, Sink]) -> None:
    newsletter, sink = published
    set_keys(newsletter.project, NEWSLETTER.format(port=sink.port, rate="2/hour"))
    newsletter.list_readers(3)
    now = NOON

    statuses = [newsletter.run(now + timedelta(minutes=minutes)).status for minutes in (0, 60, 75)]

    assert statuses == [0, 0, 0]
    assert count_kept(sink.folder).splitlines()[-1] == "3 recipients, 3 mails"
    assert "reader-" not in "".join(newsletter.said)


@pytest.mark.slow
def test_three_hundred_readers_at_a_hundred_an_hour(published: tuple[Published, Sink]) -> None:
    """Every hour a run, one of them killed; some readers go in between."""
    newsletter, sink = published
    set_keys(newsletter.project, NEWSLETTER.format(port=sink.port, rate="100/hour"))
    readers = newsletter.list_readers(300)
    sent = []
    for hour in range(5):
        if hour == 1:
            got = {one.recipient for one in sink.kept}
            gone = [one for one in readers if one not in got][:10]
            write(newsletter.project / "gone.txt", "\n".join(gone))
            with newsletter.start(NOON + timedelta(hours=hour)) as process:
                while len(sink.kept) < 150:
                    time.sleep(0.005)
                process.kill()
        newsletter.run(NOON + timedelta(hours=hour))
        sent.append(len(sink.kept))

    got = [one.recipient for one in sink.kept]
    assert sent[0] == 100
    assert all(later - earlier <= 101 for earlier, later in itertools.pairwise(sent))
    assert sorted(set(got)) == sorted({*readers} - {*gone})
    assert len(got) - len(set(got)) <= 1
    assert len({one.fields["Message-ID"] for one in sink.kept}) == 290
    assert not any(reader in said for said in newsletter.said for reader in readers)
    assert not any(reader.encode() in (newsletter.project / "state/ledger.db").read_bytes() for reader in readers)
