"""A process with an engine that answers requests, and that can be kept from writing to its disk.

For each line of JSON on its input it does what it is told, and prints a line: `open` opens an engine at that
URL, `request` sends that request, `file_bytes` sets the size that a file may have, or none if null, and
`is_administrator` gives up the permissions of root, or takes them again.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import sys
from typing import Any

from fakes import CHEAP, Wallclock

from ewallet_core import EWalletSessionManager
from ewallet_core.errors.base import WalletError
from ewallet_core.instructions.envelope import error_answer

PR_SET_PTRACER = 0x59616D61
UNPRIVILEGED = 65_534
ANY_PROCESS = ctypes.c_ulong(-1)


def let_others_trace() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PTRACER, ANY_PROCESS, 0, 0, 0)


def set_file_limit(file_bytes: int | None) -> None:
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most if file_bytes is None else file_bytes, most))


def set_administrator(is_administrator: bool) -> None:
    if os.getuid() == 0:
        os.seteuid(0 if is_administrator else UNPRIVILEGED)


def main() -> None:
    let_others_trace()
    engine: EWalletSessionManager | None = None
    for line in sys.stdin:
        told: dict[str, Any] = json.loads(line)
        said: dict[str, Any] = {}
        if "open" in told:
            try:
                engine = EWalletSessionManager(told["open"], clock=Wallclock(), passwords=CHEAP)
            except WalletError as error:
                said = error_answer(error)
        elif "file_bytes" in told:
            set_file_limit(told["file_bytes"])
        elif "is_administrator" in told:
            set_administrator(told["is_administrator"])
        else:
            assert engine is not None
            said = engine.answer(told["request"])
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
