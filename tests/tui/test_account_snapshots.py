"""What an account's place looks like beyond its facts: limits, sessions, logins, and its forms."""

import pytest
from frozen import NARROW, USUAL, WIDE, at_sizes, form_opened, person_on, read, standing_still
from operating import there_is
from person import PASSWORD

from ewallet_tui.widgets.accounts import DailyLimit


@pytest.fixture
def day(monkeypatch, kind_of_backend, tmp_path, new_folder):
    yield from standing_still(monkeypatch, kind_of_backend, tmp_path, new_folder)


async def log_in_wrongly_then_well(person):
    await person.register()
    await person.log_out()
    await person.app.context.send(action="login", user_name="ada", user_pass="wrong one")
    await person.log_in()


async def send_half_of_what_may_be_sent(person):
    await there_is(person, "bob")
    await person.app.context.send(action="supply", supply="credits", credits=600, currency="EUR", cost="10")
    await person.app.context.send(action="edit", edit="limit", daily_limit=500)
    await person.app.context.send(
        action="transfer", transfer="credits", credits=240, transfer_to="bob@example.org"
    )


async def delete_the_account_and_come_back(person):
    await person.app.context.send(action="unlink", unlink="account", user_pass=PASSWORD)
    await person.app.context.lifecycle.leave()
    await person.wait_until(lambda: person.app.screen.query("#login Input"))
    await person.do_form(user_name="ada", user_pass=PASSWORD)
    await person.wait_until(lambda: person.sees("Recover it"))


async def test_an_account_looks_as_it_is_kept(day, looks_as_kept):
    async with person_on(day) as person:
        await log_in_wrongly_then_well(person)
        await send_half_of_what_may_be_sent(person)
        await person.go_to("account")
        await person.wait_until(lambda: "240 of 500" in str(person.app.screen.query_one(DailyLimit).visual))
        async for size in at_sizes(person, NARROW, WIDE, USUAL):
            assert await looks_as_kept(person, f"limited-{size}")
        for key, name in (("D", "deleting"), ("i", "reporting")):
            await person.press(key)
            await form_opened(person)
            assert await looks_as_kept(person, f"{name}-80x24")
            await person.press("escape")
        await person.press("S")
        await person.wait_until(lambda: person.sees("wrong password"))
        await read(person)
        async for size in at_sizes(person, NARROW, USUAL):
            assert await looks_as_kept(person, f"sessions-{size}")
        await delete_the_account_and_come_back(person)
        assert await looks_as_kept(person, "recovering-80x24")
