"""The channel `devto`: an article on dev.to, or on another Forem."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from typing import Any, ClassVar, Literal, NamedTuple

from pydantic import Field, PositiveInt, field_validator

from pixeldigest.channels.attempt import Attempt
from pixeldigest.channels.base import Keyed
from pixeldigest.channels.failures import RefusedError, SettingsError, UnavailableError
from pixeldigest.channels.http import Request, Service, is_missing, json_request
from pixeldigest.channels.posting import Outside, Posting, Receipt
from pixeldigest.diagnostics import UserError
from pixeldigest.fields import ServiceUrl

# Forem takes a write a second. Articles are listed with their texts, so not too many a page.
_PACE = 1.0
_PAGE = 100
_MOST_TAGS = 4
_LONGEST_TAG = 30
_FORM = {"Accept": "application/vnd.forem.api-v1+json"}
# The last block of a text: the issue, and the digest of what it says. Forem shows nothing of a comment and gives it
# back with the text. The text itself cannot be compared: Forem changes it, and names the languages of code in it.
_MARK = re.compile(r"<!-- pixeldigest (\S+) (\S+) -->")
_FRONT_MATTER = re.compile(r"---[ \t]*\n(.*?)(?<=\n)---[ \t]*(?:\n+|\Z)", re.DOTALL)


class Article(NamedTuple):
    """An article that is there."""

    id: int
    url: str
    title: str
    canonical_url: str
    text: str
    published: bool

    @property
    def mark(self) -> tuple[str, str]:
        """The key of its issue and the digest of what it says; empty where somebody has made it by hand."""
        found: list[tuple[str, str]] = _MARK.findall(self.text)
        return found[-1] if found else ("", "")


class DevTo(Keyed):
    """An account on dev.to, or on another site that runs Forem."""

    formats: ClassVar[tuple[str, ...]] = ("devto",)
    updates: ClassVar[bool] = True
    asks: ClassVar[bool] = True

    type: Literal["devto"]
    url: ServiceUrl = Field("https://dev.to", description="the site, where it is another Forem")
    organization_id: PositiveInt | None = Field(None, description="the number of the organization to publish for")
    published: bool = Field(True, description="false leaves drafts, for somebody to publish")

    @field_validator("url")
    @classmethod
    def _strip_slash(cls, url: str) -> str:
        return url.rstrip("/")

    def publish(self, posting: Posting, attempt: Attempt) -> Receipt:
        """Bring the article in line: a draft first, whose number is noted before anybody sees it."""
        forem = self._service(attempt.outside, attempt)
        wanted = build_article(posting, self.organization_id)
        article = find_article(list_articles(forem, self.url), posting, attempt.known)
        if article is None:
            article = _write(forem, build_draft(self.url, wanted))
            attempt.note(Receipt(str(article.id), article.url))
            attempt.wait(_PACE)
        if self._lacking(article, posting, wanted):
            state = {"published": True} if self.published else {}
            _write(forem, build_change(self.url, article.id, {**wanted, **state}))
            attempt.wait(_PACE)
            article = self._read_back(forem, article)
            if lacking := self._lacking(article, posting, wanted):
                raise RefusedError(f"{self.url} takes the article {article.id}, but {lacking}")
        return Receipt(str(article.id), article.url, posting.content)

    def find(self, posting: Posting, outside: Outside) -> Receipt | None:
        """Find the article, if it has come as far as it should."""
        article = find_article(list_articles(self._service(outside), self.url), posting)
        if article is None or (self.published and not article.published):
            return None
        return Receipt(str(article.id), article.url, article.mark[1])

    def withdraw(self, posting: Posting, attempt: Attempt) -> str | None:
        """Make a draft of the article; Forem lets no program delete one."""
        forem = self._service(attempt.outside, attempt)
        article = find_article(list_articles(forem, self.url), posting)
        if article is None:
            return None
        if not article.published:
            return f"a draft in the dashboard of {self.url}"
        _write(forem, build_withdrawal(self.url, article))
        if self._read_back(forem, article).published:
            raise RefusedError(f"{self.url} goes on showing {article.url}; unpublish it there")
        return f"a draft in the dashboard of {self.url}, and what its feeds and mails have told followers"

    def _service(self, outside: Outside, attempt: Attempt | None = None) -> Service:
        key = self.secret("key", outside)
        return Service(self.id, lambda: {"api-key": key.reveal()}, outside, attempt)

    def _lacking(self, article: Article, posting: Posting, wanted: Mapping[str, Any]) -> str:
        """Say what an article is not yet; nothing where it is in line."""
        if self.published and not article.published:
            return "does not publish it"
        if article.mark != (posting.key, posting.content):
            return "keeps another text"
        if article.canonical_url != wanted["canonical_url"]:
            return f"has '{article.canonical_url}' as its canonical URL"
        if not _is_kept(article.title, wanted["title"]):
            return f"calls it '{article.title}'"
        return ""

    def _read_back(self, forem: Service, article: Article) -> Article:
        """Ask what came of a change: Forem says 200 to some that change nothing."""
        found = next((one for one in list_articles(forem, self.url) if one.id == article.id), None)
        if found is None:
            raise UnavailableError(f"{self.url} does not list the article {article.id}, which was changed just now")
        return found


def build_article(posting: Posting, organization_id: int | None = None) -> dict[str, Any]:
    """Build what an article is to be, but for whether it is published.

    Front matter is taken off the text and sent as parameters, which it would override (forem/forem, issue 18665): with
    it only the whole text could publish or withdraw an article, and nobody could tell a change of state that got half
    through from one of the text. What is not given is left out, and stays as somebody may have set it there.
    """
    head, text = split_front_matter(posting.files["devto.md"].decode())
    told = {
        "title": head.get("title") or posting.title,
        "body_markdown": f"{text.rstrip()}\n\n<!-- pixeldigest {posting.key} {posting.content} -->\n",
        "canonical_url": head.get("canonical_url") or posting.url,
        "description": head.get("description") or posting.summary,
        "tags": _tags_of(head.get("tags") or posting.tags),
        "series": head.get("series") or posting.series,
        "main_image": head.get("cover_image") or posting.cover,
        "organization_id": organization_id,
    }
    return {name: value for name, value in told.items() if value}


def split_front_matter(source: str) -> tuple[Mapping[str, Any], str]:
    """Split the YAML between the first two `---` from the text; raises RefusedError where it is none."""
    import yaml  # noqa: PLC0415 - settings are read without it

    found = _FRONT_MATTER.match(source)
    if not found:
        return {}, source
    try:
        head = yaml.load(found[1], Loader=yaml.BaseLoader)  # noqa: S506 - all that it makes is text
    except yaml.YAMLError as error:
        reason = getattr(error, "problem", None) or "it is none"
        message = f"the front matter of devto.md cannot be read as YAML: {reason}; see to templates/devto/issue.md"
        raise RefusedError(message) from error
    return head if isinstance(head, dict) else {}, source[found.end() :]


def _tags_of(words: str | Iterable[str]) -> list[str]:
    """Write tags as Forem takes them: small letters and digits, four at most."""
    separate = words.split(",") if isinstance(words, str) else words
    names = (re.sub(r"[^a-z0-9]", "", word.lower()) for word in separate)
    return list(dict.fromkeys(name for name in names if 0 < len(name) <= _LONGEST_TAG))[:_MOST_TAGS]


def build_draft(url: str, wanted: Mapping[str, Any]) -> Request:
    """Build the request that makes a draft."""
    return _request("POST", f"{url}/api/articles", {"article": {**wanted, "published": False}})


def build_change(url: str, number: int, state: Mapping[str, Any]) -> Request:
    """Build the request that changes an article."""
    return _request("PUT", f"{url}/api/articles/{number}", {"article": dict(state)})


def build_withdrawal(url: str, article: Article) -> Request:
    """Build the request that makes a draft of an article; front matter of somebody's own would keep it published."""
    front_matter = _FRONT_MATTER.match(article.text)
    text = {"body_markdown": article.text[front_matter.end() :]} if front_matter else {}
    return build_change(url, article.id, {"published": False, **text})


