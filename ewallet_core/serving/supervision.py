"""How whoever started a server tells it to stop, and hears that it is ready."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
from collections.abc import Callable, Iterator

STOPPING = (signal.SIGTERM, signal.SIGINT)


@contextlib.contextmanager
def told_to_stop() -> Iterator[Callable[[], None]]:
    """Hold the signals to stop back, for every thread that begins within, until they are waited for.

    To be entered by the main thread, before others begin; it is given what waits.
    """
    # A handler could come in between any two lines; a signal that is waited for can't, and a second one finds
    # nobody to disturb.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)

    def wait() -> None:
        signal.sigwait(STOPPING)
        for each in STOPPING:
            signal.signal(each, signal.SIG_IGN)

    try:
        yield wait
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def tell_supervisor(state: str) -> None:
    """Tell systemd, such as `READY=1`, where it is that has started this process and listens for it."""
    place = os.environ.get("NOTIFY_SOCKET")
    if not place:
        return
    # Whoever set the variable for another process hears nothing, and that is no reason not to serve.
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notified, contextlib.suppress(OSError):
        notified.connect(f"\0{place[1:]}" if place.startswith("@") else place)
        notified.send(state.encode())
