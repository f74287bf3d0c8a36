"""Bodies: what every format makes of them, where things stand in them, and what is refused."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from datetime import date
from html.parser import HTMLParser
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin

from conftest import examples
from pixeldigest.formats.links import link_resolver
from pixeldigest.markup.document import (
    Block,
    CodeBlock,
    CodeSpan,
    Document,
    Formula,
    Heading,
    Image,
    Inline,
    LineBreak,
    Link,
    List,
    Paragraph,
    Quote,
    Table,
    Text,
    plain_text,
    walk,
)
from pixeldigest.markup.html import HtmlOptions, to_html
from pixeldigest.markup.lines import MAX_NESTING
from pixeldigest.markup.markdown import to_markdown
from pixeldigest.markup.parse import MAX_LENGTH, parse_body, parse_inline
from pixeldigest.markup.reading import anchors, reading_minutes
from pixeldigest.markup.scanner import MAX_MARKS
from pixeldigest.markup.text import TextOptions, to_text
from pixeldigest.markup.webhtml import web_leaves

FOLDER = Path(__file__).parent / "data" / "markup"
FILES = sorted(path.stem for path in FOLDER.glob("*.txt"))


def as_written(url: str) -> str:
    return url


def read_cases(name: str) -> list[tuple[str, str, str]]:
    """Read the cases of a file: name, source and, from the first dashes on, what comes of it."""
    text = (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    cases = []
    for part in re.split(r"^======== ", text, flags=re.MULTILINE)[1:]:
        title, rest = part.split("\n", maxsplit=1)
        source, *_ = re.split(r"^-------- \w+\n", rest, flags=re.MULTILINE)
        cases.append((title, source.removesuffix("\n"), rest[len(source) :]))
    return cases


CASES = {f"{name}: {title}": (source, expected) for name in FILES for title, source, expected in read_cases(name)}


def renditions(source: str) -> str:
    """Show all that is made of a body, as it stands in the files."""
    document = parse_body(source)
    numbers = count(1)
    parts = {
        "html": to_html(document, HtmlOptions(as_written, web_leaves())),
        "markdown": to_markdown(document, as_written),
        "text": to_text(document, TextOptions(lambda _: next(numbers))),
        "faults": "\n".join(
            f"{fault.rule}: {fault.message}; {fault.hint}: {source[fault.offset : fault.offset + fault.length]!r}"
            for fault in document.faults
        ),
    }
    return "".join(f"-------- {name}\n{text}\n" for name, text in parts.items() if name != "faults" or text)


@pytest.mark.parametrize("name", FILES)
def test_every_format_says_what_is_expected(name: str, request: pytest.FixtureRequest) -> None:
    """`--update-golden` rewrites what stands below the dashes."""
    cases = read_cases(name)
    found = "".join(f"======== {title}\n{source}\n{renditions(source)}" for title, source, _ in cases)
    path = FOLDER / f"{name}.txt"
    if request.config.getoption("--update-golden"):
        path.write_text(found, encoding="utf-8")

    assert path.read_text(encoding="utf-8") == found


def with_bars(latex: str) -> str:
    return re.sub(r"\\vert( (?=[a-z])|(?![a-z]))", "|", re.sub(r"\\Vert( (?=[a-z])|(?![a-z]))", r"\\|", latex))


def bare(value: object) -> object:
    """Leave out the offsets, and the ways to write a bar in a formula."""
    if isinstance(value, Formula):
        return ("Formula", with_bars(value.latex), value.display)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        pairs = zip(value._fields, value, strict=True)
        return (type(value).__name__, *(bare(one) for name, one in pairs if name != "offset"))
    return tuple(bare(one) for one in value) if isinstance(value, tuple) else value


def assert_reads_back(source: str) -> None:
    document = parse_body(source)
    written = to_markdown(document, as_written)

    assert bare(parse_body(written).blocks) == bare(document.blocks)
    assert list(oracle(written)) == list(outline(document.blocks))


def outline(blocks: tuple[Block, ...]) -> Iterator[tuple[object, ...]]:
    """List the headings, paragraphs, items, code and formulas of a document, with their words."""
    for block in blocks:
        match block:
            case Heading(level, children):
                yield ("h", level, words(children))
            case Paragraph(children):
                yield ("p", words(children))
            case CodeBlock(language, source):
                yield ("code", language, source)
            case Formula(latex):
                yield ("formula", latex)
            case List(_, items):
                for item in items:
                    yield ("item",)
                    yield from outline(item)
            case Quote(inner):
                yield ("quote",)
                yield from outline(inner)
            case Table(_, head, rows):
                for row in (head, *rows):
                    yield from (("cell", words(cell)) for cell in row)
            case _:
                yield ("rule",)


def words(children: tuple[Inline, ...]) -> str:
    parts = []
    for node in walk(children):
        match node:
            case Text(text):
                parts.append(text)
            case CodeSpan(text):
                parts.append(f"`{text}`")
            case Formula(latex):
                parts.append(f"${with_bars(latex)}$")
            case Image(alt, source):
                parts.append(f"[{alt}]({source})")
            case Link(_, url):
                parts.append(f"({url})")
            case LineBreak():
                parts.append(" ")
            case _:
                pass
    return "".join(parts)


ORACLE = MarkdownIt("commonmark").enable("table").use(dollarmath_plugin, allow_labels=False)
ORACLE.normalizeLink = ORACLE.normalizeLinkText = lambda url: url
ORACLE.validateLink = lambda _: True


def oracle(markdown: str) -> Iterator[tuple[object, ...]]:
    """List the same as `outline`, as another parser reads the Markdown."""
    opened: list[Token] = []
    for token in ORACLE.parse(markdown):
        match token.type:
            case "inline":
                kind = {"heading_open": "h", "paragraph_open": "p"}.get(opened[-1].type, "cell")
                level = (int(opened[-1].tag[1]),) if kind == "h" else ()
                yield (kind, *level, oracle_words(token.children or []))
            case "fence":
                yield ("code", token.info, token.content)
            case "math_block":
                yield ("formula", token.content.strip())
            case "list_item_open":
                yield ("item",)
            case "blockquote_open":
                yield ("quote",)
            case "hr":
                yield ("rule",)
            case _:
                opened.append(token)


def oracle_words(tokens: list[Token]) -> str:
    parts = []
    for token in tokens:
        match token.type:
            case "code_inline":
                parts.append(f"`{token.content}`")
            case "math_inline":
                parts.append(f"${with_bars(token.content)}$")
            case "image":
                parts.append(f"[{oracle_words(token.children or [])}]({token.attrs['src']})")
            case "link_open":
                parts.append(f"({token.attrs['href']})")
            case "softbreak" | "hardbreak":
                parts.append(" ")
            case "html_inline":
                parts.append("RAW HTML")
            case _:
                parts.append(token.content)
    return "".join(parts)


@pytest.mark.parametrize("name", CASES)
def test_written_markdown_reads_back(name: str) -> None:
    assert_reads_back(CASES[name][0])


WORD = st.sampled_from(
    ["word", "naïve", "漢字", "שלום", "e\u0301", "👩‍💻", "(so)", "Wow!", "a/b", "snake_case", "100%", "it's"]
)
PLANTED = {
    "formula": ("$", "x_{%d} + y", "$"),
    "link": ("[see *this*](", "https://example.org/%d", ' "Title")'),
    "bracket link": ("[[1]](<", "topic:topic-%d", ">)"),
    "image": ("![An image](", "images/%d.svg", ")"),
    "autolink": ("<", "https://example.org/a%d", ">"),
    "code": ("`", "f(%d)", "`"),
    "ticks": ("`` ", "`%d", " ``"),
    "html": ("", "<b%d>", ""),
    "emphasis": ("*", "slanted %d", "*"),
    "strong": ("**", "bold %d", "**"),
    "escape": ("", "\\*%d", ""),
    "money": ("", "\\$%d", ""),
    "entity": ("&amp;", "%d", "&lt;"),
}
INLINE = st.one_of(WORD, st.sampled_from(sorted(PLANTED)))
LINE = st.lists(INLINE, min_size=1, max_size=5)


@st.composite
def bodies(draw: st.DrawFn) -> tuple[str, dict[str, str]]:
    """Make a body, and what was planted in it: the value with its number, and its kind."""
    planted: dict[str, str] = {}

    def inline(pieces: list[str]) -> str:
        return " ".join(plant(piece) for piece in pieces)

    def plant(piece: str) -> str:
        if piece not in PLANTED:
            return piece
        before, value, after = PLANTED[piece]
        value %= len(planted) + 1000
        planted[value] = piece
        return before + value + after

    def block(depth: int) -> list[str]:
        kinds = ["paragraph", "paragraph", "heading", "code", "display", "table", "rule"]
        match draw(st.sampled_from(kinds + ["list", "ordered", "loose", "quote"] * (depth < 3))):
            case "paragraph":
                # A line that starts with a word starts no block.
                return ["Words " + inline(pieces) for pieces in draw(st.lists(LINE, min_size=1, max_size=3))]
            case "heading":
                return ["#" * draw(st.integers(2, 6)) + " " + inline(draw(LINE))]
            case "code":
                return ["```python", "x = $1$ [a](b)", "", "    <b> `y`", "```"]
            case "display":
                return ["$$", plant_display(), "$$"]
            case "table":
                rows = draw(st.lists(st.tuples(LINE, LINE), min_size=2, max_size=3))
                head, *rest = (f"| {inline(left)} | {inline(right)} |" for left, right in rows)
                return [head, "| :-- | --- |", *rest]
            case "rule":
                return ["***"]
            case "quote":
                return [f"> {line}".rstrip() for line in blocks(depth + 1)]
            case kind:
                mark = "7." if kind == "ordered" else "-"
                items = [prefixed(mark, blocks(depth + 1)) for _ in range(draw(st.integers(1, 3)))]
                return [line for item in items for line in [*item, *[""] * (kind == "loose")]]

    def plant_display() -> str:
        value = f"\\frac{{{len(planted) + 1000}}}{{2}}"
        planted[value] = "formula"
        return value

    def prefixed(mark: str, lines: list[str]) -> list[str]:
        indent = " " * (len(mark) + 1)
        return [f"{mark} {lines[0]}", *(indent + line if line else "" for line in lines[1:])]

    def blocks(depth: int) -> list[str]:
        lines: list[str] = []
        for number in range(draw(st.integers(1, 3))):
            lines += [*[""] * (number > 0), *block(depth)]
        return lines

    return "\n".join(blocks(0)), planted


@examples(200)
@given(bodies())
def test_offsets_point_at_the_source(body: tuple[str, dict[str, str]]) -> None:
    source, planted = body
    document = parse_body(source)
    found = {}
    for node in walk(document.blocks):
        match node:
            case Formula(value, _, offset) | Link(_, value, _, offset) | Image(_, value, _, offset):
                assert source[offset : offset + len(value)] == value
                found[value] = source.index(value)
                assert found[value] == offset
            case _:
                pass
    faults = [source[fault.offset : fault.offset + fault.length] for fault in document.faults]
    nodes = {"formula", "link", "bracket link", "image", "autolink"}

    assert set(found) == {value for value, kind in planted.items() if kind in nodes}
    assert sorted(faults) == sorted(value for value, kind in planted.items() if kind == "html")
    assert [fault.offset for fault in document.faults] == sorted(source.index(fault) for fault in faults)


@examples(200)
@given(bodies())
def test_any_body_written_as_markdown_reads_back(body: tuple[str, dict[str, str]]) -> None:
    assert_reads_back(body[0])


SPECIAL = st.lists(
    st.sampled_from(
        [*string.punctuation, *"ab 1\n\t", "\n\n", "\n- ", "\n> ", "\n1. ", "```\n", "$$\n", "](", "<b>", "é"]
    ),
    max_size=60,
).map("".join)


ALLOWED = {
    "a": {"href", "title"}, "img": {"src", "alt", "title", "loading"}, "ol": {"start"},
    "div": {"class", "role", "aria-label", "tabindex", "data-language"}, "pre": {"tabindex"}, "th": {"scope", "class"},
    "td": {"class"}, "span": {"class"}, **{f"h{level}": {"id"} for level in range(1, 7)},
    **dict.fromkeys(("p", "ul", "li", "blockquote", "table", "thead", "tbody", "tr"), frozenset()),
    **dict.fromkeys(("hr", "br", "em", "strong", "code"), frozenset()),
}  # fmt: skip
MATHML = re.compile(r"<math.*?</math>", re.DOTALL)


class Tags(HTMLParser):
    """Collects the tags of a page with their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(MATHML.sub("", html))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def assert_safe(html: str) -> None:
    for tag, attributes in Tags(html).found:
        assert tag in ALLOWED
        assert attributes.keys() <= ALLOWED[tag]
        address = attributes.get("href", attributes.get("src", "https:"))
        assert re.match(r"(https?|mailto):|assets/images/", address, re.IGNORECASE), html


