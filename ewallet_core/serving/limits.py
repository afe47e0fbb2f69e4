"""What a server takes from those who connect to it."""

from __future__ import annotations

import os
from typing import Annotated

import msgspec
from msgspec import Meta

Count = Annotated[int, Meta(ge=1, le=1_000_000)]


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How much, how many and how long; whoever goes beyond is told so before the connection is cut.

    What may be asked in a second may be asked at once; `passwords_at_once` are checked while as many as
    `passwords_waiting` wait their turn. `loopback_is_exempt` from what is counted by address.
    """

    connections: Count = 1_000
    connections_per_address: Count = 50
    idle_seconds: Count = 1_800
    unfinished_line_seconds: Count = 10
    unread_seconds: Count = 30
    requests_per_second_per_session: Count = 100
    requests_per_second_per_address: Count = 400
    requests_at_once_per_connection: Count = 64
    passwords_at_once: Count = max(1, os.cpu_count() or 1)
    passwords_waiting: Count = 100
    loopback_is_exempt: bool = True
