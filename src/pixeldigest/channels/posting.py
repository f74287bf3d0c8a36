"""What channels take and give: a posting, and the receipt for it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple


class Posting(NamedTuple):
    """An issue as channels take it, or one that is withdrawn.

    `files` are its renditions by name (devto.md, mail.eml, issue.txt, issue.json), `html` the same without a page
    around it, with absolute links. `content` digests what its entries say, whatever it is rendered as. `pictures` are
    the addresses that its page, its post and its mail show. `reserved` says why its mail may not go to more than one
    reader, if anything forbids it.
    """

    newsletter: str
    day: date
    number: int
    title: str
    summary: str
    url: str
    site_url: str
    language: str
    published: datetime
    content: str
    tags: tuple[str, ...] = ()
    series: str | None = None
    cover: str | None = None
    pictures: tuple[str, ...] = ()
    files: Mapping[str, bytes] = MappingProxyType({})
    html: str = ""
    reserved: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Name the issue for ever, for services that take a key: the same on every try."""
        return f"{self.newsletter}/{self.day}"

    @property
    def slug(self) -> str:
        """Name the issue where an address is made of it."""
        return f"{self.newsletter}-{self.day}"


class Receipt(NamedTuple):
    """What a channel has of an issue: its id and address there, and the digest of the content that it was given.

    Half a receipt (without `content`) says that something is there already, and what.
    """

    remote_id: str = ""
    url: str = ""
    content: str = ""


class Outside(NamedTuple):
    """What channels read of the world: the project, its built output, the environment, and the clock."""

    project: Path
    output: Path
    environment: Mapping[str, str]
    now: datetime
