"""What the embedded and the remote client have in common."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from client_requests import (
    BALANCE,
    PASSWORD,
    SUPPLY,
    OpenClient,
    balance,
    log_in,
    next_credits,
    next_event,
    send,
    sign_up,
    sign_up_and_log_in,
    supply,
)

from ewallet_core.client import ConnectionStatus, Reach, UnreachableError, WalletClient
from ewallet_core.client.connection import SESSION_OVER

LISTENING = "listening"
ENDLESS: list[Any] = []
ENDLESS.append(ENDLESS)


async def test_instructions_run_in_the_order_of_the_calls(client: WalletClient) -> None:
    await sign_up_and_log_in(client)
    calls = [supply(client, 1) if turn % 2 else balance(client) for turn in range(40)]
    answers = await asyncio.gather(*calls)
    assert answers[::2] == list(range(20))
    assert [answer["total_credits"] for answer in answers[1::2]] == list(range(1, 21))


async def test_closing_waits_for_all_answers(open_client: OpenClient, client: WalletClient) -> None:
    await sign_up_and_log_in(client)
    pending = [asyncio.ensure_future(supply(client, 1)) for _ in range(20)]
    await asyncio.sleep(0)
    await client.close()
    answers = await asyncio.gather(*pending)
    assert [answer["total_credits"] for answer in answers] == list(range(1, 21))


async def test_an_expired_session_is_replaced_and_reported(client: WalletClient, now: list[int]) -> None:
    await sign_up_and_log_in(client)
    now[0] += 31 * 60_000
    answers = await asyncio.gather(*(send(client, **BALANCE) for _ in range(3)))
    assert [answer["session_ended"] for answer in answers] == [True] * 3
    await log_in(client)
    assert await balance(client) == 0


async def test_a_client_can_use_the_session_of_another(open_client: OpenClient, client: WalletClient) -> None:
    await sign_up_and_log_in(client)
    other = await open_client()
    await other.close()
    other.use(client.credentials)
    await other.open()
    events = other.events()
    assert (await next_event(events))["event"] == LISTENING
    await supply(client, 5)
    assert await balance(other) == 5
    assert [credits for _, credits in await next_credits(events, 1)] == [5]


async def test_a_session_that_was_given_is_not_replaced(client: WalletClient, now: list[int]) -> None:
    await sign_up_and_log_in(client)
    client.use(given := client.credentials)
    now[0] += 31 * 60_000
    answers = [await send(client, **BALANCE) for _ in range(2)]
    assert [answer["code"] in SESSION_OVER for answer in answers] == [True, True]
    assert client.credentials == given


async def test_changes_by_other_clients_are_events(open_client: OpenClient, client: WalletClient) -> None:
    await sign_up_and_log_in(client)
    events = client.events()
    assert (await next_event(events))["event"] == LISTENING
    other = await open_client()
    await log_in(other)
    await supply(other, 7)
    assert await next_credits(events, 1) == [(1, 7)]


async def test_a_subscription_waits_for_the_first_login(client: WalletClient) -> None:
    events = client.events()
    first = asyncio.ensure_future(anext(events))
    await sign_up_and_log_in(client)
    assert await asyncio.wait_for(first, 10) == {"event": LISTENING, "sequence": 0}
    await supply(client, 3)
    assert await next_credits(events, 1) == [(1, 3)]


async def test_a_subscription_continues_with_each_login(client: WalletClient) -> None:
    events = client.events()
    await sign_up_and_log_in(client)
    assert (await next_event(events))["event"] == LISTENING
    await supply(client, 1)
    await send(client, action="logout")
    await sign_up_and_log_in(client, "bob")
    received = [await next_event(events)]
    while received[-1]["event"] != LISTENING:
        received.append(await next_event(events))
    await supply(client, 3)
    assert await next_credits(events, 1) == [(1, 3)]


async def test_events_are_those_of_the_active_account(client: WalletClient) -> None:
    await sign_up_and_log_in(client)
    events = client.events()
    assert (await next_event(events))["sequence"] == 0
    await supply(client, 1)
    await supply(client, 2)
    assert await next_credits(events, 2) == [(1, 1), (2, 2)]
    await sign_up_and_log_in(client, "bob")
    assert await next_event(events) == {"event": LISTENING, "sequence": 0}
    await supply(client, 3)
    assert await next_credits(events, 1) == [(1, 3)]
    await send(client, action="switch", switch="account", account="ada@example.org")
    assert await next_event(events) == {"event": LISTENING, "sequence": 2}


async def test_two_subscriptions_each_get_every_event(client: WalletClient) -> None:
    await sign_up_and_log_in(client)
    quick, slow = client.events(), client.events()
    assert [(await next_event(events))["event"] for events in (quick, slow)] == [LISTENING] * 2
    await supply(client, 1)
    await supply(client, 2)
    assert await next_credits(quick, 2) == [(1, 1), (2, 2)]
    await quick.aclose()  # type: ignore[attr-defined]
    await supply(client, 3)
    assert await next_credits(slow, 3) == [(1, 1), (2, 2), (3, 3)]


async def test_a_subscription_gets_only_events_after_its_call(
    client: WalletClient,
) -> None:
    await sign_up_and_log_in(client)
    readers = []
    for credits in (1, 2, 3):
        readers.append(client.events())
        await supply(client, credits)
    for number, events in enumerate(readers):
        assert await next_event(events) == {"event": LISTENING, "sequence": number}
        assert await next_credits(events, 3 - number) == [(n, n) for n in range(number + 1, 4)]


async def test_a_reader_begins_after_the_newest_event_that_an_answer_told_of(
    open_client: OpenClient, client: WalletClient
) -> None:
    await sign_up_and_log_in(client)
    answer = await supply(client, 1)
    other = await open_client()
    await log_in(other)
    await supply(other, 2)
    events = client.events()
    assert await next_event(events) == {"event": LISTENING, "sequence": answer["event_sequence"]}
    assert await next_credits(events, 1) == [(2, 2)]


async def test_an_event_has_the_id_of_the_own_request_that_caused_it(
    open_client: OpenClient, client: WalletClient
) -> None:
    await sign_up_and_log_in(client)
    events = client.events()
    await next_event(events)
    answer = await supply(client, 1)
    assert (await next_event(events))["request_id"] == answer["request_id"]


async def test_events_since_a_login_are_complete_however_late_they_are_read(client: WalletClient) -> None:
    events = client.events()
    await sign_up_and_log_in(client)
    await supply(client, 1)
    await supply(client, 2)
    await sign_up_and_log_in(client, "bob")
    await supply(client, 3)
    received = [await next_event(events)]
    while received[-1].get("data", {}).get("credits") != 3:
        received.append(await next_event(events))
    of_bob = received[[event["event"] for event in received].index(LISTENING) :]
    assert of_bob[-1]["sequence"] == 1


@pytest.mark.parametrize("is_known", [True, False], ids=["logged in", "before the login"])
async def test_a_subscription_since_a_sequence_gets_the_events_after_it(
    open_client: OpenClient, client: WalletClient, is_known: bool
) -> None:
    await sign_up_and_log_in(client)
    for credits in (1, 2, 3):
        await supply(client, credits)
    again = await open_client()
    if is_known:
        await log_in(again)
    events = again.events(since=1)
    if not is_known:
        await log_in(again)
    assert await next_event(events) == {"event": LISTENING, "sequence": 1}
    assert await next_credits(events, 2) == [(2, 2), (3, 3)]


async def test_a_client_that_is_not_open_has_no_events(client: WalletClient) -> None:
    await sign_up_and_log_in(client)
    await client.close()
    before = asyncio.all_tasks()
    assert [event async for event in client.events()] == []
    assert asyncio.all_tasks() == before


async def test_a_reopened_client_has_a_new_session_without_a_login(client: WalletClient) -> None:
    await sign_up_and_log_in(client)
    await client.close()
    await client.open()
    events = client.events()
    assert (await send(client, **BALANCE))["code"] == "not_logged_in"
    await log_in(client)
    assert await next_event(events) == {"event": LISTENING, "sequence": 0}
    await supply(client, 3)
    assert await next_credits(events, 1) == [(1, 3)]


async def test_opening_an_open_client_changes_nothing(client: WalletClient) -> None:
    await sign_up_and_log_in(client)
    before = asyncio.all_tasks()
    await asyncio.gather(*(client.open() for _ in range(3)))
    assert await balance(client) == 0
    assert asyncio.all_tasks() == before


async def test_opening_and_closing_concurrently_leaves_nothing_open(client: WalletClient) -> None:
    await client.close()
    before = asyncio.all_tasks()
    await asyncio.gather(client.open(), client.open(), client.open())
    opening = asyncio.ensure_future(client.open())
    await asyncio.wait_for(asyncio.gather(*(client.close() for _ in range(3))), 10)
    await asyncio.gather(opening, return_exceptions=True)
    await client.close()
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == before


async def test_a_closing_client_accepts_no_more_requests(client: WalletClient) -> None:
    async def send_repeatedly() -> None:
        while True:
            await send(client, action="view", view="sockets")

    asking = [asyncio.ensure_future(send_repeatedly()) for _ in range(4)]
    await asyncio.sleep(0.01)
    await asyncio.wait_for(client.close(), 10)
    ended = await asyncio.wait_for(asyncio.gather(*asking, return_exceptions=True), 10)
    assert [type(reason) for reason in ended] == [UnreachableError] * 4


async def test_creating_another_account_loses_no_events(
    open_client: OpenClient, client: WalletClient
) -> None:
    await sign_up_and_log_in(client)
    events = client.events()
    assert (await next_event(events))["event"] == LISTENING
    other = await open_client()
    await log_in(other)
    await supply(other, 7)
    await sign_up(client, "bob")
    assert await next_credits(events, 1) == [(1, 7)]


async def test_a_subscription_ends_when_the_client_is_closed(client: WalletClient) -> None:
    await sign_up_and_log_in(client)
    events = client.events()
    assert (await next_event(events))["event"] == LISTENING
    waiting = asyncio.ensure_future(anext(events, None))
    await asyncio.sleep(0)
    await client.close()
    assert await asyncio.wait_for(waiting, 10) is None


async def test_a_given_request_id_is_used(client: WalletClient) -> None:
    await sign_up_and_log_in(client)
    first = await supply(client, 5, request_id="supply-0001")
    assert await supply(client, 5, request_id="supply-0001") == first
    assert (await supply(client, 1))["total_credits"] == 6


async def test_the_same_request_sent_twice_concurrently_runs_once(client: WalletClient) -> None:
    await sign_up_and_log_in(client)
    answers = await asyncio.gather(*(supply(client, 5, request_id="supply-0001") for _ in range(3)))
    assert answers[0] == answers[1] == answers[2]
    assert await balance(client) == 5


async def test_an_enveloped_request_can_be_sent(client: WalletClient) -> None:
    await sign_up_and_log_in(client)
    chain = {"controller": "client", "ctype": "action", "action": "view", "view": "account"}
    answer = await client.send(header={"request_id": "view-0001"}, command_chain=chain)
    assert (answer["account"], answer["request_id"]) == ("ada@example.org", "view-0001")


MALFORMED: dict[str, tuple[dict[str, Any], str | None]] = {
    "short id": ({"request_id": "short"}, "bad_value"),
    "odd id": ({"request_id": 7}, "bad_value"),
    "deep": ({"deep": [[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]}, None),
    "surrogate": ({"text": "\ud800"}, None),
    "long": ({"text": "x" * 70_000}, None),
    "huge": ({"credits": 10**40}, "bad_value"),
    "object": ({"credits": object()}, "bad_value"),
    "odd key": ({"credits": {(1, 2): 3}}, "bad_value"),
    "endless": ({"credits": ENDLESS}, None),
    "list": ({"action": [1]}, "unknown_instruction"),
    "no text": ({"action": {}}, "unknown_instruction"),
}


async def test_a_malformed_request_is_answered(client: WalletClient) -> None:
    await sign_up_and_log_in(client)
    for name, (instruction, code) in MALFORMED.items():
        answer = await asyncio.wait_for(send(client, **{**SUPPLY, "credits": 1, **instruction}), 10)
        assert answer["failed"], name
        assert code in (None, answer["code"]), name
        assert await balance(client) == 0, name


@pytest.mark.parametrize("header", [[1], "text", 7, object()], ids=["list", "text", "number", "object"])
async def test_a_malformed_header_is_answered(client: WalletClient, header: object) -> None:
    answer = await client.send(command_chain={"controller": "client"}, header=header)
    assert answer["code"] == "malformed"


async def test_a_refused_login_does_not_change_the_session(client: WalletClient) -> None:
    await sign_up_and_log_in(client)
    refused = await send(client, action="login", user_name="ada", user_pass=f"not {PASSWORD}")
    assert refused["failed"]
    assert await balance(client) == 0


async def test_the_connection_state_changes_at_opening_and_closing(
    open_client: OpenClient, client: WalletClient
) -> None:
    seen: list[ConnectionStatus] = []
    client.watch(seen.append)
    assert client.connection == ConnectionStatus(Reach.CONNECTED)
    await client.close()
    assert seen == [ConnectionStatus(Reach.OFFLINE)]
    assert client.connection.reason == ""
    assert (client.fingerprint, client.newly_pinned, client.unanswered) == (None, False, 0)


async def test_a_closed_client_sends_nothing(client: WalletClient) -> None:
    await client.close()
    with pytest.raises(UnreachableError):
        await asyncio.wait_for(send(client, **BALANCE), 10)
    await client.close()


async def test_a_change_counts_as_unanswered_until_its_answer(client: WalletClient) -> None:
    await sign_up_and_log_in(client)
    calls = [asyncio.ensure_future(work) for work in (supply(client, 1), balance(client))]
    await asyncio.sleep(0)
    assert client.unanswered == 1
    await asyncio.gather(*calls)
    assert client.unanswered == 0


async def test_keeping_a_session_alive_does_not_count_as_unanswered(client: WalletClient) -> None:
    call = asyncio.ensure_future(send(client, action="alive", alive="stoken"))
    await asyncio.sleep(0)
    assert client.unanswered == 0
    assert not (await call)["failed"]


async def test_a_cancelled_request_does_not_affect_others(client: WalletClient) -> None:
    await sign_up_and_log_in(client)
    asked = [asyncio.ensure_future(supply(client, 1)) for _ in range(10)]
    await asyncio.sleep(0)
    for dropped in asked[1:9]:
        dropped.cancel()
    await asyncio.gather(*asked, return_exceptions=True)
    assert (await supply(client, 1))["total_credits"] == await balance(client)
    assert client.unanswered == 0


async def test_hundreds_of_concurrent_requests_are_answered(client: WalletClient) -> None:
    await sign_up_and_log_in(client)
    answers = await asyncio.gather(*(balance(client) for _ in range(300)))
    assert answers == [0] * 300
