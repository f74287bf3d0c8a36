"""What is wrong with a mail before it goes out: named rules, each a function from a mail to faults."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from pixeldigest.formats.mailcheck.clients import check_safety, check_support
from pixeldigest.formats.mailcheck.contrast import check_contrast
from pixeldigest.formats.mailcheck.message import Mail, check_headers, check_parts, check_preview, check_size
from pixeldigest.formats.mailcheck.page import check_code, check_images, check_layout, check_outline, check_residue
from pixeldigest.formats.rendition import Fault

__all__ = ["CHECKS", "PUBLISHING_CHECKS", "Mail", "check_mail", "check_publishing"]

# What is asked of every mail that is built, in the order of the report.
CHECKS: Final[tuple[Callable[[Mail], Iterator[Fault]], ...]] = (
    check_parts,
    check_size,
    check_layout,
    check_preview,
    check_outline,
    check_safety,
    check_support,
    check_images,
    check_contrast,
    check_code,
    check_residue,
)
# What is asked of a message that goes out: a newsletter without settings for mails can still be built.
PUBLISHING_CHECKS: Final[tuple[Callable[[bytes, str], Iterator[Fault]], ...]] = (check_headers,)


def check_mail(mail: Mail) -> tuple[Fault, ...]:
    """Find what is wrong with a mail; what is wrong in several places alike is said once."""
    return tuple(dict.fromkeys(fault for check in CHECKS for fault in check(mail)))


def check_publishing(message: bytes, postal_address: str) -> tuple[Fault, ...]:
    """Find what keeps a message from going out to subscribers; the postal address is the one in the settings."""
    return tuple(dict.fromkeys(fault for check in PUBLISHING_CHECKS for fault in check(message, postal_address)))
