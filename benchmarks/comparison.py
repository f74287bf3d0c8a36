"""Measured costs → ratios, what was asked of them, and the report in docs/benchmarks.md."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from measure import Cost

COLD, UNCHANGED, EDIT = STEPS = ("cold", "nothing changed", "one edit")
WEB, TEXT = "pixeldigest, web pages and feeds", "pixeldigest, all text formats"
ONE = f"{WEB}, one process"
HUGO, PELICAN = "Hugo", "Pelican"
START = "python -c pass"
RECORDED_FIRST, RECORDED_AGAIN = "recorded, first build", "recorded, again"
PLANNED_FIRST, PLANNED_AGAIN = "unrecorded, first build", "unrecorded, again"
PLANNED_INDEX = "unrecorded, the index is there"
RECORDED_NO_CACHE, PLANNED_NO_CACHE = "recorded, --no-cache", "unrecorded, --no-cache"
# The sizes for which figures are asked.
SIZE, ENTRIES = 3_650, 10_000
# The report is written between these; what stands around them is written by hand.
BEGIN, END = "<!-- Made by `make bench`: -->", "<!-- The end of what `make bench` makes. -->"

Costs = Mapping[str, Mapping[str, Cost]]


class Results(NamedTuple):
    """All that was measured: by the number of issues, by the generator's name, by the step."""

    rounds: Mapping[str, int]
    peers: Mapping[str, Costs]
    extras: Mapping[str, Costs]
    days: Mapping[str, Cost]
    entries: int
    about: Mapping[str, str]


class Asked(NamedTuple):
    """A ratio that pixeldigest shall not exceed; `measured` is None where nothing was measured."""

    what: str
    most: float
    shown: str
    measured: float | None

    @property
    def verdict(self) -> str:
        if self.measured is None:
            return "not measured"
        return "reached" if self.measured <= self.most else "**missed**"


def load(file: Path) -> Results:
    """Read what was measured before."""
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Results({}, {}, {}, {}, 0, {})
    return Results(
        kept["rounds"],
        {size: _costs(found) for size, found in kept["peers"].items()},
        {size: _costs(found) for size, found in kept["extras"].items()},
        {name: Cost(*cost) for name, cost in kept["days"].items()},
        kept["entries"],
        kept["about"],
    )


def _costs(kept: Mapping[str, Mapping[str, list[float]]]) -> Costs:
    return {name: {step: Cost(*cost) for step, cost in steps.items()} for name, steps in kept.items()}


def save(results: Results, file: Path) -> None:
    """Keep what was measured."""
    file.write_text(json.dumps(results._asdict(), indent=1) + "\n", encoding="utf-8")


def asked(peers: Costs, days: Mapping[str, Cost]) -> list[Asked]:
    """Hold the measured ratios against those that were asked for."""

    def beside(
        step: str, name: str, other: str, figure: Callable[[Cost], float] = lambda cost: cost.cpu
    ) -> float | None:
        if name not in peers or other not in peers:
            return None
        return figure(peers[name][step]) / figure(peers[other][step])

    def starts(name: str) -> float | None:
        return days[name].cpu / days[START].cpu if name in days else None

    written = peers[TEXT][UNCHANGED].files if TEXT in peers else None
    return [
        Asked("cold, web pages and feeds / Pelican", 0.85, "0.85", beside(COLD, WEB, PELICAN)),
        Asked("the same, wall time", 0.5, "0.5", beside(COLD, WEB, PELICAN, lambda cost: cost.wall)),
        Asked("cold, web pages and feeds / Hugo", 1.8, "1.8", beside(COLD, WEB, HUGO)),
        Asked("cold, all text formats / Pelican", 1.5, "1.5", beside(COLD, TEXT, PELICAN)),
        Asked("one edit, all text formats / Hugo's rebuild", 1 / 20, "1/20", beside(EDIT, TEXT, HUGO)),
        Asked("nothing changed, all text formats / Hugo's rebuild", 1 / 50, "1/50", beside(UNCHANGED, TEXT, HUGO)),
        Asked("nothing changed: files written", 0, "0", written),
        Asked(f"one recorded day, no cache / `{START}`", 32, "32", starts(RECORDED_NO_CACHE)),
        Asked(f"one recorded day, up to date / `{START}`", 8, "8", starts(RECORDED_AGAIN)),
        Asked(f"one unrecorded day, no cache / `{START}`", 180, "180", starts(PLANNED_NO_CACHE)),
        Asked(f"one unrecorded day, with the index / `{START}`", 25, "25", starts(PLANNED_INDEX)),
        Asked(
            "peak memory, cold, web pages and feeds in one process / Hugo",
            0.12,
            "0.12",
            beside(COLD, ONE, HUGO, lambda cost: cost.largest),
        ),
    ]


