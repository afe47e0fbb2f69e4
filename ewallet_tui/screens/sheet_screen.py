"""What every sheet over the dimmed screen has in common: its look, and that it is left once, in its turn."""

from __future__ import annotations

from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen, ScreenResultType
from textual.widget import Widget

from ewallet_tui.text import plain


class SheetScreen(ModalScreen[ScreenResultType]):
    """A sheet. Left while the lock, a question or another place is in front, it goes when it is so again.

    Textual takes the foremost screen away for whichever is dismissed, and again for each time it is.
    """

    DEFAULT_CSS = """
    SheetScreen {
        align: center middle;
        .sheet {
            width: 58; max-width: 100%; height: auto; max-height: 100%; padding: 1 2; background: $background;
            border: round $accent; border-title-color: $accent; border-title-style: bold;
            border-subtitle-color: $text-muted;
        }
    }
    """

    _result: tuple[ScreenResultType | None] | None = None
    """What it was left with."""
    _is_gone = False

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        """Leave with that result; what comes after the first is not heard."""
        if self._result is None:
            self._result = (result,)
        return self._go()

    def on_screen_resume(self) -> None:
        """Go, if it was left while it was hidden."""
        if self._result is not None:
            self._go()

    def _go(self) -> AwaitComplete:
        if self._result is None or self._is_gone or self.app.screen is not self:
            return AwaitComplete()
        self._is_gone = True
        return super().dismiss(self._result[0])


def titled(sheet: Widget, title: object, subtitle: str = "") -> None:
    """Write a title on the sheet's edge, whatever it says, and the keys at its lower edge."""
    sheet.add_class("sheet")
    sheet.border_title = plain(title)
    sheet.border_subtitle = subtitle
