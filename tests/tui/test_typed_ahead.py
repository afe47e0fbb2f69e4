"""Keys that arrive all at once land where they would if they came one by one, and so do pasted lines."""

from __future__ import annotations

import asyncio

import pytest
from backends import over_a_server
from frozen import form_gone, form_opened, person_on, settled, standing_still
from person import PASSWORD
from textual.widgets import Input, Label, OptionList

from ewallet_tui.connection import Connecting
from ewallet_tui.keyboard import lines_of
from ewallet_tui.screens.modal import ConfirmModal
from ewallet_tui.widgets.console_input import ConsolePrompt
from ewallet_tui.widgets.form_field import FormField
from ewallet_tui.widgets.inputs import FilterBox

BOB = "bob@example.org"


@pytest.fixture
def day(monkeypatch, kind_of_backend, tmp_path, new_folder):
    yield from standing_still(monkeypatch, kind_of_backend, tmp_path, new_folder)


def texts(person):
    return {row.field.name: row.text for row in person.form.rows}


def hold_answers(person, action):
    """What is sent from now on with that action is done, and answered once the returned event is set."""
    may_be_answered = asyncio.Event()
    client = person.app.context.store.client
    send = client.send

    async def sending(**instruction):
        answer = await send(**instruction)
        if instruction["action"] == action:
            await may_be_answered.wait()
        return answer

    client.send = sending
    return may_be_answered


def never_shows(person, words):
    """Remember whether `words` were ever on the screen: in an input that is not hidden."""
    return not any(words in each.value for each in person.app.screen.query(Input) if not each.password)


@over_a_server
async def test_a_burst_registers_logs_in_and_leaves_no_password_in_a_field_that_shows_it(day):
    async with person_on(day) as person:
        await person.click("#leave")
        await person.wait_until(lambda: person.form.spec.verb == "Create account")
        await person.burst(f"ada\nada@example.org\n{PASSWORD}\n{PASSWORD}")
        assert texts(person) == {
            "user_name": "ada",
            "user_email": "ada@example.org",
            "user_pass": PASSWORD,
            "password_again": PASSWORD,
        }
        # What follows the Enter that submits is dropped until the answer: `3` would go to the clock.
        may_be_answered = hold_answers(person, "new")
        await person.burst("\n3q\nmore")
        assert person.app.current_mode == "login"
        may_be_answered.set()
        await person.wait_until(lambda: person.app.current_mode == "home" and person.shows_account("ada"))
        await settled(person)
        await person.log_out()
        await person.wait_until(lambda: person.app.focused is not None)
        person.form.rows[0].input.value = ""
        person.app.screen.set_focus(person.form.rows[0].input)
        await person.burst(f"ada\n{PASSWORD}\n{PASSWORD}")
        assert never_shows(person, PASSWORD)
        await person.wait_until(lambda: person.app.current_mode == "home" and person.shows_account("ada"))


async def test_what_is_typed_before_a_form_is_there_waits_for_it(day):
    async with person_on(day) as person:
        await person.make_account("bob")
        await person.register()
        await person.have_time()
        await settled(person)
        # The way to the form, its fields and its end in one burst; `b` and `o` are keys of the screen too.
        await person.burst(f"p5\n{BOB}\tlunch\n")
        await person.wait_until(lambda: person.sees("✓ Paid bob@example.org 5 credits."))
        await form_gone(person)
        await person.burst("p5\x1b3")
        await person.wait_until(lambda: person.app.current_mode == "clock")
        # The lock takes what is typed while it comes up, and the forms of the login do.
        await person.burst(f"6L{PASSWORD}")
        await person.wait_until(lambda: person.app.current_mode == "lock")
        await person.wait_until(lambda: texts(person) == {"user_pass": PASSWORD})
        await person.burst("\n")
        await person.wait_until(lambda: person.app.current_mode == "account")
        person.app.context.lifecycle.log_out()
        await person.wait_until(lambda: person.app.current_mode == "login")
        await person.burst(f"ada\n{PASSWORD}")
        await person.wait_until(lambda: person.app.screen.query("#login"))
        await person.wait_until(lambda: texts(person) == {"user_name": "ada", "user_pass": PASSWORD})


async def test_escape_typed_at_once_leaves_a_record_and_the_next_key_leads_on(day):
    async with person_on(day) as person:
        await person.make_account("bob")
        await person.register()
        await person.have_time()
        await person.app.context.send(action="pay", pay=BOB, credits=5)
        for place in "25":
            await person.press(place)
            await settled(person)
            await person.press("home", "enter")
            await person.wait_until(lambda: person.app.screen.query(".link"))
            person.app.screen.query(".link").first().focus()
            await person.burst("\n\x1b\x1b\x1b3")
            assert person.app.current_mode == "clock"
            assert not person.app.screen.is_modal


async def test_a_record_is_left_while_its_answer_comes_in(day):
    async with person_on(day) as person:
        await person.register()
        await person.have_time()
        await person.press("5")
        await settled(person)
        for rounds in range(0, 12, 2):
            may_be_answered = hold_answers(person, "view")
            await person.press("enter")
            assert person.app.screen.is_modal
            person.app.screen.action_back()
            for _ in range(rounds):
                await asyncio.sleep(0)
            may_be_answered.set()
            await settled(person)
            assert not person.app.screen.is_modal


