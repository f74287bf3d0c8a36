"""What the preview's pages share: the newest edition, what is wrong, and pages as they were when they were right."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

from pixeldigest.build import PREVIEW
from pixeldigest.cache import Cache
from pixeldigest.content import ENTRY_KINDS, Ref
from pixeldigest.diagnostics import EXIT_AGAIN, Diagnostic, UserError, has_errors
from pixeldigest.formats.rendition import Fault
from pixeldigest.library import Library
from pixeldigest.output import PERMANENT, OutputFile
from pixeldigest.preview.addresses import Found, entry_address, find_asset, find_page
from pixeldigest.preview.edition import Edition, make_edition
from pixeldigest.preview.events import Events
from pixeldigest.preview.reading import look_at_assets, name_file, read_entry, read_newsletter, read_theme
from pixeldigest.settings import Newsletter
from pixeldigest.yamlfile import RawFile, read_raw

# So many files are remembered as they were when they could last be made.
_MOST_KEPT = 500
# Nobody looks further ahead than a year.
_FARTHEST = timedelta(days=366)


class Kept(NamedTuple):
    """A file as it was made last, and from what."""

    key: bytes
    file: OutputFile


class Shown(NamedTuple):
    """What is shown at an address; with an error it is what was there when the page could last be made, if it could.

    The version was named before anything was looked at: what changes in between makes a page of an older version, which
    looks again.
    """

    found: Found | None
    content: bytes | None
    faults: tuple[Fault, ...] = ()
    error: UserError | None = None
    version: str = ""


_NOTHING = Shown(None, None)


class Desk:
    """Keeps up with a project's files; threads take turns."""

    def __init__(self, project: Path, cache: Cache, today: Callable[[Newsletter], date]) -> None:
        self.project, self.cache, self.events = project, cache, Events()
        self.edition: Edition | None = None
        self.diagnostics: tuple[Diagnostic, ...] = ()
        self.error: UserError | None = None
        self.assets = b""
        self._today = today
        # Of two that save at once, the second sees what the first wrote.
        self.turn = threading.Lock()
        self._lock = threading.RLock()
        self._saves = 0
        self._touched: set[Ref] = set()
        self._kept: OrderedDict[str, Kept] = OrderedDict()

    @property
    def library(self) -> Library | None:
        """The library as it is shown."""
        return self.edition.library if self.edition else None

    def reload(self) -> bool:
        """Read the whole project again; tell whether nothing changed meanwhile, else what was read is forgotten."""
        saves = self._saves
        reading = read_newsletter(self.project, self.cache, self._today, self.edition, frozenset(self._touched))
        with self._lock:
            if saves != self._saves or (reading.error and reading.error.status == EXIT_AGAIN):
                return False
            self.edition, self.diagnostics, self.error = reading
            self.assets = look_at_assets(self.edition) if self.edition else b""
        self.events.publish()
        return True

    def refresh(self, names: Collection[str]) -> None:
        """Take in what was saved, as far as that is quick; `reload` does the rest."""
        with self._lock:
            self._saves += 1
            taken = [self._take_in(name) for name in names]
        if any(taken):
            self.events.publish()

    def is_new_day(self) -> bool:
        """Tell whether what is shown is yesterday's."""
        return self.edition is not None and self._today(self.edition.library.newsletter) != self.edition.today

    def address_of(self, ref: Ref) -> str:
        """Name where an entry is shown."""
        if self.edition is None:
            return "/_preview/"
        return f"/{entry_address(self.edition, ref)}"

    def reach(self, day: date) -> None:
        """Plan until the one after a day, if that is not far away: from each day leads a way to the next."""
        with self._lock:
            edition, until = self.edition, day + timedelta(days=1)
            if edition and edition.until < until <= edition.today + _FARTHEST:
                self.edition = make_edition(edition.library, edition.sheet.theme, today=edition.today, until=until)

    def show(self, path: str) -> Shown:
        """Make a file by its path below the output folder, unless it was made from the same before."""
        version = self.events.version
        return self._show(path)._replace(version=version)

    def _show(self, path: str) -> Shown:
        with self._lock:
            if self.edition is None:
                return Shown(None, None, error=self.error)
            found = None
            try:
                found = find_page(self.edition, path)
                if found is None:
                    return Shown(None, self._asset(path))
                file = self._make(found, path)
                return Shown(found, file.content, file.faults) if file else _NOTHING
            except UserError as error:
                kept = self._kept.get(path)
                # A file that has just been saved will be read in a moment; of one with errors the diagnostics tell.
                said = None if kept and error.status == EXIT_AGAIN else error
                return Shown(found, kept.file.content if kept else None, error=said)

    def page_with(self, ref: Ref, content: bytes) -> bytes:
        """Show the page that an entry would have with other content, which is nowhere written.

        Raises UserError where it has errors.
        """
        with self._lock:
            if self.edition is None:
                raise UserError("there is nothing to show as long as the settings have errors")
            reading = read_entry(self.edition, ref, RawFile(content))
        if reading.edition is None or has_errors(reading.diagnostics):
            raise UserError("this entry has errors", diagnostics=reading.diagnostics)
        path = entry_address(reading.edition, ref)
        found = find_page(reading.edition, path)
        files = (file for file in found.batch.make() if file.path == path) if found else iter(())
        return next(files, OutputFile(path, b"")).content or b""

    def _take_in(self, name: str) -> bool:
        """Put a saved file in, and tell whether that changes what is shown."""
        edition = self.edition
        if edition is None:
            return False
        if name.startswith(("templates/", "content/images/")):
            return self._take_in_theme(edition)
        ref = name_file(edition.library, name)
        if ref is None or ref.kind not in ENTRY_KINDS:
            return False
        raw = read_raw(self.project / name)
        if not raw.content:  # gone, or still being written
            return False
        reading = read_entry(edition, ref, raw)
        others = tuple(one for one in self.diagnostics if one.place.path != name)
        self.edition, self.diagnostics = reading.edition, (*reading.diagnostics, *others)
        self._touched.add(ref)
        return True

    def _take_in_theme(self, edition: Edition) -> bool:
        try:
            theme = read_theme(edition.library, self.cache, edition)
        except UserError as error:
            self.error = error
            return True
        except FileNotFoundError:  # it was there a moment ago; all is read again soon
            return False
        self.edition, self.error = edition.with_theme(theme), None
        before, self.assets = self.assets, look_at_assets(self.edition)
        return before != self.assets or theme is not edition.sheet.theme

    def _make(self, found: Found, path: str) -> OutputFile | None:
        """Make the file at an address, and keep what is made on the way: pictures of formulas that mails show."""
        kept = self._kept.get(path)
        if kept is None or kept.key != found.batch.key:
            for file in found.batch.make():
                self._kept[file.path] = Kept(found.batch.key, file)
                self._kept.move_to_end(file.path)
                if file.path == path and path.endswith("index.html"):
                    break  # covers come after an issue's page, and take long
            while len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        kept = self._kept.get(path)
        return kept.file if kept and kept.key == found.batch.key else None

    def _asset(self, path: str) -> bytes | None:
        if path.removeprefix(PREVIEW).startswith(PERMANENT):
            drawn = self._kept.get(path) or self._kept.get(f"{PREVIEW}{path}")
            return drawn.file.content if drawn else None
        return find_asset(self.edition, path) if self.edition else None
