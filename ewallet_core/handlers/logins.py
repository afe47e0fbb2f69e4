"""Logging in and out, switching and recovering accounts, and the login history."""

from __future__ import annotations

from functools import partial
from typing import Any, NotRequired, TypedDict, cast

import msgspec

from ewallet_core.errors.accounts import (
    AccountNotInSessionError,
    AccountNotUnlinkedError,
    LoginRefusedError,
    NewPasswordNeededError,
    SessionUnknownError,
)
from ewallet_core.errors.requests import BadValueError
from ewallet_core.instructions import fields
from ewallet_core.instructions.envelope import timestamp
from ewallet_core.instructions.registry import Access, NoArguments, Request, instruction
from ewallet_core.operations.account_status import is_gone, is_in_time, why_not_active
from ewallet_core.operations.answer_data import (
    LoginAnswer,
    SessionData,
    Timestamp,
    login_answer,
    session_data,
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
    login_attempt,
    note_failure,
    record_login,
    record_logout,
    record_refused_login,
)
from ewallet_core.operations.events import new_event
from ewallet_core.operations.requests import PageRequest, WhichAccount
from ewallet_core.security import throttle
from ewallet_core.security.passwords import reject_common_password, reject_own_name
from ewallet_core.security.tokens import TOKEN_BYTES, hash_token, renewed_token
from ewallet_core.spelling import email_key
from ewallet_core.storage.accounts import Account, AccountStatus, PartyAccount, accounts
from ewallet_core.storage.events import EventKind, append_events
from ewallet_core.storage.logins import LoginRecord, is_new_address, leave_sessions, log_out, login_records
from ewallet_core.storage.sessions import has_token, logged_in, renewed_tokens, session_accounts, sessions
from ewallet_core.storage.transaction import Transaction
from ewallet_core.types import user_key


class Login(Request, frozen=True):
    """The account by name or email, its password, and a new password if it is to change.

    With `renew_token`, the session gets a new token, so that one which others know does not open the account.
    """

    exactly_one_of = ("user_name", "user_email")

    user_pass: fields.PasswordAttempt
    user_name: fields.UserName | None = None
    user_email: fields.Email | None = None
    new_pass: fields.Password | None = None
    renew_token: fields.Flag | None = None

    @property
    def name_or_email(self) -> str:
        """The name or email that was sent."""
        return self.user_name or self.user_email or ""

    @property
    def login_key(self) -> str:
        """The throttle's key: names and emails count apart, so that neither clears the other's failures."""
        key = throttle.email_key if self.user_name is None else throttle.name_key
        return key(self.name_or_email)

    def check(self) -> None:
        """A new password must differ from the old one."""
        super().check()
        if self.new_pass == self.user_pass:
            raise BadValueError("new_pass", "another password than `user_pass`")

    def other_emails(self) -> tuple[str, ...]:
        """The account by its email."""
        return () if self.user_email is None else (self.user_email,)

    def other_names(self) -> tuple[str, ...]:
        """The account by its name."""
        return () if self.user_name is None else (self.user_name,)

    def renews_token(self) -> bool:
        """A login does so if it is asked to."""
        return bool(self.renew_token)


def check_login(request: Login, preparation: Preparation) -> PasswordCheck:
    """Check the password, unless the caller is throttled, and hash a new one if needed."""

    def look(context: Context) -> tuple[Account | None, str]:
        account = _find(context.transaction, request)
        throttle.require_no_wait(context.transaction, login_attempt(context, request.login_key, account))
        # If it is repeated because its answer was lost, the password is the new one already.
        new_pass = request.new_pass if _is_repeated(cast("SessionContext", context)) else None
        return account, new_pass or request.user_pass

    if request.new_pass is not None:
        # Checked first: an error about the new password must not reveal that the old one is right.
        reject_common_password(request.new_pass, "new_pass")
    account, password = preparation.look(look)
    passwords, password_hash = preparation.passwords, account.password_hash if account else None
    if not passwords.matches(password, password_hash) or password_hash is None:
        return PasswordCheck(account, is_right=False)
    new_hash = None
    if request.new_pass is not None or passwords.is_outdated(password_hash):
        new_hash = passwords.hash(request.new_pass or request.user_pass)
    return PasswordCheck(account, is_right=True, new_hash=new_hash)


class _RenewedLoginAnswer(LoginAnswer):
    """The answer to a login, with the session's new token if it was renewed."""

    session_token: NotRequired[str]


