"""A lane for each client, so that its instructions run one after another while others go on."""

from __future__ import annotations

import threading
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from weakref import WeakValueDictionary


class _Lane:
    """A lock that can be referred to weakly."""

    def __init__(self) -> None:
        self.turn = threading.Lock()


class Lanes:
    """The lanes of the clients whose instructions are under way."""

    def __init__(self) -> None:
        self._opening = threading.Lock()
        self._lanes: WeakValueDictionary[Hashable, _Lane] = WeakValueDictionary()

    @contextmanager
    def turn(self, whose: Hashable) -> Iterator[None]:
        """Wait until what the same client sent before is done; who has no lane waits for nobody."""
        if whose is None:
            yield
            return
        with self._opening:
            lane = self._lanes.setdefault(whose, _Lane())
        with lane.turn:
            yield
