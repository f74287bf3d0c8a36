"""The files that editors of YAML read: schemas/, and what VS Code has to know in .vscode/."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from pixeldigest.diagnostics import UserError
from pixeldigest.library import CALENDAR_FILE, SETTINGS_FILE, WITHDRAWN_FILE, Library
from pixeldigest.listing import FOLDERS
from pixeldigest.output import cannot_write
from pixeldigest.schemas import MODELS
from pixeldigest.schemas.yaml import IDS_FILE, ids_schema, yaml_schema
from pixeldigest.wholefile import PROJECT_STAGING, write_whole

SCHEMAS = "schemas"
VSCODE_SETTINGS = ".vscode/settings.json"
VSCODE_EXTENSIONS = ".vscode/extensions.json"
_GLOBS: Mapping[str, str] = MappingProxyType(
    {
        **{kind: f"content/{folder}/**/*.yml" for kind, folder in FOLDERS.items()},
        "newsletter": SETTINGS_FILE,
        "calendar": CALENDAR_FILE,
        "record": "content/record/*.yml",
        "withdrawn": WITHDRAWN_FILE,
    }
)


class Outcome(NamedTuple):
    """The files that were written, and what is to be added by hand, by file."""

    written: tuple[str, ...]
    by_hand: Mapping[str, str]


def schema_file(kind: str) -> str:
    """Name the file of a kind's schema."""
    return f"{SCHEMAS}/{kind}.schema.json"


def write_editor_files(project: Path, library: Library | None) -> Outcome:
    """Write what is not there or has changed; settings of the user's own are added to, or left alone."""
    texts = dict(_schema_texts(library))
    by_hand: dict[str, str] = {}
    for name, wanted in (VSCODE_SETTINGS, _vscode_settings()), (VSCODE_EXTENSIONS, _VSCODE_EXTENSIONS):
        merged = merge_json(_read(project / name) or "{}", wanted)
        if merged is None:
            by_hand[name] = _as_json({**wanted})
        else:
            texts[name] = merged
    return Outcome(_write_changed(project, texts), by_hand)


def refresh_ids(project: Path, library: Library | None) -> None:
    """Bring the suggested ids up to date, where schemas were written before."""
    name = f"{SCHEMAS}/{IDS_FILE}"
    if (project / name).is_file():
        _write_changed(project, {name: _as_json(ids_schema(library))})


def merge_json(text: str, wanted: Mapping[str, Any]) -> str | None:
    """Add what is missing to a JSON object, and return it as it was where nothing is.

    None where it has comments, which would be lost, or says something else for a key; unless all keys stand there.
    """
    try:
        present = json.loads(text)
    except ValueError:
        return text if all(json.dumps(one) in text for value in wanted.values() for one in value) else None
    merged = _merge(present, wanted)
    if merged == present:
        return text
    found = re.search(r"\n([ \t]+)", text)
    return _as_json(merged, indent=found[1] if found else "  ") if merged is not None else None


def _merge(present: Any, wanted: Any) -> Any:
    """Add what is wanted to what is present; what is present stays, and None tells that it is something else."""
    if isinstance(present, dict) and isinstance(wanted, Mapping):
        merged = {key: _merge(present[key], value) if key in present else value for key, value in wanted.items()}
        return None if None in merged.values() else {**present, **merged}
    if isinstance(present, list) and isinstance(wanted, list):
        return [*present, *(one for one in wanted if one not in present)]
    return present if present == wanted else None


def _schema_texts(library: Library | None) -> Iterator[tuple[str, str]]:
    for kind in MODELS:
        yield schema_file(kind), _as_json(yaml_schema(kind))
    yield f"{SCHEMAS}/{IDS_FILE}", _as_json(ids_schema(library))


def _vscode_settings() -> dict[str, Any]:
    return {"yaml.schemas": {f"./{schema_file(kind)}": glob for kind, glob in _GLOBS.items()}}


_VSCODE_EXTENSIONS: Mapping[str, Any] = MappingProxyType({"recommendations": ["redhat.vscode-yaml"]})


def _as_json(value: Any, indent: str = "  ") -> str:
    """Write JSON; suggestions stand on a line each, so that a new id is a line of a diff."""
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    return re.sub(r'\{\s+("bodyText": "[^"\n]*")\s+\}', r"{\1}", text) + "\n"


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError as error:
        raise UserError(
            f"{path} cannot be read: {(error.strerror or str(error)).lower()}; mend or delete it"
        ) from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path} cannot be read: it is not UTF-8; mend or delete it") from error


def _write_changed(project: Path, texts: Mapping[str, str]) -> tuple[str, ...]:
    changed = {project / name: text for name, text in texts.items() if _read(project / name) != text}
    for path, text in changed.items():
        try:
            path.parent.mkdir(exist_ok=True)
            write_whole(str(path), text.encode(), staging=str(project / PROJECT_STAGING))
        except OSError as error:
            raise cannot_write(path, error) from error
    return tuple(str(path.relative_to(project)) for path in changed)
