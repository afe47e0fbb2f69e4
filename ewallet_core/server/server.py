"""The server: its ports and their connections, in one event loop with its own thread."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
from collections.abc import Coroutine, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import uvloop

from ewallet_core.errors.server import PortUnavailableError
from ewallet_core.metrics import Metric, MetricKind, counter
from ewallet_core.protocol.proxy_header import TrustedProxies
from ewallet_core.server.event_broadcaster import EventBroadcaster
from ewallet_core.server.event_port import OutPort
from ewallet_core.server.executor import Engine, Executor
from ewallet_core.server.instruction_port import InPort
from ewallet_core.server.limits import ConnectionLimiter, Limits
from ewallet_core.server.listener import Listener
from ewallet_core.server.log import RequestLog, RequestMonitor

if TYPE_CHECKING:
    from ewallet_core.server.settings import HttpSettings

DRAIN_SECONDS = 20.0

T = TypeVar("T")


class Server:
    """Serves `engine` on two ports of a host, and on one for HTTP if asked to, in the running event loop."""

    def __init__(
        self,
        engine: Engine,
        host: str,
        tls: ssl.SSLContext | None,
        limits: Limits,
        proxies: TrustedProxies,
        request_log: RequestLog | None,
    ) -> None:
        self._engine = engine
        self._tls = tls
        self._limits = limits
        self._limiter = limiter = ConnectionLimiter(limits)
        self._metrics = engine.dispatcher.metrics
        self._monitor = monitor = RequestMonitor(self._metrics, request_log)
        self._executor = Executor(engine.dispatcher, limits, monitor)
        self._broadcaster = EventBroadcaster(engine, self._executor)
        self._in_port = in_port = InPort(engine.dispatcher, self._executor, limiter, limits, monitor)
        out_port = OutPort(engine, self._executor, self._broadcaster, limits)
        self._in_listener = Listener(in_port.connect, limiter, host, tls, proxies, limits)
        self._out_listener = Listener(out_port.connect, limiter, host, tls, proxies, limits)
        self._listeners = {"instructions": self._in_listener, "events": self._out_listener}
        self._broadcasting: asyncio.Task[None] | None = None
        self._opening = asyncio.Lock()
        self._metrics.add_source(self.metrics)

    def metrics(self) -> Iterator[Metric]:
        """As they are now; any thread may ask."""
        yield from self._executor.metrics()
        yield from self._monitor.metrics()
        yield Metric(
            "ewallet_connections",
            MetricKind.GAUGE,
            "Open connections of each port.",
            [({"port": name}, listener.connection_count) for name, listener in self._listeners.items()],
        )
        refused = "Connections that were closed at once because of a limit."
        handshakes = sum(listener.refused_handshakes for listener in self._listeners.values())
        yield counter("ewallet_connections_refused", refused, self._limiter.refused_count + handshakes)
        yield counter("ewallet_events_sent", "Events that were sent.", self._broadcaster.sent_count)

    @property
    def ports(self) -> tuple[int, int] | None:
        """The ports of instructions and of events; None while it is closed. Any thread may ask."""
        in_port, out_port = self._in_listener.port, self._out_listener.port
        return None if in_port is None or out_port is None else (in_port, out_port)

    async def open(self, in_port: int, out_port: int) -> tuple[int, int]:
        """Listen on both ports, or leave both as they were and raise `PortUnavailableError`."""
        self._begin_broadcasting()
        async with self._opening:
            instructions = await self._in_listener.bind(in_port)
            try:
                events = await self._out_listener.bind(out_port)
            except PortUnavailableError:
                self._in_listener.release(instructions)
                raise
            return self._in_listener.switch_to(instructions), self._out_listener.switch_to(events)

    async def open_http(self, host: str, port: int, settings: HttpSettings) -> int:
        """Listen for HTTP too, until `stop`; returns the port. Raises `PortUnavailableError`."""
        # A server without that port does not pay for HTTP.
        from ewallet_core.server.http.connection import HttpConnection  # noqa: PLC0415
        from ewallet_core.server.http.port import HttpPort  # noqa: PLC0415

        self._begin_broadcasting()
        self._limiter.proxies = TrustedProxies(settings.trusted_proxies)
        http_port = HttpPort(self._engine, self._in_port, self._broadcaster, settings)
        connect = partial(HttpConnection, http_port)
        # Over HTTP, a proxy names the client in a header of each request.
        no_proxies = TrustedProxies(())
        listener = Listener(connect, self._limiter, host, self._tls, no_proxies, self._limits)
        opened = listener.switch_to(await listener.bind(port))
        self._listeners["http"] = listener
        return opened

    async def close(self) -> None:
        """Stop accepting on both sockets and drain their open connections, without waiting for them."""
        await _close([self._in_listener, self._out_listener])

    async def stop(self) -> None:
        """Stop accepting, and wait until all connections are closed."""
        listeners = list(self._listeners.values())
        await _close(listeners)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS):
                for listener in listeners:
                    await listener.wait_until_empty()
        # Connections that did not close in time, and those whose TLS handshake is unfinished.
        for listener in listeners:
            listener.abort()
        # A transport tells its protocol in the iteration after it was aborted, and then closes its socket.
        await asyncio.sleep(0)
        while others := asyncio.all_tasks() - {asyncio.current_task()}:
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)
        # What was cancelled may have closed a transport.
        await asyncio.sleep(0)

    def shut_down(self) -> None:
        """Wait for the work that is still running, and end its threads, once the loop no longer runs."""
        self._executor.shut_down()
        self._metrics.remove_source(self.metrics)

    def _begin_broadcasting(self) -> None:
        if self._broadcasting is None:
            self._broadcasting = asyncio.create_task(self._broadcaster.run())


async def _close(listeners: Sequence[Listener]) -> None:
    for listener in listeners:
        listener.close()
    # A connection that was just accepted gets its protocol in the next iteration.
    await asyncio.sleep(0)
    for listener in listeners:
        listener.drain()


class ServerThread:
    """A server in its own event loop and daemon thread."""

    def __init__(
        self,
        engine: Engine,
        host: str,
        tls: ssl.SSLContext | None,
        limits: Limits,
        proxies: TrustedProxies,
        request_log: RequestLog | None,
    ) -> None:
        self.loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="ewallet-listener", daemon=True)
        self._thread.start()

        async def create() -> Server:
            return Server(engine, host, tls, limits, proxies, request_log)

        self.server = self.run(create())

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result()

    def stop(self) -> None:
        """Close all connections, then end the thread and the loop."""
        self.run(self.server.stop())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()
        self.server.shut_down()
