"""The data dicts that answers hold (PROTOCOL section 4)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from ewallet_core.actions.context import Context
from ewallet_core.instructions.envelope import timestamp
from ewallet_core.ledger.rates import minutes_in
from ewallet_core.storage.accounts import Account
from ewallet_core.storage.sessions import logged_in, sessions
from ewallet_core.storage.sheets import sheets
from ewallet_core.storage.wallets import wallets

Data = dict[str, Any]


class Referenced(Protocol):
    """Something with a number, and a name for people."""

    @property
    def id(self) -> int:
        """Its number."""
        ...

    @property
    def reference(self) -> str:
        """Its name for people."""
        ...


class Dated(Protocol):
    """Something that was made once and changed since."""

    @property
    def created_at(self) -> int:
        """When it was made, in milliseconds UTC."""
        ...

    @property
    def written_at(self) -> int:
        """When it was last changed."""
        ...


def minutes(**milliseconds: int) -> Data:
    """Each span in minutes under its name, and exactly under its name with `_ms`."""
    return {
        key: value
        for name, span in milliseconds.items()
        for key, value in ((name, float(minutes_in(span))), (f"{name}_ms", span))
    }


def archive(things: Iterable[Referenced]) -> dict[str, str]:
    """References by number; numbers are text, as JSON has them."""
    return {str(thing.id): thing.reference for thing in things}


def dates(dated: Dated) -> Data:
    """When it was made and last changed."""
    return {"create_date": timestamp(dated.created_at), "write_date": timestamp(dated.written_at)}


def account_data(context: Context, account: Account) -> Data:
    """What an account's owner sees of it."""
    transaction = context.transaction
    return {
        "id": account.id,
        "name": account.name,
        "email": account.email,
        "phone": account.phone,
        "alias": account.alias,
        "state": str(account.state),
        "role": str(account.role),
        "ewallet": account.ewallet_id,
        "contact_list": account.contact_list_id,
        "ewallet_archive": archive(wallets.all(transaction, account_id=account.id)),
        "contact_list_archive": archive(sheets.all(transaction, owner_id=account.id, kind="contact")),
        "to_unlink": account.to_unlink_at is not None,
        "to_unlink_timestamp": timestamp(account.to_unlink_at),
        **dates(account),
    }


def session_data(context: Context) -> Data:
    """The session as it is now, with every account that is logged in to it."""
    transaction = context.transaction
    session = sessions.require(transaction, id=context.session.id)
    members = logged_in(transaction, session.id)
    active = next((account for account in members if account.id == session.account_id), None)
    return {
        "session_user_account": active.email if active else None,
        "session_credit_ewallet": active.ewallet_id if active else None,
        "session_contact_list": active.contact_list_id if active else None,
        "session_account_archive": {account.email: account.name for account in members},
        "expires": timestamp(session.expires_at),
    }
