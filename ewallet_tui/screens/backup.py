"""Backing up the wallet to a chosen file, and how a backup is restored."""

from __future__ import annotations

import asyncio
import shlex
from pathlib import Path
from typing import Any

from textual import work

from ewallet_core import client
from ewallet_core.data_folder import NoHomeError, find_data_folder
from ewallet_core.instructions import fields
from ewallet_core.presentation.formatting import file_size
from ewallet_tui.availability import Possible
from ewallet_tui.backups import backup_folder, new_backup_file
from ewallet_tui.context import AppContext
from ewallet_tui.export import as_known, expanded, in_cells
from ewallet_tui.screens.base import BaseScreen
from ewallet_tui.screens.modal import Choice, FactsModal
from ewallet_tui.screens.progress import ProgressModal, Tell
from ewallet_tui.widgets.footer import ResultLine
from ewallet_tui.widgets.form import Answer, FormSpec
from ewallet_tui.widgets.form_field import Field

NOT_SAVED = "No backup was saved."
STOPPED = "Backup stopped. Nothing was saved."
NO_FOLDER = "Nothing is saved here, so there is nothing to back up."
NOTE = (
    "The whole wallet in one file, with the settings and the known servers. Keep it where only you can read "
    "it, best on another disk."
)
RESTORE = (
    "The app uses the wallet, so quit it first (q). The command verifies the backup and asks before it "
    "replaces anything. The wallet that is here now is kept under a new name, and everyone must log in again."
)


def can_back_up(context: AppContext) -> Possible:
    """Whether the wallet is on this computer, in a folder."""
    if context.connecting.server is not None:
        return f"This wallet is at {context.connection.place}. Its operator backs it up."
    return True if context.preferences.file is not None else NO_FOLDER


class BackupWork:
    """Saves a backup; its result is the size of the file, or `None` if there is none."""

    title = "Back up"
    begun = "Copying …"

    def __init__(self, context: AppContext, folder: Path, file: Path) -> None:
        self._context = context
        self._folder = folder
        self._file = file
        self._is_stopped = False

    async def carry_out(self, tell: Tell) -> int | None:
        loop = asyncio.get_running_loop()

        def progress(doing: str, done: int, total: int) -> None:
            if self._is_stopped:
                raise client.BackupError(STOPPED)
            share = f" {done * 100 // total} %" if total > 1 else ""
            loop.call_soon_threadsafe(tell, f"{doing} …{share}")

        try:
            return await asyncio.to_thread(client.save_backup, self._folder, self._file, progress)
        except client.BackupError as reason:
            if self._is_stopped:
                self._context.notify(STOPPED)
            else:
                self._context.notify(str(reason), title=NOT_SAVED, severity="error")
        return None

    def stop(self) -> bool:
        self._is_stopped = True
        return True


def back_up(screen: BaseScreen) -> None:
    """Ask for a file, and save a backup as it."""
    preferences = screen.context.preferences
    offered = new_backup_file(preferences)
    if preferences.file is None or offered is None:
        return
    folder, chosen = preferences.file.parent, [offered]

    async def choose(values: dict[str, Any]) -> Answer:
        typed = expanded(values["path"])
        chosen.append(typed / offered.name if typed.is_dir() else typed)
        return {"failed": False}

    def closed(answer: Answer | None) -> None:
        if answer is not None:
            _save(screen, BackupWork(screen.context, folder, chosen[-1]), chosen[-1])

    field = Field("path", "File", fields.Notes, initial=as_known(offered))
    screen.ask_with(FormSpec("Back up the wallet", "Save", (field,), note=NOTE), choose, closed)


@work(group="backup")
async def _save(screen: BaseScreen, saving: BackupWork, file: Path) -> None:
    size = await screen.app.push_screen_wait(ProgressModal(saving))
    if size is not None:

        def words(room: int) -> str:
            end = f", {file_size(size)}, and verified."
            return f"Saved {in_cells(file, room - len('Saved ') - len(end))}{end}"

        screen.query_one(ResultLine).say(words(10_000), None, words)


@work
async def explain_restore(screen: BaseScreen) -> None:
    """Show the command that restores a backup, which can't run while the app uses the wallet."""
    context = screen.context
    command = f"ewallet {_folder_option(context)}restore FILE"
    folder = backup_folder(context.preferences)
    facts = (("Command", command), ("Backups", as_known(folder) if folder else ""))
    sheet = FactsModal(
        "Restore a backup", facts, (("What happens", RESTORE),), Choice("copy", "y", "copy the command")
    )
    if await screen.app.push_screen_wait(sheet) is not None:
        context.copy(command)


def _folder_option(context: AppContext) -> str:
    """The option that names the data folder, unless it is the default one."""
    file = context.preferences.file
    try:
        is_default = file is None or find_data_folder() == file.parent
    except NoHomeError:
        is_default = False
    return "" if file is None or is_default else f"--data-dir {shlex.quote(str(file.parent))} "
