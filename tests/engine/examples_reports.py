"""Examples of reports: statements, summaries, searches and exports."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from answer_shapes import (
    ACCOUNT_DATA,
    CLOCK_DATA,
    DECIMAL,
    EMAIL,
    EWALLET_DATA,
    RECORD_DATA,
    TIMESTAMP,
    TOTALS,
    MapOf,
    Maybe,
    Shape,
    find_shape_errors,
    minutes,
    shape_errors,
)
from example import Example
from instructions import login, new_account, supply
from reports import EXPORT, SEARCH, STATEMENT, SUMMARY

CURSOR = re.compile(r"\d+-[a-z]+-\d+")
_CURRENCY = re.compile("[A-Z]{3}")
_COSTS = MapOf("[A-Z]{3}", DECIMAL)
_A_ZONE = {"time_zone": "America/Sao_Paulo"}
_A_TIME = {"since": "2026-11-01", "until": "2026-11-20T12:00:30Z"}


@dataclass(frozen=True)
class OneOf:
    """One of the shapes."""

    shapes: tuple[Shape, ...]


@find_shape_errors.register
def _(shape: OneOf, value: Any, at: str) -> Iterator[str]:
    if all(shape_errors(value, each) for each in shape.shapes):
        yield f"{at} is {value!r}, of none of the shapes"


MOVEMENT = {
    "entry": int,
    "time": TIMESTAMP,
    "kind": re.compile("supply|payment|transfer|refund|credits2clock|clock2credits"),
    "partner": Maybe(EMAIL),
    **dict.fromkeys(("from_ewallet", "to_ewallet"), Maybe(int)),
    **dict.fromkeys(("from_reference", "to_reference"), Maybe(str)),
    "credits": int,
    "balance": int,
    "currency": Maybe(_CURRENCY),
    "cost": Maybe(DECIMAL),
    "cost_total": Maybe(DECIMAL),
    "transfer_record": Maybe(int),
    "conversion_record": Maybe(int),
    "notes": Maybe(str),
}
TOTAL = {
    **dict.fromkeys(("credits_in", "credits_out", "converted_to_time", "converted_to_credits"), int),
    **minutes("minutes_spent"),
    **minutes("minutes_begun"),
    **dict.fromkeys(("moved_in", "moved_in_ms", "moved_out", "moved_out_ms")),
}
FOUND_ROW = OneOf(
    tuple({"kind": kind, "record": int, "record_data": data} for kind, data in RECORD_DATA.items())
)

_OVERVIEW = {
    "account": EMAIL,
    "account_data": ACCOUNT_DATA,
    "ewallet_data": EWALLET_DATA,
    "clock_data": CLOCK_DATA,
    "timers": [CLOCK_DATA],
    "activity": [FOUND_ROW],
    "balance_history": [{"day": re.compile(r"\d{4}-\d\d-\d\d"), "credits": int}],
    "may_supply": bool,
}
_STATEMENT = {
    "credit_ewallet": int,
    "since": Maybe(TIMESTAMP),
    "until": Maybe(TIMESTAMP),
    "opening": int,
    "closing": int,
    "opening_costs": _COSTS,
    "closing_costs": _COSTS,
    "rows": [MOVEMENT],
    "next": Maybe(int),
}
_EXPORTED = {
    "sheet": Maybe(int),
    "format": re.compile("csv|json|jsonl"),
    "file_name": str,
    "content": str,
    "records": int,
    "next": Maybe(CURSOR),
}


ROW_OF = {"person": {"partner": Maybe(EMAIL)}, "tag": {"tag": Maybe(str)}}
A_PERIOD = {"start": TIMESTAMP, "end": TIMESTAMP}


def summary(by: str, **moved: Shape) -> dict[str, Shape]:
    total = {**TOTAL, **moved}
    return {
        "since": TIMESTAMP,
        "until": TIMESTAMP,
        "by": by,
        "rows": [{**ROW_OF.get(by, A_PERIOD), **total}],
        "totals": total,
    }


# The core account's and ada's come first: cleo has the third wallet, and the third account's sheets.
AS_CLEO = (new_account("cleo"), login("cleo"), supply(50))
CLEOS_WALLET, CLEOS_CLOCK, CLEOS_INVOICE_SHEET = 3, 3, 14

EXAMPLES = (
    *(
        Example(stage, STATEMENT, _STATEMENT, optional={**_A_TIME, **_A_ZONE, "limit": 1, "before": 2})
        for stage in ("logged in", "stopped")
    ),
    Example("logged in", {**STATEMENT, "ewallet_id": CLEOS_WALLET}, _STATEMENT, before=AS_CLEO),
    *(
        Example("stopped", {**SUMMARY, "by": by}, summary(by), optional={**_A_TIME, "utc_offset": 60})
        for by in ("day", "week", "month", "person", "tag")
    ),
    *(
        Example("stopped", {**SUMMARY, "by": by}, summary(by), optional={"time_zone": "Asia/Kolkata"})
        for by in ("day", "person")
    ),
    *(
        Example("logged in", {**SUMMARY, **one}, summary("day", **moved), before=AS_CLEO)
        for one, moved in (
            ({"ewallet_id": CLEOS_WALLET}, {"moved_in": int, "moved_out": int}),
            ({"clock_id": CLEOS_CLOCK}, minutes("moved_in", "moved_out")),
        )
    ),
    *(
        Example(
            stage,
            {"action": "view", "view": "overview"},
            _OVERVIEW,
            optional={"limit": 1, "time_zone": "Europe/Berlin", "passive": True},
        )
        for stage in ("logged in", "stopped")
    ),
    Example(
        "stopped",
        SEARCH,
        {"rows": [FOUND_ROW], "next": Maybe(CURSOR), "totals": None},
        optional={
            **_A_TIME,
            **_A_ZONE,
            "text": "r",
            "kind": "transfer",
            "limit": 1,
            "before": "1-transfer-1",
        },
    ),
    Example(
        "stopped",
        {**SEARCH, "kind": "time"},
        {"rows": [FOUND_ROW], "next": Maybe(CURSOR), "totals": None},
        optional={"tag": "acme"},
    ),
    Example(
        "logged in",
        {**SEARCH, "kind": "invoice", "sheet_id": CLEOS_INVOICE_SHEET},
        {"rows": [FOUND_ROW], "next": Maybe(CURSOR), "totals": Maybe(TOTALS["invoice"])},
        before=AS_CLEO,
        optional={"sort": "-cost", "totals": True},
    ),
    *(
        Example(
            "stopped",
            {**EXPORT, "kind": kind},
            {**_EXPORTED, "kind": kind},
            optional={
                **_A_TIME,
                **_A_ZONE,
                "format": "json",
                "month": "2026-11",
                "text": "r",
                "limit": 1,
                "before": "1-transfer-1",
                "style": "people",
                "time_zone": "Europe/Berlin",
                "separator": "semicolon",
                "bom": True,
                **({"tag": "acme"} if kind == "time" else {}),
            },
        )
        for kind in ("transfer", "invoice", "conversion", "time", "contact")
    ),
    Example(
        "logged in",
        {**EXPORT, "kind": "invoice", "sheet_id": CLEOS_INVOICE_SHEET},
        {**_EXPORTED, "kind": "invoice"},
        before=AS_CLEO,
    ),
)
