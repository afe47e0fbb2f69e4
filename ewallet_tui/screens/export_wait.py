"""What is seen while records are saved: how many there are so far, and the way out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Label

from ewallet_tui.exporting import Keeper, NothingToSave, Parts, save
from ewallet_tui.exporting_download import Download
from ewallet_tui.exporting_file import NewFile, export_folder, why_not_written
from ewallet_tui.screens.sheet_screen import SheetScreen, titled
from ewallet_tui.words import count

if TYPE_CHECKING:
    from ewallet_tui.app import EWalletApp

SHOWN_AFTER = 0.3
"""In seconds; what is done before that needs no sheet that flashes by."""
LEFT = "You left before it was done. Nothing was saved."
NOT_SAVED = "Not saved."


class ExportWait(SheetScreen[str | None]):
    """Its result is the line that says what was saved, or `None` where nothing was, which is said already."""

    DEFAULT_CSS = """
    ExportWait {
        background: transparent;
        .sheet { display: none; }
        Horizontal { height: 1; margin-top: 1; align-horizontal: right; }
        Label { width: 1fr; }
        &.-long { background: $background 60%; }
        &.-long .sheet { display: block; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Stop", id="stop_export")]

    def __init__(self, parts: Parts, noun: str) -> None:
        super().__init__()
        self._parts = parts
        self._noun = noun

    @property
    def wallet_app(self) -> EWalletApp:
        """The app, which says what went wrong."""
        return cast("EWalletApp", self.app)

    def compose(self) -> ComposeResult:
        """The count, and the way out."""
        with Vertical() as sheet:
            titled(sheet, "Export")
            yield Label(f"{count(0, self._noun)} so far", markup=False)
            with Horizontal():
                yield Button("esc Stop", id="stop")

    def on_mount(self) -> None:
        """Begin."""
        self.set_timer(SHOWN_AFTER, lambda: self.add_class("-long"))
        self._saving = self._save()

    def action_leave(self) -> None:
        """Stop; nothing of it stays."""
        if not self._saving.is_finished:
            self._saving.cancel()
            self.wallet_app.say(LEFT)
            self.dismiss(None)

    def on_button_pressed(self) -> None:
        """Do as Escape does."""
        self.action_leave()

    @work
    async def _save(self) -> None:
        folder = export_folder(self._otherwise)
        keeper: Keeper = Download(self.app) if self.app.is_web else NewFile(folder)
        try:
            self.dismiss(await save(self._parts, keeper, self._tell, self._noun))
        except NothingToSave as reason:
            self._give_up(str(reason))
        except OSError as problem:
            self._give_up(why_not_written(problem, folder))

    def _give_up(self, reason: str) -> None:
        self.wallet_app.say(reason, title=NOT_SAVED, severity="error")
        self.dismiss(None)

    def _tell(self, so_far: int) -> None:
        self.query_one(Label).update(f"{count(so_far, self._noun)} so far")

    @property
    def _otherwise(self) -> Path:
        """Beside the person's settings, where there are no downloads."""
        file = self.wallet_app.preferences.file
        return file.parent if file else Path.home()
