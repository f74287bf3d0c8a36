"""Ways to change a newsletter (see freshness.py), each of which changes what a build makes or says."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from freshness import swap
from projects import set_keys, write

Edit = Callable[[Path], None]

SUMS, MEANS, VARIANCE = (f"content/topics/{name}.yml" for name in ("sums", "means", "variance"))
SETTINGS, CALENDAR, RECORD = "content/newsletter.yml", "content/calendar.yml", "content/record/2026.yml"
BARS = "content/images/bars.svg"


def swapping(name: str, old: str, new: str) -> Edit:
    """Put a text in the place of another."""
    return lambda project: swap(project / name, old, new)


def adding(name: str, text: str) -> Edit:
    """Add lines to a file, or make it."""

    def add(project: Path) -> None:
        path = project / name
        write(path, (path.read_text(encoding="utf-8") if path.exists() else "") + text)

    return add


def setting(block: str) -> Edit:
    """Put a block into the settings, in place of what its keys held."""
    return lambda project: set_keys(project, block)


def deleting(name: str) -> Edit:
    return lambda project: (project / name).unlink()


def moving(name: str, to: str) -> Edit:
    def move(project: Path) -> None:
        (project / to).parent.mkdir(parents=True, exist_ok=True)
        (project / name).rename(project / to)

    return move


# What editors write, and what a newsletter looks like: one input each.
INPUTS: Mapping[str, Edit] = MappingProxyType({
    "topic-body": swapping(SUMS, "adds *all*", "adds _each_"),
    "topic-formula": swapping(SUMS, "s = a + b", r"s = \frac{a}{b}"),
    "topic-title": swapping(MEANS, "title: Means", "title: Averages"),
    "topic-summary": swapping(MEANS, "One number", "A single number"),
    "topic-tags": swapping(MEANS, "tags: [numbers]", "tags: [averages]"),
    "topic-quiz": swapping(SUMS, "Nothing was added", "Not a thing was added"),
    "topic-exercise": swapping(SUMS, "from 1 to 100", "from 1 to 99"),
    "topic-reading": swapping(SUMS, "Sums on paper", "Sums in ink"),
    "topic-corrections": swapping(SUMS, "by mistake", "in error"),
    "topic-aliases": swapping(SUMS, "aliases: [totals]", "aliases: [totals, adding]"),
    "topic-prerequisites": swapping(VARIANCE, "body:", "prerequisites: [means]\nbody:"),
    "topic-draft": swapping(VARIANCE, "body:", "draft: true\nbody:"),
    "topic-not-before": swapping(VARIANCE, "body:", "not_before: 2026-12-01\nbody:"),
    "topic-url": swapping(MEANS, "body:", "url: https://example.org/means\nbody:"),
    "topic-updated": swapping(MEANS, "body:", "updated: 2026-11-20\nbody:"),
    "problem-solution": swapping("content/problems/add.yml", "return a + b\n", "return b + a\n"),
    "problem-body": swapping("content/problems/add.yml", "Use the operator", "Use an operator"),
    "problem-hint": swapping("content/problems/add.yml", "It is `+`", "Try `+`"),
    "problem-difficulty": swapping("content/problems/halve.yml", "hard", "easy"),
    "problem-collection": swapping("content/problems/halve.yml", "body:", "collections: [warm-up]\nbody:"),
    "problem-added": adding("content/problems/a.yml", "title: A\nsummary: A.\ndifficulty: easy\nbody: |\n  Do it.\n"),
    "feature-url": swapping("content/features/tool.yml", "/tool", "/tools"),
    "feature-without-url": swapping("content/features/tool.yml", "url: https://example.org/tool\n", ""),
    "course-title": swapping("content/courses/basics.yml", "Basics & Beyond", "Basics"),
    "course-label": swapping("content/courses/basics.yml", "label: basics", "label: start"),
    "course-chapter": swapping("content/courses/basics.yml", "First Steps", "Early Steps"),
    "course-order": swapping("content/courses/basics.yml", "- sums\n      - means\n", "- means\n      - sums\n"),
    "collection-title": swapping("content/collections/warm-up.yml", "Warm-up", "Getting warm"),
    "page-body": swapping("content/pages/about.yml", "It tells of", "It speaks of"),
    "page-added": adding("content/pages/imprint.yml", "title: Imprint\nsummary: Who.\nbody: |\n  We.\n"),
    "image-size": swapping(BARS, "0 0 20 10", "0 0 40 10"),
    "logo": swapping("content/images/logo.svg", "0 0 10 10", "0 0 20 10"),
    "settings-title": setting("title: Other Daily\n"),
    "settings-tagline": setting('tagline: "Only {{ course.label }}."\n'),
    "settings-accent": swapping(SETTINGS, "theme:\n", 'theme:\n  accent: "#b3261e"\n'),
    "settings-covers": swapping(SETTINGS, "covers: false", "covers: true"),
    "settings-calls": swapping(SETTINGS, "Try it yourself", "Try it now"),
    "settings-language": setting("language: de\n"),
    "settings-zone": setting("timezone: America/St_Johns\n"),
    "settings-address": setting("site_url: https://daily.example.com/\n"),
    "settings-publisher": swapping(SETTINGS, "name: Example", "name: Sample"),
    "settings-heading": swapping(SETTINGS, "Feature Spotlight", "Spotlight"),
    "settings-days": swapping(SETTINGS, "days: [wed, fri]", "days: [wed, sat]"),
    "settings-skip": swapping(SETTINGS, "  courses:", "  skip: [2026-11-20]\n  courses:"),
    "settings-mail": swapping(SETTINGS, "1 Example Street", "2 Example Street"),
    "settings-issue": adding(SETTINGS, 'issue:\n  title: "{{ topic.title }} today"\n'),
    "settings-mistakes": swapping(SETTINGS, "example.org/report", "example.org/tell"),
    "calendar-pin": adding(CALENDAR, "2026-11-20:\n  sections: {problem: riddle, topic: sums}\n"),
    "calendar-note": swapping(CALENDAR, "Welcome to", "Back to"),
    "calendar-skip": swapping(CALENDAR, "2026-11-22:", "2026-11-20:\n  skip: A holiday\n2026-11-22:"),
    "record-line": swapping(RECORD, "problem: halve", "problem: riddle"),
    "record-added": adding(
        RECORD,
        "2026-11-20: {number: 3, course: basics, chapter: first, sections: {topic: means, problem: riddle}, "
        "because: {topic: pin, problem: pin}}\n",
    ),
    "template-own": swapping("templates/text/feature.txt", "OWN", "MINE"),
    "template-added": adding("templates/post/feature.md", "OWN {{ section.entry.title }}\n"),
    "template-part-added": adding("templates/web/_facts.html", "<p>facts</p>\n"),
    "template-base-added": adding(
        "templates/web/base.html", "{% extends 'theme/web/base.html' %}{% block title %}Own{% endblock %}\n"
    ),
    "words-own": swapping("templates/words.en.yml", "Nudges", "Pushes"),
    "words-added": swapping("templates/words.en.yml", "hints:", "archive: Older\nhints:"),
    "asset-own": swapping("templates/assets/custom.css", "margin: 0", "margin: 1px"),
    "asset-added": adding("templates/assets/site.js", "// own\n"),
    "asset-strange": adding("templates/assets/extra.css", "p { margin: 0 }\n"),
})  # fmt: skip

# How files come, go and change, whatever stands in them.
WAYS: Mapping[str, Edit] = MappingProxyType({
    "topic-deleted": deleting(VARIANCE),
    "topic-of-the-record-deleted": deleting(SUMS),
    "feature-deleted": deleting("content/features/tool.yml"),
    "collection-deleted": deleting("content/collections/warm-up.yml"),
    "page-deleted": deleting("content/pages/about.yml"),
    "calendar-deleted": deleting(CALENDAR),
    "record-deleted": deleting(RECORD),
    "image-deleted": deleting(BARS),
    "template-deleted": deleting("templates/text/feature.txt"),
    "words-deleted": deleting("templates/words.en.yml"),
    "asset-deleted": deleting("templates/assets/custom.css"),
    "templates-deleted": lambda project: shutil.rmtree(project / "templates"),
    "topic-renamed": moving(VARIANCE, "content/topics/spread.yml"),
    "feature-renamed": moving("content/features/tool.yml", "content/features/device.yml"),
    "page-renamed": moving("content/pages/about.yml", "content/pages/who.yml"),
    "image-renamed": moving(BARS, "content/images/columns.svg"),
    "template-renamed": moving("templates/text/feature.txt", "templates/text/topic.txt"),
    "words-renamed": moving("templates/words.en.yml", "templates/words.de.yml"),
    "kind-changed": moving("content/features/club.yml", "content/pages/club.yml"),
    "folder-renamed": moving("content/topics", "content/topic"),
    "stray-file": adding("content/notes.txt", "To do.\n"),
    "wrong-suffix": moving(MEANS, "content/topics/means.yaml"),
    "the-same-id-twice": lambda project: shutil.copytree(project / "content/topics", project / "content/topics/again"),
    "folder-in-place-of-a-file": lambda project: (deleting(MEANS)(project), (project / MEANS).mkdir()),
    "emptied": lambda project: write(project / MEANS, ""),
    "not-utf-8": lambda project: (project / MEANS).write_bytes(b"title: \xff\n"),
    "dangling-link": lambda project: (deleting(MEANS)(project), (project / MEANS).symlink_to("nowhere.yml")),
    "settings-broken": swapping(SETTINGS, "title:", "titel:"),
    "entry-broken": swapping(VARIANCE, "title:", "titel:"),
    "entry-of-the-record-broken": swapping(MEANS, "title:", "titel:"),
    "image-too-big": lambda project: (project / BARS).write_bytes((project / BARS).read_bytes() + b" " * 300_000),
    "template-broken": adding("templates/web/home.html", "{{ nothing.here }}\n"),
    "words-broken": adding("templates/words.en.yml", "hints: [\n"),
})  # fmt: skip
