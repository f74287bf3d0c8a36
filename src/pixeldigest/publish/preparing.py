"""The postings of days, each made when it is first needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import cache, partial
from typing import NamedTuple

from pixeldigest.build import Assembled
from pixeldigest.channels.posting import Posting
from pixeldigest.diagnostics import UserError
from pixeldigest.formats.theme import Theme
from pixeldigest.heads import Head
from pixeldigest.issue import Issue, read_issue
from pixeldigest.library import Library
from pixeldigest.publish.postings import Prepared, digest_content, prepare
from pixeldigest.targets import issue_page


class Postings(NamedTuple):
    """Tells for a day what its entries say, as a digest, and makes its posting: with some formats, or without texts.

    The first two raise UserError where the issue cannot be made; the last can name any issue.
    """

    content: Callable[[date], str]
    prepare: Callable[[date, tuple[str, ...]], Prepared]
    outline: Callable[[date], Posting]


def postings_of(library: Library, assembled: Assembled, theme: Callable[[], Theme]) -> Postings:
    """Make postings of issues, each when it is asked for."""
    issues = {issue.date: issue for issue in assembled.issues}
    failures = {failure.day: failure.error for failure in assembled.failures}

    @cache
    def read(day: date) -> Issue:
        if day in issues:
            return read_issue(issues[day], library)
        raise failures.get(day, UserError(f"{day} has no issue"))

    @cache
    def prepare_day(day: date, formats: tuple[str, ...]) -> Prepared:
        return prepare(read(day), theme(), formats)

    return Postings(lambda day: digest_content(read(day)), prepare_day, partial(_outline, library, issues))


def _outline(library: Library, issues: Mapping[date, Issue[Head]], day: date) -> Posting:
    """Name an issue; one that is withdrawn by the record and the settings, whatever has become of its entries."""
    newsletter = library.newsletter
    issue = issues[day].head if day in issues else None
    return Posting(
        newsletter=newsletter.id,
        day=day,
        number=issue.number if issue else library.record[day].number,
        title=issue.title if issue else f"{newsletter.title}, {day}",
        summary="",
        url=newsletter.site_url + issue_page(day),
        site_url=newsletter.site_url,
        language=newsletter.language,
        published=datetime.combine(day, newsletter.publish.at, newsletter.zone),
        content="",
    )
