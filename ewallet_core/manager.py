"""The engine put together: the session manager, with a listener for who asks it from elsewhere."""

from __future__ import annotations

from functools import cached_property

from ewallet_core.engine import manager
from ewallet_core.server.socket_listener import SocketListener


class EWalletSessionManager(manager.EWalletSessionManager):
    """A session manager that people elsewhere can reach, as soon as it is told to listen."""

    @cached_property
    def _sockets(self) -> SocketListener:
        return SocketListener(self)

    def own_listener(self) -> SocketListener:
        """This machine's own sockets, which it listens on once it is told to.

        The instructions `start='instruction_listener'` and `opening='sockets'` do that. Who wants it to
        listen elsewhere gives it another listener by `listen_through`.
        """
        return self._sockets

    def close(self) -> None:
        """Listen no more, then as the session manager does."""
        self._sockets.stop()
        super().close()