async def test_the_rest_of_a_burst_neither_answers_a_question_nor_reaches_the_screen_behind(day):
    async with person_on(day) as person:
        await person.make_account("bob")
        await person.register()
        await person.have_time()
        person.app.context.settings.choose(ask_above=4)
        await settled(person)
        await person.burst(f"p5\n{BOB}\nyes\nq")
        await person.wait_until(lambda: isinstance(person.app.screen, ConfirmModal))
        await settled(person)
        assert person.app.context.state.wallet.credits == 80
        await person.press("escape")
        await person.burst("\x7f7")
        await form_opened(person)
        assert texts(person)["pay"].endswith("7")
        await person.press("escape")
        await settled(person)
        # In every form, such as these, Enter goes to the next field before the next letter.
        for keys, fields in [
            ("1u40\n3", {"credits": "40", "cost": "3"}),
            ("4nBob\nb@c.de", {"user_name": "Bob", "user_email": "b@c.de"}),
            ("6pold\nnew\nnew", {"old_pass": "old", "user_pass": "new", "password_again": "new"}),
        ]:
            await person.burst(keys)
            await form_opened(person)
            assert fields.items() <= texts(person).items()
            await person.press("escape")
            await settled(person)


async def test_an_answer_of_no_gives_the_keyboard_back(day):
    async with person_on(day) as person:
        may_be_answered = hold_answers(person, "login")
        await person.burst("ada\nnot the password\n")
        await person.burst("dropped")
        may_be_answered.set()
        await person.wait_until(lambda: person.is_told_no)
        # What was refused is selected, so it is typed over.
        await person.burst("again")
        assert texts(person) == {"user_name": "ada", "user_pass": "again"}


async def test_a_server_is_typed_in_one_line_and_nothing_lands_there_while_it_is_tried(day, monkeypatch):
    async with person_on(day) as person:
        await person.press("ctrl+o")
        await person.wait_until(lambda: person.app.screen.query(FormField))
        field = person.app.screen.query_one(FormField)
        person.app.screen.set_focus(field.input)
        await person.paste("wallet.example.org:8080\nada\nsecret words")
        problem = str(field.query_one(".problem", Label).content)
        assert (field.text, problem.endswith("Nothing was inserted.")) == ("", True)
        trying, tried = asyncio.Event(), []

        async def go_over_to(_connecting, server):
            tried.append(str(server))
            await trying.wait()

        monkeypatch.setattr(Connecting, "go_over_to", go_over_to)
        await person.burst("127.0.0.1:9\nada\nsecret words\n")
        assert (field.text, tried) == ("127.0.0.1:9", ["127.0.0.1:9"])
        await person.press("escape")
        assert not person.app.screen.has_class("-trying")


PASTED = [
    # Pasted, and what is in the fields then: name, email, password, its repetition.
    ("ada\nada@example.org\nlong one!\nlong one!", ["ada", "ada@example.org", "long one!", "long one!"]),
    ("\r\n\r\nada\r\nada@example.org\r\n", ["ada", "ada@example.org", "", ""]),
    ("\nada\n\n", ["ada", "", "", ""]),
    ("ada\n\nlong enough", ["", "", "", ""]),
    ("ada\nada\nlong enough", ["", "", "", ""]),
    ("1\n2\n3\n4\n5", ["", "", "", ""]),
]  # fmt: skip


async def test_pasted_lines_fill_one_field_each_or_none(day):
    async with person_on(day) as person:
        await person.click("#leave")
        await person.wait_until(lambda: person.form.spec.verb == "Create account")
        for text, expected in PASTED:
            for row in person.form.rows:
                row.become("")
            person.app.screen.set_focus(person.form.rows[0].input)
            await person.paste(text)
            assert list(texts(person).values()) == expected, text
        assert person.problem_of("user_name") == (
            "5 lines pasted, but only 4 fields from here on. Nothing was inserted."
        )
        await person.paste("ada\nada\nlong enough")
        refused = person.problem_of("user_email")
        assert refused == "An email looks like ada@example.org. Nothing was inserted."
        assert person.app.focused is person.form.rows[1].input
        await person.burst("a")
        assert not person.problem_of("user_email")


async def test_notes_and_inputs_for_one_text_take_all_lines_and_the_console_a_whole_instruction(day):
    async with person_on(day) as person:
        await person.register()
        await person.have_time()
        await settled(person)
        await person.burst("u")
        await form_opened(person)
        await person.paste("\n20\n")
        assert texts(person)["credits"] == "20"
        person.app.screen.set_focus(person.form.rows[-1].input)
        await person.paste("for the lunch\n\n  with Bob \n")
        assert texts(person)["notes"] == "for the lunch with Bob"
        person.app.screen.set_focus(person.form.rows[0].input)
        await person.press("end")
        await person.paste("0\nUSD\n3\nfor the\ndinner")
        assert texts(person) == {"credits": "200", "currency": "USD", "cost": "3", "notes": "for the dinner"}
        await person.press("escape", "5", "/")
        await person.wait_until(lambda: isinstance(person.app.focused, FilterBox))
        await person.paste("lunch\nwith Bob\n")
        assert person.app.focused.value == "lunch with Bob"
        await person.press("escape")
        await person.burst(":")
        await person.paste("\nConvert\nto time\n")
        await person.wait_until(lambda: person.app.screen.query(OptionList))
        assert person.app.screen.query_one(Input).value == "Convert to time"
        await person.press("escape", "7")
        await settled(person)
        await person.burst("s")
        await person.wait_until(lambda: isinstance(person.app.focused, ConsolePrompt))
        await person.paste('{\n  "action": "view",\n  "view": "account"\n}\n')
        assert person.app.focused.value == '{ "action": "view", "view": "account" }'
        await person.burst("\nview account\n")
        await person.wait_until(lambda: person.sees("→ answered."))
        assert person.app.focused.value == ""
        person.app.copy_to_clipboard("view\naccount")
        await person.press("ctrl+v")
        assert person.app.focused.value == "view account"


def test_empty_lines_before_and_after_are_no_lines():
    assert lines_of("\n\r\n 20 \r\nEUR\r\n\n") == [" 20 ", "EUR"]
    assert lines_of(" \n") == []
