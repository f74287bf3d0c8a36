"""Channels through the real command: each gets each issue once, whatever happens, and the log says what was done."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from conftest import Run
from counterparts.service import Asked, Counterpart, Reply, serve
from forked import run_forked
from pixeldigest.cli import cli
from pixeldigest.ledger import open_ledger
from repositories import ALONE, be_alone, git
from strategies import newsletter, write_project

KEY = "a-secret-that-nobody-sees"


class Receiver(Counterpart):
    """Takes whatever is told, and serves the pages of the site as soon as they are `there`."""

    there = True

    def empty(self) -> dict[str, Any]:
        return {"told": []}

    def reply(self, asked: Asked) -> Reply:
        if asked.method == "GET":
            return Reply(200 if self.there else 404, "page")
        self.state["told"].append({"id": asked.headers["webhook-id"], **asked.data})
        return Reply(204, "")

    @property
    def told(self) -> list[tuple[str, str]]:
        return [(one["type"].removeprefix("issue."), one["data"]["date"]) for one in self.state["told"]]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with serve(Receiver()) as receiver:
        yield receiver


@pytest.fixture
def project(tmp_path: Path, receiver: Receiver) -> Path:
    """A newsletter of one topic, due since Monday, 2 November 2026, that is told to an address."""
    project = write_project(newsletter(topics="sums means", publish={"at": "09:00"}), tmp_path / "daily")
    append(
        project, f"channels:\n  - type: webhook\n    id: hook\n    url: {receiver.url}/hook\n    key_env: HOOK_KEY\n"
    )
    return project


def append(project: Path, text: str) -> None:
    settings = project / "content/newsletter.yml"
    settings.write_text(settings.read_text(encoding="utf-8") + text, encoding="utf-8")


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def publish(project: Path, day: int, hour: str = "10:00", *arguments: str) -> Run:
    run = run_forked(project, "publish", *arguments, now=f"2026-11-{day:02}T{hour}", HOOK_KEY=KEY)
    assert "Traceback" not in run.err
    assert KEY not in run.out + run.err
    return run


def said(run: Run) -> list[str]:
    """What was said of channels."""
    return [line for line in run.out.splitlines() if re.match(r"\d{4}-\d\d-\d\d \S+: ", line)]


def test_each_issue_is_told_once(project: Path, receiver: Receiver) -> None:
    runs = [publish(project, day, hour) for day, hour in ((2, "09:00"), (2, "09:15"), (3, "08:59"), (3, "09:00"))]

    assert [run.status for run in runs] == [0] * 4
    assert receiver.told == [("published", "2026-11-02"), ("published", "2026-11-03")]
    address = "https://daily.example.org/issues/2026-11-0"
    lines = [f"2026-11-0{day} hook: published {address}{day}/" for day in (2, 3)]
    assert [said(run) for run in runs] == [lines[:1], [], [], lines[1:]]
    assert KEY.encode() not in (project / "state/ledger.db").read_bytes()


def test_after_days_of_silence_each_day_comes_and_what_is_too_late_is_said_once(
    project: Path, receiver: Receiver
) -> None:
    publish(project, 2)

    back, again = publish(project, 8), publish(project, 8, "10:15")

    assert [day for _, day in receiver.told] == ["2026-11-02", *(f"2026-11-0{day}" for day in (5, 6, 7, 8))]
    assert said(back)[:2] == [
        "2026-11-03 hook: skipped: it is 5 days late, and publish.catch_up is 3",
        "2026-11-04 hook: skipped: it is 4 days late, and publish.catch_up is 3",
    ]
    assert said(again) == []
    publish(project, 8, "10:30", "--date", "2026-11-03")
    assert receiver.told[-1] == ("published", "2026-11-03")


def test_a_failure_is_said_once_and_then_daily_and_other_channels_go_on(project: Path, receiver: Receiver) -> None:
    append(project, f"  - type: webhook\n    id: other\n    url: {receiver.url}/other\n    key_env: HOOK_KEY\n")
    receiver.faults += ["500"]
    first = publish(project, 2)
    receiver.faults += ["500"]
    silent = publish(project, 2, "10:15")
    receiver.faults += ["500", "500"]
    next_day = publish(project, 3, "10:00")
    well = publish(project, 3, "10:15")

    words = "127.0.0.1 answers 500 to POST (a fault)"
    assert (first.status, first.err) == (75, f"error: 2026-11-02 hook: failed: {words}\n")
    assert said(first) == ["2026-11-02 other: published https://daily.example.org/issues/2026-11-02/"]
    assert (silent.status, silent.err, said(silent)) == (75, "", [])
    assert next_day.status == 75
    assert "2026-11-02 hook: failed" in next_day.err
    assert (well.status, well.err) == (0, "")
    assert sorted(receiver.told) == [("published", "2026-11-02")] * 2 + [("published", "2026-11-03")] * 2


def test_what_was_begun_is_told_again_by_the_same_name(project: Path, receiver: Receiver) -> None:
    """The connection is cut after the receiver has acted: nobody knows, so it is told again, by its id."""
    receiver.faults += ["cut-after"]
    cut = publish(project, 2)
    again = publish(project, 2, "10:15")

    assert (cut.status, again.status) == (75, 0)
    assert len(receiver.told) == 2
    assert len({one["id"] for one in receiver.state["told"]}) == 1


def test_a_change_of_what_readers_see_is_told_for_two_days_and_then_when_asked(
    project: Path, receiver: Receiver
) -> None:
    topic = project / "content/topics/sums.yml"
    publish(project, 2)
    topic.write_text("# a comment\n" + topic.read_text(encoding="utf-8"), encoding="utf-8")
    unseen = publish(project, 2, "11:00")
    change(topic, "title: ", "title: New ")
    seen, again = publish(project, 2, "12:00"), publish(project, 2, "12:15")
    change(topic, "title: New ", "title: Newer ")
    late = publish(project, 5)
    asked = publish(project, 5, "10:15", "--date", "2026-11-02", "--update")

    assert [len(said(run)) for run in (unseen, seen, again)] == [0, 1, 0]
    assert not any("2026-11-02" in line for line in said(late))
    assert said(asked) == ["2026-11-02 hook: updated https://daily.example.org/issues/2026-11-02/"]
    assert [happened for happened, day in receiver.told if day == "2026-11-02"] == ["published", "updated", "updated"]


def test_a_channel_that_comes_later_starts_with_the_next_day(project: Path, receiver: Receiver) -> None:
    publish(project, 2)
    append(project, f"  - type: webhook\n    id: late\n    url: {receiver.url}/late\n    key_env: HOOK_KEY\n")

    today, tomorrow = publish(project, 2, "11:00"), publish(project, 3)

    assert said(today) == []
    assert [line.split(" ")[1] for line in said(tomorrow)] == ["hook:", "late:"]


def test_a_lost_ledger_stops_all_until_it_is_adopted(project: Path, receiver: Receiver) -> None:
    publish(project, 2)
    publish(project, 3)
    shutil.rmtree(project / "state")
    before = (project / "content/record/2026.yml").read_bytes()

    refused = publish(project, 4)
    adopted = publish(project, 4, "10:15", "--adopt")
    onward = publish(project, 4, "10:30")

    assert refused.status == 78
    assert (
        "error: the record holds 2 days from 2026-11-02 to 2026-11-03, of which ledger.db knows nothing" in refused.err
    )
    assert "pixeldigest publish --adopt" in refused.err
    assert refused.out == ""
    assert before in (project / "content/record/2026.yml").read_bytes()
    assert adopted.status == 0
    assert said(adopted) == [f"2026-11-0{day} hook: adopted: taken as published without being asked" for day in (2, 3)]
    assert said(onward) == ["2026-11-04 hook: published https://daily.example.org/issues/2026-11-04/"]
    assert [day for _, day in receiver.told] == ["2026-11-02", "2026-11-03", "2026-11-04"]


def test_an_older_ledger_from_a_backup_is_noticed(project: Path, receiver: Receiver) -> None:
    publish(project, 2)
    shutil.copytree(project / "state", project / "backup")
    publish(project, 3)
    shutil.rmtree(project / "state")
    (project / "backup").rename(project / "state")

    assert publish(project, 4).status == 78
    publish(project, 4, "10:15", "--adopt")
    publish(project, 4, "10:30")

    assert [day for _, day in receiver.told] == ["2026-11-02", "2026-11-03", "2026-11-04"]


def test_what_an_older_ledger_has_begun_may_have_been_finished_since(project: Path, receiver: Receiver) -> None:
    receiver.faults += ["500"]
    publish(project, 2)
    shutil.copytree(project / "state", project / "backup")
    publish(project, 3)
    shutil.rmtree(project / "state")
    (project / "backup").rename(project / "state")

    adopted = publish(project, 4, "10:15", "--adopt")
    publish(project, 4, "10:30")

    assert [line[:10] for line in said(adopted)] == ["2026-11-02", "2026-11-03"]
    assert [day for _, day in receiver.told] == ["2026-11-02", "2026-11-03", "2026-11-04"]


def test_without_channels_nobody_misses_the_ledger(tmp_path: Path) -> None:
    project = write_project(newsletter(topics="sums"), tmp_path)
    publish(project, 2)
    shutil.rmtree(project / "state")

    assert publish(project, 3).status == 0


def test_a_dry_run_goes_the_same_way_and_stops_before_each_effect(project: Path, receiver: Receiver) -> None:
    append(project, "  - type: folder\n    id: copy\n    path: www\n")
    publish(project, 2)
    told = [*receiver.told]
    files = {path: path.read_bytes() for path in project.rglob("*") if path.is_file() and ".pixel" not in str(path)}

    run = publish(project, 3, "10:00", "--dry-run")

    assert run.status == 0
    assert run.out.splitlines()[0] == "would record No. 2, 2026-11-03"
    assert said(run)[0] == f"2026-11-03 hook: would: POST {receiver.url}/hook"
    assert receiver.told == told
    assert {path: path.read_bytes() for path in files} == files


def test_a_channel_waits_for_the_page_and_for_other_channels(project: Path, receiver: Receiver) -> None:
    settings = project / "content/newsletter.yml"
    change(settings, "https://daily.example.org/", f"{receiver.url}/")
    change(settings, "    key_env: HOOK_KEY\n", "    key_env: HOOK_KEY\n    after: [copy, site]\n")
    change(settings, "channels:\n", "channels:\n  - type: folder\n    id: copy\n    path: www\n")
    receiver.there = False

    waiting, hour = publish(project, 2), publish(project, 2, "11:00")
    receiver.there = True
    done = publish(project, 2, "11:15")

    words = f"2026-11-02 hook: waits: {receiver.url}/issues/2026-11-02/ is not there yet (it answers 404)"
    assert (waiting.status, waiting.err, said(waiting)[-1]) == (75, "", words)
    assert hour.err == f"error: {words}\n"
    assert done.status == 0
    assert receiver.told == [("published", "2026-11-02")]
    assert "hook" not in "".join(line for line in said(publish(project, 2, "12:00")))


def test_nobody_waits_for_an_issue_that_a_copy_got_with_a_later_one(project: Path, receiver: Receiver) -> None:
    settings = project / "content/newsletter.yml"
    change(settings, "    key_env: HOOK_KEY\n", "    key_env: HOOK_KEY\n    after: [copy]\n")
    change(settings, "channels:\n", "channels:\n  - type: folder\n    id: copy\n    path: www\n")
    publish(project, 2)
    with open_ledger(project / "state") as ledger:  # what a failure or a kill leaves behind
        ledger.begin("copy", date(2026, 11, 3), datetime(2026, 11, 3, 10, tzinfo=UTC))

    assert publish(project, 4).status == 0
    assert receiver.told == [("published", f"2026-11-0{day}") for day in (2, 3, 4)]


def test_nobody_waits_for_an_issue_that_was_skipped(project: Path, receiver: Receiver) -> None:
    append(project, f"  - {{type: webhook, id: next, url: '{receiver.url}/next', key_env: HOOK_KEY, after: [hook]}}\n")
    publish(project, 2)
    with open_ledger(project / "state") as ledger:
        ledger.settle("hook", date(2026, 11, 3), "skipped", datetime(2026, 11, 3, 10, tzinfo=UTC))

    assert publish(project, 4).status == 0
    assert sorted(receiver.told) == [("published", f"2026-11-0{day}") for day in (2, 2, 3, 4, 4)]


def test_an_issue_that_cannot_be_made_any_more_keeps_no_later_one_back(project: Path, receiver: Receiver) -> None:
    publish(project, 2)
    (project / "content/topics/sums.yml").write_text("title: [\n", encoding="utf-8")

    run = publish(project, 3)

    assert run.status == 1
    assert receiver.told == [("published", "2026-11-02"), ("published", "2026-11-03")]


def test_a_ping_that_has_no_scheme_is_not_shown(project: Path) -> None:
    settings = project / "content/newsletter.yml"
    text = settings.read_text(encoding="utf-8")
    ping = "  ping:\n    success_url_env: HOOK_KEY\n"
    settings.write_text(re.sub(r'(  at: "?09:00"?\n)', rf"\1{ping}", text), encoding="utf-8")

    run = publish(project, 2)

    assert (run.status, run.out.splitlines()[-1]) == (
        0,
        "no ping: publish.ping.success_url is not an address that can be asked",
    )


@pytest.mark.parametrize("also", [("--adopt", "--channel", "hook"), ("--test", "a@example.org", "--dry-run")])
def test_options_that_contradict_each_other_are_refused(project: Path, also: tuple[str, ...]) -> None:
    run = publish(project, 2, "10:00", *also)

    assert (run.status, run.out) == (2, "")


def test_one_channel_can_be_served_alone(project: Path, receiver: Receiver) -> None:
    append(project, "  - type: folder\n    id: copy\n    path: www\n")

    run = publish(project, 2, "10:00", "--channel", "copy")
    unknown = publish(project, 2, "10:00", "--channel", "cope")

    assert [line.split(" ")[1] for line in said(run)] == ["copy:"]
    assert (unknown.status, unknown.err) == (2, "error: there is no channel 'cope'; did you mean 'copy'?\n")


def test_a_broken_entry_that_the_issue_does_not_need_stops_nothing_and_is_said_once(
    project: Path, receiver: Receiver
) -> None:
    (project / "content/topics/broken.yml").write_text("title: [\n", encoding="utf-8")

    runs = [publish(project, 2), publish(project, 2, "10:15"), publish(project, 3, "10:15")]

    assert [run.status for run in runs] == [0, 0, 0]
    assert ["content/topics/broken.yml" in run.err for run in runs] == [True, False, True]
    assert len(receiver.told) == 2


def test_broken_settings_are_said_once_a_day_too(project: Path) -> None:
    append(project, "nonsense: 1\n")

    runs = [publish(project, 2), publish(project, 2, "10:15"), publish(project, 3, "10:15")]

    assert [run.status for run in runs] == [78, 78, 78]
    assert ["nonsense" in run.err for run in runs] == [True, False, True]
    assert runs[1].out == "2 troubles go on; 'pixeldigest status' tells\n"


def test_what_is_missing_of_a_secret_is_a_matter_of_settings(project: Path) -> None:
    run = run_forked(project, "publish", now="2026-11-02T10:00", HOOK_KEY="")

    assert run.status == 78
    assert "2026-11-02 hook: failed: the environment variable 'HOOK_KEY' is not set; it holds the key" in run.err


@pytest.mark.parametrize(("faults", "asked"), [([], "/well"), (["POST 400"], "/ill"), (["POST 500"], None)])
def test_whoever_watches_hears_how_a_run_ended(
    project: Path, receiver: Receiver, faults: list[str], asked: str | None
) -> None:
    """But for one that is to be tried again; and what watches may fail itself."""
    settings = project / "content/newsletter.yml"
    text = f'  ping:\n    success_url: "{receiver.url}/well"\n    failure_url: "{receiver.url}/ill"\n'
    change(settings, "channels:\n", "channels:\n")
    lines = settings.read_text(encoding="utf-8")
    settings.write_text(re.sub(r'(  at: "?09:00"?\n)', rf"\1{text}", lines), encoding="utf-8")
    receiver.faults += faults

    run = publish(project, 2)

    pings = [path for method, path, _ in receiver.requests if method == "GET"]
    assert pings == ([asked] if asked else [])
    receiver.there = False
    unheard = publish(project, 3)
    assert ("the ping was answered 404" in unheard.out) == (unheard.status == 0)
    assert run.status == {"/well": 0, "/ill": 1, None: 75}[asked]


def test_what_happens_is_told_as_data_too(project: Path, receiver: Receiver) -> None:
    receiver.faults += ["500"]

    failed = publish(project, 2, "10:00", "--output-format", "json")
    done = publish(project, 2, "10:15", "--output-format", "json")

    events = [json.loads(line) for run in (failed, done) for line in run.out.splitlines()]
    of_channel = [one for one in events if one.get("channel")]
    assert of_channel == [
        {
            "event": "failed",
            "date": "2026-11-02",
            "channel": "hook",
            "message": "127.0.0.1 answers 500 to POST (a fault)",
            "status": 75,
        },
        {
            "event": "published",
            "date": "2026-11-02",
            "channel": "hook",
            "url": "https://daily.example.org/issues/2026-11-02/",
        },
    ]
    assert (failed.err, done.err) == ("", "")


STATUS = """\
date             no.  hook
2026-11-04  Wed  3    published 11-04 10:00
2026-11-03  Tue  2    published 11-04 10:00
2026-11-02  Mon  1    published 11-02 10:00

