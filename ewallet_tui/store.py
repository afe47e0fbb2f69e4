"""The app's side of the talk with the engine: what was asked, and the picture that the answers paint."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from ewallet_core.client import UnreachableError
from ewallet_tui.instruction_log import InstructionLog

if TYPE_CHECKING:
    from ewallet_core.client import Answer, WalletClient
    from ewallet_tui.state import AccountState


VIEWS = (
    {"action": "view", "view": "account"},
    {"action": "view", "view": "credit", "credit": "wallet"},
    {"action": "view", "view": "credit", "credit": "clock"},
)
NOT_PERMITTED = "not_permitted"
CLIENT_ACTION = {"controller": "client", "ctype": "action"}
"""Where an instruction is for that doesn't say it."""


class AccountStore:
    """Instructions to the engine in the order they are asked, and the picture kept true by their answers.

    The callbacks are called in the caller's own thread: `changed` with each new picture, `ended` when nobody
    is logged in any more though nobody logged out, and whether it was a change that found it out.
    """

    def __init__(
        self,
        client: WalletClient,
        now: Callable[[], float],
        changed: Callable[[AccountState], None],
        ended: Callable[[bool], None],
    ) -> None:
        self.client = client
        self.state: AccountState | None = None
        self.log = InstructionLog(now)
        """What was asked of the engine, and what it answered."""
        self._now = now
        self._changed = changed
        self._ended = ended
        self._session: dict[str, Any] | None = None
        self._may_supply = True
        self._tried = asyncio.Event()
        self._out_of_reach: UnreachableError | None = None
        self._closing: asyncio.Task[None] | None = None

    async def open(self, admit: Callable[[], Awaitable[None]]) -> None:
        """Reach the engine, and ask it nothing before `admit` lets it be asked; what was asked before waits.

        Raises `UnreachableError` in words, as `admit` may.
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
        """Ask nothing more; whoever wants to is told the reason."""
        self._out_of_reach = UnreachableError(reason)

    @property
    def is_closing(self) -> bool:
        """Whether it has been closed, and nothing more is answered."""
        return self._closing is not None

    async def close(self) -> None:
        """Wait until all that was asked is answered, and let go of the engine; once is enough."""
        if self._closing is None:
            self._closing = asyncio.create_task(self.client.close())
        await asyncio.shield(self._closing)

    async def ask(self, **instruction: Any) -> Answer:
        """Have an action carried out, and bring its answer when the picture shows it too.

        It is one of the client's unless it names another `controller`. Where there is no engine to
        be had, the answer is a refusal that says so.
        """
        answer = await self._send(**instruction)
        if "session_data" in answer:
            self._handle_session(answer["session_data"])
        if instruction.get("unlink") == "account" and not answer["failed"]:
            # Who is to be deleted is logged in no more, and has not been thrown out.
            self.forget()
        if instruction["action"] == "supply" and "supply_to" not in instruction:
            await self._learn_who_supplies(answer)
        if not answer["failed"] and _changes_something(instruction):
            await self.refresh()
        return answer

    async def refresh(self) -> None:
        """Paint the picture anew, as far as somebody is logged in."""
        session = self._session
        if session is None or session["session_user_account"] is None:
            self.state = None
            return
        answers = [await self._send(**view) for view in VIEWS]
        if any(answer["failed"] for answer in answers) or session is not self._session:
            return
        from ewallet_tui.state import AccountState  # noqa: PLC0415 - there is none before the first paint

        account, wallet, clock = answers
        self.state = AccountState.read(
            account["account_data"],
            wallet["ewallet_data"],
            clock["clock_data"],
            session,
            self._now(),
            may_supply=self._may_supply,
        )
        self._changed(self.state)

    async def keep_alive(self) -> None:
        """Use the session, so that it doesn't end while the app is open."""
        for token in ("ctoken", "stoken"):
            await self._send(action="alive", alive=token)

    def forget(self) -> None:
        """Know nothing of anybody any more."""
        self.state = None
        self._session = None
        self.log.clear()

    async def _send(self, **instruction: Any) -> Answer:
        full = {**CLIENT_ACTION, **instruction}
        with self.log.exchange(full) as note:
            answer = await self._answer_to(full)
            note(answer)
        if self._is_over(answer):
            self.forget()
            self._ended(_changes_something(instruction))
        return answer

    async def _answer_to(self, instruction: dict[str, Any]) -> Answer:
        await self._tried.wait()
        if self._out_of_reach is not None:
            return _refused(self._out_of_reach)
        if self._closing is not None:
            # Whoever asks now is about to be cancelled with the app, and there is nobody left to answer.
            await asyncio.Event().wait()
        try:
            return await self.client.send(**instruction)
        except UnreachableError as reason:
            return _refused(reason)

    def _handle_session(self, session: dict[str, Any]) -> None:
        """Know who is logged in now, and keep nothing of who has left, or of who tried to come in."""
        before = _accounts_of(self._session)
        if not before:
            self.log.clear(but_newest=True)
        elif before - _accounts_of(session):
            self.log.clear()
        self._session = session
        self._may_supply = True

    async def _learn_who_supplies(self, answer: Answer) -> None:
        may_supply = answer.get("code") != NOT_PERMITTED
        if may_supply is not self._may_supply:
            self._may_supply = may_supply
            await self.refresh()

    def _is_over(self, answer: Answer) -> bool:
        """Whether who was logged in is so no more: the session ended, or they were thrown out of it."""
        if self._session is None or self._session["session_user_account"] is None:
            return False
        return bool(answer.get("session_ended")) or answer.get("code") == "not_logged_in"


def _changes_something(instruction: Mapping[str, Any]) -> bool:
    from ewallet_core.client.requests import changes_something  # noqa: PLC0415 - nothing is asked at the start

    return changes_something(instruction)


def _accounts_of(session: Mapping[str, Any] | None) -> set[str]:
    return set(session["session_account_archive"]) if session else set()


def _refused(reason: UnreachableError) -> Answer:
    return {"failed": True, "error": str(reason), "warning": "", "code": "unreachable", "details": {}}
