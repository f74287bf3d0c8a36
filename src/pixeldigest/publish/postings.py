"""Issue → posting: its renditions, and what its entries say, whatever they are rendered as."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from pixeldigest.channels.posting import Posting
from pixeldigest.content import Entry
from pixeldigest.formats import render
from pixeldigest.formats.cover import DEVTO, cover_url
from pixeldigest.formats.feed import render_content
from pixeldigest.formats.mailcheck import check_publishing
from pixeldigest.formats.rendition import Fault
from pixeldigest.formats.theme import Theme
from pixeldigest.issue import Issue, IssueSection, RecallSection, SolutionSection
from pixeldigest.stamps import digest_of

# What an entry holds that an issue does not show: a change there is none to its readers.
_UNSEEN = frozenset(("tests", "wrong_answers", "draft", "not_before", "not_after", "aliases", "updated"))
_SOLVED_LATER = frozenset(("solution", "explanation"))
_MAIL = "mail.eml"


class Prepared(NamedTuple):
    """A posting, and what is wrong with its renditions: with an error it must not go out."""

    posting: Posting
    faults: tuple[Fault, ...]


def prepare(issue: Issue, theme: Theme, formats: Iterable[str]) -> Prepared:
    """Make the posting of an issue, with the files of some formats."""
    renditions = [render(name, issue, theme) for name in formats]
    files = {file.path: file.content for rendition in renditions for file in rendition.files}
    html = render_content(issue, theme).html
    faults = tuple(one for rendition in renditions for one in rendition.faults if one.severity == "error")
    address = (issue.mail.postal_address if issue.mail else None) or ""
    reserved = check_publishing(files[_MAIL], address) if _MAIL in files else ()
    posting = Posting(
        newsletter=issue.newsletter_id,
        day=issue.date,
        number=issue.number,
        title=issue.title,
        summary=issue.summary,
        url=issue.url,
        site_url=issue.site_url,
        language=issue.language,
        published=issue.published,
        content=digest_content(issue),
        tags=issue.tags,
        series=issue.series,
        cover=cover_url(issue, DEVTO) if theme.covers else None,
        pictures=_pictures(issue.site_url, [html, *(one.decode() for one in files.values())]),
        files=files,
        html=html,
        reserved=tuple(f"{one.message}; {one.hint}" for one in reserved),
    )
    return Prepared(posting, faults)


def digest_content(issue: Issue) -> str:
    """Digest what the entries of an issue say to its readers: no links, no look, nothing of the settings."""
    said = [issue.title, issue.note, *(_section_as_data(section) for section in issue.sections)]
    return digest_of(json.dumps(said, ensure_ascii=False, sort_keys=True).encode()).hex()


def _section_as_data(section: Any) -> list[Any]:
    match section:
        case IssueSection():
            return [section.id, _entry_as_data(section.entry, _UNSEEN | _SOLVED_LATER)]
        case RecallSection():
            return [section.id, *(one.question.model_dump(mode="json") for one in section.questions)]
        case SolutionSection():
            return [section.id, _entry_as_data(section.problem, _UNSEEN)]
    raise TypeError(f"{type(section).__name__} is no section")


def _entry_as_data(entry: Entry, unseen: frozenset[str]) -> dict[str, Any]:
    plain = entry.model_dump(mode="json", exclude=set(unseen))
    return {"kind": entry.kind, **plain}


def _pictures(site_url: str, texts: Iterable[str]) -> tuple[str, ...]:
    """Find the addresses of pictures on the site that renditions show."""
    pattern = re.compile(re.escape(site_url) + r"""assets/[^\s"'<>()]+""")
    return tuple(sorted({found for text in texts for found in pattern.findall(text)}))
