"""What a person likes is kept among their own lines, and a mistake there is named and harms no other."""

import re
from pathlib import Path

import pytest

from ewallet_core.protocol.address import Servers
from ewallet_tui.config.file import one_message
from ewallet_tui.config.preferences import MAX_ACCOUNTS, MAX_SERVERS, Preferences
from ewallet_tui.config.settings import SETTINGS

NAME = "preferences.toml"
DOCUMENTED = Path(__file__).parents[2] / "docs" / "settings.md"


def place(number):
    return Servers.read(f"host{number}.example.org:{8080 + number}")


def test_the_choice_is_kept(tmp_path):
    Preferences.read(tmp_path).with_choice(lock_after_minutes=15)
    assert Preferences.read(tmp_path).lock_after_minutes == 15


def test_every_choice_comes_back_as_it_was(tmp_path):
    chosen = {
        "theme": "nord",
        "lock_after_minutes": 60,
        "ask_above": 250,
        "numbers": "1 240",
        "hours": "12",
        "dates": "2026-11-12",
        "time_zone": "Asia/Kolkata",
        "bell": False,
        "desktop_notifications": True,
        "server": "wallet.example.org:8080",
        "servers": ("wallet.example.org:8080",),
        "accounts": {"embedded": ('ada "the first"', "bob@example.org")},
    }
    Preferences.read(tmp_path).with_choice(**chosen)
    kept = Preferences.read(tmp_path)
    assert {name: getattr(kept, name) for name in chosen} == chosen
    assert one_message(kept.config_errors) == ""


def test_the_first_file_explains_every_setting(tmp_path):
    Preferences.read(tmp_path).with_choice(bell=False)
    text = (tmp_path / NAME).read_text()
    assert text.isascii()
    for setting in SETTINGS:
        assert re.search(rf"^# .+\n(?:{setting.name} = |\[{setting.name}\])", text, re.MULTILINE), (
            setting.name
        )
    assert max(map(len, text.splitlines())) <= 90


@pytest.mark.parametrize("value", ["5", "true", "1.5"])
def test_a_key_that_is_no_text_stays_as_it_is_when_another_is_chosen(tmp_path, value):
    (tmp_path / NAME).write_text(f"[keys]\npay = {value}\n")
    read = Preferences.read(tmp_path)
    read.with_choice(keys={**read.keys, "help": "f2"})
    assert (tmp_path / NAME).read_text() == f'[keys]\npay = {value}\nhelp = "f2"\n'


def test_a_change_keeps_the_lines_comments_and_order_of_people(tmp_path):
    mine = '# mine\nhours = "12"  # as at home\n\n  theme = "nord"\n[keys]\nhelp = "f1"\n'
    (tmp_path / NAME).write_text(mine)
    Preferences.read(tmp_path).with_choice(theme="gruvbox").with_choice(bell=False)
    text = (tmp_path / NAME).read_text()
    assert text.startswith('# mine\nhours = "12"  # as at home\n\n  theme = "gruvbox"\n')
    assert text.endswith('[keys]\nhelp = "f1"\n')
    assert Preferences.read(tmp_path).bell is False
    assert "# Whether the terminal's bell" in text


def test_the_documented_example_is_read_without_complaint_and_has_every_setting(tmp_path):
    document = DOCUMENTED.read_text()
    example = re.search(r"```toml\n(.*?)```", document, re.DOTALL)[1]
    (tmp_path / NAME).write_text(example)
    preferences = Preferences.read(tmp_path)
    assert one_message(preferences.config_errors) == ""
    for setting in SETTINGS:
        assert getattr(preferences, setting.name) is not None
        assert setting.name in preferences.lines, setting.name
        assert re.search(rf"^\| `\[?{setting.name}\]?` \|", document, re.MULTILINE), setting.name


BROKEN = [
    ("lock_after_minutes = 7", "Line 1: lock_after_minutes must be 0, 1, 5, 15 or 60."),
    ("lock_after_minutes = true", "Line 1: lock_after_minutes must be"),
    ("theme = 5", "Line 1: theme can't be 5."),
    ('# look\ntheme = "nrod"', 'Line 2: theme can\'t be "nrod". Did you mean "nord"?'),
    ('\nthme = "nord"', 'Line 2: There is no setting "thme". Did you mean "theme"?'),
    ("ask_above = -1", "Line 1: ask_above must be a whole number from 0."),
    ("hours = 24", 'Line 1: hours must be "locale", "24" or "12".'),
    ("bell = 1", "Line 1: bell must be true or false."),
    ("\n= [", "Line 2: This is not TOML"),
    ("theme = \x00", "Line 1: This is not TOML"),
    ('server = "a b"', "Line 1: server must be a server such as"),
    ('servers = ["a b"]', "Line 1: servers must be a list"),
    ("keys = 5", "Line 1: [keys] must be a table"),
    ("[accounts]\nembedded = 5", "Line 1: [accounts] must have lists of names"),
]


