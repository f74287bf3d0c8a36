"""The channel `git`: the whole site on a branch of a git repository, as GitHub Pages and others serve it."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from pixeldigest.channels.attempt import Attempt
from pixeldigest.channels.base import SiteChannel
from pixeldigest.channels.posting import Posting, Receipt
from pixeldigest.channels.sitefolder import built_site
from pixeldigest.complaints import complaint
from pixeldigest.diagnostics import suggest
from pixeldigest.fields import Line, MailAddress

_PLACEHOLDERS = ("issue.number", "issue.date", "issue.title")
# What git allows in the name of a branch, but for letters that nobody uses in one.
_BRANCH = re.compile(r"(?!.*(?:\.\.|//|/\.|\.lock(?:/|\Z)))[A-Za-z0-9_][A-Za-z0-9_./-]*(?<![./])")
_HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+")


def _check_remote(text: str) -> str:
    if text.startswith("-"):
        raise complaint(f"'{text}' is not a repository", "write the name of a remote, as in 'origin', or an address")
    if found := re.match(r"https?://([^/]*@)", text):
        hint = "delete what stands before the '@'; git itself knows who it is, by a credential helper"
        raise complaint(
            "this address holds a name or a password", hint, offset=found.start(1), length=len(found[1]), hidden=True
        )
    return text


def _check_branch(text: str) -> str:
    if not _BRANCH.fullmatch(text):
        raise complaint(f"'{text}' is not the name of a branch", "write one as in 'gh-pages'")
    return text


def _check_host(text: str) -> str:
    if not _HOST.fullmatch(text):
        raise complaint(f"'{text}' is not the name of a host", "write it without 'https://', as in 'daily.example.org'")
    return text


def _check_message(text: str) -> str:
    for found in re.finditer(r"\{\{\s*(.*?)\s*(?:\}\}|\Z)", text):
        if found[1] not in _PLACEHOLDERS or not found[0].endswith("}}"):
            hint = suggest(found[1], _PLACEHOLDERS, otherwise=f"use one of {', '.join(_PLACEHOLDERS)}")
            message = f"'{found[0]}' is not a placeholder"
            raise complaint(message, hint, offset=found.start(), length=len(found[0]))
    return text


class Git(SiteChannel):
    """A branch of a git repository that holds the site and nothing else."""

    type: Literal["git"]
    remote: Annotated[Line, AfterValidator(_check_remote)] = Field(
        "origin",
        description="the repository: a remote of the project's own, or an address as in "
        "'git@github.com:example/daily.git'; git reaches it as it does for the user who publishes",
    )
    branch: Annotated[Line, AfterValidator(_check_branch)] = Field(
        "gh-pages", description="the branch, which holds nothing else: it is replaced by the site"
    )
    message: Annotated[Line, AfterValidator(_check_message)] = Field(
        "Issue {{ issue.number }}, {{ issue.date }}",
        description="what its commits say, with {{ issue.number }}, {{ issue.date }} and {{ issue.title }} of the "
        "newest issue",
    )
    author: MailAddress = Field("pixeldigest <pixeldigest@localhost>", description="who makes its commits")
    cname: Annotated[Line, AfterValidator(_check_host)] | None = Field(
        None, description="the site's own host name, which GitHub Pages reads from the file CNAME"
    )
    history: Literal["keep", "squash"] = Field(
        "keep", description="whether the branch keeps earlier commits: keep, or squash (it has one commit only)"
    )

    def publish(self, posting: Posting, attempt: Attempt) -> Receipt:
        """Commit the site to the branch, where it is not there as it is, and push it."""
        from pixeldigest.channels import gitbranch  # noqa: PLC0415 - it runs programs, which most commands do not

        branch = gitbranch.Branch(
            self.id, self.remote, self.branch, posting.newsletter, squash=self.history == "squash"
        )
        author = gitbranch.Author(*_split(self.author), attempt.outside.now)
        site = gitbranch.Site(built_site(attempt.outside), {".nojekyll": b"", **self._cname()})
        commit = gitbranch.push_site(site, branch, write_message(self.message, posting), author, attempt)
        return Receipt(commit, posting.url, posting.content)

    def withdraw(self, posting: Posting, attempt: Attempt) -> str | None:
        """Push the site, in which the issue is no more."""
        self.publish(posting, attempt)
        return f"the history of the branch '{self.branch}' keeps its page" if self.history == "keep" else None

    def _cname(self) -> dict[str, bytes]:
        return {"CNAME": f"{self.cname}\n".encode()} if self.cname else {}


def write_message(pattern: str, posting: Posting) -> str:
    """Write what a commit says: a line, and by which newsletter it was made."""
    texts = {"issue.number": str(posting.number), "issue.date": posting.day.isoformat(), "issue.title": posting.title}
    line = re.sub(r"\{\{\s*(.*?)\s*\}\}", lambda found: texts[found[1]], pattern)
    return f"{line}\n\nPixeldigest: {posting.newsletter}\n"


def _split(address: str) -> tuple[str, str]:
    """Split 'Name <address>'; an address alone is its own name."""
    name, _, mail = address.rstrip(">").rpartition("<")
    return name.strip() or mail, mail
