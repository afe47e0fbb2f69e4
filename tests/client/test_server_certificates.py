"""Server certificates: signed by a trusted authority, known from the first connection, or refused."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from certificates import EXPIRED, Issued
from client_requests import balance, next_event, send, sign_up_and_log_in, supply, wait_until
from running_server import RunningServer

from ewallet_core.client import Reach, RemoteClient, UnreachableError, WalletClient

Remote = Callable[..., RemoteClient]
Opened = Callable[[WalletClient], Awaitable[WalletClient]]


@pytest.fixture
def own(tmp_path: Path) -> Issued:
    return Issued(tmp_path, "own")


@pytest.fixture
def another(tmp_path: Path) -> Issued:
    return Issued(tmp_path, "another")


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Issued:
    """An authority that this machine trusts."""
    authority = Issued(tmp_path, "authority")
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    return authority


@pytest.fixture
def signed(tmp_path: Path, authority: Issued) -> Issued:
    return Issued(tmp_path, "vouched-for", authority)


@pytest.fixture
def known_file(tmp_path: Path) -> Path:
    return tmp_path / "known_servers"


@pytest.fixture
def secured(server: RunningServer, port: int) -> Callable[[Issued], int]:
    """Restart the server with the given certificate; returns its port, which stays the same."""

    def restart_with(certificate: Issued) -> int:
        server.stop()
        server.tls = certificate.context
        server.start()
        return port

    return restart_with


def stored_fingerprint(file: Path) -> str:
    return file.read_text() if file.exists() else ""


def damage(file: Path) -> None:
    file.write_text("what is this\n")


async def test_the_first_certificate_is_stored_and_accepted_again(
    secured: Callable[[Issued], int], own: Issued, reaching: Remote, opened: Opened, known_file: Path
) -> None:
    in_port = secured(own)
    first = await opened(reaching(in_port, tls=True))
    assert (first.fingerprint, first.newly_pinned) == (own.fingerprint, True)
    assert stored_fingerprint(known_file) == f"127.0.0.1:{in_port} {own.fingerprint}\n"
    await sign_up_and_log_in(first)
    subscription = first.events()
    await next_event(subscription)
    assert stored_fingerprint(known_file) == f"127.0.0.1:{in_port} {own.fingerprint}\n"
    again = await opened(reaching(in_port, tls=True))
    assert (again.fingerprint, again.newly_pinned) == (own.fingerprint, False)


async def test_another_certificate_is_refused_with_both_fingerprints(
    secured: Callable[[Issued], int],
    own: Issued,
    another: Issued,
    reaching: Remote,
    opened: Opened,
    known_file: Path,
) -> None:
    in_port = secured(own)
    await (await opened(reaching(in_port, tls=True))).close()
    secured(another)
    before = stored_fingerprint(known_file)
    with pytest.raises(UnreachableError) as refused:
        await reaching(in_port, tls=True).open()
    for named in (own.fingerprint, another.fingerprint, str(known_file)):
        assert named in str(refused.value)
    assert stored_fingerprint(known_file) == before


async def test_a_secured_stream_can_be_closed_again(
    secured: Callable[[Issued], int], own: Issued, reaching: Remote, opened: Opened
) -> None:
    client = await opened(reaching(secured(own), tls=True))
    stream = await client._endpoint.open_events()
    for _ in range(3):
        await stream.close()


async def test_a_changed_certificate_ends_the_retries(
    secured: Callable[[Issued], int], own: Issued, another: Issued, reaching: Remote, opened: Opened
) -> None:
    client = await opened(reaching(secured(own), tls=True))
    await sign_up_and_log_in(client)
    subscription = client.events()
    await next_event(subscription)
    await asyncio.to_thread(secured, another)
    await wait_until(lambda: client.connection.reach is Reach.OFFLINE)
    assert another.fingerprint in client.connection.reason
    with pytest.raises(UnreachableError, match="another certificate"):
        await supply(client, 1)
    with pytest.raises(UnreachableError, match="another certificate"):
        await next_event(subscription)
    await asyncio.to_thread(secured, own)
    await client.open()
    await send(client, action="login", user_name="ada", user_pass="four unrelated words")
    assert await balance(client) == 0


async def test_a_reconnecting_client_accepts_no_other_certificate_if_its_line_was_removed(
    secured: Callable[[Issued], int],
    own: Issued,
    another: Issued,
    reaching: Remote,
    opened: Opened,
    known_file: Path,
) -> None:
    client = await opened(reaching(secured(own), tls=True))
    await sign_up_and_log_in(client)
    subscription = client.events()
    await next_event(subscription)
    await asyncio.to_thread(known_file.unlink)
    await asyncio.to_thread(secured, another)
    await wait_until(lambda: client.connection.reach is Reach.OFFLINE)
    assert own.fingerprint in client.connection.reason
    assert stored_fingerprint(known_file) == ""


async def test_a_server_once_seen_with_a_trusted_certificate_needs_one(
    secured: Callable[[Issued], int],
    signed: Issued,
    own: Issued,
    reaching: Remote,
    opened: Opened,
    known_file: Path,
) -> None:
    in_port = secured(signed)
    client = await opened(reaching(in_port, tls=True))
    await sign_up_and_log_in(client)
    subscription = client.events()
    await next_event(subscription)
    assert (client.fingerprint, client.newly_pinned) == (None, False)
    before = f"127.0.0.1:{in_port} authority\n"
    assert stored_fingerprint(known_file) == before
    await asyncio.to_thread(secured, own)
    await wait_until(lambda: client.connection.reach is Reach.OFFLINE)
    assert "without a trusted authority" in client.connection.reason
    with pytest.raises(UnreachableError, match=f"remove its line from {known_file}"):
        await reaching(in_port, tls=True).open()
    assert stored_fingerprint(known_file) == before
    await asyncio.to_thread(secured, signed)
    await opened(reaching(in_port, tls=True))


@pytest.mark.parametrize(
    ("flaw", "said"),
    [({"valid": EXPIRED}, "that has expired"), ({"address": "127.0.0.9"}, "that is for another address")],
    ids=["expired", "for another"],
)
async def test_an_invalid_certificate_of_an_authority_is_not_stored(
    secured: Callable[[Issued], int],
    authority: Issued,
    tmp_path: Path,
    reaching: Remote,
    known_file: Path,
    flaw: dict[str, Any],
    said: str,
) -> None:
    in_port = secured(Issued(tmp_path, "flawed", authority, **flaw))
    with pytest.raises(UnreachableError, match=said):
        await reaching(in_port, tls=True).open()
    assert stored_fingerprint(known_file) == ""


async def test_an_unknown_authority_is_not_trusted(
    secured: Callable[[Issued], int], tmp_path: Path, reaching: Remote, opened: Opened
) -> None:
    stranger = Issued(tmp_path, "signed", Issued(tmp_path, "authority"))
    client = await opened(reaching(secured(stranger), tls=True))
    assert (client.fingerprint, client.newly_pinned) == (stranger.fingerprint, True)


async def test_a_damaged_file_is_reported_before_anything_is_sent(
    secured: Callable[[Issued], int], own: Issued, reaching: Remote, known_file: Path
) -> None:
    damage(known_file)
    with pytest.raises(UnreachableError, match=f"Line 1 of {known_file}"):
        await reaching(secured(own), tls=True).open()
    assert stored_fingerprint(known_file) == "what is this\n"


async def test_a_plain_server_is_reported_as_such(port: int, over: str, reaching: Remote) -> None:
    with pytest.raises(UnreachableError, match=f"{'http' if over == 'http' else 'tcp'}://127"):
        await reaching(port, tls=True, connect_seconds=0.5).open()


async def test_a_tls_server_is_reported_as_such(
    secured: Callable[[Issued], int], own: Issued, over: str, reaching: Remote
) -> None:
    with pytest.raises(UnreachableError, match="https://" if over == "http" else "tls://"):
        await reaching(secured(own)).open()


async def test_events_go_on_with_each_account_that_becomes_active(
    secured: Callable[[Issued], int], own: Issued, reaching: Remote, opened: Opened
) -> None:
    client = await opened(reaching(secured(own), tls=True))
    await sign_up_and_log_in(client)
    events = client.events()
    for name in ("bob", "eve"):
        assert (await next_event(events))["event"] == "listening"
        await sign_up_and_log_in(client, name)
    assert (await next_event(events))["event"] == "listening"
    await supply(client, 7)
    assert (await next_event(events))["event"] == "credits_arrived"
