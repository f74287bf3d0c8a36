"""Forms, asked without a browser: what they show, what they save, and what they refuse."""

from __future__ import annotations

import json
import re
from datetime import date
from hashlib import sha256
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asking import ADDRESS, Client
from conftest import REPOSITORY, examples
from pixeldigest.cache import NO_CACHE
from pixeldigest.listing import FOLDERS
from pixeldigest.preview.app import make_app
from pixeldigest.preview.desk import Desk
from pixeldigest.preview.formvalues import form_schema, merge, read_form, show
from pixeldigest.schemas import entry_schema
from pixeldigest.yamltree import parse_tree, to_plain
from projects import write
from test_yamledit import changed

SUMS, ADD = "content/topics/sums.yml", "content/problems/add.yml"
ASSETS = REPOSITORY / "src/pixeldigest/preview/assets"
EDIT_SUMS = "/_preview/edit/topic/sums"
OWN = {"Origin": ADDRESS}
ENTRIES = sorted(
    path
    for kind in FOLDERS.values()
    for folder in (REPOSITORY / "content", REPOSITORY / "tests/newsletters/small/content")
    for path in (folder / kind).rglob("*.yml")
)


@pytest.fixture
def client(small: Path) -> Client:
    desk = Desk(small, NO_CACHE, lambda _: date(2026, 11, 21))
    desk.reload()
    return Client(make_app(desk))


def about(client: Client, address: str) -> Any:
    """What a form's page hands to its script."""
    page = client.get(address).text
    found = re.search(r'<script type="application/json" id="about">(.*?)</script>', page, re.DOTALL)
    assert found
    return json.loads(found[1])


def save(client: Client, address: str, change: dict[str, Any], *, anyway: bool = False, was: Any = None) -> Any:
    shown = was or about(client, address)["shown"]
    body = {"was": shown, "shown": shown | change, "anyway": anyway}
    return client.post(address, json=body, headers=OWN)


def read(small: Path, name: str) -> str:
    return (small / name).read_text(encoding="utf-8")


def test_a_form_shows_every_field_in_the_order_of_the_model(client: Client) -> None:
    told = about(client, EDIT_SUMS)

    assert told["address"] == "/site/topics/sums/index.html"
    fields = told["schema"]["properties"]
    assert sorted(fields) == sorted(told["shown"]) == sorted(entry_schema("topic")["properties"])
    assert sorted(fields, key=lambda one: fields[one]["propertyOrder"])[:4] == ["title", "summary", "body", "tags"]
    assert told["shown"]["title"] == "Sums"
    assert told["shown"]["draft"] is False
    assert told["shown"]["quiz"][0]["answer"] == ["$0$"]


def test_a_changed_title_is_saved_as_a_diff_of_one_line(client: Client, small: Path) -> None:
    before = read(small, SUMS)

    answer = save(client, EDIT_SUMS, {"title": "Sums: all of them"})

    assert answer.status_code == 200
    assert changed(before, read(small, SUMS)) == ["-title: Sums", "+title: 'Sums: all of them'"]
    assert answer.json()["shown"]["title"] == "Sums: all of them"
    assert "Sums: all of them" in client.get("/site/topics/sums/").text


def test_comments_stay_and_what_is_not_changed_is_not_touched(client: Client, small: Path) -> None:
    text = read(small, SUMS).replace("tags: [numbers]", "tags: [numbers]  # one is enough\ndraft: no  # not any more")
    write(small / SUMS, text)

    assert save(client, EDIT_SUMS, {"summary": "Adding up."}).status_code == 200

    assert changed(text, read(small, SUMS)) == [
        "-summary: Adding numbers up, and what can go wrong.",
        "+summary: Adding up.",
    ]


def test_a_form_that_changes_nothing_writes_nothing(client: Client, small: Path) -> None:
    before = (small / SUMS).stat().st_mtime_ns

    assert save(client, EDIT_SUMS, {}).status_code == 200

    assert (small / SUMS).stat().st_mtime_ns == before


