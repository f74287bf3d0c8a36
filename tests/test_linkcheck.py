"""Addresses that lead out are asked once, politely, and never where content must not lead: against a real server."""

from __future__ import annotations

import re
import signal
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from conftest import run_command
from linkserver import LinkServer, serve_links
from pixeldigest import __version__
from pixeldigest.cache import NO_CACHE, Cache, cache_of
from pixeldigest.check import place_findings
from pixeldigest.diagnostics import format_diagnostic
from pixeldigest.linkcheck import JUDGEMENTS, LinkCheck, LinkRun, check_links_out
from pixeldigest.linkcheck.answer import Answer
from pixeldigest.linkcheck.asking import Manners, ask_all
from pixeldigest.loading import load_library
from pixeldigest.netguard import may_ask
from pixeldigest.rulebook import read_rulebook
from test_rules import lay_over

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
TOPIC = "content/topics/means.yml"
WRONG = Path(__file__).parent / "data/links.txt"


async def look_up(host: str, _port: int) -> tuple[str, ...]:
    """All hosts of '.test' are this machine, and there are no others."""
    if host == "away.test":
        raise socket.gaierror(socket.EAI_AGAIN, "no name server answers")
    if host.endswith(".test"):
        return ("127.0.0.1",)
    if host[0].isdigit():
        return (host,)
    raise socket.gaierror(socket.EAI_NONAME, "not known")


MANNERS = Manners(agent="pixeldigest/test", pause=0, moment=0.1, timeout=5, private=True, look_up=look_up)


@pytest.fixture
def server() -> Iterator[LinkServer]:
    with serve_links() as running:
        yield running


def ask(*urls: str, manners: Manners = MANNERS) -> dict[str, Answer]:
    answers: dict[str, Answer] = {}
    ask_all(urls, answers.__setitem__, manners)
    return answers


def answer_to(url: str, manners: Manners = MANNERS) -> Answer:
    return ask(url, manners=manners)[url]


@pytest.mark.parametrize(
    ("path", "verdict", "told"),
    [
        ("/fine", "fine", ""),
        ("/no-head", "fine", ""),
        ("/endless", "fine", ""),
        ("/status/404", "gone", "answers 404 Not Found"),
        ("/status/410", "gone", "answers 410 Gone"),
        ("/status/403", "barred", "answers 403 Forbidden"),
        ("/status/500", "barred", "answers 500 Internal Server Error"),
        ("/status/304", "barred", "answers 304 Not Modified"),
        ("/moved/302/fine", "fine", ""),
        ("/moved/301/status/404", "gone", "answers 404 Not Found"),
        ("/circle/1", "silent", "leads on more than 10 times"),
        ("/close", "silent", "ends the connection without an answer"),
        ("/nonsense", "silent", "ends the connection without an answer"),
        ("/page#one", "fine", ""),
        ("/page#two%26a", "fine", ""),
        ("/page#three", "anchor", "has no place '#three'"),
        ("/page#:~:text=three", "fine", ""),
        ("/page#/three", "fine", ""),
        ("/bare#three", "fine", ""),
        ("/paper#three", "fine", ""),
        ("/endless#three", "fine", ""),
    ],
)
def test_answer_is_understood(server: LinkServer, path: str, verdict: str, told: str) -> None:
    answer = answer_to(server.url(path))

    assert (verdict, told) == answer[:2]


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/moved/301/fine", "/fine"),
        ("/moved/308/fine", "/fine"),
        ("/moved/301/308/fine", "/fine"),
        ("/moved/301/302/fine", "/moved/302/fine"),
        ("/moved/301/page#one", "/page#one"),
    ],
)
def test_address_that_moved_for_good_is_told(server: LinkServer, path: str, target: str) -> None:
    assert answer_to(server.url(path)) == Answer("moved", target=server.url(target))


def test_server_that_does_not_answer_is_given_up(server: LinkServer) -> None:
    assert answer_to(server.url("/slow"), MANNERS._replace(timeout=0.2)) == Answer(
        "silent", "does not answer within 0.2 s"
    )


def test_port_without_server_is_told() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]

        assert answer_to(f"http://127.0.0.1:{port}/") == Answer("silent", "cannot be connected to")


def test_host_without_address_is_told() -> None:
    lost = Answer("lost", "leads to 'nowhere.invalid', which has no address", of_host=True)
    unknown = Answer("unknown", "leads to 'away.test', which could not be looked up", of_host=True)

    assert answer_to("http://nowhere.invalid/") == lost
    assert answer_to("http://away.test/") == unknown


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://a.test:x/", "leads to something that is no web address"),
        ("http://a.test\x7f/", "leads to something that is no web address"),
        ("http://xn--.test/", "gives no answer that could be read"),
        ("http://a.test/\ud800", "gives no answer that could be read"),
    ],
)
def test_what_only_looks_like_an_address_is_told(url: str, told: str) -> None:
    assert answer_to(url) == Answer("silent", told)


def test_only_the_head_of_a_page_is_asked_for(server: LinkServer) -> None:
    answer_to(server.url("/fine"))

    assert server.asked == [("HEAD", "127.0.0.1", "/fine", "pixeldigest/test")]


