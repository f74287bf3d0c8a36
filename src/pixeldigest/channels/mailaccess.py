"""How a mail server is reached: settings and secrets, before any connection."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from types import MappingProxyType
from typing import Literal, NamedTuple

from pixeldigest.channels.secrets import Secret

Security = Literal["starttls", "tls", "none"]
PORTS: Mapping[Security, int] = MappingProxyType({"starttls": 587, "tls": 465, "none": 25})


class Access(NamedTuple):
    """How to reach a server, and as whom; `hello` is the domain to greet it with."""

    host: str
    port: int
    security: Security
    hello: str
    login: tuple[str, Secret] | None = None
    ca_file: Path | None = None

    @property
    def place(self) -> str:
        """Name the server."""
        return f"{self.host}:{self.port}"


def is_this_machine(host: str) -> bool:
    """Tell whether what is sent to a host never leaves this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
