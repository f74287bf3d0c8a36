"""The record in git: taken over from others before a run, committed, and pushed; nothing else is touched.

Hooks do not run, since what they look at are people's commits.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pixeldigest.channels.failures import SettingsError, UnavailableError
from pixeldigest.channels.gitremote import distrust, is_overtaken, remote_failure
from pixeldigest.gitcommand import Git, NoGitError
from pixeldigest.library import SETTINGS_FILE

_RECORD, _WITHDRAWN = "content/record/", "content/withdrawn.yml"
_WANTED = "'publish.record' keeps the record in git"
_LEFT_BEHIND = "Record what was published"
_SETTINGS = (("core.hooksPath", "/dev/null"), ("apply.whitespace", "nowarn"))
# Who commits where nobody has told git a name.
_NOBODY = {
    f"GIT_{who}_{what}": text
    for who in ("AUTHOR", "COMMITTER")
    for what, text in (("NAME", "pixeldigest"), ("EMAIL", "pixeldigest@localhost"))
}


class _Repository(NamedTuple):
    """The repository of a project: git at its top, where the project lies in it, and the branch that is checked out."""

    git: Git
    prefix: str
    branch: str


class _Upstream(NamedTuple):
    """The branch that the checked-out one follows: its remote, its name there, and here."""

    remote: str
    name: str
    tracking: str

    @property
    def words(self) -> str:
        """Name it for people."""
        return f"'{self.remote}' (branch '{self.name.removeprefix('refs/heads/')}')"


def seems_to_push(project: Path) -> bool:
    """Tell whether settings that cannot be read say that the record is pushed, as far as their lines tell."""
    settings = (project / SETTINGS_FILE).read_text(encoding="utf-8", errors="replace")
    return re.search(r"(?m)^ +record: *['\"]?push\b", settings) is not None


def bring_up_to_date(project: Path) -> bool:
    """Take over what others have pushed; tells whether there was anything.

    What an earlier run has left behind is committed first, and the commits of the record that are not pushed yet are
    put on top; apart from those it is a fast-forward. Raises UnavailableError where it cannot be one, SettingsError
    where there is nothing to follow; either leaves all as it was.
    """
    repository = _open(project)
    upstream = _upstream_of(repository)
    commit_record(project, _LEFT_BEHIND)
    return _catch_up(repository, upstream)


def commit_record(project: Path, message: str) -> bool:
    """Commit the record and the withdrawals, and nothing else, whatever is staged; tells whether they had changed.

    Raises UnavailableError or SettingsError.
    """
    repository = _open(project)
    git, prefix = repository.git, repository.prefix
    there = [f"{prefix}{path.relative_to(project)}" for path in _files_of_record(project)]
    if there:
        git.ask("add", "--force", "--", *there)
    show = ("diff", "--cached", "--name-only", "-z", "--no-renames")
    listed = git.ask(*show, "--", prefix + _RECORD, prefix + _WITHDRAWN)
    changed = [name for name in listed.split("\0") if name]
    if changed:
        options = ("--quiet", "--only", "--no-verify", "--file=-")
        git.given(**_identity(git)).ask("commit", *options, "--", *changed, stdin=message.encode())
    return bool(changed)


def push_record(project: Path) -> bool:
    """Push what is committed and not pushed yet; tells whether there was anything.

    Where others were faster, the commits of the record are put on top of theirs, once. Raises UnavailableError or
    SettingsError; what is committed stays so, and the next run pushes it.
    """
    repository = _open(project)
    upstream = _upstream_of(repository)
    git = repository.git
    if git.run("merge-base", "--is-ancestor", "HEAD", upstream.tracking).status == 0:
        return False
    if not _push(git, upstream):
        _catch_up(repository, upstream)
        if not _push(git, upstream):
            raise UnavailableError(f"others are pushing to {upstream.words} at this moment; the next run tries again")
    return True


def _files_of_record(project: Path) -> Iterator[Path]:
    yield from sorted((project / _RECORD).rglob("*.yml"))
    if (project / _WITHDRAWN).exists():
        yield project / _WITHDRAWN


def _open(project: Path) -> _Repository:
    """Find the repository that a project lies in, and refuse one where a commit would be on no branch."""
    try:
        found = Git(project).run("rev-parse", "--show-prefix", "--show-toplevel")
    except NoGitError as error:
        raise SettingsError(f"{_WANTED}, which is not installed; install git") from error
    if untrusted := distrust(found):
        raise untrusted
    if found.status:
        way_out = "run 'git init', or set 'record: local'"
        raise SettingsError(f"{_WANTED}, and this newsletter is in no repository: {found.reason}; {way_out}")
    prefix, top = found.out.decode(errors="surrogateescape").split("\n")[:2]
    git = Git(Path(top), settings=_SETTINGS)
    branch = git.run("symbolic-ref", "--quiet", "HEAD")
    if branch.status:
        message = f"no branch is checked out in '{top}', so that nobody would find what is committed"
        raise SettingsError(f"{message}; check one out, as in 'git switch main'")
    if git.ask("ls-files", "--unmerged"):
        raise UnavailableError(f"a merge in '{top}' is not finished; finish it, or end it with 'git merge --abort'")
    return _Repository(git, prefix, branch.line)


def _upstream_of(repository: _Repository) -> _Upstream:
    branch = repository.branch
    form = "%(upstream:remotename)%00%(upstream:remoteref)%00%(upstream)"
    parts = repository.git.ask("for-each-ref", f"--format={form}", branch).split("\0")
    if len(parts) != len(_Upstream._fields) or not all(parts):
        name = branch.removeprefix("refs/heads/")
        message = f"the branch '{name}' follows none, so that the record cannot be pushed"
        raise SettingsError(f"{message}; run 'git push --set-upstream origin {name}'")
    return _Upstream(*parts)


def _catch_up(repository: _Repository, upstream: _Upstream) -> bool:
    """Put the commits of the record that are here only on top of the upstream's, and check out what comes of it."""
    git = repository.git
    theirs = _fetch(git, upstream)
    head = git.ask("rev-parse", "HEAD")
    if theirs is None or git.run("merge-base", "--is-ancestor", theirs, head).status == 0:
        return False
    ours = git.ask("rev-list", "--reverse", "--parents", f"{theirs}..{head}").splitlines()
    for commit in ours:
        _check_is_of_record(repository, upstream, commit)
    _move(git, head, _replay(git, [line.split()[0] for line in ours], theirs, upstream))
    return True


