"""Each line on the in_port is answered, whatever it holds, and the connection goes on with the next."""

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
    """A request that is a line of so many bytes, its end included."""
    line = json.dumps(VIEW_SOCKETS).encode()
    return line + b" " * (length - 1 - len(line)) + b"\n"


@pytest.fixture
def wire(server: EngineServer) -> Wire:
    return server.in_wire()


def lives(wire: Wire) -> bool:
    """Whether the connection answers what is asked next."""
    return wire.answer({**VIEW_SOCKETS, "request_id": "still there"})["request_id"] == "still there"


@pytest.mark.parametrize(("line", "code"), NO_REQUESTS.values(), ids=NO_REQUESTS)
def test_a_line_that_is_no_request_is_refused_and_the_connection_lives(wire, line, code):
    wire.send_bytes(line + b"\n")
    assert wire.next_code() == code
    assert lives(wire)


@pytest.mark.parametrize("number", ["9" * 400, "-1", "1.5", "1e300"], ids=["huge", "less", "part", "float"])
def test_a_number_that_no_argument_takes_is_refused_by_its_argument(wire, number):
    line = json.dumps({**VIEW_SOCKETS, "action": "supply", "supply": "credits", "credits": 0})
    wire.send_bytes(line.replace('"credits": 0', f'"credits": {number}').encode() + b"\n")
    assert wire.next_line()["failed"] is True
    assert lives(wire)


def test_of_a_key_that_comes_twice_the_last_one_counts(wire):
    wire.send_bytes(json.dumps(VIEW_SOCKETS)[:-1].encode() + b', "view": "nothing", "view": "sockets"}\n')
    assert wire.next_line()["failed"] is False


def test_blank_lines_say_nothing(wire):
    wire.send_bytes(b"\n\r\n  \n\t\n" + padded(200) + b"\n\n")
    assert wire.next_line()["failed"] is False
    assert lives(wire)


def test_a_line_may_end_as_on_other_systems(wire):
    wire.send_bytes(json.dumps(VIEW_SOCKETS).encode() + b"\r\n")
    assert wire.next_line()["failed"] is False
    assert lives(wire)


def test_a_line_of_the_largest_size_is_taken(wire):
    wire.send_bytes(padded(LARGEST_FRAME))
    assert wire.next_line()["failed"] is False


def test_a_line_of_one_byte_more_is_refused_once_and_the_next_is_answered(wire):
    wire.send_bytes(padded(LARGEST_FRAME + 1))
    assert wire.next_code() == "frame_too_long"
    assert lives(wire)


@pytest.mark.parametrize("pieces", [1, 7, 300])
def test_a_long_line_is_refused_once_in_however_many_pieces_it_comes(wire, pieces):
    line = padded(600_000)
    size = len(line) // pieces + 1
    for start in range(0, len(line), size):
        wire.send_bytes(line[start : start + size])
    assert wire.next_code() == "frame_too_long"
    assert lives(wire)


def test_a_line_that_is_too_long_is_refused_before_it_ends(wire):
    wire.send_bytes(b"x" * LARGEST_FRAME)
    assert wire.next_code() == "frame_too_long"
    wire.send_bytes(b"and so on\n")
    assert lives(wire)


def test_a_line_that_comes_byte_by_byte_is_one_line(wire):
    for byte in padded(120):
        wire.send_bytes(bytes([byte]))
    assert wire.next_line()["failed"] is False


def test_a_line_that_never_ends_is_no_request(wire):
    wire.send_bytes(padded(200) + json.dumps(VIEW_SOCKETS).encode())
    wire.asks_no_more()
    assert wire.next_line()["failed"] is False
    assert wire.is_over()


def test_an_enveloped_instruction_carries_its_request_id_back(wire):
    header = {"request_id": "in the header"}
    answer = wire.answer({"header": header, "command_chain": VIEW_SOCKETS})
    assert (answer["failed"], answer["request_id"]) == (False, "in the header")


def test_what_is_refused_carries_its_request_id_back(wire):
    answer = wire.answer({"action": "no such thing", "request_id": "refused 1"})
    assert (answer["code"], answer["request_id"]) == ("unknown_instruction", "refused 1")
