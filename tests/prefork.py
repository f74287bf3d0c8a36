"""Run commands, one a line of standard input, in forks of this process, which has imported everything.

Each run is as separate as a process of its own, but for what importing costs: tests that run hundreds of builds would
otherwise spend most of their time on it. What is imported, and from where, is tested without this.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import pkgutil
import runpy
import sys


def import_everything() -> None:
    package = importlib.import_module("pixeldigest")
    for module in pkgutil.walk_packages(package.__path__, "pixeldigest."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    for optional in ("css_inline", "PIL.Image", "resvg_py", "ziamath"):
        with contextlib.suppress(ImportError):
            importlib.import_module(optional)


def hide_search() -> None:
    """Act as if pagefind were not installed: its program takes longer than all else in a small newsletter."""
    extras = importlib.import_module("pixeldigest.extras")
    extras.LIBRARIES = {**extras.LIBRARIES, "search": ("no_such_library",)}


def run(folder: str, words: list[str], environment: dict[str, str], out: str, err: str) -> None:
    """Run a command as `python -m pixeldigest` would; it ends the process."""
    os.chdir(folder)
    os.environ.update(environment)
    for path, stream in ((os.devnull, 0), (out, 1), (err, 2)):
        os.dup2(os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o644), stream)
    sys.argv = ["pixeldigest", *words]
    runpy.run_module("pixeldigest", run_name="__main__", alter_sys=True)
    sys.exit()


def serve() -> None:
    import_everything()
    if "--search" not in sys.argv:
        hide_search()
    gc.freeze()  # what is never looked at is never copied
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            run(*json.loads(line))
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    serve()
