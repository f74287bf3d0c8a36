"""The conventions that this repository keeps, as tests."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import yaml

from conftest import REPOSITORY
from pixeldigest.cli import cli
from pixeldigest.content import ENTRY_KINDS, REVIEW_KINDS
from pixeldigest.drafts.skeletons import SKELETONS
from pixeldigest.formats import FORMATS, WEB
from pixeldigest.formats.data import data_schema
from pixeldigest.listing import FOLDERS
from pixeldigest.schemas import MODELS, entry_schema

sys.path.insert(0, str(REPOSITORY / "docs"))
import generate

TEMPLATES = REPOSITORY / "templates"


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(["git", "ls-files", *patterns], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    return [REPOSITORY / line for line in listed.stdout.splitlines() if (REPOSITORY / line).is_file()]


@pytest.mark.parametrize("kind", [*ENTRY_KINDS, *REVIEW_KINDS])
@pytest.mark.parametrize("form", [WEB, *FORMATS])
def test_every_kind_has_a_partial_in_every_format(kind: str, form: str) -> None:
    """Where one kind has a partial, all have; `data` is made by models instead of templates."""
    if form == "data":
        assert f'"{kind}"' in data_schema()
        return
    names = {path.name for path in (TEMPLATES / form).iterdir()}
    patterns = {name.replace(one, "KIND") for one in ENTRY_KINDS for name in names if one in re.split(r"[_.]", name)}

    missing = {pattern.replace("KIND", kind) for pattern in patterns} - names

    assert missing == set(), f"in templates/{form}"


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_kind_has_a_name(language: str) -> None:
    words = yaml.safe_load((TEMPLATES / f"words.{language}.yml").read_text(encoding="utf-8"))

    assert set(words["kinds"]) >= set(ENTRY_KINDS)


def test_every_kind_has_a_skeleton() -> None:
    assert set(SKELETONS) == set(FOLDERS)


@pytest.mark.parametrize(("name", "text"), list(generate.documents()))
def test_generated_documentation_is_up_to_date(name: str, text: str) -> None:
    assert (REPOSITORY / "docs" / name).read_text(encoding="utf-8") == text, "run `make docs`"


def commands(group: click.Group, name: str = "") -> Iterator[tuple[str, click.Command]]:
    """Yield each command by what one types, those of a group within a group too."""
    context = click.Context(group)
    for one in group.list_commands(context):
        command = group.get_command(context, one)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, f"{name}{one} ")
        else:
            yield f"{name}{one}", command


COMMANDS = dict(commands(cli))


def test_commands_are_found() -> None:
    assert COMMANDS.keys() >= {"build", "check", "init", "publish", "cache clear"}


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_help_with_an_example(name: str) -> None:
    command = COMMANDS[name]
    text = command.get_help(click.Context(command, info_name=name))
    undocumented = [one.name for one in command.params if isinstance(one, click.Option) and not one.help]

    assert f"pixeldigest {name}" in text
    assert undocumented == []


def test_every_field_has_a_description() -> None:
    parts = [one for kind in MODELS for one in generate._objects_in([entry_schema(kind)])]

    missing = {
        f"{part['x-part']}: {key}"
        for part in parts
        for key, one in part["properties"].items()
        if not one["description"]
    }

    assert len(parts) > len(MODELS)
    assert missing == set()


def test_every_dependency_is_justified() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    groups = project["dependency-groups"]
    extras = [name for extra in project["project"]["optional-dependencies"].values() for name in extra]
    names = [*project["project"]["dependencies"], *extras, *groups["build"], *groups["dev"]]
    notes = (REPOSITORY / "docs/design-notes.md").read_text(encoding="utf-8")

    missing = [
        name for name in (re.split(r"[<>=]", one)[0] for one in names) if name not in notes and "types-" not in name
    ]

    assert missing == []


def test_templates_are_a_link_into_the_package() -> None:
    link = REPOSITORY / "src/pixeldigest/templates"

    assert link.is_symlink()
    assert link.resolve() == TEMPLATES.resolve()


def test_every_font_has_its_licence() -> None:
    fonts = TEMPLATES / "assets/fonts"
    families = {path.stem.split("-")[0] for path in fonts.glob("*.woff2")}

    assert families == {path.stem.removesuffix("-OFL") for path in fonts.glob("*-OFL.txt")}


def test_locked_requirements_have_hashes_and_name_no_host() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (REPOSITORY / name).read_text(encoding="utf-8")
        packages = re.findall(r"^[a-z].*?(?=^[a-z]|\Z)", text, re.MULTILINE | re.DOTALL)

        assert "://" not in text
        assert packages
        assert all("--hash=sha256:" in package for package in packages)


def test_the_readme_shows_the_commands_that_exist() -> None:
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")

    assert set(re.findall(r"^make ([a-z]+)", readme, re.MULTILINE)) <= set(
        re.findall(r"^([a-z]+):", makefile, re.MULTILINE)
    )
    assert set(re.findall(r"pixeldigest ([a-z]+)", readme)) - {"validates"} <= {name.split()[0] for name in COMMANDS}


def test_links_in_the_documentation_lead_somewhere() -> None:
    for path in [*tracked("*.md")]:
        if {"expected", "templates", "data"} & {*path.parts}:
            continue
        code = r"^```.*?^```$|`[^`\n]+`"
        prose = re.sub(code, "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
        for target in re.findall(r"\]\(([^)#\s]+)", prose):
            if not re.match(r"https?:|mailto:", target):
                assert (path.parent / target).exists(), f"{path.name}: {target}"


def test_no_large_files() -> None:
    # json-editor is one file, as its makers publish it.
    large = [path.name for path in tracked() if path.stat().st_size > 500_000]

    assert large == ["jsoneditor.min.js"]
