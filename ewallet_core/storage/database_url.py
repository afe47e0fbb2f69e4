"""The URL of a database: which kinds there are, and what is shown of one."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from ewallet_core.errors.server import StorageUnavailableError

SQLITE = "sqlite"
POSTGRESQL = "postgresql"
DRIVER_NAME = "postgresql+psycopg"

_EXAMPLES = "Give one such as sqlite:////folder/file or postgresql+psycopg://user@host/database."
_PASSWORD = re.compile(r"^postgres[^:/]*://(?:[^/?@]*:[^/?@]+@|.*[?&]password=[^&])")
_SCHEMES = ("postgres", POSTGRESQL)
"""How libpq and other programs begin such a URL; they mean the same."""


def parse_url(url: str) -> URL:
    """The URL of a database in SQLite, or in PostgreSQL with the driver psycopg.

    Raises `StorageUnavailableError`, which never shows the URL: it may have a password.
    """
    scheme, separator, rest = url.partition("://")
    if scheme in _SCHEMES:
        scheme = DRIVER_NAME
    if scheme == DRIVER_NAME:
        rest = _with_hosts_in_query(rest)
    try:
        parsed = make_url(f"{scheme}{separator}{rest}")
    except (ArgumentError, ValueError):
        raise StorageUnavailableError("its URL can't be read", _EXAMPLES) from None
    if (backend := parsed.get_backend_name()) not in {SQLITE, POSTGRESQL}:
        raise StorageUnavailableError(
            f"this release keeps wallets in SQLite or PostgreSQL, not in {backend}", _EXAMPLES
        )
    if backend == POSTGRESQL and parsed.drivername != DRIVER_NAME:
        raise StorageUnavailableError(
            f"its URL names the driver {parsed.drivername.partition('+')[2]}, and this release has psycopg",
            f"Begin the URL with {DRIVER_NAME}://.",
        )
    return parsed


def is_postgresql(url: str) -> bool:
    """Raises `StorageUnavailableError` if the URL is none of a database."""
    return parse_url(url).get_backend_name() == POSTGRESQL


def has_password(url: str) -> bool:
    """Whether the URL has a password, also if it is invalid otherwise."""
    return _PASSWORD.search(url) is not None


def database_file(url: str) -> Path:
    """The file of the database at that URL, which may not exist; raises `StorageUnavailableError`."""
    parsed = parse_url(url)
    if parsed.get_backend_name() != SQLITE:
        raise StorageUnavailableError(
            "it is in PostgreSQL, and this needs a file", "Give a URL such as sqlite:////folder/file."
        )
    if parsed.database in (None, "", ":memory:"):
        raise StorageUnavailableError("its URL names no file", "Give one such as sqlite:////folder/file.")
    return Path(str(parsed.database)).absolute()


def _with_hosts_in_query(rest: str) -> str:
    """The URL after its scheme, with several hosts written as SQLAlchemy reads them.

    libpq's own form of them is `user@first:5432,second:5432/database`.
    """
    place, slash, path = rest.partition("/")
    user, at, hosts = place.rpartition("@")
    if "," not in hosts or "?" in hosts:
        return rest
    query = "&".join(f"host={quote(host, safe=':[]')}" for host in hosts.split(","))
    return f"{user}{at}{slash or '/'}{path}{'&' if '?' in path else '?'}{query}"
