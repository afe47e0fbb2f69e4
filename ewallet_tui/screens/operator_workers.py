"""Session workers, their sessions, and the cleaners."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from ewallet_core.instructions import fields
from ewallet_core.presentation.formatting import count, full_day, grouped, moment, one_line, parse_timestamp
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
from ewallet_tui.availability import Possible
from ewallet_tui.balances import listed
from ewallet_tui.context import AppContext
from ewallet_tui.record_pages import ListRow
from ewallet_tui.screens.base import BaseScreen
from ewallet_tui.screens.modal import Choice, FactsModal, confirm
from ewallet_tui.screens.operator_base import SYSTEM, change, is_operator
from ewallet_tui.screens.run_forms import TIMER_ACTIONS
from ewallet_tui.widgets.footer import ResultLine
from ewallet_tui.widgets.form import Answer, FormSpec
from ewallet_tui.widgets.form_field import Field
from ewallet_tui.widgets.record_list import RecordList

Worker = Mapping[str, Any]

VACANT = "vacant"
DELETION_PENDING = "unlink_pending"
DAYS_KEPT = 30
"""How long events and decided requests are kept."""
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
    session = answer["session_data"]
    members = session["session_account_archive"]
    return [
        ("Session", str(answer["session_id"])),
        ("Worker", str(answer["worker"])),
        ("Address", answer["address"]),
        *((label, moment(parse_timestamp(answer[key]), now)) for label, key in TIMES),
        ("Active", session["session_user_account"] or "not logged in"),
        ("Accounts", ", ".join(f"{one_line(name)} <{email}>" for email, name in members.items())),
    ]


TIMES = (("Since", "since"), ("Last use", "last_use"), ("Until", "expires"))
ALL = "all"
CLEANER_COLUMNS = (Column("Cleaner"), Column("State"), Column("Removes", fills=True))


@dataclass(frozen=True)
class CleanerRow:
    name: str
    """Its name in instructions."""
    title: str
    cleans: str
    """The selector of `cleanup` that does the same at once, and the key of its answer."""
    removes: str
    noun: str
    warning: str = ""
    """Shown before, if something that is wanted may be removed."""


CLEANERS = (
    CleanerRow("clock", "timers", "clocks", "timers that have run out (they are stopped)", "timer"),
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
        "Accounts whose 30 days are over are erased for good, with all personal data.",
    ),
    CleanerRow(
        "history",
        "history",
        "history",
        "events and requests over 30 days old",
        "day",
        "Events, decided requests and refused requests older than 30 days are deleted.",
    ),
)


def cleaner_rows(running: AbstractSet[str] | None) -> list[ListRow]:
    """One row for each cleaner and one for all; `None` if it is not known which are running."""
    rows = [
        ListRow(each.name, (each.title, _state(each.name, running), each.removes), each) for each in CLEANERS
    ]
    running_count = "" if running is None else f"{len(running)} of {len(CLEANERS)}"
    return [*rows, ListRow(ALL, (ALL, running_count, "all of these"))]


def cleaned(cleaner: CleanerRow, answer: Answer) -> str:
    """The result line: `2 sessions removed.`"""
    if "forgotten_before" in answer:
        return "Everything older than 30 days is deleted."
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


LOOK_UP = FormSpec(
    "Show a session",
    "Show",
    (Field("session_id", "Session", fields.SessionId, placeholder="the number of a session"),),
    note="Users find the numbers of their own sessions under Account.",
)
LIST_OF = {
    START_CLEANER: "cleaners",
    STOP_CLEANER: "cleaners",
    CLEAN_NOW: "cleaners",
    REMOVE_WORKER: "workers",
}
"""Actions on the row under the cursor, and the list of that row."""
TIMER_KEYS = {replace(action, shown=False): do for action, do in TIMER_ACTIONS.items()}
"""The timer's actions, whose key starts and stops the cleaners while their list has the focus."""
REMOVE_WORKER_WORDS = (
    "It has no sessions, so no one is logged out. A new worker is created when one is needed."
)
ONE_BY_ONE = "Clean up one at a time: move to one of the lines above."
NOT_VACANT = "Only a worker without sessions can be removed."
MAKING = "making a worker"
CAPTION = Content.assemble(("Cleaning up", "bold"), "   start or stop one to see which are running")


