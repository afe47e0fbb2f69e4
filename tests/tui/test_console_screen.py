"""The console: what was asked and answered is seen and copied, and something is asked by hand."""

import json

import pytest
from backends import over_a_server
from frozen import person_on, settled, standing_still
from person import PASSWORD

from ewallet_tui.instruction_log import DOTS, MAX_EXCHANGES, InstructionLog
from ewallet_tui.screens.console import ConsoleExchange
from ewallet_tui.widgets.console_input import ConsolePrompt
from ewallet_tui.widgets.console_log import ConsoleLog

CLIENT_ACTION = {"controller": "client", "ctype": "action"}
SUPPLY = {"action": "supply", "supply": "credits", "credits": 100, "currency": "EUR", "cost": "10"}


@pytest.fixture
def day(monkeypatch, kind_of_backend, tmp_path, new_folder):
    for standing in standing_still(monkeypatch, kind_of_backend, tmp_path, new_folder):
        monkeypatch.setattr(InstructionLog, "calendar", staticmethod(standing.today))
        yield standing


@pytest.fixture
def console(opened):
    """Opens the console of somebody who has an account."""

    async def open_console(person):
        await person.register()
        await person.press("7")
        await person.wait_until(lambda: log(person).line is not None)

    return open_console


def log(person):
    return person.app.screen.query_one(ConsoleLog)


def prompt(person):
    return person.app.screen.query_one(ConsolePrompt)


def chains(person):
    return [str(line.chain) for line in log(person)._lines]


def shown(person, id):
    return str(person.app.screen.query_one(f"#{id}").content)


async def write(person, line, *keys):
    """Type a line as a terminal would have it pasted, then press keys."""
    prompt(person).focus()
    await person.pilot.pause()
    prompt(person).value = line
    prompt(person).cursor_position = len(line)
    await person.pilot.pause()
    await person.press(*keys)


@over_a_server
async def test_what_is_written_by_hand_is_sent_and_the_picture_stays_true(opened, console):
    async with opened() as person:
        await console(person)
        await person.press("s")
        await person.press(*"sup", "tab", *"cre", "tab", *"credits=100 currency=EUR cost=", "1", "enter")
        await person.wait_until(lambda: person.app.context.state.wallet.credits == 100)
        await person.wait_until(lambda: person.sees("→ supplied"))
        assert prompt(person).value == ""
        await person.press("up")
        assert prompt(person).value == "supply credits credits=100 currency=EUR cost=1"
        await write(person, '{"action": "convert", "convert": "credits2clock", "credits": 20}', "enter")
        await person.wait_until(lambda: person.app.context.state.wallet.credits == 80)
        await write(person, "system action view accounts", "enter")
        await person.wait_until(lambda: person.sees("system action view accounts "))
        await write(person, "pay pay=bob@example.org credits=10", "enter")
        await person.wait_until(lambda: shown(person, "detail").startswith("✕ No account here has"))
        await person.press("escape", "v", "end")
        assert log(person).line.chain.selectors[-1] == "pay"
        await person.press("enter")
        await person.wait_until(lambda: person.sees('"failed": true'))


async def be_told_what_is_wrong_and_log_out(person):
    await person.press("s", "tab")
    assert not isinstance(person.app.focused, ConsolePrompt)
    sent = person.count_instructions()
    await write(person, "pay credits=0 pay=bob@example.org ", "enter")
    assert shown(person, "detail").startswith("✕ credits must be a whole number from 1")
    assert not sent
    assert prompt(person).value
    await write(person, "pay ")
    assert shown(person, "candidates") == "tab  pay=  credits=  notes=  payee_account="
    assert shown(person, "detail") == "Still needed: pay, credits."
    assert "Pay" in shown(person, "about")
    offered = person.app.screen.query_one("#candidates")
    await person.pilot.click(offered, offset=(str(offered.content).index("credits=") + 2, 0))
    assert (prompt(person).value, person.app.focused) == ("pay credits=", prompt(person))
    await person.press("escape")
    assert person.app.focused is log(person)
    await write(person, "logout", "enter")
    await person.wait_until(lambda: person.app.screen.query("#login"))
    assert "ada" not in str(person.app.context.store.log.exchanges)


async def see_copy_and_recall_no_secret(person):
    await write(person, f"login user_name=ada user_pass='{PASSWORD}'")
    assert not set(PASSWORD.split()) & set(person.screen_text.split())
    prompt(person).action_select_all()
    prompt(person).action_copy()
    assert "unrelated" not in person.app.clipboard
    assert "user_name=ada" in person.app.clipboard
    await person.press("enter")
    await person.wait_until(lambda: "login" in str(chains(person)[1:]))
    await person.press("up")
    assert prompt(person).value == "login user_name=ada user_pass="
    await person.press("escape", "slash", *"login", "enter")
    await person.press("y")
    assert json.loads(person.app.clipboard)["user_pass"] == DOTS
    await person.press("enter")
    await person.wait_until(lambda: isinstance(person.app.screen, ConsoleExchange))
    assert person.sees(f'"user_pass": "{DOTS}"')
    assert "unrelated" not in person.screen_text


