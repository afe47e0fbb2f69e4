"""How long instructions and checks take on a wallet with 1,000,000 records.

What reads a page or writes a row is compared with a wallet of 1,000 records.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from operator import methodcaller
from pathlib import Path
from typing import Any

from accounts import Person, open_engine, transfer_to
from large_wallet import OWNER, kept_wallet, partners
from table import FOLDER, Measurement, Row, measure_in_turns, show, without_limit

from ewallet_core import EWalletSessionManager
from ewallet_core.storage.read_only import open_read_only
from ewallet_core.storage.verification import Violation, run_checks

RECORDS, FEW = 1_000_000, 1_000
PERIOD = {"since": "2025-01-01T00:00:00Z", "until": "2026-09-01T00:00:00Z"}
"""The time of all entries."""
SHORT = {
    "sheet page": {"action": "view", "view": "transfer", "transfer": "list"},
    "transfer": transfer_to(next(partners()).email),
    "statement": {"action": "view", "view": "statement", **PERIOD},
}
LONG = {
    "summary by month": {"action": "view", "view": "summary", "by": "month", **PERIOD},
    "search without a hit": {"action": "search", "search": "records", "text": "no such words"},
}
EXPORTED = "transfer", "invoice"
SHORT_ROUNDS, LONG_ROUNDS = 31, 3


class Wallet:
    """An engine on a wallet file, and the owner's session."""

    def __init__(self, engine: EWalletSessionManager, url: str) -> None:
        self._engine, self._url = engine, url
        self._owner = Person(OWNER.name)
        self._owner.open_session(engine)
        self._owner.log_in(engine)

    def send(self, **instruction: Any) -> dict[str, Any]:
        return self._owner.send(self._engine, **instruction)

    def export(self) -> None:
        """Export all records as CSV, page by page."""
        for kind in EXPORTED:
            cursor: dict[str, str] = {}
            while True:
                answer = self.send(action="export", export="sheet", kind=kind, **cursor)
                if answer["next"] is None:
                    break
                cursor = {"before": answer["next"]}

    def verify(self) -> None:
        """Check the whole database, as `ewallet verify` does."""
        with open_read_only(self._url) as transaction:
            wrong = [found.sentence for found in run_checks(transaction) if isinstance(found, Violation)]
        if wrong:
            raise RuntimeError(wrong[0])


def large_rows(folder: Path, records: int, few: int) -> Iterator[Row]:
    """The rows of wallets with so many records and with few, whose files are kept in that folder."""
    with ExitStack() as stack:
        wallets = []
        for number in (few, records):
            url = f"sqlite:///{kept_wallet(folder, number)}"
            wallets.append(Wallet(stack.enter_context(open_engine(url)), url))
        small, large = wallets
        for name, instruction in SHORT.items():
            send = methodcaller("send", **instruction)
            ours = {name: partial(_time, send, large)}
            yield from measure_in_turns(
                "ms", f"{few:,} records", partial(_time, send, small), ours, SHORT_ROUNDS
            )
        for name, instruction in LONG.items():
            send = methodcaller("send", **instruction)
            yield without_limit(name, "ms", [_time(send, large) for _ in range(LONG_ROUNDS)])
        yield without_limit("export everything, CSV", "ms", [_time(Wallet.export, large)])
        yield without_limit("verify", "ms", [_time(Wallet.verify, large)])


def _time(work: Callable[[Wallet], object], wallet: Wallet) -> Measurement:
    began, used = time.perf_counter(), time.process_time()
    work(wallet)
    milliseconds = (time.perf_counter() - began) * 1_000
    return Measurement(milliseconds, cpu_us=(time.process_time() - used) * 1e6)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--records", type=int, default=RECORDS)
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the wallets are kept")
    options = parser.parse_args()
    show(large_rows(options.folder.absolute(), options.records, FEW), as_json=options.json)


if __name__ == "__main__":
    main()
