"""Pages are valid HTML, as html-validate sees it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from browser.chromium import leave_out
from conftest import REPOSITORY

VALIDATOR = REPOSITORY / "node_modules/.bin/html-validate"
CONFIGURATION = {
    "root": True,
    "extends": ["html-validate:standard", "html-validate:a11y", "html-validate:document"],
    "rules": {
        "require-sri": "off",  # all files come from the host of the page
        "prefer-native-element": ["error", {"exclude": ["listbox"]}],  # a <select> has no links and no marked words
    },
}


def faults(site: Path, configuration: Path) -> list[str]:
    """Validate all pages below a folder in one go."""
    if not VALIDATOR.is_file():
        leave_out("html-validate is not installed: 'make test' does it where there is npm")
    configuration.write_text(json.dumps(CONFIGURATION), encoding="utf-8")
    pages = [str(path) for path in sorted(site.rglob("*.html"))]
    assert pages
    found = configuration.with_name("faults.json")  # in a pipe, long output would be cut off
    command = [str(VALIDATOR), "--config", str(configuration), "--formatter", f"json={found}", *pages]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert found.is_file(), done.stderr
    return [
        f"{Path(report['filePath']).relative_to(site)}:{one['line']}:{one['column']}: {one['ruleId']}: {one['message']}"
        for report in json.loads(found.read_text(encoding="utf-8"))
        for one in report["messages"]
    ]


@pytest.mark.parametrize("newsletter", ["small", "real"])
def test_pages_are_valid(sites: dict[str, Path], newsletter: str, tmp_path: Path) -> None:
    assert faults(sites[newsletter], tmp_path / "rules.json") == []


@pytest.mark.parametrize(
    ("right", "wrong", "rule"),
    [
        ("</main>", "<p><div></div></p></main>", "close-order"),
        ("</main>", "<ul><p>Item</p></ul></main>", "element-permitted-content"),
        ("</main>", '<p id="main_content"></p></main>', "no-dup-id"),
        ("</main>", '<a href="x" tabindex="0" aria-labelledby="nowhere">x</a></main>', "no-missing-references"),
        ("</main>", '<input type="radio" autocomplete="off" aria-label="x"></main>', "valid-autocomplete"),
        ("<title>", "<title></title><title>", "element-permitted-occurrences"),
        ('<html lang="en">', "<html>", "element-required-attributes"),
    ],
)
def test_faults_are_found(sites: dict[str, Path], tmp_path: Path, right: str, wrong: str, rule: str) -> None:
    """The validator can fail: each change of a good page is seen."""
    page = (sites["small"] / "index.html").read_text(encoding="utf-8")
    (tmp_path / "page.html").write_text(page.replace(right, wrong, 1), encoding="utf-8")

    found = faults(tmp_path, tmp_path / "rules.json")

    assert right in page
    assert any(f" {rule}: " in one for one in found), found
