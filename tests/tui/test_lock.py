"""The lock: after the chosen time without anybody, nothing is in view but the timer."""

from backends import over_a_server
from person import PASSWORD


async def be_locked_out(person):
    person.app.action_lock()
    await person.wait_until(lambda: person.app.current_mode == "lock" and person.app.focused)


async def test_it_locks_once_the_time_that_was_chosen_has_passed(opened, instant):
    async with opened() as person:
        await person.register()
        assert person.app.context.preferences.lock_after_minutes == 0
        assert person.app.services.idle._timer is None
        instant.pass_by(minutes=25)
        person.app.context.settings.choose(lock_after_minutes=5)
        instant.pass_by(minutes=4)
        await person.press("6")
        instant.pass_by(minutes=4)
        person.app.services.idle.look()
        await person.pilot.pause()
        assert person.app.current_mode == "account"
        instant.pass_by(minutes=2)
        person.app.services.idle.look()
        await person.wait_until(lambda: person.app.current_mode == "lock")


async def test_only_the_timer_is_in_view_and_no_key_leads_behind_it(opened, instant):
    async with opened() as person:
        await person.register()
        await person.have_running_timer(20)
        await be_locked_out(person)
        assert person.sees("● running  20:00 left")
        assert not person.sees("80 credits")
        instant.pass_by(seconds=60)
        person.app.context.timers.pass_second()
        await person.wait_until(lambda: person.sees("19:00 left"))
        await person.press("tab")
        for key in ("1", "2", "3", "g", "escape", "ctrl+p", "colon", "question_mark"):
            await person.press(key)
            assert person.app.current_mode == "lock", key
            assert len(person.app.screen_stack) == 1, key


@over_a_server
async def test_the_password_and_no_other_opens_it_where_it_was(opened):
    async with opened() as person:
        await person.register()
        await person.go_to("account")
        # Twice at once is once.
        person.app.action_lock()
        await be_locked_out(person)
        await person.do_form(user_pass="not the password")
        await person.wait_until(lambda: person.is_told_no)
        assert person.app.current_mode == "lock"
        await person.do_form(user_pass=PASSWORD)
        await person.wait_until(lambda: person.app.current_mode == "account")


async def test_logging_out_there_logs_out_of_every_account(opened):
    async with opened() as person:
        await person.register("bob")
        await person.log_out()
        await person.register()
        await person.app.context.send(action="login", user_name="bob", user_pass=PASSWORD)
        await be_locked_out(person)
        await person.wait_until(lambda: person.sees("Enter the password of bob"))
        await person.click("#leave")
        await person.wait_until(lambda: person.app.current_mode == "login")
        assert person.app.context.state is None
