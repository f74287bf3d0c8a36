"""Every word that readers meet beside the content: where it stands, in which languages, and what a project changes."""

from __future__ import annotations

import re
import shutil
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import yaml
from jinja2 import Environment

from conftest import NEWSLETTERS, REPOSITORY
from forked import run_forked
from pixeldigest.diagnostics import UserError, format_diagnostic
from pixeldigest.settings import Newsletter
from pixeldigest.words import format_count, load_words, placeholders
from projects import build, set_keys, write

TEMPLATES = REPOSITORY / "templates"
SOURCES = REPOSITORY / "src/pixeldigest"
TEXTS = (".html", ".xml", ".svg", ".md", ".txt")


# --- No template has words of its own ---

# Attributes that no reader sees or hears, beside those for scripts and of inners.
UNSEEN = frozenset(
    (
        *("accept-charset", "align", "as", "async", "autocomplete", "border", "cellpadding", "cellspacing", "charset"),
        *("class", "crossorigin", "datetime", "defer", "dir", "for", "height", "hidden", "href", "hreflang"),
        *("http-equiv", "id", "inputmode", "lang", "loading", "method", "name", "open", "property", "referrerpolicy"),
        *("rel", "reversed", "role", "sizes", "spellcheck", "src", "start", "tabindex", "target", "type", "value"),
        *("width", "style", "xml:lang", "xmlns", "viewbox", "d", "fill", "stroke", "transform", "text-anchor"),
        *("autocapitalize", "enterkeyhint", "letter-spacing", "maxlength", "aria-keyshortcuts"),
        *(f"aria-{one}" for one in ("autocomplete", "controls", "current", "describedby", "expanded", "haspopup")),
        *(f"aria-{one}" for one in ("hidden", "labelledby", "live", "modal", "pressed", "selected")),
    )
)
# What a <meta> says to machines only.
UNSEEN_METAS = frozenset(("viewport", "color-scheme", "supported-color-schemes", "format-detection", "robots"))


class Seen(HTMLParser):
    """What readers meet of a page: its texts, and the attributes that are shown or said."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._silent = 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in ("style", "script")
        given = dict(attrs)
        for_machines = given.get("name") in UNSEEN_METAS or "http-equiv" in given
        for name, value in attrs:
            unseen = name.startswith(("stroke-", "font-", "data-pagefind-"))
            if name not in UNSEEN and not unseen and not (name == "content" and for_machines):
                self.texts.append(value or "")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in ("style", "script")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.texts.append(data)


WORD = r"[^\W\d_]{2,}"


def literal_words(source: str, kind: str) -> list[str]:
    """Find a template's own words: outside expressions, and in the texts that expressions hold."""
    tokens = list(Environment().lex(source))
    plain = ""
    strings = []
    for _, token, text in tokens:
        plain += {"data": text, "variable_begin": "0", "block_begin": " "}.get(token, "")
        if token == "string":
            strings.append(unescape(text[1:-1]))
    if kind in (".md", ".txt"):
        found = re.findall(WORD, re.sub(r"^\w+:(?: false)?", "", plain, flags=re.MULTILINE))
    else:
        found = re.findall(WORD, re.sub(r"[\w/]+\.(?:js|woff2)\b", "", "\n".join(Seen(plain).texts)))
    # Within expressions stand names of files, filters and words; a sentence or a capital is for readers.
    texts = [re.sub(r"<[^>]*>", "", one) for one in strings]
    return found + [one for one in texts if re.search(r"[A-Z]|[a-z]{2,} [a-z]{2,}", one)]


def all_templates() -> list[Path]:
    return sorted(path for path in TEMPLATES.rglob("*") if path.suffix in TEXTS and "OFL" not in path.name)


@pytest.mark.parametrize("path", all_templates(), ids=lambda path: path.relative_to(TEMPLATES).as_posix())
def test_a_template_has_no_words_of_its_own(path: Path) -> None:
    assert literal_words(path.read_text(encoding="utf-8"), path.suffix) == []


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("<p>Read on</p>", ["Read", "on"]),
        ('<a aria-label="Search {{ words.issues }}" class="big one" href="x">{{ words.read_on }}</a>', ["Search"]),
        ('<img alt="{% if x %}Logo{% endif %}">', ["Logo"]),
        ('<meta name="description" content="Daily">', ["Daily"]),
        ('<meta name="viewport" content="width=device-width">', []),
        ('{{ words.x ~ " is here" }}', [" is here"]),
        ('{{ words.x ~ "Here" }}', ["Here"]),
        ('<button data-copied="Done" data-pagefind-meta="kind">', ["Done"]),
        ("<p>{{ words.x }}{# Said to who reads the template #} · 7</p>", []),
        ("{% set page = '<a href=\"%s\">%s</a>' | safe %}", []),
        ('{% include "web/_" ~ section.kind ~ ".html" %}', []),
        ("<style>body { color: red }</style><script>let x = 1</script>", []),
    ],
)
def test_literal_words_are_found(source: str, words: list[str]) -> None:
    assert literal_words(source, ".html") == words


