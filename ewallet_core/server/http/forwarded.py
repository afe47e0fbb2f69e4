"""The client's address that a trusted proxy sends along with each request, in `X-Forwarded-For`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ewallet_core.protocol.address import parse_ip
from ewallet_core.protocol.proxy_header import TrustedProxies

FORWARDED_FOR = b"x-forwarded-for"


def forwarded_address(headers: Iterable[tuple[bytes, bytes]], proxy: str, proxies: TrustedProxies) -> str:
    """The address of the client for whom that proxy sends the request.

    Each proxy adds the address from which it got the request, and a client may have sent some that are not
    true. So the client's is the last that is no proxy's. If there is none, the request is the proxy's own.
    """
    found = proxy
    for written in reversed(_addresses_in(headers)):
        address = parse_ip(_without_port(written))
        if address is None:
            break
        # A zone, such as that of fe80::1%eth0, is the proxy's own name for one of its networks.
        found = str(address).partition("%")[0]
        if found not in proxies:
            break
    return found


def _without_port(written: str) -> str:
    """The address alone: some proxies write the port of the client too."""
    if written.startswith("["):
        return written[1:].partition("]")[0]
    return written.partition(":")[0] if written.count(":") == 1 else written


def _addresses_in(headers: Iterable[tuple[bytes, bytes]]) -> Sequence[str]:
    values = [value.decode("latin-1") for name, value in headers if name == FORWARDED_FOR]
    return [address.strip() for address in ",".join(values).split(",")] if values else []
