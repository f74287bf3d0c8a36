"""How services are asked, and what is said of their answers: over real sockets, with servers of all manners."""

from __future__ import annotations

import contextlib
import gzip
import re
import socket
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from attempts import NOW, Trial
from counterparts.service import Asked, Counterpart, Reply, serve
from pixeldigest.channels.failures import RefusedError, SettingsError, UnavailableError
from pixeldigest.channels.http import Answer, Request, Service, is_missing, json_request, judge, send
from pixeldigest.channels.webhook import Webhook

SECRET = "s3cret-0123456789"


class Echo(Counterpart):
    """Answers what a test wants, or what it was asked."""

    def __init__(self, *replies: Reply) -> None:
        super().__init__()
        self.replies = list(replies)

    def empty(self) -> dict[str, Any]:
        return {}

    def reply(self, asked: Asked) -> Reply:
        return self.replies.pop(0) if self.replies else Reply(200, {"path": asked.path})


def service(**headers: str) -> tuple[Service, list[float]]:
    there = Trial(Webhook(type="webhook", url="https://x.example", key_env="KEY"))
    return Service("x", lambda: headers, there.outside, there.attempt()), there.waited


@contextlib.contextmanager
def answering(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """Answer one connection byte by byte, as no server of the library would."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            connection, _ = server.accept()
            with connection, contextlib.suppress(OSError):
                connection.recv(65536)
                answer(connection)

        thread = threading.Thread(target=accept)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/x?token={SECRET}"
        thread.join()


def failure(url: str, **options: Any) -> str:
    with pytest.raises(UnavailableError) as caught:
        send(Request("GET", url, headers={"Authorization": f"Bearer {SECRET}"}), **options)
    assert SECRET not in caught.value.message
    return caught.value.message


# Answers that do not come


def test_a_service_that_is_not_there_is_told() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/"

        assert failure(url) == "127.0.0.1 cannot be reached: connection refused"


def test_a_name_that_nobody_has_is_told() -> None:
    assert re.fullmatch(r"nobody\.invalid cannot be reached: [a-z ]+", failure("http://nobody.invalid/"))


def test_a_service_that_is_silent_is_told() -> None:
    silent = threading.Event()
    with answering(lambda _: silent.wait(10) and None) as url:
        said = failure(url, timeout=0.05)
        silent.set()

    assert said == "127.0.0.1 cannot be reached: it takes too long to answer"


def test_an_answer_that_does_not_end_is_told() -> None:
    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b"x")
            time.sleep(0.01)

    with answering(drip) as url:
        said = failure(url, longest=0.1)

    assert said == "127.0.0.1 takes too long to answer: what it says does not end"


def test_an_answer_that_is_huge_is_told() -> None:
    bomb = gzip.compress(bytes(21_000_000))
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n\r\n".encode()

    with answering(lambda connection: connection.sendall(head + bomb)) as url:
        assert failure(url) == "127.0.0.1 answers with more than 20 MB"


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (b"", "the connection broke before the answer was whole, or it was no HTTP"),
        (b"\x00\xffwhat?\r\n\r\n", "the connection broke before the answer was whole, or it was no HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", "the connection broke before the answer was whole, or "),
        (
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
            "its answer is packed in a way ",
        ),
    ],
)
def test_an_answer_that_is_none_is_told(sent: bytes, words: str) -> None:
    with answering(lambda connection: connection.sendall(sent)) as url:
        assert failure(url).startswith(f"127.0.0.1 cannot be reached: {words}")


# What a service says


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"error": "no such tag", "status": 422}, " (no such tag)"),
        ({"errors": [{"message": "no", "context": "no title"}]}, " (no title)"),
        ({"errors": [{"message": "no", "context": None}]}, " (no)"),
        ({"errors": {"title": ["is blank"]}}, " (is blank)"),
        ({"error": {"code": 3, "message": "no list"}}, " (no list)"),
        ({"detail": [{"loc": ["body"], "msg": "field required"}]}, " (field required)"),
        ({"detail": "a\n  line\x1b[31m of\u202emany"}, " (a line [31m of many)"),
        ({"message": "x" * 1000}, f" ({'x' * 300})"),
        ({"posts": ["no words of an error"]}, ""),
        ("<h1>Bad Gateway</h1>", ""),
        ([], ""),
        ("[" * 100_000, ""),
    ],
)
def test_what_is_wrong_is_found_in_what_services_say(data: Any, words: str) -> None:
    with serve(Echo(Reply(422, data))) as server, pytest.raises(RefusedError) as caught:
        service()[0].ask(Request("GET", server.url))

    assert caught.value.message == f"127.0.0.1 answers 422 to GET{words}"


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (400, RefusedError, ""),
        (404, RefusedError, ""),
        (401, SettingsError, "; check the key, and what it may do"),
        (403, SettingsError, "; check the key, and what it may do"),
        (408, UnavailableError, ""),
        (429, UnavailableError, ""),
        (500, UnavailableError, ""),
        (503, UnavailableError, ""),
        (304, SettingsError, ": it has moved; write the new address into the settings"),
    ],
)
def test_a_status_tells_what_to_do(status: int, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind) as caught:
        judge(Request("POST", "https://api.example.org/x"), Answer(status, b"", {}))

    assert str(caught.value) == f"api.example.org answers {status} to POST{words}"


def test_what_is_no_failure_to_who_asks_is_an_answer() -> None:
    with serve(Echo(Reply(404))) as server:
        assert is_missing(service()[0].ask(Request("GET", server.url), also=is_missing))


@pytest.mark.parametrize(
    "headers",
    [
        {"api-key": SECRET},
        {"Authorization": f"Bearer {SECRET}"},
        {"Authorization": f"token user:{SECRET}"},
    ],
)
@pytest.mark.parametrize("form", ["{0}", "the key '{0}' is wrong", "a" * 290 + "{0}", "/?key={0}"])
def test_a_secret_that_a_service_repeats_is_hidden(headers: dict[str, str], form: str) -> None:
    with serve(Echo(Reply(401, {"error": form.format(SECRET)}))) as server, pytest.raises(SettingsError) as caught:
        service(**headers)[0].ask(Request("GET", server.url))

    assert SECRET[:8] not in "".join(traceback.format_exception(caught.value))


def test_no_secret_stands_in_a_repr() -> None:
    request = Request("GET", f"https://user:{SECRET}@x.example/a?key={SECRET}", b"{}", {"api-key": SECRET})

    assert repr(request) == "Request(GET https://x.example/a)"
    assert repr(Answer(200, SECRET.encode(), {"cookie": SECRET})) == "Answer(200)"


# Where it leads


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_nothing_is_followed(status: int) -> None:
    elsewhere = Echo()
    with serve(elsewhere) as other:
        moved = Reply(status, None, {"Location": f"{other.url}/new?key={SECRET}"})
        with serve(Echo(moved)) as server, pytest.raises(SettingsError) as caught:
            service(**{"api-key": SECRET})[0].change(json_request("POST", server.url, {}))

        assert caught.value.message == (
            f"127.0.0.1 answers {status} to POST and leads to '{other.url}/new': it has moved; write the new address "
            "into the settings"
        )
    assert elsewhere.asked == []


@pytest.mark.parametrize("url", ["http://[::1", "http:///x", "gopher://x.example/", "x", "http://x.example:99999/"])
def test_what_is_no_address_is_told(url: str) -> None:
    with pytest.raises(SettingsError, match=r"^'GET .*' is not an address that can be asked$"):
        send(Request("GET", url))


@pytest.mark.parametrize("value", ["two\r\nX-Lines: 1", "naïve", "\x00"])
def test_a_header_that_cannot_be_sent_is_named_and_not_shown(value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        send(Request("GET", "http://127.0.0.1:9/", headers={"api-key": value}))

    assert caught.value.message == "the header 'api-key' cannot be sent to 127.0.0.1: it is not one line of ASCII"


# Proxies


def test_a_proxy_is_asked_for_other_machines_and_not_for_this_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(Echo()) as proxy, serve(Echo()) as here:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.setenv(name, "")

        send(Request("GET", f"{here.url}/here"))
        send(Request("GET", f"{here.url.replace('127.0.0.1', 'localhost')}/here"))
        send(Request("GET", "http://service.invalid/there"))

    assert [one.path for one in here.asked] == ["/here", "/here"]
    assert [one.path for one in proxy.asked] == ["/there"]


@pytest.mark.parametrize("proxy", [f"gopher://me:{SECRET}@x.example", f"socks5://me:{SECRET}@x.example:1"])
def test_a_proxy_that_cannot_be_used_is_told_without_its_password(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, proxy)

    with pytest.raises(SettingsError) as caught:
        send(Request("GET", "http://service.invalid/"))

    assert caught.value.message == (
        "the proxy that the environment names cannot be used; see to HTTPS_PROXY, HTTP_PROXY and ALL_PROXY"
    )


# Waiting


@pytest.mark.parametrize(
    ("asked", "waited"),
    [
        ("7", 7.0),
        ("0", 1.0),
        ("Sat, 21 Nov 2026 12:00:09 GMT", 9.0),
        ("Sat, 21 Nov 2026 11:00:00 GMT", 1.0),
        ("soon", 1.0),
        ("Sat, 21 Nov 99999 12:00:00 GMT", 1.0),
    ],
)
def test_a_short_wait_is_waited_for(asked: str, waited: float) -> None:
    with serve(Echo(Reply(429, None, {"Retry-After": asked}))) as server:
        client, waits = service()

        assert client.ask(Request("GET", f"{server.url}/x")).data == {"path": "/x"}

    assert NOW.isoformat() == "2026-11-21T12:00:00+00:00"
    assert waits == [waited]


@pytest.mark.parametrize(
    ("asked", "waits"), [(["31"], []), (["2"] * 4, [2.0, 2.0, 2.0]), (["5", "3600"], [5.0]), (["9" * 400], [])]
)
def test_a_long_wait_is_left_to_the_next_run(asked: list[str], waits: list[float]) -> None:
    with serve(Echo(*(Reply(429, None, {"Retry-After": one}) for one in asked))) as server:
        client, waited = service()
        with pytest.raises(UnavailableError):
            client.ask(Request("GET", server.url))

    assert waited == waits


def test_nothing_is_changed_without_an_attempt() -> None:
    there = Trial(Webhook(type="webhook", url="https://x.example", key_env="KEY"), KEY=SECRET)
    with pytest.raises(TypeError):
        Service("x", dict, there.outside).change(Request("POST", "https://x.example"))
