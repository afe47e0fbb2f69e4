"""How the engine can be reached is said by sign and word, whatever room there is."""

import pytest
from msgspec.structs import replace
from person import Person

from ewallet_core.client import ConnectionStatus, Reach
from ewallet_tui.status import connection_status_text, is_connected, place_within

MODE = "wallet.example.org:8080"
CONNECTED = ConnectionStatus(Reach.CONNECTED)
WAITING = ConnectionStatus(Reach.RECONNECTING, 3, "The server has closed the connection.")
TRYING = ConnectionStatus(Reach.RECONNECTING)
UNTRIED = ConnectionStatus(Reach.OFFLINE)
GONE = ConnectionStatus(Reach.OFFLINE, reason="Nobody listens there.")


@pytest.mark.parametrize(
    ("connection", "words"),
    [
        (CONNECTED, "● wallet.example.org:8080"),
        (WAITING, "◌ reconnecting 3 s"),
        (TRYING, "◌ reconnecting…"),
        (UNTRIED, "◌ connecting…"),
        (GONE, "✕ offline"),
    ],
)
def test_each_state_has_its_sign_and_its_word(connection, words):
    assert connection_status_text(connection, MODE, 40).plain == words


def test_the_engine_of_this_process_is_there_as_soon_as_the_app_is():
    assert connection_status_text(UNTRIED, "embedded", 40).plain == "● this computer"
    assert is_connected(UNTRIED, "embedded")
    assert not is_connected(GONE, "embedded")


@pytest.mark.parametrize(
    ("place", "width", "shown"),
    [
        (MODE, 23, MODE),
        (MODE, 20, "wallet.example…:8080"),
        ("[2001:db8::1234:5678]:8080", 18, "[2001:db8::1…:8080"),
        ("embedded", 6, "this …"),
        (MODE, 3, ":80"),
    ],
)
def test_a_place_that_is_too_long_keeps_its_port(place, width, shown):
    assert place_within(place, width).plain == shown


@pytest.mark.parametrize("connection", [CONNECTED, WAITING, TRYING, UNTRIED, GONE])
def test_it_is_never_wider_than_there_is_room(connection):
    for width in range(30):
        assert connection_status_text(connection, MODE, width).cell_length <= max(width, 2)


async def test_the_state_is_whole_in_the_tabs_line_beside_the_longest_name(opened):
    async with opened() as person:
        await person.register("n" * 64, "long@example.org")
        for size in ((60, 20), (80, 24), (120, 40)):
            await person.resize(*size)
            for connection in (replace(WAITING, retry_in_seconds=12), GONE):
                show(person, connection)
                state = connection_status_text(connection, MODE, 40).plain
                await person.wait_until(lambda state=state: person.sees(f"… {state}"))


def show(person: Person, connection: ConnectionStatus) -> None:
    person.app.context.connection.status = connection
    person.app.context.connection_changed.publish(connection)


async def test_the_wait_for_the_next_try_is_counted_down(opened, instant):
    async with opened() as person:
        await person.register()
        watch = person.app.context.connection
        watch._take(WAITING)
        for words in ("◌ reconnecting 3 s", "◌ reconnecting 2 s", "◌ reconnecting 1 s", "◌ reconnecting…"):
            await person.wait_until(lambda words=words: person.sees(words))
            instant.pass_by(seconds=1)
            watch._tick()
        watch._take(CONNECTED)
        await person.wait_until(lambda: person.shows_account("ada"))
