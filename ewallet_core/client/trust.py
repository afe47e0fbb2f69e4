"""The identity of servers: certified by an authority, or pinned by the first certificate they showed."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import shlex
import ssl
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ewallet_core.client.connection import UnreachableError
from ewallet_core.security.tokens import fingerprint_of

AUTHORITY = "authority"
"""Kept in place of a fingerprint for a server whose certificate an authority has signed."""

BOM = "\ufeff"
_LINE = re.compile(rf"(?P<name>\S+:[0-9]{{1,5}})\s+(?P<mark>SHA256:[A-Za-z0-9+/]{{43}}|{AUTHORITY})")


class NotTrustedError(UnreachableError):
    """The identity of the server is in doubt; only the user can decide, and trying again does not help."""


class KnownServers:
    """The file at `path`, of lines `host:port SHA256:…` or `host:port authority`; it need not exist.

    The second word is the server's mark. Blank lines and comments (`#`) stay. Every call raises
    `NotTrustedError`, and changes nothing, if the file can't be read or a line of it is damaged.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def fingerprint_of(self, name: str) -> str | None:
        mark = self.mark_of(name)
        return None if mark == AUTHORITY else mark

    def mark_of(self, name: str) -> str | None:
        """The server's pinned fingerprint, or `AUTHORITY`; None for a new server."""
        return self._read().get(name)

    def add(self, name: str, mark: str) -> str:
        """Keep the mark of a new server, and return the mark that is kept.

        It is another one if another program has added the server meanwhile with another mark.
        """
        with self._locked():
            known = self._read()
            if name not in known:
                text = self._text()
                begun = "" if not text or text.endswith("\n") else "\n"
                self._write(f"{text}{begun}{name} {mark}\n")
        return known.get(name, mark)

    def forget(self, name: str) -> None:
        """Remove the server: the next certificate that it shows counts as its first."""
        with self._locked():
            self._read()
            lines = self._text().splitlines(keepends=True)
            # Only the first line may begin with a byte order mark.
            left = [line for line in lines if line.removeprefix(BOM).split()[:1] != [name]]
            self._write("".join(left))

    def _read(self) -> dict[str, str]:
        known = {}
        for number, line in enumerate(self._text().removeprefix(BOM).splitlines(), start=1):
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            found = _LINE.fullmatch(line.strip())
            if found is None:
                raise NotTrustedError(
                    f"Line {number} of {self.path} is neither `host:port SHA256:…` nor `host:port "
                    f"{AUTHORITY}`. Correct that line, or remove it."
                )
            known[found["name"]] = found["mark"]
        return known

    def _text(self) -> str:
        try:
            self._keep_from_others()
            # Ends of lines, and a byte order mark, stay as an editor wrote them.
            return self.path.read_bytes().decode("utf-8")
        except FileNotFoundError:
            return ""
        except UnicodeDecodeError:
            raise NotTrustedError(f"{self.path} is not text. Move it away, or mend it.") from None
        except OSError as reason:
            raise _unusable(self.path, reason) from reason

    def _keep_from_others(self) -> None:
        """Let not everybody change the file, who could then pretend to be any of its servers."""
        mode = stat.S_IMODE(self.path.stat().st_mode)
        if not mode & stat.S_IWOTH:
            return
        with suppress(PermissionError):
            self.path.chmod(mode & ~stat.S_IWOTH)
        if self.path.stat().st_mode & stat.S_IWOTH:
            raise NotTrustedError(
                f"Everybody can change {self.path}, so it says nothing about servers. "
                f"Run `chmod o-w {shlex.quote(str(self.path))}` as its owner."
            )

    def _write(self, text: str) -> None:
        try:
            # A symbolic link stays one.
            target = self.path.resolve()
            if target.exists() and not target.stat().st_mode & stat.S_IWUSR:
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(target))
            # It has mode 0600, also after it replaces the old file.
            with tempfile.NamedTemporaryFile(
                "w", dir=target.parent, prefix=target.name, delete=False, encoding="utf-8", newline=""
            ) as new:
                new.write(text)
                new.flush()
                os.fsync(new.fileno())
            Path(new.name).replace(target)
        except OSError as reason:
            raise _unusable(self.path, reason) from reason

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Lock the file against other programs."""
        # The file itself is replaced, so a lock on it would be lost.
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
        f"The file of known servers, {path}, can't be used: {reason.strerror}. Check its permissions."
    )


_NO_AUTHORITY = frozenset({18, 19, 20, 21})
"""OpenSSL's codes for a chain without a known authority, such as a self-signed certificate."""
_NOT_YET, _EXPIRED, _OTHER_NAME, _OTHER_ADDRESS = 9, 10, 62, 64