"""


def test_status_shows_what_each_channel_has(project: Path, receiver: Receiver) -> None:
    publish(project, 2)
    receiver.faults += ["500"]
    publish(project, 3)
    stuck = run_forked(project, "status", now="2026-11-03T12:00")
    publish(project, 4)
    well = run_forked(project, "status", now="2026-11-04T12:00")
    data = json.loads(run_forked(project, "status", "--output-format", "json", now="2026-11-04T12:00").out)

    assert "2026-11-03  Tue  2    begun 11-03 10:00" in stuck.out
    assert "  since 11-03 10:00: hook 2026-11-03: 127.0.0.1 answers 500 to POST (a fault)" in stuck.out
    assert well.out.startswith(STATUS)
    assert "stuck" not in well.out
    assert data["days"][0]["channels"]["hook"]["state"] == "published"
    assert data["stuck"] == []


@pytest.fixture
def pushed(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The repository that the project's record is pushed to."""
    be_alone(monkeypatch)
    shared = tmp_path / "shared.git"
    git(tmp_path, "init", "-q", "--bare", "-b", "main", str(shared))
    settings = project / "content/newsletter.yml"
    settings.write_text(re.sub(r'(  at: "?09:00"?\n)', r"\1  record: push\n", settings.read_text()), encoding="utf-8")
    (project / ".gitignore").write_text("output/\nstate/\n.pixeldigest/\n", encoding="utf-8")
    git(project, "init", "-q", "-b", "main")
    git(project, "add", ".")
    git(project, "commit", "-qm", "Begin")
    git(project, "remote", "add", "origin", str(shared))
    git(project, "push", "-qu", "origin", "main")
    return shared


