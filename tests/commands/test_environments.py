"""Every command where a desktop's environment is missing: one sentence and exit code 1, or it works."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import forked_process
import pytest
from forked_process import ForkedProcess

from ewallet_core import EWalletSessionManager
from ewallet_core.data_folder import data_folder, database_url

# As in a container whose user has no entry among the users of the system.
NO_ENTRY = """
import pwd, sys
def nobody(*_):
    raise KeyError("no entry")
pwd.getpwuid = pwd.getpwnam = nobody
from ewallet_tui.__main__ import main
main()
"""
ROOT = str(Path(__file__).parent.parent.parent)
NO_HOME = "You have no home folder here. Name the wallet's folder with --data-dir or EWALLET_DATA_DIR.\n"
ANY_PORTS = ("--in-port", "0", "--out-port", "0")
NEED_A_FOLDER = [("verify",), ("serve", *ANY_PORTS), ("grant", "operator", "ada@example.org")]
NEED_NONE = [("demo",), ("instructions", "transfer", "credits"), ("--version",), ("serve", "--help")]


def run(
    *arguments: str, cwd: Path | None = None, script: str = NO_ENTRY, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the command in a process that has only this environment, and no input."""
    return forked_process.run(arguments, cwd=cwd, script=script, env=environment, timeout=60)


def run_from_start(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The same in a new process."""
    return subprocess.run(
        [sys.executable, "-c", NO_ENTRY, *arguments],
        check=False,
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        env={"PYTHONPATH": ROOT, **environment},
        timeout=60,
    )


def must_be_one_sentence(done: subprocess.CompletedProcess[str]) -> None:
    assert (done.returncode, done.stdout) == (1, ""), done
    assert re.fullmatch(r"[^\n]+\.\n", done.stderr), done.stderr


@pytest.mark.parametrize("arguments", NEED_A_FOLDER, ids=" ".join)
def test_without_a_home_a_command_asks_for_a_folder(tmp_path, arguments):
    done = run(*arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", NO_HOME)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", NEED_NONE, ids=" ".join)
def test_without_a_home_a_locale_and_a_terminal_the_other_commands_work(tmp_path, arguments):
    done = run_from_start(*arguments, cwd=tmp_path, PYTHONIOENCODING="ascii", LC_ALL="C", TERM="dumb")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.isascii()


def test_a_named_folder_needs_no_home(tmp_path):
    EWalletSessionManager(database_url(data_folder(tmp_path))).close()
    for environment in ({"EWALLET_DATA_DIR": str(tmp_path)}, {"XDG_DATA_HOME": str(tmp_path / "share")}):
        if "XDG_DATA_HOME" in environment:
            EWalletSessionManager(database_url(data_folder(tmp_path / "share" / "ewallet"))).close()
        assert run("verify", **environment).returncode == 0


def test_the_app_without_a_terminal_is_one_sentence(tmp_path):
    must_be_one_sentence(run("--data-dir", str(tmp_path / "data")))
    assert not (tmp_path / "data").exists()


AT_A_TERMINAL = NO_ENTRY.replace(
    "main()", "import ewallet_tui.__main__ as m; m._is_at_terminal = lambda: True; main()"
)


@pytest.mark.parametrize(
    "environment", [{"TERM": "dumb", "HOME": "/tmp"}, {}, {"HOME": "/proc/nowhere"}], ids=str
)
def test_the_app_in_a_terminal_that_it_can_not_use_or_without_a_home_is_one_sentence(tmp_path, environment):
    must_be_one_sentence(run(cwd=tmp_path, script=AT_A_TERMINAL, **environment))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments",
    [("verify", "--data-dir", "x"), ("serve", "--data-dir", "x", *ANY_PORTS), ("grant", "user", "a@b.c")],
    ids=" ".join,
)
def test_a_deleted_working_folder_is_one_sentence(arguments):
    gone = "import os, tempfile\nf = tempfile.mkdtemp(); os.chdir(f); os.rmdir(f)\n"
    must_be_one_sentence(run(*arguments, script=gone + NO_ENTRY, EWALLET_DATA_DIR="x"))


CLOSED, FULL, BROKEN = "<&- >&-", "> /dev/full", "| true"
OUTPUTS = [output for output in (CLOSED, FULL, BROKEN) if output != FULL or Path("/dev/full").exists()]
WITHOUT_STREAMS = """
import os, sys
os.close(0)
os.close(1)
sys.stdin = sys.stdout = sys.__stdin__ = sys.__stdout__ = None
"""
"""As an interpreter starts whose input and output are closed."""


def must_end_in_words(output: str, ended: tuple[int, str]) -> None:
    """Check how a command has ended whose output was closed, full, or a pipe that is not read."""
    code, complained = ended
    assert "Traceback" not in complained
    if output == CLOSED:
        assert ended == (0, "")
    elif output == FULL:
        assert code == 1
        expected = r"ewallet can't use[^\n]+: no space left on device\. [^\n]+\.\n"
        assert re.fullmatch(expected, complained), complained


@pytest.mark.parametrize("arguments", [("pay", "--help"), ("--help",)], ids=" ".join)
def test_closed_full_and_broken_outputs_of_a_new_process_leave_no_traceback(arguments):
    for output in OUTPUTS:
        command = f'"$0" -c "$1" {" ".join(arguments)} {output}'
        done = subprocess.run(
            ["sh", "-c", command, sys.executable, NO_ENTRY],
            check=False,
            capture_output=True,
            text=True,
            env={"PYTHONPATH": ROOT, "PATH": os.defpath},
            timeout=60,
        )
        must_end_in_words(output, (done.returncode, done.stderr))


@pytest.mark.parametrize("arguments", [("demo",), ("instructions",)], ids=" ".join)
def test_closed_full_and_broken_outputs_leave_no_traceback(arguments):
    for output in OUTPUTS:
        if output == BROKEN:
            reading, given = os.pipe()
            os.close(reading)
        else:
            given = os.open("/dev/full" if output == FULL else os.devnull, os.O_WRONLY)
        with ForkedProcess(
            arguments,
            stdout=given,
            stderr=subprocess.PIPE,
            env={"PATH": os.defpath},
            script=WITHOUT_STREAMS + NO_ENTRY if output == CLOSED else NO_ENTRY,
        ) as process:
            os.close(given)
            _, complained = process.communicate(timeout=60)
        must_end_in_words(output, (process.wait(), complained))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_one_sentence(tmp_path):
    tmp_path.chmod(0o500)
    must_be_one_sentence(run("serve", *ANY_PORTS, "--data-dir", str(tmp_path)))
