"""The channel `smtp`: an issue's mail to each of one's own readers, through any mail server."""

from __future__ import annotations

import functools
import re
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from pixeldigest.channels.attempt import Attempt
from pixeldigest.channels.base import Channel
from pixeldigest.channels.copies import Copy, Original, make_message_id, make_token, read_original, write_copy
from pixeldigest.channels.failures import RefusedError, SettingsError
from pixeldigest.channels.mailaccess import PORTS, Access, Security, is_this_machine
from pixeldigest.channels.posting import Outside, Posting, Receipt
from pixeldigest.channels.recipients import (
    is_kept_out,
    normalize_address,
    read_recipients,
    read_suppressions,
)
from pixeldigest.channels.secrets import Secret
from pixeldigest.complaints import complaint
from pixeldigest.fields import Line, MailAddress, Variable, one_of

RATE_PATTERN = r"[1-9][0-9]{0,6}/(?:minute|hour|day)"
_FILE = "mail.eml"


def _check_rate(text: str) -> str:
    if not re.fullmatch(RATE_PATTERN, text):
        raise complaint(f"'{text}' is not a rate", "write how many mails in what time, as in '100/hour' or '2000/day'")
    return text


def _check_place(path: str) -> str:
    if is_kept_out(path):
        hint = "keep it elsewhere, as in 'private/readers.txt', and out of git"
        raise complaint(f"'{path}' is no place for mail addresses: what lies there is shared or published", hint)
    return path


Rate = Annotated[str, AfterValidator(_check_rate)]
AddressFile = Annotated[Line, AfterValidator(_check_place)]


class Smtp(Channel):
    """A mail server that takes an issue's mails, one for each reader."""

    formats: ClassVar[tuple[str, ...]] = ("mail",)
    mails: ClassVar[bool] = True
    optional_secrets: ClassVar[tuple[str, ...]] = ("user", "password", "token_key")

    type: Literal["smtp"]
    host: Line = Field(description="the mail server, as in smtp.example.org")
    port: int | None = Field(
        None, ge=1, le=65535, description="its port; 587 with starttls, 465 with tls and 25 with none if left out"
    )
    security: Annotated[Security, one_of("a way to secure the connection", PORTS)] = Field(
        "starttls", description="starttls (encrypted from the first command on), tls (from the first byte on), or none"
    )
    ca_file: Line | None = Field(
        None, description="the certificate of the authority that vouches for the server, where it is one's own"
    )
    user: Line | None = Field(None, description="the name to log in with, where it is no secret")
    user_env: Variable | None = Field(None, description="the environment variable that holds the name to log in with")
    user_file: Line | None = Field(None, description="the file that holds the name to log in with")
    password_env: Variable | None = Field(None, description="the environment variable that holds the password")
    password_file: Line | None = Field(None, description="the file that holds the password")
    recipients_file: AddressFile = Field(
        description="the file of the readers' addresses, one a line, outside of content/; # begins a comment"
    )
    suppressions_file: AddressFile | None = Field(
        None, description="the file of addresses, or their SHA-256, that get no more mails"
    )
    token_key_env: Variable | None = Field(
        None,
        description="the environment variable that holds the key of which the readers' tokens are made, for "
        "{{ recipient.token }} in 'mail.unsubscribe_url'",
    )
    token_key_file: Line | None = Field(None, description="the file that holds the key of the readers' tokens")
    bounce_address: MailAddress | None = Field(
        None, description="the address that mails come back to; the sender where it is left out"
    )
    rate: Rate | None = Field(None, description="how many mails may go out in what time, as in 100/hour")

    @model_validator(mode="after")
    def _check_login(self) -> Self:
        names = [name for name in ("user", "user_env", "user_file") if getattr(self, name)]
        passwords = [name for name in ("password_env", "password_file") if getattr(self, name)]
        if len(names) > 1:
            raise complaint(f"'{names[0]}' and '{names[1]}' both name the user", "delete one of them", at=(names[1],))
        if names and not passwords:
            hint = "add 'password_env' with the name of an environment variable, or 'password_file'"
            raise complaint("there is a user, but no password", hint, rule="password_env")
        if passwords and not names:
            raise complaint("there is a password, but no user", "add 'user'", rule="user")
        if passwords and self.security == "none" and not is_this_machine(self.host):
            hint = "write 'starttls' or 'tls'"
            raise complaint("the password would go to another machine as plain text", hint, rule="security")
        return self

    def publish(self, posting: Posting, attempt: Attempt) -> Receipt:
        """Mail the issue to each reader who has not got it yet, as many as the rate allows."""
        from pixeldigest.channels.mailing import Mails, send_waiting  # noqa: PLC0415 - settings need no ssl

        outside, deliveries = attempt.outside, attempt.deliveries
        original, key = _read_message(posting), _secret(self, "token_key", outside)
        access = _access(self, original, outside)
        suppressed = _suppressed(self, outside)
        listed = read_recipients(outside.project, self.recipients_file)
        addresses = {name: address for name, address in listed.items() if name not in suppressed}
        if len(addresses) > 1:
            _check_for_many(posting, original, key)
        deliveries.enroll(addresses)
        for name in deliveries.waiting() - addresses.keys():
            deliveries.failed(name, "suppressed" if name in suppressed else "no longer in the list")
        write = functools.partial(_write_to, original, key)
        mails = Mails(_sender(self, original), addresses, write, posting.published)
        send_waiting(mails, access, attempt, self.rate)
        return Receipt(original.message_id, posting.url, posting.content)

    def withdraw(self, posting: Posting, attempt: Attempt) -> str | None:
        """Say how many have got it; those who have not will not."""
        sent, _, _ = attempt.deliveries.count()
        return f"{sent} mail{'' if sent == 1 else 's'} of {posting.day} went out" if sent else None


