"""A real pseudo-terminal with a program in it: keys go in, and what a person would see comes out."""

from __future__ import annotations

import os
import re
import signal
import termios
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pexpect
import pyte

PATIENCE_SECONDS = 120

KEYS = {
    "enter": "\r",
    "tab": "\t",
    "escape": "\x1b",
    "space": " ",
    "right": "\x1b[C",
    "^q": "\x11",
}
USUALLY_ON = {"7", "25"}
"""The modes that are on without any program: lines wrap, the cursor is shown."""
USUAL = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}


def _stop_ignoring_signals() -> None:
    """Undo what a shell does to programs in the background, or `nohup`."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)


class Terminal:
    """A program on a screen of that many columns and rows."""

    def __init__(
        self, command: Sequence[str | Path], columns: int = 100, rows: int = 30, **variables: str
    ) -> None:
        # A program would believe these more than the terminal itself.
        inherited = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES"}}
        environment = {**inherited, **USUAL, **variables}
        words = [str(word) for word in command]
        self._screen = pyte.Screen(columns, rows)
        self._written = b""
        self._stream = pyte.ByteStream(self._screen)
        self._child = pexpect.spawn(
            words[0],
            words[1:],
            env=environment,
            dimensions=(rows, columns),
            preexec_fn=_stop_ignoring_signals,
        )

    @property
    def text(self) -> str:
        """What is on the screen."""
        return "\n".join(self._screen.display)

    @property
    def colours(self) -> set[str]:
        """The colours of what is on the screen, as names or in hexadecimal digits."""
        cells = [cell for row in self._screen.buffer.values() for cell in row.values()]
        return {colour for cell in cells for colour in (cell.fg, cell.bg)}

    def press(self, *keys: str) -> None:
        """Press these keys; a word that names no key is typed."""
        for key in keys:
            self._child.send(KEYS.get(key, key))

    def wait_for(self, *words: str) -> None:
        """Look at the screen until all these words are on it."""

        def are_there() -> bool:
            text = self.text
            return all(word in text for word in words)

        self.wait_until(are_there, f"waited in vain for {words}")

    def wait_until(self, holds: Callable[[], bool], config_error: str = "it never came to that") -> None:
        """Look at the screen until `holds`."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not holds():
            assert time.monotonic() < deadline, f"{config_error}:\n{self.text}"
            self._read()

    def wait_for_end(self) -> int:
        """Read until the program ends; returns its exit code."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self._child.isalive():
            assert time.monotonic() < deadline, f"it does not end:\n{self.text}"
            self._read()
        # It may have written since it was last read.
        while self._read():
            pass
        return int(self._child.exitstatus if self._child.exitstatus is not None else -1)

    def send_signal(self, number: int) -> None:
        self._child.kill(number)

    def hang_up(self) -> int:
        """Close the terminal itself, as when its window is closed; returns how the program ended."""
        self._child.ptyproc.fileobj.close()
        self._child.ptyproc.closed = True
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self._child.isalive():
            assert time.monotonic() < deadline, "it does not end"
            time.sleep(0.05)
        return int(self._child.exitstatus if self._child.exitstatus is not None else -1)

    @property
    def modes_left_on(self) -> set[str]:
        """What the program has switched on in the terminal and not off again."""
        found = re.findall(rb"\x1b\[\?(\d+)([hl])", self._written)
        on = {mode.decode() for mode, switch in dict(found).items() if switch == b"h"}
        return on - USUALLY_ON | {mode for mode in USUALLY_ON if dict(found).get(mode.encode()) == b"l"}

    @property
    def is_cooked(self) -> bool:
        """Whether a shell would see typed keys as usual: echoed, in lines, with control characters."""
        local = termios.tcgetattr(self._child.child_fd)[3]
        return all(local & flag for flag in (termios.ECHO, termios.ICANON, termios.ISIG))

    def kill(self) -> None:
        """End the program without letting it do anything more."""
        self._child.kill(signal.SIGKILL)
        self._child.wait()

    def close(self) -> None:
        """Leave nothing running."""
        self._child.close(force=True)

    def _read(self) -> bool:
        """Whether something was written that was not read yet."""
        try:
            written = self._child.read_nonblocking(65_536, timeout=0.1)
        except pexpect.TIMEOUT:
            return False
        except pexpect.EOF:
            self._child.wait()
            return False
        self._written += written
        self._stream.feed(written)
        return True
