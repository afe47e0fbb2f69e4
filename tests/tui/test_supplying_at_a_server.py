"""A server on which users can't supply themselves says so once, and then sends nobody there any more."""

from __future__ import annotations

import pytest
from backends import ask_system, started
from frozen import form_opened, settled
from instant import CHEAP
from textual.widgets import Button

from ewallet_core import EWalletSessionManager
from ewallet_core.data_folder import database_url
from ewallet_tui.widgets.tour import Tour

ASKS_THE_OPERATOR = "Ask its operator for credits"


@pytest.fixture
def backend(folder, instant):
    def open_engine():
        return EWalletSessionManager(database_url(folder), clock=instant.wall, passwords=CHEAP)

    with started("remote", open_engine, folder) as made:
        yield made


async def be_refused(person):
    await person.register()
    await settled(person)
    await person.press("u")
    await form_opened(person)
    await person.do_form(credits="100", cost="1")
    await person.wait_until(lambda: person.is_told_no)


async def test_the_refusal_says_whom_to_ask(opened):
    async with opened() as person:
        await be_refused(person)
        refusal = str(person.form.query_one(".refusal").content)
        assert refusal.startswith("You can't supply yourself on this server.")
        assert ASKS_THE_OPERATOR in refusal


async def test_neither_the_tour_nor_a_button_leads_there_any_more(opened):
    async with opened() as person:
        await be_refused(person)
        await person.press("escape")
        await settled(person)
        assert not person.app.screen.query_one(Tour).display
        assert person.app.screen.query_one("#supply", Button).disabled
        assert person.sees(ASKS_THE_OPERATOR)
        await person.press("u", "3")
        await settled(person)
        assert person.app.current_mode == "clock"
        assert person.sees(ASKS_THE_OPERATOR)


async def test_what_the_operator_supplies_leads_on(opened, backend, folder, instant):
    async with opened() as person:
        await be_refused(person)
        await person.press("escape")
        with backend.open_engine() as operators:
            supply = {"action": "supply", "supply": "credits", "supply_to": "ada@example.org"}
            ask_system(operators, **supply, credits=100, currency="EUR", cost="1")
        await person.wait_until(lambda: person.sees("100 credits"))
        await settled(person)
        assert person.app.screen.query_one(Tour).display
        assert not person.app.screen.query_one("#convert_to_time", Button).disabled


async def test_nobody_is_told_there_that_a_password_can_not_be_recovered(opened):
    async with opened() as person:
        await person.click("#leave")
        await person.wait_until(lambda: person.form.plan.verb == "Create account")
        assert "recovered" not in str(person.form.query_one(".note").content)
