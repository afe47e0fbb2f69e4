"""Backing up in the app: to a file that is asked for, and as the settings schedule it."""

from __future__ import annotations

import asyncio

from click.testing import CliRunner
from frozen import form_gone, form_opened

from ewallet_core.backup.archive import read_manifest
from ewallet_tui.__main__ import main
from ewallet_tui.backups import NOT_MADE
from ewallet_tui.config.preferences import Preferences
from ewallet_tui.widgets.form import Form
from ewallet_tui.widgets.setting_lists import SettingList

KEPT = "ewallet-*.tar"


async def open_settings(person):
    await person.register()
    await person.press("comma")
    await person.wait_until(lambda: person.app.screen.query(SettingList) and person.sees("Theme"))


async def choose_in_palette(person, typed):
    await person.press("colon", *typed)
    await person.wait_until(lambda: person.app.screen.query("CommandList") and person.sees(typed))
    await person.press("enter")


async def test_the_palette_backs_up_to_the_offered_file_from_any_screen(opened, folder):
    async with opened(size=(120, 40)) as person:
        await person.register()
        await choose_in_palette(person, "back up the wallet")
        await form_opened(person)
        assert str(folder / "backups") in person.form.rows[0].text
        await person.press("enter")
        await form_gone(person)
        await person.wait_until(lambda: person.sees("and verified."))
    (made,) = (folder / "backups").glob(KEPT)
    assert CliRunner().invoke(main, ["verify", str(made)]).exit_code == 0


async def test_a_file_that_can_not_be_written_is_explained(opened, tmp_path):
    (tmp_path / "there.tar").write_text("precious")
    async with opened() as person:
        await open_settings(person)
        for typed, said in (("there.tar", "exists already."), ("a/b/c.tar", "can't be used")):
            await person.press("b")
            await form_opened(person)
            await person.do_form(path="")
            assert person.problem_of("path") == "File can't be left empty."
            await person.do_form(path=str(tmp_path / typed))
            await person.wait_until(lambda said=said: said in person.toasts)
            await person.wait_until(lambda: not person.app.screen.query(Form))
    assert (tmp_path / "there.tar").read_text() == "precious"


async def test_the_command_that_restores_is_shown_and_copied(opened, folder):
    async with opened() as person:
        await open_settings(person)
        await person.press("B")
        await person.wait_until(lambda: person.sees("ewallet restore FILE"))
        await person.press("y")
        await person.wait_until(lambda: person.app.clipboard == "ewallet restore FILE")


async def test_a_schedule_chosen_in_the_settings_makes_a_backup_at_once(opened, folder):
    async with opened() as person:
        await open_settings(person)
        names = [setting.name for setting in person.app.screen.query_one(SettingList)._settings]
        await person.press(*["down"] * names.index("backup_every"), "right")
        assert person.sees("✓ Back up: every hour. Saved in preferences.toml.")
        await person.wait_until(lambda: list((folder / "backups").glob(KEPT)))
    assert Preferences.read(folder).backup_every == "1h"
    (made,) = (folder / "backups").glob("ewallet-scheduled-*.tar")
    assert "preferences.toml" in read_manifest(made).names


async def test_a_schedule_goes_on_at_the_next_start_and_a_failure_is_shown(opened, folder):
    (folder / "backups").write_text("no folder")
    async with opened(backup_every="1d") as person:
        await person.wait_until(lambda: NOT_MADE in person.toasts)
        assert "can't be used" in person.toasts or "exists" in person.toasts


async def test_a_wallet_at_a_server_is_backed_up_by_its_operator(opened):
    async with opened() as person:
        await open_settings(person)
        person.app.context.connecting.server = "wallet.example.org"
        person.app.screen.refresh_bindings()
        await asyncio.sleep(0)
        await person.press("b")
        await person.wait_until(lambda: "Its operator backs it up." in person.toasts)