def _fetch(git: Git, upstream: _Upstream) -> str | None:
    """Fetch the upstream's newest commit; None where the branch is not there (yet)."""
    quiet = ("--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head")
    done = git.run("fetch", *quiet, upstream.remote, f"+{upstream.name}:{upstream.tracking}")
    if done.status and "couldn't find remote ref" in done.said:
        return None
    if done.status:
        raise remote_failure(done, upstream.words)
    return git.ask("rev-parse", upstream.tracking)


def _check_is_of_record(repository: _Repository, upstream: _Upstream, commit: str) -> None:
    """Refuse to move a commit that is not ours: it is somebody's work, and theirs to join with that of others."""
    name, *parents = commit.split()
    show = ("diff-tree", "--root", "-r", "-z", "--no-commit-id", "--name-only", name)
    paths = [path.removeprefix(repository.prefix) for path in repository.git.ask(*show).split("\0") if path]
    record_only = all(path.startswith(_RECORD) or path == _WITHDRAWN for path in paths)
    if len(parents) != 1 or not record_only:
        message = f"this branch and {upstream.words} have both gone on: {name[:10]} is only here, and more only there"
        raise UnavailableError(f"{message}; join them ('git pull --rebase'), and push")


def _replay(git: Git, commits: list[str], onto: str, upstream: _Upstream) -> str:
    """Make the same changes on top of a commit, in an index of their own, and return the last commit made.

    What is there already is left out: another run may have pushed it, and died before it knew.
    """
    with tempfile.TemporaryDirectory(prefix="pixeldigest-") as folder:
        aside = git.given(GIT_INDEX_FILE=f"{folder}/index")
        aside.ask("read-tree", onto)
        tree = git.ask("rev-parse", f"{onto}^{{tree}}")
        for commit in commits:
            patch = git.run("diff-tree", "-p", "--binary", "--full-index", "--no-ext-diff", "--no-textconv", commit)
            applied = aside.run("apply", "--cached", "--3way", stdin=patch.out)
            if applied.status:
                message = f"{upstream.words} says something else of the same days in the record, or of the same"
                way = "join them ('git pull --rebase'), and push"
                raise UnavailableError(f"{message} withdrawals, than {commit[:10]} here: {applied.reason}; {way}")
            before, tree = tree, aside.ask("write-tree")
            onto = onto if tree == before else _commit_again(git, commit, tree, onto)
    return onto


def _commit_again(git: Git, commit: str, tree: str, parent: str) -> str:
    """Commit a tree with the author and the message of another commit."""
    name, mail, moment, message = git.ask("show", "-s", "--format=%an%x00%ae%x00%aI%x00%B", commit).split("\0", 3)
    author = {"GIT_AUTHOR_NAME": name, "GIT_AUTHOR_EMAIL": mail, "GIT_AUTHOR_DATE": moment}
    who = git.given(**_identity(git)).given(**author)
    return who.ask("commit-tree", tree, "-p", parent, stdin=f"{message}\n".encode())


def _move(git: Git, head: str, to: str) -> None:
    """Check out another commit on the same branch; whatever is changed or staged elsewhere stays as it is.

    The files come first: a run that is killed in between finds the rest staged, and does the same again.
    """
    git.run("update-index", "-q", "--refresh")
    moved = git.run("read-tree", "-m", "-u", head, to)
    if moved.status:
        way = "commit it, or put it away with 'git stash --include-untracked'"
        raise UnavailableError(f"others have pushed a change to what is changed here, too: {moved.reason}; {way}")
    git.ask("update-ref", "-m", "pixeldigest publish", "HEAD", to, head)


def _push(git: Git, upstream: _Upstream) -> bool:
    """Push the branch; tells whether it got there before others did."""
    head = git.ask("rev-parse", "HEAD")
    options = ("--porcelain", "--quiet", "--no-verify", "--no-follow-tags", "--recurse-submodules=no")
    done = git.run("push", *options, upstream.remote, f"{head}:{upstream.name}")
    if done.status and not is_overtaken(done):
        raise remote_failure(done, upstream.words)
    return done.status == 0


def _identity(git: Git) -> dict[str, str]:
    """Name who commits, where git itself would not know, or make a name of the machine's."""
    told = ("-c", "user.useConfigOnly=true", "var")
    known = all(git.run(*told, f"GIT_{who}_IDENT").status == 0 for who in ("AUTHOR", "COMMITTER"))
    return {} if known else {name: text for name, text in _NOBODY.items() if not git.environment.get(name)}
