"""What quitting asks while a timer has begun."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Label

from ewallet_tui.picture import TimerState


class QuitQuestion(ModalScreen[str | None]):
    """Its result is `stop`, `leave`, or `None` to stay."""

    DEFAULT_CSS = """
    QuitQuestion {
        align: center middle;
        Vertical {
            width: 58; max-width: 100%; height: auto; padding: 1 2; background: $background;
            border: round $accent; border-title-color: $accent; border-title-style: bold;
        }
        Horizontal { height: 1; margin-top: 1; align-horizontal: right; }
        Label { width: 1fr; }
        Button { margin-left: 2; }
    }
    """
    AUTO_FOCUS = "#stay"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "dismiss('stop')", "Stop the timer"),
        Binding("l", "dismiss('leave')", "Leave it running"),
        Binding("escape", "dismiss", "Stay"),
        Binding("left", "app.focus_previous", "Previous", show=False),
        Binding("right", "app.focus_next", "Next", show=False),
    ]

    def __init__(self, state: TimerState, *, may_stop: bool = True) -> None:
        super().__init__()
        self._may_stop = may_stop
        self._is_paused = state is TimerState.PAUSED

    def compose(self) -> ComposeResult:
        """The question and its three answers."""
        with Vertical() as sheet:
            sheet.border_title = "Quit"
            paused = "The timer is paused, and stays paused without the app."
            yield Label(paused if self._is_paused else "The timer is running, and goes on without the app.")
            with Horizontal():
                if self._may_stop:
                    yield Button("s Stop it", id="stop")
                yield Button("l Leave it paused" if self._is_paused else "l Leave it running", id="leave")
                yield Button("esc Stay", id="stay", variant="primary")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only who may stop the timer can."""
        return self._may_stop or (action, parameters) != ("dismiss", ("stop",))

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Take the button's answer."""
        self.dismiss(None if event.button.id == "stay" else event.button.id)
