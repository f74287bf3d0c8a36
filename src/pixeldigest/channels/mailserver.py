"""A mail server that takes one message after the other, and what it answers, in words without addresses."""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
from collections.abc import Iterator, Mapping
from functools import partial
from smtplib import (
    SMTP,
    SMTP_SSL,
    SMTPAuthenticationError,
    SMTPException,
    SMTPNotSupportedError,
    SMTPResponseException,
    SMTPServerDisconnected,
)
from types import MappingProxyType
from typing import Literal, NamedTuple

from pixeldigest.channels.failures import SettingsError, UnavailableError
from pixeldigest.channels.mailaccess import Access
from pixeldigest.channels.recipients import mask_addresses

# 'later' and 'refused' are the server's words; 'broken': it cannot have the message; 'unknown': it may have it.
Verdict = Literal["taken", "later", "refused", "broken", "unknown"]

# Seconds until a server that says nothing is left alone. Once it has a message it may look at it for long (RFC 5321,
# 4.5.3.2.6), and giving up early would send it twice.
_PATIENCE = 60.0
_PATIENCE_WITH_MESSAGE = 600.0
_MOST_WORDS = 200
# "Service not available, closing": the next connection may be served.
_CLOSING = 421
# By the first digit of the answer to a message.
_VERDICTS: Mapping[int, Verdict] = MappingProxyType({2: "taken", 4: "later", 5: "refused"})


class Reply(NamedTuple):
    """What became of a message, and the server's words."""

    verdict: Verdict
    words: str


