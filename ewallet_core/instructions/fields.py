"""The kinds of field that instructions have, each with its limits and their description.

A description completes the sentence "`name` must be …" in errors, in the reference and in the app's forms.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from ewallet_core.instructions import timestamps
from ewallet_core.instructions.validation import (
    CURRENCY_CODES,
    Check,
    PageCursor,
    is_amount,
    is_fully_visible,
    is_json_within,
    is_name,
    is_positive_amount,
    is_printable,
    is_visible,
    reads_as,
)
from ewallet_core.ledger import rates
from ewallet_core.types import LONGEST_TAG, MOST_TAGS, PEOPLE, RecordType, are_searchable_tags, are_tags

MOST_CREDITS = rates.MOST_CREDITS
SHORTEST_PASSWORD = 8
LONGEST_PAGE = 1_000
USUAL_PAGE = 100
SHORT_PAGE = 20
CLEANER_NAMES = ("clock", "session", "stoken", "ctoken", "worker", "account", "history")
_RANDOM = "XkZ0b1lWn3J8mTqv2sYcRf5uHd9aLgPeIiOoUuQwErT"


def _field(
    description: str,
    example: object,
    *,
    check: Check | None = None,
    secret: bool = False,
    unused: bool = False,
    schema: dict[str, Any] | None = None,
    **limits: Any,
) -> Meta:
    """A field; `schema` says in JSON Schema what only `check` knows. An `unused` one has no effect."""
    facts = {"check": check, "secret": secret, "unused": unused}
    extra = {name: fact for name, fact in facts.items() if fact} or None
    return Meta(description=description, examples=[example], extra=extra, extra_json_schema=schema, **limits)


_DECIMAL_TEXT = r"^[0-9]{1,12}(\.[0-9]{1,6})?$"


def _one_of(words: tuple[str, ...], example: str) -> Meta:
    description = f"{', '.join(words[:-1])} or {words[-1]}"
    # `$` in a pattern also matches before a final newline, so the check is exact.
    return _field(
        description,
        example,
        pattern=f"^({'|'.join(words)})$",
        check=words.__contains__,
        schema={"enum": list(map(str, words))},
    )


def _visible(description: str, example: str) -> Meta:
    described = f"{description}, not beginning or ending with a space"
    return _field(described, example, min_length=1, max_length=64, check=is_visible)


def _text(longest: int, example: str) -> Meta:
    return _field(f"text of at most {longest:,} characters", example, max_length=longest)


def _printable(description: str, example: str, *, longest: int, shortest: int = 1) -> Meta:
    return _field(description, example, min_length=shortest, max_length=longest, check=is_printable)


def _whole_number(lowest: int, highest: int, example: int) -> Meta:
    return _field(f"a whole number from {lowest:,} to {highest:,}", example, ge=lowest, le=highest)


def _id_of(item: str) -> Meta:
    return _field(f"the number of a {item}", 1, ge=1, le=2**63 - 1)


Credits = Annotated[int, _whole_number(1, MOST_CREDITS, 20)]
DailyLimit = Annotated[int, _whole_number(0, MOST_CREDITS, 500)]
Minutes = Annotated[
    str | int | float,
    _field(
        "a number of minutes above 0 with at most 6 decimals",
        20,
        check=is_positive_amount,
        schema={"exclusiveMinimum": 0, "maximum": MOST_CREDITS, "pattern": _DECIMAL_TEXT},
    ),
]
Cost = Annotated[
    str | int | float,
    _field(
        "an amount of money from 0 with at most 6 decimals, such as 12.50",
        "12.50",
        check=is_amount,
        schema={"minimum": 0, "maximum": MOST_CREDITS, "pattern": _DECIMAL_TEXT},
    ),
]
Currency = Annotated[
    str,
    _field(
        "a currency's three capital letters, such as EUR",
        "EUR",
        pattern="^[A-Z]{3}$",
        check=CURRENCY_CODES.__contains__,
        schema={"enum": sorted(CURRENCY_CODES)},
    ),
]
UserName = Annotated[
    str,
    _field(
        "a name of 1 to 64 visible characters without @, not beginning or ending with a space",
        "ada",
        min_length=1,
        max_length=64,
        check=is_name,
    ),
]
Email = Annotated[
    str,
    _field(
        "an email address such as ada@example.org",
        "ada@example.org",
        max_length=254,
        pattern=r"^[^@\s]+@[^@\s.]+(\.[^@\s.]+)+$",
        check=is_fully_visible,
    ),
]
NameOrEmail = Annotated[str, _printable("an account's name or its email address", "ada", longest=254)]
Password = Annotated[
    str,
    _field(
        f"at least {SHORTEST_PASSWORD} characters long",
        "correct horse battery",
        min_length=SHORTEST_PASSWORD,
        max_length=1_024,
        secret=True,
    ),
]
PasswordAttempt = Annotated[
    str, _field("the account's password", "correct horse battery", max_length=1_024, secret=True)
]
Phone = Annotated[str, _text(64, "+44 20 7946 0000")]
Alias = Annotated[str, _text(64, "The countess")]
Notes = Annotated[str, _text(1_000, "lunch")]
AccountId = Annotated[int, _field("the number of an account", 2, ge=1, le=2**63 - 1)]
Tags = Annotated[
    list[str] | str,
    _field(
        f"at most {MOST_TAGS} words of at most {LONGEST_TAG} visible characters, as a list or as text",
        ["acme", "urgent"],
        check=are_tags,
    ),
]
SearchedTags = Annotated[
    list[str] | str,
    _field(
        f"at most {MOST_TAGS} tags, as a list or as text, each of at most {LONGEST_TAG} characters or"
        " the beginning of one and a *",
        "acme",
        check=are_searchable_tags,
    ),
]
RecordId = Annotated[int, _id_of("record")]
SheetId = Annotated[int, _id_of("sheet")]
ListId = Annotated[int, _id_of("list")]
ClockId = Annotated[int, _id_of("clock")]
EwalletId = Annotated[int, _id_of("wallet")]
WorkerId = Annotated[int, _id_of("worker")]
SessionId = Annotated[int, _id_of("session")]
Reference = Annotated[str, _visible("1 to 64 visible characters", "Savings")]
ContactName = Annotated[str, _visible("a name of 1 to 64 visible characters", "Grace")]
PageLength = Annotated[int, _whole_number(1, LONGEST_PAGE, 100)]
Cursor = Annotated[int, _field("the `next` of an earlier page, a whole number", 101, ge=1, le=2**63 - 1)]
PassedOver = Annotated[
    int, _field("a whole number from 0, how many of the newest records to pass over", 200, ge=0, le=2**63 - 1)
]

InstructionName = Annotated[
    str,
    _field(
        "the selectors of an instruction in words, such as client action transfer credits",
        "client action transfer credits",
        max_length=200,
        check=str.isprintable,
    ),
]
RoleName = Annotated[str, _one_of(PEOPLE, "auditor")]
IssuedToken = Annotated[
    str, _printable("a client id or a session token as it was given out", _RANDOM, longest=256)
]
NewToken = Annotated[
    str,
    _printable(
        "text of 16 to 256 printable characters that are hard to guess", _RANDOM, longest=256, shortest=16
    ),
]
Lifetime = Annotated[int, _whole_number(1, 30 * 24 * 60, 10_080)]
UnusedTime = Annotated[
    Any,
    _field(
        "a time in text of at most 64 characters, which has no effect: other systems' clients send it",
        "2026-11-20 22:46:10",
        check=timestamps.is_time_or_text,
        unused=True,
        schema={"type": "string", "minLength": 1, "maxLength": 64},
    ),
]
UnusedFlag = Annotated[
    bool, _field("true or false, which has no effect: other systems' clients send it", False, unused=True)
]
Port = Annotated[int, _field("a port from 0 to 65535, where 0 is any free one", 0, ge=0, le=65_535)]
CleanerName = Annotated[str, _one_of((*CLEANER_NAMES, "all"), "all")]
CleanerOrPlural = Annotated[
    str, _one_of((*CLEANER_NAMES, *(f"{name}s" for name in CLEANER_NAMES if name != "history"), "all"), "all")
]
Flag = Annotated[bool, _field("true or false", True)]

Instant = Annotated[
    str,
    _field(
        "a date, or a time such as 2026-11-20T22:46:10.123Z or with an offset, from 1970 to 9999",
        "2026-11-20T22:46:10.123Z",
        check=reads_as(timestamps.instant),
    ),
]
Month = Annotated[
    str,
    _field(
        "a year and a month such as 2026-11, from 1970 to 9999",
        "2026-11",
        check=reads_as(timestamps.month_bounds),
    ),
]
TimeZone = Annotated[
    str,
    _field(
        "the IANA name of a time zone, such as Europe/Berlin",
        "Europe/Berlin",
        pattern=r"^[A-Za-z0-9_+\-]+(/[A-Za-z0-9_+\-]+)*\Z",
        max_length=64,
    ),
]
UtcOffset = Annotated[
    int, _field("a whole number of minutes east of UTC, from -840 to 840", 60, ge=-840, le=840)
]
Division = Annotated[
    Literal["day", "week", "month", "person", "tag"], _field("day, week, month, person or tag", "day")
]
RecordKind = Annotated[RecordType, _field("transfer, invoice, conversion, time or contact", "invoice")]
FileFormat = Annotated[Literal["csv", "json", "jsonl"], _field("csv, json or jsonl", "csv")]
ExportStyle = Annotated[Literal["raw", "people"], _field("raw or people", "people")]
Separator = Annotated[Literal["comma", "semicolon", "tab"], _field("comma, semicolon or tab", "semicolon")]
SortColumn = Annotated[
    str,
    _field(
        "a column of the list such as credits, or the same after a minus sign",
        "-create_date",
        pattern=r"^-?[a-z_]{1,32}\Z",
    ),
]
SearchText = Annotated[str, _text(200, "lunch")]
RecordCursor = Annotated[
    str,
    _field(
        "the `next` of an earlier page, as it was answered",
        "1795176000000-transfer-1",
        check=reads_as(PageCursor.read),
    ),
]
ShortPageLength = Annotated[int, _whole_number(1, 100, 20)]
StateOfAccount = Annotated[
    Literal["active", "frozen", "unlink_pending"], _field("active, frozen or unlink_pending", "frozen")
]


IssueName = Annotated[
    str, _printable("a line of 1 to 200 characters", "The timer shows yesterday", longest=200)
]
IssueDetails = Annotated[
    Any,
    _field(
        "text or any other JSON of at most 10,000 characters",
        "It did so when I opened it this morning.",
        check=is_json_within(10_000),
        schema={
            "type": ["string", "number", "boolean", "array", "object"],
            "items": {},
            "maxLength": 10_000,
        },
    ),
]
IssueLog = Annotated[str, _text(30_000, "2026-11-20T22:46:10.123Z started")]


class Issue(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong, and the email of the person who reports it."""

    name: IssueName
    details: IssueDetails
    log: IssueLog = ""
    email: Email | None = None


IssueInWords = Annotated[
    Issue,
    _field(
        "an object of `name` (1 to 200 characters), `details` (any JSON, at most 10,000) and, if you like,"
        " `log` (at most 30,000) and `email`",
        {"name": "The timer shows yesterday", "details": "It did so this morning."},
    ),
]
