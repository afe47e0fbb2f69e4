"""Rows of a list, read from the engine a page at a time."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

PAGE = 100
MAX_PAGES = 50


@dataclass(frozen=True)
class ListRow:
    """One row: a key that is unique in its list, the cells as shown (text by any user), and the record."""

    key: str
    cells: tuple[Any, ...]
    record: Any = None


@dataclass(frozen=True)
class Page:
    rows: Sequence[ListRow]
    next: Any = None
    """The cursor that reads the following page; `None` on the last page."""
    count: int | None = None


Read = Callable[[int, Any], Awaitable[Page | None]]
"""Reads the page from an index, given the `next` of the page before; `None` if it can't be read now."""


class RecordPages:
    """The pages of a list, of which the most recently used are kept.

    While the length is unknown and there is more to read, `count` includes one row that is not read yet.
    """

    def __init__(self, read: Read, *, in_order: bool = False) -> None:
        """With `in_order`, a page can be read only with the `next` of the page before it."""
        self.count = 0
        self.has_failed = False
        self._read = read
        self._in_order = in_order
        self._may_read = True
        self._pages: OrderedDict[int, Sequence[ListRow]] = OrderedDict()
        self._cursors: dict[int, Any] = {}

    @classmethod
    def of(cls, rows: Sequence[ListRow]) -> RecordPages:
        async def read(start: int, _: Any) -> Page:
            return Page(rows[start : start + PAGE], count=len(rows))

        pages = cls(read)
        for start in range(0, len(rows), PAGE):
            pages._pages[start // PAGE] = rows[start : start + PAGE]
        pages.count = len(rows)
        return pages

    def row(self, index: int) -> ListRow | None:
        number, offset = divmod(index, PAGE)
        page = self._pages.get(number, ())
        return page[offset] if 0 <= offset < len(page) else None

    def rows(self) -> list[ListRow]:
        return [row for number in sorted(self._pages) for row in self._pages[number]]

    def index_of(self, key: str) -> int | None:
        for number, page in self._pages.items():
            for offset, row in enumerate(page):
                if row.key == key:
                    return number * PAGE + offset
        return None

    def allow_retry(self) -> None:
        """Let `load` read again after a failure."""
        self._may_read = True

    async def load(self, index: int) -> Sequence[ListRow]:
        """Read the page that holds `index` unless it is kept; returns the rows that were read.

        After a failure nothing is read until `allow_retry` is called.
        """
        number = index // PAGE
        if number in self._pages:
            self._pages.move_to_end(number)
            return ()
        if self._in_order:
            first_unread = max((known for known in self._cursors if known <= number), default=0)
            for earlier in range(first_unread, number):
                await self._load_page(earlier)
        return await self._load_page(number)

    async def _load_page(self, number: int) -> Sequence[ListRow]:
        if not self._may_read or (self._in_order and number and number not in self._cursors):
            return ()
        page = await self._read(number * PAGE, self._cursors.get(number))
        self.has_failed = page is None
        if page is None:
            self._may_read = False
            return ()
        self._pages[number] = page.rows
        if page.next is not None:
            self._cursors[number + 1] = page.next
        seen = number * PAGE + len(page.rows)
        if page.count is not None:
            self.count = max(page.count, seen)
        else:
            self.count = max(self.count, seen + (page.next is not None))
        # The first page is always kept: every list opens on it.
        while len(self._pages) > MAX_PAGES:
            self._pages.pop(next(kept for kept in self._pages if kept))
        return page.rows
