"""Which server it is: certified by an authority, or known by the certificate it showed first."""

from __future__ import annotations

import fcntl
import os
import re
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ewallet_core.client.connection import UnreachableError
from ewallet_core.protocol.address import fingerprint_of

FILE_NAME = "known_servers"

AUTHORITY = "authority"
"""What is kept of a server whose certificate an authority has vouched for, in place of a fingerprint."""

_LINE = re.compile(rf"(?P<name>\S+:\d{{1,5}})\s+(?P<mark>SHA256:[A-Za-z0-9+/]{{43}}|{AUTHORITY})")


class NotTrustedError(UnreachableError):
    """It is not sure which server this is; only a person can settle that, trying again does not."""


class KnownServers:
    """The file at `path`, of lines `host:port SHA256:…` or `host:port authority`; a missing one knows none.

    What a line keeps of a server is its mark. Blank lines and lines that begin with `#` are left as they are.
    Every call raises `NotTrustedError`, and changes nothing, where the file can't be read or a line of it is
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
                raise NotTrustedError(
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
            raise NotTrustedError(f"{self.path} is not text. Move it away, or mend it.") from None
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


def _unusable(path: Path, reason: OSError) -> NotTrustedError:
    return NotTrustedError(
        f"The file of known servers, {path}, can't be used: {reason.strerror}. See to its permissions."
    )


_NOBODY_TO_JUDGE = frozenset({18, 19, 20, 21})
"""OpenSSL's codes for a chain that ends in nobody whom this machine knows, such as the server itself."""
_NOT_YET, _EXPIRED, _OTHER_NAME, _OTHER_ADDRESS = 9, 10, 62, 64

_WRONG = {
    _NOT_YET: "that does not hold yet",
    _EXPIRED: "that has expired",
    _OTHER_NAME: "that is for another name",
    _OTHER_ADDRESS: "that is for another address",
}


class Identity:
    """What is known of the server `host:port`, and whether it is that one that answers.

    Once an authority has vouched for it, nothing less is taken, in this run and in later ones.
    """

    def __init__(self, name: str, known_servers: KnownServers) -> None:
        self.fingerprint: str | None = None
        """Of the certificate by which the server is known; None where there is none."""
        self.newly_pinned = False
        """Whether that certificate was seen here for the first time."""
        self._name = name
        self._known_servers = known_servers
        self._was_vouched_for = False

    def may_be_vouched_for(self) -> bool:
        """Whether an authority is to be asked, because the server is not known by its certificate."""
        if self.fingerprint is None and not self._was_vouched_for:
            # What was taken once is taken for as long as this lives, also where its line is removed.
            self._is_known_by(self._known_servers.mark_of(self._name))
        return self.fingerprint is None

    def is_vouched_for(self, certificate: bytes | None) -> None:
        """An authority has vouched for the certificate that it showed; from now on one always has to."""
        if not self._was_vouched_for:
            self._is_known_by(self._known_servers.add(self._name, AUTHORITY))
        if not self._was_vouched_for:
            # Another program has met the server meanwhile, and knows it by a certificate.
            self.must_be_known(certificate)

    def is_not_vouched_for(self, why: ssl.SSLCertVerificationError) -> None:
        """Nobody has; raises `UnreachableError` where somebody could judge it, and where somebody had before."""
        if why.verify_code not in _NOBODY_TO_JUDGE:
            wrong = _WRONG.get(why.verify_code, f"that can't be trusted ({why.verify_message.rstrip('.')})")
            raise UnreachableError(
                f"{self._name} shows a certificate {wrong}. "
                "See to the host, and ask whoever runs the server before you go on."
            )
        if self._was_vouched_for:
            raise NotTrustedError(
                self._unlike_before("a certificate that no authority vouches for, as one did before")
            )

    def must_be_known(self, certificate: bytes | None) -> None:
        """Keep the certificate where it is the first; raises `NotTrustedError` where it is not the known one."""
        seen = fingerprint_of(certificate or b"")
        if self.fingerprint is None:
            self._is_known_by(self._known_servers.add(self._name, seen))
            self.newly_pinned = self.fingerprint == seen
        if self.fingerprint != seen:
            known = self.fingerprint or "one that an authority vouches for"
            raise NotTrustedError(
                self._unlike_before(f"another certificate than before: {seen}, not {known}")
            )

    def _is_known_by(self, mark: str | None) -> None:
        self._was_vouched_for = mark == AUTHORITY
        self.fingerprint = None if self._was_vouched_for else mark

    def _unlike_before(self, what: str) -> str:
        return (
            f"{self._name} shows {what}. Somebody may be listening in: ask whoever runs the server, and only "
            f"if it was changed remove its line from {self._known_servers.path}."
        )
