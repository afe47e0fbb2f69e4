"""Addresses: of servers as people write them (`host:port`, `https://host`), and of a client."""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from msgspec import Struct

IN_PORT, OUT_PORT = 8080, 8081
HTTP_PORT, HTTPS_PORT = 80, 443
LAST_PORT = 65_535
THIS_MACHINE = "this computer"
"""The address of a person who uses the engine in this process."""

_ADDRESS = re.compile(
    r"(?:(?P<scheme>tls|tcp|https?)://)?"
    r"(?:\[(?P<ipv6>[0-9A-Fa-f:.%\w]+)\]|(?P<host>[^\s:/\[\]@,]+))"
    r"(?::(?P<in_port>[0-9]{1,5})(?:/(?P<out_port>[0-9]{1,5}))?)?"
)
IPV6_NETWORK_BITS = 64
_HOW = "Write it as host:port or https://host, such as wallet.example.org:8080."


class ServerAddress(Struct, frozen=True):
    """A server's host, and the port for its instructions.

    `http://` and `https://` mean that it is reached over HTTP. Otherwise it has a port for events too, which
    the server says unless it is given (`host:8080/8081`), and the connection uses TLS unless the host is
    loopback; `tls://` and `tcp://` override that.
    """

    host: str
    in_port: int = IN_PORT
    out_port: int | None = None
    tls: bool = True
    http: bool = False

    @classmethod
    def read(cls, text: str) -> ServerAddress:
        """Parse an address; raises `ValueError` with a message for the user."""
        text = text.strip().lower()
        is_http = text.startswith(("http://", "https://"))
        found = _ADDRESS.fullmatch(text.removesuffix("/") if is_http else text)
        if found is None or (is_http and found["out_port"]):
            raise ValueError(f"That is not a server's address. {_HOW}")
        host = found["ipv6"] or found["host"]
        if not found["ipv6"] and not is_valid_host(host):
            raise ValueError(f"That is not a machine's name. {_HOW}")
        tls = found["scheme"] in ("tls", "https") if found["scheme"] else not is_loopback(host)
        usual = IN_PORT if not is_http else HTTPS_PORT if tls else HTTP_PORT
        in_port, out_port = _parse_port(found["in_port"]) or usual, _parse_port(found["out_port"])
        return cls(host, in_port, out_port, tls, is_http)

    @property
    def name(self) -> str:
        """`host:port`, the key of its known fingerprint."""
        return format_host_port(self.host, self.in_port)

    @property
    def shown(self) -> str:
        """The address as the user sees it: `host:port`, or the URL."""
        return str(self) if self.http else self.name

    def __str__(self) -> str:
        """The shortest form that `read` parses to the same address."""
        if self.http:
            scheme, usual = ("https", HTTPS_PORT) if self.tls else ("http", HTTP_PORT)
            name = self.name.removesuffix(f":{usual}")
            return f"{scheme}://{name}"
        scheme = "" if self.tls is not is_loopback(self.host) else "tls://" if self.tls else "tcp://"
        return f"{scheme}{self.name}{'' if self.out_port is None else f'/{self.out_port}'}"


class Servers(Struct, frozen=True):
    """One server, or several that have the same wallets, in the order in which they are tried."""

    addresses: tuple[ServerAddress, ...]

    @classmethod
    def read(cls, text: str) -> Servers:
        """Parse addresses with commas between them; raises `ValueError` with a message for the user."""
        return cls(tuple(dict.fromkeys(map(ServerAddress.read, text.split(",")))))

    @property
    def first(self) -> ServerAddress:
        return self.addresses[0]

    @property
    def shown(self) -> str:
        """The addresses as the user sees them."""
        return ", ".join(address.shown for address in self.addresses)

    def __str__(self) -> str:
        """The shortest form that `read` parses to the same servers."""
        return ",".join(map(str, self.addresses))


def format_host_port(host: str, port: int) -> str:
    """`host:port`, with brackets around an IPv6 address."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def is_valid_host(text: str) -> bool:
    try:
        text.encode("idna")
    except UnicodeError:
        return False
    return text.isprintable() and " " not in text


def _parse_port(text: str | None) -> int | None:
    if text is not None and not 0 < int(text) <= LAST_PORT:
        raise ValueError(f"A port is a number from 1 to {LAST_PORT:,}. {_HOW}")
    return None if text is None else int(text)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach that host."""
    address = parse_ip(host)
    return host == "localhost" if address is None else address.is_loopback


def parse_ip(host: str) -> IPv4Address | IPv6Address | None:
    """The host's IP address, if it is one and not a name; an IPv4 address mapped to IPv6 as the former."""
    try:
        address = ip_address(host)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


@lru_cache(maxsize=1_024)
def network_of(host: str) -> str:
    """What counts as one client in limits and throttles: an IPv4 address, or the /64 of an IPv6 address.

    A customer of an IPv6 provider has at least one /64. A host that is no IP address is its own network.
    """
    address = parse_ip(host)
    if address is None:
        return host
    if isinstance(address, IPv4Address):
        return str(address)
    return str(IPv6Network((int(address), IPV6_NETWORK_BITS), strict=False))