@instruction({"action": "login"}, access=Access.SESSION, prepare=check_login, remembered=False)
def login(request: Login, context: SessionContext) -> _RenewedLoginAnswer:
    """Log an account in to this session and make it the active one.

    With `new_pass`, the account gets that password and its other sessions end.
    """
    account = authenticated_account(request, context)
    _require_active(context, account)
    return log_in(request, context, account)


def authenticated_account(request: Login, context: SessionContext) -> Account:
    """The account, if its password was right; if not, raises `LoginRefusedError` and records the failure."""
    transaction, now, password_check = context.transaction, context.now, context.prepared
    account = _find(transaction, request)
    if account is not None:
        transaction.require_locks((account.id,))
    attempt = login_attempt(context, request.login_key, account)
    throttle.require_no_wait(transaction, attempt)
    if (
        not password_check.holds_for(account)
        or account is None
        or is_gone(account, now)
        or (account.one_time_until is not None and not is_in_time(account.one_time_until, now))
    ):
        raise LoginRefusedError().with_after_rollback(partial(note_failure, context, attempt, account))
    return account


def log_in(request: Login, context: SessionContext, account: Account) -> _RenewedLoginAnswer:
    """Log the authenticated account in, and answer as `login` does."""
    transaction, session_id = context.transaction, context.session.id
    if account.one_time_until is not None and request.new_pass is None:
        raise NewPasswordNeededError().with_after_rollback(partial(record_refused_login, context, account))
    if request.new_pass is not None:
        reject_own_name(request.new_pass, "new_pass", account.name, account.email)
    throttle.record_login(transaction, login_attempt(context, request.login_key, account), account.id)
    _take_new_hash(request, context, account)
    session_accounts.delete(transaction, session_id=session_id, account_id=account.id)
    session_accounts.add(transaction, session_id=session_id, account_id=account.id, logged_in_at=context.now)
    sessions.change(transaction, session_id, account_id=account.id, written_at=context.now)
    _record_accepted(context, account)
    answer = cast("_RenewedLoginAnswer", login_answer(context, account.id))
    if request.renew_token:
        answer["session_token"] = _renew_token(context, account)
    return answer


def _renew_token(context: SessionContext, account: Account) -> str:
    """Replace the session's token; returns the new one, to a repeated request the same again.

    What is stored does not tell the new token: it is computed from the old one, which the caller sent.
    """
    transaction, session_id, request_id = context.transaction, context.session.id, context.request_id
    old = context.credentials.session_token
    if old is None:
        # A live session is used without its token.
        raise BadValueError("renew_token", "left out, because no session token was sent")
    if _is_repeated(context):
        if context.logged_in is None or context.logged_in.id != account.id:
            # Not the same login again: others may know the old token, and must not get the new one.
            raise SessionUnknownError
        return renewed_token(old, renewed_tokens.require(transaction, session_id=session_id).salt)
    salt = context.randomness(TOKEN_BYTES)
    token = renewed_token(old, salt)
    sessions.change(transaction, session_id, token_hash=hash_token(token))
    renewed_tokens.delete(transaction, session_id=session_id)
    if request_id is not None:
        renewed_tokens.add(
            transaction, session_id=session_id, token_hash=hash_token(old), request_id=request_id, salt=salt
        )
    return token


def _is_repeated(context: SessionContext) -> bool:
    """Whether the same login has already replaced the token that was sent."""
    token = context.credentials.session_token
    return token is not None and not has_token(context.transaction, context.session.id, hash_token(token))


class _LogoutAnswer(TypedDict):
    account: str
    session_data: SessionData


# Both work for a frozen account too.
@instruction({"action": "logout"}, access=Access.SESSION)
def logout(_request: NoArguments, context: SessionContext) -> _LogoutAnswer:
    """Log the active account out; the next of the session's accounts becomes active, or none."""
    account = require_account(context).account
    log_out(context.transaction, context.session.id, account.id, context.now)
    record_logout(context, account)
    return _logout_answer(context, account)


@instruction({"action": "switch", "switch": "account"}, access=Access.SESSION)
def switch_account(request: WhichAccount, context: SessionContext) -> _LogoutAnswer:
    """Make another of the accounts that are logged in to this session the active one."""
    key = email_key(request.account)
    members = logged_in(context.transaction, context.session.id)
    found = [account for account in members if email_key(account.email) == key]
    # The exact spelling first: two accounts may have one email in two spellings from before it was compared.
    chosen = min(found, key=lambda account: account.email != request.account, default=None)
    if chosen is None:
        raise AccountNotInSessionError
    _require_active(context, chosen)
    sessions.change(context.transaction, context.session.id, account_id=chosen.id, written_at=context.now)
    return _logout_answer(context, chosen)


