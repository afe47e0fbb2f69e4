"""What a server is told: by a file, by the command's options, which win, or by nobody."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self, TypeVar

import msgspec
from msgspec import Meta

from ewallet_core.errors.server import TlsNeededError
from ewallet_core.instructions.fields import Port
from ewallet_core.instructions.validation import meta_of
from ewallet_core.protocol.address import IN_PORT, OUT_PORT, is_loopback, is_valid_host
from ewallet_core.server.limits import Limits

Host = Annotated[str, Meta(min_length=1, description="a name or an address of this machine, such as 0.0.0.0")]
DatabaseUrl = Annotated[str, Meta(min_length=1, description="a URL, such as sqlite:////folder/file")]
FileName = Annotated[str, Meta(min_length=1, description="the name of a file in PEM form")]

_SQLITE = "sqlite:///"

S = TypeVar("S", bound=msgspec.Struct)


class SettingsUnusableError(Exception):
    """Settings that can't be, in words for whoever set them."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where a server listens, how, on which database, and what it takes from those who connect."""

    host: Host = "127.0.0.1"
    in_port: Port = IN_PORT
    out_port: Port = OUT_PORT
    database: DatabaseUrl | None = None
    tls_cert: FileName | None = None
    tls_key: FileName | None = None
    self_signed: bool = False
    insecure: bool = False
    self_supply: bool = False
    limits: Limits = Limits()

    @classmethod
    def read(cls, file: Path) -> Self:
        """The settings in that file of TOML, whose relative paths start in its own folder.

        Raises `SettingsUnusableError`.
        """
        try:
            # Some editors begin a file with a mark that says UTF-8, and that nobody sees.
            written = tomllib.loads(file.read_text(encoding="utf-8-sig"))
            return cls.of(_from(file.absolute().parent, written))
        except OSError as reason:
            raise SettingsUnusableError(
                f"The settings {file} can't be read: {str(reason.strerror).lower()}."
                " Check its name and its rights."
            ) from reason
        except UnicodeDecodeError as reason:
            raise SettingsUnusableError(
                f"The settings {file} are not text in UTF-8. Save them as such."
            ) from reason
        except tomllib.TOMLDecodeError as reason:
            where = str(reason).replace("Invalid", "no")
            raise SettingsUnusableError(
                f"The settings {file} are not TOML: {where}. Mend that line."
            ) from reason
        except SettingsUnusableError as reason:
            raise SettingsUnusableError(f"{file}: {reason}") from reason
        except (RecursionError, ValueError) as reason:
            raise SettingsUnusableError(
                f"The settings {file} hold something that is far too long or too deep."
                " Write them as their reference has them."
            ) from reason

    @classmethod
    def of(cls, table: Mapping[str, Any]) -> Self:
        """The settings by their names; raises `SettingsUnusableError` where one is unknown or can't be so."""
        limits = table.get("limits", {})
        if not isinstance(limits, Mapping):
            raise SettingsUnusableError("`limits` is a table. Write its settings below a line `[limits]`.")
        of_limits = _read(limits, Limits, within="limits.")
        return _read({**table, "limits": of_limits}, cls)

    def with_chosen(self, options: Mapping[str, Any]) -> Self:
        """These settings with each option that was chosen, where None is one that was not.

        Raises `SettingsUnusableError`, also where the settings don't go together.
        """
        chosen = {name: value for name, value in options.items() if value is not None}
        settings = _read({**msgspec.structs.asdict(self), **chosen}, type(self))
        settings.must_go_together()
        return settings

    @property
    def is_tls(self) -> bool:
        """Whether connections are encrypted."""
        return self.self_signed or self.given_certificate is not None

    @property
    def given_certificate(self) -> tuple[Path, Path] | None:
        """The files of the certificate and of its private key, where they are given."""
        if self.tls_cert is None or self.tls_key is None:
            return None
        return Path(self.tls_cert), Path(self.tls_key)

    def must_go_together(self) -> None:
        """Raise `SettingsUnusableError` where one setting can't be because of another."""
        if not is_valid_host(self.host):
            raise SettingsUnusableError(_cannot_be("host", self.host, Host))
        if (self.tls_cert is None) != (self.tls_key is None):
            raise SettingsUnusableError(
                "A certificate and its private key go together. Give both tls_cert and tls_key, or neither."
            )
        if self.self_signed and self.tls_cert is not None:
            raise SettingsUnusableError(
                "The certificate is either self_signed or the one that tls_cert names. Choose one of them."
            )
        if not (self.is_tls or self.insecure or is_loopback(self.host)):
            # As the listener says it, before anything is opened.
            error = TlsNeededError(self.host)
            raise SettingsUnusableError(f"{error.error} {error.warning}")
        if self.in_port == self.out_port != 0:
            raise SettingsUnusableError("Instructions and events have a port each. Choose another out_port.")


def _read(table: Mapping[str, Any], kind: type[S], within: str = "") -> S:
    known = {setting.name: setting for setting in msgspec.structs.fields(kind)}
    read = {}
    for name, value in table.items():
        if name not in known:
            raise SettingsUnusableError(
                f"There is no setting `{within}{name}`. Those there are: {', '.join(known)}."
            )
        try:
            read[name] = msgspec.convert(value, known[name].type)
        except msgspec.ValidationError:
            raise SettingsUnusableError(_cannot_be(f"{within}{name}", value, known[name].type)) from None
    return kind(**read)


def _cannot_be(name: str, value: Any, setting_type: Any) -> str:
    return f"`{name}` can't be {_shown(value)}. It must be {_in_words(setting_type)}."


def _in_words(setting_type: Any) -> str:
    meta = meta_of(setting_type)
    if meta.description is not None:
        return meta.description
    return f"a whole number from {meta.ge:,} to {meta.le:,}" if meta.ge is not None else "true or false"


def _shown(value: Any) -> str:
    return msgspec.json.encode(value).decode() if isinstance(value, str) else str(value).lower()


def _from(folder: Path, written: Mapping[str, Any]) -> dict[str, Any]:
    """What is written, with each path as it is from that folder."""
    meant = dict(written)
    for name in ("tls_cert", "tls_key"):
        if isinstance(path := meant.get(name), str) and path:
            meant[name] = str(folder / path)
    if isinstance(url := meant.get("database"), str) and _names_a_relative_file(url):
        meant["database"] = f"{_SQLITE}{folder / url.removeprefix(_SQLITE)}"
    return meant


def _names_a_relative_file(url: str) -> bool:
    name = url.removeprefix(_SQLITE)
    return name not in ("", url) and not name.startswith(("/", "?", ":memory:", "file:"))