def test_no_function_that_names_things_to_readers_is_left_to_its_english_names() -> None:
    sources = [path.read_text(encoding="utf-8") for path in SOURCES.rglob("*.py")]

    assert not [one for one in sources if "web_leaves()" in one]


# --- The files of words ---


def read_words(language: str) -> dict[str, Any]:
    return yaml.safe_load((TEMPLATES / f"words.{language}.yml").read_text(encoding="utf-8"))


def flat(words: dict[str, Any]) -> dict[str, str]:
    """Every text by the way to it, as 'minutes.one'."""
    leaves: dict[str, str] = {}
    for key, value in words.items():
        inner = enumerate(value) if isinstance(value, list) else value.items() if isinstance(value, dict) else None
        leaves |= {key: value} if inner is None else {f"{key}.{name}": text for name, text in inner}
    return leaves


def test_german_has_every_word_in_the_same_order() -> None:
    assert list(flat(read_words("de"))) == list(flat(read_words("en")))


def test_german_has_the_same_placeholders() -> None:
    german, english = flat(read_words("de")), flat(read_words("en"))

    assert {key: placeholders(text) for key, text in german.items()} == {
        key: placeholders(text) for key, text in english.items()
    }


def test_german_is_written_with_german_signs() -> None:
    wrong = {key: text for key, text in flat(read_words("de")).items() if re.search(r"""["'“”](?=\w)|…\w| - """, text)}

    assert wrong == {}


def test_every_word_is_used_and_every_used_word_is_there() -> None:
    templates = [path.read_text(encoding="utf-8") for path in TEMPLATES.rglob("*") if path.suffix in (*TEXTS, ".css")]
    expressions = "\n".join(found for one in templates for found in re.findall(r"\{[{%].*?[%}]\}", one, re.DOTALL))
    sources = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES.rglob("*.py"))
    used = {"date", *re.findall(r"\bwords\.([a-z_]+)", expressions)}
    used |= set(re.findall(r"\b(?:date|count)\(\"([a-z_]+)\"\)", expressions))
    used |= set(re.findall(r"\bwords\[\"([a-z_]+)\"\]", expressions + sources))
    unused = set(read_words("en")) - used

    assert used <= set(read_words("en"))
    # The rest is found by names that the code lists, such as those of the menu.
    assert {key for key in unused if f'"{key}"' not in expressions + sources} == set()


# --- A project's own words ---


def test_words_of_a_language_come_from_the_widest_tag_to_the_narrowest(tmp_path: Path) -> None:
    write(tmp_path / "templates/words.de.yml", "feed: Abo-Feed\nminutes: {other: '{n} min'}\n")
    write(tmp_path / "templates/words.de-AT.yml", "months: [Jänner, Feber, März, April, Mai, Juni, Juli, August, "
          "September, Oktober, November, Dezember]\n")  # fmt: skip

    words = load_words(tmp_path, "de-AT")

    assert words["months"][0] == "Jänner"
    assert words["feed"] == "Abo-Feed"
    assert words["hints"] == "Tipps"
    assert [format_count(n, words, "minutes") for n in (1, 2)] == ["1 Minute Lesezeit", "2 min"]