@pytest.mark.parametrize(("text", "words"), BROKEN, ids=[text for text, _ in BROKEN])
def test_what_is_wrong_is_named_with_its_line_and_the_usual_setting_holds(tmp_path, text, words):
    (tmp_path / NAME).write_text(text)
    preferences = Preferences.read(tmp_path)
    assert one_message(preferences.config_errors).startswith(f"{NAME}: {words}")
    for setting in SETTINGS:
        assert getattr(preferences, setting.name) == setting.usual


def test_a_file_of_other_bytes_than_text_is_one_complaint(tmp_path):
    (tmp_path / NAME).write_bytes(b"\xff\xfe")
    assert (
        one_message(Preferences.read(tmp_path).config_errors)
        == f"{NAME}: It can't be read. Using the default settings."
    )


def test_one_wrong_setting_leaves_the_others_as_they_are_written(tmp_path):
    (tmp_path / NAME).write_text('theme = "nrod"\nlock_after_minutes = 15\n[accounts]\nembedded = ["ada"]')
    preferences = Preferences.read(tmp_path)
    assert (preferences.theme, preferences.lock_after_minutes) == ("ewallet-dark", 15)
    assert preferences.accounts_at(None) == ("ada",)


def test_many_mistakes_are_still_one_short_message(tmp_path):
    (tmp_path / NAME).write_text("a = 1\nb = 2\nc = 3\nd = 4\ne = 5\n")
    preferences = Preferences.read(tmp_path)
    assert len(preferences.config_errors) == 5
    assert one_message(preferences.config_errors).endswith("And 2 more: see the settings.")


def test_a_complaint_goes_when_its_setting_is_chosen_anew(tmp_path):
    (tmp_path / NAME).write_text('theme = "nrod"\nhours = 24\n')
    preferences = Preferences.read(tmp_path).with_choice(theme="nord")
    assert [config_error.line for config_error in preferences.config_errors] == [2]


async def test_the_complaint_is_shown_once(opened, folder, lasting_toasts):
    (folder / NAME).write_text("= [")
    async with opened() as person:
        await person.wait_until(lambda: NAME in person.toasts)
        assert person.toasts.count(NAME) == 1


def test_the_servers_that_were_used_are_kept_the_newest_first(tmp_path):
    preferences = Preferences.read(tmp_path)
    for number in (1, 2, 1):
        preferences = preferences.with_server_used(place(number))
    kept = Preferences.read(tmp_path)
    assert kept.last_server == place(1)
    assert kept.servers == (str(place(1)), str(place(2)))


def test_only_so_many_servers_are_kept(tmp_path):
    preferences = Preferences.read(tmp_path)
    for number in range(MAX_SERVERS + 2):
        preferences = preferences.with_server_used(place(number))
    kept = Preferences.read(tmp_path).servers
    assert len(kept) == MAX_SERVERS
    assert kept[0] == str(place(MAX_SERVERS + 1))


def test_the_engine_of_this_machine_is_remembered_too(tmp_path):
    Preferences.read(tmp_path).with_server_used(place(1)).with_server_used(None)
    kept = Preferences.read(tmp_path)
    assert kept.last_server is None
    assert kept.servers == (str(place(1)),)


def test_a_forgotten_server_is_not_gone_to_at_the_next_start(tmp_path):
    preferences = Preferences.read(tmp_path).with_server_used(place(1)).with_account_used("ada", place(1))
    preferences.without_server(place(1))
    kept = Preferences.read(tmp_path)
    assert (kept.last_server, kept.servers, kept.accounts) == (None, (), {})


def test_the_accounts_of_each_server_are_kept_apart_the_newest_first(tmp_path):
    preferences = Preferences.read(tmp_path)
    for name, server in (("ada", None), ("bob", None), ("ADA", None), ("carol", place(1))):
        preferences = preferences.with_account_used(name, server)
    kept = Preferences.read(tmp_path)
    assert kept.accounts_at(None) == ("ADA", "bob")
    assert kept.accounts_at(place(1)) == ("carol",)
    assert kept.without_account("bob", None).accounts_at(None) == ("ADA",)
    assert Preferences.read(tmp_path).without_account("Ada", None).accounts == {str(place(1)): ("carol",)}


