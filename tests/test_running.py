"""What the documentation for operators says and shows holds: its examples are run as they stand there."""

from __future__ import annotations

import configparser
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import click
import pytest
import yaml

from browser.chromium import leave_out
from conftest import REPOSITORY
from counterparts.forem import KEY, Forem
from counterparts.service import serve
from forked import run_forked
from pixeldigest.channels import CHANNELS, Channel
from pixeldigest.cli import cli
from pixeldigest.publish import publishing_alone

DOCS = REPOSITORY / "docs"
EXAMPLES = DOCS / "examples"
RUNNING, PUBLISHING = ((DOCS / name).read_text(encoding="utf-8") for name in ("running.md", "publishing.md"))
EXPIRED = (
    "error: 2026-11-18 devto: failed: 127.0.0.1 answers 401 to GET (unauthorized); check the key, and what it may do"
)
DAY_ONE, DAY_TWO = "2026-11-18T12:00", "2026-11-19T12:00"
CHANNELS_OF_DAILY = """
publish:
  at: "06:00"
  record: RECORD
channels:
  - id: www
    type: folder
    path: www
  - type: devto
    url: URL
    published: false
    key_env: DEVTO_KEY
"""


@pytest.fixture
def forem() -> Iterator[Forem]:
    with serve(Forem()) as service:
        yield service


class Machine(NamedTuple):
    """A machine on which the paths of the examples are folders of a test."""

    root: Path

    @property
    def project(self) -> Path:
        return self.root / "srv/daily"

    @property
    def log(self) -> Path:
        return self.root / "var/log/pixeldigest/daily.log"

    def place(self, text: str) -> str:
        """Move the paths of an example below the test's folder."""
        return re.sub(r"(?<![\w.])/(?=srv/|etc/pixeldigest|var/log/pixeldigest)", f"{self.root}/", text)

    def set_clock(self, moment: str) -> None:
        """Install a pixeldigest for which it is always this moment."""
        command = self.project / ".venv/bin/pixeldigest"
        command.parent.mkdir(parents=True, exist_ok=True)
        command.write_text(f'#!/bin/sh\nexec {sys.executable} -m pixeldigest --now {moment} "$@"\n', encoding="utf-8")
        command.chmod(0o755)

    def set_key(self, key: str) -> None:
        (self.root / "etc/pixeldigest/daily.env").write_text(f"DEVTO_KEY='{key}'\n", encoding="utf-8")


def add_channels(project: Path, forem: Forem, record: str = "local") -> None:
    channels = CHANNELS_OF_DAILY.replace("URL", forem.url).replace("RECORD", record)
    with (project / "content/newsletter.yml").open("a", encoding="utf-8") as settings:
        settings.write(channels)


@pytest.fixture
def machine(tmp_path: Path, small: Path, forem: Forem) -> Machine:
    add_channels(small, forem)
    made = Machine(tmp_path / "machine")
    for folder in ("srv", "etc/pixeldigest", "var/log/pixeldigest"):
        (made.root / folder).mkdir(parents=True)
    small.rename(made.project)
    made.set_clock(DAY_ONE)
    made.set_key(KEY)
    return made


def run(words: list[str], folder: Path, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a program that knows nothing of this process's environment."""
    return subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False)


# cron


class Crontab(NamedTuple):
    """A crontab: what it sets, and when it runs what."""

    variables: Mapping[str, str]
    jobs: tuple[tuple[str, str], ...]


def read_crontab(text: str) -> Crontab:
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    variables = dict(line.split("=", 1) for line in lines if re.match(r"[A-Z]+=", line))
    fields = (line.split(None, 5) for line in lines if not re.match(r"[A-Z]+=", line))
    return Crontab(variables, tuple((" ".join(when), command) for *when, command in fields))


