"""Webhooks as Standard Webhooks 1.0 has them, told to a receiver that verifies them and takes each but once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from pydantic import TypeAdapter

from attempts import NOW, POSTING, Tries
from counterparts.hooks import KEY, Hooks, sign
from counterparts.service import serve
from pixeldigest.channels import AnyChannel
from pixeldigest.channels.failures import SettingsError, UnavailableError
from pixeldigest.channels.secrets import Secret
from pixeldigest.channels.webhook import sign as sign_message

CHANGED = POSTING._replace(content="c2", files={"issue.json": b'{"title":"Mended"}'})


@pytest.fixture
def hooks() -> Iterator[Hooks]:
    with serve(Hooks()) as service:
        service.now = NOW.timestamp()
        yield service


def tries_to(hooks: Hooks, key: str = KEY) -> Tries:
    settings = {"type": "webhook", "url": f"{hooks.url}/daily", "key_env": "KEY"}
    return Tries(TypeAdapter(AnyChannel).validate_python(settings), KEY=key)


def told(hooks: Hooks) -> list[str]:
    return [one["type"].removeprefix("issue.") for one in hooks.events]


def test_what_is_told_of_an_issue(hooks: Hooks) -> None:
    receipt = tries_to(hooks).publish()

    assert (receipt.url, receipt.content) == (POSTING.url, "c1")
    assert hooks.events == [
        {
            "type": "issue.published",
            "timestamp": "2026-11-21T06:30:00+00:00",
            "data": {"date": "2026-11-21", "number": 4, "url": POSTING.url, "issue": {"title": "Means"}},
        }
    ]
    assert hooks.asked[0].path == "/daily"
    assert hooks.asked[0].headers["content-type"] == "application/json"


def test_the_example_of_the_specification() -> None:
    """From the specification's own tests: the same message, moment and key have the same signature."""
    body, moment = b'{"test": 2432232314}', 1614265330
    at = NOW.fromtimestamp(moment, NOW.tzinfo)

    headers = sign_message(body, "msg_p5jXN8AQM9LWM0D4loKWxJek", at, Secret(KEY), "hook")

    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert headers["webhook-signature"] == sign(KEY, "msg_p5jXN8AQM9LWM0D4loKWxJek", str(moment), body)


@pytest.mark.parametrize("key", [KEY, "a key of one's own"])
def test_both_kinds_of_keys_sign(hooks: Hooks, key: str) -> None:
    hooks.key = key

    tries_to(hooks, key).publish()

    assert told(hooks) == ["published"]


def test_another_key_is_refused(hooks: Hooks) -> None:
    with pytest.raises(SettingsError, match="the signature is not right"):
        tries_to(hooks, "another").publish()

    assert hooks.events == []


@pytest.mark.parametrize("key", ["whsec_", "whsec_not base64", "whsec_abcde", "whsec_ab-_"])
def test_a_key_that_is_none_is_said_without_it(hooks: Hooks, key: str) -> None:
    with pytest.raises(SettingsError) as caught:
        tries_to(hooks, key).publish()

    assert caught.value.message == "behind 'whsec_' the key of 'webhook' is not base64; copy it anew"
    assert hooks.asked == []


@pytest.mark.parametrize("fault", ["end-before", "end-after", "500"])
def test_an_issue_is_received_once_however_often_it_is_told(hooks: Hooks, fault: str) -> None:
    tries = tries_to(hooks)
    hooks.faults += [fault] * 2
    for _ in range(2):
        with pytest.raises(UnavailableError):
            tries.publish()
    tries.outside = tries.outside._replace(now=NOW + timedelta(minutes=4))

    tries.publish()

    assert told(hooks) == ["published"]
    assert len({one.headers["webhook-id"] for one in hooks.asked}) == 1
    assert len({one.body for one in hooks.asked}) == 1


def test_a_change_is_told_and_so_is_one_back(hooks: Hooks) -> None:
    tries = tries_to(hooks)

    for posting in (POSTING, CHANGED, POSTING, CHANGED):
        tries.publish(posting)

    assert told(hooks) == ["published", "updated", "updated", "updated"]
    assert [one["data"]["issue"]["title"] for one in hooks.events] == ["Means", "Mended", "Means", "Mended"]


def test_a_change_is_received_once(hooks: Hooks) -> None:
    tries = tries_to(hooks)
    first = tries.publish()
    for _ in range(3):
        tries.known = first  # its receipt was lost each time
        tries.publish(CHANGED)

    assert told(hooks) == ["published", "updated"]


def test_a_withdrawn_issue_is_told_without_its_content(hooks: Hooks) -> None:
    tries = tries_to(hooks)
    tries.publish()

    for _ in range(2):
        assert tries.withdraw() is None

    assert told(hooks) == ["published", "withdrawn"]
    assert hooks.events[1]["data"] == {"date": "2026-11-21", "number": 4, "url": POSTING.url}


def test_issues_have_ids_of_their_own(hooks: Hooks) -> None:
    """Two with the same content too."""
    for posting in (POSTING, POSTING._replace(day=POSTING.day.replace(day=22)), POSTING._replace(newsletter="b")):
        tries_to(hooks).publish(posting)

    assert told(hooks) == ["published"] * 3


def test_the_moment_is_that_of_each_try(hooks: Hooks) -> None:
    hooks.now = (NOW + timedelta(minutes=6)).timestamp()

    with pytest.raises(Exception, match="the timestamp is too old"):
        tries_to(hooks).publish()


def test_a_dry_run_tells_nobody(hooks: Hooks) -> None:
    assert tries_to(hooks).rehearse() == f"POST {hooks.url}/daily"
    assert hooks.asked == []
