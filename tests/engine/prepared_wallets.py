"""Wallet files in which a client has already done its first steps, which tests copy."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine_client import EngineClient
from fakes import CHEAP, Wallclock

from ewallet_core import EWalletSessionManager

Step = Callable[[EngineClient, Wallclock], Any]
"""What a client does next."""


@dataclass(frozen=True)
class PreparedWallet:
    """A wallet file with what has been done in it."""

    file: Path
    done: tuple[str, ...] = ()
    """The names of the steps."""
    credentials: dict[str, str] = field(default_factory=dict)
    """Those of the client then."""
    now: int = Wallclock.now


class PreparedWallets:
    """The wallet after each of several steps, made when a test first needs it."""

    def __init__(self, new_wallet_file: Path, folder: Path, steps: Mapping[str, Step]) -> None:
        self.new = PreparedWallet(new_wallet_file)
        """The wallet before the first step."""
        self._folder = folder
        self._steps = steps
        self._made: dict[str, PreparedWallet] = {}

    def after(self, step: str) -> PreparedWallet:
        """The wallet after all steps up to that one."""
        if step not in self._made:
            names = list(self._steps)
            index = names.index(step)
            self._made[step] = self._go_on(self.after(names[index - 1]) if index else self.new, step)
        return self._made[step]

    def _go_on(self, earlier: PreparedWallet, step: str) -> PreparedWallet:
        file = Path(shutil.copy(earlier.file, self._folder / f"{step}.sqlite3"))
        clock = Wallclock(earlier.now)
        with closing(EWalletSessionManager(f"sqlite:///{file}", clock=clock, passwords=CHEAP)) as engine:
            client = EngineClient(engine, dict(earlier.credentials))
            self._steps[step](client, clock)
        return PreparedWallet(file, (*earlier.done, step), client.credentials, clock.now)
