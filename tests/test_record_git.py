"""`publish.record`: the record is committed and pushed beside whatever people do in the same repository."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from pixeldigest import gitcommand
from pixeldigest.diagnostics import UserError
from pixeldigest.gitcommand import Git
from pixeldigest.publish.versions import bring_up_to_date, commit_record, push_record
from repositories import add_hooks, be_alone, git, run_killed

RECORD = "content/record/2026.yml"
WITHDRAWN = "content/withdrawn.yml"
FIRST, SECOND, THIRD = (f"2026-11-0{day}: {{number: {day}}}\n" for day in (1, 2, 3))


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    be_alone(monkeypatch)


def write(folder: Path, **texts: str) -> None:
    """Write files by names in which a double underscore stands for a slash, and one for a dot."""
    for name, text in texts.items():
        path = folder / _path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _path(name: str) -> str:
    return name.replace("__", "/").replace("_", ".")


def commit(folder: Path, message: str = "An edit", **texts: str) -> str:
    """Commit what an editor has written."""
    write(folder, **texts)
    names = [_path(name) for name in texts]
    git(folder, "add", *names)
    git(folder, "commit", "--quiet", "--message", message, "--only", "--", *names)
    return git(folder, "rev-parse", "HEAD")


class Places:
    """A bare repository, the clone that publishes, and an editor's."""

    def __init__(self, folder: Path) -> None:
        self.hub, self.ours, self.theirs = folder / "hub.git", folder / "ours", folder / "theirs"

    def record(self, text: str) -> None:
        """Record a day, as `publish` does."""
        with (self.ours / RECORD).open("a", encoding="utf-8") as stream:
            stream.write(text)

    def edit(self, **texts: str) -> str:
        """Push an editor's change."""
        git(self.theirs, "pull", "--quiet", "--rebase")
        made = commit(self.theirs, **texts)
        git(self.theirs, "push", "--quiet")
        return made

    def pushed(self, path: str = RECORD) -> str:
        """Read a file as it is at the hub."""
        return git(self.hub, "show", f"main:{path}") + "\n"

    def subjects(self) -> list[str]:
        """List the commits at the hub, newest first."""
        return git(self.hub, "log", "--format=%s", "main").splitlines()


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the places once; they know each other by relative paths, so that copies do, too."""
    folder = tmp_path_factory.mktemp("places")
    places = Places(folder)
    git(folder, "init", "--quiet", "--template=", "--bare", "--initial-branch=main", str(places.hub))
    git(folder, "init", "--quiet", "--template=", "--initial-branch=main", str(places.theirs))
    git(places.theirs, "remote", "add", "origin", "../hub.git")
    commit(places.theirs, "The newsletter", content__newsletter_yml="version: 1\n", content__record__2026_yml=FIRST)
    git(places.theirs, "push", "--quiet", "--set-upstream", "origin", "main")
    shutil.copytree(places.theirs, places.ours)
    return folder


@pytest.fixture
def make_places(original: Path, tmp_path: Path) -> Callable[[str], Places]:
    def make(name: str = ".") -> Places:
        return Places(shutil.copytree(original, tmp_path / name, dirs_exist_ok=True))

    return make


@pytest.fixture
def places(make_places: Callable[[], Places]) -> Places:
    return make_places()


def publish(project: Path, message: str = "Issue 2") -> tuple[bool, bool]:
    return commit_record(project, message), push_record(project)


# --- Committing ---


def test_only_the_record_is_committed(places: Places) -> None:
    """What is staged stays staged, what is changed stays changed, and what is new stays untracked."""
    write(places.ours, staged_yml="a\n", content__newsletter_yml="changed\n", new_yml="b\n")
    write(places.ours, content__withdrawn_yml="c\n", **{"content__record__2026_yml~": "an editor's copy"})
    git(places.ours, "add", "staged.yml")
    places.record(SECOND)

    committed = commit_record(places.ours, "Issue 2, 2026-11-02")

    names = git(places.ours, "show", "--format=%s|%an <%ae>|%cn", "--name-only", "HEAD").splitlines()
    status = git(places.ours, "status", "--porcelain").splitlines()
    assert committed
    assert names == ["Issue 2, 2026-11-02|pixeldigest <pixeldigest@localhost>|pixeldigest", "", RECORD, WITHDRAWN]
    assert status == [" M content/newsletter.yml", "A  staged.yml", "?? content/record/2026.yml~", "?? new.yml"]
    assert git(places.ours, "show", f"HEAD:{RECORD}") + "\n" == FIRST + SECOND


def test_nothing_changed_makes_no_commit(places: Places) -> None:
    before = git(places.ours, "rev-parse", "HEAD")

    assert not commit_record(places.ours, "Issue 2")
    assert git(places.ours, "rev-parse", "HEAD") == before


def test_who_is_known_to_git_commits(places: Places) -> None:
    git(places.ours, "config", "user.name", "Grace")
    git(places.ours, "config", "user.email", "grace@example.org")
    places.record(SECOND)

    commit_record(places.ours, "Issue 2")

    assert git(places.ours, "log", "-1", "--format=%an <%ae>") == "Grace <grace@example.org>"


def test_hooks_do_not_run(places: Places) -> None:
    names = ("pre-commit", "commit-msg", "prepare-commit-msg", "pre-push", "post-commit", "reference-transaction")
    add_hooks(places.ours / ".git", *names, script="exit 1")
    places.record(SECOND)

    assert publish(places.ours) == (True, True)
    assert places.pushed() == FIRST + SECOND


def test_a_hook_of_another_repository_may_run_us(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then git names that repository in variables."""
    monkeypatch.setenv("GIT_DIR", str(places.theirs / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(places.theirs / ".git/index"))
    places.record(SECOND)

    assert commit_record(places.ours, "Issue 2")
    assert git(places.ours, "log", "-1", "--format=%s") == "Issue 2"
    assert git(places.theirs, "log", "-1", "--format=%s") == "The newsletter"


def test_a_linked_work_tree(places: Places) -> None:
    git(places.ours, "worktree", "add", "--quiet", "-b", "daily", "../daily", "origin/main")
    places.ours = places.ours.with_name("daily")
    places.record(SECOND)
    git(places.ours, "config", "branch.daily.merge", "refs/heads/main")
    places.edit(a_yml="a\n")

    assert bring_up_to_date(places.ours)
    assert push_record(places.ours)
    assert places.pushed() == FIRST + SECOND


def test_the_record_is_committed_where_git_ignores_it(places: Places) -> None:
    write(places.ours, _gitignore="content/record/\n")
    write(places.ours, content__record__2027_yml="2027-01-01: {number: 3}\n")

    assert commit_record(places.ours, "Issue 3")
    assert git(places.ours, "show", "--format=", "--name-only", "HEAD") == "content/record/2027.yml"


def test_the_first_commit_of_a_repository(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    write(tmp_path, content__record__2026_yml=FIRST, other_yml="")

    assert commit_record(tmp_path, "Issue 1")
    assert git(tmp_path, "ls-tree", "-r", "--name-only", "HEAD") == RECORD
    assert not commit_record(tmp_path, "Issue 1")


def test_a_newsletter_in_a_folder_of_a_repository(places: Places) -> None:
    """Others lie beside it, and one of them has a record too."""
    for name in ("a daily", "b"):
        commit(places.theirs, **{f"{name}__content__record__2026_yml": FIRST})
    git(places.theirs, "push", "--quiet")
    git(places.ours, "pull", "--quiet")
    for name in ("a daily", "b"):
        write(places.ours, **{f"{name}__content__record__2026_yml": FIRST + SECOND})

    assert not bring_up_to_date(places.ours / "b")
    assert publish(places.ours / "a daily") == (True, True)
    assert places.pushed("a daily/" + RECORD) == FIRST + SECOND
    assert places.pushed("b/" + RECORD) == FIRST + SECOND
    assert places.subjects()[:2] == ["Issue 2", "Record what was published"]


# --- Taking over, and pushing ---


def test_what_others_push_is_taken_over(places: Places) -> None:
    """Beside it everything stays: what is staged, changed, deleted, new."""
    commit(places.theirs, a_yml="a\n", b_yml="b\n", c_yml="c\n", d_yml="d\n")
    git(places.theirs, "push", "--quiet")
    assert bring_up_to_date(places.ours)
    write(places.ours, a_yml="changed\n", b_yml="staged\n", n_yml="new\n")
    git(places.ours, "add", "b.yml")
    (places.ours / "c.yml").unlink()
    made = places.edit(d_yml="d, better\n", e_yml="e\n")

    taken, again = bring_up_to_date(places.ours), bring_up_to_date(places.ours)

    assert (taken, again) == (True, False)
    assert git(places.ours, "rev-parse", "HEAD") == made
    assert git(places.ours, "status", "--porcelain").splitlines() == [" M a.yml", "M  b.yml", " D c.yml", "?? n.yml"]
    assert (places.ours / "d.yml").read_text() == "d, better\n"


def test_the_record_is_pushed_once(places: Places) -> None:
    places.record(SECOND)

    assert publish(places.ours) == (True, True)
    assert publish(places.ours) == (False, False)
    assert (places.pushed(), places.subjects()) == (FIRST + SECOND, ["Issue 2", "The newsletter"])


def test_an_editor_pushes_in_between(places: Places) -> None:
    """Two issues wait; each keeps its commit, its author and its words, and dirty files stay as they are."""
    bring_up_to_date(places.ours)
    for number, text in ((2, SECOND), (3, THIRD)):
        places.record(text)
        commit_record(places.ours, f"Issue {number}\n\nWith more to say: ü")
    write(places.ours, content__newsletter_yml="changed\n", staged_yml="s\n")
    git(places.ours, "add", "staged.yml")
    edit = places.edit(content__topics__a_yml="a\n")

    assert push_record(places.ours)
    assert places.subjects() == ["Issue 3", "Issue 2", "An edit", "The newsletter"]
    assert git(places.hub, "rev-parse", "main~2") == edit
    assert git(places.hub, "log", "-1", "--format=%an|%B", "main") == "pixeldigest|Issue 3\n\nWith more to say: ü"
    assert places.pushed() == FIRST + SECOND + THIRD
    assert git(places.ours, "rev-parse", "HEAD") == git(places.hub, "rev-parse", "main")
    assert git(places.ours, "status", "--porcelain").splitlines() == [" M content/newsletter.yml", "A  staged.yml"]
    assert (places.ours / "content/topics/a.yml").read_text() == "a\n"


def test_an_editor_mends_the_record_in_between(places: Places) -> None:
    """Lines apart from each other are no conflict."""
    old = "".join(f"2026-10-{day}: {{number: 0}}\n" for day in range(10, 20))
    places.edit(content__record__2026_yml=old + FIRST)
    bring_up_to_date(places.ours)
    places.record(SECOND)
    commit_record(places.ours, "Issue 2")
    places.edit(content__record__2026_yml=old.replace("10-10: {number: 0", "10-10: {number: 9") + FIRST)

    assert push_record(places.ours)
    assert places.pushed() == old.replace("10-10: {number: 0", "10-10: {number: 9") + FIRST + SECOND


def test_an_issue_is_withdrawn_elsewhere_in_between(places: Places) -> None:
    places.record(SECOND)
    commit_record(places.ours, "Issue 2")
    places.edit(content__withdrawn_yml="2026-11-01: wrong\n")

    assert push_record(places.ours)
    assert (places.pushed(), places.pushed(WITHDRAWN)) == (FIRST + SECOND, "2026-11-01: wrong\n")
    assert (places.ours / WITHDRAWN).exists()


def test_another_machine_has_recorded_the_same(places: Places) -> None:
    """Then there is nothing to add, and no empty commit."""
    places.record(SECOND)
    commit_record(places.ours, "Issue 2")
    there = places.edit(content__record__2026_yml=FIRST + SECOND)

    assert push_record(places.ours)
    assert git(places.ours, "rev-parse", "HEAD") == git(places.hub, "rev-parse", "main") == there


def test_a_run_that_died_before_it_committed(places: Places) -> None:
    """What it has recorded is in nobody's way."""
    places.record(SECOND)
    places.edit(content__withdrawn_yml="2026-11-01: wrong\n", content__topics__a_yml="a\n")

    assert bring_up_to_date(places.ours)
    assert publish(places.ours) == (False, True)
    assert places.pushed() == FIRST + SECOND
    assert places.subjects()[0] == "Record what was published"


def test_a_branch_by_another_name_that_is_not_there_yet(places: Places) -> None:
    git(places.ours, "switch", "--quiet", "--create", "daily")
    git(places.ours, "config", "branch.daily.remote", "origin")
    git(places.ours, "config", "branch.daily.merge", "refs/heads/published")
    places.record(SECOND)

    assert not bring_up_to_date(places.ours)
    assert push_record(places.ours)
    assert git(places.hub, "show", f"published:{RECORD}") + "\n" == FIRST + SECOND


def test_a_shallow_clone(places: Places, tmp_path: Path) -> None:
    """As GitHub Actions make it."""
    places.edit(a_yml="a\n")
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{places.hub}", "shallow")
    places.ours = tmp_path / "shallow"
    places.record(SECOND)
    commit_record(places.ours, "Issue 2")
    places.edit(b_yml="b\n")

    assert push_record(places.ours)
    places.edit(c_yml="c\n")
    assert bring_up_to_date(places.ours)
    assert places.subjects() == ["An edit", "Issue 2", "An edit", "An edit", "The newsletter"]
    assert git(places.hub, "fsck", "--strict") == ""


# --- What cannot be done, in words ---


def failure(run: Callable[[], object]) -> tuple[int, str]:
    with pytest.raises(UserError) as caught:
        run()
    return caught.value.status, caught.value.message


def test_a_changed_file_is_in_the_way(places: Places) -> None:
    before = git(places.ours, "rev-parse", "HEAD")
    write(places.ours, content__newsletter_yml="mine\n")
    places.edit(content__newsletter_yml="theirs\n")

    said = failure(lambda: bring_up_to_date(places.ours))

    message = (
        "others have pushed a change to what is changed here, too: Entry 'content/newsletter.yml' not uptodate. "
        "Cannot merge.; commit it, or put it away with 'git stash --include-untracked'"
    )
    assert said == (75, message)
    assert git(places.ours, "rev-parse", "HEAD") == before
    assert (places.ours / "content/newsletter.yml").read_text() == "mine\n"


def test_a_new_file_is_in_the_way(places: Places) -> None:
    write(places.ours, a_yml="mine\n")
    places.edit(a_yml="theirs\n")

    status, message = failure(lambda: bring_up_to_date(places.ours))

    assert (status, "'a.yml'" in message) == (75, True)
    assert (places.ours / "a.yml").read_text() == "mine\n"


def test_somebodys_own_commits_are_not_moved(places: Places) -> None:
    mine = commit(places.ours, content__topics__a_yml="a\n")
    places.record(SECOND)
    commit_record(places.ours, "Issue 2")
    head = git(places.ours, "rev-parse", "HEAD")
    places.edit(content__topics__b_yml="b\n")

    for run in (bring_up_to_date, push_record):
        status, message = failure(lambda run=run: run(places.ours))

        assert (status, git(places.ours, "rev-parse", "HEAD")) == (75, head)
        assert message == (
            f"this branch and 'origin' (branch 'main') have both gone on: {mine[:10]} is only here, and more only "
            "there; join them ('git pull --rebase'), and push"
        )


def test_another_record_of_the_same_day_is_a_conflict(places: Places) -> None:
    places.record(SECOND)
    commit_record(places.ours, "Issue 2")
    head = git(places.ours, "rev-parse", "HEAD")
    places.edit(content__record__2026_yml=FIRST + "2026-11-02: {number: 7}\n")

    status, message = failure(lambda: push_record(places.ours))

    assert (status, "of the same days in the record" in message) == (75, True)
    assert (git(places.ours, "rev-parse", "HEAD"), git(places.ours, "status", "--porcelain")) == (head, "")
    assert (places.ours / RECORD).read_text() == FIRST + SECOND


def test_a_history_that_was_rewritten_under_a_shallow_clone(places: Places, tmp_path: Path) -> None:
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{places.hub}", "shallow")
    git(places.theirs, "commit", "--quiet", "--amend", "--message", "Anew")
    git(places.theirs, "push", "--quiet", "--force")

    status, message = failure(lambda: bring_up_to_date(tmp_path / "shallow"))

    assert (status, "have both gone on" in message) == (75, True)


def test_a_merge_that_is_not_finished(places: Places) -> None:
    git(places.ours, "switch", "--quiet", "--create", "other")
    commit(places.ours, content__record__2026_yml="one\n")
    git(places.ours, "switch", "--quiet", "main")
    commit(places.ours, content__record__2026_yml="two\n")
    with pytest.raises(subprocess.CalledProcessError):
        git(places.ours, "merge", "other")
    before = (places.ours / RECORD).read_text(), git(places.ours, "status", "--porcelain")

    status, message = failure(lambda: bring_up_to_date(places.ours))

    assert (status, message.split(";")[0]) == (75, f"a merge in '{places.ours}' is not finished")
    assert before == ((places.ours / RECORD).read_text(), git(places.ours, "status", "--porcelain"))


def test_no_branch_is_checked_out(places: Places) -> None:
    git(places.ours, "switch", "--quiet", "--detach")

    message = f"no branch is checked out in '{places.ours}', so that nobody would find what is committed"
    for run in (lambda: commit_record(places.ours, "Issue 2"), lambda: bring_up_to_date(places.ours)):
        assert failure(run) == (78, f"{message}; check one out, as in 'git switch main'")


def test_a_branch_that_follows_none(places: Places) -> None:
    git(places.ours, "switch", "--quiet", "--create", "other")

    message = "the branch 'other' follows none, so that the record cannot be pushed"
    for run in (bring_up_to_date, push_record):
        assert failure(lambda run=run: run(places.ours)) == (
            78,
            f"{message}; run 'git push --set-upstream origin other'",
        )


def test_no_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))

    status, message = failure(lambda: bring_up_to_date(tmp_path))

    assert status == 78
    assert message.startswith("'publish.record' keeps the record in git, and this newsletter is in no repository: ")
    assert message.endswith("; run 'git init', or set 'record: local'")


