"""Newsletters to disturb: each with a channel of another shape, and the counterpart that counts what reaches it.

The first issue is out and has been corrected since, two more are due: a run updates one and publishes two.
"""

from __future__ import annotations

import contextlib
import copy
import shutil
import threading
import time
from abc import abstractmethod
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

from counterparts import forem, hooks
from counterparts.mailsink import Sink, run_sink
from counterparts.service import Counterpart, serve
from disturbed import UNDISTURBED, Disturbance, Disturbed, Wish, disturber
from projects import set_keys
from strategies import newsletter, write_project

FIRST, LATER = "2026-11-02T12:00+00:00", "2026-11-04T10:00+00:00"
DAYS = ("2026-11-02", "2026-11-03", "2026-11-04")
READERS = ("ann@example.org", "ben@example.org", "eve@example.org")
_SETTINGS = """\
issue:
  title: No. {{ issue.number }}
publish:
  late_mail: send
mail:
  from: Daily <daily@example.org>
  postal_address: Example, 1 Example Street
  unsubscribe_url: https://daily.example.org/unsubscribe
"""


class Target:
    """A newsletter with one channel, and its counterpart; `expected` is what the counterpart holds in the end."""

    name = ""
    environment: ClassVar[dict[str, str]] = {}
    expected: ClassVar[Counter[str]] = Counter()

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.project = folder / "prepared"
        self.count = 0

    @abstractmethod
    def channel(self) -> str:
        """Write the channel as YAML."""

    @abstractmethod
    def held(self) -> Counter[str]:
        """Count what the counterpart holds."""

    @abstractmethod
    def keep(self) -> None:
        """Remember what the counterpart holds."""

    @abstractmethod
    def restore(self) -> None:
        """Let the counterpart hold what was remembered."""

    def empty(self) -> None:
        """Let the counterpart hold nothing, and remember that."""
        self.forget()
        self.keep()

    @abstractmethod
    def forget(self) -> None:
        """Let the counterpart hold nothing."""

    def prepare(self) -> None:
        """Publish the first issue, and correct it."""
        write_project(newsletter(topics="a b c"), self.project)
        (self.project / "readers.txt").write_text("".join(f"{one}\n" for one in READERS))
        set_keys(self.project, f"{_SETTINGS}channels:\n- {self.channel()}\n")
        assert self.run(self.project, FIRST).status == 0
        self.keep()
        topic = self.project / "content/topics/a.yml"
        topic.write_text(topic.read_text().replace("A body.", "A better body."))

    def paint(self) -> None:
        """Have the covers of the other issues painted once for all copies."""
        self.keep()
        ahead = self.copy()
        self.run(ahead)
        self.quiet()
        self.restore()
        covers = Path(".pixeldigest/cache/covers")
        if (ahead / covers).exists():
            shutil.copytree(ahead / covers, self.project / covers, dirs_exist_ok=True)

    def copy(self) -> Path:
        """Copy the newsletter."""
        self.count += 1
        return Path(shutil.copytree(self.project, self.folder / f"copy-{self.count}", symlinks=True))

    def run(
        self,
        project: Path,
        now: str = LATER,
        disturbance: Disturbance = UNDISTURBED,
        arguments: tuple[str, ...] = ("publish",),
    ) -> Disturbed:
        """Run a command at a moment."""
        return disturber().run(self.wish(project, now, disturbance, arguments))[0]

    def wish(
        self,
        project: Path,
        now: str = LATER,
        disturbance: Disturbance = UNDISTURBED,
        arguments: tuple[str, ...] = ("publish",),
    ) -> Wish:
        """Ask for a run of a command at a moment."""
        return Wish(project, arguments, now, {**self.environment, "no_proxy": "*"}, disturbance)

    def quiet(self) -> None:
        """Wait until the counterpart has done with those who are dead."""
        until = time.monotonic() + 10
        while any("process_request_thread" in one.name for one in threading.enumerate()):
            assert time.monotonic() < until
            time.sleep(0.002)


Kind = TypeVar("Kind", bound=Counterpart)


class Served(Target, Generic[Kind]):
    """A web service."""

    def __init__(self, folder: Path, service: Kind) -> None:
        super().__init__(folder)
        self.service = service

    def keep(self) -> None:
        self.before = copy.deepcopy(self.service.state)

    def restore(self) -> None:
        self.service.state = copy.deepcopy(self.before)
        self.service.forget_requests()

    def forget(self) -> None:
        self.service.state = self.service.empty()


class Asked(Served[forem.Forem]):
    """A service that can be asked what it has."""

    name = "devto"
    environment: ClassVar = {"KEY": forem.KEY}
    expected: ClassVar = Counter(
        {f"{day} {text}": 1 for day, text in zip(DAYS, ("better", "body", "body"), strict=True)}
    )

    def channel(self) -> str:
        return f"{{type: devto, url: '{self.service.url}', key_env: KEY}}"

    def held(self) -> Counter[str]:
        return Counter(
            f"{one['canonical_url'].split('/')[-2]} {_text_of(one)}" + ("" if one["published"] else " draft")
            for one in self.service.articles
        )


def _text_of(article: dict[str, str]) -> str:
    return "better" if "A better body." in article["body_markdown"] else "body"


class Keyed(Served[hooks.Hooks]):
    """A service that takes a key for each message, and each message once."""

    name = "webhook"
    environment: ClassVar = {"KEY": hooks.KEY}
    expected: ClassVar = Counter(dict.fromkeys((f"{DAYS[0]} updated", *(f"{day} published" for day in DAYS)), 1))

    def channel(self) -> str:
        return f"{{type: webhook, url: '{self.service.url}/', key_env: KEY}}"

    def held(self) -> Counter[str]:
        return Counter(f"{one['data']['date']} {one['type'].split('.')[1]}" for one in self.service.events)

    def wish(self, project: Path, now: str = LATER, *others: Any) -> Wish:
        self.service.now = datetime.fromisoformat(now).timestamp()
        return super().wish(project, now, *others)


class Neither(Target):
    """A mail server, which can neither be asked nor takes a key."""

    name = "smtp"
    expected: ClassVar = Counter(f"{day} {reader}" for day in DAYS for reader in READERS)

    def __init__(self, folder: Path, sink: Sink) -> None:
        super().__init__(folder)
        self.sink = sink

    def channel(self) -> str:
        return f"{{type: smtp, host: 127.0.0.1, port: {self.sink.port}, security: none, recipients_file: readers.txt}}"

    def held(self) -> Counter[str]:
        """Count mails by the date in their Message-IDs and the reader."""
        return Counter(f"{one.fields['Message-ID'][1:].split('.')[0]} {one.recipient}" for one in self.sink.kept)

    def keep(self) -> None:
        self.before = {path.name for path in self.sink.folder.iterdir()}

    def restore(self) -> None:
        for path in self.sink.folder.iterdir():
            if path.name not in self.before:
                path.unlink()

    def forget(self) -> None:
        self.before = set()
        self.restore()


@contextlib.contextmanager
def open_target(name: str, folder: Path) -> Iterator[Target]:
    """Prepare a newsletter, with its counterpart running."""
    with contextlib.ExitStack() as stack:
        target: Target
        if name == Asked.name:
            target = Asked(folder, stack.enter_context(serve(forem.Forem())))
        elif name == Keyed.name:
            target = Keyed(folder, stack.enter_context(serve(hooks.Hooks())))
        else:
            target = Neither(folder, stack.enter_context(run_sink(folder / "mails")))
        target.prepare()
        yield target
