"""The three commands of the README that publish a week and count what came of it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import rehearsal


@pytest.mark.slow
def test_a_week_that_is_killed_again_and_again_arrives_whole(tmp_path: Path) -> None:
    week = tmp_path / "week"
    done = [
        subprocess.run(
            [sys.executable, rehearsal.__file__, step, "--folder", week], capture_output=True, text=True, check=False
        )
        for step in ("sinks", "rehearsal", "tally")
    ]

    assert [(one.returncode, one.stderr) for one in done] == [(0, "")] * 3
    days = [line.split()[:2] for line in done[1].stdout.splitlines()]
    assert days == [[f"{day}", "killed"] for day in rehearsal.WEEK]
    assert done[2].stdout.splitlines()[-1] == "seven posts, and seven Message-IDs for each reader"
    assert len([*(week / "site/issues").iterdir()]) == len(rehearsal.WEEK)
    assert not [*week.glob("*.pid")]


def test_a_week_that_has_not_arrived_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    days = [*rehearsal.WEEK[:6], rehearsal.WEEK[0]]
    articles = [{"canonical_url": f"https://example.org/issues/{day}/", "published": True} for day in days]
    (tmp_path / "forem.json").write_text(json.dumps({"articles": articles}))

    status = rehearsal.main(["tally", "--folder", str(tmp_path)])

    said = capsys.readouterr().out.splitlines()
    assert (status, said[1].split()) == (1, ["posts", "at", "Forem", "7", "6", "1"])
    assert said[-1] == "this is not a week's issues, each once"
