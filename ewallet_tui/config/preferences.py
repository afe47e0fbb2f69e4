"""The user's settings, read from and kept in a file in the data folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from ewallet_core.backup.settings import KEPT_BACKUPS
from ewallet_core.presentation.formatting import SPACE, DateOrder, Formats
from ewallet_core.protocol.address import Servers
from ewallet_core.types import user_key
from ewallet_tui import config
from ewallet_tui.config.file import FILE_NAME, ConfigError, ReadSettings, read_settings
from ewallet_tui.config.settings import ASK, DARK, LOCALE, NEVER, SEPARATORS, SETTINGS, SYSTEM

MAX_SERVERS = 10
MAX_ACCOUNTS = 10
EMBEDDED = "embedded"
"""Stands in the file for this machine's engine instead of a server's address."""


class Preferences(Struct, frozen=True):
    """The settings, and the file that they are saved in; without a file they last until the app quits."""

    file: Path | None = None
    of_system: Formats = field(default_factory=Formats)
    theme: str = DARK.name
    lock_after_minutes: int = 0
    timer_on_quit: str = ASK
    ask_above: int = 0
    """The credits from which a payment or transfer must be confirmed; 0: never."""
    numbers: str = LOCALE
    hours: str = LOCALE
    dates: str = LOCALE
    time_zone: str = SYSTEM
    """The IANA name of a zone; the computer's own has no name here."""
    note_at_start: bool = False
    """Whether starting the timer asks what the run is for."""
    csv_separator: str = SEPARATORS[0]
    csv_byte_order_mark: bool = True
    bell: bool = True
    desktop_notifications: bool = False
    backup_every: str = NEVER
    backup_keep: int = KEPT_BACKUPS
    backup_folder: str = ""
    """The folder for backups; empty: one in the data folder."""
    server: str = ""
    """The server that was used last, or several with commas; empty: the engine of this machine."""
    servers: tuple[str, ...] = ()
    keys: Mapping[str, Any] = {}
    """The `[keys]` table as the file has it; `Keymap` validates it."""
    accounts: Mapping[str, tuple[str, ...]] = {}
    """The names or emails that logged in here, the newest first, by the server's address."""
    config_errors: tuple[ConfigError, ...] = ()
    lines: Mapping[str, int] = {}
    is_kept: bool = True

    @classmethod
    def read(cls, folder: Path, of_system: Formats | None = None) -> Preferences:
        file = folder / FILE_NAME
        found = read_settings(file)
        values = dict(found.values)
        if "servers" in values:
            values["servers"] = tuple(values["servers"])
        if "accounts" in values:
            values["accounts"] = {where: tuple(names) for where, names in values["accounts"].items()}
        values |= {"config_errors": found.config_errors, "lines": found.lines}
        return cls(file, of_system or Formats(), **values)

    @property
    def last_server(self) -> Servers | None:
        return Servers.read(self.server) if self.server else None

    @property
    def formats(self) -> Formats:
        of_system = self.of_system
        return Formats(
            of_system.thousands if self.numbers == LOCALE else self.numbers[1:-3].replace(" ", SPACE),
            has_24_hours=of_system.has_24_hours if self.hours == LOCALE else self.hours == "24",
            has_decimal_comma=of_system.has_decimal_comma,
            dates=of_system.dates if self.dates == LOCALE else DateOrder(self.dates),
        )

    def accounts_at(self, server: Servers | None) -> tuple[str, ...]:
        """The names that logged in at `server` (`None`: on this machine), the newest first."""
        return self.accounts.get(_key(server), ())

    def with_choice(self, **choice: Any) -> Preferences:
        chosen = replace(self, **choice)
        if self.file is None:
            return chosen
        values = {setting.name: getattr(chosen, setting.name) for setting in SETTINGS}
        is_kept = config.write_settings(self.file, values, choice)
        found = (
            read_settings(self.file)
            if is_kept
            else ReadSettings(config_errors=self.config_errors, lines=self.lines)
        )
        return replace(chosen, config_errors=found.config_errors, lines=found.lines, is_kept=is_kept)

    def with_server_used(self, address: Servers | None) -> Preferences:
        """Save the server in use as the newest; `None`: the engine of this machine."""
        server = "" if address is None else str(address)
        servers = (server, *(other for other in self.servers if other != server)) if server else self.servers
        if (server, servers) == (self.server, self.servers):
            return self
        return self.with_choice(server=server, servers=servers[:MAX_SERVERS])

    def without_server(self, address: Servers) -> Preferences:
        servers = tuple(other for other in self.servers if other != str(address))
        server = "" if self.server == str(address) else self.server
        accounts = {where: names for where, names in self.accounts.items() if where != str(address)}
        changed = {} if accounts == self.accounts else {"accounts": accounts}
        return self.with_choice(servers=servers, server=server, **changed)

    def with_account_used(self, name: str, server: Servers | None) -> Preferences:
        """Save the name that has just logged in there as the newest."""
        before = self.accounts_at(server)
        names = (name, *(other for other in before if user_key(other) != user_key(name)))[:MAX_ACCOUNTS]
        if names == before:
            return self
        return self.with_choice(accounts={**self.accounts, _key(server): names})

    def without_account(self, name: str, server: Servers | None) -> Preferences:
        names = tuple(other for other in self.accounts_at(server) if user_key(other) != user_key(name))
        others = {where: those for where, those in self.accounts.items() if where != _key(server)}
        return self.with_choice(accounts=others | ({_key(server): names} if names else {}))


def _key(server: Servers | None) -> str:
    return EMBEDDED if server is None else str(server)
