"""The language server that VS Code's YAML extension is made of, driven as an editor drives it."""

from __future__ import annotations

import itertools
import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

from browser.chromium import leave_out

SERVER = Path(__file__).parent.parent / "node_modules/yaml-language-server/bin/yaml-language-server"


class Complaint(NamedTuple):
    """What the server underlines: the line (from 1, as `check` counts) and what it says."""

    line: int
    message: str


class LanguageServer:
    """A running server with a project open; texts are shown to it under names of files that need not exist.

    Where a name has room for a number (`content/topics/{}.yml`), each text is shown under a name of its own.
    """

    def __init__(self, project: Path, process: subprocess.Popen[bytes], settings: dict[str, Any]) -> None:
        assert process.stdin
        assert process.stdout
        self._project, self._settings = project, settings
        self._to: IO[bytes] = process.stdin
        self._from: IO[bytes] = process.stdout
        self._numbers = itertools.count(1)
        self._opened: set[str] = set()

    def start(self) -> None:
        """Introduce the editor and its settings, which the server asks for in the background."""
        root = self._project.as_uri()
        completion = {"completionItem": {"snippetSupport": True, "documentationFormat": ["markdown"]}}
        document = {"hover": {"contentFormat": ["markdown"]}, "completion": completion, "publishDiagnostics": {}}
        capabilities = {"textDocument": document, "workspace": {"configuration": True}}
        opened = {"rootUri": root, "workspaceFolders": [{"uri": root, "name": self._project.name}]}
        self._ask("initialize", {"processId": None, "capabilities": capabilities, **opened})
        self._tell("initialized", {})
        while not self.complaints("content/topics/{}.yml", "unknown: key\n"):
            pass

    def complaints(self, name: str, text: str) -> list[Complaint]:
        """Show a text, and return what is underlined in it."""
        found = self._published(self._show(name, text))
        return sorted(Complaint(one["range"]["start"]["line"] + 1, one["message"]) for one in found)

    def completions(self, name: str, text: str) -> dict[str, str]:
        """Complete at the mark '‸' in a text: what is inserted, by what is offered."""
        result = self._ask_at("textDocument/completion", name, text)
        items = result["items"] if isinstance(result, dict) else result or []
        return {one["label"]: one.get("textEdit", {}).get("newText", one.get("insertText", "")) for one in items}

    def hover(self, name: str, text: str) -> str:
        """Return what is shown over the mark '‸' in a text."""
        result = self._ask_at("textDocument/hover", name, text)
        return str(result["contents"]["value"]) if result else ""

    def _ask_at(self, method: str, name: str, text: str) -> Any:
        before, _, after = text.partition("‸")
        shown = self._show(name, before + after)
        if shown == name:  # it will be shown anew, and what is published then shall be of the new text
            self._published(name)
        line, column = before.count("\n"), len(before) - (before.rfind("\n") + 1)
        where = {"textDocument": {"uri": self._uri(shown)}, "position": {"line": line, "character": column}}
        return self._ask(method, where)

    def _show(self, name: str, text: str) -> str:
        """Open a document anew, so that what is published next belongs to this text, and name it."""
        name = name.format(next(self._numbers))
        if name in self._opened:
            self._tell("textDocument/didClose", {"textDocument": {"uri": self._uri(name)}})
            assert self._published(name) == []
        self._opened.add(name)
        document = {"uri": self._uri(name), "languageId": "yaml", "version": next(self._numbers), "text": text}
        self._tell("textDocument/didOpen", {"textDocument": document})
        return name

    def _published(self, name: str) -> list[Any]:
        while True:
            params = self._next().get("params", {})
            if "diagnostics" in params and params["uri"] == self._uri(name):
                found: list[Any] = params["diagnostics"]
                return found

    def _uri(self, name: str) -> str:
        return (self._project / name).as_uri()

    def _ask(self, method: str, params: Any) -> Any:
        number = next(self._numbers)
        self._send({"id": number, "method": method, "params": params})
        while True:
            message = self._next()
            if message.get("id") == number and "method" not in message:
                assert "error" not in message, message
                return message["result"]

    def _tell(self, method: str, params: Any) -> None:
        self._send({"method": method, "params": params})

    def _next(self) -> dict[str, Any]:
        """Read what the server says next; what it asks is answered."""
        length = 0
        while line := self._from.readline().strip():
            if line.lower().startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        assert length, "the language server has ended"
        message: dict[str, Any] = json.loads(self._from.read(length))
        if "id" in message and "method" in message:
            asked = message["params"].get("items", []) if message["method"] == "workspace/configuration" else None
            result = None if asked is None else [self._setting(one.get("section", "")) for one in asked]
            self._send({"id": message["id"], "result": result})
        return message

    def _setting(self, section: str) -> Any:
        return self._settings.get(section)

    def _send(self, message: dict[str, Any]) -> None:
        content = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._to.write(b"Content-Length: %d\r\n\r\n%s" % (len(content), content))
        self._to.flush()


@contextmanager
def start_server(project: Path) -> Iterator[LanguageServer]:
    """Start the server in a project, with the settings of its `.vscode`."""
    node = shutil.which("node")
    if node is None or not SERVER.is_file():
        leave_out("yaml-language-server is not installed: 'make test' does it where there is npm")
    flat = json.loads((project / ".vscode/settings.json").read_text(encoding="utf-8"))
    with subprocess.Popen(
        [node, str(SERVER), "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        server = LanguageServer(project, process, _by_section(flat))
        try:
            server.start()
            yield server
        finally:
            process.kill()


def _by_section(flat: dict[str, Any]) -> dict[str, Any]:
    """Turn VS Code's settings, whose names have dots, into a server's; it asks for no schemas from elsewhere."""
    yaml = {key.removeprefix("yaml."): value for key, value in flat.items() if key.startswith("yaml.")}
    return {"yaml": {**yaml, "schemaStore": {"enable": False}, "validate": True, "hover": True, "completion": True}}
