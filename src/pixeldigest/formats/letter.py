"""What a mail says, whatever it was made from: an issue now, a unit of a course that is sent alone later."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal, NamedTuple

from pixeldigest.formats.links import link_resolver
from pixeldigest.issue import Issue, IssueSection, ReviewSection
from pixeldigest.markup.html import Resolve
from pixeldigest.settings import Mail, Publisher
from pixeldigest.targets import Images, Targets

# What mail programs show of a mail beside its subject.
PREHEADER_MAX = 120
# Less of a summary says nothing.
_FEWEST = 50


class LetterSection(NamedTuple):
    """A section with how much of it the mail holds, the page that has the rest, and whether it calls to action."""

    section: IssueSection | ReviewSection
    form: Literal["full", "summary"]
    page: str
    calls: bool


class Letter(NamedTuple):
    """A mail before it has a form; `number` is None for what is no issue."""

    id: str
    newsletter_id: str
    newsletter_title: str
    tagline: str | None
    publisher: Publisher
    site_url: str
    language: str
    accent: str
    number: int | None
    moment: datetime
    subject: str
    preheader: str
    note: str | None
    sections: tuple[LetterSection, ...]
    url: str
    targets: Targets
    images: Images
    mail: Mail | None

    @property
    def date(self) -> date:
        """The day, in the newsletter's time zone."""
        return self.moment.date()

    @property
    def resolve(self) -> Resolve:
        """What turns a link as written into an absolute address."""
        return link_resolver(self.targets, root=self.site_url, as_of=self.date)


def make_letter(issue: Issue) -> Letter:
    """Make the letter of an issue."""
    forms = issue.mail.sections if issue.mail else {}
    calling = _calling_sections(issue)
    sections = tuple(
        LetterSection(
            section=section,
            form=forms.get(section.id, "full"),
            page=issue.site_url + section.page if section.page else f"{issue.url}#{section.id}",
            calls=section.id in calling,
        )
        for section in issue.sections
    )
    return Letter(
        id=issue.date.isoformat(),
        newsletter_id=issue.newsletter_id,
        newsletter_title=issue.newsletter_title,
        tagline=issue.tagline,
        publisher=issue.publisher,
        site_url=issue.site_url,
        language=issue.language,
        accent=issue.accent,
        number=issue.number,
        moment=issue.published,
        subject=issue.title,
        preheader=_preheader(issue.entry_sections),
        note=issue.note,
        sections=sections,
        url=issue.url,
        targets=issue.targets,
        images=issue.images,
        mail=issue.mail,
    )


def _calling_sections(issue: Issue) -> frozenset[str]:
    """Choose the sections whose call to action the mail holds: those set, else the first that has one."""
    if issue.mail and issue.mail.calls_to_action is not None:
        return frozenset(issue.mail.calls_to_action)
    return frozenset([section.id for section in issue.entry_sections if section.call_to_action][:1])


def _preheader(sections: tuple[IssueSection, ...]) -> str:
    """Say what the subject does not: the first summary, and behind it the titles of the others."""
    first, *others = (section.entry for section in sections)
    titles = "".join(f" · {entry.title}" for entry in others)
    # The titles make it differ from that of another day with the same topic.
    room = PREHEADER_MAX - len(titles)
    return _cut(first.summary, room) + titles if room >= _FEWEST else _cut(first.summary + titles, PREHEADER_MAX)


def _cut(text: str, length: int) -> str:
    """Shorten a text between two words."""
    if len(text) <= length:
        return text
    end = text.rfind(" ", 0, length)
    return text[: end if end > 0 else length - 1].rstrip(" ·,;:.") + "…"
