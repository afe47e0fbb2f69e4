"""Said in a form while the answer that it awaits can't come."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual.widgets import Label

if TYPE_CHECKING:
    from ewallet_tui.app import EWalletApp

WORDS = "◌ The connection is gone. This is asked again as soon as it is back, and done once."
NEED_NOT_WAIT = "Leaving this sheet doesn't take it back."


class ConnectionGone(Label):
    """Nothing, while there is a connection; the form shows it while it awaits an answer."""

    DEFAULT_CSS = "ConnectionGone { display: none; color: $text-warning; width: 1fr; }"

    def __init__(self, *, may_be_left: bool) -> None:
        super().__init__(f"{WORDS} {NEED_NOT_WAIT}" if may_be_left else WORDS, markup=False)

    @property
    def is_gone(self) -> bool:
        """Whether there is no connection."""
        return self.has_class("-gone")

    def on_mount(self) -> None:
        """Follow the connection from now on."""
        app = cast("EWalletApp", self.app)
        app.connection_changed.subscribe(self, lambda _: self.set_class(not app.is_connected, "-gone"))
        self.set_class(not app.is_connected, "-gone")
