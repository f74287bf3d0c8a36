"""Channels: places that issues are published to. Another kind is a module here and a line in `_Kinds`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, get_args

from pydantic import BeforeValidator, Discriminator, Tag

from pixeldigest.channels.base import Channel
from pixeldigest.channels.buttondown import Buttondown
from pixeldigest.channels.devto import DevTo
from pixeldigest.channels.folder import Folder
from pixeldigest.channels.ghost import Ghost
from pixeldigest.channels.git import Git
from pixeldigest.channels.listmonk import Listmonk
from pixeldigest.channels.smtp import Smtp
from pixeldigest.channels.webhook import Webhook
from pixeldigest.complaints import complaint
from pixeldigest.diagnostics import suggest, unmistakable

__all__ = ["CHANNELS", "AnyChannel", "Channel"]

_Kinds = (
    Annotated[Folder, Tag("folder")]
    | Annotated[Git, Tag("git")]
    | Annotated[DevTo, Tag("devto")]
    | Annotated[Ghost, Tag("ghost")]
    | Annotated[Buttondown, Tag("buttondown")]
    | Annotated[Listmonk, Tag("listmonk")]
    | Annotated[Smtp, Tag("smtp")]
    | Annotated[Webhook, Tag("webhook")]
)  # fmt: skip

# Each kind by the word that stands behind 'type'.
CHANNELS: Mapping[str, type[Channel]] = MappingProxyType(
    {tag.tag: kind for kind, tag in (get_args(one) for one in get_args(_Kinds))}
)


def _check_type(value: Any) -> Any:
    """Refuse what has no type, or none that is known, before its other keys are looked at."""
    listed = ", ".join(CHANNELS)
    if isinstance(value, str):
        hint = f"write its keys below each other, beginning with 'type: …', one of {listed}"
        raise complaint("this channel has no keys", hint, rule="channels")
    if not isinstance(value, Mapping):
        return value
    if "type" not in value:
        raise complaint("this channel has no 'type'", f"add one of {listed}", rule="type")
    kind = value["type"]
    if not isinstance(kind, str):
        raise complaint("'type' is not a word", f"write one of {listed} behind it", rule="type", at=("type",))
    if kind not in CHANNELS:
        meant = unmistakable(kind, CHANNELS)
        hint = suggest(kind, CHANNELS, otherwise=f"write one of {listed}")
        mend = (kind, meant) if meant else None
        raise complaint(f"'{kind}' is not a type of channel", hint, rule="type", at=("type",), mend=mend)
    return value


def _type_of(value: Any) -> str:
    return str(value.get("type", "") if isinstance(value, Mapping) else getattr(value, "type", ""))


AnyChannel = Annotated[_Kinds, Discriminator(_type_of), BeforeValidator(_check_type)]
