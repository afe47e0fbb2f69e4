"""A model of accounts in plain numbers, without a database."""

from __future__ import annotations

from dataclasses import dataclass, field

RATE = 60_000

RunRecord = tuple[int, int, int, int, int]


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
class ModelClock:
    """A clock's time, and its finished runs as (start, stop, used, paused, pauses)."""

    time: int = 0
    run: Run | None = None
    runs: list[RunRecord] = field(default_factory=list)
    conversions: int = 0

    @property
    def is_running(self) -> bool:
        return self.run is not None and not self.run.is_paused

    @property
    def is_paused(self) -> bool:
        return self.run is not None and self.run.is_paused

    @property
    def state(self) -> str:
        return "active" if self.is_running else "paused" if self.is_paused else "inactive"

    @property
    def is_idle_and_empty(self) -> bool:
        return self.run is None and self.time == 0

    def used(self, now: int) -> int:
        if self.run is None:
            return 0
        return self.run.used + (0 if self.run.is_paused else max(0, now - self.run.since))

    def left(self, now: int) -> int:
        return self.time - self.used(now)

    def ends_at(self) -> int | None:
        return self.run.since + self.time - self.run.used if self.run and self.is_running else None

    def pass_time(self, now: int) -> int:
        """Stop the timer if the clock ran out by now; returns the number of entries that this writes."""
        end = self.ends_at()
        # Even if the wall clock was set back, a timer with nothing left has run out.
        if self.run is None or end is None or end > max(now, self.run.since):
            return 0
        return self.stop(end)

    def start(self, now: int) -> int:
        self.run = Run(started=now, since=now)
        return 0

    def pause(self, now: int) -> int:
        assert self.run is not None
        now = max(now, self.run.since)
        self.run.used, self.run.since, self.run.is_paused = self.used(now), now, True
        self.run.pauses += 1
        return 0

    def resume(self, now: int) -> int:
        assert self.run is not None
        now = max(now, self.run.since)
        self.run.paused += now - self.run.since
        self.run.since, self.run.is_paused = now, False
        return 0

    def stop(self, now: int) -> int:
        assert self.run is not None
        now = max(now, self.run.since)
        paused = self.run.paused + (now - self.run.since if self.run.is_paused else 0)
        self.runs.append((self.run.started, now, self.used(now), paused, self.run.pauses))
        self.time -= self.used(now)
        self.run = None
        return 1


@dataclass
class ModelWallet:
    """A wallet's credits, its clocks by id with the active one, and its transfer records, oldest first."""

    clock_id: int
    credits: int = 0
    clocks: dict[int, ModelClock] = field(default_factory=dict)
    transfers: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clocks[self.clock_id] = ModelClock()

    @property
    def clock(self) -> ModelClock:
        return self.clocks[self.clock_id]

    @property
    def is_empty(self) -> bool:
        return self.credits == 0 and all(clock.is_idle_and_empty for clock in self.clocks.values())


@dataclass
class ModelAccount:
    """The wallets of one account by id, with the active one."""

    wallet_id: int
    clock_id: int
    wallets: dict[int, ModelWallet] = field(default_factory=dict)
    erased_at: int | None = None

    def __post_init__(self) -> None:
        self.wallets[self.wallet_id] = ModelWallet(self.clock_id)

    @property
    def wallet(self) -> ModelWallet:
        return self.wallets[self.wallet_id]

    @property
    def clock(self) -> ModelClock:
        return self.wallet.clock

    @property
    def clocks(self) -> list[ModelClock]:
        return [clock for wallet in self.wallets.values() for clock in wallet.clocks.values()]

    @property
    def clock_ids(self) -> list[int]:
        return sorted(clock_id for wallet in self.wallets.values() for clock_id in wallet.clocks)

    @property
    def is_active(self) -> bool:
        """Whether it can be used: it is not pending deletion."""
        return self.erased_at is None

    def pass_time(self, now: int) -> int:
        return sum(clock.pass_time(now) for clock in self.clocks)


@dataclass
class Payment:
    """Credits that one account paid another, and how many were refunded."""

    payer: ModelAccount
    payer_wallet_id: int
    payee: str
    payee_account: ModelAccount
    payee_wallet_id: int
    record_id: int
    credits: int
    refunded: int = 0

    @property
    def left(self) -> int:
        return self.credits - self.refunded
