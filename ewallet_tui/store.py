"""AccountStore: sends instructions, applies their answers, and publishes the state of the account."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from ewallet_core.client import UnreachableError
from ewallet_core.client.requests import changes_something, new_request_id
from ewallet_tui.instruction_log import InstructionLog
from ewallet_tui.state import AccountState

if TYPE_CHECKING:
    from ewallet_core.client import Answer, Event, WalletClient


MAX_ACTIVITY = 100
NOT_PERMITTED = "not_permitted"
ACCOUNT_CHANGED = "account_changed"
"""The event of an account that was frozen or unfrozen."""
CLIENT_ACTION = {"controller": "client", "ctype": "action"}
"""The selectors of an instruction that names no others."""
MAX_OWN_REQUESTS = 200
"""How many of its requests the store remembers, to recognise the events that they cause."""


class Backend:
    """The engine in use, in this process or at a server; opened once and closed once."""

    def __init__(self, client: WalletClient) -> None:
        self.client = client
        self._tried = asyncio.Event()
        self._out_of_reach: UnreachableError | None = None
        self._closing: asyncio.Task[None] | None = None

    async def open(self, admit: Callable[[], Awaitable[None]]) -> None:
        """Connect, then wait for `admit`; instructions sent earlier wait until then.

        Raises `UnreachableError`, as `admit` may.
        """
        try:
            await self.client.open()
            await admit()
        except UnreachableError as reason:
            self._out_of_reach = reason
            raise
        finally:
            self._tried.set()

    def give_up(self, reason: str) -> None:
        """Answer every further instruction with `reason` as its error."""
        self._out_of_reach = UnreachableError(reason)

    @property
    def is_closing(self) -> bool:
        """Whether `close` was called: no further instruction is answered."""
        return self._closing is not None

    async def close(self) -> None:
        """Wait until everything sent is answered, then disconnect; a second call waits for the first."""
        if self._closing is None:
            self._closing = asyncio.create_task(self.client.close())
        await asyncio.shield(self._closing)

    async def send(self, instruction: Mapping[str, Any]) -> Answer:
        """The engine's answer, or an error answer if the engine can't be reached."""
        await self._tried.wait()
        if self._out_of_reach is not None:
            return _unreachable(self._out_of_reach)
        if self._closing is not None:
            # The caller is about to be cancelled together with the app.
            await asyncio.Event().wait()
        try:
            return await self.client.send(**instruction)
        except UnreachableError as reason:
            return _unreachable(reason)


class Attempts:
    """The request ids of what a form sent, as long as it is not known whether that was done.

    Sent again unchanged, also after another login, it has the same id and is done once.
    """

    def __init__(self) -> None:
        self._ids: dict[str, str] = {}

    def id_of(self, instruction: Mapping[str, Any]) -> str:
        return self._ids.setdefault(_written(instruction), new_request_id())

    def settle(self, instruction: Mapping[str, Any], answer: Answer) -> None:
        """Forget the id once the answer says what became of it."""
        if not may_be_done(answer):
            self._ids.pop(_written(instruction), None)


def _written(instruction: Mapping[str, Any]) -> str:
    return repr(sorted((name, value) for name, value in instruction.items() if name != "request_id"))


def may_be_done(answer: Answer) -> bool:
    """Whether a refused instruction may have been carried out all the same."""
    return bool(answer.get("maybe_done")) or answer.get("code") == "unreachable"


ATTEMPTS: ContextVar[Attempts | None] = ContextVar("attempts", default=None)
"""The attempts of the form that sends; None outside a form."""


class AccountStore:
    """The state of the logged-in account, kept up to date by the answers to what is sent.

    The callbacks are called in the caller's own thread.
    """

    def __init__(
        self,
        backend: Backend,
        now: Callable[[], float],
        *,
        changed: Callable[[AccountState], None],
        ended: Callable[[bool], None],
        noticed: Callable[[Event], None],
        froze: Callable[[bool], None],
        time_zone: Callable[[], str],
    ) -> None:
        """`changed` is called with each new state.

        `ended` is called if the session ends without a logout, with whether a change may have been done;
        `noticed` with each event that another client caused, once the state shows it; `froze` with whether
        the account is frozen, when that changes. `time_zone` names the zone of the user's days.
        """
        self.backend = backend
        self.state: AccountState | None = None
        """The account that is logged in; `None` before the login."""
        self.log = InstructionLog(now)
        self._now = now
        self._changed = changed
        self._ended = ended
        self._noticed = noticed
        self._froze = froze
        self._time_zone = time_zone
        self._own: deque[str] = deque(maxlen=MAX_OWN_REQUESTS)
        self._sequence = 0
        self._frozen = ""
        """The email of the account that is known to be frozen."""
        self._session: dict[str, Any] | None = None

    @property
    def client(self) -> WalletClient:
        return self.backend.client

    def use(self, backend: Backend) -> None:
        """Send to another engine from now on; no account is logged in there."""
        self.forget()
        self.backend = backend

    async def send(self, *, is_one_of_many: bool = False, **instruction: Any) -> Answer:
        """Send an instruction, and return its answer once the state shows what it changed.

        After `is_one_of_many` the state is as it was; the caller refreshes it after the last one.
        """
        answer = await self._send(**instruction)
        if "session_data" in answer:
            self._handle_session(answer["session_data"])
        if instruction.get("unlink") == "account" and not answer["failed"]:
            # Deleting the account logs out; the session has not ended by itself.
            self.forget()
        is_change = not answer["failed"] and changes_something(instruction)
        # What is not permitted may have been when the state was read.
        if (is_change and not is_one_of_many) or answer.get("code") == NOT_PERMITTED:
            await self.refresh()
        if answer.get("code") == "account_frozen":
            self._handle_frozen(is_frozen=True)
        return answer

    async def follow_events(self) -> None:
        """Apply the events of the account as they come; raises `UnreachableError`."""
        async for event in self.client.events():
            await self._handle_event(event)

    async def _handle_event(self, event: Event) -> None:
        if event.get("request_id") in self._own:
            # The answer to that request updates the state.
            return
        if event.get("sequence", self._sequence + 1) > self._sequence:
            await self.refresh()
        if event["event"] == ACCOUNT_CHANGED:
            self._handle_frozen(is_frozen=False)
        else:
            self._noticed(event)

    async def refresh(self) -> None:
        """Read the account again, if one is logged in."""
        session = self._session
        if session is None or not self._is_logged_in:
            self.state = None
            return
        zone = self._time_zone()
        overview = await self._send(action="view", view="overview", limit=MAX_ACTIVITY, time_zone=zone)
        if overview["failed"] or session is not self._session:
            return
        self._sequence = overview["event_sequence"]
        self.state = AccountState.read(overview, session, self._now())
        self._changed(self.state)

    async def keep_alive(self) -> None:
        """Use the session, so that it doesn't end while the app is open."""
        for token in ("ctoken", "stoken"):
            await self._send(action="alive", alive=token)

    def forget(self) -> None:
        self.state = None
        self._session = None
        self._sequence = 0
        self.log.clear()

    async def _send(self, **instruction: Any) -> Answer:
        full, backend = {**CLIENT_ACTION, **instruction}, self.backend
        attempts = ATTEMPTS.get() if changes_something(full) else None
        request_id = str(full.get("request_id") or (attempts.id_of(full) if attempts else new_request_id()))
        self._own.append(request_id)
        with self.log.exchange(full) as note:
            answer = await backend.send({**full, "request_id": request_id})
            if answer.get("session_ended") and (full["action"] == "login" or not self._is_logged_in):
                # Refused before anything was done, and the next session is open by now.
                answer = await backend.send({**full, "request_id": request_id})
            note(answer)
        if attempts is not None:
            attempts.settle(full, answer)
        is_over = answer.get("session_ended") or answer.get("code") == "not_logged_in"
        if backend is self.backend and self._is_logged_in and is_over:
            self.forget()
            self._ended(bool(answer.get("maybe_done")))
        return answer

    def _handle_frozen(self, *, is_frozen: bool) -> None:
        # A frozen account gets no events, not even that it is frozen: the next answer says so.
        email = self.state.account.email if self.state else ""
        if is_frozen is not (self._frozen == email):
            self._frozen = email if is_frozen else ""
            self._froze(is_frozen)

    def _handle_session(self, session: dict[str, Any]) -> None:
        """Keep the session's accounts, and clear the log if one of them was logged out."""
        before = _accounts_of(self._session)
        if not before:
            self.log.clear(but_newest=True)
        elif before - _accounts_of(session):
            self.log.clear()
        if self._session is None or self._session["session_user_account"] != session["session_user_account"]:
            # Each account counts its own events.
            self._sequence = 0
        self._session = session

    @property
    def _is_logged_in(self) -> bool:
        return self._session is not None and self._session["session_user_account"] is not None


def _accounts_of(session: Mapping[str, Any] | None) -> set[str]:
    return set(session["session_account_archive"]) if session else set()


def _unreachable(reason: UnreachableError) -> Answer:
    return {"failed": True, "error": str(reason), "warning": "", "code": "unreachable", "details": {}}