_WRONG = {
    _NOT_YET: "that does not hold yet",
    _EXPIRED: "that has expired",
    _OTHER_NAME: "that is for another name",
    _OTHER_ADDRESS: "that is for another address",
}


class Identity:
    """What is known of the server `host:port`, and the check that it is the one that answers.

    Once it had a certificate signed by an authority, it must always have one.
    """

    def __init__(self, name: str, known_servers: KnownServers) -> None:
        self.fingerprint: str | None = None
        self.newly_pinned = False
        self.may_pin = True
        """Whether the first certificate is pinned; if not, a server without a mark is refused."""
        self._name = name
        self._known_servers = known_servers
        self._was_verified = False

    @property
    def is_new(self) -> bool:
        """Whether no certificate of the server was seen here before."""
        return self._known_servers.mark_of(self._name) is None

    def may_be_verified(self) -> bool:
        """Whether to verify by authority, because no certificate of the server is pinned."""
        if self.fingerprint is None and not self._was_verified:
            # A mark that was read once stays valid for this object, even if its line is removed.
            self._set_mark(self._known_servers.mark_of(self._name))
        return self.fingerprint is None

    def accept_verified(self, certificate: bytes | None) -> None:
        """Note that an authority has signed the server's certificate; from now on one always has to."""
        if not self._was_verified:
            self._set_mark(self._known_servers.add(self._name, AUTHORITY))
        if not self._was_verified:
            # Another program has pinned a certificate of the server meanwhile.
            self.check_pinned(certificate)

    def reject_unverified(self, why: ssl.SSLCertVerificationError) -> None:
        """Raise `UnreachableError` if verification failed for another reason than an unknown authority."""
        if why.verify_code not in _NO_AUTHORITY:
            wrong = _WRONG.get(why.verify_code, f"that can't be trusted ({why.verify_message.rstrip('.')})")
            raise UnreachableError(
                f"{self._name} shows a certificate {wrong}. "
                "Check the host, and ask the server's operator before you go on."
            )
        if self._was_verified:
            raise NotTrustedError(
                self._unlike_before("a certificate without a trusted authority, unlike before")
            )

    def check_pinned(self, certificate: bytes | None) -> None:
        """Pin the certificate if it is the first; raises `NotTrustedError` if another one is pinned."""
        seen = fingerprint_of(certificate or b"")
        if self.fingerprint is None and not self.may_pin:
            raise UnreachableError(
                f"{self._name} is new here, so its certificate has to be compared first. "
                "Choose the server again to do that."
            )
        if self.fingerprint is None:
            self._set_mark(self._known_servers.add(self._name, seen))
            self.newly_pinned = self.fingerprint == seen
        if self.fingerprint != seen:
            known = self.fingerprint or "one from a trusted authority"
            raise NotTrustedError(
                self._unlike_before(f"another certificate than before: {seen}, not {known}")
            )

    def _set_mark(self, mark: str | None) -> None:
        self._was_verified = mark == AUTHORITY
        self.fingerprint = None if self._was_verified else mark

    def _unlike_before(self, what: str) -> str:
        return (
            f"{self._name} shows {what}. The connection may be intercepted. Ask the server's operator, and "
            f"remove its line from {self._known_servers.path} only if the certificate was changed."
        )
