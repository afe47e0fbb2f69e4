"""`ewallet serve`: prints its ports, answers, stops without losing answers, and explains errors."""

from __future__ import annotations

import re
import resource
import signal
import socket
import sqlite3
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from serve_process import TIMEOUT_SECONDS, ServeProcess, served, served_by_installed_command, wire_to

from ewallet_core.commands.serve import _open_engine
from ewallet_core.data_folder import DATABASE_FILE
from ewallet_core.security.tokens import fingerprint_of
from ewallet_core.server.certificates import ensure_self_signed
from ewallet_core.server.settings import Settings, Storage
from ewallet_core.types import Durability
from ewallet_tui.__main__ import main

ANY_PORTS = ("--in-port", 0, "--out-port", 0)
VIEW_SOCKETS = {"action": "view", "view": "sockets"}
ADA = {"user_name": "ada", "user_email": "ada@example.org", "user_pass": "four unrelated words here"}
LOGIN = {"action": "login", "user_name": "ada", "user_pass": "four unrelated words here"}
SUPPLY = {"action": "supply", "supply": "credits", "currency": "EUR", "cost": "1"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServeProcess]:
    """A server that is shared by several tests."""
    folder = tmp_path_factory.mktemp("served")
    with served_by_installed_command(folder, *ANY_PORTS, "--self-signed") as running:
        yield running


def over_tls(server: ServeProcess, port: int) -> ssl.SSLSocket:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connected = socket.create_connection(("127.0.0.1", server.ports[port]), TIMEOUT_SECONDS)
    return context.wrap_socket(connected)


@pytest.mark.parametrize("port", [0, 1], ids=["instructions", "events"])
def test_the_printed_fingerprint_is_that_of_the_certificate(server, port):
    with over_tls(server, port) as shown:
        certificate = shown.getpeercert(binary_form=True)
        assert shown.version() == "TLSv1.3"
    assert server.line.endswith(f"with TLS and the certificate {fingerprint_of(certificate)}.\n")


def test_a_port_in_use_is_explained_in_two_sentences(server, tmp_path):
    done = run_command(tmp_path, "--in-port", server.ports[0])
    assert (done.exit_code, done.stdout) == (1, "")
    assert f"can't listen on port {server.ports[0]} of 127.0.0.1" in done.stderr


def test_requests_in_flight_are_answered_and_stored_when_it_is_stopped(tmp_path):
    with served(tmp_path, *ANY_PORTS, "--self-supply") as first, wire_to(first) as wire:
        assert wire.request(**VIEW_SOCKETS) == {
            "failed": False,
            "in_port": first.ports[0],
            "out_port": first.ports[1],
        }
        wire.open_session()
        wire.request(action="new", new="account", **ADA)
        wire.request(**LOGIN)
        for number in range(60):
            wire.send(**SUPPLY, credits=1, request_id=f"request {number:03}")
        supplied = [wire.next_line()]
        first.is_told(signal.SIGTERM)
        first.is_told(signal.SIGINT)
        while line := wire.next_line():
            supplied.append(line)
        wire.close()
        assert first.ends() == (0, "", "")
        assert supplied.pop()["code"] == "server_stopping"
        assert [answer["total_credits"] for answer in supplied] == [*range(1, len(supplied) + 1)]
        credentials = wire.credentials
    ports = ("--in-port", first.ports[0], "--out-port", first.ports[1])
    with served(tmp_path, *ports) as second, wire_to(second) as wire:
        assert second.line == first.line
        wire.credentials = credentials
        kept = wire.request(action="view", view="credit", credit="wallet")
        assert kept["ewallet_data"]["credits"] == len(supplied)
        wire.close()
        second.is_told(signal.SIGINT)
        assert second.ends() == (0, "", "")


@contextmanager
def few_descriptors() -> Iterator[None]:
    """Processes started within have a low limit of open files, unless they raise it."""
    usual, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (usual, most))


def test_the_limit_of_open_files_is_raised(tmp_path):
    with ExitStack() as opened:
        with few_descriptors():
            running = opened.enter_context(served_by_installed_command(tmp_path, *ANY_PORTS))
        for _ in range(100):
            silent = socket.create_connection(("127.0.0.1", running.ports[0]), TIMEOUT_SECONDS)
            opened.enter_context(silent)
        wire = opened.enter_context(wire_to(running))
        assert wire.request(**VIEW_SOCKETS)["in_port"] == running.ports[0]


def run_command(folder: Path, *options: object) -> Result:
    """The result of a command that can't serve."""
    return CliRunner().invoke(main, ["--data-dir", str(folder), "serve", *map(str, options)])


@pytest.fixture
def used_port() -> Iterator[int]:
    """A port that is in use."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with two certificates, and with settings that name no certificate."""
    for name in ("one", "other"):
        made, _ = ensure_self_signed(tmp_path / "made" / name, "localhost", datetime.now(UTC))
        made.rename(tmp_path / f"{name}.pem")
    with closing(sqlite3.connect(tmp_path / "others.db")) as another:
        another.execute("CREATE TABLE tunes (name TEXT)")
    (tmp_path / "others.db").chmod(0o600)
    (tmp_path / "unknown.toml").write_text("inport = 8080\n")
    return tmp_path


CERTIFICATE = ("--tls-cert", "one.pem")


