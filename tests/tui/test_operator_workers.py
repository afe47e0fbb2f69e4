"""Workers, a session looked at and ended, and what cleans up."""

from operating import be, there_is
from person import PASSWORD

from ewallet_tui.screens.modal import ConfirmModal
from ewallet_tui.widgets.form import Form


async def at_the_workers(person, backend):
    await be(person, backend, "operator")
    await person.go_to("operator")
    await person.press("W")
    await person.wait_until(lambda: person.sees("● has room"))


async def test_a_worker_is_made_and_removed_and_cleaners_are_started_and_stopped(opened, backend):
    async with opened() as person:
        await at_the_workers(person, backend)
        assert not person.app.screen.check_action("do", ("remove_worker",))
        for _ in range(2):
            person.app.screen.new_worker()
        await person.wait_until(lambda: person.sees("○ vacant"))
        assert person.sees("Worker 2 is created.")
        await person.press("end", "d")
        await person.wait_until(lambda: isinstance(person.app.screen, ConfirmModal))
        assert person.sees("Remove worker 2")
        await person.press("y")
        await person.wait_until(lambda: not person.sees("○ vacant"))
        assert person.sees("Worker 2 is removed.")
        # Space is the timer's key, except on the list of cleaners.
        await person.press("space")
        assert "No time left on this clock." in person.toasts
        await person.press("tab")
        assert person.sees("? unknown")
        await person.press("end", "space")
        await person.wait_until(lambda: person.sees("7 of 7"))
        await person.press("home", "space")
        await person.wait_until(lambda: person.sees("○ stopped"))
        assert person.sees("6 of 7")
        await person.press("space")
        await person.wait_until(lambda: person.sees("7 of 7"))
        await person.press("end", "space")
        await person.wait_until(lambda: person.sees("0 of 7"))


async def test_what_expired_is_cleaned_at_once_and_what_is_final_after_a_question(opened, backend):
    async with opened() as person:
        await at_the_workers(person, backend)
        await person.press("n")
        await person.wait_until(lambda: person.sees("○ vacant"))
        await person.press("tab", *["down"] * 4, "c")
        await person.wait_until(lambda: person.sees("1 worker removed."))
        await person.press("c")
        await person.wait_until(lambda: person.sees("There was nothing to clean up."))
        await person.press("down", "c")
        await person.wait_until(lambda: isinstance(person.app.screen, ConfirmModal))
        assert person.sees("erased for good")
        await person.press("y")
        await person.wait_until(lambda: person.sees("There was nothing to clean up."))
        await person.press("down", "c")
        await person.wait_until(lambda: isinstance(person.app.screen, ConfirmModal))
        await person.press("y")
        await person.wait_until(lambda: person.sees("Everything older than 30 days is deleted."))


async def test_a_session_is_looked_at_by_its_number_and_ended_after_a_question(opened, backend):
    async with opened() as bob, opened() as person:
        await there_is(bob, "bob")
        await bob.app.context.send(action="login", user_name="bob", user_pass=PASSWORD)
        await at_the_workers(person, backend)
        await person.press("s")
        await person.wait_until(lambda: person.app.screen.query(Form))
        await person.do_form(session_id="99")
        await person.wait_until(lambda: person.is_told_no)
        await person.do_form(session_id="1")
        await person.wait_until(lambda: person.sees("Last use"))
        assert person.sees("bob <bob@example.org>")
        await person.press("d")
        await person.wait_until(lambda: isinstance(person.app.screen, ConfirmModal))
        await person.press("y")
        await person.wait_until(lambda: person.sees("Session 1 has ended."))
        assert (await bob.app.context.send(action="view", view="account"))["failed"]
