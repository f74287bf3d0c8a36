"""The live preview, asked without a browser."""

from __future__ import annotations

import asyncio
import re
import shutil
import signal
import socket
import time
from datetime import date
from pathlib import Path
from urllib.request import urlopen

import pytest

from asking import ADDRESS, Client
from conftest import REPOSITORY, run_command
from pixeldigest.cache import NO_CACHE
from pixeldigest.content import Ref
from pixeldigest.diagnostics import UserError
from pixeldigest.preview import app
from pixeldigest.preview.app import make_app
from pixeldigest.preview.desk import Desk
from pixeldigest.preview.events import Events
from pixeldigest.preview.server import open_port
from projects import write
from serving import NOTE, serving

TODAY = date(2026, 11, 21)
SUMS = "content/topics/sums.yml"


@pytest.fixture
def desk(small: Path) -> Desk:
    desk = Desk(small, NO_CACHE, lambda _: TODAY)
    desk.reload()
    return desk


@pytest.fixture
def client(desk: Desk) -> Client:
    return client_of(desk)


def client_of(desk: Desk) -> Client:
    return Client(make_app(desk))


def entry(title: str, keys: str = "", text: str = "Text.") -> str:
    return f"title: {title}\nsummary: One sentence.\n{keys}body: |\n  {text}\n"


def built(output: Path) -> dict[str, bytes]:
    """Read all that a build wrote but the search index, which is made of the other files."""
    files = (file for file in output.rglob("*") if file.is_file() and file.name != ".manifest")
    return {
        name: file.read_bytes()
        for file in sorted(files)
        if not (name := file.relative_to(output).as_posix()).startswith("site/pagefind/")
    }


def plain(content: bytes) -> bytes:
    """Take out what the preview says of a page."""
    return NOTE.sub(b"", content)


def different(client: Client, files: dict[str, bytes]) -> list[str]:
    return [name for name, content in files.items() if plain(client.get(f"/{name}").content) != content]


def save(desk: Desk, name: str, old: str, new: str) -> None:
    """Change a file and take it in, as far as that is quick."""
    file = desk.project / name
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    desk.refresh([name])


def alert(page: str) -> str:
    """Read what a page says is wrong."""
    return page.partition('role="alert">')[2].partition('<details class="warnings">')[0].partition('class="bar"')[0]


# What a build would write


@pytest.mark.parametrize("arguments", [(), ("--from", "2026-11-22", "--to", "2026-12-05", "--drafts")])
def test_every_file_that_a_build_writes_is_shown_byte_for_byte(desk: Desk, arguments: tuple[str, ...]) -> None:
    write(desk.project / SUMS, (desk.project / SUMS).read_text(encoding="utf-8") + "aliases: [additions]\n")
    write(desk.project / "content/topics/a-draft.yml", entry("A draft", "draft: true\n"))
    desk.reload()

    assert run_command(desk.project, "build", *arguments).status == 0

    files = built(desk.project / "output")
    assert len(files) > 30
    assert different(client_of(desk), files) == []


def test_this_newsletter_is_shown_as_it_is_built(sites: dict[str, Path]) -> None:
    desk = Desk(REPOSITORY, NO_CACHE, lambda _: TODAY)
    desk.reload()
    output = sites["real"].parent

    # A mail draws its formulas, so that they are there to be shown; of the rest every sixth file will do.
    files = built(output)
    some = {name: files[name] for place, name in enumerate(files) if place % 6 == 0 or name.endswith("mail.html")}

    assert different(client_of(desk), some) == []


def test_a_saved_entry_is_shown_as_a_build_would_make_it(desk: Desk, client: Client) -> None:
    save(desk, SUMS, "## ", "## Changed: ")
    assert run_command(desk.project, "build").status == 0

    files = built(desk.project / "output")
    assert b"Changed: " in files["site/topics/sums/index.html"]
    assert different(client, files) == []
    desk.reload()
    assert different(client, files) == []


