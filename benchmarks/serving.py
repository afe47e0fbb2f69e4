"""How many payments and views a server carries out in a second, beside an engine in the client's own process.

The server is `ewallet serve` in a process of its own, and its clients are the client library's in this one:
first one that waits for each answer, then many at once.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from functools import partial
from pathlib import Path

from ewallet_core.client import AsyncEWalletClient

CLIENTS = 50
ALONE, TOGETHER = 300, 40
PASSWORD = "four unrelated words"  # noqa: S105 - of accounts that live as long as this run
SETTINGS = """
self_supply = true
[limits]
requests_per_second_per_session = 1_000_000
passwords_waiting = 1_000
"""

Open = Callable[[], AsyncEWalletClient]
Ask = Callable[[AsyncEWalletClient], Awaitable[object]]


async def pay(client: AsyncEWalletClient) -> None:
    answer = await client.send(action="pay", pay="person0@example.org", credits=1)
    if answer["failed"]:
        raise RuntimeError(answer["error"])


async def view(client: AsyncEWalletClient) -> None:
    await client.send(action="view", view="credit", credit="wallet")


async def begin(client: AsyncEWalletClient, number: int) -> None:
    own = {"user_name": f"person{number}", "user_pass": PASSWORD}
    await client.send(action="new", new="account", user_email=f"person{number}@example.org", **own)
    await client.send(action="login", **own)
    await client.send(action="supply", supply="credits", credits=10_000, currency="EUR", cost="1")


async def per_second(ask: Ask, clients: Sequence[AsyncEWalletClient], times: int) -> float:
    async def go_on(client: AsyncEWalletClient) -> None:
        for _ in range(times):
            await ask(client)

    began = time.perf_counter()
    await asyncio.gather(*map(go_on, clients))
    return len(clients) * times / (time.perf_counter() - began)


async def measure(where: str, open_client: Open, together: int, beside: dict[Ask, float]) -> dict[Ask, float]:
    """Print what clients there come to, each figure with its ratio to that of one client `beside` them."""
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(open_client()) for _ in range(together + 1)]
        await asyncio.gather(*(begin(client, number) for number, client in enumerate(clients)))
        alone = {}
        for ask in (pay, view):
            alone[ask] = await per_second(ask, clients[1:2], ALONE)
            show(f"{where}, one client", ask, alone[ask], beside)
            if together > 1:
                many = await per_second(ask, clients[1:], TOGETHER)
                show(f"{where}, {together} clients", ask, many, beside)
    return alone


def show(where: str, ask: Ask, figure: float, beside: dict[Ask, float]) -> None:
    ratio = f"  ratio {figure / beside[ask]:.2f}" if ask in beside else ""
    print(f"{ask.__name__:<5} {where:<20} {figure:>8,.0f} a second{ratio}")


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """A server on free ports; gives the place of its instructions."""
    settings = folder / "settings.toml"
    settings.write_text(SETTINGS)
    ewallet = [str(Path(sys.executable).with_name("ewallet")), "--data-dir", str(folder)]
    options = ["--config", str(settings), "--in-port", "0", "--out-port", "0"]
    with subprocess.Popen([*ewallet, "serve", *options], stdout=subprocess.PIPE, text=True) as server:
        try:
            ready = server.stdout.readline() if server.stdout else ""
            yield ready.partition("instructions on ")[2].partition(",")[0]
        finally:
            server.terminate()


async def main() -> None:
    """Print all figures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        embedded = partial(AsyncEWalletClient, database_url=f"sqlite:///{folder / 'own.sqlite3'}")
        alone = await measure("embedded", embedded, 1, {})
        with served(folder) as place:
            await measure("served", partial(AsyncEWalletClient, place), CLIENTS, alone)


if __name__ == "__main__":
    asyncio.run(main())
