"""What a server notes: faults in its log, one line of a kind in a few seconds; requests in the metrics and,
on demand, in the log."""

from __future__ import annotations

import contextlib
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from queue import Empty, SimpleQueue
from time import perf_counter
from typing import Any, BinaryIO, Protocol

import msgspec

from ewallet_core.instructions.envelope import Answer, outcome_of, timestamp
from ewallet_core.metrics import Metric, Metrics, counter
from ewallet_core.operations.context import Call, InvalidCall, Trace
from ewallet_core.types import LogFormat

SECONDS_BETWEEN = 5.0
MOST_WAITING = 10_000
MOST_AT_ONCE = 1_000

Later = Callable[[float, Callable[[], None]], None]


def _after(seconds: float, call: Callable[[], None]) -> None:
    timer = threading.Timer(seconds, call)
    timer.daemon = True
    timer.start()


class FaultHandler(logging.Handler):
    """Writes the first record of a kind, and then at intervals only the latest and how many were left out.

    The kind of a record is its `kind`, or else its message before the arguments are filled in. So a full disk
    is not filled by the log that says so.
    """

    def __init__(self, stream: BinaryIO, log_format: LogFormat, later: Later = _after) -> None:
        super().__init__()
        self._stream = stream
        self._later = later
        self._left_out: dict[str, int] = {}
        """The kinds that were written a moment ago, with the number of records since then."""
        self._latest: dict[str, logging.LogRecord] = {}
        self.setFormatter(_JsonLines() if log_format is LogFormat.JSON else _TextLines(_TEXT))

    def emit(self, record: logging.LogRecord) -> None:
        kind = str(getattr(record, "kind", record.msg))
        if kind in self._left_out:
            self._left_out[kind] += 1
            self._latest[kind] = record
        else:
            self._write(record)
            self._wait(kind)

    def close(self) -> None:
        for kind in list(self._left_out):
            self._end_interval(kind, is_last=True)
        super().close()

    def _wait(self, kind: str) -> None:
        self._left_out[kind] = 0
        try:
            self._later(SECONDS_BETWEEN, lambda: self._end_interval(kind))
        except RuntimeError:
            # The system starts no more threads; then every fault is written.
            del self._left_out[kind]

    def _end_interval(self, kind: str, *, is_last: bool = False) -> None:
        with contextlib.nullcontext() if self.lock is None else self.lock:
            left_out = self._left_out.pop(kind, 0)
            if left_out:
                latest = self._latest.pop(kind)
                latest.left_out = left_out
                self._write(latest)
                if not is_last:
                    self._wait(kind)

    def _write(self, record: logging.LogRecord) -> None:
        # On a full disk there is nothing else to do.
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(f"{self.format(record)}\n".encode(errors="replace"))
            self._stream.flush()


_TEXT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def _time_of(record: logging.LogRecord) -> str:
    return timestamp(int(record.created * 1_000))


def _left_out(record: logging.LogRecord) -> int:
    return getattr(record, "left_out", 0)


class _TextLines(logging.Formatter):
    def formatTime(self, record: logging.LogRecord, _: str | None = None) -> str:  # noqa: N802 - logging's name
        """In UTC, as in the lines of requests."""
        return _time_of(record)

    def format(self, record: logging.LogRecord) -> str:
        more = f" (and {_left_out(record) - 1:,} more like this)" if _left_out(record) > 1 else ""
        return f"{super().format(record)}{more}"


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": _time_of(record),
            "level": record.levelname.lower(),
            "kind": getattr(record, "kind", "fault"),
            "message": record.getMessage(),
        }
        if count := _left_out(record):
            line["count"] = count
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return msgspec.json.encode(line).decode()


class RequestLine(msgspec.Struct, frozen=True):
    """A request in the log, without its arguments and its answer.

    `at` is when it was answered, in milliseconds UTC; `wait_seconds` is the part of `seconds` before it was
    begun, and `group` how many changes were committed together with it.
    """

    at: int
    instruction: str
    code: str
    seconds: float
    wait_seconds: float | None
    group: int | None
    account: int | None
    session: int | None
    address: str
    connection: int
    request_id: str | None