def _logout_answer(context: SessionContext, account: PartyAccount) -> _LogoutAnswer:
    data = session_data(context.transaction, context.session.id)
    return _LogoutAnswer(account=account.email, session_data=data)


def _find(transaction: Transaction, request: Login) -> Account | None:
    if request.user_name is not None:
        return accounts.find(transaction, name_key=user_key(request.user_name))
    return accounts.find(transaction, email_key=email_key(request.name_or_email))


def _take_new_hash(request: Login, context: SessionContext, account: Account) -> None:
    transaction, new_hash, now = context.transaction, context.prepared.new_hash, context.now
    if request.new_pass is not None:
        accounts.change(transaction, account.id, password_hash=new_hash, one_time_until=None, written_at=now)
        _record_caused(context, account, EventKind.ACCOUNT_CHANGED)
        leave_sessions(transaction, account.id, now, but=context.session.id)
    elif new_hash is not None:
        # The same password with a newer hash is no change to the account's owner.
        accounts.change(transaction, account.id, password_hash=new_hash)


def _require_active(context: SessionContext, account: Account) -> None:
    if (error := why_not_active(account)) is not None:
        raise error.with_after_rollback(partial(record_refused_login, context, account))


def _record_caused(context: SessionContext, account: Account, kind: EventKind, **data: Any) -> None:
    """Write an event that the login itself caused, when the context does not have the account yet."""
    event = new_event(context, account.id, kind, **data)
    append_events(context.transaction, msgspec.structs.replace(event, request_id=context.request_id))


def _record_accepted(context: SessionContext, account: Account) -> None:
    is_new = is_new_address(context.transaction, account.id, context.caller.address)
    record_login(context, account.id, "login", "accepted", is_new=is_new)
    if is_new:
        _record_caused(
            context,
            account,
            EventKind.LOGIN_FROM_NEW_ADDRESS,
            address=context.caller.address,
            time=timestamp(context.now),
        )


@instruction(
    {"action": "recover", "recover": "account"}, access=Access.SESSION, prepare=check_login, remembered=False
)
def recover_account(request: Login, context: SessionContext) -> _RenewedLoginAnswer:
    """Recover an account that is about to be deleted, and log it in."""
    account = authenticated_account(request, context)
    if account.state != AccountStatus.UNLINK_PENDING:
        error = why_not_active(account) or AccountNotUnlinkedError()
        raise error.with_after_rollback(partial(record_refused_login, context, account))
    accounts.change(
        context.transaction, account.id, state=AccountStatus.ACTIVE, to_unlink_at=None, written_at=context.now
    )
    _record_caused(context, account, EventKind.ACCOUNT_CHANGED)
    return log_in(request, context, account)


class LogoutRow(TypedDict):
    """A logout: when, from which address, and whether it was `accepted` or `refused`."""

    time: Timestamp
    address: str
    outcome: str


class LoginRow(LogoutRow):
    """A login or a wrong password, and whether it was the first login from that address."""

    is_new_address: bool


class _ViewLoginsAnswer(TypedDict):
    account: str
    login_records: list[LoginRow]
    next: int | None


@instruction({"action": "view", "view": "login"})
def view_logins(request: PageRequest, context: AccountContext) -> _ViewLoginsAnswer:
    """View the logins to the account, refused ones included, newest first."""
    page, following = _page(request, context, "login")
    rows = [LoginRow(**_row(record), is_new_address=bool(record.is_new_address)) for record in page]
    return _ViewLoginsAnswer(account=context.account.email, login_records=rows, next=following)


class _ViewLogoutsAnswer(TypedDict):
    account: str
    logout_records: list[LogoutRow]
    next: int | None


@instruction({"action": "view", "view": "logout"})
def view_logouts(request: PageRequest, context: AccountContext) -> _ViewLogoutsAnswer:
    """View the logouts from the account, newest first."""
    page, following = _page(request, context, "logout")
    rows = [_row(record) for record in page]
    return _ViewLogoutsAnswer(account=context.account.email, logout_records=rows, next=following)


def _page(request: PageRequest, context: AccountContext, kind: str) -> tuple[list[LoginRecord], int | None]:
    return login_records.latest(
        context.transaction, request.before, request.limit, account_id=context.account.id, kind=kind
    )


def _row(record: LoginRecord) -> LogoutRow:
    return {"time": timestamp(record.at), "address": record.address, "outcome": record.outcome}