# --- Politeness ---


@pytest.mark.parametrize("after", ["1", "Sat,_21_Nov_2026_12:00:00_GMT", "soon", ""])
def test_busy_host_is_asked_again(server: LinkServer, after: str) -> None:
    answer = answer_to(server.url(f"/busy/{after}"))

    assert Answer("fine") == answer
    assert server.count(f"/busy/{after}") == 2


def test_host_that_wants_to_be_left_alone_is_left_alone(server: LinkServer) -> None:
    first, second, other = server.url("/busy/3600"), server.url("/fine"), server.url("/fine", "other.test")

    answers = ask(first, second, other)

    assert answers[first] == answers[second] == Answer("barred", "answers 429 Too Many Requests", "", 3600, True)
    assert answers[other] == Answer("fine")
    assert server.count("/busy/3600") == server.count("/fine") == 1


def test_host_that_does_not_answer_is_not_asked_for_all_its_pages(server: LinkServer) -> None:
    urls = [server.url(f"/close/{number}") for number in range(5)]

    answers = ask(*urls)

    assert {Answer("silent", "ends the connection without an answer")} == {*answers.values()}
    assert sorted({int(one.path[-1]) for one in server.asked}) == [0, 1]


def test_one_question_at_a_time_to_a_host(server: LinkServer) -> None:
    hosts = [f"host{number}.test" for number in range(6)]

    ask(*(server.url(f"/work/{number}", host) for host in hosts for number in range(3)))

    assert [server.most[host] for host in hosts] == [1] * 6
    assert server.most[""] > 1


def test_only_so_many_questions_at_a_time(server: LinkServer) -> None:
    urls = [server.url("/work", f"host{number}.test") for number in range(9)]

    ask(*urls, manners=MANNERS._replace(at_once=2))

    assert server.most[""] == 2


# --- Networks of somebody's own ---


@pytest.mark.parametrize(
    ("address", "public", "private"),
    [
        ("93.184.216.34", True, True),
        ("2606:2800:220:1::1", True, True),
        ("127.0.0.1", False, True),
        ("10.0.0.1", False, True),
        ("100.64.0.1", False, True),
        ("0.0.0.0", False, True),
        ("::1", False, True),
        ("fd00::1", False, True),
        ("::ffff:127.0.0.1", False, True),
        ("2002:7f00:1::", False, True),
        ("64:ff9b::7f00:1", False, True),
        ("64:ff9b::5db8:d822", True, True),
        ("169.254.169.254", False, False),
        ("::ffff:169.254.169.254", False, False),
        ("fe80::1%1", False, False),
        ("224.0.0.1", False, False),
        ("ff02::1", False, False),
    ],
)
def test_who_may_be_asked(address: str, *, public: bool, private: bool) -> None:
    assert (public, private) == (may_ask(address, private=False), may_ask(address, private=True))


def test_own_network_is_not_asked(server: LinkServer) -> None:
    urls = [server.url("/fine"), server.url("/fine", "inside.test"), server.url("/fine", "2130706433")]

    answers = ask(*urls[:2], manners=MANNERS._replace(private=False))
    numbered = ask(urls[2], manners=Manners())

    assert [Answer("private", "127.0.0.1", of_host=True), Answer("private", "inside.test", of_host=True)] == [
        *answers.values()
    ]
    assert [Answer("private", "2130706433", of_host=True)] == [*numbered.values()]
    assert server.asked == []


def test_nobody_is_led_into_a_network_by_way_of_another_server(server: LinkServer) -> None:
    assert answer_to(server.url("/out/169.254.169.254")) == Answer("private", "169.254.169.254")


# --- In a newsletter ---


@pytest.fixture
def linked(small: Path, server: LinkServer) -> Path:
    """The small newsletter, whose addresses lead to the server, and a topic that gives more of them."""
    for path in (small / "content").rglob("*.yml"):
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("https://example.org", server.url("", "pub.test")), encoding="utf-8")
    return small


def put_text(project: Path, text: str) -> None:
    path = project / TOPIC
    path.write_text(path.read_text(encoding="utf-8") + f"\n  {text}\n", encoding="utf-8")


def check_links(
    project: Path, *, cache: Cache = NO_CACHE, now: datetime = NOW, manners: Manners = MANNERS
) -> LinkCheck:
    library, diagnostics = load_library(project, NO_CACHE)
    assert library
    assert diagnostics == ()
    return check_links_out(library, LinkRun(cache, now, partial(ask_all, manners=manners), {}))


def told(project: Path, checked: LinkCheck) -> str:
    placed = place_findings(project, checked.findings)
    return "".join(f"{format_diagnostic(one)}\n" for one in placed)


def test_each_address_is_asked_once(linked: Path, server: LinkServer) -> None:
    put_text(linked, f"Go <{server.url('/sums', 'pub.test')}>.")

    checked = check_links(linked)

    assert sorted(one.path for one in server.asked) == [
        "/",
        "/?a=1&b=2",
        "/basics",
        "/subscribe?list=small&from=site",
        "/sums",
        "/tool",
    ]
    assert LinkCheck((), asked=6, remembered=0) == checked


