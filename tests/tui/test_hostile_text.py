"""What others wrote is only ever read: it is shown inert and cut well, wherever it comes up."""

import unicodedata

import pytest
from frozen import person_on, settled, standing_still
from person import PASSWORD
from rich.cells import cell_len

from ewallet_tui.navigation import destinations_for

CLICK = "[@click=app.quit]x[/]"
NAME = f"[/b]{CLICK} 漢字 e\u0301"
NOTES = (
    f"\x1b[2J\x07\u202egnirts\u2066 [/b] {CLICK} [bold red]a\nb\tc\r\v\f "
    "\U0001f469\u200d\U0001f4bb e\u0301\u0301 " + "漢" * 500
)
TAGS = [CLICK.lower(), "[/b]", "漢字", "e\u0301"]
MALLORYS = 2
"""The first transfer record after the issuer's."""
REFERENCE = f"[/]{CLICK} 漢字 sheet [red]"
SIZES = [(60, 20), (120, 40)]
LISTS = ("transfer", "invoice", "conversion", "time", "contact")


@pytest.fixture
def day(monkeypatch, kind_of_backend, tmp_path, new_folder):
    yield from standing_still(monkeypatch, kind_of_backend, tmp_path, new_folder)


async def live_among_mallories(person, day):
    """Have hostile text wherever the engine takes any."""

    async def ask(**instruction):
        answer = await person.app.context.send(**instruction)
        assert answer["failed"] is False, answer

    mallory = {
        "user_name": NAME.replace("@", "at"),
        "user_email": "mallory@example.org",
        "user_pass": PASSWORD,
    }
    await ask(action="new", new="account", **mallory)
    await person.register()
    await ask(action="edit", edit="account", user_phone="[/b]\u202e", user_alias="[@click=app.quit]")
    await ask(action="supply", supply="credits", credits=900, currency="EUR", cost="1", notes=NOTES)
    await ask(action="convert", convert="credits2clock", credits=30, notes=NOTES)
    await ask(action="pay", pay="mallory@example.org", credits=10, notes=NOTES)
    await ask(
        action="transfer", transfer="credits", transfer_to="mallory@example.org", credits=10, notes=NOTES
    )
    await ask(action="edit", edit="transfer", transfer="record", record_id=MALLORYS, private_notes=NOTES)
    for minutes in (3, 1):
        await ask(action="start", start="clock_timer", notes=NOTES, tags=TAGS)
        day.pass_by(minutes=minutes)
        if minutes == 3:
            await ask(action="stop", stop="clock_timer")
    contact = {
        "user_name": NAME,
        "user_email": "mallory@example.org",
        "user_phone": "[/b]\x1b[2J",
        "notes": NOTES,
    }
    await ask(action="new", new="contact", contact="record", **contact)
    for kind in LISTS:
        await ask(action="new", new=kind, **{kind: "list"}, reference=REFERENCE)
    for member in ("ewallet", "clock"):
        await ask(action="new", new="credit", credit=member, reference=REFERENCE)


async def read(person):
    """Wait until the screen has read all that it shows."""
    groups = {"records", "detail", "belonging"}
    await person.wait_until(lambda: all(w.is_finished for w in person.app.workers if w.group in groups))


async def must_be_inert_in_little_and_much_room(person):
    for width, height in SIZES:
        await person.resize(width, height)
        await read(person)
        must_be_inert(person, width)


def must_be_inert(person, width):
    """Every line fills the screen exactly, and what it says does nothing, not even when it is clicked."""
    strips = person.app.screen._compositor.render_strips()
    for strip in strips:
        assert cell_len(strip.text) == width, strip.text
        acting = {unicodedata.category(character) for character in strip.text} & {"Cc", "Cs"}
        assert not acting, strip.text
        assert not set(strip.text) & set("\u202e\u2066"), strip.text
        for segment in strip:
            assert "app.quit" not in str((segment.style.meta if segment.style else {}).get("@click", ""))


async def test_no_place_and_nothing_that_opens_over_it_does_what_a_text_says(day):
    async with person_on(day) as person:
        await live_among_mallories(person, day)
        await settled(person)
        for place in destinations_for("user"):
            await person.go_to(place.mode)
            await read(person)
            await must_be_inert_in_little_and_much_room(person)
        await person.resize(*SIZES[0])
        for keys in (
            ["5", "enter"],
            ["5", "e"],
            ["5", "M", "e"],
            ["5", "M", "enter"],
            ["3", "e"],
            ["3", "X"],
            ["5", "I", "enter"],
            ["5", "O"],
            ["5", "Y"],
            ["4", "enter"],
            ["4", "p"],
            ["4", "d"],
            ["4", "Y"],
            ["5", "d"],
            ["5", "N"],
            ["5", "right_square_bracket", "R"],
            ["5", "D"],
            ["2", "enter"],
            ["2", "O"],
            ["3", "enter"],
            ["6", "e"],
            ["colon"],
            ["question_mark"],
            ["semicolon"],
        ):
            for key in keys:
                await person.press(key)
                await read(person)
            must_be_inert(person, SIZES[0][0])
            await person.press("escape")
            await person.wait_until(lambda: len(person.app.screen_stack) == 1)
            await person.press("escape")
        assert not person.app._exit
