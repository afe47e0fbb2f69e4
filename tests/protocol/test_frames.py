"""A frame is a line of JSON in UTF-8 with one object that is not nested too deeply; all else is refused."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ewallet_core.errors.requests import MalformedError, NotJsonError, NotUtf8Error, TooDeepError
from ewallet_core.protocol.frames import DEEPEST, decode, encode

TEXT = st.text(st.characters(codec="utf-8"))
SCALARS = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | TEXT
MESSAGES = st.dictionaries(
    TEXT,
    st.recursive(
        SCALARS, lambda inside: st.lists(inside, max_size=4) | st.dictionaries(TEXT, inside, max_size=4)
    ),
)


def nested(levels: int, opening: bytes = b'{"a": ', closing: bytes = b"}") -> bytes:
    """An object with that many levels of nesting."""
    return b'{"a": ' + opening * levels + b"1" + closing * levels + b"}"


@given(st.dictionaries(TEXT, SCALARS | st.lists(SCALARS) | st.dictionaries(TEXT, SCALARS)))
def test_an_encoded_message_is_decoded_unchanged(message):
    sent = {key: value for key, value in message.items() if value != float("inf") and value != float("-inf")}
    sent = {key: value for key, value in sent.items() if not has_an_infinity(value)}
    assert decode(encode(sent)) == sent


def has_an_infinity(value: object) -> bool:
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(isinstance(part, float) and abs(part) == float("inf") for part in inside)


@given(MESSAGES)
def test_a_frame_is_one_line(message):
    frame = encode(message)
    assert frame.endswith(b"\n")
    assert frame.count(b"\n") == 1


@given(st.binary(max_size=200))
def test_any_bytes_are_either_a_message_or_refused(frame):
    with contextlib.suppress(NotJsonError, NotUtf8Error, MalformedError, TooDeepError):
        assert isinstance(decode(frame), dict)


@pytest.mark.parametrize(("opening", "closing"), [(b'{"a": ', b"}"), (b"[", b"]")], ids=["objects", "lists"])
def test_the_depth_of_nesting_is_limited(opening, closing):
    assert decode(nested(DEEPEST - 1, opening, closing))
    with pytest.raises(TooDeepError):
        decode(nested(DEEPEST + 1, opening, closing))


@pytest.mark.parametrize(
    "frame", [b"[" * 60_000, b'{"a":' * 10_000, nested(5_000)], ids=["lists", "objects", "whole"]
)
def test_extreme_nesting_is_refused(frame):
    with pytest.raises(TooDeepError):
        decode(frame)


def test_many_siblings_are_not_deep():
    assert len(decode(b'{"a": [' + b",".join([b"[]"] * 20_000) + b"]}")["a"]) == 20_000


@pytest.mark.parametrize(
    "frame", [b"", b"{", b"{} {}", b"{'a': 1}", b'{"a": NaN}', b'{"a": 1e999}', b'{"a": "\x01"}']
)
def test_bytes_that_are_not_json_are_refused(frame):
    with pytest.raises(NotJsonError):
        decode(frame)


@pytest.mark.parametrize("frame", [b'{"a": "\xff"}', b"\xff", b'{"a": "\xc3"}', b'{"a": "\xed\xa0\x80"}'])
def test_bytes_that_are_not_utf8_are_refused(frame):
    with pytest.raises(NotUtf8Error):
        decode(frame)


@pytest.mark.parametrize("frame", [b"[]", b"1", b'"a"', b"null", b"true", b"[{}]"])
def test_json_that_is_no_object_is_refused(frame):
    with pytest.raises(MalformedError):
        decode(frame)
