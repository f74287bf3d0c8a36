"""Where links lead in a rendition: internal ones to pages that are published by then."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from pixeldigest.content import INTERNAL_SCHEMES
from pixeldigest.markup.html import Resolve
from pixeldigest.targets import Target

_INTERNAL = tuple(f"{scheme}:" for scheme in INTERNAL_SCHEMES)
_EXTERNAL = ("https://", "http://", "mailto:")


def link_resolver(
    targets: Mapping[str, Target], *, root: str, as_of: date, assets: str | None = None, index: str = ""
) -> Resolve:
    """Make the function that turns a link as written into an address below `root`.

    A page that is not published on the day `as_of` has no address yet. An unsafe scheme never has one.
    `index` is the file to name within a page's folder, where no server is there to find it.
    """
    images = f"{root}assets/" if assets is None else assets

    def resolve(url: str) -> str | None:
        if url.startswith(_INTERNAL):
            return _target_address(targets.get(url), root, as_of, index)
        if url.startswith("images/"):
            return f"{images}{url}"
        return url if url.lower().startswith(_EXTERNAL) else None

    return resolve


def _target_address(target: Target | None, root: str, as_of: date, index: str) -> str | None:
    if target is None:
        return None
    if target.url:
        return target.url
    published = target.since is not None and target.since <= as_of
    return f"{root}{target.page}{index}" if published and target.page else None
