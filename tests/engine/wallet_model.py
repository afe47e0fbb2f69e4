"""What an account must come to, worked out with plain numbers and without a database."""

from __future__ import annotations

from dataclasses import dataclass

RATE = 60_000


@dataclass
class Run:
    """A timer that was started and not yet stopped; `since` is when it began to run or to pause."""

    started: int
    since: int
    used: int = 0
    paused: int = 0
    pauses: int = 0
    is_paused: bool = False


@dataclass
class ModelAccount:
    """One person's credits, time, and finished runs as (start, stop, used, paused, pauses)."""

    credits: int = 0
    time: int = 0
    run: Run | None = None
    entries: int = 0

    def __post_init__(self) -> None:
        self.records: list[tuple[int, int, int, int, int]] = []

    @property
    def is_running(self) -> bool:
        return self.run is not None and not self.run.is_paused

    @property
    def is_paused(self) -> bool:
        return self.run is not None and self.run.is_paused

    @property
    def state(self) -> str:
        return "active" if self.is_running else "paused" if self.is_paused else "inactive"

    def used(self, now: int) -> int:
        if self.run is None:
            return 0
        return self.run.used + (0 if self.run.is_paused else now - self.run.since)

    def left(self, now: int) -> int:
        return self.time - self.used(now)

    def ends_at(self) -> int | None:
        return self.run.since + self.time - self.run.used if self.run and self.is_running else None

    def pass_time(self, now: int) -> None:
        end = self.ends_at()
        if end is not None and end <= now:
            self.stop(end)

    def supply(self, credits: int) -> None:
        self.credits += credits
        self.entries += 1

    def to_clock(self, credits: int) -> None:
        self.credits -= credits
        self.time += credits * RATE
        self.entries += 1

    def to_credits(self, credits: int, now: int) -> None:
        self.credits += credits
        self.time -= credits * RATE
        self.entries += 1
        self.pass_time(now)

    def start(self, now: int) -> None:
        self.run = Run(started=now, since=now)

    def pause(self, now: int) -> None:
        assert self.run is not None
        self.run.used, self.run.since, self.run.is_paused = self.used(now), now, True
        self.run.pauses += 1

    def resume(self, now: int) -> None:
        assert self.run is not None
        self.run.paused += now - self.run.since
        self.run.since, self.run.is_paused = now, False

    def stop(self, now: int) -> None:
        assert self.run is not None
        paused = self.run.paused + (now - self.run.since if self.run.is_paused else 0)
        self.records.append((self.run.started, now, self.used(now), paused, self.run.pauses))
        self.time -= self.used(now)
        self.run = None
        self.entries += 1
