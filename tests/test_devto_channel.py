"""The channel `devto`, against a server that acts as Forem does."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attempts import ISSUE, POST, Trial, posting
from conftest import every_third, examples
from counterparts.forem import KEY, Forem
from counterparts.service import serve
from forem.oracle import run_oracle
from pixeldigest.channels.devto import DevTo, build_article, split_front_matter
from pixeldigest.channels.failures import RefusedError, SettingsError, UnavailableError, WouldDo
from pixeldigest.channels.http import json_request, send
from pixeldigest.channels.posting import Receipt

FAULTS = ("cut-before", "cut-during", "cut-after", "500", "503", "500-after", "429:99")


@pytest.fixture
def forem() -> Iterator[Forem]:
    with serve(Forem()) as server:
        yield server


def devto(forem: Forem, key: str = KEY, **settings: Any) -> Trial:
    channel = DevTo(type="devto", url=settings.pop("url", forem.url), key_env="DEVTO_KEY", **settings)
    return Trial(channel, DEVTO_KEY=key)


def persist(there: Trial, issue: Any, known: Receipt | None = None, runs: int = 12) -> Receipt:
    """Publish as cron does: run after run until it is done, with what the run before has noted."""
    for _ in range(runs):
        try:
            return there.publish(issue, there.noted[-1] if there.noted else known)
        except UnavailableError:
            continue
    raise AssertionError("it never gets through")


def test_an_article_is_drafted_noted_and_then_published(forem: Forem) -> None:
    there = devto(forem, organization_id=7)

    receipt = there.publish(posting())

    (article,) = forem.published
    assert receipt == Receipt(str(article["id"]), article["url"], "c1")
    assert there.noted == [Receipt(str(article["id"]), article["url"])]
    assert there.effects == [f"POST {forem.url}/api/articles", f"PUT {forem.url}/api/articles/{article['id']}"]
    assert there.waited == [1.0, 1.0]
    shown = {name: article[name] for name in ("title", "canonical_url", "description", "tag_list", "series")}
    assert shown == {
        "title": "Sums — Deep Dive",
        "canonical_url": ISSUE,
        "description": "Adding up.",
        "tag_list": ["llm", "machinelearning"],
        "series": "Daily",
    }
    assert article["main_image"] == f"{ISSUE}cover.png"
    assert article["organization_id"] == 7
    assert article["body_markdown"] == (
        "## Sums\n\nA *sum*.\n\n```plaintext\n1 + 1\n```\n\n<!-- pixeldigest daily/2026-11-21 c1 -->\n"
    )


def test_what_is_there_is_left_alone(forem: Forem) -> None:
    there = devto(forem)
    first = there.publish(posting())

    again = there.publish(posting(), first)
    without_ledger = there.publish(posting())

    assert first == again == without_ledger
    assert (forem.count("POST"), forem.count("PUT")) == (1, 1)


def test_a_change_is_made_in_place(forem: Forem) -> None:
    there = devto(forem)
    first = there.publish(posting())

    second = there.publish(posting("c2", POST.replace("A *sum*", "The *sum*")), first)

    (article,) = forem.articles
    assert second == first._replace(content="c2")
    assert "The *sum*." in article["body_markdown"]
    assert article["published"]


def test_drafts_stay_drafts_where_that_is_wanted(forem: Forem) -> None:
    there = devto(forem, published=False)

    receipt = there.publish(posting())
    assert (forem.count("POST"), forem.count("PUT")) == (1, 0)
    there.publish(posting("c2"), receipt)

    (draft,) = forem.articles
    assert not draft["published"]
    assert draft["body_markdown"].endswith("<!-- pixeldigest daily/2026-11-21 c2 -->\n")
    assert there.find(posting()) == receipt._replace(content="c2")


def test_a_draft_that_somebody_has_published_is_not_hidden_again(forem: Forem) -> None:
    there = devto(forem, published=False)
    receipt = there.publish(posting())
    forem.articles[0]["published"] = True

    there.publish(posting("c2"), receipt)

    assert forem.articles[0]["published"]


def test_a_dry_run_ends_before_the_first_change(forem: Forem) -> None:
    there = devto(forem)

    with pytest.raises(WouldDo, match=r"^POST http://127\.0\.0\.1:[0-9]+/api/articles$"):
        there.publish(posting(), dry_run=True)

    assert forem.articles == there.waited == []


# Exactly once


@pytest.mark.parametrize("fault", every_third(map(" ".join, product(("GET", "POST", "PUT"), FAULTS))))
def test_one_fault_leaves_one_article(forem: Forem, fault: str) -> None:
    forem.faults.append(fault)
    there = devto(forem)

    with pytest.raises(UnavailableError):
        there.publish(posting())
    receipt = persist(there, posting())

    assert [one["id"] for one in forem.articles] == [one["id"] for one in forem.published] == [int(receipt.remote_id)]


@given(faults=st.lists(st.sampled_from(FAULTS), max_size=6), remembers=st.booleans())
@examples(8)
def test_any_faults_leave_one_article(faults: list[str], *, remembers: bool) -> None:
    with serve(Forem()) as forem:
        forem.faults += faults
        there = devto(forem)
        while True:
            try:
                receipt = there.publish(posting(), there.noted[-1] if there.noted and remembers else None)
                break
            except UnavailableError:
                continue

        assert [str(one["id"]) for one in forem.published] == [receipt.remote_id]
        assert len(forem.articles) == 1


def test_an_article_on_the_second_page_is_found(forem: Forem) -> None:
    there = devto(forem)
    receipt = there.publish(posting())
    for number in range(120):
        forem.add(title=f"Another {number}")

    assert there.publish(posting()) == receipt
    assert forem.count("GET", "page=2") == 1


def test_an_article_by_hand_with_our_canonical_url_is_ours(forem: Forem) -> None:
    by_hand = forem.add(body_markdown=POST.replace("published: false", "published: true"), canonical_url=ISSUE)
    there = devto(forem)

    receipt = there.publish(posting())

    (article,) = forem.articles
    assert receipt.remote_id == str(by_hand["id"])
    assert not article["body_markdown"].startswith("---")


@pytest.mark.parametrize("canonical_url", [ISSUE.rstrip("/"), ISSUE + "?from=feed", "https://daily.example.org/"])
def test_an_article_by_hand_with_another_is_not(forem: Forem, canonical_url: str) -> None:
    forem.add(title="Sums by hand", canonical_url=canonical_url, published=True)

    devto(forem).publish(posting())

    assert len(forem.published) == 2


def test_an_article_of_another_issue_is_not_ours_whatever_its_canonical_url_says(forem: Forem) -> None:
    forem.add(body_markdown="Text\n\n<!-- pixeldigest daily/2026-11-20 c0 -->\n", canonical_url=ISSUE)

    devto(forem).publish(posting())

    assert len(forem.articles) == 2


def test_an_article_that_somebody_has_deleted_is_not_made_again(forem: Forem) -> None:
    there = devto(forem)
    receipt = there.publish(posting())
    forem.articles.clear()

    with pytest.raises(RefusedError) as caught:
        there.publish(posting("c2"), receipt)

    assert caught.value.message == (
        f"the article 101 is not there any more; withdraw the issue, or make an article with the canonical URL {ISSUE} "
        "by hand"
    )
    assert there.withdraw(posting(), receipt) is None


# What Forem refuses


def test_the_canonical_url_of_another_author_is_told(forem: Forem) -> None:
    forem.add(user="somebody", canonical_url=ISSUE, published=True)

    with pytest.raises(RefusedError) as caught:
        devto(forem).publish(posting())

    assert caught.value.message == (
        "127.0.0.1 answers 422 to PUT (Canonical url has already been taken. Email support@forem.example for further "
        "details.); another published article has this issue's canonical URL: unpublish that one, or withdraw the issue"
    )


def test_a_title_of_five_minutes_ago_waits_for_the_next_run() -> None:
    clock = [1_000_000.0]
    with serve(Forem(clock=lambda: clock[0])) as forem:
        forem.add(title="Sums — Deep Dive")
        there = devto(forem)

        with pytest.raises(UnavailableError) as caught:
            there.publish(posting())
        clock[0] += 300
        there.publish(posting())

    assert caught.value.message == (
        "127.0.0.1 answers 422 to POST (Title has already been used in the last five minutes); the next run tries again"
    )


@pytest.mark.parametrize(
    ("post", "words"),
    [
        (POST.replace("Sums — Deep Dive", "S" * 129), "Title is too long (maximum is 128 characters)"),
        (POST + "x" * 800_000, "Body markdown is too long."),
    ],
)
def test_what_forem_does_not_take_is_told_and_leaves_nothing(forem: Forem, post: str, words: str) -> None:
    with pytest.raises(RefusedError) as caught:
        devto(forem).publish(posting(post=post))

    assert caught.value.message == f"127.0.0.1 answers 422 to POST ({words})"
    assert forem.articles == []


def test_a_title_whose_signs_become_spaces_is_the_same(forem: Forem) -> None:
    there = devto(forem)

    receipt = there.publish(posting(post=POST.replace("Sums", "Sums ≥ ∑ of O(n²)")))

    assert forem.articles[0]["title"] == "Sums of O(n ) — Deep Dive"
    assert there.publish(posting(post=POST.replace("Sums", "Sums ≥ ∑ of O(n²)")), receipt) == receipt
    assert forem.count("PUT") == 1


def test_a_wrong_key_is_told_without_it(forem: Forem) -> None:
    with pytest.raises(SettingsError) as caught:
        devto(forem, key="not-the-key").publish(posting())

    assert caught.value.message == ("127.0.0.1 answers 401 to GET (unauthorized); check the key, and what it may do")


def test_a_short_wait_is_waited_for(forem: Forem) -> None:
    forem.faults += ["POST 429:2", "POST 429:3"]
    there = devto(forem)

    there.publish(posting())

    assert there.waited == [2.0, 3.0, 1.0, 1.0]
    assert len(forem.published) == 1


def test_the_pace_that_forem_asks_for_is_kept() -> None:
    clock = [1_000_000.0]
    with serve(Forem(paced=True, clock=lambda: clock[0])) as forem:
        there = devto(forem)
        for day in ("c1", "c2", "c3"):
            attempt = there.attempt()._replace(wait=lambda seconds: clock.__setitem__(0, clock[0] + seconds))
            there.channel.publish(posting(day), attempt)

    assert [status for _, _, status in forem.requests if status >= 400] == []


def test_what_is_no_forem_is_told() -> None:
    with serve(Forem()) as forem, pytest.raises(SettingsError) as caught:
        devto(forem, url=f"{forem.url}/blog").publish(posting())

    assert caught.value.message == f"{forem.url}/blog lists no articles; write the address of a site that runs Forem"


def test_an_answer_that_changes_nothing_is_noticed(forem: Forem, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forem, "_keep", lambda article: forem.articles or forem.articles.append(article))

    with pytest.raises(RefusedError) as caught:
        devto(forem).publish(posting())

    assert caught.value.message == f"{forem.url} takes the article 101, but does not publish it"


# Asking, and taking back


def test_an_article_is_found_without_a_ledger(forem: Forem) -> None:
    there = devto(forem)
    assert there.find(posting()) is None

    receipt = there.publish(posting())
    assert there.find(posting("c2")) == receipt

    forem.articles[0]["published"] = False
    assert there.find(posting()) is None


def test_an_article_is_withdrawn_and_what_stays_is_told(forem: Forem) -> None:
    there = devto(forem)
    receipt = there.publish(posting())

    left = there.withdraw(posting(), receipt)

    assert left == f"a draft in the dashboard of {forem.url}, and what its feeds and mails have told followers"
    assert (len(forem.articles), forem.published) == (1, [])
    assert there.withdraw(posting(), receipt) == f"a draft in the dashboard of {forem.url}"


def test_front_matter_of_somebodys_own_does_not_keep_an_article_on_the_web(forem: Forem) -> None:
    forem.add(body_markdown=POST.replace("published: false", "published: true"))

    devto(forem).withdraw(posting())

    assert forem.published == []


# The request


def test_an_article_without_front_matter_is_told_by_the_issue() -> None:
    issue = posting(
        post="Text", cover="https://x.example/c.png", tags=("a-b", "a_b", "ß", "t" * 31, "2", "3", "4", "5")
    )

    assert build_article(issue) == {
        "title": "Sums — Deep Dive",
        "body_markdown": "Text\n\n<!-- pixeldigest daily/2026-11-21 c1 -->\n",
        "canonical_url": ISSUE,
        "description": "Adding up.",
        "tags": ["ab", "2", "3", "4"],
        "series": "Daily",
        "main_image": "https://x.example/c.png",
    }


def test_front_matter_that_a_template_of_ones_own_writes_is_read_as_text() -> None:
    head, text = split_front_matter("---\ntitle: 007\ntags: [a, b]\npublished_at: 2020-01-01\n---\nText\n---\n")

    assert head == {"title": "007", "tags": ["a", "b"], "published_at": "2020-01-01"}
    assert text == "Text\n---\n"
    assert "published_at" not in build_article(posting(post="---\npublished_at: 2020-01-01\n---\nText"))


def test_front_matter_that_is_no_yaml_is_told() -> None:
    with pytest.raises(RefusedError) as caught:
        build_article(posting(post="---\ntitle: [\n---\nText"))

    assert caught.value.message == (
        "the front matter of devto.md cannot be read as YAML: expected the node content, but found '<stream end>'; see "
        "to templates/devto/issue.md"
    )


def test_the_mark_leaves_no_trace_on_the_page() -> None:
    marked = build_article(posting())["body_markdown"]
    plain = marked.partition("<!--")[0]

    shown, bare = run_oracle([marked, plain])

    assert shown.html.strip() == bare.html.strip()
    assert "pixeldigest" not in shown.html


# The counterpart itself


def ask(url: str, method: str = "GET", data: Any = None, **headers: str) -> tuple[int, Any]:
    """Ask the counterpart without the channel."""
    request = json_request(method, url, data, api_key=KEY, **headers)
    answer = send(request)
    return answer.status, answer.data


@pytest.mark.parametrize(
    ("article", "status", "words"),
    [
        ({"title": "One", "tags": ["a", "b", "c", "d", "e"]}, 422, "Tag list exceed the maximum of 4 tags"),
        (
            {"title": "One", "tags": "a, b-c"},
            422,
            'Tag "b-c" contains non-alphanumeric or prohibited',
        ),
        ({"title": ""}, 422, "Title can't be blank"),
        ({"title": "One", "published_at": "2020-01-01T00:00:00+00:00"}, 422, "published_at: only future or current"),
        ({"title": "One", "body_markdown": '---\ntitle: "Two"\npublished: true\n---\nText'}, 201, None),
        ({}, 422, "param is missing or the value is empty: article"),
    ],
)
def test_the_counterpart_keeps_the_rules(forem: Forem, article: dict[str, Any], status: int, words: str) -> None:
    got, data = ask(f"{forem.url}/api/articles", "POST", {"article": article})

    assert got == status
    assert data["error"].startswith(words) if words else (data["title"], data["published"]) == ("Two", True)


def test_the_counterpart_shows_published_articles_only_and_deletes_none(forem: Forem) -> None:
    draft, shown = forem.add(title="Draft"), forem.add(title="Shown", published=True)

    assert [ask(f"{forem.url}/api/articles/{one['id']}")[0] for one in (draft, shown)] == [404, 200]
    assert ask(f"{forem.url}/api/articles/{shown['id']}", "DELETE")[0] == 404
    assert [one["title"] for one in ask(f"{forem.url}/api/articles/me/unpublished")[1]] == ["Draft"]
    moved = {"article": {"published_at": "2030-01-01T00:00:00+00:00"}}
    assert ask(f"{forem.url}/api/articles/{shown['id']}", "PUT", moved)[0] == 422


def test_the_counterpart_runs_by_itself_and_its_state_outlives_it(tmp_path: Path) -> None:
    command = [sys.executable, str(Path(__file__).parent / "counterparts/forem.py"), "--state", str(tmp_path / "state")]

    for published in (1, 1):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            url = process.stdout.readline().strip()
            ask(f"{url}/_faults", "POST", {"next": ["PUT cut-after"]})
            there = Trial(DevTo(type="devto", url=url, key_env="KEY"), KEY=KEY)
            persist(there, posting())
            state, left = ask(f"{url}/_state")[1], ask(f"{url}/_faults")[1]
            process.kill()

        assert [one["published"] for one in state["articles"]] == [True] * published
        assert left in ([], ["PUT cut-after"])
