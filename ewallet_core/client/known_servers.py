"""The servers whose certificates were seen before: a file that people can read, mend and carry along."""

from __future__ import annotations

import fcntl
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ewallet_core.client.protocol import Unreachable

FILE_NAME = "known_servers"

AUTHORITY = "authority"
"""What is kept of a server whose certificate an authority has vouched for, in place of a fingerprint."""

_LINE = re.compile(rf"(?P<name>\S+:\d{{1,5}})\s+(?P<mark>SHA256:[A-Za-z0-9+/]{{43}}|{AUTHORITY})")


class NotTrusted(Unreachable):
    """It is not sure which server this is; only a person can settle that, trying again does not."""


class KnownServers:
    """The file at `path`, of lines `host:port SHA256:…` or `host:port authority`; a missing one knows none.

    What a line keeps of a server is its mark. Blank lines and lines that begin with `#` are left as they are.
    Every call raises `NotTrusted`, and changes nothing, where the file can't be read or a line of it is
    damaged.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def fingerprint_of(self, name: str) -> str | None:
        """The fingerprint by which the server `host:port` is known; None where there is none."""
        mark = self.mark_of(name)
        return None if mark == AUTHORITY else mark

    def mark_of(self, name: str) -> str | None:
        """The fingerprint that the server had when it was first seen, or `AUTHORITY`; None for a new one."""
        return self._read().get(name)

    def add(self, name: str, mark: str) -> str:
        """Keep the mark of a new server, and return the one that is kept of it.

        It is another one where another program has met the server meanwhile, and seen something else.
        """
        with self._alone():
            known = self._read()
            if name not in known:
                text = self._text()
                begun = "" if not text or text.endswith("\n") else "\n"
                self._write(f"{text}{begun}{name} {mark}\n")
        return known.get(name, mark)

    def forget(self, name: str) -> None:
        """Know that server no more: the next certificate that it shows is its first again."""
        with self._alone():
            self._read()
            lines = self._text().splitlines(keepends=True)
            self._write("".join(line for line in lines if line.split()[:1] != [name]))

    def _read(self) -> dict[str, str]:
        known = {}
        for number, line in enumerate(self._text().splitlines(), start=1):
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            found = _LINE.fullmatch(line.strip())
            if found is None:
                raise NotTrusted(
                    f"Line {number} of {self.path} is neither `host:port SHA256:…` nor `host:port "
                    f"{AUTHORITY}`. Mend that line, or remove it."
                )
            known[found["name"]] = found["mark"]
        return known

    def _text(self) -> str:
        try:
            return self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return ""
        except UnicodeDecodeError:
            raise NotTrusted(f"{self.path} is not text. Move it away, or mend it.") from None
        except OSError as reason:
            raise _unusable(self.path, reason) from reason

    def _write(self, text: str) -> None:
        try:
            # Made with mode 0600, which is kept when it takes the file's place.
            with tempfile.NamedTemporaryFile(
                "w", dir=self.path.parent, prefix=FILE_NAME, delete=False, encoding="utf-8"
            ) as new:
                new.write(text)
                new.flush()
                os.fsync(new.fileno())
            Path(new.name).replace(self.path)
        except OSError as reason:
            raise _unusable(self.path, reason) from reason

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Let no other program add a line meanwhile."""
        # The file itself is replaced, so that a lock on it would be a lock on what is no more.
        lock = self.path.with_name(f".{self.path.name}.lock")
        try:
            descriptor = os.open(lock, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        except OSError as reason:
            raise _unusable(self.path, reason) from reason
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def _unusable(path: Path, reason: OSError) -> NotTrusted:
    return NotTrusted(
        f"The file of known servers, {path}, can't be used: {reason.strerror}. See to its permissions."
    )
