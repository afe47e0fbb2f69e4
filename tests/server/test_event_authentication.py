"""Events are sent only to connections whose first line has valid credentials."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"session_token": "not the token"}, "session_unknown"),
        ({"client_id": "nobody's"}, "client_unknown"),
    ],
    ids=["token", "client id"],
)
def test_invalid_credentials_are_refused(server, ada, changed, code):
    wire = server.out_wire()
    wire.send({**ada.credentials, **changed, "since": 0})
    wire.expect_last_error(code)


def test_a_client_id_of_another_session_is_refused(server, ada, bob):
    wire = server.out_wire()
    wire.send({**ada.credentials, "client_id": bob.credentials["client_id"]})
    wire.expect_last_error("session_unknown")


def test_a_session_without_a_login_is_refused(server):
    server.subscribe(server.visitor()).expect_last_error("not_logged_in")


BAD_FIRST_LINES = {
    "no JSON": (b"hello\n", "not_json"),
    "a list": (b"[]\n", "malformed"),
    "nothing": (b"\n", "not_json"),
    "not UTF-8": (b'{"client_id": "\xff"}\n', "not_utf8"),
    "too deep": (b"[" * 40_000 + b"\n", "too_deep"),
    "too long": (b" " * 70_000 + b"\n", "frame_too_long"),
    "no token": (b'{"client_id": "me"}\n', "malformed"),
    "a word too many": (b'{"client_id": "a", "session_token": "b", "until": 3}\n', "malformed"),
    "a number for a name": (b'{"client_id": 1, "session_token": "b"}\n', "malformed"),
    "before the first": (b'{"client_id": "a", "session_token": "b", "since": -1}\n', "malformed"),
    "an odd spelling": (b'{"client_id": "a", "session_token": "b", "since": "1_0"}\n', "malformed"),
    "a part of an event": (b'{"client_id": "a", "session_token": "b", "since": 1.5}\n', "malformed"),
}


@pytest.mark.parametrize(("line", "code"), BAD_FIRST_LINES.values(), ids=BAD_FIRST_LINES)
def test_a_malformed_first_line_is_refused(server, line, code):
    wire = server.out_wire()
    wire.send_bytes(line)
    wire.expect_last_error(code)


@pytest.mark.parametrize("since", [2**31, 2**53, 2**63 - 1, 2**63, 10**40], ids=str)
def test_every_sequence_number_is_answered(server, ada, since):
    assert server.subscribe(ada, since=since).next_line() == {"event": "listening", "sequence": 0}
