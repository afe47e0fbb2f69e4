"""A loop for who has none: on a thread of its own, which keeps no program alive."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import CancelledError
from typing import Any, TypeVar

from ewallet_core.client.protocol import NOT_OPEN, Unreachable

T = TypeVar("T")


class LoopThread:
    """Runs what is asynchronous for any thread, and has that wait for it."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._handing_over = threading.Lock()
        self._is_stopped = False
        self._thread = threading.Thread(target=self._loop.run_forever, name="ewallet-client", daemon=True)
        self._thread.start()

    @property
    def is_running(self) -> bool:
        """Whether it has not been stopped, and was not left behind by a fork of the process."""
        return not self._is_stopped and self._thread.is_alive()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """What `work` brings; who is interrupted meanwhile interrupts it too.

        Raises `Unreachable` where this has been stopped, also meanwhile.
        """
        with self._handing_over:
            if not self.is_running:
                work.close()
                raise Unreachable(NOT_OPEN)
            under_way = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return under_way.result()
        except CancelledError:
            raise Unreachable(NOT_OPEN) from None
        finally:
            under_way.cancel()

    def stop(self) -> None:
        """Run nothing more, and break off what is under way; twice does no harm."""
        with self._handing_over:
            if not self.is_running:
                return
            # Whatever was handed over before this is found by it, and nothing is handed over after it.
            self._is_stopped = True
            winding_up = asyncio.run_coroutine_threadsafe(self._wind_up(), self._loop)
        winding_up.result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _wind_up(self) -> None:
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await self._loop.shutdown_asyncgens()
