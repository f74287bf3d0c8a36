"""Files of a newsletter as accidents and malice leave them: number n is the same mutant on any machine.

Each takes the place of one file of the tests' small newsletter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import NamedTuple

REPOSITORY = Path(__file__).parent.parent
SMALL = REPOSITORY / "tests/newsletters/small/content"
SOURCES = (
    REPOSITORY / "content",
    REPOSITORY / "src/pixeldigest/sample/content",
    SMALL,
    REPOSITORY / "tests/newsletters/recorded/content",
    REPOSITORY / "tests/newsletters/reviews/content",
)
# Which file of the small newsletter a mutant replaces, by where what it was made of lies; entries as often as they are
# written.
PLACES: Mapping[str, str] = {
    "topics": "topics/sums.yml",
    "problems": "problems/add.yml",
    "features": "features/club.yml",
    "pages": "pages/about.yml",
    "courses": "courses/basics.yml",
    "collections": "collections/warm-up.yml",
    "newsletter.yml": "newsletter.yml",
    "calendar.yml": "calendar.yml",
    "record": "record/2026.yml",
}
SHARES = (6, 6, 3, 2, 2, 1, 3, 2, 2)
MOST_BYTES = 20_000_000

Corpus = Mapping[str, Sequence[bytes]]
Mutate = Callable[[Random, bytes, Sequence[bytes]], bytes]


class Mutant(NamedTuple):
    """A file's new content; `file` is its name below `content/`, `family` the way in which it was made."""

    number: int
    family: str
    file: str
    content: bytes


def read_corpus() -> Corpus:
    """Read the files that mutants are made of, by where they lie."""
    corpus: dict[str, list[bytes]] = {place: [] for place in PLACES}
    for folder in SOURCES:
        for path in sorted(folder.rglob("*.yml")):
            corpus[path.relative_to(folder).parts[0]].append(path.read_bytes())
    return corpus


def make_mutants(numbers: Iterator[int] | range) -> Iterator[Mutant]:
    """Make the mutants of some numbers; one in so many is of each family."""
    corpus = read_corpus()
    names = tuple(FAMILIES)
    for number in numbers:
        chance = Random(f"mutant {number}")
        family = names[number % len(names)]
        place = chance.choices(tuple(PLACES), SHARES)[0]
        others = corpus[chance.choice((place, *PLACES))]
        raw = FAMILIES[family](chance, chance.choice(corpus[place]), others)
        yield Mutant(number, family, PLACES[place], raw[:MOST_BYTES])


# --- Cut and glued ---

_ENDS = (rb"\n", rb"['\"]", rb"\|\n", rb": ", rb"- ", rb"\[", rb"\$", rb"`", rb"[\xc2-\xf4]", rb"")


def truncate(chance: Random, raw: bytes, _: Sequence[bytes]) -> bytes:
    """Cut a file behind a byte of some sort: a line's end, an open quote, half a character."""
    ends = [found.end() for found in re.finditer(chance.choice(_ENDS), raw)]
    return raw[: chance.choice(ends or [0])]


def splice(chance: Random, raw: bytes, others: Sequence[bytes]) -> bytes:
    """Go on with another file, of the same kind or another."""
    other = chance.choice(others)
    if chance.random() < 0.5:
        return raw[: _index(chance, raw)] + other[_index(chance, other) :]
    lines, more = raw.split(b"\n"), other.split(b"\n")
    at, start = _index(chance, lines), _index(chance, more)
    return b"\n".join([*lines[:at], *more[start : start + chance.randrange(1, 30)], *lines[at:]])


def disorder(chance: Random, raw: bytes, _: Sequence[bytes]) -> bytes:
    """Move, repeat, delete, join and indent lines, and rename keys."""
    lines = raw.split(b"\n")
    for _ in range(chance.choice((1, 1, 2, 5, 20))):
        at = _index(chance, lines)
        match chance.randrange(8):
            case 0:
                lines.insert(_index(chance, lines), lines[at])
            case 1 if len(lines) > 1:
                del lines[at]
            case 2:
                lines[at] = b" " * chance.randrange(9) + lines[at].lstrip()
            case 3:
                lines[at] = b"\t" * chance.randrange(1, 3) + lines[at]
            case 4:
                lines[at : at + 2] = [b"".join(lines[at : at + 2])]
            case 5:
                lines[at] = re.sub(rb"(\w)(\w+:)", rb"\2\1:", lines[at], count=1)
            case 6:
                lines[at] = lines[at].replace(b": ", chance.choice((b":", b" ", b" : ", b": : ", b": |", b": >")))
            case _:
                part = lines[at : at + 12]
                chance.shuffle(part)
                lines[at : at + 12] = part
    return b"\n".join(lines)