def _fields_of(line: RequestLine) -> dict[str, str | int | float]:
    fields: dict[str, str | int | float | None] = {
        "time": timestamp(line.at),
        "kind": "request",
        "instruction": line.instruction,
        "code": line.code,
        "ms": round(line.seconds * 1_000, 2),
        "wait_ms": None if line.wait_seconds is None else round(line.wait_seconds * 1_000, 2),
        "group": line.group,
        "account": line.account,
        "session": line.session,
        "address": line.address,
        "connection": line.connection,
        "request_id": line.request_id,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _as_text(line: RequestLine) -> bytes:
    fields = _fields_of(line)
    begin = f"{fields.pop('time')} {fields.pop('kind')}"
    words = (f"{name}={_in_ascii(value)}" for name, value in fields.items())
    return f"{begin} {' '.join(words)}\n".encode()


def _as_json(line: RequestLine) -> bytes:
    return f"{_in_ascii(_fields_of(line))}\n".encode()


def _in_ascii(value: Any) -> str:
    """JSON in which nothing that a client has chosen can control a terminal or end the line."""
    encoded = msgspec.json.encode(value)
    return encoded.decode() if encoded.isascii() else json.dumps(value)


class RequestLog:
    """Writes a line for each request in a thread of its own, so that no request waits for the log.

    If the log can't keep up, lines are left out; `left_out` counts them.
    """

    def __init__(self, stream: BinaryIO, log_format: LogFormat) -> None:
        self.left_out = 0
        self._stream = stream
        self._encode = _as_json if log_format is LogFormat.JSON else _as_text
        self._lines: SimpleQueue[RequestLine | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="ewallet-log", daemon=True)
        self._thread.start()

    def add(self, line: RequestLine) -> None:
        if self._lines.qsize() < MOST_WAITING:
            self._lines.put(line)
        else:
            self.left_out += 1

    def close(self) -> None:
        """Write what waits, and end the thread."""
        self._lines.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (line := self._lines.get()) is not None:
            lines = [line]
            while len(lines) < MOST_AT_ONCE:
                try:
                    more = self._lines.get_nowait()
                except Empty:
                    break
                if more is None:
                    self._write(lines)
                    return
                lines.append(more)
            self._write(lines)

    def _write(self, lines: list[RequestLine]) -> None:
        try:
            self._stream.write(b"".join(map(self._encode, lines)))
            self._stream.flush()
        except (OSError, ValueError):
            self.left_out += len(lines)


class NumberedConnection(Protocol):
    """The connection of a request."""

    address: str

    @property
    def number(self) -> int:
        """The connections of a server are numbered."""


class RequestMonitor:
    def __init__(self, metrics: Metrics, log: RequestLog | None) -> None:
        self._metrics = metrics
        self._log = log

    def metrics(self) -> Iterator[Metric]:
        if self._log is not None:
            left_out = "Requests that the log could not keep up with."
            yield counter("ewallet_log_lines_left_out", left_out, self._log.left_out)

    def traced(self, call: Call | InvalidCall) -> Call | InvalidCall:
        """The call, with a trace if the log needs one."""
        return call if self._log is None else msgspec.structs.replace(call, trace=Trace())

    def note(
        self, call: Call | InvalidCall, sender: NumberedConnection, answer: Answer, received_at: float
    ) -> None:
        """Note an answer; `received_at` is when its request was received, by `perf_counter`."""
        code, seconds = outcome_of(answer), perf_counter() - received_at
        self._metrics.count_request(call.name, code, seconds)
        if self._log is not None:
            self._log.add(_line(call, sender, code, received_at, seconds))


def _line(
    call: Call | InvalidCall, sender: NumberedConnection, code: str, received_at: float, seconds: float
) -> RequestLine:
    trace = call.trace or Trace()
    wait = None if trace.begun_at is None else trace.begun_at - received_at
    return RequestLine(
        at=time.time_ns() // 1_000_000,
        instruction=call.name,
        code=code,
        seconds=seconds,
        wait_seconds=wait,
        group=trace.group_size,
        request_id=call.reply_id,
        account=trace.account_id,
        session=trace.session_id,
        address=sender.address,
        connection=sender.number,
    )
