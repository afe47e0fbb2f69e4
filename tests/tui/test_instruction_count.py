"""What is done on Home sends the change and one overview, and what happens elsewhere one overview at most."""

from __future__ import annotations

import pytest
from backends import both_backends
from elsewhere import Elsewhere
from person import PASSWORD

from ewallet_core.client import embedded
from ewallet_tui.store import AccountStore

BOB = {"user_name": "bob", "user_email": "bob@example.org", "user_pass": PASSWORD}
CONVERT = {"action": "convert", "convert": "credits2clock", "credits": 5}
BACK = {"action": "convert", "convert": "clock2credits", "credits": 5}
SUPPLY = {"action": "supply", "supply": "credits", "credits": 5, "currency": "EUR", "cost": "1"}
TRANSFER = {"action": "transfer", "transfer": "credits", "transfer_to": "bob@example.org", "credits": 1}
PAY = {"action": "pay", "pay": "bob@example.org", "credits": 1}


@pytest.fixture
def heard(monkeypatch):
    """The events that the app has handled so far; an engine in this process is asked for them often."""
    events, handle = [], AccountStore._handle_event
    monkeypatch.setattr(embedded, "EVENT_INTERVAL_SECONDS", 0.1)

    async def handle_and_note(store, event):
        await handle(store, event)
        events.append(event["event"])

    monkeypatch.setattr(AccountStore, "_handle_event", handle_and_note)
    return events


async def at_home(person, heard):
    """Be at Home with 80 credits and 20 minutes, and know that there is bob."""
    await person.register()
    await person.app.context.send(action="new", new="account", **BOB)
    await person.have_time(20)
    await person.wait_until(lambda: {"credits_arrived", "credits_converted"} <= set(heard))
    heard.clear()


async def settled_after(person, heard, event):
    """Wait for the event, and for whatever would be sent because of it."""
    await person.wait_until(lambda: event in heard)
    await person.pilot.pause(0.2)
    heard.clear()


async def press_timer_keys(person, heard):
    for key, command, event in (
        ("space", "start", "timer_started"),
        ("space", "pause", "timer_paused"),
        ("space", "resume", "timer_resumed"),
        ("x", "stop", "timer_stopped"),
    ):
        sent = person.count_instructions()
        await person.press(key)
        await settled_after(person, heard, event)
        assert sent == {command: 1, "view": 1}, command


async def move_credits_and_time(person, heard):
    for instruction, event in (
        (SUPPLY, "credits_arrived"),
        (PAY, "credits_left"),
        (TRANSFER, "credits_left"),
        (CONVERT, "credits_converted"),
        (BACK, "credits_converted"),
    ):
        sent = person.count_instructions()
        await person.app.context.send(**instruction)
        await settled_after(person, heard, event)
        assert sent == {instruction["action"]: 1, "view": 1}, instruction


async def be_paid_by_another_client(person, heard, bob):
    await person.app.context.send(**{**PAY, "credits": 5})
    await settled_after(person, heard, "credits_left")
    before = person.app.context.state.wallet.credits
    sent = person.count_instructions()
    bob.ask(**{**PAY, "pay": "ada@example.org"})
    await settled_after(person, heard, "credits_arrived")
    assert person.app.context.state.wallet.credits == before + 1
    assert sent == {"view": 1}


@both_backends
async def test_each_change_here_sends_itself_and_one_overview_and_one_elsewhere_an_overview(
    opened, heard, another_engine
):
    async with opened() as person:
        await at_home(person, heard)
        await press_timer_keys(person, heard)
        await move_credits_and_time(person, heard)
        await be_paid_by_another_client(person, heard, Elsewhere(another_engine, "bob"))
