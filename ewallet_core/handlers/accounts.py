"""Creating, viewing, editing and deleting an account."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypedDict

from ewallet_core.errors.accounts import EmailTakenError, LastOperatorError, NameTakenError
from ewallet_core.errors.requests import BadValueError, MissingArgumentError
from ewallet_core.instructions import fields
from ewallet_core.instructions.envelope import timestamp
from ewallet_core.instructions.registry import Access, NoArguments, Request, instruction
from ewallet_core.operations.account_status import RECOVERABLE_MS, erase_due_accounts, is_gone, why_not_active
from ewallet_core.operations.answer_data import (
    AccountAnswer,
    LoginAnswer,
    Timestamp,
    account_data,
    login_answer,
)
from ewallet_core.operations.context import (
    AccountContext,
    Context,
    Preparation,
    SessionContext,
    require_account,
)
from ewallet_core.operations.credentials import (
    PasswordCheck,
    check_own_password,
    record_logout,
    require_password,
)
from ewallet_core.operations.events import record_event
from ewallet_core.operations.provisioning import open_account
from ewallet_core.operations.settlement import stop_timers
from ewallet_core.security.passwords import reject_common_password, reject_own_name
from ewallet_core.spelling import email_key
from ewallet_core.storage.accounts import Account, AccountStatus, accounts, is_last_operator
from ewallet_core.storage.events import EventKind
from ewallet_core.storage.logins import leave_sessions, log_out
from ewallet_core.storage.payees import (
    change_looks,
    email_columns,
    give_free_emails,
    is_reserved_for_another,
    name_columns,
    reserve_email,
    take_email,
)
from ewallet_core.storage.transaction import NAMES
from ewallet_core.types import PEOPLE, Role, user_key


class NewAccount(Request, frozen=True):
    """The name, password, email, phone and alias of the new account."""

    user_name: fields.UserName
    user_pass: fields.Password
    user_email: fields.Email
    user_phone: fields.Phone = ""
    user_alias: fields.Alias = ""


class EditAccount(Request, frozen=True):
    """What to change; a new password needs the old one."""

    user_name: fields.UserName | None = None
    user_email: fields.Email | None = None
    user_phone: fields.Phone | None = None
    user_alias: fields.Alias | None = None
    user_pass: fields.Password | None = None
    old_pass: fields.PasswordAttempt | None = None

    def check(self) -> None:
        """A new password needs the old one, and must differ from it."""
        if self.user_pass is not None and self.old_pass is None:
            raise MissingArgumentError("old_pass", "the account's password until now")
        if self.old_pass is not None and self.user_pass is None:
            raise MissingArgumentError("user_pass", "the account's password from now on")
        if self.user_pass is not None and self.user_pass == self.old_pass:
            raise BadValueError("user_pass", "another password than `old_pass`")


def hash_new_password(request: NewAccount, preparation: Preparation) -> str:
    """Hash the password of a new account, after checking that name and email are free."""
    preparation.look(lambda context: _require_free(context, request.user_name, request.user_email))
    reject_common_password(request.user_pass, "user_pass")
    reject_own_name(request.user_pass, "user_pass", request.user_name, request.user_email)
    return preparation.passwords.hash(request.user_pass)


@instruction(
    {"action": "new", "new": "account"},
    access=Access.SESSION,
    prepare=hash_new_password,
    needs_time=True,
    roles=PEOPLE,
)
def new_account(request: NewAccount, context: SessionContext) -> LoginAnswer:
    """Create an account with a wallet, a clock and its sheets, without logging it in."""
    context.transaction.lock(NAMES)
    erase_due_accounts(context)
    _require_free(context, request.user_name, request.user_email)
    account_id = open_account(
        context.transaction,
        context.now,
        request.user_name,
        request.user_email,
        password_hash=context.prepared,
        phone=request.user_phone,
        alias=request.user_alias,
    )
    return login_answer(context, account_id)


@instruction({"action": "view", "view": "account"})
def view_account(_request: NoArguments, context: AccountContext) -> AccountAnswer:
    """View the account."""
    account = context.full_account
    return AccountAnswer(account=account.email, account_data=account_data(context, account))


def check_old_password(request: EditAccount, preparation: Preparation) -> PasswordCheck | None:
    """Check the old password and hash the new one."""
    if request.user_pass is None or request.old_pass is None:
        return None
    # Checked first: an error about the new password must not reveal that the old one is right.
    reject_common_password(request.user_pass, "user_pass")
    password_check = check_own_password(request.old_pass, preparation)
    if not password_check.is_right:
        return password_check
    return replace(password_check, new_hash=preparation.passwords.hash(request.user_pass))


class _EditAccountAnswer(AccountAnswer):
    edit: dict[str, bool]


@instruction({"action": "edit", "edit": "account"}, prepare=check_old_password, roles=PEOPLE)
def edit_account(request: EditAccount, context: AccountContext) -> _EditAccountAnswer:
    """Edit the account; a new password ends its other sessions."""
    transaction, account, password_check = context.transaction, context.full_account, context.prepared
    if password_check is not None:
        require_password(context, password_check, "old_pass")
        names = (request.user_name or account.name, request.user_email or account.email)
        reject_own_name(request.user_pass or "", "user_pass", *names)
    transaction.lock(NAMES)
    erase_due_accounts(context)
    _require_free(context, request.user_name, request.user_email, but=account.id)
    changes = _changes(request, account)
    if password_check is not None:
        changes["password_hash"] = password_check.new_hash
        leave_sessions(transaction, account.id, context.now, but=context.session.id)
    if changes:
        _apply(context, account, changes)
    edited = accounts.require(transaction, id=account.id)
    return _EditAccountAnswer(
        account=edited.email,
        edit={
            "user_name": "name" in changes,
            "user_email": "email" in changes,
            "user_phone": "phone" in changes,
            "user_alias": "alias" in changes,
            "user_pass": "password_hash" in changes,
        },
        account_data=account_data(context, edited),
    )


def _apply(context: AccountContext, account: Account, changes: dict[str, Any]) -> None:
    transaction = context.transaction
    if changes.get("email_key", account.email_key) != account.email_key:
        reserve_email(transaction, account, context.now)
        take_email(transaction, account.id, changes["email"], context.now)
    names = changes.get("name", account.name), changes.get("email", account.email)
    change_looks(transaction, account, *names)
    accounts.change(transaction, account.id, **changes, written_at=context.now)
    if "email_key" in changes:
        give_free_emails(transaction, context.now)
    record_event(context, account.id, EventKind.ACCOUNT_CHANGED)


def _changes(request: EditAccount, account: Account) -> dict[str, Any]:
    """The columns whose values differ from the account's."""
    requested = {
        "name": request.user_name,
        "email": request.user_email,
        "phone": request.user_phone,
        "alias": request.user_alias,
    }
    changes = {
        column: value
        for column, value in requested.items()
        if value is not None and value != getattr(account, column)
    }
    if "name" in changes:
        changes |= name_columns(changes["name"])
    # The same text is a change too if the account can have it again.
    if request.user_email is not None and ("email" in changes or account.email_key is None):
        changes |= email_columns(request.user_email)
    return changes


