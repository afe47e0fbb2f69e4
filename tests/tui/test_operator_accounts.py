"""The accounts as operators see them: found, frozen, supplied, given a role and a password."""

from operating import be, supply, there_is

from ewallet_tui.screens.modal import ConfirmModal
from ewallet_tui.screens.operator import OneTimePasswordModal
from ewallet_tui.widgets.form import Form
from ewallet_tui.widgets.inputs import FilterBox
from ewallet_tui.widgets.record_list import RecordList

OWN_PASSWORD = "four words of my own"


async def at_the_accounts(person, backend, role="operator"):
    await there_is(person, "bob")
    supply(backend, "bob@example.org", 10)
    await be(person, backend, role)
    await person.press("8")
    await person.wait_until(lambda: person.sees("bob@example.org"))
    await person.press("down")
    assert person.app.screen.account["name"] == "bob"


async def confirmed(person):
    await person.wait_until(lambda: isinstance(person.app.screen, ConfirmModal))
    await person.press("y")
    await person.wait_until(lambda: not isinstance(person.app.screen, ConfirmModal))


async def test_accounts_are_found_as_a_part_of_the_name_is_typed_and_tell_all_that_operators_see(
    opened, backend
):
    async with opened() as person:
        await at_the_accounts(person, backend)
        await person.press("enter")
        await person.wait_until(lambda: person.sees("Number"))
        assert person.sees("● active")
        await person.press("escape")
        assert not person.sees("Number")
        await person.press("slash", "b", "o")
        await person.wait_until(lambda: not person.sees("ada@example.org"))
        assert person.sees("bob@example.org")
        await person.press("enter")
        assert person.app.focused is person.app.screen.query_one(RecordList)
        assert person.app.screen.query_one(FilterBox).display
        await person.press("slash", "q", "q")
        await person.wait_until(lambda: person.sees("No account found"))
        await person.press("escape")
        await person.wait_until(lambda: person.sees("ada@example.org"))
        assert not person.app.screen.query_one(FilterBox).display


async def test_one_key_freezes_after_a_question_unfreezes_without_one_and_gives_credits(opened, backend):
    async with opened() as person:
        await at_the_accounts(person, backend)
        await person.press("f")
        await person.wait_until(lambda: isinstance(person.app.screen, ConfirmModal))
        await person.press("escape")
        assert not person.sees("frozen")
        await person.press("f")
        await confirmed(person)
        await person.wait_until(lambda: person.sees("‖ frozen"))
        assert person.sees("bob is frozen.")
        await person.press("f")
        await person.wait_until(lambda: not person.sees("‖ frozen"))
        assert person.sees("bob is active again.")
        await person.press("u")
        await person.wait_until(lambda: person.app.screen.query(Form))
        await person.fill(credits="100", currency="EUR", cost="12.50")
        await person.wait_until(lambda: person.sees("bob gets 100 credits for EUR 12.50."))
        await person.press("enter")
        await person.wait_until(lambda: person.sees("bob got 100 credits. New balance: 110."))
        assert person.app.context.state.wallet.credits == 0
        assert person.app.context.state.may_supply


async def test_a_role_is_chosen_and_that_of_an_operator_asked_about(opened, backend):
    async with opened() as person:
        await at_the_accounts(person, backend)
        await person.press("r", *"auditor", "enter")
        await person.wait_until(lambda: person.sees("bob is now an auditor."))
        await person.press("r", *"operator: ", "enter")
        await confirmed(person)
        await person.wait_until(lambda: person.sees("bob is now an operator."))
        await person.press("r", *"user", "enter")
        await person.wait_until(lambda: isinstance(person.app.screen, ConfirmModal))
        assert person.sees("bob (bob@example.org), operator until now, can then")


async def test_a_new_password_is_shown_once_and_good_for_one_login(opened, backend):
    async with opened() as person:
        await at_the_accounts(person, backend)
        await person.press("p")
        await confirmed(person)
        await person.wait_until(lambda: isinstance(person.app.screen, OneTimePasswordModal))
        password = str(person.app.screen.query_one("#password").content)
        await person.press("y")
        assert person.app.clipboard == password
        await person.press("escape")
        assert not person.sees(password)
        await person.log_out()
        await person.do_form(user_name="bob", user_pass=password)
        await person.wait_until(lambda: person.app.screen.query("#replacement Input"))
        await person.do_form(new_pass=OWN_PASSWORD, password_again=OWN_PASSWORD)
        await person.wait_until(lambda: person.app.current_mode == "home")


async def test_an_auditor_looks_and_changes_nothing(opened, backend):
    async with opened() as person:
        await at_the_accounts(person, backend, "auditor")
        counted = person.count_instructions()
        for key in "furp":
            await person.press(key)
            assert not isinstance(person.app.screen, ConfirmModal)
        for part, keys in {"P": ["space"], "W": ["n", "d", "tab", "space", "c"], "I": []}.items():
            await person.press(part)
            await person.wait_until(lambda part=part: person.app.screen.PARTS and person.app.focused)
            await person.press(*keys)
            assert not isinstance(person.app.screen, ConfirmModal)
            await person.press("escape")
            await person.wait_until(lambda: person.sees("bob@example.org"))
        assert set(counted) <= {"view", "interogate"}


async def test_who_is_no_operator_any_more_is_brought_home(opened, backend):
    async with opened() as person:
        await at_the_accounts(person, backend)
        await there_is(person, "cleo")
        for email, role in {"cleo@example.org": "operator", "ada@example.org": "user"}.items():
            granted = {"action": "grant", "grant": "role", "account": email, "role": role}
            await person.app.context.send(controller="system", **granted)
        await person.wait_until(lambda: person.app.current_mode == "home")
        await person.press("8")
        assert person.app.current_mode == "home"
