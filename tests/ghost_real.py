"""The channel `ghost` against Ghost itself, with SQLite and a mail service on this machine: `make test-ghost`."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from html import unescape
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from attempts import Trial, posting
from conftest import NEWSLETTERS
from counterparts.service import Asked, Counterpart, Reply, serve
from pixeldigest.channels.failures import RefusedError
from pixeldigest.channels.ghost import Ghost, sign_token
from pixeldigest.channels.posting import Posting
from pixeldigest.channels.secrets import Secret

NEWSLETTER = "default-newsletter"
OWNER = {"name": "Owner", "email": "owner@example.org", "password": "a long pass phrase 1", "blogTitle": "Daily"}


class Mailgun(Counterpart):
    """Counts the mails that Ghost hands over."""

    def empty(self) -> dict[str, Any]:
        return {"sent": 0, "refuses": False}

    def reply(self, asked: Asked) -> Reply:
        if asked.method == "POST" and self.state["refuses"]:
            return Reply(401, {"message": "Forbidden"})
        if asked.method == "POST":
            self.state["sent"] += 1
            return Reply(200, {"id": f"<{self.state['sent']}@example.org>", "message": "Queued. Thank you."})
        return Reply(200, {"items": [], "paging": {}})


class Real(NamedTuple):
    """A Ghost that runs."""

    url: str
    key: str
    mailgun: Mailgun

    def trial(self, **settings: Any) -> Trial:
        """Set up the channel; its waits are real."""
        there = Trial(Ghost(type="ghost", url=self.url, key_env="GHOST_KEY", **settings), GHOST_KEY=self.key)
        there.waited = _Sleep()
        return there

    def page(self, path: str) -> str:
        """Ask for a page as readers do; nothing where there is none."""
        try:
            with urllib.request.urlopen(f"{self.url}/{path}") as answer:
                return answer.read().decode()
        except urllib.error.HTTPError:
            return ""


class _Sleep(list[float]):
    def append(self, seconds: float) -> None:
        time.sleep(seconds)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Real]:
    """Start the Ghost that GHOST_FOLDER holds, with a new site, an owner, a member and a key."""
    with serve(Mailgun()) as mailgun, _running(tmp_path_factory.mktemp("ghost"), mailgun.url) as url:
        yield Real(url, _set_up(url), mailgun)


@contextlib.contextmanager
def _running(folder: Path, mailgun: str) -> Iterator[str]:
    package = Path(os.environ["GHOST_FOLDER"]).resolve() / "package"
    shutil.copytree(package / "content", folder / "content")
    url = f"http://127.0.0.1:{_free_port()}"
    with (folder / "log").open("w") as log:
        environment = {**os.environ, **_settings(folder, url, mailgun)}
        process = subprocess.Popen(["node", "index.js"], cwd=package, env=environment, stdout=log, stderr=log)
        try:
            _await(url, process, folder / "log")
            yield url
        finally:
            process.kill()  # it takes minutes to end in peace
            process.wait()


def _settings(folder: Path, url: str, mailgun: str) -> dict[str, str]:
    """Make the variables that Ghost reads its settings from."""
    return {
        "NODE_ENV": "development",  # where it gives up at once on mails that fail, and does not try for minutes
        "url": url,
        "server__port": url.rpartition(":")[2],
        "database__client": "sqlite3",
        "database__connection__filename": str(folder / "ghost.db"),
        "database__useNullAsDefault": "true",
        "paths__contentPath": str(folder / "content"),
        "mail__transport": "stub",
        "mail__from": "daily@example.org",
        "bulkEmail__mailgun__baseUrl": f"{mailgun}/v3",
        "bulkEmail__mailgun__apiKey": "key",
        "bulkEmail__mailgun__domain": "example.org",
        "security__staffDeviceVerification": "false",
        "privacy__useUpdateCheck": "false",
        "privacy__useGravatar": "false",
    }


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def _await(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(240):
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/ghost/api/admin/site/"):
            return
        assert process.poll() is None, log.read_text()[-3000:]
        time.sleep(0.5)
    raise AssertionError(log.read_text()[-3000:])


def _set_up(url: str) -> str:
    """Make the owner, a member and an integration, as the setup page and the settings do; returns the key."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def post(path: str, data: object) -> bytes:
        headers = {"Content-Type": "application/json", "Origin": url}
        address = f"{url}/ghost/api/admin/{path}"
        with browser.open(urllib.request.Request(address, json.dumps(data).encode(), headers)) as answer:
            return answer.read()

    post("authentication/setup/", {"setup": [OWNER]})
    post("session/", {"username": OWNER["email"], "password": OWNER["password"]})
    post("members/", {"members": [{"email": "reader@example.org"}]})
    made = json.loads(post("integrations/?include=api_keys", {"integrations": [{"name": "pixeldigest"}]}))
    return next(one["secret"] for one in made["integrations"][0]["api_keys"] if one["type"] == "admin")