RESOLVE = link_resolver({}, root="", as_of=date(2026, 11, 21))
TARGETS = [
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "<java\tscript:alert(1)>",
    "<java script:x>", "java&#10;script:x", "java&Tab;script:x", "&#106;avascript:x", "&#x6A;avascript&colon;x",
    "javascript&#58;x", "<javascript:x>", "< javascript:x>", "\\javascript:x", "\x01javascript:x",
    "&#1;javascript:x", "&nbsp;javascript:x", "data:text/html,<script>", "DATA:text/html;base64,x", "vbscript:x",
    "file:///etc/passwd", "//example.org", "/x", "x", "#x", "", "feed:javascript:x", "view-source:x",
    "topic:nowhere", "https&colon;x", 'x"onclick="y', "x'onclick='y", 'https://x"onclick="y', "https://x><script>",
    "mailto:x?subject=<b>",
]  # fmt: skip


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("form", ["[a]({})", "![a]({})", "<{}>", "[a][b]\n\n[b]: {}", '[a]({} "t<b>")'])
def test_nothing_unsafe_comes_through(form: str, target: str) -> None:
    html = to_html(parse_body(form.format(target)), HtmlOptions(RESOLVE, web_leaves()))

    assert_safe(html)
    assert not re.search(r"=.?(javascript|data|vbscript)", html, re.IGNORECASE)


