"""Connecting to a server: in the clear or in TLS, and in words why not."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import re
import socket
import ssl
from collections.abc import Callable
from typing import Any

from ewallet_core.client.identity import Identity
from ewallet_core.client.lines import Lines
from ewallet_core.client.protocol import Unreachable
from ewallet_core.wire.place import ServerPlace, name_of

FAREWELL_SECONDS = 1.0
NEXT_ADDRESS_SECONDS = 0.25
"""After how long without an answer of one address of the host the next is tried as well."""

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
        # Where there is one address there is no race, in which a connection that is given up would be lost.
        self._next_address_after = None if _is_address(place.host) else NEXT_ADDRESS_SECONDS

    async def dial(self, port: int, limit: int) -> Lines:
        """Connect to that port, for lines of up to `limit` bytes, of which twice that is read ahead.

        Raises `Unreachable`, or `NotTrusted` where trying again does not help.
        """
        if not self._place.tls:
            return await self._connected(port, limit)
        if self._identity.may_be_vouched_for():
            try:
                lines = await self._connected(port, limit, ssl=ssl.create_default_context())
            except ssl.SSLCertVerificationError as reason:
                self._identity.is_not_vouched_for(reason)
            else:
                return await _only_if(self._identity.is_vouched_for, lines)
        lines = await self._connected(port, limit, ssl=_believing_anybody())
        return await _only_if(self._identity.must_be_known, lines)

    async def _connected(self, port: int, limit: int, **tls: Any) -> Lines:
        name = name_of(self._place.host, port)
        if tls:
            tls["ssl_shutdown_timeout"] = FAREWELL_SECONDS
        try:
            async with asyncio.timeout(self._within):
                opened = await asyncio.open_connection(
                    self._place.host, port, limit=limit, happy_eyeballs_delay=self._next_address_after, **tls
                )
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
            raise Unreachable(_why(name, self._place.host, _of_one_address(reason))) from reason
        return Lines(*opened)

    def _why_not_secured(self, name: str, reason: ssl.SSLError) -> str:
        # What is known to speak TLS does so still, whatever somebody in between says in the clear.
        if reason.reason in _IN_THE_CLEAR and self._identity.fingerprint is None:
            return (
                f"{name} speaks no TLS. If it is meant to speak in the clear, write tcp://{self._place.name}."
            )
        return f"TLS with {name} came to nothing ({_in_words(reason)}). Ask whoever runs the server."


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


async def _only_if(known: Callable[[bytes | None], None], lines: Lines) -> Lines:
    """That connection, unless who has answered on it is not the one it should be."""
    try:
        known(lines.certificate)
    except Unreachable:
        await lines.close()
        raise
    return lines


def _believing_anybody() -> ssl.SSLContext:
    """TLS with whoever answers: who that is must be looked at before anything is said."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls.minimum_version = ssl.TLSVersion.TLSv1_2
    tls.check_hostname = False
    tls.verify_mode = ssl.CERT_NONE
    return tls


def _in_words(reason: ssl.SSLError) -> str:
    return (reason.reason or "it was broken off").replace("_", " ").lower()


def _of_one_address(reason: OSError) -> OSError:
    """The last reason where the host has several addresses: asyncio then says all of them in one text."""
    numbers = re.findall(r"\[Errno (\d+)\]", str(reason)) if reason.errno is None else []
    return OSError(int(numbers[-1]), os.strerror(int(numbers[-1]))) if numbers else reason


def _why(name: str, host: str, reason: OSError) -> str:
    if isinstance(reason, socket.gaierror):
        return f"There is no machine of the name {host}. See to how it is written, and to your network."
    if isinstance(reason, ConnectionRefusedError):
        return f"Nothing listens at {name}. See to the host and the port, and whether the server runs."
    return f"{name} can't be reached: {reason.strerror or reason}. See to your network."
