"""Who gets mails: files of addresses, and of those that shall get no more."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from pixeldigest.channels.failures import SettingsError
from pixeldigest.fields import ADDRESS_PATTERN

# Of RFC 5321, 4.5.3.1.
_LONGEST_LOCAL_PART = 64
_LONGEST = 254
# Letters of which IDNA 2003 and 2008 make different domains: only their punycode says which is meant.
_AMBIGUOUS = "ßς\u200c\u200d"
_MOST_NAMED = 5
_KEPT_OUT = ("content", "output")


class Line(NamedTuple):
    """What stands on a line of a file."""

    number: int
    text: str


def read_recipients(project: Path, file: str) -> Mapping[str, str]:
    """Read a file of addresses: by the name that each has in the ledger; raises SettingsError.

    A file without any is refused: it may be one that is being written just now, and its readers would miss an issue.
    """
    addresses = _addresses(file, _read_lines(project, file))
    if not addresses:
        raise SettingsError(f"'{file}' names nobody; write a mail address a line")
    return {name_recipient(one): one for one in addresses}


def read_suppressions(project: Path, file: str) -> frozenset[str]:
    """Read a file of addresses, or digests of them, that get no mails: by their names; raises SettingsError."""
    lines = list(_read_lines(project, file))
    digests = {line.text.lower() for line in lines if _is_digest(line.text)}
    addresses = _addresses(file, (line for line in lines if not _is_digest(line.text)))
    return frozenset(digests.union(map(name_recipient, addresses)))


def name_recipient(address: str) -> str:
    """Name a recipient in the ledger: the SHA-256 of the address in small letters, which tells it to nobody."""
    return hashlib.sha256(address.lower().encode()).hexdigest()


def normalize_address(text: str) -> str:
    """Write an address as mail servers take it: ASCII, its domain in small letters; raises ValueError with words."""
    local, at, domain = text.rpartition("@")
    if not at:
        raise ValueError("it has no '@'")
    if not local.isascii():
        raise ValueError("the part before the '@' has other signs than ASCII, which few mail servers take")
    address = f"{local}@{_domain(domain)}"
    if not re.fullmatch(ADDRESS_PATTERN, address) or len(local) > _LONGEST_LOCAL_PART or len(address) > _LONGEST:
        raise ValueError("it is not a mail address")
    return address


def mask_address(address: str) -> str:
    """Show as much of an address as its owner's postmaster needs, and nobody else can use."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain}"


def mask_addresses(text: str, address: str = "") -> str:
    """Mask all addresses in somebody else's words, and the part before the '@' of the one that they are about."""
    masked = re.sub(ADDRESS_PATTERN, lambda found: mask_address(found[0]), text)
    if not (local := address.rpartition("@")[0]):
        return masked
    return re.sub(rf"(?<![\w…]){re.escape(local)}(?![\w…@])", f"{local[:1]}…", masked, flags=re.IGNORECASE)


def is_kept_out(path: str) -> bool:
    """Tell whether a path is one below the project that addresses must not lie in: it is shared, or published."""
    return os.path.normpath(path).split("/")[0] in _KEPT_OUT


def _read_lines(project: Path, file: str) -> Iterator[Line]:
    path = (project / file).resolve()
    if any(path.is_relative_to((project / one).resolve()) for one in _KEPT_OUT):
        raise SettingsError(f"'{file}' lies in {' or '.join(_KEPT_OUT)}, which others read; keep addresses elsewhere")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = (error.strerror or "").lower() if isinstance(error, OSError) else "it is not UTF-8"
        raise SettingsError(f"'{file}' cannot be read: {reason}") from None
    for number, line in enumerate(text.split("\n"), start=1):
        if said := re.sub(r"(?:^|\s)#.*", "", line).strip():
            yield Line(number, said)


def _addresses(file: str, lines: Iterator[Line]) -> list[str]:
    """Read the address on each line; what is wrong is named by its line only."""
    addresses, faults = [], []
    for line in lines:
        try:
            addresses.append(normalize_address(line.text))
        except ValueError as error:
            faults.append(f"line {line.number}: {error}")
    if faults:
        more = f"; and {len(faults) - _MOST_NAMED} more" if len(faults) > _MOST_NAMED else ""
        raise SettingsError(f"'{file}' cannot be used; {'; '.join(faults[:_MOST_NAMED])}{more}")
    return addresses


def _is_digest(text: str) -> bool:
    return re.fullmatch(r"[0-9a-fA-F]{64}", text) is not None


def _domain(written: str) -> str:
    if written.isascii():
        return written.lower()
    if any(sign in written for sign in _AMBIGUOUS):
        raise ValueError("its domain can be read in two ways; write it in punycode, as in 'xn--…'")
    try:
        return written.encode("idna").decode().lower()
    except UnicodeError:
        raise ValueError("its domain is none") from None