async def hide_and_filter(person):
    await person.app.context.send(**SUPPLY)
    await person.app.context.send(action="convert", convert="credits2clock", credits=20)
    await person.wait_until(lambda: any("convert" in chain for chain in chains(person)))
    assert any("view" in chain for chain in chains(person))
    await person.press("v")
    assert [chain.split()[2] for chain in chains(person)] == ["login", "supply", "convert"]
    assert shown(person, "shown").endswith(": 3 instructions")
    await person.press("slash", *"CREDITS2", "enter")
    assert len(chains(person)) == 1
    await person.press("slash", *"nothing like it")
    assert person.sees("Nothing found. Escape shows everything again.")
    await person.press("escape", "v")
    assert len(chains(person)) > 3


async def open_and_copy_an_exchange(person):
    await person.app.context.send(**SUPPLY, notes="[/b]\x1b\u202e")
    await person.press("v")
    await person.wait_until(lambda: person.sees("supply credits"))
    await person.press("Y")
    assert json.loads(person.app.clipboard)["failed"] is False
    await person.press("enter")
    await person.wait_until(lambda: isinstance(person.app.screen, ConsoleExchange))
    assert person.sees('"credits": 100')
    await person.press("y")
    copied = person.app.clipboard
    assert json.loads(copied) == {**CLIENT_ACTION, **SUPPLY, "notes": "[/b]\x1b\u202e"}
    assert copied.isascii()
    assert not set(person.screen_text) & set("\x1b\u202e")
    # The toasts cover the button.
    person.app.clear_notifications()
    await person.pilot.pause()
    await person.click("#copy-answer")
    assert json.loads(person.app.clipboard)["failed"] is False
    await person.press("escape")
    assert not isinstance(person.app.screen, ConsoleExchange)


async def follow_the_newest(person):
    for _ in range(20):
        await person.app.context.store.refresh()
    await person.pilot.pause()
    await person.wait_until(lambda: log(person).cursor == len(log(person)._lines) - 1)
    assert log(person).is_vertical_scroll_end
    await person.press("up", "up", "up")
    looked_at, top = log(person).line, log(person).scroll_offset.y
    await person.app.context.store.refresh()
    await person.pilot.pause()
    assert log(person).line.exchange.number == looked_at.exchange.number
    assert log(person).scroll_offset.y == top
    await person.press("end")
    await person.app.context.store.refresh()
    await person.pilot.pause()
    await person.wait_until(lambda: log(person).is_vertical_scroll_end)
    assert log(person).cursor == len(log(person)._lines) - 1
    kept = person.app.context.store.log
    for _ in range(MAX_EXCHANGES):
        with kept.exchange({**CLIENT_ACTION, "action": "view", "view": "account"}) as note:
            note({"failed": False})
    await person.pilot.pause()
    await person.wait_until(lambda: len(log(person)._lines) == MAX_EXCHANGES)
    top, first = log(person).scroll_offset.y, log(person)._lines[0].exchange.number
    await person.press("home")
    await person.app.context.store.refresh()
    await person.pilot.pause()
    assert top > MAX_EXCHANGES // 2
    assert log(person).cursor == 0
    assert log(person)._lines[0].exchange.number > first


async def live(day, person):
    await person.register()
    ask = person.app.context.send
    await ask(**SUPPLY, notes="for [/b] \u202elunch")
    day.pass_by(seconds=61)
    await ask(action="pay", pay="bob@example.org", credits=10, notes="for lunch")
    await ask(action="convert", convert="credits2clock", credits=60)
    await person.press("7")
    await settled(person)
    # How many looks there were depends on what was quicker.
    await person.press("v")


async def test_the_console_looks_as_it_is_kept(day, looks_as_kept):
    async with person_on(day) as person:
        await live(day, person)

        async def looks(state, *sizes):
            for width, height in sizes:
                await person.resize(width, height)
                assert await looks_as_kept(person, f"{state}-{width}x{height}")

        await looks("filled", (60, 20), (120, 40), (80, 24))
        await write(person, f"edit account old_pass='{PASSWORD}' user_n")
        await looks("typing", (80, 24))
        await write(person, "veiw acount", "enter")
        await looks("error", (60, 20))
        await write(person, "", "escape", "end", "up", "enter")
        await looks("exchange", (60, 20), (120, 40))
        await person.press("escape", "slash", *"nothing like it")
        await looks("empty", (80, 24))


async def test_exchanges_are_filtered_opened_copied_and_followed_and_show_no_secret(opened, console):
    async with opened() as person:
        await console(person)
        for do in hide_and_filter, open_and_copy_an_exchange, see_copy_and_recall_no_secret:
            await do(person)
            await person.press("escape", "escape", "end")
        # Everything is shown again.
        await person.press("v")
        await follow_the_newest(person)
        await be_told_what_is_wrong_and_log_out(person)
