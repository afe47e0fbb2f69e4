"""A wallet with a little of everything in it, in this process or at a server, made by the commands alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from invoked import BOB, Wallet, new_wallet
from serve_process import served

HOSTILE = "=1+1 \x1b[2Jand\na second line"
"""A note that a spreadsheet would compute and a terminal would obey."""


@contextmanager
def used_wallet(folder: Path, place: str) -> Iterator[Wallet]:
    """Ada has been supplied, has paid Bob, moved credits, converted some and used the timer."""
    if place == "embedded":
        yield use(new_wallet(folder))
        return
    ports = ("--in-port", 0, "--out-port", 0)
    with served(folder / "server", *ports, "--self-supply") as server:
        yield use(new_wallet(folder / "client", f"127.0.0.1:{server.ports[0]}"))


def use(wallet: Wallet) -> Wallet:
    wallet.done("register", "bob", "--email", BOB)
    wallet.done("login", "ada")
    wallet.done("wallets", "rename", "Wallet 1", "Main")
    wallet.done("wallets", "new", "Holidays")
    wallet.done("clocks", "new", "Reading")
    wallet.done("contacts", "add", "Bob", BOB, "--notes", "from the office")
    wallet.done("supply", 1_500, "--cost", "12.50", "--currency", "EUR", "--note", "pocket money")
    wallet.done("pay", "Bob", 10, "--note", HOSTILE)
    wallet.done("move", 30, "--to", "Holidays")
    wallet.done("convert", 20)
    wallet.done("start", "--note", "an essay", "--tag", "acme")
    wallet.done("stop")
    return wallet
