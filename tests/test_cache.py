"""Nothing is ever stale: whatever changes, a build with the cache makes what one without it makes."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import NOON, REPOSITORY, every_third, examples, run_command
from edits import BARS, INPUTS, MEANS, SETTINGS, SUMS, WAYS
from forked import Commands, start_commands
from freshness import Built, assert_fresh, differences, swap, tree, write_whole_newsletter

CACHE = ".pixeldigest/cache"
NEXT_DAY = "2026-11-22T12:00"
SLOW = pytest.mark.slow


@pytest.fixture(scope="module")
def commands() -> Iterator[Commands]:
    with start_commands() as started:
        yield started


@pytest.fixture(scope="module")
def built(commands: Commands, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Built]:
    """The whole newsletter, and what comes of it; nobody may change either."""
    project = tmp_path_factory.mktemp("whole") / "project"
    write_whole_newsletter(project)
    return project, assert_fresh(commands, project)


@pytest.fixture
def before(built: tuple[Path, Built]) -> Built:
    return built[1]


@pytest.fixture
def project(commands: Commands, built: tuple[Path, Built], tmp_path: Path) -> Path:
    """The whole newsletter with a warm cache."""
    project = tmp_path / "project"
    shutil.copytree(built[0], project, ignore=shutil.ignore_patterns("fresh"))
    warmed = commands.run(project, "build")
    assert (warmed.status, warmed.err) == (0, "")
    return project


@pytest.fixture
def shared(commands: Commands, built: tuple[Path, Built]) -> Path:
    """The same, for edits of content and templates only: each test takes back what the one before it did."""
    pristine, before = built
    project = pristine.with_name("shared")
    for name in ("content", "templates", "fresh"):
        shutil.rmtree(project / name, ignore_errors=True)
    for name in ("content", "templates"):
        shutil.copytree(pristine / name, project / name)
    commands.run(project, "build")
    if differences(tree(project / "output"), before.tree):
        shutil.rmtree(project / "output")  # pictures of formulas are never removed
        commands.run(project, "build")
    assert differences(tree(project / "output"), before.tree) == []
    return project


# --- What changes ---


@pytest.mark.parametrize("name", every_third(INPUTS))
def test_an_input_that_changes_changes_the_output(name: str, commands: Commands, shared: Path, before: Built) -> None:
    INPUTS[name](shared)

    after = assert_fresh(commands, shared)

    assert differences(before.tree, after.tree) != []


@pytest.mark.parametrize("name", every_third(WAYS))
def test_a_file_that_comes_or_goes_is_noticed(name: str, commands: Commands, shared: Path, before: Built) -> None:
    WAYS[name](shared)

    after = assert_fresh(commands, shared, on_top=True)

    assert (after.status, after.said, differences(before.tree, after.tree)) != (0, before.said, [])


@pytest.mark.parametrize("now", [NEXT_DAY, "2026-11-20T12:00", "2026-11-17T12:00"])
def test_another_day_is_another_build(now: str, commands: Commands, project: Path, before: Built) -> None:
    after = assert_fresh(commands, project, now=now)

    assert differences(before.tree, after.tree) != []


@pytest.mark.parametrize("now", ["2026-11-21T23:59+01:00", "2026-11-22T00:01+01:00"])
def test_the_day_begins_where_the_newsletter_is(now: str, commands: Commands, project: Path) -> None:
    commands.run(project, "build", now="2026-11-21T23:58+01:00")

    assert_fresh(commands, project, now=now)


@pytest.mark.parametrize(
    "options",
    every_third(
        [
            "--format web",
            "--format text --format post",
            "--drafts",
            "--date yesterday",
            "--date tomorrow",
            "--date latest",
            "--date 2026-11-17",
            "--from 2026-11-18 --to 2026-11-19 --format web",
            "--date tomorrow --drafts --format web",
        ]
    ),
)
def test_other_options_are_another_build(options: str, commands: Commands, project: Path) -> None:
    """They are built before and after an edit, beside the whole."""
    assert_fresh(commands, project, *options.split(), on_top=True)
    INPUTS["topic-body"](project)
    INPUTS["feature-url"](project)

    assert_fresh(commands, project, *options.split(), on_top=True)
    assert_fresh(commands, project, on_top=True)


def test_another_folder_gets_everything(commands: Commands, project: Path, before: Built) -> None:
    commands.run(project, "build", "--output", "elsewhere")
    assert differences(tree(project / "elsewhere"), before.tree) == []

    INPUTS["topic-body"](project)
    commands.run(project, "build", "--output", "elsewhere")
    after = assert_fresh(commands, project)

    assert differences(tree(project / "elsewhere"), after.tree) == []


def test_a_report_in_json_is_of_this_build(commands: Commands, project: Path) -> None:
    """What is told of the files is not told again when they are written no more."""
    (project / "output/site/index.html").unlink()

    first = json.loads(commands.run(project, "build", "--output-format", "json").out)
    second = json.loads(commands.run(project, "build", "--output-format", "json").out)
    text = commands.run(project, "build").out

    assert first["written"] == ["site/index.html"]
    assert (second["written"], second["unchanged"]) == ([], first["unchanged"] + 1)
    assert f"0 files written, {second['unchanged']} unchanged\n" in text


# --- How it changes ---


def same_size(path: Path) -> None:
    """Change a text in place, not its size."""
    swap(path, "One number for many.", "Two number for many.")


def keep_time(path: Path, change: Callable[[Path], None], *, shift: int = 0) -> None:
    """Change a file, and set its time to what it was, give or take some seconds."""
    found = path.stat()
    change(path)
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns + shift * 10**9))


def replace_with_another(path: Path) -> None:
    """Move another file into the place of one, as editors and rsync do."""
    other = path.with_name(".other")
    shutil.copy2(path, other)
    keep_time(other, same_size)
    other.replace(path)


def restore_in_place(path: Path) -> None:
    """Write another text through a second name of the same file."""
    other = path.parent.parent.parent / "second-name"
    other.hardlink_to(path)
    keep_time(other, same_size)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(same_size, id="same-size"),
        pytest.param(lambda path: keep_time(path, same_size), id="same-size-and-time"),
        pytest.param(lambda path: keep_time(path, same_size, shift=-86_400), id="clock-set-back", marks=SLOW),
        pytest.param(lambda path: keep_time(path, same_size, shift=400_000_000), id="time-to-come", marks=SLOW),
        pytest.param(lambda path: keep_time(path, same_size, shift=-1_600_000_000), id="before-1980", marks=SLOW),
        pytest.param(replace_with_another, id="another-file-in-its-place"),
        pytest.param(restore_in_place, id="through-another-name"),
    ],
)
def test_an_edit_is_noticed_however_it_is_made(
    change: Callable[[Path], None], commands: Commands, project: Path, before: Built
) -> None:
    size = (project / MEANS).stat().st_size

    change(project / MEANS)
    after = assert_fresh(commands, project)

    assert (project / MEANS).stat().st_size == size
    assert differences(before.tree, after.tree) != []


@pytest.mark.parametrize(
    "name", every_third([MEANS, BARS, SETTINGS, "templates/text/feature.txt", "templates/words.en.yml"])
)
def test_a_file_restored_with_its_time_is_noticed(name: str, commands: Commands, project: Path, before: Built) -> None:
    """As `cp -p` and backups do; the size is the same, too."""
    kept = project / "kept"
    shutil.copy2(project / name, kept)
    texts = {MEANS: ("One", "Two"), BARS: ("20", "40"), SETTINGS: ("Try", "Cry")}
    keep_time(project / name, lambda path: swap(path, *texts.get(name, ("N", "M"))))
    changed = assert_fresh(commands, project)
    shutil.copy2(kept, project / name)

    restored = assert_fresh(commands, project)

    assert differences(before.tree, changed.tree) != []
    assert differences(before.tree, restored.tree) == []


def test_two_files_that_change_places_are_noticed(commands: Commands, project: Path, before: Built) -> None:
    one, other = project / "content/features/club.yml", project / "content/features/tool.yml"
    for path in (one, other):
        path.write_text(path.read_text(encoding="utf-8").ljust(200, "\n"), encoding="utf-8")
        os.utime(path, ns=(10**18, 10**18))
    assert_fresh(commands, project)
    one.rename(project / "third")
    other.rename(one)
    (project / "third").rename(other)

    after = assert_fresh(commands, project, on_top=True)

    assert differences(before.tree, after.tree) != []


def test_what_a_link_leads_to_is_noticed(commands: Commands, project: Path, before: Built) -> None:
    target = project / "content/.drafts/means.yml"
    target.parent.mkdir()
    (project / MEANS).rename(target)
    (project / MEANS).symlink_to(target)
    linked = assert_fresh(commands, project)
    keep_time(target, same_size)

    after = assert_fresh(commands, project)

    assert differences(before.tree, linked.tree) == []
    assert differences(before.tree, after.tree) != []


@pytest.mark.parametrize(
    ("folder", "edit"),
    [
        ("content/topics", "topic-body"),
        pytest.param("content/images", "image-size", marks=SLOW),
        pytest.param("templates/text", "template-own", marks=SLOW),
    ],
)
def test_a_link_that_leads_nowhere_hides_no_edit(folder: str, edit: str, commands: Commands, project: Path) -> None:
    """However the folder is listed: some links stand before the other files, some behind."""
    for name in ("0", "a", "m", "z", "zz"):
        (project / folder / f"{name}.yml").symlink_to("nowhere")
    commands.run(project, "build")
    INPUTS[edit](project)

    assert_fresh(commands, project, on_top=True)


def test_templates_behind_a_link_are_noticed(commands: Commands, project: Path, before: Built) -> None:
    """As where newsletters share a folder of them."""
    shared = project.with_name("shared")
    (project / "templates/text").rename(shared)
    (project / "templates/text").symlink_to(shared)
    linked = assert_fresh(commands, project)
    keep_time(shared / "feature.txt", lambda path: swap(path, "OWN", "OUR"))

    after = assert_fresh(commands, project)

    assert differences(before.tree, linked.tree) == []
    assert differences(before.tree, after.tree) != []


def test_the_folder_that_is_named_last_is_built(commands: Commands, project: Path) -> None:
    other = project.with_name("other")
    write_whole_newsletter(other)
    command = ("-C", str(other), "-C", str(project), "build")
    commands.run(other, *command)
    INPUTS["topic-body"](project)

    commands.run(other, *command)

    commands.run(project, "build", "--no-cache", "--output", "fresh")
    assert differences(tree(project / "output"), tree(project / "fresh")) == []


@pytest.mark.parametrize("name", [SUMS, pytest.param("content/features/club.yml", marks=SLOW), BARS])
def test_a_file_that_is_touched_makes_nothing_new(name: str, commands: Commands, project: Path, before: Built) -> None:
    """Nor does one that is moved to a subfolder."""
    (project / name).touch()
    touched = commands.run(project, "build")
    moved = (project / name).with_name("deep") / Path(name).name
    moved.parent.mkdir()
    (project / name).rename(moved)
    if name != BARS:
        commands.run(project, "build")
        assert differences(before.tree, assert_fresh(commands, project).tree) == []

    assert "0 files written, " in touched.out


def test_mistakes_come_and_go(commands: Commands, project: Path, before: Built) -> None:
    """Also one of an issue that went out, whose page stays as it was."""
    sound = (project / MEANS).read_text(encoding="utf-8")
    broken = sound.replace("title:", "titel:")
    record = project / "content/record/2026.yml"
    record.write_text(record.read_text(encoding="utf-8").replace("topic: totals", "topic: means"), encoding="utf-8")
    right = assert_fresh(commands, project)

    for text in (broken, sound.replace("One", "Another"), broken, sound):
        (project / MEANS).write_text(text, encoding="utf-8")
        found = assert_fresh(commands, project, on_top=True)
        assert ("titel" in found.said, found.status) == (("titel" in text), 1 if "titel" in text else 0)
        assert commands.run(project, "build").err == found.said.partition("index.html\n")[2]

    assert differences(right.tree, found.tree) == []
    assert differences(right.tree, before.tree) != []


# --- What lies in the output folder ---


def overwrite(path: Path, text: str = "of somebody else") -> None:
    path.write_text(text, encoding="utf-8")


def overwrite_unnoticed(path: Path) -> None:
    """Change some bytes of a file, and neither its size nor its time."""
    keep_time(path, lambda path: path.write_bytes(b"x" * path.stat().st_size))


def replace_by_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


OUTPUT = (
    "site/index.html",
    "site/topics/sums/index.html",
    "site/assets/style.css",
    "site/assets/images/bars.svg",
    "site/feed.xml",
    "issues/2026-11-18/post.md",
    "issues/2026-11-21/mail.html",
    ".manifest",
)


@pytest.mark.parametrize("damage", [Path.unlink, pytest.param(overwrite, marks=SLOW), overwrite_unnoticed])
def test_an_output_file_that_was_changed_is_made_again(
    damage: Callable[[Path], None], commands: Commands, project: Path, before: Built
) -> None:
    """One of each kind, one after the other."""
    for name in OUTPUT:
        damage(project / "output" / name)

        run = commands.run(project, "build")

        assert (run.status, run.err) == (0, "")
        assert differences(tree(project / "output"), before.tree) == [], name


@pytest.mark.parametrize("damage", [Path.unlink, pytest.param(overwrite, marks=SLOW)])
def test_pages_are_removed_although_the_manifest_was_lost(
    damage: Callable[[Path], None], commands: Commands, project: Path
) -> None:
    damage(project / "output/.manifest")
    commands.run(project, "build")
    WAYS["page-renamed"](project)

    assert_fresh(commands, project)


def test_the_search_follows_what_it_finds(tmp_path: Path) -> None:
    project = tmp_path / "project"
    write_whole_newsletter(project)
    with start_commands("--search") as commands:
        before = assert_fresh(commands, project)
        assert any(name.startswith("site/pagefind/") for name in before.tree)
        shutil.rmtree(project / "output/site/pagefind")
        assert differences(before.tree, assert_fresh(commands, project).tree) == []
        swap(project / SUMS, "Adding numbers", "Summing numbers")
        after = assert_fresh(commands, project)

    assert {"site/pagefind/pagefind-entry.json"} <= {*differences(before.tree, after.tree)}


@pytest.mark.parametrize("name", every_third(["", "site", "site/topics", "issues", "issues/2026-11-18"]))
def test_a_folder_that_was_deleted_is_made_again(name: str, commands: Commands, project: Path, before: Built) -> None:
    shutil.rmtree(project / "output" / name)

    run = commands.run(project, "build")

    assert (run.status, run.err) == (0, "")
    assert differences(tree(project / "output"), before.tree) == []


def test_an_output_folder_restored_from_a_backup_is_brought_up_to_date(commands: Commands, project: Path) -> None:
    """With its times, and with the manifest of that day."""
    shutil.copytree(project / "output", project / "backup")
    INPUTS["topic-title"](project)
    INPUTS["page-added"](project)
    commands.run(project, "build", now=NEXT_DAY)
    shutil.rmtree(project / "output")
    shutil.copytree(project / "backup", project / "output")

    assert_fresh(commands, project, now=NEXT_DAY)


def test_a_whole_project_restored_from_a_backup_is_built_right(commands: Commands, project: Path) -> None:
    """The cache is then older than the output, or newer than the content."""
    backup = project.with_name("backup")
    shutil.copytree(project, backup)
    INPUTS["topic-title"](project)
    commands.run(project, "build", now=NEXT_DAY)
    for name in ("content", "output"):
        shutil.rmtree(project / name)
        shutil.copytree(backup / name, project / name)
    assert_fresh(commands, project)

    shutil.rmtree(project / CACHE)
    shutil.copytree(backup / CACHE, project / CACHE)
    INPUTS["feature-url"](project)
    assert_fresh(commands, project, now=NEXT_DAY)


# --- What lies in the cache ---


def kept_files(project: Path) -> list[Path]:
    """The files of the cache, but for the one that keeps it out of git."""
    return sorted(path for path in (project / CACHE).rglob("*") if path.is_file() and path.name != ".gitignore")


def flip(path: Path) -> None:
    """Change a bit in the middle of a file."""
    content = bytearray(path.read_bytes())
    if content:
        content[len(content) // 2] ^= 1
    path.write_bytes(content)


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def scramble(path: Path) -> None:
    path.write_bytes(random.Random(6).randbytes(path.stat().st_size or 100))


DAMAGES = {
    "truncated": truncate,
    "emptied": lambda path: os.truncate(path, 0),
    "flipped": flip,
    "scrambled": scramble,
    "a-folder": replace_by_folder,
    "deleted": Path.unlink,
    "a-pickle": lambda path: path.write_bytes(b"cos\nsystem\n(S'touch pwned'\ntR."),
}


@pytest.mark.parametrize("name", every_third(DAMAGES))
def test_a_damaged_cache_is_made_anew(name: str, commands: Commands, project: Path, before: Built) -> None:
    """Each of its files by itself: with the output in place, and without it."""
    kept = project.with_name("kept")
    shutil.rmtree(project / CACHE)  # it holds what was kept in another place
    commands.run(project, "build")
    (project / CACHE).rename(kept)
    files = {path.relative_to(kept) for path in kept.rglob("*") if path.is_file() and path.name != ".gitignore"}
    for file in sorted(files):
        shutil.rmtree(project / CACHE, ignore_errors=True)
        shutil.copytree(kept, project / CACHE)
        DAMAGES[name](project / CACHE / file)
        shutil.rmtree(project / "output")

        run = commands.run(project, "build")

        assert (run.status, run.err) == (0, ""), file
        assert differences(tree(project / "output"), before.tree) == [], file
        assert {path.relative_to(project / CACHE) for path in kept_files(project)} == files, file
    assert not (project / "pwned").exists()


@pytest.mark.parametrize("name", every_third(DAMAGES))
def test_a_cache_damaged_throughout_is_made_anew(name: str, commands: Commands, project: Path) -> None:
    for file in kept_files(project):
        DAMAGES[name](file)
    INPUTS["topic-body"](project)

    assert_fresh(commands, project)


@pytest.mark.parametrize("shift", every_third(range(1, 6)))
def test_files_of_the_cache_that_change_places_are_nothing(shift: int, commands: Commands, project: Path) -> None:
    """Each is whole, and of this version; only its name is another's."""
    files = kept_files(project)
    contents = [file.read_bytes() for file in files]
    for file, content in zip(files, contents[shift:] + contents[:shift], strict=True):
        file.write_bytes(content)

    assert_fresh(commands, project)
    assert shift < len(files)