def test_what_a_language_lacks_is_said_in_english(tmp_path: Path) -> None:
    write(tmp_path / "templates/words.fr.yml", "hints: Astuces\n")

    words = load_words(tmp_path, "fr")

    assert (words["hints"], words["solution"]) == ("Astuces", "Solution")
    assert set(words) == set(read_words("en"))


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        ("hintz: X", 1, "'hintz' is not a word of the templates; did you mean 'hint'?"),
        ("hint: 'Tip {m}'", 12, "'{m}' is not a placeholder of 'hint'; did you mean '{n}'?"),
        ("hint: 'Tip {n:>9}'", 12, "'{n:>9}' is not a placeholder of 'hint'; did you mean '{n}'?"),
        ("hint: 'Tip {n.real}'", 12, "'{n.real}' is not a placeholder of 'hint'; use '{n}'"),
        ("hint: 'Tip {n'", 1, "the braces of 'hint' do not pair; write a placeholder as in '{n}'"),
        ("hints: '{n} tips'", 9, "'{n}' is not a placeholder of 'hints'; delete it: nothing is filled in here"),
        ("weekdays: [lundi]", 1, "'weekdays' is a list of 7; write all of them, as in [Monday, …]"),
        ("minutes: some", 1, "'minutes' needs keys of its own; write 'one: …', 'other: …' below it"),
        ("hints: {a: b}", 1, "'hints' is not a text; write one, or delete the line, which leaves it in English"),
        ("- hints", 1, "this file needs keys of its own; write each word on a line, as in 'hints: Tips'"),
    ],
)
def test_mistakes_in_own_words_are_told(tmp_path: Path, text: str, column: int, said: str) -> None:
    write(tmp_path / "templates/words.en.yml", f"{text}\n")

    with pytest.raises(UserError, match=r"the words in templates/words\.en\.yml cannot be used") as caught:
        load_words(tmp_path, "en")

    assert caught.value.status == 78
    told = [format_diagnostic(one).split("\n  1 |")[0] for one in caught.value.diagnostics]
    assert told == [f"error[words]: {said}\n  --> templates/words.en.yml:1:{column}"]


@pytest.mark.parametrize("text", ["", "hints:", "minutes: {one: '{n} minute'}", "date_short: '{weekday} {day}'"])
def test_what_own_words_may_do(tmp_path: Path, text: str) -> None:
    write(tmp_path / "templates/words.en.yml", f"{text}\n")

    assert set(load_words(tmp_path, "en")) == set(read_words("en"))


@pytest.mark.parametrize("command", ["check", "build"])
def test_a_mistake_in_own_words_stops_with_its_line(small: Path, command: str) -> None:
    write(small / "templates/words.en.yml", "hints: Nudges\nhint: Nudge {number}\n")

    run = run_forked(small, command)

    assert run.status == 78
    assert "  --> templates/words.en.yml:2:13\n  2 | hint: Nudge {number}\n" in run.err


@pytest.mark.parametrize("command", ["check", "build", "plan", "publish"])
def test_a_language_without_words_stops_every_command(small: Path, command: str) -> None:
    set_keys(small, "language: fr\n")

    run = run_forked(small, command)

    assert run.status == 78
    assert run.err.startswith("error[language]: there are no words for the language 'fr'; use one of 'de', 'en', or")
    assert re.search(r"--> content/newsletter.yml:\d+:11\n", run.err)
    assert not (small / "output").exists()


@pytest.mark.parametrize("tag", ["en", "de", "pt-BR", "zh-Hant", "zh-Hant-TW", "es-419", "gsw"])
def test_language_tags(tag: str) -> None:
    settings = yaml.safe_load((NEWSLETTERS / "small/content/newsletter.yml").read_text(encoding="utf-8"))
    written = {**settings, "version": "1", "language": tag}

    assert Newsletter.model_validate(written).language == tag


# --- German ---


