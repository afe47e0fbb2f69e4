"""Measures the payments and views per second of a server, and of an engine in the client's own process.

The server is `ewallet serve` in a process of its own; its clients are in this process: first one that waits
for each answer, then many at once.
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
PASSWORD = "four unrelated words"  # noqa: S105 - of temporary accounts
SETTINGS = """
self_supply = true
[limits]
requests_per_second_per_session = 1_000_000
passwords_waiting = 1_000
"""

Open = Callable[[], AsyncEWalletClient]
Send = Callable[[AsyncEWalletClient], Awaitable[object]]


async def pay(client: AsyncEWalletClient) -> None:
    answer = await client.send(action="pay", pay="person0@example.org", credits=1)
    if answer["failed"]:
        raise RuntimeError(answer["error"])


async def view(client: AsyncEWalletClient) -> None:
    await client.send(action="view", view="credit", credit="wallet")


async def log_in(client: AsyncEWalletClient, number: int) -> None:
    own = {"user_name": f"person{number}", "user_pass": PASSWORD}
    await client.send(action="new", new="account", user_email=f"person{number}@example.org", **own)
    await client.send(action="login", **own)
    await client.send(action="supply", supply="credits", credits=10_000, currency="EUR", cost="1")


async def per_second(send: Send, clients: Sequence[AsyncEWalletClient], times: int) -> float:
    async def repeat(client: AsyncEWalletClient) -> None:
        for _ in range(times):
            await send(client)

    began = time.perf_counter()
    await asyncio.gather(*map(repeat, clients))
    return len(clients) * times / (time.perf_counter() - began)


async def measure(
    name: str, open_client: Open, together: int, baseline: dict[Send, float]
) -> dict[Send, float]:
    """Print the rate of one client, and of many; each with its ratio to the `baseline`, if there is one."""
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(open_client()) for _ in range(together + 1)]
        await asyncio.gather(*(log_in(client, number) for number, client in enumerate(clients)))
        alone: dict[Send, float] = {}
        for send in (pay, view):
            alone[send] = await per_second(send, clients[1:2], ALONE)
            show(f"{name}, one client", send, alone[send], baseline)
            if together > 1:
                many = await per_second(send, clients[1:], TOGETHER)
                show(f"{name}, {together} clients", send, many, baseline)
    return alone


def show(name: str, send: Send, rate: float, baseline: dict[Send, float]) -> None:
    ratio = f"  ratio {rate / baseline[send]:.2f}" if send in baseline else ""
    print(f"{send.__name__:<5} {name:<20} {rate:>8,.0f} a second{ratio}")


@contextmanager
def run_server(folder: Path) -> Iterator[str]:
    """A server on free ports; yields its address."""
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
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        embedded = partial(AsyncEWalletClient, database_url=f"sqlite:///{folder / 'own.sqlite3'}")
        alone = await measure("embedded", embedded, 1, {})
        with run_server(folder) as address:
            await measure("served", partial(AsyncEWalletClient, address), CLIENTS, alone)


if __name__ == "__main__":
    asyncio.run(main())
