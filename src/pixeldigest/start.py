"""Start a newsletter, and new entries in it."""

from __future__ import annotations

import json
import os
import re
import textwrap
import unicodedata
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from types import MappingProxyType

from pixeldigest.diagnostics import UserError
from pixeldigest.listing import TAKEN_PAGES
from pixeldigest.output import cannot_write
from pixeldigest.wholefile import write_whole

_SAMPLE = Path(__file__).parent / "sample"
_START = "start: 2026-01-01"

MAX_ID_LENGTH = 80
# What has no accent that could be taken off.
_SPELT_OUT = str.maketrans(
    {"&": " and ", "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
)


def init_project(folder: Path, *, start: date) -> tuple[Path, ...]:
    """Copy the sample newsletter into a folder, starting on a date; raises UserError rather than overwrite a file."""
    sources = sorted(path for path in _SAMPLE.rglob("*") if path.is_file())
    targets = {source: folder / _real_name(source.relative_to(_SAMPLE)) for source in sources}
    if clash := [target for target in targets.values() if os.path.lexists(target)]:
        more = f" (and {len(clash) - 1} more)" if len(clash) > 1 else ""
        raise UserError(
            f"{clash[0]} exists already{more}; 'init' overwrites nothing: move it away, or name another folder"
        )
    written: list[Path] = []
    for source, target in targets.items():
        text = source.read_text(encoding="utf-8").replace(_START, f"start: {start.isoformat()}")
        try:
            write_whole(str(target), text.encode())
        except OSError as error:
            for one in written:
                one.unlink(missing_ok=True)
            raise cannot_write(target, error) from error
        written.append(target)
    return tuple(written)


def _real_name(name: Path) -> Path:
    # A '.gitignore' among the sample would act on this repository and be left out of the wheel.
    return name.with_name(f".{name.name.removeprefix('dot-')}") if name.name.startswith("dot-") else name


def write_skeleton(project: Path, kind: str, title: str) -> Path:
    """Write a draft of a new entry and return its file; raises UserError where there is one already."""
    if not (project / "content").is_dir():
        raise UserError("there is no content/ here; start a newsletter with 'pixeldigest init', or use -C")
    entry_id = make_id(title)
    if not entry_id:
        raise UserError(f"an id is made of the letters a to z and digits, and '{title}' has none; write some into it")
    folder = project / "content" / f"{kind}s"
    path = folder / f"{entry_id}.yml"
    if twin := next(folder.rglob(f"{entry_id}.yml"), None):
        raise UserError(f"{twin.relative_to(project)} exists already; choose another title")
    if kind == "page" and entry_id in TAKEN_PAGES:
        raise UserError(f"'{entry_id}' is an address of the site itself; choose another title")
    text = SKELETONS[kind].replace("TITLE", json.dumps(_clean(title), ensure_ascii=False))
    try:
        write_whole(str(path), text.encode())
    except OSError as error:
        raise cannot_write(path, error) from error
    return path


def make_id(title: str) -> str:
    """Turn a title into an id: small letters and digits, single hyphens; a long one ends with a whole word."""
    plain = unicodedata.normalize("NFKD", title.lower().translate(_SPELT_OUT))
    without_accents = "".join(one for one in plain if not unicodedata.combining(one))
    whole = re.sub(r"[^a-z0-9]+", "-", without_accents).strip("-")
    if len(whole) <= MAX_ID_LENGTH:
        return whole
    short = whole[: MAX_ID_LENGTH + 1].rpartition("-")[0]
    return short or whole[:MAX_ID_LENGTH]


def _clean(title: str) -> str:
    """Put a title on one line, without characters that YAML does not have."""
    kept = (one for one in title if one.isprintable() or one.isspace() or unicodedata.category(one) == "Cf")
    return " ".join("".join(kept).split())


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
    }
)
