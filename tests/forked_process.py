"""Commands in processes of their own that begin at once, as everything is imported where they are forked.

An interpreter and the imports take a third of a second of a core, most commands a few hundredths. The tests
of how the installed command starts and ends, or what it imports, run that instead.
"""

from __future__ import annotations

import fcntl
import multiprocessing
import os
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from multiprocessing import forkserver, reduction
from pathlib import Path
from typing import IO, Any, Self

PRELOADED = "preloaded_modules"
MAIN = "from ewallet_tui.__main__ import main\nmain()"
"""What the installed command does."""
ANOTHER_PROGRAM = """
import os, signal, sys
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
os.execvp(sys.argv[1], sys.argv[1:])
"""
"""Run the program that the words name, in place of this one."""

_PATH = "PYTHONPATH"
_CONTEXT = multiprocessing.get_context("forkserver")


@cache
def _start_fork_server() -> None:
    _CONTEXT.set_forkserver_preload([PRELOADED])
    before = os.environ.get(_PATH)
    os.environ[_PATH] = os.pathsep.join(sys.path)
    try:
        forkserver.ensure_running()
    finally:
        del os.environ[_PATH]
        if before is not None:
            os.environ[_PATH] = before


class _PassedDescriptor:
    """The number of an open file; it is another one in the forked process."""

    def __init__(self, number: int) -> None:
        self._number = number

    def __reduce__(self) -> tuple[Any, ...]:
        return _detach, (reduction.DupFd(self._number),)


def _detach(passed: Any) -> int:
    number: int = passed.detach()
    return number


class ForkedProcess:
    """A process of `ewallet` with these words, or of a script, that is used as a `subprocess.Popen` of text.

    With `has_terminal`, its input is a terminal, which becomes that of a session of its own.
    """

    def __init__(
        self,
        words: Sequence[object],
        *,
        stdin: int | IO[Any] = subprocess.DEVNULL,
        stdout: int | IO[Any] = subprocess.DEVNULL,
        stderr: int | IO[Any] = subprocess.DEVNULL,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        script: str = MAIN,
        has_terminal: bool = False,
    ) -> None:
        opened: list[int] = []
        self.stdin, given_in = _open_stream(stdin, opened, is_input=True)
        self.stdout, given_out = _open_stream(stdout, opened)
        self.stderr, given_err = _open_stream(stderr, opened)
        self._process = _CONTEXT.Process(
            target=_run,
            args=(
                script,
                [str(word) for word in words],
                dict(os.environ if env is None else env),
                str(cwd or Path.cwd()),
                [_PassedDescriptor(number) for number in (given_in, given_out, given_err)],
                has_terminal,
            ),
            # Ended with the process of the tests.
            daemon=True,
        )
        _start_fork_server()
        self._process.start()
        for descriptor in opened:
            os.close(descriptor)

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """The exit code, or the negative number of the signal that ended it; None while it runs."""
        return self._process.exitcode

    def poll(self) -> int | None:
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        if (code := self.returncode) is None:
            raise subprocess.TimeoutExpired("ewallet", timeout or 0)
        return code

    def communicate(self, input: str = "", timeout: float | None = None) -> tuple[str, str]:
        """Write the input, wait for the end of the process, and return what is unread of its outputs."""
        with ThreadPoolExecutor() as threads:
            rest = [threads.submit(_read_to_end, stream) for stream in (self.stdout, self.stderr)]
            if self.stdin is not None and not self.stdin.closed:
                self.stdin.write(input)
                self.stdin.close()
            try:
                self.wait(timeout)
            except subprocess.TimeoutExpired:
                self.kill()
                raise
            said, complained = (read.result() for read in rest)
        return said, complained

    def send_signal(self, number: int) -> None:
        if self.returncode is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for stream in (self.stdin, self.stdout, self.stderr):
            if stream is not None:
                stream.close()
        self.wait()


def run(
    words: Sequence[object],
    *,
    input: str = "",
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    script: str = MAIN,
    timeout: float | None = None,
) -> subprocess.CompletedProcess[str]:
    """What `subprocess.run` returns of a process that has ended."""
    pipe = subprocess.PIPE
    with ForkedProcess(
        words, stdin=pipe, stdout=pipe, stderr=pipe, env=env, cwd=cwd, script=script
    ) as process:
        said, complained = process.communicate(input, timeout)
        return subprocess.CompletedProcess(["ewallet", *words], process.wait(), said, complained)


def _open_stream(
    asked: int | IO[Any], opened: list[int], *, is_input: bool = False
) -> tuple[IO[str] | None, int]:
    """This process's end of the stream, if it is a pipe, and the number of the other process's end."""
    if asked == subprocess.DEVNULL:
        opened.append(os.open(os.devnull, os.O_RDWR))
        return None, opened[-1]
    if asked != subprocess.PIPE:
        return None, asked if isinstance(asked, int) else asked.fileno()
    reading, writing = os.pipe()
    own, given = (writing, reading) if is_input else (reading, writing)
    opened.append(given)
    return os.fdopen(own, "w" if is_input else "r", buffering=1, encoding="utf-8"), given


def _read_to_end(stream: IO[str] | None) -> str:
    if stream is None or stream.closed:
        return ""
    with stream:
        return stream.read()


def _run(
    script: str,
    words: list[str],
    environment: dict[str, str],
    folder: str,
    streams: list[int],
    has_terminal: bool,
) -> None:
    """Run the script as if the process were a new one."""
    assert PRELOADED in sys.modules, "What is to be imported before can't be: try `import preloaded_modules`."
    for number in (signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for standard, stream in enumerate(streams):
        os.dup2(stream, standard)
        os.close(stream)
    if has_terminal:
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    sys.stdin = sys.__stdin__ = os.fdopen(0, "r", encoding="utf-8")  # type: ignore[misc]
    sys.stdout = sys.__stdout__ = os.fdopen(1, "w", encoding="utf-8")  # type: ignore[misc]
    sys.stderr = sys.__stderr__ = os.fdopen(2, "w", 1, "utf-8", "backslashreplace")  # type: ignore[misc]
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    sys.argv = ["ewallet", *words]
    exec(compile(script, "ewallet", "exec"), {"__name__": "__main__"})
