"""The header with which a proxy says which client it speaks for: the PROXY protocol, versions 1 and 2.

The specification: https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import NamedTuple

from ewallet_core.protocol.address import LAST_PORT, parse_ip

LONGEST_V1 = 107
"""The longest line of version 1, with its end."""
LONGEST_V2 = 536
"""The longest header of version 2: what the smallest TCP segment over IPv4 holds."""

_V1_PREFIX = b"PROXY "
_V1_WORDS = 6
_V1_FAMILIES = {"TCP4": IPv4Address, "TCP6": IPv6Address}
_V2_SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"
_V2_FIXED = struct.Struct("!12sBBH")
_V2_LOCAL, _V2_PROXY = 0x20, 0x21
_V2_UNSPECIFIED, _V2_TCP4, _V2_TCP6, _V2_UNIX = 0x00, 0x11, 0x21, 0x31
# The size of both addresses and ports, and of one address.
_V2_SIZES = {_V2_UNSPECIFIED: (0, 0), _V2_TCP4: (12, 4), _V2_TCP6: (36, 16), _V2_UNIX: (216, 0)}


class ProxyHeader(NamedTuple):
    """The client's address, and the size of the header in bytes.

    The address is None if the proxy names none: for its own health checks, say.
    """

    client: str | None
    size: int


def read_proxy_header(received: bytes) -> ProxyHeader | None:
    """The header at the beginning, or None until all of it has arrived.

    Raises `ValueError` if there is none or it is invalid, as soon as that is certain.
    """
    if _V2_SIGNATURE.startswith(received[: len(_V2_SIGNATURE)]):
        return _read_v2(received)
    if _V1_PREFIX.startswith(received[: len(_V1_PREFIX)]):
        return _read_v1(received)
    raise ValueError("what arrived does not begin with one")


def _read_v1(received: bytes) -> ProxyHeader | None:
    end = received.find(b"\r\n", 0, LONGEST_V1)
    if end < 0:
        if len(received) >= LONGEST_V1:
            raise ValueError(f"its line is longer than {LONGEST_V1} bytes")
        return None
    words = received[:end].decode("ascii", errors="replace").split(" ")
    if words[1] == "UNKNOWN":
        return ProxyHeader(None, end + 2)
    if words[1] not in _V1_FAMILIES or len(words) != _V1_WORDS:
        raise ValueError("its line is not one of version 1")
    _, family, client, server, *ports = words
    addresses = [_parse(address) for address in (client, server)]
    if any(not isinstance(address, _V1_FAMILIES[family]) for address in addresses):
        raise ValueError("its addresses are not of its family")
    if not all(port.isascii() and port.isdigit() and int(port) <= LAST_PORT for port in ports):
        raise ValueError("its ports are not numbers of ports")
    return ProxyHeader(_format(client), end + 2)


def _read_v2(received: bytes) -> ProxyHeader | None:
    if len(received) < _V2_FIXED.size:
        return None
    _, command, family, length = _V2_FIXED.unpack_from(received)
    if command not in (_V2_LOCAL, _V2_PROXY):
        raise ValueError("its version or command is unknown")
    size = _V2_FIXED.size + length
    if size > LONGEST_V2:
        raise ValueError(f"it is longer than {LONGEST_V2} bytes")
    if command == _V2_PROXY and (family not in _V2_SIZES or length < _V2_SIZES[family][0]):
        raise ValueError("its addresses are not those of a TCP connection")
    if len(received) < size:
        return None
    # After the addresses there may be more fields, which are skipped.
    address_size = _V2_SIZES[family][1] if command == _V2_PROXY else 0
    client = received[_V2_FIXED.size : _V2_FIXED.size + address_size]
    return ProxyHeader(_format(str(ip_address(client))) if client else None, size)


def _parse(written: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(written)
    except ValueError:
        return None


def _format(address: str) -> str:
    """The address in its usual form; an IPv4 address mapped to IPv6 as the former."""
    return str(parse_ip(address)).partition("%")[0]


class TrustedProxies:
    """The addresses and networks of the proxies whose headers are read."""

    def __init__(self, networks: Iterable[str] = ()) -> None:
        """Raises `ValueError` if one of them is neither an address nor a network."""
        self._networks = [ip_network(network) for network in networks]

    def __contains__(self, host: str) -> bool:
        if not self._networks:
            return False
        address = parse_ip(host)
        return address is not None and any(address in network for network in self._networks)
