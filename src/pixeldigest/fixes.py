"""Mend in the files what can be mended beyond doubt: the smallest stretch, nothing around it, and no file half."""

from __future__ import annotations

import contextlib
import difflib
import re
import shutil
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

from pixeldigest.diagnostics import Diagnostic, Fix, Replacement, UserError
from pixeldigest.listing import leads_out
from pixeldigest.wholefile import PROJECT_STAGING, write_whole

# Finds all that is wrong in a project's folder.
Find = Callable[[Path], tuple[Diagnostic, ...]]
Wanted = Callable[[Diagnostic], bool]

# What is mended can show what lay beneath it.
MAX_ROUNDS = 100
_LINE_END = re.compile(r"\r\n|\r|\n")


def mend_all(project: Path, find: Find, wanted: Wanted) -> tuple[Diagnostic, ...]:
    """Find what is wrong and mend what can be mended of what is wanted, until nothing can; return what was mended."""
    fixed: list[Diagnostic] = []
    for _ in range(MAX_ROUNDS):
        mended = [*_mend_files(project, filter(wanted, find(project)))]
        if not mended:
            break
        fixed += mended
    return tuple(fixed)


def show_fixes(project: Path, find: Find, wanted: Wanted) -> str:
    """Write what mending would change as a unified diff, and change nothing."""
    with TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in ("content", "templates"):
            with contextlib.suppress(shutil.Error, FileNotFoundError):  # what cannot be read is not mended either
                shutil.copytree(project / name, copy / name, symlinks=True)
        fixed = mend_all(copy, find, wanted)
        names = {one.place.path: one.fix.name for one in fixed if one.fix and one.fix.name}
        renamed = {str(Path(file).with_name(name)): file for file, name in names.items()}
        files = {renamed.get(one.place.path, one.place.path) for one in fixed}
        return "".join(_show_file(project / file, copy / file, file, names.get(file)) for file in sorted(files))


def format_fixed(one: Diagnostic) -> str:
    """Say in a line what was mended."""
    fix = one.fix or Fix()
    changes = dict.fromkeys(map(_format_change, fix.replacements))
    change = f"it is '{fix.name}' now" if fix.name else ", ".join(changes)
    return f"fixed[{one.rule}] {one.place.path}:{one.place.line}: {change}"


def mend_text(text: str, fixes: Sequence[Fix]) -> tuple[str, tuple[Fix, ...]]:
    """Make the replacements of fixes whose stretches are as they were; where two would meet, the second has to wait."""
    starts = _line_starts(text)
    taken: list[tuple[int, int, str]] = []
    done: list[Fix] = []
    for fix in fixes:
        found = [_find_stretch(text, starts, one) for one in fix.replacements]
        stretches = [one for one in found if one]
        if len(stretches) == len(found) and not _meet([*taken, *stretches]):
            taken += stretches
            done.append(fix)
    for start, stop, new in sorted(taken, reverse=True):
        text = text[:start] + new + text[stop:]
    return text, tuple(done)


def _mend_files(project: Path, found: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    fixable = sorted((one for one in found if one.fix), key=lambda one: one.place.path)
    for file, of_file in groupby(fixable, lambda one: one.place.path):
        if leads_out(project, file) is None:
            yield from _mend_file(project, file, [*of_file])


def _mend_file(project: Path, file: str, found: Sequence[Diagnostic]) -> Iterator[Diagnostic]:
    """Mend a file, and yield what was mended; a fix that does not fit any more is left."""
    fixes = [one.fix for one in found if one.fix]
    try:
        done = _rename(project / file, fixes) or _rewrite((project / file).resolve(), fixes, project / PROJECT_STAGING)
    except OSError as error:
        message = f"{file} cannot be mended: {(error.strerror or str(error)).lower()}"
        raise UserError(message) from error
    yield from (one for one in found if one.fix in done)


def _rename(path: Path, fixes: Iterable[Fix]) -> tuple[Fix, ...]:
    """Give a file the name that a fix has for it, unless there is a file of that name."""
    for fix in fixes:
        if fix.name:
            try:
                path.with_name(fix.name).hardlink_to(path)
            except FileExistsError:
                return ()
            path.unlink()
            return (fix,)
    return ()


def _rewrite(path: Path, fixes: Sequence[Fix], staging: Path) -> tuple[Fix, ...]:
    """Replace a file by one with the replacements, unless somebody else writes it meanwhile."""
    content = path.read_bytes()
    text, done = mend_text(content.decode(errors="surrogateescape"), [one for one in fixes if one.replacements])
    if not done or path.read_bytes() != content:
        return ()
    mode = path.stat().st_mode
    write_whole(str(path), text.encode(errors="surrogateescape"), staging=str(staging), durable=True)
    path.chmod(mode)
    return done


def _line_starts(text: str) -> list[int]:
    """List where lines begin, as they are counted in diagnostics: a byte order mark is no part of the first."""
    return [int(text.startswith("\ufeff")), *(found.end() for found in _LINE_END.finditer(text))]


def _find_stretch(text: str, starts: Sequence[int], one: Replacement) -> tuple[int, int, str] | None:
    """Find where a replacement begins and ends, and what to put there; line ends are as in the rest of the file."""
    if not 0 < one.line <= len(starts):
        return None
    start = starts[one.line - 1] + one.column - 1
    old = "(?:\r\n|\r|\n)".join(map(re.escape, one.old.split("\n")))
    found = re.compile(old).match(text, start)
    if not found or bisect_right(starts, start) != one.line:
        return None
    line_end = _LINE_END.search(text)
    return start, found.end(), one.new.replace("\n", line_end[0] if line_end else "\n")


def _meet(stretches: Iterable[tuple[int, int, str]]) -> bool:
    """Tell whether two stretches have something in common, or begin at the same place."""
    stop = start = -1
    for one in sorted(stretches):
        if one[0] < stop or one[0] == start:
            return True
        start, stop = one[0], one[1]
    return False


def _format_change(one: Replacement) -> str:
    old, new = (_show(re.sub(r"[ \n]+", " ", text)) for text in (one.old, one.new))
    return f"{old} is {new} now" if one.new else f"{old} is taken out"


def _show(text: str) -> str:
    """Quote a text, its invisible characters by their names."""
    if len(text) == 1 and not text.isprintable():
        return f"U+{ord(text):04X}"
    return f"'{text}'"


def _show_file(before: Path, after: Path, file: str, name: str | None) -> str:
    """Write how a file changes, as git does."""
    new_file = str(Path(file).with_name(name)) if name else file
    old, new = (_lines(path) for path in (before, after.with_name(name) if name else after))
    head = f"diff --git a/{file} b/{new_file}\n" + (f"rename from {file}\nrename to {new_file}\n" if name else "")
    lines = difflib.unified_diff(old, new, f"a/{file}", f"b/{new_file}")
    return head + "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _lines(path: Path) -> list[str]:
    return re.findall(r"[^\n]*\n|[^\n]+", path.read_bytes().decode(errors="surrogateescape"))
