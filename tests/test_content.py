"""This repository's own newsletter: complete, right, and as long as promised."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from conftest import REPOSITORY, run_command
from pixeldigest.cache import NO_CACHE
from pixeldigest.check import load_checked
from pixeldigest.content import Entry, Problem
from pixeldigest.library import Library
from pixeldigest.markup.document import Document, Formula, Heading, Text, walk
from pixeldigest.markup.mathml import latex_to_mathml
from pixeldigest.prose import read_prose
from pixeldigest.schedule import Lineup, plan_days
from pixeldigest.trial import DEFAULT_LIMITS, Verdict, doctests_of, run_program

# Words that two entries may have in common in a row, by chance or because they speak of the same thing.
SHARED_WORDS = 12
LIMITS = DEFAULT_LIMITS._replace(seconds=60)


def load() -> Library:
    library, diagnostics = load_checked(REPOSITORY, NO_CACHE, advice=True)
    assert (library is not None, diagnostics) == (True, ())
    assert library is not None
    return library


LIBRARY = load()
# The entries whole, by kind and id.
WHOLE: Mapping[str, Mapping[str, Any]] = {
    kind: {one: LIBRARY.read(head) for one, head in heads.items()} for kind, heads in LIBRARY.by_kind.items()
}
PROBLEMS = sorted(LIBRARY.problems)
ENTRIES = [(kind, one) for kind in ("topic", "problem", "feature") for one in sorted(LIBRARY.entries(kind))]


def test_nothing_is_wrong() -> None:
    run = run_command(REPOSITORY, "check")

    assert run == (0, "all is well\n", "")


# --- What there is ---


def test_courses_have_their_chapters() -> None:
    outline = {
        course.label: {chapter.title: chapter.topics for chapter in course.chapters}
        for course in LIBRARY.courses.values()
    }

    assert outline == {
        "llm": {
            "Fine-tuning": (
                "transfer-learning",
                "full-fine-tuning",
                "lora-and-qlora",
                "instruction-tuning",
                "preference-optimization",
                "evaluating-fine-tuned-models",
            )
        },
        "ml": {
            "Supervised Learning": (
                "linear-regression",
                "gradient-descent",
                "logistic-regression",
                "bias-variance-tradeoff",
                "regularization",
                "cross-validation",
            )
        },
    }


def test_every_topic_stands_in_a_course() -> None:
    placed = [topic for course in LIBRARY.courses.values() for topic in course.topics]

    assert sorted(placed) == sorted(LIBRARY.topics)


def test_there_are_twelve_problems_of_all_difficulties() -> None:
    difficulties = Counter(problem.difficulty for problem in WHOLE["problem"].values())
    collections = Counter(one for problem in WHOLE["problem"].values() for one in problem.collections)
    promised = {"Merge Two Sorted Lists", "Higher-Order Functions", "Create TensorDataset"}

    assert (len(LIBRARY.problems), sorted(difficulties)) == (12, ["easy", "hard", "medium"])
    assert min(difficulties.values()) >= 2
    assert (len(collections) >= 3, set(collections)) == (True, set(LIBRARY.collections))
    assert promised <= {problem.title for problem in WHOLE["problem"].values()}


def test_there_are_eight_features() -> None:
    titles = {feature.title for feature in WHOLE["feature"].values()}

    assert len(titles) == 8
    assert {"GitHub Projects", "Research Papers"} <= titles


def test_nothing_is_a_draft() -> None:
    assert [one for kind, one in ENTRIES if WHOLE[kind][one].draft] == []


def test_every_day_of_a_quarter_has_all_three_sections() -> None:
    start = LIBRARY.newsletter.schedule.start
    days = [one for one in plan_days(LIBRARY, until=start + timedelta(days=89)) if isinstance(one, Lineup)]

    assert len(days) >= 89  # one day may be skipped
    assert {tuple(choice.section_id for choice in day.choices) for day in days} == {("topic", "problem", "feature")}
    cooldowns = {section.id: section.cooldown for section in LIBRARY.newsletter.sections}
    assert (cooldowns["problem"], cooldowns["feature"]) == (10, 7)


# --- How it is written ---

WORDS = {"topic": (500, 800), "problem": (350, 600), "feature": (150, 280)}


@pytest.mark.parametrize(("kind", "entry_id"), ENTRIES)
def test_length(kind: str, entry_id: str) -> None:
    """Words of prose count; code and formulas do not."""
    least, most = WORDS[kind]

    count = len(words_of(next(read_prose(WHOLE[kind][entry_id])).document))

    assert least <= count <= most


@pytest.mark.parametrize(("kind", "entry_id"), ENTRIES)
def test_structure(kind: str, entry_id: str) -> None:
    entry = WHOLE[kind][entry_id]
    levels = [node.level for node in headings(entry)]

    assert levels, "the body has no headings"
    assert min(levels) == 2
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert 2 <= len(entry.tags) <= 4


@pytest.mark.parametrize("entry_id", sorted(LIBRARY.topics))
def test_topics_have_all_their_parts(entry_id: str) -> None:
    topic = WHOLE["topic"][entry_id]

    assert 2 <= len(topic.quiz) <= 3
    assert all(len(question.choices) >= 3 and question.explanation for question in topic.quiz)
    assert all(len(set(question.choices)) == len(question.choices) for question in topic.quiz)
    assert 60 <= len((topic.exercise or "").split()) <= 150
    assert 2 <= len(topic.reading) <= 4


def test_the_right_answer_is_not_always_in_the_same_place() -> None:
    places = Counter(
        question.choices.index(question.answer[0]) for topic in WHOLE["topic"].values() for question in topic.quiz
    )

    assert max(places.values()) <= sum(places.values()) * 0.6


@pytest.mark.parametrize(("kind", "entry_id"), ENTRIES)
def test_formulas_convert(kind: str, entry_id: str) -> None:
    for _, _, document in read_prose(WHOLE[kind][entry_id]):
        for node in walk(document.blocks):
            if isinstance(node, Formula):
                assert latex_to_mathml(node.latex, display=node.display).startswith("<math")


def test_most_topics_have_a_formula_of_their_own() -> None:
    """A chapter on evaluation or data may do without; a course may not."""
    without = [
        topic.id
        for topic in WHOLE["topic"].values()
        if not any(isinstance(node, Formula) and node.display for node in walk(next(read_prose(topic)).document.blocks))
    ]

    assert len(without) <= 2


def test_no_two_entries_share_a_passage() -> None:
    owners: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for kind, entry_id in ENTRIES:
        entry = WHOLE[kind][entry_id]
        for _, _, document in read_prose(entry):
            words = [word.strip(".,;:!?()“”\"'").lower() for word in words_of(document)]
            for start in range(len(words) - SHARED_WORDS + 1):
                owners[tuple(words[start : start + SHARED_WORDS])].add(str(entry.ref))

    assert {" ".join(words): sorted(found) for words, found in owners.items() if len(found) > 1} == {}


@pytest.mark.parametrize("field", ["title", "summary"])
def test_texts_that_tell_entries_apart_are_different(field: str) -> None:
    texts: list[Any] = [getattr(WHOLE[kind][one], field) for kind, one in ENTRIES]

    assert [text for text, count in Counter(texts).items() if count > 1] == []


# --- The problems' code ---


@pytest.mark.parametrize("entry_id", PROBLEMS)
def test_the_solution_passes(entry_id: str) -> None:
    problem = WHOLE["problem"][entry_id]

    assert try_code(problem, problem.solution) == Verdict(True, "")


@pytest.mark.parametrize("entry_id", PROBLEMS)
def test_the_starter_runs_and_fails(entry_id: str) -> None:
    problem = WHOLE["problem"][entry_id]

    passed, reason = try_code(problem, problem.starter)

    assert (passed, reason.split(":")[0]) == (False, "Failed example")


@pytest.mark.parametrize(
    ("entry_id", "index"),
    [(one, index) for one in PROBLEMS for index in range(len(WHOLE["problem"][one].wrong_answers))],
)
def test_the_tests_catch_every_wrong_answer(entry_id: str, index: int) -> None:
    """It runs, ends in time, and fails an example: it does not just crash on loading."""
    problem = WHOLE["problem"][entry_id]

    passed, reason = try_code(problem, problem.wrong_answers[index].code)

    assert (passed, reason.split(":")[0]) == (False, "Failed example")


@pytest.mark.parametrize("entry_id", PROBLEMS)
def test_every_problem_has_all_its_parts(entry_id: str) -> None:
    problem = WHOLE["problem"][entry_id]

    assert problem.language == "python"
    assert problem.collections
    assert 2 <= len(problem.hints) <= 4
    assert 1 <= len(problem.wrong_answers) <= 2
    assert 80 <= len((problem.explanation or "").split()) <= 200
    assert 2 <= (problem.examples or "").count(">>> ") <= 6
    assert (problem.tests or "").count(">>> ") >= 6


def try_code(problem: Problem, code: str | None) -> Verdict:
    return run_program(code or "", doctests_of(problem), setup=problem.setup or "", limits=LIMITS)


def words_of(document: Document) -> list[str]:
    return [word for node in walk(document.blocks) if isinstance(node, Text) for word in node.text.split()]


def headings(entry: Entry) -> Iterator[Heading]:
    for node in walk(next(read_prose(entry)).document.blocks):
        if isinstance(node, Heading):
            yield node
