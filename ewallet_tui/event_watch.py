"""Watches what happens to the account that is logged in, also elsewhere, and keeps its session alive."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ewallet_core.client import UnreachableError
from ewallet_tui.news import (
    CHANGED,
    ENDS_SOON,
    FROZEN,
    FROZEN_CODE,
    USABLE_AGAIN,
    Event,
    News,
    may_be_refund,
    news_of,
)
from ewallet_tui.own_doings import OwnDoings
from ewallet_tui.telling import Telling

if TYPE_CHECKING:
    from ewallet_core.client import Answer
    from ewallet_tui.app import EWalletApp

EVENTS, ALIVE = "events", "alive"
NEWEST = 5
"""Among how many of the newest records the one of an event is looked for."""


class EventWatch:
    """Follows the account of `app`; its workers are of the groups `EVENTS` and `ALIVE`."""

    def __init__(self, app: EWalletApp) -> None:
        self._app = app
        self._own = OwnDoings(app.now)
        self._telling = Telling(app)
        self._frozen = ""
        """The email of the account that was found frozen."""

    def follow(self) -> None:
        """Watch whoever is logged in now."""
        self._own.forget()
        self._telling.forget()
        self._app.run_worker(self._follow(), group=EVENTS, exclusive=True)

    def stop(self) -> None:
        """Watch nobody any more."""
        self._app.workers.cancel_group(self._app, EVENTS)
        self._telling.forget()

    def forget_news(self) -> None:
        """Say nothing more of the account that was the active one."""
        self._telling.forget()

    def keep_alive(self) -> None:
        """Use the session, so that it doesn't end."""
        # Where the connection is gone it is asked as soon as that is back, and once.
        if not self._app.has_begun(ALIVE):
            self._app.run_worker(self._app.conversation.keep_alive(), group=ALIVE)

    async def ask(self, **instruction: Any) -> Answer:
        """Have an action of the client carried out, whose event will be no news."""
        with self._own.noting(instruction) as doing:
            answer = await self._app.conversation.ask(**instruction)
            if doing is not None:
                doing.is_done = not answer["failed"]
                if doing.is_heard_of and not doing.is_done:
                    # What was taken for its event was something else, which the picture may not show yet.
                    await self._app.conversation.refresh()
        if answer.get("code") == FROZEN_CODE:
            self._heed_frozen(is_frozen=True)
        return answer

    async def _follow(self) -> None:
        try:
            async for event in self._app.conversation.client.events():
                await self._heed(event)
        except UnreachableError as reason:
            self._app.connection_watch.give_up(str(reason))

    async def _heed(self, event: Event) -> None:
        if event["event"] == ENDS_SOON:
            self.keep_alive()
        self._app.timer_watch.left.heed(event)
        if "data" in event and self._own.explain(event):
            # The picture was painted with its answer, or will be.
            return
        await self._app.conversation.refresh()
        if event["event"] == CHANGED:
            self._heed_frozen(is_frozen=False)
        elif (news := await self._news_of(event)) is not None:
            self._telling.tell(news)

    async def _news_of(self, event: Event) -> News | None:
        picture = self._app.picture
        if picture is None or "data" not in event:
            return None
        return news_of(
            event,
            own_email=picture.account.email,
            clock=picture.clock.id,
            is_refund=may_be_refund(event) and await self._is_refund(event),
        )

    async def _is_refund(self, event: Event) -> bool:
        view = {"action": "view", "view": "transfer", "transfer": "list", "limit": NEWEST}
        answer = await self._app.conversation.ask(**view)
        records = [] if answer["failed"] else answer["sheet_data"]["rows"]
        data = event["data"]
        those = (record for record in records if record["transfer_type"] == "incoming")
        newest = next((one for one in those if one["transfer_from"] == data["transfer_from"]), None)
        return newest is not None and newest["credits"] == data["credits"] and "refund_of" in newest

    def _heed_frozen(self, *, is_frozen: bool) -> None:
        # A frozen account hears of nothing, not even of that: it is in the next answer.
        email = self._app.picture.account.email if self._app.picture else ""
        if is_frozen is not (self._frozen == email):
            self._frozen = email if is_frozen else ""
            self._telling.tell(FROZEN if is_frozen else USABLE_AGAIN)
