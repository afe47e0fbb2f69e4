"""What `ewallet doctor` finds out about a wallet: its files, its database, and a server's settings."""

from __future__ import annotations

import os
import shlex
import shutil
import sqlite3
import stat
import tomllib
from datetime import UTC, datetime
from pathlib import Path

from ewallet_core.commands.diagnostics.section import UNKNOWN, Section, Target, describe
from ewallet_core.data_folder import (
    DATABASE_FILE,
    KNOWN_SERVERS_FILE,
    NoHomeError,
    find_data_folder,
    url_of,
)
from ewallet_core.errors.server import StorageDamagedError, StorageUnavailableError
from ewallet_core.server.certificates import CertificateError, create_server_context, self_signed_file
from ewallet_core.server.settings import Settings, SettingsError
from ewallet_core.storage.compaction import MEBIBYTE, measure
from ewallet_core.storage.database_url import SQLITE, database_file, parse_url
from ewallet_core.storage.file_lock import is_in_use
from ewallet_core.storage.read_only import connect_read_only, open_read_only
from ewallet_core.storage.schema_version import SCHEMA_VERSION
from ewallet_core.storage.verification import Violation, run_checks

PREFERENCES_FILE = "preferences.toml"
LITTLE_SPACE_BYTES = 256 * MEBIBYTE
MUCH_FREE_BYTES = 64 * MEBIBYTE

_OF_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def examine_settings(section: Section, target: Target) -> None:
    """The server's settings; only with a file of them."""
    if target.config is None:
        section.add("file", "none given")
        return
    section.add("file", str(target.config))
    try:
        settings = Settings.read(target.config).with_options({})
    except SettingsError as reason:
        section.add("valid", fact=False)
        problem, _, advice = str(reason).rpartition(". ")
        section.warn(f"{problem}.", advice)
        return
    section.add("valid", fact=True)
    ports = {"instructions": settings.in_port, "events": settings.out_port}
    section.add("ports", ports if settings.http.port is None else {**ports, "http": settings.http.port})
    section.add("tls", settings.is_tls)
    if settings.given_certificate is not None:
        _examine_certificate(section, *settings.given_certificate)


def _examine_certificate(section: Section, certificate: Path, key: Path) -> None:
    try:
        create_server_context(certificate, key, datetime.now(UTC))
    except CertificateError as reason:
        section.add("certificate", "invalid")
        problem, _, advice = str(reason).rpartition(". ")
        section.warn(f"{problem}.", advice)
    else:
        section.add("certificate", "valid")


def examine_files(section: Section, target: Target) -> None:
    folder = _folder(section, target)
    if folder is not None:
        _examine_file(section, "folder", folder)
    try:
        database = find_database(target)
    except StorageUnavailableError as error:
        section.warn(str(error.error), str(error.warning))
        database = None
    if database is not None:
        for name, suffix in (("database", ""), ("log", "-wal"), ("log_index", "-shm"), ("lock", ".lock")):
            _examine_file(section, name, Path(f"{database}{suffix}"))
        section.find("in_use", lambda: is_in_use(database))
        _examine_space(section, database.parent)
    if folder is None:
        return
    for name, file in (
        ("preferences", folder / PREFERENCES_FILE),
        ("known_servers", folder / KNOWN_SERVERS_FILE),
        ("certificate", self_signed_file(folder)),
    ):
        _examine_file(section, name, file)
    _examine_preferences(section, folder / PREFERENCES_FILE)


def _folder(section: Section, target: Target) -> Path | None:
    try:
        return find_data_folder(target.folder).absolute()
    except NoHomeError as reason:
        problem, advice = str(reason.strerror).split(". ")
        section.add("folder", None)
        section.warn(f"{problem}.", f"{advice}.")
        return None


def find_url(target: Target) -> str | None:
    """The URL that names the database, if one does."""
    return target.database or _database_of_settings(target)


def find_database(target: Target) -> Path | None:
    """The file of the database, which may not exist; None if it has none, or there is no home folder.

    Raises `StorageUnavailableError` if its URL is none of a database.
    """
    if (url := find_url(target)) is not None:
        parsed = parse_url(url)
        if parsed.get_backend_name() != SQLITE or parsed.database in {None, "", ":memory:"}:
            return None
        return database_file(url)
    try:
        return find_data_folder(target.folder).absolute() / DATABASE_FILE
    except NoHomeError:
        return None


def _existing_database(section: Section, target: Target) -> Path | None:
    """The file of the database; if there is none, the section says why."""
    try:
        database = find_database(target)
        if database is not None and database.exists():
            return database
        section.add("database", "none yet")
    except (StorageUnavailableError, OSError) as reason:
        # The section of the files says more.
        section.add("database", f"{UNKNOWN} ({describe(reason)})")
    return None


def _database_of_settings(target: Target) -> str | None:
    try:
        return None if target.config is None else Settings.read(target.config).database
    except SettingsError:
        return None


