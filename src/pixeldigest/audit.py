"""All that is wrong in a project: in its files, in what coming days will show, and behind the links that lead out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

from pixeldigest.cache import Cache
from pixeldigest.check import Finding, check_days, load_checked, place_findings
from pixeldigest.diagnostics import Diagnostic, UserError, sort_diagnostics
from pixeldigest.formats.theme import theme_of
from pixeldigest.library import SETTINGS_FILE, Library
from pixeldigest.linkcheck import LinkCheck
from pixeldigest.overrides import check_renditions
from pixeldigest.settings import Newsletter

# Tells the date in the newsletter's time zone.
FindToday = Callable[[Newsletter], date]
# Asks the addresses that lead out of a library.
AskLinks = Callable[[Library], LinkCheck]


class Audit(NamedTuple):
    """What a project's files hold, all that is wrong, and what came of asking addresses, where that was wanted.

    Without a library the settings cannot be read, and little else was looked at.
    """

    library: Library | None
    diagnostics: tuple[Diagnostic, ...]
    links: LinkCheck | None = None


def audit_project(project: Path, cache: Cache, find_today: FindToday, ask_links: AskLinks | None = None) -> Audit:
    """Find all that is wrong in a project; what takes running its problems is for `audit_further`."""
    library, diagnostics = load_checked(project, cache, advice=True)
    if library is None:
        return Audit(None, diagnostics)
    coming = _check_coming_days(library, cache, find_today(library.newsletter))
    audit = Audit(library, sort_diagnostics((*diagnostics, *coming)))
    if ask_links is None:
        return audit
    links = ask_links(library)
    return audit_further(audit._replace(links=links), lambda _: iter(links.findings))


def audit_further(audit: Audit, rule: Callable[[Library], Iterator[Finding]]) -> Audit:
    """Apply one more rule, where there is a library to apply it to."""
    if audit.library is None:
        return audit
    found = place_findings(audit.library.project, rule(audit.library))
    return audit._replace(diagnostics=sort_diagnostics((*audit.diagnostics, *found)))


def part_by_wish(
    audit: Audit, wanted: Callable[[Diagnostic], bool]
) -> tuple[tuple[Diagnostic, ...], tuple[Diagnostic, ...]]:
    """Part what is wanted from the rest; why settings cannot be read is always told, as little else was looked at."""

    def is_told(one: Diagnostic) -> bool:
        return wanted(one) or (audit.library is None and one.place.path == SETTINGS_FILE)

    told = tuple(filter(is_told, audit.diagnostics))
    return told, tuple(one for one in audit.diagnostics if not is_told(one))


def _check_coming_days(library: Library, cache: Cache, today: date) -> Iterator[Diagnostic]:
    """Plan and render the issues of coming days, and tell what is wrong with them."""
    horizon = today + timedelta(days=library.newsletter.schedule.runway_warning)
    yield from place_findings(library.project, check_days(library, first=today, until=max([horizon, *library.pins])))
    try:
        theme = theme_of(library, cache)
    except UserError as error:
        if not error.diagnostics:  # it is not about the words of the templates
            raise
        yield from error.diagnostics
    else:
        yield from check_renditions(library, theme, cache, today=today)
