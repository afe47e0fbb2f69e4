"""The client of an engine in this process: order, events, endings."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher

from ewallet_core import EWalletSessionManager
from ewallet_core.actions.context import Rules
from ewallet_core.client import EmbeddedClient, Unreachable, embedded
from ewallet_core.credentials.passwords import Passwords
from ewallet_core.instructions.fields import CLEANERS

CHEAP = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
PASSWORD = "four unrelated words"


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'wallet.sqlite3'}"


@pytest.fixture
def now() -> list[int]:
    return [1_790_000_000_000]


@pytest.fixture
def engine_of(database_url: str, now: list[int]) -> Callable[[], EWalletSessionManager]:
    return lambda: EWalletSessionManager(database_url, clock=lambda: now[0], passwords=CHEAP)


@pytest.fixture
async def client(engine_of: Callable[[], EWalletSessionManager]) -> AsyncIterator[EmbeddedClient]:
    opened = EmbeddedClient(engine_of)
    await opened.open()
    yield opened
    await opened.close()


async def ask(client: EmbeddedClient, **instruction: Any) -> dict[str, Any]:
    return await client.send(controller="client", ctype="action", **instruction)


async def log_in(client: EmbeddedClient, name: str = "ada") -> None:
    account = {"user_name": name, "user_pass": PASSWORD, "user_email": f"{name}@example.org"}
    await ask(client, action="new", new="account", **account)
    answer = await ask(client, action="login", user_name=name, user_pass=PASSWORD)
    assert not answer["failed"]


async def supply(client: EmbeddedClient, credits: int) -> dict[str, Any]:
    return await ask(client, action="supply", supply="credits", credits=credits, currency="EUR", cost="1")


async def test_instructions_are_carried_out_in_the_order_of_the_calls(client: EmbeddedClient) -> None:
    await log_in(client)
    answers = await asyncio.gather(*(supply(client, 1) for _ in range(20)))
    assert [answer["total_credits"] for answer in answers] == list(range(1, 21))


async def test_closing_waits_for_everything_that_was_sent(
    engine_of: Callable[[], EWalletSessionManager],
) -> None:
    client = EmbeddedClient(engine_of)
    await client.open()
    await log_in(client)
    pending = [asyncio.ensure_future(supply(client, 1)) for _ in range(20)]
    await asyncio.sleep(0)
    await client.close()
    assert [answer["total_credits"] for answer in await asyncio.gather(*pending)] == list(range(1, 21))


async def test_a_session_that_ended_is_opened_anew_and_said_so(
    client: EmbeddedClient, now: list[int]
) -> None:
    await log_in(client)
    now[0] += 31 * 60_000
    answer = await ask(client, action="view", view="account")
    assert answer["failed"]
    assert answer["session_ended"]
    again = await ask(client, action="login", user_name="ada", user_pass=PASSWORD)
    assert not again["failed"]


async def test_what_another_process_does_is_told(
    client: EmbeddedClient, engine_of: Callable[[], EWalletSessionManager], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "EVENT_INTERVAL_SECONDS", 0.01)
    await log_in(client)
    told = client.events()
    assert (await anext(told))["event"] == "listening"
    first = asyncio.ensure_future(anext(told))
    other = EmbeddedClient(engine_of)
    await other.open()
    await ask(other, action="login", user_name="ada", user_pass=PASSWORD)
    await supply(other, 7)
    event = await asyncio.wait_for(first, 5)
    assert (event["event"], event["data"]["credits"]) == ("credits_arrived", 7)
    await told.aclose()
    await other.close()


async def test_events_are_those_of_the_account_that_is_active(
    client: EmbeddedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "EVENT_INTERVAL_SECONDS", 0.01)
    await log_in(client)
    await supply(client, 1)
    await supply(client, 2)
    told = client.events()
    await log_in(client, "bob")
    assert await anext(told) == {"event": "listening", "sequence": 0}
    first = asyncio.ensure_future(anext(told))
    await supply(client, 3)
    event = await asyncio.wait_for(first, 5)
    assert (event["sequence"], event["data"]["credits"]) == (1, 3)
    await told.aclose()


async def test_an_engine_that_cannot_be_opened_is_unreachable_in_words(tmp_path: Path) -> None:
    client = EmbeddedClient.on(f"sqlite:///{tmp_path}/nowhere/wallet.sqlite3")
    with pytest.raises(Unreachable, match="no such file or directory"):
        await client.open()
    await client.close()


async def test_a_request_id_of_the_callers_own_is_kept(client: EmbeddedClient) -> None:
    await log_in(client)
    once = {"action": "supply", "supply": "credits", "credits": 5, "currency": "EUR", "cost": "1"}
    first = await ask(client, **once, request_id="supply-0001")
    assert await ask(client, **once, request_id="supply-0001") == first
    assert (await supply(client, 1))["total_credits"] == 6


async def test_what_happens_right_after_a_login_is_told(
    client: EmbeddedClient, engine_of: Callable[[], EWalletSessionManager], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "EVENT_INTERVAL_SECONDS", 0.01)
    await log_in(client)
    other = EmbeddedClient(engine_of)
    await other.open()
    await ask(other, action="login", user_name="ada", user_pass=PASSWORD)
    await supply(other, 7)
    told = client.events()
    assert (await anext(told))["event"] == "listening"
    assert (await asyncio.wait_for(anext(told), 5))["data"]["credits"] == 7
    await told.aclose()
    await other.close()


async def test_making_another_account_meanwhile_loses_no_news(
    client: EmbeddedClient, engine_of: Callable[[], EWalletSessionManager], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "EVENT_INTERVAL_SECONDS", 0.01)
    await log_in(client)
    other = EmbeddedClient(engine_of)
    await other.open()
    await ask(other, action="login", user_name="ada", user_pass=PASSWORD)
    await supply(other, 7)
    bob = {"user_name": "bob", "user_pass": PASSWORD, "user_email": "bob@example.org"}
    await ask(client, action="new", new="account", **bob)
    told = client.events()
    assert (await anext(told))["event"] == "listening"
    assert (await asyncio.wait_for(anext(told), 5))["data"]["credits"] == 7
    await told.aclose()
    await other.close()


async def test_what_comes_due_is_done_by_itself_from_the_opening_on(
    client: EmbeddedClient,
) -> None:
    running = await client.send(
        controller="system", ctype="action", action="stop", stop="cleaner", cleaner="history"
    )
    assert running["running"] == [name for name in CLEANERS if name != "history"]


async def test_a_client_that_was_closed_leaves_no_cleaner_at_work(
    engine_of: Callable[[], EWalletSessionManager],
) -> None:
    client = EmbeddedClient(engine_of)
    await client.open()
    await client.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "ewallet-cleaners"]


async def test_the_end_of_a_timer_that_nobody_asks_about_is_told(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "EVENT_INTERVAL_SECONDS", 0.01)
    brief = Rules(milliseconds_per_credit=100)
    client = EmbeddedClient(lambda: EWalletSessionManager(database_url, rules=brief, passwords=CHEAP))
    await client.open()
    await log_in(client)
    await supply(client, 1)
    told = client.events()
    await ask(client, action="convert", convert="credits2clock", credits=1)
    await ask(client, action="start", start="clock_timer")

    async def the_end() -> dict[str, Any]:
        async for event in told:
            if event["event"] == "timer_ran_out":
                return event
        raise AssertionError

    event = await asyncio.wait_for(the_end(), 20)
    assert event["data"]["credit_clock_ms"] == 0
    await told.aclose()
    await client.close()


async def test_the_enveloped_form_is_sent_as_well(client: EmbeddedClient) -> None:
    await log_in(client)
    chain = {"controller": "client", "ctype": "action", "action": "view", "view": "account"}
    answer = await client.send(header={}, command_chain=chain)
    assert answer["account"] == "ada@example.org"


async def test_an_argument_that_is_not_known_ends_no_session(client: EmbeddedClient) -> None:
    await log_in(client)
    cleanup = {"action": "cleanup", "cleanup": "ctokens", "ctoken": "no such client"}
    answer = await client.send(controller="system", ctype="action", **cleanup)
    assert answer["code"] == "not_found"
    assert (await ask(client, action="view", view="account"))["failed"] is False
