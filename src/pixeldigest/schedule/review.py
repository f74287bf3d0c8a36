"""What a day repeats of the issues before it: questions after 1, 7 and 30 days, and the previous issue's solution."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType

from pixeldigest.content import Recorded
from pixeldigest.library import Library
from pixeldigest.schedule.lineup import Conflict, Lineup, Review
from pixeldigest.schedule.rules import weekday_of
from pixeldigest.settings import Section

# Each step is some four times the one before, as what was recalled is forgotten more slowly.
LADDER = (timedelta(days=1), timedelta(days=7), timedelta(days=30))


def plan_reviews(library: Library, lineup: Lineup, before: Sequence[Lineup]) -> tuple[Review, ...]:
    """Find what fills the sections for which no entry is chosen; `before` has the earlier issues, oldest first.

    A section for which there is nothing is left out, as on the first days.
    """
    chosen = {choice.section_id for choice in lineup.choices}
    reviews: list[Review] = []
    place = 0
    for section in library.newsletter.sections:
        if refs := _find_refs(library, section, lineup, before):
            reviews.append(Review(section.id, section.kind, refs, place))
        place += bool(refs) or section.id in chosen
    return tuple(reviews)


def read_reviews(library: Library, recorded: Recorded) -> tuple[Review, ...]:
    """Read back what a day repeated, by the ids of then; what does not fit its section's kind is left out."""
    kinds = {section.id: section.kind for section in library.newsletter.sections}
    known = [(one, kinds[one], shown) for one, shown in recorded.sections.items() if one in kinds]
    return tuple(
        Review(section_id, kind, (shown,) if isinstance(shown, str) else shown, place)
        for place, (section_id, kind, shown) in enumerate(known)
        if (kind == "recall" and not isinstance(shown, str)) or (kind == "solution" and isinstance(shown, str))
    )


def refuse_pin(section: Section) -> Conflict:
    """Say why a section for which no entry is chosen cannot be pinned."""
    message = f"'{section.id}' cannot be pinned: a section of kind '{section.kind}' follows from the issues before"
    return Conflict(section.id, message, "take it out of the pin", pinned=True)


def _find_refs(library: Library, section: Section, lineup: Lineup, before: Sequence[Lineup]) -> tuple[str, ...]:
    if not section.is_review or (section.days is not None and weekday_of(lineup.date) not in section.days):
        return ()
    return tuple(_FINDERS[section.kind](library, lineup, before))


def _recall_questions(library: Library, lineup: Lineup, before: Sequence[Lineup]) -> Iterator[str]:
    """Ask on each step about the last issue that is old enough and that no shorter step has taken."""
    asked = set()
    end = len(before)
    for step, age in enumerate(LADDER):
        end = bisect_right(before, lineup.date - age, hi=end, key=lambda one: one.date) - 1
        if end < 0:
            return
        question = _choose_question(library, before[end], step, without=_ids(lineup, "topic"))
        if question and question not in asked:
            asked.add(question)
            yield question


def _choose_question(library: Library, issue: Lineup, step: int, *, without: Sequence[str]) -> str | None:
    """Take another question of the quiz on each step, and none about what the day itself teaches."""
    for topic_id in _ids(issue, "topic"):
        topic = library.topics.get(topic_id)
        if topic and topic.questions and topic_id not in without:
            return f"{topic_id}/{topic.questions[step % len(topic.questions)]}"
    return None


def _reveal_solution(library: Library, lineup: Lineup, before: Sequence[Lineup]) -> Iterator[str]:
    """Show how the previous issue's problem is solved, unless the day asks it again."""
    asked_again = _ids(lineup, "problem")
    for problem_id in _ids(before[-1], "problem") if before else ():
        problem = library.problems.get(problem_id)
        if problem and problem.solved and problem_id not in asked_again:
            yield problem_id
            return


def _ids(lineup: Lineup, kind: str) -> tuple[str, ...]:
    return tuple(choice.entry_id for choice in lineup.choices if choice.kind == kind)


_FINDERS: Mapping[str, Callable[[Library, Lineup, Sequence[Lineup]], Iterator[str]]] = MappingProxyType(
    {"recall": _recall_questions, "solution": _reveal_solution}
)
