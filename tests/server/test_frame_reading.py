"""Reading lines from a stream: whole however it is split, with one error per line that is too long."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st
from socket_wire import Wire

from ewallet_core.errors.requests import FrameTooLongError
from ewallet_core.protocol.frames import LARGEST_FRAME, LineBuffer

REFUSED = None
SOON, LATER = 0.1, 0.5
LENGTHS = st.one_of(
    st.integers(0, 40), st.integers(LARGEST_FRAME - 3, LARGEST_FRAME + 3), st.integers(0, 3 * LARGEST_FRAME)
)
CUTS = st.lists(st.one_of(st.integers(1, 64), st.integers(1, 2 * LARGEST_FRAME)), min_size=1, max_size=12)


def read_lines(chunks: list[bytes]) -> list[bytes | None]:
    """The lines of a stream that arrives in these chunks, each after the lines before it were read."""
    buffer, found = LineBuffer(), []
    for chunk in chunks:
        buffer.add(chunk)
        found += lines_in(buffer)
    return found


def lines_in(buffer: LineBuffer) -> Iterator[bytes | None]:
    while True:
        try:
            line = buffer.next_line()
        except FrameTooLongError:
            yield REFUSED
            continue
        if line is None:
            return
        yield line


def cut(stream: bytes, sizes: list[int]) -> list[bytes]:
    """The stream in pieces of these sizes, repeated."""
    pieces, start, turn = [], 0, 0
    while start < len(stream):
        pieces.append(stream[start : start + sizes[turn % len(sizes)]])
        start, turn = start + len(pieces[-1]), turn + 1
    return pieces


@settings(max_examples=60, deadline=None)
@given(lengths=st.lists(LENGTHS, max_size=6), sizes=CUTS, unended=st.integers(0, 50))
def test_any_split_of_a_stream_gives_the_same_lines_and_errors(lengths, sizes, unended):
    lines = [bytes([97 + number % 26]) * length for number, length in enumerate(lengths)]
    stream = b"".join(line + b"\n" for line in lines) + b"z" * unended
    expected = [line if len(line) < LARGEST_FRAME else REFUSED for line in lines]
    # Byte by byte takes long where the lines are, and has nothing to tell then.
    sizes = [max(size, len(stream) // 500) for size in sizes]
    assert read_lines(cut(stream, sizes)) == expected


def test_a_long_line_is_not_buffered():
    buffer = LineBuffer()
    buffer.add(b"x" * LARGEST_FRAME)
    assert [*lines_in(buffer)] == [REFUSED]
    for _ in range(100):
        buffer.add(b"x" * LARGEST_FRAME)
        assert [*lines_in(buffer)] == []
        assert len(buffer._data) == 0
    buffer.add(b"\nnext\n")
    assert [*lines_in(buffer)] == [b"next"]


def test_a_slow_line_does_not_get_more_time_with_each_byte(serve):
    wire = serve(limits={"unfinished_line_seconds": SOON}).in_wire()
    answered = threading.Event()
    dripping = threading.Thread(target=drip, args=(wire, answered))
    dripping.start()
    assert wire.next_code() == "line_unfinished"
    answered.set()
    dripping.join()


def drip(wire: Wire, answered: threading.Event) -> None:
    with contextlib.suppress(OSError):
        while not answered.wait(SOON / 10):
            wire.send_bytes(b"x")


def test_a_line_that_is_too_long_must_end_in_time(serve):
    wire = serve(limits={"unfinished_line_seconds": SOON}).in_wire()
    wire.send_bytes(b"x" * LARGEST_FRAME)
    assert wire.next_code() == "frame_too_long"
    wire.expect_last_error("line_unfinished")


def test_a_line_that_was_too_long_and_has_ended_is_not_unfinished(serve):
    wire = serve(limits={"unfinished_line_seconds": LATER, "idle_seconds": 2 * LATER}).in_wire()
    wire.send_bytes(b"x" * LARGEST_FRAME)
    wire.send_bytes(b"\n")
    assert wire.next_code() == "frame_too_long"
    wire.expect_last_error("idle_too_long")
