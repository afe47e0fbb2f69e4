"""Every question before something that can't be undone names the amounts, names and dates at stake."""

from __future__ import annotations

import ast
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from elsewhere import Elsewhere
from operating import be, there_is
from person import PASSWORD, Person
from syntax_trees import parse
from textual.widgets import Label

import ewallet_tui
from ewallet_tui.screens.base import BaseScreen
from ewallet_tui.screens.connection import first_certificate
from ewallet_tui.screens.modal import ConfirmModal, confirm
from ewallet_tui.screens.overlays import unanswered_confirmation
from ewallet_tui.widgets.form import Form
from ewallet_tui.widgets.permission_grid import PermissionGrid
from ewallet_tui.widgets.record_list import RecordList

PACKAGE = Path(ewallet_tui.__file__).parent
PASSES_ON = {"confirm"}
"""It asks what its caller says."""
ASKED_ELSEWHERE = {"ConnectionScreen._forget", "_checking.send", "_confirm"}
"""They name the server, who is paid instead, and the contacts of a file; their own tests ask them."""


def questions_in(file: Path) -> set[str]:
    """The qualified names of the functions that ask for a confirmation."""
    found = set()

    def visit(node: ast.AST, names: tuple[str, ...]) -> None:
        for child in ast.iter_child_nodes(node):
            named = isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            inner = (*names, child.name) if named else names
            called = child.func if isinstance(child, ast.Call) else None
            if getattr(called, "id", "") in ("confirm", "ConfirmModal"):
                found.add(".".join(names))
            visit(child, inner)

    visit(parse(file), ())
    return found


def all_questions() -> set[str]:
    return set().union(*(questions_in(file) for file in PACKAGE.rglob("*.py")))


def _caller() -> str:
    """The qualified name of the function that called the caller of this one."""
    return sys._getframe(2).f_code.co_qualname.replace(".<locals>", "")


@pytest.fixture
def asked(monkeypatch) -> set[str]:
    """The functions that have asked, by their qualified names."""
    names: set[str] = set()
    make = ConfirmModal.__init__

    async def note_and_confirm(*words):
        names.add(_caller())
        return await confirm(*words)

    def note_and_make(self, *words, **more):
        names.add(_caller())
        make(self, *words, **more)

    for module in [each for each in sys.modules.values() if vars(each).get("confirm") is confirm]:
        if module.__name__ != __name__:
            monkeypatch.setattr(module, "confirm", note_and_confirm)
    monkeypatch.setattr(ConfirmModal, "__init__", note_and_make)
    return names


async def question(person: Person, *keys: str) -> str:
    """Press the keys, and return the words of the question that they lead to; it is left again."""
    await person.press(*keys)
    await person.wait_until(lambda: isinstance(person.app.screen, ConfirmModal))
    words = str(person.app.screen.query_one(Label).content)
    await person.press("escape")
    return words


async def note_of_form(person: Person, key: str) -> str:
    """The note of the form that the key opens; it is left again."""
    await person.press(key)
    await person.wait_until(lambda: person.app.screen.query(Form))
    words = str(person.form.query_one(".note", Label).content)
    await person.press("escape")
    return words


async def have_much(person: Person, backend, another_engine) -> None:
    """Be an operator with two wallets, a running timer, a contact and a session elsewhere."""
    await there_is(person, "bob")
    await be(person, backend, "operator")
    await person.have_running_timer(20)
    ask = person.app.context.send
    holidays = (await ask(action="new", new="credit", credit="ewallet", reference="Holidays"))[
        "credit_ewallet"
    ]
    await ask(action="transfer", transfer="credits", to_ewallet=holidays, credits=30)
    contact = {"user_name": "Bob", "user_email": "bob@example.org", "user_phone": ""}
    await ask(action="new", new="contact", contact="record", **contact)
    await ask(action="new", new="contact", contact="list", reference="Shops")
    await ask(action="new", new="transfer", transfer="list", reference="Rent")
    Elsewhere(another_engine, "ada", "192.0.2.7")


async def leaving(person: Person) -> None:
    running = "Clock 1 is running, 20:00 left, and goes on {}."
    assert await question(person, "q") == running.format("without the app")
    await person.go_to("account")
    assert await question(person, "o") == running.format("after you log out")
    deletion = await note_of_form(person, "D")
    assert "On 20 Dec 2026, after 30 days, the account is erased for good" in deletion
    assert "Wallet 1: 50 credits; Clock 1 20:00, running\n" in deletion
    assert "Holidays: 30 credits\n" in deletion
    assert "your 1 other session: 192.0.2.7." in await note_of_form(person, "p")
    unanswered = unanswered_confirmation(person.app.context.state, person.app.context.now())
    assert "Clock 1 is running, 20:00 left" in unanswered._words
    await person.press("S")
    await person.wait_until(lambda: person.sees("192.0.2.7"))
    sessions = [await question(person, *keys) for keys in (["d"], ["down", "d"])]
    (this,) = [words for words in sessions if "you are using. It logs out ada here." in words]
    assert "Clock 1 is running, 20:00 left" in this
    (other,) = [words for words in sessions if "192.0.2.7" in words]
    assert "there since today 14:02, last used today 14:02" in other


