"""Watches what happens to the account that is logged in, also elsewhere, and keeps its session alive."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ewallet_core.client import Unreachable
from ewallet_tui.news import ENDS_SOON, warning_of

if TYPE_CHECKING:
    from ewallet_tui.app import EWalletApp

EVENTS, ALIVE = "events", "alive"


class EventWatch:
    """Follows the account of `app`; its workers are of the groups `EVENTS` and `ALIVE`."""

    def __init__(self, app: EWalletApp) -> None:
        self._app = app

    def follow(self) -> None:
        """Watch whoever is logged in now."""
        self._app.run_worker(self._follow(), group=EVENTS, exclusive=True)

    def keep_alive(self) -> None:
        """Use the session, so that it doesn't end."""
        # Where the connection is gone it is asked as soon as that is back, and once.
        if not self._app.has_begun(ALIVE):
            self._app.run_worker(self._app.conversation.keep_alive(), group=ALIVE)

    async def _follow(self) -> None:
        try:
            async for event in self._app.conversation.client.events():
                await self._heed(event)
        except Unreachable as reason:
            self._app.connection_watch.give_up(str(reason))

    async def _heed(self, event: Mapping[str, Any]) -> None:
        if event["event"] == ENDS_SOON:
            self.keep_alive()
        await self._app.conversation.refresh()
        warning = warning_of(event)
        if warning is not None:
            title, words = warning
            self._app.say(words, title=title, severity="warning")