def test_safe_links_come_through() -> None:
    html = to_html(
        parse_body("[a](HTTPS://a.org) <mailto:b@c.org> ![d](images/e.svg)"), HtmlOptions(RESOLVE, web_leaves())
    )

    assert html == (
        '<p><a href="HTTPS://a.org">a</a> <a href="mailto:b@c.org">b@c.org</a> '
        '<img src="assets/images/e.svg" alt="d" loading="lazy"></p>'
    )


PIECES = [*string.punctuation, *"ab 1\t\ufdd0", "word ", " *a*", " _a_", "`b`", "<b>", "&lt;", "[a](b)", "$x$"]


@examples(300)
@given(st.lists(st.sampled_from(PIECES), max_size=8).map("".join))
def test_a_line_of_words_is_the_same_alone_and_among_blocks(words: str) -> None:
    line = f"A {words}"
    alone, among = parse_body(line), parse_body(f"{line}\n\n***")

    assert among.blocks[:-1] == alone.blocks
    assert among.faults == alone.faults


@examples(500)
@given(SPECIAL)
def test_any_input_gives_the_same_document_again(source: str) -> None:
    document = parse_body(source)
    again = parse_body(to_markdown(document, as_written))

    assert bare(again.blocks) == bare(document.blocks)
    assert [fault for fault in document.faults if not 0 <= fault.offset <= len(source)] == []
    assert_safe(to_html(document, HtmlOptions(RESOLVE, web_leaves())))
    assert isinstance(to_text(document, TextOptions(lambda _: None)), str)


