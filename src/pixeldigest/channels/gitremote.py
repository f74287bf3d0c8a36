"""What keeps git from a repository elsewhere, in words, and whether trying again can help."""

from __future__ import annotations

import re

from pixeldigest.channels.failures import SettingsError, UnavailableError
from pixeldigest.diagnostics import UserError
from pixeldigest.gitcommand import Done

_NO_ACCESS = re.compile(
    r"could not read (?:Username|Password)|Authentication failed|Permission (?:to \S+ )?denied|access denied"
    r"|returned error: 40[13]|Host key verification failed|terminal prompts disabled|not allowed to push"
    r"|Invalid username or (?:password|token)",
    re.IGNORECASE,
)
_NOT_THERE = re.compile(
    r"does not appear to be a git repository|repository .*not found|returned error: 404|not a git repository",
    re.IGNORECASE,
)
_NO_ADDRESS = re.compile(
    r"unable to find remote helper|transport '.*' not allowed|protocol '.*' is not supported|no path specified",
    re.IGNORECASE,
)
_NOT_OURS = re.compile(r"detected dubious ownership in repository at '(.+)'")
_REFUSED = re.compile(rb"^!\t\S+\t\[remote rejected\] \((.+)\)$", re.MULTILINE)
# The remote's branch has moved on since it was looked at, or is being moved at this moment.
_OVERTAKEN = re.compile(
    rb"^!\t\S+\t(?:\[rejected\]|\[remote rejected\] \((?:.*cannot lock ref.*|incorrect old value provided"
    rb"|failed to update ref)\))",
    re.MULTILINE,
)


def is_overtaken(pushed: Done) -> bool:
    """Tell whether a push (`--porcelain`) came too late: somebody else has pushed meanwhile."""
    return pushed.status != 0 and bool(_OVERTAKEN.search(pushed.out))


def remote_failure(done: Done, where: str) -> UserError:
    """Word what went wrong with a repository elsewhere."""
    if untrusted := distrust(done):
        return untrusted
    if refused := _REFUSED.search(done.out):
        because = refused[1].decode(errors="replace")
        said = f" ({done.reason})" if done.said.startswith("remote:") else ""
        return SettingsError(f"{where} refuses the push: {because}{said}; allow pushes to it, or name another branch")
    if _NO_ACCESS.search(done.said):
        way = "give this user's git access, by an ssh key or a credential helper"
        return SettingsError(f"{where} does not let git in: {done.reason}; {way}")
    if _NO_ADDRESS.search(done.said):
        return SettingsError(f"{where} is no repository that git can reach: {done.reason}; check its address")
    if _NOT_THERE.search(done.said):  # it is being moved, or its disk is not there yet, or its address is wrong
        return UnavailableError(f"{where} is no repository now: {done.reason}; if it stays so, check its address")
    return UnavailableError(f"{where} cannot be reached: {done.reason}")


def distrust(done: Done) -> UserError | None:
    """Word that git does not work in a folder that belongs to another user, if that is what it says."""
    found = _NOT_OURS.search(done.said)
    if not found:
        return None
    way = f"as the user who publishes, run: git config --global --add safe.directory {found[1]}"
    return SettingsError(f"git does not trust '{found[1]}', which belongs to another user; {way}")
