"""Which channel gets which issue when: the policy, without any channel."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import ClassVar, Literal

from hypothesis import given
from hypothesis import strategies as st

from conftest import examples
from pixeldigest.channels.base import Channel
from pixeldigest.channels.posting import Receipt
from pixeldigest.ledger import Row, State
from pixeldigest.publish import Asked, Due, Job, Standing, first_day_of, plan_jobs
from pixeldigest.publish.due import UPDATED_FOR
from pixeldigest.settings import Publish

START = date(2026, 11, 2)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Posts(Channel):
    """A channel whose posts can be changed."""

    updates: ClassVar[bool] = True

    type: Literal["posts"] = "posts"

    def publish(self, posting, attempt):
        raise NotImplementedError

    def withdraw(self, posting, attempt):
        raise NotImplementedError


class Letters(Posts):
    """A channel that mails."""

    mails: ClassVar[bool] = True
    updates: ClassVar[bool] = False


class Copies(Posts):
    """A channel that holds the whole site."""

    carries_site: ClassVar[bool] = True


NOTHING_ASKED = Asked()
POSTS, LETTERS, COPIES = Posts(id="posts"), Letters(id="letters"), Copies(id="copies")


def row(state: State, *, begun: datetime = NOON) -> Row:
    return Row(state, Receipt("1", "", "x"), begun, begun)


def days(*numbers: int) -> tuple[date, ...]:
    return tuple(START + timedelta(days=one) for one in numbers)


def jobs(
    channel: Channel,
    recorded: tuple[date, ...],
    rows: dict[date, Row],
    *,
    last: date | None = None,
    since: date = START,
    asked: Asked = NOTHING_ASKED,
    withdrawn: frozenset[date] = frozenset(),
    now: datetime = NOON,
    **policy: object,
) -> list[tuple[date, str]]:
    due = Due(recorded, last or max(recorded), withdrawn)
    planned = plan_jobs(Standing(channel, since, rows), due, Publish.model_validate(policy), asked, now)
    return [(job.day, job.action) for job in planned]


def test_what_was_begun_is_finished_however_late_it_is() -> None:
    first, *_, last = recorded = days(*range(12))

    assert jobs(POSTS, recorded, {first: row("begun")})[0] == (first, "publish")
    assert jobs(LETTERS, recorded, {first: row("begun")})[0] == (first, "publish")
    assert jobs(LETTERS, recorded, {first: row("begun")})[-1] == (last, "publish")


def test_what_is_too_late_is_skipped_once_and_comes_back_when_it_is_asked_for() -> None:
    first, second = days(0, 4)
    skipped = {first: row("skipped"), second: row("done")}

    assert jobs(POSTS, (first, second), {}) == [(first, "skip"), (second, "publish")]
    assert (first, "skip") not in jobs(POSTS, (first, second), skipped)
    assert jobs(POSTS, (first, second), skipped, asked=Asked(first)) == [(first, "publish")]


def test_catch_up_counts_days_of_the_calendar_and_late_mail_issues() -> None:
    """An issue of Friday whose mail could not go out then is still mailed on Sunday, where there is no later one."""
    friday, monday = days(4, 7)

    assert jobs(LETTERS, (friday,), {}, last=friday + timedelta(days=2)) == [(friday, "publish")]
    assert jobs(LETTERS, (friday, monday), {}) == [(friday, "skip"), (monday, "publish")]
    assert jobs(LETTERS, (friday, monday), {}, late_mail="send") == [(friday, "publish"), (monday, "publish")]
    assert jobs(POSTS, (friday,), {}, last=friday + timedelta(days=4)) == [(friday, "skip")]


def test_changes_go_out_for_two_days_and_then_when_they_are_asked_for() -> None:
    (day,) = days(0)
    lately, long_ago = {day: row("done", begun=NOON - UPDATED_FOR)}, {day: row("done", begun=NOON - timedelta(days=3))}
    asked = Asked(day, update=True)

    assert jobs(POSTS, (day,), lately) == [(day, "compare")]
    assert jobs(POSTS, (day,), long_ago) == []
    assert jobs(POSTS, (day,), long_ago, asked=asked) == [(day, "compare")]
    assert jobs(POSTS, (day,), {day: row("adopted")}) == []
    assert jobs(POSTS, (day,), {day: row("adopted")}, asked=asked) == [(day, "compare")]
    assert jobs(LETTERS, (day,), lately, asked=asked) == []


def test_a_clock_that_was_ahead_updates_nothing_by_itself() -> None:
    (day,) = days(0)

    assert jobs(POSTS, (day,), {day: row("done", begun=NOON + timedelta(days=1))}) == []


def test_what_is_withdrawn_is_taken_back_where_it_may_be() -> None:
    recorded = days(0, 1, 2, 3)
    rows = dict(zip(recorded, map(row, ("done", "begun", "skipped", "withdrawn")), strict=True))

    taken = jobs(POSTS, recorded, rows, withdrawn=frozenset(recorded))

    assert taken == [(recorded[0], "withdraw"), (recorded[1], "withdraw")]
    assert jobs(POSTS, recorded, {}, withdrawn=frozenset(recorded)) == []


def test_a_site_is_brought_up_to_date_as_a_whole() -> None:
    recorded = days(0, 1, 9)

    assert jobs(COPIES, recorded, {}) == [(recorded[-1], "publish")]
    assert jobs(COPIES, recorded, {recorded[-1]: row("done")}) == [(recorded[-1], "compare")]
    assert jobs(COPIES, recorded, {recorded[-1]: row("begun")}) == [(recorded[-1], "publish")]


def test_a_new_channel_begins_with_the_next_day() -> None:
    recorded = days(0, 1)

    assert first_day_of(()) == date.min
    assert jobs(POSTS, recorded, {}, since=first_day_of(recorded)) == []


@given(
    st.lists(st.integers(1, 400), min_size=1, max_size=40),
    st.integers(0, 5),
    st.sampled_from(["skip", "send"]),
    st.sampled_from([POSTS, LETTERS]),
    st.sets(st.integers(0, 40), max_size=10),
    st.data(),
)
@examples(60)
def test_whenever_it_runs_each_day_is_settled_once_and_in_order(gaps, catch_up, late_mail, channel, off, data) -> None:
    """Runs come at any quarter of an hour, or days later, and may be killed in the middle of a job."""
    policy = Publish(catch_up=catch_up, late_mail=late_mail)
    rows: dict[date, Row] = {}
    settled: list[Job] = []
    now = datetime.combine(START, datetime.min.time(), UTC)
    for gap in gaps:
        now += timedelta(minutes=15 * gap)
        recorded = tuple(START + timedelta(days=one) for one in range((now.date() - START).days + 1) if one not in off)
        killed = False
        for job in plan_jobs(Standing(channel, START, rows), Due(recorded, now.date()), policy, Asked(), now):
            if job.action == "compare":
                continue
            if killed := data.draw(st.integers(0, 5)) == 0:  # the intent is there, and no receipt
                rows[job.day] = row("begun", begun=now)
                break
            assert rows.get(job.day, row("begun")).state == "begun"
            if job.action == "skip":
                late = (now.date() - job.day).days > catch_up
                assert late or (channel.mails and late_mail == "skip" and job.day < max(recorded))
            rows[job.day] = row("done" if job.action == "publish" else "skipped", begun=now)
            settled.append(job)
        assert killed or all(rows[day].state in ("done", "skipped") for day in recorded)

    assert len({job.day for job in settled}) == len(settled)