def _examine_file(section: Section, name: str, file: Path) -> None:
    try:
        found = file.stat()
    except FileNotFoundError:
        section.add(name, {"path": str(file), "exists": False})
        return
    except OSError as reason:
        section.add(name, {"path": str(file), "exists": None})
        if name == "database":
            # What is true of it is true of the others.
            section.warn(
                f"{file} can't be looked at: {describe(reason)}.",
                "Run this as the user who owns the wallet, or correct the permissions of its folder.",
            )
        return
    mode = stat.S_IMODE(found.st_mode)
    fact: dict[str, str | int | bool | None] = {
        "path": str(file),
        "exists": True,
        "owner": _owner(found.st_uid),
        "mode": f"{mode:04o}",
    }
    if not stat.S_ISDIR(found.st_mode):
        fact["bytes"] = found.st_size
    section.add(name, fact)
    _judge_access(section, name, file, found)


def _judge_access(section: Section, name: str, file: Path, found: os.stat_result) -> None:
    is_folder = stat.S_ISDIR(found.st_mode)
    exposed = found.st_mode & (_WRITABLE_BY_OTHERS if is_folder or name == "known_servers" else _OF_OTHERS)
    if exposed and name != "preferences":
        done = "write to" if exposed & _WRITABLE_BY_OTHERS else "read"
        section.warn(
            f"Other users of this machine can {done} {file}.",
            f"Run `chmod {'700' if is_folder else '600'} {shlex.quote(str(file))}`.",
        )
    needed = os.R_OK | os.W_OK | (os.X_OK if is_folder else 0)
    if not os.access(file, needed):
        section.warn(
            f"{file} can't be read and written by you.",
            "Run this as the user who owns the wallet, or correct the permissions.",
        )


def _owner(user_id: int) -> str:
    if user_id == os.getuid():
        return "you"
    return "root" if user_id == 0 else f"user {user_id}"


def _examine_space(section: Section, folder: Path) -> None:
    free = section.find("free_bytes", lambda: shutil.disk_usage(folder).free)
    if isinstance(free, int) and free < LITTLE_SPACE_BYTES:
        section.warn(
            f"The disk of the wallet has {free // MEBIBYTE:,} MiB left.", "Make room before it is full."
        )


def _examine_preferences(section: Section, file: Path) -> None:
    try:
        tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except OSError:
        return
    except ValueError:
        section.warn(f"{file} is not TOML, so the app uses its defaults.", "Correct the file, or remove it.")


def examine_integrity(section: Section, target: Target) -> None:
    """The schema's version and SQLite's own check; with `--full` also all that `ewallet verify` checks."""
    if (database := _existing_database(section, target)) is None:
        return
    url = url_of(database)
    try:
        with connect_read_only(url) as connection:
            section.add("schema", {"found": _schema(connection), "of_this_release": SCHEMA_VERSION})
            (checked,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            section.add("quick_check", str(checked))
        judge_schema(section, "Choose the folder of an ewallet.")
    except StorageDamagedError as error:
        section.add("quick_check", error.reason)
    except StorageUnavailableError as error:
        section.add("quick_check", None)
        section.warn(error.error, error.warning)
        return
    if section.facts["quick_check"] != "ok":
        section.warn(
            f"SQLite can't read the whole database: {section.facts['quick_check']}.",
            "Stop the programs that use it, keep a copy of the folder, and restore the newest backup.",
        )
    elif target.is_full:
        verify(section, url)


def judge_schema(section: Section, if_none: str) -> None:
    """Warn of a database of a newer release, or with that advice of one without wallets."""
    found = section.facts["schema"]
    version = found["found"] if isinstance(found, dict) else None
    if version is None:
        section.warn("The database holds no wallets.", if_none)
    elif str(version) > SCHEMA_VERSION:
        section.warn("A newer release of ewallet wrote the database.", "Install that release.")


def _schema(connection: sqlite3.Connection) -> str | None:
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone():
        return None
    found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return None if found is None else str(found[0])


def verify(section: Section, url: str) -> None:
    """Check the whole ledger, and say only whether it is correct."""
    try:
        with open_read_only(url) as transaction:
            is_correct = not any(isinstance(finding, Violation) for finding in run_checks(transaction))
    except StorageUnavailableError as error:
        section.add("ledger", "not checked")
        section.warn(str(error.error), str(error.warning))
        return
    section.add("ledger", "correct" if is_correct else "violated")
    if not is_correct:
        # The violation itself may contain amounts.
        section.warn(
            "The check of the whole ledger finds a violation.",
            "Run `ewallet verify`, which says which, and keep a copy of the folder.",
        )


def examine_space(section: Section, target: Target) -> None:
    """The sizes of the database, and the rows of the tables that grow."""
    if (database := _existing_database(section, target)) is None:
        return
    try:
        with connect_read_only(url_of(database)) as connection:
            sizes = measure(database, connection)
    except StorageUnavailableError as error:
        section.add("database", error.reason)
        return
    section.add("bytes", {"database": sizes.bytes, "free": sizes.free_bytes, "log": sizes.log_bytes})
    section.add("gives_free_space_back", sizes.gives_back)
    section.add("rows", sizes.rows)
    if not sizes.gives_back and sizes.free_bytes >= max(MUCH_FREE_BYTES, sizes.bytes // 4):
        section.warn(
            f"The database has {sizes.free_bytes // MEBIBYTE:,} MiB of free space that it keeps.",
            "Close the app and stop the server that use it, then run `ewallet doctor --compact`.",
        )
