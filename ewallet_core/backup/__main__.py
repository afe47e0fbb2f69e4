"""`python -m ewallet_core.backup`: one backup in a process of its own, for an engine's scheduled backups.

Checking a large ledger takes long, and in the engine's process every request would wait for it.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from datetime import datetime
from pathlib import Path

from ewallet_core.backup.archive import write_backup
from ewallet_core.backup.copies import BackupError

NICENESS = 10
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def main(file: str, database: str, now: str, *others: str) -> int:
    # A server blocks them in its threads, and so in this process. Without them, it could not be stopped.
    for stop in STOP_SIGNALS:
        signal.signal(stop, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
    with contextlib.suppress(OSError):
        # A service may not be allowed to.
        os.nice(NICENESS)
    named = {name: Path(path) for name, path in zip(others[::2], others[1::2], strict=True)}
    try:
        write_backup(Path(file), Path(database), named, datetime.fromisoformat(now))
    except BackupError as reason:
        sys.stderr.write(f"{reason}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
