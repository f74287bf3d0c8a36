"""What a run says: each thing that it does, and troubles when they are new, and then once a day."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from pixeldigest.diagnostics import (
    EXIT_CONTENT,
    EXIT_SETTINGS,
    EXIT_USAGE,
    Diagnostic,
    UserError,
    diagnostics_as_data,
    format_diagnostic,
)
from pixeldigest.ledger import Ledger
from pixeldigest.publish.events import Event, event_as_json, format_event

# A page that comes later than its issue is none worth waking anyone for, until it stays away so long.
_WAITED = timedelta(hours=1)
# The statuses that parts can ask for, the worst first; what a missing library asks for is a matter of settings.
_WORST = (EXIT_SETTINGS, EXIT_USAGE, EXIT_CONTENT)
_CONTENT = "content/"
_DAILY = frozenset(("runway",))


class Teller:
    """Says what happens: on `out` what was done, on `err` troubles, once a day each unless `every` time is wanted.

    As JSON each event is an object on a line of `out`, troubles each time.
    """

    def __init__(
        self,
        ledger: Ledger,
        now: datetime,
        *,
        out: Callable[[str], None],
        err: Callable[[str], None],
        every: bool = False,
        as_json: bool = False,
    ) -> None:
        self._ledger, self._now, self._out, self._err = ledger, now, out, err
        self._every, self._as_json = every, as_json
        self._statuses: list[int] = []
        self._troubles: set[str] = set()
        self._well: set[str] = set()
        self._unsaid = 0

    @property
    def status(self) -> int:
        """The exit status of all that was told: the worst."""
        return next((one for one in _WORST if one in self._statuses), max(self._statuses, default=0))

    def tell(self, event: Event) -> None:
        """Say an event; a trouble only when it is due to be said."""
        self._statuses.append(event.status)
        waiting = event.happened == "waiting"
        if self._as_json:
            self._out(event_as_json(event))
        elif not event.status or waiting:
            self._out(format_event(event))
        if not event.status:
            self._well.add(event.subject)
        elif self._is_due(event.subject, event.words, _WAITED if waiting else timedelta()) and not self._as_json:
            self._err(f"error: {format_event(event)}")

    def tell_diagnostics(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Say what is wrong with the content, each when it is due to be said."""
        for one in diagnostics:
            # The words of some change with each day, and are told with each day.
            words = one.rule if one.rule in _DAILY else one.message
            due = self._is_due(f"{_CONTENT}{one.place.path}/{one.rule}/{words}", words)
            if self._as_json:
                self._out(json.dumps({"event": "diagnostic", **diagnostics_as_data([one])[0]}, ensure_ascii=False))
            elif due:
                self._err(format_diagnostic(one) + "\n")

    def tell_error(self, error: UserError) -> None:
        """Say what ended the run."""
        self.tell_diagnostics(error.diagnostics)
        self.tell(Event("failed", error.message, status=error.status))

    def finish(self, *, whole: bool = True) -> None:
        """Forget the troubles that are over: of a whole run, all that it did not meet, else what it has seen well."""
        known = {one.subject for one in self._ledger.troubles()}
        seen = {one for one in known if whole or one.startswith(_CONTENT)} | self._well
        self._ledger.forget_troubles((known & seen) - self._troubles)
        self.say_what_goes_on()

    def say_what_goes_on(self) -> None:
        """Count the troubles that were told before."""
        if self._unsaid and not self._as_json:
            goes_on = "1 trouble goes on" if self._unsaid == 1 else f"{self._unsaid} troubles go on"
            self._out(f"{goes_on}; 'pixeldigest status' tells")

    def _is_due(self, subject: str, words: str, patience: timedelta = timedelta()) -> bool:
        self._troubles.add(subject)
        due = self._ledger.tell(subject, words, self._now, patience=patience) or self._every
        self._unsaid += not due
        return due
