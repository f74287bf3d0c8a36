"""The optional extras of the package, and what is missing of them."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

Extra = Literal["mail", "covers", "search"]

# What each brings, by the names under which it is imported.
LIBRARIES: Mapping[Extra, tuple[str, ...]] = MappingProxyType(
    {
        "mail": ("css_inline", "PIL", "resvg_py", "ziamath"),
        "covers": ("PIL", "resvg_py"),
        "search": ("pagefind_bin",),
    }
)


def missing_libraries(extra: Extra) -> tuple[str, ...]:
    """Name the libraries of an extra that are not installed."""
    return tuple(name for name in LIBRARIES[extra] if importlib.util.find_spec(name) is None)
