"""Workers, their sessions, and what cleans up after them."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from ewallet_core.instructions import fields
from ewallet_tui.operator import cleaning, listed_workers
from ewallet_tui.operator.cleaning import ALL, CLEANERS, cleaned, cleaner_rows
from ewallet_tui.operator.listed_workers import VACANT, session_facts, worker_rows
from ewallet_tui.screens.operator_part import SYSTEM, OperatorPart
from ewallet_tui.screens.session_sheet import END, SessionSheet
from ewallet_tui.widgets.form_field import Field
from ewallet_tui.widgets.form_plan import Answer, FormPlan
from ewallet_tui.widgets.receipt import Receipt
from ewallet_tui.widgets.record_list import RecordList

LOOK_UP = FormPlan(
    "Look at a session",
    "Look",
    (Field("session_id", "Session", fields.SessionId, placeholder="the number of a session"),),
    note="Everybody sees the numbers of their own sessions in their account.",
)
OF_LIST = {
    "start_cleaner": "cleaners",
    "stop_cleaner": "cleaners",
    "clean_now": "cleaners",
    "remove_worker": "workers",
}
"""What is done with the line under the cursor, and in which list that is."""
OF_REMOVING = (
    "It has no session, so nobody is logged out. A new session that finds no room gets a new worker."
)
MAKING = "making a worker"
CAPTION = Content.assemble(("Cleaning up", "bold"), "   start or stop one to learn which run")


class WorkersScreen(OperatorPart):
    """The workers above, the cleaners below; the keys are those of the list that is moved in."""

    PART = "workers"
    CHANGES = frozenset({"new_worker", "remove_worker", "start_cleaner", "stop_cleaner", "clean_now"})
    DEFAULT_CSS = """
    WorkersScreen {
        #cleaning { color: $text-muted; height: 1; margin-top: 1; }
        #workers { height: 1fr; }
        #cleaners { height: 9; }
        &.-low #cleaners { height: 1fr; }
    }
    """
    # Space starts or stops the cleaner under the cursor, and the footer says which.
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "look_up", "Session", tooltip="Look at a session by its number", id="look_up"),
        Binding("space", "start_cleaner", "Start", id="start_cleaner"),
        Binding("space", "stop_cleaner", "Stop", id="stop_cleaner"),
        Binding("c", "clean_now", "Clean now", id="clean_now"),
        Binding("n", "new_worker", "New worker", id="new_worker"),
        Binding("d", "remove_worker", "Remove worker", id="remove_worker"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._cleaners_running: set[str] | None = None

    def compose_part(self) -> ComposeResult:
        """Both lists."""
        yield RecordList(listed_workers.COLUMNS, id="workers")
        yield Static(CAPTION, id="cleaning")
        yield RecordList(cleaning.COLUMNS, id="cleaners")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey what can't be done with the line under the cursor."""
        if action in {"start_cleaner", "stop_cleaner"} and self._is_running != (action == "stop_cleaner"):
            return False
        if action in OF_LIST and not self._is_at(OF_LIST[action]):
            return False
        if action == "clean_now" and self._row_of("cleaners") == ALL:
            return None
        if action == "remove_worker" and not self._is_vacant:
            return None
        return super().check_action(action, parameters)

    async def load(self) -> None:
        """Show the workers of now."""
        listed = self.query_one("#workers", RecordList)
        listed.empty = "No worker yet. The first session gets one."
        answer = await self.wallet_app.act(**SYSTEM, action="interogate", interogate="workers")
        if not answer["failed"]:
            listed.show(worker_rows(answer["workers"], self.today()))
        self._show_cleaners()

    def action_look_up(self) -> None:
        """Ask for the number of a session, and show it."""

        async def send(values: dict[str, Any]) -> Answer:
            asked = {"action": "interogate", "interogate": "session", **values}
            return await self.wallet_app.ask(**SYSTEM, **asked)

        self.ask_with(LOOK_UP, send, self._show_session)

    def action_new_worker(self) -> None:
        """Make a worker: one at a time."""
        if not self.wallet_app.has_begun(MAKING):
            self._make_worker()

    @work
    async def action_remove_worker(self) -> None:
        """Remove the worker under the cursor, after a question."""
        number = self._row_of("workers")
        if number and await self.confirm(f"Remove worker {number}", OF_REMOVING, "Remove it"):
            receipt = f"Worker {number} is removed."
            await self.act(receipt, action="cleanup", cleanup="workers", worker_id=int(number))

    def action_start_cleaner(self) -> None:
        """Have the cleaner under the cursor clean by itself."""
        self._tell_cleaner("start")

    def action_stop_cleaner(self) -> None:
        """Have the cleaner under the cursor rest."""
        self._tell_cleaner("stop")

    @work
    async def action_clean_now(self) -> None:
        """Have what the cleaner under the cursor does done at once."""
        cleaner = next(each for each in CLEANERS if each.name == self._row_of("cleaners"))
        if cleaner.warning and not await self.confirm("Clean up now", cleaner.warning, "Clean up"):
            return
        answer = await self.wallet_app.act(**SYSTEM, action="cleanup", cleanup=cleaner.cleans)
        if not answer["failed"]:
            self.query_one(Receipt).say(cleaned(cleaner, answer))

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
        answer = await self.wallet_app.act(**SYSTEM, action="new", new="worker")
        if not answer["failed"]:
            self.query_one(Receipt).say(f"Worker {answer['worker']} is there.")

    @work(group="cleaners")
    async def _tell_cleaner(self, verb: str) -> None:
        told = {"action": verb, verb: "cleaner", "cleaner": self._row_of("cleaners")}
        answer = await self.wallet_app.act(**SYSTEM, **told)
        if not answer["failed"]:
            self._cleaners_running = set(answer["running"])
            self._show_cleaners()

    def _show_session(self, answer: Answer | None) -> None:
        if answer is not None:
            number = answer["session_id"]
            sheet = SessionSheet(session_facts(answer, self.today()), may_end=self.may_change)
            self.app.push_screen(sheet, partial(self._heed_sheet, number))

    def _heed_sheet(self, number: int, chosen: str | None) -> None:
        if chosen == END:
            self._end(number)

    @work
    async def _end(self, number: int) -> None:
        words = "Whoever is logged in to it is logged out at once."
        if await self.confirm(f"End session {number}", words, "End it"):
            receipt = f"Session {number} has ended."
            await self.act(receipt, action="cleanup", cleanup="sessions", session_id=number)