def test_what_is_wrong_is_told_where_it_stands(linked: Path, server: LinkServer) -> None:
    put_text(linked, f"See [it]({server.url('/status/404')} 'It').")
    put_text(linked, f"- <{server.url('/moved/301/fine')}>")
    put_text(linked, f"- [it]({server.url('/moved/301/')})")
    put_text(linked, f"- [it]({server.url('/page#three')})")
    put_text(linked, f"- [it]({server.url('/status/403')})")
    put_text(linked, "- [it](http://nowhere.invalid/)")
    put_text(linked, "- [it](http://169.254.169.254/)")
    put_text(linked, f"url: {server.url('/status/410')}")
    path = linked / TOPIC
    path.write_text(path.read_text(encoding="utf-8").replace("\n  url: ", "url: "), encoding="utf-8")

    said = told(linked, check_links(linked)).replace(str(server.port), "12345")

    assert said == WRONG.read_text(encoding="utf-8")


def test_what_is_there_is_remembered_for_a_week(linked: Path, server: LinkServer) -> None:
    put_text(linked, f"See <{server.url('/status/404')}> and <{server.url('/moved/301/fine')}>.")
    cache = cache_of(linked)
    first = check_links(linked, cache=cache)

    again = check_links(linked, cache=cache, now=NOW + timedelta(days=6))
    later = check_links(linked, cache=cache, now=NOW + timedelta(days=8))

    assert [(one.asked, one.remembered) for one in (first, again, later)] == [(8, 0), (1, 7), (8, 0)]
    assert first.findings == again.findings == later.findings


def test_what_is_learned_is_kept_where_asking_is_broken_off(linked: Path, server: LinkServer) -> None:
    cache = cache_of(linked)
    library, _ = load_library(linked, NO_CACHE)
    assert library

    def stop(done: int, _: int) -> None:
        if done == 3:
            signal.raise_signal(signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # what runs in the background ignores it
    try:
        with pytest.raises(KeyboardInterrupt):
            check_links_out(library, LinkRun(cache, NOW, partial(ask_all, manners=MANNERS), {}, stop))
    finally:
        signal.signal(signal.SIGINT, before)

    assert check_links(linked, cache=cache).remembered == 3


def test_machine_without_network_says_nothing_of_hosts(small: Path) -> None:
    assert check_links(small) == LinkCheck((), asked=6, remembered=0, offline=True)


def test_host_that_was_there_before_tells_a_machine_without_network(small: Path, server: LinkServer) -> None:
    cache = cache_of(small)
    put_text(small, f"See <{server.url('/fine')}>.")
    check_links(small, cache=cache)

    checked = check_links(small, cache=cache)

    assert checked[1:] == (6, 1, False)
    assert {"dead-link"} == {one.rule for one in checked.findings}


# --- The command ---


def test_command_asks_mends_and_remembers(small: Path, server: LinkServer) -> None:
    for path in (small / "content").rglob("*.yml"):  # to one address, as each has to wait for the one before
        text = re.sub(r"https://example\.org[\w/?&=]*", server.url("/tool"), path.read_text(encoding="utf-8"))
        path.write_text(text, encoding="utf-8")
    put_text(small, f"See <{server.url('/moved/301/fine')}> and [it]({server.url('/status/404')}).")

    first = run_command(small, "check", "--links", "all", "--fix", "--select", "moved-link,dead-link")
    second = run_command(small, "check", "--links=all", "--select", "dead-link")

    old, new = server.url("/moved/301/fine"), server.url("/fine")
    assert (first.status, second.status) == (1, 1)
    assert first.err.startswith(
        "addresses that lead out: 3 asked, 0 known from the last week\n"
        f"fixed[moved-link] content/topics/means.yml:8: '{old}' is '{new}' now\n"
    )
    assert f"error[dead-link]: '{server.url('/status/404')}' is gone" in first.err
    assert second.err.startswith("addresses that lead out: 1 asked, 2 known from the last week\n")
    assert server.count("/fine") == 2  # where the old address led, and once the new one itself
    assert {one.agent for one in server.asked} == {f"pixeldigest/{__version__} (+{server.url('/tool')})"}


# --- In the rulebook ---

ASKING = {name: rule for name, rule in read_rulebook().rules.items() if rule.option == "--links"}


def test_rulebook_has_the_rules_about_addresses() -> None:
    assert {*ASKING} == {rule for rule, _, _ in JUDGEMENTS.values()}


@pytest.mark.parametrize("name", ASKING)
def test_example_is_told(linked: Path, server: LinkServer, name: str) -> None:
    """The server takes the place of example.org."""
    rule = ASKING[name]
    here = server.url("", "pub.test")

    lay_over(linked, {file: text.replace("https://example.org", here) for file, text in rule.bad.items()})
    bad = told(linked, check_links(linked, manners=MANNERS._replace(private=name != "private-link")))
    lay_over(linked, {file: text.replace("https://example.org", here) for file, text in rule.good.items()})
    good = told(linked, check_links(linked))

    assert rule.says in bad.replace(here, "https://example.org").split("\n")
    assert not good
