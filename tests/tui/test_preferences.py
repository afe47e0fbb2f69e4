"""What a person likes is kept, and a file that somebody damaged is worth one sentence."""

import pytest

from ewallet_core.wire.place import ServerPlace
from ewallet_tui.preferences import MOST_SERVERS, Preferences


def test_the_choice_is_kept(tmp_path):
    Preferences.read(tmp_path).with_choice(lock_after_minutes=15)
    assert Preferences.read(tmp_path).lock_after_minutes == 15


BROKEN = [
    "lock_after_minutes = 7",
    "lock_after_minutes = true",
    "theme = 5",
    "= [",
    "\x00",
    'server = "a b"',
    'servers = ["a b"]',
]


@pytest.mark.parametrize("text", BROKEN)
def test_a_broken_file_is_one_complaint_and_the_usual_settings(tmp_path, text):
    (tmp_path / "preferences.toml").write_text(text)
    preferences = Preferences.read(tmp_path)
    assert preferences.lock_after_minutes == 0
    assert "preferences.toml" in preferences.complaint


async def test_the_complaint_is_shown_once(opened, folder):
    (folder / "preferences.toml").write_text("= [")
    async with opened() as person:
        await person.wait_until(lambda: "preferences.toml" in person.toasts)
        assert person.toasts.count("preferences.toml") == 1


def place(number):
    return ServerPlace(f"host{number}.example.org", 8080 + number)


def test_the_servers_that_were_used_are_kept_the_newest_first(tmp_path):
    preferences = Preferences.read(tmp_path)
    for number in (1, 2, 1):
        preferences = preferences.with_server_used(place(number))
    kept = Preferences.read(tmp_path)
    assert kept.last_server == place(1)
    assert kept.servers == (str(place(1)), str(place(2)))


def test_only_so_many_servers_are_kept(tmp_path):
    preferences = Preferences.read(tmp_path)
    for number in range(MOST_SERVERS + 2):
        preferences = preferences.with_server_used(place(number))
    kept = Preferences.read(tmp_path).servers
    assert len(kept) == MOST_SERVERS
    assert kept[0] == str(place(MOST_SERVERS + 1))


def test_the_engine_of_this_machine_is_remembered_too(tmp_path):
    Preferences.read(tmp_path).with_server_used(place(1)).with_server_used(None)
    kept = Preferences.read(tmp_path)
    assert kept.last_server is None
    assert kept.servers == (str(place(1)),)


def test_a_forgotten_server_is_not_gone_to_at_the_next_start(tmp_path):
    Preferences.read(tmp_path).with_server_used(place(1)).without_server(place(1))
    kept = Preferences.read(tmp_path)
    assert (kept.last_server, kept.servers) == (None, ())


def test_who_never_chose_anything_has_no_file(tmp_path):
    Preferences.read(tmp_path).with_server_used(None)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_could_not_be_read_is_put_aside_and_not_lost(tmp_path):
    (tmp_path / "preferences.toml").write_text('theme = "ewallet-light')
    Preferences.read(tmp_path).with_server_used(ServerPlace.read("wallet.example.org"))
    assert (tmp_path / "preferences.toml.damaged").read_text() == 'theme = "ewallet-light'
    assert Preferences.read(tmp_path).servers == ("wallet.example.org:8080",)
