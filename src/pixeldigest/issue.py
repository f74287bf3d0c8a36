"""Lineup + Library → Issue: all that a rendition needs, and no library any more.

An issue is assembled from heads, which is enough for lists and tells when its pages change; its entries are read when
it is rendered. What both have is written once: `Issue[Head]` and `Issue`, short for `Issue[Entry]`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime, time
from functools import partial
from types import MappingProxyType
from typing import Generic, Literal, NamedTuple, overload

from typing_extensions import TypeVar

from pixeldigest.content import Chapter, Collection, Course, Entry, Question, Ref, Topic
from pixeldigest.diagnostics import UserError
from pixeldigest.heads import Head
from pixeldigest.library import Library
from pixeldigest.schedule import Choice, Lineup, Review
from pixeldigest.settings import PLACEHOLDER, DevTo, Mail, Newsletter, Publisher, Section
from pixeldigest.stamps import digest_of
from pixeldigest.targets import (
    FindTarget,
    Images,
    Targets,
    course_page,
    entry_page,
    find_targets,
    image_names,
    image_sizes,
    issue_page,
)

# Entries as an issue holds them: whole, or by their heads.
E = TypeVar("E", bound=Entry | Head, default=Entry)


class Reference(NamedTuple):
    """An entry that is named beside another: its internal link and its title."""

    url: str
    title: str


class CourseName(NamedTuple):
    """A course where it is only named."""

    id: str
    title: str
    summary: str

    @property
    def page(self) -> str:
        """The folder of its page, below the site's root."""
        return course_page(self.id)


class IssueSection(NamedTuple, Generic[E]):
    """A section with its entry."""

    id: str
    kind: str
    heading: str
    entry: E
    course: CourseName | None
    chapter_title: str | None
    collection_title: str | None
    prerequisites: tuple[Reference, ...]
    call_to_action: str | None
    call_url: str

    @property
    def link(self) -> str:
        """The internal link to the entry."""
        return str(self.entry.ref)

    @property
    def page(self) -> str | None:
        """The folder of the entry's own page, below the site's root."""
        return entry_page(self.kind, self.entry.id)

    @property
    def title(self) -> str:
        """What stands below its heading."""
        return self.entry.title

    @property
    def lead(self) -> str:
        """One sentence that makes one read on."""
        return self.entry.summary


class Recalled(NamedTuple, Generic[E]):
    """A question of an earlier issue, and the topic whose page has the answer, where that can be read by then."""

    topic: E
    question_id: str
    page: str | None

    @property
    def question(self) -> Question:
        """The question, where the topic was read."""
        if not isinstance(self.topic, Topic):
            raise TypeError(f"the topic '{self.topic.id}' was not read")
        return next(one for one in self.topic.quiz if one.id == self.question_id)

    @property
    def link(self) -> str:
        """The internal link to the topic."""
        return str(self.topic.ref)


class RecallSection(NamedTuple, Generic[E]):
    """Questions of earlier issues, the youngest first; of what sections with an entry have, it has nothing."""

    id: str
    kind: Literal["recall"]
    heading: str
    questions: tuple[Recalled[E], ...]
    title: None = None
    lead: None = None
    page: None = None
    entry: None = None
    chapter_title: None = None
    call_to_action: None = None


class SolutionSection(NamedTuple, Generic[E]):
    """How the previous issue's problem is solved, and the page that asks it, where that can be read by then."""

    id: str
    kind: Literal["solution"]
    heading: str
    problem: E
    page: str | None
    entry: None = None
    chapter_title: None = None
    call_to_action: None = None

    @property
    def title(self) -> str:
        """What stands below its heading."""
        return self.problem.title

    @property
    def lead(self) -> str:
        """One sentence that says what was asked."""
        return self.problem.summary

    @property
    def link(self) -> str:
        """The internal link to the problem."""
        return str(self.problem.ref)


ReviewSection = RecallSection[E] | SolutionSection[E]


class IssueHead(NamedTuple):
    """What lists say of an issue."""

    number: int
    changed: date
    date: date
    title: str

    @property
    def page(self) -> str:
        """The folder of its page, below the site's root."""
        return issue_page(self.date)


