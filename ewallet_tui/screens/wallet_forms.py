"""The forms to supply credits, and to convert credits to time and time to credits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from ewallet_core.instructions import fields
from ewallet_core.presentation.formatting import (
    MINUTE,
    SECOND,
    countdown,
    credit_amount,
    duration,
    grouped,
    price,
)
from ewallet_tui.actions import PAY, SUPPLY, TO_CREDITS, TO_TIME, TRANSFER
from ewallet_tui.availability import ASK_FOR_CREDITS
from ewallet_tui.store import NOT_PERMITTED
from ewallet_tui.widgets.form import Answer, FormSpec, Values
from ewallet_tui.widgets.form_field import Field

CURRENCIES = (
    *("EUR", "USD", "GBP", "CHF", "SEK", "NOK", "DKK"),
    *("PLN", "CZK", "RON", "CAD", "AUD", "JPY", "INR"),
)
WALLET_ACTIONS = (SUPPLY, PAY, TRANSFER, TO_TIME, TO_CREDITS)
"""In the order of the buttons."""
NOTES = Field("notes", "Notes", fields.Notes, optional=True)


def not_enough_credits(needed: int, there: int) -> str:
    return f"Not enough credits: {grouped(needed)} needed, your balance is {grouped(there)}."


def not_enough_time(needed_ms: int, left_ms: int) -> str:
    return f"Not enough time: {duration(needed_ms)} needed, {duration(left_ms)} left."


def supply_form(balance: int) -> FormSpec:
    def preview(values: Values) -> str:
        credits = values.get("credits")
        if credits is None:
            return ""
        paid = (
            f" for {price(values['currency'], values['cost'])}" if {"currency", "cost"} <= set(values) else ""
        )
        return f"You get {credit_amount(credits)}{paid}. New balance: {grouped(balance + credits)}."

    def validate(values: Values) -> Mapping[str, str]:
        if balance + values.get("credits", 0) > fields.MOST_CREDITS:
            return {
                "credits": f"A wallet holds at most {grouped(fields.MOST_CREDITS)}."
                f" Your balance: {grouped(balance)}."
            }
        return {}

    return FormSpec(
        title="Supply credits",
        verb="Supply",
        fields=(
            Field("credits", "Credits", fields.Credits, placeholder="such as 100"),
            Field(
                "currency",
                "Currency",
                fields.Currency,
                "EUR",
                suggestions=CURRENCIES,
                tidy=lambda text: text.strip().upper(),
            ),
            Field("cost", "Cost", fields.Cost, placeholder="such as 12.50"),
            NOTES,
        ),
        preview=preview,
        validate=validate,
        reworded=_refused_supply,
    )


def _refused_supply(error: Answer) -> Answer:
    if error.get("code") != NOT_PERMITTED:
        return error
    return {**error, "error": "You can't supply yourself on this server.", "warning": ASK_FOR_CREDITS}


def supply_result(answer: Answer) -> str:
    """The result line: `You got 100 credits. New balance: 140.`"""
    supplied, balance = answer["supplied_credits"], answer["ewallet_credits"]
    return f"You got {credit_amount(supplied)}. New balance: {grouped(balance)}."


def time_result(milliseconds_per_credit: int) -> Callable[[Answer], str]:
    """The result line: `20 credits → 20:00. 80 left.`"""

    def result(answer: Answer) -> str:
        credits, left = answer["converted_credits"], answer["ewallet_credits"]
        return _to_time(credits, milliseconds_per_credit, left)

    return result


def credits_result(answer: Answer) -> str:
    """The result line: `10:00 → 10 credits. 20:00 left.`"""
    return _to_credits(answer["converted_minutes_ms"], answer["converted_credits"], answer["credit_clock_ms"])


def time_form(balance: int, milliseconds_per_credit: int) -> FormSpec:
    def preview(values: Values) -> str:
        credits = values.get("credits")
        if credits is None or credits > balance:
            return ""
        return _to_time(credits, milliseconds_per_credit, balance - credits)

    def validate(values: Values) -> Mapping[str, str]:
        needed = values.get("credits", 0)
        return {"credits": not_enough_credits(needed, balance)} if needed > balance else {}

    return FormSpec(
        title="Convert credits to time",
        verb="Convert",
        fields=(Field("credits", "Credits", fields.Credits, placeholder="such as 20"), NOTES),
        note=f"Balance: {credit_amount(balance)}. One credit gives {duration(milliseconds_per_credit)}.",
        preview=preview,
        validate=validate,
    )


def credits_form(left_ms: Callable[[], int], milliseconds_per_credit: int) -> FormSpec:
    """The form to convert unused time; `left_ms` returns the time left, which falls while the timer runs."""

    def preview(values: Values) -> str:
        left = left_ms()
        credits, rest = _credits_of(values, milliseconds_per_credit)
        time = credits * milliseconds_per_credit
        if not credits or time + rest > left:
            return ""
        stays = f" {duration(rest)} is less than a credit and stays on the clock." if rest >= SECOND else ""
        return _to_credits(time, credits, left - time) + stays

    def validate(values: Values) -> Mapping[str, str]:
        return _time_problems(values, left_ms(), milliseconds_per_credit)

    return FormSpec(
        title="Convert time to credits",
        verb="Convert",
        fields=(
            Field("credits", "Credits", fields.Credits, placeholder="such as 10", optional=True),
            Field("minutes", "or minutes", fields.Minutes, placeholder="such as 10", optional=True),
            NOTES,
        ),
        note=f"{countdown(left_ms())} left. {duration(milliseconds_per_credit)} gives one credit.",
        preview=preview,
        validate=validate,
    )


def _time_problems(values: Values, left: int, milliseconds_per_credit: int) -> Mapping[str, str]:
    given = [name for name in ("credits", "minutes") if name in values]
    if not given:
        return {"minutes": "Enter credits or minutes."}
    if len(given) > 1:
        return {"minutes": "Enter credits or minutes, not both."}
    credits, rest = _credits_of(values, milliseconds_per_credit)
    needed = credits * milliseconds_per_credit + rest
    if needed > left:
        return {given[0]: not_enough_time(needed, left)}
    return (
        {}
        if credits
        else {"minutes": f"That is less than one credit. One takes {duration(milliseconds_per_credit)}."}
    )


def _credits_of(values: Values, milliseconds_per_credit: int) -> tuple[int, int]:
    """Whole credits, and the milliseconds left over."""
    if "credits" in values:
        return values["credits"], 0
    return divmod(int(Decimal(str(values.get("minutes", 0))) * MINUTE), milliseconds_per_credit)


def _to_time(credits: int, milliseconds_per_credit: int, credits_left: int) -> str:
    time = duration(credits * milliseconds_per_credit)
    return f"{credit_amount(credits)} → {time}. {grouped(credits_left)} left."


def _to_credits(time_ms: int, credits: int, left_ms: int) -> str:
    return f"{duration(time_ms)} → {credit_amount(credits)}. {countdown(left_ms)} left."
