"""The instruction port answers every line, valid or not, and continues with the next one."""

from __future__ import annotations

import json

import pytest
from engine_server import VIEW_SOCKETS, EngineServer
from socket_wire import Wire

from ewallet_core.protocol.frames import LARGEST_FRAME

NO_REQUESTS = {
    "bad JSON": (b'{"action": ', "not_json"),
    "two objects": (b"{} {}", "not_json"),
    "a number that is none": (b'{"credits": NaN}', "not_json"),
    "a number without end": (b'{"credits": Infinity}', "not_json"),
    "a number beyond all": (b'{"credits": 1e999}', "not_json"),
    "more digits than a number has": (b'{"credits": ' + b"9" * 60_000 + b"}", "not_json"),
    "half of a surrogate": (rb'{"action": "\ud800"}', "not_json"),
    "a byte order mark": (b"\xef\xbb\xbf{}", "not_json"),
    "not UTF-8": (b'{"action": "\xff"}', "not_utf8"),
    "a letter cut in two": (b'{"action": "\xc3"}', "not_utf8"),
    "text in UTF-16": ('{"action": "view"}'.encode("utf-16-le"), "not_json"),
    "a list": (b"[]", "malformed"),
    "a word": (b'"view"', "malformed"),
    "a number": (b"7", "malformed"),
    "nothing at all": (b"null", "malformed"),
    "too deep": (b'{"a": ' * 18 + b"1" + b"}" * 18, "too_deep"),
    "as deep as a line is long": (b"[" * 60_000, "too_deep"),
}


def padded(length: int) -> bytes:
    """A request in a line of that many bytes, including its end."""
    line = json.dumps(VIEW_SOCKETS).encode()
    return line + b" " * (length - 1 - len(line)) + b"\n"


@pytest.fixture
def wire(server: EngineServer) -> Wire:
    return server.in_wire()


def is_alive(wire: Wire) -> bool:
    """Whether the connection answers the next request."""
    return wire.answer({**VIEW_SOCKETS, "request_id": "still there"})["request_id"] == "still there"


@pytest.mark.parametrize(("line", "code"), NO_REQUESTS.values(), ids=NO_REQUESTS)
def test_an_invalid_line_is_refused_and_the_connection_stays_open(wire, line, code):
    wire.send_bytes(line + b"\n")
    assert wire.next_code() == code
    assert is_alive(wire)


@pytest.mark.parametrize("number", ["9" * 400, "-1", "1.5", "1e300"], ids=["huge", "less", "part", "float"])
def test_a_number_out_of_range_is_an_error_of_its_argument(wire, number):
    line = json.dumps({**VIEW_SOCKETS, "action": "supply", "supply": "credits", "credits": 0})
    wire.send_bytes(line.replace('"credits": 0', f'"credits": {number}').encode() + b"\n")
    assert wire.next_line()["failed"] is True
    assert is_alive(wire)


def test_the_last_of_two_equal_keys_counts(wire):
    wire.send_bytes(json.dumps(VIEW_SOCKETS)[:-1].encode() + b', "view": "nothing", "view": "sockets"}\n')
    assert wire.next_line()["failed"] is False


def test_blank_lines_are_ignored(wire):
    wire.send_bytes(b"\n\r\n  \n\t\n" + padded(200) + b"\n\n")
    assert wire.next_line()["failed"] is False
    assert is_alive(wire)


def test_a_line_may_end_with_crlf(wire):
    wire.send_bytes(json.dumps(VIEW_SOCKETS).encode() + b"\r\n")
    assert wire.next_line()["failed"] is False
    assert is_alive(wire)


def test_a_line_of_the_maximum_size_is_accepted(wire):
    wire.send_bytes(padded(LARGEST_FRAME))
    assert wire.next_line()["failed"] is False


def test_a_line_beyond_the_maximum_size_is_refused_once_and_the_next_is_answered(wire):
    wire.send_bytes(padded(LARGEST_FRAME + 1))
    assert wire.next_code() == "frame_too_long"
    assert is_alive(wire)


@pytest.mark.parametrize("pieces", [1, 7, 300])
def test_a_long_line_in_pieces_is_refused_once(wire, pieces):
    line = padded(600_000)
    size = len(line) // pieces + 1
    for start in range(0, len(line), size):
        wire.send_bytes(line[start : start + size])
    assert wire.next_code() == "frame_too_long"
    assert is_alive(wire)


def test_a_line_that_is_too_long_is_refused_before_it_ends(wire):
    wire.send_bytes(b"x" * LARGEST_FRAME)
    assert wire.next_code() == "frame_too_long"
    wire.send_bytes(b"and so on\n")
    assert is_alive(wire)


def test_a_line_sent_byte_by_byte_is_one_line(wire):
    for byte in padded(120):
        wire.send_bytes(bytes([byte]))
    assert wire.next_line()["failed"] is False


def test_an_unfinished_line_is_no_request(wire):
    wire.send_bytes(padded(200) + json.dumps(VIEW_SOCKETS).encode())
    wire.shut_down_writing()
    assert wire.next_line()["failed"] is False
    assert wire.is_closed_by_server()


def test_the_answer_to_an_envelope_has_its_request_id(wire):
    header = {"request_id": "in the header"}
    answer = wire.answer({"header": header, "command_chain": VIEW_SOCKETS})
    assert (answer["failed"], answer["request_id"]) == (False, "in the header")


def test_an_error_has_the_request_id(wire):
    answer = wire.answer({"action": "no such thing", "request_id": "refused 1"})
    assert (answer["code"], answer["request_id"]) == ("unknown_instruction", "refused 1")
