"""A server in a process of its own, which can be killed and started again at the same ports."""

from __future__ import annotations

import random
import socket
import subprocess
from contextlib import closing, suppress
from pathlib import Path

from forked_process import ForkedProcess

# The system gives other programs none of these by itself, so they are still free when a server comes back.
BELOW_EPHEMERAL = range(20_000, 32_000)


def free_ports() -> list[str]:
    """Three ports that are free, and that no other program gets while the server is down."""
    found: list[str] = []
    for port in random.sample(BELOW_EPHEMERAL, len(BELOW_EPHEMERAL)):
        with closing(socket.socket()) as tried, suppress(OSError):
            tried.bind(("127.0.0.1", port))
            found.append(str(port))
        if len(found) == 3:
            break
    return found


class ServerProcess:
    """`ewallet serve` on a folder, each time at the same ports."""

    def __init__(self, folder: Path, *options: str | Path) -> None:
        self._folder = folder
        self._options = options
        self._ports = free_ports()
        self._process: ForkedProcess | None = None

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self._ports[0]}"

    @property
    def http_place(self) -> str:
        return f"http://127.0.0.1:{self._ports[2]}"

    def start(self) -> None:
        in_port, out_port, http_port = self._ports
        ports = ["--in-port", in_port, "--out-port", out_port, "--http-port", http_port]
        words = ["--data-dir", self._folder, "serve", *ports, "--self-supply", *self._options]
        self._process = ForkedProcess(words, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        assert self._process.stdout.readline().startswith("Ready: ")

    def stop(self) -> None:
        """Let it end in an orderly way, and wait for that."""
        if self._process is not None:
            self._process.terminate()
            self._process.communicate()
            assert self._process.returncode == 0
            self._process = None

    def kill(self) -> None:
        """End it without letting it do anything more."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None