def test_the_record_is_pushed_before_any_channel_has_anything(project: Path, receiver: Receiver, pushed: Path) -> None:
    done = run_forked(project, "publish", now="2026-11-02T10:00", HOOK_KEY=KEY, **ALONE)
    pushed.rename(pushed.with_name("gone.git"))
    refused = run_forked(project, "publish", now="2026-11-03T10:00", HOOK_KEY=KEY, **ALONE)

    assert (done.status, refused.status) == (0, 75), refused.err
    assert git(pushed.with_name("gone.git"), "log", "--format=%s") == "Record 2026-11-02\nBegin"
    assert git(project, "status", "--porcelain") == ""
    assert receiver.told == [("published", "2026-11-02")]


def test_settings_that_others_have_mended_are_fetched(project: Path, pushed: Path, tmp_path: Path) -> None:
    append(project, "nonsense: 1\n")
    git(project, "commit", "-qam", "Break it")
    git(project, "push", "-q")
    editor = tmp_path / "editor"
    git(tmp_path, "clone", "-q", str(pushed), str(editor))

    broken = run_forked(project, "publish", now="2026-11-02T10:00", HOOK_KEY=KEY, **ALONE)
    change(editor / "content/newsletter.yml", "nonsense: 1\n", "")
    git(editor, "commit", "-qam", "Mend it")
    git(editor, "push", "-q")
    mended = run_forked(project, "publish", now="2026-11-02T10:15", HOOK_KEY=KEY, **ALONE)

    assert (broken.status, mended.status) == (78, 0)


