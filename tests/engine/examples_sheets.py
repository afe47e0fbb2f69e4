"""Examples of instructions about sheets, lists, records and contacts of every kind."""

from __future__ import annotations

from collections.abc import Iterator

from answer_shapes import ARCHIVE, BESIDE_RECORD, DATES, EMAIL, TOTALS, Maybe, sheet_data
from example import Example
from instructions import Instruction

CONTACT_DATA = {
    "id": int,
    "contact_list": int,
    "reference": str,
    **DATES,
    "name": str,
    "email": EMAIL,
    "phone": str,
    "notes": str,
    "user_name": str,
    "user_email": EMAIL,
    "user_phone": str,
    "user_reference": str,
    "payee_account": Maybe(int),
    "payee_changed": bool,
    "payee_caution": Maybe(str),
}
LIST_DATA = {
    "id": int,
    "user": int,
    "reference": str,
    **DATES,
    "record_count": int,
    "records": ARCHIVE,
    "rows": [CONTACT_DATA],
    "next": Maybe(int),
    "totals": Maybe(TOTALS["contact"]),
}
SHEETS = ("transfer", "invoice", "conversion", "time")
# Ada's account is the second one: the system core account has one sheet of each kind too.
FIRST_SHEET = {"transfer": 8, "invoice": 9, "time": 6, "conversion": 7, "contact": 10}
SECOND_SHEET = 11


def new_list(kind: str, **more: object) -> Instruction:
    return {"action": "new", "new": kind, kind: "list", **more}


def new_contact(name: str = "Grace", **more: object) -> Instruction:
    names = {"user_name": name, "user_email": f"{name.lower()}@example.org"}
    return {"action": "new", "new": "contact", "contact": "record", **names, **more}


def list_verb(verb: str, kind: str, **more: object) -> Instruction:
    return {"action": verb, verb: kind, kind: "list", **more}


def record_verb(verb: str, kind: str, **more: object) -> Instruction:
    return {"action": verb, verb: kind, kind: "record", **more}


def _of_sheets(kind: str) -> Iterator[Example]:
    key = f"{kind}_sheet"
    viewed = {key: int, "sheet_data": sheet_data(kind)}
    another = (new_list(kind),)
    chosen = {"sheet_id": SECOND_SHEET}
    yield Example("logged in", new_list(kind), viewed, optional={"reference": "Savings"})
    yield Example("stopped", list_verb("view", kind, **chosen), viewed, before=another)
    yield Example("logged in", {"action": "switch", "switch": key, **chosen}, viewed, before=another)
    yield Example("logged in", list_verb("switch", kind, **chosen), viewed, before=another)
    renamed = list_verb("edit", kind, reference="Household", **chosen)
    yield Example("logged in", renamed, viewed, before=another)
    for argument in ("list_id", "sheet_id"):
        unlink = list_verb("unlink", kind, **{argument: SECOND_SHEET})
        yield Example("logged in", unlink, {key: int}, before=another)
    unlinked = {key: int, f"{kind}_record": int}
    # The issuer's record of what was supplied comes first.
    record_id = 2 if kind in ("transfer", "invoice") else 1
    unlink = record_verb("unlink", kind, record_id=record_id)
    yield Example("stopped", unlink, unlinked)
    restore = record_verb("recover", kind, record_id=record_id)
    yield Example("stopped", restore, unlinked, before=(unlink,))


_VIEWED = {"contact_list": int, "contact_records": ARCHIVE, "list_data": LIST_DATA}
_CREATED = {"contact_list": int, "list_data": LIST_DATA}
_RECORD = {"contact_list": int, "contact_record": int, "record_data": CONTACT_DATA}
_ONE_VIEWED = {**_RECORD, **BESIDE_RECORD["contact"]}
_ANOTHER = (new_list("contact"),)
_CHOSEN = {"list_id": SECOND_SHEET}

_CONTACTS = (
    Example(
        "logged in",
        new_contact(),
        {"new_contact": str, "contact_record": int, "contact_sheet": int, "contact_list": int},
        optional={
            "user_phone": "1",
            "user_reference": "Friends",
            "notes": "met in spring",
            "contact_list": FIRST_SHEET["contact"],
            "contact_sheet": FIRST_SHEET["contact"],
        },
    ),
    Example(
        "logged in",
        record_verb("edit", "contact", record_id=1, user_name="Grace Hopper"),
        _RECORD,
        optional={
            "user_email": "hopper@example.org",
            "user_phone": "1",
            "user_reference": "Friends",
            "notes": "rear admiral",
        },
        before=(new_contact(),),
    ),
    *(
        Example(
            "logged in",
            record_verb("view", "contact", **{argument: 1}),
            _ONE_VIEWED,
            optional={"removed": True},
            before=(new_contact(),),
        )
        for argument in ("record", "record_id")
    ),
    Example(
        "logged in",
        record_verb("unlink", "contact", record_id=1),
        {"contact_list": int, "contact_record": int},
        before=(new_contact(),),
    ),
    Example(
        "logged in",
        list_verb("view", "contact"),
        _VIEWED,
        optional={
            "limit": 5,
            "before": 2,
            "skip": 1,
            "list_id": FIRST_SHEET["contact"],
            "removed": True,
            "sort": "name",
            "totals": True,
        },
        before=(new_contact(),),
    ),
    Example(
        "logged in",
        record_verb("recover", "contact", record_id=1),
        {"contact_list": int, "contact_record": int},
        before=(new_contact(), record_verb("unlink", "contact", record_id=1)),
    ),
    Example("logged in", new_list("contact"), _CREATED, optional={"reference": "Family"}),
    Example(
        "logged in", {"action": "switch", "switch": "contact_list", **_CHOSEN}, _CREATED, before=_ANOTHER
    ),
    Example("logged in", list_verb("switch", "contact", **_CHOSEN), _CREATED, before=_ANOTHER),
    Example(
        "logged in", list_verb("edit", "contact", reference="Family", **_CHOSEN), _VIEWED, before=_ANOTHER
    ),
    Example("logged in", list_verb("unlink", "contact", **_CHOSEN), {"contact_list": int}, before=_ANOTHER),
)

EXAMPLES = (*(example for kind in SHEETS for example in _of_sheets(kind)), *_CONTACTS)