def test_half_a_cache_is_as_good_as_none(commands: Commands, project: Path) -> None:
    for half in (0, 1):
        for file in kept_files(project)[half::2]:
            file.unlink()
        INPUTS[("topic-body", "topic-title")[half]](project)

        assert_fresh(commands, project)


def test_the_cache_of_another_newsletter_is_not_taken(commands: Commands, project: Path) -> None:
    """Nor that of the same newsletter in another place and at another time."""
    other = project.with_name("other")
    shutil.copytree(project, other, ignore=shutil.ignore_patterns(".pixeldigest", "output"))
    for name in ("topic-body", "feature-url", "settings-title", "template-own", "words-own", "image-size"):
        INPUTS[name](other)
    commands.run(other, "build", now=NEXT_DAY)
    shutil.rmtree(project / CACHE)
    shutil.copytree(other / CACHE, project / CACHE)

    assert_fresh(commands, project)
    shutil.rmtree(project / CACHE)
    (project / CACHE).symlink_to(other / CACHE)
    assert_fresh(commands, project)
    assert_fresh(commands, other, now=NEXT_DAY)


@pytest.mark.parametrize("mode", [0o000, pytest.param(0o500, marks=SLOW)])
def test_a_cache_that_may_not_be_used_costs_time_only(mode: int, commands: Commands, project: Path) -> None:
    INPUTS["topic-body"](project)
    locked = [*kept_files(project), project / CACHE]
    for path in locked:
        path.chmod(mode)
    # Root may do anything, unless it gives that up.
    plain = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.geteuid() == 0 else []
    without_search = (
        "from pixeldigest import extras\n"
        "extras.LIBRARIES = {**extras.LIBRARIES, 'search': ('no_such_library',)}\n"
        "from pixeldigest.__main__ import main\n"
        "main()\n"
    )
    build = [*plain, sys.executable, "-c", without_search, "--now", NOON, "build"]
    try:
        done = subprocess.run(build, cwd=project, capture_output=True, text=True, check=False)
    finally:
        for path in reversed(locked):
            path.chmod(0o700)
    commands.run(project, "build", "--no-cache", "--output", "fresh")

    assert (done.returncode, done.stderr) == (0, "")
    assert differences(tree(project / "output"), tree(project / "fresh")) == []


