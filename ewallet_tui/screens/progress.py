"""The modal screen of work that may take long: how far it is, and a way to stop it."""

from __future__ import annotations

from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ScreenResultType
from textual.widgets import Button, Label
from textual.worker import Worker

from ewallet_tui.screens.modal import Modal, titled

SHOWN_AFTER = 0.3
"""In seconds; shorter work shows no modal screen."""


class ProgressModal(Modal[ScreenResultType]):
    """Does its work as soon as it is mounted; its result is that of the work."""

    DEFAULT_CSS = """
    ProgressModal {
        background: transparent;
        .sheet { display: none; }
        Horizontal { height: 1; margin-top: 1; align-horizontal: right; }
        Label { width: 1fr; }
        &.-long { background: $background 60%; }
        &.-long .sheet { display: block; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Stop", id="stop_work")]

    working: Worker[None]

    def __init__(self, title: str, begun: str) -> None:
        """`begun` says how far it is before anything is done."""
        super().__init__()
        self._title = title
        self._begun = begun

    def compose(self) -> ComposeResult:
        with Vertical() as sheet:
            titled(sheet, self._title)
            yield Label(self._begun, markup=False)
            with Horizontal():
                yield Button("esc Stop", id="stop")

    def on_mount(self) -> None:
        self.set_timer(SHOWN_AFTER, lambda: self.add_class("-long"))
        self.working = self._work()

    def action_leave(self) -> None:
        if not self.working.is_finished:
            self.stop()

    def on_button_pressed(self) -> None:
        self.action_leave()

    async def carry_out(self) -> ScreenResultType | None:
        """The work itself."""
        raise NotImplementedError

    def stop(self) -> None:
        """Stop the work, because the user wants that."""
        raise NotImplementedError

    def tell(self, so_far: str) -> None:
        """Show how far the work is."""
        self.query_one(Label).update(so_far)

    @work
    async def _work(self) -> None:
        self.dismiss(await self.carry_out())
