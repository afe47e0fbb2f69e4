"""The public clients, and their documentation page."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import pytest
from client_requests import BALANCE, PASSWORD, SUPPLY
from running_server import RunningServer

from ewallet_core.client import AsyncEWalletClient, EWalletClient, Reach, UnreachableError

PAGE = Path(__file__).parents[2] / "docs" / "clients.md"
SYNCHRONOUS, ASYNCHRONOUS = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
ADA = {"user_name": "ada", "user_pass": PASSWORD}


@pytest.fixture(params=["embedded", "sockets", "http"])
def server_address(
    request: pytest.FixtureRequest, server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> str | None:
    """The server argument of a program: None for the engine in the user's folder, or an address."""
    file = Path(server.database_url.removeprefix("sqlite:///"))
    monkeypatch.setenv("EWALLET_DATA_DIR", str(file.parent))
    if request.param == "http":
        return f"http://127.0.0.1:{server.http_port}"
    return None if request.param == "embedded" else f"127.0.0.1:{server.ports[0]}"


@pytest.fixture
def wallet(server_address: str | None) -> Iterator[EWalletClient]:
    with EWalletClient(server_address) as wallet:
        wallet.send(action="new", new="account", user_email="ada@example.org", **ADA)
        wallet.send(action="login", **ADA)
        yield wallet


def test_the_example_of_the_docs_runs(server_address: str | None) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", SYNCHRONOUS, *filter(None, [server_address])],
        capture_output=True,
        text=True,
        check=False,
        env=dict(os.environ),
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == ["0", "{'event': 'listening', 'sequence': 0}"]


def test_the_example_has_ten_lines() -> None:
    assert len([line for line in SYNCHRONOUS.splitlines() if line]) <= 10


async def test_the_asynchronous_example_prints_events(
    server_address: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    known: dict[str, object] = {}
    exec(compile(ASYNCHRONOUS, PAGE, "exec"), known)
    async with AsyncEWalletClient(server_address) as other:
        await other.send(action="new", new="account", user_email="ada@example.org", **ADA)
        await other.send(action="login", **ADA)
        following = asyncio.create_task(known["follow"](server_address))  # type: ignore[operator]
        printed = ""
        async with asyncio.timeout(10):
            while "listening 0" not in printed:
                await asyncio.sleep(0.01)
                printed += capsys.readouterr().out
        following.cancel()
        await asyncio.wait([following])


def test_a_program_can_wait_for_each_answer(wallet: EWalletClient, server_address: str | None) -> None:
    assert wallet.place == (server_address or "embedded").removeprefix("http://")
    assert wallet.connection.reach is Reach.CONNECTED
    assert (wallet.unanswered, wallet.fingerprint, wallet.newly_pinned) == (0, None, False)
    events = wallet.events(timeout=2)
    assert next(events)["event"] == "listening"
    wallet.send(**SUPPLY, credits=7)
    assert next(events)["data"]["credits"] == 7
    enveloped = {"controller": "client", "ctype": "action", **BALANCE}
    assert wallet.send(command_chain=enveloped)["ewallet_data"]["credits"] == 7


def test_events_end_after_the_timeout(wallet: EWalletClient) -> None:
    assert [event["event"] for event in wallet.events(timeout=0.1)] == ["listening"]


def test_threads_can_share_a_client(wallet: EWalletClient) -> None:
    totals: list[int] = []
    threads = [
        threading.Thread(target=lambda: totals.append(wallet.send(**SUPPLY, credits=1)["total_credits"]))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(totals) == list(range(1, 9))


def test_requests_of_other_threads_end_when_the_client_is_closed(wallet: EWalletClient) -> None:
    ended: list[Exception] = []

    def send_repeatedly() -> None:
        try:
            while True:
                wallet.send(action="view", view="sockets")
        except UnreachableError as reason:
            ended.append(reason)

    def in_threads(work: Callable[[], None], times: int) -> list[threading.Thread]:
        threads = [threading.Thread(target=work, daemon=True) for _ in range(times)]
        for thread in threads:
            thread.start()
        return threads

    asking = in_threads(send_repeatedly, 4)
    wallet.send(**BALANCE)
    for thread in [*in_threads(wallet.close, 3), *asking]:
        thread.join(20)
        assert not thread.is_alive()
    assert len(ended) == 4
    assert "ewallet-client" not in {thread.name for thread in threading.enumerate()}


def test_a_client_can_be_closed_and_opened_again(wallet: EWalletClient) -> None:
    wallet.close()
    assert list(wallet.events()) == []
    wallet.open()
    wallet.open()
    wallet.send(action="login", **ADA)
    events = wallet.events(timeout=20)
    wallet.send(**SUPPLY, credits=7)
    assert [event["sequence"] for event in islice(events, 2)] == [0, 1]
    assert [event["sequence"] for event in wallet.events(timeout=0.2, since=0)] == [0, 1]


def test_a_forked_process_can_not_use_the_client(wallet: EWalletClient) -> None:
    child = os.fork()
    if child == 0:
        try:
            wallet.send(**BALANCE)
        except UnreachableError:
            os._exit(7)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7


def test_a_closed_client_leaks_nothing(wallet: EWalletClient) -> None:
    events = wallet.events()
    next(events)
    wallet.close()
    wallet.close()
    assert list(events) == []
    assert "ewallet-client" not in {thread.name for thread in threading.enumerate()}
    with pytest.raises(UnreachableError):
        wallet.send(**BALANCE)


def test_a_missing_server_is_explained_at_once(server: RunningServer, tmp_path: Path) -> None:
    server.stop()
    with (
        pytest.raises(UnreachableError, match="Nothing is listening"),
        EWalletClient(f"127.0.0.1:{server.ports[0]}", known_servers=tmp_path / "known"),
    ):
        pass
    assert "ewallet-client" not in {thread.name for thread in threading.enumerate()}


def test_an_invalid_address_is_explained() -> None:
    with pytest.raises(ValueError, match="host:port"):
        EWalletClient("not a place")
