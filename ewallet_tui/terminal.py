"""What the app does to the terminal and its desktop: the clipboard, and leaving in order when it must end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum
from shutil import which
from typing import IO, TYPE_CHECKING, Any

if sys.platform != "win32":
    import termios

if TYPE_CHECKING:
    from textual.driver import Driver

COPY_SECONDS = 2.0
"""How long a program may take to copy a text."""
WITHOUT_CLIPBOARD = ("linux", "dumb")
"""The beginnings of the names of terminals that have no clipboard."""


class Copied(Enum):
    """What became of a text that was to be copied; the values are for the user."""

    NATIVELY = "Copied"
    BY_TERMINAL = "Sent to the terminal"
    """The terminal may refuse it, and does not say so."""
    NOWHERE = "This terminal can't copy"

    def sentence(self, what: str) -> str:
        return f"{self.value}: {what}"


def copy_commands(environment: Mapping[str, str], platform: str) -> list[Sequence[str]]:
    """The programs that copy what they read to the clipboard in front of the user, the best first."""
    is_remote = "SSH_CONNECTION" in environment or "SSH_TTY" in environment
    commands: list[Sequence[str]] = []
    if not is_remote:
        # Over ssh, these would copy on the other machine.
        if platform == "darwin":
            commands.append(("pbcopy",))
        if "WSL_DISTRO_NAME" in environment or "WSL_INTEROP" in environment:
            commands.append(("clip.exe",))
        if "WAYLAND_DISPLAY" in environment:
            commands.append(("wl-copy",))
    if "DISPLAY" in environment:
        commands += [("xclip", "-selection", "clipboard"), ("xsel", "--clipboard", "--input")]
    return commands


class Clipboard:
    """The desktop's clipboard by a program of its own; where there is none, the terminal's by OSC 52."""

    def __init__(self, environment: Mapping[str, str], platform: str = sys.platform) -> None:
        self._environment = environment
        self._platform = platform

    async def copy(self, text: str, send_to_terminal: Callable[[str], None]) -> Copied:
        """Copy `text`; `send_to_terminal` sends it by OSC 52."""
        for command in copy_commands(self._environment, self._platform):
            program = which(command[0], path=self._environment.get("PATH"))
            if program is not None and await _run([program, *command[1:]], _encoded(text, command[0])):
                return Copied.NATIVELY
        if self._environment.get("TERM", "dumb").startswith(WITHOUT_CLIPBOARD):
            return Copied.NOWHERE
        send_to_terminal(text)
        return Copied.BY_TERMINAL


def _encoded(text: str, program: str) -> bytes:
    # Windows reads bytes without a mark in the code page of its console.
    return text.encode("utf-16") if program == "clip.exe" else text.encode()


async def _run(command: Sequence[str], text: bytes) -> bool:
    """Give `text` to a program; returns whether it took it."""
    quiet = asyncio.subprocess.DEVNULL
    try:
        # Some stay in the background to offer the text: not as children of the terminal's signals.
        process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.PIPE, stdout=quiet, stderr=quiet, start_new_session=True
        )
    except OSError:
        return False
    try:
        async with asyncio.timeout(COPY_SECONDS):
            await process.communicate(text)
    except (TimeoutError, OSError):
        pass
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode == 0


END_SIGNALS = (
    *("SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM", "SIGABRT", "SIGTRAP", "SIGSYS", "SIGUSR1", "SIGUSR2"),
    *("SIGALRM", "SIGVTALRM", "SIGPROF", "SIGXCPU", "SIGIO", "SIGPWR"),
)
"""The signals that end a program by default, besides those of an error of the processor."""
MAX_END_SECONDS = 12.0
"""How long ending in order may take before the process ends anyway."""
RESTORED = (
    "\x1b[?2004l\x1b[?7h\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[<u\x1b[?1049l\x1b[?25h\x1b[?1004l"
)
"""Leaves what Textual enters: paste and mouse modes, the alternate screen, the hidden cursor."""


def exit_code_of(number: int) -> int:
    """The exit code by convention of a program that a signal ended."""
    return 128 + number


class Ending:
    """Ends the app in order when a signal asks for it, and by force if that takes too long."""

    def __init__(self, end: Callable[[int], None]) -> None:
        """`end` begins to end the app with that exit code; it is called again for each further signal."""
        self._end = end
        self._force: threading.Timer | None = None

    @property
    def has_begun(self) -> bool:
        return self._force is not None

    def listen(self) -> None:
        """Handle every signal that would end the process, except those that it is to ignore."""
        if sys.platform == "win32" or threading.current_thread() is not threading.main_thread():
            return
        loop = asyncio.get_running_loop()
        for number in _end_signals():
            loop.add_signal_handler(number, self.begin, number)

    def begin(self, number: int) -> None:
        code = exit_code_of(number)
        if self._force is None:
            self._force = threading.Timer(MAX_END_SECONDS, _end_at_once, [code])
            self._force.daemon = True
            self._force.start()
        self._end(code)

    def look(self) -> None:
        """End the app if its terminal is gone; not every session tells its programs by a signal."""
        if sys.platform != "win32" and not self.has_begun and _is_hung_up():
            self.begin(signal.SIGHUP)


def _end_signals() -> Iterator[signal.Signals]:
    for name in END_SIGNALS:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            yield number


def _end_at_once(code: int) -> None:
    _restore()
    os._exit(code)


def _is_hung_up() -> bool:
    poll = select.poll()
    try:
        poll.register(sys.__stdin__.fileno(), select.POLLIN)  # type: ignore[union-attr]
        return any(event & select.POLLHUP for _, event in poll.poll(0))
    except (OSError, ValueError, AttributeError):
        return False


class LastingFile:
    """A terminal's output that drops what is written once the terminal is gone."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError):
            return self._file.write(text)
        return len(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            self._file.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def lasting(driver: type[Driver]) -> type[Driver]:
    """That kind of driver, which survives its terminal: else its queue would fill and stop the app."""

    class LastingDriver(driver):  # type: ignore[misc, valid-type]
        _file: Any

        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            # The driver for browsers writes to no file of its own.
            file: IO[str] | None = getattr(self, "_file", None)
            if file is not None:
                self._file = LastingFile(file)

    return LastingDriver


_modes_before: list[Any] | None = None
"""The terminal's modes before the app; None if they are not known."""


@contextlib.contextmanager
def restored_terminal() -> Iterator[None]:
    """Leave the terminal as it was, also if a signal or an error ends what runs in it."""
    global _modes_before  # noqa: PLW0603 - a process has one terminal
    if sys.platform != "win32":
        with contextlib.suppress(OSError, ValueError, AttributeError, termios.error):
            _modes_before = termios.tcgetattr(sys.__stdin__.fileno())  # type: ignore[union-attr]
        for number in _end_signals():
            # Until the app listens itself.
            signal.signal(number, _exit_by)
    try:
        yield
    except BaseException:
        _restore()
        raise


def _exit_by(number: int, _frame: object) -> None:
    sys.exit(exit_code_of(number))


def _restore() -> None:
    with contextlib.suppress(OSError, ValueError, AttributeError):
        sys.__stderr__.write(RESTORED)  # type: ignore[union-attr]
        sys.__stderr__.flush()  # type: ignore[union-attr]
    if _modes_before is not None:
        with contextlib.suppress(OSError, ValueError, AttributeError, termios.error):
            termios.tcsetattr(sys.__stdin__.fileno(), termios.TCSADRAIN, _modes_before)  # type: ignore[union-attr]
