"""Forms for what editors write: a page with a form beside the preview, and what it sends."""

from __future__ import annotations

import difflib
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from pathlib import PurePosixPath
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from pixeldigest.content import ENTRY_KINDS, Ref
from pixeldigest.diagnostics import UserError, format_diagnostic
from pixeldigest.drafts import Choices, Spot, begin_draft, list_spots, write_draft
from pixeldigest.fields import DIFFICULTIES
from pixeldigest.library import Library
from pixeldigest.preview.desk import Desk
from pixeldigest.preview.formfiles import (
    FORM_KINDS,
    FormFile,
    UnreadableError,
    address_of,
    merge_into,
    open_file,
    write_file,
)
from pixeldigest.preview.formvalues import Merged, form_schema, texts_in
from pixeldigest.preview.judging import Fault, judge
from pixeldigest.preview.paper import render
from pixeldigest.schemas import entry_schema
from pixeldigest.schemas.forms import Schema
from pixeldigest.yamledit import rewrite_file
from pixeldigest.yamlfile import MAX_BYTES

_FRESH = {"Cache-Control": "no-store"}
# A form sends a file twice, in JSON.
_MAX_SENT = 8 * MAX_BYTES
# So often a new file is looked for, which its form shows at once.
_TRIES = 3

Answer = Callable[[Desk, Ref, dict[str, Any]], Response]


def form_routes(desk: Desk) -> list[Route]:
    """List the addresses of forms."""

    def through(answer: Answer, **expected: type) -> Callable[[Request], Awaitable[Response]]:
        return _read_sent(partial(answer, desk), expected)

    return [
        Route("/_preview/edit/{kind}/{id}", partial(_show_form, desk), methods=["GET"]),
        Route("/_preview/edit/{kind}/{id}", through(_save, was=dict, shown=dict), methods=["POST"]),
        Route("/_preview/draft/{kind}/{id}", through(_try_out, was=dict, shown=dict), methods=["POST"]),
        Route("/_preview/new/{kind}", partial(_ask_for_new, desk), methods=["GET"]),
        Route("/_preview/new/{kind}", through(_create, title=str), methods=["POST"]),
    ]


def _show_form(desk: Desk, request: Request) -> Response:
    ref = _ref_of(request)
    try:
        file = open_file(desk, ref)
    except UnreadableError as error:
        said = [format_diagnostic(one) for one in error.diagnostics]
        return _html(desk, "form_unreadable.html", 200, ref=ref, said=said)
    if file is None or desk.library is None:
        return _html(desk, "form_missing.html", 404, ref=ref)
    about = {
        "schema": form_schema(entry_schema(ref.kind), file.shown),
        "shown": file.shown,
        "address": address_of(desk, ref),
        "hasPage": ref.kind in ENTRY_KINDS,
    }
    return _html(desk, "form.html", 200, ref=ref, file=file, about=about, known=_known_ids(desk.library))


def _try_out(desk: Desk, ref: Ref, sent: dict[str, Any]) -> Response:
    """Judge and show what a form holds, without saving it."""
    file = open_file(desk, ref)
    if file is None or desk.library is None:
        return _gone(ref)
    faults = _judge_merged(desk.library, file, merge_into(file, sent["was"], sent["shown"], complete=True))
    page = _page_with(desk, file, merge_into(file, sent["was"], sent["shown"]))
    return JSONResponse({"faults": _faults_as_data(ref, faults), "page": page, "now": file.shown})


def _ask_for_new(desk: Desk, request: Request) -> Response:
    kind = request.path_params["kind"]
    if kind not in FORM_KINDS:
        return _html(desk, "form_missing.html", 404, ref=Ref(kind, ""))
    spots = {_name_spot(one): one for one in list_spots(desk.library)}
    collections = desk.library.collections.values() if desk.library else ()
    asked = {"spots": spots, "collections": collections, "levels": DIFFICULTIES}
    return _html(desk, "form_new.html", 200, kind=kind, **asked)


def _create(desk: Desk, ref: Ref, sent: dict[str, Any]) -> Response:
    if ref.kind not in FORM_KINDS:
        return _gone(ref)
    try:
        with desk.turn:
            draft = begin_draft(desk.project, desk.library, ref.kind, sent["title"], _choices(desk.library, sent))
            name, *_ = write_draft(desk.project, draft)
    except UserError as error:
        return JSONResponse({"message": error.message}, 422)
    # The watcher may hear of the new file meanwhile, and then all is read again.
    any(desk.reload() for _ in range(_TRIES))
    return JSONResponse({"address": f"/_preview/edit/{ref.kind}/{PurePosixPath(name).stem}"}, 201)


def _save(desk: Desk, ref: Ref, sent: dict[str, Any]) -> Response:
    with desk.turn:
        return _save_in_turn(desk, ref, sent)


def _read_sent(
    answer: Callable[[Ref, dict[str, Any]], Response], expected: Mapping[str, type]
) -> Callable[[Request], Awaitable[Response]]:
    """Read what a form sends, and let a thread answer it."""

    async def read(request: Request) -> Response:
        if int(request.headers.get("content-length") or _MAX_SENT + 1) > _MAX_SENT:
            return JSONResponse({"message": "this is more than a file may hold"}, 413)
        try:
            sent = await request.json()
        except (ValueError, RecursionError):
            sent = None
        if not isinstance(sent, dict) or not all(isinstance(sent.get(key), form) for key, form in expected.items()):
            return JSONResponse({"message": "this is not what a form sends; load the page again"}, 400)
        try:
            return await run_in_threadpool(answer, _ref_of(request), sent)
        except UserError as error:
            said = "\n".join(format_diagnostic(one) for one in error.diagnostics)
            return JSONResponse({"message": f"{error.message}\n{said}".strip()}, 409)

    return read


