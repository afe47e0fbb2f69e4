"""Nothing is told to who does not say in the first line, and prove, who they are."""

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
def test_who_does_not_prove_who_they_are_is_told_nothing(server, ada, changed, code):
    wire = server.out_wire()
    wire.send({**ada.credentials, **changed, "since": 0})
    wire.ends_with(code)


def test_somebody_elses_client_id_does_not_go_with_ones_own_token(server, ada, bob):
    wire = server.out_wire()
    wire.send({**ada.credentials, "client_id": bob.credentials["client_id"]})
    wire.ends_with("session_unknown")


def test_where_nobody_is_logged_in_nothing_is_told(server):
    server.listens(server.visitor()).ends_with("not_logged_in")


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
    "a part of an event": (b'{"client_id": "a", "session_token": "b", "since": 1.5}\n', "malformed"),
}


@pytest.mark.parametrize(("line", "code"), BAD_FIRST_LINES.values(), ids=BAD_FIRST_LINES)
def test_a_first_line_that_does_not_say_who_listens_is_refused(server, line, code):
    wire = server.out_wire()
    wire.send_bytes(line)
    wire.ends_with(code)


@pytest.mark.parametrize("since", [2**31, 2**53, 2**63 - 1, 2**63, 10**40], ids=str)
def test_no_sequence_is_too_large_to_be_answered(server, ada, since):
    assert server.listens(ada, since=since).next_line() == {"event": "listening", "sequence": 0}
