"""A process that forks processes with an engine in each, which send a random load until they are killed.

For each line of JSON on its input it forks one process for each item of `senders`, the senders of that
process, and prints their ids; they print each answer. When all have ended, it prints how.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

from engine_client import SELECTORS
from random_load import draw

from ewallet_core import EWalletSessionManager

MOST_SECONDS = 60


def say(**line: Any) -> None:
    # One write, so that no line is cut, or mixed with that of another thread or process.
    os.write(1, json.dumps(line).encode() + b"\n")


def send_for_ever(
    engine: EWalletSessionManager, seed: int, sender: int, first: int, credentials: dict[str, str]
) -> None:
    for number in count(first):
        sent = draw(seed, sender, number)
        request = {**SELECTORS, **credentials, **sent.instruction, "request_id": sent.request_id}
        say(sender=sender, number=number, answer=engine.answer(request))


def send_with_engine(url: str, now: int, seed: int, senders: list[tuple[int, int, dict[str, str]]]) -> None:
    # Ended even if it hangs, and no test kills it.
    signal.alarm(MOST_SECONDS)
    engine = EWalletSessionManager(url, clock=lambda: now)
    with ThreadPoolExecutor(len(senders)) as threads:
        for ended in [threads.submit(send_for_ever, engine, seed, *sender) for sender in senders]:
            ended.result()


def fork(url: str, now: int, seed: int, senders: list[tuple[int, int, dict[str, str]]]) -> int:
    process = os.fork()
    if process == 0:
        try:
            send_with_engine(url, now, seed, senders)
        finally:
            os._exit(1)
    return process


def main() -> None:
    for line in sys.stdin:
        asked = json.loads(line)
        processes = [fork(asked["url"], asked["now"], asked["seed"], senders) for senders in asked["senders"]]
        say(processes=processes)
        say(ended=[os.waitpid(process, 0)[1] for process in processes])


if __name__ == "__main__":
    main()
