"""Make a newsletter of N issues, and the same words as posts for other generators: the same bytes on any machine.

python benchmarks/corpus.py FOLDER [--issues N] [--recorded N] [--for pixeldigest|markdown|pelican]
"""

from __future__ import annotations

import argparse
import json
import random
import textwrap
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import yaml

CONTENT = Path(__file__).parent.parent / "content"
TODAY = date(2026, 11, 21)
DIFFICULTIES = ("easy", "medium", "hard")
# Some tags stand everywhere and most are rare, as in real newsletters.
TAGS = tuple(f"subject-{number}" for number in range(60))
TAG_WEIGHTS = tuple(1 / (number + 1) ** 0.7 for number in range(len(TAGS)))
TOPICS_IN_COURSE, TOPICS_IN_CHAPTER = 120, 12

INLINE_FORMULAS = (
    r"$x_{{{n}}} \in \mathbb{{R}}^d$",
    r"$\frac{{1}}{{{n}}} \sum_i x_i$",
    r"$\alpha_{{{n}}} \le 1$",
    r"$\lVert w \rVert^2$",
)
DISPLAY_FORMULAS = (
    r"W' = W + \frac{{\alpha}}{{{n}}} B A",
    r"E_{{{n}}} = \sum_{{i=1}}^{{{n}}} \left( y_i - \hat{{y}}_i \right)^2",
    r"p(k) = \frac{{e^{{z_k}}}}{{\sum_{{j=1}}^{{{n}}} e^{{z_j}}}}",
)
CODE = '''\
from collections.abc import Iterable


def {a}_{b}({c}: Iterable[float], {d}: int = {n}) -> dict[str, float]:
    """Return the {a} of each {c}."""
    {b} = {{}}
    for index, value in enumerate({c}):
        if value > {n}.5 and index % {d}:
            {b}[f"{a}-{{index}}"] = value * {n}  # {e} first
        else:
            {b}.setdefault("{e}", 0.0)
    return {b}
'''


class Question(NamedTuple):
    """A question of the quiz; the first choice is right."""

    question: str
    choices: tuple[str, ...]


class Text(NamedTuple):
    """An entry; all but the topic's have no quiz."""

    id: str
    title: str
    summary: str
    tags: tuple[str, ...]
    body: str
    quiz: tuple[Question, ...] = ()


class Issue(NamedTuple):
    """What one day holds."""

    number: int
    date: date
    topic: Text
    problem: Text
    feature: Text

    @property
    def texts(self) -> tuple[Text, Text, Text]:
        return self.topic, self.problem, self.feature

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags of all entries, each once."""
        return tuple(dict.fromkeys(tag for text in self.texts for tag in text.tags))

    @property
    def course(self) -> str:
        return f"course-{(self.number - 1) // TOPICS_IN_COURSE + 1}"

    @property
    def chapter(self) -> str:
        return f"chapter-{(self.number - 1) % TOPICS_IN_COURSE // TOPICS_IN_CHAPTER + 1}"


def make_issues(count: int, *, last: date = TODAY) -> Iterator[Issue]:
    """Make issues one by one, the last on a date; issue 7 holds the same words however many there are."""
    words = _words()
    for number in range(1, count + 1):
        writer = _Writer(random.Random(f"issue {number}"), words)
        day = last - timedelta(days=count - number)
        yield Issue(number, day, *(_text(writer, kind, number) for kind in ("topic", "problem", "feature")))


def _words() -> tuple[str, ...]:
    """Collect the words of this newsletter's entries, as often as they occur there."""
    files = sorted(file for kind in ("topics", "problems", "features") for file in (CONTENT / kind).glob("*.yml"))
    bodies = [yaml.load(file.read_text(encoding="utf-8"), yaml.CSafeLoader)["body"] for file in files]
    return tuple(
        word for body in bodies for word in body.split() if word.isascii() and word.isalpha() and word.islower()
    )


