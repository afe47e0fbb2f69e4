"""The embedded client: its thread, its cleanup and its file."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from client_requests import log_in, next_event, send, sign_up_and_log_in, supply
from running_server import CHEAP

from ewallet_core import EWalletSessionManager
from ewallet_core.client import EmbeddedClient, UnreachableError, embedded
from ewallet_core.instructions.fields import CLEANER_NAMES
from ewallet_core.operations.context import EngineConfig


@pytest.fixture
async def client(engine_of: Callable[[], EWalletSessionManager]) -> AsyncIterator[EmbeddedClient]:
    opened = EmbeddedClient(engine_of)
    await opened.open()
    yield opened
    await opened.close()


async def test_an_engine_that_can_not_be_opened_is_explained(tmp_path: Path) -> None:
    client = EmbeddedClient.on(f"sqlite:///{tmp_path}/nowhere/wallet.sqlite3")
    with pytest.raises(UnreachableError, match="no such file or directory"):
        await client.open()
    await client.close()


async def test_the_owner_of_an_engine_needs_no_permission_to_stop_in_the_past(database_url: str) -> None:
    client = EmbeddedClient.for_user(database_url)
    await client.open()
    await sign_up_and_log_in(client)
    answer = await client.send(
        controller="client", ctype="action", action="view", view="credit", credit="clock"
    )
    assert answer["clock_data"]["may_stop_in_the_past"]
    await client.close()


async def test_its_engine_opens_no_sockets(database_url: str) -> None:
    client = EmbeddedClient.on(database_url)
    await client.open()
    ports = {"in_port": 0, "out_port": 0}
    answer = await client.send(controller="system", ctype="action", action="open", opening="sockets", **ports)
    assert answer["code"] == "no_listener"
    await client.close()


async def test_events_right_after_a_login_are_sent(
    client: EmbeddedClient, engine_of: Callable[[], EWalletSessionManager], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "EVENT_INTERVAL_SECONDS", 0.01)
    events = client.events()
    await sign_up_and_log_in(client)
    other = EmbeddedClient(engine_of)
    await other.open()
    await log_in(other)
    await supply(other, 7)
    assert (await next_event(events))["event"] == "listening"
    assert (await next_event(events))["data"]["credits"] == 7
    await events.aclose()
    await other.close()


async def test_a_view_of_another_session_does_not_change_the_active_account(
    client: EmbeddedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "EVENT_INTERVAL_SECONDS", 0.01)
    await sign_up_and_log_in(client)
    events = client.events()
    assert (await next_event(events))["event"] == "listening"
    system = {"controller": "system", "ctype": "action"}
    other = await client.send(**system, action="new", new="session")
    assert other["session_data"]["session_user_account"] is None
    await supply(client, 7)
    await client.send(
        **system, action="interogate", interogate="session", session_id=other["ewallet_session"]
    )
    event = await next_event(events)
    assert (event["event"], event["sequence"]) == ("credits_arrived", 1)


async def test_events_between_closing_and_reopening_are_not_sent(
    client: EmbeddedClient, engine_of: Callable[[], EWalletSessionManager], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "EVENT_INTERVAL_SECONDS", 0.01)
    await sign_up_and_log_in(client)
    await client.close()
    other = EmbeddedClient(engine_of)
    await other.open()
    await log_in(other)
    await supply(other, 7)
    await other.close()
    await client.open()
    events = client.events()
    await log_in(client)
    assert await next_event(events) == {"event": "listening", "sequence": 1}


async def test_cleanup_runs_from_the_opening_on(
    client: EmbeddedClient,
) -> None:
    running = await client.send(
        controller="system", ctype="action", action="stop", stop="cleaner", cleaner="history"
    )
    assert running["running"] == [name for name in CLEANER_NAMES if name != "history"]


async def test_a_closed_client_leaves_no_cleanup_thread(
    engine_of: Callable[[], EWalletSessionManager],
) -> None:
    client = EmbeddedClient(engine_of)
    await client.open()
    await client.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "ewallet-cleaners"]


async def test_a_run_out_is_sent_without_any_request(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "EVENT_INTERVAL_SECONDS", 0.01)
    brief = EngineConfig(milliseconds_per_credit=100)
    client = EmbeddedClient(lambda: EWalletSessionManager(database_url, config=brief, passwords=CHEAP))
    await client.open()
    await sign_up_and_log_in(client)
    await supply(client, 1)
    events = client.events()
    await send(client, action="convert", convert="credits2clock", credits=1)
    await send(client, action="start", start="clock_timer")

    async def wait_for_run_out() -> dict[str, Any]:
        async for event in events:
            if event["event"] == "timer_ran_out":
                return event
        raise AssertionError

    event = await asyncio.wait_for(wait_for_run_out(), 20)
    assert event["data"]["credit_clock_ms"] == 0
    await events.aclose()
    await client.close()


async def test_an_unknown_argument_does_not_end_the_session(client: EmbeddedClient) -> None:
    await sign_up_and_log_in(client)
    cleanup = {"action": "cleanup", "cleanup": "ctokens", "ctoken": "no such client"}
    answer = await client.send(controller="system", ctype="action", **cleanup)
    assert answer["code"] == "not_found"
    assert (await send(client, action="view", view="account"))["failed"] is False