def test_cron_mails_a_trouble_once_and_logs_what_was_done(machine: Machine) -> None:
    table = read_crontab(machine.place((EXAMPLES / "crontab").read_text(encoding="utf-8")))
    [(when, command)] = table.jobs
    environment = {**table.variables, "HOME": str(machine.root), "LOGNAME": "daily"}
    machine.set_key("expired")

    mails = [run([table.variables["SHELL"], "-c", command], machine.root, environment).stderr for _ in range(2)]

    assert (when, "%" in command) == ("*/15 * * * *", False)
    assert mails[0].splitlines() == [EXPIRED]
    assert mails[1] == ""
    log = machine.log.read_text(encoding="utf-8")
    assert log.count("recorded No. 1") == log.count("2026-11-18 www: published http") == 1
    assert len(re.findall(r"^.*\d\d:\d\d:\d\d.*$", log, re.MULTILINE)) == 2


def test_the_log_of_cron_is_rotated() -> None:
    [rotated] = re.findall(r"^(/var/log\S+) \{$", RUNNING, re.MULTILINE)
    [(_, command)] = read_crontab((EXAMPLES / "crontab").read_text(encoding="utf-8")).jobs

    assert Path(command.rpartition(">> ")[2]).match(rotated)


# systemd


def read_unit(text: str) -> configparser.ConfigParser:
    unit = configparser.ConfigParser(interpolation=None, comment_prefixes=("#",), delimiters=("=",))
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read_string(text)
    return unit


def test_the_service_runs_and_what_can_wait_is_no_failure(machine: Machine, forem: Forem) -> None:
    service = read_unit(machine.place((EXAMPLES / "pixeldigest.service").read_text(encoding="utf-8")))["Service"]
    secrets = Path(service["EnvironmentFile"]).read_text(encoding="utf-8")
    environment = {name: value.strip("'") for name, value in (line.split("=", 1) for line in secrets.splitlines())}
    forem.faults += ["503"]

    done = run(shlex.split(service["ExecStart"]), Path(service["WorkingDirectory"]), environment)

    assert done.returncode == int(service["SuccessExitStatus"])
    assert forem.requests == [("GET", forem.requests[0][1], 503)]
    assert service["ReadWritePaths"].split()[0] == service["WorkingDirectory"]


def test_the_timer_starts_the_service_every_fifteen_minutes() -> None:
    timer = read_unit((EXAMPLES / "pixeldigest.timer").read_text(encoding="utf-8"))

    assert (timer["Timer"]["OnCalendar"], timer["Timer"]["Persistent"]) == ("*:0/15", "true")
    assert timer["Install"]["WantedBy"] == "timers.target"


@pytest.mark.slow
def test_systemd_understands_the_units(machine: Machine) -> None:
    if not shutil.which("systemd-analyze"):
        leave_out("systemd-analyze is not installed: 'apt-get install systemd'")
    units = []
    for name in ("pixeldigest.service", "pixeldigest.timer"):
        units.append(machine.root / name)
        units[-1].write_text(machine.place((EXAMPLES / name).read_text(encoding="utf-8")), encoding="utf-8")

    done = run(["systemd-analyze", "verify", *map(str, units)], machine.root, dict(os.environ))

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


# GitHub Actions

