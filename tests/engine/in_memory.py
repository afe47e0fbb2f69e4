"""Where tests keep files that no disk need see: waiting for the disk takes longer than most tests."""

from __future__ import annotations

from pathlib import Path

_MEMORY = Path("/dev/shm")

# None, where there is no such place, stands for the usual folder of temporary files.
IN_MEMORY = _MEMORY if _MEMORY.is_dir() else None
