"""Mails through services that send them: made once, sent once, whatever breaks in between."""

from __future__ import annotations

import contextlib
import itertools
import json
import subprocess
import sys
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any, Literal, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from attempts import POSTING, KilledError, Tries
from conftest import every_third, examples
from counterparts import buttondown as local_buttondown
from counterparts import listmonk as local_listmonk
from counterparts.buttondown import parsed_and_written
from counterparts.listmonk import render
from counterparts.service import Counterpart, Reply, serve
from pixeldigest.channels import AnyChannel, Channel, buttondown, listmonk
from pixeldigest.channels.failures import RefusedError, SettingsError, UnavailableError
from pixeldigest.channels.posting import Receipt

CHANGED = POSTING._replace(content="c2", title="Means, mended", html="<p>Mended.</p>")
FAULTS = ("429:1", "500", "end-before", "end-after")


class Case(NamedTuple):
    """A service, and channels to it."""

    service: Any
    settings: dict[str, Any]
    key: str

    def tries(self, status: Literal["draft", "send"] = "send", **others: object) -> Tries:
        given = {**self.settings, "url": self.service.url, "status": status, **others}
        channel: Channel = TypeAdapter(AnyChannel).validate_python(given)
        return Tries(channel, KEY=self.key)


BUTTONDOWN = {"type": "buttondown", "key_env": "KEY"}
LISTMONK = {"type": "listmonk", "user": local_listmonk.USER, "token_env": "KEY", "lists": ["1", "2"]}


def make_cases() -> dict[str, tuple[type[Counterpart], dict[str, Any], str]]:
    return {
        "buttondown": (local_buttondown.Buttondown, BUTTONDOWN, local_buttondown.KEY),
        "listmonk": (local_listmonk.Listmonk, LISTMONK, local_listmonk.TOKEN),
    }


@pytest.fixture(params=make_cases())
def case(request: pytest.FixtureRequest) -> Iterator[Case]:
    make, settings, key = make_cases()[request.param]
    with serve(make()) as service:
        yield Case(service, settings, key)


@pytest.fixture
def at_buttondown() -> Iterator[Case]:
    with serve(local_buttondown.Buttondown()) as service:
        yield Case(service, BUTTONDOWN, local_buttondown.KEY)


@pytest.fixture
def at_listmonk() -> Iterator[Case]:
    with serve(local_listmonk.Listmonk()) as service:
        yield Case(service, LISTMONK, local_listmonk.TOKEN)


def statuses(case: Case) -> list[str]:
    return [one["status"] for one in case.service.mails]


STARTED = {"buttondown": "about_to_send", "listmonk": "running"}


def test_a_draft_is_left_to_be_sent_by_hand(case: Case) -> None:
    receipt = case.tries("draft").publish()

    assert receipt.content == "c1"
    assert [str(one["id"]) for one in case.service.mails] == [receipt.remote_id]
    assert (statuses(case), case.service.sendings) == (["draft"], [])


def test_drafts_are_made_where_nothing_is_said(case: Case) -> None:
    channel: Any = TypeAdapter(AnyChannel).validate_python({"url": "https://example.org", **case.settings})

    assert channel.status == "draft"


def test_a_mail_is_sent_where_that_is_wanted(case: Case) -> None:
    tries = case.tries()

    tries.publish()

    assert statuses(case) == [STARTED[tries.channel.id]]
    assert case.service.sendings == [POSTING.title]


BREAKS = [*itertools.product(FAULTS, range(3), ("draft", "send"))]
KILLS = [*itertools.product(range(4), (-1, 0, 1, 2))]


@pytest.mark.parametrize("broken", every_third(BREAKS), ids=str)
def test_a_mail_is_made_and_sent_once_whatever_request_breaks(case: Case, broken: tuple[str, int, Any]) -> None:
    fault, place, status = broken
    tries = case.tries(status)
    case.service.faults += [*["none"] * place, fault]
    with contextlib.suppress(UnavailableError):
        tries.publish()
    case.service.faults.clear()

    tries.publish()

    assert len(case.service.mails) == 1
    assert case.service.sendings == ([POSTING.title] if status == "send" else [])


@pytest.mark.parametrize("kills", every_third(KILLS), ids=str)
def test_a_mail_is_made_and_sent_once_wherever_its_run_is_killed(case: Case, kills: tuple[int, int]) -> None:
    """Before the draft, before its id is noted, before it is sent, and after all (which is where the fourth is)."""
    tries = case.tries()
    for step in kills:
        try:
            tries.publish(kill_at=step)
        except KilledError:
            continue
        tries.known = Receipt(tries.known.remote_id) if tries.known else None  # killed before its receipt is written

    tries.publish()

    assert len(case.service.mails) == 1
    assert case.service.sendings == [POSTING.title]


def test_a_short_wait_is_waited_for(case: Case) -> None:
    tries = case.tries()
    case.service.faults.append("429:1")

    tries.publish()

    assert tries.waited == [1.0]


def test_a_draft_is_found_without_a_ledger(case: Case) -> None:
    first = case.tries("draft").publish()
    found = case.tries("draft").find()

    again = case.tries("draft").publish()

    assert found == first == again
    assert len(case.service.mails) == 1


