"""The kinds of sheet, each described once: its owner, its records, and their data in answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from ewallet_core.instructions.envelope import timestamp
from ewallet_core.operations.answer_data import Data, FoundRow, dates, in_minutes
from ewallet_core.operations.context import AccountContext, Context
from ewallet_core.operations.ownership import OwnedItem, Owner
from ewallet_core.storage.accounts import AccountStatus, accounts
from ewallet_core.storage.described_records import DESCRIBED, ContactWithPayee, ConversionWithClocks
from ewallet_core.storage.invoices import DELETED_ACCOUNT, InvoiceWithParties
from ewallet_core.storage.linked_records import TransferWithLinks
from ewallet_core.storage.payees import ERASED_PAYEE
from ewallet_core.storage.search import FoundRecord
from ewallet_core.storage.sheets import (
    Record,
    Records,
    Sheet,
    TimeRecord,
    contacts,
    conversions,
    invoices,
    sheets,
    times,
    transfers,
)
from ewallet_core.storage.wallets import clocks, wallets
from ewallet_core.types import RecordType

EWALLET = Owner("ewallet", wallets, lambda context: context.wallet)
CLOCK = Owner("clock", clocks, lambda context: context.clock)
USER = Owner("user", accounts, lambda context: context.full_account)


@dataclass(frozen=True)
class SheetKind:
    """A kind of sheet; `noun` is `sheet` or `list`.

    `columns` are the keys of `describe`, in the order of an exported table. If records have a name,
    `listed_by` is its key in their data; a view of the list answers these names too. A `…_key` is a key of
    answers, `id_name` the argument for a sheet's id, `active_column` its owner's column for the active one.
    """

    name: RecordType
    owner: Owner
    records: Records[Any]
    describe: Callable[[Any], Data]
    columns: tuple[str, ...]
    noun: str = "sheet"
    listed_by: str | None = None

    @cached_property
    def sheet_key(self) -> str:
        return f"{self.name}_{self.noun}"

    @property
    def record_key(self) -> str:
        return f"{self.name}_record"

    @property
    def data_key(self) -> str:
        return f"{self.noun}_data"

    @property
    def id_name(self) -> str:
        return f"{self.noun}_id"

    @property
    def title(self) -> str:
        return f"{self.name} {self.noun}"

    @property
    def active_column(self) -> str:
        return f"{self.sheet_key}_id"

    def active(self, context: AccountContext) -> int:
        sheet_id: int = getattr(self.owner.active(context), self.active_column)
        return sheet_id

    def all_of(self, context: Context, owner_id: int) -> list[Sheet]:
        return sheets.all(context.transaction, owner_id=owner_id, kind=self.name)

    def owned_item(self, sheet: Sheet, field: str) -> OwnedItem:
        return OwnedItem(self.title, field, sheet.id, self.owner, sheet.owner_id, self.active_column)


def email_of(context: Context, account_id: int) -> str:
    """The account's current email, or a placeholder if it was erased."""
    account = accounts.require(context.transaction, id=account_id)
    return _shown_email(account.email, account.state)


def _shown_email(email: str, state: AccountStatus) -> str:
    return DELETED_ACCOUNT if state is AccountStatus.ERASED else email


def _transfer(record: TransferWithLinks) -> Data:
    return {
        "transfer_type": record.transfer_type,
        "transfer_from": _shown_email(record.from_email, record.from_state),
        "transfer_to": _shown_email(record.to_email, record.to_state),
        "credits": record.credits,
        "notes": record.notes,
        "private_notes": record.private_notes,
        **_moved_between(record, "ewallet", record.from_ewallet_id, record.to_ewallet_id),
        **({} if record.reverses_id is None else {"refund_of": record.refund_of}),
    }


def _invoice(invoice: InvoiceWithParties) -> Data:
    (seller_name, seller_email), (buyer_name, buyer_email) = invoice.seller, invoice.buyer
    # Credits that are bought for money go to the buyer; those of a payment go to the seller.
    comes_in = invoice.is_sale is not bool(invoice.currency)
    # A payment has no cost in money.
    cost = invoice.cost or None
    return {
        "direction": "sale" if invoice.is_sale else "purchase",
        "credits": invoice.credits,
        "signed_credits": invoice.credits if comes_in else -invoice.credits,
        "currency": invoice.currency or None,
        "cost": cost,
        "signed_cost": cost if cost is None or invoice.is_sale or not Decimal(cost) else f"-{cost}",
        "seller": invoice.seller_account_id,
        "seller_name": seller_name,
        "seller_email": seller_email,
        "buyer": invoice.buyer_account_id,
        "buyer_name": buyer_name,
        "buyer_email": buyer_email,
        "transfer_record": invoice.transfer_id,
        "notes": invoice.notes,
    }


