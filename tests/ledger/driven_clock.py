"""A clock as in the engine: a `Timer` and a balance, settled before every change."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field

from ewallet_core.ledger.timer import State, Timer, TimeSpent


@dataclass
class DrivenClock:
    """Every method takes the time, so that a test can skip days or set the wall clock back."""

    balance: int
    timer: Timer = field(default_factory=Timer)
    records: list[TimeSpent] = field(default_factory=list)

    def settle(self, now: int) -> None:
        run = self.timer.run_out(now, self.balance)
        if run is not None:
            self._write(run)

    def start(self, now: int) -> None:
        self.settle(now)
        self.timer = self.timer.start(now, self.balance)

    def pause(self, now: int) -> None:
        self.settle(now)
        self.timer = self.timer.pause(now)

    def resume(self, now: int) -> None:
        self.settle(now)
        self.timer = self.timer.resume(now, self.balance)

    def stop(self, now: int) -> None:
        self.settle(now)
        self._write(self.timer.stop(now))

    def stop_at(self, now: int, at: int) -> None:
        self.settle(now)
        earliest, latest = self.timer.stoppable_between(now)
        assert earliest <= at <= latest
        self._write(self.timer.stop(at))

    def top_up(self, now: int, amount: int) -> None:
        self.settle(now)
        self.balance += amount

    def take_back(self, now: int, amount: int) -> None:
        self.settle(now)
        assert amount <= self.left(now)
        self.balance -= amount

    def restart(self) -> None:
        kept = json.loads(json.dumps(asdict(self.timer)))
        self.timer = Timer(
            State(kept.pop("state")),
            kept.pop("started_at"),
            kept.pop("since"),
            kept.pop("spent"),
            kept.pop("pending"),
            kept.pop("pauses"),
        )
        assert not kept

    def left(self, now: int) -> int:
        return self.timer.left_at(now, self.balance)

    def spent(self, now: int) -> int:
        return sum(run.spent for run in self.records) + self.timer.spent_at(now)

    def _write(self, run: TimeSpent) -> None:
        self.balance -= run.spent
        self.records.append(run)
        self.timer = Timer()