def test_a_bug_in_one_channel_keeps_no_other_from_its_issue(
    project: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(project, "  - type: folder\n    id: copy\n    path: www\n")
    monkeypatch.setattr("pixeldigest.channels.webhook.Webhook.publish", lambda *_: 1 / 0)
    monkeypatch.chdir(project)
    monkeypatch.setenv("HOOK_KEY", KEY)

    with pytest.raises(ZeroDivisionError):
        cli.main(["--now", "2026-11-02T10:00", "publish"], standalone_mode=False)

    assert (project / "www/index.html").exists()


def test_a_copy_of_the_site_begins_at_once_and_is_rehearsed_without_one(project: Path) -> None:
    publish(project, 2)
    append(project, "  - type: folder\n    id: copy\n    path: www\n")

    rehearsed, done, again = (
        publish(project, 2, "11:00", "--dry-run"),
        publish(project, 2, "11:15"),
        publish(project, 3),
    )

    assert (rehearsed.status, said(rehearsed)) == (0, ["2026-11-02 copy: would: bring the whole site up to date"])
    assert said(done) == ["2026-11-02 copy: published https://daily.example.org/issues/2026-11-02/"]
    assert (project / "www/issues/2026-11-03/index.html").exists()
    assert again.status == 0


def test_an_issue_can_be_withdrawn_whose_entry_is_gone(project: Path, receiver: Receiver) -> None:
    publish(project, 2)
    publish(project, 3)
    (project / "content/topics/sums.yml").unlink()
    change(project / "content/courses/all.yml", '"sums", ', "")

    arguments = ("--date", "2026-11-02", "--reason", "It was copied")
    run = run_forked(project, "withdraw", *arguments, now="2026-11-03T11:00", HOOK_KEY=KEY)

    assert (run.status, run.err) == (0, "")
    assert receiver.told[-1] == ("withdrawn", "2026-11-02")
    assert "It was copied" in (project / "output/site/issues/2026-11-02/index.html").read_text(encoding="utf-8")


def test_what_never_came_to_a_channel_and_was_withdrawn_is_not_due_there(project: Path) -> None:
    change(project / "content/newsletter.yml", "/hook\n", "/hook\n    after: [site]\n")
    waited = publish(project, 2)
    (project / "content/withdrawn.yml").write_text("2026-11-02: It was copied.\n", encoding="utf-8")

    shown = run_forked(project, "status", now="2026-11-02T11:00")

    assert waited.status == 75
    assert re.search(r"^2026-11-02 +Mon +1 +withdrawn$", shown.out, re.MULTILINE), shown.out


def test_a_day_without_an_issue_is_named_with_the_reason(project: Path) -> None:
    early = publish(project, 2, "10:00", "--date", "2026-11-01")

    reason = "2026-11-01 has no issue: issues start on 2026-11-02 (nearest: 2026-11-02)"
    assert (early.status, early.out, early.err) == (2, "", f"error: {reason}\n")


def test_adopting_is_rehearsed_in_words(project: Path) -> None:
    publish(project, 2)
    shutil.rmtree(project / "state")

    rehearsed = publish(project, 2, "10:15", "--adopt", "--dry-run")

    assert (rehearsed.status, rehearsed.out) == (0, "2026-11-02 hook: would: take it as published unasked\n")


def test_a_mail_with_an_error_keeps_nothing_but_itself_from_going_out(project: Path, receiver: Receiver) -> None:
    """One that is larger than Gmail shows is not written."""
    append(project, "mail:\n  from: Daily <daily@example.org>\n")
    words = "".join(f"  A paragraph of its own, number {number}.\n\n" for number in range(1_500))
    topic = project / "content/topics/sums.yml"
    text = topic.read_text(encoding="utf-8")
    topic.write_text(re.sub(r"(?s)body: \|\n.*?(?=^\S|\Z)", f"body: |\n{words}", text, flags=re.MULTILINE))

    run, again = publish(project, 2), publish(project, 2, "10:15")

    assert (run.status, again.status) == (1, 1)
    assert "error[mail-size]" in run.err
    assert run.err.endswith("error: 1 fault kept files of issues from being written\n")
    assert receiver.told == [("published", "2026-11-02")]
    assert again.err == ""
