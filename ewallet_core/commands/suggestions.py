"""What the shell suggests for an argument: the contacts, wallets and clocks of the user."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, suppress
from io import StringIO

import click
from click.shell_completion import CompletionItem

from ewallet_core.commands.lookup import all_clocks, search_contacts, wallets_of
from ewallet_core.commands.shell import Shell, shell_of
from ewallet_core.presentation.payees import name_key

Suggest = Callable[[Shell, str], Iterator[CompletionItem]]
Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def suggesting(suggest: Suggest) -> Complete:
    """What an argument takes as `shell_complete`: nothing, without a word, if the user is not logged in."""

    def complete(
        ctx: click.Context,
        param: click.Parameter,  # noqa: ARG001 - as click calls it
        incomplete: str,
    ) -> list[CompletionItem]:
        with redirect_stderr(StringIO()), suppress(Exception):
            shell = shell_of(ctx, dict(ctx.params))
            if shell.sessions.find(shell.place) is None:
                return []
            try:
                found = list(suggest(shell, incomplete))
            finally:
                shell.close()
            begun = incomplete.casefold()
            return [item for item in found if str(item.value).casefold().startswith(begun)]
        return []

    return complete


def _contacts(shell: Shell, incomplete: str) -> Iterator[CompletionItem]:
    """The names of the contacts, or their emails once an @ is typed."""
    for contact in search_contacts(shell, ""):
        if "@" in incomplete:
            yield CompletionItem(contact.email, help=contact.name)
        else:
            yield CompletionItem(contact.name, help=contact.email)


def _emails(shell: Shell, _incomplete: str) -> Iterator[CompletionItem]:
    for contact in search_contacts(shell, ""):
        yield CompletionItem(contact.email, help=contact.name)


def _wallets(shell: Shell, _incomplete: str) -> Iterator[CompletionItem]:
    for wallet in wallets_of(shell):
        yield CompletionItem(wallet["reference"], help=f"{wallet['credits']} credits")


def _wallet_numbers(shell: Shell, _incomplete: str) -> Iterator[CompletionItem]:
    for wallet in wallets_of(shell):
        yield CompletionItem(str(wallet["id"]), help=wallet["reference"])


def _clocks(shell: Shell, _incomplete: str) -> Iterator[CompletionItem]:
    clocks = all_clocks(shell)
    counts = Counter(name_key(clock["reference"]) for clock in clocks)
    for clock in clocks:
        name = clock["reference"]
        if counts[name_key(name)] > 1:
            name = f"{name} in {clock['wallet']}"
        yield CompletionItem(name, help=f"in {clock['wallet']}")


def _clock_numbers(shell: Shell, _incomplete: str) -> Iterator[CompletionItem]:
    for clock in all_clocks(shell):
        yield CompletionItem(str(clock["id"]), help=f"{clock['reference']} in {clock['wallet']}")


suggest_contacts = suggesting(_contacts)
suggest_wallets = suggesting(_wallets)
suggest_clocks = suggesting(_clocks)

OF_ARGUMENT = {
    "pay": suggesting(_emails),
    "transfer_to": suggesting(_emails),
    "ewallet_id": suggesting(_wallet_numbers),
    "to_ewallet": suggesting(_wallet_numbers),
    "clock_id": suggesting(_clock_numbers),
    "to_clock": suggesting(_clock_numbers),
}
"""What is suggested for arguments of instructions, by their names."""
