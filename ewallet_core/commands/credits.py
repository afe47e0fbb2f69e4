"""`ewallet balance`, `supply` and `convert`: the credits of the active wallet, and the time of its clock."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from ewallet_core.commands.parameters import CREDITS, given, note_option
from ewallet_core.commands.shell import Shell, shell_command
from ewallet_core.presentation.clock_state import BEGUN
from ewallet_core.presentation.formatting import countdown, credit_amount, duration, grouped, one_line, price


@shell_command("balance")
def balance_command(shell: Shell) -> None:
    """Print the credits and the time of the active wallet."""
    answer = shell.send(action="view", view="overview", limit=1)
    wallet, clock = answer["ewallet_data"], answer["clock_data"]
    others = [timer for timer in answer["timers"] if timer["id"] != clock["id"]]
    lines = [f"{one_line(wallet['reference'])}: {credit_amount(wallet['credits'])}"]
    lines += [f"{one_line(each['reference'])}: {_time_on(each)}" for each in (clock, *others)]
    shell.show(answer, "\n".join(lines))


@shell_command("supply", changes=True)
@click.argument("credits", type=CREDITS)
@click.option("--cost", required=True, metavar="MONEY", help="What they cost, such as 20 or 12.50.")
@click.option("--currency", required=True, metavar="CODE", help="The currency, such as EUR.")
@click.option("--to", metavar="EMAIL", help="Another account, for operators. Default: your active wallet.")
@note_option
def supply_command(
    shell: Shell, /, credits: int, cost: str, currency: str, to: str | None, notes: str | None
) -> None:
    """Supply your active wallet with CREDITS. `ewallet topup` is the same.

    \b
    ewallet supply 100 --cost 20 --currency EUR
    """
    answer = shell.send(
        action="supply",
        supply="credits",
        credits=credits,
        currency=currency.upper(),
        cost=cost,
        **given(supply_to=to, notes=notes),
    )
    supplied = f"{credit_amount(answer['supplied_credits'])} for {price(currency.upper(), cost)}"
    if to is not None:
        shell.show(answer, f"Supplied {one_line(to)} with {supplied}.")
    else:
        shell.show(answer, f"You got {supplied}. New balance: {grouped(answer['ewallet_credits'])}.")


@shell_command("convert", changes=True)
@click.argument("credits", type=CREDITS, required=False)
@click.option("--back", is_flag=True, help="Convert unused time of the clock back to CREDITS.")
@click.option("--minutes", metavar="NUMBER", help="With --back: convert so many minutes, instead of CREDITS.")
@note_option
def convert_command(
    shell: Shell, /, credits: int | None, back: bool, minutes: str | None, notes: str | None
) -> None:
    """Convert CREDITS to time on the clock, or time back.

    \b
    ewallet convert 20
    ewallet convert --back 5
    ewallet convert --back --minutes 30
    """
    if (credits is None) == (minutes is None):
        raise click.UsageError("Give the number of credits, or with --back the minutes.")
    if minutes is not None and not back:
        raise click.UsageError("--minutes goes with --back: time is converted to credits.")
    arguments = given(credits=credits, minutes=minutes, notes=notes)
    if back:
        answer = shell.send(action="convert", convert="clock2credits", **arguments)
        time = duration(answer["converted_minutes_ms"])
        done = f"Converted {time} to {credit_amount(answer['converted_credits'])}."
    else:
        answer = shell.send(action="convert", convert="credits2clock", **arguments)
        done = f"Converted {credit_amount(answer['converted_credits'])} to time."
    left = f"{credit_amount(answer['ewallet_credits'])} and {countdown(answer['credit_clock_ms'])} left."
    shell.show(answer, f"{done} {left}")


def _time_on(clock: Mapping[str, Any]) -> str:
    left = f"{countdown(clock['credit_clock_ms'])} left"
    return ", ".join(filter(None, (left, BEGUN.get(clock["clock_state"]))))
