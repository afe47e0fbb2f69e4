"""The modal screen of work that may take long: how far it is, and a way to stop it."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Protocol, TypeVar

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


Tell = Callable[[str], None]
Result_co = TypeVar("Result_co", covariant=True)


class LongWork(Protocol[Result_co]):
    """Work that tells how far it is."""

    title: str
    begun: str
    """How far it is before anything is done."""

    async def carry_out(self, tell: Tell) -> Result_co:
        """Do it, and `tell` in words how far it is."""

    def stop(self) -> bool:
        """Prepare to end early; returns whether it ends by itself soon, otherwise it is canceled."""


class ProgressModal(Modal[ScreenResultType | None]):
    """Does long work as soon as it is mounted; its result is that of the work, `None` if canceled."""

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

    def __init__(self, long_work: LongWork[ScreenResultType | None]) -> None:
        super().__init__()
        self._long_work = long_work
        self._working: Worker[None] | None = None

    def compose(self) -> ComposeResult:
        with Vertical() as sheet:
            titled(sheet, self._long_work.title)
            yield Label(self._long_work.begun, markup=False)
            with Horizontal():
                yield Button("esc Stop", id="stop")

    def on_mount(self) -> None:
        self.set_timer(SHOWN_AFTER, lambda: self.add_class("-long"))
        self._working = self._work()

    def action_leave(self) -> None:
        if self._working is None or self._working.is_finished or self._long_work.stop():
            return
        self._working.cancel()
        self.dismiss(None)

    def on_button_pressed(self) -> None:
        self.action_leave()

    def _tell(self, so_far: str) -> None:
        self.query_one(Label).update(so_far)

    @work
    async def _work(self) -> None:
        self.dismiss(await self._long_work.carry_out(self._tell))
