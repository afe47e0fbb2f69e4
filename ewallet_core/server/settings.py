"""The settings of a server: from a file, and from the command's options, which win."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self, TypeVar

import msgspec
from msgspec import Meta

from ewallet_core.backup.settings import KEPT_BACKUPS, Interval, Keep
from ewallet_core.errors.server import TlsNeededError
from ewallet_core.instructions.fields import Port
from ewallet_core.instructions.validation import meta_of
from ewallet_core.protocol.address import IN_PORT, OUT_PORT, is_loopback, is_valid_host
from ewallet_core.protocol.proxy_header import TrustedProxies
from ewallet_core.server.limits import Limits
from ewallet_core.storage.database import LEAST_CONNECTIONS, USUAL_CONNECTIONS
from ewallet_core.storage.retention import DAY_MS, Retention
from ewallet_core.types import Durability, LogFormat

Host = Annotated[str, Meta(min_length=1, description="a name or an address of this machine, such as 0.0.0.0")]
DatabaseUrl = Annotated[
    str,
    Meta(
        min_length=1,
        description="a URL, such as sqlite:////folder/file or postgresql+psycopg://user@host/database",
    ),
]
FileName = Annotated[str, Meta(min_length=1, description="the name of a file in PEM form")]
Proxies = Annotated[
    tuple[str, ...],
    Meta(description='a list of addresses and networks, such as ["127.0.0.1", "10.0.0.0/8"]'),
]
Origins = Annotated[
    tuple[Annotated[str, Meta(pattern=r"^(\*|https?://[^/\s*]+)$")], ...],
    Meta(description='a list of origins, such as ["https://app.example.org"], or ["*"]'),
]
FolderName = Annotated[str, Meta(min_length=1, description="the name of a folder")]

_SQLITE = "sqlite:///"

# An account is erased 30 days after its deletion, and these may name it.
MonthOfDays = Annotated[int, Meta(ge=1, le=30)]
Days = Annotated[int, Meta(ge=1, le=3_650)]

S = TypeVar("S", bound=msgspec.Struct)


class SettingsError(Exception):
    """Invalid settings; the message is for the operator."""


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the operator lets the users do."""

    stop_in_the_past: bool = False
    longest_session_days: Annotated[int, Meta(ge=0, le=30)] = 30


