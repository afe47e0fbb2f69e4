"""What a person likes: kept in a file beside the wallet, and never worth a crash."""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from ewallet_core.wire.place import ServerPlace
from ewallet_tui.themes import DARK

FILE_NAME = "preferences.toml"
DAMAGED_NAME = f"{FILE_NAME}.damaged"
LOCK_CHOICES = (0, 1, 5, 15, 60)
"""After how many idle minutes the screen may lock; 0 is never."""
MOST_SERVERS = 10

Choice = int | str | tuple[str, ...]


@dataclass(frozen=True)
class Preferences:
    """The choices, and the file they are kept in (`None`: nowhere)."""

    file: Path | None = None
    lock_after_minutes: int = 0
    theme: str = DARK.name
    server: str = ""
    """The server that was used last, as `ServerPlace.read` takes it; nothing: the engine of this machine."""
    servers: tuple[str, ...] = ()
    """The servers that were used, the newest first."""
    complaint: str = ""
    """What is wrong with the file, in a sentence; the choices are then the usual ones."""

    @classmethod
    def read(cls, folder: Path) -> Preferences:
        """The choices kept in `folder`."""
        # The parser is needed by no one who has never chosen anything.
        file = folder / FILE_NAME
        if not file.exists():
            return cls(file)
        import tomllib  # noqa: PLC0415

        try:
            kept = tomllib.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return cls(file, complaint=f"{FILE_NAME} can't be read, so the usual settings hold.")
        return _chosen_in(cls(file), kept)

    @property
    def last_server(self) -> ServerPlace | None:
        """The server that was used last; `None`: the engine of this machine."""
        return ServerPlace.read(self.server) if self.server else None

    def without_theme(self, usual: str) -> Preferences:
        """These choices with the usual look, because nothing is known of the one that was kept."""
        return replace(
            self, theme=usual, complaint=f"{FILE_NAME} names an unknown theme, so the usual one holds."
        )

    def with_choice(self, **choice: Choice) -> Preferences:
        """These choices with `choice` in place of the old one, kept in the file.

        A file that could not be used is kept beside it, to be mended.
        """
        if self.complaint:
            _put_aside(self.file)
        chosen = replace(self, complaint="", **choice)  # type: ignore[arg-type]
        return chosen if _is_written(chosen) else replace(chosen, complaint=f"{FILE_NAME} can't be written.")

    def with_server_used(self, place: ServerPlace | None) -> Preferences:
        """These choices with the server that is used now, `None` for the engine of this machine."""
        server = "" if place is None else str(place)
        servers = (server, *(other for other in self.servers if other != server)) if server else self.servers
        if (server, servers) == (self.server, self.servers):
            return self
        return self.with_choice(server=server, servers=servers[:MOST_SERVERS])

    def without_server(self, place: ServerPlace) -> Preferences:
        """These choices with that server forgotten."""
        servers = tuple(other for other in self.servers if other != str(place))
        return self.with_choice(servers=servers, server="" if self.server == str(place) else self.server)


def _chosen_in(usual: Preferences, kept: dict[str, object]) -> Preferences:
    import msgspec  # noqa: PLC0415

    class Kept(msgspec.Struct):
        """What the file may hold."""

        lock_after_minutes: Literal[LOCK_CHOICES] = usual.lock_after_minutes  # type: ignore[valid-type]
        theme: str = usual.theme
        server: str = usual.server
        servers: tuple[str, ...] = usual.servers

    try:
        chosen = replace(usual, **msgspec.structs.asdict(msgspec.convert(kept, Kept)))
        for written in (*chosen.servers, *filter(None, (chosen.server,))):
            ServerPlace.read(written)
    except ValueError:
        return replace(usual, complaint=f"{FILE_NAME} holds an unknown setting, so the usual ones hold.")
    return chosen


def _is_written(preferences: Preferences) -> bool:
    if preferences.file is None:
        return True
    names = ("theme", "lock_after_minutes", "server", "servers")
    # Of texts, numbers and lists of texts, JSON is what TOML is.
    lines = [f"{name} = {json.dumps(getattr(preferences, name), ensure_ascii=False)}\n" for name in names]
    # Another app may be reading it.
    new = preferences.file.with_name(f".{FILE_NAME}.{os.getpid()}")
    try:
        new.write_text("".join(lines), encoding="utf-8")
        new.replace(preferences.file)
    except OSError:
        return False
    return True


def _put_aside(file: Path | None) -> None:
    if file is not None:
        with contextlib.suppress(OSError):
            file.replace(file.with_name(DAMAGED_NAME))
