"""The one line that says what came of what was just done."""

from __future__ import annotations

from textual.widgets import Static

from ewallet_tui.text import plain


class Receipt(Static):
    """Nothing, until something was done; then what came of it, until the next thing is begun."""

    DEFAULT_CSS = """
    Receipt { height: 1; dock: bottom; color: $text-success; display: none; }
    Receipt.-there { display: block; }
    """

    def __init__(self) -> None:
        super().__init__("", markup=False)

    def say(self, words: str) -> None:
        """Show this line instead of an earlier one."""
        self.update(plain(f"✓ {words}"))
        self.add_class("-there")

    def clear(self) -> None:
        """Make room: something else begins."""
        self.remove_class("-there")
