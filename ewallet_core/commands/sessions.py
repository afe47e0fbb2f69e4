"""The sessions of the commands: a file in the data folder, for its owner only."""

from __future__ import annotations

import fcntl
import json
import os
import stat
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec

from ewallet_core.commands.problems import SessionsFileError

PRIVATE = 0o600


class StoredSession(msgspec.Struct, frozen=True):
    """The credentials of a session, and the name of the account that logged in."""

    client_id: str
    session_token: str
    account: str

    @property
    def credentials(self) -> dict[str, str]:
        return {"client_id": self.client_id, "session_token": self.session_token}


class StoredSessions:
    """The sessions in the file at `path`, one for each place; the file need not exist.

    A place may be several servers, with commas between. Its session is also that of each of them, and of
    other lists with one of them in it, since servers that are named together have the same sessions.

    Every method raises `SessionsFileError` if the file is damaged or no regular file, and `OSError` if it
    can't be used.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def find(self, place: str) -> StoredSession | None:
        kept = self._read()
        key = _key_of(place, kept)
        return None if key is None else kept[key]

    def places(self) -> list[str]:
        """The places that have a session."""
        return list(self._read())

    def put(self, place: str, session: StoredSession) -> None:
        """Store the session in place of those of the same servers."""
        with self._locked():
            kept = self._read()
            while (key := _key_of(place, kept)) is not None:
                del kept[key]
            self._write({**kept, place: session})

    def remove(self, place: str, client_id: str | None) -> None:
        """Remove the session of that client id, unless another has taken its place."""
        with self._locked():
            kept = self._read()
            key = _key_of(place, kept)
            if key is not None and kept[key].client_id == client_id:
                del kept[key]
                self._write(kept)

    def _read(self) -> dict[str, StoredSession]:
        try:
            # Opening another kind could wait for ever, as for a writer of a pipe.
            if not stat.S_ISREG(self.path.stat().st_mode):
                raise SessionsFileError(
                    f"{self.path}, for your sessions, is not a regular file. Remove it, and log in again."
                )
            with self.path.open("rb") as file:
                self._make_private(file.fileno())
                return msgspec.json.decode(file.read(), type=dict[str, StoredSession])
        except FileNotFoundError:
            return {}
        except (msgspec.MsgspecError, UnicodeDecodeError):
            raise SessionsFileError(
                f"The file of your sessions, {self.path}, is damaged. Remove it, and log in again."
            ) from None

    def _write(self, sessions: dict[str, StoredSession]) -> None:
        plain = {place: msgspec.structs.asdict(session) for place, session in sessions.items()}
        # It has mode 0600, also after it replaces the old file.
        with tempfile.NamedTemporaryFile(
            "w", dir=self.path.parent, prefix=f".{self.path.name}", delete=False, encoding="utf-8"
        ) as new:
            try:
                new.write(json.dumps(plain, indent=1) + "\n")
                new.flush()
                os.fsync(new.fileno())
                Path(new.name).replace(self.path)
            except BaseException:
                Path(new.name).unlink(missing_ok=True)
                raise

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Lock the file against other commands."""
        # The file itself is replaced, so a lock on it would be lost.
        lock = self.path.with_name(f".{self.path.name}.lock")
        descriptor = os.open(lock, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, PRIVATE)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _make_private(self, descriptor: int) -> None:
        """Take the file from others, who could act as its owner."""
        if not stat.S_IMODE(os.fstat(descriptor).st_mode) & ~PRIVATE:
            return
        try:
            os.fchmod(descriptor, PRIVATE)
        except PermissionError:
            raise SessionsFileError(
                f"The file of your sessions, {self.path}, is another user's. Remove it, and log in again."
            ) from None


def _key_of(place: str, kept: Mapping[str, StoredSession]) -> str | None:
    """The key of the session at the first server of `place` that has one; None if there is none."""
    return next((key for server in place.split(",") for key in kept if server in key.split(",")), None)
