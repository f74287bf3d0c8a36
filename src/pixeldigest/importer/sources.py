"""Where articles come from: an address, a file, or a folder of Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from pixeldigest.diagnostics import EXIT_USAGE, UserError
from pixeldigest.importer.article import Article, is_web_address
from pixeldigest.importer.feeds import feed_articles, is_feed
from pixeldigest.importer.fetching import MAX_PAGE_BYTES, Web
from pixeldigest.importer.forem import forem_articles, is_forem
from pixeldigest.importer.frontmatter import read_front_matter
from pixeldigest.importer.html import read_facts

_MARKDOWN: Final = (".md", ".markdown", ".mdown")
_HTML: Final = (".html", ".htm", ".xhtml")
_FEEDS: Final = (".xml", ".rss", ".atom", ".json")
# Where Hugo and Jekyll keep what pages show.
_SHARED: Final = ("static", "assets", "public")


class Access(NamedTuple):
    """How to reach what is not on this disk, and what need not be asked for."""

    web: Web
    api: str
    key: str
    known: frozenset[str]


def open_articles(source: str, access: Access) -> Iterator[Article]:
    """Yield the articles of a source."""
    if not source.startswith(("http://", "https://")):
        return _on_disk(Path(source))
    if is_forem(source, access.api) and "/feed" not in source:
        return forem_articles(source, access.api, access.web, access.key, access.known)
    return _on_the_web(source, access.web)


def _on_the_web(address: str, web: Web) -> Iterator[Article]:
    response = web.get(address)
    if is_feed(response.content):
        yield from feed_articles(response.content, response.url)
        return
    text = _decode(response.content)
    if response.media_type in ("text/markdown", "text/plain"):
        front = read_front_matter(text)
        told = (front.title, front.summary, front.tags, front.url)
        yield Article(address, "markdown", front.text, *told, response.url, todos=front.todos)
    elif "html" in response.media_type or re.match(r"\s*<(?:!doctype html|html)", text, re.IGNORECASE):
        yield _page(text, address)
    else:
        raise UserError(f"'{address}' is '{response.media_type}', and no article, feed or page", status=EXIT_USAGE)


def _on_disk(path: Path) -> Iterator[Article]:
    if path.is_dir():
        yield from _in_folder(path)
        return
    content = _read(path)
    suffix = path.suffix.lower()
    if suffix in _FEEDS and is_feed(content):
        yield from feed_articles(content, path.name)
    elif suffix in _MARKDOWN:
        yield _markdown(path, path.parent, path.name, content)
    elif suffix in _HTML:
        yield _page(_decode(content), path.name)._replace(folders=(path.parent,))
    else:
        hint = "name a feed, or a file that ends in .md or .html"
        raise UserError(f"'{path}' is nothing that can be imported; {hint}", status=EXIT_USAGE)


def _in_folder(folder: Path) -> Iterator[Article]:
    """Yield the Markdown files of a folder, by their names; links are not followed out of it."""
    root = folder.resolve()
    files = sorted(one for one in folder.rglob("*") if one.suffix.lower() in _MARKDOWN and one.is_file())
    articles = [one for one in files if not one.name.startswith("_") and one.name.lower() != "readme.md"]
    if not articles:
        raise UserError(f"there is no Markdown file in '{folder}'; they end in .md", status=EXIT_USAGE)
    for path in articles:
        if path.resolve().is_relative_to(root):
            yield _markdown(path, folder, f"{root.name}/{path.relative_to(folder).as_posix()}", _read(path))


def _markdown(path: Path, root: Path, origin: str, content: bytes) -> Article:
    front = read_front_matter(_decode(content))
    folders = (path.parent, root, *(root / one for one in _SHARED))
    told = (front.title, front.summary, front.tags, front.url)
    return Article(origin, "markdown", front.text, *told, folders=folders, name=_title_of(path), todos=front.todos)


def _title_of(path: Path) -> str:
    """Make a title of a file's name, as Jekyll does."""
    stem = path.parent.name if path.stem in ("index", "README") else path.stem
    words = re.sub(r"^\d{4}-\d{2}-\d{2}-", "", stem)
    return re.sub(r"[-_]+", " ", words).strip().capitalize()


def _page(html: str, origin: str) -> Article:
    facts = read_facts(html)
    base = facts.url if is_web_address(facts.url) else origin if is_web_address(origin) else ""
    return Article(origin, "html", html, "", facts.summary, facts.tags, facts.url, base, name=facts.title)


def _decode(content: bytes) -> str:
    """Read bytes as UTF-8, or else as the page says, or as old ones mostly are."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        told = re.search(rb"charset=[\"']?([\w-]+)", content[:2000])
    try:
        return content.decode(told[1].decode() if told else "cp1252", "replace")
    except LookupError:
        return content.decode("utf-8", "replace")


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_PAGE_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UserError(f"'{path}' cannot be read: {reason}; check its name", status=EXIT_USAGE) from error
    if len(content) > MAX_PAGE_BYTES:
        raise UserError(f"'{path}' has more than {MAX_PAGE_BYTES // 1_000_000} MB; it is no article")
    return content
