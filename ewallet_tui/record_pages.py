"""Rows of a list, read from the engine a page at a time, their order and their totals."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ewallet_core.presentation.formatting import count, duration, price, signed
from ewallet_core.presentation.tables import Column

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


Totals = Mapping[str, Any]
ASCENDING, DESCENDING = " ▲", " ▼"


NEWEST_FIRST = "-create_date"
"""The engine's own order."""
MOST_ADDED_UP = 100_000
"""Up to how many records a list's totals are asked for, because each of them is read."""


class ListOrder:
    """How a list is sorted, and the totals of what it shows."""

    def __init__(self) -> None:
        self._chosen = ""
        self._counts: dict[int | None, int] = {}
        """How many records each list has, as far as is known."""
        self.totals: Totals | None = None
        """Those of all that is found, if they were asked for."""

    def sort(self, usual: str) -> str:
        """The `sort` argument of what is shown."""
        return self._chosen or usual

    def choose(self, sort: str = "") -> None:
        """Sort in that order from now on; without one, in the usual order."""
        self._chosen = sort

    def click(self, column: Column, usual: str) -> None:
        """Sort by that column, or turn the order round if it is sorted by it."""
        sort = self.sort(usual)
        self._chosen = turned_round(sort) if column_of(sort) == column.sort else first_order(column)

    def asked(self, usual: str, list_id: int | None, *, is_first: bool) -> dict[str, Any]:
        """The arguments of a page; the first page has the totals, unless adding up would take long."""
        sort = self.sort(usual)
        arguments = {} if sort == NEWEST_FIRST else {"sort": sort}
        adds_up = is_first and self._counts.get(list_id, 0) <= MOST_ADDED_UP
        return {**arguments, "totals": True} if adds_up else arguments

    def keep(self, totals: Totals | None, *, is_first: bool) -> None:
        if is_first:
            self.totals = totals

    def keep_count(self, list_id: int, number: int) -> None:
        self._counts[list_id] = number


def column_of(sort: str) -> str:
    """The engine's column in a `sort` argument, which a minus sign turns round."""
    return sort.removeprefix("-")


def first_order(column: Column) -> str:
    """The order that is wanted first: the newest and the greatest on top, texts from A to Z."""
    return f"-{column.sort}" if column.align == "right" or column.is_date else column.sort


def next_order(columns: Sequence[Column], sort: str, usual: str) -> str:
    """The order by the next column that can be sorted by; after the last one the usual order."""
    orders = [first_order(column) for column in columns if column.sort]
    others = [order for order in orders if column_of(order) != column_of(usual)]
    places = [column_of(order) for order in others]
    at = places.index(column_of(sort)) + 1 if column_of(sort) in places else 0
    return others[at] if at < len(others) else usual


def turned_round(sort: str) -> str:
    return sort[1:] if sort.startswith("-") else f"-{sort}"


def mark_of(column: Column, sort: str, usual: str) -> str:
    """The sign after the heading of the column that a list is sorted by, if that is not the usual order."""
    if not column.sort or sort == usual or column_of(sort) != column.sort:
        return ""
    return DESCENDING if sort.startswith("-") else ASCENDING


def totals_in_words(totals: Totals) -> str:
    """The sums: `in +182   together +182   paid EUR 139.25`."""
    parts = []
    if "credits_in" in totals:
        came, left = totals["credits_in"], totals["credits_out"]
        parts += [f"in {signed(came)}", f"out {signed(-left)}", f"together {signed(came - left)}"]
    if "minutes_in_ms" in totals:
        parts += [f"time in {duration(totals['minutes_in_ms'])}", f"out {duration(totals['minutes_out_ms'])}"]
    if "time_spent_ms" in totals:
        parts += [
            f"used {duration(totals['time_spent_ms'])}",
            f"paused {duration(totals['time_pending_ms'])}",
        ]
        parts.append(count(totals["pending_count"], "pause"))
    for verb, name in (("paid", "money_out"), ("earned", "money_in")):
        parts += [f"{verb} {price(currency, cost)}" for currency, cost in totals.get(name, {}).items()]
    return "   ".join(parts)
