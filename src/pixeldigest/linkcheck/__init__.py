"""Whether what readers can follow out of the newsletter leads anywhere: `check --links`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import urlsplit

from pixeldigest import __version__
from pixeldigest.cache import Cache
from pixeldigest.check.finding import Finding
from pixeldigest.diagnostics import Severity
from pixeldigest.library import Library
from pixeldigest.linkcheck.addresses import Spot, find_addresses
from pixeldigest.linkcheck.answer import Answer, Note, Verdict

__all__ = ["JUDGEMENTS", "Answer", "LinkCheck", "LinkRun", "check_links_out", "name_agent"]

# How long an address that was found is believed to be there; others are asked again each time.
BELIEVED = 7 * 24 * 3600

# Told how many addresses were asked so far, and how many there are to ask.
Watch = Callable[[int, int], None]
# Asks for addresses; it is handed in, as the library that it takes is large and may be missing.
Ask = Callable[[Iterable[str], Note], None]


class LinkRun(NamedTuple):
    """One run: what is kept between runs, the clock, who asks, and the answers heard so far, to which new ones come.

    Who checks several times in a run hands in the same answers, so that nobody is asked twice.
    """

    cache: Cache
    now: datetime
    ask: Ask
    heard: dict[str, Answer]
    watch: Watch = lambda *_: None


class LinkCheck(NamedTuple):
    """What is wrong with the addresses, how many were asked in this run, and how many are known from earlier ones.

    `offline` says that no host could be found at all, which tells something of this machine and nothing of them.
    """

    findings: tuple[Finding, ...]
    asked: int
    remembered: int
    offline: bool = False

    @property
    def told(self) -> str:
        """Sum it up."""
        if self.offline:
            return "no address could be asked: no host is found from here; check the network, and run the command again"
        return f"addresses that lead out: {self.asked} asked, {self.remembered} known from the last week"


def check_links_out(library: Library, run: LinkRun) -> LinkCheck:
    """Ask every address that readers can follow once, but for those that were there in the last days."""
    spots = find_addresses(library, run.cache)
    urls = [*dict.fromkeys(spot.url for spot in spots)]
    kept = _recall(run, urls)
    _ask(run, kept, [url for url in urls if url not in kept and url not in run.heard])
    answers = {url: run.heard.get(url) or kept[url][1] for url in urls}
    asked = sum(url in run.heard for url in urls)
    offline = _is_offline(run, kept)
    judged = [spot for spot in spots if not (offline and answers[spot.url].verdict in _UNFOUND)]
    findings = (finding for spot in judged if (finding := _judge(spot, answers[spot.url])))
    return LinkCheck(tuple(findings), asked, len(urls) - asked, offline)


def name_agent(publisher: str) -> str:
    """Say who asks, and where those who are asked can complain."""
    return f"pixeldigest/{__version__}" + (f" (+{publisher})" if publisher.isascii() else "")


# When each address was asked, and its answer.
Kept = Mapping[str, tuple[float, Answer]]


def _recall(run: LinkRun, urls: Iterable[str]) -> Kept:
    """Recall the addresses that were there in the last days."""
    kept = run.cache.load("links") or {}
    found = {url: kept[url] for url in urls if url in kept}
    return {url: (at, Answer(*one)) for url, (at, one) in found.items() if 0 <= run.now.timestamp() - at < BELIEVED}


def _ask(run: LinkRun, kept: Kept, urls: Sequence[str]) -> None:
    """Ask for addresses, and keep those that are there, also where this is broken off."""
    asked: dict[str, Answer] = {}

    def note(url: str, answer: Answer) -> None:
        asked[url] = answer
        run.watch(len(asked), len(urls))

    try:
        run.ask(urls, note)
    finally:
        there = {url: (run.now.timestamp(), one) for url, one in asked.items() if one.verdict in ("fine", "moved")}
        run.cache.save("links", {url: (at, tuple(one)) for url, (at, one) in {**kept, **there}.items()})
    run.heard.update(asked)


def _is_offline(run: LinkRun, kept: Kept) -> bool:
    """Tell whether no host can be found; where all that were asked are new, one that was there before is asked."""
    verdicts = {one.verdict for one in run.heard.values()} - {"private"}
    if not verdicts or not verdicts <= _UNFOUND:
        return False
    heard: dict[str, Answer] = {}
    run.ask([*kept][:1], heard.__setitem__)
    return all(one.verdict in _UNFOUND for one in heard.values())


# Verdicts that may be this machine's fault.
_UNFOUND = frozenset(("lost", "unknown"))


def _judge(spot: Spot, answer: Answer) -> Finding | None:
    """Say what is wrong with an address, if anything."""
    if answer.verdict == "fine":
        return None
    rule, told, hint = JUDGEMENTS[answer.verdict]
    message = f"'{spot.url}' {told.format(answer.target or answer.told)}"
    fix = ((spot.offset, spot.url, answer.target),) if _can_be_written(spot.url, answer.target) else ()
    severity: Severity = "error" if rule == "dead-link" else "warning"
    return Finding(rule, message, hint, spot.file, spot.keys, spot.offset, len(spot.url), severity, fix=fix)


# What is said of an address, and the way out.
JUDGEMENTS: Mapping[Verdict, tuple[str, str, str]] = MappingProxyType(
    {
        "moved": ("moved-link", "has moved for good to '{}'", "write the new address, if it still says the same"),
        "anchor": ("missing-anchor", "{}", "look for its new name there, or leave '#…' out"),
        "gone": ("dead-link", "is gone: it {}", "link to another page, or take the link out"),
        "lost": ("dead-link", "{}", "check its spelling, or take the link out"),
        "barred": ("unsure-link", "tells nothing: it {}", "open it in a browser to see for yourself"),
        "silent": ("unsure-link", "{}", "try again later, or open it in a browser"),
        "unknown": ("unsure-link", "{}", "try again later, or check its spelling"),
        "private": (
            "private-link",
            "leads to '{}', which lies in a private network, and was not asked",
            "link to what all readers can reach, or ask it with '--links all'",
        ),
    }
)

# What stands for itself in Markdown, in YAML and in a table, whatever is around it.
_PLAIN = re.compile(r"https?://[A-Za-z0-9._~:/?#@!&+=%-]*[A-Za-z0-9_/=]")


def _can_be_written(url: str, target: str) -> bool:
    """Tell whether a new address can take the place of the old one beyond doubt.

    One that leads from a page to a home page mostly means that the page is gone, and one without TLS is no better.
    """
    home = urlsplit(target).path in ("", "/") and urlsplit(url).path not in ("", "/")
    unsafe = url.startswith("https:") and not target.startswith("https:")
    return bool(_PLAIN.fullmatch(target)) and not home and not unsafe
