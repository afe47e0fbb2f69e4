"""Reading lines from a stream: whole however it is split, with one error per line that is too long."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ewallet_core.errors.requests import FrameTooLongError
from ewallet_core.errors.server import IdleTooLongError, LineUnfinishedError
from ewallet_core.protocol.frames import LARGEST_FRAME
from ewallet_core.server.connection import LineReader

REFUSED = None
LENGTHS = st.one_of(
    st.integers(0, 40), st.integers(LARGEST_FRAME - 3, LARGEST_FRAME + 3), st.integers(0, 3 * LARGEST_FRAME)
)
CUTS = st.lists(st.one_of(st.integers(1, 64), st.integers(1, 2 * LARGEST_FRAME)), min_size=1, max_size=12)


async def read_lines(chunks: list[bytes]) -> list[bytes | None]:
    """The lines of a stream that arrives in these chunks, each after the previous one was read."""
    reader = asyncio.StreamReader()
    lines = LineReader(reader, idle_seconds=60, unfinished_seconds=60)
    found: list[bytes | None] = []

    async def read_all() -> None:
        while True:
            try:
                line = await lines.next()
            except FrameTooLongError:
                found.append(REFUSED)
                continue
            if line is None:
                return
            found.append(line)

    reading = asyncio.create_task(read_all())
    for chunk in chunks:
        reader.feed_data(chunk)
        await asyncio.sleep(0)
    reader.feed_eof()
    await reading
    return found


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
    assert asyncio.run(read_lines(cut(stream, sizes))) == expected


async def test_a_long_line_is_not_buffered():
    reader = asyncio.StreamReader()
    lines = LineReader(reader, idle_seconds=60, unfinished_seconds=60)
    reader.feed_data(b"x" * LARGEST_FRAME)
    with pytest.raises(FrameTooLongError):
        await lines.next()
    reading = asyncio.create_task(lines.next())
    for _ in range(100):
        reader.feed_data(b"x" * LARGEST_FRAME)
        await asyncio.sleep(0)
        assert len(lines._buffer) <= LARGEST_FRAME
    reader.feed_data(b"\nnext\n")
    assert await reading == b"next"


async def test_the_time_between_lines_is_limited():
    with pytest.raises(IdleTooLongError):
        await LineReader(asyncio.StreamReader(), idle_seconds=0, unfinished_seconds=60).next()


async def test_an_unfinished_line_has_its_own_time_limit():
    reader = asyncio.StreamReader()
    reader.feed_data(b"whole\nbegun")
    lines = LineReader(reader, idle_seconds=60, unfinished_seconds=0)
    assert await lines.next() == b"whole"
    with pytest.raises(LineUnfinishedError):
        await lines.next()


async def test_a_slow_line_does_not_get_more_time_with_each_byte():
    reader = asyncio.StreamReader()
    lines = LineReader(reader, idle_seconds=60, unfinished_seconds=0.05)

    async def drip() -> None:
        while True:
            reader.feed_data(b"x")
            await asyncio.sleep(0.005)

    dripping = asyncio.create_task(drip())
    with pytest.raises(LineUnfinishedError):
        await lines.next()
    dripping.cancel()


async def test_a_line_that_is_too_long_must_end_in_time():
    reader = asyncio.StreamReader()
    reader.feed_data(b"x" * LARGEST_FRAME)
    lines = LineReader(reader, idle_seconds=60, unfinished_seconds=0)
    with pytest.raises(FrameTooLongError):
        await lines.next()
    with pytest.raises(LineUnfinishedError):
        await lines.next()
