"""What is wrong with a channel in the settings is told where it stands, and a secret that stands there never."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent, indent

import pytest

from checking import check
from conftest import every_third
from pixeldigest.channels import CHANNELS
from pixeldigest.schemas.examples import example_of
from projects import set_keys

LISTED = ", ".join(CHANNELS)
FIRST = 34  # the line of the first channel, below those of the newsletter "small"


def check_channels(project: Path, channels: str, *options: str) -> str:
    """Check a newsletter with some channels; say what is told of them, without how many there are."""
    add_channels(project, dedent(channels))
    run = check(project, *options)
    assert run.status == 78
    return (run.out + run.err).rpartition("\n\n")[0]


def add_channels(project: Path, channels: str) -> None:
    """Write channels below the settings, be they YAML or not."""
    path = project / "content/newsletter.yml"
    path.write_text(f"{path.read_text(encoding='utf-8')}channels:\n{indent(channels, '  ')}", encoding="utf-8")


def test_all_that_is_wrong_is_told_at_once(small: Path) -> None:
    said = check_channels(
        small,
        """\
        - type: devot
        - key_env: KEY
        - type: buttondown
          status: sned
        - type: webhook
          url: nope
          key_env: KEY
          key_file: key
        - type: listmonk
          url: https://lists.example.org
          user: daily
          token_env: TOKEN
          lists: [0, one]
        - type: [folder]
        - folder
        -
        - type: folder
          path: /srv/www
          colour: red
        - type: ghost
          key_env: KEY
        """,
    )

    assert said == dedent(
        f"""\
        error[type]: 'devot' is not a type of channel; did you mean 'devto'?
          --> content/newsletter.yml:34:11
          34 |   - type: devot
             |           ^^^^^

        error[type]: this channel has no 'type'; add one of {LISTED}
          --> content/newsletter.yml:35:5

        error[status]: 'sned' is not known for 'status'; did you mean 'send'?
          --> content/newsletter.yml:37:13
          37 |     status: sned
             |             ^^^^

        error[url]: 'nope' is not a web address; write it whole, as in 'https://example.org/page'
          --> content/newsletter.yml:39:10
          39 |     url: nope
             |          ^^^^

        error[lists]: '0' is too small for 'lists'; write 1 or more
          --> content/newsletter.yml:46:13
          46 |     lists: [0, one]
             |             ^

        error[lists]: 'one' is not a whole number; write digits only
          --> content/newsletter.yml:46:16
          46 |     lists: [0, one]
             |                ^^^

        error[type]: 'type' is not a word; write one of {LISTED} behind it
          --> content/newsletter.yml:47:5
          47 |   - type: [folder]
             |     ^^^^

        error[channels]: this channel has no keys; write its keys below each other, beginning with 'type: …', one of \
{LISTED}
          --> content/newsletter.yml:48:5

        error[channels]: this item is empty; write it behind the '-', or delete the line
          --> content/newsletter.yml:49:4

        error[unknown-key]: 'colour' is not a key of a folder channel; use 'id', 'after', 'type' or 'path'
          --> content/newsletter.yml:52:5

        error[missing-key]: 'url' is missing from this ghost channel; add 'url: …' (the site, as in \
https://blog.example.org)
          --> content/newsletter.yml:53:5"""
    )


# Of channels that are right each by itself.
TOGETHER = (
    (
        "- {type: webhook, url: https://a.example, key_env: A}\n- {type: webhook, url: https://b.eu, key_env: A}\n",
        "error[duplicate-id]: a channel with the id 'webhook' stands above already; give it an 'id' of its own",
        f"{FIRST + 1}:6",
    ),
    (
        "- {type: folder, id: a, path: a}\n- {type: folder, id: a, path: b}\n",
        "error[duplicate-id]: a channel with the id 'a' stands above already; give it an 'id' of its own",
        f"{FIRST + 1}:24",
    ),
    (
        "- {type: folder, id: pages, path: a}\n- {type: git, after: [page]}\n",
        "error[after]: there is no channel 'page' above; did you mean 'pages'?",
        f"{FIRST + 1}:25",
    ),
    (
        "- {type: git, after: [site, folder]}\n- {type: folder, path: a}\n",
        (
            "error[after]: there is no channel 'folder' above; channels are served in the order of this file: move it "
            "above this one"
        ),
        f"{FIRST}:31",
    ),
    (
        "- {type: git, after: [git]}\n",
        "error[after]: a channel cannot wait for itself; delete it",
        f"{FIRST}:25",
    ),
    (
        "- {type: smtp, host: localhost, recipients_file: readers.txt}\n",
        (
            "error[mail]: 'smtp' sends mails, and these settings do not say from whom; add 'mail:', and below it "
            "'from: Name <name@example.org>'"
        ),
        f"{FIRST}:12",
    ),
    (
        "- {type: webhook, url: https://a.example, key_env: A, key_file: b}\n",
        "error[key_file]: 'key_env' and 'key_file' both say where the key is; delete one of them",
        f"{FIRST}:67",
    ),
    (
        "- {type: webhook, url: https://a.example}\n",
        (
            "error[key_env]: the key is missing; add 'key_env' with the name of an environment variable, or 'key_file' "
            "with that of a file"
        ),
        f"{FIRST}:6",
    ),
)


@pytest.mark.parametrize(("channels", "said", "place"), TOGETHER)
def test_what_is_wrong_with_channels_together(small: Path, channels: str, said: str, place: str) -> None:
    told = check_channels(small, channels).split("\n")

    assert told[:2] == [said, f"  --> content/newsletter.yml:{place}"]


@pytest.mark.parametrize("kind", ["webhook", "ghost"])
def test_a_password_in_an_address_is_not_shown(small: Path, kind: str) -> None:
    told = check_channels(small, f"- type: {kind}\n  url: https://me:hunter2@example.org/x\n  key_env: KEY\n")

    assert told == (
        "error[url]: this address holds a name or a password; delete what stands before the '@'\n"
        f"  --> content/newsletter.yml:{FIRST + 1}:18"
    )


def test_channels_of_every_kind_are_right(small: Path) -> None:
    example = example_of("newsletter")
    set_keys(small, "mail:\n  from: a@example.org\n")
    set_keys(small, example[example.index("channels:\n") : example.index("theme:\n")])

    assert check(small).status == 0
    assert all(f"type: {one}\n" in example for one in CHANNELS)


SECRET = "sk-live-4f9a"
HINT = "keep it out of this file: name the environment variable that holds it in 'key_env'"


@pytest.mark.parametrize("key", ["key", "token", "password", "secret", "api_key", "apiKey", "webhook-key"])
def test_a_secret_in_the_settings_is_told_without_it(small: Path, key: str) -> None:
    said = check_channels(small, f"- type: webhook\n  url: https://a.example\n  {key}: {SECRET}\n")

    assert said.split("\n\n")[-1] == (
        f"error[unknown-key]: '{key}' is not a key of a webhook channel; {HINT}\n"
        f"  --> content/newsletter.yml:{FIRST + 2}:5"
    )


WEBHOOK = "- type: webhook\n  url: https://a.example\n"
LEAKS = (
    f"{WEBHOOK}  key: {SECRET}\n",
    f"{WEBHOOK}  key_env: {SECRET}\n",
    f"{WEBHOOK}  key_env:\n    {SECRET}\n",
    f"{WEBHOOK}  key_env: [{SECRET}]\n",
    f"{WEBHOOK}  key_env:\n    {SECRET}: a\n",
    f"{WEBHOOK}  key_env: {{{SECRET}: a}}\n",
    f"{WEBHOOK}  key_file: [{SECRET}]\n",
    f"{WEBHOOK}  pat: {SECRET}\n  key_env: KEY\n",
    f"{WEBHOOK}  kye_env: {SECRET}\n",
    f"{WEBHOOK}  key: |\n    {SECRET}\n",
    f"{WEBHOOK}  key: {SECRET}\n  key: {SECRET}\n",
    f"- pat: {SECRET}\n  type: webhook\n",
    f"- key: {SECRET}\n",
    f"- {{type: webhook, url: nope, key: {SECRET}}}\n",
    f"- {{key: {SECRET}, type: webhok}}\n",
    f"- {{type: folder, path: a, bearer: {SECRET}}}\n",
    f"- {SECRET}\n",
    f"- type: {{key: {SECRET}}}\n",
    f"- type: git\n  remote: https://me:{SECRET}@example.org/daily.git\n",
    # What YAML makes something else of, or nothing at all.
    f"{WEBHOOK}  key: *{SECRET}\n",
    f"{WEBHOOK}  key: &{SECRET}\n",
    f"{WEBHOOK}  key: !{SECRET}\n",
    f"{WEBHOOK}  key: '@{SECRET}\n",
    f"{WEBHOOK}  key: @{SECRET}\n",
    f"{WEBHOOK}  key: %{SECRET}\n",
    f'{WEBHOOK}  token: "{SECRET}\n  id: a\n',
    f"{WEBHOOK}  password: {SECRET}: abc\n",
    f"{WEBHOOK}  key: [{SECRET}\n",
    f"{WEBHOOK}   key: {SECRET}\n",
)


@pytest.mark.parametrize("channels", every_third(LEAKS))
@pytest.mark.parametrize("options", [(), ("--output-format", "json"), ("--output-format", "github")])
def test_a_secret_is_in_no_report(small: Path, channels: str, options: tuple[str, ...]) -> None:
    add_channels(small, channels)

    run = check(small, *options)

    assert run.status == 78
    assert SECRET not in run.out + run.err
    assert "newsletter.yml" in run.out + run.err


def test_a_line_that_is_no_yaml_is_told_without_it(small: Path) -> None:
    said = check_channels(small, f"{WEBHOOK}  password: {SECRET}: abc\n")

    assert said == (
        "error[yaml]: this line cannot be read as YAML; if it holds a secret, keep that out of this file: name the "
        f"environment variable that holds it\n  --> content/newsletter.yml:{FIRST + 2}:27"
    )
