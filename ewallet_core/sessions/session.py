"""A session as a Python program sees it: alive, and read anew whenever it is looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ewallet_core.actions.sessions.live_sessions import SESSION_CATALOGUE
from ewallet_core.sessions.desk import Asker
from ewallet_core.storage.sessions import Session, logged_in, sessions

if TYPE_CHECKING:
    from ewallet_core.instructions.envelope import Answer
    from ewallet_core.sessions.desk import Desk


class EWallet:
    """A session of the document: who is logged in to it, and until when it lives.

    Found as `manager.sessions[id]`. Its properties raise `LookupError` once the session has been removed.
    """

    def __init__(self, desk: Desk, session_id: int) -> None:
        self._desk = desk
        self._asker = Asker(SESSION_CATALOGUE, live_session_id=session_id)
        self.id = session_id

    def ewallet_controller(self, /, **instruction: Any) -> Answer:
        """Carry out one of the session's own instructions, flat or enveloped; it never raises for it.

        They are `controller='user'` with `action='create', create='account'`; `action='login'`; and
        `action='create', create='transfer', ttype='supply'`. Who asks is this session, so neither a client id
        nor a session token is needed.
        """
        return self._desk.answer(instruction, self._asker)

    def is_at(self, desk: Desk) -> bool:
        """Whether it is a session of that engine."""
        return self._desk is desk

    @property
    def worker_id(self) -> int:
        """The worker that has this session."""
        return self._row.worker_id

    @property
    def account(self) -> str | None:
        """The active account's email, or None while nobody is logged in."""
        active = self._row.account_id
        members = self._desk.database.read(lambda transaction: logged_in(transaction, self.id))
        return next((member.email for member in members if member.id == active), None)

    @property
    def expires_at(self) -> int:
        """When it ends unless it is used before, in milliseconds UTC."""
        return self._row.expires_at

    @property
    def _row(self) -> Session:
        return self._desk.database.read(lambda transaction: sessions.require(transaction, id=self.id))