def test_a_draft_is_not_there_yet_for_one_that_sends(case: Case) -> None:
    """So that it is sent by the next run, and not taken as published."""
    case.tries("draft").publish()
    sending = case.tries("send")

    assert sending.find() is None
    sending.publish()
    assert len(case.service.mails) == 1
    assert case.service.sendings == [POSTING.title]
    assert sending.find() == sending.known


def test_what_is_not_there_is_not_found(case: Case) -> None:
    case.tries("draft").publish()

    assert case.tries("draft").find(POSTING._replace(day=POSTING.day.replace(day=22))) is None


def test_issues_are_found_on_any_page(case: Case) -> None:
    postings = [POSTING._replace(day=POSTING.day.replace(day=day)) for day in range(18, 22)]
    for posting in postings:
        case.tries("draft").publish(posting)

    assert all(case.tries("draft").find(posting) for posting in postings)
    assert case.tries("draft").find(POSTING._replace(newsletter="other-daily")) is None


def test_a_draft_is_brought_up_to_date(case: Case) -> None:
    tries = case.tries("draft")
    tries.publish()

    receipt = tries.publish(CHANGED)

    assert receipt.content == "c2"
    assert [one["subject"] for one in case.service.mails] == [CHANGED.title]
    assert "Mended." in case.service.mails[0]["body"]
    assert case.service.sendings == []


def test_a_mail_that_was_sent_never_changes(case: Case) -> None:
    tries = case.tries()
    tries.publish()

    receipt = tries.publish(CHANGED)

    assert receipt.content == "c2"  # so that nobody tries again and again
    assert [one["subject"] for one in case.service.mails] == [POSTING.title]
    assert case.service.sendings == [POSTING.title]


def test_what_somebody_has_stopped_is_not_sent_again(case: Case) -> None:
    tries = case.tries()
    tries.publish()
    case.service.mails[0]["status"] = "draft"

    tries.publish(CHANGED)

    assert statuses(case) == ["draft"]
    assert len(case.service.sendings) == 1


def test_what_somebody_has_deleted_is_not_made_again(case: Case) -> None:
    tries = case.tries("draft")
    tries.publish()
    assert tries.withdraw() is None

    assert tries.publish(CHANGED).content == "c2"
    assert case.service.mails == []


def test_a_dry_run_says_what_it_would_do(case: Case) -> None:
    tries = case.tries()

    assert tries.rehearse().startswith("POST http://127.0.0.1:")
    assert case.service.mails == []


def test_a_draft_is_withdrawn(case: Case) -> None:
    tries = case.tries("draft")
    tries.publish()

    assert tries.withdraw() is None
    assert case.service.mails == []
    assert tries.withdraw() is None


def test_a_mail_that_was_sent_at_buttondown_cannot_be_called_back(at_buttondown: Case) -> None:
    tries = at_buttondown.tries()
    tries.publish()

    left = tries.withdraw()

    archive = "https://buttondown.com/example/archive/small-daily-2026-11-21/"
    assert left == f"the mail was sent; Buttondown's archive shows it until it is deleted there ({archive})"
    assert len(at_buttondown.service.mails) == 1


@pytest.mark.parametrize(
    ("status", "then", "words"),
    [
        ("running", "cancelled", "the campaign was stopped; some of its mails may have been sent"),
        ("paused", "cancelled", "the campaign was stopped; some of its mails may have been sent"),
        ("finished", "finished", "the campaign was sent"),
    ],
)
def test_a_campaign_is_stopped(at_listmonk: Case, status: str, then: str, words: str) -> None:
    tries = at_listmonk.tries()
    tries.publish()
    at_listmonk.service.mails[0]["status"] = status

    assert tries.withdraw() == f"{words} ({at_listmonk.service.url}/admin/campaigns/1)"
    assert statuses(at_listmonk) == [then]


def test_a_copy_of_a_campaign_is_not_taken_for_it(at_listmonk: Case) -> None:
    """Whoever copies a campaign copies its tags too."""
    tries = at_listmonk.tries("draft")
    tries.publish()
    copy = {**at_listmonk.service.mails[0], "id": 2, "name": "Copy"}
    at_listmonk.service.state["campaigns"]["2"] = copy

    tries.publish(CHANGED)

    assert [one["subject"] for one in at_listmonk.service.mails] == [CHANGED.title, POSTING.title]


def test_an_old_listmonk_knows_no_tags(at_listmonk: Case) -> None:
    at_listmonk.service.filters_tags = False
    for day in range(18, 22):
        at_listmonk.tries().publish(POSTING._replace(day=POSTING.day.replace(day=day)))

    at_listmonk.tries().publish()

    assert len(at_listmonk.service.mails) == 4


# --- What they are told ---


