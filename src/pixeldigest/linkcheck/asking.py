"""Ask for addresses, many at a time and politely, and say what came of it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Sequence
from email.utils import parsedate_to_datetime
from html import unescape
from typing import NamedTuple
from urllib.parse import unquote

import httpx

from pixeldigest.linkcheck.answer import Answer, Note
from pixeldigest.linkcheck.guard import GuardedTransport, LookUp, PrivateAddressError, UnknownHostError, look_up

MAX_REDIRECTS = 10
MAX_PAGE = 2_000_000
# A page with fewer ids makes its places by scripts, which are not run.
MIN_IDS = 5
_PERMANENT = (301, 308)
_GONE = (404, 410)
_BUSY = (429, 503)
# How many pages of a host may stay without an answer before no more are asked for.
_MAX_SILENT = 2


class Manners(NamedTuple):
    """How addresses are asked; times are in seconds.

    `pause` lies between two questions to one host, `moment` is the wait for a busy host that does not say for how
    long, and `patience` the longest wait that one can ask for.
    """

    agent: str = "pixeldigest"
    at_once: int = 8
    pause: float = 0.5
    moment: float = 2
    timeout: float = 20
    patience: float = 30
    tries: int = 3
    private: bool = False
    look_up: LookUp = look_up


def ask_all(urls: Iterable[str], note: Note, manners: Manners) -> None:
    """Ask for addresses, those of one host one after the other, and note each answer when it is there."""
    asyncio.run(_ask_all(urls, note, manners))


async def _ask_all(urls: Iterable[str], note: Note, manners: Manners) -> None:
    hosts: dict[str, list[str]] = {}
    for url in urls:
        hosts.setdefault(url.split("/")[2].lower(), []).append(url)
    slots = asyncio.Semaphore(manners.at_once)
    # Compressed pages could be far larger than they look.
    headers = {"User-Agent": manners.agent, "Accept": "*/*", "Accept-Encoding": "identity", "Connection": "close"}
    transport = GuardedTransport(manners.look_up, private=manners.private)
    async with (
        httpx.AsyncClient(
            transport=transport,
            headers=headers,
            timeout=httpx.Timeout(manners.timeout, connect=manners.timeout / 2),
            follow_redirects=True,
            max_redirects=MAX_REDIRECTS,
        ) as client,
        asyncio.TaskGroup() as tasks,
    ):
        for of_host in hosts.values():
            tasks.create_task(_ask_host(of_host, _Asker(client, slots, manners), note))


async def _ask_host(urls: Sequence[str], asker: _Asker, note: Note) -> None:
    """Ask one host, until it is known what it would answer to the rest."""
    answer, silent = Answer("fine"), 0
    for number, url in enumerate(urls):
        if not answer.of_host and silent < _MAX_SILENT:
            if number:
                await asyncio.sleep(asker.manners.pause)
            answer = await asker.ask_patiently(url)
            silent = silent + 1 if answer.verdict == "silent" else 0
        note(url, answer)


class _Asker(NamedTuple):
    """What asking needs."""

    client: httpx.AsyncClient
    slots: asyncio.Semaphore
    manners: Manners

    async def ask_patiently(self, url: str) -> Answer:
        """Ask, and ask again after a while where the host says that it is busy."""
        for number in range(1, self.manners.tries + 1):
            async with self.slots:
                answer = await self._ask(url)
            if not answer.wait or number == self.manners.tries:
                return answer
            if answer.wait > self.manners.patience:
                return answer._replace(of_host=True)
            await asyncio.sleep(answer.wait)
        return answer

    async def _ask(self, url: str) -> Answer:
        """Ask for the head of a page alone; for the page where that does not do, or where a place in it is meant."""
        anchor = _anchor(url)
        if not anchor:
            answer = await self._send("HEAD", url, "")
            if answer.verdict in ("fine", "moved") or answer.wait or answer.of_host:
                return answer
        return await self._send("GET", url, anchor)

    async def _send(self, method: str, url: str, anchor: str) -> Answer:
        try:
            async with asyncio.timeout(self.manners.timeout), self.client.stream(method, url) as response:
                answer = _judge(url, response, self.manners.moment)
                if anchor and answer.verdict in ("fine", "moved") and not await _has_anchor(response, anchor):
                    return Answer("anchor", f"has no place '#{anchor}'")
                return answer
        except PrivateAddressError as error:
            return Answer("private", error.host, of_host=error.host == httpx.URL(url).raw_host.decode())
        except UnknownHostError as error:
            told = "has no address" if error.settled else "could not be looked up"
            own = error.host == httpx.URL(url).raw_host.decode()
            return Answer("lost" if error.settled else "unknown", f"leads to '{error.host}', which {told}", of_host=own)
        except (TimeoutError, httpx.TimeoutException):
            return Answer("silent", f"does not answer within {self.manners.timeout:g} s")
        except httpx.TooManyRedirects:
            return Answer("silent", f"leads on more than {MAX_REDIRECTS} times")
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            return Answer("silent", _failure(error))


def _judge(url: str, response: httpx.Response, moment: float) -> Answer:
    status = response.status_code
    told = f"answers {status} {response.reason_phrase}".rstrip()
    if status in _GONE:
        return Answer("gone", told)
    if status in _BUSY:
        return Answer("barred", told, wait=_wait(response.headers, moment))
    if not response.is_success:
        return Answer("barred", told)
    chain = (*response.history, response)
    permanent = next(n for n, one in enumerate(chain) if one.status_code not in _PERMANENT)
    return Answer("moved", target=_target(url, chain[permanent].url)) if permanent else Answer("fine")


def _target(url: str, found: httpx.URL) -> str:
    """Name the address to which another leads; the place in the page stays the same where it names no other."""
    fragment = url.partition("#")[2]
    return str(found) if found.fragment or not fragment else f"{found}#{fragment}"


def _wait(headers: httpx.Headers, moment: float) -> float:
    """Tell how long a busy host wants to be left alone; a moment where it does not say."""
    after = headers.get("Retry-After", "").strip()
    if after.isdecimal():
        return max(0.1, float(after[:9]))
    try:
        until, now = (parsedate_to_datetime(one) for one in (after, headers.get("Date", "")))
        return max(0.1, (until - now).total_seconds())
    except (TypeError, ValueError):
        return moment


def _anchor(url: str) -> str:
    """Name the place in a page that an address means; what only scripts understand is none."""
    fragment = unquote(url.partition("#")[2])
    return fragment if re.fullmatch(r"[^\W_][^\s=/:~!&?]*", fragment) else ""


_IDS = re.compile(r"""\s(?:id|name)\s*=\s*(?:"([^"<>]*)"|'([^'<>]*)'|([^\s"'<>]+))""", re.IGNORECASE)


