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


def examine_clock(section: Section, _: Target) -> None:
    now = time.time()
    section.find("now", lambda: _moment(now))
    section.find("booted", lambda: _moment(now - _seconds_since_boot()))
    section.find("zone", lambda: ZoneInfo(get_localzone_name()).key)
    section.add("TZ", os.environ.get("TZ", "not set"))
    section.find("synchronised", _is_synchronised)


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _seconds_since_boot() -> float:
    # macOS counts the time of a suspend in its monotonic clock, Linux only in that since the boot.
    return time.clock_gettime(time.CLOCK_BOOTTIME if sys.platform == "linux" else time.CLOCK_MONOTONIC)


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
