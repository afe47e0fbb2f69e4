"""When an action is possible, and the sentence that says why it is not."""

from __future__ import annotations

from collections.abc import Callable

from ewallet_core.presentation.clock_state import TimerState
from ewallet_tui.navigation import AUDITOR, OPERATOR
from ewallet_tui.state import WALLET, AccountState

Possible = bool | str | None
"""Whether an action is possible. A sentence greys its key and is shown when the key is pressed; `None` greys
it without a word, for keys such as Escape; `False` hides it."""
Enabled = Callable[[AccountState, float], Possible]
"""Whether an action is possible at an instant."""

ASK_FOR_CREDITS = "Ask the server's operator to supply you with credits."
NO_CREDITS_YET = f"No credits yet. {ASK_FOR_CREDITS}"
NOT_BY_YOURSELF = f"You can't supply yourself on this server. {ASK_FOR_CREDITS}"
NO_CREDITS, SUPPLY_FIRST = "This wallet has no credits.", "Supply some first."
NO_TIME_LEFT = "No time left on this clock."
NOT_RUNNING = "The timer isn't running."
NO_EARLIER_STOP = "The operator of this server doesn't allow stopping at an earlier time."
ONLY_WALLET = "You have one wallet. Make another one first."
ONLY_CLOCK = "You have one clock. Make another one first."
NOTHING_LISTED = "The list is empty."
REMOVED = "This record is removed. Restore it first."
ONLY_VIEWS = "Auditors can view everything here, but change nothing."
ONLY_OPERATORS = "Only operators can do that; auditors can view."

TIMER_COMMANDS = {
    TimerState.INACTIVE: frozenset({"start"}),
    TimerState.ACTIVE: frozenset({"pause", "stop"}),
    TimerState.PAUSED: frozenset({"resume", "stop"}),
}


def always(_state: AccountState, _now: float) -> Possible:
    return True


def may_supply(state: AccountState, _now: float) -> Possible:
    return state.may_supply or NOT_BY_YOURSELF


def has_credits(state: AccountState, _now: float) -> Possible:
    if state.wallet.credits:
        return True
    return f"{NO_CREDITS} {SUPPLY_FIRST if state.may_supply else ASK_FOR_CREDITS}"


def has_time(state: AccountState, now: float) -> Possible:
    return f"{NO_TIME_LEFT} Convert credits to time first." if state.clock.is_out_of_time(now) else True


def has_credits_to_move(state: AccountState, now: float) -> Possible:
    return has_credits(state, now) if len(state.owned[WALLET].names) > 1 else ONLY_WALLET


def has_time_to_move(state: AccountState, now: float) -> Possible:
    return has_time(state, now) if state.has_other_clocks else ONLY_CLOCK


def timer_takes(command: str) -> Enabled:
    """Whether the active clock's timer can be given `command`."""

    def enabled(state: AccountState, now: float) -> Possible:
        clock = state.clock
        if command in TIMER_COMMANDS[clock.state] and (clock.runs or not clock.is_out_of_time(now)):
            return True
        if command == "stop":
            return NOT_RUNNING
        # One key carries out the one that is possible; if none is, it says why the timer can't start.
        if command != "start" or clock.runs:
            return False
        if state.wallet.credits:
            return has_time(state, now)
        return f"{NO_TIME_LEFT} {has_credits(state, now)}"

    return enabled


def runs(state: AccountState, _now: float) -> Possible:
    return state.clock.runs or f"{NOT_RUNNING} To edit an earlier run, open its record."


def may_stop_earlier(state: AccountState, _now: float) -> Possible:
    if not state.clock.may_stop_in_the_past:
        return NO_EARLIER_STOP
    return state.clock.runs or NOT_RUNNING


def not_by_auditors(state: AccountState, _now: float) -> Possible:
    """Whether the user may change something: auditors may not."""
    return ONLY_VIEWS if state.account.role == AUDITOR else True


def by_operators(state: AccountState, _now: float) -> Possible:
    # Auditors see the key in grey.
    return state.account.role == OPERATOR or ONLY_OPERATORS
