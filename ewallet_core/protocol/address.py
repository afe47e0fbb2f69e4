"""Where a server is, as people write it: `host`, `host:port`, `tls://host:port`."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

IN_PORT, OUT_PORT = 8080, 8081
LAST_PORT = 65_535

_WRITTEN = re.compile(
    r"(?:(?P<scheme>tls|tcp)://)?"
    r"(?:\[(?P<six>[0-9A-Fa-f:.%\w]+)\]|(?P<host>[^\s:/\[\]@]+))"
    r"(?::(?P<in_port>\d{1,5})(?:/(?P<out_port>\d{1,5}))?)?"
)
_HOW = "Write it as host:port, such as wallet.example.org:8080."


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """A server's host and the port of its instructions.

    The port of its events is asked of the server itself unless it is given (`host:8080/8081`). Off loopback
    the connection is TLS unless `tcp://` says otherwise; on loopback it is in the clear unless `tls://` does.
    """

    host: str
    in_port: int = IN_PORT
    out_port: int | None = None
    tls: bool = True

    @classmethod
    def read(cls, written: str) -> ServerAddress:
        """The place that somebody wrote down; raises `ValueError` in words for them."""
        found = _WRITTEN.fullmatch(written.strip())
        if found is None:
            raise ValueError(f"That is no place of a server. {_HOW}")
        host = (found["six"] or _host(found["host"])).lower()
        tls = found["scheme"] == "tls" if found["scheme"] else not is_loopback(host)
        return cls(host, _port(found["in_port"]) or IN_PORT, _port(found["out_port"]), tls)

    @property
    def name(self) -> str:
        """`host:port`, as it is shown and as its fingerprint is kept."""
        return name_of(self.host, self.in_port)

    def __str__(self) -> str:
        """As `read` takes it: with all that it would not know by itself."""
        scheme = "" if self.tls is not is_loopback(self.host) else "tls://" if self.tls else "tcp://"
        return f"{scheme}{self.name}{'' if self.out_port is None else f'/{self.out_port}'}"


def name_of(host: str, port: int) -> str:
    """`host:port`, with a host of the sixth version of IP in its brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def may_be_host(written: str) -> bool:
    """Whether a machine may have that name or address."""
    try:
        written.encode("idna")
    except UnicodeError:
        return False
    return written.isprintable() and " " not in written


def _host(written: str) -> str:
    if not may_be_host(written):
        raise ValueError(f"That is no name of a machine. {_HOW}")
    return written


def _port(written: str | None) -> int | None:
    if written is not None and not 0 < int(written) <= LAST_PORT:
        raise ValueError(f"A port is a number from 1 to {LAST_PORT:,}. {_HOW}")
    return None if written is None else int(written)


def is_loopback(host: str) -> bool:
    """Whether that host is this machine, reached by nobody else."""
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback
