"""Moving credits and time between the user's own wallets and clocks, also before one is removed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from textual import work

from ewallet_core.instructions import fields
from ewallet_core.presentation.clock_state import TimerState
from ewallet_core.presentation.formatting import MINUTE, countdown, credit_amount, duration, grouped, one_line
from ewallet_tui.balances import (
    HeldClock,
    HeldWallet,
    amounts,
    clocks_of,
    exact_minutes,
    listed,
    read_balances,
    read_contents,
)
from ewallet_tui.contact_book import ContactBook, OwnRecipient, no_contacts
from ewallet_tui.screens.modal import ChoiceModal
from ewallet_tui.screens.wallet_forms import NOTES, not_enough_credits, not_enough_time
from ewallet_tui.state import CLOCK, WALLET, AccountState, OwnedItemKind
from ewallet_tui.widgets.footer import ResultLine
from ewallet_tui.widgets.form import Answer, FormSpec, Values
from ewallet_tui.widgets.form_field import Field

if TYPE_CHECKING:
    from ewallet_tui.context import AppContext
    from ewallet_tui.screens.base import BaseScreen

TO = "to"


def wallets_beside(state: AccountState) -> list[OwnRecipient]:
    """The user's wallets besides the active one."""
    names = {id: name for id, name in state.owned[WALLET].names.items() if id != state.wallet.id}
    return [OwnRecipient.called(id, name, "your wallet", names.values()) for id, name in names.items()]


def clocks_beside(clocks: Sequence[HeldClock], id: int) -> list[OwnRecipient]:
    """The user's clocks besides that one, those of its wallet first."""
    here = next((clock.wallet_id for clock in clocks if clock.id == id), 0)
    others = sorted((clock for clock in clocks if clock.id != id), key=lambda clock: clock.wallet_id != here)
    names = {clock: clock.name_among(clocks) for clock in others}

    def noun(clock: HeldClock) -> str:
        # Its name may say already whose it is.
        is_plain = clock.wallet_id == here or names[clock] != clock.name
        return "your clock" if is_plain else f"clock of {clock.wallet}"

    return [OwnRecipient.called(clock.id, names[clock], noun(clock), names.values()) for clock in others]


def _to_field(recipients: Sequence[OwnRecipient]) -> Field:
    book = ContactBook(no_contacts, recipients)
    initial = recipients[0].label if len(recipients) == 1 else ""
    return Field(
        TO,
        "To",
        book.kind_of_recipient(),
        initial=initial,
        placeholder="name",
        tidy=book.email_of,
        rule=f"Choose one of your own: {', '.join(one_line(one.name) for one in recipients)}.",
        completion=book,
    )


def wallet_move_form(state: AccountState, recipients: Sequence[OwnRecipient]) -> FormSpec:
    balance, names = state.wallet.credits, {one.label: one.name for one in recipients}

    def preview(values: Values) -> str:
        credits = values.get("credits", 0)
        if not 0 < credits <= balance:
            return ""
        to = f" to {one_line(names[values[TO]])}" if values.get(TO) in names else ""
        return f"You move {credit_amount(credits)}{to}. {grouped(balance - credits)} left."

    def validate(values: Values) -> Mapping[str, str]:
        credits = values.get("credits", 0)
        return {"credits": not_enough_credits(credits, balance)} if credits > balance else {}

    return FormSpec(
        f"Move credits from {one_line(state.wallet.reference)}",
        "Move",
        (Field("credits", "Credits", fields.Credits, placeholder="such as 10"), _to_field(recipients), NOTES),
        note=f"Balance: {credit_amount(balance)}.",
        preview=preview,
        validate=validate,
    )


