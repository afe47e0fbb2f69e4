"""Where the engine is: chosen, tried, refused, remembered and forgotten."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from backends import Server
from person import Person

from ewallet_core.client import Reach, UnreachableError
from ewallet_core.client.trust import Identity, KnownServers
from ewallet_core.protocol.address import Servers
from ewallet_tui.app import EWalletApp
from ewallet_tui.config.preferences import Preferences
from ewallet_tui.screens.connection import ConnectionScreen, first_certificate
from ewallet_tui.screens.form_screen import FormScreen
from ewallet_tui.screens.modal import ConfirmModal
from ewallet_tui.widgets.server_list import ServerList

SIZES = [(80, 24), (120, 40), (60, 20)]
WALLET = "wallet.example.org:8080"
FINGERPRINT = "SHA256:" + "aB3/" * 10 + "xyz"
LONG_NAME = "a-very-long-name-of-a-host.in-some-department.of-a-long-domain.example.org:18080"


async def choose_connection(person):
    await person.press("ctrl+o")
    await person.wait_until(lambda: isinstance(person.app.screen, ConnectionScreen) and person.app.focused)


async def type_server(person, place):
    await person.press("tab")
    person.app.focused.value = str(place)
    await person.press("enter")


async def is_at(person, place):
    await person.wait_until(lambda: person.app.screen.query("#login Input"))
    await person.wait_until(lambda: person.sees(f"● {place}"))


@pytest.fixture
def server(open_engine):
    started = Server(open_engine)
    started.start()
    yield started
    started.stop()


@pytest.fixture
def nowhere(server):
    """A place at which nobody listens."""
    server.stop()
    return server.place


async def test_a_server_is_gone_to_and_remembered_also_back_at_this_machine(opened, folder, server):
    async with opened() as person:
        await choose_connection(person)
        await type_server(person, server.place)
        await is_at(person, server.place)
        await person.register()
        assert person.shows_account("ada")
        kept = Preferences.read(folder)
        assert (kept.last_server, kept.servers) == (server.place, (str(server.place),))
        await person.log_out()
        await choose_connection(person)
        assert person.app.screen.query_one(ServerList).current == server.place
        await person.press("up", "enter")
        await is_at(person, "this computer")
        await person.log_in()
    kept = Preferences.read(folder)
    assert (kept.last_server, kept.servers) == (None, (str(server.place),))


async def test_the_word_beside_the_place_opens_it_and_the_place_in_use_is_simply_gone_back_to(opened):
    async with opened() as person:
        backend = person.app.context.store.backend
        await person.click("ConnectionBadge")
        assert isinstance(person.app.screen, ConnectionScreen)
        await person.press("tab", *"a b", "tab")
        assert person.sees("That is not a server's address.")
        assert person.sees("Write it as")
        await person.press("shift+tab", "end", "x")
        assert not person.sees("That is not a server's address.")
        await person.press("escape")
        await is_at(person, "this computer")
        await choose_connection(person)
        await person.press("enter")
        await is_at(person, "this computer")
        assert person.app.context.store.backend is backend


async def test_a_server_that_is_not_there_changes_nothing(opened, folder, nowhere):
    async with opened() as person:
        await choose_connection(person)
        await type_server(person, nowhere)
        await person.wait_until(lambda: person.app.screen.query("#reason.-there"))
        assert person.app.focused.value == str(nowhere)
        await person.press("escape")
        await is_at(person, "this computer")
        await person.register()
    assert Preferences.read(folder).servers == ()


async def keep_silent(reader, writer):
    await reader.read()
    writer.close()


async def test_a_server_that_keeps_silent_can_be_given_up(opened):
    silent = await asyncio.start_server(keep_silent, "127.0.0.1", 0)
    place = Servers.read(f"127.0.0.1:{silent.sockets[0].getsockname()[1]}")
    async with opened() as person:
        await choose_connection(person)
        await type_server(person, place)
        await person.wait_until(lambda: person.sees(f"◌ Connecting to {place}…"))
        await person.press("escape")
        await person.wait_until(lambda: not person.sees("◌ Connecting to"))
        assert isinstance(person.app.screen, ConnectionScreen)
        await person.press("escape")
        await is_at(person, "this computer")
        await person.register()
    silent.close()


async def test_a_server_is_forgotten_after_a_question(opened, folder):
    Preferences.read(folder).with_choice(servers=("wallet.example.org:8080",))
    async with opened() as person:
        await choose_connection(person)
        await person.press("down", "d")
        await person.wait_until(lambda: isinstance(person.app.screen, ConfirmModal))
        await person.press("escape")
        assert person.sees("wallet.example.org:8080")
        await person.press("d")
        await person.wait_until(lambda: isinstance(person.app.screen, ConfirmModal))
        await person.press("f")
        await person.wait_until(lambda: not person.sees("wallet.example.org:8080"))
        await person.press("d")
        assert not isinstance(person.app.screen, ConfirmModal)
        assert "This computer always stays on the list." in person.toasts
    assert Preferences.read(folder).servers == ()


async def test_a_chosen_server_that_is_not_there_is_said_at_the_start(backend, folder, instant, nowhere):
    app = EWalletApp(
        lambda: backend.backends, Preferences.read(folder), nowhere, instant, instant.wall_seconds
    )
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        person = Person(app, pilot)
        await person.wait_until(lambda: app.screen.query("#reason.-there"))
        assert person.app.screen.query_one(ServerList).current == nowhere
        await person.press("escape")
        await person.wait_until(lambda: person.sees(f"✕ offline  {nowhere}"))
        await person.do_form(user_name="ada", user_pass="four unrelated words")
        await person.wait_until(lambda: person.is_told_no)
        await choose_connection(person)
        await person.press("up", "enter")
        await is_at(person, "this computer")


@pytest.fixture
def secured(open_engine, tmp_path):
    """A server that is known by a certificate of its own."""
    started = Server(open_engine, tmp_path / "first certificate")
    started.start()
    yield started
    started.stop()


def shows_another_certificate(server, tmp_path):
    server.stop()
    server.certificates = tmp_path / "second certificate"
    server.start()


async def meet(person, server):
    """Go to a server for the first time; returns the fingerprint that was shown."""
    await choose_connection(person)
    await type_server(person, server.place)
    await person.wait_until(lambda: isinstance(person.app.screen, ConfirmModal))
    fingerprint = person.app.context.connecting.backends.known_servers.fingerprint_of(server.place.first.name)
    assert person.sees("is new on this computer")
    assert person.sees(fingerprint)
    return fingerprint


async def test_a_first_certificate_is_shown_once_and_then_known(opened, folder, secured):
    async with opened() as person:
        fingerprint = await meet(person, secured)
        await person.press("ctrl+t")
        await is_at(person, secured.place.first.name)
        await person.register()
        assert person.shows_account("ada")
        await person.log_out()
        await choose_connection(person)
        await person.press("up", "enter")
        await is_at(person, "this computer")
        await choose_connection(person)
        assert person.sees(fingerprint)
        await person.press("down", "enter")
        await is_at(person, secured.place.first.name)
        assert not isinstance(person.app.screen, ConfirmModal)


async def test_a_server_is_reached_over_http_and_again_after_it_was_gone(
    opened, folder, open_engine, tmp_path
):
    server = Server(open_engine, tmp_path / "certificate", http=True)
    server.start()
    async with opened() as person:
        await meet(person, server)
        await person.press("ctrl+t")
        await is_at(person, server.place.first.name)
        await person.register()
        server.stop()
        await person.wait_until(lambda: person.sees("reconnecting"))
        server.start()
        await person.wait_until(lambda: person.sees(f"● {server.place.first.name}"))
        assert person.shows_account("ada")
        await person.log_out()
    assert Preferences.read(folder).servers == (f"https://{server.place.first.name}",)
    server.stop()


async def test_a_server_whose_first_certificate_is_doubted_is_left_and_not_known(opened, folder, secured):
    async with opened() as person:
        fingerprint = await meet(person, secured)
        for key in ("escape", "enter"):
            assert person.sees(fingerprint)
            await person.press(key)
            await person.wait_until(lambda: isinstance(person.app.screen, ConnectionScreen))
            assert person.sees("was not trusted. Choose a server.")
            assert (
                person.app.context.connecting.backends.known_servers.fingerprint_of(secured.place.first.name)
                is None
            )
            assert Preferences.read(folder).servers == ()
            await person.press("enter")
            await person.wait_until(lambda: isinstance(person.app.screen, ConfirmModal))


async def test_who_quits_instead_of_trusting_a_new_server_has_not_trusted_it(opened, secured):
    async with opened() as person:
        await meet(person, secured)
        known = person.app.context.connecting.backends.known_servers
        await person.press("ctrl+q")
        await person.wait_until(lambda: person.app._exit)
    assert known.fingerprint_of(secured.place.first.name) is None


async def test_what_was_typed_for_one_engine_is_not_there_for_the_next(opened, secured):
    async with opened() as person:
        await person.click("#leave")
        await person.wait_until(lambda: person.app.screen.query("#registration"))
        await person.fill(user_name="ada", user_email="ada@example.org", user_pass="four unrelated words")
        await meet(person, secured)
        await person.press("ctrl+t")
        await person.wait_until(lambda: person.app.screen.query("#login Input"))
        assert [row.text for row in person.form.rows] == ["", ""]
        await person.click("#leave")
        await person.wait_until(lambda: person.app.screen.query("#registration"))
        assert not person.sees("can't be recovered")


async def test_another_certificate_than_before_is_refused_with_both(opened, folder, secured, tmp_path):
    async with opened() as person:
        before = await meet(person, secured)
        await person.press("ctrl+t")
        await choose_connection(person)
        await person.press("up", "enter")
        await is_at(person, "this computer")
        shows_another_certificate(secured, tmp_path)
        await choose_connection(person)
        await person.press("down", "enter")
        await person.wait_until(lambda: person.app.screen.query("#reason.-there"))
        reason = str(person.app.screen.query_one("#reason").content)
        assert reason.count("SHA256:") == 2
        assert before in reason
        await person.press("escape")
        await is_at(person, "this computer")


async def test_who_is_logged_in_when_the_certificate_changes_is_led_away(opened, secured, tmp_path):
    async with opened() as person:
        await meet(person, secured)
        await person.press("ctrl+t")
        await is_at(person, secured.place.first.name)
        await person.register()
        shows_another_certificate(secured, tmp_path)
        await person.wait_until(lambda: isinstance(person.app.screen, ConnectionScreen))
        await person.wait_until(lambda: person.sees("shows another certificate"))
        assert person.app.context.state is None
        await person.press("escape")
        await person.wait_until(lambda: person.sees("✕ offline"))


async def test_a_form_that_waits_when_the_certificate_changes_is_said_to_be_unanswered(
    opened, secured, tmp_path
):
    async with opened() as person:
        await meet(person, secured)
        await person.press("ctrl+t")
        await is_at(person, secured.place.first.name)
        await person.register()
        await person.press("u")
        await person.wait_until(lambda: isinstance(person.app.screen, FormScreen) and person.form.rows)
        secured.stop()
        await person.wait_until(lambda: person.app.context.connection.status.reach is Reach.RECONNECTING)
        await person.do_form(credits="100", cost="1")
        secured.certificates = tmp_path / "second certificate"
        secured.start()
        await person.wait_until(lambda: isinstance(person.app.screen, ConnectionScreen))
        assert "no answer" in str(person.app.screen.query_one("#reason").content)


async def test_nothing_is_sent_to_a_new_server_before_it_is_trusted(backend, secured, instant):
    app = EWalletApp(lambda: backend.backends, Preferences(), secured.place, instant, instant.wall_seconds)
    async with app.run_test(notifications=True) as pilot:
        person = Person(app, pilot)
        app.run_worker(app.context.send(action="login", user_name="ada", user_pass="four unrelated words"))
        await person.wait_until(lambda: isinstance(app.screen, ConfirmModal))
        assert app.context.store.client.unanswered == 0
        await person.press("escape")
        await person.wait_until(lambda: app.screen.query("#reason.-there"))
        assert app.context.state is None


async def test_a_damaged_file_of_known_servers_is_said(opened, folder):
    (folder / "known_servers").write_text("nonsense")
    Preferences.read(folder).with_choice(servers=("wallet.example.org:8080",))
    async with opened() as person:
        await choose_connection(person)
        assert "Line 1 of" in str(person.app.screen.query_one("#reason").content)
        await person.press("down", "enter")
        await person.wait_until(lambda: not person.app.screen.has_class("-trying"))
        assert person.app.screen.query("#reason.-there")


def words_of_another_certificate(known):
    identity = Identity(WALLET, KnownServers(Path("/home/ada/known_servers")))
    identity.fingerprint = known.fingerprint_of(WALLET)
    with pytest.raises(UnreachableError) as refused:
        identity.check_pinned(b"another certificate")
    return str(refused.value)


async def test_it_looks_as_it_is_kept(opened, folder, looks_as_kept):
    (folder / "known_servers").write_text(f"{WALLET} {FINGERPRINT}\n")
    servers = (WALLET, "tcp://10.0.0.7:9000", LONG_NAME, "127.0.0.1:8080")
    async with opened(servers=servers) as person:

        async def looks(state):
            for width, height in SIZES:
                await person.resize(width, height)
                assert await looks_as_kept(person, f"{state}-{width}x{height}")

        await choose_connection(person)
        await looks("chosen_among_many")
        await person.press("down", "d")
        await person.wait_until(lambda: isinstance(person.app.screen, ConfirmModal))
        await looks("to_be_forgotten")
        await person.press("escape", "tab", *"a b:c", "tab")
        await looks("wrongly_typed")
        await person.press("escape")
        await choose_connection(person)
        known = KnownServers(person.app.context.connecting.backends.known_servers.path)
        person.app.screen.say_out_of_reach(words_of_another_certificate(known))
        await looks("another_certificate")
        await person.press("escape")
        await choose_connection(person)
        person.app.screen._show_trying(WALLET)
        await looks("being_tried")
        await person.press("escape")
        await person.app.push_screen(first_certificate(WALLET, FINGERPRINT))
        await looks("new_here")
