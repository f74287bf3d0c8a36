"""Issue → issue.json: the issue as data, without what readers must not see yet."""

from __future__ import annotations

import json
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from pixeldigest.content import Feature, Problem, Topic
from pixeldigest.fields import Difficulty
from pixeldigest.formats.links import link_resolver
from pixeldigest.formats.rendition import Render, one_file
from pixeldigest.formats.theme import Theme
from pixeldigest.issue import Issue, IssueSection, RecallSection, ReviewSection
from pixeldigest.markup.html import HtmlOptions, to_html
from pixeldigest.markup.parse import parse_body
from pixeldigest.markup.webhtml import web_leaves


class Data(BaseModel):
    """The base of what `issue.json` holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Prose(Data):
    """A text, as Markdown and as HTML with absolute links."""

    markdown: str = Field(description="the source, with `$` maths")
    html: str = Field(description="the same as HTML, formulas as MathML")


class QuestionData(Data):
    """A question of a quiz."""

    id: str = Field(description="permanent, unique in the entry")
    question: str = Field(description="inline Markdown")
    choices: tuple[str, ...] = Field(description="inline Markdown")
    answer: tuple[str, ...] = Field(description="the choices that are right")
    explanation: str | None = Field(description="inline Markdown")


class ReadingData(Data):
    """A place to read on."""

    title: str = Field(description="its name")
    url: str = Field(description="its address")
    note: str | None = Field(description="inline Markdown")


class CorrectionData(Data):
    """A mistake that was mended after publication."""

    date: date
    text: str = Field(description="what was wrong and what is right now; inline Markdown")


class EntryData(Data):
    """What all kinds of entry share."""

    id: str = Field(description="permanent, unique within the kind")
    title: str = Field(description="plain text")
    summary: str = Field(description="one sentence, plain text")
    body: Prose = Field(description="the text; its headings start at level 2")
    tags: tuple[str, ...] = Field(description="subjects")
    page: str | None = Field(description="the address of its own page")
    url: str | None = Field(description="its address on the publisher's site")
    corrections: tuple[CorrectionData, ...] = Field(description="mistakes that were mended after publication")


class TopicData(EntryData):
    """A unit of a course."""

    kind: Literal["topic"] = Field("topic", description="the kind of entry")
    course: str | None = Field(description="the course's title")
    chapter: str | None = Field(description="the chapter's title")
    quiz: tuple[QuestionData, ...] = Field(description="questions to test oneself")
    exercise: Prose | None = Field(description="something to do")
    reading: tuple[ReadingData, ...] = Field(description="where to read on")


class ProblemData(EntryData):
    """A problem to solve; never its solution or tests."""

    kind: Literal["problem"] = Field("problem", description="the kind of entry")
    difficulty: Difficulty = Field(description="easy, medium or hard")
    collection: str | None = Field(description="the title of its first collection")
    hints: tuple[str, ...] = Field(description="inline Markdown, from gentle to strong")
    language: str | None = Field(description="the language of the code")
    setup: str | None = Field(description="code given to the reader")
    starter: str | None = Field(description="what the reader starts from")
    examples: str | None = Field(description="doctest")


class FeatureData(EntryData):
    """Something of the publisher's."""

    kind: Literal["feature"] = Field("feature", description="the kind of entry")


class SectionData(Data):
    """A part of the issue."""

    id: str = Field(description="permanent")
    heading: str = Field(description="the heading above it")
    entry: Annotated[TopicData | ProblemData | FeatureData, Field(discriminator="kind")]
    call_to_action: str | None = Field(description="a sentence under the section")
    call_url: str = Field(description="where the call leads")


class RecalledData(QuestionData):
    """A question of an earlier issue."""

    topic: str = Field(description="the title of its topic")
    page: str | None = Field(description="the address of its topic's page")


class RecallData(Data):
    """A part of the issue that asks what earlier ones taught."""

    id: str = Field(description="permanent")
    kind: Literal["recall"] = Field("recall", description="what the section repeats")
    heading: str = Field(description="the heading above it")
    questions: tuple[RecalledData, ...] = Field(description="the youngest first")


class SolutionData(Data):
    """A part of the issue that solves the previous one's problem."""

    id: str = Field(description="permanent")
    kind: Literal["solution"] = Field("solution", description="what the section repeats")
    heading: str = Field(description="the heading above it")
    problem: str = Field(description="the problem's id")
    title: str = Field(description="the problem's title")
    summary: str = Field(description="one sentence that says what was asked")
    page: str | None = Field(description="the address of the problem's page")
    language: str | None = Field(description="the language of the code")
    solution: str | None = Field(description="code")
    explanation: Prose | None = Field(description="how it works")


