"""A server of a wallet file that can be stopped and started again."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path

from argon2 import PasswordHasher

from ewallet_core import EWalletSessionManager
from ewallet_core.operations.context import EngineConfig
from ewallet_core.security.passwords import Passwords
from ewallet_core.server.limits import Limits
from ewallet_core.server.settings import HttpSettings
from ewallet_core.server.socket_listener import SocketListener
from ewallet_core.storage.read_only import open_read_only
from ewallet_core.storage.verification import Violation, run_checks

CHEAP = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
NO_LIMITS = Limits(requests_per_second_per_session=100_000)


class RunningServer:
    """An engine and its listener; the ports stay the same over a restart."""

    def __init__(
        self,
        database_url: str,
        clock: Callable[[], int],
        *,
        config: EngineConfig | None = None,
        limits: Limits = NO_LIMITS,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.database_url = database_url
        self._clock = clock
        self._config = config or EngineConfig(self_supply=True)
        self.limits = limits
        self.tls = tls
        self.ports = (0, 0)
        self._http_port: int | None = None
        self._manager: EWalletSessionManager | None = None

    def start(self) -> None:
        manager = EWalletSessionManager(
            self.database_url, clock=self._clock, passwords=CHEAP, config=self._config
        )
        listener = SocketListener(manager, tls=self.tls, limits=self.limits)
        manager.listen_through(listener)
        self.ports = listener.open(*self.ports)
        self._manager, self._listener = manager, listener
        if self._http_port is not None:
            listener.open_http(self._http_port, HttpSettings())

    @property
    def http_port(self) -> int:
        """The port for HTTP, which is opened when it is first asked for."""
        if self._http_port is None:
            self._http_port = self._listener.open_http(0, HttpSettings())
        return self._http_port

    def stop(self) -> None:
        if self._manager is not None:
            self._listener.stop()
            self._manager.close()
            self._manager = None


def database_url_in(folder: Path) -> str:
    return f"sqlite:///{folder / 'wallet.sqlite3'}"


def violations_in(database_url: str) -> list[str]:
    """The violations that `ewallet verify` would report."""
    with open_read_only(database_url) as transaction:
        return [finding.sentence for finding in run_checks(transaction) if isinstance(finding, Violation)]
