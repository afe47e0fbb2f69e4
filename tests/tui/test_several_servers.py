"""An app with several servers of the same wallets, which goes on at the next when one fails."""

from __future__ import annotations

import pytest
from backends import Server
from elsewhere import Elsewhere
from frozen import form_gone, form_opened
from person import Person

from ewallet_core.client import Reach
from ewallet_core.protocol.address import Servers
from ewallet_tui.app import EWalletApp
from ewallet_tui.config.preferences import Preferences
from ewallet_tui.screens.connection import ConnectionScreen
from ewallet_tui.screens.modal import ConfirmModal

SIZES = [(80, 24), (120, 40)]


@pytest.fixture(params=["sockets", "tls", "http"])
def servers(request, open_engine, tmp_path):
    """Two servers, of which each with a certificate has another."""
    folders = (None, None) if request.param == "sockets" else (tmp_path / "one", tmp_path / "two")
    started = [Server(open_engine, folder, http=request.param == "http") for folder in folders]
    for server in started:
        server.start()
    yield started
    for server in started:
        server.stop()


@pytest.fixture
def both(servers):
    return Servers(tuple(server.place.first for server in servers))


def has_certificates(both):
    return both.first.tls


async def go_to(person, servers):
    await person.press("ctrl+o")
    await person.wait_until(lambda: isinstance(person.app.screen, ConnectionScreen) and person.app.focused)
    await person.press("tab")
    person.app.focused.value = str(servers)
    await person.press("enter")


async def trust_all(person, both):
    """Trust each certificate, after its fingerprint was shown."""
    known = person.app.context.connecting.backends.known_servers
    for address in both.addresses if has_certificates(both) else ():
        await person.wait_until(lambda address=address: is_asked_about(person, address.name))
        assert person.sees(known.fingerprint_of(address.name))
        await person.press("ctrl+t")


def is_asked_about(person, name):
    return isinstance(person.app.screen, ConfirmModal) and person.sees(f"{name} is new on this computer")


async def is_at(person, address):
    await person.wait_until(lambda: person.app.screen.query("#login Input"))
    await person.wait_until(lambda: person.sees(f"● {address.name}"))


@pytest.mark.parametrize("size", SIZES)
async def test_a_form_stays_when_a_server_stops_and_is_sent_to_the_next(opened, folder, servers, both, size):
    async with opened(size) as person:
        await go_to(person, both)
        await trust_all(person, both)
        await is_at(person, both.first)
        await person.register()
        await person.press("u")
        await form_opened(person)
        await person.fill(credits="100", cost="12.50", notes="only once")
        servers[0].stop()
        await person.wait_until(lambda: person.app.context.connection.place == both.addresses[1].name)
        await person.wait_until(lambda: person.app.context.connection.is_connected)
        assert [row.text for row in person.form.rows] == ["100", "EUR", "12.50", "only once"]
        await person.press("enter")
        await form_gone(person)
        assert person.sees("✓ You got 100 credits. New balance: 100.")
        assert person.shows_account("ada")
        assert person.sees(f"● {both.addresses[1].name}"[:16])
        await person.log_out()
    kept = Preferences.read(folder)
    assert (kept.last_server, kept.servers) == (both, (str(both),))


async def test_another_server_in_use_is_a_quiet_note(opened, servers, both):
    async with opened() as person:
        await go_to(person, both)
        await trust_all(person, both)
        await is_at(person, both.first)
        await person.register()
        for stopped, next_one in ((0, 1), (1, 0)):
            servers[stopped].stop()
            words = f"You are now connected to {both.addresses[next_one].name}."
            await person.wait_until(lambda words=words: words in person.toasts)
            servers[stopped].start()
        assert {note.severity for note in person.app._notifications} == {"information"}
        assert person.app.context.connection.status.reach is Reach.CONNECTED


async def test_what_others_do_is_shown_after_the_change(opened, servers, both, open_engine):
    async with opened() as person:
        await go_to(person, both)
        await trust_all(person, both)
        await is_at(person, both.first)
        await person.register()
        servers[0].stop()
        await person.wait_until(lambda: person.app.context.connection.place == both.addresses[1].name)
        with open_engine() as engine:
            Elsewhere(engine, "ada").ask(
                action="supply", supply="credits", credits=7, currency="EUR", cost="1"
            )
        await person.wait_until(lambda: person.app.context.state.wallet.credits == 7)


async def test_the_settings_can_name_several_servers(folder, backend, servers, both, instant):
    Preferences.read(folder).with_choice(server=str(both), servers=(str(both),))
    preferences = Preferences.read(folder)
    assert not preferences.config_errors
    servers[0].stop()
    app = EWalletApp(
        lambda: backend.backends, preferences, preferences.last_server, instant, instant.wall_seconds
    )
    async with app.run_test(notifications=True) as pilot:
        person = Person(app, pilot)
        if has_certificates(both):
            await person.wait_until(lambda: is_asked_about(person, both.addresses[1].name))
            await person.press("ctrl+t")
        await is_at(person, both.addresses[1])
        await person.press("ctrl+o")
        await person.wait_until(lambda: person.sees(f"● {both.shown}"[:40]))


async def test_if_no_server_answers_each_is_named(opened, servers, both):
    for server in servers:
        server.stop()
    async with opened() as person:
        await go_to(person, both)
        await person.wait_until(lambda: person.app.screen.query("#reason.-there"))
        reason = str(person.app.screen.query_one("#reason").content)
        assert reason.startswith("None of these servers can be used.")
        assert all(f"\nNothing is listening on {address.name}." in reason for address in both.addresses)


@pytest.mark.parametrize("servers", ["tls", "http"], indirect=True)
async def test_servers_of_which_one_is_not_trusted_are_left(opened, servers, both):
    async with opened() as person:
        await go_to(person, both)
        await person.wait_until(lambda: is_asked_about(person, both.first.name))
        await person.press("ctrl+t")
        await person.wait_until(lambda: is_asked_about(person, both.addresses[1].name))
        await person.press("escape")
        await person.wait_until(lambda: isinstance(person.app.screen, ConnectionScreen))
        assert person.sees(f"{both.addresses[1].name} was not trusted. Choose a server.")
        known = person.app.context.connecting.backends.known_servers
        assert known.mark_of(both.first.name) is not None
        assert known.mark_of(both.addresses[1].name) is None