class IssueData(Data):
    """One issue of the newsletter."""

    version: Literal[1] = Field(1, description="the version of this format")
    newsletter: str = Field(description="the newsletter's permanent id")
    title: str = Field(description="the issue's title")
    number: int = Field(description="counts issues from 1")
    date: date
    language: str = Field(description="a language tag")
    url: str = Field(description="the canonical address of the issue's page")
    tagline: str | None = Field(description="one sentence")
    note: str | None = Field(description="the editor's introduction, inline Markdown")
    tags: tuple[str, ...] = Field(description="labels for platforms")
    sections: tuple[SectionData | RecallData | SolutionData, ...] = Field(description="in order")


def render_data(issue: Issue, theme: Theme) -> str:
    """Render an issue as JSON after docs/issue.schema.json."""
    resolve = link_resolver(issue.targets, root=issue.site_url, as_of=issue.date)
    leaves = web_leaves(table_label=theme.words["table"], formula_label=theme.words["formula"])
    options = HtmlOptions(resolve, leaves)
    shown = IssueData(
        newsletter=issue.newsletter_id,
        title=issue.title,
        number=issue.number,
        date=issue.date,
        language=issue.language,
        url=issue.site_url + issue.page,
        tagline=issue.tagline,
        note=issue.note,
        tags=issue.tags,
        sections=tuple(_section(section, issue, options) for section in issue.sections),
    )
    return shown.model_dump_json(indent=2) + "\n"


render: Render = one_file("issue.json", render_data)


def data_schema() -> str:
    """Write the JSON Schema of `issue.json`."""
    return json.dumps(IssueData.model_json_schema(mode="serialization"), indent=2, ensure_ascii=False) + "\n"


def _section(
    section: IssueSection | ReviewSection, issue: Issue, options: HtmlOptions
) -> SectionData | RecallData | SolutionData:
    if not isinstance(section, IssueSection):
        return _review(section, issue, options)
    return SectionData(
        id=section.id,
        heading=section.heading,
        entry=_entry(section, issue, options),
        call_to_action=section.call_to_action,
        call_url=section.call_url,
    )


def _review(section: ReviewSection, issue: Issue, options: HtmlOptions) -> RecallData | SolutionData:
    if isinstance(section, RecallSection):
        questions = tuple(
            RecalledData(**one.question.model_dump(), topic=one.topic.title, page=_address(issue, one.page))
            for one in section.questions
        )
        return RecallData(id=section.id, heading=section.heading, questions=questions)
    problem = section.problem
    if not isinstance(problem, Problem):
        raise TypeError(f"'{problem.id}' is no problem")
    return SolutionData(
        id=section.id,
        heading=section.heading,
        problem=problem.id,
        title=problem.title,
        summary=problem.summary,
        page=_address(issue, section.page),
        language=problem.language,
        solution=problem.solution,
        explanation=_prose(problem.explanation, options) if problem.explanation else None,
    )


def _entry(section: IssueSection, issue: Issue, options: HtmlOptions) -> TopicData | ProblemData | FeatureData:
    entry = section.entry
    shared = {
        "id": entry.id,
        "title": entry.title,
        "summary": entry.summary,
        "body": _prose(entry.body, options),
        "tags": entry.tags,
        "page": _address(issue, section.page),
        "url": entry.url,
        "corrections": tuple(CorrectionData(**one.model_dump()) for one in entry.corrections),
    }
    match entry:
        case Topic():
            return TopicData(
                **shared,
                course=section.course.title if section.course else None,
                chapter=section.chapter_title,
                quiz=tuple(QuestionData(**question.model_dump()) for question in entry.quiz),
                exercise=_prose(entry.exercise, options) if entry.exercise else None,
                reading=tuple(ReadingData(**reading.model_dump()) for reading in entry.reading),
            )
        case Problem():
            return ProblemData(
                **shared,
                difficulty=entry.difficulty,
                collection=section.collection_title,
                hints=entry.hints,
                language=entry.language,
                setup=entry.setup,
                starter=entry.starter,
                examples=entry.examples,
            )
        case Feature():
            return FeatureData(**shared)
    raise AssertionError(f"no data for the kind {entry.kind!r}")


def _address(issue: Issue, page: str | None) -> str | None:
    return issue.site_url + page if page else None


def _prose(source: str, options: HtmlOptions) -> Prose:
    return Prose(markdown=source, html=to_html(parse_body(source), options))
