"""A newsletter is started by a command, and is right from the first moment."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from conftest import REPOSITORY, run_command
from forked import run_forked

PACKAGE = REPOSITORY / "src/pixeldigest"
SAMPLE = PACKAGE / "sample"
SAMPLE_FILES = sorted(str(path.relative_to(SAMPLE)) for path in SAMPLE.rglob("*") if path.is_file())
COPIED_FILES = sorted({*SAMPLE_FILES, ".gitignore"} - {"dot-gitignore"})


def files_below(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


# --- init ---


def test_init_in_an_empty_folder(tmp_path: Path) -> None:
    run = run_forked(tmp_path, "init")

    assert run == (0, f"{len(SAMPLE_FILES)} files written to .\nnext: pixeldigest build\n", "")
    assert files_below(tmp_path) == COPIED_FILES


def test_init_makes_the_folder_that_it_is_given(tmp_path: Path) -> None:
    run = run_forked(tmp_path, "init", "news/daily")

    count = len(SAMPLE_FILES)
    assert run == (0, f"{count} files written to news/daily\nnext: cd news/daily && pixeldigest build\n", "")
    assert files_below(tmp_path / "news/daily") == COPIED_FILES


def test_only_the_first_day_differs_from_the_sample(tmp_path: Path) -> None:
    run_forked(tmp_path, "init")

    changed = {
        copied: (tmp_path / copied).read_text()
        for sample, copied in ((one, one.replace("dot-", ".")) for one in SAMPLE_FILES)
        if (tmp_path / copied).read_text() != (SAMPLE / sample).read_text()
    }
    settings = (SAMPLE / "content/newsletter.yml").read_text()
    assert settings.count("start: 2026-01-01\n") == 1
    assert changed == {"content/newsletter.yml": settings.replace("start: 2026-01-01", "start: 2026-11-21")}


def test_the_first_build_gives_an_issue_with_all_sections(tmp_path: Path) -> None:
    run_forked(tmp_path, "init")

    run = run_forked(tmp_path, "build")

    assert (run.status, run.out.splitlines()[-1], run.err) == (0, "output/site/issues/2026-11-21/index.html", "")
    assert (tmp_path / run.out.splitlines()[-1]).is_file()
    issue = json.loads((tmp_path / "output/issues/2026-11-21/issue.json").read_text())
    assert (issue["number"], [section["id"] for section in issue["sections"]]) == (1, ["topic", "problem", "feature"])


def test_nothing_is_wrong_with_the_sample(tmp_path: Path) -> None:
    run_forked(tmp_path, "init")

    run = run_forked(tmp_path, "check", "--run")

    assert (run.status, run.out) == (0, "all is well\n")


def test_the_sample_makes_two_sensible_weeks(tmp_path: Path) -> None:
    """Every day has all three sections; a lesson or problem comes again after two others at the earliest."""
    run_forked(tmp_path, "init")

    days = json.loads(run_forked(tmp_path, "plan", "--days", "14", "--output-format", "json").out)["days"]

    assert [sorted(day["sections"]) for day in days] == [["feature", "problem", "topic"]] * 14
    assert [(day["left_out"], day["conflicts"]) for day in days] == [({}, [])] * 14
    for kind, count in (("topic", 3), ("problem", 4), ("feature", 3)):
        shown = [day["sections"][kind] for day in days]
        assert len(set(shown)) == count
        assert all(len(set(shown[start : start + 3])) == 3 for start in range(12))
    topics = [day["sections"]["topic"] for day in days[:3]]
    assert topics == ["binary-numbers", "negative-numbers", "fractions"]


def test_init_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("mine\n")

    run = run_forked(tmp_path, "init")

    message = "error: README.md exists already; 'init' overwrites nothing: move it away, or name another folder\n"
    assert run == (1, "", message)
    assert files_below(tmp_path) == ["README.md"]


def test_init_twice(tmp_path: Path) -> None:
    run_forked(tmp_path, "init")

    run = run_forked(tmp_path, "init", now="2026-12-01")

    more = len(SAMPLE_FILES) - 1
    message = (
        f"error: README.md exists already (and {more} more); 'init' overwrites nothing: move it away, or name another"
        " folder\n"
    )
    assert run == (1, "", message)
    assert "start: 2026-11-21\n" in (tmp_path / "content/newsletter.yml").read_text()


def test_init_does_not_follow_a_link_that_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "README.md").symlink_to("elsewhere")

    run = run_forked(tmp_path, "init")

    assert (run.status, run.err.split(";")[0]) == (1, "error: README.md exists already")
    assert (tmp_path / "README.md").is_symlink()


def test_init_leaves_other_files_alone(tmp_path: Path) -> None:
    (tmp_path / "LICENSE").write_text("mine\n")

    assert run_forked(tmp_path, "init").status == 0
    assert (tmp_path / "LICENSE").read_text() == "mine\n"


def test_what_cannot_be_written_is_taken_back(tmp_path: Path) -> None:
    (tmp_path / "content").write_text("a file\n")

    run = run_forked(tmp_path, "init")

    assert run == (1, "", "error: cannot write to content: file exists\n")
    assert files_below(tmp_path) == ["content"]


# --- the package ---


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the sdist, made of this tree without a network."""
    if importlib.util.find_spec("hatchling") is None:
        pytest.skip("hatchling is not installed; requirements.txt has it")
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True)
    return folder


def packaged_files() -> dict[str, bytes]:
    """What is read at run time beside the code; the templates lie behind a symbolic link here."""
    assert (PACKAGE / "templates").is_symlink()
    return {
        f"pixeldigest/{folder}/{path.relative_to(root)}": path.read_bytes()
        for folder, root in (
            ("sample", SAMPLE),
            ("templates", REPOSITORY / "templates"),
            ("examples", PACKAGE / "examples"),
        )
        for path in root.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }


def test_the_wheel_has_sample_and_templates_as_files(built: Path) -> None:
    [file] = built.glob("*.whl")
    with zipfile.ZipFile(file) as wheel:
        expected = packaged_files()
        found = {name: wheel.read(name) for name in wheel.namelist() if name in expected}

    assert found == expected


def test_the_sdist_has_sample_and_templates_as_files(built: Path) -> None:
    [file] = built.glob("*.tar.gz")
    with tarfile.open(file) as sdist:
        found = {
            one.name.partition("/src/")[2]: content.read()
            for one in sdist.getmembers()
            if one.isfile() and (content := sdist.extractfile(one))
        }

    expected = packaged_files()
    assert {name: found.get(name) for name in expected} == expected


def test_the_wheel_starts_a_newsletter(built: Path, tmp_path: Path) -> None:
    [file] = built.glob("*.whl")
    with zipfile.ZipFile(file) as wheel:
        wheel.extractall(tmp_path / "installed")
    project = tmp_path / "news"
    project.mkdir()

    for command in ("init", "build"):
        run = run_command(project, command, PYTHONPATH=str(tmp_path / "installed"))
        assert (run.status, run.err) == (0, "")
    where = [sys.executable, "-c", "import pixeldigest; print(pixeldigest.__file__)"]
    found = subprocess.run(
        where, env={"PYTHONPATH": str(tmp_path / "installed")}, capture_output=True, text=True, check=True
    )
    assert found.stdout == f"{tmp_path}/installed/pixeldigest/__init__.py\n"
    assert (project / "output/site/issues/2026-11-21/index.html").is_file()