@pytest.mark.parametrize("name", [pytest.param(".pixeldigest", marks=SLOW), CACHE])
def test_a_file_in_place_of_the_cache_costs_time_only(name: str, commands: Commands, project: Path) -> None:
    shutil.rmtree(project / name)
    (project / name).write_text("a file", encoding="utf-8")

    assert_fresh(commands, project)


# --- The commands ---


def test_no_cache_reads_and_writes_none(commands: Commands, project: Path) -> None:
    commands.run(project, "build", "--no-cache", "--output", "elsewhere")
    stamps = {path: path.stat().st_mtime_ns for path in (project / CACHE).rglob("*")}
    for file in kept_files(project):
        file.write_bytes(b"poison")
    poisoned = tree(project / CACHE)

    run = commands.run(project, "build", "--no-cache", "--output", "other")

    assert run.status == 0
    assert list(stamps) != []
    assert tree(project / CACHE) == poisoned
    assert differences(tree(project / "other"), tree(project / "elsewhere")) == []


def test_no_cache_makes_no_folder(commands: Commands, project: Path) -> None:
    shutil.rmtree(project / ".pixeldigest")

    commands.run(project, "build", "--no-cache")

    assert not (project / ".pixeldigest").exists()


def test_clearing_deletes_the_cache_and_says_so(commands: Commands, project: Path) -> None:
    first = commands.run(project, "cache", "clear")
    second = commands.run(project, "cache", "clear")

    assert (first.status, first.err, second.status, second.err) == (0, "", 0, "")
    assert "deleted" in first.out
    assert not (project / CACHE).exists()
    assert_fresh(commands, project)


