"""Which server it is that answers in TLS: vouched for, known by its first certificate, or refused."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from certificates import EXPIRED, Issued
from client_requests import ask, balance, hear, log_in, supply, until
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
    """One that this machine trusts."""
    authority = Issued(tmp_path, "authority")
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    return authority


@pytest.fixture
def vouched_for(tmp_path: Path, authority: Issued) -> Issued:
    return Issued(tmp_path, "vouched-for", authority)


@pytest.fixture
def known_file(tmp_path: Path) -> Path:
    return tmp_path / "known_servers"


@pytest.fixture
def secured(server: RunningServer) -> Iterator[Callable[[Issued], RunningServer]]:
    """The server, with that certificate from now on."""

    def secures(certificate: Issued) -> RunningServer:
        server.stop()
        server.tls = certificate.context
        server.start()
        return server

    return secures


def kept(file: Path) -> str:
    return file.read_text() if file.exists() else ""


def damaged(file: Path) -> None:
    file.write_text("what is this\n")


async def test_the_first_certificate_is_kept_and_known_again(
    secured: Callable[[Issued], RunningServer], own: Issued, remote: Remote, opened: Opened, known_file: Path
) -> None:
    in_port = secured(own).ports[0]
    first = await opened(remote(in_port, tls=True))
    assert (first.fingerprint, first.newly_pinned) == (own.fingerprint, True)
    assert kept(known_file) == f"127.0.0.1:{in_port} {own.fingerprint}\n"
    await log_in(first)
    told = first.events()
    await hear(told)
    assert kept(known_file) == f"127.0.0.1:{in_port} {own.fingerprint}\n"
    again = await opened(remote(in_port, tls=True))
    assert (again.fingerprint, again.newly_pinned) == (own.fingerprint, False)


async def test_another_certificate_is_refused_with_both_fingerprints(
    secured: Callable[[Issued], RunningServer],
    own: Issued,
    another: Issued,
    remote: Remote,
    opened: Opened,
    known_file: Path,
) -> None:
    in_port = secured(own).ports[0]
    await (await opened(remote(in_port, tls=True))).close()
    secured(another)
    before = kept(known_file)
    with pytest.raises(UnreachableError) as refused:
        await remote(in_port, tls=True).open()
    for named in (own.fingerprint, another.fingerprint, str(known_file)):
        assert named in str(refused.value)
    assert kept(known_file) == before


async def test_a_certificate_that_changes_meanwhile_ends_all_tries(
    secured: Callable[[Issued], RunningServer], own: Issued, another: Issued, remote: Remote, opened: Opened
) -> None:
    client = await opened(remote(secured(own).ports[0], tls=True))
    await log_in(client)
    told = client.events()
    await hear(told)
    await asyncio.to_thread(secured, another)
    await until(lambda: client.connection.reach is Reach.OFFLINE)
    assert another.fingerprint in client.connection.reason
    with pytest.raises(UnreachableError, match="another certificate"):
        await supply(client, 1)
    with pytest.raises(UnreachableError, match="another certificate"):
        await hear(told)
    await asyncio.to_thread(secured, own)
    await client.open()
    await ask(client, action="login", user_name="ada", user_pass="four unrelated words")
    assert await balance(client) == 0


async def test_who_is_connected_takes_no_other_certificate_where_its_line_is_gone(
    secured: Callable[[Issued], RunningServer],
    own: Issued,
    another: Issued,
    remote: Remote,
    opened: Opened,
    known_file: Path,
) -> None:
    client = await opened(remote(secured(own).ports[0], tls=True))
    await asyncio.to_thread(known_file.unlink)
    await asyncio.to_thread(secured, another)
    await until(lambda: client.connection.reach is Reach.OFFLINE)
    assert own.fingerprint in client.connection.reason
    assert kept(known_file) == ""


async def test_once_an_authority_has_vouched_nothing_less_is_taken(
    secured: Callable[[Issued], RunningServer],
    vouched_for: Issued,
    own: Issued,
    remote: Remote,
    opened: Opened,
    known_file: Path,
) -> None:
    in_port = secured(vouched_for).ports[0]
    client = await opened(remote(in_port, tls=True))
    await log_in(client)
    await hear(client.events())
    assert (client.fingerprint, client.newly_pinned) == (None, False)
    before = f"127.0.0.1:{in_port} authority\n"
    assert kept(known_file) == before
    await asyncio.to_thread(secured, own)
    await until(lambda: client.connection.reach is Reach.OFFLINE)
    assert "no authority vouches for" in client.connection.reason
    with pytest.raises(UnreachableError, match=f"remove its line from {known_file}"):
        await remote(in_port, tls=True).open()
    assert kept(known_file) == before
    await asyncio.to_thread(secured, vouched_for)
    await opened(remote(in_port, tls=True))


@pytest.mark.parametrize(
    ("flaw", "said"),
    [({"valid": EXPIRED}, "that has expired"), ({"address": "127.0.0.9"}, "that is for another address")],
    ids=["expired", "for another"],
)
async def test_what_an_authority_would_not_vouch_for_is_never_kept(
    secured: Callable[[Issued], RunningServer],
    authority: Issued,
    tmp_path: Path,
    remote: Remote,
    known_file: Path,
    flaw: dict[str, Any],
    said: str,
) -> None:
    in_port = secured(Issued(tmp_path, "flawed", authority, **flaw)).ports[0]
    with pytest.raises(UnreachableError, match=said):
        await remote(in_port, tls=True).open()
    assert kept(known_file) == ""


async def test_an_authority_that_is_not_known_here_is_nobody(
    secured: Callable[[Issued], RunningServer], tmp_path: Path, remote: Remote, opened: Opened
) -> None:
    stranger = Issued(tmp_path, "signed", Issued(tmp_path, "authority"))
    client = await opened(remote(secured(stranger).ports[0], tls=True))
    assert (client.fingerprint, client.newly_pinned) == (stranger.fingerprint, True)


async def test_a_damaged_file_is_named_before_anything_is_said(
    secured: Callable[[Issued], RunningServer], own: Issued, remote: Remote, known_file: Path
) -> None:
    damaged(known_file)
    with pytest.raises(UnreachableError, match=f"Line 1 of {known_file}"):
        await remote(secured(own).ports[0], tls=True).open()
    assert kept(known_file) == "what is this\n"


async def test_a_server_in_the_clear_is_said_to_speak_no_tls(server: RunningServer, remote: Remote) -> None:
    with pytest.raises(UnreachableError, match=r"tcp://127\.0\.0\.1"):
        await remote(server.ports[0], tls=True, connect_seconds=0.5).open()


async def test_a_server_in_tls_is_said_to_speak_it(
    secured: Callable[[Issued], RunningServer], own: Issued, remote: Remote
) -> None:
    with pytest.raises(UnreachableError, match="tls://"):
        await remote(secured(own).ports[0]).open()
