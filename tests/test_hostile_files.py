"""No file can hurt: whatever stands in one, `check` says what is wrong with it, and comes to an end.

benchmarks/hostile.py makes the files and tries them; by itself it measures them too.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from checking import check
from conftest import FACTOR, REPOSITORY, every_third
from forked import run_forked
from mutants import SMALL, make_mutants
from pixeldigest.images import read_image
from pixeldigest.markup.parse import MAX_BLOCKS, MAX_FAULTS, MAX_FORMULAS, MAX_LENGTH, MAX_SIGNS, parse_body

# So many are tried in a process of their own, which a crash of the parser's would end.
BATCH = 50
TOGETHER = 80
ENTRIES = ("topics", "problems", "features", "pages", "courses", "collections")


@pytest.mark.hypothesis
@pytest.mark.parametrize("batch", every_third(range(5 * FACTOR)))
def test_a_mutant_alone_gives_diagnostics(batch: int) -> None:
    """Those in which nothing is wrong are rendered, too. `make slow` tries 5,000."""
    program = [sys.executable, REPOSITORY / "benchmarks/hostile.py", "--limit", "inf", "--json"]
    asked = ["--from", str(batch * BATCH), "--count", str(BATCH)]

    done = subprocess.run([*program, *asked], capture_output=True, text=True, timeout=900, check=False)

    trials = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["crash"] for one in trials if one["crash"]] == []
    assert (done.returncode, done.stderr, len(trials)) == (0, "", BATCH)
    assert {one["status"] for one in trials} <= {0, 1, 78}
    assert all(one["said"] for one in trials if one["status"])


@pytest.fixture
def crowded(tmp_path: Path) -> Path:
    """The small newsletter, with many mutants beside its entries."""
    shutil.copytree(SMALL, tmp_path / "content")
    small = [one for one in make_mutants(range(TOGETHER)) if one.file.split("/")[0] in ENTRIES]
    for mutant in small:
        folder = mutant.file.split("/")[0]
        (tmp_path / "content" / folder / f"mutant-{mutant.number}.yml").write_bytes(mutant.content)
    return tmp_path


def test_many_mutants_are_told_at_once_and_the_rest_is_built(crowded: Path) -> None:
    mutants = {path.name for path in crowded.glob("content/*/mutant-*.yml")}

    checked = check(crowded, "--output-format", "json")
    built = run_forked(crowded, "build", "--format", "web", "--format", "text")
    explained = run_forked(crowded, "explain", "--date", "tomorrow")

    told = {Path(one["path"]).name for one in json.loads(checked.out) if one["severity"] == "error"}
    assert len(told & mutants) > len(mutants) // 2
    assert told <= mutants
    assert (checked.status, built.status, explained.status) == (1, 0, 0)
    assert "Traceback" not in checked.err + built.err + explained.err
    assert (crowded / "output/site/issues/2026-11-20/index.html").exists()


DIGEST = """
import hashlib, mutants
print(hashlib.sha256(b"".join(one.content for one in mutants.make_mutants(range(100)))).hexdigest())
"""


def test_mutants_depend_on_no_hash_seed() -> None:
    folder = str(REPOSITORY / "benchmarks")

    said = {
        subprocess.run(
            [sys.executable, "-c", DIGEST],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": folder},
            capture_output=True,
            check=True,
        ).stdout
        for seed in "01"
    }

    assert len(said) == 1


# --- Bounds ---


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("word " * (MAX_LENGTH // 5 + 1), "this text is longer than 100,000 characters"),
        ("a\n\n" * (MAX_BLOCKS + 1), "this text has more than 2,000 paragraphs and other blocks"),
        ("[a " * (MAX_SIGNS + 1), "this text has more than 10,000 lines and signs of Markdown"),
        ("a  \n" * (MAX_SIGNS + 1), "this text has more than 10,000 lines and signs of Markdown"),
        ("$x$ " * (MAX_FORMULAS + 1), "this text has more than 300 formulas"),
        ("$$\nx\n$$\n" * (MAX_FORMULAS + 1), "this text has more than 300 formulas"),
    ],
    ids=["length", "blocks", "signs", "lines", "formulas", "display formulas"],
)
def test_a_text_is_bounded(source: str, message: str) -> None:
    document = parse_body(source)

    assert [(fault.rule, fault.message) for fault in document.faults] == [("length", message)]
    assert len(document.blocks) == 1


@pytest.mark.parametrize(
    "source",
    [
        "word " * (MAX_LENGTH // 5),
        "a\n\n" * MAX_BLOCKS,
        "$x$ " * MAX_FORMULAS,
        "$$\nx\n$$\n" * MAX_FORMULAS,
        "```\n" + "[a\n" * (MAX_LENGTH // 4) + "```\n",
    ],
    ids=["length", "blocks", "formulas", "display formulas", "code"],
)
def test_what_is_just_within_bounds_is_read(source: str) -> None:
    assert parse_body(source[:MAX_LENGTH]).faults == ()


def test_faults_of_a_text_are_counted_but_not_all_told() -> None:
    faults = parse_body("<b>\n\n" * (MAX_FAULTS + 5)).faults

    assert [fault.rule for fault in faults] == ["raw-html"] * MAX_FAULTS + ["more-errors"]
    assert faults[-1].message == "this text has 5 more errors"


def test_a_year_that_is_mistyped_does_not_make_check_render_centuries(small: Path) -> None:
    (small / "content/calendar.yml").write_text("2199-12-24:\n  title: Far away\n")

    run = check(small)

    assert "2199-12-24 lies more than 3 years ahead" in run.err
    assert run.status == 0


@pytest.mark.parametrize(
    "drawing",
    [
        b'<svg viewBox="0 0 1.2.3 4"/>',
        b'<svg viewBox="0 0 . ."/>',
        b'<svg viewBox="0 0 ' + b"9" * 400 + b' 3"/>',
        b'<svg viewBox="' + b"<svg viewBox='0 " * 20_000,
        b"<" * 900_000,
        b"<svg " + b"on" * 450_000,
        b"<svg width='" + b"9" * 400_000 + b"'/>",
    ],
    ids=range(7),
)
def test_a_drawing_without_a_size_has_none(tmp_path: Path, drawing: bytes) -> None:
    path = tmp_path / "drawing.svg"
    path.write_bytes(drawing)

    image = read_image(path)

    assert (image.width, image.height, image.active) == (0, 0, "")


def test_a_drawing_of_megabytes_is_not_looked_through(tmp_path: Path) -> None:
    path = tmp_path / "drawing.svg"
    path.write_bytes(b"<svg>" + b"<" * 50_000_000)

    assert read_image(path).active == "more than a megabyte"
