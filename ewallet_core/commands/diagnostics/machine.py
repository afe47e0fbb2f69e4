"""What `ewallet doctor` finds out about the machine: versions, clock, locale and terminal."""

from __future__ import annotations

import codecs
import ctypes
import locale
import os
import platform
import sqlite3
import sys
import time
from contextlib import closing
from datetime import UTC, datetime
from importlib import metadata
from zoneinfo import ZoneInfo

from rich.console import Console
from tzlocal import get_localzone_name

from ewallet_core.commands.diagnostics.section import UNKNOWN, Fact, Section, Target
from ewallet_core.commands.diagnostics.wallet import find_database
from ewallet_core.data_folder import url_of
from ewallet_core.engine.wall_clock import WallClock, system_boot_clock, system_boot_id, system_clock
from ewallet_core.errors.server import StorageUnavailableError
from ewallet_core.instructions.envelope import timestamp
from ewallet_core.storage.read_only import open_read_only

PACKAGES = ("SQLAlchemy", "alembic", "textual", "msgspec", "argon2-cffi", "cryptography", "click")
SQLITE_OPTIONS = (
    "ATOMIC_INTRINSICS",
    "DEFAULT_SYNCHRONOUS",
    "DEFAULT_WAL_SYNCHRONOUS",
    "DISABLE_",
    "OMIT_",
    "SECURE_DELETE",
    "TEMP_STORE",
    "THREADSAFE",
)
"""The beginnings of those compile options of SQLite on which durability, erasure and threads depend."""
LOCALE_VARIABLES = ("LC_ALL", "LC_CTYPE", "LC_TIME", "LC_NUMERIC", "LANG")
TERMINAL_VARIABLES = ("TERM", "COLORTERM", "TERM_PROGRAM", "NO_COLOR")
LEAST_COLUMNS, LEAST_LINES = 60, 20

_TIME_ERROR = 5
"""What `adjtimex` returns while the kernel's clock is not synchronised."""
_TIMEX_BYTES = 256
"""Room for a `struct timex` of any platform."""


def examine_versions(section: Section, _: Target) -> None:
    section.find("ewallet", lambda: metadata.version("ewallet-tui"))
    section.find("python", lambda: f"{platform.python_implementation()} {platform.python_version()}")
    section.find("system", platform.platform)
    section.add("sqlite", sqlite3.sqlite_version)
    section.find("sqlite_options", _sqlite_options)
    for package in PACKAGES:
        section.find(package.lower(), lambda package=package: metadata.version(package))  # type: ignore[misc]


def _sqlite_options() -> str:
    with closing(sqlite3.connect(":memory:")) as connection:
        options = [option for (option,) in connection.execute("PRAGMA compile_options")]
    return " ".join(option for option in options if option.startswith(SQLITE_OPTIONS))


def examine_clock(section: Section, target: Target) -> None:
    now = time.time()
    section.find("now", lambda: _moment(now))
    section.find("booted", lambda: _moment(now - system_boot_clock() / 1_000))
    section.find("zone", lambda: ZoneInfo(get_localzone_name()).key)
    section.add("TZ", os.environ.get("TZ", "not set"))
    section.find("synchronised", _is_synchronised)
    _compare_with_wallet(section, target)


def _compare_with_wallet(section: Section, target: Target) -> None:
    """Whether an engine that starts now trusts the clock."""
    try:
        database = find_database(target)
        if database is None or not database.exists():
            return
        clock = WallClock(system_clock, system_boot_clock, system_boot_id())
        with open_read_only(url_of(database)) as transaction:
            clock.compare(transaction)
    except (StorageUnavailableError, OSError):
        # Other sections say so.
        return
    judge_clock(section, clock)


def judge_clock(section: Section, clock: WallClock) -> None:
    """Say whether the clock, which was compared with a wallet, agrees with it."""
    section.add("agrees_with_wallet", clock.doubt is None)
    if clock.doubt is not None:
        section.warn(
            f"The clock shows {timestamp(clock.doubt.shown)}, but the wallet expects"
            f" {timestamp(clock.doubt.expected)}, so nothing is changed in it.",
            "Set the clock right, or if it is right run `ewallet doctor --confirm-clock`.",
        )


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _is_synchronised() -> bool | None:
    """Whether something such as NTP keeps the clock right, as the kernel knows it; None elsewhere."""
    if sys.platform != "linux":
        return None
    # With zeros it changes nothing and needs no rights.
    state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    return None if state < 0 else state != _TIME_ERROR


def examine_locale(section: Section, _: Target) -> None:
    for variable in LOCALE_VARIABLES:
        section.add(variable, os.environ.get(variable, "not set"))
    section.add("encoding", locale.getpreferredencoding(do_setlocale=False))
    section.add("file_names", sys.getfilesystemencoding())
    section.find("output", lambda: sys.stdout.encoding)
    before = locale.setlocale(locale.LC_ALL)
    try:
        section.find("locale", lambda: locale.setlocale(locale.LC_ALL, ""))
    finally:
        locale.setlocale(locale.LC_ALL, before)
    if str(section.facts["locale"]).startswith(UNKNOWN):
        section.warn(
            "The locale that the environment names is not installed.",
            "Install it, or set LC_ALL to one that `locale -a` lists, such as C.UTF-8.",
        )
    if not _is_utf8(str(section.facts["output"])):
        section.warn(
            "The terminal's encoding is not UTF-8, so some characters can't be shown.",
            "Set LC_ALL to a locale in UTF-8, such as C.UTF-8.",
        )


def _is_utf8(encoding: str) -> bool:
    try:
        return codecs.lookup(encoding).name == "utf-8"
    except LookupError:
        return False


def examine_terminal(section: Section, _: Target) -> None:
    for variable in TERMINAL_VARIABLES:
        section.add(variable, os.environ.get(variable, "not set"))
    terminals = {name: _is_terminal(number) for name, number in (("input", 0), ("output", 1))}
    section.add("is_terminal", terminals)
    section.find("size", _size)
    section.find("colours", lambda: Console(force_terminal=True).color_system or "none")
    section.add("tmux", "TMUX" in os.environ)
    section.add("screen", "STY" in os.environ)
    section.add("ssh", "SSH_CONNECTION" in os.environ or "SSH_TTY" in os.environ)
    if not any(terminals.values()):
        return
    if os.environ.get("TERM") in {None, "", "dumb"}:
        section.warn(
            "TERM does not name a terminal that can move the cursor.",
            "Set it to yours, as to xterm-256color.",
        )
    size = section.facts["size"]
    if isinstance(size, dict) and (size["columns"] < LEAST_COLUMNS or size["lines"] < LEAST_LINES):
        section.warn(
            f"The terminal is smaller than {LEAST_COLUMNS} columns and {LEAST_LINES} lines.", "Enlarge it."
        )


def _is_terminal(descriptor: int) -> bool:
    try:
        return os.isatty(descriptor)
    except OSError:
        return False


def _size() -> Fact:
    for descriptor in (1, 2, 0):
        if _is_terminal(descriptor):
            size = os.get_terminal_size(descriptor)
            return {"columns": size.columns, "lines": size.lines}
    return None
