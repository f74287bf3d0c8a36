"""The channel `ghost`, against a server that acts as Ghost does; `make test-ghost` tries it with Ghost itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attempts import ISSUE, NOW, Trial, posting
from conftest import every_third, examples
from counterparts.ghost import KEY, NEWSLETTER
from counterparts.ghost import Ghost as Server
from counterparts.service import Reply, serve
from pixeldigest.channels.failures import RefusedError, SettingsError, UnavailableError, Unfinished, WouldDo
from pixeldigest.channels.ghost import Ghost
from pixeldigest.channels.posting import Posting, Receipt

FAULTS = ("cut-before", "cut-during", "cut-after", "500", "503", "500-after", "429:99")
SLUG = "daily-2026-11-21"


@pytest.fixture
def server() -> Iterator[Server]:
    with serve(Server()) as one:
        yield one


def ghost(server: Server, key: str = KEY, **settings: Any) -> Trial:
    return Trial(Ghost(type="ghost", url=server.url, key_env="GHOST_KEY", **settings), GHOST_KEY=key)


def persist(there: Trial, issue: Posting, *, remembers: bool = True) -> Receipt:
    """Publish as cron does: run after run until it is done."""
    for _ in range(20):
        try:
            return there.publish(issue, there.noted[-1] if there.noted and remembers else None)
        except (UnavailableError, Unfinished):
            continue
    raise AssertionError("it never gets through")


def test_a_post_is_drafted_noted_and_then_published(server: Server) -> None:
    there = ghost(server)

    receipt = there.publish(posting(cover="https://daily.example.org/cover.png"))

    (post,) = server.published
    assert receipt == Receipt(post["id"], f"{server.url}/{SLUG}/", "c1")
    assert [one.remote_id for one in there.noted] == [post["id"]]
    api = f"{server.url}/ghost/api/admin/posts/"
    assert there.effects == [f"POST {api}", f"PUT {api}{post['id']}/"]
    assert post["html"] == (
        "\n<!--kg-card-begin: html-->\n<div>\n<!-- pixeldigest daily/2026-11-21 c1 -->\n<h2>Sums</h2>\n"
        "<p>A <em>sum</em>, as c1 has it.</p>\n</div>\n<!--kg-card-end: html-->\n"
    )
    shown = {name: post[name] for name in ("title", "slug", "canonical_url", "custom_excerpt", "feature_image", "tags")}
    assert shown == {
        "title": "Sums — Deep Dive",
        "slug": SLUG,
        "canonical_url": ISSUE,
        "custom_excerpt": "Adding up.",
        "feature_image": "https://daily.example.org/cover.png",
        "tags": [{"name": "llm"}, {"name": "machine-learning"}],
    }
    assert server.state["sent"] == []


def test_what_is_there_is_left_alone_and_a_change_made_in_place(server: Server) -> None:
    there = ghost(server)
    first = there.publish(posting())

    assert there.publish(posting(), first) == there.publish(posting()) == first
    assert (server.count("POST"), server.count("PUT")) == (1, 1)
    assert there.publish(posting("c2"), first) == first._replace(content="c2")
    assert there.find(posting()) == first._replace(content="c2")
    assert len(server.posts) == 1


def test_a_dry_run_ends_before_the_first_change(server: Server) -> None:
    with pytest.raises(WouldDo, match=r"^POST "):
        ghost(server).publish(posting(), dry_run=True)

    assert server.posts == []


def test_a_post_is_withdrawn_and_comes_back(server: Server) -> None:
    there = ghost(server)
    receipt = there.publish(posting())

    left = there.withdraw(posting(), receipt)

    assert left == f"a draft at {server.url}/ghost"
    assert server.published == []
    assert there.find(posting()) is None
    assert there.publish(posting(), receipt) == receipt
    assert there.withdraw(posting(day=NOW.date() + timedelta(1))) is None


# Exactly once


@pytest.mark.parametrize("fault", every_third(map(" ".join, product(("GET", "POST", "PUT"), FAULTS))))
def test_one_fault_leaves_one_post_and_one_mail(server: Server, fault: str) -> None:
    server.faults.append(fault)
    there = ghost(server, newsletter=NEWSLETTER)

    with pytest.raises(UnavailableError):
        there.publish(posting())
    receipt = persist(there, posting())

    assert [one["id"] for one in server.posts] == server.state["sent"] == [receipt.remote_id]


@given(faults=st.lists(st.sampled_from(FAULTS), max_size=6), remembers=st.booleans())
@examples(8)
def test_any_faults_leave_one_post_and_one_mail(faults: list[str], *, remembers: bool) -> None:
    with serve(Server()) as server:
        server.faults += faults
        receipt = persist(ghost(server, newsletter=NEWSLETTER), posting(), remembers=remembers)

        assert [one["id"] for one in server.published] == server.state["sent"] == [receipt.remote_id]


def collide(server: Server, times: int) -> None:
    """Let somebody change the post right before each of some changes of ours."""
    reply = server.reply

    def edited_first(asked: Any) -> Reply:
        nonlocal times
        if asked.method == "PUT" and times:
            times -= 1
            server.posts[0]["updated_at"] = f"2026-11-21T11:00:{times:02}.000Z"
        return reply(asked)

    server.reply = edited_first


def test_a_change_from_somebody_else_is_read_and_ours_made_again(server: Server) -> None:
    collide(server, 1)

    receipt = ghost(server).publish(posting())

    assert [one["id"] for one in server.published] == [receipt.remote_id]
    assert [status for method, _, status in server.requests if method == "PUT"] == [409, 200]


def test_somebody_who_goes_on_changing_it_is_left_in_peace(server: Server) -> None:
    collide(server, 9)

    with pytest.raises(UnavailableError, match=f"somebody is editing the post {server.url}/p/.*/ just now; the next"):
        ghost(server).publish(posting())


@pytest.mark.parametrize("kind", ["post", "page"])
def test_a_slug_that_somebody_else_has_is_told(server: Server, kind: str) -> None:
    if kind == "page":
        server.state["pages"].append(SLUG)
    else:
        ghost(server).publish(posting(newsletter="daily", content="c0"))
        server.posts[0] |= {"html": "<p>By hand</p>", "canonical_url": None}

    with pytest.raises(RefusedError) as caught:
        ghost(server).publish(posting())

    assert caught.value.message == (
        f"a page or a post of somebody's own has the slug '{SLUG}' in Ghost; give that one another slug"
    )


def test_a_post_that_somebody_has_deleted_is_not_made_again(server: Server) -> None:
    there = ghost(server)
    receipt = there.publish(posting())
    server.posts.clear()

    with pytest.raises(RefusedError) as caught:
        there.publish(posting("c2"), receipt)

    assert caught.value.message == f"the post {receipt.remote_id} is not in Ghost any more; withdraw the issue"


# Mails


def test_members_are_mailed_once(server: Server) -> None:
    there = ghost(server, newsletter=NEWSLETTER)

    receipt = there.publish(posting())
    there.publish(posting("c2"), receipt)
    left = there.withdraw(posting(), receipt)
    there.publish(posting("c2"), receipt)

    assert there.channel.mails
    assert server.state["sent"] == [receipt.remote_id]
    assert left == f"a draft at {server.url}/ghost, and the mails that Ghost has sent"


def test_a_newsletter_named_later_is_not_mailed_what_is_out(server: Server) -> None:
    receipt = ghost(server).publish(posting())

    ghost(server, newsletter=NEWSLETTER).publish(posting("c2"), receipt)

    assert server.state["sent"] == []


def test_a_mail_that_takes_long_is_looked_at_by_the_next_run(server: Server) -> None:
    server.steps = [f"submitting-{number}" for number in range(6)] + ["submitted"]
    there = ghost(server, newsletter=NEWSLETTER)

    with pytest.raises(Unfinished) as caught:
        there.publish(posting())
    receipt = there.publish(posting(), there.noted[-1])

    assert caught.value.message == "Ghost is still mailing the post; the next run looks what came of it"
    assert server.state["sent"] == [receipt.remote_id]


def test_a_mail_that_never_gets_done_is_told(server: Server) -> None:
    server.steps = ["submitting", "submitting"]
    there = ghost(server, newsletter=NEWSLETTER)
    attempt = there.attempt()
    later = attempt._replace(outside=attempt.outside._replace(now=NOW + timedelta(hours=2)))

    with pytest.raises(RefusedError) as caught:
        there.channel.publish(posting(), later)

    assert caught.value.message == (
        "Ghost does not get done with mailing the post since 2026-11-21T12:00:00.000Z; see its log"
    )


def test_a_mail_that_fails_is_told() -> None:
    with serve(Server(unmailed=True)) as server, pytest.raises(RefusedError) as caught:
        ghost(server, newsletter=NEWSLETTER).publish(posting())

    assert caught.value.message == (
        "the post is published, but Ghost cannot mail it (Bulk email has not been configured); press 'Retry' where the "
        f"post is shown at {server.url}/ghost"
    )


def test_a_post_that_is_out_without_its_mail_is_told_and_the_way_out_works(server: Server) -> None:
    there = ghost(server)
    there.publish(posting())
    mailing = ghost(server, newsletter=NEWSLETTER)

    with pytest.raises(RefusedError) as caught:
        mailing.publish(posting())
    server.posts[0]["status"] = "draft"
    receipt = mailing.publish(posting())

    assert caught.value.message == (
        f"the post is published, but Ghost mails it to nobody; unpublish it at {server.url}/ghost, and the next run "
        "publishes and mails it"
    )
    assert server.state["sent"] == [receipt.remote_id]


def test_a_newsletter_that_is_not_there_is_told(server: Server) -> None:
    with pytest.raises(RefusedError) as caught:
        ghost(server, newsletter="weekly").publish(posting())

    assert caught.value.message == (
        "127.0.0.1 answers 400 to PUT (The newsletter parameter doesn't match any active newsletter.)"
    )


# The key


def test_a_key_that_is_none_is_told_without_it(server: Server) -> None:
    with pytest.raises(SettingsError) as caught:
        ghost(server, key="88308d18fa6b2de9fa5fef7ad5").publish(posting())

    assert caught.value.message == (
        "the key of 'ghost' is no Admin API key of Ghost, which is two long numbers with a colon between"
    )


@pytest.mark.parametrize(
    ("key", "words"),
    [(f"{KEY[:-2]}00", "Invalid token: invalid signature"), (f"00{KEY[2:]}", "Unknown Admin API Key")],
)
def test_a_wrong_key_is_told_without_it(server: Server, key: str, words: str) -> None:
    with pytest.raises(SettingsError) as caught:
        ghost(server, key=key).publish(posting())

    assert caught.value.message == f"127.0.0.1 answers 401 to GET ({words}); check the key, and what it may do"
