"""The accounts logged in to this session, the active one marked; choosing another switches to it."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from ewallet_tui.picture import Picture
from ewallet_tui.text import one_line


class AccountList(OptionList):
    """A line for each account."""

    DEFAULT_CSS = """
    AccountList { height: auto; max-height: 6; border: none; padding: 0; background: $background; }
    AccountList:focus { border: none; }
    AccountList:blur > .option-list--option-highlighted { background: $background; text-style: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", "Next", show=False, id="next"),
        Binding("k", "cursor_up", "Previous", show=False, id="previous"),
    ]

    class Chosen(Message):
        """Somebody wants to go on as another account."""

        def __init__(self, email: str) -> None:
            super().__init__()
            self.email = email

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._active = ""

    def show(self, picture: Picture) -> None:
        """Show the accounts of `picture`."""
        highlighted = self.highlighted
        self._active = picture.account.email
        self.clear_options()
        self.add_options(self._option(email, name) for email, name in picture.accounts.items())
        if self.option_count:
            self.highlighted = min(highlighted or 0, self.option_count - 1)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Switch, unless it is the one already."""
        event.stop()
        email = event.option.id
        if email and email != self._active:
            self.post_message(self.Chosen(email))

    def _option(self, email: str, name: str) -> Option:
        sign = "● " if email == self._active else "○ "
        return Option(
            Content.assemble(sign, one_line(name), (f"  {one_line(email)}", "$foreground-muted")), id=email
        )
