"""`ewallet status`, `watch` and `clock`: the timer on a line, once and as it goes on."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from forked_process import MAIN, ForkedProcess
from invoked import ADA, Wallet, new_wallet
from serve_process import EWALLET, TIMEOUT_SECONDS, served
from terminal import Terminal

from ewallet_core.commands.status_line import FIELDS
from ewallet_core.data_folder import DATABASE_FILE

TIMER_DATES = ("timer_started_at", "timer_since", "runs_out_at")
READS_OFTEN = """
from ewallet_core.commands import embedded
embedded.EVENT_INTERVAL_SECONDS = 0.05
"""
EMBEDDED, SERVER = "this computer", "a server"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server that lets users supply themselves."""
    folder = tmp_path_factory.mktemp("server")
    with served(folder, "--in-port", 0, "--out-port", 0, "--self-supply") as server:
        yield f"127.0.0.1:{server.ports[0]}"


@pytest.fixture
def wallet(tmp_path: Path) -> Wallet:
    """A wallet with 15 credits and 5 minutes."""
    return with_time(new_wallet(tmp_path))


@pytest.fixture(params=[EMBEDDED, SERVER])
def wallet_anywhere(request: pytest.FixtureRequest, tmp_path: Path) -> Wallet:
    """The same on this computer and at a server."""
    if request.param == EMBEDDED:
        return with_time(new_wallet(tmp_path))
    email = f"{os.urandom(4).hex()}@example.org"
    return with_time(new_wallet(tmp_path, request.getfixturevalue("address"), email))


def with_time(wallet: Wallet) -> Wallet:
    wallet.done("supply", 20, "--cost", 4, "--currency", "EUR")
    wallet.done("convert", 5)
    return wallet


