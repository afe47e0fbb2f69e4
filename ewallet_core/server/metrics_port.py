"""The metrics in Prometheus' text format, over HTTP on a port of its own."""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Iterator
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from prometheus_client import CollectorRegistry, ProcessCollector, make_wsgi_app
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.core import Metric as Family
from prometheus_client.registry import Collector

from ewallet_core.errors.server import PortUnavailableError
from ewallet_core.metrics import Histogram, Metric, MetricKind, Metrics

SILENT_SECONDS = 10

_log = logging.getLogger("ewallet_core")


class MetricsPort:
    """Answers each GET with the metrics as they are then. Raises `PortUnavailableError`."""

    def __init__(self, metrics: Metrics, host: str, port: int) -> None:
        registry = CollectorRegistry()
        registry.register(_OurMetrics(metrics))
        # Memory, processor time and open files, as far as the system tells them.
        ProcessCollector(registry=registry)
        try:
            self._server = _HttpServer((host, port), _Handler)
        except OSError as reason:
            problem = os.strerror(reason.errno).lower() if reason.errno else str(reason)
            raise PortUnavailableError(host, port, problem) from reason
        self._server.set_app(make_wsgi_app(registry))
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


class _OurMetrics(Collector):
    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def collect(self) -> Iterator[Family]:
        yield from map(_family_of, self._metrics.read())


def _family_of(metric: Metric) -> Family:
    names = list(metric.values[0][0]) if metric.values else []
    family: CounterMetricFamily | GaugeMetricFamily | HistogramMetricFamily
    if metric.kind is MetricKind.HISTOGRAM:
        family = HistogramMetricFamily(metric.name, metric.help, labels=names)
    elif metric.kind is MetricKind.COUNTER:
        family = CounterMetricFamily(metric.name, metric.help, labels=names)
    else:
        family = GaugeMetricFamily(metric.name, metric.help, labels=names)
    for labels, value in metric.values:
        shown: Any = (list(value.buckets()), value.sum) if isinstance(value, Histogram) else (value,)
        family.add_metric(list(labels.values()), *shown)
    return family


class _HttpServer(ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], handler: type[WSGIRequestHandler]) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, handler)

    def handle_error(self, _request: Any, _client_address: Any) -> None:
        _log.warning("a request for the metrics could not be answered", exc_info=True)


class _Handler(WSGIRequestHandler):
    timeout = SILENT_SECONDS

    def log_message(self, format: str, *args: Any) -> None:
        """Log no request for the metrics."""
