"""What a server writes to its log: faults, one line of a kind in a few seconds, and requests on demand."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any, BinaryIO

import msgspec

from ewallet_core.instructions.envelope import timestamp
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
        self._later(SECONDS_BETWEEN, lambda: self._end_interval(kind))

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


def _left_out(record: logging.LogRecord) -> int:
    return getattr(record, "left_out", 0)


class _TextLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        more = f" (and {_left_out(record) - 1:,} more like this)" if _left_out(record) > 1 else ""
        return f"{super().format(record)}{more}"


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": timestamp(int(record.created * 1_000)),
            "level": record.levelname.lower(),
            "kind": getattr(record, "kind", "fault"),
            "message": record.getMessage(),
        }
        if count := _left_out(record):
            line["count"] = count
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return msgspec.json.encode(line).decode()


class RequestLine(msgspec.Struct, omit_defaults=True):
    """A request in the log, without its arguments and its answer.

    `wait_ms` is the part of `ms` before it was begun, and `group` how many changes were committed together.
    """

    time: str
    kind: str
    instruction: str
    code: str
    ms: float
    address: str
    connection: int
    wait_ms: float | None = None
    group: int | None = None
    account: int | None = None
    session: int | None = None
    request_id: str | None = None


def _as_text(line: RequestLine) -> bytes:
    words = (
        f"{name}={msgspec.json.encode(value).decode()}"
        for name, value in msgspec.structs.asdict(line).items()
        if value is not None and name not in {"time", "kind"}
    )
    return f"{line.time} {line.kind} {' '.join(words)}\n".encode()


def _as_json(line: RequestLine) -> bytes:
    return msgspec.json.encode(line) + b"\n"


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