async def _has_anchor(response: httpx.Response, anchor: str) -> bool:
    """Tell whether a page has a place of this name; yes where that cannot be told."""
    if not response.headers.get("Content-Type", "").startswith(("text/html", "application/xhtml")):
        return True
    if "Content-Encoding" in response.headers:
        return True
    page = bytearray()
    async for chunk in response.aiter_raw():
        page += chunk
        if len(page) > MAX_PAGE:
            return True
    ids = {unescape(one or two or three) for one, two, three in _IDS.findall(page.decode("utf-8", "replace"))}
    return len(ids) < MIN_IDS or not ids.isdisjoint((anchor, f"user-content-{anchor}"))


def _failure(error: Exception) -> str:
    """Say why there is no answer."""
    words = str(error)
    if "CERTIFICATE_VERIFY_FAILED" in words:
        reason = re.search(r"certificate verify failed: ([^(]*)", words)
        return f"has a certificate that is not trusted: {reason[1].strip()}" if reason else "has a bad certificate"
    if isinstance(error, httpx.ConnectError):
        return "cannot be connected to"
    if isinstance(error, httpx.RemoteProtocolError | httpx.ReadError):
        return "ends the connection without an answer"
    if isinstance(error, httpx.UnsupportedProtocol | httpx.InvalidURL):
        return "leads to something that is no web address"
    return "gives no answer that could be read"
