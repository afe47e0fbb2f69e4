"""The engine put together: the session manager, with a listener for who asks it from elsewhere."""

from __future__ import annotations

from typing import Any

from ewallet_core.serving.listener import SocketListener
from ewallet_core.sessions import manager


class EWalletSessionManager(manager.EWalletSessionManager):
    """A session manager that listens on this machine's own sockets once it is told to.

    That is what the instructions `start='instruction_listener'` and `opening='sockets'` do. Whoever wants it
    to listen elsewhere gives it another listener by `listen_through`.
    """

    def __init__(self, database_url: str | None = None, **choices: Any) -> None:
        super().__init__(database_url, **choices)
        self._listener = SocketListener(self)
        self.listen_through(self._listener)

    def close(self) -> None:
        """Listen no more, then as the session manager does."""
        self._listener.stop()
        super().close()