@pytest.mark.parametrize("mark", string.punctuation)
def test_every_mark_can_be_escaped(mark: str) -> None:
    assert parse_body(f"a \\{mark}b\\{mark} c") == Document((Paragraph((Text(f"a {mark}b{mark} c"),)),), ())


@pytest.mark.parametrize("letter", ["a", "1", " ", "é", "\u00a0"])
def test_a_backslash_before_anything_else_is_one(letter: str) -> None:
    assert parse_body(f"a\\{letter}b") == Document((Paragraph((Text(f"a\\{letter}b"),)),), ())


HOSTILE = [
    *string.punctuation, " ", "\t", "\n", "1.", "[a](", "![", "](", "[a]: <", "[a](b) ", "[a][b]", "**a", "*a **b ",
    "*a*", "***a***", "_a*", "<a ", "</", "<!--", "$a", "$$a ", "`a``", "&#", "\\\n", "> ", "- ", "1. ", "> - ",
    "- > ", "|-", "#a\n", "# a\n", "a\n=\n", "a|b\n-|-\n", "- a\n", "- a\n\n", "> a\n\n", "    a\n\n", "```\n",
    "$$\n", "> ```\n", "a  \n", "a   ", "[a]: b\n", "[a\n", "\ufdd00\ufdd1", "\x02klzzwxh:0000\x03", "~~~",
    "<https://a>", "&amp;",
]  # fmt: skip


