"""pixeldigest schema."""

from __future__ import annotations

import json

import click

from pixeldigest.commands.steps import need_newsletter, status_of
from pixeldigest.diagnostics import UserError
from pixeldigest.loading import load_library
from pixeldigest.options import Session, print_diagnostics
from pixeldigest.schemas import MODELS
from pixeldigest.schemas.files import write_editor_files
from pixeldigest.schemas.yaml import yaml_schema


@click.command()
@click.option(
    "--print", "kind", type=click.Choice([*MODELS]), help="Print the schema of one kind of file, and write nothing."
)
@click.pass_obj
def schema(session: Session, kind: str | None) -> None:
    """Write what editors of YAML need to complete, explain and check entries as you type.

    VS Code offers its extension for YAML when it opens the folder; others that speak to yaml-language-server find the
    schemas in schemas/. Settings of your own in .vscode/ are kept. Ids that the library knows are suggested, so run it
    again when there are many new ones.

    \b
    pixeldigest schema
    pixeldigest schema --print topic
    """
    if kind:
        click.echo(json.dumps(yaml_schema(kind), indent=2, ensure_ascii=False))
        return
    need_newsletter(session.project)
    library, diagnostics = load_library(session.project, session.cache)
    outcome = write_editor_files(session.project, library)
    for name in outcome.written:
        click.echo(f"{name} written")
    if library is not None and not outcome.written and not outcome.by_hand:
        click.echo("all is up to date")
    if library is None:
        print_diagnostics(diagnostics)
        raise UserError(
            "the settings cannot be read, so no ids are suggested; mend them, and run this again",
            status=status_of(diagnostics),
        )
    if outcome.by_hand:
        told = "\n".join(f"{name}:\n{text}" for name, text in outcome.by_hand.items())
        message = "these have comments or other settings, and stay as they are; add by hand what is missing"
        raise UserError(f"{message}\n\n{told.rstrip()}")
