"""The listener of instructions, as a program has it: beside whatever else it does, in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from ewallet_core.errors.server import ServerStoppingError, TlsNeededError
from ewallet_core.protocol.address import is_loopback
from ewallet_core.server.limits import Limits

if TYPE_CHECKING:
    import ssl

    from ewallet_core.server.executor import Engine
    from ewallet_core.server.server import Server


LOOPBACK = "127.0.0.1"
READY = "ready"

T = TypeVar("T")


class SocketListener:
    """Listens for who asks `engine` from elsewhere; it may be called from any thread.

    Off loopback it wants `tls`, unless it is told to be `insecure`. Its thread begins with `start` and keeps
    no program alive.
    """

    def __init__(
        self,
        engine: Engine,
        host: str = LOOPBACK,
        *,
        tls: ssl.SSLContext | None = None,
        insecure: bool = False,
        limits: Limits | None = None,
    ) -> None:
        # The name may mean two addresses, of which a free port is not the same.
        self.host = LOOPBACK if host == "localhost" else host
        self._engine = engine
        self._tls = tls
        self._may_listen = tls is not None or insecure or is_loopback(self.host)
        self._limits = limits or Limits()
        self._changing = threading.Lock()
        self._at_work: _AtWork | None = None
        self._stopped = False

    @property
    def ports(self) -> tuple[int, int] | None:
        """As `Listener.ports`."""
        at_work = self._at_work
        return at_work.server.ports if at_work else None

    def start(self) -> str:
        """As `Listener.start`; raises `TlsNeededError` where it would listen beyond this machine in the clear."""
        self._started()
        return READY

    def open(self, in_port: int, out_port: int) -> tuple[int, int]:
        """As `Listener.open`, after a `start` where that is missing; raises `PortUnavailableError` too.

        Where it listens already it moves to these ports, and who is connected stays so.
        """
        at_work = self._started()
        return at_work.wait_for(at_work.server.open(in_port, out_port))

    def close(self) -> bool:
        """As `Listener.close`: those who are connected are answered what was begun, and let go."""
        with self._changing:
            if self._at_work is not None:
                self._at_work.wait_for(self._at_work.server.close())
        return True

    def stop(self) -> None:
        """As `close`, and wait until all are gone; it listens no more then. Twice does no harm."""
        with self._changing:
            self._stopped = True
            at_work, self._at_work = self._at_work, None
        if at_work is not None:
            at_work.end()

    def _started(self) -> _AtWork:
        if not self._may_listen:
            raise TlsNeededError(self.host)
        with self._changing:
            if self._stopped:
                raise ServerStoppingError
            if self._at_work is None:
                # Imported here, because most who open an engine listen to nobody.
                from ewallet_core.server.server import Server  # noqa: PLC0415

                self._at_work = _AtWork(Server(self._engine, self.host, self._tls, self._limits))
            return self._at_work


class _AtWork:
    """A reception, and the loop and the thread that it has."""

    def __init__(self, server: Server) -> None:
        import asyncio  # noqa: PLC0415

        self.server = server
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="ewallet-listener", daemon=True)
        self._thread.start()

    def wait_for(self, work: Coroutine[Any, Any, T]) -> T:
        """What `work` comes to in the loop."""
        import asyncio  # noqa: PLC0415

        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def end(self) -> None:
        """See everybody out, then let go of the thread and the loop."""
        self.wait_for(self.server.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self.server.shut_down()