class _Writer(NamedTuple):
    """Writes sentences that mean nothing, at the pace of real ones."""

    chance: random.Random
    words: tuple[str, ...]

    def some(self, count: int) -> str:
        return " ".join(self.chance.choices(self.words, k=count))

    def sentence(self, count: int, *, plain: bool = False) -> str:
        words = self.chance.choices(self.words, k=count)
        words[0] = words[0].capitalize()
        if not plain and self.chance.random() < 0.3:
            place = self.chance.randrange(1, count - 1)
            words[place] = self._marked(words[place])
        if count > 9:
            words[count // 2] += ","
        return " ".join(words) + "."

    def paragraph(self, count: int) -> str:
        lengths = [12] * (count // 12)
        return " ".join(self.sentence(max(5, length + self.chance.randint(-5, 5))) for length in lengths)

    def bullets(self, count: int) -> str:
        return "\n".join(f"- **{self.some(2)}:** {self.sentence(10)}" for _ in range(count))

    def code(self) -> str:
        names = dict(zip("abcde", self.chance.sample(sorted(set(self.words)), 5), strict=True))
        names = {key: name + "_" for key, name in names.items()}  # so that none is a keyword
        return f"```python\n{CODE.format(**names, n=self.chance.randint(2, 99))}```"

    def formula(self) -> str:
        return "$$\n" + self.chance.choice(DISPLAY_FORMULAS).format(n=self.chance.randint(2, 99)) + "\n$$"

    def question(self) -> Question:
        choices = [f"{name} {self.some(3)}" for name in ("one", "two", "three", "four")]
        return Question(self.sentence(10, plain=True)[:-1] + "?", tuple(choices))

    def _marked(self, word: str) -> str:
        match self.chance.randrange(5):
            case 0:
                return f"**{word}**"
            case 1:
                return f"*{word}*"
            case 2:
                return f"`{word}`"
            case 3:
                return f"[{word}](https://example.org/{word})"
            case _:
                return self.chance.choice(INLINE_FORMULAS).format(n=self.chance.randint(2, 99))


def _text(writer: _Writer, kind: str, number: int) -> Text:
    bodies = {"topic": _topic_body, "problem": _problem_body, "feature": _feature_body}
    title = f"{writer.some(4).capitalize()} {number}"
    tags = dict.fromkeys(writer.chance.choices(TAGS, TAG_WEIGHTS, k=3 if kind == "topic" else 2))
    body = "\n\n".join(bodies[kind](writer)) + "\n"
    quiz = tuple(writer.question() for _ in range(3)) if kind == "topic" else ()
    return Text(f"{kind}-{number:05}", title, writer.sentence(12, plain=True), tuple(tags), body, quiz)


def _topic_body(writer: _Writer) -> Iterator[str]:
    yield writer.paragraph(60)
    for section in range(6):
        yield f"## {writer.some(4).capitalize()}"
        yield writer.paragraph(60)
        yield (writer.code(), writer.formula(), writer.bullets(4))[section % 3]
        yield writer.paragraph(48)


def _problem_body(writer: _Writer) -> Iterator[str]:
    yield writer.paragraph(96)
    yield writer.bullets(4)
    yield f"## {writer.some(3).capitalize()}"
    yield writer.paragraph(60)
    yield writer.code()
    yield writer.paragraph(60)


def _feature_body(writer: _Writer) -> Iterator[str]:
    yield writer.paragraph(72)
    yield f"## {writer.some(3).capitalize()}"
    yield writer.paragraph(84)


def write_newsletter(
    issues: Iterable[Issue], folder: Path, *, recorded: int | None = None, covers: bool = False
) -> None:
    """Write a pixeldigest newsletter whose first issues (all, without a number) are recorded."""
    issues = list(issues)
    content = folder / "content"
    for name in ("topics", "problems", "features", "courses", "record"):
        (content / name).mkdir(parents=True)
    for issue in issues:
        for text, kind in zip(issue.texts, ("topic", "problem", "feature"), strict=True):
            extra = f"difficulty: {DIFFICULTIES[issue.number % 3]}\n" if kind == "problem" else ""
            _write(content / f"{kind}s/{text.id}.yml", _entry(text, extra))
    courses = [(course, list(held)) for course, held in groupby(issues, key=lambda issue: issue.course)]
    for course, held in courses:
        _write(content / f"courses/{course}.yml", _course(course, held))
    for year, held_in in groupby(issues[:recorded], key=lambda issue: issue.date.year):
        _write(content / f"record/{year}.yml", "".join(map(_lineup, held_in)))
    settings = _settings(issues[0].date, [course for course, _ in courses], covers=covers)
    _write(content / "newsletter.yml", json.dumps(settings, indent=2) + "\n")


def write_posts(issues: Iterable[Issue], folder: Path, *, pelican: bool = False) -> None:
    """Write an issue a file, as Markdown with front matter."""
    folder.mkdir(parents=True, exist_ok=True)
    head = _pelican_head if pelican else _yaml_head
    for issue in issues:
        _write(folder / f"issue-{issue.number:05}.md", head(issue) + "\n" + _post(issue))


def edit(file: Path, words: str) -> None:
    """Add a sentence to the first paragraph that holds a full stop at the end of its line."""
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    start = next(place for place, line in enumerate(lines) if line.startswith("body:") or line == "\n")
    place = next(place for place in range(start + 1, len(lines)) if lines[place].endswith(".\n"))
    lines[place] = lines[place].rstrip("\n") + f" {words}\n"
    _write(file, "".join(lines))


def _write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8", newline="\n")


def _entry(text: Text, extra: str) -> str:
    quiz = "".join(
        f"  - id: question-{place}\n    question: {json.dumps(one.question)}\n"
        f"    choices: {json.dumps(one.choices)}\n    answer: {json.dumps(one.choices[0])}\n"
        for place, one in enumerate(text.quiz, 1)
    )
    head = f"title: {json.dumps(text.title)}\nsummary: {json.dumps(text.summary)}\ntags: [{', '.join(text.tags)}]\n"
    body = textwrap.indent(text.body, "  ")
    return f"{head}{extra}body: |\n{body}" + (f"quiz:\n{quiz}" if quiz else "")


def _course(course: str, issues: list[Issue]) -> str:
    title = course.replace("-", " ").capitalize()
    head = f"title: {title}\nlabel: {course}\nsummary: A course.\nchapters:\n"
    return head + "".join(
        f"  - {{id: {chapter}, title: {chapter.replace('-', ' ').capitalize()},"
        f" topics: [{', '.join(issue.topic.id for issue in held)}]}}\n"
        for chapter, held in groupby(issues, key=lambda issue: issue.chapter)
    )


def _lineup(issue: Issue) -> str:
    sections = f"topic: {issue.topic.id}, problem: {issue.problem.id}, feature: {issue.feature.id}"
    because = "topic: course-order, problem: id, feature: id"
    course = f"course: {issue.course}, chapter: {issue.chapter}"
    return f"{issue.date}: {{number: {issue.number}, {course}, sections: {{{sections}}}, because: {{{because}}}}}\n"


def _settings(start: date, courses: list[str], *, covers: bool) -> dict[str, object]:
    mail = {
        "from": "Corpus <corpus@example.org>",
        "postal_address": "Example, 1 Example Street, Example City",
        "unsubscribe_url": "https://corpus.example.org/unsubscribe",
    }
    return {
        "version": 1,
        "id": "corpus",
        "title": "Corpus",
        "publisher": {"name": "Example", "url": "https://example.org"},
        "site_url": "https://corpus.example.org/",
        "schedule": {
            "start": start.isoformat(),
            "courses": courses,
            "rotation": "sequential",
            "runway_warning": 0,
        },
        "sections": [
            {"kind": kind, "heading": kind.capitalize(), "match": "topic"}
            if kind == "problem"
            else {"kind": kind, "heading": kind.capitalize()}
            for kind in ("topic", "problem", "feature")
        ],
        "mail": mail,
        "theme": {"covers": covers},
    }


def _yaml_head(issue: Issue) -> str:
    tags = json.dumps(issue.tags)
    title, summary = json.dumps(issue.topic.title), json.dumps(issue.topic.summary)
    return f"---\ntitle: {title}\ndate: {issue.date}\ndescription: {summary}\ntags: {tags}\n---\n"


def _pelican_head(issue: Issue) -> str:
    slug = f"issue-{issue.number:05}"
    fields = f"Title: {issue.topic.title}\nDate: {issue.date}\nSlug: {slug}\nSummary: {issue.topic.summary}\n"
    return f"{fields}Tags: {', '.join(issue.tags)}\n"


def _post(issue: Issue) -> str:
    parts = [part for text in issue.texts for part in (f"# {text.title}", text.summary, text.body.rstrip("\n"))]
    quiz = "\n\n".join(
        f"**{one.question}**\n\n" + "\n".join(f"- {choice}" for choice in one.choices) + f"\n\nAnswer: {one.choices[0]}"
        for one in issue.topic.quiz
    )
    return "\n\n".join([*parts[:3], "## Quiz", quiz, *parts[3:]]) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--issues", type=int, default=365)
    parser.add_argument("--recorded", type=int, help="how many are recorded, the last of them yesterday's; else all")
    parser.add_argument("--covers", action="store_true")
    parser.add_argument(
        "--for", dest="generator", choices=("pixeldigest", "markdown", "pelican"), default="pixeldigest"
    )
    options = parser.parse_args()
    coming = 0 if options.recorded is None else options.issues - options.recorded - 1
    issues = list(make_issues(options.issues, last=TODAY + timedelta(days=coming)))
    if options.generator == "pixeldigest":
        write_newsletter(issues, options.folder, recorded=options.recorded, covers=options.covers)
    else:
        write_posts(issues, options.folder, pelican=options.generator == "pelican")
    words = sum(len(_post(issue).split()) for issue in issues) / len(issues)
    print(f"{len(issues)} issues of {words:.0f} words in {options.folder}")


if __name__ == "__main__":
    main()
