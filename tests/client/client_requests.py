"""What the tests of clients say, whichever client says it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

from ewallet_core.client import Answer, Event, WalletClient

PASSWORD = "four unrelated words"
BALANCE = {"action": "view", "view": "credit", "credit": "wallet"}
SUPPLY = {"action": "supply", "supply": "credits", "currency": "EUR", "cost": "1"}


async def ask(client: WalletClient, **instruction: Any) -> Answer:
    return await client.send(controller="client", ctype="action", **instruction)


async def sign_up(client: WalletClient, name: str) -> None:
    account = {"user_name": name, "user_pass": PASSWORD, "user_email": f"{name}@example.org"}
    assert not (await ask(client, action="new", new="account", **account))["failed"]


async def enter(client: WalletClient, name: str = "ada") -> Answer:
    answer = await ask(client, action="login", user_name=name, user_pass=PASSWORD)
    assert not answer["failed"], answer
    return answer


async def log_in(client: WalletClient, name: str = "ada") -> None:
    await sign_up(client, name)
    await enter(client, name)


async def supply(client: WalletClient, credits: int, **more: Any) -> Answer:
    return await ask(client, **SUPPLY, credits=credits, **more)


async def balance(client: WalletClient) -> int:
    return (await ask(client, **BALANCE))["ewallet_data"]["credits"]


async def hear(told: AsyncIterator[Event]) -> Event:
    return await asyncio.wait_for(anext(told), 10)


async def hear_credits(told: AsyncIterator[Event], times: int) -> list[tuple[int, int]]:
    """The sequence and the credits of each of the next events that tell of credits that arrived."""
    heard = []
    while len(heard) < times:
        event = await hear(told)
        if event["event"] == "credits_arrived":
            heard.append((event["sequence"], event["data"]["credits"]))
    return heard


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 - what is waited for tells nobody when it comes
            await asyncio.sleep(0.005)