def clock_move_form(clock: str, left_ms: Callable[[], int], recipients: Sequence[OwnRecipient]) -> FormSpec:
    """The form to move unused time; `left_ms` returns the time left, which falls while the timer runs."""
    names = {one.label: one.name for one in recipients}

    def preview(values: Values) -> str:
        span, left = _span(values), left_ms()
        if not 0 < span <= left:
            return ""
        to = f" to {one_line(names[values[TO]])}" if values.get(TO) in names else ""
        return f"You move {duration(span)}{to}. {countdown(left - span)} left."

    def validate(values: Values) -> Mapping[str, str]:
        span, left = _span(values), left_ms()
        return {"minutes": not_enough_time(span, left)} if span > left else {}

    return FormSpec(
        f"Move time from {one_line(clock)}",
        "Move",
        (Field("minutes", "Minutes", fields.Minutes, placeholder="such as 10"), _to_field(recipients), NOTES),
        note=f"{countdown(left_ms())} left.",
        preview=preview,
        validate=validate,
    )


def _span(values: Values) -> int:
    return int(Decimal(str(values.get("minutes", 0))) * MINUTE)


def moved_credits(answer: Answer, name: str) -> str:
    """The result line: `Moved 30 credits to Holidays. 70 left.`"""
    moved, left = credit_amount(answer["transfered_credits"]), grouped(answer["ewallet_credits"])
    return f"Moved {moved} to {one_line(name)}. {left} left."


def move_credits(screen: BaseScreen) -> None:
    """Ask how many credits of the active wallet to move to which other one."""
    context = screen.context
    if (state := context.state) is None:
        return
    recipients = wallets_beside(state)
    by_label = {one.label: one for one in recipients}
    chosen: list[OwnRecipient] = []

    async def send(values: dict[str, Any]) -> Answer:
        to = by_label[values.pop(TO)]
        chosen.append(to)
        return await context.send(action="transfer", transfer="credits", to_ewallet=to.id, **values)

    def say(answer: Answer | None) -> None:
        if answer is not None:
            shows = screen.showing("transfer", answer["transfer_record"])
            screen.query_one(ResultLine).say(moved_credits(answer, chosen[-1].name), shows)

    screen.ask_with(wallet_move_form(state, recipients), send, say)


@work
async def move_time(screen: BaseScreen) -> None:
    """Ask how much of the active clock's unused time to move to which other one."""
    context = screen.context
    wallets = await read_balances(context.act)
    if wallets is None or (state := context.state) is None:
        return
    clock = state.clock
    every_clock = clocks_of(wallets)
    recipients = clocks_beside(every_clock, clock.id)
    name = next((one.name_among(every_clock) for one in every_clock if one.id == clock.id), clock.reference)
    by_label = {one.label: one for one in recipients}
    chosen: list[OwnRecipient] = []

    def left_ms() -> int:
        return context.state.clock.left_ms(context.now()) if context.state else 0

    async def send(values: dict[str, Any]) -> Answer:
        to = by_label[values.pop(TO)]
        chosen.append(to)
        return await context.send(
            action="transfer", transfer="time", to_clock=to.id, clock_id=clock.id, **values
        )

    def say(answer: Answer | None) -> None:
        if answer is not None:
            span, left = duration(answer["transfered_minutes_ms"]), countdown(answer["credit_clock_ms"])
            words = f"Moved {span} to {one_line(chosen[-1].name)}. {left} left."
            shows = screen.showing("conversion", answer["conversion_record"])
            screen.query_one(ResultLine).say(words, shows)

    screen.ask_with(clock_move_form(name, left_ms, recipients), send, say)


@dataclass(frozen=True)
class Removal:
    """The question before an item is removed, and what is moved out of it first."""

    question: str
    verb: str = "Remove"
    into: int | None = None
    """The wallet or clock that takes what it holds, and becomes the active one."""
    moves: tuple[dict[str, Any], ...] = ()
    """The instructions that move it."""
    result: str = ""

    async def move(self, context: AppContext) -> bool:
        """Move what it holds; returns whether all of it was moved."""
        for instruction in self.moves:
            if (await context.act(**instruction))["failed"]:
                return False
        return True


