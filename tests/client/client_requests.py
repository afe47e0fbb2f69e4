"""Requests and helpers for tests of both clients."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from ewallet_core.client import Answer, Event, WalletClient

OpenClient = Callable[..., Awaitable[WalletClient]]

PASSWORD = "four unrelated words"
BALANCE = {"action": "view", "view": "credit", "credit": "wallet"}
SUPPLY = {"action": "supply", "supply": "credits", "currency": "EUR", "cost": "1"}


async def send(client: WalletClient, **instruction: Any) -> Answer:
    return await client.send(controller="client", ctype="action", **instruction)


async def sign_up(client: WalletClient, name: str) -> None:
    account = {"user_name": name, "user_pass": PASSWORD, "user_email": f"{name}@example.org"}
    assert not (await send(client, action="new", new="account", **account))["failed"]


async def log_in(client: WalletClient, name: str = "ada") -> Answer:
    answer = await send(client, action="login", user_name=name, user_pass=PASSWORD)
    assert not answer["failed"], answer
    return answer


async def sign_up_and_log_in(client: WalletClient, name: str = "ada") -> None:
    await sign_up(client, name)
    await log_in(client, name)


async def supply(client: WalletClient, credits: int, **more: Any) -> Answer:
    return await send(client, **SUPPLY, credits=credits, **more)


async def balance(client: WalletClient) -> int:
    return (await send(client, **BALANCE))["ewallet_data"]["credits"]


async def next_event(events: AsyncIterator[Event]) -> Event:
    return await asyncio.wait_for(anext(events), 10)


async def next_credits(events: AsyncIterator[Event], times: int) -> list[tuple[int, int]]:
    """The sequence and the credits of each of the next `credits_arrived` events."""
    received = []
    while len(received) < times:
        event = await next_event(events)
        if event["event"] == "credits_arrived":
            received.append((event["sequence"], event["data"]["credits"]))
    return received


async def wait_until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.005)
