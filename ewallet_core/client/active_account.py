"""Whose the session is just now, as far as the answers tell."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from ewallet_core.instructions.envelope import Answer


class ActiveAccount:
    """The account whose events there are to be told, and a number that is another for each login."""

    def __init__(self) -> None:
        self.number = 0
        self._account: object = None
        self._moving = 0
        self._changed = asyncio.Event()

    @property
    def is_settled(self) -> bool:
        """Whether no instruction is under way that may make another account the active one."""
        return self._moving == 0

    @property
    def is_there(self) -> bool:
        """Whether somebody is logged in."""
        return self._account is not None

    def learn(self, answer: Answer) -> None:
        """Take from the answer of such an instruction whose the session is now."""
        if "session_data" in answer:
            self._becomes(answer["session_data"]["session_user_account"])

    def forget(self) -> None:
        """The session has ended."""
        self._becomes(None)

    @contextmanager
    def moving(self) -> Iterator[None]:
        """While such an instruction is under way."""
        self._moving += 1
        try:
            yield
        except BaseException:
            # What it came to is not known, so whoever listens has to ask anew for whom that is.
            self._becomes(object())
            raise
        finally:
            self._moving -= 1
            self._tell()

    async def settled(self) -> None:
        """Wait until it is known whose the session is."""
        while not self.is_settled:
            await self._changed.wait()

    async def moved_from(self, number: int) -> None:
        """Wait until that login is not the one there is any more."""
        while self.number == number:
            await self._changed.wait()

    async def somebody(self, but: int | None = None) -> int:
        """The number of the login that there is, once there is one, and it is another one than `but`."""
        while not (self.is_settled and self.is_there and self.number != but):
            await self._changed.wait()
        return self.number

    def _becomes(self, account: object) -> None:
        if account != self._account:
            self._account = account
            self.number += 1
            self._tell()

    def _tell(self) -> None:
        """Wake whoever waits, each with a look of its own at what has become of it."""
        self._changed.set()
        self._changed = asyncio.Event()
