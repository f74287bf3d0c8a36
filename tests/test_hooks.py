"""The examples of a pre-commit hook and of a workflow do what they say: their commands are run as they stand there."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from conftest import REPOSITORY

EXAMPLES = REPOSITORY / "docs/examples"
WORKFLOW = EXAMPLES / "check.yml"
WRONG = ("content/problems/add.yml", "difficulty: easy", "difficulty: eazy")


def read(path: Path) -> Any:
    """Read YAML without guessing types: GitHub's 'on' is a word."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)


def hooks() -> dict[str, dict[str, str]]:
    [ours] = read(REPOSITORY / ".pre-commit-hooks.yaml")
    [[local]] = [repo["hooks"] for repo in read(EXAMPLES / "pre-commit-config.yaml")["repos"]]
    return {"ours": ours, "local": local}


def steps() -> Iterator[dict[str, Any]]:
    for job in read(WORKFLOW)["jobs"].values():
        yield from job["steps"]


def run_in_shell(command: str, project: Path) -> subprocess.CompletedProcess[str]:
    """Run a command as GitHub's runners do, with the pixeldigest that is tested."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", command]
    return subprocess.run(
        shell, cwd=project, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
    )


def spoil(project: Path) -> None:
    name, right, wrong = WRONG
    text = (project / name).read_text(encoding="utf-8")
    assert right in text
    (project / name).write_text(text.replace(right, wrong), encoding="utf-8")


@pytest.mark.parametrize("entry", sorted({hook["entry"] for hook in hooks().values()}))
def test_a_hook_lets_through_what_is_right_only(entry: str, small: Path) -> None:
    right = run_in_shell(entry, small)
    spoil(small)
    wrong = run_in_shell(entry, small)

    assert (right.returncode, right.stdout) == (0, "all is well\n")
    assert (wrong.returncode, "error[difficulty]: 'eazy' is not a difficulty" in wrong.stderr) == (1, True)


@pytest.mark.parametrize("name", hooks())
def test_a_hook_runs_once_and_when_it_matters(name: str) -> None:
    hook = hooks()[name]

    assert (hook["id"], hook["pass_filenames"]) == ("pixeldigest-check", "false")
    touched = ["content/topics/a.yml", "templates/web/page.html", "README.md", "docs/content/a.md", "output/content/a"]
    assert [path for path in touched if re.search(hook["files"], path)] == touched[:2]


def test_the_workflow_installs_what_there_is() -> None:
    [install] = [shlex.split(one["run"]) for one in steps() if one.get("name") == "Install"]
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    name, extras = re.fullmatch(r"(\w+)\[(.*)\]", install[-1]).groups()

    assert install[:-1] == ["python", "-m", "pip", "install"]
    assert name == project["name"]
    assert set(extras.split(",")) <= project["optional-dependencies"].keys()
    [python] = [
        one["with"]["python-version"] for one in steps() if one.get("uses", "").startswith("actions/setup-python")
    ]
    assert tuple(map(int, python.split("."))) >= tuple(
        map(int, project["requires-python"].removeprefix(">=").split("."))
    )


def test_the_workflow_is_green_where_all_is_right(small: Path) -> None:
    """Its cache and its artifact name what the commands leave there."""
    done = [run_in_shell(one["run"], small) for one in steps() if one.get("run", "").startswith("pixeldigest ")]

    assert [one.returncode for one in done] == [0, 0]
    paths = [one["with"]["path"] for one in steps() if "path" in one.get("with", {})]
    assert paths == [".pixeldigest/cache", "output/site"]
    assert all([*(small / path).iterdir()] for path in paths)


def test_the_workflow_marks_the_line_that_is_wrong(small: Path) -> None:
    spoil(small)
    [check] = [one["run"] for one in steps() if one.get("name") == "Check"]

    done = run_in_shell(check, small)

    assert done.returncode == 1
    marks = [line for line in done.stdout.splitlines() if line.startswith("::error ")]
    assert [line.split("::")[1] for line in marks] == [
        "error file=content/problems/add.yml,line=3,col=13,title=difficulty"
    ]


def test_the_workflow_may_do_no_more_than_read() -> None:
    workflow = read(WORKFLOW)

    assert workflow["permissions"] == {"contents": "read"}
    assert set(workflow["on"]) == {"push", "pull_request"}
    assert all(re.fullmatch(r"actions/[a-z-]+@v[0-9]+", one["uses"]) for one in steps() if "uses" in one)