def test_nothing_is_written_but_the_cache(desk: Desk, client: Client) -> None:
    before = sorted(desk.project.rglob("*"))

    for path in ("/_preview/", "/site/", "/issues/2026-11-21/mail.html", "/site/issues/2026-11-21/cover.png"):
        client.get(path)

    assert sorted(path for path in desk.project.rglob("*") if ".pixeldigest" not in path.parts) == [
        path for path in before if ".pixeldigest" not in path.parts
    ]


def test_the_first_address_leads_to_the_site(client: Client) -> None:
    assert client.get("/").url.path == "/site/"


@pytest.mark.parametrize(
    "path",
    [
        "/site/nothing/",
        "/site/issues/2026-12-01/",
        "/preview/site/issues/2026-11-21/",
        "/site/issues/2026-02-30/",
        "/preview/site/topics/nothing/",
        "/issues/2026-11-21/nothing.txt",
        "/site/assets/%2e%2e/%2e%2e/%2e%2e/content/newsletter.yml",
        "/_preview/assets/..%2fapp.py",
        "/_preview/assets/.hidden",
    ],
)
def test_what_a_build_would_not_write_is_not_there(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_a_file_that_the_browser_has_is_not_sent_again(client: Client) -> None:
    first = client.get("/site/assets/style.css")

    again = client.get("/site/assets/style.css", headers={"If-None-Match": first.headers["ETag"]})

    assert (again.status_code, again.content) == (304, b"")


# Saves


def test_a_page_follows_a_new_file_and_one_that_is_gone(desk: Desk, client: Client) -> None:
    write(desk.project / "content/topics/new.yml", entry("New"))
    desk.refresh(["content/topics/new.yml"])
    desk.reload()
    there = client.get("/preview/site/topics/new/index.html")
    (desk.project / "content/topics/new.yml").unlink()
    desk.refresh(["content/topics/new.yml"])
    desk.reload()

    gone = client.get("/preview/site/topics/new/index.html")

    assert (there.status_code, gone.status_code) == (200, 404)


def test_what_was_saved_while_all_was_read_is_not_lost(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    reading = "pixeldigest.preview.desk.read_newsletter"
    read = desk.reload.__globals__["read_newsletter"]

    def read_and_save(*arguments: object) -> object:
        result = read(*arguments)
        save(desk, SUMS, "## ", "## Meanwhile: ")
        return result

    monkeypatch.setattr(reading, read_and_save)

    assert not desk.reload()
    assert "Meanwhile: " in client_of(desk).get("/site/topics/sums/").text


def test_a_file_that_is_still_being_written_is_left_alone(desk: Desk, client: Client) -> None:
    before = client.get("/site/topics/sums/").content
    write(desk.project / SUMS, "")

    desk.refresh([SUMS])

    assert client.get("/site/topics/sums/").content == before


def test_a_template_is_taken_in_at_once(desk: Desk, client: Client) -> None:
    write(desk.project / "templates/web/topics.html", "<html><body>All {{ words.topics }}</body></html>")

    desk.refresh(["templates/web/topics.html"])

    assert "All Topics" not in client.get("/site/").text
    assert plain(client.get("/site/topics/").content) == b"<html><body>All Topics</body></html>"


def test_pages_load_assets_anew_that_have_changed(desk: Desk, client: Client) -> None:
    def assets() -> str:
        found = re.search('data-assets="(.*?)"', client.get("/site/").text)
        return found[1] if found else ""

    before = assets()
    write(desk.project / "templates/assets/custom.css", "p { color: red }")
    desk.refresh(["templates/assets/custom.css"])

    assert before != assets()
    assert "custom.css" in client.get("/site/").text
    assert client.get("/site/assets/custom.css").text == "p { color: red }"


def test_unsaved_content_is_shown_and_not_kept(desk: Desk, client: Client) -> None:
    text = (desk.project / SUMS).read_bytes()

    page = desk.page_with(Ref("topic", "sums"), text.replace(b"## ", b"## Unsaved: "))

    assert b"Unsaved: " in page
    assert b"Unsaved: " not in client.get("/site/topics/sums/").content


def test_an_entry_that_is_not_saved_yet_has_a_page(desk: Desk) -> None:
    page = desk.page_with(Ref("topic", "unheard"), entry("Unheard").encode())

    assert b"Unheard" in page


def test_unsaved_content_with_an_error_is_refused(desk: Desk) -> None:
    with pytest.raises(UserError) as refused:
        desk.page_with(Ref("topic", "sums"), entry("Sums", text="$\\frac{$").encode())

    assert [one.rule for one in refused.value.diagnostics] == ["formula"]


# What is wrong


def test_an_error_is_told_over_the_last_good_page(desk: Desk, client: Client) -> None:
    good = plain(client.get("/site/topics/sums/").content)

    save(desk, SUMS, "summary:", "sumary:")
    at_once = client.get("/site/topics/sums/")
    desk.reload()
    later = client.get("/site/topics/sums/")

    for page in (at_once, later):
        assert plain(page.content) == good
        assert "error[unknown-key]: &#39;sumary&#39;" in alert(page.text)
        assert f"{SUMS}:2:1" in alert(page.text)
    save(desk, SUMS, "sumary:", "summary:")
    assert "<details" not in alert(client.get("/site/topics/sums/").text)


def test_a_text_with_an_error_is_told_over_the_last_good_page(desk: Desk, client: Client) -> None:
    good = plain(client.get("/site/topics/sums/").content)

    save(desk, SUMS, "## ", "# ")
    page = client.get("/site/topics/sums/")

    assert plain(page.content) == good
    assert "error[heading]" in alert(page.text)


def test_plans_do_not_jump_while_an_entry_is_broken(desk: Desk) -> None:
    assert desk.edition
    before = {day: issue.title for day, issue in desk.edition.issues.items()}

    save(desk, "content/topics/means.yml", "title:", "titel:")
    desk.reload()

    assert {day: issue.title for day, issue in desk.edition.issues.items()} == before


def test_what_the_page_needs_is_told_first(desk: Desk, client: Client) -> None:
    save(desk, "content/problems/add.yml", "summary:", "sumary:")
    save(desk, "content/topics/variance.yml", "summary:", "sumary:")
    desk.reload()

    told = re.findall(r"--&gt; (\S+?):", alert(client.get("/preview/site/topics/variance/").text))

    assert told[0] == "content/topics/variance.yml"
    assert "content/problems/add.yml" in told


def test_advice_on_what_was_saved_is_a_warning(desk: Desk, client: Client) -> None:
    save(desk, SUMS, "## ", "## TODO ")
    desk.reload()

    page = client.get("/site/topics/sums/").text

    assert "<details" not in alert(page)
    assert "warning[residue]" in page


def test_settings_that_cannot_be_read_leave_what_was_shown(desk: Desk, client: Client) -> None:
    good = plain(client.get("/site/").content)

    write(desk.project / "content/newsletter.yml", "title: [")
    desk.refresh(["content/newsletter.yml"])
    desk.reload()

    page = client.get("/site/")
    assert plain(page.content) == good
    assert "content/newsletter.yml" in alert(page.text)


def test_a_newsletter_that_cannot_be_built_is_served_until_it_can(small: Path) -> None:
    settings = (small / "content/newsletter.yml").read_text(encoding="utf-8")
    write(small / "content/newsletter.yml", settings.replace("version: 1", "version: 7"))
    desk = Desk(small, NO_CACHE, lambda _: TODAY)
    desk.reload()
    client = client_of(desk)
    broken = [client.get(path) for path in ("/site/", "/_preview/", "/issues/2026-11-21/post.md")]
    write(small / "content/newsletter.yml", settings)
    desk.reload()

    mended = client.get("/site/")

    assert [page.status_code for page in broken] == [500, 500, 500]
    assert all("error[version]" in alert(page.text) for page in broken)
    assert mended.status_code == 200


def test_a_mistake_in_a_template_is_told_over_the_last_good_page(desk: Desk, client: Client) -> None:
    good = plain(client.get("/site/topics/").content)
    write(desk.project / "templates/web/topics.html", "<body>\n{{ nothing }}</body>")

    desk.refresh(["templates/web/topics.html"])
    page = client.get("/site/topics/")

    assert plain(page.content) == good
    assert "templates/web/topics.html:2" in alert(page.text)
    assert "nothing" in alert(page.text)


def test_a_draft_with_errors_from_the_start_says_what_it_waits_for(desk: Desk, client: Client) -> None:
    sketch = desk.project / "content/topics/sketch.yml"
    write(sketch, entry("A sketch", "draft: true\nsumary: One.\n"))
    desk.reload()
    waiting, home = client.get("/preview/site/topics/sketch/"), client.get("/_preview/").text
    write(sketch, entry("A sketch", "draft: true\n"))
    desk.reload()

    assert waiting.status_code == 404
    assert "It shows <code>content/topics/sketch.yml</code>" in waiting.text
    assert "&#39;sumary&#39; is not a key of a topic" in waiting.text.partition("<template")[0]
    assert re.search(r">sketch</a> <span.*?Has errors: never sent.*?/_preview/edit/topic/sketch", home, re.DOTALL)
    assert client.get("/preview/site/topics/sketch/").status_code == 200


def test_a_page_that_is_not_on_the_site_yet_leads_to_its_preview(desk: Desk, client: Client) -> None:
    write(desk.project / "content/topics/sketch.yml", entry("A sketch", "draft: true\n"))
    desk.reload()

    page = client.get("/site/topics/sketch/")

    assert page.status_code == 404
    assert 'href="/preview/site/topics/sketch/index.html"' in page.text


@pytest.mark.parametrize("path", ["course/basics", "collection/warm-up", "page/about"])
def test_pages_of_all_kinds_lead_to_their_forms(client: Client, path: str) -> None:
    kind, _, name = path.partition("/")
    address = f"/site/{name}/" if kind == "page" else f"/site/{kind}s/{name}/"

    assert f'href="/_preview/edit/{path}"' in client.get(address).text


def test_a_day_that_cannot_be_made_says_why(small: Path) -> None:
    write(small / "content/calendar.yml", "2026-11-25:\n  sections: {topic: nothing}\n")
    desk = Desk(small, NO_CACHE, lambda _: TODAY)
    desk.reload()
    client = client_of(desk)

    overview = client.get("/_preview/?date=2026-11-25")

    assert "nothing" in overview.text.partition('class="reason"')[2][:200]
    assert client.get("/site/issues/2026-11-21/").status_code == 200


# The desk


def test_the_desk_shows_an_issue_in_all_formats(client: Client) -> None:
    page = client.get("/_preview/?date=2026-11-21").text

    frames = re.findall(r'<iframe[^>]* src="(.*?)"', page)
    assert frames == ["/site/issues/2026-11-21/index.html", *["/_preview/mail/issues/2026-11-21/mail.html"] * 2]
    assert re.findall(r'<article id="(.*?)"', page) == ["web", "phone", "desktop", "issue.txt", "devto.md", "post.md"]
    assert "Not published yet</span>" not in page


def test_the_desk_marks_a_day_to_come(client: Client) -> None:
    page = client.get("/_preview/?date=2026-11-23").text

    assert "Not published yet</span>" in page
    assert '<iframe src="/preview/site/issues/2026-11-23/index.html"' in page
    assert "Comes on Mon 2026-11-23: not published yet" in client.get("/preview/site/issues/2026-11-23/").text


def test_the_desk_plans_as_far_as_it_is_asked(client: Client) -> None:
    page = client.get("/_preview/?date=2027-03-01").text

    assert 'src="/preview/site/issues/2027-03-01/index.html"' in page
    assert client.get("/preview/site/issues/2027-03-01/").status_code == 200


def test_a_day_without_an_issue_leads_to_the_next(desk: Desk, client: Client) -> None:
    write(desk.project / "content/calendar.yml", "2027-03-01:\n  skip: A holiday\n")
    desk.reload()

    page = client.get("/_preview/?date=2027-03-01").text

    assert "A holiday" in page
    assert 'href="/_preview/?date=2027-03-02" rel="next"' in page
    assert '<span class="ribbon">' not in page


def test_the_desk_lists_drafts_and_why_days_hold_what_they_hold(desk: Desk, client: Client) -> None:
    write(desk.project / "content/topics/sketch.yml", entry("A sketch", "draft: true\n"))
    write(desk.project / "content/calendar.yml", "2026-11-24:\n  skip: A holiday\n")
    desk.reload()

    page = client.get("/_preview/").text

    assert re.search(r'href="/preview/site/topics/sketch/index.html">A sketch</a>.*?Draft: never sent', page, re.DOTALL)
    assert re.search(r"2026-11-24</a>\s*</p>\s*<p class=\"reason\">A holiday", page)
    assert "it is next in its course" in page


def test_the_desk_says_why_a_day_has_no_issue(client: Client) -> None:
    assert "issues start on 2026-11-18" in client.get("/_preview/?date=2026-11-17").text


def test_a_draft_is_marked(desk: Desk, client: Client) -> None:
    save(desk, SUMS, "summary:", "draft: true\nsummary:")
    desk.reload()

    assert "Draft: never sent while it is one" in client.get("/preview/site/topics/sums/").text


def test_a_mail_shows_pictures_that_are_not_on_the_site_yet(client: Client) -> None:
    page = client.get("/_preview/mail/preview/issues/2026-11-23/mail.html")
    pictures = re.findall(r'<img[^>]* src="(.*?)"', page.text)

    assert {client.get(address).status_code for address in pictures} <= {200}
    assert all(address.startswith("/site/") for address in pictures)
    assert "sandbox allow-same-origin" in page.headers["Content-Security-Policy"]


# Who may ask


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "[::1]:8000", "LOCALHOST"])
def test_the_preview_answers_by_this_machines_names(client: Client, host: str) -> None:
    assert client.get("/site/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "192.168.1.5:8000", "", "localhost@evil"])
def test_other_names_are_refused(client: Client, host: str) -> None:
    response = client.get("/site/", headers={"Host": host})

    assert response.status_code == 421
    assert response.text == f"'{host}' is not a name of this preview; use the address it printed\n"


SAVE = "/_preview/save/topic/sums"
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://evil.example", **JSON}, 403),
        ({"Origin": "null", **JSON}, 403),
        ({"Origin": "http://127.0.0.1:9000", **JSON}, 403),
        ({"Origin": "http://localhost:8000", **JSON}, 403),
        ({"Sec-Fetch-Site": "cross-site", **JSON}, 403),
        (JSON, 403),
        ({"Origin": ADDRESS, "Content-Type": "text/plain"}, 415),
        ({"Origin": ADDRESS, "Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({"Origin": ADDRESS}, 415),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_what_other_sites_send_is_refused(client: Client, method: str, headers: dict[str, str], status: int) -> None:
    assert client.request(method, SAVE, headers=headers, content="{}").status_code == status


def test_others_may_look_where_the_preview_is_shared_but_not_write(desk: Desk) -> None:
    client = Client(make_app(desk, shared=True), "http://192.168.1.5:8000", "192.168.1.9")

    looked = client.get("/site/")
    wrote = client.post(SAVE, headers={"Origin": "http://192.168.1.5:8000", **JSON}, content="{}")

    assert looked.status_code == 200
    assert (wrote.status_code, wrote.text) == (403, "only the machine that the preview runs on may write\n")
    assert client.get("/site/", headers={"Host": "evil.example"}).status_code == 421


@pytest.mark.parametrize("path", ["/_preview/", "/site/", "/issues/2026-11-21/mail.html"])
def test_other_sites_can_neither_frame_nor_load_what_is_shown(client: Client, path: str) -> None:
    headers = client.get(path).headers

    assert "frame-ancestors 'self'" in headers["Content-Security-Policy"]
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"


# Events


def test_all_who_follow_hear_of_each_version_and_of_the_end() -> None:
    events = Events()

    async def follow() -> list[str]:
        return [version async for version in events.follow()]

    async def story() -> list[list[str]]:
        following = [asyncio.create_task(follow()) for _ in range(2)]
        await asyncio.sleep(0)
        events.publish()
        await asyncio.sleep(0.01)
        events.close()
        return await asyncio.gather(*following)

    first, second = asyncio.run(story())
    assert first == second
    assert len({*first}) == len(first) == 2
    assert Events().version not in first


# The command


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_preview_though_pages_are_open(small: Path, ending: signal.Signals) -> None:
    with serving(small) as served, urlopen(f"{served.address}_preview/events") as events:
        assert events.readline() == b"retry: 500\n"
        served.process.send_signal(ending)

        _, errors = served.process.communicate(timeout=20)

    assert served.process.returncode == 0
    assert errors == "Ctrl-C ends it\n"


def test_a_save_is_heard_by_an_open_page(small: Path) -> None:
    with serving(small) as served, urlopen(f"{served.address}_preview/events", timeout=20) as events:
        write(small / SUMS, (small / SUMS).read_text(encoding="utf-8").replace("## ", "## Changed: "))
        wait_for(f"{served.address}site/topics/sums/", b"Changed: ")

        told = [line for line in (events.readline() for _ in range(6)) if line.startswith(b"data: ")]

    assert len({*told}) == 2


def test_folders_that_appear_are_watched(small: Path) -> None:
    with serving(small) as served:
        address = f"{served.address}site/topics/"
        write(small / "templates/web/topics.html", "<html><body>One</body></html>")
        wait_for(address, b"<body>One")

        write(small / "templates/web/topics.html", "<html><body>Two</body></html>")

        wait_for(address, b"<body>Two")


def test_content_that_is_replaced_as_a_whole_is_followed(small: Path) -> None:
    """As git does when somebody goes to another branch."""
    other = small.parent / "other"
    shutil.copytree(small / "content", other)
    write(other / "topics/sums.yml", entry("Other sums"))
    with serving(small) as served:
        shutil.rmtree(small / "content")
        wait_for(f"{served.address}_preview/", b"error[")
        shutil.copytree(other, small / "content")

        wait_for(f"{served.address}site/topics/sums/", b"Other sums")


def wait_for(url: str, text: bytes) -> None:
    """Ask again until a page holds a text; the limit only catches what never comes."""
    until = time.monotonic() + 30
    while text not in urlopen(url).read():
        assert time.monotonic() < until, f"{url} never held {text!r}"
        time.sleep(0.05)


def test_a_port_that_is_taken_is_told(small: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        run = run_command(small, "serve", "--port", str(port))

    message = f"error: port {port} is taken; name another with --port, or 0 for any that is free\n"
    assert (run.status, run.err) == (75, message)


def test_without_a_port_the_next_free_one_is_taken() -> None:
    with open_port("127.0.0.1", None, shared=False) as first, open_port("127.0.0.1", None, shared=False) as second:
        assert first.getsockname()[1] < second.getsockname()[1]


def test_other_machines_are_kept_out_unless_that_is_said(small: Path) -> None:
    run = run_command(small, "serve", "--host", "0.0.0.0")

    message = "'0.0.0.0' can be reached from other machines; add --share if they may look (only this one can write)"
    assert (run.status, run.err) == (2, f"error: {message}\n")


def test_a_folder_without_a_newsletter_is_told(tmp_path: Path) -> None:
    assert run_command(tmp_path, "serve").status == 78


@pytest.mark.parametrize("address", ["/_preview/", "/site/topics/sums/", "/site/nothing/"])
def test_a_page_that_something_changed_under_looks_again(
    desk: Desk, client: Client, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    """It bears the version that it was begun with, and not that of the moment at which it is sent."""
    before = desk.events.version
    look = Desk.show if "site" in address else app.look_at_day
    where = Desk if "site" in address else app

    def look_while_it_changes(*arguments: object) -> object:
        shown = look(*arguments)
        desk.events.publish()
        return shown

    monkeypatch.setattr(where, look.__name__, look_while_it_changes)
    page = client.get(address).text

    assert f'data-version="{before}"' in page
    assert before != desk.events.version