class Storage(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How the database is kept."""

    durability: Annotated[Durability, Meta(description="full or normal")] = Durability.FULL
    connections: Annotated[int, Meta(ge=LEAST_CONNECTIONS, le=1_000)] = USUAL_CONNECTIONS


class Backup(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The backups that the server makes by itself; without `every` it makes none."""

    every: Interval | None = None
    keep: Keep = KEPT_BACKUPS
    folder: FolderName | None = None


class Proxy(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The proxies in front of the server, which send the address of each client in a PROXY header."""

    trusted: Proxies = ()


class Log(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the server writes to standard error."""

    format: Annotated[LogFormat, Meta(description="text or json")] = LogFormat.TEXT
    requests: bool = False


class MetricsSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where the metrics can be read over HTTP, if there is a port."""

    host: Host = "127.0.0.1"
    port: Port | None = None


class HttpSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The HTTP port, if there is one, on the server's host unless it has its own.

    The metrics there are for this machine only, unless they are `public_metrics`.
    """

    host: Host | None = None
    port: Port | None = None
    trusted_proxies: Proxies = ()
    cors_origins: Origins = ()
    public_metrics: bool = False


class Kept(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """For how many days rows are kept that only tell what happened, and how many issue reports."""

    events_days: MonthOfDays = 30
    requests_days: MonthOfDays = 30
    refused_days: MonthOfDays = 30
    logins_days: Days = 365
    unknown_logins_days: Days = 30
    issues_days: Days = 365
    issues: Annotated[int, Meta(ge=1, le=100_000)] = 1_000

    def as_retention(self) -> Retention:
        return Retention(
            events_ms=self.events_days * DAY_MS,
            requests_ms=self.requests_days * DAY_MS,
            refused_ms=self.refused_days * DAY_MS,
            logins_ms=self.logins_days * DAY_MS,
            unknown_logins_ms=self.unknown_logins_days * DAY_MS,
            issues_ms=self.issues_days * DAY_MS,
            issues=self.issues,
        )


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    host: Host = "127.0.0.1"
    in_port: Port = IN_PORT
    out_port: Port = OUT_PORT
    database: DatabaseUrl | None = None
    tls_cert: FileName | None = None
    tls_key: FileName | None = None
    self_signed: bool = False
    insecure: bool = False
    self_supply: bool = False
    rules: Rules = Rules()
    limits: Limits = Limits()
    storage: Storage = Storage()
    retention: Kept = Kept()
    backup: Backup = Backup()
    log: Log = Log()
    metrics: MetricsSettings = MetricsSettings()
    proxy: Proxy = Proxy()
    http: HttpSettings = HttpSettings()

    @classmethod
    def read(cls, file: Path) -> Self:
        """The settings in that TOML file; relative paths start in its folder. Raises `SettingsError`."""
        try:
            return cls.parse(file.read_bytes(), file)
        except OSError as reason:
            raise SettingsError(
                f"The settings {file} can't be read: {str(reason.strerror).lower()}."
                " Check its name and its permissions."
            ) from reason

    @classmethod
    def parse(cls, content: bytes, file: Path) -> Self:
        """As `read`, with that content of the file."""
        try:
            # "-sig", because some editors write an invisible byte order mark.
            written = tomllib.loads(content.decode("utf-8-sig"))
            return cls.of(_resolve_paths(file.absolute().parent, written))
        except UnicodeDecodeError as reason:
            raise SettingsError(f"The settings {file} are not text in UTF-8. Save them as such.") from reason
        except tomllib.TOMLDecodeError as reason:
            where = str(reason).replace("Invalid", "no")
            raise SettingsError(f"The settings {file} are not TOML: {where}. Correct that line.") from reason
        except SettingsError as reason:
            raise SettingsError(f"{file}: {reason}") from reason
        except (RecursionError, ValueError) as reason:
            raise SettingsError(
                f"The settings {file} hold a value that is too long or too deeply nested."
                " Write them as their reference shows them."
            ) from reason

    @classmethod
    def of(cls, table: Mapping[str, Any]) -> Self:
        """The settings by name; raises `SettingsError` if one is unknown or invalid."""
        tables = {name: _read_table(table, name, kind) for name, kind in tables_of(cls).items()}
        return _read({**table, **tables}, cls)

    def with_options(self, options: Mapping[str, Any]) -> Self:
        """These settings, overridden by each option that is not None. Raises `SettingsError`.

        The option `http_port` is the port of the table `http`.
        """
        chosen = {name: value for name, value in options.items() if value is not None}
        if (http_port := chosen.pop("http_port", None)) is not None:
            chosen["http"] = msgspec.structs.replace(self.http, port=http_port)
        settings = _read({**msgspec.structs.asdict(self), **chosen}, type(self))
        settings.validate()
        return settings

    @property
    def http_host(self) -> str:
        return self.http.host or self.host

    @property
    def is_tls(self) -> bool:
        return self.self_signed or self.given_certificate is not None

    @property
    def given_certificate(self) -> tuple[Path, Path] | None:
        if self.tls_cert is None or self.tls_key is None:
            return None
        return Path(self.tls_cert), Path(self.tls_key)

    def validate(self) -> None:
        for name, host in (("host", self.host), ("http.host", self.http_host)):
            if not is_valid_host(host):
                raise SettingsError(_describe_invalid(name, host, Host))
        _check_proxies("proxy.trusted", self.proxy.trusted)
        _check_proxies("http.trusted_proxies", self.http.trusted_proxies)
        if (self.tls_cert is None) != (self.tls_key is None):
            raise SettingsError(
                "A certificate and its private key go together. Give both tls_cert and tls_key, or neither."
            )
        if self.self_signed and self.tls_cert is not None:
            raise SettingsError(
                "The certificate is either self_signed or the one that tls_cert names. Choose one of them."
            )
        hosts = [self.host] if self.http.port is None else [self.host, self.http_host]
        for host in hosts:
            if not (self.is_tls or self.insecure or is_loopback(host)):
                # The listener's own error, before anything is opened.
                error = TlsNeededError(host)
                raise SettingsError(f"{error.error} {error.warning}")
        if self.in_port == self.out_port != 0:
            raise SettingsError("Instructions and events have a port each. Choose another out_port.")
        if self.http_host == self.host and self.http.port in {self.in_port, self.out_port} - {0}:
            raise SettingsError("HTTP has a port of its own. Choose another http.port.")


def _read(table: Mapping[str, Any], kind: type[S], prefix: str = "") -> S:
    known = {setting.name: setting for setting in msgspec.structs.fields(kind)}
    read = {}
    for name, value in table.items():
        if name not in known:
            raise SettingsError(
                f"There is no setting `{prefix}{name}`. The settings are: {', '.join(known)}."
            )
        try:
            read[name] = msgspec.convert(value, known[name].type)
        except msgspec.ValidationError:
            raise SettingsError(_describe_invalid(f"{prefix}{name}", value, known[name].type)) from None
    return kind(**read)


def tables_of(kind: type[msgspec.Struct]) -> dict[str, type[msgspec.Struct]]:
    """The settings that are tables of settings themselves, by name."""
    return {
        setting.name: setting.type
        for setting in msgspec.structs.fields(kind)
        if isinstance(setting.default, msgspec.Struct)
    }


def _check_proxies(name: str, proxies: tuple[str, ...]) -> None:
    try:
        TrustedProxies(proxies)
    except ValueError:
        raise SettingsError(_describe_invalid(name, list(proxies), Proxies)) from None


def _read_table(table: Mapping[str, Any], name: str, kind: type[S]) -> S:
    written = table.get(name, {})
    if not isinstance(written, Mapping):
        raise SettingsError(f"`{name}` is a table. Write its settings below a line `[{name}]`.")
    return _read(written, kind, prefix=f"{name}.")


def _describe_invalid(name: str, value: Any, setting_type: Any) -> str:
    shown = msgspec.json.encode(value).decode() if isinstance(value, str) else str(value).lower()
    meta = meta_of(setting_type)
    valid = meta.description
    if valid is None:
        valid = f"a whole number from {meta.ge:,} to {meta.le:,}" if meta.ge is not None else "true or false"
    return f"`{name}` can't be {shown}. It must be {valid}."


def _resolve_paths(folder: Path, written: Mapping[str, Any]) -> dict[str, Any]:
    resolved = dict(written)
    for name in ("tls_cert", "tls_key"):
        if isinstance(path := resolved.get(name), str) and path:
            resolved[name] = str(folder / path)
    if isinstance(url := resolved.get("database"), str) and url.startswith(_SQLITE):
        path = url.removeprefix(_SQLITE)
        if path and not path.startswith(("/", "?", ":memory:", "file:")):
            resolved["database"] = f"{_SQLITE}{folder / path}"
    if isinstance(backup := resolved.get("backup"), Mapping) and isinstance(backup.get("folder"), str):
        resolved["backup"] = {**backup, "folder": str(folder / backup["folder"])}
    return resolved
