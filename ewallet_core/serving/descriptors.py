"""How many connections the system lets a process have."""

from __future__ import annotations

import resource

MOST_NEEDED = 65_536


def take_all_descriptors() -> None:
    """Let this process have as many connections as it may, up to 65,536, and not only what is usual."""
    usual, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_NEEDED if most == resource.RLIM_INFINITY else min(MOST_NEEDED, most)
    if usual != resource.RLIM_INFINITY and usual < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
