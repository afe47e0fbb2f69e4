"""A process that supplies credits until it is killed, and prints whether each supply failed.

Its words are `<url> <now> <client id> <session token>`.
"""

from __future__ import annotations

import os
import sys

from ewallet_core import EWalletSessionManager


def main(url: str, now: str, client_id: str, session_token: str) -> None:
    engine = EWalletSessionManager(url, clock=lambda: int(now))
    while True:
        answer = engine.session_manager_controller(
            controller="client",
            ctype="action",
            action="supply",
            supply="credits",
            credits=1,
            currency="EUR",
            cost="1",
            client_id=client_id,
            session_token=session_token,
        )
        os.write(1, f"{answer['failed']}\n".encode())


if __name__ == "__main__":
    main(*sys.argv[1:])