# --- Bytes ---

_NASTY = (
    b"\0", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"\x1b[31m", b"\x07", b"\x7f", b"\xc2\x85", b"\xc2\x9b",
    b"\xc2\xa0", b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xf4\x90\x80\x80", b"\xc0\x80", b"\xe2\x80\xa8", b"\xe2\x80\xae",
    b"\xe2\x80\x8b", b"\xef\xbf\xbe", b"\xef\xb7\x90", b"\xef\xb7\x91", b"\xef\xbf\xbd", b"\xf3\xa0\x81\x81",
    b"\xcc\x81" * 40, b"\r", b"\r\n", b"\t", b"\x02", b"\x03",
)  # fmt: skip


def change_bytes(chance: Random, raw: bytes, _: Sequence[bytes]) -> bytes:
    """Flip, insert and delete bytes, among them those that are no text or cannot be seen."""
    changed = bytearray(raw)
    for _ in range(chance.choice((1, 1, 2, 5, 50))):
        at = _index(chance, changed)
        match chance.randrange(4):
            case 0:
                changed[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                changed[at:at] = chance.choice(_NASTY)
            case 2:
                del changed[at : at + chance.randrange(1, 9)]
            case _:
                changed[at:at] = bytes(chance.choices(b"-:?[]{},&*!|>'\"%@`#\n \\~<=.", k=chance.randrange(1, 6)))
    return bytes(changed)


# --- Values and YAML ---

_VALUES = (
    "", "''", "~", "null", "text", "[]", "{}", "[a, b]", "{a: b}", "[[a]]", "[{a: b}]", "[null, '']", "- a", "-1",
    "1e999", ".inf", ".nan", "0x" + "f" * 500, "9" * 5000, "2026-02-30", "9999-99-99", "-2026-01-01",
    "99999999999-01-01", "٢٠٢٦-١١-٢١", "25:61", "true", "yes", "{mon: 1}", "{[a]: b}", "{{ x }}", "{{ x", "{% raw %}",
    "|\n  block\n", ">\n  folded\n", "|9\n  far\n", "'two\n\n  lines'", '"\\0"', '"\\ud800"', '"\\U0010ffff"',
    '"\\x"', "\u201csmart\u201d", "\u2018it\u2019s\u2019", "a: b: c", "a # b", "#", "*a", "&a b",
    "!!python/object/apply:os.system [id]", "!t x", "@a", "`a`", "%a", "<<", "a\u0301" * 500, "../../etc/passwd",
    "/etc/passwd", "topic:sums", "javascript:alert(1)", "https://example.org/" + "a." * 3000, "A" * 70_000,
    "-" * 50_000, "a-" * 20_000 + "!", "2026-11-21 " * 9, "\\" * 999, "$x$ " * 2000, "Europe/" + "../" * 20 + "etc",
    "x" * 300 + "@example.org",
)  # fmt: skip


def replace_values(chance: Random, raw: bytes, _: Sequence[bytes]) -> bytes:
    """Put something else in the place of a value."""
    lines = raw.split(b"\n")
    keyed = [number for number, line in enumerate(lines) if re.match(rb" *(?:- )?(?:[\w-]+:|-)(?= |$)", line)]
    for _ in range(chance.choice((1, 1, 2, 4))):
        at = chance.choice(keyed or [0])
        head = re.match(rb" *(?:- )?(?:[\w-]+:|-)?", lines[at])
        lines[at] = (head[0] if head else b"") + b" " + chance.choice(_VALUES).encode()
    return b"\n".join(lines)


_BOMB = "a: &a [x, x]\n" + "".join(
    f"{two}: &{two} [{', '.join([f'*{one}'] * 9)}]\n" for one, two in pairwise("abcdefghi")
)
_YAML = (
    _BOMB, "a: &a [*a]\n",
    "<<: *a\n", "<<: {title: x}\n", "---\n", "...\n", "--- |\n", "%YAML 9.9\n---\n", "%TAG ! !\n",
    "? a\n: b\n", "? [a, b]\n", "? |\n  key\n: x\n", "!!binary : x\n", "&a : x\n", "*a : x\n", "- a\n", "-\n",
    ": x\n", "{", "}", "[", "]", "'", '"', "# ", "\t", "=: x\n", "title: a\ntitle: b\n", "  title: x\n",
    "body: text\n", "body: |\ntext\n", "tests:\n  >>> f()\n", "solution: def f(x):\n", "<<<<<<< HEAD\n", "''': x\n",
    "'a\\\n", "\ufeff", "key" * 700 + ": x\n", "- " * 60 + "\n", "a: " * 60 + "\n", "null: x\n", "1: x\n",
)  # fmt: skip


def insert_yaml(chance: Random, raw: bytes, _: Sequence[bytes]) -> bytes:
    """Insert what YAML has beyond keys and texts: anchors, aliases, merge keys, tags, documents, a bomb."""
    lines = raw.decode().splitlines(keepends=True)
    for _ in range(chance.choice((1, 1, 1, 3))):
        at = chance.choice((0, len(lines), _index(chance, lines)))
        lines.insert(at, chance.choice(_YAML))
    return "".join(lines).encode()


# --- Huge and deep ---

_UNITS = (
    "[", "{", "- ", "[{", "? ", "a: [", "{a: ", "- - ", "- a: ", "]", "'", '"', "&a ", "!t ", "| ", "%", ": ", "-\n",
    "#\n", "\n", " ", "\t", "a: b\n", "a\n", "\\", "*a ", '"\\u00e9', "''", "é", "\0", "- a\n", "a,", "---\n",
    "\U0001d4d0",
)  # fmt: skip


def enlarge(chance: Random, raw: bytes, _: Sequence[bytes]) -> bytes:
    """Make a file huge: long texts, thousands of keys and items, endless repetitions; up to 20 MB."""
    count = int(10 ** chance.uniform(3, 5.2))
    match chance.randrange(7):
        case 0:
            return raw + b"".join(b"key%d: x\n" % number for number in range(count))
        case 1:
            unit = chance.choice(_UNITS).encode()
            at = _index(chance, raw)
            return raw[:at] + unit * count + raw[at:]
        case 2:
            return raw * (count // 1000 * 100)
        case 3:
            keys = (b"tags", b"aliases", b"prerequisites", b"hints", b"collections", b"topics", b"corrections")
            form = chance.choice((b"  - a%d\n", b"  - A%d\n", b"  - a\n  - b%d\n"))
            return raw + chance.choice(keys) + b":\n" + b"".join(form % number for number in range(count))
        case 4:
            answer = chance.choice((b"a", b"c"))
            form = b"  - id: q%d\n    question: What?\n    choices: [a, b]\n    answer: %s\n"
            return raw + b"quiz:\n" + b"".join(form % (number, answer) for number in range(count // 20))
        case 5:
            days = (date(2000, 1, 1) + timedelta(number) for number in range(count // 2))
            return raw + b"".join(b"%s: {skip: x}\n" % day.isoformat().encode() for day in days)
        case _:
            lines = raw.split(b"\n")
            at = _index(chance, lines)
            lines[at] *= count
            return b"\n".join(lines)


_NESTED = (
    "> ", ">", "- ", "1. ", "* ", "*", "_", "**", "*a **b ", "[", "![", "(", "[a](", "`", "> - ", "- > ", "~~", "<b>",
    "\t", "    ", "[[a](b) ",
)  # fmt: skip
_BRACES = (
    "{", "\\frac{", "\\sqrt{", "^{", "_{", "\\left(", "\\begin{matrix}", "\\text{", "\\hat{", "{a \\over ",
    "\\left\\{\\right.", "\\mathrm{",
)  # fmt: skip


def nest(chance: Random, raw: bytes, _: Sequence[bytes]) -> bytes:
    """Nest deeply: YAML's own brackets and indentation, quotes, lists, emphasis, formulas; or a very wide table."""
    depth = int(10 ** chance.uniform(1, 4.7))
    match chance.randrange(6):
        case 0:
            unit = chance.choice(("[", "{", "{a: ", "[a, ", "- ", "? ", "- a: "))
            at = chance.choice([0, *(found.end() for found in re.finditer(rb": |\n", raw))])
            return raw[:at] + unit.encode() * depth + raw[at:]
        case 1:
            steps = "".join(" " * level + chance.choice(("a:\n", "- a:\n", "-\n")) for level in range(min(depth, 1000)))
            return raw + steps.encode()
        case 2:
            return _with_body(raw, chance.choice(_NESTED) * depth + "a")
        case 3:
            unit = chance.choice(_BRACES)
            closed = "}" * (depth * unit.count("{")) if chance.random() < 0.5 else ""
            dollars = chance.choice(("$", "$$\n"))
            return _with_body(raw, f"{dollars}{unit * depth}x{closed}{dollars[::-1]}")
        case 4:
            wide = min(depth, 5000)
            return _with_body(raw, "| a " * wide + "|\n" + "|---" * wide + "|\n" + ("| $x$ " * wide + "|\n") * 3)
        case _:
            unit = chance.choice(("> ", "- ", "  "))
            return _with_body(raw, "\n".join(f"{unit * (level + 1)}a" for level in range(min(depth, 300))))


# --- Markdown ---

_MARKS = (
    "$", "$$", "$x$ ", "$$\nx\n$$\n\n", "[", "]", "[a](b) ", "![", "](", "*", "_", "**", "`", "`a` ", "```\n",
    "~~~\n", "<", "<a ", "<b>", "<!--", "&amp;", "&#0;", "\\", "\\(", "\\)", "|", "|-", "| a |\n|---|\n", "> ", "- ",
    "- a\n", "1. a\n", "# ", "## a\n\n", "#" * 7 + " a\n", "\n", "\n\n", "a", "a ", "word ", "é", "\U0001d54f",
    "---\n", "===\n", "    a\n", "[a]: b\n", "[a][b] ", "<https://a.b> ", "https://a.b ", "(", ")", '"', "'", "{{",
    "}}", "{% x %}", "TODO ", "~~a~~ ", "[^a] ", "__init__ ", "__a__ ", "![a](images/bars.svg) ", "[a](topic:means) ",
    "[here](https://a.b) ", "![](images/none.png) ", "[a](javascript:b) ", "a|b\n-|-\n", "\u200b", "\u0301", "\u202e",
    "- [ ] a\n", "::: a\n", "\\$", "a  \n", "a\\\n", "<a href='",
)  # fmt: skip
_LATEX = (
    "x", "^", "_", "{", "}", "\\", "&", "\\\\", "\\frac", "\\frac{1}{2}", "\\sqrt[3]{x}", "\\sum_{i=1}^n", "\\left(",
    "\\right)", "\\begin{matrix}", "\\end{matrix}", "\\begin{cases}", "\\end{cases}", "\\text{a}", "\\mathbb{R}",
    "\\unknown", "\\color{red}", "\\href{javascript:x}{y}", "#", "%", "~", "'", "<", ">", "<b>", "\\$", " ", "\n",
    "é", "\U0001d4d0", "1", "\\hline", "\\xrightarrow{a}", "\\operatorname{x}", "\\overbrace{x}^{y}", "\\limits",
    "\\not",
)  # fmt: skip


def write_marks(chance: Random, raw: bytes, _: Sequence[bytes]) -> bytes:
    """Fill the body with Markdown's signs, in any order or one of them over and over, up to 200 kB."""
    return _with_body(raw, _write(chance, _MARKS))


def write_formulas(chance: Random, raw: bytes, _: Sequence[bytes]) -> bytes:
    """Fill the body with formulas, in any order or one of them over and over."""
    latex = _write(chance, _LATEX)
    if chance.random() < 0.3:
        return _with_body(raw, f"$$\n{latex}\n$$")
    size = chance.choice((3, 30, 3000))
    return _with_body(raw, " ".join(f"${latex[at : at + size].strip()}$" for at in range(0, len(latex), size)))


def _write(chance: Random, signs: Sequence[str]) -> str:
    count = int(10 ** chance.uniform(1, 4.5))
    few = chance.sample(signs, chance.choice((1, 2, 3, len(signs))))
    return "".join(few * (count // len(few) + 1)) if chance.random() < 0.5 else "".join(chance.choices(few, k=count))


def _with_body(raw: bytes, body: str) -> bytes:
    """Replace the body; a file that has none gets one, or its first text is replaced."""
    block = b"body: |\n" + "".join(f"  {line}\n" for line in body.split("\n")).encode()
    whole = re.compile(rb"^body: \|.*\n(?:[ ].*\n|\n)*", re.MULTILINE)
    return whole.sub(lambda _: block, raw, count=1) if whole.search(raw) else raw + block


def _index(chance: Random, parts: Sequence[object] | bytearray) -> int:
    return chance.randrange(len(parts)) if parts else 0


FAMILIES: Mapping[str, Mutate] = {
    "truncated": truncate,
    "spliced": splice,
    "in disorder": disorder,
    "bytes": change_bytes,
    "values": replace_values,
    "YAML": insert_yaml,
    "huge": enlarge,
    "deep": nest,
    "Markdown": write_marks,
    "formulas": write_formulas,
}