def _choices(library: Library | None, sent: dict[str, Any]) -> Choices:
    """Read what was chosen; what there is not is not chosen."""
    known = library.collections if library else {}
    return Choices(
        spot=next((one for one in list_spots(library) if _name_spot(one) == sent.get("chapter")), None),
        collections=tuple(one for one in known if one == sent.get("collection")),
        difficulty=next((one for one in DIFFICULTIES if one == sent.get("difficulty")), DIFFICULTIES[0]),
    )


def _name_spot(spot: Spot) -> str:
    return f"{spot.course}/{spot.chapter.id}"


def _save_in_turn(desk: Desk, ref: Ref, sent: dict[str, Any]) -> Response:
    """Save what a form changed, unless it has errors or somebody else changed the same; `anyway` keeps the errors."""
    file = open_file(desk, ref)
    if file is None or desk.library is None:
        return _gone(ref)
    merged = merge_into(file, sent["was"], sent["shown"])
    if merged.conflicts:
        return JSONResponse(_conflicts_as_data(file, sent, merged), 409)
    faults = _judge_merged(desk.library, file, merge_into(file, sent["was"], sent["shown"], complete=True))
    data = {"faults": _faults_as_data(ref, faults)}
    if any(one.severity == "error" for one in faults) and not sent.get("anyway"):
        return JSONResponse(data, 422)
    write_file(desk, file, merged)
    titles = entry_schema(ref.kind)["properties"]
    saved = open_file(desk, ref)
    return JSONResponse(
        {
            **data,
            "shown": saved.shown if saved else sent["shown"],
            "taken": [titles[key]["title"] for key in merged.taken],
            "address": address_of(desk, ref),
        }
    )


def _judge_merged(library: Library, file: FormFile, merged: Merged) -> tuple[Fault, ...]:
    return judge(library, file.ref, file.name, rewrite_file(file.content, merged.values))


def _page_with(desk: Desk, file: FormFile, merged: Merged) -> str | None:
    """Show what is not saved yet, as far as it can be shown."""
    if file.ref.kind not in ENTRY_KINDS:
        return None
    try:
        return desk.page_with(file.ref, rewrite_file(file.content, merged.values)).decode()
    except UserError:
        return None


def _conflicts_as_data(file: FormFile, sent: dict[str, Any], merged: Merged) -> dict[str, object]:
    """Show both sides of each field that two people changed."""
    schema = entry_schema(file.ref.kind)
    mine, theirs = sent["shown"], file.shown
    return {
        "theirs": theirs,
        "taken": merged.taken,
        "conflicts": [
            {
                "key": key,
                "title": schema["properties"][key]["title"],
                "lines": _compare(theirs.get(key), mine.get(key)),
            }
            for key in merged.conflicts
        ],
    }


def _compare(theirs: object, mine: object) -> list[str]:
    """Compare two values line by line: '-' is theirs, '+' is mine."""
    lines = difflib.unified_diff([*texts_in(theirs)], [*texts_in(mine)], n=2, lineterm="")
    return [line for line in [*lines][2:] if not line.startswith("@@")]


def _faults_as_data(ref: Ref, faults: Iterable[Fault]) -> list[dict[str, object]]:
    schema = entry_schema(ref.kind)
    return [
        {
            "path": ".".join(("root", *map(str, one.keys))),
            "label": _label(schema, one.keys),
            "message": one.message,
            "rule": one.rule,
            "severity": one.severity,
            "stretch": one.stretch._asdict() if one.stretch else None,
        }
        for one in faults
    ]


def _label(schema: Schema, keys: Iterable[str | int]) -> str:
    """Name a field as its form does."""
    words: list[str] = []
    for key in keys:
        if isinstance(key, int):
            schema = schema.get("items", {})
            words.append(str(key + 1))
        else:
            schema = schema.get("properties", {}).get(key, {})
            words.append(schema.get("title", key))
    return " › ".join(words)


def _known_ids(library: Library) -> dict[str, dict[str, str]]:
    """List what fields may name, by what it is, each with its title."""
    tags = {tag: "" for head in library.all_entries() for tag in head.tags}
    return {
        "topic": {head.id: head.title for head in library.topics.values()},
        "collection": {one.id: one.title for one in library.collections.values()},
        "tag": dict(sorted(tags.items())),
    }


def _gone(ref: Ref) -> Response:
    message = f"there is no {ref.kind} '{ref.id}' any more: its file was deleted or renamed; copy what you wrote"
    return JSONResponse({"message": message}, 410)


def _ref_of(request: Request) -> Ref:
    return Ref(request.path_params["kind"], request.path_params.get("id", ""))


def _html(desk: Desk, template: str, status: int, **values: object) -> Response:
    title = desk.library.newsletter.title if desk.library else ""
    return HTMLResponse(render(template, title=title, kinds=FORM_KINDS, **values), status, headers=_FRESH)
