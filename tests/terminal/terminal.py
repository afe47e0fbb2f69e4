"""A real pseudo-terminal with a program in it: keys go in, and what a person would see comes out."""

from __future__ import annotations

import os
import re
import select
import termios
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import pyte
from forked_process import ANOTHER_PROGRAM, MAIN, ForkedProcess

PATIENCE_SECONDS = 120
MOMENT_SECONDS = 0.1

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


class Terminal:
    """A screen of so many columns and rows with `ewallet` and these words in it, a script, or a program."""

    def __init__(
        self,
        words: Sequence[str | Path] = (),
        columns: int = 100,
        rows: int = 30,
        *,
        script: str = MAIN,
        program: str | Path | None = None,
        **variables: str,
    ) -> None:
        # A program would believe these more than the terminal itself.
        inherited = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES"}}
        environment = {**inherited, **USUAL, **variables}
        self._screen = pyte.Screen(columns, rows)
        self._written = b""
        self._stream = pyte.ByteStream(self._screen)
        self._descriptor, of_program = os.openpty()
        termios.tcsetwinsize(of_program, (rows, columns))
        streams = {"stdin": of_program, "stdout": of_program, "stderr": of_program}
        self._process = ForkedProcess(
            words if program is None else [program, *words],
            **streams,
            env=environment,
            script=script if program is None else ANOTHER_PROGRAM,
            has_terminal=True,
        )
        os.close(of_program)

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
            os.write(self._descriptor, KEYS.get(key, key).encode())

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
        while self._process.poll() is None:
            assert time.monotonic() < deadline, f"it does not end:\n{self.text}"
            self._read()
        # It may have written since it was last read.
        while self._read():
            pass
        return self._exit_code()

    def send_signal(self, number: int) -> None:
        self._process.send_signal(number)

    def hang_up(self) -> int:
        """Close the terminal itself, as when its window is closed; returns how the program ended."""
        self._close_descriptor()
        return self._exit_code()

    @property
    def modes_left_on(self) -> set[str]:
        """What the program has switched on in the terminal and not off again."""
        found = re.findall(rb"\x1b\[\?(\d+)([hl])", self._written)
        on = {mode.decode() for mode, switch in dict(found).items() if switch == b"h"}
        return on - USUALLY_ON | {mode for mode in USUALLY_ON if dict(found).get(mode.encode()) == b"l"}

    @property
    def is_cooked(self) -> bool:
        """Whether a shell would see typed keys as usual: echoed, in lines, with control characters."""
        local = termios.tcgetattr(self._descriptor)[3]
        return all(local & flag for flag in (termios.ECHO, termios.ICANON, termios.ISIG))

    def kill(self) -> None:
        """End the program without letting it do anything more."""
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        """Leave nothing running."""
        self.kill()
        self._close_descriptor()

    def _close_descriptor(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _exit_code(self) -> int:
        return self._process.wait(PATIENCE_SECONDS)

    def _read(self) -> bool:
        """Whether something was written that was not read yet, or is within a moment."""
        written = b""
        if select.select([self._descriptor], [], [], MOMENT_SECONDS)[0]:
            # All programs in the terminal have ended if it can't be read.
            with suppress(OSError):
                written = os.read(self._descriptor, 65_536)
            if not written:
                self._process.wait(PATIENCE_SECONDS)
        self._written += written
        self._stream.feed(written)
        return bool(written)
