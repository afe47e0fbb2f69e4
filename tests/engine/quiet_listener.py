"""A listener that hears nothing: it does what the protocol of listeners says, without any socket."""

from __future__ import annotations

SOME_FREE_PORT = 49_152


class QuietListener:
    """Tells on which ports it would listen."""

    def __init__(self) -> None:
        self.ports: tuple[int, int] | None = None

    def start(self) -> str:
        return "ready"

    def open(self, in_port: int, out_port: int) -> tuple[int, int]:
        self.ports = in_port or SOME_FREE_PORT, out_port or SOME_FREE_PORT + 1
        return self.ports

    def close(self) -> bool:
        self.ports = None
        return True
