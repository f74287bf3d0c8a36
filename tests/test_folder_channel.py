"""The channel `folder`: a copy of the site, and nobody else's file is touched."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from attempts import NOW, POSTING, attempt, failure
from conftest import examples
from pixeldigest.channels import AnyChannel, Channel
from pixeldigest.channels import mirror as mirroring
from pixeldigest.channels.attempt import Attempt
from pixeldigest.channels.failures import WouldDo
from pixeldigest.channels.mirror import MIRRORED, mirror
from pixeldigest.channels.posting import Outside, Receipt

PAGES = {
    "index.html": "home",
    "feed.xml": "feed",
    "404.html": "lost",
    "issues/2026-11-21/index.html": "an issue",
    "assets/style.css": "a{}",
    "assets/cover.png": "\x89",
    "search/wasm.en.pagefind": "w",
}


class Place:
    """A project with a site, and the folder `www` beside it."""

    def __init__(self, folder: Path) -> None:
        self.project, self.www = folder / "project", folder / "www"
        self.site = self.project / "output/site"
        self.effects: list[str] = []
        write(self.site, PAGES)

    def publish(self, path: str = "../www", *, dry_run: bool = False) -> Receipt:
        """Publish once."""
        return channel(path).publish(POSTING, self.attempt(dry_run=dry_run))

    def attempt(self, *, dry_run: bool = False) -> Attempt:
        outside = Outside(self.project, self.project / "output", {}, NOW)
        return attempt(outside, self.effects.append, dry_run=dry_run)


def channel(path: str) -> Channel:
    return TypeAdapter(AnyChannel).validate_python({"type": "folder", "path": path})


def write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def read(folder: Path) -> dict[str, str]:
    """Read all files but the channel's own."""
    files = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
    others = {name: path for name, path in files.items() if not name.startswith(".pixeldigest")}
    return {name: path.read_text(encoding="utf-8") for name, path in others.items()}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


# --- What comes of it ---


def test_the_folder_becomes_the_same_as_the_site(place: Place) -> None:
    first = place.publish()
    write(place.site, {"index.html": "news", "new/.hidden": "h"})
    shutil.rmtree(place.site / "issues")
    (place.site / "empty").mkdir()
    second = place.publish()

    expected = {**PAGES, "index.html": "news", "new/.hidden": "h"}
    del expected["issues/2026-11-21/index.html"]
    assert first == second == Receipt("../www", POSTING.url, POSTING.content)
    assert read(place.www) == expected
    assert sorted(path.name for path in place.www.iterdir() if path.is_dir()) == ["assets", "new", "search"]
    assert place.effects == [f"copy 7 files to {place.www} and remove 0", f"copy 2 files to {place.www} and remove 1"]


def test_nothing_changed_is_no_effect(place: Place) -> None:
    place.publish()
    before = (place.www / MIRRORED).read_bytes()
    place.publish()

    assert len(place.effects) == 1
    assert (place.www / MIRRORED).read_bytes() == before


def test_a_dry_run_says_so_and_copies_nothing(place: Place) -> None:
    with pytest.raises(WouldDo, match=r"copy 7 files to .*/www and remove 0"):
        place.publish(dry_run=True)

    assert not place.www.exists()


def test_pages_come_after_what_they_show(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """And go before it."""
    steps: list[str] = []
    copy, remove = mirroring._copy, mirroring._remove
    monkeypatch.setattr(
        mirroring, "_copy", lambda *paths: steps.append(str(paths[1].relative_to(place.www))) or copy(*paths)
    )
    monkeypatch.setattr(mirroring, "_remove", lambda *paths: steps.append(f"-{paths[1]}") or remove(*paths))

    place.publish()
    copied, steps[:] = steps[:], []
    for name in ("assets/style.css", "issues/2026-11-21/index.html", "feed.xml"):
        (place.site / name).unlink()
    place.publish()

    assert copied == [
        "assets/cover.png",
        "assets/style.css",
        "search/wasm.en.pagefind",
        "issues/2026-11-21/index.html",
        "404.html",
        "feed.xml",
        "index.html",
    ]
    assert steps == ["-feed.xml", "-issues/2026-11-21/index.html", "-assets/style.css"]


def test_files_that_look_as_they_did_are_not_read(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """But those that were noted as soon as they were written, which may have changed within the clock's tick."""
    place.publish()
    note = place.www / MIRRORED
    later = note.stat().st_mtime_ns + 10**10
    (place.site / "index.html").write_text("longer", encoding="utf-8")

    monkeypatch.setattr(Path, "read_bytes", lambda path: pytest.fail(f"{path} was read"))
    with pytest.raises(pytest.fail.Exception):
        place.publish()
    os.utime(note, ns=(later, later))
    place.publish()
    monkeypatch.undo()

    assert place.effects[1:] == [f"copy 1 files to {place.www} and remove 0"]
    assert read(place.www) == {**PAGES, "index.html": "longer"}


@pytest.mark.parametrize("name", ["index.html", "assets/style.css"])
def test_a_copy_that_somebody_changed_is_mended(place: Place, name: str) -> None:
    """Also if it is as long as before, and as old."""
    place.publish()
    path = place.www / name
    status = path.stat()
    path.write_text("x" * status.st_size, encoding="utf-8")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))

    place.publish()

    assert read(place.www) == PAGES