class WorkersScreen(BaseScreen):
    """The workers above, the cleaners below; the keys depend on the list that has the focus."""

    MODE = "operator"
    PARTS = OPERATOR_PARTS
    PART = "workers"
    AUTO_FOCUS = "RecordList"
    RELOADS = True
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
        yield RecordList(COLUMNS, id="workers")
        yield Static(CAPTION, id="cleaning")
        yield RecordList(CLEANER_COLUMNS, id="cleaners")

    def can(self, action: Action) -> Possible:
        """Grey what is not possible for the row under the cursor, and hide the actions of the other list."""
        if action in TIMER_KEYS and self._has_focus("cleaners"):
            return False
        if action in (START_CLEANER, STOP_CLEANER) and self._is_running is not (action is STOP_CLEANER):
            return False
        if action in LIST_OF and not self._has_focus(LIST_OF[action]):
            return False
        if action is CLEAN_NOW and self._row_of("cleaners") == ALL:
            return ONE_BY_ONE
        worker = self.query_one("#workers", RecordList).row
        is_vacant = worker is not None and worker.record["state"] == VACANT
        return NOT_VACANT if action is REMOVE_WORKER and not is_vacant else True

    async def load(self) -> None:
        listed = self.query_one("#workers", RecordList)
        listed.empty = "No workers yet. The first session creates one."
        answer = await self.context.act(**SYSTEM, action="interogate", interogate="workers")
        if not answer["failed"]:
            workers, now = answer["workers"], self.today()
            listed.show([_row(workers[number], now) for number in sorted(workers, key=int)])
        self._show_cleaners()

    def look_up(self) -> None:
        async def send(values: dict[str, Any]) -> Answer:
            asked = {"action": "interogate", "interogate": "session", **values}
            return await self.context.send(**SYSTEM, **asked)

        self.ask_with(LOOK_UP, send, self._show_session)

    def new_worker(self) -> None:
        if not self.context.workers.has_begun(MAKING):
            self._make_worker()

    @work
    async def remove_worker(self) -> None:
        row = self.query_one("#workers", RecordList).row
        if row is None:
            return
        number, since = row.key, moment(parse_timestamp(row.record["create_date"]), self.today())
        words = f"Worker {number}, there since {since}, is removed. {REMOVE_WORKER_WORDS}"
        if await confirm(self, f"Remove worker {number}", words, "Remove"):
            result = f"Worker {number} is removed."
            await change(self, result, action="cleanup", cleanup="workers", worker_id=int(number))

    @work
    async def clean_now(self) -> None:
        cleaner = next(each for each in CLEANERS if each.name == self._row_of("cleaners"))
        words = await self._what_goes(cleaner)
        if words is None or (words and not await confirm(self, "Clean up now", words, "Clean up")):
            return
        answer = await self.context.act(**SYSTEM, action="cleanup", cleanup=cleaner.cleans)
        if not answer["failed"]:
            self.query_one(ResultLine).say(cleaned(cleaner, answer))

    async def _what_goes(self, cleaner: CleanerRow) -> str | None:
        """The question before a cleaner deletes what may be wanted; `None` if it can't be asked now."""
        if cleaner.name == "history":
            before = full_day(self.today() - timedelta(days=DAYS_KEPT))
            return f"{cleaner.warning} That is everything from before {before}."
        if cleaner.name != "account":
            return ""
        view = {"action": "view", "view": "accounts", "state": DELETION_PENDING, "limit": fields.LONGEST_PAGE}
        answer = await self.context.act(**SYSTEM, **view)
        if answer["failed"]:
            return None
        now = self.today()
        due = [each for each in answer["accounts"] if parse_timestamp(each["to_unlink_timestamp"]) <= now]
        names = listed(f"{one_line(each['name'])} ({one_line(each['email'])})" for each in due)
        return f"{cleaner.warning} Due now: {names or 'none'}."

    def on_descendant_focus(self) -> None:
        self.refresh_bindings()

    @property
    def _is_running(self) -> bool:
        """Whether the cleaner under the cursor is running, as far as is known."""
        name = self._row_of("cleaners")
        return bool(self._cleaners_running) if name == ALL else name in (self._cleaners_running or ())

    def _has_focus(self, listed: str) -> bool:
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
            self.query_one(ResultLine).say(f"Worker {answer['worker']} is created.")

    @work(group="cleaners")
    async def tell_cleaner(self, verb: str) -> None:
        told = {"action": verb, verb: "cleaner", "cleaner": self._row_of("cleaners")}
        answer = await self.context.act(**SYSTEM, **told)
        if not answer["failed"]:
            self._cleaners_running = set(answer["running"])
            self._show_cleaners()

    def _show_session(self, answer: Answer | None) -> None:
        if answer is not None:
            self._offer_to_end(answer)

    @work
    async def _offer_to_end(self, answer: Answer) -> None:
        number = answer["session_id"]
        end = Choice("end", "d", "end it") if is_operator(self) else None
        facts = FactsModal("Session", session_facts(answer, self.today()), choice=end)
        members = answer["session_data"]["session_account_archive"]
        names = listed(f"{one_line(name)} ({email})" for email, name in members.items())
        words = f"At {answer['address']}. Logged out at once: {names or 'no one'}."
        if await self.app.push_screen_wait(facts) and await confirm(
            self, f"End session {number}", words, "End"
        ):
            result = f"Session {number} has ended."
            await change(self, result, action="cleanup", cleanup="sessions", session_id=number)

    ACTIONS: ClassVar[Mapping[Action, Callable[[Any], object]]] = {
        **TIMER_KEYS,
        LOOK_UP_SESSION: look_up,
        START_CLEANER: lambda screen: screen.tell_cleaner("start"),
        STOP_CLEANER: lambda screen: screen.tell_cleaner("stop"),
        CLEAN_NOW: clean_now,
        NEW_WORKER: new_worker,
        REMOVE_WORKER: remove_worker,
    }
