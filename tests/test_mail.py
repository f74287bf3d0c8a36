"""The mail: as HTML, as text, and as a complete message."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from itertools import product
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route

from browser.chromium import axe_source
from browser.outline import Outline
from conftest import REPOSITORY, every_third, run_command
from forked import run_forked

SITE_URL = "https://daily.example.org/"
SETTINGS = """
mail:
  from: Daily <daily@example.org>
  reply_to: editors@example.org
  postal_address: Example, 1 Example Street
  unsubscribe_url: https://daily.example.org/unsubscribe
"""


class Sent:
    """The mail of one day, taken apart."""

    def __init__(self, folder: Path) -> None:
        self.page = (folder / "mail.html").read_text(encoding="utf-8")
        self.message: EmailMessage = message_from_bytes((folder / "mail.eml").read_bytes(), policy=default)
        self.text: str = self.message.get_body(("plain",)).get_content().replace("\r\n", "\n")
        self.html: str = self.message.get_body(("html",)).get_content().replace("\r\n", "\n")


@pytest.fixture
def send(small: Path) -> Callable[[str], Sent]:
    """Give the small newsletter settings for mails, and build the mail of its first day."""

    def build(more: str = "") -> Sent:
        with (small / "content/newsletter.yml").open("a", encoding="utf-8") as stream:
            stream.write(SETTINGS + more)
        run = run_forked(small, "build", "--format", "mail", "--format", "text")
        assert (run.status, run.err) == (0, "")
        return Sent(small / "output/issues/2026-11-18")

    return build


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the real newsletter."""
    output = tmp_path_factory.mktemp("output")
    run = run_forked(REPOSITORY, "build", "--output", str(output))
    assert run.status == 0, run.err
    return output


def test_the_message_is_complete(send: Callable[[str], Sent]) -> None:
    sent = send("")

    assert sent.message.defects == []
    assert {key: str(value) for key, value in sent.message.items() if not key.startswith("Content")} == {
        "From": "Daily <daily@example.org>",
        "To": "undisclosed-recipients:;",
        "Reply-To": "editors@example.org",
        "Subject": "Sums — Deep Dive + Problem: Add",
        "Date": "Wed, 18 Nov 2026 00:00:00 +0100",
        "Message-ID": "<2026-11-18.small-daily@daily.example.org>",
        "List-Id": "Small Daily <small-daily.daily.example.org>",
        "List-Archive": "<https://daily.example.org/news/>",
        "Archived-At": "<https://daily.example.org/news/issues/2026-11-18/>",
        "List-Unsubscribe": "<https://daily.example.org/unsubscribe>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "MIME-Version": "1.0",
    }
    assert [part.get_content_type() for part in sent.message.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]


def test_its_parts_are_the_files_beside_it(send: Callable[[str], Sent], small: Path) -> None:
    sent = send("")

    assert sent.html.rstrip("\n") == sent.page.rstrip("\n")
    assert sent.text == (small / "output/issues/2026-11-18/issue.txt").read_text(encoding="utf-8")


def test_a_message_is_the_same_bytes_everywhere(send: Callable[[str], Sent], small: Path) -> None:
    send("")
    before = (small / "output/issues/2026-11-18/mail.eml").read_bytes()
    assert before.count(b"\r\n") == before.count(b"\n")

    shutil.rmtree(small / "output")
    run_command(small, "build", "--format", "mail", TZ="Asia/Kolkata", PYTHONHASHSEED="7", LC_ALL="C")

    assert (small / "output/issues/2026-11-18/mail.eml").read_bytes() == before


def test_a_name_with_a_comma_and_a_long_address_come_through(small: Path) -> None:
    token = "t" * 200
    with (small / "content/newsletter.yml").open("a", encoding="utf-8") as stream:
        stream.write(
            f'mail:\n  from: "Zoë, Daily <daily@example.org>"\n  unsubscribe_url: https://example.org/{token}\n'
        )

    assert run_forked(small, "build", "--format", "mail").status == 0

    raw = (small / "output/issues/2026-11-18/mail.eml").read_bytes()
    (sender,) = message_from_bytes(raw, policy=default)["From"].addresses
    assert (sender.display_name, sender.addr_spec) == ("Zoë, Daily", "daily@example.org")
    assert f"List-Unsubscribe: <https://example.org/{token}>\r\n".encode() in raw


def test_without_a_sender_there_is_no_message(small: Path) -> None:
    assert run_forked(small, "build", "--format", "mail").status == 0

    assert [path.name for path in (small / "output/issues/2026-11-18").iterdir()] == ["mail.html"]


def test_answers_hints_and_solutions_are_linked_not_contained(send: Callable[[str], Sent]) -> None:
    sent = send("")

    for hidden in ("Nothing was added", "There is an operator", "return a + b", "Why it works"):
        assert hidden not in sent.html + sent.text
    pages = ("https://daily.example.org/news/topics/sums/", "https://daily.example.org/news/problems/add/")
    for page in pages:
        assert f'href="{page}"' in sent.html
        assert page in sent.text


def test_one_call_to_action_unless_more_are_asked_for(send: Callable[[str], Sent]) -> None:
    sent = send("")

    assert "Explore the" in sent.html
    assert "Try it yourself." not in sent.html + sent.text


def test_calls_to_action_can_be_chosen(send: Callable[[str], Sent]) -> None:
    sent = send("  calls_to_action: [problem]\n")

    assert "Try it yourself." in sent.html
    assert "Try it yourself." in sent.text
    assert "Explore the" not in sent.html + sent.text