def test_a_folder_becomes_a_file_and_a_file_a_folder(place: Place) -> None:
    write(place.site, {"tags/a/index.html": "a", "about": "b"})
    place.publish()
    shutil.rmtree(place.site / "tags")
    (place.site / "about").unlink()
    write(place.site, {"tags": "a", "about/index.html": "b"})

    place.publish()

    assert read(place.www) == {**PAGES, "tags": "a", "about/index.html": "b"}


def test_the_folder_itself_may_be_a_link(place: Place, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    place.www.symlink_to("disk")

    place.publish()

    assert read(tmp_path / "disk") == PAGES
    assert place.www.is_symlink()


def test_links_in_the_site_are_not_followed(place: Place, tmp_path: Path) -> None:
    write(tmp_path / "secrets", {"key": "k"})
    (place.site / "more").symlink_to(tmp_path / "secrets")
    (place.site / "key").symlink_to(tmp_path / "secrets/key")

    place.publish()

    assert read(place.www) == PAGES


def test_withdrawing_copies_the_site_without_the_page(place: Place) -> None:
    place.publish()
    (place.site / "issues/2026-11-21/index.html").unlink()

    assert channel("../www").withdraw(POSTING, place.attempt()) is None
    assert not (place.www / "issues").exists()


# --- What is somebody else's ---


def test_files_of_others_stay(place: Place) -> None:
    write(place.www, {".htaccess": "h", ".well-known/acme": "a"})
    place.publish()
    write(place.www, {"robots.txt": "r", "issues/notes.txt": "n"})
    shutil.rmtree(place.site / "issues")

    place.publish()

    others = {".htaccess": "h", ".well-known/acme": "a", "robots.txt": "r", "issues/notes.txt": "n"}
    assert read(place.www) == {name: text for name, text in PAGES.items() if "issues" not in name} | others


def test_a_file_of_others_is_not_replaced(place: Place) -> None:
    place.publish()
    write(place.www, {"robots.txt": "theirs"})
    write(place.site, {"robots.txt": "ours", "index.html": "news"})

    message = f"'{place.www}/robots.txt' was not put there by this channel, and would be replaced; move it away"
    assert failure(place.publish) == (78, message)
    assert read(place.www) == {**PAGES, "robots.txt": "theirs"}


def test_a_folder_that_holds_something_else(place: Place) -> None:
    write(place.www, {"thesis.doc": "t"})

    message = f"'{place.www}' holds files of somebody else's; name an empty folder, which will hold the site"
    assert failure(place.publish) == (78, message)


def test_a_folder_that_holds_another_newsletter(place: Place) -> None:
    mirror(place.site, place.www, owner="another-daily", before=lambda _: None)

    message = f"'{place.www}' holds the site of 'another-daily'; name a folder of its own"
    assert failure(place.publish) == (78, message)


@pytest.mark.parametrize("way", ["assets", "issues/2026-11-21", ".pixeldigest-staging"])
def test_nothing_is_written_through_a_link(place: Place, tmp_path: Path, way: str) -> None:
    place.publish()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.rmtree(place.www / way, ignore_errors=True)
    (place.www / way).symlink_to(elsewhere)
    write(place.site, {"index.html": "news"})

    message = f"'{place.www}/{way}' is a link, and what is written there would lie elsewhere"
    assert failure(place.publish) == (78, f"{message}; delete it, or name another folder")
    assert list(elsewhere.iterdir()) == []


def test_nothing_is_removed_through_a_link(place: Place, tmp_path: Path) -> None:
    place.publish()
    shutil.move(place.www / "issues", tmp_path / "elsewhere")
    (place.www / "issues").symlink_to(tmp_path / "elsewhere")
    shutil.rmtree(place.site / "issues")

    status, message = failure(place.publish)

    assert (status, message.split(" is ")[0]) == (78, f"'{place.www}/issues'")
    assert (tmp_path / "elsewhere/2026-11-21/index.html").exists()


def test_a_file_that_is_a_link_is_replaced_itself(place: Place, tmp_path: Path) -> None:
    place.publish()
    write(tmp_path, {"theirs": "home"})
    (place.www / "index.html").unlink()
    (place.www / "index.html").symlink_to(tmp_path / "theirs")

    place.publish()

    assert read(place.www) == PAGES
    assert not (place.www / "index.html").is_symlink()


@pytest.mark.parametrize("name", ["../kept", "a/../../kept", "{tmp}/kept"])
def test_a_note_that_was_tampered_with_removes_nothing_outside(place: Place, tmp_path: Path, name: str) -> None:
    place.publish()
    write(tmp_path, {"kept": "k"})
    note = place.www / MIRRORED
    note.write_text(note.read_text().replace('"404.html"', f'"{name.format(tmp=tmp_path)}"'), encoding="utf-8")

    place.publish()

    assert (tmp_path / "kept").read_text() == "k"


@pytest.mark.parametrize("text", ["", "[]", '{"files": []}', '{"files": {"index.html": 3}}', "\xff{"])
def test_a_note_that_cannot_be_read(place: Place, text: str) -> None:
    place.publish()
    (place.www / MIRRORED).write_text(text, encoding="latin-1")

    assert failure(place.publish)[0] == 78
    assert read(place.www) == PAGES


# --- Where it must not be ---


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("output", "lies in '{project}/output'"),
        ("output/site/www", "lies in '{project}/output'"),
        ("www/../content", "lies in '{project}/content'"),
        ("content/images", "lies in '{project}/content'"),
        (".git/www", "lies in '{project}/.git'"),
        (".", "holds the project itself, or what it builds"),
        ("..", "holds the project itself, or what it builds"),
        ("/", "holds the project itself, or what it builds"),
        ("link", "lies in '{project}/content'"),
    ],
)
def test_a_place_in_the_project_that_is_not_for_it(place: Place, path: str, said: str) -> None:
    (place.project / "content/images").mkdir(parents=True)
    (place.project / "link").symlink_to("content")

    message = f"'{path}' {said.format(project=place.project)}; name a folder of its own for the site"
    assert failure(lambda: place.publish(path)) == (78, message)