def test_no_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")

    message = "'publish.record' keeps the record in git, which is not installed; install git"
    assert failure(lambda: commit_record(tmp_path, "Issue 1")) == (78, message)


def test_a_repository_of_another_user(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")

    message = (
        f"git does not trust '{places.ours}', which belongs to another user; as the user who publishes, run: "
        f"git config --global --add safe.directory {places.ours}"
    )
    assert failure(lambda: bring_up_to_date(places.ours)) == (78, message)


def test_a_remote_that_is_gone(places: Places) -> None:
    places.hub.rename(places.hub.with_name("gone"))
    places.record(SECOND)

    status, message = failure(lambda: bring_up_to_date(places.ours))

    assert (status, message.split(":")[0]) == (75, "'origin' (branch 'main') is no repository now")


def test_a_token_in_the_address_is_not_shown(places: Places) -> None:
    """Nor is what git says of it."""
    git(places.ours, "remote", "set-url", "origin", "http://ada:se/cret@127.0.0.1:1/hub.git")

    status, message = failure(lambda: bring_up_to_date(places.ours))

    assert status == 75
    assert message.startswith(
        "'origin' (branch 'main') cannot be reached: unable to access 'http://127.0.0.1:1/hub.git/'"
    )


@pytest.mark.slow
def test_a_remote_that_never_answers(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    real = shutil.which("git")
    slow = places.hub.parent / "bin/git"
    slow.parent.mkdir()
    slow.write_text(f'#!/bin/sh\n[ "$1" = fetch ] && exec sleep 60\nexec {real} "$@"\n', encoding="utf-8")
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", f"{slow.parent}:{os.environ['PATH']}")
    monkeypatch.setattr(gitcommand, "_LONGEST", 10.0)

    message = "'origin' (branch 'main') cannot be reached: 'git fetch' took more than 10 seconds"
    assert failure(lambda: bring_up_to_date(places.ours)) == (75, message)


def test_a_remote_that_refuses(places: Places) -> None:
    add_hooks(places.hub, "pre-receive", script="echo 'error: GH006: Protected branch update failed' >&2\nexit 1")
    places.record(SECOND)
    commit_record(places.ours, "Issue 2")

    message = (
        "'origin' (branch 'main') refuses the push: pre-receive hook declined (GH006: Protected branch update failed); "
        "allow pushes to it, or name another branch"
    )
    assert failure(lambda: push_record(places.ours)) == (78, message)


def test_another_git_is_at_work(places: Places) -> None:
    places.record(SECOND)
    (places.ours / ".git/index.lock").touch()

    status, message = failure(lambda: commit_record(places.ours, "Issue 2"))

    lock = f"Unable to create '{places.ours}/.git/index.lock': File exists."
    way = "if no other git is at work there, delete that file"
    assert (status, message) == (75, f"'git add' fails in '{places.ours}': {lock}; {way}")


def test_others_push_all_the_time(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the second time the next run goes on, and nothing is lost."""
    places.record(SECOND)
    commit_record(places.ours, "Issue 2")
    real, pushes = Git.run, []

    def overtaken(one: Git, *arguments: str, **more: object) -> object:
        if arguments[0] == "push":
            pushes.append(places.edit(a_yml=f"{len(pushes)}\n"))
        return real(one, *arguments, **more)

    monkeypatch.setattr(Git, "run", overtaken)
    status, message = failure(lambda: push_record(places.ours))
    monkeypatch.undo()

    assert (status, len(pushes)) == (75, 2)
    assert message == "others are pushing to 'origin' (branch 'main') at this moment; the next run tries again"
    assert bring_up_to_date(places.ours)
    assert push_record(places.ours)
    assert places.pushed() == FIRST + SECOND


# --- Killed anywhere ---


def one_run(places: Places) -> None:
    """What `publish` does with the record."""
    bring_up_to_date(places.ours)
    if (places.ours / RECORD).read_text().count("2026-11-02") == 0:
        places.record(SECOND)
    publish(places.ours)


@pytest.mark.slow
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("editing", [False, True])
def test_killed_at_any_call_the_next_run_goes_on(
    make_places: Callable[[str], Places], when: str, *, editing: bool
) -> None:
    """Also where an editor has pushed, before the run and after it died; the dirty file stays."""
    calls, died = 0, True
    while died:
        calls += 1
        places = make_places(str(calls))
        write(places.ours, content__newsletter_yml="changed\n", staged_yml="s\n")
        git(places.ours, "add", "staged.yml")
        if editing:
            places.record("2026-10-31: {number: 0}\n")
            places.edit(a_yml="a\n")

        died = run_killed(lambda places=places: one_run(places), calls, when)
        if editing:
            places.edit(b_yml="b\n")
        one_run(places)

        status = git(places.ours, "status", "--porcelain").splitlines()
        assert status == [" M content/newsletter.yml", "A  staged.yml"], calls
        assert places.pushed().count("2026-11-02") == 1
        assert git(places.ours, "rev-parse", "HEAD") == git(places.hub, "rev-parse", "main")
        assert sum(subject in ("Issue 2", "Record what was published") for subject in places.subjects()) == 1 + editing
    assert calls > 12
