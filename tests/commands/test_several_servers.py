"""Commands with several servers of the same wallets: one session, and the next server when one fails."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from certificates import Issued
from forked_process import ForkedProcess
from invoked import ADA, PASSWORD, Wallet, new_wallet
from running_server import RunningServer, database_url_in, violations_in

from ewallet_core.data_folder import SESSIONS_FILE
from ewallet_core.engine.wall_clock import system_clock

SUPPLY = {"action": "supply", "supply": "credits", "currency": "EUR", "cost": "1", "credits": 1}


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[tuple[RunningServer, RunningServer]]:
    folder = tmp_path / "served"
    folder.mkdir()
    url = database_url_in(folder)
    started = RunningServer(url, system_clock), RunningServer(url, system_clock)
    for server in started:
        server.start()
    yield started
    for server in started:
        server.stop()
    assert violations_in(url) == []


@pytest.fixture(params=["sockets", "http"])
def places(servers: tuple[RunningServer, RunningServer], request: pytest.FixtureRequest) -> tuple[str, str]:
    """The addresses of both, for sockets or HTTP."""
    one, two = (
        f"http://127.0.0.1:{server.http_port}" if request.param == "http" else f"127.0.0.1:{server.ports[0]}"
        for server in servers
    )
    return one, two


@pytest.fixture
def wallet(tmp_path: Path, places: tuple[str, str]) -> Wallet:
    return new_wallet(tmp_path / "wallet", ",".join(places))


def places_in(wallet: Wallet) -> list[str]:
    """The places that have a session."""
    return list(json.loads((wallet.folder / SESSIONS_FILE).read_text()))


def test_one_session_is_used_at_all_servers_however_they_are_named(
    wallet: Wallet, places: tuple[str, str]
) -> None:
    one, two = places
    for server in (f"{one},{two}", f"{two}, {one}", one, two):
        assert wallet.done("whoami", "--server", server).startswith(f"ada <{ADA}> at ")
    assert places_in(wallet) == [f"{one},{two}"]
    wallet.done("login", "ada", "--server", two)
    assert places_in(wallet) == [two]
    wallet.done("whoami")
    wallet.done("logout", "--server", f"{one},{two}")
    assert places_in(wallet) == []
    assert f"`ewallet login NAME --server {one},{two}`" in wallet.refused("whoami", code=4)


def test_a_login_takes_the_place_of_the_sessions_of_all_its_servers(
    wallet: Wallet, places: tuple[str, str]
) -> None:
    one, two = places
    wallet.done("logout")
    for server in (one, two):
        wallet.done("login", "ada", "--server", server)
    assert places_in(wallet) == [one, two]
    wallet.done("login", "ada")
    assert places_in(wallet) == [f"{one},{two}"]


def test_commands_go_on_at_the_next_server_and_say_nothing_about_it(
    wallet: Wallet, servers: tuple[RunningServer, RunningServer]
) -> None:
    wallet.done("supply", 5, "--cost", 1, "--currency", "EUR")
    shown = wallet.done("balance")
    for stopped in servers:
        stopped.stop()
        result = wallet.run("balance")
        assert (result.exit_code, result.stdout, result.stderr) == (0, shown, "")
        stopped.start()


def test_if_no_server_answers_all_are_named(
    wallet: Wallet, servers: tuple[RunningServer, RunningServer], places: tuple[str, str]
) -> None:
    for server in servers:
        server.stop()
    told = wallet.refused("balance", code=3)
    assert told.startswith("None of these servers can be used.\n")
    for place in places:
        assert f"\nNothing is listening on {place.removeprefix('http://')}." in told
    told = wallet.refused("balance", "--server", f"{places[0]},", code=2)
    assert "That is not a server's address." in told


def test_a_command_at_work_goes_on_at_the_next_server(
    wallet: Wallet, servers: tuple[RunningServer, RunningServer]
) -> None:
    pipe = subprocess.PIPE
    with ForkedProcess(["send"], env=wallet.environment, stdin=pipe, stdout=pipe, stderr=pipe) as sending:
        assert sending.stdin is not None
        assert sending.stdout is not None
        assert sending.stderr is not None
        totals = []
        for stopped in (None, servers[0], servers[1]):
            if stopped is not None:
                stopped.stop()
            sending.stdin.write(json.dumps(SUPPLY) + "\n")
            totals.append(json.loads(sending.stdout.readline())["total_credits"])
            if stopped is not None:
                stopped.start()
        sending.stdin.close()
        assert (totals, sending.wait(), sending.stderr.read()) == ([1, 2, 3], 0, "")


def test_watch_goes_on_at_the_next_server_and_prints_each_event_once(
    wallet: Wallet, servers: tuple[RunningServer, RunningServer]
) -> None:
    with ForkedProcess(["watch"], env=wallet.environment, stdout=subprocess.PIPE) as watching:
        try:
            assert watching.stdout is not None
            assert json.loads(watching.stdout.readline())["event"] == "listening"
            for credits, stopped in enumerate((None, *servers), start=1):
                if stopped is not None:
                    stopped.stop()
                wallet.done("supply", credits, "--cost", 1, "--currency", "EUR")
                assert json.loads(watching.stdout.readline())["data"]["credits"] == credits
                if stopped is not None:
                    stopped.start()
        finally:
            watching.terminate()


def test_the_fingerprint_of_each_server_is_told_once(
    servers: tuple[RunningServer, RunningServer], tmp_path: Path
) -> None:
    certificates = [Issued(tmp_path, name) for name in ("one", "two")]
    for server, certificate in zip(servers, certificates, strict=True):
        server.stop()
        server.tls = certificate.context
        server.start()
    places = [f"tls://127.0.0.1:{server.ports[0]}" for server in servers]
    folder = tmp_path / "wallet"
    folder.mkdir()
    wallet = Wallet(folder, ",".join(places))
    wallet.password_file.write_text(f"{PASSWORD}\n" * 3)
    told = wallet.run("register", "ada", "--email", ADA).stderr
    assert certificates[0].fingerprint in told
    assert certificates[1].fingerprint not in told
    servers[0].stop()
    told = wallet.run("whoami").stderr
    assert told == (
        f"{places[1].removeprefix('tls://')} is new here. Its certificate is trusted from now on: "
        f"{certificates[1].fingerprint}\n"
    )
    assert wallet.run("whoami").stderr == ""
