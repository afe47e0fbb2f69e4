"""What all commands share: sessions, places, passwords, exit codes, and unknown outcomes."""

from __future__ import annotations

import errno
import json
import os
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import forked_process
import pytest
from commit_groups import FailsAtCommit, writer_of
from faulty_proxy import Fault, FaultyProxy
from invoked import ADA, BOB, PASSWORD, Wallet, new_wallet
from running_server import RunningServer, database_url_in
from serve_process import EWALLET
from terminal import Terminal

from ewallet_core import EWalletSessionManager, commands
from ewallet_core.client.client import LoopThread
from ewallet_core.commands import embedded, remote
from ewallet_core.commands.output import harmless
from ewallet_core.commands.parameters import LONGEST_ID
from ewallet_core.commands.problems import ExitCode
from ewallet_core.data_folder import DATABASE_FILE, SESSIONS_FILE
from ewallet_core.engine.wall_clock import system_clock
from ewallet_core.protocol.address import THIS_MACHINE

PAY = ("pay", BOB, 10)


@pytest.fixture
def wallet(tmp_path: Path) -> Wallet:
    return new_wallet(tmp_path / "wallet")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    folder = tmp_path / "server"
    folder.mkdir()
    served = RunningServer(database_url_in(folder), system_clock)
    served.start()
    yield served
    served.stop()


@pytest.fixture
def proxy(server: RunningServer) -> Iterator[FaultyProxy]:
    loop, proxy = LoopThread(), FaultyProxy(server.ports[0])
    loop.run(proxy.__aenter__())
    yield proxy
    loop.run(proxy.__aexit__())
    loop.stop()


def sessions_in(wallet: Wallet) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = json.loads((wallet.folder / SESSIONS_FILE).read_text())
    return found


# Sessions


def test_the_sessions_are_in_a_file_for_their_owner_only(wallet: Wallet) -> None:
    file = wallet.folder / SESSIONS_FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.chmod(0o644)
    wallet.done("whoami")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert PASSWORD not in file.read_text()


def test_a_damaged_file_of_sessions_is_told(wallet: Wallet) -> None:
    (wallet.folder / SESSIONS_FILE).write_text('{"this computer": 5}')
    assert "is damaged. Remove it, and log in again." in wallet.refused("whoami", code=4)