@pytest.mark.parametrize("part", HOSTILE)
def test_hostile_input_ends(part: str) -> None:
    """What takes more than linear time never ends here."""
    assert_renders((part * 30_000)[:30_000])


@pytest.mark.parametrize("mark", [">", "> ", "- ", "* ", "1. ", "> - ", "- > 1. "])
@pytest.mark.parametrize("depth", [MAX_NESTING + 1, 1000])
def test_deep_nesting_is_refused(mark: str, depth: int) -> None:
    document = assert_renders(mark * depth + "a")

    assert [fault.message for fault in document.faults] == ["this is nested too deeply"]


@pytest.mark.parametrize(
    "source",
    [
        "".join("  " * level + "- a\n" for level in range(300)),
        "".join("   " * level + "1. a\n\n" for level in range(300)),
        "".join("> " * level + "a\n" for level in range(300)),
        "".join("> " * level + "a\n\n" for level in range(300, 0, -1)),
        "*a **b " * 240 + "b** a* " * 240,
        "*a **b " * 2000 + "b** a* " * 2000,
        "[" * 5000 + "a" + "](b)" * 5000,
        "![" * 5000 + "a" + "](b)" * 5000,
        "[" * 9000 + "]" * 9000,
        "[a](" + "(" * 9000 + ")" * 9000 + ")",
        "[a](b " + '"' * 9000 + ")",
        "a" + " " * 90_000 + "b",
        "](" + " " * 90_000 + "b",
        "# a" + " #" * 40_000 + "b",
        "~" * 90_000 + "`",
        "| a" * 9000 + "\n" + "|-" * 9000 + "\n" + "| a" * 9000,
        "| a | b |\n|---|---|\n" + "| `a` | *b* |\n" * 5000,
    ],
    ids=lambda source: f"{source[:8]!r} {len(source)}",
)
def test_hostile_nesting_ends(source: str) -> None:
    assert_renders(source)


def assert_renders(source: str) -> Document:
    document = parse_body(source)
    to_html(document, HtmlOptions(as_written, web_leaves()))
    to_text(document, TextOptions(lambda _: 1))
    parse_body(to_markdown(document, as_written))
    return document


def test_a_text_that_is_too_long_is_refused() -> None:
    source = "word\n\n" * (MAX_LENGTH // 6 + 1)
    document = parse_body(source)

    assert [fault.message for fault in document.faults] == ["this text is longer than 100,000 characters"]
    assert [fault.hint for fault in document.faults] == ["split it into several entries"]
    assert document.blocks == (Paragraph((Text(" ".join(source.split())),)),)


def test_too_many_marks_in_a_paragraph_are_refused() -> None:
    few = parse_body("*a* " * (MAX_MARKS // 2))
    many = parse_body("Words\n\n" + "*a* " * (MAX_MARKS // 2 + 1))

    assert few.faults == ()
    assert [(fault.message, fault.hint, fault.offset) for fault in many.faults] == [
        ("more than 500 emphases and links stand in one paragraph", "split it", 7)
    ]
    assert many.blocks[1] == Paragraph((Text("*a* " * (MAX_MARKS // 2) + "*a*"),))


def test_only_inline_markdown_where_a_line_stands() -> None:
    assert parse_inline("a *b* $c$").faults == ()
    assert [fault.message for fault in parse_inline("- a").faults] == ["only inline Markdown can stand here"]


def test_headings_have_names_of_their_own() -> None:
    document = parse_body("## A b\n\n### A *b*\n\n## 漢字\n\n> ## In a quote")

    assert [(one.id, one.level, plain_text(one.children)) for one in anchors(document, "t-")] == [
        ("t-a-b", 2, "A b"),
        ("t-a-b-2", 3, "A b"),
        ("t-part", 2, "漢字"),
    ]


def test_reading_time_counts_words_formulas_and_code() -> None:
    prose = parse_body("word " * 1000)
    mixed = parse_body("word " * 200 + "$x$ " * 20 + "\n\n```\n" + "x\n" * 60 + "```")

    assert reading_minutes([prose]) == 5
    assert reading_minutes([mixed]) == 4
    assert reading_minutes([]) == 1
