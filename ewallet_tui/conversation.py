"""The app's side of the talk with the engine: what was asked, and the picture that the answers paint."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ewallet_core.client import Answer, WalletClient
    from ewallet_tui.picture import Picture

VIEWS = (
    {"action": "view", "view": "account"},
    {"action": "view", "view": "credit", "credit": "wallet"},
    {"action": "view", "view": "credit", "credit": "clock"},
)
CHANGES_NOTHING = frozenset({"view", "alive", "request"})


class Conversation:
    """Instructions to the engine in the order they are asked, and the picture kept true by their answers.

    The callbacks are called in the caller's own thread: `changed` with each new picture, `ended` when nobody
    is logged in any more though nobody logged out.
    """

    def __init__(
        self,
        client: WalletClient,
        now: Callable[[], float],
        changed: Callable[[Picture], None],
        ended: Callable[[], None],
    ) -> None:
        self.client = client
        self.picture: Picture | None = None
        self._now = now
        self._changed = changed
        self._ended = ended
        self._session: dict[str, Any] | None = None
        self._open = asyncio.Event()
        self._closing: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Reach the engine; what was asked before waits for it. Raises `Unreachable` in words."""
        await self.client.open()
        self._open.set()

    async def close(self) -> None:
        """Wait until all that was asked is answered, and let go of the engine; once is enough."""
        if self._closing is None:
            self._closing = asyncio.create_task(self.client.close())
        await asyncio.shield(self._closing)

    async def ask(self, **instruction: Any) -> Answer:
        """Have an action of the client carried out, and bring its answer when the picture shows it too."""
        answer = await self._send(**instruction)
        if "session_data" in answer:
            self._session = answer["session_data"]
        if not answer["failed"] and instruction["action"] not in CHANGES_NOTHING:
            await self.refresh()
        return answer

    async def refresh(self) -> None:
        """Paint the picture anew, as far as somebody is logged in."""
        session = self._session
        if session is None or session["session_user_account"] is None:
            self.picture = None
            return
        answers = [await self._send(**view) for view in VIEWS]
        if any(answer["failed"] for answer in answers) or session is not self._session:
            return
        from ewallet_tui.picture import Picture  # noqa: PLC0415 - there is none before the first paint

        account, wallet, clock = answers
        self.picture = Picture.read(
            account["account_data"], wallet["ewallet_data"], clock["clock_data"], session, self._now()
        )
        self._changed(self.picture)

    async def keep_alive(self) -> None:
        """Use the session, so that it doesn't end while the app is open."""
        for token in ("ctoken", "stoken"):
            await self._send(action="alive", alive=token)

    def forget(self) -> None:
        """Know nothing of anybody any more."""
        self.picture = None
        self._session = None

    async def _send(self, **instruction: Any) -> Answer:
        await self._open.wait()
        if self._closing is not None:
            # Whoever asks now is about to be cancelled with the app, and there is nobody left to answer.
            await asyncio.Event().wait()
        answer = await self.client.send(controller="client", ctype="action", **instruction)
        if self._is_over(answer):
            self.forget()
            self._ended()
        return answer

    def _is_over(self, answer: Answer) -> bool:
        """Whether who was logged in is so no more: the session ended, or they were thrown out of it."""
        if self._session is None or self._session["session_user_account"] is None:
            return False
        return bool(answer.get("session_ended")) or answer.get("code") == "not_logged_in"
