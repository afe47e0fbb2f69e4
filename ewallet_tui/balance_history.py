"""How the balance of a wallet came to be what it is: what it was at the end of each of the last days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from ewallet_tui.periods import Period
from ewallet_tui.words import grouped

DAYS = 30


def summary_of(wallet_id: int, today: datetime) -> dict[str, Any]:
    """The instruction that tells what moved the wallet on each of the last days of the person's calendar."""
    local = today.astimezone()
    east = local.utcoffset() or timedelta()
    since = Period(local.date() - timedelta(days=DAYS - 1), None, "").arguments()
    offset = east // timedelta(minutes=1)
    return {"action": "view", "view": "summary", "ewallet_id": wallet_id, "utc_offset": offset, **since}


def balances(now: int, days: Sequence[Mapping[str, Any]]) -> tuple[int, ...]:
    """The balance at the end of each of these days, the last of which ends `now`."""
    found = [now]
    for day in reversed(days[1:]):
        found.append(found[-1] - _moved(day))
    return tuple(reversed(found))


def in_words(history: Sequence[int]) -> str:
    """How many days it was, and between what: `last 30 days, 20 to 1,240`."""
    lowest, highest = min(history), max(history)
    between = grouped(highest) if lowest == highest else f"{grouped(lowest)} to {grouped(highest)}"
    return f"last {len(history)} days, {between}"


def _moved(day: Mapping[str, Any]) -> int:
    came = int(day["credits_in"]) + int(day["converted_to_credits"])
    return came - int(day["credits_out"]) - int(day["converted_to_time"])
