"""Which server it is: vouched for by an authority, or known by the first certificate it showed."""

from __future__ import annotations

import ssl

from ewallet_core.client.known_servers import AUTHORITY, KnownServers, NotTrusted
from ewallet_core.client.protocol import Unreachable
from ewallet_core.wire.fingerprint import fingerprint_of

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
        """Nobody has; raises `Unreachable` where somebody could judge it, and where somebody had before."""
        if why.verify_code not in _NOBODY_TO_JUDGE:
            wrong = _WRONG.get(why.verify_code, f"that can't be trusted ({why.verify_message.rstrip('.')})")
            raise Unreachable(
                f"{self._name} shows a certificate {wrong}. "
                "See to the host, and ask whoever runs the server before you go on."
            )
        if self._was_vouched_for:
            raise NotTrusted(
                self._unlike_before("a certificate that no authority vouches for, as one did before")
            )

    def must_be_known(self, certificate: bytes | None) -> None:
        """Keep the certificate where it is the first; raises `NotTrusted` where it is not the known one."""
        seen = fingerprint_of(certificate or b"")
        if self.fingerprint is None:
            self._is_known_by(self._known_servers.add(self._name, seen))
            self.newly_pinned = self.fingerprint == seen
        if self.fingerprint != seen:
            known = self.fingerprint or "one that an authority vouches for"
            raise NotTrusted(self._unlike_before(f"another certificate than before: {seen}, not {known}"))

    def _is_known_by(self, mark: str | None) -> None:
        self._was_vouched_for = mark == AUTHORITY
        self.fingerprint = None if self._was_vouched_for else mark

    def _unlike_before(self, what: str) -> str:
        return (
            f"{self._name} shows {what}. Somebody may be listening in: ask whoever runs the server, and only "
            f"if it was changed remove its line from {self._known_servers.path}."
        )
