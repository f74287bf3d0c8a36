"""Lineup + Library → Issue: all that a rendition needs, and no library any more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time
from types import MappingProxyType
from typing import Literal, NamedTuple

from pixeldigest.content import (
    ENTRY_KINDS,
    PLACEHOLDER,
    Chapter,
    Collection,
    Course,
    DevTo,
    Entry,
    Mail,
    Newsletter,
    Problem,
    Publisher,
    Question,
    Ref,
    Section,
    Topic,
)
from pixeldigest.diagnostics import UserError
from pixeldigest.library import Library
from pixeldigest.schedule import Choice, Lineup, Review


class Target(NamedTuple):
    """What an internal link leads to: a page of the site from the day `since`, or an address elsewhere."""

    title: str
    page: str | None
    since: date | None
    url: str | None


# The day since which there are pages that belong to no issue.
_ALWAYS = date.min

# Where internal links lead, by the link as written; width and height of images, by their source.
Targets = Mapping[str, Target]
Images = Mapping[str, tuple[int, int]]


class Reference(NamedTuple):
    """An entry that is named beside another: its internal link and its title."""

    url: str
    title: str


class IssueSection(NamedTuple):
    """A section with its entry."""

    id: str
    kind: str
    heading: str
    entry: Entry
    course: Course | None
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


class Recalled(NamedTuple):
    """A question of an earlier issue, and the topic whose page has the answer."""

    question: Question
    topic: Topic

    @property
    def link(self) -> str:
        """The internal link to the topic."""
        return str(self.topic.ref)

    @property
    def page(self) -> str | None:
        """The folder of the topic's page, below the site's root."""
        return entry_page("topic", self.topic.id)


class RecallSection(NamedTuple):
    """Questions of earlier issues, the youngest first; of what sections with an entry have, it has nothing."""

    id: str
    kind: Literal["recall"]
    heading: str
    questions: tuple[Recalled, ...]
    title: None = None
    lead: None = None
    page: None = None
    entry: None = None
    chapter_title: None = None
    call_to_action: None = None


class SolutionSection(NamedTuple):
    """How the previous issue's problem is solved."""

    id: str
    kind: Literal["solution"]
    heading: str
    problem: Problem
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

    @property
    def page(self) -> str | None:
        """The folder of the problem's page, below the site's root."""
        return entry_page("problem", self.problem.id)


ReviewSection = RecallSection | SolutionSection


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


class Issue(NamedTuple):
    """One day's newsletter."""

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
    sections: tuple[IssueSection | ReviewSection, ...]
    tags: tuple[str, ...]
    series: str | None
    targets: Targets
    images: Images
    published: datetime
    accent: str
    mail: Mail | None
    devto: DevTo

    @property
    def head(self) -> IssueHead:
        """The issue as lists name it."""
        return IssueHead(self.number, self.updated.date(), self.date, self.title)

    @property
    def entry_sections(self) -> tuple[IssueSection, ...]:
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
        days = [day for entry in entries for day in changes_of(entry)]
        midnights = (datetime.combine(day, time(0), self.published.tzinfo) for day in days)
        return max([self.published, *midnights])


def issue_page(day: date) -> str:
    """Name the folder of a date's page, below the site's root."""
    return f"issues/{day.isoformat()}/"


def entry_page(kind: str, entry_id: str) -> str | None:
    """Name the folder of an entry's own page, below the site's root; None for kinds that have none."""
    return f"{kind}s/{entry_id}/" if ENTRY_KINDS[kind].own_page else None


def month_page(day: date) -> str:
    """Name the folder of the page that lists a month's issues, below the site's root."""
    return f"archive/{day:%Y-%m}/"


def course_page(course_id: str) -> str:
    """Name the folder of a course's page, below the site's root."""
    return f"courses/{course_id}/"


def first_shown(lineups: Iterable[Lineup]) -> Mapping[Ref, date]:
    """Find the day of each entry's first issue, from lineups in the order of their dates."""
    shown: dict[Ref, date] = {}
    for lineup in lineups:
        for choice in lineup.choices:
            shown.setdefault(Ref(choice.kind, choice.entry_id), lineup.date)
    return MappingProxyType(shown)


def assemble_issue(lineup: Lineup, library: Library, targets: Targets, images: Images) -> Issue:
    """Resolve a lineup's ids; raises UserError where an entry cannot be used.

    Where links lead and how large images are is the same for all issues of a build.
    """
    newsletter = library.newsletter
    if lineup.conflicts:
        raise UserError("\n".join(f"{conflict.message}; {conflict.hint}" for conflict in lineup.conflicts))
    if not lineup.choices:
        raise UserError(f"the issue of {lineup.date} holds no entry; put one into its sections")
    settings = {section.id: section for section in newsletter.sections}
    course = library.courses.get(lineup.course_id) if lineup.course_id else None
    entries = {choice.section_id: _find_entry(library, lineup, choice) for choice in lineup.choices}
    values = _placeholder_values(lineup, course, [*entries.values()])
    sections: list[IssueSection | ReviewSection] = []
    # The first topic keeps the chapter that it was sent with, wherever the outline has it today.
    sent_in = _find_chapter(course, lineup.chapter_id)
    for part in lineup.parts:
        section = settings[part.section_id]
        if isinstance(part, Review):
            sections += _assemble_review(library, section, part)
            continue
        entry = entries[part.section_id]
        chapter = sent_in or chapter_of(library, course, entry) if entry.kind == "topic" else None
        sent_in = None if entry.kind == "topic" else sent_in
        sections.append(assemble_section(library, section, entry, values=values, course=course, chapter=chapter))
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
        sections=tuple(sections),
        tags=newsletter.issue.tags,
        series=newsletter.issue.series,
        targets=targets,
        images=images,
        published=datetime.combine(lineup.date, newsletter.publish.at, newsletter.zone),
        accent=newsletter.theme.accent,
        mail=newsletter.mail,
        devto=newsletter.devto,
    )


