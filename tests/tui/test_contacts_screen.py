"""The contacts: written down, found, changed, taken off, on one list or another."""

import asyncio
from collections import Counter
from contextlib import asynccontextmanager

import pytest
from backends import over_a_server
from frozen import READING, form_gone, form_opened, person_on, settled, standing_still
from person import PASSWORD
from textual.widgets import Input, Label

from ewallet_core.presentation.contact_files import read_contacts
from ewallet_core.presentation.formatting import MINUS
from ewallet_tui import record_pages, record_query
from ewallet_tui.screens.contacts import ContactsScreen

SIZES = [(60, 20), (80, 24), (120, 40)]
HOSTILE_NAME = "[/b][@click=app.quit]x[/] 漢字 e\u0301"
HOSTILE_NOTES = "\x1b[2J \u202egnirts " + "n" * 900


@pytest.fixture
def day(monkeypatch, kind_of_backend, tmp_path, new_folder):
    yield from standing_still(monkeypatch, kind_of_backend, tmp_path, new_folder)


async def have_contacts(person):
    ask = person.app.context.send
    await ask(action="new", new="account", user_name="bob", user_email="bob@example.org", user_pass=PASSWORD)
    await person.register()
    await ask(action="supply", supply="credits", credits=500, currency="EUR", cost="50")
    await ask(action="pay", pay="bob@example.org", credits=12, notes="lunch")
    for name, email in (
        ("Grace Hopper", "grace@example.org"),
        ("bob", "bob@example.org"),
        (HOSTILE_NAME, "mallory@example.org"),
    ):
        await ask(
            action="new",
            new="contact",
            contact="record",
            user_name=name,
            user_email=email,
            user_phone="+1 555 0100",
            notes=HOSTILE_NOTES,
        )


async def shown(person):
    await settled(person)
    workers = person.app.workers
    await person.wait_until(lambda: all(w.is_finished for w in workers if w.group in READING))


@asynccontextmanager
async def at_the_contacts(day, size=(80, 24)):
    async with person_on(day, size) as person:
        await have_contacts(person)
        await person.press("4")
        await shown(person)
        yield person


def names(person):
    return [row.record["name"] for row in person.app.screen_stack[0].panel.listed.rows]


async def test_somebody_is_written_down_changed_and_taken_off(day):
    async with person_on(day) as person:
        await person.register()
        await person.press("4")
        await person.wait_until(lambda: person.sees("No contacts on this list yet."))
        await person.press("n")
        await form_opened(person)
        await person.do_form(user_name="Grace", user_email="grace@example", notes="")
        await person.wait_until(lambda: person.problem_of("user_email"))
        await person.do_form(user_email="grace@example.org")
        await form_gone(person)
        await person.wait_until(lambda: person.sees("Grace is saved."))
        await person.press("e")
        await form_opened(person)
        await person.do_form(user_phone="+1 555", user_name="Grace Hopper")
        await form_gone(person)
        await person.wait_until(lambda: names(person) == ["Grace Hopper"])
        assert person.app.screen.panel.row.record["phone"] == "+1 555"
        await person.press("d")
        await person.wait_until(lambda: person.sees("Remove contact"))
        assert person.sees("Name   Grace Hopper")
        assert person.sees("Your payments stay on your sheets. You can restore")
        await person.press("y")
        await person.wait_until(lambda: names(person) == [])
        await person.press("v")
        await person.wait_until(lambda: names(person) == ["Grace Hopper"])
        for width in (60, 120):
            await person.resize(width, 24)
            assert person.sees("u Restore")


async def test_contacts_stand_in_the_order_of_their_names_beside_what_passed_and_are_found_as_one_types(day):
    async with at_the_contacts(day, (120, 40)) as person:
        assert isinstance(person.app.screen, ContactsScreen)
        assert names(person) == [HOSTILE_NAME, "bob", "Grace Hopper"]
        await person.press("v")
        await person.wait_until(lambda: person.sees("Nothing was removed here."))
        await person.press("v")
        await person.wait_until(lambda: len(names(person)) == 3)
        await person.press("home", "down")
        await person.wait_until(lambda: person.sees(f"{MINUS}12"))
        await person.press("down")
        await person.wait_until(lambda: person.sees("No payments with"))
        await person.press("slash", *"hopp")
        await person.wait_until(lambda: names(person) == ["Grace Hopper"])
        await person.press("escape")
        await person.wait_until(lambda: len(names(person)) == 3)


@over_a_server
async def test_contacts_are_imported_after_a_look_at_them_and_exported_as_vcards(day, tmp_path, monkeypatch):
    monkeypatch.setenv("EWALLET_EXPORT_DIR", str(tmp_path))
    file = tmp_path / "address book.csv"
    file.write_text(
        "Name,Email\nAnn,ann@example.org\nGrace,GRACE@example.org\nNobody,\nAnn again,ann@example.org\n",
        encoding="utf-8",
    )
    async with at_the_contacts(day) as person:
        await person.press("i")
        await form_opened(person)
        await person.do_form(path=str(tmp_path / "none.csv"))
        await person.wait_until(lambda: person.problem_of("path"))
        await person.do_form(path=str(file))
        await person.wait_until(lambda: person.sees("1 new contact: Ann."))
        assert person.sees("2 are here already.")
        assert "1 entry can't be saved (line 4: no email)." in str(person.app.screen.query_one(Label).content)
        await person.press("y")
        await person.wait_until(lambda: names(person) == [HOSTILE_NAME, "Ann", "bob", "Grace Hopper"])
        await person.press("E")
        await person.wait_until(lambda: isinstance(person.app.focused, Input))
        await person.press("up", "enter")
        await person.wait_until((tmp_path / "Contact list 1.vcf").exists)
        read = read_contacts((tmp_path / "Contact list 1.vcf").read_text(encoding="utf-8"))
        assert {contact.email for contact in read} >= {"ann@example.org", "bob@example.org"}
        assert len(read) == 4


