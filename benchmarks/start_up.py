"""The time to the app's first paint, and from its login form to Home, in a real pseudo-terminal.

A start is compared with that of a Textual hello world, the login with the start.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pexpect
from accounts import PASSWORD, Person
from limits import HELLO
from processes import EWALLET, cpu_seconds, read_all, spawn
from table import Measurement, Row, in_pairs

from ewallet_core import EWalletSessionManager
from ewallet_core.data_folder import database_url

OWNER, PARTNER = Person("ada"), Person("bob")
SECONDS_TO_READ, SECONDS_TO_PRESS = 2.0, 0.5
"""What a user needs to read the form, in which the app imports its other screens, and to press Enter."""
NOTES = "Lesson on Tuesday"
"""The notes of the latest payment, on the last line that Home shows of the wallet."""


@dataclass(frozen=True)
class Start:
    """How long a start of the app took to its first paint, and the login after it to Home."""

    first_paint: Measurement
    login: Measurement


def start_up_rows(folder: Path, runs: int) -> Iterator[Row]:
    """The rows of so many pairs of starts, after one that fills the caches."""
    data = folder / "start-up"
    data.mkdir()
    _make_wallet(data)
    hello: list[Measurement] = []
    paints: list[Measurement] = []
    logins: list[Measurement] = []
    for run in range(runs + 1):
        took = _start_hello()
        start = _start_app(data, is_first=run == 0)
        if run:
            hello.append(took)
            paints.append(start.first_paint)
            logins.append(start.login)
    yield in_pairs("first paint", "s", "Textual hello world", hello, paints)
    yield in_pairs("login to Home painted", "s", "first paint", paints, logins)


def _make_wallet(folder: Path) -> None:
    """A wallet with a payment, whose password is hashed at the usual cost."""
    with EWalletSessionManager(database_url(folder)) as engine:
        for person in (OWNER, PARTNER):
            person.open_session(engine)
            person.register(engine)
        OWNER.log_in(engine)
        OWNER.supply(engine, 100)
        OWNER.send(engine, action="pay", pay=PARTNER.email, credits=1, notes=NOTES)


def _start_hello() -> Measurement:
    began = time.perf_counter()
    terminal = spawn([sys.executable, "-c", HELLO])
    try:
        return _measure_until("Hello there", terminal, began)
    finally:
        terminal.close(force=True)


def _start_app(folder: Path, *, is_first: bool) -> Start:
    began = time.perf_counter()
    terminal = spawn([EWALLET, "--data-dir", str(folder)])
    try:
        first_paint = _measure_until("E W A L L E T", terminal, began)
        return Start(first_paint, _log_in(terminal, is_first=is_first))
    finally:
        terminal.close(force=True)


def _log_in(terminal: pexpect.spawn[str], *, is_first: bool) -> Measurement:
    """Fill in the form, and send it; measure from that key until Home shows the latest payment."""
    read_all([terminal], SECONDS_TO_READ)
    # The app remembers the name of the last login, and asks only for the password.
    terminal.send(f"{OWNER.name}\t{PASSWORD}" if is_first else PASSWORD)
    terminal.expect_exact("\N{BULLET}" * len(PASSWORD))
    read_all([terminal], SECONDS_TO_PRESS)
    began, used = time.perf_counter(), cpu_seconds(terminal.pid)
    terminal.send("\r")
    return _measure_until(NOTES, terminal, began, used)


def _measure_until(words: str, terminal: pexpect.spawn[str], began: float, used: float = 0) -> Measurement:
    """The seconds since `began` when these words are painted, and the CPU time since `used`."""
    terminal.expect_exact(words)
    seconds = time.perf_counter() - began
    return Measurement(seconds, cpu_us=(cpu_seconds(terminal.pid) - used) * 1e6)
