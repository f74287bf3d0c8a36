"""Articles from a feed: RSS, Atom or JSON Feed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import feedparser

from pixeldigest.diagnostics import UserError
from pixeldigest.importer.article import Article


def is_feed(content: bytes) -> bool:
    """Tell whether this is a feed, by how it begins."""
    start = content[:2000].lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    if start.startswith(b"{"):
        return b"jsonfeed.org/version" in content[:2000]
    return start.startswith(b"<") and any(mark in start for mark in (b"<rss", b"<feed", b"<rdf:rdf"))


def feed_articles(content: bytes, address: str) -> Iterator[Article]:
    """Yield the articles of a feed in its order; `address` is where it came from."""
    if content.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{"):
        yield from _json_articles(content, address)
        return
    if b"<!entity" in content[:100_000].lower():
        raise UserError(f"'{address}' declares entities, which feeds have no use for; ask its publisher")
    # Sanitising is ours; theirs would take the LaTeX out of formulas.
    parsed = feedparser.parse(content, sanitize_html=False, resolve_relative_uris=False)
    if not parsed.entries:
        raise UserError(f"there is no article in the feed '{address}'")
    for entry in parsed.entries:
        if text := _content(entry):
            yield Article(
                origin=str(entry.get("link") or entry.get("id") or f"{address} ({entry.get('title')})"),
                form="html",
                text=text,
                title=str(entry.get("title") or ""),
                tags=tuple(str(tag.get("term") or "") for tag in entry.get("tags", ())),
                base=str(entry.get("link") or address),
            )


def _content(entry: Any) -> str:
    whole = [str(one.get("value") or "") for one in entry.get("content", ())]
    return max([*whole, str(entry.get("summary") or "")], key=len)


def _json_articles(content: bytes, address: str) -> Iterator[Article]:
    try:
        items = json.loads(content).get("items", [])
    except (ValueError, AttributeError, RecursionError) as error:
        raise UserError(f"the feed '{address}' is no JSON that can be read; ask its publisher") from error
    for item in items if isinstance(items, list) else ():
        if isinstance(item, dict) and (text := item.get("content_html")):
            url = str(item.get("url") or "")
            tags = item.get("tags")
            yield Article(
                origin=url or f"{address} ({item.get('title')})",
                form="html",
                text=str(text),
                title=str(item.get("title") or ""),
                summary=str(item.get("summary") or ""),
                tags=tuple(map(str, tags)) if isinstance(tags, list) else (),
                base=url or address,
            )
