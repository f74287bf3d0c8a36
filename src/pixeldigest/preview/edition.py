"""All that a preview shows, as one value: planned and assembled whole, or the one before with something put in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from types import MappingProxyType

from pixeldigest.build import Failure, shown_lineups, try_issue
from pixeldigest.content import Entry, Ref
from pixeldigest.formats.theme import Theme
from pixeldigest.heads import Head
from pixeldigest.issue import Issue, IssueHead, first_shown, heads_in
from pixeldigest.library import Library
from pixeldigest.output import Batch
from pixeldigest.schedule import Day, Lineup, plan_days
from pixeldigest.site import batches_around, make_sheet
from pixeldigest.site.catalogue import Catalogue, make_catalogue
from pixeldigest.site.sheet import Sheet
from pixeldigest.targets import FindTarget, target_finder


@dataclass(frozen=True)
class Edition:
    """A newsletter as of today, with its issues up to a day to come; `days_of` tells which issues show an entry."""

    today: date
    until: date
    library: Library
    sheet: Sheet
    days: Mapping[date, Day]
    issues: Mapping[date, Issue[Head]]
    failures: Mapping[date, Failure]
    days_of: Mapping[Ref, tuple[date, ...]]
    catalogue: Catalogue

    @property
    def published(self) -> tuple[Issue[Head], ...]:
        """The issues up to today, oldest first."""
        return tuple(issue for day, issue in self.issues.items() if day <= self.today)

    @cached_property
    def heads(self) -> tuple[IssueHead, ...]:
        """The issues up to today as lists name them, oldest first."""
        return tuple(issue.head for issue in self.published)

    @cached_property
    def around(self) -> Mapping[str, Batch]:
        """What is neither an issue's nor an entry's page, by its name: made when the first of it is asked for."""
        return {batch.name: batch for batch in batches_around(self.published, self.catalogue, self.sheet)}

    def with_entry(self, head: Head, entry: Entry, file: str) -> Edition:
        """Put an entry into its issues and onto its page; lists, plans and other pages stay as they were."""
        library = self.library.with_entry(head, entry, file)
        find_target = target_finder(library, first_shown(shown_lineups(self.days.values(), library)))
        shows = shown_lineups((self.days[day] for day in self.days_of.get(head.ref, ())), library)
        issues, _ = _try_issues(shows, library, find_target)
        catalogue = self.catalogue
        if shown := catalogue.entries.get(head.ref):
            newest = issues.get(shown.issues[-1].date)
            sections = newest.entry_sections if newest else ()
            for section in (one for one in sections if one.entry.ref == head.ref):
                catalogue = catalogue.with_section(section)
        return replace(
            self,
            library=library,
            sheet=self.sheet._replace(library=library, find_target=find_target),
            issues=MappingProxyType({**self.issues, **issues}),
            catalogue=catalogue,
        )

    def with_theme(self, theme: Theme) -> Edition:
        """Show the same in other templates."""
        sheet = make_sheet(self.library, theme, self.sheet.find_target, as_of=self.today)
        return replace(self, sheet=sheet)


def make_edition(library: Library, theme: Theme, *, today: date, until: date) -> Edition:
    """Plan and assemble every issue up to a day; one that cannot be made is a failure, and the others are."""
    days = {day.date: day for day in plan_days(library, until=until)}
    lineups = shown_lineups(days.values(), library)
    find_target = target_finder(library, first_shown(lineups))
    issues, failures = _try_issues(lineups, library, find_target)
    published = tuple(issue for day, issue in issues.items() if day <= today)
    return Edition(
        today=today,
        until=until,
        library=library,
        sheet=make_sheet(library, theme, find_target, as_of=today),
        days=MappingProxyType(days),
        issues=MappingProxyType(issues),
        failures=MappingProxyType(failures),
        days_of=MappingProxyType(_days_of(issues)),
        catalogue=make_catalogue(published, library, as_of=today),
    )


def _try_issues(
    lineups: Iterable[Lineup], library: Library, find_target: FindTarget
) -> tuple[dict[date, Issue[Head]], dict[date, Failure]]:
    issues: dict[date, Issue[Head]] = {}
    failures: dict[date, Failure] = {}
    for lineup in lineups:
        tried = try_issue(lineup, library, find_target)
        if isinstance(tried, Failure):
            failures[lineup.date] = tried
        else:
            issues[lineup.date] = tried
    return issues, failures


def _days_of(issues: Mapping[date, Issue[Head]]) -> dict[Ref, tuple[date, ...]]:
    found: dict[Ref, list[date]] = {}
    for day, issue in issues.items():
        for ref in {head.ref for section in issue.sections for head in heads_in(section)}:
            found.setdefault(ref, []).append(day)
    return {ref: tuple(held) for ref, held in found.items()}
