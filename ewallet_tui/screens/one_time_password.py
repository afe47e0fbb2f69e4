"""A password for one login, shown once to the operator who hands it over."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Label, Static

from ewallet_tui.screens.sheet_screen import SheetScreen, titled
from ewallet_tui.text import one_line
from ewallet_tui.widgets.form_plan import Answer
from ewallet_tui.words import moment, parse_timestamp


class OneTimePassword(SheetScreen[None]):
    """The password large enough to be read out, and what is to be done with it."""

    DEFAULT_CSS = """
    OneTimePassword {
        .sheet { width: 62; }
        #password {
            width: 1fr; height: 3; margin: 1 0; content-align: center middle; background: $panel;
            text-style: bold;
        }
        .words { width: 1fr; height: auto; }
        .buttons { height: 1; margin-top: 1; align-horizontal: right; }
        Button { margin-left: 2; }
    }
    """
    AUTO_FOCUS = "#copy"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Done"),
        Binding("y", "copy", "Copy", id="copy_password"),
        Binding("left", "app.focus_previous", "Previous", show=False),
        Binding("right", "app.focus_next", "Next", show=False),
    ]

    def __init__(self, name: str, answer: Answer, now: datetime) -> None:
        """The answer to what made the password."""
        super().__init__()
        self._name = one_line(name)
        self._password = answer["user_pass"]
        self._until = moment(parse_timestamp(answer["valid_to"]), now)

    def compose(self) -> ComposeResult:
        """For whom it is, the password, and how long it is good."""
        with Vertical() as sheet:
            titled(sheet, f"New password for {self._name}")
            yield Static("It is shown here once. Hand it over now.", classes="words")
            yield Static(Content(self._password), id="password")
            yield Label(self._rule, classes="words", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("y Copy", id="copy", action="screen.copy")
                yield Button("esc Done", id="done", action="screen.dismiss")

    @property
    def _rule(self) -> str:
        return (
            f"{self._name} can log in with it once, until {self._until}, and chooses an own password there."
            " The old one works no more, and all sessions have ended."
        )

    def action_copy(self) -> None:
        """Put it where the terminal pastes from."""
        self.app.copy_to_clipboard(self._password)
        self.notify("Copied.", markup=False)
