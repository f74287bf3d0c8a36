"""A week of publishing in a minute, for everyone to see: `make sinks`, `make rehearsal`, `make tally`.

A mail sink and a fake Forem run on this machine. A newsletter is published to them and to a folder, day by day, and
each day `pixeldigest publish` is killed at random moments before it may run to its end. Then is counted what has come.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

from counterparts.forem import KEY
from counterparts.mailsink import read_kept

FOLDER = Path(__file__).parent.parent / ".pixeldigest/rehearsal"  # git does not see it
COUNTERPARTS = Path(__file__).parent / "counterparts"
WEEK = tuple(date(2026, 11, 2) + timedelta(days=number) for number in range(7))
READERS = ("ann@example.org", "ben@example.org", "eve@example.org")
KILLS_A_DAY = 3
SEED = 8
_MOST_RUNS = 10
_SETTINGS = """
channels:
  - id: pages
    type: folder
    path: ../site
  - type: devto
    url: {forem}
    key_env: REHEARSAL_KEY
    after: [pages]
  - type: smtp
    host: 127.0.0.1
    port: {port}
    security: none
    recipients_file: readers.txt
"""


class Sink(NamedTuple):
    """A counterpart to start: its program, what it is told, and the address in what it prints."""

    program: str
    arguments: tuple[str, ...]
    address: str


def sinks_in(folder: Path) -> tuple[Sink, Sink]:
    """Name the fake Forem and the mail sink, whose state is kept in a folder."""
    return (
        Sink("forem.py", ("--state", str(folder / "forem.json")), r"(http://127\.0\.0\.1:\d+)"),
        Sink("mailsink.py", ("--folder", str(folder / "mails")), r"127\.0\.0\.1:(\d+)"),
    )


def start_sinks(folder: Path) -> None:
    """Start the counterparts in the background, and begin a newsletter that publishes to them."""
    stop_sinks(folder)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    forem, port = (_start(sink, folder) for sink in sinks_in(folder))
    project = folder / "newsletter"
    with _pixeldigest("init", str(project), now=WEEK[0], folder=folder) as process:
        process.wait()
    settings = project / "content/newsletter.yml"
    text = settings.read_text(encoding="utf-8")
    # Forem takes no title twice within five minutes, and this week is shorter.
    text = text.replace('title: "{{ topic.title }}', 'title: "No. {{ issue.number }}: {{ topic.title }}')
    settings.write_text(text + _SETTINGS.format(forem=forem, port=port), encoding="utf-8")
    (project / "readers.txt").write_text("".join(f"{one}\n" for one in READERS), encoding="utf-8")
    print(f"a fake Forem at {forem}, a mail sink at port {port}, a newsletter in {_short(project)}")


def _start(sink: Sink, folder: Path) -> str:
    """Start a counterpart, note its process, and return its address."""
    log = folder / f"{sink.program}.log"
    command = [sys.executable, str(COUNTERPARTS / sink.program), "--port", "0", *sink.arguments]
    with log.open("wb") as stream:
        process = subprocess.Popen(command, stdout=stream, stderr=stream, start_new_session=True)
    (folder / f"{sink.program}.pid").write_text(str(process.pid), encoding="ascii")
    while process.poll() is None:
        if found := re.search(sink.address, log.read_text(encoding="utf-8")):
            return found[1]
        time.sleep(0.02)
    sys.exit(f"{sink.program} does not start: {log.read_text(encoding='utf-8')}")


def stop_sinks(folder: Path) -> None:
    """End the counterparts that were started here, if they are still what runs by those numbers."""
    for sink in sinks_in(folder):
        number = folder / f"{sink.program}.pid"
        if number.exists():
            pid = number.read_text(encoding="ascii")
            shown = subprocess.run(["ps", "-ww", "-o", "args=", "-p", pid], capture_output=True, text=True, check=False)
            if str(folder) in shown.stdout:
                os.kill(int(pid), signal.SIGTERM)
            number.unlink()


def rehearse(folder: Path) -> None:
    """Publish a week, a day at a time, and kill each day's first runs."""
    project = folder / "newsletter"
    if not (project / "content").is_dir():
        sys.exit("there are no sinks; run 'make sinks' first")
    chance = random.Random(SEED)
    seconds = 3 * _publish(project, WEEK[0] - timedelta(days=1))  # nothing is due yet: it starts and ends
    for day in WEEK:
        kills = sum(_kill(project, day, chance.uniform(0.2, 1) * seconds) for _ in range(KILLS_A_DAY))
        seconds = max(seconds, _publish(project, day))
        print(f"{day}  killed {kills} times, then run to its end")


def _kill(project: Path, day: date, delay: float) -> bool:
    """Publish, and kill that after some seconds; tells whether it had not ended by then."""
    with _pixeldigest("publish", now=day, folder=project) as process:
        try:
            process.wait(delay)
        except subprocess.TimeoutExpired:
            process.kill()
        return process.wait() == -signal.SIGKILL


def _publish(project: Path, day: date) -> float:
    """Publish until there is nothing to try again; returns how many seconds the last run took."""
    said = ""
    for _ in range(_MOST_RUNS):
        begun = time.monotonic()
        with _pixeldigest("publish", now=day, folder=project) as process:
            said += process.communicate()[1]  # a trouble is told once
        if process.returncode == 0:
            return time.monotonic() - begun
    sys.exit(f"publishing {day} does not come to an end: {said}")


def _pixeldigest(*arguments: str, now: date, folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "pixeldigest", "--now", f"{now}T12:00", *arguments]
    environment = {**os.environ, "REHEARSAL_KEY": KEY}
    return subprocess.Popen(
        command, cwd=folder, env=environment, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )


def tally(folder: Path) -> int:
    """Print what the counterparts hold, and return 0 where that is a week's issues, each once."""
    stop_sinks(folder)
    posts, mails = _read_posts(folder / "forem.json"), _read_mails(folder / "mails")
    print(f"{'':<18}{'arrived':>8}{'distinct':>9}{'twice':>7}")
    rows = [("posts at Forem", posts), *((reader, mails.get(reader, [])) for reader in READERS)]
    for name, held in rows:
        print(f"{name:<18}{len(held):>8}{len(set(held)):>9}{len(held) - len(set(held)):>7}")
    right = sorted(posts) == [f"{day}" for day in WEEK] and mails.keys() == set(READERS)
    right = right and all(len(set(held)) == len(WEEK) for held in mails.values())
    print("seven posts, and seven Message-IDs for each reader" if right else "this is not a week's issues, each once")
    return 0 if right else 1


def _read_posts(state: Path) -> list[str]:
    """List the days of the articles that are published, and drafts beside them."""
    articles = json.loads(state.read_text(encoding="utf-8"))["articles"] if state.exists() else []
    return [one["canonical_url"].split("/")[-2] + ("" if one["published"] else " (draft)") for one in articles]


def _read_mails(folder: Path) -> dict[str, list[str]]:
    """List the Message-IDs that each reader got."""
    mails: dict[str, list[str]] = {}
    for one in read_kept(folder):
        mails.setdefault(one.recipient, []).append(one.fields["Message-ID"])
    return mails


def _short(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def main(arguments: Sequence[str] | None = None) -> int | None:
    """Do one of the three steps."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step", choices=("sinks", "rehearsal", "tally"))
    parser.add_argument("--folder", type=Path, default=FOLDER)
    asked = parser.parse_args(arguments)
    steps = {"sinks": start_sinks, "rehearsal": rehearse, "tally": tally}
    return steps[asked.step](asked.folder.resolve())


if __name__ == "__main__":
    sys.exit(main())
