"""Servers in processes of their own, and a socket to them."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forked_process import ForkedProcess

EWALLET = str(Path(sys.executable).with_name("ewallet"))
TIMEOUT_SECONDS = 120.0
READY = re.compile(
    r"Ready: instructions on .+:(\d+), events on \S+:(\d+), (?:HTTP on (https?://\S+), )?(.+)\.\n"
)

Answer = dict[str, Any]


@dataclass
class ServeProcess:
    """A server in another process, and the line that it printed."""

    process: ForkedProcess | subprocess.Popen[str]
    line: str

    @property
    def ports(self) -> tuple[int, int]:
        found = READY.fullmatch(self.line)
        assert found is not None, self.line
        return int(found[1]), int(found[2])

    @property
    def http_url(self) -> str:
        """Where it serves HTTP, without a path."""
        found = READY.fullmatch(self.line)
        assert found is not None, self.line
        return found[3]

    def is_told(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def ends(self) -> tuple[int, str, str]:
        """Wait for the end; returns the exit code and the rest of stdout and stderr."""
        said, complained = self.process.communicate(timeout=TIMEOUT_SECONDS)
        return self.process.returncode, said, complained


@contextmanager
def served(folder: Path, *options: object, **environment: str) -> Iterator[ServeProcess]:
    """A server of that folder, which is stopped at the end if it still runs."""
    words = ["--data-dir", folder, "serve", *options]
    pipe = subprocess.PIPE
    env = {**os.environ, **environment}
    with ForkedProcess(words, stdout=pipe, stderr=pipe, env=env) as process, _terminated(process) as server:
        yield server


@contextmanager
def served_by_installed_command(folder: Path, *options: object) -> Iterator[ServeProcess]:
    """The same by the installed command, in a new process."""
    words = [EWALLET, "--data-dir", str(folder), "serve", *map(str, options)]
    pipe = subprocess.PIPE
    with (
        subprocess.Popen(words, stdout=pipe, stderr=pipe, text=True) as process,
        _terminated(process) as server,
    ):
        yield server


@contextmanager
def _terminated(process: ForkedProcess | subprocess.Popen[str]) -> Iterator[ServeProcess]:
    assert process.stdout is not None
    try:
        yield ServeProcess(process, process.stdout.readline())
    finally:
        process.terminate()


class Wire:
    """A connection to the instruction port."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._lines = connected.makefile("rb")
        self.credentials: dict[str, str] = {}

    def send(self, **instruction: Any) -> None:
        asked = {"controller": "client", "ctype": "action", **instruction, **self.credentials}
        self._socket.sendall(json.dumps(asked).encode() + b"\n")

    def next_line(self) -> Answer | None:
        """The next line; None at the end."""
        line = self._lines.readline()
        return json.loads(line) if line else None

    def request(self, **instruction: Any) -> Answer:
        self.send(**instruction)
        answer = self.next_line()
        assert answer is not None
        return answer

    def open_session(self) -> None:
        for credential in ("client_id", "session_token"):
            self.credentials[credential] = self.request(action="request", request=credential)[credential]

    def close(self) -> None:
        self._lines.close()
        self._socket.close()


@contextmanager
def wire_to(server: ServeProcess) -> Iterator[Wire]:
    with closing(Wire(socket.create_connection(("127.0.0.1", server.ports[0]), TIMEOUT_SECONDS))) as wire:
        yield wire
