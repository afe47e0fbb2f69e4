"""Run the wallet machine with new examples for EWALLET_SOAK_SECONDS seconds.

Exits with 1 at the first failure, with its steps and the blob that reproduces it.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from fakes import CHEAP, Wallclock
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from ewallet_core import EWalletSessionManager

USUAL_SECONDS = 60.0
EXAMPLES_IN_A_ROUND = 25
# Without an example database and a fixed seed, each round draws other examples.
ROUND = settings(
    max_examples=EXAMPLES_IN_A_ROUND,
    stateful_step_count=50,
    deadline=None,
    database=None,
    derandomize=False,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)


def soak(
    machine: type[RuleBasedStateMachine], seconds: float, time_is: Callable[[], float] = time.monotonic
) -> int:
    """Run rounds until the time is over and return their number; raises the first failure."""
    ends_at, rounds = time_is() + seconds, 0
    while time_is() < ends_at:
        run_state_machine_as_test(machine, settings=ROUND)
        rounds += 1
    return rounds


def main() -> int:
    """Soak the wallet machine; returns the exit code."""
    from wallet_machine import WalletMachine  # noqa: PLC0415 - the soak's own test uses other machines

    seconds = float(os.environ.get("EWALLET_SOAK_SECONDS", USUAL_SECONDS))
    with tempfile.TemporaryDirectory() as folder:
        WalletMachine.new_file = Path(folder) / "wallet.sqlite3"
        EWalletSessionManager(
            f"sqlite:///{WalletMachine.new_file}", clock=Wallclock(), passwords=CHEAP
        ).close()
        try:
            rounds = soak(WalletMachine, seconds)
        except Exception:  # noqa: BLE001 - a wrong engine may raise anything
            traceback.print_exc()
            return 1
    sys.stdout.write(f"{rounds} rounds of {EXAMPLES_IN_A_ROUND} examples passed\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
