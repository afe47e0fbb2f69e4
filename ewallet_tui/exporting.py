"""Taking records along: each page of them is written before the engine is asked for the next."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Protocol, Self

from ewallet_tui.words import count

Answer = dict[str, Any]
Ask = Callable[..., Awaitable[Answer]]
Parts = AsyncGenerator["Part", None]


class NothingToSave(Exception):
    """There will be no file; why is said in words for the person."""


@dataclass(frozen=True)
class Part:
    """A piece of a file, in the order of the pieces."""

    file_name: str
    """What the whole file wants to be called."""
    text: str
    records: int
    """How many records begin in this piece."""


class Keeper(Protocol):
    """Whoever takes the pieces and makes a file of them; left before that is `finish`ed, nothing remains."""

    def __enter__(self) -> Self:
        """Begin a file."""

    def write(self, text: str) -> None:
        """Take the next piece."""

    def finish(self, name: str) -> str:
        """Make it a file of about that name, and say where it is."""

    def __exit__(self, *_: object) -> None:
        """Leave nothing that is not whole."""


async def sheet_parts(ask: Ask, **wanted: Any) -> Parts:
    """The pages of the sheet that an export `wanted`; raises `NothingToSave` where one is refused."""
    cursor: dict[str, str] = {}
    while True:
        answer = await ask_well(ask, action="export", export="sheet", **wanted, **cursor)
        yield Part(answer["file_name"], answer["content"], answer["records"])
        if answer["next"] is None:
            return
        cursor = {"before": answer["next"]}


async def ask_well(ask: Ask, **instruction: Any) -> Answer:
    """A good answer; raises `NothingToSave` with the words of a refusal."""
    answer = await ask(**instruction)
    if answer["failed"]:
        raise NothingToSave(f"{answer['error']} {answer.get('warning') or ''}".rstrip())
    return answer


async def save(parts: Parts, keeper: Keeper, tell: Callable[[int], None], noun: str) -> str:
    """Have the parts kept, and say in a line what came of it; `tell` hears how many records there are so far.

    Raises `OSError` where they can't be written, and what the parts raise.
    """
    records, name = 0, ""
    with keeper as file:
        async with aclosing(parts) as incoming:
            async for part in incoming:
                file.write(part.text)
                records, name = records + part.records, part.file_name
                tell(records)
                # Whoever wants to leave is heard, however quick the parts come.
                await asyncio.sleep(0)
        return f"Saved {count(records, noun)} to {file.finish(name)}."
