"""Threads that take the work of each network in turn, so that much work of one delays no other's."""

from __future__ import annotations

import contextlib
import os
import sys
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

NICENESS = 5
"""How much the threads of slow calculations yield to the event loop and the writer."""

T = TypeVar("T")


class FairQueue(Generic[T]):
    """A queue in which the networks take turns; the items of one keep their order."""

    def __init__(self) -> None:
        # In the order of turns; a network without items is not in it.
        self._waiting: dict[str, deque[T]] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def count_of(self, network: str) -> int:
        return len(self._waiting.get(network, ()))

    def add(self, network: str, item: T) -> None:
        self._waiting.setdefault(network, deque()).append(item)
        self._count += 1

    def pop(self) -> T:
        """Remove and return the item whose turn it is."""
        network, items = next(iter(self._waiting.items()))
        item = items.popleft()
        del self._waiting[network]
        if items:
            self._waiting[network] = items
        self._count -= 1
        return item

    def pop_longest(self) -> T:
        """Remove and return the last item of the network that has most of them."""
        network, items = max(self._waiting.items(), key=lambda entry: len(entry[1]))
        item = items.pop()
        if not items:
            del self._waiting[network]
        self._count -= 1
        return item

    def longest(self) -> int:
        """How many items the network with most of them has."""
        return max(map(len, self._waiting.values()), default=0)


class FairThreads(Generic[T]):
    """Runs `work` on the items in some threads. It is used in one thread, that of the event loop.

    One of the threads takes an item at once if it is idle. Of those that have had to wait for a thread, it
    takes up to `most_at_once` together.

    An item for which `is_due` is false when its turn comes is dropped: `is_due` has put it elsewhere.
    If the threads are `yielding`, the system prefers the others of this process, where it can.
    """

    def __init__(
        self,
        threads: int,
        name: str,
        work: Callable[[list[T]], None],
        is_due: Callable[[T], bool],
        *,
        most_at_once: int = 1,
        call_soon: Callable[[Callable[[], None]], object] | None = None,
        yielding: bool = False,
    ) -> None:
        """With `call_soon`, that of the event loop, items that are added in one turn are taken together."""
        self.waiting = FairQueue[T]()
        self._work = work
        self._is_due = is_due
        self._most_at_once = most_at_once
        self._call_soon = call_soon
        self._starts_soon = False
        self._idle = threads
        self._threads = ThreadPoolExecutor(threads, name, initializer=_yield_to_others if yielding else None)

    def add(self, network: str, item: T) -> None:
        self.waiting.add(network, item)
        if self._call_soon is None:
            self._start()
        elif not self._starts_soon:
            self._starts_soon = True
            self._call_soon(self._start)

    def finish(self) -> None:
        """Note that one thread has ended its work."""
        self._idle += 1
        self._start()

    def shut_down(self) -> None:
        """Wait for the work that has begun, and end the threads."""
        self._threads.shutdown(cancel_futures=True)

    def _start(self) -> None:
        self._starts_soon = False
        while self._idle and self.waiting:
            if items := self._take():
                self._idle -= 1
                self._threads.submit(self._work, items)

    def _take(self) -> list[T]:
        taken: list[T] = []
        while self.waiting and len(taken) < self._most_at_once:
            item = self.waiting.pop()
            if self._is_due(item):
                taken.append(item)
        return taken


def _yield_to_others() -> None:
    # Only on Linux does each thread have a niceness of its own, which those that argon2 starts inherit.
    if sys.platform == "linux":
        # A service may not be allowed to, as with the filter of system calls in deploy/ewallet.service.
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, 0, os.getpriority(os.PRIO_PROCESS, 0) + NICENESS)