def test_errors_are_told_at_their_fields_and_nothing_is_written(client: Client, small: Path) -> None:
    before = read(small, ADD)
    shown = about(client, "/_preview/edit/problem/add")["shown"]
    change = {
        "summary": "",
        "difficulty": "eazy",
        "body": "Write it.\n\n![Bars](images/nothing.svg)\n",
        "wrong_answers": [*shown["wrong_answers"], {"why": "is empty", "code": ""}],
    }

    answer = save(client, "/_preview/edit/problem/add", change)

    assert answer.status_code == 422
    assert [(one["path"], one["label"], one["message"]) for one in answer.json()["faults"]] == [
        ("root.summary", "Summary", "this text is empty; write it, or delete the line"),
        ("root.difficulty", "Difficulty", "'eazy' is not a difficulty; did you mean 'easy'?"),
        (
            "root.wrong_answers.1.code",
            "Wrong answers › 2 › Code",
            "this block is empty; write the text below the key, indented",
        ),
        ("root.body", "Body", "there is no image 'images/nothing.svg'; put the file into content/images/"),
    ]
    assert read(small, ADD) == before


def test_errors_in_texts_are_told_at_their_fields(client: Client) -> None:
    answer = save(client, EDIT_SUMS, {"body": "See [that](topic:summs).\n\n![](images/bars.svg)\n"})

    assert {(one["path"], one["rule"]) for one in answer.json()["faults"] if one["severity"] == "error"} == {
        ("root.body", "link"),
        ("root.body", "image"),
    }


def test_errors_in_texts_are_told_with_their_lines(client: Client) -> None:
    line = "One long line that goes on and on, with [a link](topic:summs) in its midst, and more words behind it."

    answer = save(client, EDIT_SUMS, {"body": f"First.\n\n{line}\n"})

    (fault,) = (one for one in answer.json()["faults"] if one["rule"] == "link")
    at, behind = line.index("topic:"), line.index(") in")
    assert fault["stretch"] == {
        "line": 3,
        "start": 8 + at,
        "end": 8 + behind,
        "before": f"…{line[at - 30 : at]}",
        "marked": "topic:summs",
        "after": f"{line[behind : behind + 30]}…",
    }


@pytest.mark.parametrize(
    ("path", "change", "told"),
    [
        ("topic/sums", {"prerequisites": ["count"]}, ("root.prerequisites.0", "there is no topic 'count'")),
        ("problem/add", {"collections": ["warm-ups"]}, ("root.collections.0", "there is no collection 'warm-ups'")),
    ],
)
def test_ids_that_name_nothing_are_told_before_they_are_saved(
    client: Client, path: str, change: dict[str, Any], told: tuple[str, str]
) -> None:
    faults = save(client, f"/_preview/edit/{path}", change).json()["faults"]

    assert told in {(one["path"], one["message"].partition(";")[0]) for one in faults}


def test_topics_that_do_not_exist_are_told_in_their_chapter(client: Client) -> None:
    first, *others = about(client, "/_preview/edit/course/basics")["shown"]["chapters"]

    answer = save(client, "/_preview/edit/course/basics", {"chapters": [{**first, "topics": ["summs"]}, *others]})

    (fault,) = answer.json()["faults"]
    assert (fault["path"], fault["label"]) == ("root.chapters.0.topics.0", "Chapters › 1 › Topics › 1")
    assert "there is no topic 'summs'; did you mean 'sums'?" in fault["message"]


def test_whoever_insists_saves_errors(client: Client, small: Path) -> None:
    assert save(client, EDIT_SUMS, {"url": "example"}, anyway=True).status_code == 200

    assert "url: example\n" in read(small, SUMS)
    assert about(client, EDIT_SUMS)["shown"]["url"] == "example"


def test_what_two_people_change_apart_is_kept_of_both_and_told(client: Client, small: Path) -> None:
    was = about(client, EDIT_SUMS)["shown"]
    write(small / SUMS, read(small, SUMS).replace("summary: Adding", "# a comment\nsummary: Always adding"))

    answer = save(client, EDIT_SUMS, {"title": "All sums"}, was=was)

    assert answer.status_code == 200
    assert answer.json()["taken"] == ["Summary"]
    assert "title: All sums\n# a comment\nsummary: Always adding numbers" in read(small, SUMS)