async def removing(person: Person) -> None:
    await person.app.context.send(action="stop", stop="clock_timer")
    await person.go_to("wallet")
    words = await question(person, "D")
    assert words.startswith("This moves 50 credits and 20:00 of time from Wallet 1 to Holidays.")
    await person.press("right_square_bracket")
    await person.wait_until(lambda: person.app.context.state.wallet.credits == 30)
    words = await question(person, "D")
    assert "This moves 30 credits from Holidays to Wallet 1." in words
    assert "Holidays is removed with Clock 1 and its sheets." in words
    await person.press("left_square_bracket")
    await person.wait_until(lambda: person.app.context.state.wallet.credits == 50)
    await person.go_to("sheets")
    await person.wait_until(lambda: person.app.screen.panel.row)
    moved = "When     today 14:02\nWhat     moved\nCredits  \N{MINUS SIGN}30\nWith     to Holidays\n\n"
    assert (await question(person, "d")).startswith(moved)
    for kind, stays in (
        ("C", "Credits and time stay as they are"),
        ("M", "The time stays used"),
        ("T", "No balance"),
    ):
        await person.press(kind)
        await person.wait_until(lambda: person.app.screen.panel.row)
        assert f"\n\n{stays}" in await question(person, "d")
    assert "is removed with its 2 records of 20 Nov 2026." in await question(person, "D")
    await person.go_to("contacts")
    await person.wait_until(lambda: person.sees("bob@example.org"))
    words = await question(person, "d")
    assert words.startswith("Name   Bob\nEmail  bob@example.org\n\nYour payments stay on your sheets.")
    assert "is removed with its 1 contact: Bob." in await question(person, "D")
    assert await question_of_payment(person) == "You pay Bob (bob@example.org) 6 credits. 44 left."


async def question_of_payment(person: Person) -> str:
    await person.press("p")
    await person.wait_until(lambda: person.app.screen.query(Form))
    await person.fill(credits="6")
    words = await question(person, "enter")
    await person.press("escape")
    return words


async def operating_on(person: Person, another_engine) -> None:
    bob = "bob (bob@example.org)"
    await person.press("8")
    await person.wait_until(lambda: person.sees("bob@example.org"))
    await person.press("down")
    assert f"The timers of {bob} stop" in await question(person, "f")
    assert f"The current password of {bob} stops working" in await question(person, "p")
    assert f"{bob} can then do everything" in await question(person, "r", *"operator: ", "enter")
    await person.press("P")
    await person.wait_until(lambda: person.app.screen.query(PermissionGrid))
    await person.wait_until(lambda: person.app.screen.query_one(PermissionGrid).sheet)
    await person.press("slash", *"freeze", "enter")
    person.app.screen.query_one(PermissionGrid).column = 0
    assert "could then do what operators do: system action freeze account" in await question(person, "space")
    await person.press("W")
    await person.wait_until(lambda: person.app.screen.query("#workers"))
    person.app.screen.new_worker()
    await person.wait_until(lambda: person.sees("○ vacant"))
    assert "Worker 2, there since today 14:02, is removed." in await question(person, "end", "d")
    Elsewhere(another_engine, "bob").ask(action="unlink", unlink="account", user_pass=PASSWORD)
    person.app.screen.query_one("#cleaners", RecordList).focus()
    assert "Due now: none." in await question(person, *["down"] * 5, "c")
    assert "That is everything from before 21 Oct 2026." in await question(person, "down", "c")
    await person.press("s")
    await person.wait_until(lambda: person.app.screen.query(Form))
    await person.do_form(session_id="1")
    await person.wait_until(lambda: person.sees("Last use"))
    assert "Logged out at once: ada (ada@example.org)." in await question(person, "d")


async def coming_back(person: Person) -> None:
    await person.go_to("account")
    await person.press("A", "n")
    await person.wait_until(lambda: person.app.screen.query(Form))
    await person.fill(user_name="bob", user_pass=PASSWORD)
    assert "bob will be erased for good on 20 Dec 2026." in await question(person, "enter")


async def test_every_question_names_what_is_at_stake(
    opened, backend, another_engine, asked, instant, monkeypatch
):
    now = datetime.fromtimestamp(instant.wall() / 1_000, UTC)
    monkeypatch.setattr(BaseScreen, "today", staticmethod(lambda: now))
    async with opened(ask_above=5) as person:
        await have_much(person, backend, another_engine)
        await leaving(person)
        await removing(person)
        await operating_on(person, another_engine)
        await coming_back(person)
    assert "ada.example" in first_certificate("ada.example", "12:34")._words
    assert asked - PASSES_ON | ASKED_ELSEWHERE == all_questions() - PASSES_ON