async def test_an_import_of_many_contacts_reads_the_account_once_and_can_be_stopped(day, tmp_path):
    file = tmp_path / "many.csv"
    lines = [f"Person {number},p{number}@example.org" for number in range(9)]
    spelled = ["Bo,bo@b\u00fccher.example", "Bob,bob@XN--BCHER-KVA.example"]
    file.write_text("\n".join(["Name,Email", *lines, *spelled]), encoding="utf-8")
    async with at_the_contacts(day) as person:
        here = {"user_name": "Bu", "user_email": "bob@b\u00fccher.example"}
        await person.app.context.send(action="new", new="contact", contact="record", **here)
        await shown(person)
        counted, hold, held = count_and_hold(person, "p4@example.org")
        await person.press("i")
        await form_opened(person)
        await person.do_form(path=str(file))
        await person.wait_until(lambda: person.sees("10 new contacts: Person 0, Person 1"))
        assert person.sees("1 is here already.")
        await person.press("y")
        await person.wait_until(lambda: held.is_set() and person.sees("4 of 10 contacts saved"))
        await person.press("escape")
        assert "Stopping after the contact" in person.toasts
        hold.set()
        await person.wait_until(lambda: person.sees("✓ Imported 5 contacts. 5 more were not saved."))
        assert (counted["new"], counted["overview"]) == (5, 1)
        await person.wait_until(lambda: len(names(person)) == 9)


def count_and_hold(person, email):
    """Counts what is sent, and holds back that email's contact until the first event is set."""
    hold, held, counted = asyncio.Event(), asyncio.Event(), Counter()
    client = person.app.context.store.client
    send = client.send

    async def counting(**instruction):
        counted[instruction["view" if instruction["action"] == "view" else "action"]] += 1
        if instruction.get("user_email") == email:
            held.set()
            await hold.wait()
        return await send(**instruction)

    client.send = counting
    return counted, hold, held


async def test_contacts_are_by_name_page_by_page_and_by_any_column(day, monkeypatch):
    monkeypatch.setattr(record_pages, "PAGE", 1)
    monkeypatch.setattr(record_query, "PAGE", 1)
    async with at_the_contacts(day) as person:
        assert names(person) == [HOSTILE_NAME, "bob", "Grace Hopper"]
        await person.press("S")
        await person.wait_until(lambda: names(person) == ["Grace Hopper", "bob", HOSTILE_NAME])
        assert person.sees("Name ▼")
        await person.press("s")
        await person.wait_until(lambda: person.sees("Email ▲"))
        await person.wait_until(lambda: names(person) == ["bob", "Grace Hopper", HOSTILE_NAME])
        await person.press("slash", *"hopp")
        await person.wait_until(lambda: names(person) == ["Grace Hopper"])
        await person.press("escape")
        await person.wait_until(lambda: len(names(person)) == 3)


async def test_contacts_look_as_they_are_kept(day, looks_as_kept):
    async with at_the_contacts(day) as person:
        for width, height in SIZES:
            await person.resize(width, height)
            await person.press("home", "down")
            await shown(person)
            assert await looks_as_kept(person, f"filled-{width}x{height}")
        await person.resize(80, 24)
        await person.press("home", "enter")
        await person.wait_until(lambda: person.sees("mallory@example.org") and person.sees("esc Back"))
        assert await looks_as_kept(person, "one-80x24")


async def test_where_there_is_no_room_beside_the_list_a_contact_is_shown_with_what_passed_and_is_paid_there(
    day,
):
    async with at_the_contacts(day, (60, 20)) as person:
        await person.press("down", "enter")
        await person.wait_until(lambda: person.sees("Payments with") and person.sees(f"{MINUS}12"))
        await person.press("tab", "enter")
        await person.wait_until(lambda: person.sees("→ Invoice") and not person.sees("Payments with"))
        assert person.app.focused.id == "back"
        await person.press("escape")
        await person.wait_until(lambda: person.sees("Payments with"))
        await person.press("t")
        await form_opened(person)
        await person.do_form(credits="6")
        await form_gone(person)
        assert person.app.context.state.wallet.credits == 500 - 12 - 6


async def test_contacts_are_paid_from_the_list_and_another_list_is_the_one_they_are_written_down_on(day):
    async with at_the_contacts(day) as person:
        await person.press("down", "p")
        await form_opened(person)
        await person.do_form(credits="5")
        await form_gone(person)
        await person.press("t")
        await form_opened(person)
        await person.do_form(credits="6")
        await form_gone(person)
        assert person.app.context.state.wallet.credits == 500 - 12 - 5 - 6
        await person.press("N")
        await form_opened(person)
        await person.do_form(reference="Work")
        await person.wait_until(lambda: person.sees("Work ▸  ● active   2 of 2") and names(person) == [])
        await person.press("n")
        await form_opened(person)
        await person.do_form(user_name="Ada", user_email="ada2@example.org")
        await form_gone(person)
        await person.wait_until(lambda: names(person) == ["Ada"])
        await person.press("left_square_bracket")
        await person.wait_until(lambda: len(names(person)) == 3)
