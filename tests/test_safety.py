"""Payloads in every place of a newsletter: what is refused is told, what is admitted comes to nothing in every format.

They stand in tests/data/payloads.txt. One check tells in which places they are admitted; then each has an issue.
"""

from __future__ import annotations

import itertools
import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple
from xml.etree import ElementTree as ET

import feedparser
import pytest
import yaml
from click.testing import CliRunner
from playwright.sync_api import Browser, Page, Request

from conftest import NEWSLETTERS, REPOSITORY
from forem.oracle import run_oracle
from forked import run_forked
from pixeldigest.cli import cli
from pixeldigest.markup.forem import kept_title
from pixeldigest.markup.parse import parse_body
from pixeldigest.yamltree import Block
from strategies import MONDAY, Plain, newsletter, write_project
from test_differential import assert_same_everywhere

PAYLOADS_FILE = Path(__file__).parent / "data" / "payloads.txt"
EVERYWHERE = ("text", "markdown", "words", "code")
ATOM = "{http://www.w3.org/2005/Atom}"
SITE_URL = "https://daily.example.org/"
# A feed holds fourteen issues.
IN_A_FEED = 14


class Payload(NamedTuple):
    """Something that must come to nothing, and the kinds of place that it is meant for."""

    name: str
    kinds: tuple[str, ...]
    text: str


def read_payloads() -> tuple[Payload, ...]:
    _, *blocks = PAYLOADS_FILE.read_text(encoding="utf-8").split("\n\n")
    found = []
    for line in "\n".join(blocks).splitlines():
        name, kinds, text = line.split(" | ", 2)
        spelled = kinds.replace("everywhere", " ".join(EVERYWHERE)).split()
        found.append(Payload(name, tuple(spelled), json.loads(text)))
    return tuple(found)


PAYLOADS = read_payloads()


def in_body(before: str, after: str = "") -> Callable[[str], dict[str, Any]]:
    return lambda text: {"body": Block(f"Words before.\n\n{before}{text}{after}\n\nWords after.\n")}


def in_quiz(text: str) -> dict[str, Any]:
    question = {"id": "q", "question": text, "choices": [text, "no"], "answer": text.strip(), "explanation": text}
    return {"quiz": [question]}


# The places of entries, by the kind of payload: each makes the fields that hold it.
PLACES: Mapping[str, Mapping[str, Callable[[str], dict[str, Any]]]] = MappingProxyType(
    {
        "text": {
            "title": lambda text: {"title": text},
            "summary": lambda text: {"summary": text},
            "reading": lambda text: {"reading": [{"title": text, "url": "https://example.org/"}]},
        },
        "markdown": {
            "body": in_body(""),
            "heading": in_body("## "),
            "cell": in_body("| a | b |\n|---|---|\n| c | ", " |"),
            "item": in_body("- "),
            "exercise": lambda text: {"exercise": Block(f"{text}\n")},
            "question": in_quiz,
            "note": lambda text: {"reading": [{"title": "A", "url": "https://example.org/", "note": text}]},
            "correction": lambda text: {"corrections": [{"date": "2026-11-02", "text": text}]},
        },
        "words": {
            "alt": in_body("![", "](images/bars.svg)"),
            "link-words": in_body("[", "](https://example.org/)"),
            "link-title": in_body('[a](https://example.org/ "', '")'),
        },
        "code": {"fence": in_body("~~~~html\n", "\n~~~~"), "code-span": in_body("The code `` ", " `` ends.")},
        "language": {"language": in_body("~~~", "\nx\n~~~")},
        "formula": {"formula": in_body("The formula $", "$ ends."), "display": in_body("$$\n", "\n$$")},
        "address": {
            "link": in_body("[a](", ")"),
            "bracketed-link": in_body("[a](<", ">)"),
            "autolink": in_body("<", ">"),
            "reference": in_body("[a][b]\n\n[b]: "),
            "image": in_body("![a](", ")"),
            "url": lambda text: {"url": text},
            "reading-url": lambda text: {"reading": [{"title": "A", "url": text}]},
        },
    }
)  # fmt: skip


class Admitted(NamedTuple):
    """A payload, and the fields of the places where it is admitted, by the place's name."""

    payload: Payload
    fields: Mapping[str, dict[str, Any]]