def _require_free(context: Context, name: str | None, email: str | None, *, but: int | None = None) -> None:
    transaction, now = context.transaction, context.now
    if name is not None:
        found = accounts.find(transaction, name_key=user_key(name))
        if found is not None and found.id != but and not is_gone(found, now):
            raise NameTakenError
    if email is not None:
        found = accounts.find(transaction, email_key=email_key(email))
        # That of an account about to be erased is reserved as soon as it is.
        if (found is not None and found.id != but) or is_reserved_for_another(transaction, email, but, now):
            raise EmailTakenError


class UnlinkAccount(Request, frozen=True):
    """The account's password, as confirmation. The account can be recovered for 30 days in any case."""

    added = frozenset({"forced_removal"})

    user_pass: fields.PasswordAttempt
    forced_removal: fields.UnusedFlag | None = None


class _UnlinkAccountAnswer(TypedDict):
    account: str
    to_unlink_timestamp: Timestamp


# It logs the account out, so its request id is remembered for the session.
@instruction(
    {"action": "unlink", "unlink": "account"},
    access=Access.SESSION,
    prepare=lambda request, preparation: check_own_password(request.user_pass, preparation),
    needs_time=True,
    roles=(Role.USER, Role.OPERATOR),
)
def unlink_account(_request: UnlinkAccount, session_context: SessionContext) -> _UnlinkAccountAnswer:
    """Delete the account in 30 days; its timers stop and it is logged out of all sessions now."""
    context = require_account(session_context)
    transaction, account, now = context.transaction, context.account, context.now
    if (error := why_not_active(account)) is not None:
        raise error
    require_password(context, context.prepared, "user_pass")
    if is_last_operator(transaction, account):
        raise LastOperatorError
    stop_timers(context, account.id)
    due = now + RECOVERABLE_MS
    accounts.change(
        transaction, account.id, state=AccountStatus.UNLINK_PENDING, to_unlink_at=due, written_at=now
    )
    record_event(context, account.id, EventKind.ACCOUNT_CHANGED)
    leave_sessions(transaction, account.id, now, but=context.session.id)
    log_out(transaction, context.session.id, account.id, now)
    record_logout(context, account)
    return _UnlinkAccountAnswer(account=account.email, to_unlink_timestamp=timestamp(due))
