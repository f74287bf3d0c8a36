"""The files behind forms: opened, merged with what a form says, and saved."""

from __future__ import annotations

from typing import Any, NamedTuple

from pixeldigest.content import ENTRY_KINDS, Ref
from pixeldigest.diagnostics import Diagnostic, UserError
from pixeldigest.fields import ID_PATTERN
from pixeldigest.listing import FOLDERS, leads_out
from pixeldigest.output import cannot_write
from pixeldigest.preview.desk import Desk
from pixeldigest.preview.formvalues import Merged, Shown, fits_form, merge, show
from pixeldigest.schemas import MODELS, entry_schema
from pixeldigest.wholefile import PROJECT_STAGING, write_whole
from pixeldigest.yamledit import rewrite_file
from pixeldigest.yamlfile import RawFile, load_model, parse_source, read_raw
from pixeldigest.yamltree import to_plain

# The kinds of file that have forms.
FORM_KINDS = tuple(FOLDERS)


class FormFile(NamedTuple):
    """A file as it is on the disk, and what its form shows of it."""

    ref: Ref
    name: str
    content: bytes
    plain: dict[str, Any]
    shown: Shown


class UnreadableError(UserError):
    """A file that no form can show: it has to be mended by hand first."""


def open_file(desk: Desk, ref: Ref) -> FormFile | None:
    """Open a file for its form; None where there is none. Raises UnreadableError where no form can show it."""
    name = name_form_file(desk, ref)
    if name is None or not (desk.project / name).exists():
        return None
    if fault := leads_out(desk.project, name):
        raise UnreadableError(f"{name} cannot be edited here", diagnostics=(fault,))
    raw = read_raw(desk.project / name)
    source, diagnostics = parse_source(raw, name=name)
    if source is None:
        raise UnreadableError(f"{name} cannot be read", diagnostics=diagnostics)
    plain = to_plain(source.tree)
    schema = entry_schema(ref.kind)
    if not isinstance(plain, dict) or not fits_form(schema, plain):
        raise UnreadableError(
            f"{name} has lists or keys where a form has none", diagnostics=_judge_model(raw, ref, name)
        )
    return FormFile(ref, name, raw.content, plain, show(schema, plain))


def name_form_file(desk: Desk, ref: Ref) -> str | None:
    """Name a file by what it is, also one that is too new for the library to know."""
    if ref.kind not in FORM_KINDS or not ID_PATTERN.fullmatch(ref.id):
        return None
    known = desk.library.files.get(ref) if desk.library else None
    return known or f"content/{FOLDERS[ref.kind]}/{ref.id}.yml"


def merge_into(file: FormFile, was: Shown, shown: Shown, *, complete: bool = False) -> Merged:
    """Put what a form changed into a file's values."""
    return merge(entry_schema(file.ref.kind), was, shown, file.plain, complete=complete)


def write_file(desk: Desk, file: FormFile, merged: Merged) -> None:
    """Save a file, if its values differ; raises UserError where that cannot be."""
    content = rewrite_file(file.content, merged.values)
    if content == file.content:
        return
    path = desk.project / file.name
    try:
        write_whole(str(path), content, staging=str(desk.project / PROJECT_STAGING))
    except OSError as error:
        raise cannot_write(path, error) from error
    desk.refresh([file.name])


def _judge_model(raw: RawFile, ref: Ref, name: str) -> tuple[Diagnostic, ...]:
    return load_model(raw, MODELS[ref.kind], name=name, given={"id": ref.id}).diagnostics


def address_of(desk: Desk, ref: Ref) -> str:
    """Name where a file is shown."""
    if ref.kind in ENTRY_KINDS:
        return desk.address_of(ref)
    if ref.kind != "page":
        return f"/site/{FOLDERS[ref.kind]}/{ref.id}/index.html"
    page = desk.library.pages.get(ref.id) if desk.library else None
    return f"/{'preview/' if page and page.draft else ''}site/{ref.id}/index.html"
