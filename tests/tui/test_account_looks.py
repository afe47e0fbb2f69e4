"""What an account's place looks like beyond its facts: limits, sessions, logins, and its forms."""

import pytest
from operating import there_is
from person import PASSWORD, Person
from still import still_day as still_day  # noqa: PLC0414 - a fixture

from ewallet_tui.widgets.daily_limit import DailyLimit
from ewallet_tui.widgets.form import Form


async def limited(person):
    await there_is(person, "bob")
    await person.register()
    await person.app.ask(action="supply", supply="credits", credits=600, currency="EUR", cost="10")
    await person.app.ask(action="edit", edit="limit", daily_limit=500)
    await person.app.ask(action="transfer", transfer="credits", credits=240, transfer_to="bob@example.org")
    await person.go_to("account")
    await person.wait_until(lambda: "240 of 500" in str(person.app.screen.query_one(DailyLimit).visual))


async def sessions(person):
    await person.register()
    await person.log_out()
    await person.app.ask(action="login", user_name="ada", user_pass="wrong one")
    await person.log_in()
    await person.go_to("account")
    await person.press("S")
    await person.wait_until(lambda: person.sees("wrong password"))


async def deleting(person):
    await limited(person)
    await person.press("D")
    await person.wait_until(lambda: person.app.screen.query(Form))


async def recovering(person):
    await person.register()
    await person.app.ask(action="unlink", unlink="account", user_pass=PASSWORD)
    await person.app.leave()
    await person.wait_until(lambda: person.app.screen.query("#login Input"))
    await person.do_form(user_name="ada", user_pass=PASSWORD)
    await person.wait_until(lambda: person.sees("Recover it"))


async def reporting(person):
    await limited(person)
    await person.press("i")
    await person.wait_until(lambda: person.app.screen.query(Form))


LOOKS = [
    (limited, (80, 24)),
    (limited, (60, 20)),
    (limited, (120, 40)),
    (sessions, (80, 24)),
    (sessions, (60, 20)),
    (deleting, (80, 24)),
    (recovering, (80, 24)),
    (reporting, (80, 24)),
]


def name_of(look):
    return look.__name__ if callable(look) else f"{look[0]}x{look[1]}"


@pytest.mark.parametrize(("state", "size"), LOOKS, ids=name_of)
def test_an_account_looks_like_this(snap_compare, make_app, state, size):
    async def come_to(pilot):
        await state(Person(pilot.app, pilot))
        pilot.app.clear_notifications()
        await pilot.pause()

    assert snap_compare(make_app(), terminal_size=size, run_before=come_to)