# --- What pixeldigest itself is made of ---


def test_a_changed_theme_or_version_is_noticed(project: Path) -> None:
    """In a copy of the package, since nobody may change the real one."""
    source = project.with_name("source")
    shutil.copytree(REPOSITORY / "src", source, ignore=shutil.ignore_patterns("__pycache__"))
    package = source / "pixeldigest"
    environment = {"PYTHONPATH": str(source), "PYTHONDONTWRITEBYTECODE": "1"}
    shutil.rmtree(project / "output")

    def build(*options: str) -> None:
        run = run_command(project, "build", "--format", "text", "--format", "web", *options, **environment)
        assert (run.status, run.err) == (0, "")

    def built_with(change: Callable[[], None]) -> list[str]:
        build()
        earlier = tree(project / "output")
        change()
        build()
        build("--no-cache", "--output", "fresh")
        assert differences(tree(project / "output"), tree(project / "fresh")) == []
        return differences(tree(project / "output"), earlier)

    own = package / "templates/text/topic.txt"
    assert "issues/2026-11-21/issue.txt" in built_with(
        lambda: keep_time(own, lambda path: path.write_text("TOPIC\n", encoding="utf-8"))
    )
    words = package / "templates/words.en.yml"
    assert "site/index.html" in built_with(
        lambda: keep_time(words, lambda path: swap(path, "earlier_issues: Earlier", "earlier_issues: Bygones"))
    )
    code = package / "markup/text.py"
    assert "issues/2026-11-18/issue.txt" in built_with(lambda: swap(code, "COLUMNS = 72", "COLUMNS = 40"))


