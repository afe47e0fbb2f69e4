"""How fast somebody may ask: so often in a second, and as many of these at once as they like."""

from __future__ import annotations

from collections.abc import Callable, Hashable

SECOND_MS = 1_000
MOST_KNOWN = 10_000


class Pace:
    """Counts what each asks. `now` tells an instant in milliseconds, on a clock that never goes backwards."""

    def __init__(self, per_second: int, now: Callable[[], float]) -> None:
        self.per_second = per_second
        self._now = now
        # By hash: whom it counts may be gone by now, or have a name as long as a frame.
        self._spent_until: dict[int, float] = {}
        """Until when each has used up what it may ask, were it to ask evenly."""

    def wait(self, whom: Hashable) -> int:
        """0 where that one may ask now, which is counted; else after how many milliseconds it may."""
        now, known_as = self._now(), hash(whom)
        each = SECOND_MS / self.per_second
        spent = max(self._spent_until.get(known_as, now), now) + each
        if spent - now > SECOND_MS + each / 2:
            return max(1, round(spent - now - SECOND_MS))
        self._spent_until[known_as] = spent
        if len(self._spent_until) > MOST_KNOWN:
            self._forget_rested(now)
        return 0

    def _forget_rested(self, now: float) -> None:
        """Who has waited long enough is like somebody who never asked."""
        self._spent_until = {who: until for who, until in self._spent_until.items() if until > now}
