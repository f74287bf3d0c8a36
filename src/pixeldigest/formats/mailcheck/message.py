"""What must hold of a mail as a message: its parts, its size, its subject, and the headers it goes out with."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage, MIMEPart
from email.policy import default
from typing import Final, NamedTuple

from pixeldigest.diagnostics import Severity
from pixeldigest.formats.mailcheck.tree import Element, find, parse_html, text_of, words
from pixeldigest.formats.rendition import Fault

SUBJECT_LENGTHS: Final = range(10, 78 + 1)
PREHEADER_LENGTHS: Final = range(40, 120 + 1)
# Gmail hides what comes after about 102 kB, and ignores a style sheet of more than 16.
MOST_BYTES: Final = 100_000
MANY_BYTES: Final = 90_000
MOST_STYLE_BYTES: Final = 16_000

_ABOVE: Final[tuple[int, Severity]] = (MOST_BYTES, "error")
_NEAR: Final[tuple[int, Severity]] = (MANY_BYTES, "warning")
_SHORTER = "use 'summary' for a section in 'mail.sections', or shorten an entry"
# Two letters at least: `\n` and `\t` are no LaTeX.
_LATEX = re.compile(r"\\[A-Za-z]{2,}|\$[^\s$][^$]*[\\^_{](?:[^$]*[^\s$])?\$(?!\w)")
_ADDRESS = re.compile(r"https?://[^\s<>\"`]+", re.IGNORECASE)
_ABSOLUTE = re.compile(r"https?://|mailto:", re.IGNORECASE)
_INDENT = " " * 4
_QUOTE = re.compile(r"^(?:> ?)+")
# It may go on in the next line, not in the next paragraph.
_CODE_SPAN = re.compile(r"`(?:[^`\n]|\n(?!\n))*`")


class Mail(NamedTuple):
    """A mail in its parts, and `message`: the whole of it as it is sent."""

    subject: str
    preheader: str
    html: str
    text: str
    message: bytes


def check_parts(mail: Mail) -> Iterator[Fault]:
    """Want the text first and the HTML last, the same links in both, and formulas that can be read in the text."""
    kinds = [part.get_content_type() for part in _alternatives(mail.message)]
    if kinds != ["text/plain", "text/html"]:
        found = ", then ".join(f"'{kind}'" for kind in kinds) or "nothing"
        message = f"the message is not 'text/plain', then 'text/html', but {found}"
        yield Fault("mail-parts", message, "make it 'multipart/alternative' with the HTML last")
    page = parse_html(mail.html)
    linked = {address for link in find(page, "a") if _ABSOLUTE.match(address := link.get("href") or "")}
    yield from _missing(linked, _addresses(mail.text), mail.text, "text")
    yield from _missing(_addresses(mail.text), linked | _addresses(words(page)), mail.html, "HTML")
    for line in prose_lines(mail.text):
        if latex := _LATEX.search(line):
            yield Fault(
                "mail-parts",
                f"the text shows LaTeX: '{latex[0]}'",
                "write formulas as readable text, or what is none as code",
            )


def check_size(mail: Mail) -> Iterator[Fault]:
    """Want what Gmail shows whole: the HTML as it is sent, and the style sheets in it."""
    html = _html_part(mail.message)
    size = len(str(html.get_payload()).encode()) if html else 0
    if size > MANY_BYTES:
        limit, severity = _ABOVE if size > MOST_BYTES else _NEAR
        message = f"the HTML is {_kilobytes(size)} as sent, more than {_kilobytes(limit)}; Gmail cuts off at 102 kB"
        yield Fault("mail-size", message, _SHORTER, severity)
    for style in find(parse_html(mail.html), "style"):
        size = len(text_of(style).encode())
        if size > MOST_STYLE_BYTES:
            most = _kilobytes(MOST_STYLE_BYTES)
            message = f"a 'style' element is {_kilobytes(size)}, more than {most}; Gmail leaves it out"
            yield Fault("mail-size", message, "put what everyone needs into 'style' attributes")


def check_preview(mail: Mail) -> Iterator[Fault]:
    """Want a subject and a preheader that a list of mails shows whole, and that do not say the same."""
    yield from _length("subject", mail.subject, SUBJECT_LENGTHS)
    yield from _length("preheader", mail.preheader, PREHEADER_LENGTHS)
    if mail.preheader.strip().casefold() == mail.subject.strip().casefold():
        message = f"the preheader repeats the subject, '{mail.subject}'"
        yield Fault("mail-preview", message, "say there what the subject does not", "warning")
    body = next(find(parse_html(mail.html), "body"), None)
    if body and not words(body).startswith(" ".join(mail.preheader.split())):
        message = f"the HTML does not begin with the preheader, but with '{words(body)[:40]}'"
        yield Fault("mail-preview", message, "put it first, hidden", "warning")


def check_headers(message: bytes, postal_address: str) -> Iterator[Fault]:
    """Want what mailbox providers and the law ask of bulk mail (RFC 8058, RFC 2919); asked when publishing only."""
    headers = _parsed(message)
    for name in ("Reply-To", "Message-ID", "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post"):
        if not str(headers.get(name, "")).strip():
            yield _header_fault(f"the message has no '{name}'", "set 'mail.reply_to' and 'mail.unsubscribe_url'")
    one_click = str(headers.get("List-Unsubscribe-Post", "")).strip()
    if one_click and one_click != "List-Unsubscribe=One-Click":
        hint = "write 'List-Unsubscribe=One-Click'"
        yield _header_fault(f"'List-Unsubscribe-Post' is '{one_click}'", hint)
    yield from _unsubscribe_faults(message, str(headers.get("List-Unsubscribe", "")))
    if not postal_address.strip():
        yield _header_fault("the newsletter has no postal address", "set 'mail.postal_address'")
    for part in _alternatives(message):
        if postal_address.strip() and " ".join(postal_address.split()) not in _shown_words(part):
            kind = part.get_content_type()
            yield _header_fault(f"the '{kind}' part does not show the postal address", "show it in the template")


def prose_lines(text: str) -> Iterator[str]:
    """Yield the lines of a text part without its code: indented blocks, and spans in backticks."""
    lines = (_QUOTE.sub("", line) for line in text.splitlines())
    said = "\n".join("" if line.startswith(_INDENT) else line for line in lines)
    yield from _CODE_SPAN.sub("", said).split("\n")


def related_pictures(message: bytes) -> frozenset[str]:
    """Name the pictures that come with the message, as `cid:` addresses name them."""
    parts = _parsed(message).walk()
    return frozenset(str(part["Content-ID"]).strip().strip("<>") for part in parts if part["Content-ID"])


@functools.lru_cache(maxsize=2)
def _parsed(message: bytes) -> EmailMessage:
    return message_from_bytes(message, policy=default)


def _alternatives(message: bytes) -> tuple[MIMEPart, ...]:
    """Take the parts of which one is shown; of HTML with its pictures, the HTML."""
    whole = _parsed(message)
    if whole.get_content_type() != "multipart/alternative":
        return (whole,)
    return tuple(_root(part) for part in whole.iter_parts())


def _root(part: MIMEPart) -> MIMEPart:
    return next(iter(part.iter_parts()), part) if part.get_content_type() == "multipart/related" else part


def _html_part(message: bytes) -> MIMEPart | None:
    return next((part for part in _alternatives(message) if part.get_content_type() == "text/html"), None)


def _addresses(text: str) -> frozenset[str]:
    return frozenset(_bare(found) for found in _ADDRESS.findall(text))


def _bare(address: str) -> str:
    """Leave out what may be punctuation after an address, on either side of a comparison."""
    return address.rstrip("/.,;:!?)>]'\"")


def _missing(
    wanted: frozenset[str] | set[str], present: frozenset[str] | set[str], text: str, part: str
) -> Iterator[Fault]:
    known = {_bare(address) for address in present}
    for address in sorted(wanted):
        found = address.removeprefix("mailto:") in text if address.startswith("mailto:") else _bare(address) in known
        if not found:
            yield Fault("mail-parts", f"the {part} has no link to '{address}'", "give both parts the same links")


def _length(name: str, text: str, lengths: range) -> Iterator[Fault]:
    if len(text) not in lengths:
        message = f"the {name} has {len(text)} characters: '{text}'"
        yield Fault("mail-preview", message, f"write {lengths[0]} to {lengths[-1]}", "warning")


def _unsubscribe_faults(message: bytes, header: str) -> Iterator[Fault]:
    """Compare host and path only: the header holds a token of its own for each recipient."""
    addresses = re.findall(r"<(https:[^>]+)>", header)
    if header and not addresses:
        yield _header_fault("'List-Unsubscribe' has no https address", "set 'mail.unsubscribe_url' to one")
    html = _html_part(message)
    page = parse_html(html.get_content()) if html else Element("", (), ())
    linked = {_place(link.get("href") or "") for link in find(page, "a")}
    if addresses and not linked & {_place(address) for address in addresses}:
        yield _header_fault("the HTML has no link to unsubscribe", f"link to '{addresses[0]}'")


def _place(address: str) -> str:
    return re.split("[?#]", address, maxsplit=1)[0]


def _shown_words(part: MIMEPart) -> str:
    content = str(part.get_content())
    return words(parse_html(content)) if part.get_content_type() == "text/html" else " ".join(content.split())


def _header_fault(message: str, hint: str) -> Fault:
    return Fault("mail-headers", message, hint)


def _kilobytes(size: int) -> str:
    return f"{size / 1000:.1f} kB".replace(".0 ", " ")
