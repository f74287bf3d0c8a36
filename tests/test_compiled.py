"""The templates of the theme are compiled once; what is damaged, or was made of another source, is made anew."""

from pathlib import Path

import pytest
from jinja2 import Environment

from pixeldigest.cache import NO_CACHE, Cache
from pixeldigest.formats.theme import load_theme

TEMPLATE = "web/sitemap.xml"


def render(project: Path, kept: Path) -> str:
    return load_theme(project, "en", NO_CACHE, bytecode=Cache(kept)).render(TEMPLATE, addresses=())


def test_a_template_is_compiled_once(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    render(tmp_path, kept)
    (file,) = kept.glob("web.*")
    cache = Cache(kept)
    checksum, _ = cache.load(file.name)
    cache.save(file.name, (checksum, Environment().compile("as it was kept", TEMPLATE)))

    assert render(tmp_path, kept) == "as it was kept"


@pytest.mark.parametrize("damage", [b"", b"\0" * 500, None])
def test_damaged_code_is_compiled_anew(tmp_path: Path, damage: bytes | None) -> None:
    kept = tmp_path / "kept"
    expected = render(tmp_path, kept)
    (file,) = kept.glob("web.*")
    whole = file.read_bytes()
    file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]) if damage is None else damage)

    assert render(tmp_path, kept) == expected
    assert file.read_bytes() == whole


def test_code_of_another_source_is_compiled_anew(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    expected = render(tmp_path, kept)
    (file,) = kept.glob("web.*")
    cache = Cache(kept)
    cache.save(file.name, ("0" * 40, Environment().compile("as it was kept", TEMPLATE)))

    assert render(tmp_path, kept) == expected


def test_own_templates_are_not_kept(tmp_path: Path) -> None:
    own = tmp_path / "templates" / TEMPLATE
    own.parent.mkdir(parents=True)
    own.write_text("mine", encoding="utf-8")
    kept = tmp_path / "kept"

    assert render(tmp_path, kept) == "mine"
    assert not kept.exists()