def issue(content: str = "c1", **changes: Any) -> Posting:
    """Take an issue with everything that issues have."""
    feed = json.loads((NEWSLETTERS / "small/expected/site/feed.json").read_text(encoding="utf-8"))
    return posting(content, **{"html": feed["items"][0]["content_html"], **changes})


def without_links(html: str) -> str:
    """Leave the addresses of links away: Ghost adds `?ref=` to them, unless it is told not to."""
    return unescape(re.sub(r'href="[^"]*"', "", html))


def test_an_issue_is_published_once_changed_and_withdrawn(real: Real) -> None:
    there, wanted = real.trial(), issue()

    receipt = there.publish(wanted)
    assert without_links(wanted.html.strip()) in without_links(real.page(wanted.slug))
    assert there.publish(wanted, receipt) == there.publish(wanted) == there.find(wanted) == receipt
    assert len(there.effects) == 2

    changed = there.publish(issue("c2", title="Changed"), receipt)
    assert changed == receipt._replace(content="c2")
    assert "Changed" in real.page(wanted.slug)
    assert not real.page(f"{wanted.slug}-2")

    assert there.withdraw(wanted, changed) == f"a draft at {real.url}/ghost"
    assert not real.page(wanted.slug)
    assert there.publish(issue("c2"), changed) == changed
    assert real.mailgun.state["sent"] == 0


def test_members_are_mailed_once(real: Real) -> None:
    there = real.trial(newsletter=NEWSLETTER)
    wanted = issue(newsletter="mailed", url="https://daily.example.org/mailed/")

    receipt = there.publish(wanted)
    assert there.publish(wanted) == receipt
    there.publish(wanted._replace(content="c2"), receipt)
    there.withdraw(wanted, receipt)
    there.publish(wanted._replace(content="c2"), receipt)

    assert real.mailgun.state["sent"] == 1


def test_a_mail_that_fails_is_told(real: Real) -> None:
    real.mailgun.state["refuses"] = True
    there = real.trial(newsletter=NEWSLETTER)

    with pytest.raises(RefusedError, match=r"^the post is published, but Ghost cannot mail it \("):
        there.publish(issue(newsletter="failing", url="https://daily.example.org/failing/"))


def test_a_page_that_has_the_slug_is_told(real: Real) -> None:
    wanted = issue(newsletter="taken", url="https://daily.example.org/taken/")
    page = {"pages": [{"title": "By hand", "slug": wanted.slug}]}
    headers = {"Authorization": f"Ghost {sign_token(Secret(real.key), 'ghost')}", "Content-Type": "application/json"}
    address = f"{real.url}/ghost/api/admin/pages/"
    with urllib.request.urlopen(urllib.request.Request(address, json.dumps(page).encode(), headers)) as answer:
        assert answer.status == 201

    with pytest.raises(RefusedError, match=rf"^a page or a post of somebody's own has the slug '{wanted.slug}'"):
        real.trial().publish(wanted)
