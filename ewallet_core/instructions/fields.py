"""The kinds of field that instructions have, each with its limits and their description.

A field's description completes the sentence "`name` must be …": it is used in errors, in the printed
reference and in the app's forms."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from ewallet_core.instructions import timestamps
from ewallet_core.instructions.validation import (
    CURRENCY_CODES,
    PageCursor,
    is_amount,
    is_fully_visible,
    is_name,
    is_positive_amount,
    is_visible,
    reads_as,
)
from ewallet_core.ledger import rates
from ewallet_core.types import PEOPLE, RecordType

MOST_CREDITS = rates.MOST_CREDITS
SHORTEST_PASSWORD = 8
LONGEST_PAGE = 1_000
USUAL_PAGE = 100


def _text(longest: int, example: str) -> Meta:
    return Meta(max_length=longest, description=f"text of at most {longest:,} characters", examples=[example])


def _id_of(item: str) -> Meta:
    return Meta(ge=1, le=2**63 - 1, description=f"the number of a {item}", examples=[1])


Credits = Annotated[
    int, Meta(ge=1, le=MOST_CREDITS, description="a whole number from 1 to 1,000,000,000,000", examples=[20])
]
DailyLimit = Annotated[
    int, Meta(ge=0, le=MOST_CREDITS, description="a whole number from 0 to 1,000,000,000,000", examples=[500])
]
Minutes = Annotated[
    str | int | float,
    Meta(
        description="a number of minutes above 0 with at most 6 decimals",
        examples=[20],
        extra={"check": is_positive_amount},
    ),
]
Cost = Annotated[
    str | int | float,
    Meta(
        description="an amount of money from 0 with at most 6 decimals, such as 12.50",
        examples=["12.50"],
        extra={"check": is_amount},
    ),
]
Currency = Annotated[
    str,
    Meta(
        pattern="^[A-Z]{3}$",
        description="a currency's three capital letters, such as EUR",
        examples=["EUR"],
        extra={"check": CURRENCY_CODES.__contains__},
    ),
]
UserName = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=64,
        description="a name of 1 to 64 visible characters without @, not beginning or ending with a space",
        examples=["ada"],
        extra={"check": is_name},
    ),
]
Email = Annotated[
    str,
    Meta(
        max_length=254,
        pattern=r"^[^@\s]+@[^@\s.]+(\.[^@\s.]+)+$",
        description="an email address such as ada@example.org",
        examples=["ada@example.org"],
        extra={"check": is_fully_visible},
    ),
]
NameOrEmail = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=254,
        description="an account's name or its email address",
        examples=["ada"],
        extra={"check": str.isprintable},
    ),
]
Password = Annotated[
    str,
    Meta(
        min_length=SHORTEST_PASSWORD,
        max_length=1_024,
        description=f"at least {SHORTEST_PASSWORD} characters long",
        examples=["correct horse battery"],
        extra={"secret": True},
    ),
]
PasswordAttempt = Annotated[
    str,
    Meta(
        max_length=1_024,
        description="the account's password",
        examples=["correct horse battery"],
        extra={"secret": True},
    ),
]
Phone = Annotated[str, _text(64, "+44 20 7946 0000")]
Alias = Annotated[str, _text(64, "The countess")]
Notes = Annotated[str, _text(1_000, "lunch")]
RecordId = Annotated[int, _id_of("record")]
SheetId = Annotated[int, _id_of("sheet")]
ListId = Annotated[int, _id_of("list")]
ClockId = Annotated[int, _id_of("clock")]
EwalletId = Annotated[int, _id_of("wallet")]
WorkerId = Annotated[int, _id_of("worker")]
SessionId = Annotated[int, _id_of("session")]
Reference = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=64,
        description="1 to 64 visible characters, not beginning or ending with a space",
        examples=["Savings"],
        extra={"check": is_visible},
    ),
]
ContactName = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=64,
        description="a name of 1 to 64 visible characters, not beginning or ending with a space",
        examples=["Grace"],
        extra={"check": is_visible},
    ),
]
PageLength = Annotated[
    int, Meta(ge=1, le=LONGEST_PAGE, description="a whole number from 1 to 1,000", examples=[100])
]
Cursor = Annotated[
    int, Meta(ge=1, le=2**63 - 1, description="the `next` of an earlier page, a whole number", examples=[101])
]
PassedOver = Annotated[
    int,
    Meta(
        ge=0,
        le=2**63 - 1,
        description="a whole number from 0, how many of the newest records to pass over",
        examples=[200],
    ),
]

InstructionName = Annotated[
    str,
    Meta(
        max_length=200,
        description="the selectors of an instruction in words, such as client action transfer credits",
        examples=["client action transfer credits"],
        extra={"check": str.isprintable},
    ),
]
RoleName = Annotated[
    str,
    Meta(
        pattern=f"^({'|'.join(PEOPLE)})$",
        description="user, operator or auditor",
        examples=["auditor"],
        # `$` in a pattern also matches before a final newline, so the check is exact.
        extra={"check": PEOPLE.__contains__},
    ),
]
IssuedToken = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=256,
        description="a client id or a session token as it was given out",
        examples=["XkZ0b1lWn3J8mTqv2sYcRf5uHd9aLgPeIiOoUuQwErT"],
        extra={"check": str.isprintable},
    ),
]
NewToken = Annotated[
    str,
    Meta(
        min_length=16,
        max_length=256,
        description="text of 16 to 256 printable characters that nobody can guess",
        examples=["XkZ0b1lWn3J8mTqv2sYcRf5uHd9aLgPeIiOoUuQwErT"],
        extra={"check": str.isprintable},
    ),
]
Port = Annotated[
    int, Meta(ge=0, le=65_535, description="a port from 0 to 65535, where 0 is any free one", examples=[0])
]
CLEANER_NAMES = ("clock", "session", "stoken", "ctoken", "worker", "account", "history")
CleanerName = Annotated[
    str,
    Meta(
        pattern=f"^({'|'.join(CLEANER_NAMES)}|all)$",
        description=f"{', '.join(CLEANER_NAMES)} or all",
        examples=["all"],
        extra={"check": (*CLEANER_NAMES, "all").__contains__},
    ),
]
Flag = Annotated[bool, Meta(description="true or false", examples=[True])]

Instant = Annotated[
    str,
    Meta(
        description="a date, or a time such as 2026-11-20T22:46:10.123Z or with an offset, from 1970 to 9999",
        examples=["2026-11-20T22:46:10.123Z"],
        extra={"check": reads_as(timestamps.instant)},
    ),
]
Month = Annotated[
    str,
    Meta(
        description="a year and a month such as 2026-11, from 1970 to 9999",
        examples=["2026-11"],
        extra={"check": reads_as(timestamps.month_bounds)},
    ),
]
TimeZone = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9_+\-]+(/[A-Za-z0-9_+\-]+)*\Z",
        max_length=64,
        description="the IANA name of a time zone, such as Europe/Berlin",
        examples=["Europe/Berlin"],
    ),
]
UtcOffset = Annotated[
    int,
    Meta(
        ge=-840, le=840, description="a whole number of minutes east of UTC, from -840 to 840", examples=[60]
    ),
]
PeriodLength = Annotated[timestamps.PeriodUnit, Meta(description="day, week or month", examples=["day"])]
RecordKind = Annotated[
    RecordType, Meta(description="transfer, invoice, conversion, time or contact", examples=["invoice"])
]
FileFormat = Annotated[
    Literal["csv", "json", "jsonl"], Meta(description="csv, json or jsonl", examples=["csv"])
]
SearchText = Annotated[str, _text(200, "lunch")]
RecordCursor = Annotated[
    str,
    Meta(
        description="the `next` of an earlier page, as it was answered",
        examples=["1795176000000-transfer-1"],
        extra={"check": reads_as(PageCursor.read)},
    ),
]

SHORT_PAGE = 20
ShortPageLength = Annotated[
    int, Meta(ge=1, le=100, description="a whole number from 1 to 100", examples=[20])
]
StateOfAccount = Annotated[
    Literal["active", "frozen", "unlink_pending"],
    Meta(description="active, frozen or unlink_pending", examples=["frozen"]),
]


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
IssueDetails = Annotated[str, _text(10_000, "It did so when I opened it this morning.")]
IssueLog = Annotated[str, _text(30_000, "2026-11-20T22:46:10.123Z started")]


class Issue(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong, and the email of the person who reports it."""

    name: IssueName
    details: IssueDetails
    log: IssueLog = ""
    email: Email | None = None


IssueInWords = Annotated[
    Issue,
    Meta(
        description="an object of `name` (1 to 200 characters), `details` (at most 10,000) and, if you like,"
        " `log` (at most 30,000) and `email`",
        examples=[{"name": "The timer shows yesterday", "details": "It did so this morning."}],
    ),
]
