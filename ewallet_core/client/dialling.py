"""Connecting to a server: in the clear or in TLS, and in words why not."""

from __future__ import annotations

import asyncio
import socket
import ssl
from typing import Any

from ewallet_core.client.identity import Identity
from ewallet_core.client.lines import LONGEST_LINE, Lines
from ewallet_core.client.protocol import Unreachable
from ewallet_core.wire.place import ServerPlace, name_of

FAREWELL_SECONDS = 1.0

_IN_THE_CLEAR = frozenset({"HTTP_REQUEST", "RECORD_LAYER_FAILURE", "WRONG_VERSION_NUMBER"})
"""What OpenSSL calls an answer that is no TLS."""


class Dialler:
    """Opens connections to the server at that place, each within so many seconds.

    Nothing is said on one before the server has proved to be the one it is known as.
    """

    def __init__(self, place: ServerPlace, identity: Identity, within: float) -> None:
        self._place = place
        self._identity = identity
        self._within = within

    async def dial(self, port: int) -> Lines:
        """Connect to that port; raises `Unreachable`, or `NotTrusted` where trying again does not help."""
        if not self._place.tls:
            return await self._connected(port)
        if self._identity.may_be_vouched_for():
            try:
                lines = await self._connected(port, ssl=ssl.create_default_context())
            except ssl.SSLCertVerificationError as reason:
                self._identity.is_not_vouched_for(reason.verify_message)
            else:
                self._identity.is_vouched_for()
                return lines
        return await self._recognised(port)

    async def _recognised(self, port: int) -> Lines:
        lines = await self._connected(port, ssl=_believing_anybody())
        try:
            self._identity.must_be_known(lines.certificate)
        except Unreachable:
            await lines.close()
            raise
        return lines

    async def _connected(self, port: int, **tls: Any) -> Lines:
        name = name_of(self._place.host, port)
        if tls:
            tls["ssl_shutdown_timeout"] = FAREWELL_SECONDS
        try:
            async with asyncio.timeout(self._within):
                opened = await asyncio.open_connection(self._place.host, port, limit=LONGEST_LINE, **tls)
        except ssl.SSLCertVerificationError:
            raise
        except TimeoutError:
            raise Unreachable(
                f"{name} gives no answer. See to the host and the port, and whether the server runs."
            ) from None
        except ssl.SSLError as reason:
            raise Unreachable(self._why_not_secured(name, reason)) from reason
        except ConnectionResetError as reason:
            raise Unreachable(f"{name} has closed the connection. Try again later.") from reason
        except OSError as reason:
            raise Unreachable(_why(name, self._place.host, reason)) from reason
        return Lines(*opened)

    def _why_not_secured(self, name: str, reason: ssl.SSLError) -> str:
        # What is known to speak TLS does so still, whatever somebody in between says in the clear.
        if reason.reason in _IN_THE_CLEAR and self._identity.fingerprint is None:
            return (
                f"{name} speaks no TLS. If it is meant to speak in the clear, write tcp://{self._place.name}."
            )
        return f"TLS with {name} came to nothing ({_in_words(reason)}). Ask whoever runs the server."


def _believing_anybody() -> ssl.SSLContext:
    """TLS with whoever answers: who that is must be looked at before anything is said."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls.minimum_version = ssl.TLSVersion.TLSv1_2
    tls.check_hostname = False
    tls.verify_mode = ssl.CERT_NONE
    return tls


def _in_words(reason: ssl.SSLError) -> str:
    return (reason.reason or "it was broken off").replace("_", " ").lower()


def _why(name: str, host: str, reason: OSError) -> str:
    if isinstance(reason, socket.gaierror):
        return f"There is no machine of the name {host}. See to how it is written, and to your network."
    if isinstance(reason, ConnectionRefusedError):
        return f"Nothing listens at {name}. See to the host and the port, and whether the server runs."
    return f"{name} can't be reached: {reason.strerror or reason}. See to your network."
