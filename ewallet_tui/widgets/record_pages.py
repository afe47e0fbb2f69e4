"""The rows of a list that may be a million long: read a page at a time, where they are looked at."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

PAGE = 100
MOST_PAGES = 50


@dataclass(frozen=True)
class Row:
    """One record: what tells it apart, the text of its cells, which may be anybody's, and the record."""

    key: str
    cells: tuple[Any, ...]
    """Texts, or `Content`."""
    record: Any = None


@dataclass(frozen=True)
class Page:
    """Rows that follow one another."""

    rows: Sequence[Row]
    next: Any = None
    """What the page after this one is read by; `None`: there is none."""
    count: int | None = None
    """How many rows the whole list has, where that is known."""


Read = Callable[[int, Any], Awaitable[Page | None]]
"""Reads the page that begins after so many rows, given what the page before it named as `next`.

`None`: it can't be read now.
"""


class RecordPages:
    """A list's pages, of which those looked at last are kept.

    Where the whole length isn't known it grows by a row that is not there yet, as long as there is more.
    """

    def __init__(self, read: Read, *, in_order: bool = False) -> None:
        """With `in_order` a page can be read only by what the one before it named."""
        self.count = 0
        """How many rows there are, as far as is known."""
        self._read = read
        self._in_order = in_order
        self.is_out_of_reach = False
        """Whether a page could not be read, and none has been since."""
        self._is_given_up = False
        self._pages: OrderedDict[int, Sequence[Row]] = OrderedDict()
        self._cursors: dict[int, Any] = {}

    @classmethod
    def of(cls, rows: Sequence[Row]) -> RecordPages:
        """A list that is there as a whole."""

        async def read(start: int, _: Any) -> Page:
            return Page(rows[start : start + PAGE], count=len(rows))

        made = cls(read)
        for start in range(0, len(rows), PAGE):
            made._pages[start // PAGE] = rows[start : start + PAGE]
        made.count = len(rows)
        return made

    def row(self, index: int) -> Row | None:
        """The row there, if it has been read."""
        number, place = divmod(index, PAGE)
        page = self._pages.get(number, ())
        return page[place] if 0 <= place < len(page) else None

    def rows(self) -> list[Row]:
        """Every row that is kept, from above."""
        return [row for number in sorted(self._pages) for row in self._pages[number]]

    def index_of(self, key: str) -> int | None:
        """Where the row of that key is, among those that are kept."""
        for number, page in self._pages.items():
            for place, row in enumerate(page):
                if row.key == key:
                    return number * PAGE + place
        return None

    def try_again(self) -> None:
        """Ask again, though a page could not be read before."""
        self._is_given_up = False

    async def load(self, index: int) -> Sequence[Row]:
        """Read the page in which that row is, unless it is kept; returns what was read anew.

        After a page that could not be read none is asked for, until somebody wants to try again.
        """
        number = index // PAGE
        if number in self._pages:
            self._pages.move_to_end(number)
            return ()
        for earlier in self._unread_before(number) if self._in_order else ():
            await self._load_page(earlier)
        return await self._load_page(number)

    def _unread_before(self, number: int) -> range:
        """The pages that lead to that one."""
        known = max((reached for reached in self._cursors if reached <= number), default=0)
        return range(known, number)

    async def _load_page(self, number: int) -> Sequence[Row]:
        if self._is_given_up or (self._in_order and number and number not in self._cursors):
            return ()
        page = await self._read(number * PAGE, self._cursors.get(number))
        if page is None:
            self.is_out_of_reach = self._is_given_up = True
            return ()
        self.is_out_of_reach = False
        self._keep(number, page)
        return page.rows

    def _keep(self, number: int, page: Page) -> None:
        self._pages[number] = page.rows
        if page.next is not None:
            self._cursors[number + 1] = page.next
        seen = number * PAGE + len(page.rows)
        if page.count is not None:
            self.count = max(page.count, seen)
        else:
            self.count = max(self.count, seen + (page.next is not None))
        # The first page is where everybody begins.
        while len(self._pages) > MOST_PAGES:
            self._pages.pop(next(kept for kept in self._pages if kept))
