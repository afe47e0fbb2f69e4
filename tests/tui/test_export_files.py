"""What a screen shows is taken along as a file: whole or not at all, and never over another."""

from __future__ import annotations

import asyncio
import csv
import errno
import json
import os
from codecs import BOM_UTF8
from contextlib import asynccontextmanager
from io import StringIO
from pathlib import Path

import pytest
from frozen import settled, standing_still
from person import Person
from textual.binding import Binding
from textual.widgets import Input

from ewallet_tui.app import EWalletApp
from ewallet_tui.export import (
    FOLDER_VARIABLE,
    NewFile,
    SavedFile,
    as_known,
    expanded,
    export_folder,
    in_cells,
    why_not_written,
)
from ewallet_tui.screens.base import BaseScreen
from ewallet_tui.screens.export import FILES, MONTH, ONE, VCARD, export_records
from ewallet_tui.screens.modal import ChoiceModal
from ewallet_tui.screens.progress import ProgressModal
from ewallet_tui.widgets.footer import ResultLine

MANY = 8
LONG_NOTES = "=HYPERLINK(1) " + "ö" * 900


class Exporting(BaseScreen):
    """A screen of which nothing is there but what it exports."""

    MODE = "sheets"
    BINDINGS = [Binding("E", "take_along", "Export")]  # noqa: RUF012
    wanted = {"kind": "transfer"}  # noqa: RUF012

    def action_take_along(self) -> None:
        export_records(self, **self.wanted)


@pytest.fixture
def day(monkeypatch, kind_of_backend, tmp_path, new_folder):
    yield from standing_still(monkeypatch, kind_of_backend, tmp_path / "wallet", new_folder)


@pytest.fixture
def saved_to(monkeypatch, tmp_path):
    """The folder that is exported to; it is made when it is first needed."""
    folder = tmp_path / "saved"
    monkeypatch.setenv(FOLDER_VARIABLE, str(folder))
    return folder


@asynccontextmanager
async def at_a_sheet(day, transfers=0, **wanted):
    async with day.make_app().run_test(size=(80, 24), notifications=True) as pilot:
        person = Person(pilot.app, pilot)
        await person.register()
        for _ in range(transfers):
            supply = {"credits": 1, "currency": "EUR", "cost": "0.10", "notes": LONG_NOTES}
            await person.app.context.store.client.send(
                controller="client", ctype="action", action="supply", supply="credits", **supply
            )
        screen = Exporting(person.app.context)
        screen.wanted = {"kind": "transfer", **wanted}
        await person.app.push_screen(screen)
        await settled(person)
        yield person


async def begin(person, downs=0):
    await person.press("E")
    await person.wait_until(lambda: isinstance(person.app.focused, Input))
    await person.press(*["down"] * downs, "enter")


async def export(person, downs=0):
    """Export in the form that is so many lines down, and read what was said of it."""
    person.app.clear_notifications()
    await begin(person, downs)
    screen = next(screen for screen in person.app.screen_stack if isinstance(screen, Exporting))
    result = screen.query_one(ResultLine)
    await person.wait_until(
        lambda: person.app.screen is screen and (result.has_class("-there") or person.toasts)
    )
    return str(result.content) if result.has_class("-there") else person.toasts


def read_csv(file):
    with file.open(newline="", encoding="utf-8-sig") as lines:
        return list(csv.DictReader(lines))


def hold_exports(person):
    """Holds back further pages until the returned event is set."""
    go_on, asked, client = asyncio.Event(), asyncio.Event(), person.app.context.store.client
    send = client.send

    async def held(**instruction):
        if instruction["action"] == "export" and "before" in instruction:
            asked.set()
            await go_on.wait()
        return await send(**instruction)

    client.send = held
    return go_on, asked


async def test_a_sheet_of_several_pages_is_one_whole_file_in_each_form(day, saved_to):
    async with at_a_sheet(day, MANY) as person:
        counted = person.count_instructions()
        said = await export(person)
        assert counted["export"] > 1
        names = [path.name for path in saved_to.iterdir()]
        assert said == f"✓ Saved {MANY} records to {saved_to / names[0]}."
        (file,) = saved_to.iterdir()
        assert (file.suffix, file.stat().st_mode & 0o777) == (".csv", 0o600)
        assert file.name == "Transfer sheet 1.csv"
        assert file.read_bytes().startswith(BOM_UTF8)
        shown = read_csv(file)
        assert {(row["Credits"], row["When"][:10], row["Notes"]) for row in shown} == {
            ("1", "2026-11-20", "'" + LONG_NOTES)
        }
        assert len(shown) == MANY
        for downs in (1, 2, 3):
            await export(person, downs)
        raw = {path.suffix: path for path in saved_to.iterdir() if path != file}
        rows = read_csv(raw[".csv"])
        assert len({row["id"] for row in rows}) == len(rows) == MANY
        assert {row["notes"] for row in rows} == {"'" + LONG_NOTES}, "a spreadsheet would carry it out"
        as_list = json.loads(raw[".json"].read_text(encoding="utf-8"))
        lines = raw[".jsonl"].read_text(encoding="utf-8").splitlines()
        assert [record["id"] for record in as_list] == [int(row["id"]) for row in rows]
        assert [json.loads(line) for line in lines] == as_list


