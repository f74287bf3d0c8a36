"""Which machines may be asked for what content names: it must not make anyone ask within their own network."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

import httpx

# Networks in which the last 32 bits of an address are one of IPv4.
_TRANSLATED = IPv6Network("64:ff9b::/96")


def may_ask(address: str, *, private: bool) -> bool:
    """Tell whether an IP address may be asked; `private` allows all but those that only a machine's owner may know."""
    ip = _plain(address.partition("%")[0])
    if ip.is_multicast or ip.is_link_local:
        return False
    return ip.is_global or private


def _plain(address: str) -> IPv4Address | IPv6Address:
    """Take the address of IPv4 out of one of IPv6, where it is what will be asked."""
    ip = ip_address(address)
    if isinstance(ip, IPv4Address):
        return ip
    if ip in _TRANSLATED:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or ip


def aim(request: httpx.Request, address: str) -> httpx.Request:
    """Send a request to the very IP address that was looked at; its head and the certificate still name the host.

    A name could mean another address a moment later.
    """
    host = request.url.raw_host.decode("ascii")
    return httpx.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": host},
    )
