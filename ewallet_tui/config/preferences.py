"""What a person likes: kept in a file beside the wallet, and never worth a crash."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ewallet_core.presentation.formatting import SPACE, DateOrder, Formats
from ewallet_core.protocol.address import ServerAddress
from ewallet_tui.config.file import FILE_NAME, ConfigError, ReadSettings, one_message, read_settings
from ewallet_tui.config.settings import LOCALE
from ewallet_tui.config.settings import LOCK_CHOICES as LOCK_CHOICES  # noqa: PLC0414 - read from here too
from ewallet_tui.themes import DARK

MOST_SERVERS = 10
MOST_ACCOUNTS = 10
HERE = "embedded"
"""What the file calls the engine of this machine, where a server has its place."""


@dataclass(frozen=True)
class Preferences:
    """The choices, and the file they are kept in (`None`: nowhere)."""

    file: Path | None = None
    of_system: Formats = field(default_factory=Formats)
    """The forms of numbers, times and dates that the machine's own settings name."""
    theme: str = DARK.name
    lock_after_minutes: int = 0
    ask_above: int = 0
    """From how many credits on a payment or transfer asks first; 0 is never."""
    numbers: str = LOCALE
    hours: str = LOCALE
    dates: str = LOCALE
    bell: bool = True
    desktop_notifications: bool = False
    server: str = ""
    """The server that was used last, as `ServerAddress.read` takes it; nothing: the engine of this machine."""
    servers: tuple[str, ...] = ()
    """The servers that were used, the newest first."""
    keys: Mapping[str, Any] = field(default_factory=dict)
    """The keys of actions as the file has them; the keymap knows which of them can be taken."""
    accounts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The names or emails of who logged in here, the newest first, by the server's place."""
    config_errors: tuple[ConfigError, ...] = ()
    """What is wrong with the file; in place of each such setting, the usual one holds."""
    lines: Mapping[str, int] = field(default_factory=dict)
    """The line of each setting in the file."""
    is_kept: bool = True
    """Whether the last choice could be written down."""

    @classmethod
    def read(cls, folder: Path, of_system: Formats | None = None) -> Preferences:
        """The choices kept in `folder`."""
        file = folder / FILE_NAME
        return _chosen(cls(file, of_system or Formats()), read_settings(file))

    @property
    def config_error(self) -> str:
        """What is wrong with the file, in one message; or nothing."""
        return one_message(self.config_errors)

    @property
    def last_server(self) -> ServerAddress | None:
        """The server that was used last; `None`: the engine of this machine."""
        return ServerAddress.read(self.server) if self.server else None

    @property
    def formats(self) -> Formats:
        """The forms in which numbers, times and dates are written."""
        of_system = self.of_system
        return Formats(
            of_system.thousands if self.numbers == LOCALE else self.numbers[1:-3].replace(" ", SPACE),
            has_24_hours=of_system.has_24_hours if self.hours == LOCALE else self.hours == "24",
            dates=of_system.dates if self.dates == LOCALE else DateOrder(self.dates),
        )

    def accounts_at(self, server: ServerAddress | None) -> tuple[str, ...]:
        """Who logged in at that server, the newest first; `None`: on this machine."""
        return self.accounts.get(_place(server), ())

    def with_choice(self, **choice: Any) -> Preferences:
        """These choices with `choice` in place of the old one, kept in the file."""
        chosen = replace(self, **choice)
        if self.file is None:
            return chosen
        from ewallet_tui.config.file import write_settings  # noqa: PLC0415
        from ewallet_tui.config.settings import SETTINGS  # noqa: PLC0415

        values = {setting.name: getattr(chosen, setting.name) for setting in SETTINGS}
        is_kept = write_settings(self.file, values, choice)
        found = (
            read_settings(self.file)
            if is_kept
            else ReadSettings(config_errors=self.config_errors, lines=self.lines)
        )
        return replace(chosen, config_errors=found.config_errors, lines=found.lines, is_kept=is_kept)

    def with_server_used(self, place: ServerAddress | None) -> Preferences:
        """These choices with the server that is used now, `None` for the engine of this machine."""
        server = "" if place is None else str(place)
        servers = (server, *(other for other in self.servers if other != server)) if server else self.servers
        if (server, servers) == (self.server, self.servers):
            return self
        return self.with_choice(server=server, servers=servers[:MOST_SERVERS])

    def without_server(self, place: ServerAddress) -> Preferences:
        """These choices with that server, and who logged in there, forgotten."""
        servers = tuple(other for other in self.servers if other != str(place))
        server = "" if self.server == str(place) else self.server
        accounts = {where: names for where, names in self.accounts.items() if where != str(place)}
        changed = {} if accounts == self.accounts else {"accounts": accounts}
        return self.with_choice(servers=servers, server=server, **changed)

    def with_account_used(self, name: str, server: ServerAddress | None) -> Preferences:
        """These choices with who has logged in there now before all others."""
        before = self.accounts_at(server)
        names = (name, *(other for other in before if other.casefold() != name.casefold()))[:MOST_ACCOUNTS]
        if names == before:
            return self
        return self.with_choice(accounts={**self.accounts, _place(server): names})

    def without_account(self, name: str, server: ServerAddress | None) -> Preferences:
        """These choices with that name there forgotten."""
        names = tuple(other for other in self.accounts_at(server) if other.casefold() != name.casefold())
        others = {where: those for where, those in self.accounts.items() if where != _place(server)}
        return self.with_choice(accounts=others | ({_place(server): names} if names else {}))


def _place(server: ServerAddress | None) -> str:
    return HERE if server is None else str(server)


def _chosen(usual: Preferences, found: ReadSettings) -> Preferences:
    values = dict(found.values)
    if "servers" in values:
        values["servers"] = tuple(values["servers"])
    if "accounts" in values:
        values["accounts"] = {where: tuple(names) for where, names in values["accounts"].items()}
    return replace(usual, **values, config_errors=found.config_errors, lines=found.lines)