class Issue(NamedTuple, Generic[E]):
    """One day's newsletter; targets and images are those that its texts may name."""

    newsletter_id: str
    newsletter_title: str
    tagline: str | None
    publisher: Publisher
    site_url: str
    language: str
    number: int
    date: date
    title: str
    note: str | None
    sections: tuple[IssueSection[E] | ReviewSection[E], ...]
    tags: tuple[str, ...]
    series: str | None
    targets: Targets
    images: Images
    published: datetime
    accent: str
    mail: Mail | None
    devto: DevTo
    image_digests: tuple[bytes, ...]

    @property
    def head(self) -> IssueHead:
        """The issue as lists name it."""
        return IssueHead(self.number, self.updated.date(), self.date, self.title)

    @property
    def digest(self) -> bytes:
        """Digest all that it says but the newsletter's settings; an entry's head has the digest of its file."""
        said = (self.number, self.date, self.title, self.tagline, self.note, self.sections, self.targets)
        return digest_of(repr((*said, self.images, self.image_digests)).encode())

    @property
    def entry_sections(self) -> tuple[IssueSection[E], ...]:
        """The sections with an entry; there is at least one."""
        return tuple(section for section in self.sections if isinstance(section, IssueSection))

    @property
    def summary(self) -> str:
        """One sentence for previews: the first entry's."""
        return self.entry_sections[0].entry.summary

    @property
    def page(self) -> str:
        """The folder of its page, below the site's root."""
        return issue_page(self.date)

    @property
    def url(self) -> str:
        """The canonical address of its page."""
        return self.site_url + self.page

    @property
    def updated(self) -> datetime:
        """When it was published, or the last day on which one of its entries was changed or corrected since."""
        solved = [section.problem for section in self.sections if isinstance(section, SolutionSection)]
        entries = [*(section.entry for section in self.entry_sections), *solved]
        days = [day for entry in entries for day in entry.changes]
        midnights = (datetime.combine(day, time(0), self.published.tzinfo) for day in days)
        return max([self.published, *midnights])


def first_shown(lineups: Iterable[Lineup]) -> Mapping[Ref, date]:
    """Find the day of each entry's first issue, from lineups in the order of their dates."""
    shown: dict[Ref, date] = {}
    for lineup in lineups:
        for choice in lineup.choices:
            shown.setdefault(Ref(choice.kind, choice.entry_id), lineup.date)
    return MappingProxyType(shown)


def assemble_issue(lineup: Lineup, library: Library, find_target: FindTarget) -> Issue[Head]:
    """Resolve a lineup's ids; raises UserError where an entry cannot be used."""
    newsletter = library.newsletter
    if lineup.conflicts:
        raise UserError("\n".join(f"{conflict.message}; {conflict.hint}" for conflict in lineup.conflicts))
    if not lineup.choices:
        raise UserError(f"the issue of {lineup.date} holds no entry; put one into its sections")
    course = library.courses.get(lineup.course_id) if lineup.course_id else None
    entries = {choice.section_id: _find_entry(library, lineup, choice) for choice in lineup.choices}
    values = _placeholder_values(lineup, course, [*entries.values()])
    sections = tuple(_assemble_sections(lineup, library, entries, values, course, find_target))
    shown = [one for section in sections for one in heads_in(section)]
    pictured = image_names(shown, library, lineup.note or "")
    title = lineup.title or fill(newsletter.issue.title, values) or f"{newsletter.title}, {lineup.date.isoformat()}"
    return Issue(
        newsletter_id=newsletter.id,
        newsletter_title=newsletter.title,
        tagline=fill(newsletter.tagline, values) if newsletter.tagline else None,
        publisher=newsletter.publisher,
        site_url=newsletter.site_url,
        language=newsletter.language,
        number=lineup.number,
        date=lineup.date,
        title=title,
        note=lineup.note,
        sections=sections,
        tags=newsletter.issue.tags,
        series=newsletter.issue.series,
        targets=find_targets(shown, find_target, lineup.note or ""),
        images=image_sizes(pictured, library),
        published=datetime.combine(lineup.date, newsletter.publish.at, newsletter.zone),
        accent=newsletter.theme.accent,
        mail=newsletter.mail,
        devto=newsletter.devto,
        image_digests=tuple(library.images[name].digest for name in pictured),
    )


def _assemble_sections(
    lineup: Lineup,
    library: Library,
    entries: Mapping[str, Head],
    values: Mapping[str, str],
    course: Course | None,
    find_target: FindTarget,
) -> Iterator[IssueSection[Head] | ReviewSection[Head]]:
    settings = {section.id: section for section in library.newsletter.sections}
    # The first topic keeps the chapter that it was sent with, wherever the outline has it today.
    sent_in = _find_chapter(course, lineup.chapter_id)
    for part in lineup.parts:
        section = settings[part.section_id]
        if isinstance(part, Review):
            yield from _assemble_review(library, section, part, partial(_page_by, lineup.date, find_target))
            continue
        entry = entries[part.section_id]
        chapter = sent_in or chapter_of(library, course, entry) if entry.kind == "topic" else None
        sent_in = None if entry.kind == "topic" else sent_in
        yield assemble_section(library, section, entry, values=values, course=course, chapter=chapter)


def assemble_section(
    library: Library,
    section: Section,
    entry: Head,
    *,
    values: Mapping[str, str],
    course: Course | None,
    chapter: Chapter | None,
) -> IssueSection[Head]:
    """Put an entry together with what is said around it."""
    newsletter = library.newsletter
    collection = None
    if entry.collections:
        collection = library.collections.get(entry.collections[0])
    call = newsletter.calls_to_action.get(section.id)
    return IssueSection(
        id=section.id,
        kind=section.kind,
        heading=section.heading,
        entry=entry,
        course=name_course(course) if course and chapter else None,
        chapter_title=chapter.title if chapter else None,
        collection_title=collection.title if collection else None,
        prerequisites=_prerequisites(library, entry),
        call_to_action=fill(call, values) if call else None,
        call_url=_call_url(newsletter, entry, course if chapter else collection),
    )


