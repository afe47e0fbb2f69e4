"""`ewallet completion`: what real shells complete after `ewallet`."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner
from invoked import Wallet, new_wallet
from serve_process import EWALLET
from terminal import Terminal

from ewallet_tui.__main__ import main

IN_SHELLS = {
    "ewallet conv": "ewallet convert",
    "ewallet pay Bob": r"ewallet pay Bob\ O\'Neil,\ jr",
    "ewallet help passw": "ewallet help passwords",
    "ewallet do view contact l": "ewallet do view contact list",
}
"""What is typed before Tab, and the line after it."""
ERASE_LINE = "\x15"


@pytest.fixture(scope="module")
def wallet(tmp_path_factory: pytest.TempPathFactory) -> Wallet:
    wallet = new_wallet(tmp_path_factory.mktemp("completion"))
    wallet.done("contacts", "add", "Grace Hopper", "grace@example.org")
    wallet.done("contacts", "add", "Bob O'Neil, jr", "bob@example.org")
    wallet.done("wallets", "new", "Holidays")
    return wallet


def started(shell: str, folder: Path, wallet: Wallet) -> Terminal:
    """That shell in a terminal, with completion as `ewallet completion --help` tells to set it up."""
    path = f"{Path(EWALLET).parent}:/usr/local/bin:/usr/bin:/bin"
    variables = {**wallet.environment, "HOME": str(folder), "PATH": path, "PS1": "$ ", "ZDOTDIR": str(folder)}
    if shell == "fish":
        completions = folder / ".config" / "fish" / "completions"
        completions.mkdir(parents=True)
        script = subprocess.check_output([EWALLET, "completion", "fish"], text=True)
        (completions / "ewallet.fish").write_text(script)
        (folder / ".config" / "fish" / "config.fish").write_text("function fish_prompt; echo '$ '; end\n")
    elif shell == "zsh":
        lines = ("PS1='$ '", "autoload -U compinit; compinit -u", 'eval "$(ewallet completion zsh)"')
        (folder / ".zshrc").write_text("\n".join(lines))
    else:
        (folder / ".bashrc").write_text('PS1="$ "\neval "$(ewallet completion bash)"\n')
    variables |= dict.fromkeys(("XDG_CONFIG_HOME", "XDG_DATA_HOME"), "")
    return Terminal(program=shell, columns=100, rows=40, **variables)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_completes_commands_names_and_instructions(
    shell: str, wallet: Wallet, tmp_path: Path
) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed here.")
    terminal = started(shell, tmp_path, wallet)
    try:
        terminal.wait_for("$ ")
        for typed, completed in IN_SHELLS.items():
            terminal.press(typed, "tab")
            terminal.wait_for(completed)
            # Go on with an empty line on an empty screen. A shell can miss an interrupt here.
            terminal.press(ERASE_LINE, "clear", "enter")
            terminal.wait_until(lambda: terminal.text.strip() == "$")
    finally:
        terminal.close()


def completed(wallet: Wallet, *words: str) -> list[str]:
    """What the last of the words, which may be empty, can become."""
    variables = {
        **wallet.environment,
        "_EWALLET_COMPLETE": "zsh_complete",
        "COMP_WORDS": shlex.join(("ewallet", *words)),
        "COMP_CWORD": str(len(words)),
    }
    result = CliRunner(env=variables).invoke(main, [], prog_name="ewallet")
    assert (result.exit_code, result.stderr) == (0, ""), result.output
    # Each is a kind, a value and a help, on lines of their own.
    return result.stdout.splitlines()[1::3]


@pytest.mark.parametrize(
    ("words", "values"),
    [
        (["pay", ""], ["Bob O'Neil, jr", "Grace Hopper"]),
        (["pay", "gr"], ["Grace Hopper"]),
        (["pay", "grace@"], ["grace@example.org"]),
        (["contacts", "edit", "Gr"], ["Grace Hopper"]),
        (["move", "5", "--to", ""], ["Wallet 1", "Holidays"]),
        (["wallets", "switch", "Ho"], ["Holidays"]),
        (["clocks", "rename", ""], ["Clock 1 in Wallet 1", "Clock 1 in Holidays"]),
        (["history", "--wallet", "Ho"], ["Holidays"]),
        (["clocks", "sw"], ["switch"]),
        (["do", "view", "credit", ""], ["clock", "clocks", "ewallet", "ewallets", "wallet"]),
        (["do", "view", "credit", "clocks", "--ewallet-id", ""], ["2", "3"]),
        (["do", "pay", "--pay", "b"], ["bob@example.org"]),
        (["do", "export", "sheet", "--format", ""], ["csv", "json", "jsonl"]),
        (["do", "edit", "clock_timer", "--n"], ["--notes"]),
    ],
    ids=" ".join,
)
def test_what_is_typed_is_completed(words: list[str], values: list[str], wallet: Wallet) -> None:
    assert completed(wallet, *words) == values


def test_a_word_that_no_instruction_has_is_no_error(wallet: Wallet) -> None:
    assert "view" in completed(wallet, "do", "nonsense", "")


def test_without_a_login_no_name_is_suggested_and_nothing_is_said(tmp_path: Path) -> None:
    assert completed(Wallet(tmp_path), "pay", "") == []
    assert list(tmp_path.iterdir()) == []