async def test_a_file_that_is_there_stays_as_it_is_and_only_what_is_shown_is_taken_along(day, saved_to):
    async with at_a_sheet(day, 1) as person:
        await export(person)
        (first,) = saved_to.iterdir()
        first.write_text("mine", encoding="utf-8")
        for number in (2, 3):
            assert f"-{number}.csv." in await export(person)
        assert first.read_text(encoding="utf-8") == "mine"
        assert len(list(saved_to.iterdir())) == 3
        person.app.screen.wanted = {"kind": "transfer", "text": "no such text"}
        assert "Saved 0 records" in await export(person)
        person.app.screen.wanted = {"kind": "transfer", "since": "2026-11-21"}
        assert "Saved 0 records" in await export(person)
        person.app.screen.wanted = {"kind": "transfer", "since": "2026-11-20", "until": "2026-11-21"}
        assert "Saved 1 record" in await export(person)


async def test_a_long_export_waits_for_who_looks_elsewhere_and_leaves_nothing_when_it_is_left(day, saved_to):
    async with at_a_sheet(day, MANY) as person:
        go_on, asked = hold_exports(person)
        await begin(person)
        await person.wait_until(lambda: asked.is_set() and person.sees("records so far"))
        assert not person.sees(" 0 records so far")
        assert [path.suffix for path in saved_to.iterdir()] == [".part"]
        await person.press("escape")
        await person.wait_until(lambda: not list(saved_to.iterdir()))
        assert isinstance(person.app.screen, Exporting)
        assert "Nothing was saved." in person.toasts
        go_on.set()

        go_on, asked = hold_exports(person)
        await begin(person)
        await person.wait_until(asked.is_set)
        await person.app.push_screen(ChoiceModal("Something else", {}))
        go_on.set()
        await person.wait_until(lambda: [path.suffix for path in saved_to.iterdir()] == [".csv"])
        assert isinstance(person.app.screen, ChoiceModal)
        await person.press("escape")
        await person.wait_until(lambda: isinstance(person.app.screen, Exporting))
        await person.wait_until(lambda: person.sees(f"✓ Saved {MANY} records"))

        _, asked = hold_exports(person)
        await begin(person)
        await person.wait_until(lambda: asked.is_set() and len(list(saved_to.iterdir())) == 2)
        await person.app.context.lifecycle.leave()
        await person.wait_until(lambda: [path.suffix for path in saved_to.iterdir()] == [".csv"])


async def test_what_fails_is_said_in_words(day, saved_to):
    async with at_a_sheet(day, 1, sheet_id=10**6) as person:
        assert "Not saved." in (said := await export(person))
        assert "no transfer sheet with that number" in said
        assert list(saved_to.iterdir()) == []
        saved_to.rmdir()
        saved_to.write_text("not a folder", encoding="utf-8")
        person.app.screen.wanted = {"kind": "transfer"}
        said = await export(person)
        assert f"Set another folder with {FOLDER_VARIABLE}." in said
        assert not isinstance(person.app.screen, ProgressModal)


async def test_in_a_browser_it_goes_to_the_browsers_downloads(day, saved_to, monkeypatch):
    delivered = {}

    def deliver(_, file, save_filename):
        with file:
            delivered[save_filename] = file.read().decode()

    async with at_a_sheet(day, 2) as person:
        monkeypatch.setattr(EWalletApp, "is_web", True)
        monkeypatch.setattr(EWalletApp, "deliver_binary", deliver)
        said = await export(person)
        ((name, text),) = delivered.items()
        assert said == f"✓ Saved 2 records to {name}, in your browser's downloads."
        rows = csv.DictReader(StringIO(text.removeprefix("\ufeff")))
        assert [row["Notes"] for row in rows] == ["'" + LONG_NOTES] * 2
        assert not saved_to.exists()


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("../../.ssh/authorized_keys", "ssh-authorized_keys"),
        (".bashrc", "bashrc"),
        ("/etc/passwd", "etc-passwd"),
        ("\x1b[31m\u202egnp.csv", "31m-gnp.csv"),
        ("日本.csv", "日本.csv"),
        ("C:\\con?.csv", "C-con-.csv"),
        ("", "export"),
        ("日" * 10_000 + ".csv", "日" * 32 + ".csv"),
    ],
)
def test_a_name_from_elsewhere_leads_nowhere_else(tmp_path, name, given):
    folder = tmp_path / "saved"
    with NewFile(folder) as file:
        file.write("text")
        file.finish(name)
    assert [path.name for path in folder.iterdir()] == [given]


