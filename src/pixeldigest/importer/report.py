"""What an import says when it is done."""

from __future__ import annotations

from collections.abc import Sequence

from pixeldigest.importer import Outcome
from pixeldigest.importer.convert import Converted, Remark
from pixeldigest.report import as_json, pluralize


def format_import(outcome: Outcome, *, dry_run: bool) -> str:
    """Write what became of each article, what needs a person, and the sum."""
    lines: list[str] = []
    done = outcome.done
    for one in done:
        lines.append(f"{one.title} ({one.article.origin})")
        lines += [f"  {name}" for name in (*(f"content/{picture.name}" for picture in one.pictures), *one.texts)]
        lines += [f"  skipped: {reason}" for reason in one.skipped]
    remarks = [remark for one in done for remark in one.remarks]
    if remarks:
        lines += ["", "What needs a person:", *map(_format_remark, remarks)]
    return "\n".join([*lines, *([""] if lines else []), *_sum_up(done, dry_run=dry_run)])


def import_as_data(outcome: Outcome, *, dry_run: bool) -> str:
    """Write the same as JSON."""
    articles = [
        {
            "title": one.title,
            "origin": one.article.origin,
            "written": [*(f"content/{picture.name}" for picture in one.pictures), *one.texts],
            "skipped": list(one.skipped),
            "remarks": [remark._asdict() for remark in one.remarks],
        }
        for one in outcome.done
    ]
    return as_json({"dry_run": dry_run, "articles": articles, "error": outcome.stopped or None})


def _format_remark(remark: Remark) -> str:
    return f"{remark.file}{f':{remark.line}' if remark.line else ''}: {remark.message}"


def _sum_up(done: Sequence[Converted], *, dry_run: bool) -> list[str]:
    entries = sum(len(one.entries) for one in done)
    skipped = sum(len(one.skipped) for one in done)
    remarks = sum(len(one.remarks) for one in done)
    verb = "would become" if dry_run else "became"
    drafts = f"{entries} new {'draft' if entries == 1 else 'drafts'}"
    line = f"{pluralize(len(done), 'article')} {verb} {drafts}; {skipped} skipped, {remarks} to look at"
    if not entries or dry_run:
        return [line]
    return [line, "next: look at each, delete its 'draft: true', and run pixeldigest check"]