@contextmanager
def watching(wallet: Wallet, *options: str) -> Iterator[ForkedProcess]:
    """`ewallet watch` in a process of its own, which reads more often than usual what others change."""
    with ForkedProcess(
        ["watch", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **wallet.environment},
        script=READS_OFTEN + MAIN,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def next_line(process: ForkedProcess) -> str:
    """The next line that it prints; it is killed if none comes."""
    assert process.stdout is not None
    too_late = threading.Timer(TIMEOUT_SECONDS, process.kill)
    too_late.start()
    try:
        return process.stdout.readline().rstrip("\n")
    finally:
        too_late.cancel()


def test_the_status_is_one_line(wallet_anywhere: Wallet) -> None:
    assert wallet_anywhere.done("status") == "○ stopped 5:00 · 15 credits\n"
    wallet_anywhere.done("start", "--note", "lunch")
    line = wallet_anywhere.done("status", "--format", "{state} {left_minutes} {note} {{{credits:>4}}}")
    assert line == "running 5 lunch {  15}\n"


def test_json_has_every_field_that_a_format_may_name(wallet: Wallet) -> None:
    fields = wallet.answer("status", "--json")
    assert list(fields) == list(FIELDS)
    assert fields["email"] == ADA


@pytest.mark.parametrize(
    "text", ["{stat}", "{left", "{0}", "{left.__class__}", "{credits:x.}", "{left:{credits}}", "{left:{x}}"]
)
def test_a_format_that_names_no_field_is_a_usage_error(text: str, wallet: Wallet) -> None:
    result = wallet.run("status", "--format", text)
    assert result.exit_code == 2
    assert "--format" in result.stderr


def test_a_width_that_would_fill_the_memory_is_a_usage_error(wallet: Wallet) -> None:
    assert "at most 3 digits" in wallet.refused("status", "--format", "{left}{left:>999999999999}", code=2)
    assert len(wallet.done("status", "--format", "{left:>999}")) == 1_000


def test_an_empty_format_is_an_empty_line(wallet: Wallet) -> None:
    assert wallet.done("status", "--format", "") == "\n"


def test_colours_in_a_format_are_kept_also_for_another_program(wallet: Wallet) -> None:
    assert wallet.done("status", "--format", "\x1b[32m{state}\x1b[0m") == "\x1b[32mstopped\x1b[0m\n"


def test_without_a_login_it_exits_with_four_and_prints_nothing(wallet: Wallet) -> None:
    wallet.done("logout")
    result = wallet.run("status")
    assert (result.exit_code, result.stdout) == (4, "")


def test_a_timer_of_another_clock_is_shown_if_the_active_one_is_stopped(wallet: Wallet) -> None:
    wallet.done("start")
    wallet.done("do", "new", "credit", "clock", "--reference", "Reading")
    clocks = wallet.answer("do", "view", "credit", "clocks")["clocks"]
    wallet.done("do", "switch", "credit", "clock", "--clock-id", clocks[-1]["id"])
    assert wallet.done("status", "--format", "{state} {clock}") == "running Clock 1\n"


def last_use(wallet: Wallet) -> int:
    with closing(sqlite3.connect(wallet.folder / DATABASE_FILE)) as database:
        (at,) = database.execute("SELECT max(last_used_at) FROM sessions").fetchone()
        return int(at)


def test_it_is_no_use_of_the_session(wallet: Wallet) -> None:
    with closing(sqlite3.connect(wallet.folder / DATABASE_FILE)) as database, database:
        database.execute("UPDATE sessions SET last_used_at = last_used_at - 300000")
    before = last_use(wallet)
    wallet.done("status")
    with watching(wallet, "--format", "{state}") as process:
        assert next_line(process) == "stopped"
    assert last_use(wallet) == before
    wallet.done("balance")
    assert last_use(wallet) > before


def test_watch_prints_a_line_whenever_its_text_changes(wallet_anywhere: Wallet) -> None:
    with watching(wallet_anywhere, "--format", "{state} {credits}") as process:
        assert next_line(process) == "stopped 15"
        for command, line in (
            (["start"], "running 15"),
            (["pause"], "paused 15"),
            (["convert", 5], "paused 10"),
        ):
            wallet_anywhere.done(*command)
            assert next_line(process) == line
        process.send_signal(signal.SIGINT)
        assert process.wait(TIMEOUT_SECONDS) == 0


def test_watch_counts_the_seconds_of_a_running_timer(wallet_anywhere: Wallet) -> None:
    wallet_anywhere.done("start")
    with watching(wallet_anywhere, "--format", "{left_seconds}") as process:
        first, second = (int(next_line(process)) for _ in range(2))
        # On a busy machine, more than one may pass.
        assert first > second


def test_watch_without_a_format_prints_events_as_json(wallet_anywhere: Wallet) -> None:
    with watching(wallet_anywhere) as process:
        assert json.loads(next_line(process))["event"] == "listening"
        wallet_anywhere.done("start", "--request-id", "started-here")
        event = json.loads(next_line(process))
        assert (event["event"], event["request_id"]) == ("timer_started", "started-here")


def test_watch_ends_with_the_session(wallet_anywhere: Wallet) -> None:
    with watching(wallet_anywhere, "--format", "{state}") as process:
        assert next_line(process) == "stopped"
        wallet_anywhere.done("logout")
        assert process.wait(TIMEOUT_SECONDS) == 4


def test_watch_ends_when_its_reader_has_gone_although_nothing_changes(wallet: Wallet) -> None:
    with watching(wallet, "--format", "{state}") as process:
        assert next_line(process) == "stopped"
        assert process.stdout is not None
        process.stdout.close()
        process.wait(TIMEOUT_SECONDS)
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_watch_without_an_output_ends_at_once(wallet: Wallet) -> None:
    done = subprocess.run(
        ["sh", "-c", '"$0" watch >&-', EWALLET],
        check=False,
        capture_output=True,
        env={**os.environ, **wallet.environment},
        timeout=TIMEOUT_SECONDS,
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_watch_shows_that_the_time_has_run_out(wallet: Wallet) -> None:
    wallet.done("start")
    with watching(wallet, "--format", "{state}") as process:
        assert next_line(process) == "running"
        with closing(sqlite3.connect(wallet.folder / DATABASE_FILE)) as database, database:
            # It began so long ago that 1.5 seconds of its 5 minutes are left.
            moved = ", ".join(f"{column} = {column} - 298500" for column in TIMER_DATES)
            database.execute(f"UPDATE clocks SET {moved} WHERE timer_state = 'active'")
        # An event, so that the timer is read again.
        wallet.done("supply", 1, "--cost", 0, "--currency", "EUR")
        assert next_line(process) == "stopped"


def test_clock_draws_the_timer_on_one_line_until_interrupted(wallet: Wallet) -> None:
    wallet.done("start")
    terminal = Terminal(["clock"], columns=80, rows=5, **wallet.environment)
    try:
        terminal.wait_for("● Clock 1  4:", "left", "running")
        wallet.done("pause")
        terminal.wait_for("‖ Clock 1", "paused")
        assert terminal.text.count("Clock 1") == 1
        terminal.press("\x03")
        assert terminal.wait_for_end() == 0
        assert (terminal.is_cooked, terminal.modes_left_on) == (True, set())
    finally:
        terminal.close()


def test_clock_needs_a_terminal(wallet: Wallet) -> None:
    result = wallet.run("clock")
    assert result.exit_code == 2
    assert "ewallet watch" in result.stderr