def _request(method: str, url: str, data: object = None) -> Request:
    return json_request(method, url, data, **_FORM)


def list_articles(forem: Service, url: str) -> Iterator[Article]:
    """List the articles of the account, drafts too, as far as anybody looks."""
    for page in count(1):
        asked = _request("GET", f"{url}/api/articles/me/all?page={page}&per_page={_PAGE}")
        listed = forem.ask(asked, also=is_missing).data
        if not isinstance(listed, list):
            raise SettingsError(f"{url} lists no articles; write the address of a site that runs Forem")
        yield from map(_read_article, listed)
        if not listed:
            return


def find_article(articles: Iterable[Article], posting: Posting, known: Receipt | None = None) -> Article | None:
    """Find an issue's article: by its number, by its mark, or by its canonical URL where it bears no mark.

    Raises RefusedError where a known one is gone: somebody has deleted it, and may have had a reason.
    """
    alike = []
    for article in articles:
        if known and known.remote_id == str(article.id):
            return article
        if article.mark[0] == posting.key or (not article.mark[0] and article.canonical_url == posting.url):
            alike.append(article)
    if not alike and known and known.remote_id:
        way_out = f"withdraw the issue, or make an article with the canonical URL {posting.url} by hand"
        raise RefusedError(f"the article {known.remote_id} is not there any more; {way_out}")
    return max(alike, key=lambda one: (bool(one.mark[0]), one.published, -one.id), default=None)


def _write(forem: Service, request: Request) -> Article:
    try:
        return _read_article(forem.change(request).data)
    except RefusedError as error:
        raise _explain(error) from error


def _explain(error: RefusedError) -> UserError:
    """Say what to do about a refusal."""
    said = error.message.lower()
    if "five minutes" in said:
        return UnavailableError(f"{error.message}; the next run tries again")
    if "canonical url" in said:
        way_out = "another published article has this issue's canonical URL: unpublish that one, or withdraw the issue"
        return RefusedError(f"{error.message}; {way_out}")
    return error


def _read_article(plain: Any) -> Article:
    if not isinstance(plain, dict) or not isinstance(number := plain.get("id"), int):
        raise UnavailableError("what stands for an article has no number; is it a Forem?")
    url, title, canonical_url, text = (
        str(plain.get(name) or "") for name in ("url", "title", "canonical_url", "body_markdown")
    )
    return Article(number, url, title, canonical_url, text, published=bool(plain.get("published")))


def _is_kept(title: str, given: str) -> bool:
    """Tell whether a title is the one that was given, but for signs that Forem makes spaces of."""
    rest = iter("".join(given.split()))
    return bool(title.strip()) and all(sign in rest for sign in "".join(title.split()))
