"""The commands, run in this process on a wallet of their own, with the account of Ada."""

from __future__ import annotations

import atexit
import json
import shutil
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from ewallet_tui.__main__ import main

PASSWORD = "four unrelated words here"
ADA = "ada@example.org"
BOB = "bob@example.org"


@dataclass(frozen=True)
class Wallet:
    """The folder of the sessions of the commands, and of the wallet unless a server has it."""

    folder: Path
    server: str = ""
    """The address of the server that has the wallet, unless it is in the folder."""

    def run(self, *words: object, stdin: str | None = None) -> Result:
        return CliRunner(env=self.environment).invoke(main, [str(word) for word in words], input=stdin)

    @property
    def environment(self) -> dict[str, str]:
        return {
            "EWALLET_DATA_DIR": str(self.folder),
            "EWALLET_PASSWORD_FILE": str(self.password_file),
            "EWALLET_SERVER": self.server,
        }

    def done(self, *words: object, stdin: str | None = None) -> str:
        """What a command prints that must succeed."""
        result = self.run(*words, stdin=stdin)
        assert result.exit_code == 0, result.output
        return result.stdout

    def answer(self, *words: object, stdin: str | None = None) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self.done(*words, stdin=stdin))
        return answer

    def refused(self, *words: object, code: int = 1) -> str:
        """What a command tells that must end with that exit code, and that prints no data."""
        result = self.run(*words)
        assert (result.exit_code, result.stdout) == (code, ""), result.output
        return result.stderr

    @property
    def password_file(self) -> Path:
        return self.folder / "password.txt"


def new_wallet(folder: Path, server: str = "", email: str = ADA) -> Wallet:
    """A wallet in that folder, or at that server, in which Ada or the account of that email is logged in."""
    wallet = Wallet(folder, server)
    if server or email != ADA:
        return register(wallet, email)
    # What a lock says is about the process that has it.
    shutil.copytree(_template(), folder, ignore=shutil.ignore_patterns("*.lock"), dirs_exist_ok=True)
    return wallet


@cache
def _template() -> Path:
    """The folder of a wallet of Ada that is copied, because creating one takes longer than most commands."""
    folder = Path(tempfile.mkdtemp(prefix="ewallet-tests-"))
    atexit.register(shutil.rmtree, folder)
    register(Wallet(folder), ADA)
    return folder


def register(wallet: Wallet, email: str) -> Wallet:
    wallet.folder.mkdir(parents=True, exist_ok=True)
    wallet.password_file.write_text(f"{PASSWORD}\n" * 3)
    wallet.done("register", email.partition("@")[0], "--email", email)
    return wallet