WORKFLOW: dict[str, Any] = yaml.load((EXAMPLES / "publish.yml").read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
[JOB] = WORKFLOW["jobs"].values()


class Hosted(NamedTuple):
    """A repository at a host, and the runs of the workflow on machines that nothing is left of."""

    origin: Path
    machines: Path
    forem: Forem

    def run(self, moment: str, *, arguments: str = "", lost_before: str = "") -> list[int]:
        """Run the workflow on a fresh clone, and return how its steps ended; from a step on it can be lost."""
        clone = self.check_out()
        machine = Machine(self.machines)
        machine.set_clock(moment)
        given = {"${{ inputs.arguments }}": arguments, "${{ secrets.DEVTO_KEY }}": KEY}
        path = {"PATH": f"{machine.project}/.venv/bin:/usr/local/bin:/usr/bin:/bin", "HOME": str(self.machines)}
        statuses: list[int] = []
        for step in JOB["steps"]:
            if step.get("name") == lost_before:
                break
            if "run" not in step or step["name"] == "Install":
                continue
            if any(statuses) and step.get("if") != "always()":
                continue
            environment = {**path, **{name: given[value] for name, value in step.get("env", {}).items()}}
            done = run(["bash", "-e", "-c", step["run"]], clone, environment)
            statuses.append(done.returncode)
        shutil.rmtree(clone)
        return statuses

    def check_out(self) -> Path:
        """Clone as actions/checkout does: the last commit only, on the branch that follows that of the host."""
        clone = self.machines / "work"
        git(self.machines, "clone", "--quiet", "--depth=1", f"file://{self.origin}", str(clone))
        return clone

    def count_commits(self, branch: str) -> int:
        return int(git(self.origin, "rev-list", "--count", branch))


def git(folder: Path, *arguments: str) -> str:
    alone = {"PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"}
    who = {f"GIT_{role}_{what}": "editor" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    done = run(["git", *arguments], folder, {**alone, **who})
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def hosted(tmp_path: Path, small: Path, forem: Forem) -> Hosted:
    """Put a newsletter into a repository, and make the branch of the ledger as the workflow's head says."""
    add_channels(small, forem, record="push")
    (small / ".gitignore").write_text("output/\n.pixeldigest/\nstate/\nwww/\n", encoding="utf-8")
    made = Hosted(tmp_path / "origin.git", tmp_path / "machines", forem)
    made.machines.mkdir()
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch=main", str(made.origin))
    git(small, "init", "--quiet", "--initial-branch=main")
    git(small, "add", "--all")
    git(small, "commit", "--quiet", "--message=Begin")
    git(small, "remote", "add", "origin", str(made.origin))
    git(small, "push", "--quiet", "origin", "main")
    [command] = re.findall(r"^#   (git push .*)$", (EXAMPLES / "publish.yml").read_text(encoding="utf-8"), re.MULTILINE)
    who = {f"GIT_{role}_{what}": "editor" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    made_branch = run(["bash", "-e", "-c", command], small, {"PATH": os.environ["PATH"], "HOME": str(tmp_path), **who})
    assert made_branch.returncode == 0, made_branch.stderr
    return made


def test_the_ledger_survives_a_machine_that_keeps_nothing(hosted: Hosted) -> None:
    first = hosted.run(DAY_ONE)
    asked = len(hosted.forem.requests)
    second = hosted.run(DAY_ONE)

    assert (first, second) == ([0, 0, 0], [0, 0, 0])
    assert len(hosted.forem.state["articles"]) == 1
    assert len(hosted.forem.requests) == asked
    assert hosted.count_commits("main") == 2
    assert "ledger.db" in git(hosted.origin, "ls-tree", "--name-only", "ledger").split()
    assert "publish.lock" not in git(hosted.origin, "ls-tree", "--name-only", "ledger").split()


@pytest.mark.slow
def test_a_run_that_is_lost_before_its_ledger_is_kept_publishes_nothing_twice(hosted: Hosted) -> None:
    """Whoever is asked to look adopts what is there; what is not goes out in the next run."""
    assert hosted.run(DAY_ONE) == [0, 0, 0]
    hosted.run(DAY_TWO, lost_before="Keep the ledger")

    stopped = hosted.run(DAY_TWO)
    adopted = hosted.run(DAY_TWO, arguments="--adopt")
    after = hosted.run(DAY_TWO)

    assert (stopped, adopted, after) == ([0, 1, 0], [0, 0, 0], [0, 0, 0])
    assert len({one["title"] for one in hosted.forem.state["articles"]}) == len(hosted.forem.state["articles"]) == 2


@pytest.mark.slow
def test_a_service_that_is_down_leaves_the_workflow_green(hosted: Hosted) -> None:
    hosted.forem.faults += ["503"]

    assert (hosted.run(DAY_ONE), len(hosted.forem.state["articles"])) == ([0, 0, 0], 0)
    assert (hosted.run(DAY_ONE), len(hosted.forem.state["articles"])) == ([0, 0, 0], 1)


@pytest.mark.slow
def test_a_ledger_that_cannot_be_kept_turns_the_workflow_red(hosted: Hosted) -> None:
    refuse = hosted.origin / "hooks/update"
    refuse.write_text('#!/bin/sh\ntest "$1" != refs/heads/ledger\n', encoding="utf-8")
    refuse.chmod(0o755)
    sleep = Machine(hosted.machines).project / ".venv/bin/sleep"
    sleep.parent.mkdir(parents=True)
    sleep.write_text("#!/bin/sh\n", encoding="utf-8")
    sleep.chmod(0o755)

    assert hosted.run(DAY_ONE) == [0, 0, 1]


def test_without_its_ledger_the_workflow_publishes_nothing(hosted: Hosted) -> None:
    git(hosted.origin, "branch", "--delete", "--force", "ledger")

    assert hosted.run(DAY_ONE)[0] != 0
    assert (hosted.forem.requests, hosted.count_commits("main")) == ([], 1)


def test_the_workflow_is_never_stopped_half_way_by_itself() -> None:
    steps = {step.get("name"): step for step in JOB["steps"]}

    assert WORKFLOW["permissions"] == {"contents": "write"}
    assert WORKFLOW["concurrency"]["cancel-in-progress"] == "false"
    assert int(steps["Publish"]["timeout-minutes"]) < int(JOB["timeout-minutes"])
    assert JOB["steps"][-1] == steps["Keep the ledger"]
    assert steps["Keep the ledger"]["if"] == "always()"
    [schedule] = WORKFLOW["on"]["schedule"]
    assert not {"0", "*"} & set(schedule["cron"].split()[0].split(","))
    assert all(re.fullmatch(r"actions/[a-z-]+@v[0-9]+", step["uses"]) for step in JOB["steps"] if "uses" in step)


# Containers


def read_containerfile() -> list[tuple[str, str]]:
    text = re.sub(r"\\\n\s*", "", (EXAMPLES / "Containerfile").read_text(encoding="utf-8"))
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(line.split(" ", 1)[0], line.split(" ", 1)[1]) for line in lines]


def test_a_container_publishes_as_somebody_who_is_not_root() -> None:
    told = read_containerfile()
    last = dict(told)

    assert told[0][0] == "FROM"
    assert any(f" {last['USER']}" in what and what.startswith("useradd ") for how, what in told if how == "RUN")
    assert last["WORKDIR"] == last["VOLUME"]
    assert all(f":{last['VOLUME']} " in one for one in re.findall(r"(?:podman|docker) run .*", RUNNING))
    assert [*yaml.safe_load(last["ENTRYPOINT"]), *yaml.safe_load(last["CMD"])] == ["pixeldigest", "publish"]


@pytest.mark.parametrize("text", [RUNNING, *((EXAMPLES / one).read_text() for one in ("publish.yml", "Containerfile"))])
def test_what_is_installed_is_there(text: str) -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = re.findall(r'install (?:--no-cache-dir )?"(\w+)\[([\w,]+)\]"', text)
    pythons = re.findall(r'(?:python:|python-version: ")(3\.\d+)', text)

    assert {name for name, _ in wanted} == {project["name"]}
    assert {extra for _, extras in wanted for extra in extras.split(",")} <= project["optional-dependencies"].keys()
    assert all(float(one[2:]) >= float(project["requires-python"][4:]) for one in pythons)


# The texts


def blocks(text: str, language: str) -> list[str]:
    """Find the blocks of code in a language, without what they are indented by."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^\1```$", text, re.MULTILINE | re.DOTALL)
    return [re.sub(rf"^{indent}", "", block, flags=re.MULTILINE) for indent, block in found]


def commands_in(text: str) -> Iterator[str]:
    """Find all that is shown of the command line, in blocks and in sentences."""
    for code in (*blocks(text, "sh"), *re.findall(r"`([^`\n]+)`", text)):
        for line in code.splitlines():
            if found := re.match(r"(?:pixeldigest )?((?:--now \S+ )?(?:publish|withdraw|status)(?: .*)?)$", line):
                yield found[1]


@pytest.mark.parametrize("command", sorted({*commands_in(RUNNING), *commands_in(PUBLISHING)}))
def test_a_command_that_is_shown_can_be_typed(command: str) -> None:
    words = shlex.split(re.sub(r"\bD\b", "2026-11-21", command))
    above = click.Context(cli)
    if words[0] == "--now":
        words = words[2:]

    with cli.get_command(above, words[0]).make_context(words[0], words[1:], parent=above) as made:
        assert made.params


def test_what_is_quoted_was_said(small: Path, forem: Forem) -> None:
    """Each line of a message in the documentation comes from a run in which something is wrong."""
    add_channels(small, forem)
    settings = small / "content/newsletter.yml"
    settings.write_text(settings.read_text().replace("runway_warning: 0", "runway_warning: 14"))
    said: set[str] = set()

    def publish(moment: str, *arguments: str, **environment: str) -> None:
        done = run_forked(small, "publish", *arguments, now=f"2026-11-{moment}", **environment)
        said.update(f"{done.out}{done.err}".replace("127.0.0.1", "dev.to").splitlines())

    publish("18T12:00")
    publish("24T12:15", DEVTO_KEY="expired")
    with publishing_alone(small / "state", datetime(2026, 11, 24, 12, 15, tzinfo=UTC)):
        publish("24T12:30")
        publish("24T18:30")
    shutil.rmtree(small / "state")
    publish("24T18:45")
    publish("24T18:45", "--adopt", DEVTO_KEY="expired")

    quoted = [line for block in blocks(RUNNING, "text") for line in block.splitlines()]
    assert [line for line in quoted if line not in said] == []
    assert len(quoted) > 5


def test_the_examples_of_settings_are_right(small: Path) -> None:
    """All of them at once, each channel by a name of its own."""
    settings: dict[str, Any] = yaml.load((small / "content/newsletter.yml").read_text(), Loader=yaml.BaseLoader)
    settings["channels"] = []
    for block in (*blocks(PUBLISHING, "yaml"), *blocks(RUNNING, "yaml")):
        shown = yaml.load(block, Loader=yaml.BaseLoader)
        for channel in shown.pop("channels", []):
            name = channel.get("id", channel["type"])
            taken = {one["id"] for one in settings["channels"]}
            settings["channels"].append({**channel, "id": name if name not in taken else f"{name}-{len(taken)}"})
        settings.update(shown)
    (small / "content/newsletter.yml").write_text(yaml.safe_dump(settings, sort_keys=False))

    done = run_forked(small, "check")

    assert (done.status, "newsletter.yml" in done.err) == (0, False), done.err  # mails of so little text are warned of
    assert {one["type"] for one in settings["channels"]} == CHANNELS.keys()


ROWS = dict(re.findall(r"^\| \[(\w+)\]\(#\w+\) \|(.*)\|$", PUBLISHING, re.MULTILINE))
SAYS: Mapping[str, Callable[[type[Channel]], bool]] = {
    "mails": lambda kind: kind.mails,
    "brought up to date": lambda kind: kind.updates,
    "can be asked": lambda kind: kind.asks,
}


@pytest.mark.parametrize("name", CHANNELS)
def test_the_table_says_what_a_channel_can_do(name: str) -> None:
    kind = CHANNELS[name]
    holds, *cells = [cell.strip() for cell in ROWS[name].split("|")]

    assert {title: cell != "no" for title, cell in zip(SAYS, cells, strict=True)} == {
        title: bool(says(kind)) for title, says in SAYS.items()
    }
    assert (holds == "the site") == kind.carries_site
    assert set(re.findall(r"`(.+?)`", holds)) == {file for one in kind.formats for file in files_of(one)}


def files_of(name: str) -> set[str]:
    """Name the files of a format that channels take."""
    return {"mail": {"mail.eml"}, "data": {"issue.json"}, "text": {"issue.txt"}, "devto": {"devto.md"}}[name]


@pytest.mark.parametrize("name", CHANNELS)
def test_each_channel_is_told_in_the_same_words(name: str) -> None:
    [section] = re.findall(rf"^## {name}\n(.*?)(?=^## |\Z)", PUBLISHING, re.MULTILINE | re.DOTALL)

    assert re.findall(r"^\* \*\*(.+?)\*\*", section, re.MULTILINE) == ["Secret", "Update", "Withdrawal", "It cannot"]
    assert [yaml.safe_load(block)["channels"][0]["type"] for block in blocks(section, "yaml")] == [name]
