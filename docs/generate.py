"""Write the documentation that is made from the code: `make docs`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from pixeldigest.cli import cli
from pixeldigest.fields import WEEKDAYS
from pixeldigest.formats.data import data_schema
from pixeldigest.formats.mailcheck import CHECKS, PUBLISHING_CHECKS
from pixeldigest.listing import FOLDERS
from pixeldigest.rulebook import Rule, field_rules, read_rulebook
from pixeldigest.schemas import default_of, entry_schema
from pixeldigest.schemas.examples import example_of
from pixeldigest.schemas.forms import Schema

HERE = Path(__file__).parent
MADE = "<!-- Made by docs/generate.py from the code; run `make docs` instead of editing it. -->\n"
FILES = {
    **{kind: f"content/{folder}/ID.yml" for kind, folder in FOLDERS.items()},
    "newsletter": "content/newsletter.yml",
    "calendar": "content/calendar.yml",
    "record": "content/record/YEAR.yml",
    "withdrawn": "content/withdrawn.yml",
}
FIELDS_INTRODUCTION = """# Fields

Every key of every file below `content/`, each with an example that has them all.
A star marks what is required; all else may be left out or left empty.
`pixeldigest schema` tells your editor the same, so that it completes and explains keys as you type.

- A *text* stands on one line and stays what you typed: `no`, `12:30` and `2048` are texts like any other.
  Put it into quotes if it begins with one of ``[ { & * ! | > % @ ` " ' #``, or holds `: ` or ` #`.
- *Markdown* has headings from `##` on, lists, tables, code, images, links and formulas.
  *Inline Markdown* has what fits into a line: emphasis, code, links, and formulas such as `$r = 8$`.
- What is written *in a block* has `|` behind its key, and the text below it, indented by two spaces.
- An *id* is made of small letters, digits and single hyphens; the id of an entry is its file's name without `.yml`.
- A *date* is written as in `2026-11-21`.
"""


def main() -> None:
    """Write all files."""
    for name, text in documents():
        (HERE / name).write_text(text, encoding="utf-8")


def documents() -> Iterator[tuple[str, str]]:
    """Yield each file's name and text."""
    yield "commands.md", commands_reference()
    yield "fields.md", fields_reference()
    yield "rules.md", rules_reference()
    yield "mail-checks.md", mail_checks()
    yield "issue.schema.json", data_schema()


def rules_reference() -> str:
    """Write every rule with what it wants, an example, and what is said of it."""
    book = read_rulebook()
    contents = [f"- {chapter.title}: {', '.join(map(_link_to, chapter.rules))}" for chapter in book.chapters]
    parts = [MADE, RULES_INTRODUCTION, "\n".join(contents) + "\n"]
    for chapter in book.chapters:
        parts.append(f"## {chapter.title}\n\n{chapter.about}\n")
        parts += [_rule(name, rule) for name, rule in chapter.rules.items()]
    listed = ", ".join(f"`{name}`" for name in sorted(field_rules()))
    return "\n".join((*parts, RULES_OF_KEYS.format(listed), RULES_OF_MAILS))


RULES_INTRODUCTION = """\
# Rules

What `pixeldigest check` says begins with the name of a rule: `error[link]: …`.
The names stay as they are, so that `--select link,image` can ask for some of them and `--ignore dialect,mail-*` leave \
others out.
An error keeps an entry from being sent, or, in a file that every issue needs, all issues; a warning is advice.

Each example is laid over a small newsletter that has nothing else wrong; of a file that stands there already, only \
the keys shown are new.
"""
RULES_OF_KEYS = """\
## The keys themselves

What stands behind a key has its own rule, named like the key: [difficulty](#difficulty) and the others above are \
examples.
[fields.md](fields.md) says what each takes.

{}
"""
RULES_OF_MAILS = """\
## Mails

The mails of the coming days are looked at as they would be sent, by the rules in [mail-checks.md](mail-checks.md).
"""


def _link_to(name: str) -> str:
    return f"[{name}](#{name})"


def _rule(name: str, rule: Rule) -> str:
    asked = f" Said with `check {rule.option}`." if rule.option else ""
    bad, good = (_example(files) for files in (rule.bad, rule.good))
    return f"### {name}\n\n{rule.wants}\n{rule.why}{asked}\n\n{bad}\n\n```text\n{rule.says}\n```\n\nRight:\n\n{good}\n"


def _example(files: Mapping[str, str]) -> str:
    return "\n\n".join(f"`{file}`:\n\n{_fenced(file, text)}" for file, text in files.items())


def _fenced(file: str, text: str) -> str:
    """Show a file; fences and signs that nobody sees in it are shown, and of endless lines the start."""
    shown = "".join(one if one == "\n" or one.isprintable() else f"<U+{ord(one):04X}>" for one in text)
    lines = [line if len(line) <= WIDEST else f"{line[:WIDEST]} …" for line in shown.rstrip("\n").split("\n")]
    fence = "~~~" if "```" in text else "```"
    return "\n".join((fence + file.rpartition(".")[2].replace("yml", "yaml"), *lines, fence))


WIDEST = 300


def mail_checks() -> str:
    """Write what every check of a mail wants."""
    parts = [MADE, "# Checks of mails\n"]
    for title, checks in (("Of every mail that is built", CHECKS), ("When a channel sends it", PUBLISHING_CHECKS)):
        rows = [
            f"| `{check.__name__.replace('check_', 'mail-')}` | {(check.__doc__ or '').removeprefix('Want ')} |"
            for check in checks
        ]
        parts.append("\n".join([f"## {title}\n", "| rule | what it wants |", "| --- | --- |", *rows, ""]))
    return "\n".join(parts)


def commands_reference() -> str:
    """Write what `--help` prints for every command."""
    parts = [MADE, "# Commands\n"]
    root = click.Context(cli, info_name="pixeldigest", max_content_width=100, terminal_width=100)
    parts.append(f"```text\n{cli.get_help(root)}\n```\n")
    for name in cli.list_commands(root):
        command = cli.get_command(root, name)
        context = click.Context(command, parent=root, info_name=name, max_content_width=100, terminal_width=100)
        parts.append(f"## {name}\n\n```text\n{command.get_help(context)}\n```\n")
    return "\n".join(parts)


def fields_reference() -> str:
    """Write every file's example, and every key with its form, its default and its meaning."""
    parts = [MADE, FIELDS_INTRODUCTION]
    told: set[str] = set()
    for kind, file in FILES.items():
        schema = entry_schema(kind)
        held = schema if "properties" in schema else schema["additionalProperties"]
        parts.append(f"## {file}\n\n{schema['description']}\n")
        parts.append(f"```yaml\n{example_of(kind)}```\n")
        parts.append(_table(held) if "properties" in held else f"Behind each date stands a {_form(held)}.\n")
        for inner in _objects_in(held):
            if inner["x-part"] not in told:
                parts.append(f"### {inner['x-part']}\n\n{inner['x-about']}\n")
                parts.append(_table(inner))
                told.add(inner["x-part"])
    return "\n".join(parts)


def _table(schema: Schema) -> str:
    rows = ["| key | form | without it | meaning |", "| --- | --- | --- | --- |"]
    for key, one in schema["properties"].items():
        star = "*" if key in schema["required"] else ""
        default = f"`{default_of(one)}`" if "default" in one else ""
        rows.append(f"| `{key}`{star} | {_form(one)} | {default} | {one['description'].replace('|', chr(92) + '|')} |")
    return "\n".join(rows) + "\n"


def _form(schema: Schema) -> str:
    """Name a form as an editor would."""
    match schema:
        case {"x-part": part}:
            return f"[{part}](#{part.lower().replace(' ', '-')})"
        case {"x-known": known}:
            return "tag" if known == "tag" else f"id of a {known}"
        case {"x-form": form}:
            return str(form)
        case {"enum": words} if words == [*WEEKDAYS]:
            return "weekday"
        case {"enum": words}:
            return ", ".join(f"`{one}`" for one in words)
        case {"oneOf": parts}:
            return ", ".join(_form(one) for one in parts)
        case {"anyOf": arms}:
            return " or ".join(_form(one) for one in arms)
        case {"type": "array", "items": items}:
            listed = f"list of {_several(_form(items))}" if items else "list"
            return f"{_form(items)}, or a {listed}" if "x-one-or-more" in schema else listed
        case {"propertyNames": names, "additionalProperties": values}:
            return f"{_form(names)}: {_form(values)}"
    return {"boolean": "true or false", "integer": "number"}.get(schema.get("type", ""), "text")


def _several(form: str) -> str:
    if form in ("text", "number", "id", "tag", "date", "weekday"):
        return f"{form}s"
    return re.sub("^(id|name) of an? (.*)", r"\1s of \2s", form)


def _objects_in(schema: Any) -> Iterator[Schema]:
    """Find the parts of a schema that have keys of their own, in their order."""
    for one in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        if isinstance(one, dict) and "x-part" in one:
            yield one
        yield from _objects_in(one)


if __name__ == "__main__":
    main()