@pytest.mark.parametrize(
    ("options", "exit_code", "message"),
    [
        (["--host", "0.0.0.0"], 2, "Listening on 0.0.0.0 without TLS would let others read"),
        (["--host", "example.org", "--no-insecure"], 2, "Listening on example.org without TLS"),
        (CERTIFICATE, 2, "A certificate and its private key go together."),
        (["--tls-key", "one.pem"], 2, "A certificate and its private key go together."),
        ([*CERTIFICATE, "--tls-key", "one.pem", "--self-signed"], 2, "Choose one of them."),
        ([*CERTIFICATE, "--tls-key", "other.pem"], 1, "does not belong to the certificate one.pem"),
        ([*CERTIFICATE, "--tls-key", "gone.pem"], 1, "The private key gone.pem can't be read: no such file"),
        (["--tls-cert", "gone.pem", "--tls-key", "one.pem"], 1, "The certificate gone.pem can't be read"),
        (["--in-port", 9_000, "--out-port", 9_000], 2, "Instructions and events have a port each."),
        (["--host", "256.256.256.256", "--insecure"], 1, "can't listen on port"),
        (["--host", "a..b", "--insecure"], 2, '`host` can\'t be "a..b". It must be a name or an address'),
        (["--database", "sqlite:///others.db"], 1, "it holds the tables of something else."),
        (["--host", ""], 2, '`host` can\'t be "". It must be a name or an address of this machine'),
        (["--database", "mysql://localhost/wallets"], 1, "wallets in SQLite or PostgreSQL, not in mysql"),
        (["--database", "nonsense"], 1, "The database can't be opened: its URL can't be read."),
        (["--database", "sqlite:////proc/nowhere/wallet"], 1, "The database can't be opened"),
        (["--config", "gone.toml"], 2, "The settings gone.toml can't be read: no such file or directory."),
        (["--config", "unknown.toml"], 2, "unknown.toml: There is no setting `inport`."),
    ],
    ids=lambda value: " ".join(map(str, value)) if isinstance(value, list | tuple) else "",
)
def test_invalid_options_are_explained(files, used_port, monkeypatch, options, exit_code, message):
    monkeypatch.chdir(files)
    done = run_command(files / "data", "--in-port", used_port, *options)
    assert (done.exit_code, done.stdout) == (exit_code, "")
    assert message in done.stderr
    assert re.fullmatch(r"[^\n]+\. [^\n]+\.\n", done.stderr)


@pytest.mark.parametrize("port", ["8_080", " 8080", "+8080", "-0", "1e3", "\u0668\u0660", "8080.0", "0x50"])
@pytest.mark.parametrize("option", ["--in-port", "--out-port"])
def test_a_port_is_written_in_digits_alone(tmp_path, option, port):
    done = run_command(tmp_path, option, port)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "is not a whole number. Write it in digits alone" in done.stderr


def test_a_folder_that_can_not_be_created_is_explained():
    done = run_command(Path("/proc/nowhere"))
    assert (done.exit_code, done.stderr.startswith("The data folder can't be used: ")) == (1, True)


def test_signal_handlers_are_restored_after_an_error(tmp_path, used_port):
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    assert run_command(tmp_path, "--in-port", used_port).exit_code == 1
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before


def may_stop_in_the_past(running: ServeProcess) -> bool:
    with wire_to(running) as wire:
        wire.open_session()
        wire.request(action="new", new="account", **ADA)
        wire.request(**LOGIN)
        clock = wire.request(action="view", view="credit", credit="clock")["clock_data"]
        allowed: bool = clock["may_stop_in_the_past"]
        return allowed


def longest_lifetime(running: ServeProcess) -> int:
    with wire_to(running) as wire:
        wire.open_session()
        refused = wire.request(action="request", request="session_token", lifetime=30 * 24 * 60)
        longest: int = refused["details"]["longest"]
        return longest


def test_options_override_the_file_and_the_supervisor_is_notified(tmp_path, used_port):
    settings = tmp_path / "ewallet.toml"
    settings.write_text(
        f"in_port = {used_port}\nout_port = 0\nself_signed = true\ndatabase = 'sqlite:///here'\n"
        "[rules]\nstop_in_the_past = true\nlongest_session_days = 1\n"
    )
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
        supervisor.bind(str(tmp_path / "notify"))
        supervisor.settimeout(TIMEOUT_SECONDS)
        options = ("--config", settings, "--in-port", 0, "--no-self-signed")
        with served(tmp_path / "data", *options, NOTIFY_SOCKET=str(tmp_path / "notify")) as running:
            assert running.line.endswith(", in the clear.\n")
            assert supervisor.recv(64) == b"READY=1"
            assert may_stop_in_the_past(running)
            assert longest_lifetime(running) == 24 * 60
            running.is_told(signal.SIGTERM)
            assert supervisor.recv(64) == b"STOPPING=1"
            assert running.ends() == (0, "", "")
    assert (tmp_path / "here").exists()
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("chosen", Durability)
def test_the_engine_has_the_durability_of_the_settings(tmp_path, chosen):
    settings = Settings(database=f"sqlite:///{tmp_path / 'here'}", storage=Storage(durability=chosen))
    with _open_engine(settings, tmp_path) as engine:
        (synchronous,) = engine._database._writer._connection.execute("PRAGMA synchronous").fetchone()
    assert synchronous == {Durability.NORMAL: 1, Durability.FULL: 2}[chosen]


def test_a_damaged_value_is_logged_and_not_answered(tmp_path):
    with served(tmp_path, *ANY_PORTS) as running, wire_to(running) as wire:
        wire.credentials["client_id"] = wire.request(action="request", request="client_id")["client_id"]
        with closing(sqlite3.connect(tmp_path / DATABASE_FILE)) as by_hand, by_hand:
            by_hand.execute("UPDATE client_ids SET expires_at = 'never'")
        assert wire.request(action="request", request="session_token")["code"] == "storage_damaged"
        wire.close()
        running.is_told(signal.SIGTERM)
        exit_code, message, logged = running.ends()
    assert (exit_code, message) == (0, "")
    assert " ERROR ewallet_core: client action request session_token: The database is damaged" in logged
    assert "Traceback" not in logged
