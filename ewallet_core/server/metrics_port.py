"""The metrics in Prometheus' text format, over HTTP on a port of its own."""

from __future__ import annotations

import contextlib
import logging
import socket
import sys
import threading
from socketserver import TCPServer, ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from prometheus_client import make_wsgi_app

from ewallet_core.errors.server import PortUnavailableError
from ewallet_core.metrics import Metrics
from ewallet_core.server.listener import system_message
from ewallet_core.server.prometheus import registry_of

MOST_AT_ONCE = 8
"""How many requests are answered at the same time; more connections are closed at once."""
LONGEST_SECONDS = 10.0
"""How long a request and its answer may take together."""

_log = logging.getLogger("ewallet_core")


class MetricsPort:
    """Answers each GET with the metrics as they are then. Raises `PortUnavailableError`."""

    def __init__(self, metrics: Metrics, host: str, port: int) -> None:
        try:
            self._server = _HttpServer((host, port), _Handler)
        except OSError as reason:
            raise PortUnavailableError(host, port, system_message(reason)) from reason
        self._server.set_app(make_wsgi_app(registry_of(metrics)))
        self._thread = threading.Thread(
            target=self._server.serve_forever, name="ewallet-metrics", daemon=True
        )
        self._thread.start()

    @property
    def port(self) -> int:
        return self._server.server_port

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _HttpServer(ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], handler: type[WSGIRequestHandler]) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self._places = threading.Semaphore(MOST_AT_ONCE)
        super().__init__(address, handler)

    def server_bind(self) -> None:
        # HTTPServer would look up the name of the host, which takes seconds if no name server answers.
        TCPServer.server_bind(self)
        name, self.server_port = self.server_address[:2]
        self.server_name = str(name)
        self.setup_environ()

    def process_request(self, request: Any, client_address: Any) -> None:
        if not self._places.acquire(blocking=False):
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except BaseException:
            self._places.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        too_late = threading.Timer(LONGEST_SECONDS, _hang_up, [request])
        try:
            too_late.start()
            super().process_request_thread(request, client_address)
        finally:
            too_late.cancel()
            self._places.release()

    def handle_error(self, _request: Any, _client_address: Any) -> None:
        # A client that disconnected, or that had to be, is no fault.
        if not isinstance(sys.exception(), OSError):
            _log.error("a request for the metrics could not be answered", exc_info=True)


def _hang_up(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


class _Handler(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Log no request for the metrics."""
