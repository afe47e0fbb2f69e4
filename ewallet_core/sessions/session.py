"""A session as a Python program sees it: alive, and read anew whenever it is looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ewallet_core.storage.sessions import Session, logged_in, sessions

if TYPE_CHECKING:
    from ewallet_core.storage.database import Database


class EWallet:
    """A session of the document: who is logged in to it, and until when it lives."""

    def __init__(self, database: Database, session_id: int) -> None:
        self._database = database
        self.id = session_id

    @property
    def worker_id(self) -> int:
        """The worker that has this session."""
        return self._row.worker_id

    @property
    def account(self) -> str | None:
        """The active account's email, or None while nobody is logged in."""
        active = self._row.account_id
        members = self._database.read(lambda transaction: logged_in(transaction, self.id))
        return next((member.email for member in members if member.id == active), None)

    @property
    def expires_at(self) -> int:
        """When it ends unless it is used before, in milliseconds UTC."""
        return self._row.expires_at

    @property
    def _row(self) -> Session:
        return self._database.read(lambda transaction: sessions.require(transaction, id=self.id))
