"""The feed: finds out to whom something has happened, and wakes those who listen for it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from ewallet_core.refusals.refusal import Refusal
from ewallet_core.serving.hands import Engine, Hands
from ewallet_core.sessions.happenings import Follower

LOOKS_EVERY_SECONDS = 1.0
"""How often it looks at sessions, and at all although nothing was changed here: others share the database."""
LULL_SECONDS = 0.005

_log = logging.getLogger("ewallet_core")


@dataclass(eq=False, slots=True)
class Listening:
    """Somebody who listens: whom they follow, and what wakes them."""

    follower: Follower
    woken: asyncio.Event = field(default_factory=asyncio.Event)


class Feed:
    """Wakes whoever listens to an account once something has happened to it."""

    def __init__(self, engine: Engine, hands: Hands) -> None:
        self._engine = engine
        self._hands = hands
        self._listening: set[Listening] = set()
        self._bell = asyncio.Event()
        self._latest: int | None = None
        self._sessions_looked_at = 0.0

    @contextmanager
    def to(self, follower: Follower) -> Iterator[Listening]:
        """Wake that one from now on, for as long as it lasts."""
        listening = Listening(follower)
        self._listening.add(listening)
        # The first look wakes everybody: what happened before it is not looked for.
        self._latest = self._latest if len(self._listening) > 1 else None
        self._bell.set()
        try:
            yield listening
        finally:
            self._listening.discard(listening)

    async def run(self) -> None:
        """Look again and again, sooner where something was changed here."""
        loop = asyncio.get_running_loop()

        def ring() -> None:
            loop.call_soon_threadsafe(self._bell.set)

        self._engine.tell_changes(ring)
        try:
            while True:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOKS_EVERY_SECONDS):
                        await self._bell.wait()
                # Where every instruction rings, looking after each would cost more than it is worth.
                await asyncio.sleep(LULL_SECONDS)
                self._bell.clear()
                if self._listening:
                    await self._look_again()
        finally:
            self._engine.tell_changes(_nobody_listens)

    async def _look_again(self) -> None:
        try:
            await self._look()
        except Refusal as refusal:
            _log.warning("the feed could not look for news: %s", refusal.error)
        except Exception:  # noqa: BLE001 - events must go out tomorrow too, whatever went wrong today
            _log.exception("the feed failed")

    async def _look(self) -> None:
        first = self._latest is None
        after = self._latest
        self._latest, accounts = await self._hands.look(lambda: self._engine.news(after))
        now = self._engine.clock()
        for listening in self._listening:
            if first or listening.follower.account in accounts or listening.follower.due_at <= now:
                listening.woken.set()
        await self._look_at_sessions()

    async def _look_at_sessions(self) -> None:
        """Wake those in whose session another account is active now, or which is over."""
        now = asyncio.get_running_loop().time()
        if now - self._sessions_looked_at < LOOKS_EVERY_SECONDS:
            return
        self._sessions_looked_at = now
        active = await self._hands.look(self._engine.active_accounts)
        for listening in self._listening:
            follower = listening.follower
            if follower.session is not None and active.get(follower.session) != follower.account:
                listening.woken.set()


def _nobody_listens() -> None:
    """Nobody is to be told that something has changed."""
