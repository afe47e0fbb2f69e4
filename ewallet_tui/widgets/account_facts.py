"""What is known of an account, a fact a line."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from ewallet_tui.picture import Account
from ewallet_tui.text import one_line
from ewallet_tui.words import full_day

LABEL_WIDTH = 8


class AccountFacts(Static):
    """The facts, with a dash where there is none."""

    DEFAULT_CSS = "AccountFacts { height: auto; text-wrap: nowrap; text-overflow: ellipsis; }"

    def show(self, account: Account) -> None:
        """Show the facts of `account`."""
        facts = [
            ("Name", account.name),
            ("Email", account.email),
            ("Phone", account.phone),
            ("Alias", account.alias),
            ("Since", full_day(account.created) if account.created else ""),
        ]
        self.update(Content("\n").join(self._line(label, value) for label, value in facts))

    def _line(self, label: str, value: str) -> Content:
        shown = (one_line(value), "") if value else ("—", "$foreground-muted")
        return Content.assemble((f"{label:<{LABEL_WIDTH}}", "$foreground-muted"), shown)
