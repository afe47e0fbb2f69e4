"""`ewallet watch` and `ewallet clock`: what the timer does, as it goes on."""

from __future__ import annotations

import errno
import queue
import select
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime

import click
from rich.cells import set_cell_size

from ewallet_core.client.connection import NOT_OPEN, Event, UnreachableError
from ewallet_core.commands.output import is_terminal
from ewallet_core.commands.shell import EngineConnection, Shell, shell_command
from ewallet_core.commands.status_line import Status, fields_now, format_option, read_status
from ewallet_core.presentation.clock_state import TimerState
from ewallet_core.presentation.formatting import SECOND, parse_timestamp, until_next_second
from ewallet_core.steady_time import steady_time

CLOCK_FORMAT = "{sign} {clock}  {left} left  {used} used  {state}"
CLEAR_TO_END = "\x1b[K"
NO_TERMINAL = "`ewallet clock` draws on a terminal. For another program there is `ewallet watch --format …`."
SESSION_ABOUT_TO_END = "session_about_to_end"
_COLOURS = {TimerState.ACTIVE: "green", TimerState.PAUSED: "yellow", TimerState.INACTIVE: None}


@shell_command("watch")
@format_option
def watch_command(shell: Shell, line_format: str | None) -> None:
    """Print each event of your account, until Ctrl-C.

    Each is a line of JSON. With --format, print the status instead, on a new line whenever it differs from
    the line before: with {left} each second while the timer runs, with {state} only when it changes. The
    server is not asked meanwhile: it says what changes. Watching is no use of your session, and ends with it.

    \b
    ewallet watch --format '{sign} {left_minutes} min'
    """
    if sys.stdout is None:
        # There is no reader.
        return
    with suppress(KeyboardInterrupt):
        if line_format is None:
            _print_events(shell)
        else:
            _print_lines(shell, line_format)


@shell_command("clock")
def clock_command(shell: Shell) -> None:
    """Show the timer as it goes on, until Ctrl-C.

    It is drawn on this line of the terminal. The timer itself goes on after that.
    """
    if not is_terminal():
        raise click.UsageError(NO_TERMINAL)
    with suppress(KeyboardInterrupt):
        try:
            for status in statuses(shell):
                click.echo(f"\r{_drawn(shell, status)}{CLEAR_TO_END}", nl=False)
        finally:
            click.echo()


def _print_events(shell: Shell) -> None:
    gathered = GatheredEvents(shell)
    while True:
        for event in gathered.next():
            shell.print_line(event)


def _print_lines(shell: Shell, line_format: str) -> None:
    before = None
    for status in statuses(shell):
        line = line_format.format_map(fields_now(status))
        if line != before:
            # The colours in a format are the user's own, also for another program.
            click.echo(line, color=True)
            before = line


def _drawn(shell: Shell, status: Status) -> str:
    """The status in one line of the terminal."""
    text = CLOCK_FORMAT.format_map(fields_now(status))
    # The last column stays free, because some terminals wrap there.
    width = shutil.get_terminal_size().columns - 1
    return shell.styled(set_cell_size(text, width).rstrip(), fg=_COLOURS[status.clock.state])


def statuses(shell: Shell) -> Iterator[Status]:
    """The status now, after each change, and each second while the timer runs."""
    gathered = GatheredEvents(shell)
    status: Status | None = None
    while True:
        if gathered.next(_seconds_to_wait(status)) or status is None or _is_over(status):
            status = read_status(shell)
        yield status


def _is_over(status: Status) -> bool:
    """Whether the timer has run out since the status was read, which the engine then settles."""
    clock = status.clock
    return clock.state is TimerState.ACTIVE and clock.is_out_of_time(steady_time())


def _seconds_to_wait(status: Status | None) -> float | None:
    """The seconds until the countdown changes; None if only an event can change it."""
    if status is None or status.clock.state is not TimerState.ACTIVE:
        return None
    return until_next_second(status.clock.left_ms(steady_time())) / SECOND


class GatheredEvents:
    """The events of the account in a shell's session, gathered in a thread."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        self._waiting: queue.SimpleQueue[Event | Exception] = queue.SimpleQueue()
        self._session_ends_at: float | None = None
        connection = shell.connection_with_session()
        for work in (lambda: self._gather(connection), self._notice_end_of_output):
            threading.Thread(target=work, daemon=True).start()

    def next(self, seconds: float | None = None) -> list[Event]:
        """The events that have come; waits for the first one, or that many seconds.

        Raises `NoSessionError` when the session has ended, or `UnreachableError`.
        """
        until = [end for end in (seconds, self._seconds_left_of_session) if end is not None]
        found: list[Event] = []
        with suppress(queue.Empty):
            found.append(self._take(min(until, default=None)))
            while True:
                found.append(self._take(0))
        for event in found:
            if event["event"] == SESSION_ABOUT_TO_END:
                self._session_ends_at = _steady(event["data"]["expires"])
        if self._seconds_left_of_session == 0:
            self._session_ends_at = None
            # It has not ended if it was used meanwhile.
            read_status(self._shell)
        return found

    @property
    def _seconds_left_of_session(self) -> float | None:
        """The seconds until the session ends, if that has been announced."""
        return None if self._session_ends_at is None else max(self._session_ends_at - steady_time(), 0)

    def _take(self, seconds: float | None) -> Event:
        found = self._waiting.get(timeout=seconds) if seconds != 0 else self._waiting.get_nowait()
        if isinstance(found, UnreachableError):
            # If the session has ended, the answer to this says it better.
            read_status(self._shell)
        if isinstance(found, Exception):
            raise found
        return found

    def _gather(self, connection: EngineConnection) -> None:
        try:
            for event in connection.events():
                self._waiting.put(event)
        except Exception as reason:  # noqa: BLE001 - it is raised in the thread that waits for events
            self._waiting.put(reason)
        else:
            self._waiting.put(UnreachableError(NOT_OPEN))

    def _notice_end_of_output(self) -> None:
        """Wait until stdout has lost its reader, which is not noticed while there is nothing to print."""
        if sys.stdout is None:
            # It was closed from the beginning.
            return
        output = select.poll()
        # Only that it was closed is waited for, not that it can take more.
        output.register(sys.stdout, 0)
        output.poll()
        self._waiting.put(BrokenPipeError(errno.EPIPE, "The reader has gone"))


def _steady(timestamp: str) -> float:
    """That instant on the steady clock."""
    return steady_time() + (parse_timestamp(timestamp) - datetime.now(UTC)).total_seconds()
