"""The log of a server: a line for each kind of fault, never a flood of them."""

from __future__ import annotations

import io
import json
import logging
import re
import threading
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest

from ewallet_core.engine.dispatcher import log_fault
from ewallet_core.errors.accounts import NotPermittedError
from ewallet_core.errors.server import OutcomeUnknownError, StorageFailedError
from ewallet_core.server.log import MOST_WAITING, FaultHandler, RequestLine, RequestLog
from ewallet_core.types import LogFormat


class Log:
    """A log in memory, whose intervals end when the test says so."""

    def __init__(self, log_format: LogFormat = LogFormat.JSON) -> None:
        self.written = io.BytesIO()
        self.pending: list[Callable[[], None]] = []
        self.handler = FaultHandler(self.written, log_format, lambda _, call: self.pending.append(call))
        logging.getLogger().addHandler(self.handler)

    @property
    def text(self) -> str:
        return self.written.getvalue().decode()

    @property
    def counts(self) -> list[tuple[str, int]]:
        """Kind and count of each line."""
        lines = [json.loads(line) for line in self.text.splitlines()]
        return [(line["kind"], line.get("count", 1)) for line in lines]

    def end_interval(self) -> None:
        ended, self.pending = self.pending, []
        for end in ended:
            end()


@pytest.fixture
def log() -> Iterator[Log]:
    log = Log()
    yield log
    logging.getLogger().removeHandler(log.handler)


def fail(times: int = 1) -> None:
    for _ in range(times):
        log_fault(StorageFailedError("database or disk is full"), "client action supply credits")


def test_the_first_fault_of_a_kind_is_written_at_once_and_the_others_are_counted(log):
    fail(times=100)
    assert log.counts == [("storage_failed", 1)]
    log.end_interval()
    assert log.counts == [("storage_failed", 1), ("storage_failed", 99)]


def test_while_a_fault_goes_on_there_is_one_line_in_each_interval(log):
    for _ in range(5):
        fail(times=10)
        log.end_interval()
    assert [count for _, count in log.counts] == [1, 9, 10, 10, 10, 10]


def test_after_a_quiet_interval_the_next_fault_is_written_at_once(log):
    fail()
    log.end_interval()
    log.end_interval()
    fail()
    assert log.counts == [("storage_failed", 1)] * 2
    assert len(log.pending) == 1


def test_each_kind_is_counted_by_itself(log):
    fail(times=3)
    log_fault(OutcomeUnknownError(), "client action supply credits")
    logging.getLogger("ewallet_core").warning("the %s cleaner failed: %s", "clock", "why")
    assert [kind for kind, _ in log.counts] == ["storage_failed", "outcome_unknown", "fault"]


def test_what_was_left_out_is_written_at_the_end(log):
    fail(times=3)
    log.handler.close()
    assert log.counts == [("storage_failed", 1), ("storage_failed", 2)]


def test_an_error_for_the_client_alone_is_not_in_the_log(log):
    log_fault(NotPermittedError("client action supply credits"), "client action supply credits")
    assert log.text == ""


def test_a_line_says_what_failed_why_and_what_to_do(log):
    error = OutcomeUnknownError()
    error.__cause__ = OSError("disk I/O error")
    log_fault(error, "client action supply credits")
    (line,) = (json.loads(line) for line in log.text.splitlines())
    assert line["level"] == "error"
    assert line["message"].startswith("client action supply credits: The storage failed during the commit")
    assert "(disk I/O error)" in line["message"]


def test_what_a_database_adds_to_a_reason_is_left_out(log):
    error = StorageFailedError("duplicate key value")
    error.__cause__ = Exception("duplicate key value\nDETAIL:  Key (name)=(ann) already exists.")
    log_fault(error, "client action new account")
    (line,) = (json.loads(line) for line in log.text.splitlines())
    assert "ann)" not in line["message"]
    assert line["message"].count("duplicate key value") == 1


def test_text_has_one_line_for_each_fault_too(log):
    logging.getLogger().removeHandler(log.handler)
    text = Log(LogFormat.TEXT)
    fail(times=3)
    text.end_interval()
    logging.getLogger().removeHandler(text.handler)
    first, second = text.text.splitlines()
    assert re.match(r"\d{4}-\d\d-\d\dT[\d:.]+Z ERROR ", first)
    assert " ERROR ewallet_core: client action supply credits: The storage could not save this" in first
    assert second.endswith("(and 1 more like this)")


def test_a_log_that_can_not_be_written_raises_nothing():
    class Full(io.BytesIO):
        def write(self, _: object) -> int:
            raise OSError(28, "No space left on device")

    FaultHandler(Full(), LogFormat.TEXT).emit(logging.makeLogRecord({"msg": "a fault"}))


def test_a_fault_is_written_also_if_no_thread_can_be_started(log):
    def fails(_: float, __: object) -> None:
        raise RuntimeError("can't start new thread")

    log.handler._later = fails
    fail(times=2)
    assert log.counts == [("storage_failed", 1)] * 2


def request_line(number: int) -> RequestLine:
    return RequestLine(
        at=0,
        instruction="client action view overview",
        code="ok",
        seconds=0.001,
        wait_seconds=None,
        group=None,
        account=None,
        session=None,
        address="127.0.0.1",
        connection=number,
        request_id=None,
    )


class BlockedStream(io.BytesIO):
    """A stream that takes no line until it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.is_writing, self.may_write = threading.Event(), threading.Event()

    def write(self, data: Any) -> int:
        self.is_writing.set()
        self.may_write.wait()
        return super().write(data)


def test_no_request_waits_for_its_line_and_those_left_out_are_counted():
    stream = BlockedStream()
    log = RequestLog(stream, LogFormat.JSON)
    log.add(request_line(0))
    stream.is_writing.wait()
    for number in range(MOST_WAITING + 7):
        log.add(request_line(number + 1))
    assert log.left_out == 7
    stream.may_write.set()
    log.close()
    written = [json.loads(line)["connection"] for line in stream.getvalue().splitlines()]
    assert written == list(range(MOST_WAITING + 1))


def test_a_log_of_requests_that_can_not_be_written_only_counts_them():
    class Closed(io.BytesIO):
        def write(self, _: object) -> int:
            raise BrokenPipeError(32, "Broken pipe")

    log = RequestLog(Closed(), LogFormat.TEXT)
    log.add(request_line(1))
    log.close()
    assert log.left_out == 1


@pytest.mark.parametrize("log_format", LogFormat)
def test_a_request_id_can_neither_end_its_line_nor_control_a_terminal(log_format):
    stream = io.BytesIO()
    log = RequestLog(stream, log_format)
    chosen = "id \n \x1b[2J \x9b2J \x85 \u2028 \u202e"
    log.add(msgspec.structs.replace(request_line(1), request_id=chosen))
    log.close()
    (line,) = stream.getvalue().decode().splitlines()
    assert line.isascii()
    assert line.isprintable()
