"""A branch elsewhere that holds the site: committed in a repository of its own, and pushed.

That repository lies below `.pixeldigest/` and may be deleted at any time. The project's own is only asked for its
remotes and how git gets access to them: its work tree, index, branches and hooks are never touched.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from pixeldigest.channels.attempt import Attempt
from pixeldigest.channels.failures import SettingsError, UnavailableError
from pixeldigest.channels.gitremote import distrust, is_overtaken, remote_failure
from pixeldigest.channels.posting import Outside
from pixeldigest.gitcommand import Git, GitFailedError, NoGitError

_STORES = ".pixeldigest/git"
_REMOTE = "pixeldigest"
# What the remote's branch holds, as far as it was fetched or pushed.
_SEEN = "refs/heads/site"
# The same bytes are committed whatever users have set for their own work; what a power cut leaves is whole.
_SETTINGS = (
    ("core.autocrlf", "false"),
    ("core.attributesFile", "/dev/null"),
    ("core.fileMode", "false"),
    ("core.fsmonitor", "false"),
    ("core.fsync", "all"),
    ("core.fsyncMethod", "batch"),
    ("core.hooksPath", "/dev/null"),
    ("gc.autoDetach", "false"),
    ("maintenance.autoDetach", "false"),
)
# Settings by which a clone gets access to its remotes; CI services write tokens there.
_ACCESS = re.compile(r"(?:http|credential|url|ssh|protocol)\.|core\.(?:sshcommand|askpass|gitproxy)\Z")


class Branch(NamedTuple):
    """Where a site goes: the remote and its branch, for which channel and newsletter, and whether history is kept."""

    channel: str
    remote: str
    name: str
    newsletter: str
    squash: bool

    @property
    def words(self) -> str:
        """Name it for people."""
        return f"the branch '{self.name}' of '{self.remote}'"

    @property
    def ref(self) -> str:
        """Its whole name."""
        return f"refs/heads/{self.name}"


class Author(NamedTuple):
    """Who commits, and when."""

    name: str
    mail: str
    moment: datetime


class Site(NamedTuple):
    """A folder, and the files that are put beside what it holds."""

    folder: Path
    beside: Mapping[str, bytes]


def push_site(site: Site, branch: Branch, message: str, author: Author, attempt: Attempt) -> str:
    """Make a branch hold a site, and return its commit; the remote is asked first, so that it may be done already.

    Raises SettingsError where the branch holds something else, UnavailableError where the remote cannot be reached.
    """
    store = (attempt.outside.project / _STORES / f"{branch.channel}.git").absolute()
    try:
        git = _git_in(store, site.folder, branch, attempt.outside)
        try:
            return _push(git, site, branch, message, author, attempt)
        except GitFailedError:
            # A run was killed in the middle of it; nothing lies there that is not elsewhere.
            shutil.rmtree(store, ignore_errors=True)
            return _push(git, site, branch, message, author, attempt)
    except NoGitError as error:
        raise SettingsError(error.message) from error


def _push(git: Git, site: Site, branch: Branch, message: str, author: Author, attempt: Attempt) -> str:
    Git(site.folder, git.environment).ask("init", "--quiet", "--bare", "--template=", git.variables["GIT_DIR"])
    there = _find(git, branch)
    tree = _write_tree(git, site)
    if there and git.ask("rev-parse", f"{there}^{{tree}}") == tree:
        return there
    attempt.before(f"commit the site to {branch.words}, and push it")
    parents = () if branch.squash or not there else ("-p", there)
    commit = _as(git, author).ask("commit-tree", tree, *parents, stdin=message.encode())
    lease = f"--force-with-lease={branch.ref}:{there}"
    pushed = git.run("push", "--porcelain", "--quiet", "--no-verify", lease, _REMOTE, f"{commit}:{branch.ref}")
    if is_overtaken(pushed):
        raise UnavailableError(f"somebody else has just pushed to {branch.words}; the next run looks again")
    if pushed.status:
        raise remote_failure(pushed, branch.words)
    git.ask("update-ref", _SEEN, commit)
    git.run("gc", "--auto", "--quiet")
    return commit


def _find(git: Git, branch: Branch) -> str:
    """Find and fetch the newest commit of the branch; empty where there is none. Raises SettingsError for another's."""
    listed = git.run("ls-remote", _REMOTE, branch.ref)
    if listed.status:
        raise remote_failure(listed, branch.words)
    lines = (line.split("\t") for line in listed.line.splitlines())
    there = next((commit for commit, ref in lines if ref == branch.ref), "")
    if there and git.ask("for-each-ref", "--format=%(objectname)", _SEEN) != there:
        quiet = ("--quiet", "--no-tags", "--no-write-fetch-head", "--depth=1")
        fetched = git.run("fetch", *quiet, _REMOTE, f"+{branch.ref}:{_SEEN}")
        if fetched.status:
            raise remote_failure(fetched, branch.words)
        there = git.ask("rev-parse", _SEEN)
    if there:
        _check_ours(git, there, branch)
    return there