async def prepare_removal(screen: BaseScreen, kind: OwnedItemKind, id: int, name: str) -> Removal | None:
    """The question, for which the user may choose where to move what it holds; `None`: not now."""
    if kind not in (WALLET, CLOCK):
        held = await read_contents(screen.context.act, kind, id)
        return None if held is None else Removal(f"{one_line(name)} is removed{held}. {kind.when_unlinked}")
    wallets = await read_balances(screen.context.act)
    if wallets is None:
        return None
    every_clock = clocks_of(wallets)
    wallet = next((one for one in wallets if one.id == id), None) if kind is WALLET else None
    clocks = wallet.clocks if wallet else [clock for clock in every_clock if clock.id == id]
    if running := next((clock for clock in clocks if clock.state != TimerState.INACTIVE), None):
        name = one_line(running.name_among(every_clock))
        reason = f"The timer of {name} is running or paused: {countdown(running.left_ms)} left."
        screen.context.notify("Stop it first.", title=reason, severity="error")
        return None
    if wallet is not None:
        others = [one for one in wallets if one.id != id]
        return await _removal_of_wallet(screen, wallet, others)
    return await _removal_of_clock(screen, clocks[0], every_clock)


async def _removal_of_wallet(
    screen: BaseScreen, wallet: HeldWallet, others: Sequence[HeldWallet]
) -> Removal | None:
    name, held = one_line(wallet.name), amounts(wallet.credits, wallet.time_ms)
    gone = f"{name} is removed with {listed(one_line(clock.name) for clock in wallet.clocks)} and its sheets."
    if not held:
        return Removal(f"{gone} It holds nothing. The journal keeps what its records say.")
    into = await _choose_target(screen, f"Move {held} to", {one.id: one.name for one in others})
    target = next((one for one in others if one.id == into), None)
    if target is None:
        return None
    moves = []
    if wallet.credits:
        credits = {"ewallet_id": wallet.id, "to_ewallet": target.id, "credits": wallet.credits}
        moves.append({"action": "transfer", "transfer": "credits", **credits})
    moves += [_move_of(clock, target.clock_id) for clock in wallet.clocks if clock.left_ms]
    return _after_moving(held, name, one_line(target.name), target.id, tuple(moves), gone)


async def _removal_of_clock(
    screen: BaseScreen, clock: HeldClock, every_clock: Sequence[HeldClock]
) -> Removal | None:
    others = clocks_beside(every_clock, clock.id)
    name, held = one_line(clock.name_among(every_clock)), amounts(0, clock.left_ms)
    gone = f"{name} is removed with its sheets."
    if not held:
        question = f"{gone} No time is left on it. The journal keeps what its records say."
        return Removal(question, result=f"{name} is removed.")
    into = await _choose_target(screen, f"Move {held} to", {one.id: one.label for one in others})
    target = next((one for one in others if one.id == into), None)
    if target is None:
        return None
    return _after_moving(held, name, target.name, target.id, (_move_of(clock, target.id),), gone)


def _move_of(clock: HeldClock, to: int) -> dict[str, Any]:
    minutes = exact_minutes(clock.left_ms)
    return {
        "action": "transfer",
        "transfer": "time",
        "clock_id": clock.id,
        "to_clock": to,
        "minutes": minutes,
    }


def _after_moving(
    held: str, name: str, to: str, into: int, moves: tuple[dict[str, Any], ...], gone: str
) -> Removal:
    return Removal(
        f"This moves {held} from {name} to {to}. Then {gone}",
        "Move and remove",
        into,
        moves,
        f"Moved {held} to {to}. {name} is removed.",
    )


async def _choose_target(screen: BaseScreen, title: str, names: Mapping[int, str]) -> int | None:
    """The only one of these, or the one that the user chooses; `None` if they choose none."""
    if len(names) == 1:
        return next(iter(names))
    if not names or screen.app.screen is not screen:
        return None
    choices = {str(id): name for id, name in names.items()}
    chosen = await screen.app.push_screen_wait(ChoiceModal(title, choices))
    return None if chosen is None else int(chosen)
