"""The linked data of pages, and the compiler that knows schema.org: TypeScript with schema-dts."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, NamedTuple

from browser.chromium import leave_out
from conftest import REPOSITORY

COMPILER = REPOSITORY / "node_modules/.bin/tsc"
VOCABULARY = REPOSITORY / "node_modules/schema-dts/dist/schema.d.ts"

Node = dict[str, Any]


class Head(HTMLParser):
    """The metadata in a page's head."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.meta: dict[str, str] = {}
        self.canonical = ""
        self.moved = False
        self.nodes: list[Node] = []
        self.scripts = 0
        self._data = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "meta":
            self.meta[given.get("property") or given.get("name", "")] = given.get("content", "")
            self.moved = self.moved or given.get("http-equiv") == "refresh"
        elif tag == "link" and given.get("rel") == "canonical":
            self.canonical = given["href"]
        elif tag == "script":
            self.scripts += 1
            self._data = given.get("type") == "application/ld+json"

    def handle_data(self, data: str) -> None:
        if self._data:
            self.nodes.append(json.loads(data))

    def handle_endtag(self, tag: str) -> None:
        self._data = self._data and tag != "script"


class Found(NamedTuple):
    """What the compiler says of a node."""

    page: str
    message: str


def walk(value: object) -> Iterator[Node]:
    """Yield a node and all within it."""
    if isinstance(value, dict):
        yield value
        for one in value.values():
            yield from walk(one)
    elif isinstance(value, list):
        for one in value:
            yield from walk(one)


def compile_nodes(nodes: list[tuple[str, Node]], folder: Path) -> list[Found]:
    """Compile nodes, each with the name of its page, as constants of their schema.org types."""
    if not (COMPILER.exists() and VOCABULARY.is_file()):
        leave_out("typescript and schema-dts are not installed: 'make test' does it where there is npm")
    lines = ['import type * as schema from "schema-dts";']
    for number, (_, node) in enumerate(nodes):
        type_ = f"schema.WithContext<schema.{node['@type']}>"
        lines.append(f"export const node{number}: {type_} = {json.dumps(node)};")
    (folder / "nodes.ts").write_text("\n".join(lines), encoding="utf-8")
    (folder / "tsconfig.json").write_text(json.dumps(_settings()), encoding="utf-8")
    command = [str(COMPILER), "--project", str(folder), "--pretty", "false"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, cwd=folder)
    found = re.findall(r"^nodes\.ts\((\d+),\d+\): (.*)", done.stdout, flags=re.MULTILINE)
    assert bool(found) == bool(done.returncode), done.stdout + done.stderr
    return [Found(nodes[int(line) - 2][0], message) for line, message in found]


def _settings() -> Mapping[str, object]:
    options = {
        "noEmit": True,
        "strict": True,
        "skipLibCheck": True,
        "types": [],
        "module": "esnext",
        "moduleResolution": "bundler",
        "paths": {"schema-dts": [str(VOCABULARY)]},
    }
    return {"compilerOptions": options, "files": ["nodes.ts"]}
