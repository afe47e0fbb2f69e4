"""Session workers, their sessions, and the cleaners."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from ewallet_core.instructions import fields
from ewallet_core.presentation.formatting import count, grouped, moment, one_line, parse_timestamp
from ewallet_core.presentation.tables import Column
from ewallet_tui.actions import (
    CLEAN_NOW,
    LOOK_UP_SESSION,
    NEW_WORKER,
    OPERATOR_PARTS,
    REMOVE_WORKER,
    START_CLEANER,
    STOP_CLEANER,
    Action,
)
from ewallet_tui.context import AppContext
from ewallet_tui.record_pages import ListRow
from ewallet_tui.screens.base import BaseScreen
from ewallet_tui.screens.modal import Choice, FactsModal
from ewallet_tui.screens.operator_base import SYSTEM, change, is_operator, show_as_operator
from ewallet_tui.state import AccountState
from ewallet_tui.widgets.footer import ResultLine
from ewallet_tui.widgets.form import Answer, FormSpec
from ewallet_tui.widgets.form_field import Field
from ewallet_tui.widgets.record_list import RecordList

Worker = Mapping[str, Any]

VACANT = "vacant"
COLUMNS = (
    Column("Worker"),
    Column("State"),
    Column("Sessions", align="right"),
    Column("Limit", align="right"),
    Column("Since", fills=True),
)
STATES = {
    VACANT: Content.styled("○ vacant", "$foreground-muted"),
    "available": Content.styled("● has room", "$text-success"),
    "full": Content.styled("■ full", "$text-warning"),
}


def worker_rows(workers: Mapping[str, Worker], now: datetime) -> list[ListRow]:
    """A line each, by number."""
    return [_row(workers[number], now) for number in sorted(workers, key=int)]


def _row(worker: Worker, now: datetime) -> ListRow:
    cells = (
        str(worker["id"]),
        STATES.get(worker["state"], Content(worker["state"])),
        grouped(worker["session_count"]),
        grouped(worker["session_limit"]),
        moment(parse_timestamp(worker["create_date"]), now),
    )
    return ListRow(str(worker["id"]), cells, worker)


def session_facts(answer: Answer, now: datetime) -> list[tuple[str, str]]:
    """What there is to know of a session, from the answer to its interrogation."""
    session = answer["session_data"]
    members = session["session_account_archive"]
    return [
        ("Session", str(answer["session_id"])),
        ("Worker", str(answer["worker"])),
        ("Address", answer["address"]),
        *((label, moment(parse_timestamp(answer[key]), now)) for label, key in TIMES),
        ("Active", session["session_user_account"] or "nobody is logged in"),
        ("Accounts", ", ".join(f"{one_line(name)} <{email}>" for email, name in members.items())),
    ]


TIMES = (("Since", "since"), ("Last use", "last_use"), ("Until", "expires"))


ALL = "all"
CLEANER_COLUMNS = (Column("Cleaner"), Column("State"), Column("What goes", fills=True))


@dataclass(frozen=True)
class CleanerRow:
    """One of them."""

    name: str
    """What it is called where it is started and stopped."""
    title: str
    """What it is called where it is read."""
    cleans: str
    """What `cleanup` is told, to have the same done at once; and where its answer says what went."""
    goes: str
    noun: str
    """What one of those that go is called."""
    warning: str = ""
    """What is said first, where what goes may be missed by somebody."""


CLEANERS = (
    CleanerRow("clock", "timers", "clocks", "timers that have run out: they stop", "timer"),
    CleanerRow("session", "sessions", "sessions", "sessions that have expired", "session"),
    CleanerRow("stoken", "session tokens", "stokens", "session tokens that have expired", "session token"),
    CleanerRow("ctoken", "client ids", "ctokens", "client ids that have expired", "client id"),
    CleanerRow("worker", "workers", "workers", "workers that have no session", "worker"),
    CleanerRow(
        "account",
        "accounts",
        "accounts",
        "accounts whose 30 days are over",
        "account",
        "Accounts whose 30 days are over are erased for good, with all that says whose they were.",
    ),
    CleanerRow(
        "history",
        "history",
        "history",
        "events and requests over 30 days old",
        "day",
        "Events, decided requests and refused requests of more than 30 days ago are forgotten.",
    ),
)


def cleaner_rows(running: AbstractSet[str] | None) -> list[ListRow]:
    """A line each, and one for all; `None`: it has not been told yet which are running."""
    rows = [
        ListRow(each.name, (each.title, _state(each.name, running), each.goes), each) for each in CLEANERS
    ]
    return [*rows, ListRow(ALL, (ALL, _state_of_all(running), "all of these"))]


def cleaned(cleaner: CleanerRow, answer: Answer) -> str:
    """What came of cleaning at once: `2 sessions went.`"""
    if "forgotten_before" in answer:
        return "What is older than 30 days is forgotten."
    went = answer[cleaner.cleans]
    number = went if isinstance(went, int) else len(went)
    verb = "stopped" if cleaner.name == "clock" else "removed"
    return f"{count(number, cleaner.noun)} {verb}." if number else "There was nothing to clean up."


def _state(name: str, running: AbstractSet[str] | None) -> Content:
    if running is None:
        return Content.styled("? unknown", "$foreground-muted")
    if name in running:
        return Content.styled("● running", "$text-success")
    return Content.styled("○ stopped", "$foreground-muted")


def _state_of_all(running: AbstractSet[str] | None) -> Content:
    return Content("" if running is None else f"{len(running)} of {len(CLEANERS)}")


END = "end"


LOOK_UP = FormSpec(
    "Look at a session",
    "Look",
    (Field("session_id", "Session", fields.SessionId, placeholder="the number of a session"),),
    note="Everybody sees the numbers of their own sessions in their account.",
)
LIST_OF = {
    START_CLEANER: "cleaners",
    STOP_CLEANER: "cleaners",
    CLEAN_NOW: "cleaners",
    REMOVE_WORKER: "workers",
}
"""What is done with the line under the cursor, and in which list that is."""
OF_REMOVING = (
    "It has no session, so nobody is logged out. A new session that finds no room gets a new worker."
)
MAKING = "making a worker"
CAPTION = Content.assemble(("Cleaning up", "bold"), "   start or stop one to learn which run")


class WorkersScreen(BaseScreen):
    """The workers above, the cleaners below; the keys are those of the list that is moved in."""

    MODE = "operator"
    PARTS = OPERATOR_PARTS
    PART = "workers"
    AUTO_FOCUS = "RecordList"
    DEFAULT_CSS = """
    WorkersScreen {
        #cleaning { color: $text-muted; height: 1; margin-top: 1; }
        #workers { height: 1fr; }
        #cleaners { height: 9; }
        &.-low #cleaners { height: 1fr; }
    }
    """

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self._cleaners_running: set[str] | None = None

    def compose_content(self) -> ComposeResult:
        """Both lists."""
        yield RecordList(COLUMNS, id="workers")
        yield Static(CAPTION, id="cleaning")
        yield RecordList(CLEANER_COLUMNS, id="cleaners")

    def can(self, action: Action) -> bool | None:
        """Grey what can't be done with the line under the cursor, and hide what belongs to the other list."""
        if action in (START_CLEANER, STOP_CLEANER) and self._is_running is not (action is STOP_CLEANER):
            return False
        if action in LIST_OF and not self._is_at(LIST_OF[action]):
            return False
        if action is CLEAN_NOW and self._row_of("cleaners") == ALL:
            return None
        return None if action is REMOVE_WORKER and not self._is_vacant else True

    def show(self, state: AccountState) -> None:
        """Read what there is now."""
        show_as_operator(self, state)

    def on_screen_resume(self) -> None:
        """Read what there is by now."""
        if self.context.state is not None:
            self.reload()

    async def load(self) -> None:
        """Show the workers of now."""
        listed = self.query_one("#workers", RecordList)
        listed.empty = "No worker yet. The first session gets one."
        answer = await self.context.act(**SYSTEM, action="interogate", interogate="workers")
        if not answer["failed"]:
            listed.show(worker_rows(answer["workers"], self.today()))
        self._show_cleaners()

    def look_up(self) -> None:
        """Ask for the number of a session, and show it."""

        async def send(values: dict[str, Any]) -> Answer:
            asked = {"action": "interogate", "interogate": "session", **values}
            return await self.context.send(**SYSTEM, **asked)

        self.ask_with(LOOK_UP, send, self._show_session)

    def new_worker(self) -> None:
        """Make a worker: one at a time."""
        if not self.context.workers.has_begun(MAKING):
            self._make_worker()

    @work
    async def remove_worker(self) -> None:
        """Remove the worker under the cursor, after a question."""
        number = self._row_of("workers")
        if number and await self.confirm(f"Remove worker {number}", OF_REMOVING, "Remove it"):
            result = f"Worker {number} is removed."
            await change(self, result, action="cleanup", cleanup="workers", worker_id=int(number))

    @work
    async def clean_now(self) -> None:
        """Have what the cleaner under the cursor does done at once."""
        cleaner = next(each for each in CLEANERS if each.name == self._row_of("cleaners"))
        if cleaner.warning and not await self.confirm("Clean up now", cleaner.warning, "Clean up"):
            return
        answer = await self.context.act(**SYSTEM, action="cleanup", cleanup=cleaner.cleans)
        if not answer["failed"]:
            self.query_one(ResultLine).say(cleaned(cleaner, answer))

    @on(RecordList.Moved)
    def _moved(self) -> None:
        self.refresh_bindings()

    def on_descendant_focus(self) -> None:
        """The keys are those of another list now."""
        self.refresh_bindings()

    @property
    def _is_vacant(self) -> bool:
        row = self.query_one("#workers", RecordList).row
        return row is not None and row.record["state"] == VACANT

    @property
    def _is_running(self) -> bool:
        """Whether the cleaner under the cursor cleans by itself, as far as has been told."""
        name = self._row_of("cleaners")
        return bool(self._cleaners_running) if name == ALL else name in (self._cleaners_running or ())

    def _is_at(self, listed: str) -> bool:
        return self.focused is not None and self.focused.id == listed

    def _row_of(self, listed: str) -> str | None:
        rows = (each.row for each in self.query(f"#{listed}").results(RecordList))
        row = next(rows, None)
        return row.key if row else None

    def _show_cleaners(self) -> None:
        self.query_one("#cleaners", RecordList).show(cleaner_rows(self._cleaners_running))
        self.refresh_bindings()

    @work(group=MAKING)
    async def _make_worker(self) -> None:
        answer = await self.context.act(**SYSTEM, action="new", new="worker")
        if not answer["failed"]:
            self.query_one(ResultLine).say(f"Worker {answer['worker']} is there.")

    @work(group="cleaners")
    async def tell_cleaner(self, verb: str) -> None:
        told = {"action": verb, verb: "cleaner", "cleaner": self._row_of("cleaners")}
        answer = await self.context.act(**SYSTEM, **told)
        if not answer["failed"]:
            self._cleaners_running = set(answer["running"])
            self._show_cleaners()

    def _show_session(self, answer: Answer | None) -> None:
        if answer is not None:
            number = answer["session_id"]
            end = Choice(END, "d", "end it") if is_operator(self) else None
            sheet = FactsModal("Session", session_facts(answer, self.today()), choice=end)
            self.app.push_screen(sheet, partial(self._handle_modal, number))

    def _handle_modal(self, number: int, chosen: str | None) -> None:
        if chosen == END:
            self._end(number)

    @work
    async def _end(self, number: int) -> None:
        words = "Whoever is logged in to it is logged out at once."
        if await self.confirm(f"End session {number}", words, "End it"):
            result = f"Session {number} has ended."
            await change(self, result, action="cleanup", cleanup="sessions", session_id=number)

    ACTIONS: ClassVar[Mapping[Action, Callable[[Any], object]]] = {
        LOOK_UP_SESSION: look_up,
        START_CLEANER: lambda screen: screen.tell_cleaner("start"),
        STOP_CLEANER: lambda screen: screen.tell_cleaner("stop"),
        CLEAN_NOW: clean_now,
        NEW_WORKER: new_worker,
        REMOVE_WORKER: remove_worker,
    }
