"""Two server processes that share a database, each at the same ports after it was killed."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from server_process import ServerProcess

NO_RATE_LIMITS = """
[limits]
requests_per_second_per_session = 1_000_000
"""


@contextmanager
def running_pair(folder: Path, url: str) -> Iterator[list[ServerProcess]]:
    """Two running servers, which are killed at the end."""
    settings = folder / "ewallet.toml"
    settings.write_text(NO_RATE_LIMITS)
    servers = [
        ServerProcess(folder / name, "--config", settings, "--database", url) for name in ("first", "second")
    ]
    try:
        start(servers)
        yield servers
    finally:
        for server in servers:
            server.kill()


def start(servers: list[ServerProcess]) -> None:
    """Start them at once, because each takes its time."""
    with ThreadPoolExecutor() as threads:
        list(threads.map(ServerProcess.start, servers))


def in_ports(servers: list[ServerProcess]) -> list[int]:
    """The ports at which they take instructions."""
    return [int(server.place.rpartition(":")[2]) for server in servers]
