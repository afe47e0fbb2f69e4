"""Measures the time to the app's first paint, and that of a Textual hello world in the same run.

Both start in a real pseudo-terminal, in turn, and are timed until their text is on the screen.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import pexpect

RUNS = 15
SECONDS_ALLOWED = 30
LIMIT = 1.3

HELLO = """
from textual.app import App
from textual.widgets import Static

class Hello(App):
    def compose(self):
        yield Static("Hello there")

Hello().run()
"""


def seconds_to(words: str, command: list[str]) -> float:
    """The time from the start of `command` until it writes `words` to its terminal."""
    environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    began = time.perf_counter()
    terminal = pexpect.spawn(command[0], command[1:], env=environment, dimensions=(24, 80), encoding="utf-8")
    try:
        terminal.expect_exact(words, timeout=SECONDS_ALLOWED)
        return time.perf_counter() - began
    finally:
        terminal.close(force=True)


def main() -> None:
    """Print both medians and the median of their ratios, pair by pair."""
    app = str(Path(sys.executable).with_name("ewallet"))
    with tempfile.TemporaryDirectory() as folder:
        hello, ours = [], []
        for run in range(RUNS + 1):
            pair = (
                seconds_to("Hello there", [sys.executable, "-c", HELLO]),
                seconds_to("E W A L L E T", [app, "--data-dir", folder]),
            )
            # The first pair fills the disk cache and compiles the modules.
            if run:
                hello.append(pair[0])
                ours.append(pair[1])
    ratio = statistics.median(mine / theirs for mine, theirs in zip(ours, hello, strict=True))
    print(f"Textual hello world  {statistics.median(hello):.3f} s")
    print(f"ewallet              {statistics.median(ours):.3f} s")
    print(f"ratio                {ratio:.2f}  (target: at most {LIMIT})")


if __name__ == "__main__":
    main()