def test_a_file_that_is_not_finished_was_never_there(tmp_path):
    with NewFile(tmp_path) as file:
        file.write("half")
    assert list(tmp_path.iterdir()) == []


async def test_a_saved_file_is_opened_by_the_desktops_program(day, saved_to, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    opened = tmp_path / "opened"
    program = tmp_path / "xdg-open"
    program.write_text(
        f'#!/bin/sh\necho "$1" > {opened}.part && mv {opened}.part {opened}\n', encoding="utf-8"
    )
    program.chmod(0o700)
    async with at_a_sheet(day, 1) as person:
        await export(person)
        assert not person.sees("opens it"), "without a display there is no desktop"
        monkeypatch.setenv("DISPLAY", ":0")
        await export(person)
        assert person.sees("z opens it")
        await person.press("z")
        await person.wait_until(opened.exists)
        assert opened.read_text(encoding="utf-8").strip() == str(saved_to / "Transfer sheet 1-2.csv")


def test_a_link_that_leads_elsewhere_is_not_followed(tmp_path):
    elsewhere, folder = tmp_path / "elsewhere", tmp_path / "saved"
    folder.mkdir()
    (folder / "a.csv").symlink_to(elsewhere)
    with NewFile(folder) as file:
        assert file.finish("a.csv")[0].endswith("a-2.csv")
    assert not elsewhere.exists()


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "~/Downloads is full."),
        (errno.EDQUOT, "~/Downloads is full."),
        (errno.EACCES, "You can't write to ~/Downloads: permission denied."),
        (errno.EROFS, "You can't write to ~/Downloads: permission denied."),
        (errno.EIO, "~/Downloads can't be written to: input/output error."),
    ],
)
def test_a_disk_error_is_explained_with_a_way_out(number, words):
    said = why_not_written(OSError(number, os.strerror(number)), Path.home() / "Downloads")
    assert said.startswith(words)
    assert said.endswith(("Free some space and export again.", f"Set another folder with {FOLDER_VARIABLE}."))


def test_the_folder_is_the_named_one_else_the_downloads_else_another(monkeypatch, tmp_path):
    otherwise, downloads = tmp_path / "data", tmp_path / "downloads"
    monkeypatch.delenv(FOLDER_VARIABLE, raising=False)
    monkeypatch.setenv("XDG_DOWNLOAD_DIR", str(downloads))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert export_folder(otherwise) == otherwise
    downloads.mkdir()
    assert export_folder(otherwise) == downloads
    monkeypatch.setenv(FOLDER_VARIABLE, "~/exports")
    assert as_known(export_folder(otherwise)) == "~/exports"


@pytest.mark.parametrize(
    ("room", "shown"),
    [
        (80, "~/Downloads/of/2026/Transfer sheet 1.csv"),
        (35, "~/Down…of/2026/Transfer sheet 1.csv"),
        (24, "~…6/Transfer sheet 1.csv"),
        (22, "…/Transfer sheet 1.csv"),
        (21, "~/Download…heet 1.csv"),
    ],
)
def test_a_long_path_loses_the_middle_of_its_folder_before_its_name(room, shown):
    assert in_cells("~/Downloads/of/2026/Transfer sheet 1.csv", room) == shown
    path = Path.home() / "Downloads/of/2026/Transfer sheet 1.csv"
    saved = SavedFile(f"Saved 1 record to {as_known(path)}.", path)
    assert saved.within(room + len("Saved 1 record to .")) == f"Saved 1 record to {shown}."


def test_every_choice_of_a_format_stands_on_one_line():
    assert all(len(words) <= 50 for words in (FILES | VCARD | ONE | MONTH).values())


def test_without_a_home_files_go_to_the_folder_of_the_wallet(monkeypatch, tmp_path):
    def nobody(_):
        raise KeyError

    for name in ("HOME", "XDG_DOWNLOAD_DIR", "EWALLET_EXPORT_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pwd.getpwuid", nobody)
    assert export_folder(tmp_path) == tmp_path
    assert as_known(tmp_path / "a.csv") == str(tmp_path / "a.csv")
    assert expanded("~/a.csv") == Path("~/a.csv")
    monkeypatch.setenv("EWALLET_EXPORT_DIR", str(tmp_path))
    assert export_folder(Path("/elsewhere")) == tmp_path
