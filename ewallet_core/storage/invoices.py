"""Invoice records, which keep the names and emails that their parties had when they were issued."""

from __future__ import annotations

from sqlalchemy import case, select

from ewallet_core.storage import schema
from ewallet_core.storage.accounts import AccountStatus
from ewallet_core.storage.sheets import InvoiceRecord, invoices

DELETED_ACCOUNT = "deleted account"
"""The name and the email of an account that was erased."""


class InvoiceWithParties(InvoiceRecord, frozen=True):
    """An invoice record with its owner, its own transfer record, and both parties as they are today.

    `transfer_id` is None if that record was unlinked.
    """

    account_id: int
    transfer_id: int | None
    seller_name_today: str
    seller_email_today: str
    seller_state: AccountStatus
    buyer_account_id: int
    buyer_name_today: str
    buyer_email_today: str
    buyer_state: AccountStatus

    @property
    def is_sale(self) -> bool:
        """Whether the owner of the record is the seller."""
        return self.account_id == self.seller_account_id

    @property
    def seller(self) -> tuple[str, str]:
        """The seller's name and email."""
        issued = self.seller_name, self.seller_email
        return _shown(issued, (self.seller_name_today, self.seller_email_today), self.seller_state)

    @property
    def buyer(self) -> tuple[str, str]:
        """The buyer's name and email."""
        issued = self.buyer_name, self.buyer_email
        return _shown(issued, (self.buyer_name_today, self.buyer_email_today), self.buyer_state)


def _shown(
    issued: tuple[str | None, str | None], today: tuple[str, str], state: AccountStatus
) -> tuple[str, str]:
    """Name and email as issued; today's on an invoice from before they were kept."""
    if state is AccountStatus.ERASED:
        return DELETED_ACCOUNT, DELETED_ACCOUNT
    name, email = issued
    return today if name is None or email is None else (name, email)


_invoice, _linked = schema.invoice_records.c, schema.transfer_records.alias("linked")
_seller, _buyer = schema.accounts.alias("seller"), schema.accounts.alias("buyer")
# The one of the transfer's parties that did not sell.
_BUYER_ID = case(
    (_linked.c.from_account_id == _invoice.seller_account_id, _linked.c.to_account_id),
    else_=_linked.c.from_account_id,
)
SELECT_INVOICES_WITH_PARTIES = (
    select(
        *invoices.columns,
        _invoice.account_id,
        case((_linked.c.unlinked_at.is_(None), _linked.c.id)),
        _seller.c.name,
        _seller.c.email,
        _seller.c.state,
        _buyer.c.id,
        _buyer.c.name,
        _buyer.c.email,
        _buyer.c.state,
    )
    .select_from(schema.invoice_records)
    .join(_linked, _linked.c.id == _invoice.transfer_record_id)
    .join(_seller, _seller.c.id == _invoice.seller_account_id)
    .join(_buyer, _buyer.c.id == _BUYER_ID)
)