def test_what_two_people_change_differently_is_not_written_until_one_decides(client: Client, small: Path) -> None:
    was = about(client, EDIT_SUMS)["shown"]
    theirs = (
        read(small, SUMS).replace("title: Sums\n", "title: Their sums\n").replace("tags: [numbers]", "tags: [more]")
    )
    write(small / SUMS, theirs)

    refused = save(client, EDIT_SUMS, {"title": "My sums"}, was=was)

    assert refused.status_code == 409
    told = refused.json()
    assert told["conflicts"] == [{"key": "title", "title": "Title", "lines": ["-Their sums", "+My sums"]}]
    assert told["taken"] == ["tags"]
    assert read(small, SUMS) == theirs

    decided = save(client, EDIT_SUMS, {"title": "My sums"}, was=told["theirs"])

    assert decided.status_code == 200
    assert changed(theirs, read(small, SUMS)) == ["-title: Their sums", "+title: My sums"]


def test_the_same_change_by_two_people_is_no_conflict(client: Client, small: Path) -> None:
    was = about(client, EDIT_SUMS)["shown"]
    write(small / SUMS, read(small, SUMS).replace("title: Sums\n", "title: All sums\n"))

    assert save(client, EDIT_SUMS, {"title": "All sums"}, was=was).status_code == 200


def test_a_file_that_is_gone_is_not_written_again(client: Client, small: Path) -> None:
    was = about(client, EDIT_SUMS)["shown"]
    (small / SUMS).unlink()

    answer = save(client, EDIT_SUMS, {"title": "All sums"}, was=was)

    assert answer.status_code == 410
    assert "deleted or renamed" in answer.json()["message"]
    assert not (small / SUMS).exists()


def test_a_file_that_was_broken_meanwhile_is_not_written(client: Client, small: Path) -> None:
    was = about(client, EDIT_SUMS)["shown"]
    write(small / SUMS, "title: 'Sums\n")

    answer = save(client, EDIT_SUMS, {"title": "All sums"}, was=was)

    assert answer.status_code == 409
    assert "content/topics/sums.yml:1:8" in answer.json()["message"]
    assert read(small, SUMS) == "title: 'Sums\n"


@pytest.mark.parametrize("text", ["title: 'Sums\n", "title: Sums\nquiz:\n  - one\n", "- Sums\n", "title: [Sums]\n"])
def test_what_no_form_can_show_is_mended_by_hand(client: Client, small: Path, text: str) -> None:
    write(small / SUMS, text)

    page = client.get(EDIT_SUMS)

    assert page.status_code == 200
    assert "No form can show this file" in page.text
    assert "content/topics/sums.yml:" in unescape(page.text)


@pytest.mark.parametrize(
    "address",
    [
        "/_preview/edit/topic/nothing",
        "/_preview/edit/record/2026",
        "/_preview/edit/topic/..%2F..%2Fnewsletter",
        "/_preview/edit/topic/%2e%2e",
        "/_preview/new/newsletter",
    ],
)
def test_only_files_that_the_library_names_have_forms(client: Client, address: str) -> None:
    assert client.get(address).status_code == 404
    assert client.post(address, json={"was": {}, "shown": {}, "title": "A"}, headers=OWN).status_code in {404, 405, 410}


def test_links_that_lead_out_of_the_content_are_not_followed(client: Client, small: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.yml"
    outside.write_text(read(small, SUMS), encoding="utf-8")
    was = about(client, EDIT_SUMS)["shown"]
    (small / SUMS).unlink()
    (small / SUMS).symlink_to(outside)

    answer = save(client, EDIT_SUMS, {"title": "All sums"}, was=was)

    assert answer.status_code == 409
    assert "leads out of content/" in answer.json()["message"]
    assert "All sums" not in outside.read_text(encoding="utf-8")


@pytest.mark.parametrize("address", [EDIT_SUMS, "/_preview/draft/topic/sums", "/_preview/new/topic"])
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://example.org"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({}, 403),
        ({**OWN, "Content-Type": "text/plain"}, 415),
        ({**OWN, "Host": "example.org"}, 421),
    ],
)
def test_other_sites_can_write_nothing(
    client: Client, small: Path, address: str, headers: dict[str, str], status: int
) -> None:
    before = read(small, SUMS)
    body = json.dumps({"was": {}, "shown": {"title": "Mine"}, "title": "Mine", "anyway": True})

    answer = client.post(address, content=body, headers={"Content-Type": "application/json", **headers})

    assert answer.status_code == status
    assert read(small, SUMS) == before
    assert not (small / "content/topics/mine.yml").exists()