class MailServer:
    """A server, connected to when there is something to hand over, and again where the connection broke."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._connection: SMTP | None = None

    def hand_over(self, sender: str, recipient: str, message: bytes) -> Reply:
        """Hand over a message, and once again where the connection breaks before the server can have taken it.

        Raises SettingsError or UnavailableError for what would be the same with any recipient.
        """
        for _ in range(2):
            if self._connection is None:
                self._connection = _connect(self._access)
            try:
                reply = _transact(self._connection, self._access.place, sender, recipient, message)
            except (SMTPServerDisconnected, SMTPResponseException):
                self._drop()
                continue
            if reply.verdict == "unknown":
                self._drop()
            return reply
        return Reply("broken", f"{self._access.place} closes the connection before it takes the mail")

    def close(self) -> None:
        """Take leave."""
        if self._connection:
            with contextlib.suppress(SMTPException, OSError):
                self._connection.quit()
        self._drop()

    def _drop(self) -> None:
        if self._connection:
            self._connection.close()
        self._connection = None


@contextlib.contextmanager
def open_server(access: Access) -> Iterator[MailServer]:
    """Open a server for many messages over one connection."""
    server = MailServer(access)
    try:
        yield server
    finally:
        server.close()


def _transact(connection: SMTP, place: str, sender: str, recipient: str, message: bytes) -> Reply:
    """Hand over a message; raises SMTPServerDisconnected only where the server cannot have taken it."""
    code, said = _expect_open(connection.mail(sender))
    if code >= 500:
        raise SettingsError(f"{place} refuses the sender: {_words(code, said)}; check 'from' of 'mail', and the login")
    if code >= 400:
        raise UnavailableError(f"{place} takes no mails for now: {_words(code, said)}")
    code, said = _expect_open(connection.rcpt(recipient))
    if code in (250, 251):
        code, said = _expect_open(connection.docmd("DATA"))
    if code != 354:
        with contextlib.suppress(SMTPServerDisconnected):
            connection.rset()
        return Reply("later" if code < 500 else "refused", _words(code, said, recipient))
    connection.send(_stuff(message))
    _expect_silence(connection)
    connection.send(b".\r\n")
    try:
        _socket_of(connection).settimeout(_PATIENCE_WITH_MESSAGE)
        code, said = connection.getreply()
        _socket_of(connection).settimeout(_PATIENCE)
    except (SMTPServerDisconnected, SMTPResponseException):
        return Reply("unknown", "the connection broke before the server had answered")
    return Reply(_VERDICTS.get(code // 100, "unknown"), _words(code, said, recipient))


def _expect_open(reply: tuple[int, bytes]) -> tuple[int, bytes]:
    if reply[0] == _CLOSING:
        raise SMTPServerDisconnected("the server closes the connection")
    return reply


def _expect_silence(connection: SMTP) -> None:
    """See that the connection stands before the last dot: a server has nothing to say there but that it ends."""
    readable, _, _ = select.select([_socket_of(connection)], [], [], 0)
    if readable:
        raise SMTPServerDisconnected("the connection broke within a message")


def _socket_of(connection: SMTP) -> socket.socket:
    if connection.sock is None:
        raise SMTPServerDisconnected("the connection is closed")
    return connection.sock


def _stuff(message: bytes) -> bytes:
    """Double the dots at the beginning of lines (RFC 5321, 4.5.2), and end the last line."""
    stuffed = message.replace(b"\r\n.", b"\r\n..")
    stuffed = b"." + stuffed if stuffed.startswith(b".") else stuffed
    return stuffed if stuffed.endswith(b"\r\n") else stuffed + b"\r\n"


def _connect(access: Access) -> SMTP:
    """Connect, encrypt and log in; raises SettingsError or UnavailableError."""
    tls = _trust(access)
    connection: SMTP | None = None
    try:
        connection = _dial(access, tls)
        if access.security == "starttls":
            connection.starttls(context=tls)
        connection.ehlo_or_helo_if_needed()
        if access.login:
            user, password = access.login
            connection.login(user, password.reveal())
    except (SMTPException, OSError) as error:
        if connection:
            connection.close()
        # The libraries' own words can hold what was sent.
        raise _explain(access, error) from None
    return connection


def _trust(access: Access) -> ssl.SSLContext | None:
    """Load the certificates of those who may vouch for the server; raises SettingsError."""
    try:
        return None if access.security == "none" else ssl.create_default_context(cafile=access.ca_file)
    except OSError as error:
        reason = error.strerror.lower() if error.strerror and not isinstance(error, ssl.SSLError) else "there is none"
        name = access.ca_file.name if access.ca_file else "the system"
        raise SettingsError(f"the certificate in '{name}' cannot be read: {reason}") from None


def _dial(access: Access, tls: ssl.SSLContext | None) -> SMTP:
    kind = partial(SMTP_SSL, context=tls) if access.security == "tls" else SMTP
    connection = kind(access.host, access.port, local_hostname=access.hello, timeout=_PATIENCE)
    # A message and its last dot are sent apart; Nagle's algorithm would hold the second back.
    _socket_of(connection).setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _explain(access: Access, error: Exception) -> SettingsError | UnavailableError:
    """Say why there is no connection, and whether that may pass."""
    place = access.place
    match error:
        case SMTPAuthenticationError() if error.smtp_code >= 500:
            return SettingsError(f"{place} refuses the login ({error.smtp_code}); check the user and the password")
        case SMTPNotSupportedError():
            missing = "AUTH; delete the login" if "AUTH" in str(error) else "STARTTLS; try 'security: tls'"
            return SettingsError(f"{place} does not offer {missing}")
        case SMTPResponseException() if error.smtp_code >= 500:
            return SettingsError(f"{place} refuses the connection: {_words(error.smtp_code, error.smtp_error)}")
        case SMTPResponseException():
            return UnavailableError(f"{place} is not ready: {_words(error.smtp_code, error.smtp_error)}")
        case SMTPServerDisconnected():
            return UnavailableError(f"{place} closes the connection at once")
        case SMTPException():
            return SettingsError(f"{place} knows no way to log in that is known here (CRAM-MD5, PLAIN or LOGIN)")
        case ssl.SSLCertVerificationError():
            hint = "check 'host', or name the certificate of its authority in 'ca_file'"
            return SettingsError(f"{place} cannot prove who it is: {error.verify_message.lower()}; {hint}")
        case ssl.SSLError():
            return SettingsError(f"{place} does not speak TLS as asked; check 'port' and 'security'")
    return UnavailableError(f"{place} cannot be reached: {(getattr(error, 'strerror', '') or str(error)).lower()}")


def _words(code: int, said: bytes | str, recipient: str = "") -> str:
    """Repeat a server's answer: one line, and no addresses."""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return f"{code} {mask_addresses(line, recipient)[:_MOST_WORDS]}"