@pytest.fixture(scope="session")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Put every payload into every place of its kinds, each in a topic of its own, and check them all."""
    topics = {f"{place}-{number}": fields for number, _ in enumerate(PAYLOADS) for place, fields in places(number)}
    project = with_image(write_project(newsletter(topics=topics), tmp_path_factory.mktemp("check")))

    run = run_forked(project, "check", "--output-format", "json")

    assert (run.status, run.err) == (1, "")
    return json.loads(run.out)


def places(number: int) -> Iterator[tuple[str, dict[str, Any]]]:
    _, kinds, text = PAYLOADS[number]
    return ((place, make(text)) for kind in kinds for place, make in PLACES.get(kind, {}).items())


@pytest.fixture(scope="session")
def admitted(verdicts: list[dict[str, Any]]) -> list[Admitted]:
    refused = {Path(one["path"]).stem for one in verdicts if one["severity"] == "error"}
    return [
        Admitted(payload, {place: fields for place, fields in places(number) if f"{place}-{number}" not in refused})
        for number, payload in enumerate(PAYLOADS)
    ]


def with_image(project: Path) -> Path:
    (project / "content/images").mkdir()
    (project / "content/images/bars.svg").write_bytes((NEWSLETTERS / "small/content/images/bars.svg").read_bytes())
    return project


def test_there_are_many_different_payloads() -> None:
    assert len(PAYLOADS) >= 80
    assert len({payload.name for payload in PAYLOADS}) == len({payload.text for payload in PAYLOADS}) == len(PAYLOADS)


def test_what_is_refused_is_told_with_its_place_and_a_way_out(verdicts: list[dict[str, Any]]) -> None:
    for one in verdicts:
        assert one["path"].startswith("content/")
        assert one["line"] >= 1
        assert one["message"]
        assert one["hint"]


def test_no_address_is_admitted_whose_scheme_is_not_safe(admitted: list[Admitted]) -> None:
    """Where the mark-up makes no link of them, they are words."""
    links = {"link", "bracketed-link", "reference", "image", "url", "reading-url"}
    unsafe = [one.payload.text for one in admitted if "address" in one.payload.kinds and one.fields.keys() & links]

    assert [text for text in unsafe if not re.match("https://|mailto:", text)] == ["java\tscript:alert(1)"]


def test_bodies_say_the_same_in_every_format(admitted: list[Admitted]) -> None:
    for one in admitted:
        for fields in one.fields.values():
            if "body" in fields:
                assert_same_everywhere(parse_body(re.sub("\r\n?", "\n", fields["body"])))


# --- An issue for each ---


class Planted(NamedTuple):
    """A built newsletter, and the payload of each day."""

    output: Path
    said: str
    days: Mapping[str, Admitted]


NEWSLETTERS_OF_PAYLOADS = 9


@pytest.fixture(scope="module", params=range(NEWSLETTERS_OF_PAYLOADS))
def planted(
    request: pytest.FixtureRequest, admitted: list[Admitted], tmp_path_factory: pytest.TempPathFactory
) -> Planted:
    """Build a newsletter with an issue for each of some payloads, which holds it wherever it is admitted."""
    some = [one for one in admitted if one.fields][request.param :: NEWSLETTERS_OF_PAYLOADS]
    assert 0 < len(some) <= IN_A_FEED
    days = {(MONDAY + timedelta(days=number)).isoformat(): one for number, one in enumerate(some)}
    project = with_image(write_project(_plant(days), tmp_path_factory.mktemp("build")))

    run = run_forked(project, "build", now=f"{max(days)}T12:00")

    assert run.status in (0, 1), run.err
    assert "Traceback" not in run.err
    return Planted(project / "output", run.err, days)


def _plant(days: Mapping[str, Admitted]) -> Plain:
    names = [f"payload-{number}" for number in range(len(days))]
    of_names = dict(zip(names, days.values(), strict=True))
    title = itertools.cycle([_title(one) for one in days.values() if not re.search(r"{{|}}|{%|://", _title(one))])
    plain = newsletter(
        topics={name: _merge(one) for name, one in of_names.items()},
        problems={name: _problem(one) for name, one in of_names.items()},
        courses={"all": " | ".join(names)},
        sections=({"kind": "topic", "heading": next(title)}, {"kind": "problem", "heading": next(title)}),
        pins={day: _pin(name, one) for name, (day, one) in zip(names, days.items(), strict=True)},
    )
    settings = {
        **plain.settings,
        "title": next(title),
        "tagline": next(title),
        "publisher": {"name": next(title), "url": "https://example.org", "about": next(title)},
        "calls_to_action": {"topic": next(title), "problem": next(title)},
        "issue": {"series": next(title), "tags": ["one", "two"]},
        "mail": {"from": "Daily <daily@example.org>", "postal_address": next(title)},
    }
    outline = plain.courses["all"]
    chapters = [
        {**chapter, "title": _title(one)} for chapter, one in zip(outline["chapters"], days.values(), strict=True)
    ]
    courses = {"all": {**outline, "title": next(title), "label": next(title), "chapters": chapters}}
    return plain._replace(settings=settings, courses=courses)


def _title(one: Admitted) -> str:
    return one.payload.text if "title" in one.fields else "A title"


def _merge(one: Admitted) -> dict[str, Any]:
    """Make one topic of all places."""
    merged = {key: value for fields in one.fields.values() for key, value in fields.items()}
    bodies = [fields["body"] for fields in one.fields.values() if "body" in fields]
    return {**merged, "body": Block("\n".join(bodies) or "Words.\n")}


def _problem(one: Admitted) -> dict[str, Any]:
    code = Block(f"x = 1\n{one.payload.text if 'fence' in one.fields else ''}\n")
    hints = [one.payload.text] if "note" in one.fields else []
    return {"language": "python", "starter": code, "solution": code, "examples": code, "setup": code, "hints": hints}


def _pin(name: str, one: Admitted) -> dict[str, Any]:
    pin: dict[str, Any] = {"sections": {"topic": name, "problem": name}}
    if "title" in one.fields:
        pin["title"] = one.payload.text
    if "note" in one.fields:
        pin["note"] = Block(f"{one.payload.text}\n")
    return pin


def title_of(planted: Planted, day: str) -> str:
    one = planted.days[day]
    name = f"payload-{list(planted.days).index(day)}"
    return (
        one.payload.text.strip() if "title" in one.fields else f"Title of {name} — Deep Dive + Problem: Title of {name}"
    )


def read_files(planted: Planted, name: str) -> dict[str, str]:
    """Read a file of every issue; where it is missing a diagnostic says why, for some days in one."""
    paths = {day: planted.output / "issues" / day / name for day in planted.days}
    missing = [day for day, path in paths.items() if not path.exists()]

    assert all(f"issues/{day}" in planted.said or "more issue" in planted.said for day in missing)
    return {day: path.read_text(encoding="utf-8") for day, path in paths.items() if path.exists()}


# --- What comes of them ---


def test_posts_have_the_front_matter_that_was_meant(planted: Planted) -> None:
    for day, text in read_files(planted, "post.md").items():
        _, head, _ = re.split(r"^---\n", text, maxsplit=2, flags=re.MULTILINE)
        front_matter = yaml.safe_load(head)

        assert front_matter["title"] == title_of(planted, day)
        assert set(front_matter) == {"title", "date", "description", "canonical_url", "tags", "series"}
        assert front_matter["tags"] == ["one", "two"]


def test_posts_for_dev_to_end_where_they_should(planted: Planted) -> None:
    """Their front matter is what was meant, and Liquid finds nothing in them but our own tags."""
    files = read_files(planted, "devto.md")
    read = run_oracle(files.values())

    assert [post.error for post in read] == [None] * len(files)
    for (day, text), post in zip(files.items(), read, strict=True):
        _, head, body = re.split(r"^---\n", text, maxsplit=2, flags=re.MULTILINE)
        front_matter = yaml.safe_load(head)

        assert front_matter["title"] == kept_title(title_of(planted, day))
        assert front_matter["published"] is False
        assert set(front_matter) == {
            "title",
            "published",
            "description",
            "tags",
            "canonical_url",
            "series",
            "cover_image",
        }
        assert len(re.findall(r"^{% katex|{% katex inline", body, re.MULTILINE)) == len(post.formulas)
        assert "Originally published on" in post.html


def test_data_is_what_was_written(planted: Planted) -> None:
    for day, text in read_files(planted, "issue.json").items():
        assert json.loads(text)["title"] == title_of(planted, day)


def test_plain_text_has_no_control_characters(planted: Planted) -> None:
    for text in read_files(planted, "issue.txt").values():
        assert {char for char in text if unicodedata.category(char) == "Cc"} <= {"\n"}


HEADERS = [
    "From", "To", "Reply-To", "Subject", "Date", "Message-ID", "List-Id", "List-Archive", "Archived-At",
    "Content-Type", "MIME-Version",
]  # fmt: skip


def test_mails_have_the_headers_that_were_meant(planted: Planted) -> None:
    for day in read_files(planted, "mail.eml"):
        message = message_from_bytes((planted.output / "issues" / day / "mail.eml").read_bytes(), policy=default)
        parts = [part.get_content_type() for part in message.walk()]

        assert sorted(message.keys()) == sorted(HEADERS)
        assert [part.defects for part in message.walk()] == [[], [], []]
        assert parts == ["multipart/alternative", "text/plain", "text/html"]
        assert str(message["Subject"]) == title_of(planted, day)
        assert str(message["From"]) == "Daily <daily@example.org>"


def test_feeds_have_the_entries_that_were_meant(planted: Planted) -> None:
    raw = (planted.output / "site/feed.xml").read_bytes()
    titles = [title_of(planted, day) for day in reversed(planted.days)]
    read = feedparser.parse(raw, sanitize_html=False)
    atom = ET.fromstring(raw).findall(f"{ATOM}entry")
    items = json.loads((planted.output / "site/feed.json").read_bytes())["items"]

    assert [entry.findtext(f"{ATOM}title") for entry in atom] == titles
    assert [item["title"] for item in items] == titles
    assert [entry.findtext(f"{ATOM}content") for entry in atom] == [item["content_html"] for item in items]
    assert not read.bozo
    assert len(read.entries) == len(titles)


# --- In the settings ---

SETTINGS: Mapping[str, Callable[[str], dict[str, Any]]] = MappingProxyType(
    {
        "title": lambda text: {"title": text},
        "publisher": lambda text: {"publisher": {"name": text, "url": "https://example.org", "about": text}},
        "postal address": lambda text: {"mail": {"from": "a@example.org", "postal_address": text}},
        "sender": lambda text: {"mail": {"from": text}},
        "name of the sender": lambda text: {"mail": {"from": f"{text} <a@example.org>"}},
        "answers": lambda text: {"mail": {"from": "a@example.org", "reply_to": text}},
        "unsubscribing": lambda text: {"mail": {"from": "a@example.org", "unsubscribe_url": text}},
        "site": lambda text: {"site_url": text},
        "colour": lambda text: {"theme": {"accent": text}},
    }
)


@pytest.mark.parametrize("payload", [one for one in PAYLOADS if "settings" in one.kinds], ids=lambda one: one.name)
def test_settings_break_out_of_no_header(payload: Payload, tmp_path: Path) -> None:
    """They are refused, or the mail has the headers that it has without them."""
    for number, (place, make) in enumerate(SETTINGS.items()):
        plain = newsletter(topics="one", problems="two")
        settings = {**plain.settings, "mail": {"from": "a@example.org"}, **make(payload.text)}
        project = write_project(plain._replace(settings=settings), tmp_path / str(number))

        done = CliRunner().invoke(
            cli, ["--now", "2026-11-02T12:00", "-C", str(project), "build", "--format", "mail"], catch_exceptions=False
        )

        mail = project / "output/issues/2026-11-02/mail.eml"
        if done.exit_code:
            assert re.search(r"^error\[.*\n  --> ", done.stderr, re.MULTILINE), place
        else:
            message = message_from_bytes(mail.read_bytes(), policy=default)
            senders = [one.addr_spec for key in ("From", "Reply-To") for one in message[key].addresses]

            assert sorted(message.keys()) == sorted(HEADERS)
            assert senders == ["a@example.org"] * 2
            assert str(message["Subject"]) == "Title of one — Deep Dive + Problem: Title of two"
            assert message["Message-ID"] == "<2026-11-02.random-daily@daily.example.org>"


# --- In a browser ---

# What scripts would call.
HOOKS = """window.ran = [];
for (const name of ['alert', 'confirm', 'prompt', 'print', 'open'])
    window[name] = (...given) => { window.ran.push(`${name}(${given})`); };"""
# What pages have of their own: the scripts of base.html, site.js, linked data and the search dialog's markup.
BASE = (REPOSITORY / "templates/web/base.html").read_text(encoding="utf-8")
SCRIPTS = [one.strip() for one in re.findall(r"(?s)<script(?: data-fonts=.*?)?>\n?(.*?)</script>", BASE)]
OWN = 'script[src$="assets/site.js"], script[type="application/ld+json"], template#search_template'
FOUND = """([own, scripts]) => [...document.querySelectorAll('*')].filter(
    one => !one.matches(own) && !scripts.includes(one.innerHTML.trim())
).flatMap(one => [
    ...(['script', 'iframe', 'frame', 'object', 'embed', 'applet', 'base', 'form', 'template', 'noscript', 'maction',
        'annotation-xml', 'foreignobject', 'animate', 'set', 'use', 'marquee', 'xss'].includes(one.localName)
        || one.httpEquiv ? [one.outerHTML.slice(0, 200)] : []),
    ...[...one.attributes].filter(({name, value}) =>
        /^on/i.test(name) || ['srcdoc', 'action', 'formaction', 'data', 'poster', 'background'].includes(name)
        || ['href', 'src', 'xlink:href', 'srcset'].includes(name)
            && !/^(https?:\\/\\/|mailto:|#|[.\\/\\w-]*(#[\\w-]*)?$)/.test(value)
        || name == 'style' && /javascript|expression|url\\(|@import|behavior|binding/i.test(value)
    ).map(({name, value}) => `${one.localName} ${name}=${value}`),
])"""


class Watched:
    """A page in a browser that shows one document after the other, and what is wrong with them.

    They are put into it, which parses and runs them as loading does, in a third of the time.
    """

    def __init__(self, chromium: Browser) -> None:
        self.troubles: list[str] = []
        self.context = chromium.new_context(offline=True)
        self.context.add_init_script(HOOKS)
        self.context.on("request", self._note)
        self._page: Page = self.context.new_page()
        self._page.on("dialog", lambda dialog: self.troubles.append(f"a dialog: {dialog.message}"))
        self._page.on("pageerror", lambda error: self.troubles.append(f"an error: {error}"))
        self._page.goto("about:blank")

    def show(self, name: str, html: str) -> None:
        """Show a document, and note what ran and what might."""
        self._page.set_content(html)
        frames = [frame.url for frame in self._page.frames[1:]]
        for trouble in (
            *self._page.evaluate("window.ran.splice(0)"),
            *self._page.evaluate(FOUND, [OWN, SCRIPTS]),
            *frames,
        ):
            self.troubles.append(f"{name}: {trouble}")

    def _note(self, request: Request) -> None:
        if not request.url.startswith(("about:", SITE_URL)):
            self.troubles.append(f"asks for {request.url}")


@pytest.mark.browser
def test_nothing_runs_in_a_browser(chromium: Browser, planted: Planted) -> None:
    """On all pages, in the mails, and in what a feed reader shows."""
    watched = Watched(chromium)
    paths = sorted(planted.output.rglob("*.html"))
    entries = feedparser.parse((planted.output / "site/feed.xml").read_bytes(), sanitize_html=False).entries

    for path in paths:
        watched.show(path.relative_to(planted.output).as_posix(), path.read_text(encoding="utf-8"))
    for entry in entries:
        watched.show(f"the feed, {entry.link}", entry.content[0].value)
    watched.context.close()

    assert watched.troubles == []
    assert len(paths) > 2 * len(planted.days)


@pytest.mark.browser
def test_the_browser_sees_what_runs(chromium: Browser) -> None:
    """The watch itself works: what is refused above would be noticed if it came through."""
    watched = Watched(chromium)
    for number, html in enumerate(RUNNING):
        watched.show(str(number), f"<!doctype html><title>x</title>{html}")
    watched.context.close()

    assert {trouble.split(":")[0] for trouble in watched.troubles} >= {str(number) for number in range(len(RUNNING))}
    assert {"0: alert(1)", "1: alert(1)", "2: alert(1)"} <= set(watched.troubles)
    assert "asks for https://evil.example/x.png" in watched.troubles
    assert any(trouble.startswith("an error: ") for trouble in watched.troubles)


RUNNING = (
    "<script>alert(1)</script>",
    "<img src=https://evil.example/y.png onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<a href='JaVaScRiPt:alert(1)'>x</a>",
    "<a href='&#1;javascript:alert(1)'>x</a>",
    "<iframe srcdoc=x></iframe>",
    "<math><annotation-xml encoding='text/html'><p>x</p></annotation-xml></math>",
    "<p style='background:url(https://evil.example/x.png)'>x</p>",
    "<details open ontoggle=alert(1)>x</details>",
    "<script>nowhere()</script>",
)