def test_an_updated_library_is_noticed(project: Path) -> None:
    """As pip does it: the files of the old version go, those of the new one come."""
    libraries = project.with_name("site-packages")

    def install(version: str, width: int) -> None:
        shutil.rmtree(libraries, ignore_errors=True)
        metadata = libraries / f"imagesize-{version}.dist-info"
        metadata.mkdir(parents=True)
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: imagesize\nVersion: {version}\n")
        (libraries / "imagesize.py").write_text(f"def get(source):\n    return ({width}, 7)\n")

    def build(*options: str) -> bytes:
        run = run_command(
            project, "build", "--format", "web", *options, PYTHONPATH=str(libraries), PYTHONDONTWRITEBYTECODE="1"
        )
        assert run.status == 0, run.err
        return (project / "output/site/topics/sums/index.html").read_bytes()

    install("90.0.0", 77)
    assert b'width="77"' in build()
    install("90.0.1", 88)

    assert b'width="88"' in build()


# --- Nothing changed ---


def imported(project: Path, *options: str) -> set[str]:
    """Build, and name the modules that were imported for it."""
    command = [sys.executable, "-X", "importtime", "-m", "pixeldigest", "--now", NOON, "build", *options]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=True)
    return {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}


@pytest.mark.parametrize("options", every_third([(), ("--format", "web"), ("--date", "yesterday"), ("--drafts",)]))
def test_nothing_is_imported_where_nothing_changed(options: tuple[str, ...], project: Path) -> None:
    imported(project, *options)
    stamps = {path: path.stat().st_mtime_ns for path in (project / "output").rglob("*")}

    found = imported(project, *options)

    heavy = {"pydantic", "jinja2", "markdown", "markdown_it", "pygments", "yaml", "PIL", "ziamath", "css_inline"}
    assert "pixeldigest" in found
    assert found & heavy == set()
    assert {path: path.stat().st_mtime_ns for path in (project / "output").rglob("*")} == stamps