def write_report(file: Path, results: Results) -> None:
    """Write the figures into the report, and leave what stands around them."""
    text = file.read_text(encoding="utf-8") if file.exists() else f"# Benchmarks\n\n{BEGIN}\n{END}\n"
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    made = "\n".join(report(results))
    file.write_text(f"{before}{BEGIN}\n\n{made}\n\n{END}{after}", encoding="utf-8")


def report(results: Results) -> Iterator[str]:
    """Write ratios first, which say something of any machine, and seconds last."""
    sizes = sorted(results.peers, key=int)
    yield "## Asked and measured\n"
    if sizes:
        size = sizes[-1]
        yield f"Ratios of CPU seconds where nothing else is said, with {_count(size)} recorded issues."
        if int(size) < SIZE:
            yield f"They are asked for with {SIZE:,}, which were not measured this time."
        if results.days:
            yield f"Single days are built in a library of {results.entries:,} entries."
        if results.days and results.entries < ENTRIES:
            yield f"They are asked for with {ENTRIES:,}, which were not measured this time."
        yield ""
        yield from _asked_table(asked(results.peers[size], results.days))
    yield "\n## Ratios\n"
    yield "CPU seconds, wall time and peak memory (of all processes) as multiples of Hugo's in the same step.\n"
    for size in sizes:
        yield f"### {_count(size)} issues\n"
        yield from _ratio_table(results.peers[size])
        yield ""
    if results.days:
        yield f"### One day in a library of {results.entries:,} entries, {_medians(results, 'days')}\n"
        yield f"CPU and wall time as multiples of `{START}`.\n"
        yield from _day_table(results.days)
    yield "\n## Measured\n"
    yield from (f"- {name}: {value}" for name, value in results.about.items())
    for size in sizes:
        yield f"\n### {_count(size)} issues, {_medians(results, size)}\n"
        yield from _cost_table(results.peers[size])
    for size, found in results.extras.items():
        yield f"\n### What the extras add, {_count(size)} issues, {_medians(results, 'extras')}\n"
        yield from _cost_table(found)


def report_beside(results: Results, size: str, found: Costs) -> Iterator[str]:
    """Hold new figures of pixeldigest against those of the peers that were measured before."""
    yield from _asked_table(asked({**results.peers.get(size, {}), **found}, results.days))


def _asked_table(rows: Iterable[Asked]) -> Iterator[str]:
    yield "| | at most | measured | asked / measured |"
    yield "| --- | --- | --- | --- |"
    for row in rows:
        yield f"| {row.what} | {row.shown} | {_ratio(row.measured)} | {row.verdict} |"


def _ratio_table(found: Costs) -> Iterator[str]:
    yield f"| | {' | '.join(f'{step}: CPU | wall | memory' for step in STEPS)} |"
    yield "| --- |" + " --- |" * (3 * len(STEPS))
    for name, steps in found.items():
        figures: list[float | None] = []
        for step in STEPS:
            cost, other = steps.get(step), found[HUGO][step]
            ratios = (cost.cpu / other.cpu, cost.wall / other.wall, cost.whole / other.whole) if cost else (None,) * 3
            figures += ratios
        yield f"| {name} | {' | '.join(map(_ratio, figures))} |"


def _day_table(days: Mapping[str, Cost]) -> Iterator[str]:
    yield "| | CPU | wall | CPU ms | MiB | files written |"
    yield "| --- | --- | --- | --- | --- | --- |"
    start = days[START]
    for name, cost in days.items():
        ratios = f"{_ratio(cost.cpu / start.cpu)} | {_ratio(cost.wall / start.wall)}"
        yield f"| {name} | {ratios} | {1000 * cost.cpu:.0f} | {_mib(cost.largest)} | {cost.files:.0f} |"


def _cost_table(found: Costs) -> Iterator[str]:
    yield "| | step | CPU s | wall s | MiB, largest process | MiB, all processes | files written |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for name, steps in found.items():
        for step, cost in steps.items():
            memory = f"{_mib(cost.largest)} | {_mib(cost.whole)}"
            yield f"| {name} | {step} | {cost.cpu:.2f} | {cost.wall:.2f} | {memory} | {cost.files:,.0f} |"


def _ratio(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.0f}" if value >= 100 or value == 0 else f"{value:.2g}" if value < 1 else f"{value:.1f}"


def _mib(size: float) -> str:
    return f"{size / 2**20:,.0f}"


def _count(size: str) -> str:
    return f"{int(size):,}"


def _medians(results: Results, part: str) -> str:
    count = results.rounds.get(part, 1)
    return "one round" if count == 1 else f"medians of {count} rounds"
