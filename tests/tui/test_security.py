"""What keeps an account its owner's: sessions, logins, the daily limit, and leaving with a way back."""

from operating import grant, there_is
from person import PASSWORD
from still import still_day as still_day  # noqa: PLC0414 - a fixture

from ewallet_tui.screens.modal import ConfirmModal
from ewallet_tui.widgets.form import Form

LAST_DAY = "20 Dec 2026"


async def at_the_account(person, *others):
    await there_is(person, *others)
    await person.register()
    await person.go_to("account")


async def at_the_sessions(person):
    await at_the_account(person)
    await person.press("S")
    await person.wait_until(lambda: person.sees("● this session"))


async def question_answered(person, key):
    await person.wait_until(lambda: isinstance(person.app.screen, ConfirmModal))
    await person.press(key)
    await person.wait_until(lambda: not isinstance(person.app.screen, ConfirmModal))


async def form_opened(person, key):
    await person.press(key)
    await person.wait_until(lambda: person.app.screen.query(Form))


async def delete(person, typed="ada", password=PASSWORD):
    await form_opened(person, "D")
    await person.do_form(typed_name=typed, user_pass=password)


async def test_another_session_is_ended_after_a_question(opened, instant):
    async with opened() as elsewhere, opened() as person:
        await at_the_sessions(person)
        instant.pass_by(minutes=1)
        await elsewhere.app.context.send(action="login", user_name="ada", user_pass=PASSWORD)
        await person.app.context.store.refresh()
        await person.wait_until(lambda: person.screen_text.count("this computer") > 3)
        await person.press("home", "d")
        await question_answered(person, "escape")
        assert not (await elsewhere.app.context.send(action="view", view="account"))["failed"]
        await person.press("d")
        await question_answered(person, "y")
        await person.wait_until(lambda: person.sees("has ended."))
        assert (await elsewhere.app.context.send(action="view", view="account"))["failed"]
        assert person.app.context.state is not None


async def see_the_lifetime_of_a_long_session(person):
    assert person.sees("30 min")
    await person.app.context.send(action="request", request="session_token", lifetime=7 * 24 * 60)
    await person.app.context.store.refresh()
    await person.wait_until(lambda: person.sees("7 days"))


async def end_the_own_session(person):
    await person.press("d")
    await person.wait_until(lambda: person.sees("This is the session you are using"))
    await question_answered(person, "y")
    await person.wait_until(lambda: person.app.screen.query("#login Input"))


async def test_logins_logouts_and_wrong_passwords_are_told_the_latest_first(opened, instant):
    async with opened() as person:
        await at_the_account(person)
        instant.pass_by(minutes=10)
        await person.log_out()
        instant.pass_by(minutes=10)
        await person.do_form(user_name="ada", user_pass="wrong one")
        await person.wait_until(lambda: person.is_told_no)
        instant.pass_by(minutes=10)
        await person.log_in()
        await person.go_to("account")
        await person.click("#part-sessions")
        await person.wait_until(lambda: person.sees("wrong password"))
        told = [
            line.split("today ")[1][:24]
            for line in person.screen_text.splitlines()
            if "today " in line and "this computer" in line
        ]
        assert [line.split("  ")[0] for line in told[1:]] == ["14:32", "14:22", "14:12", "14:02"]
        assert [line.split("  ")[1].strip() for line in told[1:]] == [
            "● logged in",
            "✕ wrong password",
            "○ logged out",
            "● logged in",
        ]
        await person.press("escape")
        await person.wait_until(lambda: person.sees("Logged in here"))


async def test_a_daily_limit_is_set_freely_and_raised_with_the_password(opened):
    async with opened() as person:
        await at_the_account(person, "bob")
        await person.wait_until(lambda: person.sees("No daily limit"))
        await person.app.context.send(
            action="supply", supply="credits", credits=600, currency="EUR", cost="1"
        )
        await form_opened(person, "m")
        await person.fill(daily_limit="500")
        assert person.sees("You can send at most 500 credits within 24 hours.")
        await person.press("enter")
        await person.wait_until(lambda: person.sees("0 of 500 spent"))
        await person.app.context.send(
            action="transfer", transfer="credits", credits=240, transfer_to="bob@example.org"
        )
        await person.wait_until(lambda: person.sees("240 of 500 spent"))
        assert person.sees("260 left within 24 hours.")
        await form_opened(person, "m")
        await person.do_form(daily_limit="")
        assert "enter your password" in person.problem_of("user_pass")
        await person.do_form(user_pass="wrong one")
        await person.wait_until(lambda: person.is_told_no)
        await person.do_form(user_pass=PASSWORD)
        await person.wait_until(lambda: person.sees("No daily limit"))
        await form_opened(person, "m")
        await person.fill(daily_limit="100")
        await person.click("#do")
        await person.wait_until(lambda: person.sees("! Limit reached for now."))


async def test_deleting_takes_name_and_password_and_can_be_taken_back_at_the_login(opened):
    async with opened() as person:
        await at_the_account(person)
        await delete(person, typed="Ada")
        assert "The name of this account is ada." in person.problem_of("typed_name")
        await person.do_form(typed_name="ada", user_pass="wrong one")
        await person.wait_until(lambda: person.is_told_no)
        await person.do_form(user_pass=PASSWORD)
        await person.wait_until(lambda: person.app.screen.query("#login Input"))
        assert "ada@example.org will be erased." in person.toasts
        assert f"Log in by {LAST_DAY} to recover it." in person.toasts
        assert "session has ended" not in person.toasts
        await person.do_form(user_name="ada", user_pass=PASSWORD)
        await person.wait_until(lambda: person.sees(f"for good on {LAST_DAY}"))
        await question_answered(person, "escape")
        await person.wait_until(lambda: person.is_told_no)
        assert person.app.context.state is None
        await person.press("enter")
        await question_answered(person, "y")
        await person.wait_until(lambda: person.app.current_mode == "home")
        assert person.app.context.state.account.state == "active"


async def test_who_deletes_one_of_two_accounts_goes_on_as_the_other(opened, lasting_toasts):
    async with opened() as person:
        await at_the_account(person, "bob")
        await form_opened(person, "n")
        await person.do_form(user_name="bob", user_pass=PASSWORD)
        await person.wait_until(lambda: person.sees("● bob"))
        await delete(person, typed="bob")
        await person.wait_until(lambda: person.sees("● ada  ada@example.org"))
        assert set(person.app.context.state.accounts) == {"ada@example.org"}
        assert "bob@example.org will be erased." in person.toasts
        await form_opened(person, "n")
        await person.do_form(user_name="bob", user_pass=PASSWORD)
        await question_answered(person, "y")
        await person.wait_until(lambda: person.sees("● bob"))


async def test_an_auditor_neither_leaves_nor_limits(opened, backend):
    async with opened() as person:
        await at_the_account(person)
        grant(backend, "ada@example.org", "auditor")
        await person.app.context.store.refresh()
        await person.press("D", "m")
        assert not person.app.screen.query(Form)
        assert person.app.screen.query_one("#delete").disabled
        assert not person.app.screen.query_one("#edit").disabled


async def test_the_own_session_is_shown_with_its_lifetime_and_ended(opened):
    async with opened() as person:
        await at_the_sessions(person)
        await see_the_lifetime_of_a_long_session(person)
        await end_the_own_session(person)
