"""A server without self-supply refuses it once; after that the app offers no supply."""

from __future__ import annotations

import pytest
from backends import started
from frozen import form_opened, settled
from instant import CHEAP
from operating import supply
from textual.widgets import Button

from ewallet_core import EWalletSessionManager
from ewallet_core.data_folder import database_url
from ewallet_tui.widgets.tour import Tour

ASKS_THE_OPERATOR = "Ask the server's operator"


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


async def test_the_refusal_says_whom_to_ask_and_nothing_leads_there_any_more_until_credits_come(
    opened, backend
):
    async with opened() as person:
        await be_refused(person)
        error = str(person.form.query_one(".refusal").content)
        assert error.startswith("You can't supply yourself on this server.")
        assert ASKS_THE_OPERATOR in error
        await person.press("escape")
        await settled(person)
        assert not person.app.screen.query_one(Tour).display
        assert person.app.screen.query_one("#supply", Button).disabled
        assert person.sees(ASKS_THE_OPERATOR)
        await person.press("u", "3")
        await settled(person)
        assert person.app.current_mode == "clock"
        assert person.sees(ASKS_THE_OPERATOR)
        await person.press("1")
        supply(backend, "ada@example.org", 100)
        await person.wait_until(lambda: person.sees("100 credits"))
        await settled(person)
        assert person.app.screen.query_one(Tour).display
        assert not person.app.screen.query_one("#convert_to_time", Button).disabled


async def test_nobody_is_told_there_that_a_password_can_not_be_recovered(opened):
    async with opened() as person:
        await person.click("#leave")
        await person.wait_until(lambda: person.form.spec.verb == "Create account")
        assert "recovered" not in str(person.form.query_one(".note").content)
