"""A primary with a synchronous standby, which can be killed, frozen and promoted."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import quote

import pytest
from postgresql_server import PATIENCE_SECONDS, QUICK, PostgresqlMissingError, PostgresqlServer

MOMENT_SECONDS = 0.02


class Replication:
    """Two servers at ports of 127.0.0.1: the standby has each change before the primary acknowledges it."""

    def __init__(self, primary: PostgresqlServer, standby: PostgresqlServer) -> None:
        self.primary, self.standby = primary, standby

    def url(self, database: str, user: str = "postgres") -> str:
        """The URL of a database on that of both servers which takes changes."""
        hosts = [f"host={quote(f'127.0.0.1:{server.port}')}" for server in (self.primary, self.standby)]
        query = "&".join([*hosts, "target_session_attrs=read-write", "connect_timeout=2"])
        return f"postgresql+psycopg://{user}@/{database}?{query}"

    def demand_standby(self) -> None:
        """Have the primary wait for the standby at each COMMIT, and wait until the standby follows."""
        self.primary.configure(synchronous_standby_names="*")
        self.primary.reload()
        wait_until(lambda: ("sync",) in self.primary.execute("SELECT sync_state FROM pg_stat_replication"))

    def do_without_standby(self) -> None:
        """Let the primary commit alone."""
        self.primary.configure(synchronous_standby_names="")
        self.primary.reload()
        wait_until(lambda: self.primary.execute("SHOW synchronous_standby_names") == [("",)])

    def promote(self) -> None:
        """Make the standby take changes; it then has no standby itself."""
        assert self.standby.execute("SELECT pg_promote()") == [(True,)]


@contextmanager
def running_replication() -> Iterator[Replication]:
    """Both servers, stopped and removed at the end; skips the test without PostgreSQL's programs."""
    try:
        primary = PostgresqlServer(QUICK, has_port=True)
    except PostgresqlMissingError as missing:
        pytest.skip(str(missing))
    try:
        standby = PostgresqlServer(QUICK, has_port=True, standby_of=primary)
        try:
            replication = Replication(primary, standby)
            replication.demand_standby()
            yield replication
        finally:
            standby.stop()
    finally:
        primary.stop()


def wait_until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < end
        time.sleep(MOMENT_SECONDS)
