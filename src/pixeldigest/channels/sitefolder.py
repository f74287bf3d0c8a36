"""The built site, as channels take it that carry it whole."""

from __future__ import annotations

from pathlib import Path

from pixeldigest.channels.base import SITE
from pixeldigest.channels.failures import RefusedError
from pixeldigest.channels.posting import Outside


def built_site(outside: Outside) -> Path:
    """Find the folder of the site; raises RefusedError where none is built, since an empty one would replace it all."""
    folder = outside.output.absolute() / SITE
    if not (folder / "index.html").is_file():
        raise RefusedError(f"there is no site in '{folder}'; run 'pixeldigest build'")
    return folder
