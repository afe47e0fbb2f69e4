"""Which server it is: vouched for by an authority, or known by the first certificate it showed."""

from __future__ import annotations

from ewallet_core.client.known_servers import KnownServers, NotTrusted
from ewallet_core.client.protocol import Unreachable
from ewallet_core.wire.fingerprint import fingerprint_of


class Identity:
    """What is known of the server `host:port`, and whether it is that one that answers.

    Once an authority has vouched for it, nothing less is taken for as long as this lives.
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
        self.fingerprint = self._known_servers.fingerprint_of(self._name)
        return self.fingerprint is None

    def is_vouched_for(self) -> None:
        """An authority has vouched for the certificate that it showed."""
        self._was_vouched_for = True

    def is_not_vouched_for(self, why: str) -> None:
        """Nobody has; raises `Unreachable` where somebody had before."""
        if self._was_vouched_for:
            raise Unreachable(
                f"{self._name} shows a certificate that can't be trusted: {why}. "
                "Ask whoever runs the server before you go on."
            )

    def must_be_known(self, certificate: bytes | None) -> None:
        """Keep the certificate where it is the first; raises `NotTrusted` where it is not the known one."""
        seen = fingerprint_of(certificate or b"")
        if self.fingerprint is None:
            self.fingerprint = self._known_servers.add(self._name, seen)
            self.newly_pinned = self.fingerprint == seen
        if self.fingerprint != seen:
            raise NotTrusted(
                f"{self._name} shows another certificate than before: {seen}, not {self.fingerprint}. "
                f"Somebody may be listening in: ask whoever runs the server, and only if it was changed "
                f"remove its line from {self._known_servers.path}."
            )
