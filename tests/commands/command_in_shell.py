"""A program `ewallet` for shell scripts, each run of which is forked from where everything is imported."""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from forked_process import ForkedProcess

PROGRAM = """#!{python} -IS
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as asked:
    asked.connect({address!r})
    run = {{"words": sys.argv[1:], "env": dict(os.environ), "cwd": os.getcwd()}}
    socket.send_fds(asked, [json.dumps(run).encode() + b"\\n"], [0, 1, 2])
    sys.exit(int(asked.recv(16)))
"""
"""Gives its words and streams away, and exits as the command that got them."""


@contextmanager
def command_in_shell(folder: Path) -> Iterator[Path]:
    """The folder, for the path of a shell, in which `ewallet` is for as long as this lasts."""
    program = folder / "ewallet"
    address = str(folder / "socket")
    program.write_text(PROGRAM.format(python=sys.executable, address=address))
    program.chmod(0o700)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(address)
        listening.listen()
        thread = threading.Thread(target=_run_what_is_asked, args=[listening])
        thread.start()
        try:
            yield folder
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


def _run_what_is_asked(listening: socket.socket) -> None:
    while True:
        try:
            asked, _ = listening.accept()
        except OSError:
            # It was shut down.
            return
        with asked:
            _run(asked)


def _run(asked: socket.socket) -> None:
    received, streams, _, _ = socket.recv_fds(asked, 65_536, 3)
    while not received.endswith(b"\n"):
        received += asked.recv(65_536)
    run = json.loads(received)
    stdin, stdout, stderr = streams
    process = ForkedProcess(
        run["words"], stdin=stdin, stdout=stdout, stderr=stderr, env=run["env"], cwd=Path(run["cwd"])
    )
    for stream in streams:
        os.close(stream)
    asked.sendall(str(process.wait()).encode())