def _conversion(record: ConversionWithClocks) -> Data:
    return {
        "conversion_type": record.conversion_type,
        "minutes": in_minutes(record.milliseconds),
        "minutes_ms": record.milliseconds,
        "credits": record.credits,
        "notes": record.notes,
        **_moved_between(record, "clock", record.from_clock_id, record.to_clock_id),
    }


def _moved_between(
    record: TransferWithLinks | ConversionWithClocks, word: str, from_id: int | None, to_id: int | None
) -> Data:
    """Both wallets or clocks of an own transfer, with their names now; nothing of any other record."""
    if from_id is None or to_id is None:
        return {}
    return {
        f"from_{word}": from_id,
        f"to_{word}": to_id,
        "from_reference": record.from_reference,
        "to_reference": record.to_reference,
    }


def _time(record: TimeRecord) -> Data:
    return {
        "time_start": timestamp(record.time_start),
        "time_stop": timestamp(record.time_stop),
        "time_spent": in_minutes(record.time_spent),
        "time_spent_ms": record.time_spent,
        "time_pending": in_minutes(record.time_pending),
        "time_pending_ms": record.time_pending,
        "pending_count": record.pending_count,
        "notes": record.notes,
        "tags": record.tags.split(),
    }


def _contact(record: ContactWithPayee) -> Data:
    kept, payee_id = record.payee_account_id, record.payee_id
    return {
        "name": record.name,
        "email": record.email,
        "phone": record.phone,
        "notes": record.notes,
        # The same under the names of the arguments.
        "user_name": record.name,
        "user_email": record.email,
        "user_phone": record.phone,
        "user_reference": record.reference,
        "payee_account": kept if kept != ERASED_PAYEE else None,
        # Whether another account has the email now.
        "payee_changed": kept is not None and payee_id is not None and payee_id != kept,
        "payee_caution": record.caution,
    }


TRANSFER = SheetKind(
    RecordType.TRANSFER,
    EWALLET,
    transfers,
    _transfer,
    columns=(
        "transfer_type",
        "transfer_from",
        "transfer_to",
        "credits",
        "notes",
        "private_notes",
        "refund_of",
        "from_ewallet",
        "to_ewallet",
        "from_reference",
        "to_reference",
    ),
)
INVOICE = SheetKind(
    RecordType.INVOICE,
    EWALLET,
    invoices,
    _invoice,
    columns=(
        "direction",
        "credits",
        "signed_credits",
        "currency",
        "cost",
        "signed_cost",
        "seller",
        "seller_name",
        "seller_email",
        "buyer",
        "buyer_name",
        "buyer_email",
        "transfer_record",
        "notes",
    ),
)
CONVERSION = SheetKind(
    RecordType.CONVERSION,
    CLOCK,
    conversions,
    _conversion,
    columns=(
        "conversion_type",
        "minutes",
        "minutes_ms",
        "credits",
        "notes",
        "from_clock",
        "to_clock",
        "from_reference",
        "to_reference",
    ),
)
TIME = SheetKind(
    RecordType.TIME,
    CLOCK,
    times,
    _time,
    columns=(
        "time_start",
        "time_stop",
        "time_spent",
        "time_spent_ms",
        "time_pending",
        "time_pending_ms",
        "pending_count",
        "notes",
        "tags",
    ),
)
CONTACT = SheetKind(
    RecordType.CONTACT,
    USER,
    contacts,
    _contact,
    columns=("name", "email", "phone", "notes", "payee_account", "payee_changed", "payee_caution"),
    noun="list",
    listed_by="name",
)

SHEET_KINDS = (TRANSFER, INVOICE, CONVERSION, TIME, CONTACT)
KIND_OF = {kind.name: kind for kind in SHEET_KINDS}


def kinds_of(owner: Owner) -> tuple[SheetKind, ...]:
    return tuple(kind for kind in SHEET_KINDS if kind.owner is owner)


def record_data(context: Context, kind: SheetKind, record: Record) -> Data:
    described = DESCRIBED[kind.name].complete(context.transaction, record)
    return {
        "id": record.id,
        kind.sheet_key: record.sheet_id,
        "reference": record.reference,
        **dates(record),
        **kind.describe(described),
    }


def found_row(context: Context, found: FoundRecord) -> FoundRow:
    kind = KIND_OF[found.kind]
    return {
        "kind": str(found.kind),
        "record": found.record.id,
        "record_data": record_data(context, kind, found.record),
    }
