"""Counts of what an engine and its server do: kept in memory, and read by operators and by Prometheus."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum

import msgspec

SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500)

Labels = Mapping[str, str]


class MetricKind(StrEnum):
    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class Histogram:
    """How many observed values were at most each of the `bounds`, and their sum; not safe across threads."""

    __slots__ = ("bounds", "counts", "sum")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def observe(self, value: float) -> None:
        self.counts[bisect_left(self.bounds, value)] += 1
        self.sum += value

    def buckets(self) -> Iterator[tuple[str, int]]:
        """Each bound as text, with how many values were at most that; the last bound is `+Inf`."""
        below = 0
        for bound, count in zip((*map(str, self.bounds), "+Inf"), list(self.counts), strict=True):
            below += count
            yield bound, below


class Metric(msgspec.Struct, frozen=True):
    """What is counted or measured, by its labels. A counter's name is given without its ending `_total`."""

    name: str
    kind: MetricKind
    help: str
    values: Sequence[tuple[Labels, float | Histogram]]

    def samples(self) -> Iterator[tuple[str, Labels, float]]:
        """Each number with its name and labels, as Prometheus calls them."""
        for labels, value in self.values:
            if isinstance(value, Histogram):
                below = 0
                for bound, below in value.buckets():
                    yield f"{self.name}_bucket", {**labels, "le": bound}, float(below)
                yield f"{self.name}_count", labels, float(below)
                yield f"{self.name}_sum", labels, value.sum
            else:
                ending = "_total" if self.kind is MetricKind.COUNTER else ""
                yield f"{self.name}{ending}", labels, float(value)


def gauge(name: str, help: str, value: float, **labels: str) -> Metric:
    return Metric(name, MetricKind.GAUGE, help, [(labels, value)])


def counter(name: str, help: str, value: float) -> Metric:
    return Metric(name, MetricKind.COUNTER, help, [({}, value)])


Source = Callable[[], Iterable[Metric]]


class Metrics:
    """The counted requests, and the sources of all other metrics, which are read when they are asked for."""

    def __init__(self) -> None:
        self._counting = threading.Lock()
        self._requests: Counter[tuple[str, str]] = Counter()
        self._seconds: defaultdict[str, Histogram] = defaultdict(lambda: Histogram(SECONDS))
        self._sources: list[Source] = []

    def count_request(self, instruction: str, code: str, seconds: float) -> None:
        """Count an answer: its error's code or `ok`, and how long it took."""
        with self._counting:
            self._requests[instruction, code] += 1
            self._seconds[instruction].observe(seconds)

    def add_source(self, source: Source) -> None:
        self._sources.append(source)

    def remove_source(self, source: Source) -> None:
        self._sources.remove(source)

    def read(self) -> list[Metric]:
        with self._counting:
            counted = [
                ({"instruction": instruction, "code": code}, count)
                for (instruction, code), count in self._requests.items()
            ]
            seconds = [({"instruction": instruction}, found) for instruction, found in self._seconds.items()]
        return [
            Metric("ewallet_requests", MetricKind.COUNTER, "Answers, by the error's code or `ok`.", counted),
            Metric(
                "ewallet_request_seconds",
                MetricKind.HISTOGRAM,
                "From the receipt of a request to its answer.",
                seconds,
            ),
            *(metric for source in list(self._sources) for metric in source()),
        ]
