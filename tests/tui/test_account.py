"""The account: its facts, what changes them, and the accounts beside it."""

import asyncio

import pytest
from backends import both_backends, over_a_server
from person import PASSWORD
from textual.containers import Vertical

from ewallet_tui.widgets.accounts import AccountList, LockChoice

NEW_PASSWORD = "four other words there"


async def at_account(person):
    await person.register()
    await person.go_to("account")


@over_a_server
async def test_its_facts_are_shown_and_editing_changes_those_that_were_changed(opened):
    async with opened() as person:
        await at_account(person)
        assert person.sees("ada@example.org")
        assert person.sees("20 Nov 2026")
        await person.wait_until(lambda: person.sees("No daily limit"))
        alone = person.app.context.store.client.keeps_passwords_alone
        assert person.sees("A forgotten password can't") is alone
        await person.press("e")
        await person.fill(user_name="other")
        await person.press("escape")
        assert person.app.context.state.account.name == "ada"
        await person.press("e")
        await person.do_form(user_name="lovelace", user_phone="+44 20")
        await person.wait_until(lambda: person.app.context.state.account.name == "lovelace")
        assert person.sees("● lovelace  ada@example.org")
        assert person.app.context.state.account.phone == "+44 20"
        assert person.app.context.state.account.email == "ada@example.org"
        await person.press("e")
        await person.do_form(user_phone="", user_email="countess@example.org")
        await person.wait_until(lambda: not person.app.context.state.account.phone)
        assert person.app.context.state.accounts == {"countess@example.org": "lovelace"}


async def test_a_new_password_needs_the_old_one(opened):
    async with opened() as person:
        await at_account(person)
        await person.press("p")
        assert person.sees("Current password  ")
        await person.do_form(old_pass="wrong one", user_pass=NEW_PASSWORD, password_again=NEW_PASSWORD)
        await person.wait_until(lambda: person.is_told_no)
        await person.do_form(old_pass=PASSWORD)
        await person.wait_until(lambda: len(person.app.screen_stack) == 1)
        await person.log_out()
        await person.do_form(user_name="ada", user_pass=NEW_PASSWORD)
        await person.wait_until(lambda: person.app.current_mode == "home")


@both_backends
async def test_two_accounts_and_switching_between_them(opened):
    async with opened() as person:
        await person.make_account("bob")
        await person.make_account("ada")
        await person.log_in("ada")
        await person.go_to("account")
        await person.press("n")
        await person.do_form(user_name="bob", user_pass=PASSWORD)
        await person.wait_until(lambda: person.sees("● bob"))
        assert person.app.context.preferences.accounts_at(person.app.context.connecting.server)[:2] == (
            "bob",
            "ada",
        )
        accounts = person.app.screen.query_one(AccountList)
        accounts.focus()
        accounts.highlighted = accounts.get_option_index("ada@example.org")
        await person.press("enter")
        await person.wait_until(lambda: person.sees("● ada"))
        await person.press("o")
        await person.wait_until(lambda: person.sees("● bob"))
        await person.press("o")
        await person.wait_until(lambda: person.app.current_mode == "login")


async def test_nothing_but_its_name_is_left_of_an_account_after_leaving_it_for_one_reason_or_several(opened):
    async with opened() as person:
        await person.make_account("ada")
        await person.log_in("ada")
        await person.go_to("account")
        await person.click("#log_out")
        await person.wait_until(lambda: person.app.screen.query("#login"))
        assert person.app.context.state is None
        assert {row.field.name: row.text for row in person.form.rows} == {"user_name": "ada", "user_pass": ""}
        assert set(person.app._screen_stacks) <= {"login", "_default"}
        await person.log_in()
        await person.go_to("account")
        await person.press("o", "o")
        for _ in range(3):
            person.app.run_worker(person.app.context.lifecycle.leave())
        await person.wait_until(lambda: person.app.screen.query("#login Input"))
        await person.log_in()
        assert person.shows_account("ada")


async def test_the_idle_time_is_chosen_and_kept(opened, folder):
    async with opened() as person:
        await at_account(person)
        person.app.screen.query_one("#lock-after").value = 15
        await person.wait_until((folder / "preferences.toml").exists)
    async with opened() as person:
        assert person.app.context.preferences.lock_after_minutes == 15


@both_backends
async def test_a_session_lasts_while_it_is_kept_alive_and_its_end_brings_the_login_and_is_said(
    opened, instant
):
    async with opened() as person:
        await at_account(person)
        for _ in range(4):
            instant.pass_by(minutes=10)
            await person.app.context.store.keep_alive()
        assert not (await person.app.context.send(action="view", view="account"))["failed"]
        instant.pass_by(minutes=45)
        await person.app.context.store.keep_alive()
        await person.wait_until(lambda: person.app.current_mode == "login" and person.toasts)
        assert "session has ended" in person.toasts
        await person.do_form(user_name="ada", user_pass=PASSWORD)
        await person.wait_until(lambda: person.app.current_mode == "account")


async def test_logging_out_pressed_again_is_one_account_logged_out(opened):
    async with opened() as person:
        for name in ("bob", "cleo", "ada"):
            await person.app.context.send(
                action="new",
                new="account",
                user_name=name,
                user_email=f"{name}@example.org",
                user_pass=PASSWORD,
            )
        await person.log_in("ada")
        for name in ("cleo", "bob"):
            await person.app.context.send(action="login", user_name=name, user_pass=PASSWORD)
        await person.go_to("account")
        person.app.context.lifecycle.log_out()
        person.app.context.lifecycle.log_out()
        await person.wait_until(lambda: person.app.context.state.account.name == "ada")
        assert set(person.app.context.state.accounts) >= {"cleo@example.org", "ada@example.org"}


@pytest.mark.parametrize("moments", range(5))
async def test_the_screen_may_be_left_while_it_begins_to_be_shown(opened, moments):
    async with opened() as person:
        parent = Vertical(LockChoice(15))
        person.app.screen.mount(parent)
        for _ in range(moments):
            await asyncio.sleep(0)
        parent.remove()
        await person.pilot.pause()
        assert not person.app.screen.query(LockChoice)
