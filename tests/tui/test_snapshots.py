"""What the screens look like, in their main states, at both sizes."""

import pytest
from frozen import USUAL, WIDE, at_sizes, form_opened, person_on, settled, standing_still
from operating import there_is
from person import PASSWORD

SIZES = (USUAL, WIDE)


@pytest.fixture
def day(monkeypatch, kind_of_backend, tmp_path, new_folder):
    yield from standing_still(monkeypatch, kind_of_backend, tmp_path, new_folder)


async def test_login_and_registration_look_as_they_are_kept(day, looks_as_kept):
    async with person_on(day) as person:
        async for size in at_sizes(person, *SIZES):
            assert await looks_as_kept(person, f"login-{size}")
        await person.click("#leave")
        await person.wait_until(lambda: person.app.screen.query("#registration"))
        async for size in at_sizes(person, *SIZES):
            assert await looks_as_kept(person, f"registration-{size}")
        await person.do_form(user_name="a@b", user_email="ada", user_pass="short", password_again="other")
        async for size in at_sizes(person, *SIZES):
            assert await looks_as_kept(person, f"registration_with_errors-{size}")


async def test_an_account_and_what_opens_over_it_look_as_they_are_kept(day, looks_as_kept):
    async with person_on(day) as person:
        await person.register()
        await person.go_to("account")
        await settled(person)
        async for size in at_sizes(person, *SIZES):
            assert await looks_as_kept(person, f"account-{size}")
        for key, name in (("question_mark", "help"), ("g", "going_to")):
            await person.press(key)
            async for size in at_sizes(person, *SIZES):
                assert await looks_as_kept(person, f"{name}-{size}")
            await person.press("escape")
        await person.press("e")
        await form_opened(person)
        await person.fill(user_email="ada", user_name="ada [/b]")
        async for size in at_sizes(person, *SIZES):
            assert await looks_as_kept(person, f"edited-{size}")


async def test_a_running_timer_looks_as_it_is_kept_wherever_one_is(day, looks_as_kept):
    async with person_on(day) as person:
        await person.register()
        await person.have_running_timer()
        await person.go_to("account")
        await settled(person)
        async for size in at_sizes(person, *SIZES):
            assert await looks_as_kept(person, f"account-{size}")
        theme, person.app.theme = person.app.theme, "ewallet-light"
        async for size in at_sizes(person, USUAL):
            assert await looks_as_kept(person, f"account-light-{size}")
        person.app.theme = theme
        await person.press("q")
        await person.wait_until(lambda: len(person.app.screen_stack) > 1)
        async for size in at_sizes(person, *SIZES):
            assert await looks_as_kept(person, f"quit_question-{size}")
        await person.press("escape")
        await there_is(person, "bob")
        await person.app.context.send(action="login", user_name="bob", user_pass=PASSWORD)
        await settled(person)
        async for size in at_sizes(person, *SIZES):
            assert await looks_as_kept(person, f"two_accounts-{size}")
        await person.app.context.send(action="switch", switch="account", account="ada@example.org")
        person.app.action_lock()
        await person.wait_until(lambda: person.app.current_mode == "lock" and person.app.focused)
        async for size in at_sizes(person, *SIZES):
            assert await looks_as_kept(person, f"locked-{size}")
