"""Write the documentation that is made from the code: `make docs`."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import click
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from pixeldigest import content, settings
from pixeldigest.cli import cli
from pixeldigest.formats.data import data_schema
from pixeldigest.formats.mailcheck import CHECKS, PUBLISHING_CHECKS

HERE = Path(__file__).parent
MADE = "<!-- Made by docs/generate.py from the code; run `make docs` instead of editing it. -->\n"
FILES: tuple[tuple[str, type[BaseModel]], ...] = (
    ("content/topics/ID.yml", content.Topic),
    ("content/problems/ID.yml", content.Problem),
    ("content/features/ID.yml", content.Feature),
    ("content/courses/ID.yml", content.Course),
    ("content/collections/ID.yml", content.Collection),
    ("content/pages/ID.yml", content.Page),
    ("content/newsletter.yml", settings.Newsletter),
    ("content/calendar.yml, by date", content.Pin),
    ("content/record/YEAR.yml, by date", content.Recorded),
)


def main() -> None:
    """Write all files."""
    for name, text in documents():
        (HERE / name).write_text(text, encoding="utf-8")


def documents() -> Iterator[tuple[str, str]]:
    """Yield each file's name and text."""
    yield "commands.md", commands_reference()
    yield "fields.md", fields_reference()
    yield "mail-checks.md", mail_checks()
    yield "issue.schema.json", data_schema()


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
    """Write every key of every file with its form, its default and its description."""
    parts = [MADE, "# Fields\n", "A star marks what is required.\n"]
    for file, model in FILES:
        parts.append(f"## {file}\n\n{model.__doc__}\n")
        parts.append(_table(model))
        for inner in _models_in(model):
            parts.append(f"### {inner.__name__}\n\n{inner.__doc__}\n")
            parts.append(_table(inner))
    return "\n".join(parts)


def _table(model: type[BaseModel]) -> str:
    rows = ["| key | form | default | meaning |", "| --- | --- | --- | --- |"]
    for name, field in model.model_fields.items():
        if name == "id" and issubclass(model, content.Entry | content.Course | content.Collection):
            continue
        key = f"`{field.alias or name}`{'*' if field.is_required() else ''}"
        rows.append(f"| {key} | {_form(field.annotation)} | {_default(field)} | {field.description} |")
    return "\n".join(rows) + "\n"


def _default(field: FieldInfo) -> str:
    default = field.get_default(call_default_factory=True)
    if default is PydanticUndefined or default is None or isinstance(default, BaseModel) or default in ((), {}, ""):
        return ""
    if isinstance(default, tuple):
        return ", ".join(f"`{one}`" for one in default)
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def _form(annotation: Any) -> str:
    """Name a type as an editor would."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return f"[{annotation.__name__}](#{annotation.__name__.lower()})"
    if origin is typing.Annotated:
        return _form(arguments[0])
    if origin is Literal:
        return ", ".join(f"`{one}`" for one in arguments)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(_form(one) for one in arguments if one is not types.NoneType)
    if origin is tuple:
        return f"list of {_form(arguments[0])}"
    if arguments:
        return f"{_form(arguments[0])}: {_form(arguments[1])}"
    return {str: "text", int: "number", bool: "true or false", Any: ""}.get(annotation, getattr(annotation, "__name__", ""))


def _models_in(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """Find the models that a model's fields hold, in their order."""
    for field in model.model_fields.values():
        for inner in _leaves(field.annotation):
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                yield inner
                yield from _models_in(inner)


def _leaves(annotation: Any) -> Iterator[Any]:
    arguments = typing.get_args(annotation)
    if not arguments or typing.get_origin(annotation) is Literal:
        yield annotation
    for one in arguments:
        yield from _leaves(one)


if __name__ == "__main__":
    main()