def _check_ours(git: Git, commit: str, branch: Branch) -> None:
    show = "--format=%(trailers:key=Pixeldigest,valueonly,separator=%x2C)%x00%s"
    newsletter, subject = git.ask("show", "-s", show, commit).split("\0", 1)
    if newsletter != branch.newsletter and git.ask("ls-tree", commit):
        message = f"{branch.words} holds something else: '{subject}' ({commit[:10]}) was not committed by this channel"
        way = f"name a branch of its own, or delete that one ('git push {branch.remote} --delete {branch.name}')"
        raise SettingsError(f"{message}; {way}")


def _write_tree(git: Git, site: Site) -> str:
    """Store the files, of which git reads only those that look different than the last time, and return their tree."""
    git.ask("add", "--all", "--force", ".")
    for name, content in site.beside.items():
        blob = git.ask("hash-object", "-w", "--stdin", stdin=content)
        git.ask("update-index", "--add", "--cacheinfo", f"100644,{blob},{name}")
    return git.ask("write-tree")


def _as(git: Git, author: Author) -> Git:
    moment = f"{int(author.moment.timestamp())} +0000"
    who = {"NAME": author.name, "EMAIL": author.mail, "DATE": moment}
    return git.given(**{f"GIT_{role}_{key}": text for role in ("AUTHOR", "COMMITTER") for key, text in who.items()})


def _git_in(store: Path, folder: Path, branch: Branch, outside: Outside) -> Git:
    """Set git up to work in the store, with a remote of which only the environment knows the address."""
    own = Git(outside.project, outside.environment)
    remote = (f"remote.{_REMOTE}.url", _address_of(own, branch.remote))
    paths = {"GIT_DIR": str(store), "GIT_WORK_TREE": str(folder), "GIT_ATTR_NOSYSTEM": "1"}
    return Git(folder, outside.environment, (*_access_of(own), *_SETTINGS, remote), paths)


def _address_of(own: Git, remote: str) -> str:
    """Find the address of a remote; a relative path is meant from the project, or from its repository's top."""
    if re.search(r"[:/]", remote):
        return remote if _is_elsewhere(remote) else str((own.folder / remote).absolute())
    found = own.run("remote", "get-url", "--push", remote)
    if untrusted := distrust(found):
        raise untrusted
    if found.status:
        way = "write its address into 'remote', or run 'git remote add'"
        raise SettingsError(f"the project's repository has no remote '{remote}': {found.reason}; {way}")
    address = found.line.splitlines()[0]
    return address if _is_elsewhere(address) else str(Path(own.ask("rev-parse", "--show-toplevel")) / address)


def _is_elsewhere(address: str) -> bool:
    """Tell an address ('host:path', 'https://…') from a path."""
    return re.match(r"[^/]+:", address) is not None


def _access_of(own: Git) -> tuple[tuple[str, str], ...]:
    """List the settings of the project's repository by which git gets access to remotes."""
    listed = own.run("config", "--show-scope", "--includes", "-z", "--list").out.decode(errors="surrogateescape")
    parts = listed.split("\0")
    settings = [(scope, *setting.partition("\n")) for scope, setting in zip(parts[::2], parts[1::2], strict=False)]
    return tuple(
        (key, value if equals else "true")
        for scope, key, equals, value in settings
        if scope in ("local", "worktree") and _ACCESS.match(key)
    )