def test_what_buttondown_is_told(at_buttondown: Case) -> None:
    at_buttondown.tries().publish()

    listed, created, sent = at_buttondown.service.asked
    assert (listed.method, created.method, sent.method) == ("GET", "POST", "PATCH")
    assert created.headers["x-api-version"] == "2026-04-01"
    assert created.headers["x-idempotency-key"] == "small-daily/2026-11-21"
    assert created.data == {
        "subject": "Means — Deep Dive",
        "body": "<!-- buttondown-editor-mode: fancy -->\n<h2>Means</h2>\n<p>A mean.</p>",
        "slug": "small-daily-2026-11-21",
        "description": "What a mean is.",
        "canonical_url": "https://daily.example.org/news/issues/2026-11-21/",
        "image": "https://daily.example.org/news/assets/cover.png",
        "metadata": {"pixeldigest": "small-daily/2026-11-21"},
        "status": "draft",
    }
    assert sent.data == {"status": "about_to_send"}


def test_what_listmonk_is_told(at_listmonk: Case) -> None:
    at_listmonk.tries().publish()

    listed, created, started = at_listmonk.service.asked
    assert (listed.method, created.method, started.method) == ("GET", "POST", "PUT")
    assert listed.query["tag"] == "small-daily/2026-11-21"
    assert at_listmonk.service.requests[0][1].count("tag=") == 1
    assert created.data == {
        "name": "2026-11-21 Means — Deep Dive",
        "subject": "Means — Deep Dive",
        "type": "regular",
        "content_type": "html",
        "body": "<h2>Means</h2>\n<p>A mean.</p>",
        "altbody": "Means\n",
        "tags": ["small-daily/2026-11-21"],
        "lists": [1, 2],
    }
    assert (started.path, started.data) == ("/api/campaigns/1/status", {"status": "running"})


TEMPLATES = st.lists(
    st.sampled_from(["{{", "}}", "{", "{%", "{#", '"', "\\", "@TrackLink", "https://a.b/", "<b", "é", "\n", " x "]),
    max_size=9,
).map("".join)


@examples(80)
@given(TEMPLATES)
def test_braces_come_out_of_listmonk_as_they_were_typed(text: str) -> None:
    html = f"<p>{text.replace('<', '&lt;')}</p>"

    assert render(listmonk.keep_text(text)) == text
    assert unescape(render(listmonk.keep_html(html))) == unescape(html)


@examples(80)
@given(TEMPLATES)
def test_braces_come_out_of_buttondown_as_they_were_typed(text: str) -> None:
    """A mail there is a template of Django's, after it was parsed and written anew."""
    escaped = text.replace("<", "&lt;").replace('"', "&quot;")

    kept = parsed_and_written(
        buttondown.keep_html(f'<p>{escaped}</p><img alt="{escaped}" src="https://a.b/{escaped}">')
    )

    assert not any(sign in kept for sign in ("{{", "{%", "{#"))
    assert kept.replace("<span>{</span>", "{").replace("\u2060", "").replace("%7B", "{") == (
        f'<p>{escaped}</p><img alt="{escaped}" src="https://a.b/{escaped}">'
    )


def test_a_mail_with_braces_is_taken(case: Case) -> None:
    wild = POSTING._replace(
        title="Jinja: {{ x }} and {% if %}",
        html="<pre><code>{{ user }} {# no #}</code></pre>",
        files={"issue.txt": b"{{ user }} a<b \xc3\xa9"},
    )

    case.tries().publish(wild)

    assert len(case.service.sendings) == 1


# --- What can be wrong ---


def test_a_wrong_key_is_said_without_it(case: Case) -> None:
    tries = case._replace(key="s3cret-and-wrong").tries()

    with pytest.raises(SettingsError, match="check the key") as caught:
        tries.publish()

    assert "s3cret" not in str(caught.value)


def test_what_is_no_such_service_is_said(case: Case) -> None:
    case.service.reply = lambda _: Reply(200, {"hello": "there"})

    with pytest.raises(SettingsError, match="does not answer as"):
        case.tries().publish()
    with pytest.raises(SettingsError, match="does not answer as"):
        case.tries().find()


def test_a_refusal_is_passed_on(at_listmonk: Case) -> None:
    with pytest.raises(RefusedError, match=r"answers 400 to POST \(No lists selected"):
        at_listmonk.tries(lists=["7"]).publish()


def test_a_service_that_is_not_there_is_asked_again_later(case: Case) -> None:
    with pytest.raises(UnavailableError, match="cannot be reached"):
        case.tries(url="http://127.0.0.1:9").publish()


@pytest.mark.parametrize("name", ["buttondown", "listmonk", "hooks"])
def test_counterparts_are_commands_and_keep_their_state(name: str, tmp_path: Path) -> None:
    script, state = Path(__file__).parent / "counterparts" / f"{name}.py", tmp_path / "state.json"
    make, settings, key = make_cases().get(name, (None, {}, ""))

    for _ in range(2):
        with subprocess.Popen([sys.executable, script, "--state", state], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            url = process.stdout.readline().strip()
            if make:
                tries = Tries(TypeAdapter(AnyChannel).validate_python({**settings, "url": url}), KEY=key)
                tries.publish()
            process.kill()

    if make:
        assert len(make(state).mails) == 1  # type: ignore[attr-defined]
        assert json.loads(state.read_text())["sendings"] == []
