"""Articles from dev.to, or another Forem, by its API."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote, urlsplit

from pixeldigest.diagnostics import EXIT_USAGE, UserError
from pixeldigest.importer.article import Article
from pixeldigest.importer.fetching import MissingError, Web
from pixeldigest.importer.frontmatter import cover_todos, read_front_matter

DEVTO_API: Final = "https://dev.to/api"
API_KEY: Final = "DEV_API_KEY"
_PAGE: Final = 100
_ACCEPT: Final = {"accept": "application/vnd.forem.api-v1+json"}


def is_forem(address: str, api: str) -> bool:
    """Tell whether an address is one of the Forem whose API is given."""
    return urlsplit(address).netloc.removeprefix("www.") == urlsplit(api).netloc


def forem_articles(address: str, api: str, web: Web, key: str, known: frozenset[str]) -> Iterator[Article]:
    """Yield the article at an address, or all of a user, newest first; those that are known are not asked for."""
    if key and not re.match(r"https://|http://(?:127\.0\.0\.1|localhost)[:/]", api):
        raise UserError(f"{API_KEY} would be sent unencrypted: write --api with 'https://'", status=EXIT_USAGE)
    headers = {**_ACCEPT, **({"api-key": key} if key else {})}

    def ask(path: str) -> Any:
        return _parse(web.get(f"{api}{path}", headers=headers).content)

    match [quote(part) for part in urlsplit(address).path.split("/") if part]:
        case ["dashboard"]:
            if not key:
                message = f"your dashboard is yours: set {API_KEY} to a key of Settings, Extensions, DEV API Keys"
                raise UserError(message, status=EXIT_USAGE)
            yield from filter(None, map(_article, _pages(ask, "/articles/me/all?")))
        case ["api", "articles", number] if number.isdigit():
            yield _need(_article(ask(f"/articles/{number}")), address)
        case [name]:
            for one in _pages(ask, f"/articles?username={name}&"):
                if one.get("url") not in known and isinstance(one.get("id"), int):
                    yield _need(_article(ask(f"/articles/{one['id']}")), address)
        case [name, slug]:
            yield _need(_article(ask(f"/articles/{name}/{slug}")), address)
        case _:
            hint = "write https://dev.to/NAME, https://dev.to/NAME/ARTICLE or https://dev.to/dashboard"
            raise UserError(f"'{address}' names neither a user nor an article; {hint}", status=EXIT_USAGE)


def _pages(ask: Any, path: str) -> Iterator[Mapping[str, Any]]:
    number = 1
    while True:
        page = ask(f"{path}page={number}&per_page={_PAGE}")
        found = [one for one in page if isinstance(one, dict)] if isinstance(page, list) else []
        yield from found
        if len(found) < _PAGE:
            return
        number += 1


def _parse(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError as error:
        raise MissingError("it gives no JSON") from error


def _need(article: Article | None, address: str) -> Article:
    if article is None:
        raise MissingError(f"there is no article behind '{address}'")
    return article


def _article(told: Any) -> Article | None:
    """Read what the API tells; front matter in the text counts before it, as it does there."""
    if not isinstance(told, dict) or not isinstance(body := told.get("body_markdown"), str):
        return None
    # Of a draft, the query is what lets anybody see it.
    url = str(told.get("url") or f"article {told.get('id')}").partition("?")[0]
    canonical = str(told.get("canonical_url") or "").partition("?preview=")[0]
    front = read_front_matter(body)
    return Article(
        origin=url,
        form="markdown",
        text=front.text,
        title=front.title or str(told.get("title") or ""),
        summary=front.summary or _own_words(told),
        tags=front.tags or _tags(told),
        url="" if canonical == url else canonical,
        base=url,
        breaks=True,
        todos=front.todos if front.cover else (*front.todos, *cover_todos(str(told.get("cover_image") or ""))),
    )


def _own_words(told: Mapping[str, Any]) -> str:
    """Read the description; where its author wrote none, it is the text's beginning, cut off with three dots."""
    words = str(told.get("description") or "")
    return "" if re.search(r"(?:\.\.\.|…)$", words) else words


def _tags(told: Mapping[str, Any]) -> tuple[str, ...]:
    """Read the tags: a list under one name or the other, by the question that was asked."""
    given = next((one for name in ("tag_list", "tags") if isinstance(one := told.get(name), list)), None)
    names = given if given is not None else str(told.get("tag_list") or "").split(",")
    return tuple(str(one).strip() for one in names if str(one).strip())
