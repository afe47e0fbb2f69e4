"""What docs/keys.md says is so: its strokes from Home do what they are for, and each screen has its keys."""

import re
import runpy
from pathlib import Path

import pytest
from frozen import person_on, settled, standing_still
from person import PASSWORD

from ewallet_core.presentation.clock_state import TimerState
from ewallet_tui.export import FOLDER_VARIABLE
from ewallet_tui.screens.record import RecordScreen

DOCS = Path(__file__).parents[2] / "docs"
TABLE = (DOCS / "keys.md").read_text(encoding="utf-8").partition("## By screen")[0]
ROW = re.compile(r"^\| (?P<to>[^|]+) \| (?P<strokes>`[^|]+) \| (?P<count>\d) \|$", re.MULTILINE)
STROKE = re.compile(r"`(?P<key>[^`]+)`|\*(?P<text>[^*]+)\*")
MOST_KEYS = 6
A_MONTH = 30 * 24 * 60
LASTING = {"events", "connecting", "export"}
"""The workers that wait for something else than the engine."""


@pytest.fixture
def saved_to(monkeypatch, tmp_path):
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "saved"))
    return tmp_path / "saved"


@pytest.fixture
def day(monkeypatch, kind_of_backend, tmp_path, new_folder):
    yield from standing_still(monkeypatch, kind_of_backend, tmp_path, new_folder)


async def have_lived(person, day):
    """Have a contact, who was paid twice last month and once in this, and some time."""
    grace = {"user_name": "Grace", "user_email": "grace@example.org"}
    await person.app.context.send(action="new", new="account", **grace, user_pass=PASSWORD)
    await person.register()
    await person.app.context.send(action="new", new="contact", contact="record", **grace)
    await person.have_time()
    for notes in ("lunch", "rent"):
        await person.app.context.send(action="pay", pay="grace@example.org", credits=5, notes=notes)
    day.pass_by(minutes=A_MONTH)
    await person.app.context.send(action="pay", pay="grace@example.org", credits=5, notes="lunch again")


def is_idle(person):
    return all(worker.is_finished or worker.group in LASTING for worker in person.app.workers)


async def press(person, strokes):
    """Press and type exactly that, as somebody does who sees what comes of each key."""
    for stroke in STROKE.finditer(strokes):
        typed = ("space" if letter == " " else letter for letter in stroke["text"] or "")
        await person.press(*([stroke["key"]] if stroke["key"] else typed))
        await person.wait_until(lambda: is_idle(person))


async def be_home(person):
    await person.press("escape", "1")
    await person.wait_until(lambda: person.app.current_mode == "home")
    await settled(person)


def found(person):
    rows = person.app.screen.panel.listed.rows if person.app.current_mode == "sheets" else ()
    return [row.record["notes"] for row in rows]


async def test_each_line_of_strokes_does_what_it_is_for(day, saved_to):
    def state():
        return person.app.context.state

    done = {
        "start the timer": lambda: state().clock.state is TimerState.ACTIVE,
        "stop the timer": lambda: state().clock.state is TimerState.INACTIVE,
        "turn 20 credits to time": lambda: person.sees("✓ 20 credits → 20:00. 45 left."),
        "pay a contact": lambda: person.sees("✓ Paid Grace") and person.sees("35 credits"),
        "export a sheet": lambda: person.sees("✓ Saved") and len(list(saved_to.iterdir())) == 1,
        "see the payments of last month": lambda: found(person) == ["rent", "lunch", ""],
        "find one of them, and open it": lambda: (
            isinstance(person.app.screen, RecordScreen) and person.sees("lunch") and not person.sees("again")
        ),
    }
    rows = {row["to"]: row["strokes"] for row in ROW.finditer(TABLE)}
    assert rows.keys() == done.keys()
    async with person_on(day, (100, 30)) as person:
        await have_lived(person, day)
        for to, strokes in rows.items():
            await be_home(person)
            assert not done[to](), to
            await press(person, strokes)
            await person.wait_until(done[to])


@pytest.mark.parametrize("row", ROW.finditer(TABLE), ids=lambda row: row["to"])
def test_the_keys_are_few_and_counted(row):
    pressed = [stroke["key"] for stroke in STROKE.finditer(row["strokes"]) if stroke["key"]]
    assert len(pressed) == int(row["count"]) <= MOST_KEYS


def test_the_keys_by_screen_are_those_that_the_screens_have():
    writer = runpy.run_path(str(DOCS / "keys_by_screen.py"))
    assert writer["FILE"].read_text(encoding="utf-8") == writer["build_page"](), "run make docs"
