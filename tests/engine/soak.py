"""Runs the machine of random wallets, each time other ones, for as many seconds as EWALLET_SOAK_SECONDS says.

Exits 1 when one of them comes out wrong, with the steps that led there and the blob that repeats them.
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
# Without a database of examples and without a fixed seed, each round goes its own way.
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
    """How many rounds went well until the time was over; raises what the first wrong one raised."""
    ends_at, rounds = time_is() + seconds, 0
    while time_is() < ends_at:
        run_state_machine_as_test(machine, settings=ROUND)
        rounds += 1
    return rounds


def main() -> int:
    """Soak the machine of random wallets; returns the exit code."""
    from wallet_machine import WalletMachine  # noqa: PLC0415 - the soak's own test has machines of its own

    seconds = float(os.environ.get("EWALLET_SOAK_SECONDS", USUAL_SECONDS))
    with tempfile.TemporaryDirectory() as folder:
        WalletMachine.new_file = Path(folder) / "wallet.sqlite3"
        EWalletSessionManager(
            f"sqlite:///{WalletMachine.new_file}", clock=Wallclock(), passwords=CHEAP
        ).close()
        try:
            rounds = soak(WalletMachine, seconds)
        except Exception:  # noqa: BLE001 - a wrong engine may be wrong in any way
            traceback.print_exc()
            return 1
    sys.stdout.write(f"{rounds} rounds of {EXAMPLES_IN_A_ROUND} histories came out as they must\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
