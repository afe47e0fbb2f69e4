"""A process that supplies credits until it is killed, and prints each acknowledged supply.

Run as `python supply_process.py <url> <now> <client id> <session token> <threads> <first number>`.
"""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import count

from ewallet_core import EWalletSessionManager


def supply_for_ever(engine: EWalletSessionManager, credentials: dict[str, str], numbers: count[int]) -> None:
    for number in numbers:
        answer = engine.session_manager_controller(
            controller="client",
            ctype="action",
            action="supply",
            supply="credits",
            credits=1,
            currency="EUR",
            cost="1",
            request_id=f"request {number:06}",
            **credentials,
        )
        os.write(1, f"{number} {answer['failed']}\n".encode())


def main(url: str, now: str, client_id: str, session_token: str, threads: str, first: str) -> None:
    engine = EWalletSessionManager(url, clock=lambda: int(now))
    credentials = {"client_id": client_id, "session_token": session_token}
    with ThreadPoolExecutor(int(threads)) as running:
        for thread in range(int(threads)):
            running.submit(supply_for_ever, engine, credentials, count(int(first) + thread, int(threads)))


if __name__ == "__main__":
    main(*sys.argv[1:])
