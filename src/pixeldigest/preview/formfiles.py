"""The files behind forms: opened, judged with values that are nowhere written yet, and saved."""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType
from typing import Any, NamedTuple

from pixeldigest.cache import NO_CACHE
from pixeldigest.check.notes import check_texts
from pixeldigest.content import ENTRY_KINDS, Entry, Page, Ref
from pixeldigest.diagnostics import Diagnostic, Severity, UserError
from pixeldigest.fields import ID_PATTERN
from pixeldigest.heads import head_of
from pixeldigest.library import Library
from pixeldigest.listing import FOLDERS, leads_out
from pixeldigest.output import cannot_write
from pixeldigest.preview.desk import Desk
from pixeldigest.preview.formvalues import Merged, Shown, fits_form, merge, show
from pixeldigest.schemas import MODELS, entry_schema
from pixeldigest.stamps import digest_of
from pixeldigest.wholefile import PROJECT_STAGING, write_whole
from pixeldigest.yamledit import rewrite_file
from pixeldigest.yamlfile import Keys, RawFile, load_model, parse_source, read_raw
from pixeldigest.yamltree import Mapping as MappingNode
from pixeldigest.yamltree import Node, Scalar, to_plain
from pixeldigest.yamltree import Sequence as SequenceNode

# The kinds of file that have forms.
FORM_KINDS = tuple(FOLDERS)


class FormFile(NamedTuple):
    """A file as it is on the disk, and what its form shows of it."""

    ref: Ref
    name: str
    content: bytes
    plain: dict[str, Any]
    shown: Shown


class Fault(NamedTuple):
    """Something wrong at a field of a form."""

    keys: Keys
    rule: str
    message: str
    severity: Severity


class UnreadableError(UserError):
    """A file that no form can show: it has to be mended by hand first."""


def open_file(desk: Desk, ref: Ref) -> FormFile | None:
    """Open a file for its form; None where there is none. Raises UnreadableError where no form can show it."""
    name = _name_file(desk, ref)
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


def _name_file(desk: Desk, ref: Ref) -> str | None:
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


def judge(library: Library, ref: Ref, name: str, content: bytes) -> tuple[Fault, ...]:
    """Find what `check` would find in a file with such content."""
    raw = RawFile(content)
    source, _ = parse_source(raw, name=name)
    loaded = load_model(raw, MODELS[ref.kind], name=name, given={"id": ref.id})
    faults = [_fault_of(one, source.tree if source else None) for one in loaded.diagnostics]
    held = loaded.salvaged if loaded.model is None else loaded.model
    if isinstance(held, Entry | Page):
        found = check_texts(_alone(library, held, name, content), NO_CACHE, advice=True)
        faults += (Fault(one.keys, one.rule, _sentence(one.message, one.hint), one.severity) for one in found)
    return tuple(dict.fromkeys(faults))


def _alone(library: Library, held: Entry | Page, name: str, content: bytes) -> Library:
    """Make a library of which the rules see one file only; others are known by their names."""
    bare = library._replace(
        by_kind=MappingProxyType(dict.fromkeys(library.by_kind, MappingProxyType({}))),
        pages=MappingProxyType({}),
        pins=MappingProxyType({}),
    )
    if isinstance(held, Page):
        return bare._replace(
            pages=MappingProxyType({held.id: held}),
            files=MappingProxyType({**library.files, Ref("page", held.id): name}),
        )
    return bare.with_entry(head_of(held, digest_of(content)), held, name)


def _judge_model(raw: RawFile, ref: Ref, name: str) -> tuple[Diagnostic, ...]:
    return load_model(raw, MODELS[ref.kind], name=name, given={"id": ref.id}).diagnostics


def _fault_of(diagnostic: Diagnostic, tree: Node | None) -> Fault:
    keys = tuple(_keys_at(tree, diagnostic.place.line - 1, diagnostic.place.column - 1))
    return Fault(keys, diagnostic.rule, _sentence(diagnostic.message, diagnostic.hint), diagnostic.severity)


def _sentence(message: str, hint: str) -> str:
    return f"{message}; {hint}" if hint else message


def _keys_at(node: Node | None, line: int, column: int) -> Iterator[str | int]:
    """Find the keys that lead to the value, or the key, at a position."""
    if isinstance(node, MappingNode):
        before = [pair for pair in node.pairs if (pair[0].line, pair[0].column) <= (line, column)]
        if before:
            yield before[-1][0].text
            yield from _keys_at(before[-1][1], line, column)
    elif isinstance(node, SequenceNode):
        indices = [index for index, item in enumerate(node.items) if _start_of(item) <= (line, column)]
        if indices:
            yield indices[-1]
            yield from _keys_at(node.items[indices[-1]], line, column)


def _start_of(node: Node) -> tuple[int, int]:
    return node.line, node.column if isinstance(node, Scalar) else 0


def address_of(desk: Desk, ref: Ref) -> str:
    """Name where a file is shown."""
    if ref.kind in ENTRY_KINDS:
        return desk.address_of(ref)
    if ref.kind != "page":
        return f"/site/{FOLDERS[ref.kind]}/{ref.id}/index.html"
    page = desk.library.pages.get(ref.id) if desk.library else None
    return f"/{'preview/' if page and page.draft else ''}site/{ref.id}/index.html"