def name_course(course: Course) -> CourseName:
    """Take from a course what names it."""
    return CourseName(course.id, course.title, course.summary)


def read_issue(issue: Issue[Head], library: Library) -> Issue:
    """Read the entries of an issue; raises UserError where one has changed since the library was loaded."""
    sections = tuple(read_section(section, library) for section in issue.sections)
    return Issue(**{**issue._asdict(), "sections": sections})


@overload
def read_section(section: IssueSection[Head], library: Library) -> IssueSection: ...
@overload
def read_section(section: ReviewSection[Head], library: Library) -> ReviewSection: ...
def read_section(section: IssueSection[Head] | ReviewSection[Head], library: Library) -> IssueSection | ReviewSection:
    """Read the entry of a section, or those that it repeats."""
    match section:
        case IssueSection():
            return IssueSection(**{**section._asdict(), "entry": library.read(section.entry)})
        case RecallSection():
            asked = tuple(Recalled(library.read(one.topic), one.question_id, one.page) for one in section.questions)
            return RecallSection(section.id, section.kind, section.heading, asked)
        case SolutionSection():
            problem = library.read(section.problem)
            return SolutionSection(section.id, section.kind, section.heading, problem, section.page)


def heads_in(section: IssueSection[Head] | ReviewSection[Head]) -> Iterator[Head]:
    """Yield the entries that a section shows or repeats."""
    match section:
        case IssueSection():
            yield section.entry
        case RecallSection():
            yield from (one.topic for one in section.questions)
        case SolutionSection():
            yield section.problem


def _assemble_review(
    library: Library, section: Section, review: Review, find_page: Callable[[Head], str | None]
) -> Iterator[ReviewSection[Head]]:
    """Put together what a day repeats; what is gone since it was recorded is left out."""
    if review.kind == "recall":
        questions = [found for name in review.refs if (found := library.question(name))]
        if questions:
            recalled = tuple(Recalled(topic, one, find_page(topic)) for topic, one in questions)
            yield RecallSection(section.id, "recall", section.heading, recalled)
    elif problem := library.entry("problem", review.refs[0]):
        yield SolutionSection(section.id, "solution", section.heading, problem, find_page(problem))


def _page_by(day: date, find_target: FindTarget, entry: Head) -> str | None:
    """Find an entry's page, where readers of a day can go there: not where its only issue was withdrawn."""
    target = find_target(str(entry.ref))
    return target.page if target and target.since and target.since <= day else None


def fill(pattern: str, values: Mapping[str, str]) -> str | None:
    """Put values in the place of placeholders; None where one of them is missing."""
    needed = PLACEHOLDER.findall(pattern)
    if any(name not in values for name in needed):
        return None
    return PLACEHOLDER.sub(lambda found: values[found[1]], pattern)


def _find_entry(library: Library, lineup: Lineup, choice: Choice) -> Head:
    entry = library.entry(choice.kind, choice.entry_id)
    if entry is None:
        known = library.knows(choice.kind, choice.entry_id)
        reason = "has errors" if known else "does not exist"
        raise UserError(f"the issue of {lineup.date} needs the {choice.kind} '{choice.entry_id}', which {reason}")
    return entry


def _find_chapter(course: Course | None, chapter_id: str | None) -> Chapter | None:
    return next((one for one in course.chapters if one.id == chapter_id), None) if course else None


def chapter_of(library: Library, course: Course | None, entry: Head) -> Chapter | None:
    """Find the chapter that holds a topic, by whatever id the outline names it."""
    if course is None or entry.kind != "topic":
        return None
    holds = (one for one in course.chapters if entry.id in {library.current_id("topic", id_) for id_ in one.topics})
    return next(holds, None)


def _prerequisites(library: Library, entry: Head) -> tuple[Reference, ...]:
    needed = (library.entry("topic", one) for one in entry.prerequisites)
    return tuple(Reference(str(topic.ref), topic.title) for topic in needed if topic)


def _placeholder_values(lineup: Lineup, course: Course | None, entries: list[Head]) -> dict[str, str]:
    values = {"issue.number": str(lineup.number), "issue.date": lineup.date.isoformat()}
    for entry in entries:
        values.setdefault(f"{entry.kind}.title", entry.title)
    if course:
        values |= {"course.label": course.label, "course.title": course.title}
        if chapter := _find_chapter(course, lineup.chapter_id):
            values["chapter.title"] = chapter.title
    return values


def _call_url(newsletter: Newsletter, entry: Head, around: Course | Collection | None) -> str:
    """Choose where a call to action leads: to the entry, else its course or collection, else the publisher."""
    return entry.url or (around.url if around else None) or newsletter.publisher.url