@pytest.mark.parametrize("body", ["", "[]", "{", '{"was": 1, "shown": {}}', "[" * 100_000, '{"was": {}}'])
def test_what_is_not_from_a_form_is_refused(client: Client, body: str) -> None:
    headers = {**OWN, "Content-Type": "application/json"}

    assert client.post(EDIT_SUMS, content=body, headers=headers).status_code == 400


def test_more_than_a_file_may_hold_is_refused(client: Client) -> None:
    assert save(client, EDIT_SUMS, {"body": "a" * 4_000_000}).status_code == 413


def test_a_draft_is_judged_and_shown_without_being_written(client: Client, small: Path) -> None:
    before = read(small, SUMS)
    shown = about(client, EDIT_SUMS)["shown"]

    answer = client.post(
        "/_preview/draft/topic/sums", json={"was": shown, "shown": shown | {"title": "Not yet"}}, headers=OWN
    )

    assert answer.json()["faults"] == []
    assert "<h1>Not yet</h1>" in answer.json()["page"]
    assert read(small, SUMS) == before
    assert "Not yet" not in client.get("/site/topics/sums/").text


def test_a_draft_with_errors_has_no_page(client: Client) -> None:
    shown = about(client, EDIT_SUMS)["shown"]

    answer = client.post("/_preview/draft/topic/sums", json={"was": shown, "shown": shown | {"title": ""}}, headers=OWN)

    assert answer.json()["page"] is None
    assert [one["path"] for one in answer.json()["faults"]] == ["root.title"]


@pytest.mark.parametrize(
    ("kind", "more", "holds"),
    [
        ("topic", {"chapter": "basics/first"}, "draft: true"),
        ("problem", {"difficulty": "hard", "collection": "warm-up"}, "difficulty: hard"),
        ("feature", {}, "draft: true"),
        ("page", {}, "draft: true"),
        ("collection", {}, "title: 'New: one'"),
    ],
)
def test_a_new_file_is_made_once(client: Client, small: Path, kind: str, more: dict[str, str], holds: str) -> None:
    assert client.get(f"/_preview/new/{kind}").status_code == 200

    made = client.post(f"/_preview/new/{kind}", json={"title": "New: one", **more}, headers=OWN)
    again = client.post(f"/_preview/new/{kind}", json={"title": "New: one", **more}, headers=OWN)

    assert made.json() == {"address": f"/_preview/edit/{kind}/new-one"}
    text = read(small, f"content/{kind}s/new-one.yml")
    assert holds in text
    assert again.status_code == 422
    assert again.json() == {"message": f"content/{kind}s/new-one.yml exists already; choose another title"}
    assert read(small, f"content/{kind}s/new-one.yml") == text
    assert about(client, f"/_preview/edit/{kind}/new-one")["shown"]["title"] == "New: one"


def test_a_new_topic_stands_in_its_chapter(client: Client, small: Path) -> None:
    before = read(small, "content/courses/basics.yml")

    client.post("/_preview/new/topic", json={"title": "Medians", "chapter": "basics/first"}, headers=OWN)

    assert changed(before, read(small, "content/courses/basics.yml")) == ["+      - medians"]


def test_pages_of_forms_run_only_our_own_scripts(client: Client) -> None:
    page = client.get(EDIT_SUMS)

    assert "script-src 'self';" in page.headers["content-security-policy"]
    assert "style-src 'self';" in page.headers["content-security-policy"]
    assert not re.findall(r"<script(?![^>]*(?:src=|application/json))", page.text)
    assert not re.findall(r"<[^>]* (?:style|on\w+)=", page.text)


def test_json_editor_is_the_one_that_npm_has_as_2_17_2() -> None:
    digest = "c7a7278bf93d75e3de8b02a914ed36bd879a3e76105a87b6aa286a5a7885f4fc"

    assert sha256((ASSETS / "jsoneditor.min.js").read_bytes()).hexdigest() == digest
    assert "MIT" in (ASSETS / "jsoneditor.js.LICENSE.txt").read_text(encoding="utf-8")