def make_folder(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize("make", [os.mkfifo, make_folder])
def test_sessions_that_are_in_no_regular_file_are_told(wallet: Wallet, make: Callable[[Path], None]) -> None:
    file = wallet.folder / SESSIONS_FILE
    file.unlink()
    make(file)
    # A command that waits for a writer of the pipe must not hang the tests.
    done = forked_process.run(["whoami"], env=wallet.environment, timeout=120)
    assert (done.returncode, done.stdout) == (ExitCode.NOT_LOGGED_IN, "")
    assert done.stderr == f"{file}, for your sessions, is not a regular file. Remove it, and log in again.\n"


def test_a_file_of_sessions_of_another_user_is_told(wallet: Wallet, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    (wallet.folder / SESSIONS_FILE).chmod(0o644)
    monkeypatch.setattr(os, "fchmod", refuse)
    assert "is another user's. Remove it, and log in again." in wallet.refused("whoami", code=4)


def test_a_login_takes_the_place_of_the_session_before(wallet: Wallet) -> None:
    before = sessions_in(wallet)[THIS_MACHINE]
    wallet.done("login", "ada")
    after = sessions_in(wallet)[THIS_MACHINE]
    request = {"action": "view", "view": "account"}
    old, new = (
        wallet.run(
            "send",
            json.dumps({**request, "client_id": one["client_id"], "session_token": one["session_token"]}),
        )
        for one in (before, after)
    )
    assert json.loads(old.stdout)["code"] == "not_logged_in"
    assert json.loads(new.stdout)["account"] == ADA


def test_a_session_that_has_ended_is_forgotten(wallet: Wallet) -> None:
    lost = {THIS_MACHINE: {**sessions_in(wallet)[THIS_MACHINE], "session_token": "x" * 43}}
    (wallet.folder / SESSIONS_FILE).write_text(json.dumps(lost))
    assert wallet.refused("balance", code=4).startswith("Your session has ended. Run `ewallet login NAME`")
    assert sessions_in(wallet) == {}


def test_a_login_on_this_computer_removes_sessions_that_have_expired(wallet: Wallet) -> None:
    with closing(sqlite3.connect(wallet.folder / DATABASE_FILE)) as database, database:
        database.execute("UPDATE sessions SET expires_at = 1000")
    wallet.done("login", "ada")
    with closing(sqlite3.connect(wallet.folder / DATABASE_FILE)) as database:
        assert database.execute("SELECT count(*) FROM sessions").fetchone() == (1,)


def test_a_session_can_last_for_days(wallet: Wallet) -> None:
    wallet.done("login", "ada", "--for", "7d")
    (session,) = wallet.answer("do", "view", "sessions")["sessions"]
    assert session["lifetime"] == 7 * 24 * 60


def test_no_backup_has_the_sessions(wallet: Wallet, tmp_path: Path) -> None:
    saved = wallet.done("backup", tmp_path / "saved.backup")
    assert SESSIONS_FILE not in saved
    assert (
        sessions_in(wallet)[THIS_MACHINE]["session_token"].encode()
        not in (tmp_path / "saved.backup").read_bytes()
    )


# Places


def test_each_place_has_its_own_session(wallet: Wallet, server: RunningServer) -> None:
    place = f"127.0.0.1:{server.ports[0]}"
    elsewhere = Wallet(wallet.folder, place)
    assert elsewhere.refused("whoami", code=4) == (
        f"You are not logged in at {place}. Run `ewallet login NAME --server {place}`; "
        "you are logged in with --embedded.\n"
    )
    elsewhere.done("register", "ada", "--email", BOB)
    assert elsewhere.done("whoami") == wallet.done("whoami", "--server", place) == f"ada <{BOB}> at {place}\n"
    assert elsewhere.done("whoami", "--embedded") == f"ada <{ADA}> on this computer\n"
    assert wallet.done("--server", place, "whoami") == f"ada <{BOB}> at {place}\n"
    elsewhere.done("logout")
    assert wallet.done("whoami") == f"ada <{ADA}> on this computer\n"


def test_a_server_that_does_not_answer_exits_with_3(wallet: Wallet) -> None:
    said = wallet.refused("login", "ada", "--server", "127.0.0.1:9", code=3)
    assert said == (
        "Nothing is listening on 127.0.0.1:9. Check the host, the port, and that the server runs.\n"
    )


def test_a_wallet_that_cannot_be_opened_exits_with_3(wallet: Wallet) -> None:
    (wallet.folder / "wallet.sqlite3").write_bytes(b"no database" * 1000)
    assert "damaged" in wallet.refused("balance", code=3)


# Passwords


def test_a_password_is_read_from_stdin_or_a_file_or_a_terminal(wallet: Wallet) -> None:
    wallet.done("login", "ada", "--password-stdin", stdin=f"{PASSWORD}\n")
    assert "is wrong" in wallet.run("login", "ada", "--password-stdin", stdin="another one\n").stderr
    # The session before stays.
    wallet.done("whoami")
    wallet.password_file.write_text("")
    assert "there is no more line to read" in wallet.refused("login", "ada", code=2)
    wallet.password_file.write_bytes(b"\xff\n")
    assert "The password is not text in UTF-8." in wallet.refused("login", "ada", code=2)
    wallet.password_file.unlink()
    assert "password.txt" in wallet.refused("login", "ada")
    bare = {"EWALLET_DATA_DIR": str(wallet.folder)}
    said = forked_process.run(["login", "ada"], env=bare)
    assert said.returncode == 2
    assert "There is no terminal to ask for the password." in said.stderr


def test_a_password_for_one_login_is_replaced_by_the_one_on_the_next_line(wallet: Wallet) -> None:
    wallet.done("register", "olga", "--email", BOB)
    wallet.done("grant", "operator", BOB)
    once = wallet.answer("do", "system", "action", "reset", "password", "--account", ADA)["user_pass"]
    result = wallet.run("login", "ada", "--password-stdin", stdin=f"{once}\n")
    assert (result.exit_code, "This password was for one login." in result.stderr) == (2, True)
    wallet.done("login", "ada", "--password-stdin", stdin=f"{once}\n{PASSWORD} 2\n")
    wallet.done("login", "ada", "--password-stdin", stdin=f"{PASSWORD} 2\n")


# Changes whose outcome is not known


@pytest.fixture
def payer(tmp_path: Path, proxy: FaultyProxy) -> Wallet:
    """Ada's account with 100 credits at the server behind the proxy, where Bob has an account."""
    wallet = new_wallet(tmp_path / "payer", f"127.0.0.1:{proxy.port}")
    wallet.done("register", "bob", "--email", BOB)
    wallet.done("login", "ada")
    wallet.done("supply", 100, "--cost", 0, "--currency", "EUR")
    return wallet


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Commands that wait for an answer only for a short time, until this is undone."""
    monkeypatch.setattr(remote, "PATIENCE_SECONDS", 1.5)
    return monkeypatch


def swallows(words: bytes) -> Callable[[bytes], Fault | None]:
    return lambda line: Fault.SWALLOW if words in line else None


def test_the_request_id_of_an_unanswered_change_is_told(
    payer: Wallet, proxy: FaultyProxy, impatient: pytest.MonkeyPatch
) -> None:
    proxy.from_server = swallows(b'"paid"')
    said = payer.refused(*PAY, code=3)
    assert "It is not known whether this was done." in said
    request_id = said.split("--request-id ")[1].split(":")[0]
    proxy.from_server = lambda line: None
    impatient.undo()
    assert payer.done(*PAY, "--request-id", request_id) == "Paid bob 10 credits. 90 left.\n"


def test_each_change_of_a_command_has_its_own_request_id_of_which_the_user_needs_only_one(
    payer: Wallet, proxy: FaultyProxy, impatient: pytest.MonkeyPatch
) -> None:
    proxy.to_server = swallows(b'"switch"')
    new = ("wallets", "new", "Trip", "--switch")
    request_id = payer.refused(*new, code=3).split("--request-id ")[1].split(":")[0]
    proxy.to_server = lambda line: None
    impatient.undo()
    assert payer.done(*new, "--request-id", request_id) == "The wallet Trip was created and is active now.\n"
    wallets = payer.answer("wallets", "--json")["ewallets"]
    assert [(wallet["reference"], wallet["active"]) for wallet in wallets][1:] == [("Trip", True)]


def test_a_request_id_leaves_room_for_the_numbers_of_further_changes(wallet: Wallet) -> None:
    wallet.done("wallets", "new", "Trip", "--switch", "--request-id", "i" * LONGEST_ID)
    assert "Usage: " in wallet.refused("logout", "--request-id", "i" * (LONGEST_ID + 1), code=2)


def open_with_failing_commits(*arguments: Any, **named: Any) -> EWalletSessionManager:
    """An engine in which each commit happens, and is reported as failed."""
    engine = EWalletSessionManager(*arguments, **named)
    writer = writer_of(engine._database)
    writer._connection = FailsAtCommit(
        writer._connection, after_it_happened=True, error="SQLITE_IOERR_FSYNC", most=1_000
    )
    return engine


@pytest.mark.parametrize("command", ["supply", "send"])
def test_a_change_on_this_computer_whose_outcome_is_unknown_exits_with_3(
    wallet: Wallet, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    instruction = {"action": "supply", "supply": "credits", "credits": 5, "cost": "0", "currency": "EUR"}
    words = {
        "supply": ("supply", 5, "--cost", 0, "--currency", "EUR", "--json"),
        "send": ("send", json.dumps(instruction)),
    }[command]
    monkeypatch.setattr(embedded, "EWalletSessionManager", open_with_failing_commits)
    result = wallet.run(*words)
    assert (result.exit_code, json.loads(result.stdout)["code"]) == (ExitCode.UNREACHABLE, "outcome_unknown")
    assert "Run the same command again with --request-id " in result.stderr
    request_id = result.stderr.split("--request-id ")[1].split(":")[0]
    monkeypatch.undo()
    assert wallet.answer(*words, "--request-id", request_id)["ewallet_credits"] == 5


@pytest.mark.usefixtures("impatient")
def test_an_account_that_may_have_been_created_is_told(payer: Wallet, proxy: FaultyProxy) -> None:
    proxy.from_server = swallows(b"zoe@example.org")
    told = payer.refused("register", "zoe", "--email", "zoe@example.org", code=3)
    assert "It is not known whether the account was created." in told


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a full device")
def test_a_change_whose_answer_can_not_be_printed_is_told_as_done(wallet: Wallet) -> None:
    supply = ("supply", "5", "--cost", "0", "--currency", "EUR")
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [EWALLET, *supply],
            check=False,
            env=wallet.environment,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert done.returncode == ExitCode.REFUSED
    assert done.stderr.startswith("It was done. To see the answer, run it again with --request-id ")
    request_id = done.stderr.split("--request-id ")[1].split(".\n")[0]
    assert "New balance: 5." in wallet.done(*supply, "--request-id", request_id)


def test_the_request_id_of_an_interrupted_change_is_told(payer: Wallet, proxy: FaultyProxy) -> None:
    swallowed = threading.Event()

    def swallow(line: bytes) -> Fault | None:
        if b'"paid"' in line:
            swallowed.set()
        return Fault.SWALLOW if swallowed.is_set() else None

    proxy.from_server = swallow
    terminal = in_terminal(payer, *map(str, PAY), EWALLET_SERVER=payer.server)
    terminal.wait_until(swallowed.is_set)
    terminal.press("\x03")
    terminal.wait_for("It is not known whether this was done.", "--request-id")
    assert terminal.wait_for_end() == ExitCode.INTERRUPTED


@pytest.mark.usefixtures("impatient")
def test_an_unanswered_view_needs_no_request_id(payer: Wallet, proxy: FaultyProxy) -> None:
    proxy.from_server = swallows(b'"account_data"')
    assert "--request-id" not in payer.refused("whoami", code=3)


# Problems


@pytest.mark.parametrize(
    ("words", "exit_code", "code"),
    [
        (("pay", BOB, 1), 1, "partner_unknown"),
        (("pay", "bob", 1), 1, "not_possible"),
        (("balance", "--server", "127.0.0.1:1"), 4, "not_logged_in"),
        (("login", "ada", "--server", "127.0.0.1:1"), 3, "unreachable"),
    ],
)
def test_whatever_stops_a_command_is_also_told_as_json(
    words: tuple[object, ...], exit_code: int, code: str, wallet: Wallet
) -> None:
    result = wallet.run(*words, "--json")
    told = json.loads(result.stdout)
    assert (result.exit_code, told["failed"], told["code"]) == (exit_code, True, code)
    assert {"error", "warning", "details"} <= set(told)
    assert result.stderr


def test_an_argument_that_is_refused_is_named_as_users_name_it(wallet: Wallet) -> None:
    told = wallet.refused("supply", 1, "--cost", 0, "--currency", "EUR", "--note", "n" * 2_000)
    assert told == "The note must be text of at most 1,000 characters. Correct it and try again.\n"
    assert "The email must be" in wallet.refused("register", "bob", "--email", "bob")
    wallet.password_file.write_text("short")
    assert "The password must be at least" in wallet.refused("register", "bob", "--email", BOB)


def test_the_advice_to_register_names_the_server(tmp_path: Path) -> None:
    told = Wallet(tmp_path).refused("balance", "--server", "127.0.0.1:1", code=4)
    assert "`ewallet register NAME --email EMAIL --server 127.0.0.1:1`" in told


# A terminal


def in_terminal(wallet: Wallet, *words: str, **variables: str) -> Terminal:
    return Terminal(words, columns=120, EWALLET_DATA_DIR=str(wallet.folder), **variables)


def ends_with(terminal: Terminal, words: str) -> bool:
    shown = "\n".join(line.rstrip() for line in terminal.text.splitlines())
    return shown.rstrip().endswith(words)


def test_a_password_is_typed_unseen_and_a_new_one_twice(tmp_path: Path) -> None:
    wallet = Wallet(tmp_path)
    terminal = in_terminal(wallet, "register", "ada", "--email", ADA)
    for typed, prompt in (
        (PASSWORD, "New password:"),
        ("another one", "Repeat password:"),
        (PASSWORD, "The passwords don't match. Type both again.\nNew password:"),
        (PASSWORD, "Repeat password:"),
    ):
        # What is typed before the prompt is dropped.
        terminal.wait_until(partial(ends_with, terminal, prompt))
        terminal.press(typed, "enter")
    terminal.wait_for("Welcome, ada.")
    assert PASSWORD not in terminal.text
    assert terminal.wait_for_end() == 0


def test_an_interrupted_prompt_exits_with_130(wallet: Wallet) -> None:
    terminal = in_terminal(wallet, "login", "ada")
    terminal.wait_for("Password of ada:")
    terminal.press("\x03")
    assert terminal.wait_for_end() == 130


def test_a_command_that_is_interrupted_before_it_begins_exits_with_130(
    wallet: Wallet, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_name: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(commands, "_find_command", interrupt)
    assert wallet.refused("balance", code=130) == ""


@pytest.mark.parametrize("command", ["balance", "history", "history --format csv", "whoami --json"])
def test_a_closed_output_is_no_error(wallet: Wallet, command: str) -> None:
    done = subprocess.run(
        ["bash", "-c", f"{EWALLET} {command} >&-"], check=False, env=wallet.environment, capture_output=True
    )
    assert (done.returncode, b"Traceback" in done.stderr) == (0, False)


def test_text_by_users_does_not_act_on_a_terminal() -> None:
    text = "\x1b[1mann\x1b[0m\x1b]0;owned\x07\x1b[2J\u202e\nbob\t1"
    shown = harmless(text)
    assert shown.startswith("\x1b[1mann\x1b[0m")
    assert shown.endswith("\nbob\t1")
    assert shown.count("\x1b") == 2
    assert {"\x07", "\u202e"}.isdisjoint(shown)


# Imports


@pytest.mark.parametrize("words", [["--help"], ["pay", "--help"], ["whoami", "--server", "127.0.0.1:9"]])
def test_the_engine_is_not_imported_unless_it_is_used(words: list[str], tmp_path: Path) -> None:
    script = (
        "import sys\nfrom ewallet_tui.__main__ import main\n"
        f"try:\n    main({words!r})\nexcept SystemExit:\n    pass\n"
        "print('\\n', *sys.modules)"
    )
    environment = {"EWALLET_DATA_DIR": str(tmp_path)}
    loaded = subprocess.check_output([sys.executable, "-c", script], text=True, env=environment).split()
    assert {"sqlalchemy", "textual"}.isdisjoint(loaded)
