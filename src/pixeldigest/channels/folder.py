"""The channel `folder`: the whole site, copied to where a server reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from pixeldigest.channels.attempt import Attempt
from pixeldigest.channels.base import SiteChannel
from pixeldigest.channels.failures import SettingsError, UnavailableError
from pixeldigest.channels.posting import Outside, Posting, Receipt
from pixeldigest.channels.sitefolder import built_site
from pixeldigest.complaints import complaint
from pixeldigest.fields import Line

# What of a project a site must not be copied into.
_OWN = ("content", "templates", "state", ".pixeldigest", ".git")


def _check_path(text: str) -> str:
    if text.startswith("~"):
        raise complaint(f"'{text}' is not a path", "write it whole, as in '/srv/www/daily': '~' means nothing here")
    return text


class Folder(SiteChannel):
    """A folder that holds the site, for a web server on the same machine or a disk that it reads."""

    type: Literal["folder"]
    path: Annotated[Line, AfterValidator(_check_path)] = Field(
        description="the folder, below the project or a whole path, as in /srv/www/daily; what lies around it must be "
        "there"
    )

    def publish(self, posting: Posting, attempt: Attempt) -> Receipt:
        """Make the folder the same as the site."""
        from pixeldigest.channels.mirror import mirror  # noqa: PLC0415 - most commands copy nothing

        target = find_target(self.path, attempt.outside)
        mirror(built_site(attempt.outside), target, owner=posting.newsletter, before=attempt.before)
        return Receipt(self.path, posting.url, posting.content)


def find_target(path: str, outside: Outside) -> Path:
    """Find the folder that is meant, behind all links; raises SettingsError for one that holds, or is, the project's.

    One whose parent is missing is not made, since it may be on a disk that is not mounted: UnavailableError.
    """
    project, output = outside.project.resolve(), outside.output.resolve()
    target = (project / path).resolve()
    folders = (output, *((project / name).resolve() for name in _OWN))
    own = next((one for one in folders if target.is_relative_to(one)), None)
    if own or project.is_relative_to(target) or output.is_relative_to(target):
        message = f"'{path}' lies in '{own}'" if own else f"'{path}' holds the project itself, or what it builds"
        raise SettingsError(f"{message}; name a folder of its own for the site")
    if not target.parent.is_dir():
        raise UnavailableError(f"'{target.parent}' does not exist; make it, or mount the disk that it is on")
    return target