def test_content_does_not_get_out_of_where_it_stands(client: Client, small: Path) -> None:
    write(small / SUMS, read(small, SUMS).replace("title: Sums\n", "title: </script><img src=x onerror=alert(1)>\n"))

    page = client.get(EDIT_SUMS).text

    assert "<img src=x" not in page
    assert about(client, EDIT_SUMS)["shown"]["title"] == "</script><img src=x onerror=alert(1)>"


@pytest.mark.parametrize("path", ENTRIES, ids=lambda path: "/".join(path.parts[-4:]))
def test_every_real_file_goes_through_its_form_unchanged(path: Path) -> None:
    kind = path.parent.name.removesuffix("s")
    schema, plain = entry_schema(kind), to_plain(parse_tree(path.read_text(encoding="utf-8")))
    shown = show(schema, plain)

    assert read_form(schema, shown, plain) == plain
    assert read_form(schema, json.loads(json.dumps(shown))) == plain
    assert merge(schema, shown, shown, plain) == (plain, (), ())


@pytest.mark.parametrize(
    ("key", "typed"),
    [("draft", "maybe"), ("not_before", "tomorrow"), ("difficulty", "eazy")],
)
def test_a_widget_that_cannot_show_what_stands_there_gives_way_to_one_that_can(key: str, typed: str) -> None:
    schema = entry_schema("problem")
    field = form_schema(schema, show(schema, {key: typed}))["properties"][key]

    assert field["type"] == "string"
    assert "format" not in field
    assert typed in field.get("enum", [typed])
    assert read_form(schema, show(schema, {key: typed}), {key: typed}) == {key: typed}


TEXTS = st.text(st.sampled_from("aé€😀 -:#'\"\\[]{}&*|\t\n\r\u2028\x00\ud800"), max_size=12)


def filled(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Whatever a form of a schema can send."""
    match schema["type"]:
        case "object":
            return st.fixed_dictionaries({key: filled(one) for key, one in schema["properties"].items()})
        case "array":
            return st.lists(filled(schema["items"]), max_size=2)
        case "boolean":
            return st.booleans()
    return TEXTS


@given(filled(entry_schema("problem")), filled(entry_schema("problem")))
@examples(40)
def test_whatever_a_form_sends_is_shown_again_once_it_is_saved(was: Any, sent: Any) -> None:
    schema = entry_schema("problem")
    before: Any = read_form(schema, was) or {}

    values = merge(schema, show(schema, before), sent, before).values

    assert merge(schema, show(schema, before), show(schema, values), before).values == values
    assert read_form(schema, show(schema, values), values) == (values or None)


def test_texts_keep_the_ends_that_they_had(client: Client, small: Path) -> None:
    text = read(small, SUMS).replace("exercise: |\n", "exercise: |-\n")
    write(small / SUMS, text)

    assert save(client, EDIT_SUMS, {"exercise": "Add the numbers from 1 to 10."}).status_code == 200

    assert "exercise: |-\n  Add the numbers from 1 to 10.\nreading:" in read(small, SUMS)


def test_moved_questions_take_their_comments_along(client: Client, small: Path) -> None:
    text = read(small, SUMS).replace("  - id: several\n", "  # the hard one\n  - id: several\n")
    write(small / SUMS, text)
    quiz = about(client, EDIT_SUMS)["shown"]["quiz"]

    assert save(client, EDIT_SUMS, {"quiz": quiz[::-1]}).status_code == 200

    after = read(small, SUMS)
    assert after.index("quiz:\n  # the hard one\n  - id: several\n") < after.index("  - id: empty\n")
    assert sorted(after.splitlines()) == sorted(text.splitlines())


def test_invisible_signs_that_yaml_cannot_hold_are_left_out(client: Client, small: Path) -> None:
    shown = about(client, EDIT_SUMS)["shown"]
    body = json.dumps({"was": shown, "shown": shown | {"exercise": "One\u2028two\x00\ud800.\r\nThree"}})

    answer = client.post(EDIT_SUMS, content=body, headers={**OWN, "Content-Type": "application/json"})

    assert answer.status_code == 200
    assert "exercise: |\n  One\n  two.\n  Three\n" in read(small, SUMS)