@pytest.fixture(scope="module")
def german(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small newsletter in German, as of a day whose month has another name in English."""
    project = tmp_path_factory.mktemp("german") / "small"
    shutil.copytree(NEWSLETTERS / "small", project, ignore=shutil.ignore_patterns("expected"))
    set_keys(project, "language: de\n")
    settings = (project / "content/newsletter.yml").read_text(encoding="utf-8")
    review = "sections:\n  - {kind: recall, heading: Noch gewusst?}\n  - {kind: solution, heading: Gelöst}\n"
    (project / "content/newsletter.yml").write_text(settings.replace("sections:\n", review), encoding="utf-8")
    set_keys(project, "mail:\n  from: Daily <daily@example.org>\n  unsubscribe_url: https://example.org/leave\n")
    build(project, now="2026-12-05T12:00")
    return project / "output"


def shown_texts(path: Path) -> set[str]:
    """The texts of a file that readers meet, without line breaks."""
    text = path.read_text(encoding="utf-8")
    match path.suffix:
        case ".html":
            pieces = Seen(text).texts
        case ".xml":
            pieces = Seen(unescape(text)).texts
        case ".json":
            pieces = Seen(text.replace('\\"', '"').replace("\\n", "\n")).texts
        case _:
            pieces = text.split("\n\n") + text.split("\n")
    return {" ".join(piece.split()) for piece in pieces}


def english_phrases() -> dict[str, re.Pattern[str]]:
    """What the English words say and the German don't: phrases within a text, or a single word that is all of it."""
    german = {part.strip(" .,:") for text in flat(read_words("de")).values() for part in re.split(r"\{.*?\}", text)}
    patterns = {}
    for key, text in flat(read_words("en")).items():
        for part in re.split(r"\{.*?\}", text):
            words = part.strip(" .,:")
            if words in german or len(words) < 3:
                continue
            inside = rf".*\b{re.escape(words)}\b.*" if " " in words else rf"\W*{re.escape(words)}[\W\d]*"
            patterns[f"{key}: {words}"] = re.compile(inside)
    return patterns


def english_left(output: Path) -> dict[str, set[str]]:
    patterns = english_phrases()
    found: dict[str, set[str]] = {}
    for path in sorted(output.rglob("*")):
        if path.suffix not in (".html", ".xml", ".json", ".md", ".txt") or "assets" in path.parts:
            continue
        texts = shown_texts(path)
        for name, pattern in patterns.items():
            if any(pattern.fullmatch(text) for text in texts):
                found.setdefault(path.relative_to(output).as_posix(), set()).add(name)
    return found


def test_no_english_word_is_left_in_german(german: Path) -> None:
    assert english_left(german) == {}


def test_english_words_would_be_found(small: Path) -> None:
    build(small)

    found = set().union(*english_left(small / "output").values())

    assert {
        "in_this_issue: In this issue",
        "from_chapter: From the",
        "difficulty.hard: Hard",
        "hint: Hint",
        "no_tracking: This mail does not watch you. It holds no tracking pixel and no counted link",
        "originally: Originally published on",
        "show_answer: Show the answer",
    } <= found


def test_german_dates(german: Path) -> None:
    page = (german / "site/issues/2026-12-05/index.html").read_text(encoding="utf-8")

    assert '<time datetime="2026-12-05">Samstag, 5. Dezember 2026</time>' in page
    assert "Nr. 18 · Samstag, 5. Dezember 2026" in (german / "issues/2026-12-05/issue.txt").read_text(encoding="utf-8")


def test_every_rendition_says_that_it_is_german(german: Path) -> None:
    pages = [path.read_text(encoding="utf-8") for path in german.rglob("*.html")]

    assert not [one for one in pages if '<html lang="de"' not in one]
    assert ' xml:lang="de">' in (german / "site/feed.xml").read_text(encoding="utf-8")
    assert '  "language": "de",' in (german / "site/feed.json").read_text(encoding="utf-8")
    assert '  "language": "de",' in (german / "issues/2026-12-05/issue.json").read_text(encoding="utf-8")


def test_a_german_issue_as_plain_text(german: Path) -> None:
    text = (german / "issues/2026-11-19/issue.txt").read_text(encoding="utf-8")

    assert text == GERMAN_TEXT


GERMAN_TEXT = """\
SMALL DAILY
Nr. 2 · Donnerstag, 19. November 2026
========================================================================

Means — Deep Dive + Problem: Halve

Every day one basics topic.

Online lesen:
https://daily.example.org/news/issues/2026-11-19/

In dieser Ausgabe:
  - Noch gewusst?
  - Gelöst: Add
  - Topic Deep Dive: Means
  - Problem of the Day: Halve


========================================================================
NOCH GEWUSST?
========================================================================

1. What is the sum of _no_ terms?
   - 0
   - 1

   Die Antwort findet sich in Sums [1].


========================================================================
GELÖST
========================================================================

Add

Add two numbers.

    def add(a: int, b: int) -> int:
        return a + b

Why it works
------------

Because a + b is the sum.

Die Aufgabe steht auf der Seite dieser Aufgabe [2].


========================================================================
TOPIC DEEP DIVE
========================================================================

Means
Aus dem Kapitel „First Steps“

One number for many.

The mean is the sum [1] divided by the count: x̄ = 1/n ∑ᵢ₌₁ⁿ xᵢ. See the
course [3] and the tool [4].

» Explore the First Steps chapter. [5]


========================================================================
PROBLEM OF THE DAY
========================================================================

Halve

Halve a number.

Schwer

Divide by two.

------------------------------------------------------------------------
Example is a publisher for tests. [6]

Diese Mail geht an alle, die Small Daily abonniert haben.
Abbestellen [7]
Diese Mail beobachtet niemanden. Sie enthält keine Zählpixel und keine
nachverfolgten Links.

[1] https://daily.example.org/news/topics/sums/
[2] https://daily.example.org/news/problems/add/
[3] https://daily.example.org/news/courses/basics/
[4] https://example.org/tool
[5] https://example.org/basics
[6] https://example.org
[7] https://example.org/leave
"""
