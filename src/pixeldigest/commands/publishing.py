"""A round of publishing, as `publish` and `withdraw` do it: record, build, channels."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from datetime import UTC, date, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple, Protocol

import click

from pixeldigest.build import Assembled, Build
from pixeldigest.channels import Channel
from pixeldigest.channels.posting import Outside
from pixeldigest.check import check_runway, load_checked, place_findings
from pixeldigest.commands.steps import assemble, left_out, load_usable, need_newsletter, resolve_day, write_build
from pixeldigest.diagnostics import EXIT_BUG, EXIT_CONTENT, EXIT_USAGE, Diagnostic, UserError, sort_diagnostics, suggest
from pixeldigest.formats import WEB, usable_formats
from pixeldigest.formats.theme import theme_of
from pixeldigest.ledger import Ledger, open_ledger
from pixeldigest.library import Library
from pixeldigest.options import Session
from pixeldigest.publish import (
    Asked,
    Due,
    Recording,
    Standing,
    first_day_of,
    last_due_day,
    plan_jobs,
    publishing_alone,
    record_due_days,
)
from pixeldigest.publish.adopt import adopt, refuse_unknown
from pixeldigest.publish.events import Event
from pixeldigest.publish.looking import make_look
from pixeldigest.publish.ping import ping
from pixeldigest.publish.preparing import postings_of
from pixeldigest.publish.teller import Teller
from pixeldigest.publish.versions import bring_up_to_date, commit_record, push_record, seems_to_push
from pixeldigest.publish.work import Bench, carry_out
from pixeldigest.report import NOTHING_WRITTEN, Written, format_no_issue, format_outcome, pluralize
from pixeldigest.schedule import NoIssue, plan_lineup
from pixeldigest.settings import RecordPolicy


class Wish(NamedTuple):
    """What was asked for: a day by its name, some channels, and how far to go."""

    day: str | None = None
    channels: tuple[str, ...] = ()
    dry_run: bool = False
    update: bool = False


class Loaded(NamedTuple):
    """A library to publish from, what is wrong in it, and when it is published."""

    library: Library
    diagnostics: tuple[Diagnostic, ...]
    now: datetime


class Made(NamedTuple):
    """What was recorded up to a day, and built of it."""

    library: Library
    until: date
    recording: Recording
    assembled: Assembled
    written: Written


class Do(Protocol):
    """What is done in a round."""

    def __call__(self, session: Session, loaded: Loaded, *, ledger: Ledger, teller: Teller) -> None:
        """Do it."""


def load(session: Session, *, dry_run: bool) -> Loaded:
    """Load what there is to publish, with what others have pushed where the record is pushed.

    Raises UserError where every issue needs what is wrong.
    """
    try:
        library, diagnostics = load_usable(session.project, session.cache)
        pushes = library.newsletter.publish.record == "push"
    except UserError:
        # What is broken here may be mended where others push to.
        if dry_run or not seems_to_push(session.project) or not bring_up_to_date(session.project):
            raise
        library, diagnostics = load_usable(session.project, session.cache)
    else:
        if pushes and not dry_run and bring_up_to_date(session.project):
            library, diagnostics = load_usable(session.project, session.cache)
    return Loaded(library, diagnostics, session.time(library.newsletter))


def run_alone(session: Session, do: Do, folder: Path, output_format: str, *, dry_run: bool = False) -> int:
    """Do a round while no other one is running, and say what happens; returns the exit status.

    What a person has asked for wrongly is raised, as everywhere; all else that goes wrong is told like the rest, once a
    day.
    """
    need_newsletter(session.project)
    moment = session.now or datetime.now(UTC)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    with open_ledger(folder, rehearse=dry_run) as ledger:
        teller = Teller(
            ledger,
            moment,
            out=click.echo,
            err=partial(click.echo, err=True),
            every=dry_run or sys.stderr.isatty(),
            as_json=output_format == "json",
        )
        loaded = None
        try:
            with nullcontext(True) if dry_run else publishing_alone(folder, moment) as alone:
                if alone:
                    loaded = load(session, dry_run=dry_run)
                    do(session, loaded, ledger=ledger, teller=teller)
                else:
                    teller.tell(Event("busy", "another publish is running; this one leaves the work to it"))
        except UserError as error:
            if error.status == EXIT_USAGE:
                raise
            teller.tell_error(error)
            teller.say_what_goes_on()
        except Exception:
            if loaded and not dry_run:
                _ping(session, loaded, teller, EXIT_BUG)
            raise
        if loaded and not dry_run:
            _ping(session, loaded, teller, teller.status)
    return teller.status


def _ping(session: Session, loaded: Loaded, teller: Teller, status: int) -> None:
    unheard = ping(loaded.library.newsletter.publish.ping, status, outside_of(session, loaded))
    if unheard:
        teller.tell(Event("unheard", unheard))


def publish_round(session: Session, loaded: Loaded, wish: Wish, ledger: Ledger, teller: Teller) -> None:
    """Record what is due, build, and bring the channels in line."""
    library = loaded.library
    ledger.belong_to(library.newsletter.id)
    channels = choose_channels(library, wish.channels)
    until = find_due_day(library, loaded.now, wish.day)
    refuse_unknown(library.record, ledger, library.newsletter.channels)
    start_channels(library, ledger)
    ledger.know(library.record)
    recording = record_due_days(
        session.project, library, until=until, dry_run=wish.dry_run, before=lambda day: ledger.know((day,))
    )
    if not wish.dry_run:
        keep_record(session.project, library.newsletter.publish.record, recording)
    made = build(session, loaded, recording, until, dry_run=wish.dry_run)
    runway = place_findings(session.project, check_runway(made.library, first=session.today(library.newsletter)))
    teller.tell_diagnostics(sort_diagnostics((*loaded.diagnostics, *runway, *made.written.refused)))
    for event in tell_made(made, dry_run=wish.dry_run):
        teller.tell(event)
    bench = make_bench(session, loaded, made, ledger, dry_run=wish.dry_run)
    for event in serve(channels, made, bench, wish):
        teller.tell(event)
    teller.finish(whole=not (wish.day or wish.channels))


def start_channels(library: Library, ledger: Ledger) -> None:
    """Note since when channels are there, before anything is recorded.

    A new one begins with what is recorded from now on; one that carries the site has all of it at once.
    """
    first_day = first_day_of(library.record)
    for channel in library.newsletter.channels:
        ledger.start((channel.id,), date.min if channel.carries_site else first_day)


def serve(channels: Iterable[Channel], made: Made, bench: Bench, wish: Wish) -> Iterator[Event]:
    """Do what is due on each channel, in the order of the settings."""
    library, ledger, now = made.library, bench.ledger, bench.outside.now
    days = tuple(sorted({*library.record, *(one.date for one in made.recording.recorded)}))
    due = Due(days, made.until, frozenset(library.withdrawn))
    asked = Asked(made.until if wish.day else None, wish.update)
    bugs = []
    for channel in channels:
        standing = Standing(channel, ledger.since(channel.id) or date.max, ledger.rows(channel.id))
        jobs = plan_jobs(standing, due, library.newsletter.publish, asked, now)
        try:
            yield from carry_out(standing, jobs, bench)
        except Exception as bug:  # noqa: BLE001 - it is raised again as soon as the other channels are served
            bugs.append(bug)
    if bugs:
        raise bugs[0]


def keep_record(project: Path, policy: RecordPolicy, recording: Recording) -> None:
    """Commit and push the record, as the settings have it; raises UserError, before any channel has anything."""
    if policy == "local":
        return
    days = " to ".join(dict.fromkeys(str(one.date) for one in (*recording.recorded[:1], *recording.recorded[-1:])))
    commit_record(project, f"Record {days}" if days else "Bring the record up to date")
    if policy == "push":
        push_record(project)


def build(session: Session, loaded: Loaded, recording: Recording, until: date, *, dry_run: bool) -> Made:
    """Build the site and all formats, as of the last day that is due."""
    library = loaded.library
    if not dry_run:
        library = load_checked(session.project, session.cache).library or library
    # What is not due yet stays unseen, also today's issue before its hour.
    blocked = recording.blocked
    last = blocked[0].day - timedelta(days=1) if blocked else max([until, *library.record])
    assembled = assemble(library, loaded.diagnostics, until=last)
    if dry_run:
        return Made(library, until, recording, assembled, NOTHING_WRITTEN)
    job = Build(last, (WEB, *usable_formats()), failed=bool(assembled.failures))
    return Made(library, until, recording, assembled, write_build(library, job, assembled, session.cache))


def tell_made(made: Made, *, dry_run: bool) -> Iterator[Event]:
    """Tell what was recorded and built, and which issues could not be."""
    recorded = made.recording.recorded
    for one in recorded:
        said = f"{'would record' if dry_run else 'recorded'} No. {one.number}, {one.date}"
        yield Event("recorded", said, day=one.date, number=one.number)
    if not recorded:
        yield Event("recorded", "nothing is due that is not recorded")
    for failure in (*made.assembled.failures, *made.recording.blocked):
        yield Event("failed", failure.error.message, day=failure.day, status=failure.error.status)
    if not dry_run:
        said = "\n".join((*left_out(made.library), format_outcome(made.written)))
        yield Event("built", said, page=made.written.page)
    if refused := made.written.refused:
        said = f"{pluralize(len(refused), 'fault')} kept files of issues from being written"
        yield Event("failed", said, status=EXIT_CONTENT)


def make_bench(session: Session, loaded: Loaded, made: Made, ledger: Ledger, *, dry_run: bool = False) -> Bench:
    """Gather what jobs are carried out with."""
    theme = cache(partial(theme_of, made.library, session.cache))
    return Bench(
        ledger=ledger,
        outside=outside_of(session, loaded),
        postings=postings_of(made.library, made.assembled, theme),
        look=make_look(),
        wait=time.sleep,
        dry_run=dry_run,
    )


def outside_of(session: Session, loaded: Loaded) -> Outside:
    """Gather what channels read of the world."""
    return Outside(session.project, session.project / "output", os.environ, loaded.now)


def adopt_round(session: Session, loaded: Loaded, wish: Wish, ledger: Ledger, teller: Teller) -> None:
    """Take what the record holds and the ledger does not know as published."""
    library = loaded.library
    ledger.belong_to(library.newsletter.id)
    until = last_due_day(library.newsletter, loaded.now)
    assembled = assemble(library, loaded.diagnostics, until=max([until, *library.record]))
    made = Made(library, until, Recording((), ()), assembled, NOTHING_WRITTEN)
    bench = make_bench(session, loaded, made, ledger, dry_run=wish.dry_run)
    asked_from = until - timedelta(days=library.newsletter.publish.catch_up)
    for event in adopt(library.record, library.newsletter.channels, bench, asked_from=asked_from):
        teller.tell(event)
    teller.finish()


def choose_channels(library: Library, names: tuple[str, ...]) -> tuple[Channel, ...]:
    """Find the channels that were asked for, in the order of the settings; all where none was named."""
    known = [channel.id for channel in library.newsletter.channels]
    for name in names:
        if name not in known:
            hint = suggest(name, known) if known else "the settings name none"
            raise UserError(f"there is no channel '{name}'; {hint}", status=EXIT_USAGE)
    return tuple(one for one in library.newsletter.channels if not names or one.id in names)


def find_due_day(library: Library, now: datetime, day: str | None) -> date:
    """Find the last day to record: the last that is due, or an earlier one that was asked for."""
    due = last_due_day(library.newsletter, now)
    wanted = resolve_day(library, now.astimezone(library.newsletter.zone).date(), day) if day else due
    if wanted > due:
        at = library.newsletter.publish.at.strftime("%H:%M")
        message = f"{wanted} is not due yet: days are due at {at}, {library.newsletter.timezone}"
        raise UserError(message, status=EXIT_USAGE)
    if day and isinstance(plan_lineup(library, wanted), NoIssue):
        raise UserError(format_no_issue(library, wanted), status=EXIT_USAGE)
    return wanted


def state_folder(session: Session, named: Path | None) -> Path:
    """Find the folder of the ledger and the lock."""
    return named or session.project / "state"