def test_only_so_many_accounts_are_kept(tmp_path):
    preferences = Preferences.read(tmp_path)
    for number in range(MAX_ACCOUNTS + 2):
        preferences = preferences.with_account_used(f"user{number}", None)
    assert len(Preferences.read(tmp_path).accounts_at(None)) == MAX_ACCOUNTS


def test_who_never_chose_anything_has_no_file(tmp_path):
    Preferences.read(tmp_path).with_server_used(None)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_could_not_be_read_is_put_aside_and_not_lost(tmp_path):
    (tmp_path / NAME).write_text('theme = "ewallet-light')
    Preferences.read(tmp_path).with_server_used(Servers.read("wallet.example.org"))
    assert (tmp_path / f"{NAME}.damaged").read_text() == 'theme = "ewallet-light'
    assert Preferences.read(tmp_path).servers == ("wallet.example.org:8080",)


def test_a_file_that_is_linked_from_elsewhere_stays_linked(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "settings.toml").write_text("bell = true\n")
    (tmp_path / NAME).symlink_to(tmp_path / "mine" / "settings.toml")
    Preferences.read(tmp_path).with_choice(bell=False)
    assert (tmp_path / "mine" / "settings.toml").read_text() == "bell = false\n"


def test_a_choice_that_can_not_be_written_holds_all_the_same(tmp_path):
    preferences = Preferences.read(tmp_path / "missing").with_choice(bell=False)
    assert (preferences.bell, preferences.is_kept) == (False, False)


@pytest.mark.parametrize(("before", "after"), [(None, 0o600), (0o644, 0o600), (0o600, 0o600)])
def test_nobody_else_can_read_who_logged_in_here(tmp_path, before, after):
    file = tmp_path / NAME
    if before is not None:
        file.write_text("bell = true\n")
        file.chmod(before)
    assert Preferences.read(tmp_path).with_account_used("ada", None).is_kept
    assert "ada" in file.read_text()
    assert file.stat().st_mode & 0o777 == after
    assert list(tmp_path.iterdir()) == [file]


def test_a_read_only_file_is_read_and_left_as_it_is(tmp_path):
    file = tmp_path / NAME
    file.write_text("bell = false\n")
    file.chmod(0o444)
    preferences = Preferences.read(tmp_path).with_account_used("ada", None)
    assert (preferences.bell, preferences.is_kept, preferences.accounts_at(None)) == (False, False, ("ada",))
    assert (file.read_text(), file.stat().st_mode & 0o777) == ("bell = false\n", 0o444)
    assert list(tmp_path.iterdir()) == [file]


def test_a_byte_order_mark_and_the_ends_of_lines_stay(tmp_path):
    file = tmp_path / NAME
    file.write_bytes(b'\xef\xbb\xbf# mine\r\ntheme = "ewallet-light"\r\n')
    preferences = Preferences.read(tmp_path)
    assert (preferences.theme, preferences.config_errors) == ("ewallet-light", ())
    assert preferences.with_choice(bell=False, theme="ewallet-dark").is_kept
    written = file.read_bytes()
    assert written.startswith(b'\xef\xbb\xbf# mine\r\ntheme = "ewallet-dark"\r\n')
    assert written.count(b"\n") == written.count(b"\r\n")
    assert written.count(b"\xef\xbb\xbf") == 1
    assert Preferences.read(tmp_path).bell is False
    assert list(tmp_path.iterdir()) == [file]


def test_a_damaged_file_that_is_linked_stays_linked_and_is_copied(tmp_path):
    (tmp_path / "mine").mkdir()
    target, link = tmp_path / "mine" / "settings.toml", tmp_path / NAME
    target.write_text("theme = ")
    link.symlink_to(target)
    assert Preferences.read(tmp_path).with_choice(bell=False).is_kept
    assert link.is_symlink()
    assert "bell = false" in target.read_text()
    assert (tmp_path / f"{NAME}.damaged").read_text() == "theme = "


def test_a_folder_in_place_of_the_file_is_left_alone(tmp_path):
    (tmp_path / NAME / "inside").mkdir(parents=True)
    preferences = Preferences.read(tmp_path)
    assert "can't be read" in one_message(preferences.config_errors)
    assert preferences.with_choice(bell=False).is_kept is False
    assert [file.name for file in tmp_path.iterdir()] == [NAME]
    assert (tmp_path / NAME / "inside").is_dir()
