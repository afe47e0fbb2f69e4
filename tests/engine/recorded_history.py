"""A wallet file with its write-ahead log, and what it held after each change that was acknowledged."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine_client import SELECTORS, EngineClient
from examples_payments import pay
from fakes import MINUTE, Wallclock
from instructions import PAUSE, RESUME, START, STOP, Instruction, supply, to_clock, to_credits

from ewallet_core import EWalletSessionManager
from ewallet_core.instructions.envelope import Answer

LOG_HEADER_BYTES, FRAME_HEADER_BYTES = 32, 24

CHANGES: tuple[tuple[str, Instruction], ...] = (
    ("ada", supply(100, notes="first")),
    ("ada", to_clock(20)),
    ("ada", START),
    ("bob", supply(50)),
    ("ada", pay("bob@example.org", 30, notes="lunch")),
    ("ada", PAUSE),
    ("bob", pay("ada@example.org", 7)),
    ("ada", RESUME),
    ("bob", to_clock(5)),
    ("ada", STOP),
    ("ada", to_credits(credits=3)),
    ("bob", pay("ada@example.org", 1_000_000)),
    ("ada", supply(9)),
)
"""One of them is refused, which is stored for its request id too."""


def content_of(file: Path) -> str:
    """A hash of every row of every table."""
    found = hashlib.sha256()
    with contextlib.closing(sqlite3.connect(file)) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        for (table,) in tables.fetchall():
            found.update(repr((table, connection.execute(f"SELECT * FROM {table}").fetchall())).encode())
    return found.hexdigest()


def log_of(file: Path) -> Path:
    return file.with_name(f"{file.name}-wal")


@dataclass(frozen=True)
class State:
    """What the file held when its log had this length."""

    log_bytes: int
    content: str


@dataclass(frozen=True)
class Acknowledged:
    """A request, when it was sent, and its answer."""

    at: int
    request: dict[str, Any]
    answer: Answer

    @classmethod
    def send(cls, engine: EWalletSessionManager, request: dict[str, Any], at: int) -> Acknowledged:
        return cls(at, request, engine.answer(request))


@dataclass(frozen=True, repr=False)
class History:
    """A file that was in use, copied with its log, its states from the first change on, and the changes."""

    file: bytes
    log: bytes
    page_bytes: int
    states: tuple[State, ...]
    changes: tuple[Acknowledged, ...]

    def frame_ends(self) -> list[int]:
        """The lengths of the log that have whole frames."""
        return [*range(LOG_HEADER_BYTES, len(self.log) + 1, FRAME_HEADER_BYTES + self.page_bytes)]

    def state_at(self, log_bytes: int) -> State:
        """The state after the changes that are all in that much of the log."""
        return [state for state in self.states if state.log_bytes <= log_bytes][-1]

    @property
    def before_the_changes(self) -> State:
        """The state in which the accounts are logged in."""
        return self.states[-1 - len(self.changes)]

    def write_to(self, folder: Path, log: bytes) -> Path:
        """Put the file with that log in the folder, as a machine that lost its power would leave them."""
        file = folder / "wallet.sqlite3"
        file.write_bytes(self.file)
        log_of(file).write_bytes(log)
        file.with_name(f"{file.name}-shm").unlink(missing_ok=True)
        return file


def record_history(engine: EWalletSessionManager, file: Path, wallclock: Wallclock) -> History:
    """Let accounts change their wallets, and copy the file while it is in use."""
    without_log = Path(shutil.copy(file, file.with_name("without-log.sqlite3")))
    # The engine has written to its log when it opened the file, in one transaction.
    states = [State(0, content_of(without_log))]
    without_log.unlink()

    def note_state() -> None:
        states.append(State(log_of(file).stat().st_size, content_of(file)))

    note_state()
    engine.on_change(note_state)
    callers = {
        name: EngineClient(engine).open_session().register(name).log_in(name) for name in ("ada", "bob")
    }
    changes = []
    for number, (name, instruction) in enumerate(CHANGES):
        wallclock.forward(MINUTE)
        request = {
            **SELECTORS,
            **callers[name].credentials,
            **instruction,
            "request_id": f"change {number:03}",
        }
        changes.append(Acknowledged.send(engine, request, wallclock.now))
    with contextlib.closing(sqlite3.connect(file)) as connection:
        (page_bytes,) = connection.execute("PRAGMA page_size").fetchone()
    return History(file.read_bytes(), log_of(file).read_bytes(), page_bytes, tuple(states), tuple(changes))
