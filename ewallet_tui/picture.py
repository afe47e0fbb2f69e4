"""What the app knows of the account that is logged in: read from answers, and replaced as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from ewallet_tui.belongings import Belonging, Owned, owned_by
from ewallet_tui.words import MINUTE, parse_timestamp

SOON_OVER = 5 * MINUTE


class TimerState(StrEnum):
    """What a clock's timer does, by the engine's own words."""

    INACTIVE = "inactive"
    ACTIVE = "active"
    PAUSED = "paused"


@dataclass(frozen=True)
class Account:
    """Who is logged in."""

    id: int
    name: str
    email: str
    phone: str
    alias: str
    state: str
    role: str
    created: datetime | None

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Self:
        """The account of an answer's `account_data`."""
        return cls(
            id=data["id"],
            name=data["name"],
            email=data["email"],
            phone=data["phone"] or "",
            alias=data["alias"] or "",
            state=data["state"],
            role=data["role"],
            created=_moment(data["create_date"]),
        )


@dataclass(frozen=True)
class Wallet:
    """The active wallet."""

    id: int
    reference: str
    credits: int

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Self:
        """The wallet of an answer's `ewallet_data`."""
        return cls(id=data["id"], reference=data["reference"] or "", credits=data["credits"])


@dataclass(frozen=True)
class Clock:
    """The active clock as it was at one instant, from which any later one can be told.

    Instants are readings, in seconds, of one clock that never goes backwards.
    """

    id: int
    reference: str
    state: TimerState
    credit_clock_ms: int
    minutes_spent_ms: int
    pending_time_ms: int
    pending_count: int
    started: datetime | None
    is_new: bool
    milliseconds_per_credit: int
    read_at: float

    @classmethod
    def read(cls, data: Mapping[str, Any], read_at: float) -> Self:
        """The clock of an answer's `clock_data` that was true at `read_at`."""
        return cls(
            id=data["id"],
            reference=data["reference"] or "",
            state=TimerState(data["clock_state"]),
            credit_clock_ms=data["credit_clock_ms"],
            minutes_spent_ms=data["minutes_spent_ms"],
            pending_time_ms=data["pending_time_ms"],
            pending_count=data["pending_count"],
            started=_moment(data["start_timestamp"]),
            # A clock is written when time comes or goes, so one that never was has had none.
            is_new=data["write_date"] == data["create_date"],
            milliseconds_per_credit=data["milliseconds_per_credit"],
            read_at=read_at,
        )

    def left_ms(self, now: float) -> int:
        """The time left at `now`; never below zero."""
        return max(self.credit_clock_ms - self._passed_ms(TimerState.ACTIVE, now), 0)

    def spent_ms(self, now: float) -> int:
        """The time this run has used at `now`; never more than there was to use."""
        used = min(self._passed_ms(TimerState.ACTIVE, now), self.credit_clock_ms)
        return self.minutes_spent_ms + used

    def pending_ms(self, now: float) -> int:
        """The time this run has been paused for at `now`."""
        return self.pending_time_ms + self._passed_ms(TimerState.PAUSED, now)

    def total_ms(self, now: float) -> int:
        """What the bar is full at: the time left and what this run has used of it."""
        return self.left_ms(now) + (self.spent_ms(now) if self.runs else 0)

    @property
    def runs(self) -> bool:
        """Whether a run has begun and not been stopped: the timer is active or paused."""
        return self.state is not TimerState.INACTIVE

    def is_out_of_time(self, now: float) -> bool:
        """Whether nothing is left at `now`."""
        return self.left_ms(now) == 0

    def is_soon_over(self, now: float) -> bool:
        """Whether the timer is active and its last minutes have begun."""
        return self.state is TimerState.ACTIVE and 0 < self.left_ms(now) < SOON_OVER

    def _passed_ms(self, state: TimerState, now: float) -> int:
        return round(max(now - self.read_at, 0) * 1_000) if self.state is state else 0


@dataclass(frozen=True)
class Picture:
    """The logged-in account with its active wallet and clock, and the accounts logged in beside it."""

    account: Account
    wallet: Wallet
    clock: Clock
    accounts: Mapping[str, str]
    owned: Mapping[Belonging, Owned]
    """The wallets, clocks, sheets and contact lists that there are, and which are active."""
    may_supply: bool = True
    """Whether credits can be supplied by who is logged in; true until the engine says otherwise."""

    @classmethod
    def read(
        cls,
        account_data: Mapping[str, Any],
        ewallet_data: Mapping[str, Any],
        clock_data: Mapping[str, Any],
        session_data: Mapping[str, Any],
        read_at: float,
        *,
        may_supply: bool = True,
    ) -> Self:
        """The picture that four answers paint, true at `read_at`."""
        return cls(
            account=Account.read(account_data),
            wallet=Wallet.read(ewallet_data),
            clock=Clock.read(clock_data, read_at),
            accounts=_accounts_now(session_data, account_data),
            owned=owned_by(account_data, ewallet_data, clock_data),
            may_supply=may_supply,
        )


def _accounts_now(session_data: Mapping[str, Any], active: Mapping[str, Any]) -> dict[str, str]:
    """The session's accounts, the active one as it is since it was last edited."""
    edited = {session_data["session_user_account"]: (active["email"], active["name"])}
    archive = session_data["session_account_archive"]
    return dict(edited.get(email, (email, name)) for email, name in archive.items())


def _moment(text: str | None) -> datetime | None:
    return parse_timestamp(text) if text else None
