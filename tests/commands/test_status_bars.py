"""The status bars and prompts of docs/status-line.md, as it prints them, in the real programs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from invoked import Wallet, new_wallet
from serve_process import EWALLET
from terminal import Terminal

PAGE = (Path(__file__).parent.parent.parent / "docs" / "status-line.md").read_text()


def block(beginning: str) -> str:
    """The indented block of the page that begins so, without its indentation."""
    found = re.search(
        rf"(?:^    .*\n|^\n(?=    ))*^    {re.escape(beginning)}.*\n(?:^    .*\n|^\n(?=    ))*",
        PAGE,
        re.MULTILINE,
    )
    assert found is not None, beginning
    return re.sub("^    ", "", found[0], flags=re.MULTILINE)


@pytest.fixture
def wallet(tmp_path: Path) -> Iterator[Wallet]:
    """A wallet with a running timer."""
    wallet = new_wallet(tmp_path / "wallet")
    wallet.done("supply", 20, "--cost", 4, "--currency", "EUR")
    wallet.done("convert", 20)
    wallet.done("start")
    return wallet


@pytest.fixture
def variables(wallet: Wallet, tmp_path: Path) -> dict[str, str]:
    """The environment of a shell in which `ewallet` is installed."""
    path = f"{Path(EWALLET).parent}:/usr/local/bin:/usr/bin:/bin"
    return {**wallet.environment, "PATH": path, "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)}


def needs(program: str) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed here.")


def test_tmux_shows_the_countdown_and_that_the_timer_is_paused(
    wallet: Wallet, variables: dict[str, str], tmp_path: Path
) -> None:
    needs("tmux")
    (tmp_path / "tmux.conf").write_text(block("set -g status-interval"))
    socket = f"ewallet-{os.getpid()}"
    terminal = Terminal(["-L", socket, "-f", tmp_path / "tmux.conf", "new"], program="tmux", **variables)
    try:
        terminal.wait_for("● 1")
        wallet.done("pause")
        terminal.wait_for("‖ 1")
    finally:
        subprocess.run(["tmux", "-L", socket, "kill-server"], check=False, capture_output=True)
        terminal.close()


@pytest.mark.parametrize(("shell", "prompt"), [("bash", "PS1="), ("zsh", "setopt prompt_subst")])
def test_a_prompt_reads_the_line_that_one_watch_keeps(
    shell: str, prompt: str, wallet: Wallet, variables: dict[str, str], tmp_path: Path
) -> None:
    needs(shell)
    name = tmp_path / (".bashrc" if shell == "bash" else ".zshrc")
    name.write_text(block("ewallet_line=") + block(prompt))
    terminal = Terminal(program=shell, columns=80, rows=10, ZDOTDIR=str(tmp_path), **variables)
    line = tmp_path / f"ewallet-{os.getuid()}"
    try:
        terminal.wait_until(lambda: line.exists() and bool(line.read_text()) and bool(terminal.text.strip()))
        terminal.press("clear", "enter")
        terminal.wait_for("● ", " min")
        wallet.done("pause")
        terminal.wait_until(lambda: "‖" in line.read_text())
        terminal.press("clear", "enter")
        terminal.wait_for("‖ ", " min")
        # The line is gone with the session.
        wallet.done("logout")
        terminal.wait_until(lambda: not line.exists())
    finally:
        terminal.close()


def test_a_line_for_waybar_is_json(wallet: Wallet) -> None:
    written = re.search(r"--format '(.*)'\"", block('"custom/ewallet"'))
    assert written is not None
    line_format = written[1].replace('\\"', '"')
    assert wallet.answer("status", "--format", line_format)["class"] == "running"
