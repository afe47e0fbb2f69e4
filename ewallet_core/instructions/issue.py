"""What an issue report is made of: the one argument that is an object, with its parts' limits."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from ewallet_core.instructions import fields

IssueName = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=200,
        description="a line of 1 to 200 characters",
        examples=["The timer shows yesterday"],
        extra={"check": str.isprintable},
    ),
]
IssueDetails = Annotated[
    str,
    Meta(
        max_length=10_000,
        description="text of at most 10,000 characters",
        examples=["It did so when I opened it this morning."],
    ),
]
IssueLog = Annotated[
    str,
    Meta(
        max_length=30_000,
        description="text of at most 30,000 characters",
        examples=["2026-11-20T22:46:10.123Z started"],
    ),
]


class Issue(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong, and how to reach who says so."""

    name: IssueName
    details: IssueDetails
    log: IssueLog = ""
    email: fields.Email | None = None


IssueInWords = Annotated[
    Issue,
    Meta(
        description="an object of `name` (1 to 200 characters), `details` (at most 10,000) and, if you like,"
        " `log` (at most 30,000) and `email`",
        examples=[{"name": "The timer shows yesterday", "details": "It did so this morning."}],
    ),
]
