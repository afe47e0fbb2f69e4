"""`ewallet wallets` and `ewallet clocks`: listing them, and creating, switching, renaming and removing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

import click

from ewallet_core.commands.listing import Listing, Output, output_options
from ewallet_core.commands.lookup import all_clocks, find_clock, find_wallet, wallets_of
from ewallet_core.commands.shell import Shell, shell_command
from ewallet_core.commands.subcommands import LIST, ListFirst
from ewallet_core.commands.suggestions import suggest_clocks, suggest_wallets
from ewallet_core.presentation.clock_state import BEGUN
from ewallet_core.presentation.formatting import countdown, grouped, moment, one_line, parse_timestamp
from ewallet_core.presentation.tables import Column, Row, Tone, ToneText

WALLETS = (
    Column("Wallet", fills=True),
    Column("Credits", align="right"),
    Column("Clocks", align="right"),
    Column(""),
)
WALLET_VALUES = ("id", "reference", "credits", "active", "create_date")
CLOCKS = (
    Column("Clock", fills=True),
    Column("Wallet"),
    Column("Left", align="right"),
    Column("Timer"),
    Column(""),
    Column("For", fills=True, from_width=70),
)
CLOCK_VALUES = (
    *("id", "reference", "ewallet", "wallet", "active", "credit_clock_ms", "clock_state"),
    *("since_timestamp", "timer_notes", "timer_tags", "create_date"),
)
ACTIVE = ToneText("● active", Tone.GOOD)

Item = dict[str, Any]


class OwnKind(NamedTuple):
    """Wallets or clocks: the noun, the engine's word for it, and how one is found by its name."""

    noun: str
    member: str
    find: Callable[[Shell, str], Item]
    name_argument: Callable[[Callable[..., None]], Callable[..., None]]
    """Adds the argument NAME of an existing one."""

    def send(self, shell: Shell, verb: str, item: Item | None = None, **arguments: str) -> dict[str, Any]:
        named = {} if item is None else {f"{self.member}_id": item["id"]}
        return shell.send(action=verb, **{verb: "credit"}, credit=self.member, **named, **arguments)


WALLET = OwnKind("wallet", "ewallet", find_wallet, click.argument("name", shell_complete=suggest_wallets))
CLOCK = OwnKind("clock", "clock", find_clock, click.argument("name", shell_complete=suggest_clocks))


@click.group("wallets", cls=ListFirst)
def wallets_command() -> None:
    """List your wallets, make new ones, switch to one.

    \b
    ewallet wallets
    ewallet wallets new Holidays
    ewallet wallets switch Holidays
    ewallet wallets rename Holidays Trip
    ewallet wallets remove Trip
    """


@click.group("clocks", cls=ListFirst)
def clocks_command() -> None:
    """List your clocks, make new ones, switch to one.

    \b
    ewallet clocks
    ewallet clocks new Reading
    ewallet clocks switch Reading
    ewallet clocks rename Reading Novels
    ewallet clocks remove Novels
    """


@shell_command(LIST)
@output_options
def list_wallets(shell: Shell, output: Output) -> None:
    """List your wallets, oldest first."""
    account = shell.send(action="view", view="account")["account_data"]
    wallets = [{**wallet, "active": wallet["id"] == account["ewallet"]} for wallet in wallets_of(shell)]
    # There is always one at least.
    listing = Listing(WALLETS, _wallet_row, WALLET_VALUES, lambda wallet: wallet, empty="")
    output.show(listing, wallets, {"failed": False, "ewallets": wallets})


def _wallet_row(wallet: Item) -> Row:
    clocks = grouped(len(wallet["clock_archive"]))
    return wallet["reference"], grouped(wallet["credits"]), clocks, ACTIVE if wallet["active"] else ""


@shell_command(LIST)
@output_options
def list_clocks(shell: Shell, output: Output) -> None:
    """List the clocks of all your wallets, with the time left and the timer."""
    active, clocks = _active_clock(shell), all_clocks(shell)
    marked = [{**clock, "active": clock["id"] == active} for clock in clocks]
    has_wallets = len({clock["ewallet"] for clock in clocks}) > 1
    now = datetime.now(UTC)
    listing = Listing(
        [column for column in CLOCKS if has_wallets or column.heading != "Wallet"],
        lambda clock: _clock_row(clock, now, has_wallets=has_wallets),
        CLOCK_VALUES,
        lambda clock: clock,
        empty="",
    )
    output.show(listing, marked, {"failed": False, "clocks": marked})


def _active_clock(shell: Shell) -> int:
    active: int = shell.send(action="view", view="credit", credit="clock")["credit_clock"]
    return active


def _clock_row(clock: Item, now: datetime, *, has_wallets: bool) -> Row:
    timer = BEGUN.get(clock["clock_state"], "")
    if timer and clock["since_timestamp"]:
        timer = f"{timer} since {moment(parse_timestamp(clock['since_timestamp']), now)}"
    tags = " ".join(f"#{tag}" for tag in clock["timer_tags"])
    return (
        clock["reference"],
        *([clock["wallet"]] if has_wallets else []),
        countdown(clock["credit_clock_ms"]),
        timer,
        ACTIVE if clock["active"] else "",
        "  ".join(filter(None, (clock["timer_notes"], tags))),
    )


def _new(kind: OwnKind) -> click.Command:
    @shell_command("new", changes=True, help=f"Create a {kind.noun}; the active one stays active.")
    @click.argument("name")
    @click.option("--switch", is_flag=True, help="Make it the active one.")
    def new(shell: Shell, name: str, switch: bool) -> None:
        answer = kind.send(shell, "new", reference=name)
        created = answer[f"{kind.member}_data"]
        if switch:
            answer = kind.send(shell, "switch", created)
        active = " and is active now" if switch else ""
        shell.show(answer, f"{_named(kind, created)} was created{active}.")

    return new


def _switch(kind: OwnKind) -> click.Command:
    @shell_command("switch", changes=True, help=f"Make the {kind.noun} NAME the active one. Timers go on.")
    @kind.name_argument
    def switch_to(shell: Shell, name: str) -> None:
        found = kind.find(shell, name)
        answer = kind.send(shell, "switch", found)
        shell.show(answer, f"{_named(kind, found)} is active now.")

    return switch_to


def _rename(kind: OwnKind) -> click.Command:
    @shell_command("rename", changes=True, help=f"Give the {kind.noun} NAME a NEW_NAME.")
    @kind.name_argument
    @click.argument("new_name")
    def rename(shell: Shell, name: str, new_name: str) -> None:
        found = kind.find(shell, name)
        answer = kind.send(shell, "edit", found, reference=new_name)
        shell.show(answer, f"{_named(kind, found)} is called {one_line(new_name)} now.")

    return rename


def _remove(kind: OwnKind) -> click.Command:
    about = f"Remove the {kind.noun} NAME, which must be empty and not active."

    @shell_command("remove", changes=True, help=about)
    @kind.name_argument
    def remove(shell: Shell, name: str) -> None:
        found = kind.find(shell, name)
        answer = kind.send(shell, "unlink", found)
        shell.show(answer, f"{_named(kind, found)} was removed.")

    return remove


def _named(kind: OwnKind, item: Mapping[str, Any]) -> str:
    return f"The {kind.noun} {one_line(item['reference'])}"


for group, kind, listed in ((wallets_command, WALLET, list_wallets), (clocks_command, CLOCK, list_clocks)):
    for command in (listed, _new(kind), _switch(kind), _rename(kind), _remove(kind)):
        group.add_command(command)
