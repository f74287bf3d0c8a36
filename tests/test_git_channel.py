"""The channel `git`: the site on a branch, once, beside the project's own repository, which stays as it is."""

from __future__ import annotations

import shutil
import subprocess
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from attempts import NOW, POSTING, attempt, failure
from conftest import every_third
from forked import run_forked
from pixeldigest.channels import AnyChannel, Channel
from pixeldigest.channels.attempt import Attempt
from pixeldigest.channels.failures import WouldDo
from pixeldigest.channels.git import write_message
from pixeldigest.channels.posting import Outside, Receipt
from repositories import ALONE, add_hooks, be_alone, git, run_killed
from strategies import newsletter, write_project

PAGES = {"index.html": "home\n", "issues/2026-11-21/index.html": "an issue\r\n", "assets/ä b.css": "a{}\n"}


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    be_alone(monkeypatch)


class Place:
    """A hub, and a project in a clone of it, with a site."""

    def __init__(self, folder: Path) -> None:
        self.hub, self.project = folder / "hub.git", folder / "project"
        git(folder, "init", "--quiet", "--template=", "--bare", "--initial-branch=main", str(self.hub))
        git(folder, "init", "--quiet", "--template=", "--initial-branch=main", str(self.project))
        git(self.project, "remote", "add", "origin", "../hub.git")
        self.environment = dict(ALONE)
        self.moment = NOW
        self.effects: list[str] = []
        self.write(**PAGES)

    def write(self, **pages: str) -> None:
        """Write pages of the site."""
        for name, text in pages.items():
            path = self.project / "output/site" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="")

    def publish(self, *, dry_run: bool = False, **settings: str) -> Receipt:
        """Publish once."""
        return channel(**settings).publish(POSTING, self.attempt(dry_run=dry_run))

    def attempt(self, *, dry_run: bool = False) -> Attempt:
        outside = Outside(self.project, self.project / "output", self.environment, self.moment)
        return attempt(outside, self.effects.append, dry_run=dry_run)

    def files(self, branch: str = "gh-pages") -> dict[str, str]:
        """Read what the branch holds."""
        names = git(self.hub, "ls-tree", "-r", "-z", "--name-only", branch).split("\0")
        blobs = {
            name: subprocess.run(["git", "show", f"{branch}:{name}"], cwd=self.hub, capture_output=True, check=True)
            for name in names
            if name
        }
        return {name: done.stdout.decode(errors="replace") for name, done in blobs.items()}

    def commits(self, branch: str = "gh-pages") -> list[str]:
        """List what the commits of the branch say, newest first."""
        return git(self.hub, "log", "--format=%s", branch).splitlines()


def channel(**settings: str) -> Channel:
    return TypeAdapter(AnyChannel).validate_python({"type": "git", **settings})


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


# --- What comes of it ---


def test_the_branch_holds_the_site_as_it_is(place: Place) -> None:
    """Whatever git's own settings say of line ends, and of files that it should not see."""
    (place.project / ".gitattributes").write_text("* text=auto eol=lf\n", encoding="utf-8")
    (place.project / ".gitignore").write_text("output\n*.css\n", encoding="utf-8")
    place.environment["GIT_CONFIG_GLOBAL"] = str(place.project / "global")
    git(place.project, "config", "--file", "global", "core.autocrlf", "input")
    git(place.project, "config", "--file", "global", "core.hooksPath", str(place.project / "hooks"))
    add_hooks(place.project, "pre-push", script="exit 1")

    receipt = place.publish(cname="daily.example.org")

    told = git(place.hub, "show", "-s", "--format=%an <%ae>|%cn|%aI|%B", "gh-pages")
    assert place.files() == {**PAGES, ".nojekyll": "", "CNAME": "daily.example.org\n"}
    assert told == (
        "pixeldigest <pixeldigest@localhost>|pixeldigest|2026-11-21T12:00:00+00:00|"
        "Issue 4, 2026-11-21\n\nPixeldigest: small-daily"
    )
    assert receipt == Receipt(git(place.hub, "rev-parse", "gh-pages"), POSTING.url, POSTING.content)


def test_what_changed_and_what_is_gone(place: Place) -> None:
    place.publish()
    place.write(**{"index.html": "news\n"})
    (place.project / "output/site/assets/ä b.css").unlink()
    place.write(**{"index.html": "NEWS\n", "new/index.html": "new\n"})

    place.publish(message="No. {{issue.number}}: {{ issue.title }}", author="Daily <daily@example.org>")

    assert sorted(place.files()) == [".nojekyll", "index.html", "issues/2026-11-21/index.html", "new/index.html"]
    assert place.files()["index.html"] == "NEWS\n"
    assert place.commits() == ["No. 4: Means — Deep Dive", "Issue 4, 2026-11-21"]
    assert git(place.hub, "log", "-1", "--format=%an <%ae>", "gh-pages") == "Daily <daily@example.org>"
    assert len(place.effects) == 2


