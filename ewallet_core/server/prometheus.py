"""The metrics as Prometheus' library writes them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.core import Metric as Family
from prometheus_client.registry import Collector

from ewallet_core.metrics import Histogram, Metric, MetricKind, Metrics


def registry_of(metrics: Metrics) -> CollectorRegistry:
    """A registry that reads the metrics each time, and those of this process."""
    registry = CollectorRegistry()
    registry.register(_OurMetrics(metrics))
    # Memory, processor time and open files, as far as the system tells them.
    ProcessCollector(registry=registry)
    return registry


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
