"""A server in a process of its own, which can be killed and started again at the same ports."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

EWALLET = Path(sys.executable).with_name("ewallet")


class ServerProcess:
    """`ewallet serve` on a folder, at ports that are free when it is started first."""

    def __init__(self, folder: Path, *options: str | Path) -> None:
        self._folder = folder
        self._options = options
        self._ports = ["0", "0"]
        self._process: subprocess.Popen[str] | None = None

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self._ports[0]}"

    def start(self) -> None:
        in_port, out_port = self._ports
        ports = ["--in-port", in_port, "--out-port", out_port]
        command = [EWALLET, "--data-dir", self._folder, "serve", *ports, "--self-supply", *self._options]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self._ports = re.findall(r":(\d+)\b", self._process.stdout.readline())[:2]

    def kill(self) -> None:
        """End it without letting it do anything more."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None