def test_nothing_changed_makes_no_commit(place: Place) -> None:
    """Also on another machine, which has nothing of the branch yet."""
    first = place.publish()
    again = place.publish()
    shutil.rmtree(place.project / ".pixeldigest")
    place.moment = datetime(2026, 11, 22, tzinfo=UTC)
    elsewhere = place.publish()

    assert first == again == elsewhere
    assert place.effects == ["commit the site to the branch 'gh-pages' of 'origin', and push it"]


def test_another_machine_goes_on(place: Place) -> None:
    """With a site of its own, and the branch's newest commit alone."""
    place.publish()
    place.write(**{"index.html": "b\n"})
    place.publish()
    shutil.rmtree(place.project / ".pixeldigest")
    place.write(**{"index.html": "c\n"})
    place.publish()

    store = place.project / ".pixeldigest/git/git.git"
    assert (len(place.commits()), place.files()["index.html"]) == (3, "c\n")
    assert git(store, "rev-list", "--count", "site") == "2"
    assert git(place.hub, "fsck", "--strict") == ""


def test_history_can_be_squashed(place: Place) -> None:
    for text in "abc":
        place.write(**{"index.html": text})
        place.publish(history="squash")

    assert (len(place.commits()), place.files()["index.html"]) == (1, "c")


def test_the_projects_own_repository_stays_as_it_is(place: Place) -> None:
    (place.project / "content.yml").write_text("a\n", encoding="utf-8")
    git(place.project, "add", "content.yml")

    def state() -> tuple[str, str, dict[str, bytes]]:
        folder = place.project / ".git"
        files = {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        return git(place.project, "for-each-ref"), git(place.project, "symbolic-ref", "HEAD"), files

    before = state()
    place.publish()

    assert before == state()


def test_a_dry_run_says_so_and_pushes_nothing(place: Place) -> None:
    with pytest.raises(WouldDo, match="commit the site to the branch 'gh-pages' of 'origin', and push it"):
        place.publish(dry_run=True)

    assert git(place.hub, "for-each-ref") == ""
    place.publish()
    assert place.publish(dry_run=True).remote_id == git(place.hub, "rev-parse", "gh-pages")


def test_withdrawing_tells_what_the_history_keeps(place: Place) -> None:
    place.publish()
    (place.project / "output/site/issues/2026-11-21/index.html").unlink()

    kept = channel().withdraw(POSTING, place.attempt())
    squashed = channel(history="squash").withdraw(POSTING, place.attempt())

    assert (kept, squashed) == ("the history of the branch 'gh-pages' keeps its page", None)
    assert "issues/2026-11-21/index.html" not in place.files()


@pytest.mark.parametrize("remote", ["{hub}", "../hub.git", "file://{hub}"])
def test_an_address_in_place_of_a_remote(place: Place, remote: str) -> None:
    """Then the project needs no repository."""
    shutil.rmtree(place.project / ".git")

    place.publish(remote=remote.format(hub=place.hub), branch="pages/daily")

    assert place.files("pages/daily") == {**PAGES, ".nojekyll": ""}


def test_access_that_a_clone_has_is_used(place: Place) -> None:
    """CI services write it into the clone's settings, or name another file there for that clone alone."""
    secret = place.project.parent / "secret"
    git(place.project, "config", "--file", str(secret), f"url.{place.hub}.insteadOf", "https://hub.invalid/daily")
    git(place.project, "config", f"includeIf.gitdir:{place.project}/.git.path", str(secret))

    place.publish(remote="https://hub.invalid/daily")

    assert place.files()["index.html"] == "home\n"


def test_an_empty_branch_is_taken(place: Place) -> None:
    """As one that was made for it."""
    tree = git(place.hub, "hash-object", "-t", "tree", "-w", "/dev/null")
    commit = git(place.hub, "commit-tree", tree, "-m", "Start")
    git(place.hub, "update-ref", "refs/heads/gh-pages", commit)

    place.publish()

    assert place.commits() == ["Issue 4, 2026-11-21", "Start"]


# --- What cannot be done, in words ---


@pytest.mark.parametrize("newsletter", [None, "another-daily"])
def test_a_branch_that_holds_something_else(place: Place, newsletter: str | None) -> None:
    trailer = f"\n\nPixeldigest: {newsletter}" if newsletter else "\n\nPixeldigest: small-daily\n\nAnd more."
    git(place.project, "add", "output")
    git(place.project, "commit", "--quiet", "--message", f"By hand{trailer}")
    git(place.project, "push", "--quiet", "origin", "main:gh-pages")
    there = git(place.hub, "rev-parse", "gh-pages")

    message = (
        f"the branch 'gh-pages' of 'origin' holds something else: 'By hand' ({there[:10]}) was not committed by this "
        "channel; name a branch of its own, or delete that one ('git push origin --delete gh-pages')"
    )
    assert failure(place.publish) == (78, message)
    assert git(place.hub, "rev-parse", "gh-pages") == there


def test_somebody_pushes_at_the_same_moment(place: Place) -> None:
    place.publish()
    place.write(**{"index.html": "b\n"})
    there = git(place.hub, "rev-parse", "gh-pages")
    tree = git(place.hub, "rev-parse", f"{there}:issues")
    attempt = place.attempt()

    def overtake(_: str) -> None:
        other = git(place.hub, "commit-tree", tree, "-p", there, "-m", write_message("Faster", POSTING))
        git(place.hub, "update-ref", "refs/heads/gh-pages", other)

    message = "somebody else has just pushed to the branch 'gh-pages' of 'origin'; the next run looks again"
    assert failure(lambda: channel().publish(POSTING, attempt._replace(before=overtake))) == (75, message)
    place.publish()
    assert (place.commits()[1], place.files()["index.html"]) == ("Faster", "b\n")


def test_no_site_is_no_empty_site(place: Place) -> None:
    place.publish()
    (place.project / "output/site/index.html").unlink()

    message = f"there is no site in '{place.project}/output/site'; run 'pixeldigest build'"
    assert failure(place.publish) == (1, message)


def test_no_such_remote(place: Place) -> None:
    message = (
        "the project's repository has no remote 'upstream': No such remote 'upstream'; "
        "write its address into 'remote', or run 'git remote add'"
    )
    assert failure(lambda: place.publish(remote="upstream")) == (78, message)


def test_no_repository(place: Place) -> None:
    shutil.rmtree(place.project / ".git")
    place.environment["GIT_CEILING_DIRECTORIES"] = str(place.project.parent)

    status, message = failure(place.publish)

    assert (status, message.split(":")[0]) == (78, "the project's repository has no remote 'origin'")


def test_no_git(place: Place) -> None:
    place.environment["PATH"] = "/nonexistent"

    assert failure(place.publish) == (78, "git is not installed; install it")


def test_a_remote_that_is_not_there(place: Place) -> None:
    place.hub.rename(place.hub.with_name("gone"))

    status, message = failure(place.publish)

    assert status == 75
    assert message.startswith("the branch 'gh-pages' of 'origin' is no repository now: ")


@pytest.mark.parametrize("address", ["http://ada:se%2Fcret@127.0.0.1:1/a.git", "ssh://ada:se@cret@127.0.0.1:1/a.git"])
def test_a_token_in_a_remote_is_not_shown(place: Place, address: str) -> None:
    git(place.project, "remote", "set-url", "origin", address)

    status, message = failure(place.publish)

    store = place.project / ".pixeldigest/git/git.git"
    assert (status, message.split(":")[0]) == (75, "the branch 'gh-pages' of 'origin' cannot be reached")
    assert "cret" not in message + (store / "config").read_text()


@pytest.mark.parametrize(
    ("answer", "status", "reason"),
    [
        (401, 78, "could not read Username for '{url}': terminal prompts disabled"),
        (403, 78, "unable to access '{url}/daily.git/': The requested URL returned error: 403"),
        (404, 75, "repository '{url}/daily.git/' not found"),
        (503, 75, "unable to access '{url}/daily.git/': The requested URL returned error: 503"),
    ],
)
def test_a_server_that_does_not_let_git_in(place: Place, answer: int, status: int, reason: str) -> None:
    class Server(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(answer)
            self.send_header("WWW-Authenticate", "Basic")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Server) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        said = failure(lambda: place.publish(remote=f"{url}/daily.git"))
        server.shutdown()

    assert (said[0], reason.format(url=url) in said[1]) == (status, True), said


def test_a_remote_that_refuses(place: Place) -> None:
    add_hooks(place.hub, "pre-receive", script="echo 'error: GH006: Protected branch' >&2; exit 1")

    message = (
        "the branch 'gh-pages' of 'origin' refuses the push: pre-receive hook declined (GH006: Protected branch); "
        "allow pushes to it, or name another branch"
    )
    assert failure(place.publish) == (78, message)


# --- Settings ---


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"remote": "https://t0ken@github.com/a/b"}, "this address holds a name or a password"),
        ({"remote": "--upload-pack=x"}, "'--upload-pack=x' is not a repository"),
        ({"branch": "a b"}, "'a b' is not the name of a branch"),
        ({"branch": "-a"}, "'-a' is not the name of a branch"),
        ({"branch": "a..b"}, "'a..b' is not the name of a branch"),
        ({"branch": "a.lock"}, "'a.lock' is not the name of a branch"),
        ({"branch": "a/"}, "'a/' is not the name of a branch"),
        ({"cname": "https://daily.example.org/"}, "'https://daily.example.org/' is not the name of a host"),
        ({"message": "{{ issue.no }}"}, "'{{ issue.no }}' is not a placeholder"),
        ({"message": "{{ issue.number"}, "'{{ issue.number' is not a placeholder"),
    ],
)
def test_settings_that_cannot_be(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        channel(**settings)

    assert said in str(caught.value)


def test_settings_that_can_be() -> None:
    named = channel(remote="git@github.com:example/daily.git", branch="release/site-1.0", cname="daily.example.org")

    assert (named.id, named.branch) == ("git", "release/site-1.0")


# --- Killed anywhere ---


@pytest.mark.parametrize("left", every_third(["index.lock", "config", "refs/heads/site.lock", "objects", "HEAD"]))
def test_what_a_kill_leaves_behind_is_thrown_away(place: Place, left: str) -> None:
    """A lock, or a file that is only half there."""
    place.publish()
    path = place.project / ".pixeldigest/git/git.git" / left
    if path.is_dir():
        shutil.rmtree(path)
    path.write_text("[half", encoding="utf-8")
    place.write(**{"index.html": "b\n"})

    place.publish()

    assert (len(place.commits()), place.files()["index.html"]) == (2, "b\n")


@pytest.mark.slow
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("history", ["keep", "squash"])
def test_killed_at_any_call_the_next_run_goes_on(tmp_path: Path, when: str, history: str) -> None:
    calls, died = 0, True
    while died:
        calls += 1
        folder = tmp_path / str(calls)
        folder.mkdir()
        place = Place(folder)
        for text in ("a", "b"):
            place.write(**{"index.html": text})
            died = run_killed(lambda place=place: place.publish(history=history), calls, when)
            place.publish(history=history)

        assert place.commits() == ["Issue 4, 2026-11-21"] * (2 if history == "keep" else 1)
        assert place.files() == {**PAGES, "index.html": "b", ".nojekyll": ""}
    assert calls > 12


# --- The real command ---


@pytest.mark.slow
def test_publish_pushes_the_record_and_the_site(place: Place) -> None:
    """Day by day, while an editor works in the same repository."""
    shutil.rmtree(place.project / "output")
    plain = newsletter(topics="sums means", publish={"at": "09:00", "record": "push"})
    settings = write_project(plain, place.project) / "content/newsletter.yml"
    settings.write_text(settings.read_text(encoding="utf-8") + "channels:\n  - type: git\n", encoding="utf-8")
    (place.project / ".gitignore").write_text(".pixeldigest\noutput\nstate\n", encoding="utf-8")
    git(place.project, "add", "--all")
    git(place.project, "commit", "--quiet", "--message", "The newsletter")
    git(place.project, "push", "--quiet", "--set-upstream", "origin", "main")
    editor = place.project.parent / "editor"
    git(place.project.parent, "clone", "--quiet", str(place.hub), "editor")

    runs = []
    for day in (2, 3, 3):
        runs.append(run_forked(place.project, "publish", now=f"2026-11-0{day}T10:00", **ALONE))
        (editor / f"{day}{len(runs)}.md").touch()
        git(editor, "pull", "--quiet", "--rebase")
        git(editor, "add", "--all")
        git(editor, "commit", "--quiet", "--message", "A note")
        git(editor, "push", "--quiet")

    assert [run.status for run in runs] == [0, 0, 0], runs
    assert [line for run in runs for line in run.out.splitlines() if " git: " in line] == [
        "2026-11-02 git: published https://daily.example.org/issues/2026-11-02/",
        "2026-11-03 git: published https://daily.example.org/issues/2026-11-03/",
    ]
    assert place.commits() == ["Issue 2, 2026-11-03", "Issue 1, 2026-11-02"]
    assert place.commits("main")[1:] == ["A note", "Record 2026-11-03", "A note", "Record 2026-11-02", "The newsletter"]
    assert "issues/2026-11-03/index.html" in place.files()
    assert git(place.project, "status", "--porcelain") == ""
