"""What the account's wallets, clocks, sheets and lists hold, read before it is moved or lost."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

from msgspec import Struct

from ewallet_core.presentation.clock_state import BEGUN, TimerState
from ewallet_core.presentation.formatting import (
    MINUTE,
    count,
    countdown,
    credit_amount,
    full_day,
    one_line,
    parse_timestamp,
)
from ewallet_tui.state import CONTACT_LIST, OwnedItemKind, clock_name

Ask = Callable[..., Awaitable[dict[str, Any]]]


class HeldClock(Struct, frozen=True):
    """A clock of one of the user's wallets."""

    id: int
    name: str
    wallet_id: int
    wallet: str
    left_ms: int
    state: TimerState

    def name_among(self, clocks: Iterable[HeldClock]) -> str:
        """Its name among all clocks of the account."""
        return clock_name(self.name, self.wallet, (clock.name for clock in clocks))

    @property
    def words(self) -> str:
        """`Reading 12:30`, with the timer's state if a run has begun."""
        held = f"{one_line(self.name)} {countdown(self.left_ms)}"
        return f"{held}, {BEGUN[self.state]}" if self.state in BEGUN else held


class HeldWallet(Struct, frozen=True):
    id: int
    name: str
    credits: int
    clock_id: int
    """The id of its active clock."""
    clocks: tuple[HeldClock, ...]

    @property
    def time_ms(self) -> int:
        return sum(clock.left_ms for clock in self.clocks)

    @property
    def words(self) -> str:
        """`Main: 70 credits; Clock 1 12:30, running`."""
        clocks = [clock.words for clock in self.clocks if clock.left_ms or clock.state in BEGUN]
        return "; ".join([f"{one_line(self.name)}: {credit_amount(self.credits)}", *clocks])


async def read_balances(ask: Ask) -> tuple[HeldWallet, ...] | None:
    """Every wallet of the account with its clocks; `None` if they can't be read."""
    answer = await ask(action="view", view="credit", credit="ewallets")
    if answer["failed"]:
        return None
    wallets = []
    for wallet in answer["ewallets"]:
        clocks = await ask(action="view", view="credit", credit="clocks", ewallet_id=wallet["id"])
        if clocks["failed"]:
            return None
        held = tuple(_clock(clock, wallet["reference"]) for clock in clocks["clocks"])
        wallets.append(_wallet(wallet, held))
    return tuple(wallets)


def _wallet(wallet: dict[str, Any], clocks: tuple[HeldClock, ...]) -> HeldWallet:
    return HeldWallet(wallet["id"], wallet["reference"], wallet["credits"], wallet["clock"], clocks)


def _clock(clock: dict[str, Any], wallet: str) -> HeldClock:
    return HeldClock(
        clock["id"],
        clock["reference"],
        clock["ewallet"],
        wallet,
        clock["credit_clock_ms"],
        TimerState(clock["clock_state"]),
    )


def amounts(credits: int, time_ms: int) -> str:
    """`30 credits and 5:00`; empty for nothing."""
    parts = [credit_amount(credits)] if credits else []
    parts += [f"{countdown(time_ms)} of time"] if time_ms else []
    return " and ".join(parts)


def total_words(wallets: Sequence[HeldWallet]) -> str:
    """What all of them hold together; empty for nothing."""
    return amounts(sum(one.credits for one in wallets), sum(one.time_ms for one in wallets))


def clocks_of(wallets: Iterable[HeldWallet]) -> list[HeldClock]:
    return [clock for wallet in wallets for clock in wallet.clocks]


MOST_NAMES = 4


def listed(names: Iterable[str], number: int | None = None) -> str:
    """`Bob`, `Bob and Cleo`, or the first few and how many more there are; `number`: of all of them.

    Empty for none.
    """
    known = list(names)
    if not known:
        return ""
    shown = known[:MOST_NAMES]
    more = (len(known) if number is None else number) - len(shown)
    *first, last = [*shown, f"{more} more"] if more > 0 else shown
    return f"{', '.join(first)} and {last}" if first else last


async def read_contents(ask: Ask, kind: OwnedItemKind, id: int) -> str | None:
    """What a sheet or list holds, as the end of a sentence; `None` if that can't be read.

    ` with its 14 records from 3 Nov 2026 to 20 Nov 2026`, ` with its 2 contacts: Bob and Cleo`
    """
    key = "list_data" if kind is CONTACT_LIST else "sheet_data"
    view = kind.instruction("view", id)
    answer = await ask(**view, limit=MOST_NAMES)
    if answer["failed"]:
        return None
    rows, number = answer[key]["rows"], answer[key]["record_count"]
    if not number:
        return ". It is empty"
    if kind is CONTACT_LIST:
        names = listed((one_line(row["name"]) for row in rows), number)
        return f" with its {count(number, 'contact')}: {names}"
    oldest = await ask(**view, limit=1, skip=number - 1)
    if oldest["failed"]:
        return None
    days = [full_day(parse_timestamp(row["create_date"])) for row in (*oldest[key]["rows"], rows[0])]
    span = f"of {days[0]}" if days[0] == days[-1] else f"from {days[0]} to {days[-1]}"
    return f" with its {count(number, 'record')} {span}"


def exact_minutes(milliseconds: int) -> str:
    """The fewest minutes with 6 decimals that make that many whole milliseconds."""
    millionths = -(-milliseconds * 1_000_000 // MINUTE)
    return f"{millionths // 1_000_000}.{millionths % 1_000_000:06}"
