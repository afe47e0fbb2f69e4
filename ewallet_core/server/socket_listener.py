"""The listener of a session manager: opens its sockets, and serves them in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ewallet_core.errors.server import ServerStoppingError, TlsNeededError
from ewallet_core.protocol.address import is_loopback
from ewallet_core.protocol.proxy_header import TrustedProxies
from ewallet_core.server.limits import Limits

if TYPE_CHECKING:
    import ssl

    from ewallet_core.server.executor import Engine
    from ewallet_core.server.log import RequestLog
    from ewallet_core.server.server import ServerThread
    from ewallet_core.server.settings import HttpSettings

LOOPBACK = "127.0.0.1"
READY = "ready"


class SocketListener:
    """Serves `engine` on two ports of `host`; it may be called from any thread.

    Off loopback it needs `tls`, unless it may be `insecure`. `trusted_proxies` are the addresses and networks
    that send a PROXY header. Its daemon thread begins with `start`.
    """

    def __init__(
        self,
        engine: Engine,
        host: str = LOOPBACK,
        *,
        tls: ssl.SSLContext | None = None,
        insecure: bool = False,
        limits: Limits | None = None,
        trusted_proxies: Sequence[str] = (),
    ) -> None:
        self.host = _without_name(host)
        self._engine = engine
        self._tls = tls
        self._may_be_public = tls is not None or insecure
        self._limits = limits or Limits()
        self._proxies = TrustedProxies(trusted_proxies)
        self.request_log: RequestLog | None = None
        """Where the requests are logged; it is set before the first port is opened."""
        self._changing = threading.Lock()
        self._thread: ServerThread | None = None
        self._stopped = False

    @property
    def ports(self) -> tuple[int, int] | None:
        thread = self._thread
        return thread.server.ports if thread else None

    def start(self) -> str:
        """As `InstructionListener.start`; raises `TlsNeededError` if other machines could send plain text."""
        self._started()
        return READY

    def open(self, in_port: int, out_port: int) -> tuple[int, int]:
        """As `InstructionListener.open`, and start it if needed; raises `PortUnavailableError` too.

        If it already listens, it moves to these ports, and connected clients stay connected.
        """
        thread = self._started()
        return thread.run(thread.server.open(in_port, out_port))

    def open_http(self, port: int, settings: HttpSettings) -> int:
        """Serve HTTP too until `stop`, on that port, or on any free one for 0; returns the port.

        Raises `TlsNeededError` or `PortUnavailableError`.
        """
        host = _without_name(settings.host) if settings.host else self.host
        if not (self._may_be_public or is_loopback(host)):
            raise TlsNeededError(host)
        thread = self._started()
        return thread.run(thread.server.open_http(host, port, settings))

    def close(self) -> bool:
        """As `InstructionListener.close`; clients get their pending answers and are disconnected."""
        with self._changing:
            if self._thread is not None:
                self._thread.run(self._thread.server.close())
        return True

    def stop(self) -> None:
        """As `close`, for good, and wait until all clients are disconnected; a second call does nothing."""
        with self._changing:
            self._stopped = True
            thread, self._thread = self._thread, None
        if thread is not None:
            thread.stop()

    def _started(self) -> ServerThread:
        if not (self._may_be_public or is_loopback(self.host)):
            raise TlsNeededError(self.host)
        with self._changing:
            if self._stopped:
                raise ServerStoppingError
            if self._thread is None:
                # A program that opens no sockets does not pay for asyncio and TLS.
                from ewallet_core.server.server import ServerThread  # noqa: PLC0415

                self._thread = ServerThread(
                    self._engine, self.host, self._tls, self._limits, self._proxies, self.request_log
                )
            return self._thread


def _without_name(host: str) -> str:
    """`localhost` may mean two addresses, and a port that is free on one may not be on the other."""
    return LOOPBACK if host == "localhost" else host
