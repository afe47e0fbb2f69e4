"""The commands, run in this process on a wallet of their own, with the account of Ada."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from ewallet_tui.__main__ import main

PASSWORD = "four unrelated words here"
ADA = "ada@example.org"
BOB = "bob@example.org"


@dataclass(frozen=True)
class Wallet:
    """The folder of a wallet, and of the sessions of the commands there."""

    folder: Path

    def run(self, *words: object, stdin: str | None = None) -> Result:
        environment = {
            "EWALLET_DATA_DIR": str(self.folder),
            "EWALLET_PASSWORD_FILE": str(self.password_file),
            "EWALLET_SERVER": None,
        }
        return CliRunner(env=environment).invoke(main, [str(word) for word in words], input=stdin)

    def done(self, *words: object, stdin: str | None = None) -> str:
        """What a command prints that must succeed."""
        result = self.run(*words, stdin=stdin)
        assert result.exit_code == 0, result.output
        return result.stdout

    def answer(self, *words: object, stdin: str | None = None) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self.done(*words, stdin=stdin))
        return answer

    @property
    def password_file(self) -> Path:
        return self.folder / "password.txt"


def new_wallet(folder: Path) -> Wallet:
    """A wallet in that folder in which Ada is logged in."""
    wallet = Wallet(folder)
    folder.mkdir(parents=True, exist_ok=True)
    wallet.password_file.write_text(f"{PASSWORD}\n" * 3)
    wallet.done("register", "ada", "--email", ADA)
    return wallet
