"""The preview as a web application: what a build would write, at the same paths, and the editors' own pages."""

from __future__ import annotations

import mimetypes
from collections.abc import AsyncIterator
from datetime import date
from functools import partial

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from pixeldigest.content import ENTRY_KINDS
from pixeldigest.preview.desk import Desk, Shown
from pixeldigest.preview.forms import form_routes
from pixeldigest.preview.guard import Guard
from pixeldigest.preview.notes import put_note, say_why_missing
from pixeldigest.preview.overview import default_day, look_at_day
from pixeldigest.preview.paper import read_asset, render
from pixeldigest.stamps import digest_of

_FRESH = {"Cache-Control": "no-store"}
# What channels take may hold anything that editors wrote: it may be looked at, and nothing in it runs.
_NOTHING_RUNS = (
    "sandbox allow-same-origin; default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:;"
    " frame-ancestors 'self'"
)
_TYPES = {".md": "text/plain", ".txt": "text/plain", ".eml": "text/plain", ".html": "text/html"}


def make_app(desk: Desk, *, shared: bool = False) -> Starlette:
    """Put the application together; `shared` lets other machines look, and none but this one write."""
    return Starlette(routes=[*page_routes(desk), *form_routes(desk)], middleware=[Middleware(Guard, shared=shared)])


def page_routes(desk: Desk) -> list[Route]:
    """List all addresses but those of forms."""

    async def follow(_: Request) -> Response:
        return StreamingResponse(_events(desk), media_type="text/event-stream", headers=_FRESH)

    show_page, show_format = partial(_show_page, desk), partial(_show_format, desk)
    return [
        Route("/", lambda _: RedirectResponse("/site/")),
        Route("/site/{path:path}", show_page),
        Route("/preview/site/{path:path}", show_page),
        Route("/issues/{path:path}", show_format),
        Route("/preview/issues/{path:path}", show_format),
        Route("/_preview/", partial(_show_desk, desk)),
        Route("/_preview/mail/{path:path}", partial(_show_mail, desk)),
        Route("/_preview/events", follow),
        Route("/_preview/assets/{name}", _show_asset),
    ]


def _show_page(desk: Desk, request: Request) -> Response:
    path = _path_of(request)
    shown = desk.show(path)
    if shown.content is None or path.endswith(".html"):
        return _page(desk, path, shown)
    return _file(request, path, shown.content)


def _show_format(desk: Desk, request: Request) -> Response:
    path = _path_of(request)
    shown = desk.show(path)
    if shown.content is None:
        return _page(desk, path, shown)
    return _file(request, path, shown.content, **{"Content-Security-Policy": _NOTHING_RUNS})


def _show_mail(desk: Desk, request: Request) -> Response:
    """Show a mail with pictures that are not on the site yet."""
    path = request.path_params["path"]
    shown = desk.show(path)
    if shown.content is None or desk.library is None:
        return _page(desk, path, shown)
    site = desk.library.newsletter.site_url.encode()
    content = shown.content.replace(b'src="' + site, b'src="/site/')
    return _file(request, path, content, **{"Content-Security-Policy": _NOTHING_RUNS})


def _show_desk(desk: Desk, request: Request) -> Response:
    version = desk.events.version
    if desk.edition is None:
        return _page(desk, "", Shown(None, None, error=desk.error, version=version))
    day = _day(request.query_params.get("date", "")) or default_day(desk.edition)
    desk.reach(day)
    seen = look_at_day(desk, desk.edition, day)
    page = render("desk.html", seen=seen, title=desk.edition.sheet.frame.title, kinds=tuple(ENTRY_KINDS))
    return _page(desk, "", Shown(None, page.encode(), version=version))


def _show_asset(request: Request) -> Response:
    name = request.path_params["name"]
    content = read_asset(name)
    return Response(status_code=404) if content is None else _file(request, name, content)


async def _events(desk: Desk) -> AsyncIterator[str]:
    yield "retry: 500\n\n"
    async for version in desk.events.follow():
        yield f"data: {version}\n\n" if version else ": still here\n\n"


def _path_of(request: Request) -> str:
    """Name the file that an address means."""
    path = request.url.path[1:]
    return f"{path}index.html" if path.endswith("/") else path


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _page(desk: Desk, path: str, shown: Shown) -> Response:
    """Show a page with what there is to say of it; in place of one that cannot be made, say that."""
    if shown.content is not None:
        return HTMLResponse(put_note(shown.content, desk, path, shown), headers=_FRESH)
    page = say_why_missing(desk, path, shown).encode()
    broken = shown.error is not None or desk.edition is None
    return HTMLResponse(put_note(page, desk, path, shown), 500 if broken else 404, headers=_FRESH)


def _file(request: Request, path: str, content: bytes, **headers: str) -> Response:
    """Send a file, unless the browser has it."""
    tag = f'"{digest_of(content).hex()}"'
    headers |= {"ETag": tag, "Cache-Control": "no-cache"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    suffix = path[path.rfind(".") :]
    return Response(content, media_type=_TYPES.get(suffix) or mimetypes.guess_type(path)[0], headers=headers)