def test_a_disk_that_is_not_mounted(place: Place, tmp_path: Path) -> None:
    message = f"'{tmp_path}/disk' does not exist; make it, or mount the disk that it is on"
    assert failure(lambda: place.publish("../disk/www")) == (75, message)


def test_a_home_directory_is_written_whole() -> None:
    with pytest.raises(ValidationError, match="is not a path"):
        channel("~/www")


def test_no_site_is_no_empty_site(place: Place) -> None:
    place.publish()
    (place.site / "index.html").unlink()

    assert failure(place.publish) == (1, f"there is no site in '{place.site}'; run 'pixeldigest build'")
    assert read(place.www) == PAGES


@pytest.mark.parametrize(
    ("number", "status", "reason"), [(28, 75, "no space left on device"), (13, 78, "permission denied")]
)
def test_a_disk_that_does_not_allow_it(
    place: Place, monkeypatch: pytest.MonkeyPatch, number: int, status: int, reason: str
) -> None:
    """A full one may have room the next time; one that must not be written needs somebody."""
    place.publish()
    write(place.site, {"index.html": "news"})

    def refuse(path: str, *_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number), path)

    monkeypatch.setattr(mirroring, "write_whole", refuse)
    said = failure(place.publish)
    monkeypatch.undo()
    place.publish()

    assert said == (status, f"'{place.www}/{MIRRORED}' cannot be copied: {reason}")
    assert read(place.www) == {**PAGES, "index.html": "news"}


# --- Killed anywhere ---


class KilledError(BaseException):
    """What is left of a process that was killed."""


names = st.lists(st.sampled_from(["a", "b", "assets", "index.html"]), min_size=1, max_size=3).map("/".join)
sites = st.dictionaries(names, st.text("xy", max_size=2), max_size=5).map(
    lambda files: {name: text for name, text in files.items() if not any(f"{name}/" in one for one in files)}
)


@examples(20)
@given(before=sites, after=sites, steps=st.integers(0, 12))
def test_a_killed_copy_is_completed_by_the_next(
    tmp_path_factory: pytest.TempPathFactory, before: dict[str, str], after: dict[str, str], steps: int
) -> None:
    """Whatever the site was before, whatever it is now, and whichever file it was."""
    folder = tmp_path_factory.mktemp("mirror")
    source, target, left = folder / "site", folder / "www", [steps]
    write(source, before)
    source.mkdir(exist_ok=True)
    mirror(source, target, owner="daily", before=lambda _: None)
    shutil.rmtree(source)
    source.mkdir()
    write(source, after)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)
        for module, name in ((os, "replace"), (os, "unlink"), (os, "rmdir")):
            patch.setattr(module, name, _dying(getattr(module, name), left))
        try:
            mirror(source, target, owner="daily", before=lambda _: None)
        except KilledError:
            write(target, {".pixeldigest-staging/99999.1": "half"})
    mirror(source, target, owner="daily", before=lambda _: None)

    assert read(target) == after
    folders = (path for path in target.rglob("*") if path.is_dir() and path.name != ".pixeldigest-staging")
    assert all(any(path.iterdir()) for path in folders)


def _dying(real: Callable[..., None], left: list[int]) -> Callable[..., None]:
    def step(*arguments: object, **options: object) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise KilledError
        real(*arguments, **options)

    return step
