"""Start a newsletter."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

from pixeldigest.diagnostics import UserError
from pixeldigest.output import cannot_write
from pixeldigest.wholefile import write_whole

_SAMPLE = Path(__file__).parent / "sample"
_START = "start: 2026-01-01"


def init_project(folder: Path, *, start: date) -> tuple[Path, ...]:
    """Copy the sample newsletter into a folder, starting on a date; raises UserError rather than overwrite a file."""
    sources = sorted(path for path in _SAMPLE.rglob("*") if path.is_file())
    targets = {source: folder / _real_name(source.relative_to(_SAMPLE)) for source in sources}
    if clash := [target for target in targets.values() if os.path.lexists(target)]:
        more = f" (and {len(clash) - 1} more)" if len(clash) > 1 else ""
        raise UserError(
            f"{clash[0]} exists already{more}; 'init' overwrites nothing: move it away, or name another folder"
        )
    written: list[Path] = []
    for source, target in targets.items():
        text = source.read_text(encoding="utf-8").replace(_START, f"start: {start.isoformat()}")
        try:
            write_whole(str(target), text.encode())
        except OSError as error:
            for one in written:
                one.unlink(missing_ok=True)
            raise cannot_write(target, error) from error
        written.append(target)
    return tuple(written)


def _real_name(name: Path) -> Path:
    # A '.gitignore' among the sample would act on this repository and be left out of the wheel.
    return name.with_name(f".{name.name.removeprefix('dot-')}") if name.name.startswith("dot-") else name
