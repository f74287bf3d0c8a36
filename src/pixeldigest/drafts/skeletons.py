"""What a new file of each kind begins with."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from types import MappingProxyType


def _skeleton(text: str) -> str:
    return textwrap.dedent(text).lstrip("\n")


# Each validates as it is, so that an editor sees only mistakes of their own.
SKELETONS: Mapping[str, str] = MappingProxyType(
    {
        "topic": _skeleton(
            r"""
            title: TITLE
            summary: One sentence that says what a reader will know afterwards.
            draft: true
            tags: []
            prerequisites: []
            body: |
              Why this matters, in two or three sentences.

              ## The idea

              An inline formula is $a^2 + b^2 = c^2$; one of its own stands between dollars on lines of their own:

              $$
              E = \frac{1}{N} \sum_{i=1}^{N} x_i
              $$

              ## What to remember

              - the one thing
              - the usual mistake
            quiz:
              - id: first
                question: What is the one thing?
                choices:
                  - the right answer
                  - a plausible mistake
                answer: the right answer
                explanation: Why it is right.
            exercise: |
              Something to do in half an hour.
            reading:
              - title: A place to read on
                url: https://example.org/
                note: What to find there.
            """
        ),
        "problem": _skeleton(
            """
            title: TITLE
            summary: One sentence that says what is asked.
            draft: true
            difficulty: easy
            collections: []
            tags: []
            body: |
              What is asked, and an example in words.

              ## Approach

              How to think about it, without giving it away.
            hints:
              - A gentle push.
              - A stronger one.
            language: python
            starter: |
              def double(value: int) -> int:
                  \"\"\"Return twice the value.\"\"\"
                  raise NotImplementedError
            solution: |
              def double(value: int) -> int:
                  \"\"\"Return twice the value.\"\"\"
                  return 2 * value
            explanation: |
              Why the solution works.
            examples: |
              >>> double(2)
              4
            tests: |
              >>> double(-3)
              -6
            wrong_answers:
              - why: squares the value
                code: |
                  def double(value: int) -> int:
                      return value * value
            """
        ),
        "feature": _skeleton(
            """
            title: TITLE
            summary: One sentence that says what it is good for.
            draft: true
            tags: []
            body: |
              What it is and whom it helps.

              ## Try it this week

              One small step to begin with.
            """
        ),
        "page": _skeleton(
            """
            title: TITLE
            summary: One sentence that says what readers find here.
            draft: true
            body: |
              The text itself.

              ## A part of it

              Every page of the site links this one in its foot.
            """
        ),
        "course": _skeleton(
            """
            title: TITLE
            label: TITLE
            summary: One sentence that says what this course leads to.
            chapters:
              - id: first-steps
                title: First Steps
                topics:
                  - TOPIC
            """
        ),
        "collection": _skeleton(
            """
            title: TITLE
            summary: One sentence that says what its problems have in common.
            """
        ),
    }
)