def test_a_section_can_be_a_summary(send: Callable[[str], Sent]) -> None:
    sent = send("  sections: {problem: summary}\n")

    page = Outline(sent.html)
    assert [text for name, text in page.headings if name == "h2"] == ["Sums", "Add", "The Club"]
    assert ("h3", "Approach") not in page.headings
    assert "APPROACH" not in sent.text.upper()
    assert any(tag.attributes.get("href", "").endswith("/problems/add/") for tag in page.tags)


def test_pictures_can_travel_with_the_mail(send: Callable[[str], Sent]) -> None:
    hosted = Outline((sent := send("  pictures: attached\n")).page)
    shown = [tag.attributes["src"] for tag in Outline(sent.html).tags if tag.name == "img"]
    parts = {part["Content-ID"]: part for part in sent.message.walk() if part.get_content_maintype() == "image"}

    assert shown
    assert {f"<{source.removeprefix('cid:')}>" for source in shown} == set(parts)
    for part in parts.values():
        assert part.get_content().startswith(b"\x89PNG")
    assert all(tag.attributes["src"].startswith("https://") for tag in hosted.tags if tag.name == "img")
    assert sent.message.get_body(("related",)).get_content_type() == "multipart/related"


def test_a_mail_that_must_not_go_out_is_not_written(small: Path) -> None:
    """What an earlier build made of it stays, and all else is built."""
    settings = small / "content/newsletter.yml"
    settings.write_text(settings.read_text() + SETTINGS)
    topic = small / "content/topics/sums.yml"
    run_forked(small, "build")
    mail = small / "output/issues/2026-11-18/mail.eml"
    before = mail.read_bytes()
    topic.write_text(topic.read_text().replace("A sum adds", "TODO A sum adds"))

    run = run_forked(small, "build")

    assert run.status == 1
    assert "error[mail-residue]" in run.err
    assert "--> issues/2026-11-18:1:1" in run.err
    assert mail.read_bytes() == before
    assert "TODO A sum adds" in (small / "output/issues/2026-11-18/post.md").read_text()


def test_pictures_that_mails_show_are_never_removed(small: Path) -> None:
    run_forked(small, "build")
    pictures = {path.name: path.read_bytes() for path in (small / "output/site/assets/formulas").iterdir()}
    assert pictures
    topic = small / "content/topics/sums.yml"
    topic.write_text(topic.read_text().replace("\\sum_{i=1}", "\\sum_{j=1}"))

    run_forked(small, "build")

    kept = {path.name: path.read_bytes() for path in (small / "output/site/assets/formulas").iterdir()}
    assert pictures.items() < kept.items()


def test_without_the_libraries_for_mails_all_else_is_built(small: Path) -> None:
    hide = "import sys; sys.modules.update(css_inline=None); import importlib.util as u; f = u.find_spec\n"
    hide += "u.find_spec = lambda name, *a: None if name == 'css_inline' else f(name, *a)\n"
    command = [sys.executable, "-c", f"{hide}from pixeldigest.cli import main; main()", "--now", "2026-11-18T12:00"]

    whole = subprocess.run([*command, "build"], cwd=small, capture_output=True, text=True, check=False)
    asked = subprocess.run(
        [*command, "build", "--format", "mail"], cwd=small, capture_output=True, text=True, check=False
    )

    assert (whole.returncode, whole.stderr) == (0, "")
    assert "no mails: css_inline is not installed" in whole.stdout
    assert (small / "output/issues/2026-11-18/post.md").is_file()
    assert asked.returncode == 2
    assert asked.stderr == "error: mails need css_inline: pip install 'pixeldigest[mail]'\n"


# The real newsletter


def test_every_mail_of_the_real_newsletter_is_small(built: Path) -> None:
    sizes = {path.parent.name: len(Sent(path.parent).html.encode()) for path in built.glob("issues/*/mail.eml")}

    assert len(sizes) == 21
    assert {day: size for day, size in sizes.items() if size >= 60_000} == {}


def test_every_picture_of_the_real_newsletter_is_on_its_site(built: Path) -> None:
    for path in built.glob("issues/*/mail.html"):
        for tag in Outline(path.read_text(encoding="utf-8")).tags:
            if tag.name == "img":
                assert (built / "site" / tag.attributes["src"].removeprefix(SITE_URL)).is_file(), path


@pytest.mark.browser
@pytest.mark.parametrize("screen", every_third(product([375, 600], ["light", "dark"])), ids=str)
def test_mails_fit_their_window_and_can_be_read(built: Path, chromium: Browser, screen: tuple[int, str]) -> None:
    """The mail has no sideways scroll, every picture loads, and axe finds nothing."""
    width, scheme = screen
    context = chromium.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page = context.new_page()
    asked: list[str] = []

    def serve(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(path=built / "site" / route.request.url.removeprefix(SITE_URL))

    page.route("https://**/*", serve)
    for path in sorted(built.glob("issues/*/mail.html")):
        page.goto(path.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert page.evaluate("[...document.images].filter(one => !one.naturalWidth).map(one => one.src)") == [], path
    page.evaluate(axe_source())
    # A mail has no landmarks, and mail programs take no tabindex.
    left_out = ("region", "landmark-one-main", "scrollable-region-focusable")
    found = page.evaluate("rules => axe.run({rules})", {name: {"enabled": False} for name in left_out})
    context.close()

    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]] == []
    assert asked
