"""Pay, transfer and refund: what the forms say, and who is meant by what is typed."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from backends import over_a_server
from frozen import NARROW, USUAL, at_sizes, form_gone, form_opened, person_on, settled, standing_still
from msgspec import structs
from person import PASSWORD
from textual.widgets import Label

from ewallet_core.instructions import fields
from ewallet_tui import contact_book
from ewallet_tui.contact_book import ContactBook
from ewallet_tui.screens.credit_actions import Payer, pay_form, refund, refund_form, transfer_form
from ewallet_tui.screens.modal import ConfirmModal
from ewallet_tui.widgets import form_field
from ewallet_tui.widgets.footer import ResultLine
from ewallet_tui.widgets.form import FormSpec
from ewallet_tui.widgets.form_field import Field
from ewallet_tui.widgets.record_list import RecordList

BOB, CAROL = "bob@example.org", "carol@example.org"
HOSTILE = "[/b][@click=app.quit]x"


def found(*contacts, next=None):
    rows = [{"record_data": {"name": name, "email": email}} for name, email in contacts]
    return {"failed": False, "rows": rows, "next": next}


async def book_of(*contacts):
    async def ask(**_):
        return found(*contacts)

    book = ContactBook(ask)
    await book.learn("")
    return book


@pytest.fixture
async def payer():
    return Payer("ada@example.org", 1_240, 0, await book_of(("Bob", BOB), ("Carol Danvers", CAROL)))


async def test_what_will_have_happened_is_a_sentence(payer):
    assert pay_form(payer).preview({"credits": 10}) == "You pay 10 credits. 1,230 left."
    assert (
        pay_form(payer).preview({"credits": 10, "pay": BOB}) == f"You pay Bob ({BOB}) 10 credits. 1,230 left."
    )
    sent = transfer_form(payer).preview({"credits": 1, "transfer_to": "dan@example.org"})
    assert sent == "You transfer 1 credit to dan@example.org. 1,239 left."
    assert (
        refund_form(payer, BOB, 40).preview({"credits": 5}) == f"Bob ({BOB}) gets 5 credits back. 1,235 left."
    )


async def test_a_refund_is_called_so_and_foretold_only_where_its_credits_can_be_read(payer):
    spec = refund_form(payer, BOB, 40)
    assert (spec.title, spec.verb) == ("Refund", "Refund")
    assert spec.preview({}) == spec.preview({"credits": 41}) == ""


async def test_a_long_name_is_cut_and_the_email_beside_it_never(payer):
    email = f"{'x' * 60}@example.org"
    among = replace(payer, contacts=await book_of(("Grace Brewster Murray Hopper", email)))
    said = pay_form(among).preview({"credits": 10, "pay": email})
    assert said == f"You pay Grace Brewster Murr… ({email}) 10 credits. 1,230 left."


async def test_what_stands_against_it_is_said_at_its_field(payer):
    values = {"credits": 1_241, "pay": "Ada@Example.org"}
    assert pay_form(payer).validate(values) == {
        "credits": "Not enough credits: 1,241 needed, your balance is 1,240.",
        "pay": "That is your own account. Enter someone else.",
    }
    assert pay_form(payer).preview(values) == ""
    assert refund_form(payer, BOB, 40).validate({"credits": 41}) == {
        "credits": "At most 40 credits can be refunded."
    }
    assert refund_form(replace(payer, balance=3), BOB, 40).validate({"credits": 4}) == {
        "credits": "Not enough credits: 4 needed, your balance is 3."
    }


async def test_a_question_comes_from_the_chosen_amount_on(payer):
    values = {"credits": 10, "pay": BOB}
    assert pay_form(payer).confirmation(values) == ""
    assert pay_form(replace(payer, ask_above=11)).confirmation(values) == ""
    asked = pay_form(replace(payer, ask_above=10)).confirmation(values)
    assert asked == f"You pay Bob ({BOB}) 10 credits. 1,230 left."


SEVERAL_EVES = r"^Several are called eve: eve@example\.org, eve@example\.com\. Type the one you mean\.$"


async def test_a_contacts_name_means_their_email_whatever_its_case():
    book = await book_of(("Bob", BOB), ("Eve", "eve@example.org"), ("Eve", "eve@example.com"))
    assert book.email_of(" bob ") == BOB
    assert book.email_of("Bo") == BOB
    assert book.name_of("BOB@example.org") == "Bob"
    with pytest.raises(ValueError, match=SEVERAL_EVES):
        book.email_of("eve")
    assert book.hint("eve") == "Eve: eve@example.org   or eve@example.com"
    assert book.email_of("eve@example.net") == "eve@example.net"


async def test_what_is_typed_goes_on_as_a_contact_does_and_says_who_is_meant():
    book = await book_of(("Bobette", "bobette@example.org"), ("Bob", BOB), ("Carol", "danvers@example.org"))
    assert book.hint("") == "By name: Bobette, Bob, Carol"
    assert (book.continued("bo"), book.hint("bo")) == ("bobette@example.org", "→ Bobette   or Bob")
    assert (book.continued("Bob"), book.hint("Bob")) == (BOB, f"Bob: {BOB}   or Bobette")
    assert (book.continued("car"), book.hint("car")) == ("Carol", "→ Carol: danvers@example.org")
    assert (book.continued("vers"), book.hint("vers")) == ("", "Similar: Carol")
    assert (book.continued("q"), book.hint("q")) == ("", "")


async def test_what_is_shown_is_what_would_be_paid():
    ann, anna = ("Ann", "ann@example.co"), ("Anna", "anna@example.org")
    book = await book_of(anna, ann, ("Zoe Lee", "z@example.org"), ("Ashleen", "a@example.org"))
    # A name typed in full is that contact, and no longer one goes on from it.
    assert (book.email_of("Ann"), book.continued("Ann"), book.continued("ann")) == (ann[1],) * 3
    assert (book.email_of("anna"), book.hint("anna")) == (anna[1], "Anna: anna@example.org")
    assert (book.email_of("z"), book.continued("z"), book.hint("z")) == (
        "z@example.org",
        "z@example.org",
        "→ Zoe Lee: z@example.org",
    )
    # The only one of whom a word begins so is meant; one that only contains it is not.
    assert (book.email_of("lee"), book.hint("lee")) == (
        "z@example.org",
        "Zoe Lee: z@example.org   or Ashleen",
    )
    assert (book.email_of("hle"), book.hint("hle")) == ("hle", "Similar: Ashleen")
    with pytest.raises(ValueError, match=r"^Several contacts match an: Anna, Ann\. Type more of it\.$"):
        book.email_of("an")
    # An email typed in full is paid as it is, so none goes on from it; one that is not yet complete is.
    assert (book.email_of("ann@example.c"), book.continued("ann@example.c")) == ("ann@example.c", "")
    assert (book.email_of("ann@ex"), book.continued("ann@ex")) == (ann[1], ann[1])


async def test_of_more_contacts_than_are_read_at_once_those_that_are_typed_are_looked_for():
    zoe, asked = ("Zoe", "zoe@example.org"), []
    known = {"": found(next="more"), "z": found(zoe, next="more"), "zo": found(zoe)}

    async def ask(**instruction):
        asked.append(instruction["text"])
        return known[instruction["text"]]

    book = ContactBook(ask)
    with pytest.raises(ValueError, match="Still looking up zoe"):
        book.email_of("zoe")
    for typed in ("", "z", "z"):
        await book.learn(typed)
    with pytest.raises(ValueError, match=r"^Too many contacts match z\. Type the email\.$"):
        book.email_of("z")
    for typed in ("Zo", "Zoe"):
        await book.learn(typed)
    assert asked == ["", "z", "zo"]
    assert book.email_of("zoe") == "zoe@example.org"


async def test_all_contacts_are_asked_for_once_also_where_no_answer_comes():
    asked = []

    async def ask(**instruction):
        asked.append(instruction["text"])
        return {"failed": True}

    book = ContactBook(ask)
    for typed in ("", "b", "bo"):
        await book.learn(typed)
    assert asked == ["", "b", "bo"]
    with pytest.raises(ValueError, match="Still looking up bo"):
        book.email_of("bo")
    assert book.email_of(BOB) == BOB


@pytest.fixture
def day(monkeypatch, kind_of_backend, tmp_path, new_folder):
    yield from standing_still(monkeypatch, kind_of_backend, tmp_path, new_folder)


async def have_contacts(person, *contacts):
    for name, email in contacts:
        await person.app.context.send(
            action="new", new="contact", contact="record", user_name=name, user_email=email
        )


@asynccontextmanager
async def at_home(day, **choices):
    """Ada, with 100 credits, and with Bob and two others among her contacts."""
    async with person_on(day) as person:
        ask = person.app.context.send
        await ask(action="new", new="account", user_name="bob", user_email=BOB, user_pass=PASSWORD)
        await person.register()
        await have_contacts(person, ("Bob", BOB), ("Carol", CAROL), (HOSTILE, "mallory@example.org"))
        await ask(action="supply", supply="credits", credits=100, currency="EUR", cost="1")
        person.app.context.settings.keep(structs.replace(person.app.context.preferences, **choices))
        await settled(person)
        yield person


async def knows_who_can_be_meant(person):
    await person.wait_until(lambda: "Bob" in hint(person))


def hint(person):
    return "".join(str(label.content) for label in person.form.query(".hint").results(Label))


def result(person):
    line = person.app.screen.query_one(ResultLine)
    return line.content if line.display else ""


def hold_back(person, text):
    """What contacts are looked for from now on, and what lets the search for `text` be answered."""
    looked_for, may_be_answered = [], asyncio.Event()
    client = person.app.context.store.client
    send = client.send

    async def sending(**instruction):
        if instruction.get("kind") == "contact":
            looked_for.append(instruction["text"])
            if instruction["text"] == text:
                await may_be_answered.wait()
        return await send(**instruction)

    client.send = sending
    return looked_for, may_be_answered


def learning(person):
    return [w for w in person.app.workers if w.group in {"learn", "settling"} and not w.is_finished]


@over_a_server
async def test_a_contact_is_paid_with_three_keys_beside_what_is_typed(day):
    async with at_home(day) as person:
        await person.press("p")
        await form_opened(person)
        await person.press("1", "0", "enter")
        await knows_who_can_be_meant(person)
        assert person.sees(f"By name: {HOSTILE}, Carol, Bob")
        await person.press("b", "o", "b")
        assert person.sees(f"You pay Bob ({BOB}) 10 credits. 90 left.")
        await person.press("enter")
        await form_gone(person)
        assert result(person) == "✓ Paid Bob 10 credits. 90 left."
        await person.press("z")
        await person.wait_until(lambda: person.sees(BOB) and person.sees("Journal"))
        # One letter is enough where it means one contact, and the form says whom before Enter.
        await person.press("escape", "p")
        await form_opened(person)
        await person.press("1", "enter", "c")
        await person.wait_until(lambda: person.sees(f"You pay Carol ({CAROL}) 1 credit. 89 left."))
        await person.press(*["backspace"], "b")
        await person.wait_until(lambda: person.sees(f"You pay Bob ({BOB}) 1 credit. 89 left."))
        await person.press("enter")
        await form_gone(person)
        assert result(person) == "✓ Paid Bob 1 credit. 89 left."


async def transfer_to_what_the_right_arrow_takes(person):
    await person.press("t")
    await form_opened(person)
    await knows_who_can_be_meant(person)
    await person.press("5", "tab", "B", "o")
    await person.wait_until(lambda: person.form.rows[1].input._suggestion)
    await person.press("right", "enter")
    await form_gone(person)
    assert result(person) == "✓ Transferred 5 credits to Bob. 95 left."


async def leave_the_field_after_a_name(person):
    await person.press("p")
    await form_opened(person)
    await knows_who_can_be_meant(person)
    await person.fill(pay="BOB", notes="")
    assert person.form.rows[1].text == BOB
    await person.fill(pay="o", notes="")
    assert person.form.rows[1].text == "o"
    assert person.problem_of("pay").startswith("Enter one of your contacts")
    await person.do_form(credits="1", pay=CAROL)
    await person.wait_until(lambda: person.is_told_no)
    assert person.problem_of("pay").startswith("No account here has that email.")
    assert "only pay accounts made here" in person.problem_of("pay")


async def test_above_the_chosen_amount_nothing_is_sent_before_the_answer(day):
    async with at_home(day, ask_above=5) as person:
        await person.press("p")
        await form_opened(person)
        await person.fill(credits="6", pay=BOB)
        await person.press("enter")
        await person.wait_until(lambda: isinstance(person.app.screen, ConfirmModal))
        assert person.sees(f"You pay Bob ({BOB}) 6 credits. 94 left.")
        await person.press("escape")
        await settled(person)
        assert person.app.context.state.wallet.credits == 100
        assert person.form.rows[0].text == "6"
        await person.press("enter")
        await person.wait_until(lambda: isinstance(person.app.screen, ConfirmModal))
        await person.press("y")
        await form_gone(person)
        assert result(person) == "✓ Paid Bob 6 credits. 94 left."


async def test_nobody_is_paid_before_it_is_known_who_else_has_that_name(day, monkeypatch):
    monkeypatch.setattr(contact_book, "MAX_RESULTS", 3)
    monkeypatch.setattr(form_field, "TYPING_SECONDS", 60)
    async with at_home(day, ask_above=5) as person:
        await person.app.context.send(
            action="new", new="contact", contact="record", user_name="Bob", user_email="bob2@example.org"
        )
        looked_for, may_be_answered = hold_back(person, "bob")
        await person.press("p")
        await form_opened(person)
        await person.wait_until(lambda: looked_for == [""])
        await person.press("6", "tab", *"somebody", *["backspace"] * 8, *"Bob")
        assert looked_for == [""]
        await person.press("enter")
        await person.wait_until(lambda: looked_for == ["", "bob"])
        assert not person.sees("You pay Bob")
        await person.press("enter")
        assert person.sees("Notes")
        may_be_answered.set()
        await person.wait_until(lambda: person.is_told_no)
        several = f"Several are called Bob: bob2@example.org, {BOB}. Type the one you mean."
        assert person.problem_of("pay") == several
        await person.do_form(pay=BOB)
        await person.wait_until(lambda: isinstance(person.app.screen, ConfirmModal))
        assert person.sees(f"You pay Bob ({BOB}) 6 credits. 94 left.")
        await person.press("y")
        await form_gone(person)


async def test_what_is_typed_on_or_left_while_a_name_is_looked_up_is_not_sent(day, monkeypatch):
    monkeypatch.setattr(contact_book, "MAX_RESULTS", 2)
    async with at_home(day) as person:
        await person.press("p")
        await form_opened(person)
        for_bob, may_bob = hold_back(person, "bob")
        await person.fill(credits="6", pay="Bob")
        await person.press("enter")
        await person.wait_until(lambda: "bob" in for_bob)
        await person.press("shift+tab", "end", "0")
        may_bob.set()
        await person.wait_until(lambda: not learning(person))
        assert person.form.rows[0].text == "60"
        for_carol, may_carol = hold_back(person, "carol")
        await person.do_form(pay="Carol")
        await person.wait_until(lambda: "carol" in for_carol)
        await person.press("escape")
        await form_gone(person)
        may_carol.set()
        await person.wait_until(lambda: not learning(person))
        assert person.app.context.state.wallet.credits == 100


async def be_told_what_stands_against_it_after_the_question(person):
    against, sent = {}, []

    async def send(values):
        sent.append(values)
        return {"failed": False}

    amount = Field("credits", "Credits", fields.Credits, initial="6")
    spec = FormSpec("Pay", "Pay", (amount,), validate=lambda _: against, confirmation=lambda _: "Really?")
    person.app.screen.ask_with(spec, send)
    await form_opened(person)
    await person.press("enter")
    await person.wait_until(lambda: isinstance(person.app.screen, ConfirmModal))
    against["credits"] = "Not enough credits: 6 needed, your balance is 5."
    await person.press("y")
    await form_opened(person)
    assert person.problem_of("credits") == against["credits"]
    assert not sent


async def test_a_payment_is_given_back_in_part_and_no_more_than_it_was(day):
    async with at_home(day) as person:
        ask = person.app.context.send
        await ask(action="login", user_name="bob", user_pass=PASSWORD)
        await ask(action="supply", supply="credits", credits=50, currency="EUR", cost="1")
        await ask(action="pay", pay="ada@example.org", credits=40)
        await ask(action="switch", switch="account", account="ada@example.org")
        await settled(person)
        received = person.app.screen.query_one(RecordList).rows[0].record
        person.app.run_worker(refund(person.app.screen, received[1], BOB, 40))
        await form_opened(person)
        await person.do_form(credits="41")
        assert person.problem_of("credits") == "At most 40 credits can be refunded."
        await person.fill(credits="15")
        assert person.sees(f"Bob ({BOB}) gets 15 credits back. 125")
        await person.press("enter")
        await form_gone(person)
        assert result(person) == "✓ Bob has 15 credits back. 125 left."


async def test_the_form_looks_as_it_is_kept(day, looks_as_kept):
    async with person_on(day) as person:
        await person.register()
        await have_contacts(person, ("Bob", BOB), ("Bobette", "bobette@example.org"))
        await person.have_time()
        await settled(person)
        await person.press("p")
        await form_opened(person)
        await knows_who_can_be_meant(person)
        await person.press("1", "0", "enter", "b", "o")
        await person.wait_until(lambda: person.sees("bette@example.org") and person.sees("→ Bobette"))
        async for size in at_sizes(person, NARROW, USUAL):
            assert await looks_as_kept(person, size)


async def test_a_name_becomes_its_email_and_what_stands_against_it_is_said(day):
    async with at_home(day) as person:
        await leave_the_field_after_a_name(person)
        await person.press("escape")
        await form_gone(person)
        await be_told_what_stands_against_it_after_the_question(person)
        await person.press("escape")
        await form_gone(person)
        await transfer_to_what_the_right_arrow_takes(person)
