"""The sessions of the account, and its logins and logouts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Label

from ewallet_core.presentation.formatting import DAY, MINUTE, count, moment, one_line, parse_timestamp
from ewallet_core.presentation.tables import Column
from ewallet_tui.actions import ACCOUNT_PARTS, END_SESSION, Action
from ewallet_tui.availability import Possible
from ewallet_tui.record_pages import ListRow
from ewallet_tui.screens.base import BaseScreen
from ewallet_tui.screens.modal import confirm
from ewallet_tui.screens.overlays import AFTER_LOGOUT, going_on
from ewallet_tui.state import AccountState
from ewallet_tui.widgets.footer import ResultLine
from ewallet_tui.widgets.record_list import RecordList

Record = Mapping[str, Any]

ACCEPTED = "accepted"
SESSIONS = (
    Column("Session", align="right"),
    Column("Where"),
    Column("Since", from_width=66),
    Column("Last used"),
    Column("Lasts", from_width=76),
    Column("", fills=True),
)
LOGINS = (Column("When"), Column("What"), Column("Where"), Column("", fills=True))
THIS_ONE = Content.styled("● this session", "$text-success")
NEW_ADDRESS = Content.styled("! new address", "bold $text-warning")


def lifetime(milliseconds: int) -> str:
    """How long a session stays open unused, in whole units: `30 min`, `36 h`, `7 days`."""
    if milliseconds >= 2 * DAY:
        return count(milliseconds // DAY, "day")
    minutes = milliseconds // MINUTE
    return f"{minutes // 60} h" if minutes >= 120 else f"{minutes} min"


def session_row(session: Record, now: datetime) -> ListRow:
    cells = (
        str(session["session_id"]),
        session["address"],
        moment(parse_timestamp(session["since"]), now),
        moment(parse_timestamp(session["last_use"]), now),
        lifetime(session["lifetime_ms"]),
        THIS_ONE if session["is_this"] else "",
    )
    return ListRow(str(session["session_id"]), cells, session)


def login_rows(logins: Iterable[Record], logouts: Iterable[Record], now: datetime) -> list[ListRow]:
    """Logins and logouts in one list, newest first."""
    entries = [("in", login) for login in logins] + [("out", logout) for logout in logouts]
    entries.sort(key=lambda entry: str(entry[1]["time"]), reverse=True)
    return [_login_row(index, way, record, now) for index, (way, record) in enumerate(entries)]


def _login_row(index: int, way: str, record: Record, now: datetime) -> ListRow:
    mark = NEW_ADDRESS if record.get("is_new_address") else ""
    when = moment(parse_timestamp(record["time"]), now)
    return ListRow(
        f"{record['time']} {way} {index}", (when, _what(way, record), record["address"], mark), record
    )


def _what(way: str, record: Record) -> Content:
    if way == "out":
        return Content.styled("○ logged out", "$foreground-muted")
    if record["outcome"] == ACCEPTED:
        return Content("● logged in")
    return Content.styled("✕ wrong password", "$text-error")


CHOOSE_SESSION = "Move to a session in the upper list first."
MOST_LOGINS = 100
MOST_SEEN = 6
"""How many sessions are shown without scrolling."""


class SessionsScreen(BaseScreen):
    MODE = "account"
    PARTS = ACCOUNT_PARTS
    PART = "sessions"
    AUTO_FOCUS = "#sessions"
    DEFAULT_CSS = """
    SessionsScreen {
        .heading { color: $text-muted; text-style: bold; }
        #history { margin-top: 1; }
        #logins { height: 1fr; }
    }
    """

    def compose_content(self) -> ComposeResult:
        yield Label("Logged in", classes="heading")
        yield RecordList(SESSIONS, id="sessions")
        yield Label("Recent logins", classes="heading", id="history")
        yield RecordList(LOGINS, id="logins")

    def can(self, action: Action) -> Possible:
        return CHOOSE_SESSION if action is END_SESSION and self._session is None else True

    def show(self, _state: AccountState) -> None:
        self._load()

    @work
    async def end_session(self) -> None:
        session = self._session
        if session is None:
            return
        if not await confirm(self, f"End session {session['session_id']}", self._ending(session), "End it"):
            return
        if session["is_this"]:
            self.context.lifecycle.log_out()
        else:
            await self._end(session["session_id"])

    def _ending(self, session: Record) -> str:
        """Who is logged out, and what goes on without them."""
        state, now = self.context.state, self.today()
        if not session["is_this"] or state is None:
            since, last = (moment(parse_timestamp(session[key]), now) for key in ("since", "last_use"))
            return f"This logs out {session['address']} at once: there since {since}, last used {last}."
        words = [f"This is the session you are using. It logs out {one_line(state.account.name)} here."]
        words.append(going_on(state, self.context.now(), AFTER_LOGOUT))
        return " ".join(words).rstrip()

    async def _end(self, number: int) -> None:
        result = self.query_one(ResultLine)
        answer = await self.context.act(action="end", end="session", session_id=number)
        if not answer["failed"]:
            result.say(f"Session {number} has ended.")

    @property
    def _session(self) -> dict[str, Any] | None:
        """The session under the cursor, if the list of sessions has the focus."""
        listed = self.focused
        row = listed.row if isinstance(listed, RecordList) and listed.id == "sessions" else None
        return row.record if row else None

    @work(group="records", exclusive=True)
    async def _load(self) -> None:
        sessions, logins = self.query_one("#sessions", RecordList), self.query_one("#logins", RecordList)
        answers = [await self.context.act(action="view", view=what, **most) for what, most in VIEWS]
        if not any(answer["failed"] for answer in answers):
            now = self.today()
            live, ins, outs = answers
            sessions.show([session_row(session, now) for session in live["sessions"]])
            sessions.styles.height = min(len(live["sessions"]), MOST_SEEN) + 1
            logins.show(login_rows(ins["login_records"], outs["logout_records"], now))

    ACTIONS: ClassVar[Mapping[Action, Callable[[Any], object]]] = {
        END_SESSION: end_session,
        replace(ACCOUNT_PARTS[0].action, shown=True): lambda screen: screen.show_part("account"),
    }


VIEWS: tuple[tuple[str, dict[str, int]], ...] = (
    ("sessions", {}),
    ("login", {"limit": MOST_LOGINS}),
    ("logout", {"limit": MOST_LOGINS}),
)
