"""Watches what happens to the account that is logged in, also elsewhere, and keeps its session alive."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ewallet_core.client import UnreachableError
from ewallet_tui.notifications import (
    CHANGED,
    ENDS_SOON,
    FROZEN,
    FROZEN_CODE,
    USABLE_AGAIN,
    Event,
    Notification,
    Notifier,
    may_be_refund,
    notification_of,
)
from ewallet_tui.own_doings import OwnDoings

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
        self._notifier = Notifier(app)
        self._frozen = ""
        """The email of the account that was found frozen."""

    def follow(self) -> None:
        """Watch whoever is logged in now."""
        self._own.forget()
        self._notifier.forget()
        self._app.run_worker(self._follow(), group=EVENTS, exclusive=True)

    def stop(self) -> None:
        """Watch nobody any more."""
        self._app.workers.cancel_group(self._app, EVENTS)
        self._notifier.forget()

    def forget_notifications(self) -> None:
        """Say nothing more of the account that was the active one."""
        self._notifier.forget()

    def keep_alive(self) -> None:
        """Use the session, so that it doesn't end."""
        # Where the connection is gone it is asked as soon as that is back, and once.
        if not self._app.has_begun(ALIVE):
            self._app.run_worker(self._app.store.keep_alive(), group=ALIVE)

    async def ask(self, **instruction: Any) -> Answer:
        """Have an action of the client carried out, whose event will be no news."""
        with self._own.noting(instruction) as doing:
            answer = await self._app.store.ask(**instruction)
            if doing is not None:
                doing.is_done = not answer["failed"]
                if doing.is_heard_of and not doing.is_done:
                    # What was taken for its event was something else, which the picture may not show yet.
                    await self._app.store.refresh()
        if answer.get("code") == FROZEN_CODE:
            self._handle_frozen(is_frozen=True)
        return answer

    async def _follow(self) -> None:
        try:
            async for event in self._app.store.client.events():
                await self._handle(event)
        except UnreachableError as reason:
            self._app.connection_watch.give_up(str(reason))

    async def _handle(self, event: Event) -> None:
        if event["event"] == ENDS_SOON:
            self.keep_alive()
        self._app.timer_watch.left.handle(event)
        if "data" in event and self._own.explain(event):
            # The picture was painted with its answer, or will be.
            return
        await self._app.store.refresh()
        if event["event"] == CHANGED:
            self._handle_frozen(is_frozen=False)
        elif (notifications := await self._notification_of(event)) is not None:
            self._notifier.tell(notifications)

    async def _notification_of(self, event: Event) -> Notification | None:
        state = self._app.state
        if state is None or "data" not in event:
            return None
        return notification_of(
            event,
            own_email=state.account.email,
            clock=state.clock.id,
            is_refund=may_be_refund(event) and await self._is_refund(event),
        )

    async def _is_refund(self, event: Event) -> bool:
        view = {"action": "view", "view": "transfer", "transfer": "list", "limit": NEWEST}
        answer = await self._app.store.ask(**view)
        records = [] if answer["failed"] else answer["sheet_data"]["rows"]
        data = event["data"]
        those = (record for record in records if record["transfer_type"] == "incoming")
        newest = next((one for one in those if one["transfer_from"] == data["transfer_from"]), None)
        return newest is not None and newest["credits"] == data["credits"] and "refund_of" in newest

    def _handle_frozen(self, *, is_frozen: bool) -> None:
        # A frozen account hears of nothing, not even of that: it is in the next answer.
        email = self._app.state.account.email if self._app.state else ""
        if is_frozen is not (self._frozen == email):
            self._frozen = email if is_frozen else ""
            self._notifier.tell(FROZEN if is_frozen else USABLE_AGAIN)
