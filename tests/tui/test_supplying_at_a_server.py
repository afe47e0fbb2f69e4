"""On a server without self-supply the app offers no supply, and says whom to ask."""

from __future__ import annotations

import pytest
from backends import started
from frozen import form_opened, settled
from instant import CHEAP
from operating import supply
from textual.widgets import Button, Label

from ewallet_core import EWalletSessionManager
from ewallet_core.data_folder import database_url
from ewallet_tui.screens import credit_actions
from ewallet_tui.widgets.tour import Tour

ASKS_THE_OPERATOR = "Ask the server's operator"


@pytest.fixture
def backend(folder, instant):
    def open_engine():
        return EWalletSessionManager(database_url(folder), clock=instant.wall, passwords=CHEAP)

    with started("remote", open_engine, folder) as made:
        yield made


async def test_the_tour_says_whom_to_ask_and_nothing_leads_to_a_refused_form_until_credits_come(
    opened, backend
):
    async with opened() as person:
        await person.register()
        await settled(person)
        tour = person.app.screen.query_one(Tour)
        assert person.sees("1  Get credits")
        assert str(tour.query_one("#about", Label).content) == (
            "Ask the server's operator to supply you with credits. They need your email: ada@example.org"
        )
        assert all(button.disabled for button in tour.query(Button))
        assert person.app.screen.query_one("#supply", Button).disabled
        await person.press("u")
        assert "You can't supply yourself on this server." in person.toasts
        await person.press("3")
        await settled(person)
        assert person.app.current_mode == "clock"
        assert person.sees(ASKS_THE_OPERATOR)
        await person.press("1")
        supply(backend, "ada@example.org", 100)
        await person.wait_until(lambda: person.sees("100 credits"))
        await settled(person)
        assert person.sees("2  Convert some to time")
        assert not person.app.screen.query_one("#convert_to_time", Button).disabled
        assert person.app.focused.id == "step-convert_to_time"


async def test_a_permission_that_has_gone_meanwhile_is_refused_in_the_form(opened, backend):
    async with opened() as person:
        await person.register()
        await settled(person)
        credit_actions.supply(person.app.screen)
        await form_opened(person)
        await person.do_form(credits="100", cost="1")
        await person.wait_until(lambda: person.is_told_no)
        error = str(person.form.query_one(".refusal").content)
        assert error.startswith("You can't supply yourself on this server.")
        assert ASKS_THE_OPERATOR in error


async def test_nobody_is_told_there_that_a_password_can_not_be_recovered(opened):
    async with opened() as person:
        await person.click("#leave")
        await person.wait_until(lambda: person.form.spec.verb == "Create account")
        assert "recovered" not in str(person.form.query_one(".note").content)
