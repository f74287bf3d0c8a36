"""The optional extras of the package, and what is missing of them."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from pixeldigest.diagnostics import EXIT_USAGE, UserError

Extra = Literal["mail", "covers", "search", "serve", "links", "publish", "import"]

# What each brings, by the names under which it is imported.
LIBRARIES: Mapping[Extra, tuple[str, ...]] = MappingProxyType(
    {
        "mail": ("css_inline", "PIL", "resvg_py", "ziamath"),
        "covers": ("PIL", "resvg_py"),
        "search": ("pagefind_bin",),
        "serve": ("starlette", "uvicorn", "watchfiles"),
        "links": ("httpx",),
        "publish": ("httpx", "jwt"),
        "import": ("feedparser", "httpx", "nh3"),
    }
)


def missing_libraries(extra: Extra) -> tuple[str, ...]:
    """Name the libraries of an extra that are not installed."""
    return tuple(name for name in LIBRARIES[extra] if importlib.util.find_spec(name) is None)


def need_extra(extra: Extra, purpose: str) -> None:
    """Raise UserError where libraries that a purpose needs are not installed."""
    if missing := missing_libraries(extra):
        verb = "is" if len(missing) == 1 else "are"
        absent = f"{', '.join(missing)}, which {verb} not installed"
        raise UserError(f"{purpose} needs {absent}: pip install 'pixeldigest[{extra}]'", status=EXIT_USAGE)
