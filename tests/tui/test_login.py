"""Who are you: each thing that can be wrong is said at its field."""

from backends import both_backends
from instant import CHEAP
from operating import there_is
from person import PASSWORD
from textual.widgets import Input

from ewallet_core import EWalletSessionManager
from ewallet_core.data_folder import database_url
from ewallet_tui.screens.account_forms import NO_WAY_BACK, PASSWORD_RULE


async def open_registration(person):
    await person.wait_until(lambda: person.app.screen.query("#login"))
    await person.click("#leave")
    await person.wait_until(lambda: person.form.spec.verb == "Create account")


@both_backends
async def test_a_new_account_leads_to_the_wallet_and_two_enters_make_one(opened):
    async with opened() as person:
        await open_registration(person)
        await person.fill(
            user_name="ada", user_email="ada@example.org", user_pass=PASSWORD, password_again=PASSWORD
        )
        sent = person.count_instructions()
        person.form.submit()
        person.form.submit()
        await person.wait_until(lambda: person.app.current_mode == "home" and person.sees("0 credits"))
        assert person.shows_account("ada")
        assert (sent["new"], sent["login"]) == (1, 1)


async def each_field_says_what_is_wrong(person):
    await open_registration(person)
    note = str(person.form.query_one(".note").content)
    assert PASSWORD_RULE in note
    assert NO_WAY_BACK in note
    await person.fill(user_name="a@b", user_email="ada", user_pass="short", password_again="other")
    assert not person.problem_of("password_again")
    await person.press("tab")
    assert "without @" in person.problem_of("user_name")
    assert "ada@example.org" in person.problem_of("user_email")
    assert "at least 8" in person.problem_of("user_pass")
    assert person.problem_of("password_again") == "The passwords don't match."
    await person.fill(user_email="ada@example.org")
    assert not person.problem_of("user_email")
    await person.press("escape")
    await person.wait_until(lambda: person.form.spec.verb == "Log in")


async def letters_are_letters(person):
    await person.press("tab", "enter")
    assert person.problem_of("user_name") == "Name or email can't be left empty."
    assert isinstance(person.app.focused, Input)
    assert person.app.focused.id == "user_name"
    await person.press(*"q?:123g")
    assert person.app.focused.value == "q?:123g"


async def taken_name_and_common_password_are_said(person):
    await there_is(person, "ada")
    await open_registration(person)
    await person.do_form(
        user_name="ADA", user_email="other@example.org", user_pass=PASSWORD, password_again=PASSWORD
    )
    await person.wait_until(lambda: person.problem_of("user_name"))
    await person.do_form(user_name="bob", user_pass="password1", password_again="password1")
    await person.wait_until(lambda: person.problem_of("user_pass"))


async def wrong_password_is_throttled(person):
    for _ in range(20):
        if "Try again in" in person.screen_text:
            break
        await person.do_form(user_name="ada", user_pass="not the password")
        await person.wait_until(lambda: person.is_told_no)
    assert person.sees("Try again in")
    assert person.form.busy


async def test_the_email_logs_in_as_well_as_a_name_and_one_that_looks_like_markup_is_only_a_name(opened):
    name = "[/b] [red]x[/red]"
    async with opened() as person:
        await person.register(name, email="markup@example.org")
        await person.log_out()
        await person.do_form(user_name="markup@example.org", user_pass=PASSWORD)
        await person.wait_until(lambda: person.app.current_mode == "home" and person.app.context.state)
        await person.go_to("account")
        await person.wait_until(lambda: person.sees(name))


def one_time_password(folder, instant) -> str:
    """What an operator, at another engine, makes of Ada's password."""
    with EWalletSessionManager(database_url(folder), clock=instant.wall, passwords=CHEAP) as operators:
        reset = {"action": "reset", "reset": "password", "account": "ada@example.org"}
        answer = operators.answer({"controller": "system", "ctype": "action", **reset})
    assert answer["failed"] is False, answer
    return answer["user_pass"]


async def test_a_password_for_one_login_is_replaced_by_an_own_one(opened, folder, instant):
    async with opened() as person:
        await there_is(person, "ada")
        await person.do_form(user_name="ada", user_pass=one_time_password(folder, instant))
        await person.wait_until(lambda: person.sees("Choose a password"))
        await person.do_form(new_pass="four other words there", password_again="four words")
        assert person.sees("The passwords don't match.")
        await person.do_form(password_again="four other words there")
        await person.wait_until(lambda: person.app.current_mode == "home")


@both_backends
async def test_who_is_thrown_out_from_elsewhere_is_asked_to_log_in(opened, folder, instant):
    async with opened() as person:
        await person.register()
        one_time_password(folder, instant)
        await person.app.context.send(action="view", view="account")
        await person.wait_until(lambda: person.app.current_mode == "login")


async def log_in_and_out(person, *names):
    for name in names:
        await person.make_account(name)
        await person.log_in(name)
        await person.log_out()


async def test_who_logged_in_here_is_offered_again_and_only_the_password_is_typed(opened, folder):
    async with opened() as person:
        await log_in_and_out(person, "ada")
    async with opened() as person:
        await person.wait_until(lambda: person.app.focused and person.app.focused.id == "user_pass")
        await person.press(*("space" if letter == " " else letter for letter in PASSWORD), "enter")
        await person.wait_until(lambda: person.shows_account("ada"))
    assert PASSWORD not in (folder / "preferences.toml").read_text()


async def test_another_who_was_here_is_chosen_completed_or_forgotten(opened):
    async with opened() as person:
        await log_in_and_out(person, "bob", "ada")
        await person.wait_until(lambda: person.sees("Used here before   ada     bob"))
        await person.click("RememberedAccounts Button:last-of-type")
        await person.wait_until(lambda: person.app.focused.id == "user_pass")
        field = person.form.rows[0].input
        assert field.value == "bob"
        field.focus()
        field.value = ""
        await person.press("a")
        await person.wait_until(lambda: field._suggestion == "ada")
        await person.press("right", "ctrl+g")
        await person.wait_until(lambda: person.form.rows[0].input.value == "bob")
        assert person.sees("ada is no longer suggested here.")
        assert not person.sees("Used here before")
        assert person.app.context.preferences.accounts_at(None) == ("bob",)


async def who_was_refused_is_not_remembered(person, folder):
    await person.do_form(user_name="ada", user_pass="not the password")
    await person.wait_until(lambda: person.is_told_no)
    assert person.app.context.preferences.accounts == {}
    assert not (folder / "preferences.toml").exists()


async def test_who_does_not_recover_an_account_is_told_how_to(opened):
    async with opened() as person:
        await person.register()
        await person.app.context.send(action="unlink", unlink="account", user_pass=PASSWORD)
        await person.app.context.lifecycle.leave()
        await person.wait_until(lambda: person.app.screen.query("#login Input"))
        await person.do_form(user_name="ada", user_pass=PASSWORD)
        await person.wait_until(lambda: person.sees("Leave it"))
        await person.press("escape")
        await person.wait_until(lambda: person.sees("deleted. To keep the account,"))


async def test_what_is_wrong_is_said_at_its_field_and_remembers_no_account(opened, folder):
    async with opened() as person:
        await letters_are_letters(person)
        await who_was_refused_is_not_remembered(person, folder)
        await each_field_says_what_is_wrong(person)
        await taken_name_and_common_password_are_said(person)
        await person.press("escape")
        await person.wait_until(lambda: person.form.spec.verb == "Log in")
        await wrong_password_is_throttled(person)
