"""What a record or a movement of a statement says: what happened, with whom, and what came or went."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ewallet_core.presentation.formatting import price
from ewallet_core.types import COMES_IN, INVOICE_WORDS, MOVED, TRANSFER_WORDS

Record = Mapping[str, Any]

CONVERTED = "converted"
DIRECTIONS = {"credits2clock": "credits → time", "clock2credits": "time → credits"}
GIVEN = {"payment": "paid", "transfer": "sent", "refund": "refunded"}
GOT = {"supply": "supplied", "payment": "received", "transfer": "received", "refund": "got back"}


def kind_of(movement: Record) -> str:
    """The engine's word for what a transfer or conversion record is: `payment`, `credits2clock`."""
    return str(movement.get("transfer_type") or movement["conversion_type"])


def signed_credits(record: Record) -> int:
    """The credits of a transfer or a conversion, below 0 if they left; 0 if time was moved."""
    return with_sign(kind_of(record), record["credits"])


def with_sign(kind: str, amount: int) -> int:
    """The amount, below 0 if records of that kind are of what left."""
    return amount if kind in COMES_IN else -amount


def partner_of(transfer: Record) -> str:
    """The email of the other party of a transfer; empty for supplied credits."""
    if transfer["transfer_type"] == "supply":
        return ""
    return str(transfer["transfer_from" if transfer["transfer_type"] == "incoming" else "transfer_to"])


def is_move(movement: Record) -> bool:
    """Whether a record, or a movement of a statement, is between the user's own wallets or clocks."""
    return movement.get("from_reference") is not None


def other_end(movement: Record, *, comes_in: bool) -> str:
    """The other wallet or clock of a move: `to Holidays`, or `from Main` if it came in."""
    return f"from {movement['from_reference']}" if comes_in else f"to {movement['to_reference']}"


def paid_or_received(direction: str) -> str:
    """What a payment in credits was to its seller or its buyer."""
    return TRANSFER_WORDS["incoming" if direction == "sale" else "payment"]


def what_was_invoiced(invoice: Record) -> str:
    """`bought` or `sold` for money, `paid` or `received` in credits."""
    direction = invoice["direction"]
    return INVOICE_WORDS[direction] if invoice["currency"] else paid_or_received(direction)


def other_party(invoice: Record) -> str:
    """The email of the party of an invoice that is not the record's owner."""
    return str(invoice["buyer_email" if invoice["direction"] == "sale" else "seller_email"])


def what_of(movement: Record) -> str:
    """A movement of a statement in a word: `paid`, `received`, `converted`."""
    kind: str = movement["kind"]
    if kind in DIRECTIONS:
        return CONVERTED
    if is_move(movement):
        return MOVED
    return (GOT if movement["credits"] > 0 else GIVEN).get(kind, kind)


def with_whom(movement: Record) -> str:
    """The other side of a movement of a statement: an email, an own wallet, its cost, or what it became."""
    if is_move(movement):
        return other_end(movement, comes_in=movement["credits"] > 0)
    if movement["kind"] == "supply":
        return price(movement["currency"], movement["cost"]) if movement["cost"] else ""
    return DIRECTIONS.get(movement["kind"]) or movement["partner"] or ""