def assemble_section(
    library: Library,
    section: Section,
    entry: Entry,
    *,
    values: Mapping[str, str],
    course: Course | None,
    chapter: Chapter | None,
) -> IssueSection:
    """Put an entry together with what is said around it."""
    newsletter = library.newsletter
    collection = None
    if isinstance(entry, Problem) and entry.collections:
        collection = library.collections.get(entry.collections[0])
    call = newsletter.calls_to_action.get(section.id)
    return IssueSection(
        id=section.id,
        kind=section.kind,
        heading=section.heading,
        entry=entry,
        course=course if chapter else None,
        chapter_title=chapter.title if chapter else None,
        collection_title=collection.title if collection else None,
        prerequisites=_prerequisites(library, entry),
        call_to_action=fill(call, values) if call else None,
        call_url=_call_url(newsletter, entry, course if chapter else collection),
    )


def _assemble_review(library: Library, section: Section, review: Review) -> Iterator[ReviewSection]:
    """Put together what a day repeats; what is gone since it was recorded is left out."""
    if review.kind == "recall":
        questions = [found for name in review.refs if (found := library.question(name))]
        if questions:
            recalled = tuple(Recalled(question, topic) for topic, question in questions)
            yield RecallSection(section.id, "recall", section.heading, recalled)
    elif isinstance(problem := library.entry("problem", review.refs[0]), Problem):
        yield SolutionSection(section.id, "solution", section.heading, problem)


def fill(pattern: str, values: Mapping[str, str]) -> str | None:
    """Put values in the place of placeholders; None where one of them is missing."""
    needed = PLACEHOLDER.findall(pattern)
    if any(name not in values for name in needed):
        return None
    return PLACEHOLDER.sub(lambda found: values[found[1]], pattern)


def image_sizes(library: Library) -> Images:
    """Tell the width and height of each image that has them, so that pages can keep its place."""
    sizes = {name: (image.width, image.height) for name, image in library.images.items() if image.width > 0}
    return MappingProxyType(sizes)


def link_targets(library: Library, shown: Mapping[Ref, date]) -> Targets:
    """Find where each internal link leads, former ids included."""
    targets: dict[str, Target] = {}
    for entry in library.all_entries():
        since = shown.get(entry.ref)
        page = entry_page(entry.kind, entry.id)
        elsewhere = None if page else entry.url
        targets[str(entry.ref)] = Target(entry.title, page or (issue_page(since) if since else None), since, elsewhere)
    public = {course.id for course in library.public_courses}
    for course in library.courses.values():
        page = course_page(course.id) if course.id in public else None
        targets[f"course:{course.id}"] = Target(course.title, page, _ALWAYS, None if page else course.url)
    for own in library.pages.values():
        targets[f"page:{own.id}"] = Target(own.title, f"{own.id}/", None if own.draft else _ALWAYS, None)
    for alias, entry_id in library.aliases.items():
        if target := targets.get(str(Ref(alias.kind, entry_id))):  # the entry may have errors
            targets[str(alias)] = target
    return MappingProxyType(targets)


def changes_of(entry: Entry) -> Iterator[date]:
    """Yield the days on which an entry was changed or corrected."""
    if entry.updated:
        yield entry.updated
    yield from (correction.date for correction in entry.corrections)


def _find_entry(library: Library, lineup: Lineup, choice: Choice) -> Entry:
    entry = library.entry(choice.kind, choice.entry_id)
    if entry is None:
        known = library.knows(choice.kind, choice.entry_id)
        reason = "has errors" if known else "does not exist"
        raise UserError(f"the issue of {lineup.date} needs the {choice.kind} '{choice.entry_id}', which {reason}")
    return entry


def _find_chapter(course: Course | None, chapter_id: str | None) -> Chapter | None:
    return next((one for one in course.chapters if one.id == chapter_id), None) if course else None


def chapter_of(library: Library, course: Course | None, entry: Entry) -> Chapter | None:
    """Find the chapter that holds a topic, by whatever id the outline names it."""
    if course is None or not isinstance(entry, Topic):
        return None
    holds = (one for one in course.chapters if entry.id in {library.current_id("topic", id_) for id_ in one.topics})
    return next(holds, None)


def _prerequisites(library: Library, entry: Entry) -> tuple[Reference, ...]:
    if not isinstance(entry, Topic):
        return ()
    needed = (library.entry("topic", one) for one in entry.prerequisites)
    return tuple(Reference(str(topic.ref), topic.title) for topic in needed if topic)


def _placeholder_values(lineup: Lineup, course: Course | None, entries: list[Entry]) -> dict[str, str]:
    values = {"issue.number": str(lineup.number), "issue.date": lineup.date.isoformat()}
    for entry in entries:
        values.setdefault(f"{entry.kind}.title", entry.title)
    if course:
        values |= {"course.label": course.label, "course.title": course.title}
        if chapter := _find_chapter(course, lineup.chapter_id):
            values["chapter.title"] = chapter.title
    return values


def _call_url(newsletter: Newsletter, entry: Entry, around: Course | Collection | None) -> str:
    """Choose where a call to action leads: to the entry, else its course or collection, else the publisher."""
    return entry.url or (around.url if around else None) or newsletter.publisher.url
