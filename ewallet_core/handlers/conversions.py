"""Converting credits of the wallet to time on its clock and back, and moving time between own clocks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypedDict

from ewallet_core.errors.credits import (
    BalanceLimitError,
    LessThanOneCreditError,
    NotEnoughCreditsError,
    NotEnoughTimeError,
    SameHolderError,
)
from ewallet_core.errors.requests import BadValueError
from ewallet_core.instructions import fields
from ewallet_core.instructions.registry import Request, instruction
from ewallet_core.instructions.validation import as_decimal
from ewallet_core.ledger.journal import (
    BalanceId,
    Entry,
    Issuer,
    clock_to_credits,
    credits_to_clock,
    move_time,
)
from ewallet_core.ledger.rates import (
    MOST_CREDITS,
    credits_to_milliseconds,
    milliseconds_to_credits,
    minutes_to_milliseconds,
)
from ewallet_core.operations.answer_data import Minutes, in_minutes, minutes
from ewallet_core.operations.context import AccountContext
from ewallet_core.operations.events import record_event
from ewallet_core.operations.holder_kinds import CLOCK_HOLDER
from ewallet_core.operations.movements import INCOMING
from ewallet_core.operations.settlement import settle_run_outs, update_timer
from ewallet_core.storage.events import EventKind, Movement
from ewallet_core.storage.journal import post, read_amount
from ewallet_core.storage.schema import MOST_MILLISECONDS
from ewallet_core.storage.sheets import conversions
from ewallet_core.storage.wallets import Clock, Wallet, store_timer


class ConvertCredits(Request, frozen=True):
    """How many credits to convert to time."""

    credits: fields.Credits
    notes: fields.Notes = ""


class ConvertTime(Request, frozen=True):
    """How much time to convert to credits: exactly one of `credits` and `minutes`."""

    exactly_one_of = ("credits", "minutes")

    credits: fields.Credits | None = None
    minutes: fields.Minutes | None = None
    notes: fields.Notes = ""


class _BalancesAnswer(TypedDict):
    ewallet_credits: int
    credit_clock: Minutes
    credit_clock_ms: int


class _ConvertCreditsAnswer(_BalancesAnswer):
    conversion_record: int
    converted_credits: int


@instruction({"action": "convert", "convert": "credits2clock"})
def convert_credits(request: ConvertCredits, context: AccountContext) -> _ConvertCreditsAnswer:
    """Convert credits of the active wallet to time on its active clock."""
    wallet, clock = context.wallet, context.clock
    if request.credits > wallet.credits:
        raise NotEnoughCreditsError(request.credits, wallet.credits)
    span = credits_to_milliseconds(request.credits, context.config.milliseconds_per_credit)
    _require_room(clock.balance_ms, span, MOST_MILLISECONDS)
    record, balances = _convert(
        context, credits_to_clock, wallet, clock, request.credits, span, request.notes
    )
    return _ConvertCreditsAnswer(**balances, conversion_record=record, converted_credits=request.credits)


class _ConvertTimeAnswer(_BalancesAnswer):
    conversion_record_id: int
    conversion_record: int
    converted_minutes: Minutes
    converted_minutes_ms: int
    converted_credits: int


@instruction({"action": "convert", "convert": "clock2credits"})
def convert_time(request: ConvertTime, context: AccountContext) -> _ConvertTimeAnswer:
    """Convert unused time of the active clock to credits of its wallet."""
    wallet, clock = context.wallet, context.clock
    credits = _credits_for_time(request, context, clock)
    span = credits_to_milliseconds(credits, context.config.milliseconds_per_credit)
    _require_room(wallet.credits, credits, MOST_CREDITS)
    record, balances = _convert(context, clock_to_credits, wallet, clock, credits, span, request.notes)
    _settle_if_empty(context, balances["credit_clock_ms"])
    return _ConvertTimeAnswer(
        conversion_record_id=record,
        conversion_record=record,
        **balances,
        converted_minutes=in_minutes(span),
        converted_minutes_ms=span,
        converted_credits=credits,
    )


def _credits_for_time(request: ConvertTime, context: AccountContext, clock: Clock) -> int:
    """The whole credits to convert to; raises `NotEnoughTimeError` or `LessThanOneCreditError`."""
    rate = context.config.milliseconds_per_credit
    left = clock.timer.left_at(context.now, clock.balance_ms)
    if request.credits is not None:
        field, span = "credits", credits_to_milliseconds(request.credits, rate)
    else:
        field, span = "minutes", minutes_to_milliseconds(as_decimal(request.minutes or 0))
    if span > left:
        raise NotEnoughTimeError(span, left, field)
    if span < rate:
        raise LessThanOneCreditError(rate)
    return milliseconds_to_credits(span, rate)


def _convert(
    context: AccountContext,
    make_entry: Callable[[Issuer, BalanceId, BalanceId, int, int, int], Entry],
    wallet: Wallet,
    clock: Clock,
    credits: int,
    span: int,
    notes: str,
) -> tuple[int, _BalancesAnswer]:
    """Post a conversion, write its record and event, and store when the timer runs out now.

    Returns the record's id and the new balances.
    """
    transaction, now = context.transaction, context.now
    wallet_balance, clock_balance = BalanceId(wallet.balance_id), BalanceId(clock.balance_id)
    entry = make_entry(context.issuer, wallet_balance, clock_balance, credits, span, now)
    entry_id = post(transaction, entry, context.issuer)
    record_id = conversions.append(
        transaction,
        clock.conversion_sheet_id,
        now,
        entry_id=entry_id,
        conversion_type=entry.kind,
        milliseconds=span,
        credits=credits,
        notes=notes,
    )
    balance = read_amount(transaction, clock_balance)
    store_timer(transaction, clock, clock.timer, balance, now)
    left = clock.timer.left_at(now, balance)
    balances = _BalancesAnswer(
        ewallet_credits=read_amount(transaction, wallet_balance),
        credit_clock=in_minutes(left),
        credit_clock_ms=left,
    )
    record_event(
        context,
        wallet.account_id,
        EventKind.CREDITS_CONVERTED,
        Movement.CONVERSION,
        ewallet=wallet.id,
        clock=clock.id,
        conversion_type=str(entry.kind),
        credits=credits,
        **minutes(minutes=span),
        **balances,
        notes=notes,
        conversion_record=record_id,
    )
    return record_id, balances


def _settle_if_empty(context: AccountContext, left: int) -> None:
    """If nothing is left on the clock of a running timer, that timer has run out."""
    if left == 0:
        settle_run_outs(context, context.account.id)


def _require_room(balance: int, more: int, limit: int) -> None:
    if balance + more > limit:
        raise BalanceLimitError(limit, balance)


class TransferTime(Request, frozen=True):
    """How many minutes, to which own clock, and from which (by default the active one)."""

    to_clock: fields.ClockId
    minutes: fields.Minutes
    notes: fields.Notes = ""
    clock_id: fields.ClockId | None = None


class _TransferTimeAnswer(TypedDict):
    clock: int
    credit_clock: Minutes
    credit_clock_ms: int
    to_clock: int
    transfered_minutes: Minutes
    transfered_minutes_ms: int
    conversion_record: int


@instruction({"action": "transfer", "transfer": "time"})
def transfer_time(request: TransferTime, context: AccountContext) -> _TransferTimeAnswer:
    """Transfer unused time from one own clock to another, whichever wallets they belong to."""
    giving = context.clock
    if request.clock_id is not None:
        giving = CLOCK_HOLDER.own(context, request.clock_id, "clock_id")
    receiving = CLOCK_HOLDER.own(context, request.to_clock, "to_clock")
    if receiving.id == giving.id:
        raise SameHolderError("clock", "to_clock")
    span = _time_to_move(request, context, giving)
    _require_room(receiving.balance_ms, span, MOST_MILLISECONDS)
    record_id, balance = _move_time(context, giving, receiving, span, request.notes)
    left = giving.timer.left_at(context.now, balance)
    _settle_if_empty(context, left)
    return _TransferTimeAnswer(
        clock=giving.id,
        credit_clock=in_minutes(left),
        credit_clock_ms=left,
        to_clock=receiving.id,
        transfered_minutes=in_minutes(span),
        transfered_minutes_ms=span,
        conversion_record=record_id,
    )


def _time_to_move(request: TransferTime, context: AccountContext, giving: Clock) -> int:
    """The milliseconds to move; raises `NotEnoughTimeError` if the current run has left less than that."""
    span = minutes_to_milliseconds(as_decimal(request.minutes))
    if span == 0:
        raise BadValueError("minutes", "at least a millisecond, which is 0.000017 minutes")
    left = giving.timer.left_at(context.now, giving.balance_ms)
    if span > left:
        raise NotEnoughTimeError(span, left, "minutes")
    return span


def _move_time(
    context: AccountContext, giving: Clock, receiving: Clock, span: int, notes: str
) -> tuple[int, int]:
    """Post the entry, and write the records and events of both clocks.

    Returns the id of the giving one's record, and its new balance.
    """
    moved = move_time(BalanceId(giving.balance_id), BalanceId(receiving.balance_id), span, context.now)
    entry_id = post(context.transaction, moved, context.issuer)
    record_ids = [
        conversions.append(
            context.transaction,
            side.conversion_sheet_id,
            context.now,
            entry_id=entry_id,
            conversion_type=conversion_type,
            milliseconds=span,
            credits=0,
            notes=notes,
            from_clock_id=giving.id,
            to_clock_id=receiving.id,
        )
        for side, conversion_type in ((giving, moved.kind), (receiving, INCOMING))
    ]
    kinds = EventKind.TIME_MOVED_OUT, EventKind.TIME_MOVED_IN
    for side, kind, record_id in zip((giving, receiving), kinds, record_ids, strict=True):
        update_timer(
            context,
            side,
            side.timer,
            read_amount(context.transaction, BalanceId(side.balance_id)),
            kind,
            Movement.OWN_TRANSFER,
            from_clock=giving.id,
            to_clock=receiving.id,
            **minutes(minutes=span),
            notes=notes,
            conversion_record=record_id,
        )
    return record_ids[0], giving.balance_ms - span
