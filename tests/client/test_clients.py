"""The protocol of clients, with the engine in this process and with one behind real sockets."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from client_requests import (
    BALANCE,
    PASSWORD,
    SUPPLY,
    ask,
    balance,
    enter,
    hear,
    hear_credits,
    log_in,
    sign_up,
    supply,
)
from conftest import OpenClient

from ewallet_core.client import ConnectionStatus, Reach, UnreachableError, WalletClient

LISTENING = "listening"
ENDLESS: list[Any] = []
ENDLESS.append(ENDLESS)


async def test_instructions_are_carried_out_in_the_order_of_the_calls(client: WalletClient) -> None:
    await log_in(client)
    asked = [supply(client, 1) if turn % 2 else balance(client) for turn in range(40)]
    answers = await asyncio.gather(*asked)
    assert answers[::2] == list(range(20))
    assert [answer["total_credits"] for answer in answers[1::2]] == list(range(1, 21))


async def test_closing_waits_for_everything_that_was_sent(
    open_client: OpenClient, client: WalletClient
) -> None:
    await log_in(client)
    pending = [asyncio.ensure_future(supply(client, 1)) for _ in range(20)]
    await asyncio.sleep(0)
    await client.close()
    answers = await asyncio.gather(*pending)
    assert [answer["total_credits"] for answer in answers] == list(range(1, 21))


async def test_a_session_that_ended_is_opened_anew_and_said_so(client: WalletClient, now: list[int]) -> None:
    await log_in(client)
    now[0] += 31 * 60_000
    answers = await asyncio.gather(*(ask(client, **BALANCE) for _ in range(3)))
    assert [answer["session_ended"] for answer in answers] == [True] * 3
    await enter(client)
    assert await balance(client) == 0


async def test_what_others_do_to_the_account_is_told(open_client: OpenClient, client: WalletClient) -> None:
    await log_in(client)
    told = client.events()
    assert (await hear(told))["event"] == LISTENING
    other = await open_client()
    await enter(other)
    await supply(other, 7)
    assert await hear_credits(told, 1) == [(1, 7)]


async def test_whoever_listens_before_anybody_is_logged_in_waits(client: WalletClient) -> None:
    told = client.events()
    first = asyncio.ensure_future(anext(told))
    await log_in(client)
    assert await asyncio.wait_for(first, 10) == {"event": LISTENING, "sequence": 0}
    await supply(client, 3)
    assert await hear_credits(told, 1) == [(1, 3)]


async def test_each_login_is_listened_for_anew(client: WalletClient) -> None:
    told = client.events()
    await log_in(client)
    assert (await hear(told))["event"] == LISTENING
    await supply(client, 1)
    await ask(client, action="logout")
    await log_in(client, "bob")
    heard = [await hear(told)]
    while heard[-1]["event"] != LISTENING:
        heard.append(await hear(told))
    await supply(client, 3)
    assert await hear_credits(told, 1) == [(1, 3)]


async def test_events_are_those_of_the_account_that_is_active(client: WalletClient) -> None:
    await log_in(client)
    told = client.events()
    assert (await hear(told))["sequence"] == 0
    await supply(client, 1)
    await supply(client, 2)
    assert await hear_credits(told, 2) == [(1, 1), (2, 2)]
    await log_in(client, "bob")
    assert await hear(told) == {"event": LISTENING, "sequence": 0}
    await supply(client, 3)
    assert await hear_credits(told, 1) == [(1, 3)]
    await ask(client, action="switch", switch="account", account="ada@example.org")
    assert await hear(told) == {"event": LISTENING, "sequence": 2}


async def test_two_who_listen_are_each_told_everything(client: WalletClient) -> None:
    await log_in(client)
    quick, slow = client.events(), client.events()
    assert [(await hear(told))["event"] for told in (quick, slow)] == [LISTENING] * 2
    await supply(client, 1)
    await supply(client, 2)
    assert await hear_credits(quick, 2) == [(1, 1), (2, 2)]
    await quick.aclose()  # type: ignore[attr-defined]
    await supply(client, 3)
    assert await hear_credits(slow, 3) == [(1, 1), (2, 2), (3, 3)]


async def test_each_reader_is_told_what_happens_after_the_call_and_nothing_else(
    client: WalletClient,
) -> None:
    await log_in(client)
    readers = []
    for credits in (1, 2, 3):
        readers.append(client.events())
        await supply(client, credits)
    for number, told in enumerate(readers):
        assert await hear(told) == {"event": LISTENING, "sequence": number}
        assert await hear_credits(told, 3 - number) == [(n, n) for n in range(number + 1, 4)]


async def test_each_login_is_told_from_its_start_however_late_it_is_read(client: WalletClient) -> None:
    told = client.events()
    await log_in(client)
    await supply(client, 1)
    await supply(client, 2)
    await log_in(client, "bob")
    await supply(client, 3)
    heard = [await hear(told)]
    while heard[-1].get("data", {}).get("credits") != 3:
        heard.append(await hear(told))
    of_bob = heard[[event["event"] for event in heard].index(LISTENING) :]
    assert of_bob[-1]["sequence"] == 1


@pytest.mark.parametrize("is_known", [True, False], ids=["logged in", "before the login"])
async def test_who_says_where_they_were_is_told_what_came_after(
    open_client: OpenClient, client: WalletClient, is_known: bool
) -> None:
    await log_in(client)
    for credits in (1, 2, 3):
        await supply(client, credits)
    again = await open_client()
    if is_known:
        await enter(again)
    told = again.events(since=1)
    if not is_known:
        await enter(again)
    assert await hear(told) == {"event": LISTENING, "sequence": 1}
    assert await hear_credits(told, 2) == [(2, 2), (3, 3)]


async def test_no_events_are_told_by_a_client_that_is_not_open(client: WalletClient) -> None:
    await log_in(client)
    await client.close()
    before = asyncio.all_tasks()
    assert [event async for event in client.events()] == []
    assert asyncio.all_tasks() == before


async def test_opened_again_it_is_another_session_in_which_nobody_is_logged_in(client: WalletClient) -> None:
    await log_in(client)
    await client.close()
    await client.open()
    told = client.events()
    assert (await ask(client, **BALANCE))["code"] == "not_logged_in"
    await enter(client)
    assert await hear(told) == {"event": LISTENING, "sequence": 0}
    await supply(client, 3)
    assert await hear_credits(told, 1) == [(1, 3)]


async def test_opening_an_open_client_leaves_it_as_it_is(client: WalletClient) -> None:
    await log_in(client)
    before = asyncio.all_tasks()
    await asyncio.gather(*(client.open() for _ in range(3)))
    assert await balance(client) == 0
    assert asyncio.all_tasks() == before


async def test_those_who_open_and_close_at_once_leave_nothing_behind(client: WalletClient) -> None:
    await client.close()
    before = asyncio.all_tasks()
    await asyncio.gather(client.open(), client.open(), client.open())
    opening = asyncio.ensure_future(client.open())
    await asyncio.wait_for(asyncio.gather(*(client.close() for _ in range(3))), 10)
    await asyncio.gather(opening, return_exceptions=True)
    await client.close()
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == before


async def test_closing_takes_nothing_more_however_eagerly_it_is_sent(client: WalletClient) -> None:
    async def asks_on() -> None:
        while True:
            await ask(client, action="view", view="sockets")

    asking = [asyncio.ensure_future(asks_on()) for _ in range(4)]
    await asyncio.sleep(0.01)
    await asyncio.wait_for(client.close(), 10)
    ended = await asyncio.wait_for(asyncio.gather(*asking, return_exceptions=True), 10)
    assert [type(reason) for reason in ended] == [UnreachableError] * 4


async def test_making_another_account_meanwhile_loses_no_news(
    open_client: OpenClient, client: WalletClient
) -> None:
    await log_in(client)
    told = client.events()
    assert (await hear(told))["event"] == LISTENING
    other = await open_client()
    await enter(other)
    await supply(other, 7)
    await sign_up(client, "bob")
    assert await hear_credits(told, 1) == [(1, 7)]


async def test_whoever_listens_is_let_go_when_the_client_is_closed(client: WalletClient) -> None:
    await log_in(client)
    told = client.events()
    assert (await hear(told))["event"] == LISTENING
    waiting = asyncio.ensure_future(anext(told, None))
    await asyncio.sleep(0)
    await client.close()
    assert await asyncio.wait_for(waiting, 10) is None


async def test_a_request_id_of_the_callers_own_is_kept(client: WalletClient) -> None:
    await log_in(client)
    first = await supply(client, 5, request_id="supply-0001")
    assert await supply(client, 5, request_id="supply-0001") == first
    assert (await supply(client, 1))["total_credits"] == 6


async def test_the_same_request_asked_twice_at_once_is_done_once(client: WalletClient) -> None:
    await log_in(client)
    answers = await asyncio.gather(*(supply(client, 5, request_id="supply-0001") for _ in range(3)))
    assert answers[0] == answers[1] == answers[2]
    assert await balance(client) == 5


async def test_the_enveloped_form_is_sent_as_well(client: WalletClient) -> None:
    await log_in(client)
    chain = {"controller": "client", "ctype": "action", "action": "view", "view": "account"}
    answer = await client.send(header={"request_id": "view-0001"}, command_chain=chain)
    assert (answer["account"], answer["request_id"]) == ("ada@example.org", "view-0001")


@pytest.mark.parametrize(
    ("instruction", "code"),
    [
        ({"request_id": "short"}, "bad_value"),
        ({"request_id": 7}, "bad_value"),
        ({"deep": [[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]}, None),
        ({"text": "\ud800"}, None),
        ({"text": "x" * 70_000}, None),
        ({"credits": 10**40}, "bad_value"),
        ({"credits": object()}, "bad_value"),
        ({"credits": {(1, 2): 3}}, "bad_value"),
        ({"credits": ENDLESS}, None),
        ({"action": [1]}, "unknown_instruction"),
        ({"action": {}}, "unknown_instruction"),
    ],
    ids=[
        "short id",
        "odd id",
        "deep",
        "surrogate",
        "long",
        "huge",
        "object",
        "odd key",
        "endless",
        "list",
        "no text",
    ],
)
async def test_what_no_engine_reads_is_answered_too(
    client: WalletClient, instruction: dict[str, Any], code: str | None
) -> None:
    await log_in(client)
    answer = await asyncio.wait_for(ask(client, **{**SUPPLY, "credits": 1, **instruction}), 10)
    assert answer["failed"]
    assert code in (None, answer["code"])
    assert await balance(client) == 0


@pytest.mark.parametrize("header", [[1], "text", 7, object()], ids=["list", "text", "number", "object"])
async def test_a_header_that_is_none_is_answered_too(client: WalletClient, header: object) -> None:
    answer = await client.send(command_chain={"controller": "client"}, header=header)
    assert answer["code"] == "malformed"


async def test_a_refused_login_leaves_the_session_alone(client: WalletClient) -> None:
    await log_in(client)
    refused = await ask(client, action="login", user_name="ada", user_pass=f"not {PASSWORD}")
    assert refused["failed"]
    assert await balance(client) == 0


async def test_it_is_offline_before_and_after_and_says_when_that_changes(
    open_client: OpenClient, client: WalletClient
) -> None:
    seen: list[ConnectionStatus] = []
    client.watch(seen.append)
    assert client.connection == ConnectionStatus(Reach.CONNECTED)
    await client.close()
    assert seen == [ConnectionStatus(Reach.OFFLINE)]
    assert client.connection.reason == ""
    assert (client.fingerprint, client.newly_pinned, client.unanswered) == (None, False, 0)


async def test_nothing_is_sent_once_it_is_closed(client: WalletClient) -> None:
    await client.close()
    with pytest.raises(UnreachableError):
        await asyncio.wait_for(ask(client, **BALANCE), 10)
    await client.close()


async def test_what_changes_something_counts_as_unanswered_until_it_is(client: WalletClient) -> None:
    await log_in(client)
    asked = [asyncio.ensure_future(work) for work in (supply(client, 1), balance(client))]
    await asyncio.sleep(0)
    assert client.unanswered == 1
    await asyncio.gather(*asked)
    assert client.unanswered == 0


async def test_a_send_that_nobody_waits_for_any_more_troubles_no_other(client: WalletClient) -> None:
    await log_in(client)
    asked = [asyncio.ensure_future(supply(client, 1)) for _ in range(10)]
    await asyncio.sleep(0)
    for dropped in asked[1:9]:
        dropped.cancel()
    await asyncio.gather(*asked, return_exceptions=True)
    assert (await supply(client, 1))["total_credits"] == await balance(client)
    assert client.unanswered == 0


async def test_hundreds_at_once_are_each_answered(client: WalletClient) -> None:
    await log_in(client)
    answers = await asyncio.gather(*(balance(client) for _ in range(300)))
    assert answers == [0] * 300
