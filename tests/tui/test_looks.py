"""What the screens look like, in their main states, at both sizes."""

import pytest
from person import PASSWORD, Person

SIZES = [(80, 24), (120, 40)]


async def empty_login(person):
    await person.wait_until(lambda: person.app.screen.query("#login"))


async def empty_registration(person):
    await empty_login(person)
    await person.click("#leave")
    await person.wait_until(lambda: person.app.screen.query("#registration"))


async def registration_with_errors(person):
    await empty_registration(person)
    await person.do_form(user_name="a@b", user_email="ada", user_pass="short", password_again="other")


async def account(person):
    await person.register()
    await person.go_to("account")


async def account_with_running_timer(person):
    await account(person)
    await person.have_running_timer(20)


async def account_edited(person):
    await account(person)
    await person.press("e")
    await person.fill(user_email="ada", user_name="ada [/b]")


async def two_accounts(person):
    await person.register("bob")
    await person.log_out()
    await account(person)
    await person.app.ask(action="login", user_name="bob", user_pass=PASSWORD)


async def help_for_account(person):
    await account(person)
    await person.press("question_mark")


async def going_to(person):
    await account(person)
    await person.press("g")


async def locked(person):
    await account_with_running_timer(person)
    person.app.action_lock()
    await person.wait_until(lambda: person.app.current_mode == "lock" and person.app.focused)


async def quit_question(person):
    await account_with_running_timer(person)
    await person.press("q")
    await person.wait_until(lambda: len(person.app.screen_stack) > 1)


STATES = [
    empty_login,
    empty_registration,
    registration_with_errors,
    account,
    account_with_running_timer,
    account_edited,
    two_accounts,
    help_for_account,
    going_to,
    locked,
    quit_question,
]


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_looks(snap_compare, make_app, state, size):
    async def come_to(pilot):
        await state(Person(pilot.app, pilot))
        await pilot.pause()

    assert snap_compare(make_app(), terminal_size=size, run_before=come_to)


def test_the_light_look(snap_compare, make_app):
    async def come_to(pilot):
        await account_with_running_timer(Person(pilot.app, pilot))

    assert snap_compare(make_app(theme="ewallet-light"), terminal_size=(80, 24), run_before=come_to)