def send_test(channel: Smtp, posting: Posting, outside: Outside, address: str) -> None:
    """Send an issue's mail to a single address, without the ledger; each time as another message.

    Raises RefusedError, UnavailableError or SettingsError.
    """
    from pixeldigest.channels.mailing import send_single  # noqa: PLC0415 - settings need no ssl

    try:
        recipient = normalize_address(address)
    except ValueError as error:
        raise RefusedError(f"the address for the test cannot be used: {error}") from None
    original, key = _read_message(posting), _secret(channel, "token_key", outside)
    message = _write_to(original, key, recipient, reason=f"test of {outside.now.isoformat()}")
    send_single(_sender(channel, original), recipient, message, _access(channel, original, outside))


def _read_message(posting: Posting) -> Original:
    if _FILE not in posting.files:
        raise SettingsError("there is no mail to send; add 'mail' to the settings, with 'from'")
    return read_original(posting.files[_FILE])


def _write_to(original: Original, key: Secret | None, address: str, *, reason: str = "") -> bytes:
    token = make_token(key, address) if key else ""
    return write_copy(original, Copy(address, make_message_id(original, address, key, reason=reason), token))


def _check_for_many(posting: Posting, original: Original, key: Secret | None) -> None:
    """Refuse to mail many what they could not unsubscribe from, or what the law wants more of."""
    lacking = list(posting.reserved)
    if original.takes_token and key is None:
        hint = "add 'token_key_env' or 'token_key_file' to the channel"
        lacking.append(f"'mail.unsubscribe_url' asks for each reader's token, which needs a key; {hint}")
    if lacking:
        raise RefusedError(f"it may go to one reader only: {'; '.join(lacking)}")


def _access(channel: Smtp, original: Original, outside: Outside) -> Access:
    user, password = _secret(channel, "user", outside), _secret(channel, "password", outside)
    name = channel.user or (user.reveal() if user else "")
    return Access(
        host=channel.host,
        port=channel.port or PORTS[channel.security],
        security=channel.security,
        hello=original.sender.rpartition("@")[2],
        login=(name, password) if password else None,
        ca_file=outside.project / channel.ca_file if channel.ca_file else None,
    )


def _secret(channel: Smtp, name: str, outside: Outside) -> Secret | None:
    given = getattr(channel, f"{name}_env") or getattr(channel, f"{name}_file")
    return channel.secret(name, outside) if given else None


def _sender(channel: Smtp, original: Original) -> str:
    return (channel.bounce_address or original.sender).rpartition("<")[2].removesuffix(">")


def _suppressed(channel: Smtp, outside: Outside) -> frozenset[str]:
    file = channel.suppressions_file
    return read_suppressions(outside.project, file) if file else frozenset()
