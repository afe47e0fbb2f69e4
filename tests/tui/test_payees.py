"""Who is paid: a contact's own account, or whoever has its email now once that is confirmed, and marks."""

from __future__ import annotations

import pytest
from frozen import form_gone, form_opened, person_on, settled, standing_still
from person import PASSWORD
from textual.widgets import Label

from ewallet_core.presentation.payees import CAUTIONS, CHECK, NEW_OWNER
from ewallet_tui.contact_book import ContactBook
from ewallet_tui.payees import with_payee
from ewallet_tui.screens.credit_actions import Payer, pay_form
from ewallet_tui.screens.modal import ConfirmModal
from ewallet_tui.screens.record import RecordScreen
from ewallet_tui.widgets.console_input import ConsolePrompt
from ewallet_tui.widgets.footer import ResultLine

BOB, ZOE = "bob@example.org", "ada@exаmple.org"
MIXED, ALIKE = CAUTIONS["mixed_scripts"], CAUTIONS["lookalike"]


@pytest.fixture
def kind_of_backend() -> str:
    return "embedded"


@pytest.fixture
def day(monkeypatch, kind_of_backend, tmp_path, new_folder):
    yield from standing_still(monkeypatch, kind_of_backend, tmp_path, new_folder)


async def save_contact(ask, name, email):
    return await ask(action="new", new="contact", contact="record", user_name=name, user_email=email)


async def have_strangers(day, person):
    """Ada, with 100 credits and contacts of whom Bob's email has become mallory's."""
    await person.register()
    ask = person.app.context.send
    await person.make_account("bob")
    await person.make_account("zoe", ZOE)
    await save_contact(ask, "Bob", BOB)
    await save_contact(ask, "Zoe", ZOE)
    await ask(action="supply", supply="credits", credits=100, currency="EUR", cost="1")
    await ask(action="login", user_name="bob", user_pass=PASSWORD)
    await ask(action="edit", edit="account", user_email="robert@example.org")
    day.pass_by(minutes=91 * 24 * 60)
    await person.make_account("mallory", BOB)
    await ask(action="switch", switch="account", account="ada@example.org")
    await settled(person)


def result(person):
    line = person.app.screen.query_one(ResultLine)
    return line.content if line.display else ""


async def asked(person):
    await person.wait_until(lambda: isinstance(person.app.screen, ConfirmModal))
    return str(person.app.screen.query_one(Label).content)


def preview(person):
    return str(person.form.query_one(".preview", Label).content)


async def test_a_new_owner_of_a_contacts_email_is_named_and_must_be_confirmed(day):
    async with person_on(day) as person:
        await have_strangers(day, person)
        await person.press("p")
        await form_opened(person)
        await person.fill(credits="10", pay="Bob")
        await person.wait_until(lambda: person.sees("new owner"))
        await person.press("enter")
        assert "belongs to another account now: mallory." in await asked(person)
        await person.press("escape")
        await person.wait_until(lambda: person.is_told_no)
        assert person.problem_of("pay") == "No one was paid. Ask for their new email."
        assert person.app.context.state.wallet.credits == 100
        await person.press("enter")
        await asked(person)
        await person.press("y")
        await form_gone(person)
        assert result(person) == "✓ Paid Bob 10 credits. 90 left."
        # The contact is mallory's now, so nothing is asked again, also by the console.
        sent = []
        send = person.app.context.store.client.send

        async def sending(**instruction):
            sent.append(instruction)
            return await send(**instruction)

        person.app.context.store.client.send = sending
        await person.go_to("console")
        prompt = person.app.screen.query_one(ConsolePrompt)
        prompt.focus()
        prompt.value = f"transfer credits transfer_to={BOB} credits=1"
        await person.press("enter")
        await person.wait_until(lambda: person.app.context.state.wallet.credits == 89)
        mallory = 5
        assert [each["payee_account"] for each in sent if each["action"] == "transfer"] == [mallory]


async def test_an_account_that_can_be_mistaken_is_marked_wherever_it_is_to_be_paid(day):
    async with person_on(day, (120, 40)) as person:
        await have_strangers(day, person)
        await person.go_to("contacts")
        await settled(person)
        assert person.sees("! Bob")
        await person.press("down")
        await settled(person)
        assert person.sees("! Zoe")
        assert person.sees(MIXED)
        await person.press("enter")
        await person.wait_until(lambda: isinstance(person.app.screen, RecordScreen) and person.sees(MIXED))
        await person.press("p")
        await form_opened(person)
        await person.press("3")
        await person.wait_until(lambda: preview(person).endswith(f"97 left. {MIXED}. {CHECK}"))
        await person.press("enter")
        assert MIXED in await asked(person)
        await person.press("y")
        await form_gone(person)
        assert result(person) == f"✓ Paid Zoe 3 credits. 97 left. {MIXED}."
        # An email that is no contact's is looked up as it is typed.
        await person.make_account("zоe", "zoe@example.org")
        await person.go_to("home")
        await person.press("t")
        await form_opened(person)
        await person.fill(credits="2", transfer_to="zoe@example.org")
        await person.wait_until(lambda: preview(person).endswith(f"95 left. {MIXED}. {CHECK}"))
        hints = person.form.query(".hint").results(Label)
        assert any(MIXED in str(hint.content) for hint in hints)


async def test_a_contact_of_a_deleted_account_pays_nobody_unasked():
    lost = {"name": "Bob", "email": BOB, "payee_account": None, "payee_changed": True}

    async def ask(**_):
        return {"failed": False, "rows": [{"record_data": lost}], "next": None}

    book = ContactBook(ask)
    await book.learn("")
    assert [contact.arguments for contact in book.contacts_with("BOB@example.org")] == [{"payee_account": 1}]
    by_hand = await with_payee(ask, {"action": "pay", "pay": BOB, "credits": 1})
    assert by_hand["payee_account"] == 1
    assert book.hint("bob") == f"{NEW_OWNER}   Bob: {BOB}"
    spec = pay_form(Payer("ada@example.org", 100, 0, book))
    assert spec.confirmation({"credits": 1, "pay": BOB}) == ""
    assert spec.preview({"credits": 1, "pay": BOB}).endswith(f"{NEW_OWNER}. Make sure it is who you mean.")


async def test_accounts_are_looked_up_once_by_emails_that_are_no_contacts():
    looked_up = []

    async def ask(**instruction):
        if instruction["action"] == "view":
            looked_up.append(instruction["user_email"])
            return {"failed": False, "payee_caution": "lookalike"}
        return {"failed": False, "rows": [], "next": None}

    book = ContactBook(ask, is_connected=lambda: True)
    for typed in ("zo", "zoe@", "zoe@example.org", " Zoe@EXAMPLE.org"):
        await book.learn(typed)
        assert book.knows(typed)
    assert looked_up == ["zoe@example.org"]
    assert book.mark_of("ZOE@example.org") == book.hint("zoe@example.org") == ALIKE


async def test_who_shares_an_email_from_before_is_led_to_another_one(day):
    async with person_on(day) as person:
        await person.make_account("ada")
        engine = person.app.context.store.client._engine
        engine.dispatcher.database.write(
            lambda transaction: transaction._connection.execute(
                "UPDATE accounts SET email_key = NULL WHERE id > 1"
            )
        )
        await person.do_form(user_name="ada", user_pass=PASSWORD)
        await form_opened(person)
        assert person.sees("An older account has this email in another spelling.")
        await person.press("enter")
        await person.wait_until(lambda: person.problem_of("user_email"))
        await person.do_form(user_email="countess@example.org")
        await form_gone(person)
        assert person.app.context.state.account.must_change_email is False
