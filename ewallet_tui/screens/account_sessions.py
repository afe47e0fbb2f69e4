"""Where the account is logged in, and who has logged in to it lately."""

from __future__ import annotations

from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Label

from ewallet_tui.picture import Picture
from ewallet_tui.screens.account_part import PARTS, AccountPart
from ewallet_tui.screens.parted import keys_of_parts
from ewallet_tui.widgets.receipt import Receipt
from ewallet_tui.widgets.record_list import RecordList
from ewallet_tui.widgets.session_rows import LOGINS, SESSIONS, login_rows, session_row

MOST_LOGINS = 100
MOST_SEEN = 6
"""How many sessions are seen without scrolling."""


class SessionsScreen(AccountPart):
    """The sessions above, of which one can be ended; the logins and logouts below."""

    PART = "sessions"
    AUTO_FOCUS = "#sessions"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d", "end_session", "End session", id="end_session"),
        Binding("A", "part('account')", "Account", key_display="A", id="part_account"),
        *keys_of_parts([part for part in PARTS if part.id == "sessions"]),
    ]
    DEFAULT_CSS = """
    SessionsScreen {
        .heading { color: $text-muted; text-style: bold; }
        #history { margin-top: 1; }
        #logins { height: 1fr; }
    }
    """

    def compose_part(self) -> ComposeResult:
        """Both lists."""
        yield Label("Logged in", classes="heading")
        yield RecordList(SESSIONS, id="sessions")
        yield Label("Lately", classes="heading", id="history")
        yield RecordList(LOGINS, id="logins")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey the ending where no session is under the cursor."""
        if action == "end_session" and self._session is None:
            return None
        return super().check_action(action, parameters)

    def show(self, _picture: Picture) -> None:
        """The sessions and logins of now."""
        self._load()

    @work
    async def action_end_session(self) -> None:
        """End the session under the cursor, after a question."""
        session = self._session
        if session is None:
            return
        if session["is_this"]:
            words = "It is the one that you are in: you are logged out here."
        else:
            words = f"Whoever is logged in there, at {session['address']}, is logged out at once."
        if not await self.confirm(f"End session {session['session_id']}", words, "End it"):
            return
        if session["is_this"]:
            self.action_log_out()
        else:
            await self._end(session["session_id"])

    async def _end(self, number: int) -> None:
        receipt = self.query_one(Receipt)
        answer = await self.wallet_app.act(action="end", end="session", session_id=number)
        if not answer["failed"]:
            receipt.say(f"Session {number} has ended.")

    @on(RecordList.Moved)
    def _moved(self) -> None:
        self.refresh_bindings()

    @property
    def _session(self) -> dict[str, Any] | None:
        """The session under the cursor, while it is the sessions that are moved in."""
        listed = self.focused
        row = listed.row if isinstance(listed, RecordList) and listed.id == "sessions" else None
        return row.record if row else None

    @work(group="records", exclusive=True)
    async def _load(self) -> None:
        sessions, logins = self.query_one("#sessions", RecordList), self.query_one("#logins", RecordList)
        answers = [await self.wallet_app.act(action="view", view=what, **most) for what, most in VIEWS]
        if not any(answer["failed"] for answer in answers):
            now = self.today()
            live, ins, outs = answers
            sessions.show([session_row(session, now) for session in live["sessions"]])
            sessions.styles.height = min(len(live["sessions"]), MOST_SEEN) + 1
            logins.show(login_rows(ins["login_records"], outs["logout_records"], now))


VIEWS: tuple[tuple[str, dict[str, int]], ...] = (
    ("sessions", {}),
    ("login", {"limit": MOST_LOGINS}),
    ("logout", {"limit": MOST_LOGINS}),
)