def test_one_edit_writes_only_what_it_changes(commands: Commands, project: Path, before: Built) -> None:
    swap(project / "content/features/tool.yml", "Use it.", "Use this.")

    run = commands.run(project, "build")

    after = tree(project / "output")
    changed = {name for name in differences(before.tree, after) if name in after and not name.startswith(".")}
    assert f"\n{len(changed)} files written, " in run.out
    assert {name.split("/")[1] for name in changed} & {"topics", "problems", "archive", "tags"} == set()


# --- Anything, in any order ---

STEPS = {**INPUTS, **{name: edit for name, edit in WAYS.items() if not name.startswith(("folder-", "the-same-"))}}


@examples(1)
@given(data=st.data())
def test_any_edits_in_any_order(
    data: st.DataObject, commands: Commands, built: tuple[Path, Built], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Each is made, taken back with the times of its files, or made again; on some day, in some formats."""
    project = tmp_path_factory.mktemp("any") / "project"
    shutil.copytree(built[0], project, ignore=shutil.ignore_patterns("fresh"))
    shutil.copytree(project / "content", project / "kept/content")
    shutil.copytree(project / "templates", project / "kept/templates")
    made: list[str] = []
    for _ in range(data.draw(st.integers(2, 6), label="edits")):
        name = data.draw(st.sampled_from([*STEPS, "take-back"]), label="edit")
        if name == "take-back":
            for folder in ("content", "templates"):
                shutil.rmtree(project / folder)
                shutil.copytree(project / "kept" / folder, project / folder)
            made.clear()
        elif name not in made:
            made.append(name)
            try:
                STEPS[name](project)
            except (AssertionError, FileNotFoundError):  # another edit has taken its place
                continue
        now = data.draw(st.sampled_from([NOON, NEXT_DAY]), label="now")
        options = data.draw(st.sampled_from(["", "--format web", "--date latest", "--format text"]), label="options")
        assert_fresh(commands, project, *options.split(), now=now, on_top=True)
