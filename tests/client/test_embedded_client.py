"""What only the client of an engine in this process has: its thread, its cleaners, its file."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from client_requests import ask, enter, hear, log_in, supply
from running_server import CHEAP

from ewallet_core import EWalletSessionManager
from ewallet_core.client import EmbeddedClient, UnreachableError, embedded
from ewallet_core.instructions.fields import CLEANERS
from ewallet_core.operations.context import EngineConfig


@pytest.fixture
async def client(engine_of: Callable[[], EWalletSessionManager]) -> AsyncIterator[EmbeddedClient]:
    opened = EmbeddedClient(engine_of)
    await opened.open()
    yield opened
    await opened.close()


async def test_an_engine_that_cannot_be_opened_is_unreachable_in_words(tmp_path: Path) -> None:
    client = EmbeddedClient.on(f"sqlite:///{tmp_path}/nowhere/wallet.sqlite3")
    with pytest.raises(UnreachableError, match="no such file or directory"):
        await client.open()
    await client.close()


async def test_what_happens_right_after_a_login_is_told(
    client: EmbeddedClient, engine_of: Callable[[], EWalletSessionManager], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "EVENT_INTERVAL_SECONDS", 0.01)
    told = client.events()
    await log_in(client)
    other = EmbeddedClient(engine_of)
    await other.open()
    await enter(other)
    await supply(other, 7)
    assert (await hear(told))["event"] == "listening"
    assert (await hear(told))["data"]["credits"] == 7
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
    brief = EngineConfig(milliseconds_per_credit=100)
    client = EmbeddedClient(lambda: EWalletSessionManager(database_url, config=brief, passwords=CHEAP))
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


async def test_an_argument_that_is_not_known_ends_no_session(client: EmbeddedClient) -> None:
    await log_in(client)
    cleanup = {"action": "cleanup", "cleanup": "ctokens", "ctoken": "no such client"}
    answer = await client.send(controller="system", ctype="action", **cleanup)
    assert answer["code"] == "not_found"
    assert (await ask(client, action="view", view="account"))["failed"] is False
